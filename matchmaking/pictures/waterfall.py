"""How a score adds up, as bars that each start where the one above ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from matchmaking.wording import CriterionRow

# Points of 100 between two grid lines; the axis ends on one.
GRID = 20


@dataclass(frozen=True)
class Step:
    """A row of the picture. Lengths are percent of the axis: `got` begins at `start`, `room` at its end."""

    label: str
    points: str
    possible: str
    known: bool
    start: float
    got: float
    room: float

    @property
    def end(self) -> float:
        return round(self.start + self.got, 2)


@dataclass(frozen=True)
class Waterfall:
    """Both sides of a pair on one axis. `grid` holds the values of the grid lines, in points."""

    grid: Sequence[int]
    you: Sequence[Step]
    them: Sequence[Step]

    @cached_property
    def lines(self) -> str:
        """The grid lines as one path through the height of a row, in percent of the axis."""
        return "".join(f"M{round(100 * value / self.grid[-1], 2)} 0V30" for value in self.grid)

    @property
    def rows(self) -> list[tuple[Step, Step]]:
        """The two sides of each line, yours first."""
        return list(zip(self.you, self.them, strict=True))


def waterfall(you: Sequence[CriterionRow], them: Sequence[CriterionRow]) -> Waterfall:
    """The picture of two sums, each from its rows in order, drawn as the points are printed."""
    furthest = max(start + room for rows in (you, them) for start, _got, room in _spans(rows))
    limit = GRID * -(-furthest // (10 * GRID))
    return Waterfall(range(0, int(limit) + 1, GRID), _steps(you, limit), _steps(them, limit))


def _spans(rows: Sequence[CriterionRow]) -> list[tuple[int, int, int]]:
    """Start, length and possible length of each bar, in tenths of a point."""
    spans, start = [], 0
    for row in rows:
        got = round(10 * float(row.points or 0))
        spans.append((start, got, max(round(1000 * row.possible), got)))
        start += got
    return spans


def _steps(rows: Sequence[CriterionRow], limit: float) -> list[Step]:
    def percent(tenths: int) -> float:
        return round(10 * tenths / limit, 2)

    return [
        Step(
            row.label,
            row.points,
            f"{100 * row.possible:.1f}",
            row.known,
            percent(start),
            percent(got),
            percent(room - got),
        )
        for row, (start, got, room) in zip(rows, _spans(rows), strict=True)
    ]
