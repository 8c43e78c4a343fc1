"""Screening against restricted-party lists: importing them, comparing names, and deciding on hits.

Until a first list is imported screening is off: names cannot be screened, and nobody is kept out. A decision
is remembered for an organization's names and an entry, and stands until either changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import EventKind, HitState, OrganizationState, ScreeningListName, ScreeningVerdict
from alliances.importing.problems import refuse
from alliances.models import (
    Organization,
    ScreeningDecision,
    ScreeningEntry,
    ScreeningHit,
    ScreeningKey,
    ScreeningList,
    User,
)
from alliances.models.screening import DECISION_REASON_LENGTH
from alliances.screening.loading import ListedParty, ReadList, read_list
from alliances.screening.names import has_unknown_script, readings
from alliances.screening.scoring import Listed, Match, Matcher, keys_of
from alliances.services.events import EventDraft, record
from alliances.services.uploads import digest_of
from alliances.validators import validate_plain_text

BATCH = 1000
# So few names are compared with the entries that share a key; for more, all entries are read once.
FEW = 50
# They take no part yet or no more.
UNSCREENED = (OrganizationState.DRAFT, OrganizationState.REJECTED, OrganizationState.WITHDRAWN)
# The key of the advisory lock of whoever screens: two at once would both find a hit.
SCREENING_LOCK = 0x5C12EE11


# --- Lists ----------------------------------------------------------------------------------------


def current_lists() -> QuerySet[ScreeningList]:
    """The newest of each list that was ever imported: those in use. One query."""
    return ScreeningList.objects.order_by("name", "-dated", "-pk").distinct("name")


def is_stale(screening_list: ScreeningList) -> bool:
    """Whether a list is dated too long ago to clear anybody."""
    return (timezone.now().date() - screening_list.dated).days > _limit(screening_list)


def _limit(screening_list: ScreeningList) -> int:
    limits: Mapping[str, int] = settings.SCREENING_MAX_AGE_DAYS
    return limits.get(screening_list.name, limits["other"])


def stale_words(lists: Iterable[ScreeningList]) -> list[str]:
    """A sentence for each list that is out of date: which, since when, and what to do."""
    return [
        _("The list %(list)s is of %(date)s and counts for %(days)s days. Import a newer one.")
        % {"list": one.get_name_display(), "date": date_format(one.dated), "days": _limit(one)}
        for one in lists
        if is_stale(one)
    ]


def screening_import(
    content: bytes,
    *,
    file_name: str,
    name: str,
    version: str = "",
    dated: date | None = None,
    modified: date | None = None,
    actor: User | None = None,
) -> ScreeningList:
    """Make a file's entries those of the list of this name, all or nothing, and screen everybody anew.

    Comparing takes long and is done outside of transactions. What the file left out goes after it, so that
    a hit on an entry that changed gives way to the new one without a moment between them.

    Version and date default to the file's own, or to those of its name; `modified` is the date of last
    resort. The same file of the same date again changes nothing.

    Raises:
        ImportRefused: what is wrong with the file, bad rows by their place; an older one than the current.
        PermissionDenied: an actor who may not import lists.
    """
    if actor and not (actor.is_active and actor.is_staff):
        raise PermissionDenied
    read, day = screening_check(content, file_name=file_name, name=name, dated=dated, modified=modified)
    entries, keys = _entries(name, read.parties)
    with transaction.atomic():
        imported = _add(name, day, content, file_name, version or read.version, entries, keys, actor)
    screen_organizations()
    _drop_left_out(imported)
    return imported


def screening_check(
    content: bytes,
    *,
    file_name: str,
    name: str,
    dated: date | None = None,
    modified: date | None = None,
) -> tuple[ReadList, date]:
    """What a file holds and of which day it is, once it may be imported. ImportRefused says what is wrong."""
    if name not in ScreeningListName.values:
        raise refuse(
            gettext_lazy("The list '%(value)s' is not known here. Use %(known)s."),
            value=name,
            known=", ".join(ScreeningListName.values),
        )
    read = read_list(content, file_name)
    day = dated or read.dated or modified
    if day is None:
        raise refuse(gettext_lazy("The file does not say of which day the list is. Give the date."))
    if day > timezone.now().date():
        raise refuse(
            gettext_lazy("The date %(date)s is still to come. Give the day of the list."),
            date=day.isoformat(),
        )
    _refuse_older(name, day)
    return read, day


def _refuse_older(name: str, day: date) -> None:
    current = current_lists().filter(name=name).first()
    if current and current.dated > day:
        raise refuse(
            gettext_lazy(
                "The list of %(current)s is here already; this file is of %(date)s. Import a newer one."
            ),
            current=current.dated.isoformat(),
            date=day.isoformat(),
        )


@transaction.atomic
def _drop_left_out(imported: ScreeningList) -> None:
    """The entries that this list lacks, where it is still the current one: else its successor drops them."""
    _alone()
    if current_lists().filter(name=imported.name).first() == imported:
        entries = ScreeningEntry.objects.filter(screening_list__name=imported.name)
        entries.exclude(screening_list=imported).delete()


def _add(
    name: str,
    day: date,
    content: bytes,
    file_name: str,
    version: str,
    entries: Sequence[ScreeningEntry],
    keys: Mapping[str, Collection[str]],
    actor: User | None,
) -> ScreeningList:
    """The list's row, and its entries: repeated ones stay, with their hits, and are of it from now on."""
    _alone()
    _refuse_older(name, day)
    made = {
        "version": version[:200],
        "actor_id": actor.pk if actor else None,
        "file_name": file_name[-200:],
        "entry_count": len(entries),
    }
    imported, _new = ScreeningList.objects.get_or_create(
        name=name, dated=day, digest=digest_of(content), defaults=made
    )
    known = ScreeningEntry.objects.filter(screening_list__name=name).only("fingerprint")
    stored = {entry.fingerprint: entry.pk for entry in known}
    kept = [stored[entry.fingerprint] for entry in entries if entry.fingerprint in stored]
    ScreeningEntry.objects.filter(pk__in=kept).update(screening_list=imported)
    added = [entry for entry in entries if entry.fingerprint not in stored]
    for entry in added:
        entry.screening_list = imported
    ScreeningEntry.objects.bulk_create(added, batch_size=BATCH)
    # Those of entries that stayed, too: they may have been made by an earlier matcher.
    ScreeningKey.objects.filter(entry__in=kept).delete()
    place = stored | {entry.fingerprint: entry.pk for entry in added}
    _copy_keys((place[entry.fingerprint], key) for entry in entries for key in keys[entry.fingerprint])
    return imported


