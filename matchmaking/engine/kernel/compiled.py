"""How the loops are compiled: without the interpreter's lock, and kept on disk for the next process.

What is kept names the classes that loops take: after one of them is renamed or moved, `make clean`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

Loop = Callable[..., Any]


def exactly(loop: Loop) -> Loop:
    """Every operation as it is written and in its order: the same bits as the formulas in numpy."""
    return _compiled(loop, fastmath=False)


def allocating(loop: Loop) -> Loop:
    """As `exactly`, for a loop that makes arrays of its own."""
    return _compiled(loop, fastmath=False, counting=True)


def roughly(loop: Loop) -> Loop:
    """Sums in whatever order is quickest: for keys that are decided again exactly."""
    return _compiled(loop, fastmath=True)


def _compiled(loop: Loop, *, fastmath: bool, counting: bool = False) -> Loop:
    """`counting` keeps count of who holds an array: a third of the time of loops that take a dozen slices."""
    options: dict[str, Any] = {
        "nogil": True,
        "fastmath": fastmath,
        "error_model": "numpy",
        "_nrt": counting,
    }
    try:
        kept: Loop = njit(cache=True, **options)(loop)
    except RuntimeError:
        # Nowhere to write: neither beside this file nor in the user's own cache. Each process compiles anew.
        kept = njit(**options)(loop)
    return kept
