"""Restricted-party lists, whom of the register they may mean, and what staff decided of it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.enums import HitState, LikenessReason, ScreeningListName
from alliances.models.organization import NAME_LENGTH

LISTED_NAME_LENGTH = 500
DECISION_REASON_LENGTH = 500
SHA256_HEX = r"^[0-9a-f]{64}$"


class ScreeningList(models.Model):
    """One import of a list. The newest of a name is current: all entries of that name are of it."""

    name = models.CharField(_("list"), max_length=20, choices=ScreeningListName)
    version = models.CharField(_("version"), max_length=200)
    dated = models.DateField(_("dated"))
    imported_at = models.DateTimeField(_("imported at"), db_default=Now())
    # A plain id: the row outlives the person.
    actor_id = models.BigIntegerField(_("imported by"), null=True)
    file_name = models.CharField(_("file"), max_length=200)
    # SHA-256 of the content, in hexadecimal.
    digest = models.CharField(_("digest"), max_length=64)
    entry_count = models.PositiveIntegerField(_("entries"))

    class Meta:
        verbose_name = _("screening list")
        verbose_name_plural = _("screening lists")
        ordering = ["name", "-dated", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name__in=ScreeningListName.values), name="%(app_label)s_%(class)s_name_known"
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=SHA256_HEX), name="%(app_label)s_%(class)s_digest_form"
            ),
            models.CheckConstraint(condition=Q(entry_count__gte=1), name="%(app_label)s_%(class)s_not_empty"),
            models.UniqueConstraint(
                fields=["name", "dated", "digest"], name="%(app_label)s_%(class)s_content_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ScreeningEntry(models.Model):
    """A party on a current list. One that the next import lacks goes; one that it repeats stays."""

    screening_list = models.ForeignKey(
        ScreeningList, verbose_name=_("list"), on_delete=models.PROTECT, related_name="entries"
    )
    reference = models.CharField(pgettext_lazy("number of an entry", "reference"), max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=LISTED_NAME_LENGTH)
    aliases = ArrayField(
        models.CharField(max_length=LISTED_NAME_LENGTH), verbose_name=_("aliases"), default=list
    )
    country = models.CharField(_("country"), max_length=100, blank=True)
    source = models.CharField(_("source"), max_length=500, blank=True)
    programs = models.CharField(_("programmes"), max_length=500, blank=True)
    # Of everything above and the list's name: a decision on the entry stands while it is the same.
    fingerprint = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("screening entry")
        verbose_name_plural = _("screening entries")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_named"),
            models.CheckConstraint(
                condition=Q(fingerprint__regex=SHA256_HEX), name="%(app_label)s_%(class)s_fingerprint_form"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScreeningKey(models.Model):
    """By these the entries are found that a name may be like: `alliances.screening.scoring.Matcher.keys`."""

    entry = models.ForeignKey(
        ScreeningEntry, verbose_name=_("entry"), on_delete=models.CASCADE, related_name="keys"
    )
    key = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["key", "entry"], name="%(app_label)s_%(class)s_once"),
        ]

    def __str__(self) -> str:
        return self.key


class ScreeningDecision(models.Model):
    """What staff decided of names and an entry. Insert-only, by a trigger; the newest of the two stands."""

    name_fingerprint = models.CharField(max_length=64)
    entry_fingerprint = models.CharField(max_length=64)
    decision = models.CharField(_("decision"), max_length=10, choices=HitState)
    reason = models.CharField(_("reason"), max_length=DECISION_REASON_LENGTH, blank=True)
    # A plain id: the row outlives the person.
    actor_id = models.BigIntegerField(_("decided by"))
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("screening decision")
        verbose_name_plural = _("screening decisions")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["name_fingerprint", "entry_fingerprint"], name="screening_decided")]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=(HitState.CLEARED, HitState.CONFIRMED)),
                name="%(app_label)s_%(class)s_decision_known",
            ),
            models.CheckConstraint(
                condition=~Q(decision=HitState.CLEARED) | ~Q(reason=""),
                name="%(app_label)s_%(class)s_cleared_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.pk}"


class ScreeningHitQuerySet(models.QuerySet["ScreeningHit"]):
    def blocking(self) -> ScreeningHitQuerySet:
        """Those that keep their organizations out: all that nobody cleared."""
        return self.exclude(state=HitState.CLEARED)


class ScreeningHit(models.Model):
    """An organization that an entry may mean, as it was last screened."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="screening_hits",
    )
    entry = models.ForeignKey(
        ScreeningEntry, verbose_name=_("entry"), on_delete=models.CASCADE, related_name="hits"
    )
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    alias = models.CharField(_("listed as"), max_length=LISTED_NAME_LENGTH)
    score = models.FloatField(_("score"))
    reason = models.CharField(_("why"), max_length=20, choices=LikenessReason)
    # Of all names of the organization: a decision stands while they are the same.
    name_fingerprint = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=HitState, default=HitState.OPEN)
    found_at = models.DateTimeField(_("found at"), db_default=Now())

    objects: ClassVar[ScreeningHitQuerySet] = ScreeningHitQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("screening hit")
        verbose_name_plural = _("screening hits")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "entry"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(state__in=HitState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=LikenessReason.values), name="%(app_label)s_%(class)s_reason_known"
            ),
            models.CheckConstraint(
                condition=Q(score__range=(0, 1)), name="%(app_label)s_%(class)s_score_range"
            ),
        ]

    def __str__(self) -> str:
        return f"hit {self.pk} of {self.organization_id}"