def _copy_keys(rows: Iterable[tuple[int, str]]) -> None:
    """A large list has more than a million."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {ScreeningKey._meta.db_table} (entry_id, key) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
    with connection.cursor() as cursor:  # at once, or the first questions are answered without the index
        cursor.execute(f"ANALYZE {ScreeningKey._meta.db_table}")


def _entries(
    name: str, parties: Sequence[ListedParty]
) -> tuple[list[ScreeningEntry], dict[str, Collection[str]]]:
    """An unsaved row for each entry, each once, and by fingerprint the keys by which it is found."""
    wanted = {_fingerprint(name, *astuple(party)): party for party in parties}
    listed = (Listed(place, (party.name, *party.aliases)) for place, party in enumerate(wanted.values()))
    keys = Matcher(listed).keys()
    entries = [
        ScreeningEntry(
            reference=party.reference,
            name=party.name,
            aliases=list(party.aliases),
            country=party.country,
            source=party.source,
            programs=party.programs,
            fingerprint=fingerprint,
        )
        for fingerprint, party in wanted.items()
    ]
    return entries, {fingerprint: keys[place] for place, fingerprint in enumerate(wanted)}


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SCREENING_LOCK])


# --- Names ----------------------------------------------------------------------------------------


class Screened(NamedTuple):
    """The verdict on a name; with a hit the likeliest entry, by which alias, of which list."""

    name: str
    verdict: ScreeningVerdict
    score: float | None = None
    entry: str | None = None
    alias: str | None = None
    list: str | None = None


def screen(names: Sequence[str]) -> list[Screened]:
    """The verdict on each name, in their order.

    A hit on any list is a hit even where another list is out of date. Without a hit a name is clear only
    where all of it can be compared and no list in use is out of date.
    """
    lists = list(current_lists())
    trusted = bool(lists) and not any(map(is_stale, lists))
    matcher = _matcher(names)
    found = [(name, next(iter(matcher.matches(name)), None)) for name in names]
    entries = ScreeningEntry.objects.select_related("screening_list").in_bulk(
        [match.key for _name, match in found if match]
    )
    return [_screened(name, match, entries, trusted) for name, match in found]


def _screened(
    name: str, match: Match | None, entries: Mapping[int, ScreeningEntry], trusted: bool
) -> Screened:
    if match:
        entry = entries[match.key]
        list_name = entry.screening_list.name
        return Screened(name, ScreeningVerdict.HIT, match.score, entry.name, match.alias, list_name)
    if trusted and is_comparable(name):
        return Screened(name, ScreeningVerdict.CLEAR)
    return Screened(name, ScreeningVerdict.CANNOT_SCREEN)


def is_comparable(name: str) -> bool:
    """Whether enough is left of a name to say that it is on no list."""
    return bool(readings(name)) and not has_unknown_script(name)


def _matcher(names: Collection[str]) -> Matcher:
    """A matcher of all entries that any of these names may be like."""
    entries = ScreeningEntry.objects.all()
    if len(names) <= FEW:
        keys = sorted(set().union(*map(keys_of, names)))
        found = ScreeningKey.objects.filter(key__in=keys).values_list("entry_id", flat=True)
        entries = entries.filter(pk__in=set(found))
    rows = entries.order_by("pk").values_list("pk", "name", "aliases")
    listed = (Listed(pk, (name, *aliases)) for pk, name, aliases in rows.iterator(chunk_size=BATCH))
    return Matcher(listed, _keep_connected)


# --- Organizations --------------------------------------------------------------------------------


def own_names(organization: Organization) -> list[str]:
    """The organization's names, former and other ones included."""
    names = (organization.name_en, organization.name_zh, *organization.aliases)
    return [name for name in names if name.strip()]


