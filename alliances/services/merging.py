"""Two entries of one organization become one, without losing a row.

What the dropped entry states and the kept one does not, the kept one states from now on; the people of both
are its team. The dropped one is withdrawn with all that it had, and points to the kept one: what it was
recommended, answered and was told stays readable, also for its team. Nothing is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alliances.enums import EventKind, InvitationState, Kind, MembershipState, OrganizationState, TeamRole
from alliances.importing.entries import OrganizationEntry
from alliances.models import (
    Agency,
    AllianceDetails,
    AllianceMembership,
    FirmDetails,
    FirmReference,
    Need,
    Offer,
    Organization,
    ReferenceAlliance,
    TeamClaim,
    TeamInvitation,
    User,
)
from alliances.models.organization import MOST_ALIASES
from alliances.services import review
from alliances.services.details import OWNERS, REFERENCES
from alliances.services.events import EventDraft, record
from alliances.services.history import record_history
from alliances.services.register import save_organization
from alliances.services.screening import own_names, screen_organizations
from alliances.services.team import give_place

Row = TypeVar("Row", Need, Offer)
REASON = "merge"
# The strongest first.
ROLES = (TeamRole.OWNER, TeamRole.EDITOR, TeamRole.VIEWER)
DETAILS: tuple[tuple[type[FirmDetails] | type[AllianceDetails], tuple[str, ...]], ...] = (
    (FirmDetails, ("credit_code", "ein", "uei", "ownership")),
    (AllianceDetails, ("secretariat", "charter")),
)
# Nothing is merged into an entry that nobody has handed in, or that has left.
NOT_KEPT = (OrganizationState.DRAFT, OrganizationState.REJECTED, OrganizationState.WITHDRAWN)

Obstacle = Callable[[Organization], str]
Follower = Callable[[Organization, Organization], None]
_obstacles: list[Obstacle] = []
_followers: list[Follower] = []


def against_dropping(obstacle: Obstacle) -> None:
    """Have this asked before an organization is dropped: a sentence that says why not; empty where nothing.

    For what stands on the register, of which the register knows nothing.
    """
    _obstacles.append(obstacle)


def along_with_merging(follower: Follower) -> None:
    """Have this done in the transaction that merges two, given the kept and the dropped one."""
    _followers.append(follower)


class Joining(NamedTuple):
    """A person who gets a place in the kept one's team, or a higher role there than the one `before`."""

    user: User
    role: TeamRole
    before: str


class Filled(NamedTuple):
    """A column that the kept one leaves empty and the dropped one states; all owners, of what both state."""

    model: type[FirmDetails] | type[AllianceDetails]
    column: str
    value: str | list[str]


@dataclass(frozen=True)
class Plan:
    """What the kept one gains: rows of the dropped one that it has nothing like."""

    people: list[Joining]
    aliases: list[str]
    needs: list[Need]
    offers: list[Offer]
    # Rows of the kept one that have no statement, with the dropped one's.
    statements: list[tuple[Need | Offer, str]]
    patrons: list[Agency]
    memberships: list[AllianceMembership]
    # Memberships of the kept one that the dropped one's makes stand.
    confirmed: list[AllianceMembership]
    references: list[FirmReference]
    details: list[Filled]
    invitations: list[TeamInvitation]
    claims: list[TeamClaim]


