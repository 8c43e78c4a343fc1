"""Recommendations, answers and introductions made by hand, without a run that scores."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from alliances.models import Organization
from matchmaking.enums import Answer, DeclineReason
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, Introduction, MatchRun, Pair, Recommendation, Response
from matchmaking.services.policies import active_policy


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def make_run() -> MatchRun:
    """A run as a row alone."""
    return MatchRun.objects.create(policy=active_policy(), as_of=timezone.now().date(), top_k=10)


def pair_of(one: Organization, other: Organization) -> Pair:
    low, high = sorted((one, other), key=lambda organization: organization.pk)
    return Pair.objects.get_or_create(low=low, high=high)[0]


def reasons(own: Collection[str] = (), theirs: Collection[str] = ()) -> dict[str, object]:
    """A breakdown of which the reasons of either side rest on these topics."""
    scale = {"criterion": "scale", "share": 0.1, "facts": {"ratio": 2}}

    def side(topics: Collection[str]) -> dict[str, object]:
        facts = {"stated": len(topics), "topics": [{"topic": slug} for slug in topics]}
        return {"reasons": [scale, {"criterion": "needs_met", "share": 0.4, "facts": facts}]}

    return {"seeker": side(own), "candidate": side(theirs)}


def show(
    seeker: Organization,
    candidate: Organization,
    state: S = S.RELEASED,
    *,
    days: float = 30,
    answer: Answer | None = None,
    event: str = "",
    run: MatchRun | None = None,
    breakdown: dict[str, object] | None = None,
) -> Recommendation:
    """The candidate, recommended to the seeker so many days ago, and the seeker's answer that stands."""
    pair = pair_of(seeker, candidate)
    one = Recommendation.objects.create(
        run=run or make_run(),
        pair=pair,
        seeker=seeker,
        candidate=candidate,
        kind=candidate.kind,
        rank=1,
        score=0.4,
        affinity=0.5,
        candidate_affinity=0.35,
        breakdown=breakdown or {},
        state=state,
        released_at=None if state in (S.PROPOSED, S.HELD) else days_ago(days),
    )
    if answer:
        reply(pair, seeker, answer)
    if event == "withdrawn":
        note(one, "answered", {"from": "released", "to": str(answer)})
        note(one, event, {"from": str(answer), "to": "expired"})
    elif event:
        note(one, event, {})
    return one


def note(one: Recommendation, event: str, data: dict[str, str]) -> None:
    CurationEvent.objects.create(subject="recommendation", subject_id=one.pk, kind=event, data=data)


def reply(pair: Pair, organization: Organization, answer: Answer) -> None:
    Response.objects.get_or_create(
        pair=pair,
        organization=organization,
        defaults={
            "answer": answer,
            "reason": DeclineReason.BUDGET if answer == Answer.DECLINED else "",
            "until": timezone.now().date() if answer == Answer.LATER else None,
        },
    )


def introduce(one: Organization, other: Organization, *, days: float = 1) -> None:
    """Both said yes, and were introduced so many days ago."""
    pair = pair_of(one, other)
    for side in (one, other):
        reply(pair, side, Answer.INTERESTED)
    Introduction.objects.create(pair=pair, made_at=days_ago(days))
