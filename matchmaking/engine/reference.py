"""Lists by float64 matrices, a block at a time: what small registers use and the kernel is held to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from matchmaking.engine.constraints import ELIGIBLE, block_causes
from matchmaking.engine.lists import Around, Entries, Finder, Found, Method, Scorer, place_in_group
from matchmaking.engine.names import KINDS
from matchmaking.engine.scoring import Index, block_scores, score_pairs
from matchmaking.engine.sides import Floats, Side
from matchmaking.engine.snapshot import Snapshot

# Far above what a matrix product can be off by (about 1e-14 here), far below any difference that matters:
# whatever lies within it of a list's last place is scored again in the fixed order before it is cut.
MARGIN = 1e-12


class _TopLists:
    """The best K of each candidate kind for a range of seekers, exact at every moment.

    A total order (score down, then candidate row, which is code order) makes a cut final: an entry with K
    better ones in its own list can never come back, so K a list are enough to merge shards exactly.
    """

    def __init__(self, seekers: int, top_k: int) -> None:
        self.scores = np.full((seekers, top_k), -np.inf)
        self.candidates = np.full((seekers, top_k), -1, dtype=np.int64)

    def last(self, seekers: Index) -> Floats:
        """The score at place K, minus infinity while a list is not full."""
        last: Floats = self.scores[seekers, -1]
        return last

    def offer(self, seekers: Index, candidates: Index, scores: Floats) -> None:
        """Enter pairs with their final scores; no pair is offered twice."""
        if not len(seekers):
            return
        top_k = self.scores.shape[1]
        touched = np.unique(seekers)
        at, place = np.nonzero(self.candidates[touched] >= 0)
        standing = touched[at]
        who = np.concatenate([standing, seekers])
        whom = np.concatenate([self.candidates[standing, place], candidates])
        score = np.concatenate([self.scores[standing, place], scores])
        order = np.lexsort((whom, -score, who))
        who, whom, score = who[order], whom[order], score[order]
        place = place_in_group(who)
        kept = place < top_k
        self.scores[who[kept], place[kept]] = score[kept]
        self.candidates[who[kept], place[kept]] = whom[kept]

    def entries(self) -> tuple[Index, Index, Floats]:
        """Seeker, candidate and score of every entry, list by list in order."""
        seekers, place = np.nonzero(self.candidates >= 0)
        return seekers, self.candidates[seekers, place], self.scores[seekers, place]


def of_kind(side: Side, kind: int, start: int, stop: int, length: int) -> list[Index]:
    """Rows [start, stop) of one kind, sorted, cut into pieces of at most `length`."""
    rows = start + np.flatnonzero(side.kind[start:stop] == kind)
    return [rows[at : at + length] for at in range(0, len(rows), length)]


def _floor(scores: Floats, top_k: int, last: Floats, axis: int) -> Floats:
    """A lower bound of what can still enter each list: its last place or the K-th best of this block."""
    depth = scores.shape[axis]
    if depth < top_k:
        return last - MARGIN
    best: Floats = np.take(np.partition(scores, depth - top_k, axis=axis), depth - top_k, axis=axis)
    return np.maximum(last, best) - 2 * MARGIN


def search(
    snapshot: Snapshot,
    start: int,
    stop: int,
    *,
    heartbeat: Callable[[], None] | None = None,
    block: tuple[int, int] = (512, 1024),
    threads: int = 1,
) -> Found:
    """The best K of each kind for the US rows [start, stop), and among these rows for every Chinese row.

    `heartbeat` is called once a block; what it raises ends the search. The result does not depend on `block`;
    `threads` is how many the kernel would use: here it is the matrix product's own affair.
    """
    us, cn = snapshot.us, snapshot.cn
    top_k = snapshot.policy.top_k
    us_lists = [_TopLists(stop - start, top_k) for _ in KINDS]
    cn_lists = [_TopLists(len(cn), top_k) for _ in KINDS]
    ties = 0
    for us_kind in range(len(KINDS)):
        for rows in of_kind(us, us_kind, start, stop, block[0]):
            for cn_kind in range(len(KINDS)):
                for columns in of_kind(cn, cn_kind, 0, len(cn), block[1]):
                    if heartbeat is not None:
                        heartbeat()
                    scores, listable = block_scores(us, cn, rows, columns)
                    listable &= block_causes(snapshot, rows, columns) == ELIGIBLE
                    ties += int(listable.sum())
                    scores[~listable] = -np.inf
                    _enter(us, cn, rows, columns, scores, us_lists[cn_kind], cn_lists[us_kind], start)
    return Found(us=_us_entries(us_lists, start), cn=_cn_entries(cn_lists), tied=ties)


def _enter(
    us: Side,
    cn: Side,
    rows: Index,
    columns: Index,
    scores: Floats,
    for_us: _TopLists,
    for_cn: _TopLists,
    start: int,
) -> None:
    """Score what may enter a list of either side again in the fixed order, and enter it."""
    top_k = for_us.scores.shape[1]
    row_floor = _floor(scores, top_k, for_us.last(rows - start), axis=1)
    column_floor = _floor(scores, top_k, for_cn.last(columns), axis=0)
    listable = scores > -np.inf
    at_row, at_column = np.nonzero(
        listable & ((scores >= row_floor[:, None]) | (scores >= column_floor[None, :]))
    )
    row, column, rough = rows[at_row], columns[at_column], scores[at_row, at_column]
    final = score_pairs(us, cn, row, column).score
    to_us, to_cn = rough >= row_floor[at_row], rough >= column_floor[at_column]
    for_us.offer(row[to_us] - start, column[to_us], final[to_us])
    for_cn.offer(column[to_cn], row[to_cn], final[to_cn])


def _us_entries(lists: Sequence[_TopLists], start: int) -> Entries:
    entries = [kind_list.entries() for kind_list in lists]
    seekers, candidates, scores = (np.concatenate(column) for column in zip(*entries, strict=True))
    return Entries(seekers + start, candidates, scores)


def _cn_entries(lists: Sequence[_TopLists]) -> Entries:
    entries = [kind_list.entries() for kind_list in lists]
    seekers, candidates, scores = (np.concatenate(column) for column in zip(*entries, strict=True))
    return Entries(candidates, seekers, scores)


def around(snapshot: Snapshot, *, heartbeat: Callable[[], None] | None = None, threads: int = 1) -> Finder:
    """What chosen organizations have to do with all of the other side; as `search` for the rest."""

    def finder(chosen: tuple[Index, Index], floors: tuple[Floats, Floats] | None) -> tuple[Around, Around]:
        us, cn = (_around(snapshot, side, chosen[side], floors, heartbeat) for side in (0, 1))
        return us, cn

    return finder


def _around(
    snapshot: Snapshot,
    side: int,
    chosen: Index,
    floors: tuple[Floats, Floats] | None,
    heartbeat: Callable[[], None] | None,
) -> Around:
    own, other = (snapshot.us, snapshot.cn) if side == 0 else (snapshot.cn, snapshot.us)
    rows, top_k = np.unique(chosen), snapshot.policy.top_k
    lists = [_TopLists(len(rows), top_k) for _ in KINDS]
    offers: list[tuple[Index, Index, Floats]] = []
    asked = np.full((len(KINDS), len(other)), np.inf) if floors is None else floors[1 - side]
    for own_kind in range(len(KINDS)):
        places = np.flatnonzero(own.kind[rows] == own_kind)
        for at in (places[first : first + 64] for first in range(0, len(places), 64)):
            for kind in range(len(KINDS)):
                for candidates in of_kind(other, kind, 0, len(other), 1024):
                    if heartbeat is not None:
                        heartbeat()
                    pair = (rows[at], candidates) if side == 0 else (candidates, rows[at])
                    scores, listable = block_scores(snapshot.us, snapshot.cn, *pair)
                    listable &= block_causes(snapshot, *pair) == ELIGIBLE
                    scores[~listable] = -np.inf
                    if side:
                        scores, listable = scores.T, listable.T
                    floor = _floor(scores, top_k, lists[kind].last(at), axis=1)[:, None]
                    wanted = asked[own_kind, candidates]
                    own_at, other_at = np.nonzero(
                        listable & ((scores >= floor) | (scores >= wanted - MARGIN))
                    )
                    seekers, others = rows[at][own_at], candidates[other_at]
                    both = (seekers, others) if side == 0 else (others, seekers)
                    final = score_pairs(snapshot.us, snapshot.cn, *both).score
                    lists[kind].offer(at[own_at], others, final)
                    reaching = final >= wanted[other_at]
                    offers.append((both[0][reaching], both[1][reaching], final[reaching]))
    entries = _us_entries(lists, 0) if side == 0 else _cn_entries(lists)
    listed = (
        entries._replace(rows=rows[entries.rows])
        if side == 0
        else entries._replace(columns=rows[entries.columns])
    )
    none = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
    return Around(listed, Entries(*(np.concatenate(columns) for columns in zip(none, *offers, strict=True))))


def scorer(snapshot: Snapshot, threads: int = 1) -> Scorer:
    """`score_pairs` of this snapshot."""
    return partial(score_pairs, snapshot.us, snapshot.cn)


METHOD = Method(search, around, scorer)
