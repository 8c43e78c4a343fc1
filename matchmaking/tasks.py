"""Celery tasks: each calls one service. A message is a nudge; twice, late or lost makes no difference.

What a task claims before it does anything, so that two of it have no second effect:
work_on_run a match shard's lease, move_many that of a move of many organizations, import_list that of an
uploaded list, deliver_mail an email's lease, deliver_webhooks the one turn that there is and a delivery's
lease, sweep leases and periodic slots, beat_heart nothing (it writes the time).
"""

from celery import shared_task

from matchmaking.enums import Queue
from matchmaking.services import (
    bulk_moves,
    heartbeat,
    list_imports,
    outbox,
    periodic,
    shards,
    webhook_delivery,
)

# Well under the time limit, so that a worker ends its task between two shards and not within one.
TURN_SECONDS = 20


# Merging and proposing of a large register outlast the usual limit; a lease that is not renewed ends sooner.
@shared_task(name="matchmaking.work_on_run", soft_time_limit=3500, time_limit=3600)
def work_on_run() -> None:
    heartbeat.record(Queue.SCORE)
    shards.work_for(TURN_SECONDS)


@shared_task(name="matchmaking.deliver_mail")
def deliver_mail() -> None:
    heartbeat.record(Queue.MAIL)
    outbox.deliver_due()


@shared_task(name="matchmaking.move_many")
def move_many() -> None:
    heartbeat.record(Queue.DEFAULT)
    bulk_moves.work_for(TURN_SECONDS)


# A large list takes minutes to be read, and everybody is compared with it.
@shared_task(name="matchmaking.import_list", soft_time_limit=1700, time_limit=1750)
def import_list() -> None:
    heartbeat.record(Queue.DEFAULT)
    list_imports.work_on_one()


@shared_task(name="matchmaking.deliver_webhooks")
def deliver_webhooks() -> None:
    heartbeat.record(Queue.WEBHOOKS)
    webhook_delivery.deliver_for(TURN_SECONDS)


@shared_task(name="matchmaking.sweep")
def sweep() -> None:
    heartbeat.record(Queue.DEFAULT)
    periodic.sweep()


@shared_task(name="matchmaking.beat_heart")
def beat_heart(queue: str) -> None:
    heartbeat.record(Queue(queue))