@transaction.atomic
def merge(kept: Organization, dropped: Organization, *, actor: User) -> Plan:
    """Make `dropped` one with `kept`; what was done is told. Staff.

    Raises:
        ValidationError: why the two cannot be merged, or not this way round.
        PermissionDenied: not staff.
    """
    if not (actor.is_active and actor.is_staff):
        raise PermissionDenied
    rows = Organization.objects.filter(pk__in=(kept.pk, dropped.pk)).order_by("pk")
    held = {one.pk: one for one in rows.select_for_update(no_key=True)}
    keeps, drops = held[kept.pk], held[dropped.pk]
    if problem := merge_problem(keeps, drops):
        raise ValidationError(problem, code="not_mergeable")
    plan = merge_plan(keeps, drops)
    _state(keeps, plan, actor)
    _place_people(keeps, plan, actor)
    _carry_over(keeps, drops, plan)
    for follow in _followers:
        follow(keeps, drops)
    review.withdraw(drops, actor=actor)
    Organization.objects.filter(pk=drops.pk).update(merged_into=keeps)
    data: dict[str, object] = {"kept": keeps.pk, "dropped": drops.pk}
    record((EventDraft(one.pk, EventKind.MERGED, data) for one in (keeps, drops)), actor)
    dropped.refresh_from_db(fields=["state", "state_reason", "state_reasons", "merged_into", "updated_at"])
    return plan


def merge_problem(kept: Organization, dropped: Organization) -> str:
    """Why the one cannot be merged into the other, in a sentence; empty where it can."""
    if kept.pk == dropped.pk:
        return _("An organization cannot be merged into itself.")
    if kept.kind != dropped.kind or kept.country != dropped.country:
        words = _(
            "Only organizations of one kind and one country can be merged: '%(kept)s' is %(kept_kind)s, "
            "%(kept_country)s; '%(dropped)s' is %(dropped_kind)s, %(dropped_country)s."
        )
        return words % {
            "kept": kept.name,
            "kept_kind": kept.get_kind_display(),
            "kept_country": kept.get_country_display(),
            "dropped": dropped.name,
            "dropped_kind": dropped.get_kind_display(),
            "dropped_country": dropped.get_country_display(),
        }
    if kept.state in NOT_KEPT:
        words = _("'%(name)s' cannot be kept: its state is '%(state)s'. Merge the other way round.")
        return words % {"name": kept.name, "state": kept.get_state_display()}
    if dropped.state not in review.WITHDRAW.sources:
        words = _("'%(name)s' cannot be dropped: its state is '%(state)s'.")
        return words % {"name": dropped.name, "state": dropped.get_state_display()}
    count = len(kept.aliases) + len(_aliases(kept, dropped))
    if count > MOST_ALIASES:
        words = _(
            "Together the two have %(count)s aliases (limit %(limit)s). Take those out that are not needed."
        )
        return words % {"count": count, "limit": MOST_ALIASES}
    return next((problem for obstacle in _obstacles if (problem := obstacle(dropped))), "")


# --- What is to be done ---------------------------------------------------------------------------


def merge_plan(kept: Organization, dropped: Organization) -> Plan:
    """What merging would do, read only. Of two rows alike the kept one's stands."""
    people = _joining(kept, dropped)
    memberships, confirmed = _memberships(kept, dropped)
    needs, need_statements = _topics(Need, kept, dropped)
    offers, offer_statements = _topics(Offer, kept, dropped)
    agencies = kept.patrons.values("agency")
    patrons = dropped.patrons.exclude(agency__in=agencies).select_related("agency")
    invitations, claims = _under_way(kept, dropped, people)
    return Plan(
        people=people,
        aliases=_aliases(kept, dropped),
        needs=needs,
        offers=offers,
        statements=[*need_statements, *offer_statements],
        patrons=[one.agency for one in patrons],
        memberships=memberships,
        confirmed=confirmed,
        references=_references(kept, dropped),
        details=_details(kept, dropped),
        invitations=invitations,
        claims=claims,
    )


def _joining(kept: Organization, dropped: Organization) -> list[Joining]:
    roles = dict(kept.team_members.values_list("user_id", "role"))
    members = dropped.team_members.select_related("user").order_by("pk")
    return [
        Joining(one.user, TeamRole(one.role), roles.get(one.user_id, ""))
        for one in members
        if one.user_id not in roles
        or ROLES.index(TeamRole(one.role)) < ROLES.index(TeamRole(roles[one.user_id]))
    ]


