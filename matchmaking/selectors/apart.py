"""What keeps two organizations apart by today, whatever held when they were recommended to each other."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from alliances.enums import OrganizationState
from alliances.models import ScreeningHit
from matchmaking.enums import Answer
from matchmaking.models import CurationEvent, Exclusion, Recommendation, Response

# Who takes no part yet or no more: their pairs are not counted at all. Everybody else's are, and those of
# who is not approved (waiting, on hold, suspended) fall under the constraint `not_approved`.
ABSENT_STATES = (OrganizationState.DRAFT, OrganizationState.WITHDRAWN, OrganizationState.REJECTED)

# The kinds of the audit rows of two ends after which a pair rests for so many days: an interest that nobody
# answered, and an introduction that staff closed.
SILENCE = "silence"
INTRODUCTION_CLOSED = "introduction_closed"
REST_DAYS = 90
# And of an answer that stood for its time.
LAPSED = "lapsed"

# Parts of other queries: made once, since to make them takes longer than to ask them.
SCREENED = ScreeningHit.objects.blocking().values("organization")
EXCLUDED = Exclusion.objects.filter(pair=OuterRef("pair"))


def screened() -> Q:
    """Recommendations of whom, or to whom, a screening hit that nobody cleared keeps out."""
    return Q(seeker__in=SCREENED) | Q(candidate__in=SCREENED)


def kept_out() -> Q:
    """Those that are screened, and those of pairs that staff have excluded."""
    return screened() | Q(Exists(EXCLUDED))


def answers_against(day: date, decline_months: float) -> QuerySet[Response]:
    """The answers that keep pairs apart on this day: a no for so many months, a not now until its day."""
    since = day - decline_stands(decline_months)
    declined = Q(answer=Answer.DECLINED, answered_at__date__gt=since)
    return Response.objects.filter(declined | Q(answer=Answer.LATER, until__gt=day))


def decline_stands(months: float) -> timedelta:
    """For how long a no keeps a pair apart."""
    return timedelta(days=round(months * 365.25 / 12))


def rests(day: date) -> QuerySet[CurationEvent]:
    """The ends, told of recommendations, after which the pairs rest on this day: nobody said no."""
    return CurationEvent.objects.filter(
        subject="recommendation",
        kind__in=(SILENCE, INTRODUCTION_CLOSED),
        at__date__gt=day - timedelta(days=REST_DAYS),
    )


def parted(day: date, decline_months: float) -> Q:
    """Recommendations of pairs that a run of this day would not score, for what staff or the sides said."""
    resting = Recommendation.objects.filter(pk__in=rests(day).values("subject_id")).values("pair")
    against = answers_against(day, decline_months).filter(pair=OuterRef("pair"))
    return Q(Exists(EXCLUDED)) | Q(Exists(against)) | Q(pair__in=resting)
