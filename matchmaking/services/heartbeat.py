"""Whether a queue's worker works: it leaves a time whenever it runs a task."""

from datetime import timedelta

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from matchmaking.enums import Queue
from matchmaking.models import Heartbeat


def record(queue: Queue) -> None:
    """A worker of this queue ran a task just now."""
    Heartbeat.objects.update_or_create(queue=queue, defaults={"at": Now()})


def forget(queue: Queue) -> None:
    """The queue's worker was stopped on purpose; one that still works shows itself within a sweep."""
    Heartbeat.objects.filter(queue=queue).delete()


def fresh_for() -> timedelta:
    """How long a sign of work counts: three sweeps, each of which asks for one."""
    return timedelta(seconds=3 * settings.SWEEP_SECONDS)


def is_fresh(queue: Queue) -> bool:
    """Whether a worker of this queue ran a task lately, by the database's clock."""
    return Heartbeat.objects.filter(queue=queue, at__gte=Now() - fresh_for()).exists()


def ages() -> dict[str, timedelta]:
    """By queue, how long ago its worker last ran a task, by the database's clock."""
    age = ExpressionWrapper(Now() - F("at"), output_field=DurationField())
    return dict(Heartbeat.objects.values_list("queue", age))
