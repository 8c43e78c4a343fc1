"""What a reviewer reads of an organization: what it states, its evidence, what the register knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from alliances.coach import Rating, rate
from alliances.duplicates import Duplicate, find_duplicates
from alliances.enums import EventKind, Kind, MembershipState, OrganizationState, ReadyReason
from alliances.importing.entries import VALUE_FIELDS
from alliances.likeness import StatedNames
from alliances.models import (
    AllianceDetails,
    AllianceMembership,
    AlliancePatron,
    Assessment,
    FirmDetails,
    FirmReference,
    Need,
    Offer,
    Organization,
    RegisterEvent,
    TeamMember,
    Topic,
    User,
)
from alliances.models.assessment import CRITERIA
from alliances.regions import region_name
from alliances.selectors import size_class
from alliances.services import review, screening
from alliances.services.details import IDENTIFIERS

EVENTS_SHOWN = 50
MEMBERS_SHOWN = 20
# In the order in which a reviewer asks; names, size and place are said apart.
STATED = (
    "aliases",
    "subtype",
    "languages",
    "seeks",
    "refuses",
    "partnership_types",
    "stage",
    "horizon",
    "budget_band",
    "capacity",
    "founded_year",
    "shows_name",
)
# What a change is told of: all that is stated and kept in the history.
COMPARED = (
    *(name for name in VALUE_FIELDS if name not in ("kind", "contact_email")),
    "founded_year",
    "shows_name",
)
CHECKED: Mapping[str, Promise] = {
    "credit_code": gettext_lazy("Its check digit is right."),
    "ein": gettext_lazy("It is written as an EIN is; an EIN has no check digit."),
    "uei": gettext_lazy("It is written as a UEI is; how its check works is not published."),
}


class Fact(NamedTuple):
    """A row of words: what it is, and what is stated."""

    label: str
    value: str


class Statement(NamedTuple):
    """A need or an offer: its topic and level, what is said of it, and the coach's rating."""

    topic: str
    level: str
    text: str
    rating: Rating


class Identifier(NamedTuple):
    """A registration number, and what its check says."""

    label: str
    value: str
    is_right: bool
    result: str


class Told(NamedTuple):
    """An event or an assessment: when, what, by whom and, where there is more to say, that."""

    at: datetime
    what: str
    who: str
    more: Sequence[str]


class Change(NamedTuple):
    """A field whose value is another than it was."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Dossier:
    """Everything that the page of a review shows of one organization; each part reads its own tables."""

    organization: Organization
    facts: list[Fact]
    not_stated: list[str]
    needs: list[Statement]
    offers: list[Statement]
    identifiers: list[Identifier]
    evidence: list[Fact]
    references: list[FirmReference]
    duplicates: list[Duplicate]
    merged: list[Organization]
    screening: screening.Standing
    team: list[TeamMember]
    members: list[AllianceMembership]
    members_left: int
    alliances: list[AllianceMembership]
    history: list[Told]
    changed_since: datetime | None
    changes: list[Change]


def dossier(organization: Organization) -> Dossier:
    """The organization beside its evidence, in a number of queries that does not grow with it."""
    facts, not_stated = _stated(organization)
    firm = FirmDetails.objects.filter(organization=organization).first()
    members = AllianceMembership.objects.filter(alliance=organization).select_related("member")
    current = members.exclude(state=MembershipState.LAPSED).order_by("state", "member__code")
    count = current.count() if organization.kind == Kind.ALLIANCE else 0
    joined = AllianceMembership.objects.filter(member=organization).select_related("alliance")
    since, changes = _changes(organization)
    return Dossier(
        organization=organization,
        facts=facts,
        not_stated=not_stated,
        needs=_statements(organization.needs.select_related("topic"), "priority"),
        offers=_statements(organization.offers.select_related("topic"), "maturity"),
        identifiers=_identifiers(firm),
        evidence=_evidence(organization, firm),
        references=list(FirmReference.objects.filter(organization=organization)),
        duplicates=_duplicates(organization, firm),
        merged=list(Organization.objects.filter(merged_into=organization)),
        screening=screening.standing(organization),
        team=list(organization.team_members.select_related("user").order_by("pk")),
        members=list(current[:MEMBERS_SHOWN]) if count else [],
        members_left=max(count - MEMBERS_SHOWN, 0),
        alliances=list(joined.exclude(state=MembershipState.LAPSED).order_by("alliance__code")),
        history=_history(organization),
        changed_since=since,
        changes=changes,
    )


def page_of(organization: Organization, page: str = "review") -> str:
    """The address of an organization's page at the desk."""
    return reverse(f"admin:alliances_{organization.kind}_{page}", args=[organization.pk])


