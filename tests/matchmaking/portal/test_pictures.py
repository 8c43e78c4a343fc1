"""The geometry of the pictures, against figures worked out by hand."""

from __future__ import annotations

import math

import pytest

from matchmaking.pictures import pacific
from matchmaking.pictures.dots import dots
from matchmaking.pictures.labels import Label, Spot, place_labels
from matchmaking.pictures.magnification import magnification
from matchmaking.pictures.waterfall import waterfall
from matchmaking.wording import CriterionRow

PORTLAND, WUHAN = (45.52345, -122.67621), (30.58333, 114.26667)


def test_the_centre_falls_where_it_should() -> None:
    assert pacific.project(12.0, -167.5) == (612.0, 590.0)


def test_a_quarter_of_the_way_round_stands_at_the_square_root_of_two() -> None:
    # Ninety degrees along the equator of an equatorial projection is r * sqrt(2); the centre at 12 degrees
    # north keeps the distance for the point that lies ninety degrees due north: 78 degrees on the far side.
    x, y = pacific.project(78.0, -167.5 + 180)
    assert x == pytest.approx(612.0)
    assert y == pytest.approx(590.0 - 420 * math.sqrt(2))


@pytest.mark.parametrize(
    ("place", "expected"),
    [(PORTLAND, (841.5, 313.7)), (WUHAN, (169.1, 347.6))],
)
def test_two_cities_stand_where_they_do(place: pacific.Place, expected: tuple[float, float]) -> None:
    point = pacific.project(*place)
    assert (round(point.x, 1), round(point.y, 1)) == expected


def test_longitudes_run_through_the_date_line() -> None:
    assert pacific.project(30.0, 180.0) == pytest.approx(pacific.project(30.0, -180.0))


def test_distances_on_the_sphere() -> None:
    # A quarter of a great circle, and a pair of cities.
    assert pacific.distance_km((0, 0), (0, 90)) == pytest.approx(6371 * math.pi / 2)
    assert round(pacific.distance_km(PORTLAND, WUHAN)) == 9791
    assert pacific.distance_km(WUHAN, WUHAN) == pytest.approx(0, abs=0.001)


def test_a_great_circle_ends_at_both_places() -> None:
    points = pacific.great_circle(PORTLAND, WUHAN).removeprefix("M").split("L")
    assert (len(points), points[0], points[-1]) == (27, "841 313.7", "169 347.6")
    # It bows northwards over the ocean: higher in the picture than either end.
    assert min(float(point.split()[1]) for point in points) == 248.3


def test_areas_follow_the_people_down_to_a_dot() -> None:
    assert pacific.radius(24_874_500) == 23.0
    assert pacific.radius(24_874_500 // 4) == pytest.approx(11.5, abs=1e-6)
    assert pacific.radius(0) == 1.8


def test_ticks_name_the_meridians() -> None:
    labels = [tick.label for tick in pacific.ticks()]
    assert labels == [
        *("105°E", "120°E", "135°E", "150°E", "165°E", "180°"),
        *("165°W", "150°W", "135°W", "120°W", "105°W", "90°W"),
    ]


def row(label: str, share: float, possible: float, points: str) -> CriterionRow:
    return CriterionRow(label, share, possible, points)


YOU = [row("Base", 0.028, 0.28, "2.8"), row("Needs met", 0.214, 0.28, "21.4"), row("Trust", 0, 0, "")]
THEM = [row("Base", 0.034, 0.33, "3.4"), row("Needs met", 0.0, 0.17, "0.0"), row("Trust", 0.1, 0.1, "10.0")]


def test_bars_start_where_the_one_above_ended() -> None:
    picture = waterfall(YOU, THEM)
    # The furthest bar ends at 33 points: the axis ends on the next grid line.
    assert list(picture.grid) == [0, 20, 40]
    assert picture.lines == "M0.0 0V30M50.0 0V30M100.0 0V30"
    # In percent of 40 points: 2.8 is 7, 21.4 is 53.5, 28 is 70.
    assert [(step.start, step.got, step.room) for step in picture.you] == [
        (0.0, 7.0, 63.0),
        (7.0, 53.5, 16.5),
        (60.5, 0.0, 0.0),
    ]
    assert [step.known for step in picture.you] == [True, True, False]
    assert [(step.start, step.got) for step in picture.them] == [(0.0, 8.5), (8.5, 0.0), (8.5, 25.0)]
    assert picture.them[-1].end == 33.5
    assert [step.possible for step in picture.you] == ["28.0", "28.0", "0.0"]


def test_a_bar_that_ends_on_a_grid_line_needs_no_further_one() -> None:
    assert list(waterfall([row("Base", 0.2, 0.2, "20.0")], [row("Base", 0, 0.1, "0.0")]).grid) == [0, 20]


def test_circles_compare_by_area() -> None:
    picture = magnification(652_503, 10_392_693)
    # The square root of 10,392,693 / 652,503 is 3.991.
    assert (picture.you.radius, picture.them.radius) == (30.1, 120.0)
    assert (picture.you.centre, picture.them.centre) == (219.9, 130.0)
    assert picture.smaller == picture.you
    assert magnification(5, 5).you == magnification(5, 5).them


def test_names_keep_off_each_other_and_off_large_cities() -> None:
    spots = [Spot(300, 200, 20, "Beijing"), Spot(330, 206, 10, "Tianjin"), Spot(318, 190, 2, "Langfang")]
    # To the right of Beijing lies the middle of Tianjin; to the left lies nothing.
    placed = place_labels(spots, 3)
    assert [(label.name, label.anchor) for label in placed] == [
        ("Beijing", "end"),
        ("Tianjin", "start"),
        ("Langfang", "middle"),
    ]
    assert [label.name for label in place_labels(spots, 1)] == ["Beijing"]


def test_names_stay_inside_and_above_the_degrees() -> None:
    assert place_labels([Spot(2, 300, 1, "A")], 1)[0].anchor == "start"
    assert place_labels([Spot(1198, 300, 1, "A")], 1)[0].anchor == "end"
    assert place_labels([Spot(600, 498, 1, "A")], 1) == []
    taken = [Label(600, 290, "middle", "Pacific Ocean")]
    # Beside it the other name is in the way, below it is room.
    assert place_labels([Spot(600, 297, 1, "A")], 1, taken) == [Label(600, 314.2, "middle", "A")]


def test_dots_stand_in_rows_of_twenty_the_second_group_on_its_own() -> None:
    picture = dots(2, 21)
    assert picture is not None
    assert picture.first == [(7, 7), (21, 7)]
    assert (picture.second[0], picture.second[19], picture.second[20]) == ((7, 28), (273, 28), (7, 42))
    assert (picture.width, picture.height, len(picture.second)) == (280, 49, 21)


def test_dots_of_one_group_start_at_the_top() -> None:
    picture = dots(0, 1)
    assert picture is not None
    assert (picture.first, picture.second, picture.height) == ([], [(7, 7)], 14)


def test_nothing_and_too_much_are_not_drawn_as_dots() -> None:
    assert [dots(0, 0), dots(1, 200)] == [None, None]
    assert dots(0, 200) is not None
