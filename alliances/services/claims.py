"""Requests to join the team of an organization that is in the register already.

waiting > granted | refused. The owners of an approved organization decide; where none of them can sign in, or
the organization is not approved, staff do. Staff may decide any.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.enums import ClaimState, EventKind, OrganizationState, TeamRole
from alliances.models import Organization, TeamClaim, TeamMember, User
from alliances.models.team import MESSAGE_LENGTH, REASON_LENGTH
from alliances.services.events import EventDraft, record
from alliances.services.team import give_place, hold, known_role, require_owner
from alliances.validators import validate_plain_text

# So that nobody is asked over and over, and nobody knocks at every door.
A_DAY = 5
ASK_AGAIN_AFTER = timedelta(days=30)


@transaction.atomic
def claim_ask(organization: Organization, *, message: str, actor: User) -> TeamClaim:
    """Ask to be let into the team.

    Raises:
        ValidationError: by field, a message that is missing, too long or not plain; or somebody who is in
            the team, waits for an answer, was refused lately or has asked too many today.
        PermissionDenied: the actor's account is not active.
    """
    held = hold(organization.pk)
    # The person's row orders requests to several organizations, which are counted together.
    if not User.objects.select_for_update(no_key=True).get(pk=actor.pk).is_active:
        raise PermissionDenied
    said = _plain(message, "message", MESSAGE_LENGTH)
    if not said:
        raise ValidationError({"message": _("Say who you are, so that whoever decides can tell.")})
    _require_new(held, actor)
    claim = TeamClaim.objects.create(organization=held, user=actor, message=said)
    record([EventDraft(held.pk, EventKind.CLAIM_ASKED, {"claim": claim.pk, "user": actor.pk})], actor)
    return claim


@transaction.atomic
def claim_grant(claim: TeamClaim, *, role: str = TeamRole.VIEWER, actor: User) -> TeamMember:
    """Let the person into the team, in this role.

    Raises:
        ValidationError: an unknown role, a request that was decided before, or a person who is not active.
        PermissionDenied: the actor is neither staff nor an owner of the approved organization.
    """
    held, current = _hold_for_decision(claim, actor)
    place = known_role(role)
    if not current.user.is_active:
        raise ValidationError(_("The account of this person is not active. Refuse the request."))
    member = give_place(held, current.user, place, by=actor)
    data: dict[str, object] = {"claim": current.pk, "user": current.user_id, "role": str(place)}
    record([EventDraft(held.pk, EventKind.CLAIM_GRANTED, data)], actor)
    return member


@transaction.atomic
def claim_refuse(claim: TeamClaim, *, reason: str = "", actor: User) -> TeamClaim:
    """Say no, with a reason for the person to read. Raises as granting does, for the reason by field."""
    held, current = _hold_for_decision(claim, actor)
    current.reason = _plain(reason, "reason", REASON_LENGTH)
    current.state, current.decided_by, current.decided_at = ClaimState.REFUSED, actor, timezone.now()
    current.save(update_fields=["reason", "state", "decided_by", "decided_at"])
    data: dict[str, object] = {"claim": current.pk, "user": current.user_id}
    record([EventDraft(held.pk, EventKind.CLAIM_REFUSED, data)], actor)
    return current


def _hold_for_decision(claim: TeamClaim, actor: User) -> tuple[Organization, TeamClaim]:
    held = hold(claim.organization_id)
    require_owner(held, actor)
    if not actor.is_staff and held.state != OrganizationState.APPROVED:
        raise PermissionDenied
    current = TeamClaim.objects.waiting().select_related("user").filter(pk=claim.pk).first()
    if current is None:
        raise ValidationError(_("This request was decided already."), code="decided")
    return held, current


def _require_new(organization: Organization, actor: User) -> None:
    if organization.team_members.filter(user=actor).exists():
        raise ValidationError(_("You are in this team already."), code="in_the_team")
    asked = TeamClaim.objects.filter(user=actor)
    if asked.waiting().filter(organization=organization).exists():
        raise ValidationError(
            _("You have asked already. We write to you as soon as it is decided."), "waiting"
        )
    refused = asked.filter(
        organization=organization, state=ClaimState.REFUSED, decided_at__gt=Now() - ASK_AGAIN_AFTER
    )
    if refused.exists():
        raise ValidationError(
            _("Your last request was refused. You can ask again %(days)s days after that."),
            params={"days": ASK_AGAIN_AFTER.days},
            code="refused",
        )
    if asked.filter(asked_at__gt=Now() - timedelta(days=1)).count() >= A_DAY:
        raise ValidationError(
            _("You can ask at most %(limit)s organizations in a day. Continue tomorrow."),
            params={"limit": A_DAY},
            code="too_many",
        )


def _plain(text: str, field: str, limit: int) -> str:
    """The text without what surrounds it. Raises ValidationError by field."""
    text = text.strip()
    if len(text) > limit:
        words = {"length": f"{len(text):,}", "limit": limit}
        raise ValidationError(
            {field: _("The text is too long (%(length)s characters; limit %(limit)s).") % words}
        )
    try:
        validate_plain_text(text)
    except ValidationError as error:
        raise ValidationError({field: error}) from error
    return text