def names_of(organization: Organization) -> list[str]:
    """All names that are compared: its own, and those of whoever owns half of it or more.

    Of many organizations load `firm_details` first.
    """
    details = getattr(organization, "firm_details", None)
    return [*own_names(organization), *(name for name in (details.owners if details else ()) if name.strip())]


def screen_organizations(ids: Collection[int] | None = None) -> int:
    """Bring the hits of these organizations, or of all, up to date; returns how many are open.

    Comparing may take long: others wait only while the hits are written. Without a list nothing is done: one
    query.
    """
    if not ScreeningList.objects.exists():
        return 0
    chosen = Organization.objects.all() if ids is None else Organization.objects.filter(pk__in=ids)
    newest = ScreeningEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    chosen = chosen.select_related("firm_details")
    organizations = list(chosen.exclude(state__in=UNSCREENED).order_by("pk"))
    matcher = _matcher([name for one in organizations for name in names_of(one)])
    found: dict[int, _Found] = {}
    for place, one in enumerate(organizations):
        if place % BATCH == 0:
            _keep_connected()
        found[one.pk] = _Found(_names_print(one), _best(matcher, one))
    with transaction.atomic():
        _alone()
        return _write(found, chosen, newest)


class _Found(NamedTuple):
    """What an organization's names, by their fingerprint, were like: by entry, which name, and how."""

    name_fingerprint: str
    matches: dict[int, tuple[str, Match]]


