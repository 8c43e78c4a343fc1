"""Saving what is stated about organizations: one way for one entry and for five thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now

from alliances.enums import EventKind, MembershipSide, MembershipState, OrganizationState, TeamRole
from alliances.importing.entries import (
    VALUE_FIELDS,
    OrganizationEntry,
    RegisterFacts,
    entry_problems,
    known_words,
    organizations_named,
)
from alliances.models import AllianceMembership, AlliancePatron, Need, Offer, Organization, User
from alliances.names import search_key
from alliances.regions import stored_region
from alliances.services import screening
from alliances.services.events import EventDraft, record
from alliances.services.history import BATCH, delete_with_history, record_history

# By these an organization is screened.
NAME_FIELDS = {"name_en", "name_zh", "aliases"}


class SaveResult(NamedTuple):
    """How many organizations were created, changed, and found as stated already."""

    created: int
    updated: int
    unchanged: int


class Laid(NamedTuple):
    """Which organizations were created and changed, by code; the others were found as stated."""

    created: set[str]
    updated: set[str]

    def counted(self, entries: int) -> SaveResult:
        """The counts of so many entries."""
        created, updated = len(self.created), len(self.updated)
        return SaveResult(created, updated, entries - created - updated)


@transaction.atomic
def save_organization(entry: OrganizationEntry, *, actor: User | None, reason: str = "") -> Organization:
    """Create a draft from an entry, or lay the entry over the organization of that code.

    Raises:
        ValidationError: by field, what is wrong with the entry (also of a single field, by the model).
        PermissionDenied: the actor is neither staff nor owner or editor of the existing organization.
    """
    facts = _facts(entry)
    stored = facts.organizations.get(entry.code)
    if stored and actor and not may_edit(actor, stored):
        raise PermissionDenied
    errors = _entry_errors(entry, facts)
    if errors:
        raise ValidationError(errors)
    # A copy: what `save_entries` compares with must be what the database holds.
    drafted = copy(stored) if stored else Organization(code=entry.code)
    for name, value in entry.values.items():
        setattr(drafted, name, value)
    drafted.full_clean()
    save_entries([entry], facts, actor=actor, reason=reason, state=OrganizationState.DRAFT)
    return Organization.objects.get(code=entry.code)


@transaction.atomic
def entry_errors(entry: OrganizationEntry) -> dict[str, list[str]]:
    """By field, what forbids saving this entry; empty where nothing does. For forms, before they save."""
    return _entry_errors(entry, _facts(entry))


def _facts(entry: OrganizationEntry) -> RegisterFacts:
    return RegisterFacts(organizations_named([entry]), *known_words())


def _entry_errors(entry: OrganizationEntry, facts: RegisterFacts) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for problem in entry_problems(entry, facts, ()):
        errors.setdefault(problem.column, []).append(problem.message)
    return errors


EDITORS = (TeamRole.OWNER, TeamRole.EDITOR)
# Its own team changes nothing any more of what was refused or has gone.
CLOSED_STATES = (OrganizationState.REJECTED, OrganizationState.WITHDRAWN)


def may_edit(user: User, organization: Organization) -> bool:
    """Whether this person may change the profile: staff, and owners and editors while it is not closed."""
    if not user.is_active:
        return False
    if user.is_staff:
        return True
    editors = organization.team_members.filter(user=user, role__in=EDITORS)
    return organization.state not in CLOSED_STATES and editors.exists()


def role_may_edit(role: str, organization: Organization) -> bool:
    """Whether somebody of this role in its team may change the organization's profile."""
    return role in EDITORS and organization.state not in CLOSED_STATES


def hold_for_edit(organization: Organization, actor: User) -> Organization:
    """The organization, locked until the transaction ends. PermissionDenied for who may not edit it."""
    held = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if not may_edit(actor, held):
        raise PermissionDenied
    return held


def editable_by(user: User) -> set[int]:
    """The ids of the organizations that this person, as their owner or editor, may change."""
    own = user.team_memberships.filter(role__in=EDITORS)
    own = own.exclude(organization__state__in=CLOSED_STATES)
    return set(own.values_list("organization_id", flat=True))


