"""Each table of the figures as a file: stored values and both names, every line, no share of too few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from alliances.enums import Country
from matchmaking.selectors.analytics import (
    LEVELS,
    Answering,
    Rate,
    Scope,
    StatedTopic,
    answer_rates,
    exposure,
    funnel,
    stated_topics,
)

ANSWERING = ("released", "answered", "interested", "response_rate", "acceptance_rate")


class File(NamedTuple):
    """The columns and the rows of a file."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def _share(rate: Rate) -> str:
    return "" if rate.share is None else f"{rate.share:.4f}"


def _funnel(scope: Scope) -> File:
    rows = [(step, rate.number, rate.of, _share(rate)) for step, rate in funnel(scope).items()]
    return File(("step", "organizations", "of_step_before", "share"), rows)


def _answering(told: Answering) -> tuple[object, ...]:
    return (*told, _share(told.response), _share(told.acceptance))


def _kinds(scope: Scope) -> File:
    rows = [(*kinds, *_answering(told)) for kinds, told in answer_rates(scope).kinds.items()]
    return File(("seeker_kind", "candidate_kind", *ANSWERING), rows)


def _countries(scope: Scope) -> File:
    rows = [(country, *_answering(told)) for country, told in answer_rates(scope).countries.items()]
    return File(("country", *ANSWERING), rows)


def _regions(scope: Scope) -> File:
    rows = [(*place, *_answering(told)) for place, told in sorted(answer_rates(scope).regions.items())]
    return File(("country", "region", *ANSWERING), rows)


def _areas(scope: Scope) -> File:
    rows = [
        (area.slug, area.name_en, area.name_zh, *_answering(told))
        for area, told in answer_rates(scope).areas.items()
    ]
    return File(("area", "name_en", "name_zh", *ANSWERING), rows)


def _needs(scope: Scope) -> File:
    return _topics(stated_topics(scope).needs, "priority")


def _offers(scope: Scope) -> File:
    return _topics(stated_topics(scope).offers, "maturity")


def _topics(topics: Iterable[StatedTopic], level: str) -> File:
    columns = (
        *("topic", "name_en", "name_zh", "area", "stated"),
        *(country.lower() for country in Country.values),
        *(f"{level}_{number}" for number in LEVELS),
        *("met", "unmet", "recommended", "introduced"),
    )
    rows = [
        (
            *(one.topic.slug, one.topic.name_en, one.topic.name_zh, one.topic.area.slug, one.stated),
            *one.by_country.values(),
            *one.by_level.values(),
            *(one.met, one.unmet, one.recommended, one.introduced),
        )
        for one in topics
    ]
    return File(columns, rows)


def _exposure(scope: Scope) -> File:
    rows = [
        (one.code, one.name_en, one.name_zh, one.kind, one.country, lists)
        for one, lists in exposure(scope).rows
    ]
    return File(("code", "name_en", "name_zh", "kind", "country", "lists"), rows)


FILES: Mapping[str, Callable[[Scope], File]] = {
    "funnel": _funnel,
    "kinds": _kinds,
    "countries": _countries,
    "regions": _regions,
    "areas": _areas,
    "needs": _needs,
    "offers": _offers,
    "exposure": _exposure,
}