def _keep_connected() -> None:
    """In a caller's transaction, tell the server that it is not idle: it would end it."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def _write(found: Mapping[int, _Found], chosen: QuerySet[Organization], newest: int) -> int:
    """Make the hits those that were found, of whoever is called now as they were then.

    Entries after `newest` came while the names were compared: their import finds their hits.
    """
    current = {
        one.pk for one in chosen if one.pk in found and found[one.pk].name_fingerprint == _names_print(one)
    }
    stored = {
        (hit.organization_id, hit.entry_id): hit
        for hit in ScreeningHit.objects.filter(organization__in=chosen, entry__lte=newest)
        if hit.organization_id in current or hit.organization_id not in found
    }
    keys = {key for of_one in found.values() for key in of_one.matches}
    entry_prints = dict(ScreeningEntry.objects.filter(pk__in=keys).values_list("pk", "fingerprint"))
    decisions = _decisions({one.name_fingerprint for one in found.values()}, set(entry_prints.values()))
    kept: list[ScreeningHit] = []
    opened: list[ScreeningHit] = []
    for pk in sorted(current):
        name_fingerprint, matches = found[pk]
        for key, (name, match) in matches.items():
            if key not in entry_prints:
                continue
            known = stored.pop((pk, key), None)
            hit = known or ScreeningHit(organization_id=pk, entry_id=key)
            was_open = known is not None and known.state == HitState.OPEN
            hit.name, hit.alias, hit.score, hit.reason = name, match.alias, match.score, match.why
            hit.name_fingerprint = name_fingerprint
            hit.state = decisions.get((name_fingerprint, entry_prints[key]), HitState.OPEN)
            kept.append(hit)
            if hit.state == HitState.OPEN and not was_open:
                opened.append(hit)
    # Those that names no longer give, and of whoever left the register.
    ScreeningHit.objects.filter(pk__in=[hit.pk for hit in stored.values()]).delete()
    ScreeningHit.objects.bulk_create(
        kept,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["organization", "entry"],
        update_fields=["name", "alias", "score", "reason", "name_fingerprint", "state"],
    )
    record(
        (
            EventDraft(
                hit.organization_id,
                EventKind.SCREENING_HIT,
                {"entry": hit.entry_id, "from": "", "to": str(HitState.OPEN)},
            )
            for hit in opened
        ),
        None,
    )
    return sum(hit.state == HitState.OPEN for hit in kept)


def _names_print(organization: Organization) -> str:
    return _fingerprint(sorted(names_of(organization)))


def _best(matcher: Matcher, organization: Organization) -> dict[int, tuple[str, Match]]:
    """By entry, the name of the organization that is most like it."""
    best: dict[int, tuple[str, Match]] = {}
    for name in names_of(organization):
        for match in matcher.matches(name):
            if match.key not in best or match.score > best[match.key][1].score:
                best[match.key] = (name, match)
    return best


def _decisions(names: Collection[str], entries: Collection[str]) -> dict[tuple[str, str], HitState]:
    """What stands of names and entries, by their fingerprints: the newest decision."""
    rows = ScreeningDecision.objects.filter(name_fingerprint__in=names, entry_fingerprint__in=entries)
    return {
        (name, entry): HitState(decision)
        for name, entry, decision in rows.order_by("pk").values_list(
            "name_fingerprint", "entry_fingerprint", "decision"
        )
    }


class Standing(NamedTuple):
    """How an organization stood when it was last screened; no verdict where it never was.

    `remarks` say what keeps it from being clear beside the hits.
    """

    verdict: ScreeningVerdict | None
    hits: list[ScreeningHit]
    remarks: list[str]


def standing(organization: Organization) -> Standing:
    """What screening says of one organization, without screening it anew: two queries."""
    lists = list(current_lists())
    hits = list(
        ScreeningHit.objects.filter(organization=organization)
        .select_related("entry__screening_list")
        .order_by("-state", "-score", "pk")
    )
    if not lists:
        return Standing(None, hits, [_("No screening list is imported yet.")])
    if any(hit.state != HitState.CLEARED for hit in hits):
        return Standing(ScreeningVerdict.HIT, hits, stale_words(lists))
    if organization.state in UNSCREENED:
        return Standing(None, hits, [_("It is screened when it is handed in.")])
    if not any(map(is_comparable, names_of(organization))):
        return Standing(ScreeningVerdict.CANNOT_SCREEN, hits, [_unread(organization)])
    if stale := stale_words(lists):
        return Standing(ScreeningVerdict.CANNOT_SCREEN, hits, stale)
    return Standing(ScreeningVerdict.CLEAR, hits, [])


def _unread(organization: Organization) -> str:
    words = _("'%(name)s' cannot be screened. Add a name in Latin letters or Chinese characters.")
    return words % {"name": organization.name}


def obstacles(organizations: Sequence[Organization]) -> dict[int, str]:
    """Screen organizations anew; by id, why one must not be approved now. Empty where no list is in use."""
    lists = list(current_lists())
    if not lists:
        return {}
    screen_organizations([one.pk for one in organizations])
    prefetch_related_objects(organizations, "firm_details")
    found: dict[int, str] = {}
    hits = ScreeningHit.objects.blocking().filter(organization__in=organizations)
    for hit in hits.select_related("entry__screening_list").order_by("-score", "pk"):
        words = _("'%(name)s' is like '%(entry)s' on the list %(list)s (%(score)s). Decide on the hit first.")
        listing = hit.entry.screening_list.get_name_display()
        named = {"name": hit.name, "entry": hit.entry.name, "list": listing, "score": f"{hit.score:.2f}"}
        found.setdefault(hit.organization_id, words % named)
    stale = " ".join(stale_words(lists))
    for one in organizations:
        if not any(map(is_comparable, names_of(one))):
            found.setdefault(one.pk, _unread(one))
        elif stale:
            found.setdefault(one.pk, stale)
    return found


@transaction.atomic
def decide(hit: ScreeningHit, decision: HitState, *, reason: str = "", by: User) -> None:
    """Clear a hit, which is another party, or confirm it; it stands while names and entry stay as they are.

    Raises:
        ValidationError: cleared without a reason, one that is too long or no plain text, or `open`.
        PermissionDenied: not staff.
    """
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    reason = reason.strip()
    if decision == HitState.OPEN or (decision == HitState.CLEARED and not reason):
        raise ValidationError({"reason": _("Say why it is another party.")})
    if len(reason) > DECISION_REASON_LENGTH:
        message = _("Give a reason of at most %(limit)s characters.")
        raise ValidationError({"reason": message % {"limit": DECISION_REASON_LENGTH}})
    try:
        validate_plain_text(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    _alone()
    held = ScreeningHit.objects.select_related("entry").filter(pk=hit.pk).first()
    # What was looked at has changed meanwhile: the decision would be of something else.
    if held is None or held.name_fingerprint != hit.name_fingerprint:
        raise ValidationError(_("The hit has changed meanwhile. Look at it again."))
    same = Q(name_fingerprint=held.name_fingerprint, entry__fingerprint=held.entry.fingerprint)
    ScreeningDecision.objects.create(
        name_fingerprint=held.name_fingerprint,
        entry_fingerprint=held.entry.fingerprint,
        decision=decision,
        reason=reason,
        actor_id=by.pk,
    )
    moved = list(ScreeningHit.objects.filter(same).exclude(state=decision))
    ScreeningHit.objects.filter(pk__in=[one.pk for one in moved]).update(state=decision)
    record(
        (
            EventDraft(
                one.organization_id,
                EventKind.SCREENING_DECIDED,
                {"entry": one.entry_id, "from": one.state, "to": str(decision)},
            )
            for one in moved
        ),
        by,
    )
    hit.refresh_from_db()
