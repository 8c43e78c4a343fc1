"""Whether a queue's worker works: it leaves a time whenever it runs a task."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from matchmaking.enums import Queue
from matchmaking.models import Heartbeat


def record(queue: Queue) -> None:
    """A worker of this queue ran a task just now."""
    Heartbeat.objects.update_or_create(queue=queue, defaults={"at": Now()})


def forget(queue: Queue) -> None:
    """The queue's worker was stopped on purpose; one that still works shows itself within a sweep."""
    Heartbeat.objects.filter(queue=queue).delete()


def is_fresh(queue: Queue) -> bool:
    """Whether a worker of this queue ran a task within the last three sweeps, by the database's clock."""
    recent = Now() - timedelta(seconds=3 * settings.SWEEP_SECONDS)
    return Heartbeat.objects.filter(queue=queue, at__gte=recent).exists()
