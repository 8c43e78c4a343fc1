"""Notes on the desk's work: assigning it, snoozing it, marking it as done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking.enums import WorkKind
from matchmaking.models import CurationEvent, WorkItem
from matchmaking.selectors.work import ENDED_BY_HAND, waiting

LONGEST_SNOOZE = timedelta(days=90)

# A piece of work: what it is and the id of its row.
Subject = tuple[WorkKind, int]


class Outcome(NamedTuple):
    """How much was noted on, and a sentence for all that was not."""

    done: int
    skipped: list[str]


def work_assign(subjects: Iterable[Subject], to: User | None, *, by: User) -> Outcome:
    """Assign this work to somebody of the staff, or to nobody. Staff.

    Raises:
        ValidationError: the person is no active member of the staff.
        PermissionDenied: the actor is none.
    """
    if to and not (to.is_active and to.is_staff):
        raise ValidationError(
            _("%(name)s does not work at the desk. Choose somebody who does.") % {"name": to}
        )

    def assign(item: WorkItem) -> None:
        item.assignee = to

    return _note(subjects, "assigned", assign, by, {"assignee": to.pk if to else None})


def work_snooze(subjects: Iterable[Subject], until: datetime | None, *, by: User) -> Outcome:
    """Put this work out of sight until then; None brings it back. Staff.

    Raises:
        ValidationError: a time that is past, or more than `LONGEST_SNOOZE` ahead.
        PermissionDenied: the actor is none.
    """
    now = timezone.now()
    if until and not now < until <= now + LONGEST_SNOOZE:
        raise ValidationError(
            _("Work is snoozed until a day to come, at most %(days)s days ahead.")
            % {"days": LONGEST_SNOOZE.days}
        )

    def snooze(item: WorkItem) -> None:
        item.snoozed_until = until

    return _note(subjects, "snoozed", snooze, by, {"until": until.isoformat() if until else None})


def work_done(subjects: Iterable[Subject], *, by: User) -> Outcome:
    """Mark work as done that no change of its own ends. Staff.

    PermissionDenied where the actor is none. Work of other kinds is skipped: it ends when it is decided.
    """
    chosen = list(subjects)
    by_hand = [one for one in chosen if one[0] in ENDED_BY_HAND]

    def end(item: WorkItem) -> None:
        item.done_at = timezone.now()

    outcome = _note(by_hand, "done", end, by, {})
    decided = _("It leaves the queue when it is decided: open it.")
    return outcome._replace(skipped=[*outcome.skipped, *[decided] * (len(chosen) - len(by_hand))])


@transaction.atomic
def _note(
    subjects: Iterable[Subject],
    kind: str,
    change: Callable[[WorkItem], None],
    by: User,
    data: dict[str, object],
) -> Outcome:
    """Change the notes on those that still wait, in a number of queries that grows with the kinds alone."""
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    by_kind: dict[WorkKind, set[int]] = {}
    for of_kind, subject_id in subjects:
        by_kind.setdefault(of_kind, set()).add(subject_id)
    noted, gone = [], 0
    for of_kind, ids in by_kind.items():
        there = sorted(waiting(of_kind).filter(pk__in=ids).order_by().values_list("pk", flat=True))
        gone += len(ids) - len(there)
        WorkItem.objects.bulk_create(
            [WorkItem(kind=of_kind, subject_id=subject_id) for subject_id in there], ignore_conflicts=True
        )
        noted += list(
            WorkItem.objects.filter(kind=of_kind, subject_id__in=there)
            .order_by("pk")
            .select_for_update(no_key=True)
        )
    for item in noted:
        change(item)
    WorkItem.objects.bulk_update(noted, ["assignee", "snoozed_until", "done_at"])
    CurationEvent.objects.bulk_create(
        CurationEvent(
            subject="work",
            subject_id=item.pk,
            kind=kind,
            actor_id=by.pk,
            data={"of": item.kind, "id": item.subject_id, **data},
        )
        for item in noted
    )
    return Outcome(len(noted), [_("It waits no more: somebody has seen to it.")] * gone)