def _aliases(kept: Organization, dropped: Organization) -> list[str]:
    """The dropped one's names; the marks that part a list in files become spaces."""
    known = {name.casefold() for name in own_names(kept)}
    found: dict[str, str] = {}
    for name in own_names(dropped):
        plain = " ".join(re.sub(r"[|;]", " ", name).split())
        if plain and plain.casefold() not in known:
            found.setdefault(plain.casefold(), plain)
    return list(found.values())


def _topics(
    model: type[Row], kept: Organization, dropped: Organization
) -> tuple[list[Row], list[tuple[Need | Offer, str]]]:
    own = {row.topic_id: row for row in model.objects.filter(organization=kept).select_related("topic")}
    theirs = list(model.objects.filter(organization=dropped).select_related("topic"))
    statements: list[tuple[Need | Offer, str]] = [
        (own[row.topic_id], row.statement)
        for row in theirs
        if row.statement and row.topic_id in own and not own[row.topic_id].statement
    ]
    return [row for row in theirs if row.topic_id not in own], statements


def _memberships(
    kept: Organization, dropped: Organization
) -> tuple[list[AllianceMembership], list[AllianceMembership]]:
    """Those that the kept one lacks, on either side; and its own that stand because the other's does."""
    lacking, confirmed = [], []
    for side, other in (("member", "alliance"), ("alliance", "member")):
        rows = AllianceMembership.objects.select_related("alliance", "member").order_by("pk")
        own = {getattr(row, f"{other}_id"): row for row in rows.filter(**{side: kept})}
        current = rows.filter(**{side: dropped}).exclude(state=MembershipState.LAPSED)
        # Not the one between the two: nobody is a member of itself.
        for row in current.exclude(**{other: kept}):
            mine = own.get(getattr(row, f"{other}_id"))
            if mine is None:
                lacking.append(row)
            elif row.state == MembershipState.CONFIRMED != mine.state:
                confirmed.append(mine)
    return lacking, confirmed


def _references(kept: Organization, dropped: Organization) -> list[FirmReference]:
    own = [title.casefold() for title in kept.references.values_list("title", flat=True)]
    new = [row for row in dropped.references.all() if row.title.casefold() not in own]
    return new[: max(REFERENCES - len(own), 0)]


def _details(kept: Organization, dropped: Organization) -> list[Filled]:
    found = []
    for model, columns in DETAILS:
        rows = {row.pk: row for row in model.objects.filter(organization__in=(kept, dropped))}
        for column in columns:
            stated = getattr(rows.get(dropped.pk), column, "")
            if stated and not getattr(rows.get(kept.pk), column, ""):
                found.append(Filled(model, column, stated))
    return found + _owners(kept, dropped)


def _owners(kept: Organization, dropped: Organization) -> list[Filled]:
    """Whoever owns either, as far as there is room: each of them is screened."""
    stated = dict(FirmDetails.objects.filter(organization__in=(kept, dropped)).values_list("pk", "owners"))
    mine = stated.get(kept.pk, [])
    owners = list(dict.fromkeys([*mine, *stated.get(dropped.pk, [])]))[: max(OWNERS, len(mine))]
    return [Filled(FirmDetails, "owners", owners)] if owners != mine else []


def _under_way(
    kept: Organization, dropped: Organization, people: Sequence[Joining]
) -> tuple[list[TeamInvitation], list[TeamClaim]]:
    """Invitations and requests that wait, but for those of people who are, or are asked, there already."""
    placed = {one.user.pk for one in people} | set(kept.team_members.values_list("user_id", flat=True))
    addresses = User.objects.filter(pk__in=placed).values("email")
    pending = TeamInvitation.objects.filter(state=InvitationState.PENDING)
    invited = pending.filter(organization=kept).values("email")
    invitations = pending.filter(organization=dropped).exclude(email__in=addresses).exclude(email__in=invited)
    waiting = TeamClaim.objects.waiting().select_related("user")
    asked = waiting.filter(organization=kept).values("user")
    claims = waiting.filter(organization=dropped).exclude(user__in=placed).exclude(user__in=asked)
    return list(invitations.order_by("pk")), list(claims.order_by("pk"))


