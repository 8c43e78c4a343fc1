"""Two counts as dots, one a thing, so that few and many are seen and not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ACROSS: Final = 20
STEP: Final = 14
# More dots than this are a texture and no longer a count.
MOST: Final = 200


@dataclass(frozen=True)
class Dots:
    """The centres of both groups' dots, in pixels; the second group starts on a row of its own."""

    first: Sequence[tuple[int, int]]
    second: Sequence[tuple[int, int]]
    height: int
    width: int = ACROSS * STEP


def dots(first: int, second: int) -> Dots | None:
    """The picture of two counts; None where there is nothing to see, or too much."""
    if not 0 < first + second <= MOST:
        return None
    rows = -(-first // ACROSS)
    top = rows * STEP + STEP // 2 if first else 0
    height = top + -(-second // ACROSS) * STEP
    return Dots(_group(first, 0), _group(second, top), height)


def _group(count: int, top: int) -> list[tuple[int, int]]:
    half = STEP // 2
    return [(i % ACROSS * STEP + half, top + i // ACROSS * STEP + half) for i in range(count)]
