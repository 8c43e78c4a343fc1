"""The input of a run, as the steps of the run read it."""

from __future__ import annotations

from functools import lru_cache

from matchmaking import engine
from matchmaking.models import MatchRun, PolicyPreview, RunSnapshot


def snapshot_of(run: MatchRun, *, beside: bool = False) -> engine.Snapshot:
    """The exact input of a run; of a preview also the input `beside` it, under the policy in force."""
    return _snapshot(run.pk, run.snapshot_digest, beside=beside)


@lru_cache(maxsize=1)
def _snapshot(run_id: int, digest: str, *, beside: bool) -> engine.Snapshot:
    """Kept for the shards that this process takes next."""
    if beside:
        return engine.Snapshot.from_bytes(bytes(PolicyPreview.objects.get(run_id=run_id).beside_snapshot))
    return engine.Snapshot.from_bytes(bytes(RunSnapshot.objects.get(run_id=run_id).content))
