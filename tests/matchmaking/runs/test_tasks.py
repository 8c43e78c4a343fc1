"""Every task, twice and in parallel: the second time finds nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from alliances.models import Organization
from alliances.services import review
from matchmaking import tasks
from matchmaking.celery import app
from matchmaking.enums import Queue
from matchmaking.models import (
    BulkMove,
    CurationEvent,
    Heartbeat,
    ListImport,
    MatchRun,
    MatchShard,
    OutboxEmail,
    PeriodicRun,
    Ranking,
    Recommendation,
    WebhookDelivery,
)
from matchmaking.services import bulk_moves, heartbeat, runs
from matchmaking.services.policies import active_policy
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.webhooks.conftest import sink
from tests.matchmaking.webhooks.scenes import add, make_delivery
from tests.matchmaking.webhooks.sink import Sink
from tests.registers import make_register

__all__ = ["sink"]

CALLS: dict[str, Callable[[], Any]] = {
    "matchmaking.work_on_run": tasks.work_on_run,
    "matchmaking.move_many": tasks.move_many,
    "matchmaking.import_list": tasks.import_list,
    "matchmaking.deliver_mail": tasks.deliver_mail,
    "matchmaking.deliver_webhooks": tasks.deliver_webhooks,
    "matchmaking.sweep": tasks.sweep,
    "matchmaking.beat_heart": lambda: tasks.beat_heart("mail"),
}


def counted() -> dict[str, Any]:
    """Everything a task may leave, but for the times of heartbeats."""
    models = (
        BulkMove,
        CurationEvent,
        Heartbeat,
        ListImport,
        MatchRun,
        MatchShard,
        OutboxEmail,
        PeriodicRun,
        Ranking,
        Recommendation,
        WebhookDelivery,
    )
    counts: dict[str, Any] = {model.__name__: model._default_manager.count() for model in models}
    counts["moves"] = list(BulkMove.objects.values_list("state", "position", "done", "attempt"))
    counts["deliveries"] = list(WebhookDelivery.objects.values_list("state", "attempt"))
    counts["runs"] = sorted(MatchRun.objects.values_list("pk", "state"))
    counts["shards"] = sorted(MatchShard.objects.values_list("pk", "state", "attempt"))
    return counts


def test_every_task_is_in_this_table() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == set(CALLS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_task_run_again_and_in_parallel_has_no_second_effect(name: str, settings: Any, sink: Sink) -> None:
    settings.SCORE_SHARDS = 6
    settings.PERIODIC_JOBS = True
    make_register(12, 12, seed=1)
    runs.run_request(active_policy())
    chosen = Organization.objects.values_list("pk", flat=True)
    bulk_moves.bulk_move_request(review.SUSPEND, chosen, by=make_user(is_staff=True))
    make_delivery(add(make_team_member(make_organization()), sink).webhook)
    call = CALLS[name]
    start = Barrier(2)

    def one(_number: int) -> None:
        start.wait()
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(2)))
    once = counted()
    call()
    call()
    assert counted() == once
    assert once["MatchRun"] == (2 if name == "matchmaking.sweep" else 1)
    assert len(sink.calls) == (name == "matchmaking.deliver_webhooks")


@pytest.mark.django_db
def test_a_heartbeat_is_fresh_for_three_sweeps() -> None:
    assert not heartbeat.is_fresh(Queue.SCORE)
    heartbeat.record(Queue.SCORE)
    heartbeat.record(Queue.SCORE)
    assert heartbeat.is_fresh(Queue.SCORE)
    assert not heartbeat.is_fresh(Queue.MAIL)
    Heartbeat.objects.update(at="2026-01-01T00:00Z")
    assert not heartbeat.is_fresh(Queue.SCORE)


@pytest.mark.django_db
def test_working_on_a_run_shows_that_the_queue_works() -> None:
    make_register(3, 3, seed=2)
    complete_run()
    tasks.work_on_run()
    assert list(Heartbeat.objects.values_list("queue", flat=True)) == ["score"]


@pytest.mark.django_db
def test_webhooks_are_of_a_queue_of_their_own_and_no_sign_of_the_sweep() -> None:
    tasks.deliver_webhooks()
    assert list(Heartbeat.objects.values_list("queue", flat=True)) == ["webhooks"]
    assert app.conf.task_routes["matchmaking.deliver_webhooks"] == {"queue": "webhooks"}