# --- Doing it -------------------------------------------------------------------------------------


def _state(kept: Organization, plan: Plan, actor: User) -> None:
    """Have the kept one state names, topics and patrons of both, as its own team might have."""
    levels = {
        Need: dict(kept.needs.values_list("topic__slug", "priority")),
        Offer: dict(kept.offers.values_list("topic__slug", "maturity")),
    }
    levels[Need] |= {row.topic.slug: row.priority for row in plan.needs}
    levels[Offer] |= {row.topic.slug: row.maturity for row in plan.offers}
    patrons = [*kept.patrons.values_list("agency__slug", flat=True), *(one.slug for one in plan.patrons)]
    entry = OrganizationEntry(
        code=kept.code,
        values={"aliases": [*kept.aliases, *plan.aliases]} if plan.aliases else {},
        needs=levels[Need],
        offers=levels[Offer],
        patrons=tuple(patrons) if kept.kind == Kind.ALLIANCE else None,
    )
    save_organization(entry, actor=actor, reason=REASON)
    _say(Need, kept, plan.needs, plan, actor)
    _say(Offer, kept, plan.offers, plan, actor)


def _say(model: type[Row], kept: Organization, gained: Sequence[Row], plan: Plan, actor: User) -> None:
    """Give the kept one's rows of this model the statements that they lack."""
    said = {row.topic_id: row.statement for row in gained if row.statement}
    said |= {row.topic_id: words for row, words in plan.statements if isinstance(row, model)}
    rows = list(model.objects.filter(organization=kept, topic__in=said))
    for row in rows:
        row.statement = said[row.topic_id]
    # Not row.save(): that would write a history of its own.
    model.objects.bulk_update(rows, ["statement"])
    record_history(rows, "~", actor, REASON)


def _place_people(kept: Organization, plan: Plan, actor: User) -> None:
    """Each with the higher of their two roles. Their places in the dropped one stay, for them to read it."""
    events = []
    for one in plan.people:
        data: dict[str, object] = {"user": one.user.pk, "role": str(one.role)}
        if one.before:
            kept.team_members.filter(user=one.user).update(role=one.role)
            changed: dict[str, object] = {"user": one.user.pk, "from": one.before, "to": str(one.role)}
            events.append(EventDraft(kept.pk, EventKind.TEAM_ROLE_CHANGED, changed))
        else:
            give_place(kept, one.user, one.role, by=actor)
            events.append(EventDraft(kept.pk, EventKind.TEAM_MEMBER_ADDED, data))
    record(events, actor)


def _carry_over(kept: Organization, dropped: Organization, plan: Plan) -> None:
    """What is stated is stated once more, for the kept one; what is under way goes on there."""
    AllianceMembership.objects.bulk_create(
        AllianceMembership(
            alliance=kept if row.alliance_id == dropped.pk else row.alliance,
            member=kept if row.member_id == dropped.pk else row.member,
            state=row.state,
            waits_for=row.waits_for,
            since=row.since,
        )
        for row in plan.memberships
    )
    AllianceMembership.objects.filter(pk__in=[row.pk for row in plan.confirmed]).update(
        state=MembershipState.CONFIRMED, waits_for=""
    )
    FirmReference.objects.bulk_create(
        FirmReference(organization=kept, title=row.title, place=row.place, year=row.year, website=row.website)
        for row in plan.references
    )
    for model, _columns in DETAILS:
        filled = {one.column: one.value for one in plan.details if one.model is model}
        if filled:
            model.objects.update_or_create(organization=kept, defaults=filled)
        if "owners" in filled:
            screen_organizations([kept.pk])
    TeamInvitation.objects.filter(pk__in=[row.pk for row in plan.invitations]).update(organization=kept)
    TeamClaim.objects.filter(pk__in=[row.pk for row in plan.claims]).update(organization=kept)
    ReferenceAlliance.objects.filter(organization=dropped).update(organization=kept)
