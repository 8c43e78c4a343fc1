"""The tick: one beginning a slot however many tick, catching up once, and nothing that hangs on one part."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from matchmaking.models import MatchRun, MatchShard, PeriodicRun
from matchmaking.services import leases, periodic, shards
from tests.matchmaking.runs.conftest import complete_run
from tests.registers import make_register

CONSTRAINT = "matchmaking_periodicrun_once_a_slot"


def at_once(count: int, work: Callable[[], None]) -> None:
    start = Barrier(count)

    def one(_number: int) -> None:
        start.wait()
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_begin_one_nightly_run(settings: Any) -> None:
    settings.PERIODIC_JOBS = True
    make_register(5, 5, seed=1)
    complete_run()
    before = MatchRun.objects.count()
    for _tick in range(2):
        at_once(3, periodic.begin_periodic_jobs)
    assert MatchRun.objects.count() == before + 1
    assert PeriodicRun.objects.filter(name="nightly_run").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_three_schedulers_begin_more_than_one() -> None:
    table = PeriodicRun._meta.db_table
    begun = []

    def tick() -> None:
        with transaction.atomic():
            if not PeriodicRun.objects.filter(name="job", slot="2026-11-23").exists():
                connection.cursor().execute("SELECT pg_sleep(0.2)")
                PeriodicRun.objects.create(name="job", slot="2026-11-23")
                begun.append(1)

    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {CONSTRAINT}")
    try:
        at_once(3, tick)
        assert len(begun) > 1
    finally:
        PeriodicRun.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {CONSTRAINT} UNIQUE (name, slot)")


@pytest.mark.django_db(transaction=True)
def test_a_slot_is_taken_once() -> None:
    taken = []
    at_once(6, lambda: taken.append(periodic.take_slot("job", "2026-11-23")))
    assert sorted(taken) == [False] * 5 + [True]


@pytest.mark.django_db
def test_a_slot_whose_job_failed_is_free_again() -> None:
    @transaction.atomic
    def failing_job() -> None:
        assert periodic.take_slot("job", "2026-11-23")
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        failing_job()
    assert periodic.take_slot("job", "2026-11-23")


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (datetime(2026, 11, 23, 1, 59, tzinfo=UTC), "2026-11-22"),
        (datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "2026-11-23"),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), "2026-11-23"),
    ],
)
def test_a_day_begins_at_the_jobs_hour(now: datetime, slot: str) -> None:
    assert periodic._day_slot(2, now) == slot


@pytest.mark.django_db
def test_missed_days_are_caught_up_once(settings: Any) -> None:
    settings.PERIODIC_JOBS = True
    make_register(3, 3, seed=2)
    PeriodicRun.objects.create(
        name="nightly_run", slot=(datetime.now(UTC) - timedelta(days=5)).date().isoformat()
    )
    periodic.begin_periodic_jobs()
    periodic.begin_periodic_jobs()
    assert MatchRun.objects.count() == 1


@pytest.mark.django_db
def test_the_demo_begins_nothing_by_itself(settings: Any) -> None:
    settings.PERIODIC_JOBS = False
    make_register(3, 3, seed=3)
    periodic.begin_periodic_jobs()
    assert (PeriodicRun.objects.count(), MatchRun.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_part_that_fails_leaves_the_others_be(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PERIODIC_JOBS = False
    make_register(3, 3, seed=4)
    run = complete_run()
    MatchShard.objects.filter(run=run, step="propose").update(state="queued", attempt=0, next_attempt_at=None)
    held = leases.claim(leases.SHARDS)
    assert held is not None
    MatchShard.objects.update(lease_until="2026-01-01T00:00Z")

    def failing() -> None:
        raise ConnectionError

    monkeypatch.setattr(periodic, "_ask_for_heartbeats", failing)
    periodic.sweep()
    assert MatchShard.objects.get(pk=held.pk).state == "queued"
    assert shards.work_on_one()
