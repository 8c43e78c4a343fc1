"""Pins and staff notes: what staff say of recommendations beside their states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, CurationNote, Exclusion, Pin, Recommendation
from matchmaking.models.curation import WORDS_LENGTH
from matchmaking.selectors.recommendations import pinned
from matchmaking.services.recommendations import Outcome, locked_by_staff

# Whoever has answered needs nothing brought to the front.
PINNED_FROM = (S.PROPOSED, S.HELD, S.RELEASED, S.SEEN)


@transaction.atomic
def recommendations_pin(recommendations: Iterable[Recommendation], *, reason: str, by: User) -> Outcome:
    """Have each candidate proposed and released to its seeker by every run that may, first of all. Staff.

    What is recommended now keeps its state: release it, or the next run does. Says why others cannot be
    pinned. ValidationError for a reason that is missing or too long; PermissionDenied for anybody else.
    """
    reason = _stated(reason)
    found = locked_by_staff(recommendations, by)
    ids = [one.pk for one in found]
    already = set(Recommendation.objects.filter(pinned(), pk__in=ids).values_list("pk", flat=True))
    excluded = set(
        Exclusion.objects.filter(pair__in=[one.pair_id for one in found]).values_list("pair_id", flat=True)
    )
    # Of several runs' rows of one seeker and candidate one is enough.
    pinning: dict[tuple[int, int], Pin] = {}
    skipped = []
    for one in found:
        if one.pk in already:
            skipped.append(_("It is pinned already."))
        elif one.pair_id in excluded:
            skipped.append(_("The pair is excluded."))
        elif one.state not in PINNED_FROM:
            skipped.append(
                _(
                    "The state is '%(state)s'. Only what is proposed, held, or released and not answered, "
                    "can be pinned."
                )
                % {"state": S(one.state).label}
            )
        else:
            pinning[one.seeker_id, one.candidate_id] = Pin(
                seeker_id=one.seeker_id, candidate_id=one.candidate_id, reason=reason, created_by=by
            )
    _record("pinned", Pin.objects.bulk_create(pinning.values()), by)
    return Outcome(len(pinning), skipped)


@transaction.atomic
def recommendations_unpin(recommendations: Iterable[Recommendation], *, by: User) -> Outcome:
    """Take back the pins of these; what they brought stays as it is. Staff, else PermissionDenied."""
    found = locked_by_staff(recommendations, by)
    wanted = {(one.seeker_id, one.candidate_id) for one in found}
    pins = [
        pin
        for pin in Pin.objects.filter(seeker__in={seeker for seeker, _candidate in wanted})
        if (pin.seeker_id, pin.candidate_id) in wanted
    ]
    done = pins_remove(pins, by=by).done
    return Outcome(done, [_("It is not pinned.")] * (len(wanted) - done))


@transaction.atomic
def pins_remove(pins: Iterable[Pin], *, by: User) -> Outcome:
    """Take back these pins. Staff, else PermissionDenied."""
    _check_staff(by)
    ids = [pin.pk for pin in pins]
    going = list(Pin.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))
    _record("unpinned", going, by)
    Pin.objects.filter(pk__in=[pin.pk for pin in going]).delete()
    return Outcome(len(going), [_("It is not pinned.")] * (len(ids) - len(going)))


@transaction.atomic
def recommendations_note(recommendations: Iterable[Recommendation], *, text: str, by: User) -> Outcome:
    """Write a note for staff on each of these. Staff.

    ValidationError for a text that is missing or too long; PermissionDenied for anybody else.
    """
    text = _stated(text)
    _check_staff(by)
    notes = CurationNote.objects.bulk_create(
        CurationNote(recommendation_id=one.pk, text=text, author=by) for one in recommendations
    )
    CurationEvent.objects.bulk_create(
        CurationEvent(
            subject="recommendation",
            subject_id=note.recommendation_id,
            kind="noted",
            actor_id=by.pk,
            data={"note": note.pk},
        )
        for note in notes
    )
    return Outcome(len(notes), [])


def _record(kind: str, pins: Sequence[Pin], by: User) -> None:
    CurationEvent.objects.bulk_create(
        CurationEvent(
            subject="pin",
            subject_id=pin.pk,
            kind=kind,
            actor_id=by.pk,
            data={"seeker": pin.seeker_id, "candidate": pin.candidate_id},
        )
        for pin in pins
    )


def _stated(words: str) -> str:
    words = words.strip()
    if not 0 < len(words) <= WORDS_LENGTH:
        raise ValidationError(
            _("Write what it is about, in at most %(limit)s characters."), params={"limit": WORDS_LENGTH}
        )
    return words


def _check_staff(by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
