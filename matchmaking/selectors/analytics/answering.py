"""Who answers what is recommended, and who says yes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.db.models import BooleanField, Exists, ExpressionWrapper, Func, JSONField, OuterRef, Q
from django.utils import timezone

from alliances.enums import Country, Kind
from alliances.models import ChallengeArea
from matchmaking.enums import Answer
from matchmaking.models import Response
from matchmaking.selectors.analytics.scope import Rate, Scope
from matchmaking.selectors.recommendations import was_answered, was_interested

# An organization has this long before its silence counts.
RIPE_AFTER = timedelta(days=14)


class Answering(NamedTuple):
    """Of what was released long enough ago: how much was answered, and how much of that with interest."""

    released: int = 0
    answered: int = 0
    interested: int = 0

    @property
    def response(self) -> Rate:
        return Rate(self.answered, self.released)

    @property
    def acceptance(self) -> Rate:
        return Rate(self.interested, self.answered)


@dataclass(frozen=True)
class Rates:
    """Answering in all; by kind of seeker and of candidate; by the seeker's place; by challenge area."""

    total: Answering
    kinds: Mapping[tuple[Kind, Kind], Answering]
    countries: Mapping[Country, Answering]
    regions: Mapping[tuple[str, str], Answering]
    areas: Mapping[ChallengeArea, Answering]


@dataclass
class _Told:
    """A pair as recommended to one of its sides, once or more often."""

    groups: set[Hashable]
    answered: bool = False
    interested: bool = False
    topics: set[str] = field(default_factory=set)


class _Topics(Func):
    """The topics that the reasons of both sides rest on, out of the breakdown."""

    function = "jsonb_path_query_array"
    template = "%(function)s(%(expressions)s, '$.*.reasons[*].facts.topics[*].topic')"
    output_field = JSONField()


def answer_rates(scope: Scope) -> Rates:
    """How many answer, and how many say yes; three queries.

    The response rate: of what was released in the period and at least `RIPE_AFTER` ago to the organizations
    meant, the share that they answered, whatever the answer (interested, not now, no). The acceptance rate:
    of these answers, the share that stands at interested, or did until the other side's silence closed it.
    An area counts each pair of which a reason, on either side, rests on one of its topics: a pair may count
    in several areas, or in none.
    """
    areas = {area: set(slugs) for area, slugs in _slugs_by_area().items()}
    found: dict[Hashable, list[int]] = defaultdict(lambda: [0, 0, 0])
    for told in _told(scope):
        meant = {area for area, slugs in areas.items() if told.topics & slugs}
        for group in {*told.groups, *meant, None}:
            for place, counts in enumerate((True, told.answered, told.interested)):
                found[group][place] += counts

    def of(group: Hashable) -> Answering:
        return Answering(*found[group]) if group in found else Answering()

    return Rates(
        total=of(None),
        kinds={
            (seeker, candidate): of(("kinds", seeker, candidate))
            for seeker in Kind
            for candidate in Kind
            if scope.kind in ("", seeker)
        },
        countries={
            country: of(("country", country)) for country in Country if scope.country in ("", country)
        },
        regions={
            (group[1], group[2]): of(group)
            for group in found
            if isinstance(group, tuple) and group[0] == "region"
        },
        areas={area: of(area) for area in areas},
    )


def _told(scope: Scope) -> Collection[_Told]:
    """The pairs that were recommended long enough ago, as told to one side."""
    said_yes = Response.objects.filter(
        pair=OuterRef("pair"), organization=OuterRef("seeker"), answer=Answer.INTERESTED
    )
    rows = (
        scope.recommendations()
        .filter(scope.whose("seeker__"), released_at__lte=timezone.now() - RIPE_AFTER)
        .annotate(
            answered=ExpressionWrapper(was_answered(), output_field=BooleanField()),
            yes=ExpressionWrapper(Q(Exists(said_yes)) | was_interested(), output_field=BooleanField()),
            topics=_Topics("breakdown"),
        )
        .values_list(
            "seeker_id",
            "pair_id",
            "seeker__kind",
            "kind",
            "seeker__country",
            "seeker__region",
            "answered",
            "yes",
            "topics",
        )
    )
    found: dict[tuple[int, int], _Told] = {}
    for seeker, pair, own_kind, kind, country, region, answered, yes, topics in rows:
        groups: set[Hashable] = {("kinds", own_kind, kind), ("country", country), ("region", country, region)}
        told = found.setdefault((seeker, pair), _Told(groups))
        told.answered |= answered
        told.interested |= answered and yes
        told.topics.update(topics)
    return found.values()


def _slugs_by_area() -> dict[ChallengeArea, list[str]]:
    """The areas in their order, with their topics; two queries."""
    areas = ChallengeArea.objects.order_by("position").prefetch_related("topics")
    return {area: [topic.slug for topic in area.topics.all()] for area in areas}
