"""What the mail service has learnt of addresses and of the servers behind them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Suppression(models.Model):
    """An address that bounced for good, as a keyed hash: it outlives the person and says nothing of them."""

    address_hash = models.CharField(_("address hash"), max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=30)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"suppression {self.pk}"


class MailDomain(models.Model):
    """A recipients' domain that takes mail at a pace of its own; others have no row and no pace."""

    domain = models.CharField(_("domain"), max_length=253, primary_key=True)
    seconds_between = models.PositiveIntegerField(_("seconds between messages"))
    not_before = models.DateTimeField(_("not before"), db_default=Now())
    paced_at = models.DateTimeField(_("pace set at"), db_default=Now())

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        ordering = ["domain"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seconds_between__range=(1, 3600)), name="%(app_label)s_%(class)s_pace_range"
            ),
        ]

    def __str__(self) -> str:
        return self.domain
