"""Amendments: a few organizations changed, so the lists of the last full run are changed where these matter.

An amendment is a leased run of its own, under the policy, idf and day of the run that it amends; its
snapshot is that run's with all that changed since laid over it. The lists are then those of a full run of
this snapshot. The full run of the night renews idf and day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import structlog
from django.db import transaction
from django.db.models import Q

from alliances.enums import EventKind
from alliances.models import RegisterEvent
from matchmaking import engine
from matchmaking.datasource import take_changes
from matchmaking.enums import RunStage, RunState, ShardState, Step
from matchmaking.models import CurationEvent, Introduction, MatchRun, MatchShard, Recommendation, RunSnapshot
from matchmaking.selectors.apart import INTRODUCTION_CLOSED, SILENCE
from matchmaking.services import leases, rankings, runs
from matchmaking.services.leases import SHARDS
from matchmaking.services.policies import active_policy
from matchmaking.services.snapshots import snapshot_of
from matchmaking.services.statements import refresh_statements

log = structlog.get_logger(__name__)

# More than these at once are for a full run, which is as quick then.
MOST_CHANGED = 256
# An event may be committed after one that came later: whose time is so near is looked at twice.
OVERLAP = timedelta(minutes=1)
OVERLAPPING = 1000

# Who takes part changed: somebody waits for recommendations, or stands where they should not.
CHANGE_WHO_TAKES_PART = (
    EventKind.APPROVED,
    EventKind.SUSPENDED,
    EventKind.PUT_ON_HOLD,
    EventKind.WITHDRAWN,
    EventKind.SCREENING_HIT,
    EventKind.SCREENING_DECIDED,
)
CHANGE_WHAT_THEY_STATE = (EventKind.UPDATED, EventKind.MERGED)
# Of a recommendation and of an introduction: what forbids a pair, allows it again, or counts for capacity.
CHANGE_A_PAIR = ("answered", "withdrawn", "excluded", SILENCE, INTRODUCTION_CLOSED)
CHANGE_A_CAPACITY = ("introduced", "closed")


class FullRunNeededError(Exception):
    """More changed than can be laid over the last run, or there is no run to lay it over."""


@dataclass(frozen=True)
class PreparedAmendment:
    """The input of an amendment before there is one."""

    base: MatchRun
    changes: engine.Changes
    snapshot: engine.Snapshot
    # Who is not as in the last amendment, or where it is the first, in the run that is amended.
    changed: list[int]
    seen: runs.Seen
    seconds: float


class Touch(NamedTuple):
    """That an event touched an organization: which event, and whom."""

    subject: str
    event: int
    organization: int


def touches_since(run: MatchRun) -> set[Touch]:
    """What happened to organizations after the register was read for this run.

    What came with a file, which is nobody's act, waits for the night, as the register before its first run.
    """
    seen, since = runs.seen_by(run), run.requested_at - OVERLAP

    def after(event: int) -> Q:
        return Q(pk__gt=event - OVERLAPPING, at__gt=since)

    events = RegisterEvent.objects.filter(
        Q(kind__in=CHANGE_WHO_TAKES_PART, data__has_key="from")
        | Q(kind__in=CHANGE_WHAT_THEY_STATE, actor_id__isnull=False),
        after(seen.register_event),
        organization_id__isnull=False,
    )
    touches = {Touch("register", *row) for row in events.values_list("pk", "organization_id")}
    decisions = CurationEvent.objects.filter(after(seen.curation_event))
    for subject, kinds, model, ends in (
        ("recommendation", CHANGE_A_PAIR, Recommendation, ("seeker_id", "candidate_id")),
        ("introduction", CHANGE_A_CAPACITY, Introduction, ("pair__low_id", "pair__high_id")),
    ):
        decided = decisions.filter(subject=subject, kind__in=kinds).values_list("pk", "subject_id")
        by_event = dict(decided)
        both = {
            pk: pair for pk, *pair in model.objects.filter(pk__in=by_event.values()).values_list("pk", *ends)
        }
        touches |= {
            Touch(subject, event, end) for event, about in by_event.items() for end in both.get(about, ())
        }
    return touches


def prepare(last: MatchRun) -> PreparedAmendment | None:
    """What an amendment after this newest run would be; None where nothing changed for anybody's lists.

    FullRunNeededError where it would not do.
    """
    base, began = last.amends or last, time.monotonic()
    if last.state != RunState.COMPLETE or not last.pairs or base.policy_id != active_policy().pk:
        raise FullRunNeededError
    touched = {touch.organization for touch in touches_since(base)}
    seen = runs.seen_now()._replace(model=refresh_statements(touched))
    if seen.model != runs.seen_by(base).model:
        raise FullRunNeededError
    try:
        before, current = snapshot_of(base), snapshot_of(last)
        found = take_changes(before, touched, model_hash=seen.model)
        changes = found.since(before)
        snapshot = changes.laid_over(before)
    except (engine.SnapshotError, engine.OutgrownError) as error:
        raise FullRunNeededError from error
    differing = found.since(current).ids
    changed = [number for number in differing if _counts(current, number) or _counts(snapshot, number)]
    if not changed:
        return None
    if len(changed) > MOST_CHANGED:
        raise FullRunNeededError
    return PreparedAmendment(base, changes, snapshot, differing, seen, time.monotonic() - began)


def _counts(snapshot: engine.Snapshot, organization_id: int) -> bool:
    """Whether the organization is in the snapshot and may be in lists."""
    if organization_id not in snapshot.codes:
        return False
    country, row = snapshot.locate(organization_id)
    return bool((snapshot.us if country == "US" else snapshot.cn).approved[row])


def record(prepared: PreparedAmendment) -> MatchRun:
    """The amendment, its changes and its one step, in the caller's transaction."""
    base, snapshot = prepared.base, prepared.snapshot
    run = MatchRun.objects.create(
        policy=base.policy,
        amends=base,
        as_of=base.as_of,
        top_k=base.top_k,
        snapshot_digest=snapshot.digest(),
        organizations=len(snapshot.us) + len(snapshot.cn),
        pairs=snapshot.pairs,
        stage_seconds={RunStage.READ: prepared.seconds},
    )
    RunSnapshot.objects.create(run=run, content=prepared.changes.to_bytes())
    runs.write_event(run, "requested", **prepared.seen._asdict(), amends=base.pk)
    runs.add_step(run, Step.AMEND, changed=prepared.changed)
    log.info("amendment_requested", run=run.pk, amends=base.pk, changed=len(prepared.changed))
    return run


