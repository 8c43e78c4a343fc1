"""Who is due a digest, and what it has to tell. A fixed number of queries for any number of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from alliances.enums import ConsentPurpose, MailFrequency, OrganizationState
from alliances.models import Organization, TeamMember, User
from alliances.selectors import users_with_consent
from matchmaking.engine.names import KINDS
from matchmaking.enums import EmailKind, RecommendationState
from matchmaking.models import (
    CurationEvent,
    DigestItem,
    JurisdictionRule,
    MatchRun,
    OutboxEmail,
    Recommendation,
)
from matchmaking.selectors.apart import LAPSED, kept_out
from matchmaking.selectors.disclosure import disclose
from matchmaking.selectors.jurisdiction import all_rules, verdict_of
from matchmaking.selectors.recommendations import pinned
from matchmaking.selectors.sponsoring import Sponsors, sponsors_of


@dataclass(frozen=True)
class Section:
    """What one organization is told: the best of each kind first, then the next best.

    `limits` are the rules on a recommended pair to be read before an answer, by the recommendation's id.
    """

    organization: Organization
    recommendations: Sequence[Recommendation]
    sponsors: Sponsors
    limits: Mapping[int, Sequence[JurisdictionRule]]

    @property
    def missing_kinds(self) -> list[str]:
        """The kinds of which there is nothing new."""
        present = {one.kind for one in self.recommendations}
        return [kind for kind in KINDS if kind not in present]


@dataclass(frozen=True)
class PlannedDigest:
    """One person's digest of one slot, before it is written."""

    user: User
    slot: str
    sections: Sequence[Section]

    @property
    def recommendations(self) -> list[Recommendation]:
        return [one for section in self.sections for one in section.recommendations]


def slots(now: datetime) -> dict[MailFrequency, str]:
    """The slot of each frequency at this moment, in UTC. A person gets at most one digest a slot.

    Who wants them at once has a slot an hour. Weeks are ISO weeks; a fortnight is weeks 1 and 2, 3 and 4, and
    so on, week 53 one of its own.
    """
    moment = now.astimezone(UTC)
    day = moment.date()
    year, week, _weekday = day.isocalendar()
    return {
        MailFrequency.INSTANT: moment.strftime("%Y-%m-%dT%H"),
        MailFrequency.DAILY: day.isoformat(),
        MailFrequency.WEEKLY: f"{year}-W{week:02}",
        MailFrequency.FORTNIGHTLY: f"{year}-F{(week + 1) // 2:02}",
    }


def people_due(now: datetime, frequency: MailFrequency | None = None) -> QuerySet[User]:
    """People who want a digest (of this frequency, where one is named), may have one, have none of their slot
    yet and something to be told, by id.

    Each with its `slot`. Who is told nothing is left out here, so that a pass that was cut short and begins
    again finds only what is left to do.
    """
    slot_of = Case(
        *(When(mail_frequency=frequency, then=Value(slot)) for frequency, slot in slots(now).items()),
        output_field=CharField(),
    )
    had = OutboxEmail.objects.filter(user=OuterRef("pk"), kind=EmailKind.DIGEST, slot=OuterRef("slot"))
    told = _standing_items().filter(
        user=OuterRef(OuterRef("pk")),
        recommendation__seeker=OuterRef("seeker"),
        recommendation__pair=OuterRef("pair"),
    )
    news = Recommendation.objects.unblocked().filter(
        ~Exists(told),
        seeker__team_members__user=OuterRef("pk"),
        seeker__state=OrganizationState.APPROVED,
        candidate__state=OrganizationState.APPROVED,
        state=RecommendationState.RELEASED,
    )
    frequencies = [frequency] if frequency else slots(now)
    return (
        users_with_consent(ConsentPurpose.DIGEST)
        .filter(is_active=True, mail_frequency__in=frequencies)
        .annotate(slot=slot_of)
        .filter(~Exists(had), Exists(news))
        .order_by("pk")
    )


