"""Hard constraints: which pairs are excluded, and by which of them first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import CAUSES
from matchmaking.engine.scoring import Index
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


def pair_cause(snapshot: Snapshot, row: int, column: int) -> str | None:
    """The constraint that excludes one pair, None where none does."""
    number = int(block_causes(snapshot, np.array([row]), np.array([column]))[0, 0])
    return None if number == ELIGIBLE else CAUSES[number]
