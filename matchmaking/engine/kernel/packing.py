"""One side of a snapshot laid out for matrix products: float32, kind by kind, only who may be listed."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import CAUSES, CRITERIA, KINDS, MEASURES
from matchmaking.engine.sides import NO_SIZE, Bools, Side
from matchmaking.engine.snapshot import Snapshot

Singles = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# Below every key: a pair that must not be listed. Added to a key, it takes that below all as well.
NEVER: Final = np.float32(-1e30)

# Places of an organization that states none, one for each country: too far from any to be near.
_NOWHERE = {"US": -100.0, "CN": 100.0}


class Packed(NamedTuple):
    """The organizations of one side that fail no constraint by themselves, kind after kind, best first.

    `row` is each one's row in the `Side`; those of kind k are `starts[k]` to `starts[k + 1]`. What a pair
    needs of the first matrices are products of rows: `needs` (of the one) with `offers` (smoothed, of the
    other), `challenges` and `statements` with themselves, `asks` (as seeker, weights inside) with `knows` (as
    candidate) for the weights of what is known. `stands` (3 kinds, n) is what an organization gives a seeker
    of that kind by reach and trust, `wants` (3 kinds, n) what it gains from a candidate of that kind for its
    kind, both with weights. `types` are bits and `per_type` the worth of each; `places` (3, n) are those in
    the orders of stages, horizons and budgets. `root` and `inverse` (2 measures, n) are the cube root of the
    size and its inverse, 0 in the other measure. `refusals` (3 kinds, n) are added to keys: NEVER where it
    refuses that kind. `barred` (words, n) are the jurisdiction groups it stands in, a bit each. Whom else it
    must not be paired with are `forbidden[forbidden_from[r]:forbidden_from[r + 1]]`, by place on the other
    side.
    """

    row: Rows
    starts: Rows
    needs: Singles
    offers: Singles
    challenges: Singles
    statements: Singles
    asks: Singles
    knows: Singles
    stands: Singles
    wants: Singles
    types: npt.NDArray[np.uint32]
    per_type: Singles
    places: Singles
    languages: npt.NDArray[np.uint32]
    root: Singles
    inverse: Singles
    measure: npt.NDArray[np.int8]
    refusals: Singles
    barred: npt.NDArray[np.uint64]
    forbidden: npt.NDArray[np.int32]
    forbidden_from: Rows


def pack(snapshot: Snapshot, start: int, stop: int) -> tuple[Packed, Packed]:
    """The US rows [start, stop), and all Chinese ones."""
    us = _packed(snapshot.us, start, stop, snapshot.barred_us, _NOWHERE["US"])
    cn = _packed(snapshot.cn, 0, len(snapshot.cn), snapshot.barred_cn, _NOWHERE["CN"])
    us, cn = taken(us, _best_first(us, cn, snapshot.us)), taken(cn, _best_first(cn, us, snapshot.cn))
    one = places(us, len(snapshot.us))[snapshot.pair_us]
    other = places(cn, len(snapshot.cn))[snapshot.pair_cn]
    both = (one >= 0) & (other >= 0)
    return _forbidding(us, one[both], other[both]), _forbidding(cn, other[both], one[both])


def taken(packed: Packed, order: Rows) -> Packed:
    """Some organizations by their places, in that order; `starts` stay."""
    lengths = np.diff(packed.forbidden_from)[order]
    forbidden_from = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    # Where the entries of each stand that now begin at `forbidden_from`.
    listed = np.arange(forbidden_from[-1])
    listed += np.repeat(packed.forbidden_from[order] - forbidden_from[:-1], lengths)
    arrays = {name: np.take(getattr(packed, name), order, axis=axis) for name, axis in _AXES.items()}
    return packed._replace(
        **arrays,
        forbidden=packed.forbidden[listed],
        forbidden_from=forbidden_from,
    )


def chosen_of(packed: Packed, places: Rows) -> Packed:
    """Those at these places, each once and in their order; -1 is nobody."""
    order = np.unique(places[places >= 0])
    return taken(packed, order)._replace(starts=np.searchsorted(order, packed.starts).astype(np.int64))


_BY_COLUMN = {"stands", "wants", "places", "root", "inverse", "refusals", "barred"}
_AXES = {
    name: int(name in _BY_COLUMN)
    for name in Packed._fields
    if name not in {"starts", "forbidden", "forbidden_from"}
}


def _packed(side: Side, start: int, stop: int, groups: Bools, nowhere: float) -> Packed:
    """Who of these rows fails no constraint by itself, kind after kind, not yet in order."""
    row = np.flatnonzero(side.cause_alone[start:stop] == len(CAUSES)) + start
    row = row[np.argsort(side.kind[row], kind="stable")]
    part = side.take(row)
    asks, knows = _known(part)
    sized = np.stack([part.measure == measure for measure in range(len(MEASURES))])
    weight = {name: part.scale.weights[:, number] for number, name in enumerate(CRITERIA)}
    reach = np.where(part.measure == NO_SIZE, 0.0, part.reach)
    trust = np.where(np.isnan(part.trust), 0.0, part.trust)
    sought = np.stack([part.seeks >> kind & 1 for kind in range(len(KINDS))])
    places = np.stack([part.stage, part.horizon, part.budget])
    return Packed(
        row=row,
        starts=np.searchsorted(part.kind, np.arange(len(KINDS) + 1)).astype(np.int64),
        needs=_singles(part.needs / 3.0),
        offers=_singles(part.smoothed / 3.0),
        challenges=_singles(part.challenges),
        statements=_singles(part.statements),
        asks=asks,
        knows=knows,
        stands=_singles(np.outer(weight["reach"], reach) + np.outer(weight["trust"], trust)),
        wants=_singles(weight["wanted_kinds"][part.kind] * sought),
        types=part.types,
        per_type=_singles(
            np.where(
                part.types == 0,
                0.0,
                weight["partnership_types"][part.kind] / np.maximum(1, np.bitwise_count(part.types)),
            )
        ),
        places=_singles(np.where(places < 0, nowhere, places)),
        languages=part.languages.astype(np.uint32),
        root=_singles(np.where(sized, part.cube_root, 0.0)),
        inverse=_singles(np.where(sized, 1.0 / part.cube_root, 0.0)),
        measure=part.measure,
        refusals=np.stack([(part.refuses >> kind & 1) * NEVER for kind in range(len(KINDS))]),
        barred=_words(groups[:, row]),
        forbidden=np.zeros(0, dtype=np.int32),
        forbidden_from=np.zeros(len(row) + 1, dtype=np.int64),
    )


def _singles(columns: npt.NDArray[np.floating]) -> Singles:
    return np.ascontiguousarray(columns, dtype=np.float32)


def _best_first(own: Packed, other: Packed, side: Side) -> Rows:
    """Within each kind, first who would do best with the other side's average organization.

    Lists that meet good candidates early turn the later ones away at a glance.
    """
    policy, weights = side.scale.policy, side.scale.weights.mean(axis=0)
    weight = dict(zip(CRITERIA, weights, strict=True))

    def average(columns: Singles) -> Singles:
        return _singles(columns.sum(axis=0, dtype=np.float64) / max(1, len(columns)))

    met, wanted = (
        product / (product + policy.tau)
        for product in (own.offers @ average(other.needs), own.needs @ average(other.offers))
    )
    text = np.maximum(0.0, own.statements @ average(other.statements))
    shared = own.challenges @ average(other.challenges)
    both = policy.w0 * policy.c0 + weight["shared_challenges"] * shared + weight["text"] * text
    gained = both + weight["needs_met"] * met + weight["offers_wanted"] * wanted + own.stands.mean(axis=0)
    back = both + weight["needs_met"] * wanted + weight["offers_wanted"] * met
    a = gained / (policy.w0 + own.knows @ average(other.asks))
    b = back / (policy.w0 + own.asks @ average(other.knows))
    order: Rows = np.lexsort((-a * b / (a + b + 1e-30), side.kind[own.row]))
    return order


def places(packed: Packed, count: int) -> Rows:
    """The place of each of a side's `count` rows, -1 where it has none."""
    places = np.full(count, -1, dtype=np.int64)
    places[packed.row] = np.arange(len(packed.row))
    return places


def _forbidding(packed: Packed, one: Rows, other: Rows) -> Packed:
    """With the pairs of places (one[k], other[k]) forbidden."""
    order = np.lexsort((other, one))
    starts = np.searchsorted(one[order], np.arange(len(packed.row) + 1)).astype(np.int64)
    return packed._replace(forbidden=other[order].astype(np.int32), forbidden_from=starts)


def _words(groups: Bools) -> npt.NDArray[np.uint64]:
    """64 groups a word, shape (words, n); no word where there are no groups."""
    words = np.zeros((-(-len(groups) // 64), groups.shape[1]), dtype=np.uint64)
    for number, members in enumerate(groups):
        words[number // 64] |= members.astype(np.uint64) << np.uint64(number % 64)
    return words


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
    return _singles(asks), _singles(knows)
