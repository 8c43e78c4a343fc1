"""The steps of a run: score its shards, merge, propose. Each is a leased row that any worker may take."""

from __future__ import annotations

import os
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings
from django.db import transaction

from matchmaking import engine, nudge
from matchmaking.enums import OPEN_RUN_STATES, Queue, RunState, ShardState, Step
from matchmaking.models import MatchRun, MatchShard, PolicyPreview, RunSnapshot, ShardOutput
from matchmaking.services import comparison, leases, rankings, runs
from matchmaking.services.leases import SHARDS, LeaseLost, Renewal

log = structlog.get_logger(__name__)

# Those this process may use, where the system tells.
PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

Rows = npt.NDArray[np.void]


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
    ):
        if states[step, ShardState.QUARANTINED]:
            lost = run.shards.filter(step=step, state=ShardState.QUARANTINED).order_by("index")
            names = ", ".join(f"{step} {index}" for index in lost.values_list("index", flat=True))
            runs.close(run, outcome, cause=f"Quarantined, nothing published: {names}.")
            return
    _add_step(run, Step.MERGE)


def _add_step(run: MatchRun, step: Step) -> None:
    """Queue a step once, however often it is asked for."""
    MatchShard.objects.bulk_create([MatchShard(run=run, step=step)], ignore_conflicts=True)
    nudge.after_commit(Queue.SCORE)


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


@lru_cache(maxsize=1)
def _snapshot(run_id: int, digest: str, *, beside: bool) -> engine.Snapshot:
    """The run's input; kept for the shards that this process takes next."""
    if beside:
        return engine.Snapshot.from_bytes(bytes(PolicyPreview.objects.get(run_id=run_id).beside_snapshot))
    return engine.Snapshot.from_bytes(bytes(RunSnapshot.objects.get(run_id=run_id).content))


def snapshot_of(run: MatchRun, *, beside: bool = False) -> engine.Snapshot:
    """The exact input of a run; of a preview also the input `beside` it, under the policy in force."""
    return _snapshot(run.pk, run.snapshot_digest, beside=beside)


def _packed(rows: Rows) -> bytes:
    return zlib.compress(rows.tobytes(), level=1)


def _unpacked(content: bytes | memoryview, dtype: np.dtype[np.void]) -> Rows:
    return np.frombuffer(zlib.decompress(content), dtype=dtype)


def _threads(shard: MatchShard) -> int:
    """As many as leave each worker process that may be at this run's step its part of the processors."""
    beside_it = shard.run.shards.filter(step=shard.step).count()
    return settings.SCORE_THREADS or max(1, PROCESSORS // min(beside_it, settings.WORKER_PROCESSES))


def _score(shard: MatchShard) -> None:
    """The lists of the shard's US rows, and what these rows offer the Chinese lists."""
    began = time.monotonic()
    snapshot = snapshot_of(shard.run, beside=shard.step == Step.BESIDE)
    result = engine.score_rows(
        snapshot, shard.start, shard.stop, heartbeat=Renewal(SHARDS, shard), threads=_threads(shard)
    )
    lists, fragments = _packed(result.lists), _packed(result.fragments)
    with transaction.atomic():
        run = runs.locked(shard.run_id)
        leases.finish(
            SHARDS,
            shard,
            ShardState.DONE,
            counts=result.counts,
            seconds=time.monotonic() - began,
        )
        ShardOutput.objects.create(shard=shard, lists=lists, fragments=fragments)
        advance(run)


def _merge(shard: MatchShard) -> None:
    """The Chinese lists, the partition with all lists, and with it the end of the run."""
    began = time.monotonic()
    snapshot, renewal = snapshot_of(shard.run), Renewal(SHARDS, shard)
    lists, counts = _merged(shard, Step.SCORE, snapshot, renewal)
    entries = comparison.entries_of(lists)
    if shard.run.beside_id:
        found = _compared(shard, comparison.Outcome(snapshot, entries), renewal)
        exposure = found.summary["exposure"]["after"]
    else:
        found, exposure = None, comparison.exposure_of(snapshot, entries)
    renewal()
    # All of it or nothing, and the guard last: it locks the run only for the moment of attaching.
    with transaction.atomic():
        table = rankings.fill_table(shard.run_id, shard.attempt, lists)
        run = runs.locked(shard.run_id)
        leases.finish(SHARDS, shard, ShardState.DONE, seconds=time.monotonic() - began)
        rankings.attach_table(run.pk, table)
        MatchRun.objects.filter(pk=run.pk).update(counts=engine.add_counts(counts), exposure=exposure)
        runs.close(run, RunState.COMPLETE)
        ShardOutput.objects.filter(shard__run=run).delete()
        if found is None:
            _add_step(run, Step.PROPOSE)
        else:
            PolicyPreview.objects.filter(run=run).update(
                beside_snapshot=b"", summary=found.summary, organizations=found.organizations
            )
    rankings.drop_old_partitions()


def _merged(
    shard: MatchShard, step: Step, snapshot: engine.Snapshot, renewal: Renewal
) -> tuple[list[Rows], list[dict[str, Any]]]:
    """All lists of the run as far as they were scored in this step, and the counts of its parts."""
    lists: list[Rows] = []
    fragments: list[Rows] = []
    counts: list[dict[str, Any]] = []
    scored = MatchShard.objects.filter(run=shard.run_id, step=step)
    for part in scored.select_related("output").order_by("index").iterator(chunk_size=10):
        lists.append(_unpacked(part.output.lists, engine.RANKING_DTYPE))
        fragments.append(_unpacked(part.output.fragments, engine.FRAGMENT_DTYPE))
        counts.append(part.counts)
        renewal()
    lists.append(engine.merge_fragments(snapshot, fragments, threads=_threads(shard)))
    renewal()
    return lists, counts


def _compared(shard: MatchShard, after: comparison.Outcome, renewal: Renewal) -> comparison.Comparison:
    """What a preview is made for."""
    beside = snapshot_of(shard.run, beside=True)
    before = comparison.entries_of(_merged(shard, Step.BESIDE, beside, renewal)[0])
    return comparison.compare(comparison.Outcome(beside, before), after, heartbeat=renewal)


def _propose(shard: MatchShard) -> None:
    """Recommendations from the complete run's lists; proposing twice makes none twice."""
    from matchmaking.services import recommendations

    began = time.monotonic()
    recommendations.propose(shard.run, Renewal(SHARDS, shard))
    leases.finish(SHARDS, shard, ShardState.DONE, seconds=time.monotonic() - began)


STEPS: dict[Step, Callable[[MatchShard], None]] = {
    Step.SCORE: _score,
    Step.BESIDE: _score,
    Step.MERGE: _merge,
    Step.PROPOSE: _propose,
}
