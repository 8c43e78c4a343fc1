"""The steps of a run: score its shards, merge, propose. Each is a leased row that any worker may take."""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from alliances.enums import Country
from matchmaking import engine, nudge
from matchmaking.enums import OPEN_RUN_STATES, Queue, RunStage, RunState, ShardState, Step
from matchmaking.models import MatchRun, MatchShard, PolicyPreview, ShardOutput
from matchmaking.services import amendments, comparison, leases, rankings, runs
from matchmaking.services.leases import SHARDS, LeaseLost, Renewal
from matchmaking.services.snapshots import snapshot_of

log = structlog.get_logger(__name__)

# Those this process may use, where the system tells.
PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

# Steps that are worked on at the same time.
SCORING = [Step.SCORE, Step.BESIDE]

Rows = npt.NDArray[np.void]
Made = TypeVar("Made")


def work_on_one() -> bool:
    """Claim the oldest due shard and do it. False where none is due.

    An error counts as an attempt and is kept with the shard; nothing is raised but what stops the process.
    """
    shard = leases.claim(SHARDS)
    if shard is None:
        return False
    runs.begin(shard.run_id)
    log.info("shard_claimed", run=shard.run_id, step=shard.step, index=shard.index, attempt=shard.attempt)
    try:
        STEPS[Step(shard.step)](shard)
    except LeaseLost:
        pass  # said already; somebody else has the shard, or nobody is to have it
    except Exception as error:
        log.exception("shard_failed", run=shard.run_id, step=shard.step, index=shard.index)
        _failed(shard, error)
    return True


def work_for(seconds: float) -> None:
    """Work on shards until none is due or the time is up; then ask for another worker's turn."""
    deadline = time.monotonic() + seconds
    while work_on_one():
        if time.monotonic() >= deadline:
            nudge.now(Queue.SCORE)
            return


def recover() -> None:
    """The sweeper's part: take back lost shards, take the steps that are due, nudge the workers."""
    with transaction.atomic():
        for shard in MatchShard.objects.filter(pk__in=leases.expire(SHARDS)):
            _quarantined(shard)
    for run_id in MatchRun.objects.filter(state__in=OPEN_RUN_STATES).values_list("pk", flat=True):
        with transaction.atomic():
            advance(runs.locked(run_id))
    due = SHARDS.due().count()
    for _worker in range(min(due, settings.WORKER_PROCESSES)):
        nudge.now(Queue.SCORE)


def advance(run: MatchRun) -> None:
    """Take a locked run's next step, if its shards are all at an end: merge, or close with errors.

    The run is locked, so that of two workers that finish the last two shards at once one sees both done.
    """
    states = Counter[tuple[str, str]](run.shards.exclude(step=Step.PROPOSE).values_list("step", "state"))
    if run.state not in OPEN_RUN_STATES or any(state in runs.UNFINISHED for _step, state in states):
        return
    for step, outcome in (
        (Step.SCORE, RunState.COMPLETE_WITH_ERRORS),
        (Step.BESIDE, RunState.COMPLETE_WITH_ERRORS),
        (Step.MERGE, RunState.FAILED),
        (Step.AMEND, RunState.FAILED),
    ):
        if states[step, ShardState.QUARANTINED]:
            lost = run.shards.filter(step=step, state=ShardState.QUARANTINED).order_by("index")
            names = ", ".join(f"{step} {index}" for index in lost.values_list("index", flat=True))
            runs.close(run, outcome, cause=f"Quarantined, nothing published: {names}.")
            return
    runs.scored(run)
    runs.add_step(run, Step.MERGE)


def _failed(shard: MatchShard, error: Exception) -> None:
    text = "".join(traceback.format_exception(error))
    try:
        with transaction.atomic():
            run = runs.locked(shard.run_id)
            if leases.fail(SHARDS, shard, text):
                _quarantined(shard)
                advance(run)
    except LeaseLost:
        return


