"""The sample register of 229: what the digests of a run name, with the load cap and without."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction

import pytest

from alliances.enums import Kind
from alliances.models import Organization
from alliances.services.demo import load_demo
from matchmaking.models import MatchRun, Ranking, Recommendation
from matchmaking.selectors.digests import PlannedDigest
from matchmaking.services import digests
from tests.matchmaking.recommendations.test_propose import change_policy
from tests.matchmaking.runs.conftest import complete_run

# No organization may stand in more than this share of the other country's digests.
MOST = Fraction(1, 5)
BRIDGES = {Kind.FIRM.value, Kind.ALLIANCE.value}


def largest_share(planned: Sequence[PlannedDigest]) -> Fraction:
    """The share of the other country's digests in which the most named organization stands."""
    named: Counter[tuple[str, int]] = Counter()
    digests_of: Counter[str] = Counter()
    for digest in planned:
        for section in digest.sections:
            country = section.organization.country
            digests_of[country] += 1
            named.update((country, one.candidate_id) for one in section.recommendations)
    return max(Fraction(count, digests_of[country]) for (country, _candidate), count in named.items())


def cities_without_a_bridge(run: MatchRun, planned: Sequence[PlannedDigest]) -> list[str]:
    """Cities whose lists hold a firm or an alliance and whose digest names none."""
    listed: dict[int, set[str]] = defaultdict(set)
    for seeker, kind in Ranking.objects.filter(run=run).values_list("seeker", "kind").distinct():
        listed[seeker].add(kind)
    told = {
        section.organization.pk: {one.kind for one in section.recommendations}
        for digest in planned
        for section in digest.sections
    }
    return [
        city.code
        for city in Organization.objects.filter(kind=Kind.CITY)
        if listed[city.pk] & BRIDGES and not told.get(city.pk, set()) & BRIDGES
    ]


@pytest.mark.django_db
def test_the_cap_spreads_digests_that_without_it_would_name_the_same_few() -> None:
    load_demo(None)
    run = complete_run()
    assert (run.organizations, run.pairs) == (229, 13110)
    capped = digests.digests_due()
    assert largest_share(capped) <= MOST
    assert cities_without_a_bridge(run, capped) == []
    assert len({digest.user.pk for digest in capped}) == len(capped)

    Recommendation.objects.all().delete()
    change_policy(load_factor=1000.0)
    complete_run()
    uncapped = digests.digests_due()
    print(f"largest share: {float(largest_share(capped)):.3f}, uncapped {float(largest_share(uncapped)):.3f}")
    assert largest_share(uncapped) > MOST
