"""Calls of the API that are answered alike however often they are sent."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KEY_LENGTH = 200
# For so long a repeated call gets its answer again.
KEPT_FOR = timedelta(hours=24)


class ApiCall(models.Model):
    """A call that was carried out under an Idempotency-Key, and its answer.

    `status` is null only while it is carried out, which nobody else sees.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="api_calls"
    )
    key = models.CharField(_("key"), max_length=KEY_LENGTH)
    # SHA-256 of all that makes two calls the same.
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    headers = models.JSONField(pgettext_lazy("of an answer", "headers"), default=dict)
    body = models.TextField(_("body"), blank=True)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("API call")
        verbose_name_plural = _("API calls")
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="%(app_label)s_%(class)s_key_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__range=(200, 299)),
                name="%(app_label)s_%(class)s_was_carried_out",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="api_call_by_age")]

    def __str__(self) -> str:
        return f"call {self.pk}"
