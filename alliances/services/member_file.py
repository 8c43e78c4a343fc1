"""An alliance's file of its members: what inviting all of them would do, and doing it.

Rows that mean one organization are one. Only listed organizations and own members count as
known: of any other nobody learns here that it exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from alliances.duplicates import KnownNames
from alliances.enums import Country, EventKind, MembershipSide, MembershipState
from alliances.importing.formats import read_table
from alliances.importing.members import MemberEntry, members_from_table
from alliances.importing.problems import ImportProblem, ImportRefused
from alliances.importing.table import Understood
from alliances.likeness import Likeness, StatedNames
from alliances.models import AllianceAddress, AllianceMembership, ImportFile, Organization, User
from alliances.names import has_han
from alliances.services.events import EventDraft, record
from alliances.services.memberships import (
    left_today,
    membership_invite,
    require_approved,
    too_many_today,
)
from alliances.services.register import hold_for_edit

# From here on two names mean one organization; below it they are only like each other.
SAME = 0.87


class Outcome(StrEnum):
    """What a row of the file comes to."""

    INVITE = "invite"
    CONFIRM = "confirm"
    WRITE = "write"
    MEMBER = "member"
    INVITED = "invited"
    WRITTEN = "written"
    ITSELF = "itself"
    NO_ADDRESS = "no_address"


ACTING = (Outcome.INVITE, Outcome.CONFIRM, Outcome.WRITE)


@dataclass(frozen=True)
class FoundMember:
    """One organization of the file, on however many lines, and what it comes to."""

    entry: MemberEntry
    lines: Sequence[int]
    outcome: Outcome
    organization: Organization | None = None


@dataclass(frozen=True)
class MembersPreview:
    """What inviting a file's members would do. With problems, nothing would be done."""

    understood: Understood = ()
    rows: int = 0
    members: Sequence[FoundMember] = ()
    problems: Sequence[ImportProblem] = ()
    left: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)

    @property
    def acting(self) -> int:
        """How many of the members something is done for."""
        return sum(self.counts[outcome] for outcome in ACTING)


@dataclass(frozen=True)
class Invited:
    """What was done: memberships that wait or stand, and addresses to be written to with their country."""

    memberships: Sequence[AllianceMembership]
    addresses: Sequence[tuple[AllianceAddress, str]]
    refused: Sequence[str]


def preview_members(alliance: Organization, content: bytes, *, file_name: str) -> MembersPreview:
    """Read a file of members against the register as it stands, changing and locking nothing."""
    try:
        table = read_table(content, file_name)
        entries, problems = members_from_table(table)
    except ImportRefused as refusal:
        return MembersPreview(problems=refusal.problems)
    entries = [replace(entry, country=entry.country or alliance.country) for entry in entries]
    known = {one.pk: one for one in _known_to(alliance)}
    meant = _meant(entries, known, problems)
    if problems:
        return MembersPreview(table.understood, len(table.rows), problems=ImportRefused(problems).problems)
    members = _outcomes(alliance, _merged(entries, meant), known)
    return MembersPreview(
        table.understood,
        len(table.rows),
        members,
        left=left_today(alliance),
        counts=Counter(one.outcome for one in members),
    )


@transaction.atomic
def members_invite(alliance: Organization, upload: ImportFile, *, actor: User) -> Invited:
    """Invite those of a kept file whom the register knows, and remember whom to write to; the file goes.

    What changed since the preview and forbids one invitation is named in `refused`; the others are made.

    Raises:
        ImportRefused: what is wrong with the file.
        ValidationError: an alliance that takes no part, or more invitations than are left today.
        PermissionDenied: the actor may not act for the alliance.
    """
    preview = preview_members(alliance, bytes(upload.content), file_name=upload.name)
    if preview.problems:
        raise ImportRefused(preview.problems)
    invited = [
        one.organization for one in preview.members if one.outcome in (Outcome.INVITE, Outcome.CONFIRM)
    ]
    known = [one for one in invited if one]
    # In the order in which everybody locks; the alliance among them.
    pks = [alliance.pk, *(one.pk for one in known)]
    list(Organization.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True))
    held = hold_for_edit(alliance, actor)
    require_approved(held)
    if preview.acting > left_today(held):
        raise too_many_today(held)
    memberships: list[AllianceMembership] = []
    refused: list[str] = []
    for one in known:
        try:
            memberships.append(membership_invite(held, one, actor=actor))
        except ValidationError as error:
            refused += error.messages
    addresses = _remember(held, preview.members, actor)
    upload.delete()
    return Invited(memberships, addresses, refused)


def _remember(
    alliance: Organization, members: Sequence[FoundMember], actor: User
) -> list[tuple[AllianceAddress, str]]:
    """The addresses that nobody has written to for this alliance, which is held, until now."""
    countries = {one.entry.email: one.entry.country for one in members if one.outcome == Outcome.WRITE}
    written = set(_written(alliance, countries))
    rows = AllianceAddress.objects.bulk_create(
        AllianceAddress(alliance=alliance, email=email) for email in countries if email not in written
    )
    if rows:
        data: dict[str, object] = {"addresses": [row.pk for row in rows]}
        record([EventDraft(alliance.pk, EventKind.ADDRESSES_WRITTEN_TO, data)], actor)
    return [(row, countries[row.email]) for row in rows]


