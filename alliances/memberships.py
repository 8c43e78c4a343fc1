"""Alliance memberships as they are read: whose alliance, which members. An officer sees only own members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from alliances.enums import Kind, MembershipSide, MembershipState, OrganizationState
from alliances.models import AllianceMembership, Need, Offer, Organization, Topic, User
from alliances.models.alliance import UNLISTED


def own_alliances(user: User) -> QuerySet[Organization]:
    """The alliances in whose team this person is, by code: those whose workspace they may open."""
    return Organization.objects.visible_to(user).filter(kind=Kind.ALLIANCE, team_members__user=user)


def memberships_of(alliance: Organization) -> QuerySet[AllianceMembership]:
    """An alliance's memberships of any state with the members, by their code; none of one never approved."""
    rows = alliance.memberships.exclude(member__state__in=UNLISTED)
    return rows.select_related("member").order_by("member__code")


def alliances_of(member: Organization) -> QuerySet[AllianceMembership]:
    """An organization's memberships that stand or wait, with the alliances, by their code."""
    rows = member.alliance_memberships.exclude(state=MembershipState.LAPSED)
    return rows.exclude(alliance__state__in=UNLISTED).select_related("alliance").order_by("alliance__code")


def waiting_for(organizations: Collection[int]) -> QuerySet[AllianceMembership]:
    """Those that wait for the word of one of these organizations, the oldest first; both sides take part.

    With the code and the names of both.
    """
    ours = Q(waits_for=MembershipSide.ALLIANCE, alliance__in=organizations)
    theirs = Q(waits_for=MembershipSide.MEMBER, member__in=organizations)
    approved = AllianceMembership.objects.waiting().filter(
        alliance__state=OrganizationState.APPROVED, member__state=OrganizationState.APPROVED
    )
    named = (f"{side}__{name}" for side in ("alliance", "member") for name in ("code", "name_en", "name_zh"))
    rows = approved.filter(ours | theirs).select_related("alliance", "member").only("waits_for", *named)
    return rows.order_by("since", "pk")


def confirmed_members(alliance: Organization) -> QuerySet[Organization]:
    """The approved organizations that are members by both sides' word."""
    return Organization.objects.approved().filter(
        alliance_memberships__alliance=alliance,
        alliance_memberships__alliance__state=OrganizationState.APPROVED,
        alliance_memberships__state=MembershipState.CONFIRMED,
    )


@dataclass(frozen=True)
class MemberTopic:
    """A topic that members need (or offer): which, and at what level.

    `own_level` is that at which the alliance states it itself; 0 where it does not.
    """

    topic: Topic
    members: Sequence[Organization]
    highest_level: int
    own_level: int


def member_topics(alliance: Organization, model: type[Need | Offer]) -> list[MemberTopic]:
    """What confirmed members need (or offer), what most of them state first; two queries."""
    level = "priority" if model is Need else "maturity"
    own = dict(model.objects.filter(organization=alliance).values_list("topic", level))
    rows = (
        model.objects.filter(organization__in=confirmed_members(alliance))
        .select_related("topic", "organization")
        .order_by("topic__area__position", "topic__position", "organization__code")
    )
    stated: dict[Topic, list[Need | Offer]] = {}
    for row in rows:
        stated.setdefault(row.topic, []).append(row)
    found = [
        MemberTopic(
            topic,
            [row.organization for row in by_members],
            max(getattr(row, level) for row in by_members),
            own.get(topic.pk, 0),
        )
        for topic, by_members in stated.items()
    ]
    return sorted(found, key=lambda one: -len(one.members))


def stated_for(alliance: Organization, model: type[Need | Offer]) -> Mapping[int, int]:
    """For how many confirmed members each need (or offer) of an alliance stands, by topic; one query.

    It stands for those that state the same; nothing is stored. Nothing, and no query, for who is no alliance,
    and for one that is anonymous: such figures might give it away.
    """
    if alliance.kind != Kind.ALLIANCE or alliance.is_veiled:
        return {}
    own = model.objects.filter(organization=alliance).values("topic")
    same = model.objects.filter(organization__in=confirmed_members(alliance), topic__in=own)
    return dict(same.values_list("topic").annotate(Count("pk")).order_by())
