"""Pairs recommended to both sides, each with a person who may answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alliances.enums import ConsentPurpose, Country, TeamRole
from alliances.models import Organization, User
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import MatchRun, Pair, Recommendation, Response
from matchmaking.services.answers import Answered, Said, answer
from tests.factories import make_consent, make_organization, make_team_member
from tests.matchmaking.scenes import make_scene


@dataclass
class Side:
    """One party of a pair: its organization, its owner and what it was recommended."""

    organization: Organization
    person: User
    recommendation: Recommendation

    def say(self, word: Answer, **more: object) -> Answered:
        """Answer as this side's owner."""
        return answer(self.recommendation, Said(word, **more), by=self.person, channel="test")  # type: ignore[arg-type]


@dataclass
class Couple:
    """A pair, American side first."""

    pair: Pair
    us: Side
    cn: Side


def make_run() -> tuple[MatchRun, dict[str, object]]:
    """A complete run, and the breakdown of one of its recommendations."""
    make_scene()
    one = Recommendation.objects.select_related("run").order_by("pk")[0]
    return one.run, one.breakdown


def make_couple(run: MatchRun, breakdown: dict[str, object], *, consent: bool = True) -> Couple:
    """Two approved organizations, recommended to each other and released."""
    us, cn = make_organization(), make_organization(country=Country.CN)
    pair = Pair.objects.create(low=us, high=cn)

    def side(own: Organization, other: Organization) -> Side:
        person = make_team_member(own, role=TeamRole.EDITOR).user
        if consent and own.country == Country.CN:
            make_consent(person, ConsentPurpose.CROSS_BORDER)
        recommendation = Recommendation.objects.create(
            run=run,
            pair=pair,
            seeker=own,
            candidate=other,
            kind=other.kind,
            rank=1,
            score=0.4,
            affinity=0.5,
            candidate_affinity=0.35,
            breakdown=breakdown,
            state=S.RELEASED,
            released_at=timezone.now(),
        )
        return Side(own, person, recommendation)

    return Couple(pair, side(us, cn), side(cn, us))


def make_couples(count: int) -> list[Couple]:
    """So many separate pairs of one run."""
    run, breakdown = make_run()
    with transaction.atomic():
        return [make_couple(run, breakdown) for _number in range(count)]


def made_days_ago(couple: Couple, days: int) -> None:
    """Let the pair's releases and answers be so many days older."""
    age = timedelta(days=days)
    Recommendation.objects.filter(pair=couple.pair).update(released_at=F("released_at") - age)
    Response.objects.filter(pair=couple.pair).update(answered_at=F("answered_at") - age)
