"""From scores to lists: the exact top K of each candidate kind for every seeker, from any cut of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matchmaking.engine import reference
from matchmaking.engine.constraints import ELIGIBLE, block_causes, excluded_pairs
from matchmaking.engine.lists import Entries, Found, Method, Scorer, place_in_group
from matchmaking.engine.names import CAUSES, CRITERIA, KINDS
from matchmaking.engine.scoring import Index, score_pairs
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
"""An entry of a list as far as one shard can know it, with its final score."""

ORDER_DTYPE: Final = np.dtype([("candidate", "<i8"), ("kind", "i1"), ("score", "<f8")])

# Below about 2,000 a side the float64 matrices are as quick as loading the compiled loops.
WORTH_COMPILING: Final = 4_000_000
# Products of smaller bases and half-way points leave the range of float32.
LEAST_IN_SINGLES: Final = 1e-6
# Few enough for the lists of all of them to be small, many enough for the parts to be few.
SEEKERS_A_PART: Final = 1024
# Final numbers made at a time.
_AT_A_TIME: Final = 1 << 16

Counts = dict[str, Any]
Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class ShardResult:
    """What a range of US rows gives: their lists, the Chinese lists as far as these rows go, and counts.

    Both as entries (`FRAGMENT_DTYPE`): the rest of a ranking row follows from the snapshot, and `Merger` adds
    it. They can be had part by part, so that nobody needs all of them at once.
    """

    snapshot: Snapshot
    found: Found
    counts: Counts

    @property
    def lists(self) -> Rows:
        """The entries of these US seekers' lists, final."""
        return self._entries("US", slice(None))

    @property
    def fragments(self) -> Rows:
        """For every Chinese seeker and US kind the best K among these rows."""
        return self._entries("CN", slice(None))

    def parts(self, country: str) -> Iterator[tuple[int, Rows]]:
        """The entries of this country's seekers by rising number of their part; see `parts_of`."""
        seekers = self.found.us.rows if country == "US" else self.found.cn.columns
        part = (seekers // SEEKERS_A_PART).astype(np.int32)
        order = np.argsort(part, kind="stable")
        numbers, starts = np.unique(part[order], return_index=True)
        for number, index in zip(numbers.tolist(), np.split(order, starts[1:]), strict=bool(len(numbers))):
            yield number, self._entries(country, index)

    def _entries(self, country: str, index: Any) -> Rows:
        us, cn = self.snapshot.us, self.snapshot.cn
        entries = self.found.us if country == "US" else self.found.cn
        american, chinese = us.id[entries.rows[index]], cn.id[entries.columns[index]]
        found = np.zeros(len(american), dtype=FRAGMENT_DTYPE)
        found["seeker"], found["candidate"] = (american, chinese) if country == "US" else (chinese, american)
        found["score"] = entries.scores[index]
        return found


def parts_of(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """Country and number of every part of a run's lists: so many seekers one after another, in code order.

    Every seeker is in one part, however the work is cut, so that a part's lists can be made from the entries
    that all shards have of it.
    """
    for country, side in (("US", snapshot.us), ("CN", snapshot.cn)):
        for number in range(-(-len(side) // SEEKERS_A_PART)):
            yield country, number


def score_rows(
    snapshot: Snapshot,
    start: int,
    stop: int,
    *,
    heartbeat: Callable[[], None] | None = None,
    threads: int = 1,
    method: Method | None = None,
) -> ShardResult:
    """Rank the US rows [start, stop) of the snapshot against every Chinese row.

    `lists` are these US seekers' final lists; `fragments` hold, for every Chinese seeker and US kind, the
    best K among these rows with their final scores: all that `Merger` needs. `counts` has "pairs", "scored",
    "tied" (scored pairs with a topical tie, those that can be listed) and "excluded" by cause. `heartbeat` is
    called every so many blocks; what it raises ends the scoring. Raises ValueError for rows outside the
    snapshot. The result depends neither on the cut nor on `threads` nor on `method`, by default the quicker
    one for a snapshot of this size.
    """
    if not 0 <= start <= stop <= len(snapshot.us):
        raise ValueError(f"rows {start} to {stop} are not within the {len(snapshot.us)} US rows")
    method = method or method_for(snapshot)
    found = method.search(snapshot, start, stop, heartbeat=heartbeat, threads=threads)
    excluded = excluded_pairs(snapshot, start, stop)
    pairs = (stop - start) * len(snapshot.cn)
    counts: Counts = {"pairs": pairs, "scored": pairs - sum(excluded.values()), "tied": found.tied}
    return ShardResult(snapshot, found, counts | {"excluded": excluded})


def method_for(snapshot: Snapshot) -> Method:
    """The compiled kernel where there are pairs enough: a small register never waits for a compiler."""
    policy = snapshot.policy
    if snapshot.pairs < WORTH_COMPILING or min(policy.w0, policy.tau) < LEAST_IN_SINGLES:
        return reference.METHOD
    # Imported only here: it loads a compiler.
    from matchmaking.engine import kernel

    return kernel.METHOD


def ranking_rows(snapshot: Snapshot, entries: Entries, scorer: Scorer, *, seekers_are_us: bool) -> Rows:
    """Lists of pairs that are in final order: seeker by code, kind, rank. Nothing is cut here."""
    us, cn = snapshot.us, snapshot.cn
    seekers, candidates = (entries.rows, entries.columns) if seekers_are_us else entries[1::-1]
    side, other = (us, cn) if seekers_are_us else (cn, us)
    kind = other.kind[candidates]
    listed = np.zeros(len(seekers), dtype=RANKING_DTYPE)
    listed["seeker"], listed["candidate"], listed["kind"] = side.id[seekers], other.id[candidates], kind
    listed["rank"] = place_in_group(seekers * len(KINDS) + kind) + 1
    for at in range(0, len(seekers), _AT_A_TIME):
        part = slice(at, at + _AT_A_TIME)
        numbers = scorer(entries.rows[part], entries.columns[part])
        affinities = (numbers.us_affinity, numbers.cn_affinity)
        mine, theirs = affinities if seekers_are_us else affinities[::-1]
        listed["score"][part], listed["affinity"][part] = numbers.score, mine
        listed["candidate_affinity"][part] = theirs
        listed["criteria"][part] = numbers.us_criteria if seekers_are_us else numbers.cn_criteria
    return listed


class Merger:
    """Makes final lists from entries, a part at a time: what all parts need is made once."""

    def __init__(self, snapshot: Snapshot, *, threads: int = 1, method: Method | None = None) -> None:
        self.snapshot = snapshot
        self._scorer = (method or method_for(snapshot)).scorer(snapshot, threads)

    def lists(self, country: str, entries: Sequence[Rows]) -> Rows:
        """The final lists of seekers of this country, from all entries that shards have of these seekers.

        The cut and the order of the entries make no difference. Raises ValueError where two shards scored the
        same pair, where an id is not in the snapshot, and where a score is not the one this snapshot gives:
        lists from mixed runs must not come into being.
        """
        us, cn = self.snapshot.us, self.snapshot.cn
        of_us = country == "US"
        own, other = (us, cn) if of_us else (cn, us)
        found = np.concatenate([np.zeros(0, dtype=FRAGMENT_DTYPE), *entries])
        seekers, candidates = rows_of(own, found["seeker"]), rows_of(other, found["candidate"])
        group = seekers * len(KINDS) + other.kind[candidates]
        order = _best_first(group, found["score"], candidates)
        seekers, candidates, group = seekers[order], candidates[order], group[order]
        scores = found["score"][order]
        # The same pair has the same score, or one of the two scores is refused below.
        if ((seekers[1:] == seekers[:-1]) & (candidates[1:] == candidates[:-1])).any():
            raise ValueError("two fragments hold the same pair: their row ranges overlap")
        kept = place_in_group(group) < self.snapshot.policy.top_k
        seekers, candidates, scores = seekers[kept], candidates[kept], scores[kept]
        pair = (seekers, candidates) if of_us else (candidates, seekers)
        merged = ranking_rows(self.snapshot, Entries(*pair, scores), self._scorer, seekers_are_us=of_us)
        if not np.array_equal(merged["score"], scores):
            raise ValueError("a fragment's scores are not those of this snapshot")
        return merged


def _best_first(group: Index, scores: Floats, candidates: Index) -> Index:
    """The order by group, falling score and candidate: that of a single shard within each group."""
    order: Index = np.argsort(group, kind="stable")
    groups, falling, rising = group[order], -scores[order], candidates[order]
    # Of each two neighbours, whether the first comes before the second.
    stands = groups[1:] > groups[:-1]
    stands |= falling[1:] > falling[:-1]
    stands |= (falling[1:] == falling[:-1]) & (rising[1:] > rising[:-1])
    if not stands.all():
        order = np.lexsort((candidates, -scores, group))
    return order


def find_rows(side: Side, ids: npt.NDArray[np.int64]) -> Index:
    """The row of each organization, -1 for an id that is not of this side."""
    if not len(side):
        return np.full(len(ids), -1, dtype=np.intp)
    rows = side.by_id[np.minimum(np.searchsorted(side.rising_ids, ids), len(side) - 1)]
    return np.where(side.id[rows] == ids, rows, -1)


def rows_of(side: Side, ids: npt.NDArray[np.int64]) -> Index:
    """The row of each organization. Raises ValueError for an id that is not of this side."""
    rows = find_rows(side, ids)
    if (rows < 0).any():
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


def rank_all(
    snapshot: Snapshot, *, threads: int = 1, method: Method | None = None
) -> tuple[Rows, Rows, Counts]:
    """US lists, Chinese lists and counts of a whole run in one go."""
    shard = score_rows(snapshot, 0, len(snapshot.us), threads=threads, method=method)
    merger = Merger(snapshot, threads=threads, method=method)
    return merger.lists("US", [shard.lists]), merger.lists("CN", [shard.fragments]), shard.counts


def full_order(snapshot: Snapshot, seeker_id: int) -> Rows:
    """Every listed candidate of one seeker, all kinds together and uncut, best first (`ORDER_DTYPE`).

    Raises KeyError for an id that is not in the snapshot.
    """
    country, at = snapshot.locate(seeker_id)
    other = snapshot.cn if country == "US" else snapshot.us
    found: list[Rows] = []
    for kind in range(len(KINDS)):
        for candidates in reference.of_kind(other, kind, 0, len(other), max(1, len(other))):
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
