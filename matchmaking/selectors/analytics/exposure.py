"""Who is shown to others, and where everybody is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from math import ceil
from typing import NamedTuple

from django.db.models import Case, Count, F, Q, When

from alliances.enums import OrganizationState
from alliances.models import Organization
from alliances.selectors import CITIES_ON_MAP
from matchmaking.selectors.analytics.scope import Rate, Scope


class Shown(NamedTuple):
    """An organization and in how many lists of others it stands."""

    organization: Organization
    lists: int


@dataclass(frozen=True)
class ShownEvenly:
    """How evenly approved organizations were shown to others, the most shown first."""

    rows: list[Shown]

    @property
    def total(self) -> int:
        return sum(row.lists for row in self.rows)

    @property
    def nowhere(self) -> int:
        """How many stand in no list."""
        return sum(not row.lists for row in self.rows)

    @property
    def top(self) -> Rate:
        """What the most shown tenth of the organizations, at least one, has of all places in lists."""
        return Rate(sum(row.lists for row in self.rows[: ceil(len(self.rows) / 10)]), self.total)

    @property
    def gini(self) -> float | None:
        """0 where all stand equally often, towards 1 where one has all places; None where nobody has any."""
        count, total = len(self.rows), self.total
        rising = enumerate(reversed(self.rows), start=1)
        weighed = sum((2 * place - count - 1) * row.lists for place, row in rising)
        return weighed / (count * total) if total else None


def exposure(scope: Scope) -> ShownEvenly:
    """In how many others' lists of the period each approved organization stands; two queries."""
    lists: dict[int, int] = dict(
        scope.recommendations()
        .values("candidate")
        .annotate(lists=Count("seeker", distinct=True))
        .values_list("candidate", "lists")
    )
    organizations = Organization.objects.approved().filter(scope.whose()).order_by("code")
    columns = ("code", "kind", "country", "name_en", "name_zh")
    rows = [Shown(one, lists.get(one.pk, 0)) for one in organizations.only(*columns)]
    return ShownEvenly(sorted(rows, key=lambda row: -row.lists))


class Places(NamedTuple):
    """Organizations that state a place, the largest first; the introductions between them, as ids; and how
    many introductions were made."""

    organizations: list[Organization]
    introduced: list[tuple[int, int]]
    made: int


def places(scope: Scope) -> Places:
    """Where the approved organizations are, at most `CITIES_ON_MAP`, and those of the newest introductions
    of the period; two queries."""
    meant = scope.introductions().filter(scope.whose("pair__low__") | scope.whose("pair__high__"))
    made = list(meant.order_by("-made_at", "-pk").values_list("pair__low", "pair__high"))
    introduced = dict.fromkeys(made[: CITIES_ON_MAP // 2])
    met = set(chain.from_iterable(introduced))
    there = Organization.objects.filter(
        scope.whose() & Q(state=OrganizationState.APPROVED) | Q(pk__in=met), latitude__isnull=False
    )
    shown = there.only(
        "kind", "country", "is_sample", "name_en", "name_zh", "latitude", "longitude", "population"
    )
    first = Case(When(pk__in=met, then=0), default=1)
    order = (first, F("population").desc(nulls_last=True), "code")
    organizations = sorted(shown.order_by(*order)[:CITIES_ON_MAP], key=lambda one: -(one.population or 0))
    drawn = {one.pk for one in organizations}
    return Places(organizations, [pair for pair in introduced if drawn.issuperset(pair)], len(made))
