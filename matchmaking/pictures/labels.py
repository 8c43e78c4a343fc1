"""Which names stand on the map, and where: the largest cities first, none over another's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from matchmaking.pictures.pacific import WIDTH

TEXT: Final = 16.0
GAP: Final = 5.0
LARGE: Final = 8.0
# Names stay clear of the ocean's and the countries' own, and of the degrees at the lower edge.
LOWEST: Final = 470.0


class Spot(NamedTuple):
    """A circle that may be named: its centre, its radius, its name."""

    x: float
    y: float
    radius: float
    name: str


@dataclass(frozen=True)
class Label:
    """A name and its place; `anchor` is SVG's text-anchor, y the base line."""

    x: float
    y: float
    anchor: str
    name: str

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, wide enough for the letters of either script."""
        width = sum(TEXT * (1.0 if ord(letter) > 0x2E7F else 0.56) for letter in self.name)
        left = {"start": self.x, "middle": self.x - width / 2, "end": self.x - width}[self.anchor]
        return left, self.y - TEXT, left + width, self.y + TEXT / 4


def place_labels(spots: Sequence[Spot], most: int, taken: Sequence[Label] = ()) -> list[Label]:
    """Up to `most` labels for spots given by weight: beside, below or above the circle, wherever is room.

    A name stands over no other name and over the middle of no other large circle.
    """
    placed: list[Label] = []
    large = [spot for spot in spots if spot.radius >= LARGE]
    for spot in spots:
        if len(placed) == most:
            break
        others = [other for other in large if other is not spot]
        free = (one for one in _places(spot) if _fits(one, [*taken, *placed]) and _clear(one, others))
        if label := next(free, None):
            placed.append(label)
    return placed


def _places(spot: Spot) -> list[Label]:
    away = spot.radius + GAP
    middle = spot.y + TEXT / 3
    return [
        Label(round(spot.x + away, 1), round(middle, 1), "start", spot.name),
        Label(round(spot.x - away, 1), round(middle, 1), "end", spot.name),
        Label(round(spot.x, 1), round(spot.y + away + TEXT * 0.7, 1), "middle", spot.name),
        Label(round(spot.x, 1), round(spot.y - away, 1), "middle", spot.name),
    ]


def _fits(label: Label, others: Iterable[Label]) -> bool:
    left, top, right, bottom = label.box
    if left < 0 or right > WIDTH or top < 0 or bottom > LOWEST:
        return False
    return all(
        right <= o_left or left >= o_right or bottom <= o_top or top >= o_bottom
        for o_left, o_top, o_right, o_bottom in (other.box for other in others)
    )


def _clear(label: Label, spots: Iterable[Spot]) -> bool:
    left, top, right, bottom = label.box
    return not any(left < spot.x < right and top < spot.y < bottom for spot in spots)
