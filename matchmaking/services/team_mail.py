"""Changes of a team with the mail that tells of them, in one transaction: neither is without the other.

What people wrote is not mailed, nor the name of an organization that is not listed.
"""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.enums import TeamRole
from alliances.models import Organization, TeamClaim, TeamInvitation, TeamMember, User
from alliances.selectors import active_owners, decided_by_owners
from alliances.services.claims import claim_ask, claim_grant, claim_refuse
from alliances.services.invitations import team_invite
from alliances.services.team import team_hand_over, team_member_remove, team_role_set
from matchmaking.services.account_mail import account_mail_queue, staff_mail_queue

log = structlog.get_logger(__name__)

YOURS, ANOTHER = _("your organization"), _("an organization")


@transaction.atomic
def invite(organization: Organization, *, email: str, role: str, language: str, by: User) -> TeamInvitation:
    """Invite the address to the team, by mail. Raises as `team_invite` does."""
    invitation = team_invite(organization, email=email, role=role, language=language, actor=by)
    person = User.objects.get(email=invitation.email)
    _tell(
        "team_invitation",
        person,
        organization,
        otherwise=_("An organization"),
        page=reverse("portal:invitations"),
        role=invitation.role,
    )
    return invitation


@transaction.atomic
def role_set(member: TeamMember, role: str, *, by: User) -> TeamMember:
    """Change a role and tell the person, where it was somebody else who did. Raises as `team_role_set`."""
    before = TeamMember.objects.filter(pk=member.pk).values_list("role", flat=True).first()
    changed = team_role_set(member, role, actor=by)
    if changed.role != before and changed.user_id != by.pk:
        organization = changed.organization
        _tell("role_changed", changed.user, organization, page=_team_page(organization), role=changed.role)
    return changed


@transaction.atomic
def remove(member: TeamMember, *, by: User) -> None:
    """End a place and tell the person, where it was somebody else who did. Raises as `team_member_remove`."""
    organization, person = member.organization, member.user
    team_member_remove(member, actor=by)
    if person.pk != by.pk:
        _tell("removed_from_team", person, organization)


@transaction.atomic
def hand_over(owner: TeamMember, to: TeamMember, *, then: TeamRole | None, by: User) -> TeamMember:
    """Hand ownership over and tell the new owner. Raises as `team_hand_over`."""
    heir = team_hand_over(owner, to, then=then, actor=by)
    _tell("ownership_handed_over", heir.user, heir.organization, page=_team_page(heir.organization))
    return heir


@transaction.atomic
def ask(organization: Organization, *, message: str, by: User) -> TeamClaim:
    """Ask to be let into a team, and tell whoever decides. Raises as `claim_ask`."""
    claim = claim_ask(organization, message=message, actor=by)
    held = claim.organization
    if decided_by_owners(held):
        for owner in active_owners(held):
            _tell("claim_asked", owner, held, page=_team_page(held))
    else:
        _tell_staff("claim_asked_of_staff", page=reverse("admin:alliances_teamclaim_changelist"))
    return claim


@transaction.atomic
def grant(claim: TeamClaim, *, role: str, by: User) -> TeamMember:
    """Let the person in and tell them. Raises as `claim_grant`."""
    member = claim_grant(claim, role=role, actor=by)
    organization = member.organization
    _tell(
        "claim_granted",
        member.user,
        organization,
        otherwise=ANOTHER,
        page=_team_page(organization),
        role=member.role,
    )
    return member


@transaction.atomic
def refuse(claim: TeamClaim, *, reason: str, by: User) -> TeamClaim:
    """Refuse and tell the person, for whom the reason stands on a page. Raises as `claim_refuse`."""
    refused = claim_refuse(claim, reason=reason, actor=by)
    page = reverse("portal:invitations")
    _tell("claim_refused", refused.user, refused.organization, otherwise=ANOTHER, page=page)
    return refused


def _team_page(organization: Organization) -> str:
    return reverse("portal:team", args=[organization.code])


def _tell(
    notice: str,
    user: User,
    organization: Organization,
    *,
    otherwise: Promise = YOURS,
    page: str = "",
    role: str = "",
) -> None:
    """Queue a notice in the person's language; `otherwise` stands for a name that may not be mailed."""
    with translation.override(user.language):
        facts = {
            "organization": organization.name if organization.is_listed else str(otherwise),
            "role": str(TeamRole(role).label) if role else "",
        }
    url = settings.SITE_URL + page if page else ""
    try:
        account_mail_queue(notice, user, user.email, url=url, facts=facts)
    except ValidationError as error:
        # An address that no mail can go to keeps nobody from looking after the team.
        log.warning("address_refused", user=user.pk, reason=error.code)


def _tell_staff(notice: str, *, page: str) -> None:
    try:
        staff_mail_queue(notice, url=settings.SITE_URL + page)
    except ValidationError as error:
        # The desk lists it all the same.
        log.error("contact_address_refused", reason=error.code)
