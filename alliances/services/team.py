"""People and their places in organizations."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alliances.enums import EventKind, TeamRole
from alliances.models import Organization, TeamMember, User
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
    owners = organization.team_members.filter(user=actor, role=TeamRole.OWNER)
    if not actor.is_active or not (actor.is_staff or owners.exists()):
        raise PermissionDenied
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
    member, added = TeamMember.objects.get_or_create(
        user=person, organization=organization, defaults={"role": role}
    )
    if not added:
        raise ValidationError({"email": _("This person is in the team already.")})
    data: dict[str, object] = {"user": person.pk, "role": str(role)}
    record([EventDraft(organization.pk, EventKind.TEAM_MEMBER_ADDED, data)], actor)
    return member
