"""Recommendations: proposed from a run's lists under the load cap, released, held and excluded by staff.

    proposed > released > seen > interested | later | declined; held, superseded, expired

What staff pinned for a seeker is proposed ahead of its list and released, also where the list does not hold
it; the run's hard constraints and the cap hold for it as for any other.

What was shown to a seeker once stands: a later run neither proposes the pair to it again nor takes it back,
and it keeps its place among the seeker's and its share of the candidate's load.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.models import User
from alliances.services.screening import current_lists, stale_words
from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.enums import EmailState, RecommendationState
from matchmaking.models import (
    CurationEvent,
    DigestItem,
    Exclusion,
    Introduction,
    MatchRun,
    OutboxEmail,
    Pair,
    Pin,
    Ranking,
    Recommendation,
)
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors.recommendations import kept_out, pinned
from matchmaking.selectors.release import is_overtaken
from matchmaking.services.snapshots import snapshot_of
from matchmaking.services.webhook_events import heard_of, tell_of_release

log = structlog.get_logger(__name__)

S = RecommendationState
# Written together: small enough for a short transaction, large enough to be quick.
BATCH = 500
# A mail that left, or may have left, has told of its recommendations.
TOLD = (EmailState.SENT, EmailState.SENDING, EmailState.UNCERTAIN)
REASON_LENGTH = Exclusion._meta.get_field("reason").max_length or 0
# A ranking row without its criteria.
LISTED = np.dtype([field for field in engine.RANKING_DTYPE.descr if field[0] != "criteria"])

Directed = tuple[int, int]
# Still to be released or superseded.
UNDECIDED = (S.PROPOSED, S.HELD)
# Of the same seeker and candidate as the row of the outer query.
SAME = Recommendation.objects.filter(seeker=OuterRef("seeker"), candidate=OuterRef("candidate"))
# The key of the advisory lock of whoever decides on recommendations: staff, and the end of proposing.
DECIDING_LOCK = 20261125


class Outcome(NamedTuple):
    """How many recommendations moved, and a sentence for each that did not."""

    done: int
    skipped: list[str]


class Proposal(NamedTuple):
    """What proposing made of a run: new rows, pairs that stand from before, entries held back by the cap."""

    proposed: int
    kept: int
    held_back: int
    released: int


# --- Proposing -----------------------------------------------------------------------------------


def propose(run: MatchRun, heartbeat: Callable[[], None] | None = None) -> Proposal:
    """Make the recommendations of a complete run, and release them if its policy says so; pinned ones always.

    Proposing twice makes none twice; a preview, and a run that a newer one has overtaken, proposes nothing.
    The explaining, which takes long, is done outside of transactions, with a `heartbeat` before each pair.
    """
    if run.beside_id or is_overtaken(run):
        return Proposal(0, 0, 0, 0)
    snapshot = snapshot_of(run)
    beat = heartbeat or (lambda: None)
    pins = set(Pin.objects.values_list("seeker_id", "candidate_id"))
    lists = _ranking_rows(run)
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
    )
    earlier = _directed(Recommendation.objects.exclude(run=run).filter(state__in=SHOWN_STATES))
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
    kept = len(selected) - len(waiting) - len(made)
    return _complete(run, snapshot, Proposal(len(waiting), kept, sum(held_back.values()), 0))


@transaction.atomic
def _complete(run: MatchRun, snapshot: engine.Snapshot, proposal: Proposal) -> Proposal:
    """Settle the new rows with those from before, then release. What staff decided meanwhile counts.

    A hold of any run holds the pair's new row and then gives way to it; without a new row it stays.
    """
    _decide_alone()
    MatchRun.objects.filter(pk=run.pk).update(held_back=proposal.held_back)
    new = Recommendation.objects.filter(run=run)
    elsewhere = SAME.exclude(run=run)
    new.filter(Exists(elsewhere.filter(state__in=SHOWN_STATES)), state__in=UNDECIDED).update(
        state=S.SUPERSEDED
    )
    new.filter(Exists(elsewhere.filter(state=S.HELD)), state=S.PROPOSED).update(state=S.HELD)
    superseded = Recommendation.objects.filter(
        Q(state=S.PROPOSED, seeker_id__in=list(snapshot.codes))
        | Q(Exists(SAME.filter(run=run)), state=S.HELD),
        run_id__lt=run.pk,
    ).update(state=S.SUPERSEDED)
    # A rule or a hit may have come since the run looked: what it keeps back stays unseen.
    releasing = Recommendation.objects.filter(run=run, state=S.PROPOSED).exclude(kept_out()).unblocked()
    if stale_words(current_lists()):
        releasing = releasing.none()
    elif snapshot.policy.release != "automatic":
        releasing = releasing.filter(pinned())
    heard = heard_of(releasing)
    proposal = proposal._replace(released=releasing.update(state=S.RELEASED, released_at=Now()))
    tell_of_release(heard)
    if proposal.proposed or proposal.released or superseded:
        data = {**proposal._asdict(), "superseded": superseded}
        CurationEvent.objects.create(subject="run", subject_id=run.pk, kind="proposed", data=data)
        log.info("recommendations_proposed", run=run.pk, **data)
    return proposal


def _ranking_rows(run: MatchRun) -> npt.NDArray[np.void]:
    """The run's lists, without the criteria, which the release does not look at."""
    rows = (
        Ranking.objects.filter(run=run)
        .order_by("seeker_id", "kind", "rank")
        .values_list("seeker_id", "candidate_id", "kind", "rank", "score", "affinity", "candidate_affinity")
    )
    found = ((s, c, KINDS.index(kind), *numbers) for s, c, kind, *numbers in rows.iterator(chunk_size=10_000))
    return np.fromiter(found, dtype=LISTED)