def record_update(organization: Organization, fields: Sequence[str], *, actor: User | None) -> None:
    """The audit row of a change that a staff form saved by itself. In the form's transaction.

    `fields` are column names, or `needs`, `offers`, `patrons`, `members`; without any nothing is recorded.
    """
    if fields:
        record([EventDraft(organization.pk, EventKind.UPDATED, {"fields": sorted(fields)})], actor)


@transaction.atomic
def save_entries(
    entries: Sequence[OrganizationEntry],
    facts: RegisterFacts,
    *,
    actor: User | None,
    reason: str,
    state: OrganizationState,
    is_sample: bool = False,
) -> Laid:
    """Write checked entries in a number of queries that does not grow with them.

    New organizations get `state` (draft, submitted or approved) and the events that lead there; known ones
    keep theirs. `facts` must hold the locked organizations that the entries name. History carries `reason`.
    """
    organizations = dict(facts.organizations)
    entries = [_with_stored_region(entry, organizations) for entry in entries]
    new = [entry for entry in entries if entry.code not in organizations]
    drafted = [
        Organization(code=entry.code, state=state, is_sample=is_sample, **entry.values) for entry in new
    ]
    _key(drafted)
    created = Organization.objects.bulk_create(drafted, batch_size=BATCH)
    record_history(created, "+", actor, reason)
    organizations |= {organization.code: organization for organization in created}
    changed = _update_columns(
        [entry for entry in entries if entry.code in facts.organizations], organizations
    )
    fresh = {organization.pk for organization in created}
    _save_levels(Need, "priority", entries, organizations, facts.topics, changed, actor, reason)
    _save_levels(Offer, "maturity", entries, organizations, facts.topics, changed, actor, reason)
    _save_patrons(entries, organizations, facts.agencies, changed)
    _save_members(entries, organizations, changed, confirmed=state == OrganizationState.APPROVED)
    _touch(organizations, changed, fresh, actor, reason)
    record(_events(created, state), actor)
    renamed = {pk for pk, fields in changed.items() if fields & NAME_FIELDS}
    if fresh | renamed:
        screening.screen_organizations(fresh | renamed)
    updated = {pk: sorted(fields) for pk, fields in changed.items() if fields and pk not in fresh}
    record(
        (EventDraft(pk, EventKind.UPDATED, {"fields": fields}) for pk, fields in sorted(updated.items())),
        actor,
    )
    code_of = {organization.pk: code for code, organization in organizations.items()}
    return Laid({one.code for one in created}, {code_of[pk] for pk in updated})


def _with_stored_region(
    entry: OrganizationEntry, organizations: Mapping[str, Organization]
) -> OrganizationEntry:
    if not entry.values.get("region"):
        return entry
    country = entry.values.get("country") or organizations[entry.code].country
    region = stored_region(str(country), str(entry.values["region"]))
    return replace(entry, values={**entry.values, "region": region})


def _key(organizations: Iterable[Organization]) -> None:
    """Set by what the organizations are found: always what their names give."""
    for one in organizations:
        one.search_key = search_key(one.name_en, one.name_zh, one.aliases)


Changed = dict[int, set[str]]


def _update_columns(
    entries: Sequence[OrganizationEntry], organizations: Mapping[str, Organization]
) -> Changed:
    """Lay the stated columns over the loaded rows; which columns of which row changed."""
    changed: Changed = {}
    for entry in entries:
        organization = organizations[entry.code]
        fields = {name for name, value in entry.values.items() if getattr(organization, name) != value}
        for name in fields:
            setattr(organization, name, entry.values[name])
        changed[organization.pk] = fields
    return changed


def _touch(
    organizations: Mapping[str, Organization],
    changed: Changed,
    fresh: set[int],
    actor: User | None,
    reason: str,
) -> None:
    """Write the known organizations of which anything changed, and their history."""
    rows = [one for one in organizations.values() if changed.get(one.pk) and one.pk not in fresh]
    if rows:
        _key(rows)
        # An upsert of rows that exist: one statement for many rows with many columns each.
        Organization.objects.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*VALUE_FIELDS, "search_key", "updated_at"],
        )
    record_history([row for row in rows if changed[row.pk] & set(VALUE_FIELDS)], "~", actor, reason)


