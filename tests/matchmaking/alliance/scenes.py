"""Alliances with members, and people who look after them."""

from __future__ import annotations

from alliances.enums import Country, Kind, MembershipState, TeamRole
from alliances.models import AllianceMembership, Organization, User
from tests.factories import make_organization, make_team_member


def make_alliance(
    *members: Organization,
    country: Country = Country.CN,
    state: MembershipState = MembershipState.CONFIRMED,
    **fields: object,
) -> Organization:
    """An approved alliance of these members."""
    alliance = make_organization(kind=Kind.ALLIANCE, country=country, **fields)  # type: ignore[arg-type]
    AllianceMembership.objects.bulk_create(
        AllianceMembership(alliance=alliance, member=member, state=state) for member in members
    )
    return alliance


def make_officer(alliance: Organization, role: TeamRole = TeamRole.EDITOR) -> User:
    """A person in the alliance's team."""
    return make_team_member(alliance, role=role).user
