"""One side of a snapshot laid out for matrix products: float32, kind by kind, only who may be listed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import (
    BUDGET_BANDS,
    CAUSES,
    CRITERIA,
    HORIZONS,
    KINDS,
    MEASURES,
    PARTNERSHIP_TYPES,
    STAGES,
)
from matchmaking.engine.sides import NO_SIZE, Bools, Side
from matchmaking.engine.snapshot import Snapshot

Singles = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# Columns of a matrix are padded with zeros to a multiple of this: whole registers in a matrix product.
_WIDTH = 16
# Lists take most entries where the best come last. Multiples of the golden ratio scatter rows evenly (Knuth,
# The Art of Computer Programming 3, section 6.4), after which the expected number of entries is logarithmic.
_SCATTER = np.uint64(0x9E37_79B9_7F4A_7C15)


class Packed(NamedTuple):
    """The organizations of one side that fail no constraint by themselves, kind after kind, shuffled within.

    `row` is each one's row in the `Side`; those of kind k are `starts[k]` to `starts[k + 1]`. Per
    organization and pair the sums that scoring needs are products of rows: `needs` (of the one) with `offers`
    (smoothed, of the other), `challenges` and `statements` with themselves, `gives` (as seeker, weights
    inside) with `has` (as candidate) for criteria that are tables, and `asks` (as seeker, weights inside)
    with `knows` (as candidate) for the weights of what is known. `root` and `inverse` (2 measures, n) are the
    cube root of the size and its inverse, 0 in the other measure. `refuses` (3 kinds, n) marks whom an
    organization refuses, `barred` (words, n) the jurisdiction groups it stands in, a bit each. Whom else it
    must not be paired with are `forbidden[forbidden_from[r]:forbidden_from[r + 1]]`, by place on the other
    side.
    """

    row: Rows
    starts: Rows
    needs: Singles
    offers: Singles
    challenges: Singles
    statements: Singles
    gives: Singles
    has: Singles
    asks: Singles
    knows: Singles
    root: Singles
    inverse: Singles
    measure: npt.NDArray[np.int8]
    refuses: Bools
    barred: npt.NDArray[np.uint64]
    forbidden: npt.NDArray[np.int32]
    forbidden_from: Rows


def pack(snapshot: Snapshot, start: int, stop: int) -> tuple[Packed, Packed]:
    """The US rows [start, stop), and all Chinese ones."""
    us, cn = _order(snapshot.us, start, stop), _order(snapshot.cn, 0, len(snapshot.cn))
    pairs = _places(us, len(snapshot.us))[snapshot.pair_us], _places(cn, len(snapshot.cn))[snapshot.pair_cn]
    both = (pairs[0] >= 0) & (pairs[1] >= 0)
    one, other = pairs[0][both], pairs[1][both]
    return (
        _pack(snapshot.us, us, snapshot.barred_us, one, other),
        _pack(snapshot.cn, cn, snapshot.barred_cn, other, one),
    )


def taken(packed: Packed, places: Rows) -> Packed:
    """Some organizations of one kind by their places, in that order."""
    lengths = np.diff(packed.forbidden_from)[places]
    listed = [packed.forbidden[packed.forbidden_from[p] : packed.forbidden_from[p + 1]] for p in places]
    by_row = {name: getattr(packed, name)[places] for name in _BY_ROW}
    by_column = {name: getattr(packed, name)[:, places] for name in _BY_COLUMN}
    return Packed(
        **by_row,
        **by_column,
        starts=np.array([0, len(places)], dtype=np.int64),
        forbidden=np.concatenate([packed.forbidden[:0], *listed]),
        forbidden_from=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


_BY_COLUMN = ("root", "inverse", "refuses", "barred")
_BY_ROW = tuple(
    name for name in Packed._fields if name not in {*_BY_COLUMN, "starts", "forbidden", "forbidden_from"}
)


def _order(side: Side, start: int, stop: int) -> Rows:
    """Who of these rows fails no constraint by itself: kind after kind, shuffled within."""
    free = np.flatnonzero(side.cause_alone[start:stop] == len(CAUSES)) + start
    order: Rows = free[np.lexsort((free.astype(np.uint64) * _SCATTER, side.kind[free]))]
    return order


def _places(order: Rows, count: int) -> Rows:
    """The place of each of `count` rows in an order, -1 where it has none."""
    places = np.full(count, -1, dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def _pack(side: Side, row: Rows, groups: Bools, one: Rows, other: Rows) -> Packed:
    by_place = np.lexsort((other, one))
    part = side.take(row)
    gives, has = _tables(part)
    asks, knows = _known(part)
    sized = np.stack([part.measure == measure for measure in range(len(MEASURES))])
    return Packed(
        row=row,
        starts=np.searchsorted(part.kind, np.arange(len(KINDS) + 1)).astype(np.int64),
        needs=_padded(part.needs / 3.0),
        offers=_padded(part.smoothed / 3.0),
        challenges=_padded(part.challenges),
        statements=_padded(part.statements),
        gives=gives,
        has=has,
        asks=asks,
        knows=knows,
        root=np.where(sized, part.cube_root, 0.0).astype(np.float32),
        inverse=np.where(sized, 1.0 / part.cube_root, 0.0).astype(np.float32),
        measure=part.measure,
        refuses=np.stack([(part.refuses >> kind & 1).astype(np.bool_) for kind in range(len(KINDS))]),
        barred=_words(groups[:, row]),
        forbidden=other[by_place].astype(np.int32),
        forbidden_from=np.searchsorted(one[by_place], np.arange(len(row) + 1)).astype(np.int64),
    )


def _padded(columns: npt.NDArray[np.floating]) -> Singles:
    wide = -len(columns.T) % _WIDTH
    return np.ascontiguousarray(np.pad(columns, ((0, 0), (0, wide))), dtype=np.float32)


def _words(groups: Bools) -> npt.NDArray[np.uint64]:
    """64 groups a word, shape (words, n); no word where there are no groups."""
    words = np.zeros((-(-len(groups) // 64), groups.shape[1]), dtype=np.uint64)
    for number, members in enumerate(groups):
        words[number // 64] |= members.astype(np.uint64) << np.uint64(number % 64)
    return words


def _one_hot(places: npt.NDArray[np.int8], count: int) -> npt.NDArray[np.float64]:
    return np.asarray(places[:, None] == np.arange(count), dtype=np.float64)


def _bits(masks: npt.NDArray[np.unsignedinteger], count: int) -> npt.NDArray[np.float64]:
    return np.asarray(masks[:, None] >> np.arange(count).astype(masks.dtype) & 1, dtype=np.float64)


def _tables(side: Side) -> tuple[Singles, Singles]:
    """What each criterion that is a table gives a seeker, and which of its places a candidate has."""
    weight = dict(zip(CRITERIA, side.scale.weights[side.kind].T[:, :, None], strict=True))
    ones = np.ones((len(side), 1))
    sets = np.arange(1, 4)
    sized = (side.measure != NO_SIZE)[:, None]
    stated = np.maximum(1, np.bitwise_count(side.types))[:, None]
    trust = side.trust[:, None]
    parts = [
        (weight["reach"] * ones, np.where(sized, side.reach[:, None], 0.0)),
        (weight["trust"] * ones, np.where(np.isnan(trust), 0.0, trust)),
        (weight["wanted_kinds"] * _bits(side.seeks, len(KINDS)), _one_hot(side.kind, len(KINDS))),
        (
            weight["partnership_types"] * _bits(side.types, len(PARTNERSHIP_TYPES)) / stated,
            _bits(side.types, len(PARTNERSHIP_TYPES)),
        ),
        (
            weight["language"] * ((side.languages[:, None] & sets) != 0),
            (side.languages[:, None] == sets).astype(np.float64),
        ),
    ]
    for name, order in (("stage", STAGES), ("horizon", HORIZONS), ("budget", BUDGET_BANDS)):
        place = getattr(side, name)
        steps = np.abs(place[:, None].astype(np.float64) - np.arange(len(order)))
        near = np.where((place >= 0)[:, None], np.maximum(0.0, 1.0 - steps / 2.0), 0.0)
        parts.append((weight[name] * near, _one_hot(place, len(order))))
    gives, has = (np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True))
    return _padded(gives), _padded(has)


def _known(side: Side) -> tuple[Singles, Singles]:
    """Of each criterion a seeker's weight where its own part is stated, and whether a candidate's is.

    Scale takes two columns: it is known where both are measured in people, or both in staff.
    """
    weight = dict(zip(CRITERIA, side.scale.weights[side.kind].T, strict=True))
    always = np.ones(len(side), dtype=np.bool_)
    stated = side.has_need | side.has_offer
    parts = [
        ("needs_met", side.has_need, side.has_offer),
        ("offers_wanted", side.has_offer, side.has_need),
        ("shared_challenges", stated, stated),
        ("reach", always, side.measure != NO_SIZE),
        *(("scale", side.measure == m, side.measure == m) for m in range(len(MEASURES))),
        ("text", side.has_text, side.has_text),
        ("wanted_kinds", side.seeks != 0, always),
        ("partnership_types", side.types != 0, side.types != 0),
        ("stage", side.stage >= 0, side.stage >= 0),
        ("horizon", side.horizon >= 0, side.horizon >= 0),
        ("budget", side.budget >= 0, side.budget >= 0),
        ("language", side.languages != 0, side.languages != 0),
        ("trust", always, ~np.isnan(side.trust)),
    ]
    asks = np.stack([weight[name] * seeker for name, seeker, _ in parts], axis=1)
    knows = np.stack([candidate.astype(np.float64) for _, _, candidate in parts], axis=1)
    return _padded(asks), _padded(knows)
