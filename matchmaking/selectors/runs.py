"""Reads of match runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from matchmaking.enums import OPEN_RUN_STATES, RunState, ShardState, Step
from matchmaking.models import MatchRun, MatchShard, ScoringPolicy

# For so long a preview says what publishing does.
PREVIEW_STANDS = timedelta(days=1)
# What a page of a preview has no use for.
LARGE = ("preview__beside_snapshot", "preview__organizations")


@dataclass(frozen=True)
class Progress:
    """How far a run is: `done` of `total` steps, merging and proposing included from the start."""

    state: str
    done: int
    total: int
    quarantined: int
    waiting: int

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 1.0

    @property
    def settled(self) -> bool:
        """Whether nothing will move any more: the run is closed and none of its steps waits."""
        return self.state not in OPEN_RUN_STATES and not self.waiting


def progress(run_id: int) -> Progress:
    """The run's state and steps, in one query. MatchRun.DoesNotExist where there is no such run."""
    columns = ("state", "beside_id", "amends_id", "shards__step", "shards__state")
    rows = list(MatchRun.objects.filter(pk=run_id).values_list(*columns))
    if not rows:
        raise MatchRun.DoesNotExist(run_id)
    state, is_preview, is_amendment, *_shard = rows[0]
    steps = {step for *_run, step, _state in rows if step}
    shards = Counter(shard for *_run, step, shard in rows if step)
    last = {Step.MERGE} if is_preview else {Step.PROPOSE} if is_amendment else {Step.MERGE, Step.PROPOSE}
    to_come = len(last - steps) if steps else 0
    return Progress(
        state=state,
        done=shards[ShardState.DONE],
        total=shards.total() + to_come,
        quarantined=shards[ShardState.QUARANTINED],
        waiting=shards[ShardState.QUEUED] + shards[ShardState.RUNNING],
    )


def with_steps(runs: QuerySet[MatchRun]) -> QuerySet[MatchRun]:
    """The runs with how many steps they have (`shards_all`), done (`_done`) and quarantined (`_lost`)."""
    return runs.annotate(
        shards_done=Count("shards", filter=Q(shards__state=ShardState.DONE)),
        shards_lost=Count("shards", filter=Q(shards__state=ShardState.QUARANTINED)),
        shards_all=Count("shards"),
    )


def _standing() -> QuerySet[MatchRun]:
    """Full runs whose lists stand, newest first."""
    return MatchRun.objects.full().filter(state=RunState.COMPLETE, pairs__gt=0).order_by("-pk")


def last_complete_run() -> MatchRun | None:
    """The newest run whose lists stand."""
    return _standing().first()


def runs_to_retry() -> QuerySet[MatchRun]:
    """Runs with quarantined steps whose retry would still bring something: no newer lists stand."""
    newest = Coalesce(Subquery(_standing().values("pk")[:1]), 0)
    lost = MatchShard.objects.filter(state=ShardState.QUARANTINED).values("run_id")
    return MatchRun.objects.real().filter(pk__in=lost, pk__gte=newest).exclude(state=RunState.CANCELLED)


def fresh_preview(policy: ScoringPolicy) -> MatchRun | None:
    """The last complete preview of this version on a register of at most a day ago."""
    since = timezone.now() - PREVIEW_STANDS
    previews = MatchRun.objects.previews().filter(policy=policy, state=RunState.COMPLETE)
    return previews.filter(requested_at__gte=since).order_by("-pk").first()


def last_preview(policy: ScoringPolicy) -> MatchRun | None:
    """The preview of this version that was asked for last, whatever became of it."""
    previews = MatchRun.objects.previews().filter(policy=policy).order_by("-pk")
    return previews.select_related("policy", "beside", "preview").defer(*LARGE).first()
