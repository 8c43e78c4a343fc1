"""The loops over pairs, compiled: approximate keys of a block in float32, and what of it may enter a list.

A key orders pairs as the reciprocal score does: it is the score itself, and its square where the fusion is
geometric. Each loop is small and alone in its function, because only then does the compiler use the wide
registers: one loop over all the arrays takes seven times as long.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from matchmaking.engine.kernel.compiled import exactly, roughly
from matchmaking.engine.kernel.packing import NEVER

_LISTABLE: Final = np.float32(-1e29)
# Pairs looked at together when most of them enter no list.
_CHUNK: Final = 32


@roughly
def _answers(p: Any, q: Any, gained_a: Any, gained_b: Any, weights: Any) -> None:
    """Needs met and offers wanted, and the base: one division for both."""
    tau, base = weights[0, 0], weights[1, 0]
    met_a, wanted_a, met_b, wanted_b = weights[0, 1], weights[0, 2], weights[1, 1], weights[1, 2]
    for j in range(len(gained_a)):
        over = np.float32(1.0) / ((p[j] + tau) * (q[j] + tau))
        met, wanted = p[j] * (q[j] + tau) * over, q[j] * (p[j] + tau) * over
        gained_a[j] = base + met_a * met + wanted_a * wanted
        gained_b[j] = base + met_b * wanted + wanted_b * met


@roughly
def _cosines(h: Any, x: Any, gained_a: Any, gained_b: Any, weights: Any) -> None:
    shared_a, text_a, shared_b, text_b = weights[0, 3], weights[0, 4], weights[1, 3], weights[1, 4]
    zero = np.float32(0.0)
    for j in range(len(gained_a)):
        text = max(zero, x[j])
        gained_a[j] += shared_a * h[j] + text_a * text
        gained_b[j] += shared_b * h[j] + text_b * text


@roughly
def _scales(
    root: Any, inverse: Any, own_root: Any, own_inverse: Any, gained_a: Any, gained_b: Any, weights: Any
) -> None:
    scale_a, scale_b, one = weights[0, 5], weights[1, 5], np.float32(1.0)
    for j in range(len(gained_a)):
        to_a, to_b = root[j] * own_inverse, inverse[j] * own_root
        gained_a[j] += scale_a * (min(one, to_a))
        gained_b[j] += scale_b * (min(one, to_b))


@roughly
def _nearness(
    stages: Any, horizons: Any, budgets: Any, own: Any, gained_a: Any, gained_b: Any, weights: Any
) -> None:
    """Stage, horizon and budget: half as much a step apart, nothing from two on."""
    stage, horizon, budget = own
    stage_a, horizon_a, budget_a = weights[0, 6], weights[0, 7], weights[0, 8]
    stage_b, horizon_b, budget_b = weights[1, 6], weights[1, 7], weights[1, 8]
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    for j in range(len(gained_a)):
        by_stage = one - half * abs(stages[j] - stage)
        by_horizon = one - half * abs(horizons[j] - horizon)
        by_budget = one - half * abs(budgets[j] - budget)
        by_stage = max(zero, by_stage)
        by_horizon = max(zero, by_horizon)
        by_budget = max(zero, by_budget)
        gained_a[j] += stage_a * by_stage + horizon_a * by_horizon + budget_a * by_budget
        gained_b[j] += stage_b * by_stage + horizon_b * by_horizon + budget_b * by_budget


@roughly
def _common_types(
    types: Any, per_type: Any, own: Any, own_per_type: Any, gained_a: Any, gained_b: Any
) -> None:
    """Partnership types that both state, each worth what the seeker's number of them leaves."""
    for j in range(len(gained_a)):
        # Cut to 32 bits at each step: left to itself, the compiler takes 64, and half as many at a time.
        mask = np.uint32(types[j] & own)
        mask = np.uint32(mask - ((mask >> np.uint32(1)) & np.uint32(0x55555555)))
        mask = np.uint32((mask & np.uint32(0x33333333)) + ((mask >> np.uint32(2)) & np.uint32(0x33333333)))
        mask = np.uint32((mask + (mask >> np.uint32(4))) & np.uint32(0x0F0F0F0F))
        common = np.float32(np.int32(np.uint32(mask * np.uint32(0x01010101)) >> np.uint32(24)))
        gained_a[j] += own_per_type * common
        gained_b[j] += per_type[j] * common


@roughly
def _alone(
    stands: Any, wants: Any, languages: Any, own: Any, gained_a: Any, gained_b: Any, weights: Any
) -> None:
    """Reach, trust and wanted kinds, which only one of the two decides, and whether a language is shared."""
    own_stand, own_want, own_languages = own
    language_a, language_b, zero = weights[0, 9], weights[1, 9], np.float32(0.0)
    for j in range(len(gained_a)):
        shared = languages[j] & own_languages
        gained_a[j] += own_want + stands[j] + (language_a if shared else zero)
        gained_b[j] += own_stand + wants[j] + (language_b if shared else zero)


