"""What an organization did in the running quarter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from alliances.models import Organization
from matchmaking.enums import Answer, RecommendationState
from matchmaking.models import Introduction, Recommendation
from matchmaking.models.recommendation import READABLE_STATES
from matchmaking.selectors.apart import ABSENT_STATES
from matchmaking.selectors.recommendations import was_answered


class Quarter(NamedTuple):
    """Introductions that use up capacity, of how many one takes on; recommendations and answers."""

    introduced: int
    capacity: int
    shown: int
    answered: int


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter in which the day lies."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def using_capacity(day: date) -> QuerySet[Introduction]:
    """The introductions that count this quarter: made since it began, or open between two that stayed."""
    left = Q(pair__low__state__in=ABSENT_STATES) | Q(pair__high__state__in=ABSENT_STATES)
    return Introduction.objects.filter(Q(~left, closed_at=None) | Q(made_at__date__gte=quarter_start(day)))


def quarters_of(organizations: Collection[Organization]) -> dict[int, Quarter]:
    """The quarter, in UTC as the matching counts it, of each of these organizations, by id; two queries, and
    one more where a recommendation has ended."""
    today = timezone.now().date()
    began = datetime.combine(quarter_start(today), time.min, tzinfo=UTC)
    keys = [one.pk for one in organizations]
    counted = using_capacity(today).filter(Q(pair__low__in=keys) | Q(pair__high__in=keys))
    pairs = counted.values_list("pair__low_id", "pair__high_id")
    introduced = Counter(side for pair in pairs for side in pair)
    rows = list(
        Recommendation.objects.filter(seeker__in=keys, released_at__gte=began, state__in=READABLE_STATES)
        .order_by()
        .values_list("pk", "seeker_id", "pair_id", "state")
    )
    answered = {pk for pk, _seeker, _pair, state in rows if state in Answer.values}
    if ended := [pk for pk, _seeker, _pair, state in rows if state == RecommendationState.EXPIRED]:
        answered.update(
            Recommendation.objects.filter(was_answered(), pk__in=ended).values_list("pk", flat=True)
        )
    # A pair that was recommended anew is one.
    pairs_shown = {(seeker, pair) for _pk, seeker, pair, _state in rows}
    pairs_answered = {(seeker, pair) for pk, seeker, pair, _state in rows if pk in answered}
    shown, said = (Counter(seeker for seeker, _pair in of_all) for of_all in (pairs_shown, pairs_answered))
    return {
        one.pk: Quarter(introduced[one.pk], one.capacity, shown[one.pk], said[one.pk])
        for one in organizations
    }
