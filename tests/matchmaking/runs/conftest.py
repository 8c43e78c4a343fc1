"""Runs for tests: made and worked off in this process."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from matchmaking.enums import RunState
from matchmaking.models import MatchRun, Ranking
from matchmaking.selectors.runs import progress
from matchmaking.services import runs, shards
from matchmaking.services.policies import active_policy


def work_off() -> None:
    """Do every due shard, as a worker would."""
    while shards.work_on_one():
        pass


def complete_run(**options: Any) -> MatchRun:
    """A run of the active policy, done to the end; where a worker runs, it may hold one of the steps."""
    run = runs.run_request(active_policy(), **options)
    limit = time.monotonic() + 60
    work_off()
    while not progress(run.pk).settled:
        assert time.monotonic() < limit, progress(run.pk)
        time.sleep(0.05)
        work_off()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE, run.cause
    return run


def lists_hash(run: MatchRun) -> str:
    """One figure for every ranking row of a run, bit by bit."""
    rows = Ranking.objects.filter(run=run).order_by("seeker_id", "kind", "rank")
    digest = hashlib.sha256()
    for row in rows.values_list(
        "seeker_id", "kind", "rank", "candidate_id", "score", "affinity", "candidate_affinity", "criteria"
    ):
        digest.update(repr(row).encode())
    return digest.hexdigest()