# --- Which organization a row means ---------------------------------------------------------------


def _known_to(alliance: Organization) -> QuerySet[Organization]:
    """The directory, and those that are or will be members, whom the alliance knows anyway."""
    own = alliance.memberships.exclude(state=MembershipState.LAPSED).values("member")
    listed = Organization.objects.listed().values("pk")
    known = Organization.objects.approved().filter(Q(pk__in=listed) | Q(pk__in=own))
    return known.only("code", "kind", "country", "state", "region", "name_en", "name_zh", "aliases")


def _meant(
    entries: Sequence[MemberEntry], known: Mapping[int, Organization], problems: list[ImportProblem]
) -> dict[int, int]:
    """By line, the organization that a row means, where the directory has it; what is wrong is added."""
    by_code = {one.code: pk for pk, one in known.items()}
    # A name is compared within its country: half the work.
    names = {
        country: KnownNames(
            {
                pk: StatedNames(one.kind, country, one.region, one.name_en, one.name_zh, one.aliases)
                for pk, one in known.items()
                if one.country == country
            }
        )
        for country in Country.values
    }
    meant: dict[int, int] = {}
    for entry in entries:
        if entry.code:
            if entry.code in by_code:
                meant[entry.line] = by_code[entry.code]
            else:
                text = _("The directory has no organization of this code. Correct it or empty the cell.")
                problems.append(ImportProblem(text, line=entry.line, column="code", value=entry.code))
            continue
        best = _best(names[entry.country].alike(_names(entry)))
        if len(best) == 1:
            meant[entry.line] = best[0]
        elif best:
            text = _("The directory has several organizations of this name: %(codes)s. State the code.")
            codes = ", ".join(sorted(known[pk].code for pk in best))
            problems.append(
                ImportProblem(text, {"codes": codes}, line=entry.line, column="name", value=entry.name)
            )
    return meant


def _best(likes: Mapping[int, Likeness]) -> list[int]:
    """Those that are the same, as surely as any."""
    top = max((one.score for one in likes.values()), default=0.0)
    return [pk for pk, one in likes.items() if one.score == top >= SAME]


def _names(entry: MemberEntry) -> StatedNames:
    """The name by script: "Shenyang 沈阳市", as the pages write it, is two."""
    words = entry.name.split()
    chinese = " ".join(word for word in words if has_han(word))
    latin = " ".join(word for word in words if not has_han(word))
    return StatedNames(entry.kind, entry.country, name_en=latin, name_zh=chinese)


def _merged(
    entries: Sequence[MemberEntry], meant: Mapping[int, int]
) -> list[tuple[MemberEntry, list[int], int | None]]:
    """The entries, those that mean one organization as one: its first row, all its lines, and which it is.

    What the first leaves out, an email above all, the later ones fill in.
    """
    merged: list[tuple[MemberEntry, list[int], int | None]] = []
    for entry in entries:
        known = meant.get(entry.line)
        place = _place(entry, known, merged)
        if place is None:
            merged.append((entry, [entry.line], known))
        else:
            first, lines, same = merged[place]
            merged[place] = (
                replace(first, email=first.email or entry.email),
                [*lines, entry.line],
                same or known,
            )
    return merged


def _place(
    entry: MemberEntry, known: int | None, merged: Sequence[tuple[MemberEntry, list[int], int | None]]
) -> int | None:
    """Where the organization of this entry stands already; None where it does not."""
    if known:
        return next((place for place, (_first, _lines, same) in enumerate(merged) if same == known), None)
    unknown = {place: _names(first) for place, (first, _lines, same) in enumerate(merged) if not same}
    return min(_best(KnownNames(unknown).alike(_names(entry))), default=None)


# --- What becomes of it ---------------------------------------------------------------------------


def _outcomes(
    alliance: Organization,
    merged: Sequence[tuple[MemberEntry, list[int], int | None]],
    known: Mapping[int, Organization],
) -> list[FoundMember]:
    standing = {one.member_id: one for one in alliance.memberships.exclude(state=MembershipState.LAPSED)}
    written = set(_written(alliance, [entry.email for entry, _lines, _known in merged]))
    members: list[FoundMember] = []
    for entry, lines, pk in merged:
        if pk is not None:
            outcome = _of_known(alliance, pk, standing.get(pk))
        elif not entry.email:
            outcome = Outcome.NO_ADDRESS
        else:
            outcome = Outcome.WRITTEN if entry.email in written else Outcome.WRITE
            written.add(entry.email)
        members.append(FoundMember(entry, lines, outcome, known.get(pk or 0)))
    return members


def _of_known(alliance: Organization, pk: int, membership: AllianceMembership | None) -> Outcome:
    if pk == alliance.pk:
        return Outcome.ITSELF
    if membership is None:
        return Outcome.INVITE
    if membership.state == MembershipState.CONFIRMED:
        return Outcome.MEMBER
    return Outcome.INVITED if membership.waits_for == MembershipSide.MEMBER else Outcome.CONFIRM


def _written(alliance: Organization, addresses: Iterable[str]) -> list[str]:
    """Those of the addresses to which the alliance has written."""
    rows = AllianceAddress.objects.filter(alliance=alliance, email__in=list(addresses))
    return list(rows.values_list("email", flat=True))
