"""Proposals: the recommendations of a run's lists, under the load cap; released where the policy says so.

What staff pinned for a seeker is proposed ahead of its list and released, also where the list does not hold
it; the run's hard constraints and the cap hold for it as for any other.

What was shown to a seeker once stands: a later run neither proposes the pair to it again nor takes it back,
and it keeps its place among the seeker's and its share of the candidate's load. An amendment proposes to
those whose lists it made anew, and to them only what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import structlog
from django.db import connection, transaction
from django.db.models import Exists, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from alliances.services.screening import current_lists, stale_words
from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.enums import RecommendationState, Step
from matchmaking.models import CurationEvent, MatchRun, Pair, Pin, Recommendation
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors.apart import kept_out, parted
from matchmaking.selectors.interests import other_side_is_interested
from matchmaking.selectors.recommendations import pinned
from matchmaking.selectors.release import is_overtaken
from matchmaking.services.rankings import LINES, lines_of
from matchmaking.services.recommendations import SAME, UNDECIDED, Directed, decide_alone
from matchmaking.services.snapshots import snapshot_of
from matchmaking.services.webhook_events import heard_of, tell_of_release

log = structlog.get_logger(__name__)

S = RecommendationState
# Written together: small enough for a short transaction, large enough to be quick.
BATCH = 500
# Of what was shown, what a full run would leave out of its lists.
REFUSED = (S.LATER, S.DECLINED)


class Proposal(NamedTuple):
    """What proposing made of a run: new rows, pairs that stand from before, entries held back by the cap."""

    proposed: int
    kept: int
    held_back: int
    released: int


@dataclass(frozen=True)
class _Scope:
    """To whom a run proposes: everybody, or those `seekers` whose lists an amendment made anew.

    Of an amendment also who has `changed`, and so has another explanation than before.
    """

    seekers: Collection[int] | None = None
    changed: Collection[int] = ()

    @classmethod
    def of(cls, run: MatchRun) -> _Scope:
        if not run.amends_id:
            return cls()
        counts = run.shards.get(step=Step.AMEND).counts
        return cls(set(counts["seekers"]), set(counts["changed"]))

    @property
    def within(self) -> Q:
        return Q() if self.seekers is None else Q(seeker__in=self.seekers)

    def standing(self) -> QuerySet[Recommendation]:
        """What an earlier run proposed, and what an amendment need not propose again."""
        if self.seekers is None:
            return Recommendation.objects.none()
        same = Recommendation.objects.filter(self.within, state__in=UNDECIDED)
        return same.exclude(Q(seeker__in=self.changed) | Q(candidate__in=self.changed))

    def load(self) -> Counter[int]:
        """How many of those to whom nothing is proposed have each candidate."""
        if self.seekers is None:
            return Counter()
        rows = Recommendation.objects.filter(state__in=(*UNDECIDED, *SHOWN_STATES))
        others = rows.exclude(self.within | Q(state__in=REFUSED))
        return Counter(others.values_list("candidate_id", flat=True))


def propose(run: MatchRun, heartbeat: Callable[[], None] | None = None) -> Proposal:
    """Make the recommendations of a complete run, and release them if its policy says so; pinned ones always.

    Proposing twice makes none twice; a preview, and a run that a newer one has overtaken, proposes nothing.
    The explaining, which takes long, is done outside of transactions, with a `heartbeat` before each pair.
    """
    if run.beside_id or is_overtaken(run):
        return Proposal(0, 0, 0, 0)
    snapshot = snapshot_of(run)
    beat = heartbeat or (lambda: None)
    scope = _Scope.of(run)
    pins = set(Pin.objects.filter(scope.within).values_list("seeker_id", "candidate_id"))
    lists = lines_of(run.lists_of, seekers=scope.seekers)
    # Of all entries only those of pinning seekers become objects.
    theirs = lists[np.isin(lists["seeker"], [seeker for seeker, _candidate in pins])]
    listed = set(zip(theirs["seeker"].tolist(), theirs["candidate"].tolist(), strict=True))
    selected, held_back = engine.release_rounds(
        np.concatenate([lists, _unlisted(snapshot, pins - listed, beat)]),
        codes=snapshot.codes,
        capacity=_capacity(snapshot),
        per_kind=snapshot.policy.proposed_per_kind,
        load_factor=snapshot.policy.load_factor,
        first=pins,
        taken=scope.load(),
    )
    others = Recommendation.objects.exclude(run=run)
    earlier = _directed(others.filter(state__in=SHOWN_STATES)) | _directed(scope.standing().exclude(run=run))
    made = _directed(Recommendation.objects.filter(run=run))
    standing = earlier | made
    waiting = [row for row in selected if (int(row["seeker"]), int(row["candidate"])) not in standing]
    for start in range(0, len(waiting), BATCH):
        batch = []
        for row in waiting[start : start + BATCH]:
            beat()
            batch.append(_recommendation(run, snapshot, row))
        _save(run, batch)
    beat()
    if len(waiting) >= BATCH:
        _count_anew()
    kept = len(selected) - len(waiting) - len(made)
    chosen = {(int(row["seeker"]), int(row["candidate"])) for row in selected}
    standing_rows = scope.standing().values_list("pk", "seeker_id", "candidate_id")
    left = [pk for pk, *pair in standing_rows if tuple(pair) in chosen]
    proposal = Proposal(len(waiting), kept, sum(held_back.values()), 0)
    return _complete(run, snapshot, proposal, superseding=scope.within & ~Q(pk__in=left))


def _count_anew() -> None:
    """Tell the database how many there are now: by older numbers it may join row by row, for minutes."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Recommendation._meta.db_table)}")


