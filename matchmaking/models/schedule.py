"""What runs by the clock, once a slot, and the proof that workers work."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from matchmaking.enums import Queue


class PeriodicRun(models.Model):
    """A periodic job that was begun for a slot (UTC). The row is the right to do it: once, whoever ticks."""

    name = models.CharField(_("name"), max_length=40)
    slot = models.CharField(_("slot"), max_length=20)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("periodic run")
        verbose_name_plural = _("periodic runs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "slot"], name="%(app_label)s_%(class)s_once_a_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.slot}"


class Heartbeat(models.Model):
    """When a worker of a queue last ran a task: health is work done, not a process id."""

    queue = models.CharField(_("queue"), max_length=20, choices=Queue, primary_key=True)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.queue} {self.at}"
