"""Needs that nobody meets and offers that nobody claims, by topic."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from alliances.enums import Country, OrganizationState
from alliances.models import Need, Offer, Topic
from matchmaking.selectors.analytics.scope import Scope

LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class StatedTopic:
    """A topic as needed, or as offered: by whom, how strongly, and what came of it.

    `met`: so many of these statements have a counterpart, an approved organization of the other country that
    offers what is needed, or needs what is offered. `recommended` and `introduced`: so many belong to an
    organization that was recommended or introduced, either way round, to one with the counterpart.
    """

    topic: Topic
    by_country: Mapping[Country, int]
    by_level: Mapping[int, int]
    met: int
    recommended: int
    introduced: int

    @property
    def stated(self) -> int:
        return sum(self.by_country.values())

    @property
    def unmet(self) -> int:
        return self.stated - self.met


class StatedTopics(NamedTuple):
    """Topics that are needed, and topics that are offered; those without a counterpart first."""

    needs: list[StatedTopic]
    offers: list[StatedTopic]


class _Statement(NamedTuple):
    organization: int
    topic: int
    level: int
    country: str
    kind: str


def stated_topics(scope: Scope) -> StatedTopics:
    """The needs and offers of today's approved organizations, by topic; five queries.

    The period narrows what was recommended and introduced; kind and country, whose statements are counted,
    not who meets them.
    """
    topics = list(Topic.objects.select_related("area").order_by("area__position", "position"))
    needs, offers = _statements(scope, Need, "priority"), _statements(scope, Offer, "maturity")
    recommended = set(scope.recommendations().values_list("pair__low", "pair__high").distinct())
    introduced = set(scope.introductions().values_list("pair__low", "pair__high"))
    return StatedTopics(
        _by_topic(scope, topics, needs, offers, recommended, introduced),
        _by_topic(scope, topics, offers, needs, recommended, introduced),
    )


def _statements(scope: Scope, model: type[Need | Offer], level: str) -> list[_Statement]:
    rows = model.objects.filter(
        scope.counted("organization__"), organization__state=OrganizationState.APPROVED
    ).order_by()
    columns = ("organization_id", "topic_id", level, "organization__country", "organization__kind")
    return [_Statement(*row) for row in rows.values_list(*columns)]


_Pairs = Collection[tuple[int, int]]


def _by_topic(
    scope: Scope,
    topics: Iterable[Topic],
    statements: Iterable[_Statement],
    counterparts: Iterable[_Statement],
    recommended: _Pairs,
    introduced: _Pairs,
) -> list[StatedTopic]:
    counted: dict[int, list[_Statement]] = defaultdict(list)
    for one in statements:
        if scope.kind in ("", one.kind) and scope.country in ("", one.country):
            counted[one.topic].append(one)
    across = {(one.topic, one.country) for one in counterparts}
    stated = _topics_of(chain.from_iterable(counted.values()))
    wanted = _topics_of(counterparts)
    came = [_met(pairs, stated, wanted) for pairs in (recommended, introduced)]

    def line(topic: Topic) -> StatedTopic:
        own = counted[topic.pk]
        by_country = Counter(one.country for one in own)
        by_level = Counter(one.level for one in own)
        return StatedTopic(
            topic,
            {country: by_country[country] for country in Country},
            {level: by_level[level] for level in LEVELS},
            sum(
                any((topic.pk, country) in across for country in Country if country != one.country)
                for one in own
            ),
            *(sum((one.organization, topic.pk) in met for one in own) for met in came),
        )

    lines = [line(topic) for topic in topics if counted[topic.pk]]
    # A stable sort: among equals the topics' own order.
    return sorted(lines, key=lambda one: (one.met > 0, -one.unmet, -one.stated))


def _topics_of(statements: Iterable[_Statement]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for one in statements:
        found[one.organization].add(one.topic)
    return found


def _met(
    pairs: _Pairs, stated: Mapping[int, set[int]], wanted: Mapping[int, set[int]]
) -> set[tuple[int, int]]:
    """The statements, as organization and topic, of which the other side of a pair has the counterpart."""
    nothing: set[int] = set()
    return {
        (one, topic)
        for pair in pairs
        for one, other in (pair, pair[::-1])
        for topic in stated.get(one, nothing) & wanted.get(other, nothing)
    }
