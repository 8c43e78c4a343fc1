"""What a participant reads of recommendations. A fixed number of queries, whatever the number of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Exists, F, OuterRef, Q

from alliances.enums import Country, Kind, OrganizationState
from alliances.models import Need, Offer, Organization, User
from matchmaking.enums import Answer, RecommendationState
from matchmaking.models import CurationEvent, Pin, Recommendation, Response, Sponsorship
from matchmaking.models.recommendation import SHOWN_STATES, RecommendationQuerySet
from matchmaking.selectors.apart import EXCLUDED, SCREENED
from matchmaking.selectors.disclosure import disclose

UNANSWERED = (RecommendationState.RELEASED, RecommendationState.SEEN)

# Parts of other queries: made once, since to make them takes longer than to ask them.
PINNED = Pin.objects.filter(seeker=OuterRef("seeker"), candidate=OuterRef("candidate"))
THEIR_YES = Response.objects.filter(
    pair=OuterRef("pair"), organization=OuterRef("candidate"), answer=Answer.INTERESTED
)
NEWER = Recommendation.objects.filter(
    seeker=OuterRef("seeker"), pair=OuterRef("pair"), run__gt=OuterRef("run"), state__in=SHOWN_STATES
)
SPONSORED = Sponsorship.objects.filter(pair=OuterRef("pair"))
ENDED = CurationEvent.objects.filter(
    subject="recommendation",
    subject_id=OuterRef("pk"),
    data__from__in=Answer.values,
    data__to=RecommendationState.EXPIRED,
)


def pinned() -> Exists:
    """Of a recommendation: staff pinned the candidate for the seeker."""
    return Exists(PINNED)


@dataclass(frozen=True)
class Listing:
    """What is shown to one organization, pinned ones first, then best first.

    `role` is the reader's in its team. Each recommendation says whether it `is_pinned`, whether
    `they_said_yes`, and as `is_sponsored` whether anybody ever sponsored the match.
    """

    organization: Organization
    role: str
    recommendations: Sequence[Recommendation]

    @property
    def waiting(self) -> list[Recommendation]:
        """Those without an answer."""
        return [one for one in self.recommendations if one.state in UNANSWERED]

    def they_are_interested(self, one: Recommendation) -> bool:
        return bool(one.they_said_yes)  # type: ignore[attr-defined]

    @property
    def answered(self) -> list[Recommendation]:
        return [one for one in self.recommendations if one.state not in UNANSWERED]


def listings(user: User) -> list[Listing]:
    """The listings of the organizations this person is a team member of, by code, candidates as disclosed."""
    own = {organization.pk: organization for organization in organizations_of(user)}
    rows = list(
        shown_to(user)
        .filter(seeker__in=own)
        .select_related("candidate")
        .with_rules()
        .annotate(is_pinned=Exists(PINNED), they_said_yes=Exists(THEIR_YES), is_sponsored=Exists(SPONSORED))
        .order_by()
    )
    # Few rows of many columns, of which the database would compare each with what orders them.
    rows.sort(key=lambda one: (not one.is_pinned, -one.score, one.candidate.code))  # type: ignore[attr-defined]
    shown: dict[int, list[Recommendation]] = defaultdict(list)
    disclose(rows)
    for row in rows:
        shown[row.seeker_id].append(row)
    return [
        Listing(organization, organization.role, shown[key])  # type: ignore[attr-defined]
        for key, organization in own.items()
    ]


def organizations_of(user: User) -> list[Organization]:
    """The organizations this person is a team member of, by code, each with their `role`; one query."""
    if not user.is_active:
        return []
    own = Organization.objects.filter(team_members__user=user).annotate(role=F("team_members__role"))
    return list(own.order_by("code"))


def stating_topics(organizations: Collection[Organization]) -> frozenset[int]:
    """The ids of those of these organizations that state a need or an offer; one query."""
    stated = (Exists(model.objects.filter(organization=OuterRef("pk"))) for model in (Need, Offer))
    found = Organization.objects.filter(reduce(or_, stated), pk__in=[one.pk for one in organizations])
    return frozenset(found.values_list("pk", flat=True))


def sample_pairs_on_map(most: int) -> list[tuple[int, int]]:
    """The best pairs of sample cities that were released, as ids, the American one first; one query.

    For the page that anybody may read: who of the others is recommended to whom is nobody's business.
    """
    return list(
        Recommendation.objects.unblocked()
        .filter(
            seeker__is_sample=True,
            seeker__kind=Kind.CITY,
            seeker__country=Country.US,
            candidate__is_sample=True,
            kind=Kind.CITY,
            state__in=SHOWN_STATES,
        )
        .order_by("-score", "pk")
        .values_list("seeker_id", "candidate_id")[:most]
    )


def shown_to(user: User) -> RecommendationQuerySet:
    """What was released to the organizations of this person, of one pair the newest.

    Candidates that take no part at present are left out; so are pairs that staff excluded, but for what was
    answered, which stays to be read.
    """
    shown = newest_shown(Recommendation.objects.visible_to(user))
    return shown.exclude(Q(Exists(EXCLUDED), state__in=UNANSWERED))


def newest_shown(rows: RecommendationQuerySet) -> RecommendationQuerySet:
    """Of these rows what was released, of one pair the newest, of candidates that take part."""
    return rows.filter(
        ~Exists(NEWER),
        ~Q(candidate__in=SCREENED),
        state__in=SHOWN_STATES,
        candidate__state=OrganizationState.APPROVED,
    )


def was_opened() -> Q:
    """Of a recommendation: its seeker has opened or answered it, whatever became of it afterwards."""
    opened = CurationEvent.objects.filter(
        subject="recommendation", subject_id=OuterRef("pk"), kind__in=("seen", "answered")
    )
    return Q(state__in=(RecommendationState.SEEN, *Answer.values)) | Q(Exists(opened))


def was_interested() -> Q:
    """Of a recommendation: its seeker was interested until it ended, whoever ended it and why."""
    return Q(Exists(ENDED.filter(data__from=Answer.INTERESTED)), state=RecommendationState.EXPIRED)


def was_answered() -> Q:
    """Of a recommendation: its seeker has answered it, whatever the other side made of it afterwards."""
    return Q(state__in=Answer.values) | Q(Exists(ENDED), state=RecommendationState.EXPIRED)
