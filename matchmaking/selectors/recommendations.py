"""Reads of recommendations."""

from __future__ import annotations

from django.db.models import QuerySet

from alliances.models import User
from matchmaking.models import MatchRun, Recommendation
from matchmaking.models.recommendation import RecommendationQuerySet


def recommendations_for(user: User) -> QuerySet[Recommendation]:
    """What this person may see, best first, with both parties loaded."""
    visible: RecommendationQuerySet = Recommendation.objects.visible_to(user)
    return visible.select_related("seeker", "candidate", "run__policy").order_by("-run_id", "-score", "pk")


def best_recommendations(run: MatchRun, limit: int = 10) -> list[Recommendation]:
    """The run's best pairs, one recommendation each (that of the American seeker where both have one)."""
    rows = (
        Recommendation.objects.filter(run=run)
        .order_by("-score", "pair_id", "-seeker__country")
        .select_related("seeker", "candidate", "run__policy")
    )
    best: dict[int, Recommendation] = {}
    for row in rows.iterator(chunk_size=4 * limit):
        best.setdefault(row.pair_id, row)
        if len(best) == limit:
            break
    return list(best.values())
