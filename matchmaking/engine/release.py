"""What of the lists goes out: rounds under a load cap, so that no candidate is sent to everybody."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping
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
) -> tuple[Rows, dict[int, int]]:
    """Select ranking rows for release, `per_kind` rounds long.

    `rows` are ranking rows of any seekers; `codes` and `capacity` (introductions a quarter) are by
    organization id. In each round every seeker and kind gets the next candidate of its list that is below the
    cap of floor(capacity x load_factor) seekers, in the order (-score, seeker code, candidate code), codes as
    bytes: a seeker whose candidate is full goes on to its next one, which waits for its turn in that order.

    Returns the selected rows in the order they were released, and how often the cap passed a candidate over,
    by candidate id; a seeker's entry that was passed over is counted once and does not come back.
    """
    lists: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index in np.lexsort((rows["rank"], rows["kind"], rows["seeker"])).tolist():
        lists[int(rows["seeker"][index]), int(rows["kind"][index])].append(index)
    seekers, candidates = rows["seeker"].tolist(), rows["candidate"].tolist()
    scores = rows["score"].tolist()

    def turn(key: tuple[int, int], place: int) -> tuple[float, bytes, bytes, tuple[int, int], int]:
        index = lists[key][place]
        return -scores[index], codes[seekers[index]].encode(), codes[candidates[index]].encode(), key, place

    following = dict.fromkeys(lists, 0)
    load: Counter[int] = Counter()
    held_back: Counter[int] = Counter()
    selected: list[int] = []
    for _ in range(per_kind):
        waiting = [turn(key, place) for key, place in following.items() if place < len(lists[key])]
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