# --- What it states -------------------------------------------------------------------------------


def shown_value(name: str, value: object, model: type[Model] = Organization) -> str:
    """A column's value in words; empty where nothing is stated."""
    field = model._meta.get_field(name)
    if isinstance(field, ArrayField):
        labels = dict(field.base_field.flatchoices)
        return _(", ").join(str(labels.get(one, one)) for one in value or ())  # type: ignore[attr-defined]
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else pgettext("opposite of yes", "No")
    if name == "population":
        return f"{value:,}"
    return str(dict(getattr(field, "flatchoices", ())).get(value, value))


def size_words(organization: Organization) -> str:
    """The size of an organization in words; empty where it states none."""
    size = size_class(organization)
    if size:
        return f"{organization.population:,} · {size.city_class.label}"
    return str(organization.get_size_band_display())


def column_label(model: type[Model], name: str) -> str:
    """What a column is called in the reader's language, as a row or a heading begins."""
    return capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name)))


def _stated(organization: Organization) -> tuple[list[Fact], list[str]]:
    """What is stated, and the names of what is not."""
    place = [
        region_name(organization.country, organization.region),
        organization.get_country_display(),
    ]
    if organization.latitude is not None:
        place.append(f"{organization.latitude:.3f}, {organization.longitude:.3f}")
    size = size_words(organization)
    if size and organization.population_basis:
        size += f" · {organization.get_population_basis_display()}"
    rows = [
        Fact(_("Place"), " · ".join(part for part in place if part)),
        Fact(_("Size"), size),
        *(
            Fact(column_label(Organization, name), shown_value(name, getattr(organization, name)))
            for name in STATED
        ),
    ]
    missing = [row.label for row in rows if not row.value]
    missing += [
        column_label(Organization, name)
        for name in ("summary_en", "summary_zh")
        if not getattr(organization, name)
    ]
    return [row for row in rows if row.value], missing


def _statements(rows: Iterable[Any], column: str) -> list[Statement]:
    year = timezone.now().year
    return [
        Statement(
            row.topic.name,
            f"{column_label(type(row), column)} {getattr(row, column)} / 3",
            row.statement,
            rate(row.statement, this_year=year),
        )
        for row in rows
    ]


# --- Evidence -------------------------------------------------------------------------------------


def _identifiers(firm: FirmDetails | None) -> list[Identifier]:
    found = []
    for name, (check, _normalized) in IDENTIFIERS.items():
        value = getattr(firm, name, "")
        if not value:
            continue
        problem = _problem(check, value)
        label = column_label(FirmDetails, name)
        found.append(Identifier(label, value, not problem, problem or str(CHECKED[name])))
    return found


def _problem(check: Callable[[str], None], value: str) -> str:
    try:
        check(value)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _evidence(organization: Organization, firm: FirmDetails | None) -> list[Fact]:
    """What only its kind states, as far as it does."""
    rows = []
    if firm:
        rows.append(Fact(_("Ownership"), firm.get_ownership_display()))
        rows.append(Fact(_("Owners of half or more"), _(", ").join(firm.owners)))
    if organization.kind == Kind.ALLIANCE:
        details = AllianceDetails.objects.filter(organization=organization).first()
        patrons = AlliancePatron.objects.filter(alliance=organization).select_related("agency")
        rows.append(Fact(_("Patron agencies"), _(", ").join(one.agency.name for one in patrons)))
        if details:
            rows += [Fact(_("Secretariat"), details.secretariat), Fact(_("Charter"), details.charter)]
    return [row for row in rows if row.value]


def _duplicates(organization: Organization, firm: FirmDetails | None) -> list[Duplicate]:
    """As at entry, and with whoever states the same registration number."""
    own = {name: value for name in IDENTIFIERS if (value := getattr(firm, name, ""))}
    held: dict[int, dict[str, str]] = {}
    if own:
        same = reduce(or_, (Q(**{name: value}) for name, value in own.items()))
        for other in FirmDetails.objects.filter(same).exclude(organization=organization):
            held[other.organization_id] = {name: getattr(other, name) for name in IDENTIFIERS}
    stated = StatedNames(
        kind=organization.kind,
        country=organization.country,
        region=organization.region,
        name_en=organization.name_en,
        name_zh=organization.name_zh,
        aliases=organization.aliases,
        identifiers=own,
    )
    return find_duplicates(stated, exclude=organization.pk, identifiers=held)


