"""What was made of the register's events: each effect of an event happens once."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class EventEffect(models.Model):
    """That this was done about that event, whether or not there was anybody to tell."""

    event = models.ForeignKey(
        "alliances.RegisterEvent",
        verbose_name=_("register event"),
        on_delete=models.DO_NOTHING,
        related_name="effects",
    )
    effect = models.CharField(_("effect"), max_length=20)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("effect of an event")
        verbose_name_plural = _("effects of events")
        constraints = [
            models.UniqueConstraint(fields=["event", "effect"], name="%(app_label)s_%(class)s_once"),
        ]

    def __str__(self) -> str:
        return f"{self.effect} of {self.event_id}"
