"""What staff say of recommendations beside their states: what comes first, notes, what is released when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.enums import Country, Kind
from matchmaking.enums import ScheduleState
from matchmaking.models.recommendation import Recommendation
from matchmaking.models.run import MatchRun

WORDS_LENGTH = 500
FILTER_LENGTH = 200


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
    text = models.CharField(pgettext_lazy("of a note", "text"), max_length=WORDS_LENGTH)
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


class ScheduledRelease(models.Model):
    """What a run proposes and these filters match, to be released at a time to come. The row is the right to
    do it: once, whoever ticks."""

    run = models.ForeignKey(
        MatchRun, verbose_name=_("run"), on_delete=models.PROTECT, related_name="scheduled_releases"
    )
    # What narrows it, as on the release desk; what is empty narrows nothing.
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=Country, blank=True)
    text = models.CharField(_("text"), max_length=FILTER_LENGTH, blank=True)
    at = models.DateTimeField(_("at"))
    state = models.CharField(_("state"), max_length=12, choices=ScheduleState, default=ScheduleState.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested at"), db_default=Now())
    ended_at = models.DateTimeField(_("ended at"), null=True)
    released = models.PositiveIntegerField(_("released"), null=True)
    skipped = models.PositiveIntegerField(_("skipped"), null=True)

    class Meta:
        verbose_name = _("scheduled release")
        verbose_name_plural = _("scheduled releases")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ScheduleState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True)
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="%(app_label)s_%(class)s_ended_unless_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state="done", released__isnull=False, skipped__isnull=False)
                | (~Q(state="done") & Q(released__isnull=True, skipped__isnull=True)),
                name="%(app_label)s_%(class)s_counted_iff_done",
            ),
        ]

    def __str__(self) -> str:
        return f"release of run {self.run_id} at {self.at:%Y-%m-%d %H:%M} UTC"
