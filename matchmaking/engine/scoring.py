"""The score of a pair: criteria, affinities, fusion. One set of formulas, for blocks and for lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchmaking.engine.policy import Policy
from matchmaking.engine.sides import NO_SIZE, Bools, Floats, Side

Index = npt.NDArray[np.intp]
# Pairs scored at a time, and pairs whose vectors are multiplied at a time: what one step leaves should still
# be in the cache for the next.
_CHUNK = 8192
_VECTORS = 256


@dataclass(frozen=True)
class Products:
    """What needs both organizations' vectors, one value a pair, of seeker i and candidate j.

    `answered` is P = n_i . s_j, `answering` Q = n_j . s_i, `shared` and `text` are cosines.
    """

    answered: Floats
    answering: Floats
    shared: Floats
    text: Floats

    def reversed(self) -> Products:
        """The same pairs seen from the candidate."""
        return Products(self.answering, self.answered, self.shared, self.text)


@dataclass(frozen=True)
class Facts:
    """One value an organization, shaped so that seekers and candidates broadcast to pairs."""

    kind: npt.NDArray[np.int8]
    has_need: Bools
    has_offer: Bools
    measure: npt.NDArray[np.int8]
    cube_root: Floats
    reach: Floats
    has_text: Bools
    seeks: npt.NDArray[np.uint8]
    types: npt.NDArray[np.uint32]
    stage: Floats
    horizon: Floats
    budget: Floats
    languages: npt.NDArray[np.uint8]
    trust: Floats
    trust_known: Bools


def facts_of(side: Side, index: Index, shape: tuple[int, ...]) -> Facts:
    """Facts of the chosen organizations in a shape: (-1,) for lists of pairs, (-1, 1), (1, -1) for blocks."""
    trust = side.trust[index].reshape(shape)
    return Facts(
        kind=side.kind[index].reshape(shape),
        has_need=side.has_need[index].reshape(shape),
        has_offer=side.has_offer[index].reshape(shape),
        measure=side.measure[index].reshape(shape),
        cube_root=side.cube_root[index].reshape(shape),
        reach=side.reach[index].reshape(shape),
        has_text=side.has_text[index].reshape(shape),
        seeks=side.seeks[index].reshape(shape),
        types=side.types[index].reshape(shape),
        stage=side.stage[index].astype(np.float64).reshape(shape),
        horizon=side.horizon[index].astype(np.float64).reshape(shape),
        budget=side.budget[index].astype(np.float64).reshape(shape),
        languages=side.languages[index].reshape(shape),
        trust=np.where(np.isnan(trust), 0.0, trust),
        trust_known=~np.isnan(trust),
    )


def criteria(i: Facts, j: Facts, products: Products, tau: float) -> Iterator[tuple[Floats, Bools]]:
    """Value and "known" of each criterion in the order of `CRITERIA`, for seeker i and candidate j.

    Values are in [0,1] where known and finite where not. Every "known" is a product of one fact of i and one
    of j.
    """
    answered, answering = products.answered, products.answering
    yield answered / (answered + tau), i.has_need & j.has_offer
    yield answering / (answering + tau), i.has_offer & j.has_need
    yield products.shared, (i.has_need | i.has_offer) & (j.has_need | j.has_offer)
    yield j.reach, j.measure != NO_SIZE
    yield np.minimum(1.0, j.cube_root / i.cube_root), (i.measure == j.measure) & (i.measure != NO_SIZE)
    yield np.maximum(0.0, products.text), i.has_text & j.has_text
    yield ((i.seeks >> j.kind.astype(np.uint8)) & 1).astype(np.float64), i.seeks != 0
    stated = np.maximum(1, np.bitwise_count(i.types))
    yield np.bitwise_count(i.types & j.types) / stated, (i.types != 0) & (j.types != 0)
    for one, other in ((i.stage, j.stage), (i.horizon, j.horizon), (i.budget, j.budget)):
        yield np.maximum(0.0, 1.0 - np.abs(one - other) / 2.0), (one >= 0) & (other >= 0)
    yield ((i.languages & j.languages) != 0).astype(np.float64), (i.languages != 0) & (j.languages != 0)
    yield j.trust, j.trust_known


def affinity(
    values: Iterable[tuple[Floats, Bools]], weights: Floats, policy: Policy, shape: tuple[int, ...]
) -> Floats:
    """(w0*c0 + sum(w*c)) / (w0 + sum(w)) over the known criteria, added in their order.

    `weights` is the seekers' row of the policy, shape (13,) for one kind of seeker or (13, pairs).
    """
    gained = np.full(shape, policy.w0 * policy.c0)
    weighed = np.full(shape, policy.w0)
    for weight, (value, known) in zip(weights, values, strict=True):
        # An unknown criterion adds an exact zero to both sums: it leaves the mean.
        gained += weight * value * known
        weighed += weight * known
    means: Floats = gained / weighed
    return means


def fuse(a: Floats, b: Floats, fusion: str) -> Floats:
    """The reciprocal score of two affinities; the harmonic one after Pizzato et al., RECON (2010)."""
    if fusion == "harmonic":
        both = a + b
        return np.where(both > 0, 2.0 * a * b / np.where(both > 0, both, 1.0), 0.0)
    if fusion == "geometric":
        geometric: Floats = np.sqrt(a * b)
        return geometric
    return np.minimum(a, b)


def tied(products: Products, known_text: Bools, text_floor: float) -> Bools:
    """Whether a pair has a topical tie: without one it is never listed."""
    by_topic = (products.answered > 0) | (products.answering > 0) | (products.shared > 0)
    return by_topic | (known_text & (products.text >= text_floor))


def ordered_dot(one: Floats, other: Floats) -> Floats:
    """Row by row products of (pairs, n) arrays, added one by one from the first column to the last."""
    # accumulate, unlike sum, has one order of additions, whatever the width of the machine's registers.
    sums: Floats = np.add.accumulate(one * other, axis=1)[:, -1]
    return sums


def exact_dot(one: Floats, other: Floats) -> Floats:
    """Row by row products of (pairs, n) arrays on the 2^-20 grid: nothing is rounded, so no order matters.

    Levels times smoothed offers stay below 2^10 in steps of 2^-20; parts of unit statement vectors sum to
    less than 2^8 in steps of 2^-40: a float64 holds both whole.
    """
    sums: Floats = np.einsum("pn,pn->p", one, other)
    return sums


def _by_pair(
    dot: Callable[[Floats, Floats], Floats], one: Floats, other: Floats, at: Index, other_at: Index
) -> Floats:
    """`dot` of one[at[k]] and other[other_at[k]] for every k."""
    sums = np.zeros(len(at))
    if one.shape[1] and len(at):
        for start in range(0, len(at), _VECTORS):
            part = slice(start, start + _VECTORS)
            sums[part] = dot(one[at[part]], other[other_at[part]])
    return sums


def exact_products(us: Side, cn: Side, rows: Index, columns: Index) -> Products:
    """Products of listed pairs as they stand, exact or summed in topic order; US organizations seek."""
    return Products(
        answered=_by_pair(exact_dot, us.needs_thirds, cn.smoothed, rows, columns) / 9.0,
        answering=_by_pair(exact_dot, cn.needs_thirds, us.smoothed, columns, rows) / 9.0,
        shared=np.minimum(1.0, _by_pair(ordered_dot, us.challenges, cn.challenges, rows, columns)),
        text=np.minimum(1.0, _by_pair(exact_dot, us.statements, cn.statements, rows, columns)),
    )


def block_products(us: Side, cn: Side, rows: Index, columns: Index) -> Products:
    """Products of every pair of a block, shape (rows, columns), as matrix products: good to about 1e-14."""
    return Products(
        answered=us.needs_thirds[rows] @ cn.smoothed[columns].T / 9.0,
        answering=us.smoothed[rows] @ cn.needs_thirds[columns].T / 9.0,
        shared=np.minimum(1.0, us.challenges[rows] @ cn.challenges[columns].T),
        text=np.minimum(1.0, us.statements[rows] @ cn.statements[columns].T),
    )


@dataclass(frozen=True)
class PairScores:
    """Final numbers of listed pairs, one an entry; the criteria (pairs, 13) are NaN where unknown."""

    score: Floats
    us_affinity: Floats
    cn_affinity: Floats
    us_criteria: Floats
    cn_criteria: Floats
    tied: Bools


def score_pairs(us: Side, cn: Side, rows: Index, columns: Index) -> PairScores:
    """Score the pairs (rows[k], columns[k]) in float64 and in the fixed order: the numbers that stand.

    They do not depend on which other pairs are scored with them.
    """
    parts = [
        _score_chunk(us, cn, rows[start : start + _CHUNK], columns[start : start + _CHUNK])
        for start in range(0, max(1, len(rows)), _CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    return PairScores(*(np.concatenate([getattr(part, name) for part in parts]) for name in _SCORE_FIELDS))


_SCORE_FIELDS = tuple(PairScores.__dataclass_fields__)


def _score_chunk(us: Side, cn: Side, rows: Index, columns: Index) -> PairScores:
    policy = us.scale.policy
    table = us.scale.weights
    products = exact_products(us, cn, rows, columns)
    i, j = facts_of(us, rows, (-1,)), facts_of(cn, columns, (-1,))
    us_values = list(criteria(i, j, products, policy.tau))
    cn_values = list(criteria(j, i, products.reversed(), policy.tau))
    a = affinity(us_values, table[us.kind[rows]].T, policy, rows.shape)
    b = affinity(cn_values, table[cn.kind[columns]].T, policy, rows.shape)
    return PairScores(
        score=fuse(a, b, policy.fusion),
        us_affinity=a,
        cn_affinity=b,
        us_criteria=np.stack([np.where(known, value, np.nan) for value, known in us_values], axis=1),
        cn_criteria=np.stack([np.where(known, value, np.nan) for value, known in cn_values], axis=1),
        tied=tied(products, i.has_text & j.has_text, policy.text_floor),
    )


def block_scores(us: Side, cn: Side, rows: Index, columns: Index) -> tuple[Floats, Bools]:
    """Approximate reciprocal scores and ties of a block whose rows are of one kind, and its columns of one.

    The ties are exact: every term of the topical products is at least zero, and those of the text are whole
    multiples of 2^-40 whose sums a float64 holds without rounding.
    """
    policy = us.scale.policy
    table = us.scale.weights
    products = block_products(us, cn, rows, columns)
    i, j = facts_of(us, rows, (-1, 1)), facts_of(cn, columns, (1, -1))
    shape = (len(rows), len(columns))
    a = affinity(criteria(i, j, products, policy.tau), table[us.kind[rows[0]]], policy, shape)
    b = affinity(criteria(j, i, products.reversed(), policy.tau), table[cn.kind[columns[0]]], policy, shape)
    return fuse(a, b, policy.fusion), tied(products, i.has_text & j.has_text, policy.text_floor)
