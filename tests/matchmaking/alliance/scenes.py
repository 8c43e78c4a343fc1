"""Alliances with members, and people who look after them."""

from __future__ import annotations

from alliances.enums import Country, Kind, MembershipSide, MembershipState, TeamRole
from alliances.models import Organization, User
from tests.factories import make_membership, make_organization, make_team_member


def make_alliance(
    *members: Organization,
    country: Country = Country.CN,
    state: MembershipState = MembershipState.CONFIRMED,
    **fields: object,
) -> Organization:
    """An approved alliance of these members."""
    alliance = make_organization(kind=Kind.ALLIANCE, country=country, **fields)  # type: ignore[arg-type]
    waits_for = MembershipSide.MEMBER if state == MembershipState.INVITED else ""
    for member in members:
        make_membership(alliance, member, state=state, waits_for=waits_for)
    return alliance


def make_officer(alliance: Organization, role: TeamRole = TeamRole.EDITOR) -> User:
    """A person in the alliance's team."""
    return make_team_member(alliance, role=role).user
