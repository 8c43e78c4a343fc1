"""Cities on the map of the Pacific, as the templates draw them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from alliances.enums import Country
from alliances.models import Organization
from matchmaking.pictures import pacific
from matchmaking.pictures.labels import Label, Spot, place_labels

NAME_ON_MAP = 26
NAMED_A_COUNTRY = 12


class City(NamedTuple):
    """A circle on the map; no title where nobody is to be named."""

    x: float
    y: float
    radius: float
    country: str
    title: str


@dataclass(frozen=True)
class Sheet:
    """What every map of ours is drawn on."""

    graticule: str
    date_line: str
    ticks: Sequence[pacific.Tick]


SHEET = Sheet(pacific.graticule(), pacific.date_line(), pacific.ticks())


@dataclass(frozen=True)
class RegisterMap:
    """Organizations of the register, and arcs that join pairs of them."""

    cities: Sequence[City]
    labels: Sequence[Label]
    arcs: Sequence[str]
    largest: Organization | None
    largest_people: str
    us: int
    cn: int
    sheet: Sheet = SHEET


@dataclass(frozen=True)
class PairMap:
    """Where the two are; the other cities of the register stay faint."""

    cities: Sequence[City]
    here: Sequence[City]
    labels: Sequence[Label]
    arc: str
    km: str
    miles: str
    sheet: Sheet = SHEET


def circle(organization: Organization) -> City | None:
    """The organization's circle on the map; None where it states no place."""
    if organization.latitude is None or organization.longitude is None:
        return None
    x, y = pacific.project(organization.latitude, organization.longitude)
    people = organization.population or 0
    title = f"{organization.name}, {people:,}" if people else organization.name
    return City(round(x, 1), round(y, 1), round(pacific.radius(people), 1), organization.country, title)


def register_map(
    cities: Sequence[Organization], pairs: Collection[tuple[int, int]], *, names_all: bool = False
) -> RegisterMap:
    """The map of the whole register; `cities` the largest first, `pairs` by id and among these cities.

    Where anybody may read it, it names the sample's cities only: nobody else has agreed to that. Only for
    staff `names_all`.
    """
    known = {one.pk: one for one in cities}
    named = {key for key, one in known.items() if names_all or one.is_sample}
    circles = {
        key: city if key in named else city._replace(title="")
        for key, one in known.items()
        if (city := circle(one)) is not None
    }
    labels: list[Label] = [Label(590, 446, "middle", _("Pacific Ocean") * 2)]
    for country in Country:
        spots = [
            Spot(city.x, city.y, city.radius, known[key].name)
            for key, city in circles.items()
            if city.country == country and key in named
        ]
        labels += place_labels(spots, NAMED_A_COUNTRY, labels)
    largest = next((one for one in cities[:1] if one.pk in named and one.population), None)
    return RegisterMap(
        cities=list(circles.values()),
        labels=labels[1:],
        arcs=[
            pacific.great_circle(_place(known[one]), _place(known[other]))
            for one, other in pairs
            # Between two of the very same place, as stated, there is no way to draw.
            if one in circles and other in circles and _place(known[one]) != _place(known[other])
        ],
        largest=largest,
        largest_people=f"{largest.population:,}" if largest else "",
        us=sum(city.country == Country.US for city in circles.values()),
        cn=sum(city.country == Country.CN for city in circles.values()),
    )


def _place(organization: Organization) -> pacific.Place:
    return organization.latitude or 0.0, organization.longitude or 0.0


def pair_map(you: Organization, them: Organization, cities: Sequence[Organization]) -> PairMap | None:
    """The map of the two among other cities; None where one of the two states no place."""
    your_circle, their_circle = circle(you), circle(them)
    if your_circle is None or their_circle is None:
        return None
    yours, theirs = _place(you), _place(them)
    km = pacific.distance_km(yours, theirs)
    return PairMap(
        cities=[
            city for one in cities if one.pk not in (you.pk, them.pk) and (city := circle(one)) is not None
        ],
        here=[your_circle, their_circle],
        labels=[_label(you, your_circle), _label(them, their_circle)],
        arc=pacific.great_circle(yours, theirs),
        km=f"{round(km, -1):,.0f}",
        miles=f"{round(km / pacific.KM_A_MILE, -1):,.0f}",
    )


def _label(organization: Organization, city: City) -> Label:
    """Below the circle, towards the ocean, where nothing but the grid lies."""
    name = Truncator(organization.name).chars(NAME_ON_MAP, truncate="…")
    away = city.radius + 8
    if organization.country == Country.CN:
        return Label(round(city.x + away, 1), round(city.y + 34, 1), "start", name)
    return Label(round(city.x - away, 1), round(city.y + 34, 1), "end", name)
