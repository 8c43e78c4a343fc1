"""Introductions and the one door to contact details: nobody's leave the register by another."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from alliances.enums import ConsentPurpose, Country, OrganizationState, TeamRole
from alliances.models import Organization, ScreeningHit, TeamMember, User
from alliances.selectors import users_with_consent
from matchmaking.models import Introduction, Recommendation
from matchmaking.selectors.apart import ABSENT_STATES

# Whoever may answer for an organization may be its contact.
CONTACT_ROLES = (TeamRole.OWNER, TeamRole.EDITOR)
# An outsider would read the name of a team role as the person's position.
ROLE_WORDS = {TeamRole.OWNER: _("Team lead on this site"), TeamRole.EDITOR: _("Team member on this site")}


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
    """Those of this person's organizations, newest first, with both organizations.

    Staff read of others at the desk, where contacts are shown for a reason and on record.
    """
    teams = user.team_memberships.values("organization_id")
    own = Introduction.objects.visible_to(user).filter(Q(pair__low__in=teams) | Q(pair__high__in=teams))
    return own.select_related("pair__low", "pair__high").order_by("-pk")


def introduction_of_pair(pair_id: int) -> Introduction | None:
    """The open introduction of a pair."""
    return Introduction.objects.filter(pair=pair_id, closed_at=None).first()


def contacts_of(introduction: Introduction) -> Contacts:
    """Whom each side may write to on the other: people who agreed to be introduced, who still may answer
    for their organization, and who, in China, agreed to send their details abroad.

    Nobody's while the two are kept apart, or once the introduction is closed. Consent that was taken back
    counts at once.
    """
    sides = (introduction.pair.low, introduction.pair.high)
    if introduction.closed_at or _kept_apart(introduction):
        return Contacts(False, {side.pk: [] for side in sides})
    return Contacts(True, {side.pk: _contacts_of(side) for side in sides})


def _kept_apart(introduction: Introduction) -> bool:
    """Whether a side takes no part or has a screening hit that is not cleared, or a rule blocks the pair."""
    sides = (introduction.pair.low, introduction.pair.high)
    if any(side.state != OrganizationState.APPROVED for side in sides):
        return True
    hits = ScreeningHit.objects.blocking().filter(organization__in=[side.pk for side in sides])
    of_pair = Recommendation.objects.filter(pair=introduction.pair_id)
    return hits.exists() or not of_pair.unblocked().exists()


def is_interrupted(introduction: Introduction) -> bool:
    """Whether an introduction that stands is shown to nobody at present, and may be again."""
    sides = (introduction.pair.low, introduction.pair.high)
    left = any(side.state in ABSENT_STATES for side in sides)
    return introduction.closed_at is None and not left and _kept_apart(introduction)


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
            str(ROLE_WORDS[TeamRole(member.role)]),
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