# --- History --------------------------------------------------------------------------------------


def _history(organization: Organization) -> list[Told]:
    """Who did and decided what, the newest first."""
    events = list(RegisterEvent.objects.filter(organization=organization)[:EVENTS_SHOWN])
    assessments = list(Assessment.objects.filter(organization=organization)[:EVENTS_SHOWN])
    rows: list[RegisterEvent | Assessment] = [*events, *assessments]
    people = User.objects.in_bulk({row.actor_id for row in rows if row.actor_id})
    told = [
        Told(row.at, str(row.get_kind_display()), _who(row.actor_id, people), _event_words(row))
        for row in events
    ] + [
        Told(
            row.at,
            _("Rubric: %(total)s of 20") % {"total": row.total},
            _who(row.actor_id, people),
            [f"{column_label(Assessment, name)} {getattr(row, name)}" for name in CRITERIA]
            + [row.note] * bool(row.note),
        )
        for row in assessments
    ]
    return sorted(told, key=lambda one: one.at, reverse=True)


def _who(actor_id: int | None, people: Mapping[int, User]) -> str:
    if actor_id is None:
        return _("the service")
    return str(people[actor_id]) if actor_id in people else f"#{actor_id}"


def _event_words(event: RegisterEvent) -> list[str]:
    """The states or the fields that an event names, in words."""
    known = dict(OrganizationState.choices)
    words = [str(known[event.data[key]]) for key in ("from", "to") if event.data.get(key) in known]
    named = _(", ").join(_field_word(str(name)) for name in event.data.get("fields", ()))
    reasons = [str(ReadyReason(code).label) for code in event.data.get("reasons", ())]
    return [" → ".join(words)] * bool(words) + [named] * bool(named) + reasons


def _field_word(name: str) -> str:
    """A column's label; what an event names beside columns stands for itself."""
    others = {
        "needs": _("needs"),
        "offers": _("offers"),
        "patrons": _("patron agencies"),
        "members": _("members"),
        "references": _("references"),
    }
    for model in (Organization, FirmDetails, AllianceDetails):
        if name in {field.name for field in model._meta.concrete_fields}:
            return column_label(model, name)
    return capfirst(others.get(name, name))


def _changes(organization: Organization) -> tuple[datetime | None, list[Change]]:
    """What is stated otherwise than when it was last handed in for the review that is going on, or is past.

    Of a profile handed in again that is the submission on which staff last decided: so they read what was
    made of their request.
    """
    moves = RegisterEvent.objects.filter(organization=organization)
    kinds = [
        move.event for move in (review.APPROVE, review.REQUEST_CHANGES, review.PUT_ON_HOLD, review.REJECT)
    ]
    submissions = moves.filter(kind=EventKind.SUBMITTED)
    decided = moves.filter(kind__in=kinds).values("pk")[:1]
    earlier = submissions.filter(pk__lt=decided).values_list("at", flat=True).first()
    since = earlier or submissions.values_list("at", flat=True).first()
    if since is None:
        return None, []
    rows = Organization.history.filter(id=organization.pk)
    then = rows.filter(history_date__lte=since).first() or rows.last()
    changes = [
        Change(
            column_label(Organization, name),
            shown_value(name, getattr(then, name)),
            shown_value(name, getattr(organization, name)),
        )
        for name in COMPARED
        if then is not None and getattr(then, name) != getattr(organization, name)
    ]
    for model, column in ((Need, "priority"), (Offer, "maturity")):
        changes += _topic_changes(organization, model, column, since)
    return since, changes


def _topic_changes(
    organization: Organization, model: type[Need] | type[Offer], column: str, since: datetime
) -> list[Change]:
    """Needs or offers that came, went, or are stated otherwise."""
    rows = model.history.filter(organization_id=organization.pk, history_date__lte=since)
    newest = rows.order_by("id", "-history_date", "-history_id").distinct("id")
    then = {row.topic_id: row for row in newest if row.history_type != "-"}
    now = {row.topic_id: row for row in model.objects.filter(organization=organization)}
    topics = Topic.objects.in_bulk({*then, *now})

    def words(row: Any) -> str:
        return f"{getattr(row, column)} / 3 {row.statement}".strip() if row else ""

    kind = capfirst(str(model._meta.verbose_name))
    return [
        Change(f"{kind} · {topic.name}", words(then.get(pk)), words(now.get(pk)))
        for pk, topic in sorted(topics.items(), key=lambda item: item[1].position)
        if words(then.get(pk)) != words(now.get(pk))
    ]
