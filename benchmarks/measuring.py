"""What every measurement shares: medians, the products that all are held to, lists as one fingerprint."""

from __future__ import annotations

import hashlib
import math
import platform
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from matchmaking.engine.kernel.packing import Packed
from matchmaking.engine.lists import Found

TIMES = 5
BLOCK = (256, 1024)
# The four products P, Q, H and X, at the widths that the goals are stated for.
WIDTHS = (96, 96, 96, 128)


def seconds(work: Callable[[], Any]) -> float:
    """The median of five."""
    return statistics.median(once(work) for _ in range(TIMES))


def once(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def fingerprint(found: Found) -> str:
    """Of both sides' lists: the same however the search came upon them."""
    whole = hashlib.sha256()
    for entries in (found.us, found.cn):
        order = np.lexsort((entries.columns, entries.rows))
        for column in entries:
            whole.update(column[order].tobytes())
    return whole.hexdigest()


def products(us: Packed, cn: Packed) -> float:
    """Seconds of the four products alone in the same blocks, by BLAS's two threads or by two of ours."""
    return min(
        seconds(lambda: multiply(us, cn, threads=1, blas=2)), seconds(lambda: multiply(us, cn, threads=2))
    )


def multiply(us: Packed, cn: Packed, *, threads: int = 1, blas: int = 1) -> None:
    factors = [
        (_wide(one, width), _wide(other, width))
        for (one, other), width in zip(
            (
                (us.needs, cn.offers),
                (us.offers, cn.needs),
                (us.challenges, cn.challenges),
                (us.statements, cn.statements),
            ),
            WIDTHS,
            strict=True,
        )
    ]
    rows, columns = (range(0, len(side.row), step) for side, step in zip((us, cn), BLOCK, strict=True))

    def work(thread: int) -> None:
        buffers = np.empty((len(factors), BLOCK[0] * BLOCK[1]), dtype=np.float32)
        for row in rows[thread::threads]:
            for column in columns:
                for (one, other), buffer in zip(factors, buffers, strict=True):
                    left, right = one[row : row + BLOCK[0]], other[column : column + BLOCK[1]]
                    out = buffer[: len(left) * len(right)].reshape(len(left), len(right))
                    np.dot(left, right.T, out=out)

    with threadpool_limits(limits=blas, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


def _wide(matrix: Any, width: int) -> Any:
    return np.pad(matrix, ((0, 0), (0, max(0, width - matrix.shape[1]))))


def exponent(small: float, large: float, times: float) -> float:
    """p, where time grows as n to the power p."""
    return math.log(large / small) / math.log(times)


def blas_kernel() -> str:
    """numpy's. Other packages bring libraries of their own, in any order."""
    return next(
        (
            str(found["architecture"])
            for found in threadpool_info()
            if found["user_api"] == "blas" and "numpy" in found["filepath"]
        ),
        "none",
    )


def machine() -> list[str]:
    """What the figures were measured on."""
    names = ("numpy", "numba", "faiss-cpu", "scikit-learn", "implicit", "django", "psycopg", "celery")
    return [
        f"processor: {platform.processor() or platform.machine()}",
        f"system: {platform.platform()}",
        f"python: {platform.python_version()}",
        *(f"{name}: {version(name)}" for name in names),
        f"blas_kernel: {blas_kernel()}",
    ]
