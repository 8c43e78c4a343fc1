"""People and their places in organizations. Whoever changes a team holds the organization's row.

What an organization has answered and whom it was introduced to is the organization's own: it stays when its
people change.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alliances.enums import ClaimState, EventKind, InvitationState, OrganizationState, TeamRole
from alliances.models import Organization, TeamMember, User
from alliances.selectors import active_owners
from alliances.services.events import EventDraft, record
from alliances.validators import one_email, validate_plain_name


@transaction.atomic
def add_team_member(
    organization: Organization,
    *,
    email: str,
    name: str = "",
    language: str = "en",
    role: TeamRole = TeamRole.VIEWER,
    actor: User,
) -> TeamMember:
    """Give the person of this address a place in the organization; an unknown address becomes a person.

    A known person keeps name and language. Nothing is consented to on anybody's behalf.

    Raises:
        ValidationError: by field, a wrong address or name, or a person who has a place there already.
        PermissionDenied: the actor is neither staff nor an owner of the organization.
    """
    require_owner(hold(organization.pk), actor)
    try:
        address = one_email(email)
    except ValidationError as error:
        raise ValidationError({"email": error}) from error
    person = User.objects.filter(email=address).first()
    if person is None:
        try:
            validate_plain_name(name)
        except ValidationError as error:
            raise ValidationError({"name": error}) from error
        person = User.objects.create_user(address, name=name, language=language)
    if organization.team_members.filter(user=person).exists():
        raise ValidationError({"email": _("This person is in the team already.")})
    member = give_place(organization, person, role, by=actor)
    data: dict[str, object] = {"user": person.pk, "role": str(role)}
    record([EventDraft(organization.pk, EventKind.TEAM_MEMBER_ADDED, data)], actor)
    return member


@transaction.atomic
def team_role_set(member: TeamMember, role: str, *, actor: User) -> TeamMember:
    """Change what a person may do in the team; the role that they have already changes nothing.

    Raises:
        ValidationError: an unknown role, somebody who has left, or the last owner.
        PermissionDenied: the actor is neither staff nor an owner of the organization.
    """
    organization = hold(member.organization_id)
    require_owner(organization, actor)
    current, wanted = _current(member), known_role(role)
    if current.role == wanted:
        return current
    _keep_an_owner(organization, current)
    data: dict[str, object] = {"user": current.user_id, "from": current.role, "to": str(wanted)}
    current.role = wanted
    current.save(update_fields=["role"])
    record([EventDraft(organization.pk, EventKind.TEAM_ROLE_CHANGED, data)], actor)
    return current


@transaction.atomic
def team_member_remove(member: TeamMember, *, actor: User) -> None:
    """End a person's place: an owner or staff anybody's, everybody their own.

    Raises:
        ValidationError: somebody who has left already, or the last owner.
        PermissionDenied: somebody else's, and the actor is neither staff nor an owner of the organization.
    """
    organization = hold(member.organization_id)
    leaves = member.user_id == actor.pk
    if not leaves or not actor.is_active:
        require_owner(organization, actor)
    current = _current(member)
    _keep_an_owner(organization, current)
    current.delete()
    kind = EventKind.TEAM_MEMBER_LEFT if leaves else EventKind.TEAM_MEMBER_REMOVED
    data: dict[str, object] = {"user": member.user_id, "role": current.role}
    record([EventDraft(organization.pk, kind, data)], actor)


@transaction.atomic
def team_hand_over(
    owner: TeamMember, to: TeamMember, *, then: TeamRole | None = TeamRole.EDITOR, actor: User
) -> TeamMember:
    """Make `to` owner in the place of `owner`, who has the role `then` from now on; with None they leave.

    Raises:
        ValidationError: somebody who has left, is no owner, is the same person or has no active account.
        PermissionDenied: the actor is neither staff nor `owner` themselves.
    """
    organization = hold(owner.organization_id)
    giver, heir = _current(owner), _current(to)
    if not actor.is_active or not (actor.is_staff or actor.pk == giver.user_id):
        raise PermissionDenied
    if giver.role != TeamRole.OWNER:
        raise ValidationError(_("Only an owner can hand over."), code="not_owner")
    if heir.organization_id != organization.pk or heir.pk == giver.pk or not heir.user.is_active:
        raise ValidationError(_("Choose somebody else of the team with an active account."), code="no_heir")
    heir.role = TeamRole.OWNER
    heir.save(update_fields=["role"])
    if then is None:
        giver.delete()
    else:
        giver.role = then
        giver.save(update_fields=["role"])
    data: dict[str, object] = {"from": owner.user_id, "to": heir.user_id, "then": str(then or "left")}
    record([EventDraft(organization.pk, EventKind.OWNERSHIP_HANDED_OVER, data)], actor)
    return heir


# --- What every change of a team shares, invitations and requests included -------------------------


def hold(organization_id: int) -> Organization:
    """The organization, locked: of two changes of one team, the second finds what the first has made."""
    return Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def require_owner(organization: Organization, actor: User) -> None:
    """Raises PermissionDenied for whoever is neither staff nor an owner of the organization."""
    if not actor.is_active:
        raise PermissionDenied
    owns = organization.team_members.filter(user=actor, role=TeamRole.OWNER)
    if not actor.is_staff and not owns.exists():
        raise PermissionDenied


def known_role(role: str) -> TeamRole:
    """The role of this name. Raises ValidationError by field."""
    if role not in TeamRole.values:
        words = {"role": role[:20], "known": ", ".join(TeamRole.values)}
        raise ValidationError({"role": _("The role is %(role)s. Use one of %(known)s.") % words})
    return TeamRole(role)


def give_place(organization: Organization, person: User, role: TeamRole, *, by: User | None) -> TeamMember:
    """A new place in a team whose organization is held. What else would have led to it is settled with it."""
    organization.team_claims.waiting().filter(user=person).update(
        state=ClaimState.GRANTED, decided_by=by, decided_at=Now()
    )
    organization.team_invitations.filter(email=person.email, state=InvitationState.PENDING).update(
        state=InvitationState.ACCEPTED
    )
    return TeamMember.objects.create(user=person, organization=organization, role=role)


def _current(member: TeamMember) -> TeamMember:
    """The place as it stands now that the organization is held."""
    found = TeamMember.objects.select_related("user").filter(pk=member.pk).first()
    if found is None:
        raise ValidationError(_("This person is no longer in the team."), code="gone")
    return found


def _keep_an_owner(organization: Organization, member: TeamMember) -> None:
    """Refuse to take the role from the last owner who can sign in; a draft may be left by everybody."""
    if member.role != TeamRole.OWNER or organization.state == OrganizationState.DRAFT:
        return
    if not active_owners(organization).exclude(pk=member.user_id).exists():
        raise ValidationError(
            _("An organization keeps at least one owner. Hand over to somebody of the team first."),
            code="last_owner",
        )
