"""Hard constraints: which pairs are excluded, and by which of them first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import CAUSES
from matchmaking.engine.scoring import Index
from matchmaking.engine.sides import Bools, Side
from matchmaking.engine.snapshot import Snapshot

ELIGIBLE = len(CAUSES)
_KIND_REFUSED = CAUSES.index("kind_refused")
_JURISDICTION = CAUSES.index("jurisdiction")


def block_causes(snapshot: Snapshot, rows: Index, columns: Index) -> npt.NDArray[np.uint8]:
    """The first failing constraint of every pair of a block (index of `CAUSES`), `ELIGIBLE` where none fails.

    `rows` and `columns` are sorted; the rows are of one kind, and so are the columns.
    """
    us, cn = snapshot.us, snapshot.cn
    us_kind, cn_kind = int(us.kind[rows[0]]), int(cn.kind[columns[0]])
    refusing_row = (us.refuses[rows] >> cn_kind & 1).astype(np.bool_)
    refusing_column = (cn.refuses[columns] >> us_kind & 1).astype(np.bool_)
    row = np.minimum(us.cause_alone[rows], np.where(refusing_row, _KIND_REFUSED, ELIGIBLE))
    column = np.minimum(cn.cause_alone[columns], np.where(refusing_column, _KIND_REFUSED, ELIGIBLE))
    causes = np.minimum(row[:, None], column[None, :]).astype(np.uint8)
    first, last = np.searchsorted(snapshot.pair_us, [rows[0], rows[-1] + 1])
    at_row = np.minimum(np.searchsorted(rows, snapshot.pair_us[first:last]), len(rows) - 1)
    at_column = np.minimum(np.searchsorted(columns, snapshot.pair_cn[first:last]), len(columns) - 1)
    inside = (rows[at_row] == snapshot.pair_us[first:last]) & (
        columns[at_column] == snapshot.pair_cn[first:last]
    )
    np.minimum.at(causes, (at_row[inside], at_column[inside]), snapshot.pair_cause[first:last][inside])
    for left, right in zip(snapshot.barred_us, snapshot.barred_cn, strict=True):
        apart = np.ix_(left[rows], right[columns])
        causes[apart] = np.minimum(causes[apart], _JURISDICTION)
    return causes


def excluded_pairs(snapshot: Snapshot, start: int, stop: int) -> dict[str, int]:
    """How many pairs of the US rows [start, stop) each constraint excludes first, in the order of `CAUSES`.

    Counted by groups of organizations that are alike in everything a constraint asks for, then pair by pair
    where pairs are named.
    """
    us, us_groups = _alike(snapshot.us, snapshot.barred_us, slice(start, stop))
    cn, cn_groups = _alike(snapshot.cn, snapshot.barred_cn, slice(None))
    causes = np.minimum(us.cause[:, None], cn.cause[None, :])
    refused = (us.refuses[:, None] >> cn.kind & 1) | (cn.refuses >> us.kind[:, None] & 1)
    causes = np.minimum(causes, np.where(refused, _KIND_REFUSED, ELIGIBLE))
    barred = (us.barred.astype(np.int32) @ cn.barred.T.astype(np.int32)) > 0
    causes = np.minimum(causes, np.where(barred, _JURISDICTION, ELIGIBLE))
    numbers = np.bincount(us_groups, minlength=len(us.cause))[:, None] * np.bincount(
        cn_groups, minlength=len(cn.cause)
    )
    counted = np.zeros(ELIGIBLE + 1, dtype=np.int64)
    np.add.at(counted, causes, numbers)
    named = (start <= snapshot.pair_us) & (snapshot.pair_us < stop)
    otherwise = causes[us_groups[snapshot.pair_us[named] - start], cn_groups[snapshot.pair_cn[named]]]
    np.subtract.at(counted, otherwise, 1)
    np.add.at(counted, np.minimum(otherwise, snapshot.pair_cause[named]), 1)
    return dict(zip(CAUSES, counted.tolist(), strict=False))


class _Alike(NamedTuple):
    """Groups of organizations alike to the constraints: an entry a group, `barred` (groups, rules)."""

    cause: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    refuses: npt.NDArray[np.int64]
    barred: npt.NDArray[np.int64]


def _alike(side: Side, barred: Bools, rows: slice) -> tuple[_Alike, npt.NDArray[np.intp]]:
    """The groups of some rows, and each row's group."""
    facts = np.column_stack([side.cause_alone[rows], side.kind[rows], side.refuses[rows], barred.T[rows]])
    groups, of_row = np.unique(facts.astype(np.int64), axis=0, return_inverse=True)
    return _Alike(groups[:, 0], groups[:, 1], groups[:, 2], groups[:, 3:]), of_row.ravel()


def eligible_pairs(snapshot: Snapshot, rows: Index, columns: Index) -> Bools:
    """Which of the pairs (rows[k], columns[k]) no constraint excludes."""
    us, cn = snapshot.us, snapshot.cn
    free: Bools = (us.cause_alone[rows] == ELIGIBLE) & (cn.cause_alone[columns] == ELIGIBLE)
    free &= us.refuses[rows] >> cn.kind[columns].astype(np.uint8) & 1 == 0
    free &= cn.refuses[columns] >> us.kind[rows].astype(np.uint8) & 1 == 0
    for left, right in zip(snapshot.barred_us, snapshot.barred_cn, strict=True):
        free &= ~(left[rows] & right[columns])
    named = np.zeros(len(us), dtype=np.bool_)
    named[snapshot.pair_us] = True
    asked, width = np.flatnonzero(free & named[rows]), max(1, len(cn))
    forbidden = snapshot.pair_us * np.int64(width) + snapshot.pair_cn
    free[asked] = ~np.isin(rows[asked] * width + columns[asked], forbidden)
    return free


def pair_cause(snapshot: Snapshot, row: int, column: int) -> str | None:
    """The constraint that excludes one pair, None where none does."""
    number = int(block_causes(snapshot, np.array([row]), np.array([column]))[0, 0])
    return None if number == ELIGIBLE else CAUSES[number]
