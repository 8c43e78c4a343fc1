"""Invitations to a team: made by its owners, accepted only by whoever signs in with the invited address.

pending > accepted | declined | withdrawn; one that ran out stays pending until another takes its place.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliances.enums import EventKind, InvitationState, OrganizationState
from alliances.models import Organization, TeamInvitation, TeamMember, User
from alliances.models.team import CLOSED, INVITATION_LIFE
from alliances.services.events import EventDraft, record
from alliances.services.team import give_place, hold, known_role, require_owner
from alliances.validators import one_email

# So that nobody is made a sender of mail to strangers: of one organization or one person in a day, and of
# one organization to one address within the life of an invitation.
A_DAY = 20
TO_ONE_ADDRESS = 3


@transaction.atomic
def team_invite(
    organization: Organization, *, email: str, role: str, language: str = "en", actor: User
) -> TeamInvitation:
    """Offer a place in the team to whoever has this address.

    An address without account gets one, without name and password, in this language: it can sign in by a
    code, and is in no team until it accepts. Nothing that comes back tells the two apart.

    Raises:
        ValidationError: by field, a wrong address, role or language, somebody who is in the team or invited
            already; or too many invitations, or an organization that takes no part any more.
        PermissionDenied: the actor is neither staff nor an owner of the organization.
    """
    held = hold(organization.pk)
    require_owner(held, actor)
    if held.state in CLOSED:
        raise ValidationError(
            _("The organization's state is '%(state)s', so nobody can be invited to its team."),
            params={"state": OrganizationState(held.state).label},
            code="closed",
        )
    address = _address(email)
    place = known_role(role)
    _require_new(held, address, actor)
    _make_person(address, language)
    # One that ran out makes room.
    held.team_invitations.filter(email=address, state=InvitationState.PENDING).update(
        state=InvitationState.WITHDRAWN
    )
    invitation = TeamInvitation.objects.create(
        organization=held,
        email=address,
        role=place,
        invited_by=actor,
        expires_at=timezone.now() + INVITATION_LIFE,
    )
    _record(EventKind.INVITATION_MADE, invitation, actor)
    return invitation


@transaction.atomic
def team_invitation_accept(invitation: TeamInvitation, *, actor: User) -> TeamMember:
    """Take the place that was offered to the actor's own, proven address.

    Raises:
        ValidationError: it was withdrawn, declined or ran out, or the actor is in the team already.
        PermissionDenied: it was made to another address, or this one is not proven to be the actor's.
    """
    held = hold(invitation.organization_id)
    current = _for_the_actor(invitation, actor)
    if held.team_members.filter(user=actor).exists():
        raise ValidationError(_("You are in this team already."), code="in_the_team")
    member = give_place(held, actor, known_role(current.role), by=current.invited_by)
    _record(EventKind.INVITATION_ACCEPTED, current, actor, user=actor.pk)
    return member


@transaction.atomic
def team_invitation_decline(invitation: TeamInvitation, *, actor: User) -> None:
    """Say no to a place that was offered to the actor's own address. Raises as accepting does."""
    hold(invitation.organization_id)
    current = _for_the_actor(invitation, actor)
    current.state = InvitationState.DECLINED
    current.save(update_fields=["state"])
    _record(EventKind.INVITATION_DECLINED, current, actor, user=actor.pk)


@transaction.atomic
def team_invitation_withdraw(invitation: TeamInvitation, *, actor: User) -> None:
    """Take back an offer that nobody has answered, also one that ran out.

    Raises:
        ValidationError: it was answered or withdrawn before.
        PermissionDenied: the actor is neither staff nor an owner of the organization.
    """
    require_owner(hold(invitation.organization_id), actor)
    current = TeamInvitation.objects.get(pk=invitation.pk)
    if current.state != InvitationState.PENDING:
        raise _no_longer_open()
    current.state = InvitationState.WITHDRAWN
    current.save(update_fields=["state"])
    _record(EventKind.INVITATION_WITHDRAWN, current, actor)


def _for_the_actor(invitation: TeamInvitation, actor: User) -> TeamInvitation:
    """The invitation as it stands now, which must be open and the actor's."""
    if not actor.is_active or invitation.email not in actor.proven_addresses():
        raise PermissionDenied
    current = TeamInvitation.objects.open().filter(pk=invitation.pk).first()
    if current is None:
        raise _no_longer_open()
    return current


def _no_longer_open() -> ValidationError:
    return ValidationError(
        _("This invitation is no longer open. Ask the organization for a new one."), code="not_open"
    )


def _address(email: str) -> str:
    try:
        return one_email(email)
    except ValidationError as error:
        raise ValidationError({"email": error}) from error


def _require_new(organization: Organization, address: str, actor: User) -> None:
    if organization.team_members.filter(user__email=address).exists():
        raise ValidationError({"email": _("This person is in the team already.")})
    if organization.team_invitations.open().filter(email=address).exists():
        raise ValidationError(
            {"email": _("This address is invited already. Withdraw that invitation to change it.")}
        )
    made = TeamInvitation.objects.filter(Q(organization=organization) | Q(invited_by=actor))
    if made.filter(invited_at__gt=Now() - timedelta(days=1)).count() >= A_DAY:
        raise ValidationError(
            _("At most %(limit)s invitations can be made in a day. Continue tomorrow."),
            params={"limit": A_DAY},
            code="too_many",
        )
    to_this_one = organization.team_invitations.filter(email=address, invited_at__gt=Now() - INVITATION_LIFE)
    if to_this_one.count() >= TO_ONE_ADDRESS:
        words = ngettext(
            "This address was invited %(count)s time in the last two weeks. Write to the person yourself.",
            "This address was invited %(count)s times in the last two weeks. Write to the person yourself.",
            TO_ONE_ADDRESS,
        )
        raise ValidationError({"email": words % {"count": TO_ONE_ADDRESS}})


def _make_person(address: str, language: str) -> None:
    """See to it that somebody has this address: the same work whether there was somebody or not."""
    person = User(email=address, language=language)
    person.set_unusable_password()
    person.clean_fields(exclude=["password", "joined_at"])
    User.objects.bulk_create([person], ignore_conflicts=True)


def _record(kind: EventKind, invitation: TeamInvitation, actor: User, **more: object) -> None:
    data: dict[str, object] = {"invitation": invitation.pk, "role": invitation.role, **more}
    record([EventDraft(invitation.organization_id, kind, data)], actor)
