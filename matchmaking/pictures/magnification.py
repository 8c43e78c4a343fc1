"""Two populations as circles whose areas compare as the numbers do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 120.0
BASELINE: Final = 250.0


@dataclass(frozen=True)
class Circle:
    """A circle that stands on the base line."""

    radius: float

    @property
    def centre(self) -> float:
        """Its y, in pixels downwards."""
        return round(BASELINE - self.radius, 1)


@dataclass(frozen=True)
class Magnification:
    """Your circle and theirs, the larger one of full size."""

    you: Circle
    them: Circle

    @property
    def smaller(self) -> Circle:
        return min(self.you, self.them, key=lambda circle: circle.radius)


def magnification(your_people: int, their_people: int) -> Magnification:
    """The circles of two populations, both at least one."""
    most = max(your_people, their_people)
    you, them = (
        Circle(round(LARGEST * math.sqrt(people / most), 1)) for people in (your_people, their_people)
    )
    return Magnification(you, them)
