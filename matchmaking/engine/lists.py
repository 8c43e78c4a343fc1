"""Entries of lists as rows of both sides, as every search finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.scoring import Index, PairScores
from matchmaking.engine.sides import Floats
from matchmaking.engine.snapshot import Snapshot


class Entries(NamedTuple):
    """Pairs that stand in lists of one side: US rows, Chinese rows, final scores. In no order."""

    rows: Index
    columns: Index
    scores: Floats


@dataclass(frozen=True)
class Found:
    """What a search of a range of US rows gives.

    `us` are the lists of these rows, `cn` those of every Chinese row among them, the best K of each kind.
    `tied` counts the eligible pairs with a topical tie: those that can be listed.
    """

    us: Entries
    cn: Entries
    tied: int


class Around(NamedTuple):
    """What chosen organizations of one side have to do with everybody of the other.

    `lists` are their own, whole; `offers` the pairs in which one of them is worth as much to a seeker of the
    other side as that seeker asks for.
    """

    lists: Entries
    offers: Entries


# US rows and Chinese rows of pairs to the final numbers of these pairs.
Scorer = Callable[[Index, Index], PairScores]


# Chosen rows of both sides, and the score that each list of either side asks for, (3 kinds, organizations):
# minus infinity where any will do, infinity where none will. Without these nothing is offered.
Finder = Callable[[tuple[Index, Index], tuple[Floats, Floats] | None], tuple[Around, Around]]


@dataclass(frozen=True)
class Method:
    """One way to the same lists: `search` finds them all, `around` (a snapshot) those of a few organizations
    and what these are to others, `scorer` (snapshot, threads) gives their numbers.
    """

    search: Callable[..., Found]
    around: Callable[..., Finder]
    scorer: Callable[[Snapshot, int], Scorer]


def place_in_group(groups: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """0, 1, 2… within each run of equal values."""
    place = np.arange(len(groups))
    starts = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1)) if len(groups) else place
    return place - np.repeat(starts, np.diff(np.append(starts, len(groups))))
