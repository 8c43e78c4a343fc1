"""From scores to lists: the exact top K of each candidate kind for every seeker, from any cut of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matchmaking.engine import reference
from matchmaking.engine.constraints import ELIGIBLE, block_causes, excluded_pairs
from matchmaking.engine.lists import Entries, Method, Scorer, place_in_group
from matchmaking.engine.names import CAUSES, CRITERIA, KINDS
from matchmaking.engine.scoring import Index, score_pairs
from matchmaking.engine.sides import Side
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

# Below about 2,000 a side the float64 matrices are as quick as loading the compiled loops.
WORTH_COMPILING: Final = 4_000_000
# Products of smaller bases and half-way points leave the range of float32.
LEAST_IN_SINGLES: Final = 1e-6
# Final numbers made at a time.
_AT_A_TIME: Final = 1 << 16

Counts = dict[str, Any]
Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class ShardResult:
    """What a range of US rows gives: their lists, the Chinese lists as far as these rows go, and counts."""

    lists: Rows
    fragments: Rows
    counts: Counts


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
    best K among these rows with their final scores: all that `merge_fragments` needs. `counts` has "pairs",
    "scored", "tied" (scored pairs with a topical tie, those that can be listed) and "excluded" by
    cause. `heartbeat` is called every so many blocks; what it raises ends the scoring. Raises ValueError for
    rows outside the snapshot. The result depends neither on the cut nor on `threads` nor on `method`, by
    default the quicker one for a snapshot of this size.
    """
    if not 0 <= start <= stop <= len(snapshot.us):
        raise ValueError(f"rows {start} to {stop} are not within the {len(snapshot.us)} US rows")
    method = method or _method_for(snapshot)
    found = method.search(snapshot, start, stop, heartbeat=heartbeat, threads=threads)
    excluded = excluded_pairs(snapshot, start, stop)
    pairs = (stop - start) * len(snapshot.cn)
    counts: Counts = {"pairs": pairs, "scored": pairs - sum(excluded.values()), "tied": found.tied}
    return ShardResult(
        lists=_ranking_rows(snapshot, found.us, method.scorer(snapshot, threads), seekers_are_us=True),
        fragments=_fragments(snapshot, found.cn),
        counts=counts | {"excluded": excluded},
    )


def _method_for(snapshot: Snapshot) -> Method:
    """The compiled kernel where there are pairs enough: a small register never waits for a compiler."""
    policy = snapshot.policy
    if snapshot.pairs < WORTH_COMPILING or min(policy.w0, policy.tau) < LEAST_IN_SINGLES:
        return reference.METHOD
    # Imported only here: it loads a compiler.
    from matchmaking.engine import kernel

    return kernel.METHOD


def _ranking_rows(snapshot: Snapshot, entries: Entries, scorer: Scorer, *, seekers_are_us: bool) -> Rows:
    """Lists of the given pairs, in final order: seeker by code, kind, rank. Nothing is cut here."""
    us, cn = snapshot.us, snapshot.cn
    seekers, candidates = (entries.rows, entries.columns) if seekers_are_us else entries[1::-1]
    side, other = (us, cn) if seekers_are_us else (cn, us)
    kind = other.kind[candidates]
    order = np.lexsort((candidates, -entries.scores, kind, seekers))
    seekers, candidates, kind = seekers[order], candidates[order], kind[order]
    listed = np.zeros(len(order), dtype=RANKING_DTYPE)
    listed["seeker"], listed["candidate"], listed["kind"] = side.id[seekers], other.id[candidates], kind
    listed["rank"] = place_in_group(seekers * len(KINDS) + kind) + 1
    for at in range(0, len(order), _AT_A_TIME):
        part = slice(at, at + _AT_A_TIME)
        numbers = scorer(entries.rows[order[part]], entries.columns[order[part]])
        affinities = (numbers.us_affinity, numbers.cn_affinity)
        mine, theirs = affinities if seekers_are_us else affinities[::-1]
        listed["score"][part], listed["affinity"][part] = numbers.score, mine
        listed["candidate_affinity"][part] = theirs
        listed["criteria"][part] = numbers.us_criteria if seekers_are_us else numbers.cn_criteria
    return listed


def _fragments(snapshot: Snapshot, entries: Entries) -> Rows:
    found = np.zeros(len(entries.rows), dtype=FRAGMENT_DTYPE)
    found["seeker"] = snapshot.cn.id[entries.columns]
    found["candidate"] = snapshot.us.id[entries.rows]
    found["score"] = entries.scores
    return found


def merge_fragments(
    snapshot: Snapshot, fragments: Sequence[Rows], *, threads: int = 1, method: Method | None = None
) -> Rows:
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
    kept = place_in_group(group) < snapshot.policy.top_k
    scorer = (method or _method_for(snapshot)).scorer(snapshot, threads)
    entries = Entries(rows[kept], columns[kept], scores[kept])
    merged = _ranking_rows(snapshot, entries, scorer, seekers_are_us=False)
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


def rank_all(
    snapshot: Snapshot, *, threads: int = 1, method: Method | None = None
) -> tuple[Rows, Rows, Counts]:
    """US lists, Chinese lists and counts of a whole run in one go."""
    shard = score_rows(snapshot, 0, len(snapshot.us), threads=threads, method=method)
    chinese = merge_fragments(snapshot, [shard.fragments], threads=threads, method=method)
    return shard.lists, chinese, shard.counts


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
