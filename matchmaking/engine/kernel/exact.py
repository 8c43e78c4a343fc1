"""Scores of listed pairs, compiled: the formulas of `scoring` in their order, so bit by bit its numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.embedder import GRID
from matchmaking.engine.kernel.compiled import allocating, exactly, fetch
from matchmaking.engine.names import FUSIONS
from matchmaking.engine.sides import Floats, Side

# One organization, side by side in memory: what its pairs read at the same time.
FACTS = np.dtype(
    [
        ("cube_root", "f8"),
        ("reach", "f8"),
        ("trust", "f8"),
        ("types", "u4"),
        ("kind", "i1"),
        ("measure", "i1"),
        ("seeks", "u1"),
        ("languages", "u1"),
        ("stage", "i1"),
        ("horizon", "i1"),
        ("budget", "i1"),
        ("has_need", "?"),
        ("has_offer", "?"),
        ("has_text", "?"),
        ("trusted", "?"),
    ],
    align=True,
)


class Facts(NamedTuple):
    """What an exact score reads of one side, in the order of its `Side`.

    `one` is a line of `FACTS` an organization. `needs` are in thirds, `offers` (smoothed) and `text` in steps
    of 2^-20. `stated` marks the topics of its challenges, a bit each in words of 64, and `challenges` are
    their parts of a cosine.
    """

    one: npt.NDArray[np.void]
    needs: npt.NDArray[np.int8]
    offers: npt.NDArray[np.int32]
    text: npt.NDArray[np.int32]
    stated: npt.NDArray[np.uint64]
    challenges: Floats


class Rules(NamedTuple):
    """What an exact score reads of the policy: weights (3 kinds, 13 criteria), the fusion by its number."""

    weights: Floats
    idf: Floats
    tau: float
    w0: float
    c0: float
    fusion: int
    text_floor: float


def facts_of(side: Side) -> Facts:
    one = np.zeros(len(side), dtype=FACTS)
    for name in set(FACTS.names or ()) - {"trusted"}:
        one[name] = getattr(side, name)
    one["trusted"] = ~np.isnan(side.trust)
    one["trust"] = np.where(one["trusted"], side.trust, 0.0)
    topics = (side.needs + side.offers) > 0
    stated = np.zeros((len(side), -(-topics.shape[1] // 64)), dtype=np.uint64)
    for topic in range(topics.shape[1]):
        stated[:, topic // 64] |= topics[:, topic].astype(np.uint64) << np.uint64(topic % 64)
    return Facts(
        one=one,
        needs=side.needs,
        offers=np.rint(side.smoothed / GRID).astype(np.int32),
        text=side.text,
        stated=stated,
        challenges=side.challenges,
    )


def rules_of(side: Side) -> Rules:
    policy = side.scale.policy
    return Rules(
        weights=side.scale.weights,
        idf=side.scale.idf,
        tau=policy.tau,
        w0=policy.w0,
        c0=policy.c0,
        fusion=FUSIONS.index(policy.fusion),
        text_floor=policy.text_floor,
    )


@exactly
def _answered(needs: Any, i: int, offers: Any, j: int) -> float:
    """P in whole numbers, so that it may be summed in any order."""
    total = np.int64(0)
    for topic in range(needs.shape[1]):
        total += np.int32(needs[i, topic]) * offers[j, topic]
    return total * GRID / 9.0


@exactly
def _place(bit: Any) -> Any:
    """The place of the one bit that is set: how many there are below it (Hacker's Delight, figure 5-2)."""
    mask = bit - np.uint64(1)
    mask = mask - ((mask >> np.uint64(1)) & np.uint64(0x5555555555555555))
    mask = (mask & np.uint64(0x3333333333333333)) + ((mask >> np.uint64(2)) & np.uint64(0x3333333333333333))
    mask = (mask + (mask >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((mask * np.uint64(0x0101010101010101)) >> np.uint64(56))


@exactly
def _shared(us: Any, i: int, cn: Any, j: int) -> float:
    """In the order of the topics; those that one of the two does not state would add an exact zero."""
    total = 0.0
    for word in range(us.stated.shape[1]):
        common = us.stated[i, word] & cn.stated[j, word]
        while common != 0:
            topic = 64 * word + _place(common & (~common + np.uint64(1)))
            total += us.challenges[i, topic] * cn.challenges[j, topic]
            common &= common - np.uint64(1)
    return min(1.0, total)


@exactly
def _text(one: Any, i: int, other: Any, j: int) -> float:
    """The cosine in whole numbers, so that it may be summed in any order."""
    total = np.int64(0)
    for k in range(one.shape[1]):
        total += np.int64(one[i, k]) * np.int64(other[j, k])
    return min(1.0, total * GRID**2)


@exactly
def _bits(mask: Any) -> Any:
    """How many of 32 bits are set (Hacker's Delight, figure 5-2)."""
    mask = mask - ((mask >> np.uint32(1)) & np.uint32(0x55555555))
    mask = (mask & np.uint32(0x33333333)) + ((mask >> np.uint32(2)) & np.uint32(0x33333333))
    mask = (mask + (mask >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
    return np.uint32(mask * np.uint32(0x01010101)) >> np.uint32(24)


@exactly
def _criteria(i: Any, j: Any, met: float, wanted: float, shared: float, text: float, to: Any, k: int) -> None:
    """Value and "known" (1 or 0) of each criterion, for seeker i and candidate j, in the order of `CRITERIA`.

    Into line k of `to`, twice as wide as there are criteria. No branches: what is known is as good as random.
    """
    to[k, 0], to[k, 13] = met, i.has_need & j.has_offer
    to[k, 1], to[k, 14] = wanted, i.has_offer & j.has_need
    to[k, 2], to[k, 15] = shared, (i.has_need | i.has_offer) & (j.has_need | j.has_offer)
    to[k, 3], to[k, 16] = j.reach, j.measure >= 0
    to[k, 4], to[k, 17] = min(1.0, j.cube_root / i.cube_root), (i.measure == j.measure) & (i.measure >= 0)
    to[k, 5], to[k, 18] = max(0.0, text), i.has_text & j.has_text
    to[k, 6], to[k, 19] = np.float64((i.seeks >> j.kind) & 1), i.seeks != 0
    to[k, 7] = np.float64(_bits(i.types & j.types)) / max(np.uint32(1), _bits(i.types))
    to[k, 20] = (i.types != 0) & (j.types != 0)
    to[k, 8], to[k, 21] = max(0.0, 1.0 - abs(i.stage - j.stage) / 2.0), (i.stage >= 0) & (j.stage >= 0)
    to[k, 9], to[k, 22] = (
        max(0.0, 1.0 - abs(i.horizon - j.horizon) / 2.0),
        (i.horizon >= 0) & (j.horizon >= 0),
    )
    to[k, 10], to[k, 23] = max(0.0, 1.0 - abs(i.budget - j.budget) / 2.0), (i.budget >= 0) & (j.budget >= 0)
    to[k, 11] = np.float64((i.languages & j.languages) != 0)
    to[k, 24] = (i.languages != 0) & (j.languages != 0)
    to[k, 12], to[k, 25] = j.trust, j.trusted


@exactly
def _affinity(criteria: Any, k: int, weights: Any, kind: int, w0: float, c0: float) -> float:
    """An unknown criterion adds an exact zero to both sums, as in the reference."""
    gained, weighed = w0 * c0, w0
    count = weights.shape[1]
    for number in range(count):
        known = criteria[k, count + number]
        gained += weights[kind, number] * criteria[k, number] * known
        weighed += weights[kind, number] * known
    return gained / weighed


@exactly
def _score(
    us: Any, i: int, cn: Any, j: int, rules: Any, to_us: Any, to_cn: Any, k: int
) -> tuple[float, float, float, bool]:
    """Score, both affinities and tie of a pair; values and "known" of its criteria into line k each.

    Single numbers are read by index: each slice would be an object to count, and there are a dozen a pair.
    """
    p, q = _answered(us.needs, i, cn.offers, j), _answered(cn.needs, j, us.offers, i)
    shared = _shared(us, i, cn, j)
    text = _text(us.text, i, cn.text, j)
    met, wanted = p / (p + rules.tau), q / (q + rules.tau)
    one, other = us.one[i], cn.one[j]
    _criteria(one, other, met, wanted, shared, text, to_us, k)
    _criteria(other, one, wanted, met, shared, text, to_cn, k)
    a = _affinity(to_us, k, rules.weights, one.kind, rules.w0, rules.c0)
    b = _affinity(to_cn, k, rules.weights, other.kind, rules.w0, rules.c0)
    by_text = one.has_text and other.has_text and text >= rules.text_floor
    tied = p > 0 or q > 0 or shared > 0 or by_text
    if rules.fusion == 0:
        return (2.0 * a * b / (a + b) if a + b > 0 else 0.0), a, b, tied
    if rules.fusion == 1:
        return np.sqrt(a * b), a, b, tied
    return min(a, b), a, b, tied


@exactly
def _fetch(facts: Any, row: int) -> None:
    """What a score reads of an organization, asked for a pair ahead: else half of the time is waiting."""
    fetch(facts.one, row)
    fetch(facts.needs, row)
    fetch(facts.offers, row)
    fetch(facts.text, row)
    fetch(facts.stated, row)
    fetch(facts.challenges, row)


@exactly
def _fetch_pair(us: Any, cn: Any, rows: Any, columns: Any, k: int) -> None:
    if k < len(rows):
        _fetch(us, rows[k])
        _fetch(cn, columns[k])


@allocating
def score_pairs(us: Any, cn: Any, rules: Any, rows: Any, columns: Any, out: Any) -> None:
    """Fill `out`: score, both affinities, tie (pairs), criteria of both sides (pairs, 13), NaN unknown."""
    score, us_affinity, cn_affinity, tied, us_criteria, cn_criteria = out
    count = us_criteria.shape[1]
    to_us, to_cn = np.empty((1, 2 * count)), np.empty((1, 2 * count))
    for k in range(len(rows)):
        _fetch_pair(us, cn, rows, columns, k + 1)
        score[k], us_affinity[k], cn_affinity[k], tied[k] = _score(
            us, rows[k], cn, columns[k], rules, to_us, to_cn, 0
        )
        for number in range(count):
            us_criteria[k, number] = to_us[0, number] if to_us[0, count + number] > 0 else np.nan
            cn_criteria[k, number] = to_cn[0, number] if to_cn[0, count + number] > 0 else np.nan


@allocating
def scores_and_ties(us: Any, cn: Any, rules: Any, rows: Any, columns: Any, score: Any, tied: Any) -> None:
    """The scores of listed pairs into `score`, and whether they have a topical tie into `tied`."""
    room, spare = np.empty((1, 2 * rules.weights.shape[1])), np.empty((1, 2 * rules.weights.shape[1]))
    for k in range(len(rows)):
        _fetch_pair(us, cn, rows, columns, k + 1)
        score[k], _a, _b, tied[k] = _score(us, rows[k], cn, columns[k], rules, room, spare, 0)


@exactly
def _key(score: float, fusion: int) -> float:
    return score * score if fusion == 1 else score


@allocating
def certify(
    lists: Any,
    first: int,
    last: int,
    own_row: Any,
    other_row: Any,
    us: Any,
    cn: Any,
    rules: Any,
    flipped: bool,
    error: float,
    out: Any,
) -> None:
    """Score the lists [first, last) exactly, order them by (-score, candidate's row) and cut them.

    What a list holds beyond K is scored as far as it may still come before the last of them.
    `out` takes candidates (by row, -1 none), scores (lists, K) and whether each list is proven: its last
    exact key lies above all that was left out, by more than keys can be off by. `flipped` where the seekers
    are Chinese.
    """
    keys, members, floors = lists
    candidates, scores, proven = out
    top_k = candidates.shape[1]
    room, spare = np.empty((1, 2 * rules.weights.shape[1])), np.empty((1, 2 * rules.weights.shape[1]))
    score, candidate = np.empty(members.shape[1]), np.empty(members.shape[1], np.int64)
    for row in range(first, last):
        count = 0
        for place in range(members.shape[1]):
            if members[row, place] < 0:
                break
            if count >= top_k:
                least = _key(score[top_k - 1], rules.fusion)
                if keys[row, place] < least - error:
                    break
            other = other_row[members[row, place]]
            if place + 1 < members.shape[1] and members[row, place + 1] >= 0:
                _fetch(us if flipped else cn, other_row[members[row, place + 1]])
            i, j = (other, own_row[row]) if flipped else (own_row[row], other)
            found = _score(us, i, cn, j, rules, room, spare, 0)[0]
            at = count
            while at > 0 and (
                score[at - 1] < found or (score[at - 1] == found and candidate[at - 1] > other)
            ):
                score[at], candidate[at] = score[at - 1], candidate[at - 1]
                at -= 1
            score[at], candidate[at] = found, other
            count += 1
        kept = min(count, top_k)
        for place in range(kept):
            candidates[row, place], scores[row, place] = candidate[place], score[place]
        if kept == top_k:
            proven[row] = _key(score[top_k - 1], rules.fusion) - error > floors[row]
        else:
            proven[row] = floors[row] < -1e29
