"""A run from request to lists: every cut of the work gives the same lists, and every ending is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from structlog.testing import capture_logs

from alliances.models import Organization
from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.enums import RunState, ShardState, Step
from matchmaking.models import (
    CurationEvent,
    MatchRun,
    MatchShard,
    Ranking,
    RunSnapshot,
    ScoringPolicy,
    ShardOutput,
)
from matchmaking.selectors.runs import last_complete_run, progress
from matchmaking.services import leases, rankings, runs, shards
from matchmaking.services.policies import active_policy
from tests.factories import make_user
from tests.matchmaking.runs.conftest import complete_run, lists_hash, work_off
from tests.registers import make_register
from tests.sizes import size

SIDE = size(small=40, ci=60, full=200)


def events(run: MatchRun) -> list[str]:
    found = CurationEvent.objects.filter(subject="run", subject_id=run.pk).order_by("pk")
    return list(found.exclude(kind__in=("proposed", "released")).values_list("kind", flat=True))


@pytest.mark.django_db
def test_the_stored_lists_are_the_engines() -> None:
    make_register(SIDE, SIDE, seed=1)
    run = complete_run(as_of=date(2026, 11, 1))
    snapshot = engine.Snapshot.from_bytes(bytes(RunSnapshot.objects.get(run=run).content))
    american, chinese, counts = engine.rank_all(snapshot)
    expected = {
        (int(row["seeker"]), KINDS[row["kind"]], int(row["rank"])): (
            int(row["candidate"]),
            float(row["score"]),
            float(row["affinity"]),
            float(row["candidate_affinity"]),
            repr(row["criteria"].tolist()),
        )
        for lists in (american, chinese)
        for row in lists
    }
    stored = {
        (row.seeker_id, row.kind, row.rank): (
            row.candidate_id,
            row.score,
            row.affinity,
            row.candidate_affinity,
            repr(row.criteria),
        )
        for row in Ranking.objects.filter(run=run)
    }
    assert stored == expected
    assert run.counts == counts
    assert run.pairs == SIDE * SIDE == counts["scored"] + sum(counts["excluded"].values())
    assert run.snapshot_digest == snapshot.digest()


@pytest.mark.django_db
def test_no_cut_of_the_work_changes_a_list(settings: Any) -> None:
    make_register(SIDE, SIDE, seed=2)
    hashes = set()
    for count in (1, 3, 8, SIDE, 10_000):
        settings.SCORE_SHARDS = count
        run = complete_run(as_of=date(2026, 11, 1))
        assert run.shards.filter(step=Step.SCORE).count() == min(count, SIDE)
        hashes.add(lists_hash(run))
    assert len(hashes) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_in_parallel_merge_once(settings: Any) -> None:
    settings.SCORE_SHARDS = 24
    make_register(SIDE, SIDE, seed=3)

    def work(_worker: int) -> None:
        try:
            work_off()
        finally:
            connection.close()

    run = runs.run_request(active_policy(), as_of=date(2026, 11, 1))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert events(run) == ["requested", "complete"]
    assert run.shards.filter(step=Step.MERGE).count() == 1
    settings.SCORE_SHARDS = 1
    assert lists_hash(run) == lists_hash(complete_run(as_of=date(2026, 11, 1)))


@pytest.mark.django_db
def test_a_run_stores_what_it_was_asked_and_how_long_it_scored() -> None:
    make_register(20, 20, seed=4)
    curator = make_user(is_staff=True)
    run = runs.run_request(active_policy(), top_k=2, as_of=date(2026, 10, 1), by=curator)
    assert (run.state, run.top_k, run.as_of, run.organizations) == ("queued", 2, date(2026, 10, 1), 40)
    assert ScoringPolicy.objects.get(used_at__isnull=False) == run.policy
    work_off()
    run.refresh_from_db()
    assert run.scoring_seconds > 0
    assert Ranking.objects.filter(run=run, rank__gt=2).count() == 0
    assert ShardOutput.objects.count() == 0
    asked = CurationEvent.objects.get(subject="run", subject_id=run.pk, kind="requested")
    assert asked.actor_id == curator.pk
    assert last_complete_run() == run


@pytest.mark.django_db
@pytest.mark.parametrize("top_k", [0, -1, 100_000])
def test_a_k_that_cannot_stand_is_refused(top_k: int) -> None:
    with pytest.raises(ValidationError, match=str(top_k)):
        runs.run_request(active_policy(), top_k=top_k)
    assert MatchRun.objects.count() == 0


@pytest.mark.django_db
def test_without_a_single_pair_the_run_is_complete_and_says_why() -> None:
    make_register(5, 0, seed=5)
    run = runs.run_request(active_policy())
    assert (run.state, run.pairs, run.cause) == (RunState.COMPLETE, 0, runs.NO_PAIRS)
    assert run.shards.count() == 0
    assert last_complete_run() is None


@pytest.mark.django_db
def test_progress_counts_merging_and_proposing_from_the_start(settings: Any) -> None:
    settings.SCORE_SHARDS = 2
    make_register(10, 10, seed=6)
    run = runs.run_request(active_policy())
    seen = [(progress(run.pk).done, progress(run.pk).total)]
    for _step in range(3):
        shards.work_on_one()
        seen.append((progress(run.pk).done, progress(run.pk).total))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]


@pytest.mark.django_db
def test_a_cancelled_run_stops_and_the_worker_in_it_writes_nothing(settings: Any) -> None:
    settings.SCORE_SHARDS = 4
    make_register(20, 20, seed=7)
    run = runs.run_request(active_policy())
    shards.work_on_one()
    held = leases.claim(leases.SHARDS)
    assert held is not None
    runs.run_cancel(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert run.finished_at is not None
    assert set(run.shards.values_list("state", flat=True)) == {ShardState.DONE, ShardState.CANCELLED}
    with capture_logs() as logs, pytest.raises(leases.LeaseLost):
        shards._score(held)
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["stale_lease"]
    assert not shards.work_on_one()
    assert ShardOutput.objects.count() == 0
    assert events(run) == ["requested", "cancelled"]
    with pytest.raises(ValidationError):
        runs.run_cancel(run)


@pytest.mark.django_db
def test_one_poisoned_shard_ends_the_run_with_errors_and_a_retry_completes_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = size(small=12, ci=100, full=100)
    settings.SCORE_SHARDS = count
    make_register(count, 20, seed=8)
    run = runs.run_request(active_policy())
    score_rows = engine.score_rows

    def poisoned(snapshot: engine.Snapshot, start: int, stop: int, **options: Any) -> engine.ShardResult:
        if start == 7:
            raise ArithmeticError("poison")
        return score_rows(snapshot, start, stop, **options)

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(engine, "score_rows", poisoned)
        for _attempt in range(6):
            MatchShard.objects.filter(state=ShardState.QUEUED).update(next_attempt_at=None)
            work_off()
    run.refresh_from_db()
    assert (run.state, run.cause) == (
        RunState.COMPLETE_WITH_ERRORS,
        "Quarantined, nothing published: score 7.",
    )
    lost = run.shards.get(state=ShardState.QUARANTINED)
    assert (lost.index, lost.attempt) == (7, 5)
    assert "ArithmeticError: poison" in lost.error
    assert run.shards.filter(step=Step.SCORE, state=ShardState.DONE).count() == count - 1
    assert [line["event"] for line in logs].count("shard_quarantined") == 1
    assert events(run) == ["requested", "shard_quarantined", "complete_with_errors"]
    assert Ranking.objects.filter(run=run).count() == 0
    assert rankings.partitions() == set()

    runs.run_retry_shard(lost)
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert events(run)[-2:] == ["shard_retried", "complete"]
    settings.SCORE_SHARDS = 1
    assert lists_hash(run) == lists_hash(complete_run(as_of=run.as_of))
    with pytest.raises(ValidationError):
        runs.run_retry_shard(lost)


@pytest.mark.django_db
def test_the_last_three_lists_are_kept() -> None:
    make_register(10, 10, seed=9)
    made = [complete_run() for _run in range(5)]
    for run in made:
        run.shards.update(state=ShardState.DONE)
    rankings.drop_old_partitions()
    assert rankings.partitions() == {rankings.partition_name(run.pk) for run in made[-3:]}


@pytest.mark.django_db
def test_a_step_that_nobody_began_is_found_by_the_sweep(settings: Any) -> None:
    settings.SCORE_SHARDS = 2
    make_register(10, 10, seed=10)
    run = runs.run_request(active_policy())
    shards.work_on_one()
    shards.work_on_one()
    # As if the worker had died between its shard and the merge it should have queued.
    run.shards.filter(step=Step.MERGE).delete()
    assert not shards.work_on_one()
    shards.recover()
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE


@pytest.mark.django_db
def test_the_snapshot_is_the_register_of_the_request() -> None:
    organizations = make_register(20, 20, seed=11)
    first = complete_run(as_of=date(2026, 11, 1))
    run = runs.run_request(active_policy(), as_of=date(2026, 11, 1))
    Organization.objects.filter(pk__in=[o.pk for o in organizations[:10]]).update(capacity=0, languages=[])
    work_off()
    assert lists_hash(run) == lists_hash(first)
    assert lists_hash(complete_run(as_of=date(2026, 11, 1))) != lists_hash(first)