@roughly
def _harmonic(gained_a: Any, gained_b: Any, known_a: Any, known_b: Any, w0: Any, key: Any) -> None:
    """2ab / (a + b) of two means, with one division. With c0 = 0 nothing may be gained: never 0/0."""
    tiny = np.float32(1e-30)
    for j in range(len(key)):
        a, b, whole_a, whole_b = gained_a[j], gained_b[j], w0 + known_a[j], w0 + known_b[j]
        key[j] = np.float32(2.0) * a * b / (a * whole_b + b * whole_a + tiny)


@roughly
def _means(gained_a: Any, gained_b: Any, known_a: Any, known_b: Any, w0: Any) -> None:
    for j in range(len(gained_a)):
        gained_a[j] /= w0 + known_a[j]
        gained_b[j] /= w0 + known_b[j]


@roughly
def _product(a: Any, b: Any, key: Any) -> None:
    for j in range(len(key)):
        key[j] = a[j] * b[j]


@roughly
def _lesser(a: Any, b: Any, key: Any) -> None:
    for j in range(len(key)):
        key[j] = min(b[j], a[j])


@roughly
def _only_tied(p: Any, q: Any, h: Any, x: Any, band: Any, refusals: Any, key: Any) -> Any:
    """Pairs without a topical tie, or with a candidate who refuses, are never listed.

    By the low end of the `band` a little too many are let by for their text. Whether there are any, between
    its ends: counted in float32, since a whole number would take 64 bits, and half as many at a time.
    """
    low, high, zero, one = band[0], band[1], np.float32(0.0), np.float32(1.0)
    doubtful = zero
    for j in range(len(key)):
        tie = p[j] + q[j] + h[j]
        key[j] = key[j] + refusals[j] if (tie > zero) | (x[j] >= low) else NEVER
        doubtful += one if (tie == zero) & (x[j] >= low) & (x[j] < high) else zero
    return doubtful > zero


@exactly
def _only_allowed(groups: Any, barred: Any, first: int, key: Any) -> None:
    for word in range(len(groups)):
        if groups[word]:
            for j in range(len(key)):
                if groups[word] & barred[word, first + j]:
                    key[j] = NEVER


@exactly
def _settle(p: Any, q: Any, h: Any, x: Any, band: Any, key: Any, one: Any, others: Any, first: int) -> None:
    """Of pairs listed for their text alone, about at the floor, drop those whose exact cosine is below it.

    Unit vectors in steps of 2^-20: a float64 holds the sum of their products whole, in any order.
    """
    low, high, floor = band
    for j in range(len(key)):
        if key[j] > _LISTABLE and p[j] + q[j] + h[j] == 0.0 and low <= x[j] < high:
            total = 0.0
            for k in range(len(one)):
                total += np.float64(one[k]) * np.float64(others[first + j, k])
            if total < floor:
                key[j] = NEVER


@roughly
def _listable(key: Any) -> int:
    zero, one = np.float32(0.0), np.float32(1.0)
    count = zero
    for j in range(len(key)):
        count += one if key[j] > _LISTABLE else zero
    return int(count)


@roughly
def _next_above(start: int, key: Any, floors: Any, floor: Any) -> int:
    """The first chunk from `start` on in which a key exceeds one of its floors; their end if none does."""
    zero, one = np.float32(0.0), np.float32(1.0)
    while start < len(key):
        above = zero
        for j in range(start, min(start + _CHUNK, len(key))):
            above += one if (key[j] > floors[j]) | (key[j] > floor) else zero
        if above > zero:
            break
        start += _CHUNK
    return start


@exactly
def _insert(keys: Any, members: Any, key: Any, member: int) -> None:
    """Into a falling list, whose last falls out."""
    place = len(keys) - 1
    while place > 0 and keys[place - 1] < key:
        keys[place] = keys[place - 1]
        members[place] = members[place - 1]
        place -= 1
    keys[place] = key
    members[place] = member


