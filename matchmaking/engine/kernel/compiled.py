"""How the loops are compiled: without the interpreter's lock, and kept on disk for the next process.

What is kept names the classes that loops take: after one of them is renamed or moved, `make clean`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# Bytes that a processor takes from memory at a time.
LINE = 64

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


def _prefetch_code(_typing: Any, array: Any, _row: Any, _byte: Any) -> Any:
    """LLVM's instruction of that name, for one byte of a row."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(made.strides, 0)
        start = builder.bitcast(made.data, ir.IntType(8).as_pointer())
        place = builder.gep(start, [builder.add(builder.mul(arguments[1], stride), arguments[2])])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [start.type, flag, flag, flag])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [start.type], kind)
        # To be read, kept in all caches, data.
        builder.call(prefetch, [place, flag(0), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), code


_prefetch: Loop = intrinsic(_prefetch_code)


@exactly
def fetch(array: Any, row: int) -> None:
    """Have a row brought from memory while something else is done. It changes no number."""
    for byte in range(0, array.strides[0], LINE):
        _prefetch(array, row, byte)
