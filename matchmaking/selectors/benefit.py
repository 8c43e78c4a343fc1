"""What membership in an alliance brought its members in a quarter, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from alliances.memberships import confirmed_members
from alliances.models import Organization
from matchmaking.enums import Answer
from matchmaking.models import Introduction, Recommendation, Response, Sponsorship
from matchmaking.models.recommendation import READABLE_STATES
from matchmaking.selectors.quarter import quarter_start
from matchmaking.selectors.recommendations import was_interested, was_opened

# How many quarters may be reported, the running one among them.
QUARTERS = 8


class Counts(NamedTuple):
    """Pairs that were recommended in the quarter, of these those that the member opened and said yes to;
    its introductions made in the quarter; the matches of it that the alliance sponsored in the quarter."""

    recommended: int = 0
    seen: int = 0
    interested: int = 0
    introduced: int = 0
    sponsored: int = 0


class Benefit(NamedTuple):
    """One member's counts."""

    member: Organization
    counts: Counts


class ReportQuarter(NamedTuple):
    """A calendar quarter in UTC, by its first day."""

    start: date

    @property
    def key(self) -> str:
        """As it stands in an address: 2026-Q4."""
        return f"{self.start.year}-Q{(self.start.month + 2) // 3}"

    @property
    def last_day(self) -> date:
        # The longest quarter has 92 days.
        return quarter_start(self.start + timedelta(days=93)) - timedelta(days=1)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first moment, and the first after it."""
        begin, end = (
            datetime.combine(day, time.min, tzinfo=UTC)
            for day in (self.start, self.last_day + timedelta(days=1))
        )
        return begin, end


def report_quarters() -> list[ReportQuarter]:
    """The quarters that may be reported, the running one first."""
    found = [quarter_start(timezone.now().astimezone(UTC).date())]
    while len(found) < QUARTERS:
        found.append(quarter_start(found[-1] - timedelta(days=1)))
    return [ReportQuarter(day) for day in found]


def benefits(alliance: Organization, quarter: ReportQuarter) -> list[Benefit]:
    """The counts of each confirmed member, by code; four queries."""
    members = list(confirmed_members(alliance).order_by("code"))
    begin, end = quarter.span
    keys = {one.pk for one in members}
    told = _told(keys, begin, end)
    pairs = Introduction.objects.filter(
        Q(pair__low__in=keys) | Q(pair__high__in=keys), made_at__gte=begin, made_at__lt=end
    ).values_list("pair__low_id", "pair__high_id")
    introduced = Counter(side for pair in pairs for side in pair)
    sponsored = Counter(
        Sponsorship.objects.filter(
            alliance=alliance, member__in=keys, sponsored_at__gte=begin, sponsored_at__lt=end
        ).values_list("member_id", flat=True)
    )
    return [
        Benefit(one, Counts(*told.get(one.pk, (0, 0, 0)), introduced[one.pk], sponsored[one.pk]))
        for one in members
    ]


def in_all(found: Sequence[Benefit]) -> Counts:
    """The sums over all members."""
    return Counts(*(sum(column) for column in zip(*(one.counts for one in found), strict=True)))


FILE_COLUMNS = ("code", "name_en", "name_zh", *Counts._fields)


def file_rows(found: Sequence[Benefit]) -> list[tuple[object, ...]]:
    """The same figures as the rows of a file, the sums in the last one, named in both languages."""
    rows: list[tuple[object, ...]] = [
        (one.member.code, one.member.name_en, one.member.name_zh, *one.counts) for one in found
    ]
    named = []
    for language in ("en", "zh-hans"):
        with override(language):
            named.append(_("All members"))
    return [*rows, ("", *named, *in_all(found))]


def _told(keys: set[int], begin: datetime, end: datetime) -> dict[int, tuple[int, int, int]]:
    """By seeker: pairs recommended in this time, and of these opened and answered with yes."""
    yes = Response.objects.filter(
        pair=OuterRef("pair"), organization=OuterRef("seeker"), answer=Answer.INTERESTED
    )
    rows = (
        Recommendation.objects.filter(
            seeker__in=keys, released_at__gte=begin, released_at__lt=end, state__in=READABLE_STATES
        )
        .order_by()
        .values("seeker")
        .annotate(
            recommended=Count("pair", distinct=True),
            seen=Count("pair", distinct=True, filter=was_opened()),
            interested=Count("pair", distinct=True, filter=Q(Exists(yes)) | was_interested()),
        )
    )
    return {row["seeker"]: (row["recommended"], row["seen"], row["interested"]) for row in rows}
