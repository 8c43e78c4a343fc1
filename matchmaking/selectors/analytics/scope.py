"""What the figures are narrowed to, and shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from matchmaking.enums import Period
from matchmaking.models import Introduction, Recommendation
from matchmaking.models.recommendation import READABLE_STATES
from matchmaking.selectors.benefit import report_quarters

# A share of fewer than these says nothing.
FEWEST = 5


class Rate(NamedTuple):
    """So many of so many."""

    number: int
    of: int

    @property
    def share(self) -> float | None:
        """None where it is taken of fewer than `FEWEST`."""
        return self.number / self.of if self.of >= FEWEST else None


@dataclass(frozen=True)
class Scope:
    """What is counted: in which period, of which kind and country, and whether the sample counts."""

    period: Period = Period.ALL
    kind: str = ""
    country: str = ""
    with_sample: bool = True

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """The period's first moment and the first after it; None where it has no such end."""
        now, quarters = timezone.now(), report_quarters()
        spans: Mapping[Period, tuple[datetime | None, datetime | None]] = {
            Period.ALL: (None, None),
            Period.LAST_30_DAYS: (now - timedelta(days=30), None),
            Period.QUARTER: quarters[0].span,
            Period.LAST_QUARTER: quarters[1].span,
            Period.YEAR: (now - timedelta(days=365), None),
        }
        return spans[self.period]

    def within(self, moment: str) -> Q:
        """Rows of which this moment lies in the period."""
        begin, end = self.span
        found = Q(**{f"{moment}__gte": begin}) if begin else Q()
        return found & Q(**{f"{moment}__lt": end}) if end else found

    def whose(self, prefix: str = "") -> Q:
        """Rows of these organizations; `prefix` leads to the organization, as `seeker__`."""
        stated = {"kind": self.kind, "country": self.country}
        return Q(**{prefix + name: value for name, value in stated.items() if value}) & self.counted(prefix)

    def counted(self, *prefixes: str) -> Q:
        """Rows of which these sides count: all, or those that are not of the sample."""
        return Q() if self.with_sample else Q(**{f"{prefix}is_sample": False for prefix in prefixes})

    def recommendations(self) -> QuerySet[Recommendation]:
        """What was recommended in the period, whoever is narrowed to."""
        return Recommendation.objects.filter(
            self.within("released_at"), self.counted("seeker__", "candidate__"), state__in=READABLE_STATES
        ).order_by()

    def introductions(self) -> QuerySet[Introduction]:
        """The introductions made in the period, whoever is narrowed to."""
        return Introduction.objects.filter(
            self.within("made_at"), self.counted("pair__low__", "pair__high__")
        ).order_by()
