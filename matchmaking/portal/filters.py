"""The filters of the list of recommendations, as the page lays them out. They live in the address alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import CityClass, Kind, SizeBand
from alliances.regions import CHINESE_REGIONS, US_REGIONS, region_name
from matchmaking.enums import Band, ListedAs
from matchmaking.models import Recommendation
from matchmaking.portal.cards import score_of
from matchmaking.selectors.filters import UNSTATED, Facet, Narrowed, Values, narrowed, values_of
from matchmaking.selectors.shortlist import Shortlist
from matchmaking.wording import Challenges, sentence_start

TITLES = {
    Facet.KIND: gettext_lazy("Kind"),
    Facet.AREA: gettext_lazy("Challenge area"),
    Facet.PLACE: gettext_lazy("State or province"),
    Facet.SIZE: gettext_lazy("Size class"),
    Facet.BAND: gettext_lazy("Score band"),
    Facet.STATE: gettext_lazy("Your answer"),
}
# So much of a value that is not known is shown again.
SHOWN_AGAIN = 60

Labels = Mapping[Facet, Mapping[str, str]]


@dataclass(frozen=True)
class Choice:
    """A value to choose, and how many it gives beside what the other groups narrow."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Group:
    """The values of one facet that the list holds, and those that were chosen all the same."""

    name: str
    title: str
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Loosening:
    """A filter to take out where nothing is left: what it says, how many there are then, and the way."""

    label: str
    count: int
    query: str


@dataclass(frozen=True)
class Filters:
    """What is chosen, what matches it, and what else could be. `notices` name what was not understood."""

    matching: frozenset[int]
    groups: Sequence[Group]
    notices: Sequence[str]
    loosenings: Sequence[Loosening]
    chosen_count: int

    @property
    def is_narrowed(self) -> bool:
        return self.chosen_count > 0


def filters_of(
    query: QueryDict, shown: Sequence[Recommendation], shortlist: Shortlist, named: Challenges
) -> Filters:
    """Read the filters of an address against what is shown; one query.

    A value that is not known is left out, with a notice: an old bookmark still opens.
    """
    labels = _labels(shown, query.getlist(Facet.PLACE), named.areas)
    chosen, notices = _read(query, labels)
    values = values_of(shown, shortlist, lambda one: score_of(one).band, named.area_of)
    found = narrowed(values, chosen)
    return Filters(
        matching=found.matching,
        groups=[_group(facet, labels[facet], found.counts[facet], chosen[facet]) for facet in Facet],
        notices=notices,
        loosenings=[] if found.matching else _loosenings(chosen, found, labels),
        chosen_count=sum(len(wanted) for wanted in chosen.values()),
    )


def _read(query: QueryDict, labels: Labels) -> tuple[Values, list[str]]:
    chosen: dict[Facet, frozenset[str]] = {}
    notices = []
    for facet in Facet:
        stated = [value for value in dict.fromkeys(query.getlist(facet)) if value]
        chosen[facet] = frozenset(value for value in stated if value in labels[facet])
        notices += [
            _("The filter %(parameter)s=%(value)s is not known and was left out.")
            % {"parameter": facet.value, "value": _printable(value)}
            for value in stated
            if value not in labels[facet]
        ]
    return chosen, notices


def _printable(value: str) -> str:
    text = "".join(character if character.isprintable() else "�" for character in value)
    return text if len(text) <= SHOWN_AGAIN else f"{text[:SHOWN_AGAIN]}…"


def _labels(shown: Iterable[Recommendation], places_asked: Iterable[str], areas: Mapping[str, str]) -> Labels:
    """Every value that a facet may have, with its words, in the order of the page; of the many places those
    of the list and those asked for."""
    unstated = {UNSTATED: _("Not stated")}
    regions = {**US_REGIONS, **CHINESE_REGIONS}
    places = {region: str(regions[region]) for region in places_asked if region in regions}
    places |= {
        one.candidate.region: region_name(one.candidate.country, one.candidate.region)
        for one in shown
        if one.candidate.region
    }
    sizes = [*CityClass, *SizeBand]
    return {
        Facet.KIND: {kind.value: str(kind.label) for kind in Kind},
        Facet.AREA: areas,
        Facet.PLACE: dict(sorted(places.items(), key=lambda item: item[1])) | unstated,
        Facet.SIZE: {size.value: str(size.label) for size in sizes} | unstated,
        Facet.BAND: _band_labels(shown),
        Facet.STATE: {state.value: str(state.label) for state in ListedAs},
    }


def _band_labels(shown: Iterable[Recommendation]) -> dict[str, str]:
    """The bands with their bounds; by their words alone where two policies draw them differently."""
    words = {band: sentence_start(str(band.label)) for band in Band}
    rules = {tuple(sorted(one.rules["bands"].items())) for one in shown}
    if len(rules) != 1:
        return {band.value: word for band, word in words.items()}
    bounds = {Band(band): ceil(bound) for band, bound in rules.pop()} | {Band.SLIGHT: 0}
    labels, above = {}, None
    for band in sorted(Band, key=lambda band: -bounds[band]):
        values = {"band": words[band], "from": bounds[band], "to": (above or 0) - 1}
        if above is None:
            labels[band.value] = _("%(band)s, %(from)s and over") % values
        else:
            labels[band.value] = _("%(band)s, %(from)s to %(to)s") % values
        above = bounds[band]
    return labels


def _group(
    facet: Facet, labels: Mapping[str, str], counts: Mapping[str, int], chosen: frozenset[str]
) -> Group:
    choices = [
        Choice(value, label, counts.get(value, 0), value in chosen)
        for value, label in labels.items()
        if value in counts or value in chosen
    ]
    return Group(facet.value, str(TITLES[facet]), choices)


def _loosenings(chosen: Values, found: Narrowed, labels: Labels) -> list[Loosening]:
    """The filters of which any one, taken out, leaves something; what leaves most first."""
    ways = []
    for facet, count in found.without.items():
        if not count:
            continue
        values = " / ".join(label for value, label in labels[facet].items() if value in chosen[facet])
        rest = [
            (other.value, value)
            for other in Facet
            for value in labels[other]
            if other != facet and value in chosen[other]
        ]
        ways.append(
            Loosening(
                _("%(filter)s: %(values)s") % {"filter": TITLES[facet], "values": values},
                count,
                urlencode(rest),
            )
        )
    return sorted(ways, key=lambda way: -way.count)
