"""An organization comes to the register: made by a person, filled in step by step, handed in for review."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import ConsentPurpose, EventKind, Kind, OrganizationState, TeamRole
from alliances.importing.entries import OrganizationEntry
from alliances.models import (
    FirmDetails,
    Need,
    Offer,
    Organization,
    TeamMember,
    Topic,
    User,
)
from alliances.names import english_reading
from alliances.selectors import has_consent
from alliances.services import review
from alliances.services.events import EventDraft, record
from alliances.services.history import record_history
from alliances.services.register import hold_for_edit, save_organization

CODE_LENGTH = 40
# Enough for a person who registers for several; too few to fill the register with names.
DRAFTS_A_PERSON = 5
# The key of the advisory lock of whoever registers: two of one name at once would both find its code free.
REGISTERING_LOCK = 20261128


class Step(StrEnum):
    """The steps of a profile, in the order in which they are filled in."""

    ORGANIZATION = "organization"
    PLACE = "place"
    TOPICS = "topics"
    PREFERENCES = "preferences"
    CONSENTS = "consents"
    CHECK = "check"


class Missing(NamedTuple):
    """What stands between a profile and review, and the step where it is given."""

    step: Step
    text: str


@transaction.atomic
def organization_register(values: Mapping[str, object], *, actor: User) -> Organization:
    """Create a draft with these columns and make the actor its owner. The code follows from kind and name.

    Raises:
        ValidationError: by column, what is wrong; or the actor has too many drafts already.
        PermissionDenied: the actor's account is closed.
    """
    if not actor.is_active:
        raise PermissionDenied
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    drafts = Organization.objects.filter(team_members__user=actor, state=OrganizationState.DRAFT)
    if drafts.count() >= DRAFTS_A_PERSON:
        raise ValidationError(
            _("You have %(count)s unfinished registrations. Finish or discard one of them first.")
            % {"count": DRAFTS_A_PERSON}
        )
    entry = OrganizationEntry(code=_free_code(values), values=values)
    organization = save_organization(entry, actor=actor, reason="registration")
    TeamMember.objects.create(user=actor, organization=organization, role=TeamRole.OWNER)
    data: dict[str, object] = {"user": actor.pk, "role": str(TeamRole.OWNER)}
    record([EventDraft(organization.pk, EventKind.TEAM_MEMBER_ADDED, data)], actor)
    return organization


def _free_code(values: Mapping[str, object]) -> str:
    """A code like us-city-wichita, us-rmi or cn-city-wuxi; where somebody has it, a number follows."""
    kind, country = str(values.get("kind", "")), str(values.get("country", "")).lower()
    name = str(values.get("name_en") or "") or " ".join(english_reading(str(values.get("name_zh") or "")))
    words = slugify(name.replace("'", "").replace("_", " ")) or "organization"
    stem = "-".join([country, *(["city"] if kind == Kind.CITY else []), words])[: CODE_LENGTH - 4].strip("-")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REGISTERING_LOCK])
    taken = set(Organization.objects.filter(code__startswith=stem).values_list("code", flat=True))
    number = 1
    while (code := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return code


@transaction.atomic
def profile_save(organization: Organization, entry: OrganizationEntry, *, actor: User) -> Organization:
    """Lay what a step states over the organization.

    Raises:
        ValidationError: by column, what is wrong.
        PermissionDenied: the actor may not edit it, or its state ends that.
    """
    hold_for_edit(organization, actor)
    return save_organization(entry, actor=actor, reason="profile")


@transaction.atomic
def topic_state(
    organization: Organization, model: type[Need | Offer], topic: Topic, level: int, *, actor: User
) -> None:
    """State a need or an offer of this topic at a level, 1 to 3; with level 0 state it no more.

    What the organization states beside it stays, whoever else changes the profile meanwhile.

    Raises:
        ValidationError: there is no such level.
        PermissionDenied: the actor may not edit the organization.
    """
    locked = hold_for_edit(organization, actor)
    column = "priority" if model is Need else "maturity"
    levels = dict(model.objects.filter(organization=locked).values_list("topic__slug", column))
    levels.pop(topic.slug, None)
    if level not in range(4):
        raise ValidationError(
            _("Level '%(level)s' of topic '%(topic)s' is not 1, 2 or 3."),
            params={"level": level, "topic": topic.slug},
        )
    if level:
        levels[topic.slug] = level
    needs, offers = (levels, None) if model is Need else (None, levels)
    entry = OrganizationEntry(code=locked.code, values={}, needs=needs, offers=offers)
    save_organization(entry, actor=actor, reason="profile")


@transaction.atomic
def topic_add(
    organization: Organization,
    model: type[Need | Offer],
    topic: Topic,
    level: int,
    statement: str = "",
    *,
    actor: User,
) -> None:
    """State a need or an offer that was not stated before.

    Raises:
        ValidationError: of `topic`, it is stated already; and as `topic_state` and `statement_save`.
        PermissionDenied: the actor may not edit the organization.
    """
    locked = hold_for_edit(organization, actor)
    stated = model.objects.filter(organization=locked, topic=topic)
    if stated.exists():
        text = _("Topic '%(topic)s' is stated already. Change it at its own address.")
        raise ValidationError({"topic": ValidationError(text, code="exists", params={"topic": topic.slug})})
    topic_state(locked, model, topic, level, actor=actor)
    statement_save(stated.get(), statement, actor=actor)


@transaction.atomic
def statement_save(row: Need | Offer, statement: str, *, actor: User) -> None:
    """State a need or an offer in words.

    Raises:
        ValidationError: of `statement`: too long, or with characters that no text may hold.
        PermissionDenied: the actor may not edit the organization.
    """
    hold_for_edit(row.organization, actor)
    text = statement.strip().replace("\r\n", "\n")
    if text == row.statement:
        return
    limit = type(row)._meta.get_field("statement").max_length or 0
    if len(text) > limit:
        raise ValidationError(
            {
                "statement": _("The statement is too long (%(length)s characters; limit %(limit)s).")
                % {"length": f"{len(text):,}", "limit": limit}
            }
        )
    row.statement = text
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save(update_fields=["statement"])
    record_history([row], "~", actor, "profile")
    field = "needs" if isinstance(row, Need) else "offers"
    record([EventDraft(row.organization_id, EventKind.UPDATED, {"fields": [field]})], actor)


MISSING: Sequence[tuple[Step, str, Promise | str]] = (
    (
        Step.PLACE,
        "region",
        gettext_lazy("Say in which state or province you are: partners and the map need it."),
    ),
    (
        Step.PLACE,
        "size",
        gettext_lazy("State your size: how many people live there, or how many staff you have."),
    ),
    (
        Step.ORGANIZATION,
        "summary",
        gettext_lazy("Describe yourselves in two or three sentences, in English or Chinese."),
    ),
    (
        Step.TOPICS,
        "topics",
        gettext_lazy("Pick at least one need or one offer: nothing else decides so much who fits."),
    ),
    (Step.PREFERENCES, "languages", gettext_lazy("Name at least one working language.")),
    (
        Step.ORGANIZATION,
        "identity",
        gettext_lazy("Give a registration number, so that our staff can see which firm you are."),
    ),
    (Step.CONSENTS, "terms", gettext_lazy("Agree to the terms of taking part.")),
)


def missing(organization: Organization, *, by: User) -> list[Missing]:
    """What this organization has to state, and this person to agree to, before it can be handed in."""
    states_topics = (
        Need.objects.filter(organization=organization).exists()
        or Offer.objects.filter(organization=organization).exists()
    )
    stated = {
        "region": bool(organization.region),
        "size": organization.kind == Kind.ALLIANCE
        or organization.population is not None
        or bool(organization.size_band),
        "summary": bool(organization.summary_en.strip() or organization.summary_zh.strip()),
        "topics": states_topics,
        "languages": bool(organization.languages),
        "identity": organization.kind != Kind.FIRM or _is_identified(organization),
        "terms": has_consent(by, ConsentPurpose.ACCOUNT),
    }
    return [Missing(step, str(text)) for step, name, text in MISSING if not stated[name]]


def _is_identified(firm: Organization) -> bool:
    if firm.subtype:  # a university or hospital has no number of these kinds
        return True
    details = FirmDetails.objects.filter(organization=firm).first()
    return details is not None and any((details.credit_code, details.ein, details.uei))


@transaction.atomic
def hand_in(organization: Organization, *, actor: User) -> None:
    """Hand a complete profile to review and note that it was confirmed.

    Raises:
        ValidationError: what is still missing, a sentence each.
        TransitionError: the state does not allow it.
        PermissionDenied: the actor may not.
    """
    locked = hold_for_edit(organization, actor)
    if lacking := missing(locked, by=actor):
        raise ValidationError([one.text for one in lacking])
    review.submit(organization, actor=actor)
    _confirm(organization)


@transaction.atomic
def draft_discard(organization: Organization, *, actor: User) -> None:
    """Delete a draft that was never handed in, with all that was stated. Its owners.

    Raises:
        ValidationError: it is no draft any more.
        PermissionDenied: the actor is no owner.
    """
    locked = hold_for_edit(organization, actor)
    if not locked.team_members.filter(user=actor, role=TeamRole.OWNER).exists():
        raise PermissionDenied
    if locked.state != OrganizationState.DRAFT:
        raise ValidationError(
            _("Only a draft can be discarded; an organization that was submitted withdraws.")
        )
    record([EventDraft(locked.pk, EventKind.DISCARDED, {"from": locked.state})], actor)
    delete_drafts([locked.pk])


def delete_drafts(ids: Collection[int]) -> None:
    """Delete these drafts with their history, in the caller’s transaction."""
    Organization.objects.filter(pk__in=ids).delete()
    # Deleting writes history too, so the history goes last.
    Organization.history.filter(id__in=ids).delete()
    for model in (Need, Offer):
        model.history.filter(organization_id__in=ids).delete()


@transaction.atomic
def profile_confirm(organization: Organization, *, actor: User) -> None:
    """Say that the profile still holds. PermissionDenied for who may not edit it."""
    hold_for_edit(organization, actor)
    _confirm(organization)
    record(
        [EventDraft(organization.pk, EventKind.UPDATED, {"fields": ["profile_confirmed_at"]})],
        actor,
    )


def _confirm(organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(profile_confirmed_at=Now())
    organization.refresh_from_db(fields=["profile_confirmed_at"])
