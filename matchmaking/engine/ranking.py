"""From scores to lists: the exact top K of each candidate kind for every seeker, from any cut of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matchmaking.engine.constraints import ELIGIBLE, block_causes
from matchmaking.engine.names import CAUSES, CRITERIA, KINDS
from matchmaking.engine.scoring import Index, block_scores, score_pairs
from matchmaking.engine.sides import Floats, Side
from matchmaking.engine.snapshot import Snapshot

RANKING_DTYPE: Final = np.dtype(
    [
        ("seeker", "<i8"),
        ("candidate", "<i8"),
        ("kind", "i1"),
        ("rank", "<i2"),
        ("score", "<f8"),
        ("affinity", "<f8"),
        ("candidate_affinity", "<f8"),
        ("criteria", "<f8", (len(CRITERIA),)),
    ]
)
"""A line of a list: organization ids, the candidate's kind (index of `KINDS`), its rank within that kind from
1, the reciprocal score, both affinities, and the seeker's criteria, NaN where unknown."""

FRAGMENT_DTYPE: Final = np.dtype([("seeker", "<i8"), ("candidate", "<i8"), ("score", "<f8")])
"""An entry of a Chinese seeker's list as far as one shard can know it, with its final score."""

ORDER_DTYPE: Final = np.dtype([("candidate", "<i8"), ("kind", "i1"), ("score", "<f8")])

# Far above what a matrix product can be off by (about 1e-14 here), far below any difference that matters:
# whatever lies within it of a list's last place is scored again in the fixed order before it is cut.
MARGIN: Final = 1e-12

Counts = dict[str, Any]
Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class ShardResult:
    """What a range of US rows gives: their lists, the Chinese lists as far as these rows go, and counts."""

    lists: Rows
    fragments: Rows
    counts: Counts


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
        place = _place_in_group(who)
        kept = place < top_k
        self.scores[who[kept], place[kept]] = score[kept]
        self.candidates[who[kept], place[kept]] = whom[kept]

    def entries(self) -> tuple[Index, Index, Floats]:
        """Seeker, candidate and score of every entry, list by list in order."""
        seekers, place = np.nonzero(self.candidates >= 0)
        return seekers, self.candidates[seekers, place], self.scores[seekers, place]


def _place_in_group(groups: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """0, 1, 2… within each run of equal values."""
    place = np.arange(len(groups))
    starts = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1)) if len(groups) else place
    return place - np.repeat(starts, np.diff(np.append(starts, len(groups))))


def _of_kind(side: Side, kind: int, start: int, stop: int, length: int) -> list[Index]:
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


def score_rows(
    snapshot: Snapshot,
    start: int,
    stop: int,
    *,
    heartbeat: Callable[[], None] | None = None,
    block: tuple[int, int] = (512, 1024),
) -> ShardResult:
    """Rank the US rows [start, stop) of the snapshot against every Chinese row.

    `lists` are these US seekers' final lists; `fragments` hold, for every Chinese seeker and US kind, the
    best K among these rows with their final scores: all that `merge_fragments` needs. `counts` has "pairs",
    "scored", "tied" (scored pairs with a topical tie, those that can be listed) and "excluded" by
    cause. `heartbeat` is called once a block; what it raises ends the scoring. Raises ValueError for rows
    outside the snapshot. The result does not depend on `block`.
    """
    us, cn = snapshot.us, snapshot.cn
    if not 0 <= start <= stop <= len(us):
        raise ValueError(f"rows {start} to {stop} are not within the {len(us)} US rows")
    top_k = snapshot.policy.top_k
    us_lists = [_TopLists(stop - start, top_k) for _ in KINDS]
    cn_lists = [_TopLists(len(cn), top_k) for _ in KINDS]
    causes = np.zeros(ELIGIBLE + 1, dtype=np.int64)
    ties = 0
    for us_kind in range(len(KINDS)):
        for rows in _of_kind(us, us_kind, start, stop, block[0]):
            for cn_kind in range(len(KINDS)):
                for columns in _of_kind(cn, cn_kind, 0, len(cn), block[1]):
                    if heartbeat is not None:
                        heartbeat()
                    cause = block_causes(snapshot, rows, columns)
                    causes += np.bincount(cause.ravel(), minlength=ELIGIBLE + 1)
                    scores, listable = block_scores(us, cn, rows, columns)
                    listable &= cause == ELIGIBLE
                    ties += int(listable.sum())
                    scores[~listable] = -np.inf
                    _enter(us, cn, rows, columns, scores, us_lists[cn_kind], cn_lists[us_kind], start)
    excluded = {name: int(causes[number]) for number, name in enumerate(CAUSES)}
    counts: Counts = {"pairs": int(causes.sum()), "scored": int(causes[ELIGIBLE]), "tied": ties}
    return ShardResult(
        lists=_us_rows(snapshot, us_lists, start),
        fragments=_fragments(snapshot, cn_lists),
        counts=counts | {"excluded": excluded},
    )


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


def _us_rows(snapshot: Snapshot, lists: Sequence[_TopLists], start: int) -> Rows:
    entries = [kind_list.entries() for kind_list in lists]
    rows = np.concatenate([seekers for seekers, _, _ in entries]) + start
    columns = np.concatenate([candidates for _, candidates, _ in entries])
    return _ranking_rows(snapshot, rows, columns, seekers_are_us=True)


