"""The register's audit trail and outbox in one: what happened to whom, by whom, when."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import EventKind


class RegisterEvent(models.Model):
    """One change of the register: ids, field names and states. Insert-only; a trigger refuses the rest."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="events",
    )
    kind = models.CharField(_("kind"), max_length=30, choices=EventKind)
    # A plain id: the row outlives the person.
    actor_id = models.BigIntegerField(_("actor"), null=True)
    at = models.DateTimeField(_("at"), db_default=Now())
    data = models.JSONField(_("data"), default=dict)

    class Meta:
        verbose_name = _("register event")
        verbose_name_plural = _("register events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["organization", "-id"], name="event_by_organization")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.organization_id}"