def carry_out(shard: MatchShard, heartbeat: Callable[[], None], *, threads: int) -> None:
    """Change the lists, all or none, and end the run; cancelled where newer lists stand by now."""
    began, run, changed = time.monotonic(), shard.run, shard.counts["changed"]
    snapshot = snapshot_of(run)
    lines = rankings.ends_and_names(run.lists_of, top_k=run.top_k, candidates=changed)
    standing = engine.Standing(
        last=lines[lines["rank"] == run.top_k],
        naming=lines[np.isin(lines["candidate"], changed)],
        lists_of=lambda seekers: rankings.lines_of(run.lists_of, seekers=seekers),
    )
    amendment = engine.amend(snapshot, changed, standing, heartbeat=heartbeat, threads=threads)
    scored = time.monotonic()
    heartbeat()
    seekers = sorted({seeker for seeker, _kind in amendment.replaced})
    with transaction.atomic():
        run = runs.locked(run.pk)
        counts = {"changed": changed, "seekers": seekers}
        leases.finish(SHARDS, shard, ShardState.DONE, counts=counts, seconds=scored - began)
        newer = MatchRun.objects.real().filter(state=RunState.COMPLETE, pk__gt=run.pk)
        if newer.exists():
            runs.close(run, RunState.CANCELLED, cause="Newer lists stand.")
            return
        rankings.replace_lists(run.lists_of, amendment.replaced, amendment.lists)
        run.stage_seconds |= {RunStage.SCORE: scored - began, RunStage.COPY: time.monotonic() - scored}
        run.counts = {"changed": len(changed), "lists": len(amendment.replaced)}
        run.save(update_fields=["stage_seconds", "counts"])
        runs.close(run, RunState.COMPLETE)
        runs.add_step(run, Step.PROPOSE)
    log.info("lists_amended", run=run.pk, lists=len(amendment.replaced), lines=len(amendment.lists))
