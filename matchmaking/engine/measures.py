"""How good and how even lists are: recall and rank of known partners, exposure, a popularity control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from matchmaking.engine.lists import place_in_group
from matchmaking.engine.names import CAUSES
from matchmaking.engine.ranking import Rows, full_order, rows_of
from matchmaking.engine.snapshot import Snapshot

TOP = 10
# Why a pair is kept out that follow from its being known.
OUTCOMES = ("open_introduction", "declined", "deferred")


@dataclass(frozen=True)
class Exposure:
    """How unevenly candidates stand in lists, over `candidates` candidates and `entries` list entries.

    `gini` is the Gini coefficient of the number of entries a candidate has, those in no list included: 0
    where all stand equally often, towards 1 where one takes all. `top_share` is the share of all entries that
    goes to the most listed hundredth of the candidates (at least one). `most_listed` is an organization id,
    `most_entries` the number of lists it stands in, out of `lists` lists; None and 0 without entries.
    """

    candidates: int
    lists: int
    entries: int
    gini: float
    top_share: float
    most_listed: int | None
    most_entries: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Evaluation:
    """Known partners found again; each pair counts in both directions."""

    recall_at_5: float
    recall_at_10: float
    mrr: float
    popularity_mrr: float
    pairs: int


class TopTens:
    """How often each organization stands in the other country's top tens, counted as lists come in.

    A top ten is a seeker's best `TOP` candidates over all kinds: (-score, candidate code).
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._sides = {"US": snapshot.us, "CN": snapshot.cn}
        self._times = {country: np.zeros(len(side), np.int64) for country, side in self._sides.items()}
        self._lists = dict.fromkeys(self._sides, 0)

    def add(self, seekers: str, lists: Rows) -> None:
        """Count whole lists of seekers of this country, at least `TOP` a kind as far as there are so many."""
        country = "CN" if seekers == "US" else "US"
        # Rows of a side are in code order.
        candidates = rows_of(self._sides[country], lists["candidate"])
        order = np.lexsort((candidates, -lists["score"], lists["seeker"]))
        place = place_in_group(lists["seeker"][order])
        self._times[country] += np.bincount(
            candidates[order[place < TOP]], minlength=len(self._times[country])
        )
        self._lists[country] += int((place == 0).sum())

    def times(self) -> dict[int, int]:
        """By organization id, both countries."""
        return {
            number: count
            for country, side in self._sides.items()
            for number, count in zip(side.id.tolist(), self._times[country].tolist(), strict=True)
        }

    def exposure(self, country: str) -> Exposure:
        """Exposure of this country's approved organizations."""
        side = self._sides[country]
        times = dict(
            zip(side.id[side.approved].tolist(), self._times[country][side.approved].tolist(), strict=True)
        )
        return _exposure(times, self._lists[country])


def exposure(lists: Iterable[Sequence[int]], candidates: Iterable[int]) -> Exposure:
    """Exposure of `candidates` (ids) in `lists` of candidate ids, one list a seeker.

    Raises ValueError for an entry that is none of the candidates.
    """
    times = dict.fromkeys(candidates, 0)
    number = 0
    for entries in lists:
        number += 1
        for candidate in entries:
            if candidate not in times:
                raise ValueError(f"organization {candidate} is listed and is no candidate")
            times[candidate] += 1
    return _exposure(times, number)


def _exposure(times: dict[int, int], number: int) -> Exposure:
    rising = sorted(times.values())
    total = sum(rising)
    if not total:
        return Exposure(len(times), number, 0, 0.0, 0.0, None, 0)
    count = len(rising)
    # Gini from ordered values x_1 <= … <= x_n: sum((2i - n - 1) x_i) / (n sum(x)).
    gini = sum((2 * place - count - 1) * x for place, x in enumerate(rising, start=1)) / (count * total)
    most = min(times, key=lambda candidate: (-times[candidate], candidate))
    top_share = sum(rising[-ceil(count / 100) :]) / total
    return Exposure(count, number, total, gini, top_share, most, times[most])


def recall_at(ranks: Sequence[int | None], k: int) -> float:
    """The share of partners ranked k or better; a rank of None is a miss. 0 where there are none."""
    return sum(1 for rank in ranks if rank is not None and rank <= k) / len(ranks) if ranks else 0.0


def mean_reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """The mean of 1 / rank, 0 for a miss. 0 where there are no partners."""
    return sum(1 / rank for rank in ranks if rank is not None) / len(ranks) if ranks else 0.0


def without_outcomes(snapshot: Snapshot) -> Snapshot:
    """The snapshot as if nobody had answered or been introduced yet, and everybody had capacity left.

    Else known partners were never found: what they became to each other keeps them out of the lists.
    """
    kept = ~np.isin(snapshot.pair_cause, [CAUSES.index(cause) for cause in OUTCOMES])
    us, cn = (
        replace(side, capacity_left=np.maximum(side.capacity_left, 1)) for side in (snapshot.us, snapshot.cn)
    )
    return replace(
        snapshot,
        us=us,
        cn=cn,
        pair_us=snapshot.pair_us[kept],
        pair_cn=snapshot.pair_cn[kept],
        pair_cause=snapshot.pair_cause[kept],
    )


def evaluate(
    snapshot: Snapshot,
    popularity: Mapping[int, int],
    pairs: Sequence[tuple[int, int]],
    *,
    heartbeat: Callable[[], None] | None = None,
) -> Evaluation:
    """Rank known partners (pairs of ids, one of each country) among all listed candidates of all kinds.

    A partner that is not listed is a miss. The popularity control ranks the same candidates by `popularity`,
    how often they stand in top tens (`TopTens.times`), ties by code: a recommender that does not beat it has
    learnt only who is popular. `heartbeat` is called once a pair.
    Raises KeyError for an unknown id.
    """
    codes = snapshot.codes
    ranks: list[int | None] = []
    popular: list[int | None] = []
    for one, other in pairs:
        if heartbeat is not None:
            heartbeat()
        for seeker, partner in ((one, other), (other, one)):
            order = full_order(snapshot, seeker)["candidate"]
            place = np.flatnonzero(order == partner)
            if not len(place):
                ranks.append(None)
                popular.append(None)
                continue
            ranks.append(int(place[0]) + 1)
            partner_key = (-popularity[partner], codes[partner].encode())
            before = sum(1 for c in order.tolist() if (-popularity[c], codes[c].encode()) < partner_key)
            popular.append(before + 1)
    return Evaluation(
        recall_at_5=recall_at(ranks, 5),
        recall_at_10=recall_at(ranks, 10),
        mrr=mean_reciprocal_rank(ranks),
        popularity_mrr=mean_reciprocal_rank(popular),
        pairs=len(pairs),
    )
