"""What of the lists goes out: rounds under a load cap, so that no candidate is sent to everybody."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from math import floor

import numpy as np

from matchmaking.engine.ranking import Rows


def release_rounds(
    rows: Rows,
    *,
    codes: Mapping[int, str],
    capacity: Mapping[int, int],
    per_kind: int,
    load_factor: float,
    first: Collection[tuple[int, int]] = frozenset(),
) -> tuple[Rows, dict[int, int]]:
    """Select ranking rows for release, `per_kind` rounds long.

    `rows` are ranking rows of any seekers; `codes` and `capacity` (introductions a quarter) are by
    organization id. In each round every seeker and kind gets the next candidate of its list that is below the
    cap of floor(capacity x load_factor) seekers, in the order (-score, seeker code, candidate code), codes as
    bytes: a seeker whose candidate is full goes on to its next one, which waits for its turn in that order.
    Rows of the pairs (seeker, candidate) in `first` go before the rounds, all that the cap leaves room for,
    in the same order; each takes one of its seeker's rounds of its kind.

    Returns the selected rows in the order they were released, and how often the cap passed a candidate over,
    by candidate id; a seeker's entry that was passed over is counted once and does not come back.
    """
    seekers, candidates = rows["seeker"].tolist(), rows["candidate"].tolist()
    kinds, scores = rows["kind"].tolist(), rows["score"].tolist()
    lists: dict[tuple[int, int], list[int]] = defaultdict(list)
    before: list[int] = []
    for index in np.lexsort((rows["rank"], rows["kind"], rows["seeker"])).tolist():
        is_first = (seekers[index], candidates[index]) in first
        (before if is_first else lists[seekers[index], kinds[index]]).append(index)

    def order(index: int) -> tuple[float, bytes, bytes]:
        return -scores[index], codes[seekers[index]].encode(), codes[candidates[index]].encode()

    def turn(key: tuple[int, int], place: int) -> tuple[float, bytes, bytes, tuple[int, int], int]:
        return *order(lists[key][place]), key, place

    following = dict.fromkeys(lists, 0)
    load: Counter[int] = Counter()
    held_back: Counter[int] = Counter()
    selected: list[int] = []
    taken: Counter[tuple[int, int]] = Counter()
    for index in sorted(before, key=order):
        candidate = candidates[index]
        if load[candidate] < floor(capacity[candidate] * load_factor):
            load[candidate] += 1
            taken[seekers[index], kinds[index]] += 1
            selected.append(index)
        else:
            held_back[candidate] += 1
    for number in range(per_kind):
        waiting = [
            turn(key, place)
            for key, place in following.items()
            if number < per_kind - taken[key] and place < len(lists[key])
        ]
        heapq.heapify(waiting)
        while waiting:
            *_order, key, place = heapq.heappop(waiting)
            index = lists[key][place]
            candidate = candidates[index]
            following[key] = place + 1
            if load[candidate] < floor(capacity[candidate] * load_factor):
                load[candidate] += 1
                selected.append(index)
                continue
            held_back[candidate] += 1
            if place + 1 < len(lists[key]):
                heapq.heappush(waiting, turn(key, place + 1))
    return rows[np.array(selected, dtype=np.intp)], dict(held_back)
