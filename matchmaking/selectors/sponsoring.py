"""What an alliance sees of its members' recommendations, and which of them it sponsors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Exists, QuerySet

from alliances.memberships import confirmed_members, own_alliances
from alliances.models import Organization, User
from matchmaking.enums import MemberStanding, RecommendationState
from matchmaking.models import Introduction, Recommendation, Sponsorship
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors.recommendations import newest_shown

# What was shown to a member and is not closed may be sponsored.
SPONSORED_STATES = (
    RecommendationState.RELEASED,
    RecommendationState.SEEN,
    RecommendationState.INTERESTED,
    RecommendationState.LATER,
)
Sponsors = Mapping[int, Sequence[Sponsorship]]
# Made once, since to make the query takes longer than to ask it.
COUNTING = Sponsorship.objects.counting()


def recommendations_of_members(user: User, alliance: Organization) -> QuerySet[Recommendation]:
    """What the confirmed members of an alliance were recommended, best first; of one pair the newest.

    For the alliance's own team alone. Nobody else's rows come along: of a pair only the member's side.
    """
    own = own_alliances(user).filter(pk=alliance.pk)
    return (
        newest_shown(
            Recommendation.objects.unblocked().filter(Exists(own), seeker__in=confirmed_members(alliance))
        )
        # A no is between the two and us: it leaves the list, whichever side gave it.
        .exclude(state=RecommendationState.DECLINED)
        .select_related("seeker", "candidate")
        .with_rules()
        .order_by("-score", "seeker__code", "candidate__code")
    )


def introduced(pairs: Collection[int]) -> frozenset[int]:
    """Which of these pairs were introduced to each other, whether or not that still lasts."""
    return frozenset(Introduction.objects.filter(pair__in=pairs).values_list("pair_id", flat=True))


def standing_of(one: Recommendation, is_introduced: bool) -> MemberStanding:
    """How far a member's recommendation has come."""
    if is_introduced:
        return MemberStanding.INTRODUCED
    if one.state == RecommendationState.INTERESTED:
        return MemberStanding.INTERESTED
    return MemberStanding.WAITING


def sponsors_of(recommendations: Sequence[Recommendation]) -> Sponsors:
    """Who sponsors these matches now, by the recommendation's id and the alliances' codes; one query.

    As each seeker may know it, so they are to be disclosed before. Those of which is known that nobody ever
    did, since they were read with `is_sponsored`, are not asked for.
    """
    pairs = {one.pair_id for one in recommendations if getattr(one, "is_sponsored", True)}
    if not pairs:
        return {}
    sponsorships: dict[int, list[Sponsorship]] = defaultdict(list)
    for one in COUNTING.filter(pair__in=pairs):
        sponsorships[one.pair_id].append(one)
    found = {
        one.pk: [made for made in sponsorships[one.pair_id] if is_told(made, one)] for one in recommendations
    }
    return {key: made for key, made in found.items() if made}


def is_shown_to_other_side(recommendation: Recommendation) -> bool:
    """Whether the candidate is shown the same match from its side."""
    against = Recommendation.objects.filter(pair=recommendation.pair_id, seeker=recommendation.candidate_id)
    return against.filter(state__in=SHOWN_STATES).exists()


def is_told(sponsorship: Sponsorship, recommendation: Recommendation) -> bool:
    """Whether the seeker may know of it. Of an anonymous candidate its alliance would tell who it is, and an
    alliance that is anonymous itself is known to its members alone.
    """
    if sponsorship.member_id == recommendation.seeker_id:
        return True
    return sponsorship.alliance.shows_name and not recommendation.candidate.is_veiled