@exactly
def _row_keys(block: Any, i: int, seekers: Any, candidates: Any, rules: Any, scratch: Any, key: Any) -> bool:
    """The keys of one seeker with a block's candidates. False where the seeker refuses their kind."""
    products, rows, columns = block
    row, first, last = rows[0] + i, columns[0], columns[1]
    weights, w0, band, fusion, row_kind, column_kind = rules
    if seekers.refusals[column_kind, row] < 0:
        return False
    gained_a, gained_b = scratch[0, : len(key)], scratch[1, : len(key)]
    p, q, h, x, known_a, known_b = products
    _answers(p[i], q[i], gained_a, gained_b, weights)
    _cosines(h[i], x[i], gained_a, gained_b, weights)
    measure = seekers.measure[row]
    if measure >= 0:
        _scales(
            candidates.root[measure, first:last],
            candidates.inverse[measure, first:last],
            seekers.root[measure, row],
            seekers.inverse[measure, row],
            gained_a,
            gained_b,
            weights,
        )
    places = seekers.places[0, row], seekers.places[1, row], seekers.places[2, row]
    _nearness(
        candidates.places[0, first:last],
        candidates.places[1, first:last],
        candidates.places[2, first:last],
        places,
        gained_a,
        gained_b,
        weights,
    )
    if seekers.types[row]:
        _common_types(
            candidates.types[first:last],
            candidates.per_type[first:last],
            seekers.types[row],
            seekers.per_type[row],
            gained_a,
            gained_b,
        )
    _alone(
        candidates.stands[row_kind, first:last],
        candidates.wants[row_kind, first:last],
        candidates.languages[first:last],
        (seekers.stands[column_kind, row], seekers.wants[column_kind, row], seekers.languages[row]),
        gained_a,
        gained_b,
        weights,
    )
    if fusion == 0:
        _harmonic(gained_a, gained_b, known_a[i], known_b[i], w0, key)
    else:
        _means(gained_a, gained_b, known_a[i], known_b[i], w0)
        if fusion == 1:
            _product(gained_a, gained_b, key)
        else:
            _lesser(gained_a, gained_b, key)
    doubtful = _only_tied(p[i], q[i], h[i], x[i], band, candidates.refusals[row_kind, first:last], key)
    if len(seekers.barred):
        _only_allowed(seekers.barred[:, row], candidates.barred, first, key)
    for at in range(seekers.forbidden_from[row], seekers.forbidden_from[row + 1]):
        column = seekers.forbidden[at]
        if first <= column < last:
            key[column - first] = NEVER
    if doubtful:
        one, others = seekers.statements[row], candidates.statements
        _settle(p[i], q[i], h[i], x[i], band, key, one, others, first)
    return True


@exactly
def enter_block(
    block: Any, seekers: Any, candidates: Any, rules: Any, scratch: Any, for_rows: Any, for_columns: Any
) -> int:
    """Enter what may stand in a list of either side. The number of pairs that could be listed."""
    row_keys, row_members, row_floors = for_rows
    column_keys, column_members, column_floors = for_columns
    _products, rows, columns = block
    listable = 0
    key = scratch[2, : columns[1] - columns[0]]
    for i in range(rows[1] - rows[0]):
        if not _row_keys(block, i, seekers, candidates, rules, scratch, key):
            continue
        listable += _listable(key)
        row = rows[0] + i
        floors = column_floors[columns[0] : columns[1]]
        start = _next_above(0, key, floors, row_floors[row])
        while start < len(key):
            stop = min(start + _CHUNK, len(key))
            for j in range(start, stop):
                column = columns[0] + j
                if key[j] > row_floors[row]:
                    _insert(row_keys[row], row_members[row], key[j], column)
                    row_floors[row] = max(row_floors[row], row_keys[row, -1])
                if key[j] > column_floors[column]:
                    _insert(column_keys[column], column_members[column], key[j], row)
                    column_floors[column] = max(column_floors[column], column_keys[column, -1])
            start = _next_above(stop, key, floors, row_floors[row])
    return listable


@exactly
def gather_block(
    block: Any, seekers: Any, candidates: Any, rules: Any, scratch: Any, floors: Any, found: Any
) -> int:
    """Every pair of the block whose key is at least its seeker's floor, as (row, column) into `found`.

    Their number; `found` has room for all pairs of the block.
    """
    _products, rows, columns = block
    count = 0
    key = scratch[2, : columns[1] - columns[0]]
    for i in range(rows[1] - rows[0]):
        if not _row_keys(block, i, seekers, candidates, rules, scratch, key):
            continue
        for j in range(len(key)):
            if key[j] >= floors[rows[0] + i] and key[j] > _LISTABLE:
                found[count, 0], found[count, 1] = rows[0] + i, columns[0] + j
                count += 1
    return count


@exactly
def join_lists(one: Any, other: Any) -> None:
    """Enter the second lists in the first."""
    keys, members, floors = one
    for row in range(len(keys)):
        for place in range(keys.shape[1]):
            if other[1][row, place] < 0 or other[0][row, place] <= keys[row, -1]:
                break
            _insert(keys[row], members[row], other[0][row, place], other[1][row, place])
        floors[row] = max(floors[row], keys[row, -1])
