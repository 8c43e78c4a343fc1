"""Alliance memberships as they are read: whose alliance, which members. An officer sees only own members."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from alliances.enums import Kind, MembershipSide, MembershipState, OrganizationState
from alliances.models import AllianceMembership, Organization, User
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
    """Those that wait for the word of one of these organizations, the oldest first; both sides take part."""
    ours = Q(waits_for=MembershipSide.ALLIANCE, alliance__in=organizations)
    theirs = Q(waits_for=MembershipSide.MEMBER, member__in=organizations)
    approved = AllianceMembership.objects.waiting().filter(
        alliance__state=OrganizationState.APPROVED, member__state=OrganizationState.APPROVED
    )
    return approved.filter(ours | theirs).select_related("alliance", "member").order_by("since", "pk")


def confirmed_members(alliance: Organization) -> QuerySet[Organization]:
    """The approved organizations that are members by both sides' word."""
    return Organization.objects.approved().filter(
        alliance_memberships__alliance=alliance,
        alliance_memberships__alliance__state=OrganizationState.APPROVED,
        alliance_memberships__state=MembershipState.CONFIRMED,
    )
