"""A move of very many organizations: asked for at the desk, made by workers, a part at a time.

Each part is claimed, moved and counted by itself; the claim is the leased row's. A worker that dies in a part
leaves it undone and the position before it, and another goes on from there.
"""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterable

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from alliances.models import Organization, User
from alliances.services import review
from matchmaking import nudge
from matchmaking.enums import BulkMoveState
from matchmaking.models import BulkMove, CurationEvent
from matchmaking.services import leases
from matchmaking.services.leases import BULK_MOVES, LeaseLost

log = structlog.get_logger(__name__)

PART = 500
MOVES = {str(move.to): move for move in (review.APPROVE, review.PUT_ON_HOLD, review.SUSPEND)}
NOT_STAFF = gettext_noop("Whoever asked for it may not move organizations any more.")
# The cause that is neither a state nor screening.
GONE = "gone"


@transaction.atomic
def bulk_move_request(move: review.Move, ids: Iterable[int], *, by: User) -> BulkMove:
    """Have these organizations moved by the workers, each once, in the order of their ids.

    Raises:
        PermissionDenied: not staff.
        KeyError: a move that is made of one organization at a time.
    """
    if not _may_move(by):
        raise PermissionDenied
    row = BulkMove.objects.create(to_state=MOVES[move.to].to, ids=sorted(set(ids)), requested_by=by)
    transaction.on_commit(nudge.for_bulk_moves, robust=True)
    return row


def work_on_one() -> bool:
    """Claim the oldest move that is due and make its next part. False where none is due.

    An error counts as an attempt and is kept with the row; nothing is raised but what stops the process.
    """
    row = leases.claim(BULK_MOVES)
    if row is None:
        return False
    try:
        if row.requested_by is None or not _may_move(row.requested_by):
            _give_up(row)
        else:
            _make_part(row, row.requested_by)
    except LeaseLost:
        pass  # said already; somebody else has it
    except Exception as error:
        log.exception("bulk_move_failed", bulk_move=row.pk, position=row.position)
        _failed(row, error)
    return True


def work_for(seconds: float) -> None:
    """Make parts until none is due or the time is up; then ask for another worker's turn."""
    deadline = time.monotonic() + seconds
    while work_on_one():
        if time.monotonic() >= deadline:
            nudge.for_bulk_moves()
            return


def recover() -> None:
    """The sweeper's part: take back what lost its worker, and nudge for what is due."""
    with transaction.atomic():
        for row in BulkMove.objects.filter(pk__in=leases.expire(BULK_MOVES)):
            _tell_end(row)
    if BULK_MOVES.due().exists():
        nudge.for_bulk_moves()


def skipped_words(row: BulkMove) -> list[tuple[int, str]]:
    """How many were left as they are, and why, in the reader's language; most first."""
    move = MOVES[row.to_state]
    return [
        (count, _("They are no longer in the register.") if cause == GONE else review.skip_words(move, cause))
        for cause, count in sorted(row.skipped.items(), key=lambda item: (-item[1], item[0]))
    ]


def _may_move(user: User) -> bool:
    return user.is_active and user.is_staff


def _make_part(row: BulkMove, requested_by: User) -> None:
    part = row.ids[row.position : row.position + PART]
    with transaction.atomic():
        chosen = Organization.objects.filter(pk__in=part).only("pk")
        outcome = review.move_many(MOVES[row.to_state], chosen, actor=requested_by)
        causes = outcome.causes + Counter({GONE: len(part) - outcome.done - outcome.causes.total()})
        position = row.position + len(part)
        complete = position == len(row.ids)
        leases.finish(
            BULK_MOVES,
            row,
            BulkMoveState.COMPLETE if complete else BulkMoveState.QUEUED,
            attempt=0,  # those of the next part
            position=position,
            done=row.done + outcome.done,
            skipped=dict(Counter(row.skipped) + causes),
            finished_at=Now() if complete else None,
        )
        if complete:
            row.refresh_from_db()
            _tell_end(row)


@transaction.atomic
def _give_up(row: BulkMove) -> None:
    row.state = BulkMoveState.FAILED
    leases.finish(BULK_MOVES, row, row.state, error=NOT_STAFF, finished_at=Now())
    _tell_end(row)


def _failed(row: BulkMove, error: Exception) -> None:
    text = "".join(traceback.format_exception(error))
    try:
        with transaction.atomic():
            if leases.fail(BULK_MOVES, row, text):
                row.state = BulkMoveState.FAILED
                BulkMove.objects.filter(pk=row.pk).update(finished_at=Now())
                _tell_end(row)
    except LeaseLost:
        return


def _tell_end(row: BulkMove) -> None:
    """The audit row of the whole; each organization that moved has its own."""
    CurationEvent.objects.create(
        subject="bulk_move",
        subject_id=row.pk,
        kind=row.state,
        actor_id=row.requested_by_id,
        data={
            "to": row.to_state,
            "chosen": len(row.ids),
            "gone_through": row.position,
            "changed": row.done,
            "skipped": row.skipped,
        },
    )
