"""A move of very many organizations, made a part at a time."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import OrganizationState
from matchmaking.enums import BulkMoveState
from matchmaking.models.lease import LeasedRow

TARGETS = (OrganizationState.APPROVED, OrganizationState.ON_HOLD, OrganizationState.SUSPENDED)


class BulkMove(LeasedRow):
    """Who moves which organizations to which state, and how far it is. `services.bulk_moves` writes it.

    The position is written in the transaction that moves the part before it: no organization is moved
    twice, whoever dies. What each cause kept back is counted by cause, so that every reader has the words
    in their own language.
    """

    to_state = models.CharField(_("new state"), max_length=20, choices=OrganizationState)
    ids = ArrayField(models.BigIntegerField(), verbose_name=_("ids of organizations"))
    position = models.PositiveIntegerField(_("gone through"), default=0)
    done = models.PositiveIntegerField(_("changed"), default=0)
    skipped = models.JSONField(_("skipped by cause"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=BulkMoveState, default=BulkMoveState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("move of many")
        verbose_name_plural = _("moves of many")
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(to_state__in=TARGETS), name="%(app_label)s_%(class)s_target_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=BulkMoveState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_token__isnull=True)),
                name="%(app_label)s_%(class)s_leased_iff_running",
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("position"), position__lte=F("ids__len")),
                name="%(app_label)s_%(class)s_position_range",
            ),
            models.CheckConstraint(
                condition=~Q(state="complete") | Q(position=F("ids__len")),
                name="%(app_label)s_%(class)s_complete_at_the_end",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether there is more to come."""
        return self.state in (BulkMoveState.QUEUED, BulkMoveState.RUNNING)
