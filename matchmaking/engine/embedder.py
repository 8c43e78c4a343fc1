"""Sentence vectors: how a statement is stored, and the part of it that is scored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import SCORED_TEXT, STORED_TEXT

GRID = 2.0**-20
_SEED = b"statement rotation 1"


class Embedder(Protocol):
    """A multilingual sentence encoder. The concrete model lives outside the engine."""

    @property
    def model_hash(self) -> str:
        """Names the model: vectors of different hashes are never compared."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of the texts, shape (len(texts), 512)."""


def quantise(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.int8]:
    """Vectors as they are stored: round(127 x unit vector), shape (n, 512) kept.

    Rows need not be of length one; a row of zeros stays zero. Raises ValueError for a row that is not finite.
    """
    exact = np.asarray(vectors, dtype=np.float64)
    if not np.isfinite(exact).all():
        raise ValueError("a sentence vector holds NaN or infinity")
    length = np.sqrt((exact * exact).sum(axis=-1, keepdims=True))
    return np.rint(127.0 * exact / np.where(length > 0, length, 1.0)).astype(np.int8)


@cache
def _rotation() -> npt.NDArray[np.float64]:
    """The scored columns of the rotation, shape (512, 128), entries +1 and -1.

    A randomised Hadamard transform (Ailon and Chazelle, 2006): rows of the Sylvester matrix
    (-1)^popcount(i & j), chosen and signed by SHA-256 of a fixed seed. Orthogonal up to the scale, which the
    unit vector takes away, and the same whole numbers on every machine, so that no data file is needed.
    """
    bits = b"".join(hashlib.sha256(_SEED + b" signs %d" % part).digest() for part in range(2))
    signs = 1.0 - 2.0 * np.unpackbits(np.frombuffer(bits, dtype=np.uint8))
    chosen = sorted(range(STORED_TEXT), key=lambda row: hashlib.sha256(_SEED + b" row %d" % row).digest())
    parity = [
        [(column & row).bit_count() % 2 for row in chosen[:SCORED_TEXT]] for column in range(STORED_TEXT)
    ]
    return signs[:, None] * (1.0 - 2.0 * np.array(parity, dtype=np.float64))


def scored_statements(stored: npt.NDArray[np.int8]) -> npt.NDArray[np.int32]:
    """What is scored of stored vectors, shape (n, 512): unit vectors of shape (n, 128) in steps of 2^-20.

    The rotation sums whole numbers below 2^53, so that it is exact in whatever order it is done.
    """
    rotated = stored.astype(np.float64) @ _rotation()
    length = np.sqrt((rotated * rotated).sum(axis=1, keepdims=True))
    return np.rint(rotated / np.where(length > 0, length, 1.0) / GRID).astype(np.int32)
