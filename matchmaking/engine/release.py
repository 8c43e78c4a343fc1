"""What of the lists goes out: rounds under a load cap, so that no candidate is sent to everybody."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping
from math import floor

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import KINDS
from matchmaking.engine.ranking import Rows


def release_rounds(
    rows: Rows,
    *,
    codes: Mapping[int, str],
    capacity: Mapping[int, int],
    per_kind: int,
    load_factor: float,
    first: Collection[tuple[int, int]] = frozenset(),
    taken: Mapping[int, int] | None = None,
) -> tuple[Rows, dict[int, int]]:
    """Select ranking rows for release, `per_kind` rounds long.

    `rows` are ranking rows of any seekers; `codes` and `capacity` (introductions left this quarter) are by
    organization id. In each round every seeker and kind gets the next candidate of its list that is below
    the cap of floor(capacity x load_factor) seekers, in the order (-score, seeker code, candidate code),
    codes as bytes: a seeker whose candidate is full goes on to its next one, which waits for its turn in that
    order.
    Rows of the pairs (seeker, candidate) in `first` go before the rounds, all that the cap leaves room for,
    in the same order; each takes one of its seeker's rounds of its kind. `taken` is how many other seekers a
    candidate has already, whose rows are not among these.

    Returns the selected rows in the order they were released, and how often the cap passed a candidate over,
    by candidate id; a seeker's entry that was passed over is counted once and does not come back.
    """
    seekers, candidates, scores = rows["seeker"], rows["candidate"], rows["score"]
    key = seekers * len(KINDS) + rows["kind"]
    ahead = _among(rows, first)
    by_list = np.lexsort((rows["rank"], key))
    by_list = by_list[~ahead[by_list]]
    # List g is by_list[following[g]:stops[g]], as far as it is still to be gone through.
    keys, following = np.unique(key[by_list], return_index=True)
    stops = np.append(following[1:], len(by_list))
    rounds = np.full(len(keys), per_kind)

    def order(index: int) -> tuple[float, bytes, bytes]:
        seeker, candidate = codes[int(seekers[index])], codes[int(candidates[index])]
        return -float(scores[index]), seeker.encode(), candidate.encode()

    def turn(g: int) -> tuple[float, bytes, bytes, int]:
        return *order(by_list[following[g]]), g

    load: Counter[int] = Counter(taken or {})
    held_back: Counter[int] = Counter()
    selected: list[int] = []

    def select(index: int) -> bool:
        candidate = int(candidates[index])
        if load[candidate] < floor(capacity[candidate] * load_factor):
            load[candidate] += 1
            selected.append(index)
            return True
        held_back[candidate] += 1
        return False

    for index in sorted(np.flatnonzero(ahead).tolist(), key=order):
        if select(index):
            rounds[keys == key[index]] -= 1
    for number in range(per_kind):
        waiting = [turn(g) for g in np.flatnonzero((number < rounds) & (following < stops)).tolist()]
        heapq.heapify(waiting)
        while waiting:
            g = heapq.heappop(waiting)[-1]
            following[g] += 1
            if not select(int(by_list[following[g] - 1])) and following[g] < stops[g]:
                heapq.heappush(waiting, turn(g))
    return rows[np.array(selected, dtype=np.intp)], dict(held_back)


def _among(rows: Rows, pairs: Collection[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Which rows are of one of these pairs (seeker, candidate)."""
    among = np.isin(rows["seeker"], [seeker for seeker, _candidate in pairs])
    # Of few seekers, as a rule.
    seekers, candidates = rows["seeker"][among].tolist(), rows["candidate"][among].tolist()
    among[among] = [pair in pairs for pair in zip(seekers, candidates, strict=True)]
    return among
