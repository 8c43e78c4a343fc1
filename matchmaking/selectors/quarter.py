"""What an organization did in the running quarter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from alliances.models import Organization
from matchmaking.models import Introduction, Recommendation
from matchmaking.models.recommendation import READABLE_STATES
from matchmaking.selectors.recommendations import was_answered


class Quarter(NamedTuple):
    """Introductions made since the quarter began, of how many one takes on; recommendations and answers."""

    introduced: int
    capacity: int
    shown: int
    answered: int


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter in which the day lies."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def quarters_of(organizations: Collection[Organization]) -> dict[int, Quarter]:
    """The quarter of each of these organizations, by id; two queries."""
    began = quarter_start(timezone.now().date())
    keys = [one.pk for one in organizations]
    pairs = Introduction.objects.filter(
        Q(pair__low__in=keys) | Q(pair__high__in=keys), made_at__date__gte=began
    ).values_list("pair__low_id", "pair__high_id")
    introduced = Counter(side for pair in pairs for side in pair)
    rows = (
        Recommendation.objects.filter(
            seeker__in=keys, released_at__date__gte=began, state__in=READABLE_STATES
        )
        .order_by()
        .values("seeker")
        .annotate(
            shown=Count("pair", distinct=True),
            answered=Count("pair", distinct=True, filter=was_answered()),
        )
    )
    told = {row["seeker"]: (row["shown"], row["answered"]) for row in rows}
    return {
        one.pk: Quarter(introduced[one.pk], one.capacity, *told.get(one.pk, (0, 0))) for one in organizations
    }
