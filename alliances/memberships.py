"""Alliance memberships as they are read: whose alliance, which members. An officer sees only own members."""

from __future__ import annotations

from django.db.models import QuerySet

from alliances.enums import Kind, MembershipState, OrganizationState
from alliances.models import AllianceMembership, Organization, User
from alliances.models.alliance import UNLISTED


def own_alliances(user: User) -> QuerySet[Organization]:
    """The alliances in whose team this person is, by code: those whose workspace they may open."""
    return Organization.objects.visible_to(user).filter(kind=Kind.ALLIANCE, team_members__user=user)


def memberships_of(alliance: Organization) -> QuerySet[AllianceMembership]:
    """An alliance's memberships of any state with the members, by their code; none of one never approved."""
    rows = alliance.memberships.exclude(member__state__in=UNLISTED)
    return rows.select_related("member").order_by("member__code")


def confirmed_members(alliance: Organization) -> QuerySet[Organization]:
    """The approved organizations that are members by both sides' word."""
    return Organization.objects.approved().filter(
        alliance_memberships__alliance=alliance,
        alliance_memberships__alliance__state=OrganizationState.APPROVED,
        alliance_memberships__state=MembershipState.CONFIRMED,
    )
