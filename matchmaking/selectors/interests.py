"""Open interests: one side has said yes, and the other, which was shown it, is silent.

The clock runs from the day on which the silent side could know of it: the interest is given, and its own
recommendation is released. It ends with an answer of either side, or with the interest's closing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from alliances.enums import OrganizationState
from alliances.models import Organization, TeamMember, User
from matchmaking.enums import Answer, EmailKind, EmailState, RecommendationState
from matchmaking.models import OutboxEmail, Recommendation, Response
from matchmaking.selectors.apart import kept_out
from matchmaking.selectors.disclosure import disclose

# The silent side has this many days, the last one whole; after that staff ask on the other's behalf.
ANSWER_DAYS = 21
# It is reminded once on this day, and on this day the interest closes kindly.
REMINDER_DAYS = 10
CLOSING_DAYS = 35


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Shown(TypedDict):
        shown_at: Any
        reminded_at: Any

    Silent = WithAnnotations[Recommendation, Shown]
    Interests = QuerySet[Silent]

UNANSWERED = (RecommendationState.RELEASED, RecommendationState.SEEN)
BOTH_TAKE_PART = Q(seeker__state=OrganizationState.APPROVED, candidate__state=OrganizationState.APPROVED)


def other_side_is_interested() -> Q:
    """Of a recommendation: its candidate has said yes to its seeker, and that stands."""
    same_pair = {"pair": OuterRef("pair"), "state": RecommendationState.INTERESTED}
    yes = Recommendation.objects.filter(seeker=OuterRef("candidate"), **same_pair)
    return Q(Exists(_standing_yes())) & Q(Exists(yes))


def _standing_yes() -> QuerySet[Response]:
    return Response.objects.filter(
        pair=OuterRef("pair"), organization=OuterRef("candidate"), answer=Answer.INTERESTED
    )


def waiting_for_answer() -> Interests:
    """What the silent sides of all open interests were recommended, each with its times.

    An interest in a pair that a rule, a screening hit or staff keep apart rests: nobody is told of it, and it
    is not closed.
    """
    interested_at = Subquery(_standing_yes().values("answered_at")[:1])
    reminders = OutboxEmail.objects.filter(
        recommendation=OuterRef("pk"),
        kind=EmailKind.INTEREST_REMINDER,
        state=EmailState.SENT,
        sent_at__gte=OuterRef("released_at"),
    )
    return (
        Recommendation.objects.unblocked()  # type: ignore[return-value]
        .filter(other_side_is_interested(), ~kept_out(), state__in=UNANSWERED)
        .annotate(
            shown_at=Greatest(interested_at, F("released_at")),
            reminded_at=Subquery(reminders.order_by("sent_at").values("sent_at")[:1]),
        )
    )


def aged(interests: Interests, days: int) -> Interests:
    """Those of `waiting_for_answer` that were shown so many UTC days ago, or more."""
    return interests.filter(shown_at__lt=_midnight(timezone.now().date() - timedelta(days=days - 1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def silent_interests() -> Interests:
    """What waits for staff: nobody answered in time. The silent sides' recommendations, oldest first."""
    return aged(waiting_for_answer(), ANSWER_DAYS + 1).order_by("shown_at", "pk")


def answer_by(shown_at: datetime) -> date:
    """The last day for the silent side's answer."""
    return shown_at.date() + timedelta(days=ANSWER_DAYS)


@dataclass(frozen=True)
class OpenInterest:
    """An open interest as one of its sides sees it; `recommendation` is that side's own.

    `you_answered`: this side is the one that said yes, and waits; else the other waits for it.
    """

    organization: Organization
    other: Organization
    recommendation: Recommendation
    you_answered: bool
    shown_at: datetime
    reminded_at: datetime | None
    total_days: int = ANSWER_DAYS

    @property
    def sent_on(self) -> date:
        """The day on which the clock began."""
        return self.shown_at.date()

    @property
    def answer_by(self) -> date:
        return answer_by(self.shown_at)

    @property
    def days_left(self) -> int:
        """0 on the last day, negative after it."""
        return (self.answer_by - timezone.now().date()).days


def open_interests(user: User, own: Collection[int] | None = None) -> list[OpenInterest]:
    """The open interests of this person's organizations, whichever side they are; one query, six where
    there are any, one less where the ids of the organizations are known: `own`.

    Those that wait for them first, then by the time left.
    """
    if not user.is_active:
        return []
    teams = TeamMember.objects.filter(user=user).values_list("organization_id", flat=True)
    sides: Any = teams if own is None else list(own)
    # Most people have none, and to ask that is far cheaper than to ask for all that is to be known of them.
    likely = Recommendation.objects.filter(
        Q(seeker__in=sides) | Q(candidate__in=sides),
        state__in=UNANSWERED,
        pair__responses__answer=Answer.INTERESTED,
    )
    ids = set(likely.order_by().values_list("pk", flat=True))
    if not ids:
        return []
    own = set(sides)
    found = list(_of_those_who_take_part().filter(pk__in=ids).order_by("shown_at", "pk"))
    pairs = [one.pair_id for one in found if one.candidate_id in own]
    said_yes = {
        one.pair_id: one
        for one in Recommendation.objects.visible_to(user)
        .filter(pair__in=pairs, seeker__in=own, state=RecommendationState.INTERESTED)
        .select_related("seeker", "candidate")
        .order_by("pk")
    }
    silent = [one for one in found if one.seeker_id in own]
    disclose([*silent, *said_yes.values()])
    for_us = [_seen_from(one, one) for one in silent]
    for_them = [
        _seen_from(one, said_yes[one.pair_id])
        for one in found
        if one.candidate_id in own and one.pair_id in said_yes
    ]
    return for_us + for_them


def interest_on(recommendation: Recommendation) -> OpenInterest | None:
    """The open interest of this recommendation's pair, seen by its seeker, in whose eyes it is disclosed."""
    silent = _of_those_who_take_part().filter(pair=recommendation.pair_id).order_by("-pk").first()
    return _seen_from(silent, recommendation) if silent else None


def by_recommendation(interests: list[OpenInterest]) -> Mapping[int, OpenInterest]:
    """The same by the id of the reader's own recommendation."""
    return {one.recommendation.pk: one for one in interests}


def _of_those_who_take_part() -> Interests:
    """Open interests with both sides, which must both be approved."""
    return waiting_for_answer().filter(BOTH_TAKE_PART).select_related("seeker", "candidate")


def _seen_from(silent: Silent, own: Recommendation) -> OpenInterest:
    """The open interest for the seeker of `own`, which is one of the pair's two recommendations."""
    return OpenInterest(
        organization=own.seeker,
        other=own.candidate,
        recommendation=own,
        you_answered=own.seeker_id != silent.seeker_id,
        shown_at=silent.shown_at,
        reminded_at=silent.reminded_at,
    )
