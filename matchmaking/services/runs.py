"""Match runs: requested, cancelled, closed. What their shards do is in `services.shards`.

The snapshot is taken when the run is requested, by who requests it: a run never exists without the exact
input it scores, and no worker has to agree with another on what the register looked like.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction
from django.db.models import F, Max, Sum
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.models import RegisterEvent, User
from matchmaking import engine, nudge
from matchmaking.datasource import take_snapshots
from matchmaking.enums import OPEN_RUN_STATES, Queue, RunStage, RunState, ShardState, Step
from matchmaking.models import (
    CurationEvent,
    MatchRun,
    MatchShard,
    PolicyPreview,
    RunSnapshot,
    ScoringPolicy,
    ShardOutput,
)
from matchmaking.services.policies import policy_used, rules_of
from matchmaking.services.statements import refresh_statements

log = structlog.get_logger(__name__)

# Below this a side, one shard is faster than several: each starts its column lists anew.
WORTH_SHARDING = 20_000
MOST_NUDGES = 64
# For whoever asks by hand. The calendar of the computation ends: a century is enough on either side.
AS_OF_BOUNDS = [MinValueValidator(date(1930, 1, 1)), MaxValueValidator(date(2130, 1, 1))]
NO_PAIRS = "One of the two countries has no organization that takes part."
UNFINISHED = (ShardState.QUEUED, ShardState.RUNNING)


class Seen(NamedTuple):
    """The newest event of the register, and of what is decided at the desk and by the two sides; the hash of
    the model that read the statements."""

    register_event: int = 0
    curation_event: int = 0
    model: str | None = None


@dataclass(frozen=True)
class PreparedRun:
    """The input of a run before there is one: made outside of transactions, since it may take seconds."""

    policy: ScoringPolicy
    as_of: date
    snapshot: engine.Snapshot
    # What had happened when the reading began: what comes after it, the run has not seen.
    seen: Seen
    # What reading it took.
    seconds: float
    # Of a preview: the policy to compare with, and the same reading of the register under it.
    beside: ScoringPolicy | None = None
    beside_snapshot: engine.Snapshot | None = None


def prepare(
    policy: ScoringPolicy,
    *,
    top_k: int | None = None,
    as_of: date | None = None,
    beside: ScoringPolicy | None = None,
) -> PreparedRun:
    """The register of now under this policy. `top_k` and `as_of` default to the policy's and to today (UTC).

    With `beside` it is the input of a preview, which compares the two policies.
    ValidationError for rules or a K that cannot stand.
    """
    rules = rules_of(policy)
    if top_k is not None:
        try:
            rules = replace(rules, top_k=top_k)
        except engine.PolicyError as error:
            message = _("K is %(value)s: %(remedy)s.") % {"value": error.value, "remedy": error.remedy}
            raise ValidationError(message) from error
    began = time.monotonic()
    day = as_of or timezone.now().date()
    seen = seen_now()._replace(model=refresh_statements())
    compared = [rules] if beside is None else [rules, rules_of(beside)]
    snapshot, *others = take_snapshots(compared, day, model_hash=seen.model)
    return PreparedRun(policy, day, snapshot, seen, time.monotonic() - began, beside, *others)


def seen_now() -> Seen:
    """What has happened by now; without a model, since nothing was read."""
    register, curation = (
        model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
        for model in (RegisterEvent, CurationEvent)
    )
    return Seen(register, curation)


def seen_by(run: MatchRun) -> Seen:
    """What had happened when the register was read for this run."""
    asked = CurationEvent.objects.filter(subject="run", subject_id=run.pk, kind="requested").first()
    known = asked.data if asked else {}
    return Seen(**{name: known[name] for name in Seen._fields if name in known})


def run_request(
    policy: ScoringPolicy,
    *,
    top_k: int | None = None,
    as_of: date | None = None,
    by: User | None = None,
) -> MatchRun:
    """Ask for a run of this policy. The workers find its shards; this returns at once with the run `queued`.

    ValidationError for rules or a K that cannot stand.
    """
    prepared = prepare(policy, top_k=top_k, as_of=as_of)
    with transaction.atomic():
        return record(prepared, by=by)


def record(prepared: PreparedRun, *, by: User | None = None) -> MatchRun:
    """The run, its snapshot and its shards, in the caller's transaction; the workers are nudged after commit.

    A run without a single pair is complete at once and says why.
    """
    snapshot = prepared.snapshot
    rows, columns = len(snapshot.us), len(snapshot.cn)
    run = MatchRun(
        policy=prepared.policy,
        beside=prepared.beside,
        as_of=prepared.as_of,
        top_k=snapshot.policy.top_k,
        requested_by=by,
        snapshot_digest=snapshot.digest(),
        organizations=rows + columns,
        pairs=snapshot.pairs,
        stage_seconds={RunStage.READ: prepared.seconds},
    )
    if not run.pairs:
        run.state, run.cause = RunState.COMPLETE, NO_PAIRS
        run.started_at = run.finished_at = timezone.now()
    run.save()
    RunSnapshot.objects.create(run=run, content=snapshot.to_bytes())
    if prepared.beside_snapshot is not None:
        PolicyPreview.objects.create(run=run, beside_snapshot=prepared.beside_snapshot.to_bytes())
    policy_used(prepared.policy)
    data = {"beside": prepared.beside.pk} if prepared.beside else {}
    write_event(run, "requested", by=by, **prepared.seen._asdict(), **data)
    if not run.pairs:
        write_event(run, str(run.state), by=by, cause=run.cause)
    else:
        _make_shards(run, rows, larger_side=max(rows, columns))
    log.info("run_requested", run=run.pk, organizations=run.organizations, pairs=run.pairs)
    return run


def _make_shards(run: MatchRun, rows: int, *, larger_side: int) -> None:
    wanted = settings.SCORE_SHARDS or (1 if larger_side < WORTH_SHARDING else settings.WORKER_PROCESSES)
    count = min(wanted, rows)
    MatchShard.objects.bulk_create(
        MatchShard(run=run, step=step, index=i, start=i * rows // count, stop=(i + 1) * rows // count)
        for step in ([Step.SCORE, Step.BESIDE] if run.beside_id else [Step.SCORE])
        for i in range(count)
    )
    # One for each worker that can have a part, on whatever machine it is.
    for _worker in range(min(count, MOST_NUDGES)):
        nudge.after_commit(Queue.SCORE)


def write_event(run: MatchRun, kind: str, *, by: User | None = None, **data: object) -> None:
    """The audit row of a run: ids and states."""
    CurationEvent.objects.create(
        subject="run", subject_id=run.pk, kind=kind, actor_id=by.pk if by else None, data=data
    )


def locked(run_id: int) -> MatchRun:
    """The run, locked until the transaction ends. Always before its shards, so that no two wait in a ring."""
    return MatchRun.objects.select_for_update().get(pk=run_id)


def begin(run_id: int) -> None:
    """The first shard was claimed."""
    MatchRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(state=RunState.RUNNING, started_at=Now())


def add_step(run: MatchRun, step: Step, **counts: object) -> None:
    """Queue a step once, however often it is asked for."""
    MatchShard.objects.bulk_create([MatchShard(run=run, step=step, counts=counts)], ignore_conflicts=True)
    nudge.after_commit(Queue.SCORE)


def scored(run: MatchRun) -> None:
    """The last shard of a locked run is done: how long all of them took together."""
    since = MatchRun.objects.annotate(since=Now() - F("started_at")).values_list("since", flat=True)
    took = since.get(pk=run.pk)
    if took is not None:
        run.stage_seconds[RunStage.SCORE] = took.total_seconds()
        run.save(update_fields=["stage_seconds"])


def close(run: MatchRun, state: RunState, *, cause: str = "", by: User | None = None) -> None:
    """End a locked run in `state`, with the event of it."""
    seconds = (
        run.shards.filter(step__in=(Step.SCORE, Step.AMEND)).aggregate(total=Sum("seconds"))["total"] or 0.0
    )
    MatchRun.objects.filter(pk=run.pk).update(
        state=state, cause=cause, scoring_seconds=seconds, finished_at=Now()
    )
    write_event(run, str(state), by=by, cause=cause)
    log.info("run_closed", run=run.pk, state=str(state), cause=cause)


def run_cancel(run: MatchRun, *, by: User | None = None) -> None:
    """Stop a run that is queued or running. A worker in the middle of a shard finds its lease gone.

    ValidationError where the run has ended already.
    """
    with transaction.atomic():
        current = locked(run.pk)
        if current.state not in OPEN_RUN_STATES:
            raise ValidationError(
                _("Run %(run)s is %(state)s; only a queued or running run can be cancelled.")
                % {"run": current.pk, "state": current.get_state_display()}
            )
        current.shards.filter(state__in=UNFINISHED).update(
            state=ShardState.CANCELLED, lease_token=None, lease_until=None, next_attempt_at=None
        )
        ShardOutput.objects.filter(shard__run=current).delete()
        close(current, RunState.CANCELLED, by=by)


def run_retry(run: MatchRun, *, by: User | None = None) -> None:
    """Retry every quarantined step of a run. ValidationError where there is none, or the run is cancelled."""
    with transaction.atomic():
        current = locked(run.pk)
        lost = list(current.shards.filter(state=ShardState.QUARANTINED).order_by("pk"))
        if not lost or current.state == RunState.CANCELLED:
            raise ValidationError(
                _("Run %(run)s is %(state)s and has no quarantined step to retry.")
                % {"run": current.pk, "state": current.get_state_display()}
            )
        for shard in lost:
            run_retry_shard(shard, by=by)


def run_retry_shard(shard: MatchShard, *, by: User | None = None) -> None:
    """Give a quarantined shard its attempts back; its run goes on where it stopped.

    ValidationError where the shard is not quarantined.
    """
    with transaction.atomic():
        run = locked(shard.run_id)
        changed = run.shards.filter(pk=shard.pk, state=ShardState.QUARANTINED).update(
            state=ShardState.QUEUED, attempt=0, next_attempt_at=None
        )
        if not changed:
            raise ValidationError(
                _("Shard %(shard)s is not quarantined; there is nothing to retry.") % {"shard": shard.pk}
            )
        if run.state in (RunState.COMPLETE_WITH_ERRORS, RunState.FAILED):
            run.state, run.cause, run.finished_at = RunState.RUNNING, "", None
            run.save(update_fields=["state", "cause", "finished_at"])
        write_event(run, "shard_retried", by=by, shard=shard.pk, step=shard.step, index=shard.index)
        nudge.after_commit(Queue.SCORE)
