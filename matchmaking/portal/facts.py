"""What an organization states, as rows of words. Never a contact, never a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from alliances.anonymity import veiled
from alliances.enums import (
    BudgetBand,
    Horizon,
    Kind,
    OrganizationState,
    PartnershipType,
    PopulationBasis,
    SizeBand,
    Stage,
    WorkingLanguage,
)
from alliances.models import FirmReference, Need, Offer, Organization
from alliances.selectors import size_class

# What each state means for recommendations, and what comes next.
STANDING = {
    OrganizationState.DRAFT: gettext_lazy(
        "Your profile is a draft. Recommendations begin once it is submitted and approved."
    ),
    OrganizationState.SUBMITTED: gettext_lazy(
        "Our staff are reading your profile. Recommendations begin once it is approved."
    ),
    OrganizationState.CHANGES_REQUESTED: gettext_lazy(
        "Our staff asked you for changes. Recommendations begin once these are made and approved."
    ),
    OrganizationState.ON_HOLD: gettext_lazy(
        "Our staff are clarifying something and come back to you. Until then you get no recommendations."
    ),
    OrganizationState.APPROVED: gettext_lazy(
        "You take part: you get recommendations and are recommended to others."
    ),
    OrganizationState.SUSPENDED: gettext_lazy(
        "Your organization is suspended: it gets no recommendations and is recommended to nobody."
    ),
    OrganizationState.WITHDRAWN: gettext_lazy(
        "Your organization has withdrawn: it gets no recommendations and is recommended to nobody."
    ),
    OrganizationState.REJECTED: gettext_lazy(
        "Your organization was not admitted, so it gets no recommendations."
    ),
}
PRIORITIES = {1: gettext_lazy("some"), 2: gettext_lazy("clear"), 3: gettext_lazy("urgent")}
MATURITIES = {1: gettext_lazy("first steps"), 2: gettext_lazy("running"), 3: gettext_lazy("proven")}


@dataclass(frozen=True)
class Fact:
    """A row: its name, what is stated, and what stating it would bring. No values means "not stated"."""

    label: str
    values: Sequence[str]
    gain: str = ""


@dataclass(frozen=True)
class TopicLine:
    """A need or an offer: topic, level in a word, whether the other side answers it, and its statement.

    `members`: for how many of its members an alliance states it.
    """

    name: str
    level: str
    matched: bool
    statement: str
    members: int


def stated_facts(organization: Organization) -> list[Fact]:
    """What anybody may read of an organization it is recommended to."""
    return [
        Fact(_("Size"), size_values(organization), _("Scale and reach would count.")),
        Fact(
            _("Working languages"),
            [str(WorkingLanguage(code).label) for code in organization.languages],
            _("Partners would know whether an interpreter is needed."),
        ),
        Fact(
            _("Looks for"),
            [str(PLURALS[Kind(kind)]) for kind in organization.seeks],
            _("The kinds of partner you want would rank higher."),
        ),
        Fact(
            _("Partnership types"),
            [str(PartnershipType(kind).label) for kind in organization.partnership_types],
            _("Partners open to the same forms of work would rank higher."),
        ),
        Fact(
            _("Stage"),
            [str(Stage(organization.stage).label)] if organization.stage else [],
            _("Partners at a like stage would rank higher."),
        ),
        Fact(
            _("Horizon"),
            [str(Horizon(organization.horizon).label)] if organization.horizon else [],
            _("Partners who want results in the same time would rank higher."),
        ),
        Fact(
            _("Budget"),
            [str(BudgetBand(organization.budget_band).label)] if organization.budget_band else [],
            _("Partners of a like budget would rank higher."),
        ),
    ]


def own_facts(organization: Organization) -> list[Fact]:
    """What only its own team reads, beside `stated_facts`."""
    refused = [str(PLURALS[Kind(kind)]) for kind in organization.refuses]
    read_first = _("Your name and profile") if organization.shows_name else veiled(organization).name
    return [
        Fact(_("Others read first"), [read_first]),
        Fact(_("Does not look for"), refused or [_("Nothing ruled out")]),
        Fact(
            _("Capacity"),
            [
                ngettext(
                    "%(count)s introduction a quarter",
                    "%(count)s introductions a quarter",
                    organization.capacity,
                )
                % {"count": organization.capacity}
            ],
        ),
    ]


def references_of(organization: Organization) -> Collection[FirmReference]:
    """The projects that a firm names; one query for a firm."""
    return organization.references.all() if organization.kind == Kind.FIRM else ()


def patrons_of(organization: Organization) -> list[str]:
    """The names of the agencies behind an alliance; one query for an alliance, unless it is anonymous."""
    if organization.kind != Kind.ALLIANCE or organization.is_veiled:
        return []
    return [patron.agency.name for patron in organization.patrons.select_related("agency")]


PLURALS = {
    Kind.CITY: gettext_lazy("Cities"),
    Kind.FIRM: gettext_lazy("Firms"),
    Kind.ALLIANCE: gettext_lazy("Alliances"),
}


def size_values(organization: Organization) -> list[str]:
    """The exact number with what was counted, then the city class; or the staff band."""
    if organization.size_band:
        return [str(SizeBand(organization.size_band).label)]
    size = size_class(organization) if organization.kind == Kind.CITY else None
    if not organization.population:
        # What is anonymous states its class of size alone.
        return [str(size.city_class.label)] if size else []
    values = [
        _("%(number)s people (%(basis)s)")
        % {
            "number": f"{organization.population:,}",
            "basis": str(PopulationBasis(organization.population_basis).label),
        }
    ]
    if size:
        text = "%(size)s" if size.as_defined else _("%(size)s, as far as this figure tells")
        values.append(text % {"size": str(size.city_class.label)})
    return values


def coordinates(organization: Organization) -> str:
    """The place in degrees; empty where none is stated."""
    if organization.latitude is None or organization.longitude is None:
        return ""
    north = _("%(degrees)s° N") if organization.latitude >= 0 else _("%(degrees)s° S")
    east = _("%(degrees)s° E") if organization.longitude >= 0 else _("%(degrees)s° W")
    return ", ".join(
        text % {"degrees": f"{abs(value):.2f}"}
        for text, value in ((north, organization.latitude), (east, organization.longitude))
    )


# For whom an organization states something that is no alliance: for itself alone.
NO_MEMBERS: Mapping[int, int] = {}


def need_lines(
    needs: Collection[Need], answered: Collection[int], members: Mapping[int, int] = NO_MEMBERS
) -> list[TopicLine]:
    """Needs whose topic is in `answered` first, then by priority. Topics are to be prefetched.

    `members` says by topic for how many members an alliance states it.
    """
    rows = [(need.topic_id in answered, need.priority, need) for need in needs]
    rows.sort(key=lambda row: (not row[0], -row[1]))
    return [
        TopicLine(need.topic.name, str(PRIORITIES[level]), hit, need.statement, members.get(need.topic_id, 0))
        for hit, level, need in rows
    ]


def offer_lines(
    offers: Collection[Offer], wanted: Collection[int], members: Mapping[int, int] = NO_MEMBERS
) -> list[TopicLine]:
    """Offers whose topic is in `wanted` first, then by maturity. Topics are to be prefetched.

    `members` as of `need_lines`.
    """
    rows = [(offer.topic_id in wanted, offer.maturity, offer) for offer in offers]
    rows.sort(key=lambda row: (not row[0], -row[1]))
    return [
        TopicLine(
            offer.topic.name, str(MATURITIES[level]), hit, offer.statement, members.get(offer.topic_id, 0)
        )
        for hit, level, offer in rows
    ]
