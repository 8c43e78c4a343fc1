"""The one door to the broker. A nudge saves waiting; without it the sweeper does the work a little later."""

import time
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction

from matchmaking.enums import Queue

log = structlog.get_logger(__name__)

TASK_OF_QUEUE = {
    Queue.SCORE: "matchmaking.work_on_run",
    Queue.MAIL: "matchmaking.deliver_mail",
    Queue.WEBHOOKS: "matchmaking.deliver_webhooks",
    Queue.DEFAULT: "matchmaking.sweep",
}


BULK_MOVE_TASK = "matchmaking.move_many"
LIST_IMPORT_TASK = "matchmaking.import_list"
HEARTBEAT_TASK = "matchmaking.beat_heart"


def now(queue: Queue) -> None:
    """Ask a worker of this queue to look for due rows. Never raises, never waits more than about 2 s."""
    _send(TASK_OF_QUEUE[queue], queue)


def for_bulk_moves() -> None:
    """Ask a worker to go on with moves of many organizations."""
    _send(BULK_MOVE_TASK, Queue.DEFAULT)


def for_list_imports() -> None:
    """Ask a worker to import the screening lists that were uploaded."""
    _send(LIST_IMPORT_TASK, Queue.DEFAULT)


def for_webhooks() -> None:
    """Ask a worker to send what is due to webhooks.

    They come faster than turns end: what no worker has taken by the next sweep, which asks again, is dropped.
    """
    _send(TASK_OF_QUEUE[Queue.WEBHOOKS], Queue.WEBHOOKS, expires=settings.SWEEP_SECONDS)


def for_heartbeat(queue: Queue, *, expires: float) -> None:
    """Ask a worker of this queue to show that it works; after `expires` seconds the question is dropped."""
    _send(HEARTBEAT_TASK, queue, args=[queue.value], expires=expires)


# After a nudge that failed none is tried for so long: one request waits for a broker once, not once a nudge.
PAUSE_SECONDS = 5.0
_pause = {"until": 0.0}


def _send(task: str, queue: Queue, **options: Any) -> None:
    if time.monotonic() < _pause["until"]:
        return
    try:
        current_app.send_task(task, queue=queue, **options)
    except Exception as error:  # noqa: BLE001
        # Whatever the broker's trouble is, the row stands and the sweeper finds it.
        _pause["until"] = time.monotonic() + PAUSE_SECONDS
        log.warning("nudge_failed", queue=str(queue), error=type(error).__name__)


def broker_answers() -> bool:
    """Whether a nudge would arrive now. Waits no longer than a nudge."""
    try:
        with current_app.connection_for_write() as connection:
            # Making a channel asks the broker for a sign of life.
            return connection.default_channel is not None
    except Exception as error:  # noqa: BLE001  whatever the trouble is, a nudge would have it too
        log.warning("broker_away", error=type(error).__name__)
        return False


def after_commit(queue: Queue) -> None:
    """Nudge once the current transaction is committed; at once outside of one."""
    transaction.on_commit(partial(now, queue), robust=True)
