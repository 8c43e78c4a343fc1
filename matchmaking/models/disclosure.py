"""The names that organizations show to the other side of a pair before they answer."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from matchmaking.models.recommendation import Pair


class Disclosure(models.Model):
    """One side of a pair, anonymous at first, shows the other its name. Deleted to take that back.

    An answer of interested shows the name as well, without such a row.
    """

    pair = models.ForeignKey(
        Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="disclosures"
    )
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    shown_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("shown by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    shown_at = models.DateTimeField(_("shown at"), db_default=Now())

    class Meta:
        verbose_name = _("disclosure of a name")
        verbose_name_plural = _("disclosures of names")
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "organization"], name="%(app_label)s_%(class)s_once_a_side"
            ),
        ]

    def __str__(self) -> str:
        return f"name of {self.organization_id} on {self.pair_id}"
