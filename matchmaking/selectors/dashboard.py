"""The counts that the curation desk opens with. Each function is one query, however large the register."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from alliances.models import Organization
from matchmaking.models import Introduction, MatchRun, OutboxEmail, Recommendation

MAIL_DAYS = 14


def organization_counts() -> Counter[tuple[str, str, str]]:
    """Organizations by (kind, country, state)."""
    rows = Organization.objects.values_list("kind", "country", "state").annotate(Count("pk")).order_by()
    return Counter({(kind, country, state): number for kind, country, state, number in rows})


def recommendation_counts() -> Counter[str]:
    """Recommendations of all runs by state."""
    return Counter(dict(Recommendation.objects.values_list("state").annotate(Count("pk")).order_by()))


def introduction_count() -> int:
    """Introductions ever made."""
    return Introduction.objects.count()


def mail_days() -> list[date]:
    """The last `MAIL_DAYS` days in UTC, today the last."""
    today = timezone.now().astimezone(UTC).date()
    return [today - timedelta(days=ago) for ago in range(MAIL_DAYS - 1, -1, -1)]


def mail_counts(days: list[date]) -> dict[date, Counter[str]]:
    """Mail made on each of these days, which follow one another, by the state it is in now."""
    begin = datetime.combine(days[0], time.min, tzinfo=UTC)
    rows = (
        OutboxEmail.objects.filter(created_at__gte=begin)
        .annotate(day=TruncDate("created_at", tzinfo=UTC))
        .values_list("day", "state")
        .annotate(Count("pk"))
        .order_by()
    )
    counts: dict[date, Counter[str]] = {day: Counter() for day in days}
    for day, state, number in rows:
        if day in counts:  # not what a clock that runs ahead made tomorrow
            counts[day][state] += number
    return counts


def last_run() -> MatchRun | None:
    """The full run that was asked for last, whatever became of it."""
    return MatchRun.objects.full().select_related("policy").order_by("-pk").first()
