"""How the loops are compiled: without the interpreter's lock, and kept on disk for the next process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

Loop = Callable[..., Any]


def exactly(loop: Loop) -> Loop:
    """Every operation as it is written and in its order: the same bits as the formulas in numpy."""
    return _compiled(loop, fastmath=False)


def roughly(loop: Loop) -> Loop:
    """Sums in whatever order is quickest: for keys that are decided again exactly."""
    return _compiled(loop, fastmath=True)


def _compiled(loop: Loop, *, fastmath: bool) -> Loop:
    options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        kept: Loop = njit(cache=True, **options)(loop)
    except RuntimeError:
        # Nowhere to write: neither beside this file nor in the user's own cache. Each process compiles anew.
        kept = njit(**options)(loop)
    return kept
