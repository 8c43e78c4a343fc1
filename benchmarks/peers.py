"""What others would use instead: one inner product of all columns, the best 20 of each side.

An inner product is less than the score (no harmonic mean, no scale, no masks, one list over all kinds): a
peer's lists are not the same lists, only the nearest thing it can do.
"""

from __future__ import annotations

import time
from typing import Any

import faiss
import implicit.cpu.topk
import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.register import TOPICS, register
from matchmaking.engine import Policy
from matchmaking.engine.kernel.packing import Packed
from tests.engine.dumb_loop import DumbLoop

TOP = 20
LOOP_SIDE = 100


def columns(one: Packed) -> Any:
    """Needs beside offers, what both are about, statements: the columns of a single inner product."""
    return np.ascontiguousarray(np.hstack([one.needs, one.offers, one.challenges, one.statements]))


def by_faiss(us: Any, cn: Any) -> None:
    faiss.omp_set_num_threads(2)
    for seekers, candidates in ((us, cn), (cn, us)):
        index = faiss.IndexFlatIP(candidates.shape[1])
        index.add(candidates)
        index.search(seekers, TOP)


def by_sklearn(us: Any, cn: Any) -> None:
    for seekers, candidates in ((us, cn), (cn, us)):
        NearestNeighbors(n_neighbors=TOP, algorithm="brute", metric="cosine").fit(candidates).kneighbors(
            seekers
        )


def by_implicit(us: Any, cn: Any) -> None:
    for seekers, candidates in ((us, cn), (cn, us)):
        implicit.cpu.topk.topk(candidates, seekers, TOP, num_threads=2)


def pairs_a_second_of_a_loop() -> float:
    """The rules one pair after the other in plain Python."""
    profiles = register(LOOP_SIDE)
    loop = DumbLoop(profiles, topics=TOPICS, policy=Policy.default())
    started = time.perf_counter()
    result = loop.run()
    return float(result.pairs) / (time.perf_counter() - started)