def _save_levels(
    model: type[Need] | type[Offer],
    level_name: str,
    entries: Sequence[OrganizationEntry],
    organizations: Mapping[str, Organization],
    topics: Mapping[str, int],
    changed: Changed,
    actor: User | None,
    reason: str,
) -> None:
    """Make the needs (or offers) of each organization those its entry states."""
    field = "needs" if model is Need else "offers"
    stated: dict[int, Mapping[str, int]] = {
        organizations[entry.code].pk: getattr(entry, field)
        for entry in entries
        if getattr(entry, field) is not None
    }
    rows: dict[tuple[int, int], Any] = {
        (row.organization_id, row.topic_id): row for row in model.objects.filter(organization__in=stated)
    }
    added: list[Any] = []
    altered: list[Any] = []
    for pk, levels in stated.items():
        for slug, level in levels.items():
            row = rows.pop((pk, topics[slug]), None)
            if row is None:
                added.append(model(organization_id=pk, topic_id=topics[slug], **{level_name: level}))
            elif getattr(row, level_name) != level:
                setattr(row, level_name, level)
                altered.append(row)
    removed = list(rows.values())
    model.objects.bulk_create(added, batch_size=BATCH)
    model.objects.bulk_update(altered, [level_name], batch_size=BATCH)
    record_history(added, "+", actor, reason)
    record_history(altered, "~", actor, reason)
    delete_with_history(removed, actor, reason)
    for row in (*added, *altered, *removed):
        changed.setdefault(row.organization_id, set()).add(field)


def _save_patrons(
    entries: Sequence[OrganizationEntry],
    organizations: Mapping[str, Organization],
    agencies: Mapping[str, int],
    changed: Changed,
) -> None:
    stated = {organizations[entry.code].pk: entry.patrons for entry in entries if entry.patrons is not None}
    rows = {
        (row.alliance_id, row.agency_id): row for row in AlliancePatron.objects.filter(alliance__in=stated)
    }
    wanted = {(pk, agencies[slug]) for pk, slugs in stated.items() for slug in slugs}
    AlliancePatron.objects.bulk_create(
        [AlliancePatron(alliance_id=pk, agency_id=agency) for pk, agency in sorted(wanted - rows.keys())],
        batch_size=BATCH,
    )
    AlliancePatron.objects.filter(pk__in=[row.pk for key, row in rows.items() if key not in wanted]).delete()
    for pk, _agency in wanted ^ rows.keys():
        changed.setdefault(pk, set()).add("patrons")


def _save_members(
    entries: Sequence[OrganizationEntry],
    organizations: Mapping[str, Organization],
    changed: Changed,
    *,
    confirmed: bool,
) -> None:
    """Make members those stated: new ones confirmed where staff vouch, else invited, which is the alliance's
    word and waits for the member's; the others lapse."""
    stated = {organizations[entry.code].pk: entry.members for entry in entries if entry.members is not None}
    rows = {
        (row.alliance_id, row.member_id): row
        for row in AllianceMembership.objects.filter(alliance__in=stated)
    }
    wanted = {(pk, organizations[code].pk) for pk, codes in stated.items() for code in codes}
    current = {key for key, row in rows.items() if row.state != MembershipState.LAPSED}
    joins: dict[str, str] = {"state": MembershipState.INVITED, "waits_for": MembershipSide.MEMBER}
    if confirmed:
        joins = {"state": MembershipState.CONFIRMED, "waits_for": ""}
    AllianceMembership.objects.bulk_create(
        [
            AllianceMembership(alliance_id=pk, member_id=member, **joins)
            for pk, member in sorted(wanted - rows.keys())
        ],
        batch_size=BATCH,
    )
    for keys, became in (
        (current - wanted, {"state": MembershipState.LAPSED, "waits_for": ""}),
        ((wanted & rows.keys()) - current, joins),
    ):
        pks = [rows[key].pk for key in keys]
        AllianceMembership.objects.filter(pk__in=pks).update(**became, since=Now())
    for pk, _member in wanted ^ current:
        changed.setdefault(pk, set()).add("members")


def _events(created: Sequence[Organization], state: OrganizationState) -> list[EventDraft]:
    """The events of new organizations: registered, and each state on the way to the one they have."""
    way = [EventKind.REGISTERED]
    if state in (OrganizationState.SUBMITTED, OrganizationState.APPROVED):
        way.append(EventKind.SUBMITTED)
    if state == OrganizationState.APPROVED:
        way.append(EventKind.APPROVED)
    return [EventDraft(one.pk, kind, {"state": str(state)}) for one in created for kind in way]