def _ranking_rows(snapshot: Snapshot, rows: Index, columns: Index, *, seekers_are_us: bool) -> Rows:
    """Lists of the given pairs, in final order: seeker by code, kind, rank. Nothing is cut here."""
    us, cn = snapshot.us, snapshot.cn
    numbers = score_pairs(us, cn, rows, columns)
    seekers, candidates = (rows, columns) if seekers_are_us else (columns, rows)
    side, other = (us, cn) if seekers_are_us else (cn, us)
    kind = other.kind[candidates]
    order = np.lexsort((candidates, -numbers.score, kind, seekers))
    listed = np.zeros(len(rows), dtype=RANKING_DTYPE)
    listed["seeker"] = side.id[seekers][order]
    listed["candidate"] = other.id[candidates][order]
    listed["kind"] = kind[order]
    listed["rank"] = _place_in_group((seekers * len(KINDS) + kind)[order]) + 1
    listed["score"] = numbers.score[order]
    affinities = (numbers.us_affinity[order], numbers.cn_affinity[order])
    listed["affinity"], listed["candidate_affinity"] = affinities if seekers_are_us else affinities[::-1]
    listed["criteria"] = (numbers.us_criteria if seekers_are_us else numbers.cn_criteria)[order]
    return listed


def _fragments(snapshot: Snapshot, lists: Sequence[_TopLists]) -> Rows:
    entries = [kind_list.entries() for kind_list in lists]
    columns = np.concatenate([seekers for seekers, _, _ in entries])
    found = np.zeros(len(columns), dtype=FRAGMENT_DTYPE)
    found["seeker"] = snapshot.cn.id[columns]
    found["candidate"] = snapshot.us.id[np.concatenate([candidates for _, candidates, _ in entries])]
    found["score"] = np.concatenate([scores for _, _, scores in entries])
    return found


def merge_fragments(snapshot: Snapshot, fragments: Sequence[Rows]) -> Rows:
    """The Chinese seekers' final lists from the fragments of all shards, whatever their cut and order.

    Raises ValueError where two shards scored the same pair, where an id is not in the snapshot, and where a
    score is not the one this snapshot gives: lists from mixed runs must not come into being.
    """
    found = np.concatenate([np.zeros(0, dtype=FRAGMENT_DTYPE), *fragments])
    rows = _rows_of(snapshot.us, found["candidate"])
    columns = _rows_of(snapshot.cn, found["seeker"])
    group = columns * len(KINDS) + snapshot.us.kind[rows]
    order = np.lexsort((rows, -found["score"], group))
    rows, columns, group, scores = rows[order], columns[order], group[order], found["score"][order]
    pairs = np.sort(rows * max(1, len(snapshot.cn)) + columns)
    if (pairs[1:] == pairs[:-1]).any():
        raise ValueError("two fragments hold the same pair: their row ranges overlap")
    kept = _place_in_group(group) < snapshot.policy.top_k
    merged = _ranking_rows(snapshot, rows[kept], columns[kept], seekers_are_us=False)
    if not np.array_equal(merged["score"], scores[kept]):
        raise ValueError("a fragment's scores are not those of this snapshot")
    return merged


def _rows_of(side: Side, ids: npt.NDArray[np.int64]) -> Index:
    order = np.argsort(side.id)
    at = np.minimum(np.searchsorted(side.id, ids, sorter=order), max(0, len(side) - 1))
    rows = order[at] if len(side) else np.zeros(len(ids), dtype=np.intp)
    if len(ids) and (not len(side) or (side.id[rows] != ids).any()):
        raise ValueError("a fragment names an organization that is not in this snapshot")
    return rows


def add_counts(counts: Iterable[Counts]) -> Counts:
    """The counts of several shards as those of one run."""
    total: Counts = {"pairs": 0, "scored": 0, "tied": 0, "excluded": dict.fromkeys(CAUSES, 0)}
    for part in counts:
        for name in ("pairs", "scored", "tied"):
            total[name] += part[name]
        for cause in CAUSES:
            total["excluded"][cause] += part["excluded"][cause]
    return total


def rank_all(snapshot: Snapshot) -> tuple[Rows, Rows, Counts]:
    """US lists, Chinese lists and counts of a whole run in one go."""
    shard = score_rows(snapshot, 0, len(snapshot.us))
    return shard.lists, merge_fragments(snapshot, [shard.fragments]), shard.counts


def full_order(snapshot: Snapshot, seeker_id: int) -> Rows:
    """Every listed candidate of one seeker, all kinds together and uncut, best first (`ORDER_DTYPE`).

    Raises KeyError for an id that is not in the snapshot.
    """
    country, at = snapshot.locate(seeker_id)
    other = snapshot.cn if country == "US" else snapshot.us
    found: list[Rows] = []
    for kind in range(len(KINDS)):
        for candidates in _of_kind(other, kind, 0, len(other), max(1, len(other))):
            seeker = np.array([at])
            rows, columns = (seeker, candidates) if country == "US" else (candidates, seeker)
            eligible = block_causes(snapshot, rows, columns).ravel() == ELIGIBLE
            rows, columns = (np.ascontiguousarray(side) for side in np.broadcast_arrays(rows, columns))
            numbers = score_pairs(snapshot.us, snapshot.cn, rows, columns)
            listed = np.zeros(len(candidates), dtype=[*ORDER_DTYPE.descr, ("row", "<i8")])
            listed["candidate"], listed["row"] = other.id[candidates], candidates
            listed["kind"], listed["score"] = kind, numbers.score
            found.append(listed[eligible & numbers.tied])
    listed = np.concatenate(found) if found else np.zeros(0, dtype=[*ORDER_DTYPE.descr, ("row", "<i8")])
    ordered = listed[np.lexsort((listed["row"], -listed["score"]))]
    best = np.zeros(len(ordered), dtype=ORDER_DTYPE)
    for name in ORDER_DTYPE.names or ():
        best[name] = ordered[name]
    return best
