"""The merge: part by part, every row once, and nobody waits for a worker that froze or was lost."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

from matchmaking import engine
from matchmaking.engine import ranking
from matchmaking.enums import RunStage, RunState, ShardState, Step
from matchmaking.models import MatchRun, MatchShard, Ranking, ShardOutput
from matchmaking.services import leases, rankings, runs, shards
from matchmaking.services.policies import active_policy
from matchmaking.services.snapshots import snapshot_of
from tests.matchmaking.runs.conftest import complete_run, lists_hash, work_off
from tests.registers import make_register


def scored_run(settings: Any, count: int = 3) -> MatchRun:
    """A run that only its merge is missing from."""
    settings.SCORE_SHARDS = count
    run = runs.run_request(active_policy())
    for _shard in range(count):
        assert shards.work_on_one()
    assert run.shards.get(step=Step.MERGE).state == ShardState.QUEUED
    return run


def claimed_merge() -> MatchShard:
    shard = leases.claim(leases.SHARDS)
    assert shard is not None
    assert shard.step == Step.MERGE
    return shard


def tables() -> set[str]:
    """Every table of ranking rows but the parent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^matchmaking_ranking_'"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_the_lists_are_written_part_by_part(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_register(40, 50, seed=1)
    whole = complete_run()
    monkeypatch.setattr(ranking, "SEEKERS_A_PART", 8)
    written: list[np.ndarray[Any, Any]] = []
    tuples_of = rankings.tuples_of

    def seen(run_id: int, rows: np.ndarray[Any, Any]) -> list[memoryview]:
        written.append(rows)
        return tuples_of(run_id, rows)

    monkeypatch.setattr(rankings, "tuples_of", seen)
    settings.SCORE_SHARDS = 3
    run = complete_run()
    assert [len(set(rows["seeker"].tolist())) <= 8 for rows in written] == [True] * (5 + 7)
    assert sum(map(len, written)) == Ranking.objects.filter(run=run).count() > 0
    assert lists_hash(run) == lists_hash(whole)
    assert (run.counts, run.exposure) == (whole.counts, whole.exposure)
    assert ShardOutput.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["lost", "doubled", "of another snapshot"])
def test_outputs_that_are_not_whole_publish_nothing(settings: Any, change: str) -> None:
    make_register(30, 30, seed=2)
    run = scored_run(settings)
    one = ShardOutput.objects.order_by("pk")[0]
    if change == "lost":
        one.delete()
    elif change == "doubled":
        one.pk = None
        one.save()
    else:
        entries = np.frombuffer(one.entries, dtype=engine.FRAGMENT_DTYPE).copy()
        entries["score"][0] /= 2
        one.entries = entries.tobytes()
        one.save()
    shards.work_on_one()
    merge = run.shards.get(step=Step.MERGE)
    said = {
        "lost": "RuntimeError: the shards found",
        "doubled": "their row ranges overlap",
        "of another snapshot": "not those of this snapshot",
    }
    assert (merge.state, merge.attempt) == (ShardState.QUEUED, 1)
    assert said[change] in merge.error
    assert Ranking.objects.filter(run=run).count() == 0
    assert tables() == set()


@pytest.mark.django_db
def test_a_run_that_is_cancelled_in_its_merge_leaves_no_table(settings: Any) -> None:
    make_register(20, 20, seed=3)
    run = scored_run(settings)
    held = claimed_merge()
    runs.run_cancel(run)
    # What was found is gone; and had it been read before, the lease is.
    with pytest.raises(RuntimeError, match="0 are stored"):
        shards._merge(held)
    assert tables() == set()
    run = scored_run(settings)
    held = claimed_merge()
    MatchShard.objects.filter(pk=held.pk).update(lease_token=uuid4())
    with capture_logs() as logs, pytest.raises(leases.LeaseLost):
        shards._merge(held)
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["stale_lease"]
    assert tables() == set()
    assert Ranking.objects.filter(run=run).count() == 0
    assert ShardOutput.objects.filter(shard__run=run).exists()


@pytest.mark.django_db
def test_the_table_of_a_lost_worker_is_dropped_and_that_of_one_at_work_stays(settings: Any) -> None:
    make_register(20, 20, seed=4)
    run = scored_run(settings)
    held = claimed_merge()
    left, filling = (rankings.new_table(run.pk, token) for token in (uuid4(), held.lease_token))
    assert tables() == {left, filling}
    assert rankings.unattached() == {left}
    rankings.drop_old_partitions()
    assert tables() == {filling}
    leases.finish(leases.SHARDS, held, ShardState.QUEUED)
    work_off()
    assert tables() == {rankings.partition_name(run.pk)}
    assert rankings.unattached() == set()