@transaction.atomic
def _complete(run: MatchRun, snapshot: engine.Snapshot, proposal: Proposal, *, superseding: Q) -> Proposal:
    """Settle the new rows with those from before, then release. What staff decided meanwhile counts.

    A hold of any run holds the pair's new row and then gives way to it; without a new row it stays. So does
    what the other side, which has said yes, waits for. What staff excluded or a side refused since the run
    read the register is not proposed.
    """
    decide_alone()
    MatchRun.objects.filter(pk=run.pk).update(held_back=proposal.held_back)
    new = Recommendation.objects.filter(run=run)
    elsewhere = SAME.exclude(run=run)
    today = timezone.now().date()
    shown = Q(Exists(elsewhere.filter(state__in=SHOWN_STATES)))
    new.filter(shown | parted(today, snapshot.policy.standing_decline_months), state__in=UNDECIDED).update(
        state=S.SUPERSEDED
    )
    new.filter(Exists(elsewhere.filter(state=S.HELD)), state=S.PROPOSED).update(state=S.HELD)
    replaced = Q(Exists(SAME.filter(run=run)))
    unawaited = superseding & Q(seeker_id__in=list(snapshot.codes)) & ~other_side_is_interested()
    superseded = Recommendation.objects.filter(
        Q(unawaited | replaced, state=S.PROPOSED) | Q(replaced, state=S.HELD), run_id__lt=run.pk
    ).update(state=S.SUPERSEDED)
    # A rule or a hit may have come since the run looked: what it keeps back stays unseen.
    releasing = Recommendation.objects.filter(run=run, state=S.PROPOSED).exclude(kept_out()).unblocked()
    if stale_words(current_lists()):
        releasing = releasing.none()
    elif snapshot.policy.release != "automatic":
        releasing = releasing.filter(pinned())
    # Before they change: by then they would not be found again.
    heard = heard_of(releasing)
    proposal = proposal._replace(released=releasing.update(state=S.RELEASED, released_at=Now()))
    tell_of_release(heard)
    if proposal.proposed or proposal.released or superseded:
        data = {**proposal._asdict(), "superseded": superseded}
        CurationEvent.objects.create(subject="run", subject_id=run.pk, kind="proposed", data=data)
        log.info("recommendations_proposed", run=run.pk, **data)
    return proposal


