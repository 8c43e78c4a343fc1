"""What the release desk does with many recommendations at once, now or on schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking.enums import RecommendationState, ScheduleState
from matchmaking.models import CurationEvent, MatchRun, Recommendation, ScheduledRelease
from matchmaking.models.curation import FILTER_LENGTH
from matchmaking.selectors.release import DeskFilter, is_overtaken, on_desk
from matchmaking.services.recommendations import Outcome, recommendations_release

# Decided on together, in a transaction of their own: the worker that answers participants waits no longer.
CHUNK = 500
LONGEST_WAIT = timedelta(days=30)

Decide = Callable[[Sequence[Recommendation]], Outcome]


def decide_on_all(chosen: QuerySet[Recommendation], decide: Decide) -> Outcome:
    """Take one decision (a service on recommendations) on any number of them; the outcomes as one.

    Which ones is read once, at the beginning. They are decided on in chunks: what was decided stands where
    a later chunk fails. Both directions of a pair are in one chunk, since some decisions are on the pair.
    """
    done, skipped = 0, []
    for chunk in _chunks(chosen):
        outcome = decide(chunk)
        done += outcome.done
        skipped += outcome.skipped
    return Outcome(done, skipped)


def _chunks(chosen: QuerySet[Recommendation]) -> Iterator[list[Recommendation]]:
    chunk: list[Recommendation] = []
    for _pair, rows in groupby(
        chosen.order_by("pair_id", "pk").only("pair_id", "state"), key=attrgetter("pair_id")
    ):
        chunk += rows
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# --- On schedule ---------------------------------------------------------------------------------


@transaction.atomic
def release_schedule(run: MatchRun, asked: DeskFilter, at: datetime, *, by: User) -> ScheduledRelease:
    """Have all that the run proposes and matches at that time released then, in this person's name. Staff.

    Raises:
        ValidationError: a time that is past or more than `LONGEST_WAIT` ahead; a filter on another state than
            proposed, or too long; a run that a newer one has overtaken.
        PermissionDenied: the actor is no active member of the staff.
    """
    _check_staff(by)
    now = timezone.now()
    if not now < at <= now + LONGEST_WAIT:
        raise ValidationError(
            _("A release is scheduled for a time to come, at most %(days)s days ahead."),
            params={"days": LONGEST_WAIT.days},
        )
    if asked.state not in ("", RecommendationState.PROPOSED):
        raise ValidationError(
            _("Only what is proposed is released on schedule: filter by that state or by none.")
        )
    if len(asked.text) > FILTER_LENGTH:
        raise ValidationError(_("Search for at most %(limit)s characters."), params={"limit": FILTER_LENGTH})
    if is_overtaken(run):
        raise ValidationError(_("A newer run has made its proposals. Schedule the release of that one."))
    scheduled = ScheduledRelease.objects.create(
        run=run, kind=asked.kind, country=asked.country, text=asked.text, at=at, requested_by=by
    )
    _record(scheduled, "scheduled", {"run": run.pk, "at": at.isoformat()}, by)
    return scheduled


@transaction.atomic
def release_cancel(scheduled_id: int, *, by: User) -> None:
    """Have it not done. Staff, else PermissionDenied; ValidationError where it waits no more."""
    _check_staff(by)
    scheduled = _waiting(ScheduledRelease.objects.filter(pk=scheduled_id).select_for_update(of=("self",)))
    if scheduled is None:
        raise ValidationError(_("This release waits no more: it was done, or cancelled by somebody."))
    _end(scheduled, ScheduleState.CANCELLED, {}, by)


def releases_due() -> list[int]:
    """The scheduled releases whose time has come, the first due first."""
    due = ScheduledRelease.objects.filter(state=ScheduleState.WAITING, at__lte=Now())
    return list(due.order_by("at", "pk").values_list("pk", flat=True))


@transaction.atomic
def release_carry_out(scheduled_id: int) -> None:
    """Do a scheduled release whose time has come; all of it and its record, or nothing.

    One that somebody else is doing is left to them. A newer run's proposals supersede it; without the person
    who asked for it, or once they do not work at the desk any more, it is cancelled.
    """
    due = ScheduledRelease.objects.filter(pk=scheduled_id, at__lte=Now())
    scheduled = _waiting(due.select_for_update(skip_locked=True, of=("self",)))
    if scheduled is None:
        return
    by = scheduled.requested_by
    if is_overtaken(scheduled.run):
        _end(scheduled, ScheduleState.SUPERSEDED, {}, None)
    elif by is None or not (by.is_active and by.is_staff):
        _end(scheduled, ScheduleState.CANCELLED, {"reason": "not_staff"}, None)
    else:
        asked = DeskFilter(scheduled.kind, scheduled.country, RecommendationState.PROPOSED, scheduled.text)
        outcome = decide_on_all(
            on_desk(scheduled.run, asked), lambda chunk: recommendations_release(chunk, by=by)
        )
        scheduled.released, scheduled.skipped = outcome.done, len(outcome.skipped)
        counts = {"released": scheduled.released, "skipped": scheduled.skipped}
        _end(scheduled, ScheduleState.DONE, counts, by)


def _waiting(rows: QuerySet[ScheduledRelease]) -> ScheduledRelease | None:
    return rows.filter(state=ScheduleState.WAITING).select_related("run").first()


def _end(
    scheduled: ScheduledRelease, state: ScheduleState, data: Mapping[str, object], by: User | None
) -> None:
    scheduled.state, scheduled.ended_at = state, timezone.now()
    scheduled.save(update_fields=["state", "ended_at", "released", "skipped"])
    _record(scheduled, str(state), {"run": scheduled.run_id, **data}, by)


def _record(scheduled: ScheduledRelease, kind: str, data: dict[str, object], by: User | None) -> None:
    CurationEvent.objects.create(
        subject="release", subject_id=scheduled.pk, kind=kind, actor_id=by.pk if by else None, data=data
    )


def _check_staff(by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
