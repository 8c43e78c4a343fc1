"""The scoring policy: every weight and rule of a score, versioned, immutable once a run used it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from matchmaking.enums import PolicyState


class ScoringPolicy(models.Model):
    """One version of the weights and rules; `rules` is `engine.Policy.to_dict()`."""

    name = models.SlugField(_("name"), max_length=60, default="standard")
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    rules = models.JSONField(_("rules"))
    note = models.TextField(_("note"), blank=True)
    is_active = models.BooleanField(_("active"), default=False, editable=False)
    # When it was put in force last; a version that never was has none.
    activated_at = models.DateTimeField(_("put in force at"), null=True, editable=False)
    scheduled_for = models.DateTimeField(_("comes into force at"), null=True, editable=False)
    skip_reason = models.TextField(_("published without a preview because"), blank=True, editable=False)
    used_at = models.DateTimeField(_("first used at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("scoring policy")
        verbose_name_plural = _("scoring policies")
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="%(app_label)s_%(class)s_version_once"),
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="%(app_label)s_%(class)s_one_active"
            ),
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(scheduled_for__isnull=True),
                name="%(app_label)s_%(class)s_scheduled_is_not_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def state(self) -> PolicyState:
        if self.is_active:
            return PolicyState.IN_FORCE
        if self.scheduled_for:
            return PolicyState.SCHEDULED
        return PolicyState.WAS_IN_FORCE if self.activated_at else PolicyState.DRAFT