def _unlisted(
    snapshot: engine.Snapshot, pins: Collection[Directed], beat: Callable[[], None]
) -> npt.NDArray[np.void]:
    """Rows, without a rank, of those of these pairs that the run scored and does not exclude."""
    known = sorted(pair for pair in pins if set(pair) <= snapshot.codes.keys())
    lists = np.zeros(len(known), dtype=LINES)
    found = []
    for row, (seeker, candidate) in zip(lists, known, strict=True):
        beat()
        pair = engine.explain(snapshot, seeker, candidate)
        country, place = snapshot.locate(candidate)
        kinds = (snapshot.us if country == "US" else snapshot.cn).kind
        row["seeker"], row["candidate"], row["kind"] = seeker, candidate, kinds[place]
        row["score"], row["affinity"] = pair.score, pair.seeker.affinity
        row["candidate_affinity"] = pair.candidate.affinity
        found.append(pair.excluded is None and pair.tied)
    return lists[np.array(found, dtype=np.bool_)]


def _capacity(snapshot: engine.Snapshot) -> dict[int, int]:
    return {
        number: capacity
        for side in (snapshot.us, snapshot.cn)
        for number, capacity in zip(side.id.tolist(), side.capacity_left.tolist(), strict=True)
    }


def _directed(recommendations: QuerySet[Recommendation]) -> set[Directed]:
    return set(recommendations.values_list("seeker_id", "candidate_id"))


def _recommendation(run: MatchRun, snapshot: engine.Snapshot, row: Any) -> Recommendation:
    """An unsaved row with its breakdown."""
    seeker, candidate = int(row["seeker"]), int(row["candidate"])
    return Recommendation(
        run=run,
        seeker_id=seeker,
        candidate_id=candidate,
        kind=KINDS[row["kind"]],
        rank=int(row["rank"]) or None,
        score=float(row["score"]),
        affinity=float(row["affinity"]),
        candidate_affinity=float(row["candidate_affinity"]),
        breakdown=breakdown(snapshot, seeker, candidate),
        state=S.PROPOSED,
    )


def breakdown(snapshot: engine.Snapshot, seeker_id: int, candidate_id: int) -> dict[str, Any]:
    """Both sides of a pair as plain JSON: how the affinity adds up, every reason above the floor."""
    return breakdown_of(engine.explain(snapshot, seeker_id, candidate_id), snapshot.policy)


def breakdown_of(explanation: engine.Explanation, policy: engine.Policy) -> dict[str, Any]:
    """`breakdown` of a pair that is explained already."""
    return {"seeker": _side(explanation.seeker, policy), "candidate": _side(explanation.candidate, policy)}


def _side(side: engine.SideExplanation, policy: engine.Policy) -> dict[str, Any]:
    weighed = policy.w0 + sum(entry.weight for entry in side.criteria if entry.known)
    return {
        "affinity": side.affinity,
        "base": side.base,
        "base_possible": policy.w0 / weighed,
        "criteria": [
            {
                "criterion": entry.criterion,
                "value": entry.value,
                "weight": entry.weight,
                "share": entry.share,
                "possible": entry.weight / weighed if entry.known else 0.0,
                "known": entry.known,
            }
            for entry in side.criteria
        ],
        "reasons": [
            {"criterion": reason.criterion, "share": reason.share, "facts": dict(reason.facts)}
            for reason in side.reasons
        ],
    }


def _save(run: MatchRun, recommendations: Sequence[Recommendation]) -> None:
    """Write a batch with its pairs; rows that another worker has written meanwhile stay as they are."""
    wanted = sorted({_ordered(one.seeker_id, one.candidate_id) for one in recommendations})
    with transaction.atomic():
        Pair.objects.bulk_create(
            [Pair(low_id=low, high_id=high) for low, high in wanted], ignore_conflicts=True
        )
        found = Pair.objects.filter(
            low_id__in=[low for low, _high in wanted], high_id__in=[high for _low, high in wanted]
        )
        ids = {(pair.low_id, pair.high_id): pair.pk for pair in found}
        for one in recommendations:
            one.pair_id = ids[_ordered(one.seeker_id, one.candidate_id)]
        Recommendation.objects.bulk_create(recommendations, ignore_conflicts=True)


def _ordered(one: int, other: int) -> Directed:
    return (one, other) if one < other else (other, one)
