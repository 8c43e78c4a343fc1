"""Keys by which programs act for a person: in one organization, or at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import TeamRole
from alliances.validators import validate_plain_name
from matchmaking.enums import TokenScope

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models import User

LONGEST_LIFE = timedelta(days=365)
# What a person may give a token of their organization, and of the desk.
TEAM_SCOPES = (TokenScope.READ, TokenScope.WRITE)
STAFF_SCOPES = (TokenScope.STAFF_READ, TokenScope.STAFF_WRITE)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self) -> ApiTokenQuerySet:
        """Those that neither ended nor were revoked."""
        return self.filter(revoked_at=None, expires_at__gt=Now())

    def visible_to(self, user: User | AnonymousUser) -> ApiTokenQuerySet:
        """A team member sees their own tokens of the organization, its owners all; others nothing.

        Those of the desk are seen there alone.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        teams = user.team_memberships.values("organization_id")
        return self.filter(
            Q(organization__in=teams.filter(role=TeamRole.OWNER)) | Q(organization__in=teams, user=user)
        )


class ApiToken(models.Model):
    """A token by its id and the hash of its secret: the token itself is nowhere."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="api_tokens",
        null=True,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="api_tokens",
    )
    name = models.CharField(_("name"), max_length=60, validators=[validate_plain_name])
    # The open part of the token, by which its row is found.
    key_id = models.CharField(_("token id"), max_length=12, unique=True)
    key_hash = models.CharField(_("hash"), max_length=64)
    scope = models.CharField(_("scope"), max_length=11, choices=TokenScope)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    expires_at = models.DateTimeField(_("expires at"))
    # To the minute.
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    # The one that was made in its place, and after which it lasts a day at most.
    replaced_by = models.OneToOneField(
        "self",
        verbose_name=_("replaced by"),
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="replaces",
    )

    objects: ClassVar[ApiTokenQuerySet] = ApiTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=TokenScope.values), name="%(app_label)s_%(class)s_scope_known"
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=False, scope__in=TEAM_SCOPES)
                | Q(organization=None, scope__in=STAFF_SCOPES),
                name="%(app_label)s_%(class)s_team_or_staff",
            ),
            models.CheckConstraint(
                # A minute of grace: the one clock is ours, the other the database's.
                condition=Q(expires_at__lte=F("created_at") + LONGEST_LIFE + timedelta(minutes=1)),
                name="%(app_label)s_%(class)s_ends_within_a_year",
            ),
        ]

    def __str__(self) -> str:
        return f"token {self.key_id}"
