"""What staff say of a recommendation beside its state: that it comes first, and notes among themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from matchmaking.models.recommendation import Recommendation

WORDS_LENGTH = 500


class Pin(models.Model):
    """A candidate that staff want recommended to a seeker: proposed and released by every run that may.

    It takes the place of a rank, never of a hard constraint, and changes no score.
    """

    seeker = models.ForeignKey(
        "alliances.Organization", verbose_name=_("seeker"), on_delete=models.PROTECT, related_name="+"
    )
    candidate = models.ForeignKey(
        "alliances.Organization", verbose_name=_("candidate"), on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=WORDS_LENGTH)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("pin")
        verbose_name_plural = _("pins")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["seeker", "candidate"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=~Q(seeker=F("candidate")), name="%(app_label)s_%(class)s_two_parties"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
        ]

    def __str__(self) -> str:
        return f"{self.seeker_id} → {self.candidate_id}"


class CurationNote(models.Model):
    """A note of staff for staff. It stays as it was written; what is to be added is another one."""

    recommendation = models.ForeignKey(
        Recommendation,
        verbose_name=_("recommendation"),
        on_delete=models.PROTECT,
        related_name="curation_notes",
    )
    text = models.CharField(_("text"), max_length=WORDS_LENGTH)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("written by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    written_at = models.DateTimeField(_("written at"), db_default=Now())

    class Meta:
        verbose_name = _("staff note")
        verbose_name_plural = _("staff notes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="%(app_label)s_%(class)s_text_given"),
        ]

    def __str__(self) -> str:
        return f"note on recommendation {self.recommendation_id}"
