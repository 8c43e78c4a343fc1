"""Why a pair scores what it scores: shares that add up to the affinities, and reasons that name their facts.

The facts of a reason, all JSON-able, the reader being the party whose affinity is explained:

- needs_met and offers_wanted: `stated`, the number of needs of the needing party, and `topics`, by falling
  share, each with `topic` (the need), `priority`, `offer` (the topic of the offer that answers it),
  `maturity`, `direct` (false where the offer is a sibling of the same challenge area) and `share` of the
  criterion's.
- shared_challenges: `topics`, by falling share, each with `topic`, `share` and for `reader` and `other` the
  `priority` and `maturity` stated (null where not); `reader_stated` and `other_stated`, numbers of topics.
- reach: `other`, a size. scale: `reader` and `other`, sizes, and `ratio`, other's over the reader's. A size
  is `measure` (people or staff), `size` and `band` (null for people).
- text: `cosine`. wanted_kinds: `kind`. partnership_types: `shared` and `stated`, the reader's.
- stage, horizon, budget: `reader`, `other`, `steps` apart. language: `shared`.
- trust: `verified_evidence`, `released`, `answered`, `days_since_confirmed` (null where not known).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matchmaking.engine.constraints import pair_cause
from matchmaking.engine.effects import with_effects
from matchmaking.engine.explanation import (
    CriterionShare,
    Explanation,
    Reason,
    SideExplanation,
)
from matchmaking.engine.names import (
    BUDGET_BANDS,
    CRITERIA,
    HORIZONS,
    KINDS,
    LANGUAGES,
    MEASURES,
    PARTNERSHIP_TYPES,
    SIZE_BANDS,
    STAGES,
)
from matchmaking.engine.scoring import score_pairs
from matchmaking.engine.sides import UNKNOWN, Side, words_of
from matchmaking.engine.snapshot import Snapshot


@dataclass(frozen=True)
class Organization:
    """One row of one side."""

    side: Side
    row: int

    def stated(self, field: str) -> int:
        """The stored number of a field."""
        return int(getattr(self.side, field)[self.row])

    def words(self, field: str, vocabulary: tuple[str, ...]) -> list[str]:
        return words_of(self.stated(field), vocabulary)


def explain(snapshot: Snapshot, seeker_id: int, candidate_id: int, *, effects: bool = False) -> Explanation:
    """Explain a pair of organization ids, excluded or not, from the snapshot alone.

    Raises KeyError for an id that is not in the snapshot and ValueError for two parties of one country.
    """
    (country, at), (other_country, other_at) = snapshot.locate(seeker_id), snapshot.locate(candidate_id)
    if country == other_country:
        raise ValueError(f"organizations {seeker_id} and {candidate_id} are of one country")
    row, column = (at, other_at) if country == "US" else (other_at, at)
    numbers = score_pairs(snapshot.us, snapshot.cn, np.array([row]), np.array([column]))
    us, cn = Organization(snapshot.us, row), Organization(snapshot.cn, column)
    of_us = _explain_side(snapshot, us, cn, numbers.us_criteria[0], float(numbers.us_affinity[0]))
    of_cn = _explain_side(snapshot, cn, us, numbers.cn_criteria[0], float(numbers.cn_affinity[0]))
    explanation = Explanation(
        seeker_id=int(seeker_id),
        candidate_id=int(candidate_id),
        score=float(numbers.score[0]),
        excluded=pair_cause(snapshot, row, column),
        tied=bool(numbers.tied[0]),
        seeker=of_us if country == "US" else of_cn,
        candidate=of_cn if country == "US" else of_us,
        effects=(),
    )
    return with_effects(snapshot, explanation) if effects else explanation


def _explain_side(
    snapshot: Snapshot,
    reader: Organization,
    other: Organization,
    values: npt.NDArray[np.float64],
    affinity: float,
) -> SideExplanation:
    policy = snapshot.policy
    weights = policy.weights[KINDS[reader.stated("kind")]]
    known = {name: float(value) for name, value in zip(CRITERIA, values, strict=True) if value == value}
    weighed = policy.w0
    for name in known:
        weighed += weights[name]
    shares = {name: weights[name] * value / weighed for name, value in known.items()}
    facts = {name: _FACTS[name](reader, other, known[name]) for name, share in shares.items() if share > 0}
    criteria = tuple(
        CriterionShare(
            criterion=name,
            value=known.get(name),
            weight=weights[name],
            share=shares.get(name, 0.0),
            known=name in known,
        )
        for name in CRITERIA
    )
    told = [Reason(n, shares[n], facts[n]) for n in known if shares[n] > policy.reason_floor]
    # Sorting is stable: equal shares keep the order of the criteria.
    reasons = tuple(sorted(told, key=lambda reason: -reason.share))
    return SideExplanation(affinity, policy.w0 * policy.c0 / weighed, criteria, reasons)


def _needs_met(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    return _answered_needs(reader, other)


def _offers_wanted(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    return _answered_needs(other, reader)


def _answered_needs(needing: Organization, offering: Organization) -> dict[str, Any]:
    """Which needs are answered, by which offers; topic t carries n[t] * s[t] / P."""
    scale = needing.side.scale
    needs, offers = needing.side.needs[needing.row], offering.side.offers[offering.row]
    smoothed = offering.side.smoothed[offering.row]
    products = needs * smoothed
    total = float(np.add.accumulate(products)[-1])
    best: dict[str, int] = {}
    for offer in np.flatnonzero(offers).tolist():
        # The best offer of each area, the first of equals.
        if offers[offer] > offers[best.setdefault(scale.areas[offer], offer)]:
            best[scale.areas[offer]] = offer
    topics: list[dict[str, Any]] = []
    for topic in np.flatnonzero(products).tolist():
        direct = bool(offers[topic] >= smoothed[topic])
        offer = topic if direct else best[scale.areas[topic]]
        topics.append(
            {
                "topic": scale.topics[topic],
                "priority": int(needs[topic]),
                "offer": scale.topics[offer],
                "maturity": int(offers[offer]),
                "direct": direct,
                "share": float(products[topic]) / total,
            }
        )
    topics.sort(key=lambda fact: -fact["share"])
    return {"stated": int(np.count_nonzero(needs)), "topics": topics}


def _shared_challenges(reader: Organization, other: Organization, cosine: float) -> dict[str, Any]:
    topics: list[dict[str, Any]] = []
    products = reader.side.challenges[reader.row] * other.side.challenges[other.row]
    for topic in np.flatnonzero(products).tolist():
        levels = {
            party: {
                "priority": int(organization.side.needs[organization.row, topic]) or None,
                "maturity": int(organization.side.offers[organization.row, topic]) or None,
            }
            for party, organization in (("reader", reader), ("other", other))
        }
        share = float(products[topic]) / cosine
        topics.append({"topic": reader.side.scale.topics[topic], "share": share, **levels})
    topics.sort(key=lambda fact: -fact["share"])
    return {"topics": topics, "reader_stated": _stated_topics(reader), "other_stated": _stated_topics(other)}


def _stated_topics(organization: Organization) -> int:
    side, row = organization.side, organization.row
    return int(np.count_nonzero(side.needs[row] + side.offers[row]))


def _size(organization: Organization) -> dict[str, Any]:
    band = organization.stated("band")
    return {
        "measure": MEASURES[organization.stated("measure")],
        "size": organization.stated("size"),
        "band": None if band == UNKNOWN else SIZE_BANDS[band],
    }


def _reach(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    return {"other": _size(other)}


def _scale(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    ratio = other.stated("size") / reader.stated("size")
    return {"reader": _size(reader), "other": _size(other), "ratio": ratio}


def _text(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    return {"cosine": value}


def _wanted_kinds(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    return {"kind": KINDS[other.stated("kind")]}


def _partnership_types(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    stated = reader.words("types", PARTNERSHIP_TYPES)
    offered = other.words("types", PARTNERSHIP_TYPES)
    return {"shared": [word for word in stated if word in offered], "stated": stated}


def _steps(
    field: str, order: tuple[str, ...], reader: Organization, other: Organization, value: float
) -> dict[str, Any]:
    one, two = reader.stated(field), other.stated(field)
    return {"reader": order[one], "other": order[two], "steps": abs(one - two)}


def _languages(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    return {"shared": words_of(reader.stated("languages") & other.stated("languages"), LANGUAGES)}


def _trust(reader: Organization, other: Organization, value: float) -> dict[str, Any]:
    evidence, released, answered, days = other.side.trust_facts[other.row].tolist()
    return {
        "verified_evidence": evidence,
        "released": released,
        "answered": answered,
        "days_since_confirmed": None if days == UNKNOWN else days,
    }


_FACTS: Final[Mapping[str, Callable[[Organization, Organization, float], dict[str, Any]]]] = {
    "needs_met": _needs_met,
    "offers_wanted": _offers_wanted,
    "shared_challenges": _shared_challenges,
    "reach": _reach,
    "scale": _scale,
    "text": _text,
    "wanted_kinds": _wanted_kinds,
    "partnership_types": _partnership_types,
    "stage": partial(_steps, "stage", STAGES),
    "horizon": partial(_steps, "horizon", HORIZONS),
    "budget": partial(_steps, "budget", BUDGET_BANDS),
    "language": _languages,
    "trust": _trust,
}