def _quarantined(shard: MatchShard) -> None:
    """Tell staff of a shard whose attempts are used up: one error line, one audit row."""
    log.error("shard_quarantined", run=shard.run_id, step=shard.step, index=shard.index)
    runs.write_event(shard.run, "shard_quarantined", shard=shard.pk, step=shard.step, index=shard.index)


def _threads(shard: MatchShard) -> int:
    """As many as leave each worker process that may be at this run's step its part of the processors."""
    together = SCORING if shard.step in SCORING else [shard.step]
    beside_it = shard.run.shards.filter(step__in=together).count()
    return settings.SCORE_THREADS or max(1, PROCESSORS // min(beside_it, settings.WORKER_PROCESSES))


def _score(shard: MatchShard) -> None:
    """The lists of the shard's US rows, and what these rows offer the Chinese lists."""
    began = time.monotonic()
    snapshot, renewal = snapshot_of(shard.run, beside=shard.step == Step.BESIDE), Renewal(SHARDS, shard)
    result = engine.score_rows(snapshot, shard.start, shard.stop, heartbeat=renewal, threads=_threads(shard))
    renewal()
    # The guard last: a worker that freezes while it writes holds nothing that another one needs.
    with transaction.atomic():
        entries = _write_output(shard, result)
        run = runs.locked(shard.run_id)
        leases.finish(
            SHARDS,
            shard,
            ShardState.DONE,
            counts={**result.counts, "entries": entries},
            seconds=time.monotonic() - began,
        )
        advance(run)


def _write_output(shard: MatchShard, result: engine.ShardResult) -> int:
    """The shard's output, part by part. How many entries it holds."""
    total = 0
    # Not by the ORM, which would send them as text.
    table = sql.Identifier(ShardOutput._meta.db_table)
    copy = sql.SQL("COPY {} (shard_id, country, part, entries) FROM STDIN (FORMAT BINARY)").format(table)
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        stream.set_types(["int8", "varchar", "int4", "bytea"])
        for country in Country:
            for part, entries in result.parts(country):
                stream.write_row((shard.pk, country.value, part, entries.tobytes()))
                total += len(entries)
    return total


def _merge(shard: MatchShard) -> None:
    """The lists of both countries, the partition with all of them, and with it the end of the run."""
    table = rankings.new_table(shard.run_id, shard.lease_token)
    try:
        _merge_into(table, shard)
    except Exception:
        rankings.drop_table(table)
        raise
    rankings.drop_old_partitions()


def _merge_into(table: str, shard: MatchShard) -> None:
    began = time.monotonic()
    seconds = dict.fromkeys((RunStage.MERGE, RunStage.COPY), 0.0)
    snapshot, renewal = snapshot_of(shard.run), Renewal(SHARDS, shard)
    lists = _Lists(shard, Step.SCORE, snapshot)
    beside = _Lists(shard, Step.BESIDE, snapshot_of(shard.run, beside=True)) if shard.run.beside_id else None
    comparing = comparison.Comparing(beside.snapshot, snapshot) if beside else None
    tops = engine.TopTens(snapshot)
    sources = [lists, beside] if beside else [lists]

    def merged(country: str, *entries: list[Rows]) -> list[memoryview]:
        rows, *others = (
            source.merger.lists(country, found) for source, found in zip(sources, entries, strict=True)
        )
        tops.add(country, rows)
        if comparing:
            comparing.add(country, others[0], rows)
        return rankings.tuples_of(shard.run_id, rows)

    merging = (
        partial(merged, country, *(source.read(country, part) for source in sources))
        for country, part in engine.parts_of(snapshot)
    )
    for tuples in _one_ahead(merging):
        with _timed(seconds, RunStage.COPY):
            rankings.fill_table(table, tuples)
        renewal()
    # What of it the copying did not wait for.
    seconds[RunStage.MERGE] = time.monotonic() - began - seconds[RunStage.COPY]
    lists.check_whole()
    if beside:
        beside.check_whole()
    with _timed(seconds, RunStage.COPY):
        rankings.finish_table(table, shard.run_id)
    renewal()
    found = comparing.result(renewal) if comparing else None
    exposure = comparison.exposure_of(tops)
    renewal()
    # All of it or nothing: it locks the run only for the moment of attaching.
    with transaction.atomic():
        attaching = time.monotonic()
        run = runs.locked(shard.run_id)
        leases.finish(SHARDS, shard, ShardState.DONE, seconds=time.monotonic() - began)
        rankings.attach_table(run.pk, table)
        seconds[RunStage.ATTACH] = time.monotonic() - attaching
        everything = {**run.stage_seconds, **seconds}
        MatchRun.objects.filter(pk=run.pk).update(
            counts=engine.add_counts(lists.counts), exposure=exposure, stage_seconds=everything
        )
        runs.close(run, RunState.COMPLETE)
        ShardOutput.objects.filter(shard__run=run).delete()
        if found is None:
            runs.add_step(run, Step.PROPOSE)
        else:
            PolicyPreview.objects.filter(run=run).update(
                beside_snapshot=b"", summary=found.summary, organizations=found.organizations
            )
    log.info("run_stages", run=run.pk, **{stage: round(took, 3) for stage, took in everything.items()})


def _one_ahead(jobs: Iterable[Callable[[], Made]]) -> Iterator[Made]:
    """What each job makes, in their order: made by a thread while the caller is at the one before.

    The jobs themselves are taken from the iterator in the caller's thread.
    """
    with ThreadPoolExecutor(1) as pool:
        coming: Future[Made] | None = None
        for job in jobs:
            following = pool.submit(job)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()


@contextmanager
def _timed(seconds: dict[RunStage, float], stage: RunStage) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[stage] += time.monotonic() - began


class _Lists:
    """The lists of a run as far as they were scored in one step, to be made part by part."""

    def __init__(self, shard: MatchShard, step: Step, snapshot: engine.Snapshot) -> None:
        scored = MatchShard.objects.filter(run=shard.run_id, step=step)
        self.snapshot = snapshot
        self.counts: list[dict[str, Any]] = list(scored.values_list("counts", flat=True))
        self._outputs = ShardOutput.objects.filter(shard__in=scored).order_by("shard_id")
        self.merger = engine.Merger(snapshot, threads=_threads(shard))
        self._entries = 0

    def read(self, country: str, part: int) -> list[Rows]:
        """What the shards stored of this part."""
        found = self._outputs.filter(country=country, part=part).values_list("entries", flat=True)
        entries = [np.frombuffer(content, dtype=engine.FRAGMENT_DTYPE) for content in found]
        self._entries += sum(map(len, entries))
        return entries

    def check_whole(self) -> None:
        """RuntimeError where the shards' outputs were not read whole and once."""
        wanted = sum(counts["entries"] for counts in self.counts)
        if self._entries != wanted:
            raise RuntimeError(f"the shards found {wanted} entries, and {self._entries} are stored")


def _propose(shard: MatchShard) -> None:
    """Recommendations from the complete run's lists; proposing twice makes none twice."""
    from matchmaking.services import proposals

    began = time.monotonic()
    proposals.propose(shard.run, Renewal(SHARDS, shard))
    leases.finish(SHARDS, shard, ShardState.DONE, seconds=time.monotonic() - began)


def _amend(shard: MatchShard) -> None:
    """The lists of the run that this one amends, where they are others now."""
    amendments.carry_out(shard, Renewal(SHARDS, shard), threads=_threads(shard))


STEPS: dict[Step, Callable[[MatchShard], None]] = {
    Step.SCORE: _score,
    Step.BESIDE: _score,
    Step.MERGE: _merge,
    Step.AMEND: _amend,
    Step.PROPOSE: _propose,
}