@pytest.mark.django_db
def test_a_row_that_came_twice_is_refused_by_the_table(settings: Any) -> None:
    make_register(10, 10, seed=5)
    run = scored_run(settings)
    snapshot = snapshot_of(run)
    us, _cn, _counts = engine.rank_all(snapshot)
    table = rankings.new_table(run.pk, uuid4())
    for _time in range(2):
        rankings.fill_table(table, rankings.tuples_of(run.pk, us[:3]))
    with pytest.raises(Exception, match="is duplicated"), transaction.atomic():
        rankings.finish_table(table, run.pk)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_froze_while_it_wrote_stands_in_nobodys_way(settings: Any) -> None:
    settings.SCORE_SHARDS = 1
    make_register(20, 20, seed=6)
    run = runs.run_request(active_policy())
    frozen = leases.claim(leases.SHARDS)
    assert frozen is not None
    written, awake = Event(), Event()
    ended: list[str] = []

    def freeze() -> None:
        result = engine.score_rows(snapshot_of(run), frozen.start, frozen.stop)
        try:
            with transaction.atomic():
                shards._write_output(frozen, result)
                written.set()
                awake.wait(30)
                leases.finish(leases.SHARDS, frozen, ShardState.DONE)
        except leases.LeaseLost:
            ended.append("lost")
        finally:
            connection.close()

    worker = Thread(target=freeze)
    worker.start()
    assert written.wait(30)
    MatchShard.objects.filter(pk=frozen.pk).update(lease_until="2026-01-01T00:00Z")
    assert leases.expire(leases.SHARDS) == []
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    before = lists_hash(run)
    awake.set()
    worker.join()
    assert ended == ["lost"]
    assert ShardOutput.objects.count() == 0
    assert lists_hash(run) == before == lists_hash(complete_run(as_of=run.as_of))


@pytest.mark.django_db
def test_a_run_keeps_what_each_stage_took(settings: Any) -> None:
    make_register(20, 20, seed=7)
    with capture_logs() as logs:
        run = complete_run()
    assert list(run.stage_seconds) != []
    assert set(run.stage_seconds) == set(RunStage.values)
    assert all(seconds > 0 for seconds in run.stage_seconds.values())
    (line,) = [line for line in logs if line["event"] == "run_stages"]
    assert {stage: line[stage] for stage in RunStage.values} == {
        stage: round(run.stage_seconds[stage], 3) for stage in RunStage.values
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("side", "parts"), [(19, 1), (20, 3), (21, 3)])
def test_large_runs_are_cut_by_worker_processes_where_nothing_is_set(
    settings: Any, monkeypatch: pytest.MonkeyPatch, side: int, parts: int
) -> None:
    monkeypatch.setattr(runs, "WORTH_SHARDING", 20)
    settings.SCORE_SHARDS, settings.WORKER_PROCESSES = 0, 3
    make_register(5, side, seed=8)
    run = runs.run_request(active_policy())
    assert run.shards.count() == parts


@pytest.mark.django_db
def test_shards_at_work_together_share_the_processors(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "PROCESSORS", 8)
    settings.SCORE_THREADS, settings.WORKER_PROCESSES = 0, 4
    make_register(10, 10, seed=9)

    def threads(parts: int) -> int:
        settings.SCORE_SHARDS = parts
        return shards._threads(runs.run_request(active_policy()).shards.filter(step=Step.SCORE)[0])

    assert [threads(parts) for parts in (1, 2, 4, 10)] == [8, 4, 2, 2]
    preview = runs.run_request(active_policy())
    MatchShard.objects.create(run=preview, step=Step.BESIDE)
    MatchShard.objects.filter(run=preview, index__gt=0).delete()
    # A preview scores under both policies at the same time; its merge is alone.
    assert [shards._threads(one) for one in preview.shards.all()] == [4, 4]
    merge = MatchShard.objects.create(run=preview, step=Step.MERGE)
    assert shards._threads(merge) == 8
    settings.SCORE_THREADS = 1
    assert shards._threads(merge) == 1