def people_previewed(organization: Organization) -> QuerySet[User]:
    """The team of this organization as far as it wants digests and may have them, by id; without a slot."""
    return (
        users_with_consent(ConsentPurpose.DIGEST)
        .filter(
            is_active=True,
            mail_frequency__in=slots(timezone.now()),
            team_memberships__organization=organization,
        )
        .annotate(slot=Value(""))
        .order_by("pk")
    )


def plan_digests(people: Sequence[User], *, proposed_of: MatchRun | None = None) -> list[PlannedDigest]:
    """What each of these people (with a `slot`) is to be told; nobody who has nothing to be told.

    Only what is released and this person was not told of, not even by an earlier recommendation of the
    pair, unless it was put off and its time has come; with `proposed_of` as if what this run proposes were
    released.
    """
    teams = _teams(people)
    recommendations = _released({team.organization_id for team in teams}, proposed_of)
    told = _told(people)
    sponsors = sponsors_of([one for of_one in recommendations.values() for one in of_one])
    rules, today = all_rules(), timezone.now().date()
    sections: dict[int, list[Section]] = defaultdict(list)
    for team in teams:
        fresh = [
            one
            for one in recommendations[team.organization_id]
            if (team.user_id, one.seeker_id, one.pair_id) not in told
        ]
        if fresh:
            size = fresh[0].run.policy.rules["digest_size"]
            told_now = chosen(fresh, size)
            limits = {
                one.pk: verdict_of(rules, team.organization, one.candidate, None, today).before_answer
                for one in told_now
            }
            sections[team.user_id].append(Section(team.organization, told_now, sponsors, limits))
    slot_of: Mapping[int, str] = {user.pk: user.slot for user in people}  # type: ignore[attr-defined]
    return [PlannedDigest(user, slot_of[user.pk], sections[user.pk]) for user in people if sections[user.pk]]


def chosen(recommendations: Sequence[Recommendation], size: int) -> list[Recommendation]:
    """The best of each kind, then the next best of all, up to `size`; given and returned best first."""
    best: dict[str, Recommendation] = {}
    for one in recommendations:
        best.setdefault(one.kind, one)
    leaders = list(best.values())
    others = [one for one in recommendations if one not in leaders]
    kept = {one.pk for one in (*leaders, *others)[:size]}
    return [one for one in recommendations if one.pk in kept]


def _teams(people: Sequence[User]) -> list[TeamMember]:
    """The places of these people in approved organizations, by organization code."""
    return list(
        TeamMember.objects.filter(
            user__in=[user.pk for user in people], organization__state=OrganizationState.APPROVED
        )
        .select_related("organization")
        .order_by("organization__code")
    )


def _released(organizations: set[int], proposed_of: MatchRun | None) -> dict[int, list[Recommendation]]:
    """What these organizations may be told, pinned ones first, then best first; candidates as disclosed."""
    told = Q(state=RecommendationState.RELEASED)
    if proposed_of:
        told |= Q(state=RecommendationState.PROPOSED, run=proposed_of)
    rows = list(
        Recommendation.objects.unblocked()
        .filter(
            told,
            seeker__in=organizations,
            candidate__state=OrganizationState.APPROVED,
        )
        .exclude(kept_out())
        .select_related("candidate", "run__policy")
        .order_by(pinned().desc(), "-score", "candidate__code", "-run_id")
    )
    disclose(rows)
    found: dict[int, dict[int, Recommendation]] = defaultdict(dict)
    for row in rows:
        # One pair released by two runs is one thing to tell.
        found[row.seeker_id].setdefault(row.pair_id, row)
    return defaultdict(list, {seeker: list(pairs.values()) for seeker, pairs in found.items()})


def _told(people: Sequence[User]) -> set[tuple[int, int, int]]:
    """(person, seeker, pair) of everything these people were told in any digest."""
    return set(
        _standing_items()
        .filter(user__in=[user.pk for user in people])
        .values_list("user_id", "recommendation__seeker_id", "recommendation__pair_id")
    )


def _standing_items() -> QuerySet[DigestItem]:
    """What was told, but for recommendations whose answer has lapsed: they were to be asked again."""
    lapsed = CurationEvent.objects.filter(
        subject="recommendation", kind=LAPSED, subject_id=OuterRef("recommendation")
    )
    return DigestItem.objects.exclude(Exists(lapsed))
