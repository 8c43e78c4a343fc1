"""Introductions and the one door to contact details: nobody's leave the register by another."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import QuerySet

from alliances.enums import ConsentPurpose, Country, OrganizationState, TeamRole
from alliances.models import Organization, TeamMember, User
from alliances.selectors import users_with_consent
from matchmaking.models import Introduction, Recommendation

# Whoever may answer for an organization may be its contact.
CONTACT_ROLES = (TeamRole.OWNER, TeamRole.EDITOR)


class Contact(NamedTuple):
    """What of a person the other side may see: business contact data, nothing else."""

    name: str
    role: str
    email: str
    language: str


class Contacts(NamedTuple):
    """The contacts of an introduction's two sides, by organization id; none where it is not `open`."""

    open: bool
    people: dict[int, list[Contact]]


def introductions_of(user: User) -> QuerySet[Introduction]:
    """What this person may see, newest first, with both organizations."""
    return Introduction.objects.visible_to(user).select_related("pair__low", "pair__high").order_by("-pk")


def introduction_of_pair(pair_id: int) -> Introduction | None:
    """The open introduction of a pair."""
    return Introduction.objects.filter(pair=pair_id, closed_at=None).first()


def contacts_of(introduction: Introduction) -> Contacts:
    """Whom each side may write to on the other: people who agreed to be introduced, who still may answer
    for their organization, and who, in China, agreed to send their details abroad.

    Nobody's while an organization is not approved, or once the introduction is closed. Consent that was taken
    back counts at once.
    """
    sides = (introduction.pair.low, introduction.pair.high)
    if introduction.closed_at or any(side.state != OrganizationState.APPROVED for side in sides):
        return Contacts(False, {side.pk: [] for side in sides})
    return Contacts(True, {side.pk: _contacts_of(side) for side in sides})


def has_contact(organization: Organization) -> bool:
    """Whether the other side of an introduction would be told anybody to write to."""
    return _contact_members(organization).exists()


def _contact_members(organization: Organization) -> QuerySet[TeamMember]:
    members = TeamMember.objects.filter(
        organization=organization,
        role__in=CONTACT_ROLES,
        user__is_active=True,
        user__in=users_with_consent(ConsentPurpose.INTRODUCTION),
    )
    if organization.country == Country.CN:
        members = members.filter(user__in=users_with_consent(ConsentPurpose.CROSS_BORDER))
    return members


def _contacts_of(organization: Organization) -> list[Contact]:
    return [
        Contact(
            member.user.name,
            str(TeamRole(member.role).label),
            member.user.email,
            member.user.get_language_display(),
        )
        for member in _contact_members(organization).select_related("user").order_by("pk")
    ]


def recommendation_behind(introduction: Introduction, seeker: Organization) -> Recommendation | None:
    """What this side was recommended, on which it answered."""
    return (
        Recommendation.objects.filter(pair=introduction.pair_id, seeker=seeker)
        .select_related("run__policy", "candidate", "seeker")
        .order_by("-pk")
        .first()
    )
