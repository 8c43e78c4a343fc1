"""The map of the Pacific: Lambert azimuthal equal-area, on a sphere.

Equal-area keeps the cities' circles comparable; the centre lies in the ocean, so that both countries stand at
the rims and great circles bow over the water. Places are (latitude, longitude) in degrees, points are pixels
of a picture of `WIDTH` by `HEIGHT`, y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

WIDTH: Final = 1200
HEIGHT: Final = 500
CENTRE_LATITUDE: Final = 12.0
CENTRE_LONGITUDE: Final = -167.5
# Where the centre falls in the picture, and how many pixels the radius of the earth measures.
CENTRE_X: Final = 612.0
CENTRE_Y: Final = 590.0
SCALE: Final = 420.0

EARTH_KM: Final = 6371.0
KM_A_MILE: Final = 1.609344

# The largest city of the two countries' registers, and its circle.
LARGEST_PEOPLE: Final = 24_874_500
LARGEST_RADIUS: Final = 23.0
SMALLEST_RADIUS: Final = 1.8

GRID: Final = 15
NORTH: Final = 75
WEST, EAST = 60, 330  # degrees east, through 180
DATE_LINE: Final = 180
TICKS: Final = range(105, 271, GRID)

Place = tuple[float, float]


class Point(NamedTuple):
    """A point of the picture, in pixels."""

    x: float
    y: float


class Tick(NamedTuple):
    """The name of a meridian and where it stands at the lower edge."""

    x: float
    label: str


def project(latitude: float, longitude: float) -> Point:
    """Where a place falls in the picture."""
    lat, lat0 = math.radians(latitude), math.radians(CENTRE_LATITUDE)
    east = math.radians((longitude - CENTRE_LONGITUDE + 540) % 360 - 180)
    nearness = math.sin(lat0) * math.sin(lat) + math.cos(lat0) * math.cos(lat) * math.cos(east)
    stretch = SCALE * math.sqrt(2 / max(1e-9, 1 + nearness))
    up = math.cos(lat0) * math.sin(lat) - math.sin(lat0) * math.cos(lat) * math.cos(east)
    return Point(CENTRE_X + stretch * math.cos(lat) * math.sin(east), CENTRE_Y - stretch * up)


def distance_km(one: Place, other: Place) -> float:
    """The length of the shortest way between two places."""
    return EARTH_KM * _angle(_vector(one), _vector(other))


def great_circle(one: Place, other: Place, steps: int = 26) -> str:
    """The shortest way between two different places, as SVG path data."""
    start, end = _vector(one), _vector(other)
    angle = _angle(start, end)
    points = []
    for step in range(steps + 1):
        part = step / steps
        first = math.sin((1 - part) * angle) / math.sin(angle)
        second = math.sin(part * angle) / math.sin(angle)
        x, y, z = (first * a + second * b for a, b in zip(start, end, strict=True))
        points.append(project(math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))))
    return _path(points)


def graticule() -> str:
    """Every fifteenth parallel and meridian but the date line, as one string of SVG path data."""
    parallels = [
        _path(project(lat, lon) for lon in range(WEST, EAST + 1, 5)) for lat in range(0, NORTH + 1, GRID)
    ]
    meridians = [_meridian(lon) for lon in range(WEST, EAST + 1, GRID) if lon != DATE_LINE]
    return "".join(parallels + meridians)


def date_line() -> str:
    """The meridian of 180 degrees, as SVG path data."""
    return _meridian(DATE_LINE)


def ticks() -> list[Tick]:
    """Meridians by name, west to east, where they cross the lower edge of the picture."""
    found = []
    for lon in TICKS:
        crossing = min(
            (project(lat / 4, lon) for lat in range(4 * NORTH)), key=lambda point: abs(point.y - HEIGHT)
        )
        found.append(Tick(crossing.x, _degrees(lon)))
    return found


def radius(people: int) -> float:
    """Of a city's circle: its area is proportional to the people, down to a dot that can still be seen."""
    return max(SMALLEST_RADIUS, LARGEST_RADIUS * math.sqrt(people / LARGEST_PEOPLE))


def _degrees(east: int) -> str:
    if east == DATE_LINE:
        return "180°"
    return f"{east}°E" if east < DATE_LINE else f"{360 - east}°W"


def _meridian(longitude: int) -> str:
    return _path(project(lat, longitude) for lat in range(0, NORTH + 1, 5))


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.1f}" for x, y in points)


def _vector(place: Place) -> tuple[float, float, float]:
    lat, lon = map(math.radians, place)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _angle(one: Iterable[float], other: Iterable[float]) -> float:
    return math.acos(max(-1.0, min(1.0, sum(a * b for a, b in zip(one, other, strict=True)))))
