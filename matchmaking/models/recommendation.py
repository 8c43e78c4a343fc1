"""Pairs, what was recommended of them to whom, and what must not be paired."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliances.enums import Kind
from matchmaking.enums import RecommendationState
from matchmaking.models.jurisdiction import JurisdictionRule
from matchmaking.models.run import MatchRun

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models import Organization, User

# An answer is waited for this long after release.
OPEN_FOR = timedelta(days=60)

# What a participant may see: what was released, whatever became of it.
SHOWN_STATES = (
    RecommendationState.RELEASED,
    RecommendationState.SEEN,
    RecommendationState.INTERESTED,
    RecommendationState.LATER,
    RecommendationState.DECLINED,
)

# What a participant may open: what ended since stays to be read, so that nobody wonders where it went.
READABLE_STATES = (*SHOWN_STATES, RecommendationState.EXPIRED)


class Pair(models.Model):
    """Two organizations, whichever of the two lists shows the other: one row, low id first."""

    low = models.ForeignKey(
        "alliances.Organization", verbose_name=_("first"), on_delete=models.PROTECT, related_name="+"
    )
    high = models.ForeignKey(
        "alliances.Organization", verbose_name=_("second"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("pair")
        verbose_name_plural = _("pairs")
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="%(app_label)s_%(class)s_low_first"),
        ]

    def __str__(self) -> str:
        return f"{self.low_id}-{self.high_id}"

    def sides_of(self, organizations: Collection[int]) -> tuple[Organization, Organization] | None:
        """The one of the two that is among these ids, and the other; None where neither is."""
        if self.low_id in organizations:
            return self.low, self.high
        if self.high_id in organizations:
            return self.high, self.low
        return None


class Exclusion(models.Model):
    """A stored do-not-pair, made by staff. A hard constraint of every later run."""

    pair = models.OneToOneField(
        Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="exclusion"
    )
    reason = models.CharField(_("reason"), max_length=500)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("exclusion")
        verbose_name_plural = _("exclusions")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
        ]

    def __str__(self) -> str:
        return f"exclusion of pair {self.pair_id}"


class RecommendationQuerySet(models.QuerySet["Recommendation"]):
    def unblocked(self) -> RecommendationQuerySet:
        """Without the pairs of which a jurisdiction rule blocks every kind of tie today (UTC).

        The rules are read at once: mostly there are none, and then the database has nothing to compare.
        """
        rows = self
        for rule in JurisdictionRule.objects.blocking(timezone.now().date()):
            rows = rows.exclude(rule.about("seeker", "candidate") | rule.about("candidate", "seeker"))
        return rows

    def with_rules(self) -> RecommendationQuerySet:
        """Each with the rules of its run's policy, and without the rest of the two, which is wide."""
        return self.annotate(policy_rules=F("run__policy__rules"))

    def visible_to(self, user: User | AnonymousUser) -> RecommendationQuerySet:
        """Staff see all; a team member sees what was released to their organization, but for pairs that a
        rule blocks; others nothing."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        teams = user.team_memberships.values("organization_id")
        released = self.filter(state__in=READABLE_STATES, released_at__isnull=False, seeker__in=teams)
        return released.unblocked()


class Recommendation(models.Model):
    """A candidate proposed to a seeker, with the criteria and reasons of the day. Kept for good."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(
        MatchRun, verbose_name=_("run"), on_delete=models.PROTECT, related_name="recommendations"
    )
    pair = models.ForeignKey(
        Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="recommendations"
    )
    seeker = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("seeker"),
        on_delete=models.PROTECT,
        related_name="recommendations",
    )
    candidate = models.ForeignKey(
        "alliances.Organization", verbose_name=_("candidate"), on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # None where the other side's interest or a pin brought it and the seeker's own list does not hold it.
    rank = models.PositiveSmallIntegerField(_("rank"), null=True)
    score = models.FloatField(_("reciprocal score"))
    affinity = models.FloatField(_("affinity"))
    candidate_affinity = models.FloatField(_("candidate's affinity"))
    # {"seeker": side, "candidate": side}; a side is base, criteria with value, weight and share, and reasons.
    breakdown = models.JSONField(_("breakdown"))
    state = models.CharField(
        _("state"), max_length=12, choices=RecommendationState, default=RecommendationState.PROPOSED
    )
    proposed_at = models.DateTimeField(_("proposed at"), db_default=Now())
    released_at = models.DateTimeField(_("released at"), null=True)

    objects: ClassVar[RecommendationQuerySet] = RecommendationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["-run_id", "seeker_id", "kind", "rank"]
        indexes = [models.Index(fields=["seeker", "state"], name="recommendation_by_seeker")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "seeker", "candidate"], name="%(app_label)s_%(class)s_once_a_run"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RecommendationState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(seeker=F("candidate")), name="%(app_label)s_%(class)s_two_parties"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=SHOWN_STATES) | Q(released_at__isnull=False),
                name="%(app_label)s_%(class)s_shown_was_released",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seeker_id} → {self.candidate_id} ({self.run_id})"

    @property
    def rules(self) -> dict[str, Any]:
        """The rules of its run's policy; two queries, unless it was read `with_rules`."""
        known: dict[str, Any] | None = self.__dict__.get("policy_rules")
        return self.run.policy.rules if known is None else known

    @property
    def answer_by(self) -> datetime | None:
        """Until when an answer is waited for; None before release."""
        return self.released_at + OPEN_FOR if self.released_at else None


class CurationEvent(models.Model):
    """What staff or the service did to a run, recommendation, policy or mail. Insert-only; ids and states."""

    subject = models.CharField(_("subject"), max_length=30)
    subject_id = models.BigIntegerField(_("subject id"))
    kind = models.CharField(_("kind"), max_length=30)
    actor_id = models.BigIntegerField(_("actor"), null=True)
    at = models.DateTimeField(_("at"), db_default=Now())
    data = models.JSONField(_("data"), default=dict)

    class Meta:
        verbose_name = _("curation event")
        verbose_name_plural = _("curation events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject", "subject_id"], name="curation_event_by_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.subject_id}"
