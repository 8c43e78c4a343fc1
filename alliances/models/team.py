"""The two ways into a team: invited to it, or let in on request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import ClaimState, InvitationState, OrganizationState, TeamRole
from alliances.models.account import TeamMember
from alliances.validators import validate_plain_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models.account import User

INVITATION_LIFE = timedelta(days=14)
MESSAGE_LENGTH = 500
REASON_LENGTH = 200
# Organizations that take no part any more, or never will: nobody is invited to them.
CLOSED = (OrganizationState.SUSPENDED, OrganizationState.WITHDRAWN, OrganizationState.REJECTED)


class TeamInvitationQuerySet(models.QuerySet["TeamInvitation"]):
    def open(self) -> TeamInvitationQuerySet:
        """Those that can be accepted: pending, not run out, of an organization that is not closed."""
        return self.filter(state=InvitationState.PENDING, expires_at__gt=Now()).exclude(
            organization__state__in=CLOSED
        )

    def visible_to(self, user: User | AnonymousUser) -> TeamInvitationQuerySet:
        """Staff see all, owners those into their teams, everybody those to the address they have proven."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        owned = user.team_memberships.filter(role=TeamRole.OWNER).values("organization_id")
        return self.filter(Q(organization__in=owned) | Q(email__in=user.proven_addresses()))


class TeamInvitation(models.Model):
    """A place in a team, offered to whoever signs in with this address."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="team_invitations",
    )
    email = models.EmailField(_("email"), max_length=254)
    role = models.CharField(_("role"), max_length=10, choices=TeamRole, default=TeamRole.VIEWER)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("invited by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    invited_at = models.DateTimeField(_("invited at"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    state = models.CharField(
        _("state"), max_length=10, choices=InvitationState, default=InvitationState.PENDING
    )

    objects: ClassVar[TeamInvitationQuerySet] = TeamInvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invitation to a team")
        verbose_name_plural = _("invitations to teams")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["email"], name="invitation_by_email")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(state="pending"),
                name="%(app_label)s_%(class)s_pending_once",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="%(app_label)s_%(class)s_email_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(role__in=TeamRole.values), name="%(app_label)s_%(class)s_role_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=InvitationState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("invited_at")), name="%(app_label)s_%(class)s_runs_out_later"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.organization_id}"


class TeamClaimQuerySet(models.QuerySet["TeamClaim"]):
    def waiting(self) -> TeamClaimQuerySet:
        return self.filter(state=ClaimState.WAITING)

    def for_staff(self) -> TeamClaimQuerySet:
        """Those that wait and that no owner can decide: staff have to."""
        owners = TeamMember.objects.filter(
            organization=OuterRef("organization"), role=TeamRole.OWNER, user__is_active=True
        )
        return self.waiting().filter(~Exists(owners) | ~Q(organization__state=OrganizationState.APPROVED))

    def visible_to(self, user: User | AnonymousUser) -> TeamClaimQuerySet:
        """Staff see all, everybody their own, owners of approved organizations those to join their teams.

        On an organization that is not approved staff decide: whoever registered it may not be of it.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        owned = user.team_memberships.filter(
            role=TeamRole.OWNER, organization__state=OrganizationState.APPROVED
        )
        return self.filter(Q(user=user) | Q(organization__in=owned.values("organization_id")))


class TeamClaim(models.Model):
    """A person's request for a place in the team of an organization that is in the register already."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="team_claims",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="team_claims",
    )
    message = models.CharField(_("message"), max_length=MESSAGE_LENGTH, validators=[validate_plain_text])
    asked_at = models.DateTimeField(_("asked at"), db_default=Now(), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=ClaimState, default=ClaimState.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.CharField(
        _("reason"), max_length=REASON_LENGTH, blank=True, validators=[validate_plain_text]
    )

    objects: ClassVar[TeamClaimQuerySet] = TeamClaimQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("request to join a team")
        verbose_name_plural = _("requests to join teams")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                condition=Q(state="waiting"),
                name="%(app_label)s_%(class)s_waiting_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ClaimState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True, decided_by__isnull=True, reason="")
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="%(app_label)s_%(class)s_decided_iff_not_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk} to join {self.organization_id}"
