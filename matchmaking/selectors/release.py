"""What stands on the release desk of a run: what is still decided there, by the organization it is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from alliances.models import Organization
from matchmaking.enums import RecommendationState
from matchmaking.models import CurationNote, MatchRun, Pin, Recommendation, ScheduledRelease
from matchmaking.models.recommendation import RecommendationQuerySet
from matchmaking.selectors.recommendations import pinned

# A seeker and its candidate, by id.
Directed = tuple[int, int]

# What staff still decide on. What was seen or answered is in the hands of the two sides.
DESK_STATES = (RecommendationState.PROPOSED, RecommendationState.HELD, RecommendationState.RELEASED)


@dataclass(frozen=True)
class DeskFilter:
    """Which of a run's recommendations are meant; what is empty narrows nothing.

    `kind` is the candidate's, `country` the seeker's; `text` stands in the seeker's code or names.
    """

    kind: str = ""
    country: str = ""
    state: str = ""
    text: str = ""


def on_desk(run: MatchRun, asked: DeskFilter) -> RecommendationQuerySet:
    """The run's recommendations that are still decided on and match."""
    rows = Recommendation.objects.filter(run=run, state__in=DESK_STATES)
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.country:
        rows = rows.filter(seeker__country=asked.country)
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.text:
        names = ("code", "name_en", "name_zh")
        rows = rows.filter(
            Q(*((f"seeker__{name}__icontains", asked.text) for name in names), _connector=Q.OR)
        )
    return rows


def is_overtaken(run: MatchRun) -> bool:
    """Whether a newer full run has made proposals, which take the place of this one's."""
    return Recommendation.objects.filter(run_id__gt=run.pk, run__amends=None).exists()


def scheduled_of(run: MatchRun) -> QuerySet[ScheduledRelease]:
    """The scheduled releases of this run, the newest first."""
    return ScheduledRelease.objects.filter(run=run).select_related("requested_by")


def seekers_of(rows: QuerySet[Recommendation]) -> QuerySet[Organization]:
    """The organizations that these are for, by code."""
    return Organization.objects.filter(pk__in=rows.order_by().values("seeker")).order_by("code")


def rows_for(rows: RecommendationQuerySet, seekers: Collection[int]) -> QuerySet[Recommendation]:
    """Those for these organizations, what is pinned first, then best first, with the seeker's `first_reason`.

    The rest of what explains a row is long and is not read.
    """
    return (
        rows.filter(seeker__in=seekers)
        .select_related("candidate")
        .defer("breakdown")
        .annotate(first_reason=F("breakdown__seeker__reasons__0"))
        .order_by(pinned().desc(), "-score", "candidate__code")
    )


def pins_of(seekers: Collection[int]) -> dict[Directed, Pin]:
    """What is pinned for these organizations, by seeker and candidate; one query."""
    pins = Pin.objects.filter(seeker__in=seekers).select_related("created_by")
    return {(pin.seeker_id, pin.candidate_id): pin for pin in pins}


def notes_on(rows: Collection[Recommendation]) -> dict[Directed, CurationNote]:
    """The last staff note on each of these, or on what another run made of the same two; one query."""
    sides = ("recommendation__seeker_id", "recommendation__candidate_id")
    notes = (
        CurationNote.objects.filter(
            recommendation__pair__in={one.pair_id for one in rows},
            recommendation__seeker__in={one.seeker_id for one in rows},
        )
        .order_by(*sides, "-pk")
        .distinct(*sides)
        .select_related("author", "recommendation")
        .defer("recommendation__breakdown")
    )
    return {(note.recommendation.seeker_id, note.recommendation.candidate_id): note for note in notes}


def runs_with_proposals() -> dict[int, int]:
    """How many recommendations wait to be released or held, by run; one query."""
    proposed = Recommendation.objects.filter(state=RecommendationState.PROPOSED).order_by()
    return dict(proposed.values_list("run_id").annotate(Count("pk")))