def _unlisted(
    snapshot: engine.Snapshot, pins: Collection[Directed], beat: Callable[[], None]
) -> npt.NDArray[np.void]:
    """Rows, without a rank, of those of these pairs that the run scored and does not exclude."""
    known = sorted(pair for pair in pins if set(pair) <= snapshot.codes.keys())
    lists = np.zeros(len(known), dtype=LISTED)
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


def _decide_alone() -> None:
    """Wait for whoever else decides on recommendations; until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DECIDING_LOCK])


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


# --- What staff do -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """A move of the machine: from which states, to which."""

    to: RecommendationState
    sources: tuple[RecommendationState, ...]
    event: str
    refusal: Any


HOLD = Move(
    S.HELD,
    (S.PROPOSED, S.RELEASED),
    "held",
    gettext_lazy(
        "The state is '%(state)s'. Only what is proposed, or released and not yet mailed, can be held."
    ),
)
RELEASE = Move(
    S.RELEASED,
    (S.PROPOSED, S.HELD),
    "released",
    gettext_lazy("The state is '%(state)s'. Only what is proposed or held can be released."),
)
SCREENED = gettext_lazy(
    "One of the two organizations has a screening hit that is not cleared. Decide on the hit first."
)
HELD_SINCE = gettext_lazy("Somebody has held it meanwhile. Look why before you release it.")
EXCLUDE = Move(
    S.EXPIRED,
    (S.PROPOSED, S.HELD, S.RELEASED, S.SEEN, S.INTERESTED, S.LATER),
    "excluded",
    gettext_lazy(
        "The state is '%(state)s'. Only the pair of an open recommendation that is not introduced can be "
        "excluded here."
    ),
)
SEE = Move(S.SEEN, (S.RELEASED,), "seen", "")


def recommendations_hold(recommendations: Iterable[Recommendation], *, by: User) -> Outcome:
    """Keep each that can be held from being mailed until it is released, and say why the others cannot.

    A later run that would propose the pair again proposes it held. Staff, else PermissionDenied; one
    transaction, fixed queries.
    """
    with transaction.atomic():
        found = locked_by_staff(recommendations, by)
        told = set(
            DigestItem.objects.filter(recommendation__in=found, email__state__in=TOLD).values_list(
                "recommendation_id", flat=True
            )
        ) | set(
            OutboxEmail.objects.filter(recommendation__in=found, state__in=TOLD).values_list(
                "recommendation_id", flat=True
            )
        )
        moving = [one for one in found if one.state in HOLD.sources and one.pk not in told]
        return _move(HOLD, found, moving, by)


def recommendations_release(recommendations: Iterable[Recommendation], *, by: User) -> Outcome:
    """Let each that can be released out, into the next digest, and say why the others cannot. Staff.

    A seeker and candidate have one open row: what another run proposed or held of them is superseded. What
    a jurisdiction rule blocks today is not let out, and nothing is while a screening list is out of date.
    What was held since the caller read it stays: whoever held it had a reason that the caller did not see.
    """
    with transaction.atomic():
        read = list(recommendations)
        known_held = {one.pk for one in read if one.state == S.HELD}
        chosen = locked_by_staff(read, by)
        if stale := stale_words(current_lists()):
            return Outcome(0, [" ".join(stale)] * len(chosen))
        ids = [one.pk for one in chosen]
        unblocked = set(Recommendation.objects.unblocked().filter(pk__in=ids).values_list("pk", flat=True))
        found = [one for one in chosen if one.pk in unblocked]
        # By pk: of two rows of the same seeker and candidate the newer one stays.
        ids = [one.pk for one in found]
        screened = set(
            Recommendation.objects.filter(kept_out(), pk__in=ids, state__in=RELEASE.sources).values_list(
                "pk", flat=True
            )
        )
        held_since = {one.pk for one in found if one.state == S.HELD} - known_held
        kept = dict.fromkeys(held_since, HELD_SINCE) | dict.fromkeys(screened, SCREENED)
        moving = {
            (one.seeker_id, one.candidate_id): one
            for one in found
            if one.state in RELEASE.sources and one.pk not in kept
        }
        released = [one.pk for one in moving.values()]
        Recommendation.objects.filter(Exists(SAME.filter(pk__in=released)), state__in=UNDECIDED).exclude(
            pk__in=released
        ).update(state=S.SUPERSEDED)
        outcome = _move(RELEASE, found, list(moving.values()), by, kept=kept)
        blocked = [_("A jurisdiction rule blocks every kind of tie of this pair.")]
        return Outcome(outcome.done, outcome.skipped + blocked * (len(chosen) - len(found)))


def recommendations_exclude(recommendations: Iterable[Recommendation], *, reason: str, by: User) -> Outcome:
    """Never pair these again: both directions expire, later runs leave the pairs out. Staff.

    Says why the others cannot be excluded here. ValidationError for a reason that is missing or too long.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_LENGTH:
        raise ValidationError(
            _("Give a reason of at most %(limit)s characters."), params={"limit": REASON_LENGTH}
        )
    with transaction.atomic():
        chosen = locked_by_staff(recommendations, by)
        introduced = set(
            Introduction.objects.filter(pair__in=[one.pair_id for one in chosen], closed_at=None).values_list(
                "pair_id", flat=True
            )
        )
        moving = [one for one in chosen if one.state in EXCLUDE.sources and one.pair_id not in introduced]
        pairs = sorted({one.pair_id for one in moving})
        Exclusion.objects.bulk_create(
            [Exclusion(pair_id=pair, reason=reason, created_by=by) for pair in pairs], ignore_conflicts=True
        )
        other_direction = (
            Recommendation.objects.filter(pair_id__in=pairs, state__in=EXCLUDE.sources)
            .exclude(pk__in=[one.pk for one in moving])
            .defer("breakdown")
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        outcome = _move(EXCLUDE, chosen, moving, by)
        _write(EXCLUDE, list(other_direction), by)
        return outcome


def recommendation_see(recommendation: Recommendation, *, by: User) -> bool:
    """Note that somebody of the seeker's team has opened it. True where nobody had before.

    PermissionDenied for anybody else. One that somebody else is changing right now is left to them.
    """
    if not by.is_active or not recommendation.seeker.team_members.filter(user=by).exists():
        raise PermissionDenied
    with transaction.atomic():
        seen = list(
            Recommendation.objects.filter(pk=recommendation.pk, state__in=SEE.sources).select_for_update(
                no_key=True, skip_locked=True
            )
        )
        _write(SEE, seen, by)
    return bool(seen)


def locked_by_staff(recommendations: Iterable[Recommendation], by: User) -> list[Recommendation]:
    """These rows, locked in the caller's transaction while nobody else decides; else PermissionDenied."""
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    _decide_alone()
    ids = [one.pk for one in recommendations]
    # The pairs first, as whoever answers does.
    pairs = Recommendation.objects.filter(pk__in=ids).values("pair")
    list(Pair.objects.filter(pk__in=pairs).order_by("pk").select_for_update(no_key=True))
    # What explains them is long, and nobody decides by it here.
    rows = Recommendation.objects.filter(pk__in=ids).defer("breakdown")
    return list(rows.order_by("pk").select_for_update(no_key=True))


def _move(
    move: Move,
    found: Sequence[Recommendation],
    moving: Sequence[Recommendation],
    by: User,
    *,
    kept: Mapping[int, Any] = MappingProxyType({}),
) -> Outcome:
    """`kept` says why of those that stay for another reason than their state."""
    stays = {one.pk for one in found} - {one.pk for one in moving}
    skipped = [
        str(kept.get(one.pk, move.refusal)) % {"state": S(one.state).label}
        for one in found
        if one.pk in stays
    ]
    _write(move, moving, by)
    return Outcome(len(moving), skipped)


def _write(move: Move, moving: Sequence[Recommendation], by: User) -> None:
    rows = Recommendation.objects.filter(pk__in=[one.pk for one in moving])
    if move.to == S.RELEASED:
        rows.update(state=move.to, released_at=Now())
        tell_of_release([one.pk for one in moving])
    else:
        rows.update(state=move.to)
    CurationEvent.objects.bulk_create(
        CurationEvent(
            subject="recommendation",
            subject_id=one.pk,
            kind=move.event,
            actor_id=by.pk,
            data={"from": one.state, "to": str(move.to)},
        )
        for one in moving
    )
