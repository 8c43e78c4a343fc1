"""What may be told no more, although it was right when it was queued: mails and webhooks ask at the claim.

Of rows that the caller has locked, with their seeker and candidate. No reason is an empty text.
"""

from __future__ import annotations

from collections.abc import Sequence

from alliances.enums import OrganizationState
from matchmaking.enums import Answer
from matchmaking.models import Recommendation
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors.apart import kept_out
from matchmaking.selectors.interests import waiting_for_answer


def why_kept_apart(told: Sequence[Recommendation]) -> str:
    """Why the seeker of one of these must not be told of its candidate today."""
    for one in told:
        if one.seeker.state != OrganizationState.APPROVED:
            return "organization_not_approved"
        if one.candidate.state != OrganizationState.APPROVED:
            return "candidate_not_approved"
    # No reason of its own for a screening hit: who reads the mail's row need not know of it.
    free = Recommendation.objects.filter(~kept_out(), pk__in=[one.pk for one in told]).unblocked()
    return "" if free.count() == len(told) else "pair_blocked"


def why_not_told(told: Sequence[Recommendation]) -> str:
    """Why one of these must not be told to its seeker (any more)."""
    if any(one.state not in SHOWN_STATES for one in told):
        return "recommendation_withdrawn"
    return why_kept_apart(told)


def why_not_asked(one: Recommendation) -> str:
    """Why its seeker, kept apart by nothing, must not be asked (any more) to answer the other side's yes."""
    if waiting_for_answer().filter(pk=one.pk).exists():
        return ""
    if one.state in Answer.values:
        return "answered_meanwhile"
    return "interest_withdrawn" if one.state in SHOWN_STATES else "recommendation_withdrawn"
