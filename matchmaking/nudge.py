"""The one door to the broker. A nudge saves waiting; without it the sweeper does the work a little later."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction

from matchmaking.enums import Queue

log = structlog.get_logger(__name__)

TASK_OF_QUEUE = {
    Queue.SCORE: "matchmaking.work_on_run",
    Queue.MAIL: "matchmaking.deliver_mail",
    Queue.DEFAULT: "matchmaking.sweep",
}


def now(queue: Queue) -> None:
    """Ask a worker of this queue to look for due rows. Never raises, never waits more than about 2 s."""
    try:
        current_app.send_task(TASK_OF_QUEUE[queue], queue=queue)
    except Exception as error:
        # Whatever the broker's trouble is, the row stands and the sweeper finds it.
        log.warning("nudge_failed", queue=str(queue), error=type(error).__name__)


def after_commit(queue: Queue) -> None:
    """Nudge once the current transaction is committed; at once outside of one."""
    transaction.on_commit(partial(now, queue), robust=True)
