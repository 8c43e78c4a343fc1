"""A recommendation computed again from the snapshot of its run, and compared with what is stored.

The register of today is not read: whatever became of the two since, the numbers are those of the run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.enums import ReplayCause
from matchmaking.models import CurationEvent, MatchRun, Recommendation, RunSnapshot
from matchmaking.services.policies import rules_of
from matchmaking.services.proposals import breakdown_of


class Difference(NamedTuple):
    """A stored value that is not the recomputed one; `what` is its path, as "breakdown.seeker.base"."""

    what: str
    stored: Any
    recomputed: Any


class Entry(NamedTuple):
    """A line of the seeker's list."""

    rank: int
    organization_id: int
    code: str
    score: float


@dataclass(frozen=True)
class Replay:
    """What the snapshot gives: the seeker's list of the candidate's kind, and the candidate's place in it.

    `place` is of all whom the snapshot lists, also beyond the list's K; None where the pair is not listed.
    `effects` say what each fact that a reason names adds to the score. With a `cause` nothing was computed.
    """

    cause: ReplayCause | None = None
    differences: tuple[Difference, ...] = ()
    entries: tuple[Entry, ...] = ()
    place: int | None = None
    candidates: int = 0
    effects: tuple[engine.Effect, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether everything was computed again and every number is the stored one."""
        return self.cause is None and not self.differences


def replay(one: Recommendation) -> Replay:
    """Compute a recommendation again: both explanations, score, affinities, rank, the list around it, and
    what each fact adds."""
    snapshot = _snapshot(one.run)
    if isinstance(snapshot, ReplayCause):
        return Replay(snapshot)
    try:
        explanation = engine.explain(snapshot, one.seeker_id, one.candidate_id, effects=True)
    except (KeyError, ValueError):
        return Replay(ReplayCause.NOT_IN_SNAPSHOT)
    country, row = snapshot.locate(one.candidate_id)
    kind = KINDS[(snapshot.us if country == "US" else snapshot.cn).kind[row]]
    order = engine.full_order(snapshot, one.seeker_id)
    order = order[order["kind"] == KINDS.index(kind)]
    places = {number: place for place, number in enumerate(order["candidate"].tolist(), start=1)}
    place = places.get(one.candidate_id)
    in_list = place is not None and place <= snapshot.policy.top_k
    stored = {
        "policy": _rules(one.run),
        "kind": one.kind,
        "rank": one.rank,
        "score": one.score,
        "affinity": one.affinity,
        "candidate_affinity": one.candidate_affinity,
        "breakdown": one.breakdown,
    }
    recomputed = {
        "policy": snapshot.policy.to_dict(),
        "kind": kind,
        # What the other side's interest brought has the rank that the lists had then, if they still stood.
        "rank": place if in_list and not (one.rank is None and _was_asked_for(one)) else None,
        "score": explanation.score,
        "affinity": explanation.seeker.affinity,
        "candidate_affinity": explanation.candidate.affinity,
        "breakdown": breakdown_of(explanation, snapshot.policy),
    }
    entries = order[: snapshot.policy.top_k]
    return Replay(
        # As JSON keeps them: a list for a tuple, text for a key.
        differences=tuple(_differences("", stored, json.loads(json.dumps(recomputed)))),
        entries=tuple(
            Entry(rank, number, snapshot.codes[number], score)
            for rank, (number, score) in enumerate(
                zip(entries["candidate"].tolist(), entries["score"].tolist(), strict=True), start=1
            )
        ),
        place=place,
        candidates=len(order),
        effects=explanation.effects,
    )


def _snapshot(run: MatchRun) -> engine.Snapshot | ReplayCause:
    """The snapshot that the run scored, or why there is none."""
    base = _snapshot(run.amends) if run.amends is not None else None
    if isinstance(base, ReplayCause):
        return base
    content = RunSnapshot.objects.filter(run=run).values_list("content", flat=True).first()
    if content is None:
        return ReplayCause.NO_SNAPSHOT
    stored = bytes(content)
    try:
        if base is not None:
            amended = engine.Changes.from_bytes(stored).laid_over(base)
            return amended if amended.digest() == run.snapshot_digest else ReplayCause.OTHER_SNAPSHOT
        if engine.stored_digest(stored) != run.snapshot_digest:
            return ReplayCause.OTHER_SNAPSHOT
    except (engine.SnapshotError, engine.OutgrownError):
        return ReplayCause.OTHER_SNAPSHOT
    try:
        return engine.Snapshot.from_bytes(stored)
    except engine.SnapshotError:
        # The bytes are as they were written, so that only the engine can be another.
        return ReplayCause.OTHER_ENGINE


def _rules(run: MatchRun) -> dict[str, Any]:
    """The rules of the run's policy with the K of the run; as they are stored where they cannot stand."""
    rules: dict[str, Any] = run.policy.rules
    try:
        return replace(rules_of(run.policy), top_k=run.top_k).to_dict()
    except (ValidationError, engine.PolicyError):
        return rules


def _was_asked_for(one: Recommendation) -> bool:
    events = CurationEvent.objects.filter(subject="recommendation", subject_id=one.pk, kind="asked_for")
    return events.exists()


def _differences(what: str, stored: Any, recomputed: Any) -> Iterator[Difference]:
    """Where the two differ, as deep inside as both have the same shape."""
    match stored, recomputed:
        case dict(), dict() if stored.keys() == recomputed.keys():
            for key in stored:
                yield from _differences(f"{what}.{key}" if what else key, stored[key], recomputed[key])
        case list(), list() if len(stored) == len(recomputed):
            for place, (one, other) in enumerate(zip(stored, recomputed, strict=True)):
                yield from _differences(f"{what}.{place}", one, other)
        case _ if stored != recomputed:
            yield Difference(what, stored, recomputed)
