"""Match runs: one scoring of every cross-border pair, cut into leased shards."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import Country
from matchmaking.enums import OPEN_RUN_STATES, RunState, ShardState, Step
from matchmaking.models.lease import LeasedRow
from matchmaking.models.policy import ScoringPolicy


class MatchRunQuerySet(models.QuerySet["MatchRun"]):
    def real(self) -> MatchRunQuerySet:
        """Without previews: whoever asks for runs whose lists count asks for these."""
        return self.filter(beside=None)

    def full(self) -> MatchRunQuerySet:
        """The real runs that score every pair: those that made lists of their own."""
        return self.real().filter(amends=None)

    def previews(self) -> MatchRunQuerySet:
        """The shadow runs of policies that are not in force."""
        return self.exclude(beside=None)


class MatchRun(models.Model):
    """One run: what it was asked, how far it is, what came out. `services.runs` is its only writer.

    A preview is a run with a policy to compare with: its lists are made as any, and nothing follows of them.
    An amendment changes the lists of the full run that it `amends`, where organizations changed since: under
    its policy, idf and day, with a snapshot of its own.
    """

    policy = models.ForeignKey(
        ScoringPolicy, verbose_name=_("policy"), on_delete=models.PROTECT, related_name="runs"
    )
    beside = models.ForeignKey(
        ScoringPolicy,
        verbose_name=_("compared with"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    amends = models.ForeignKey(
        "self",
        verbose_name=_("amends"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="amendments",
    )
    as_of = models.DateField(_("as of"))
    top_k = models.PositiveSmallIntegerField(_("top K"))
    state = models.CharField(_("state"), max_length=24, choices=RunState, default=RunState.QUEUED)
    cause = models.TextField(_("cause"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested at"), db_default=Now())
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    snapshot_digest = models.CharField(_("snapshot digest"), max_length=64, blank=True)
    organizations = models.PositiveIntegerField(_("organizations"), default=0)
    pairs = models.BigIntegerField(_("pairs"), default=0)
    counts = models.JSONField(_("counts"), default=dict)
    exposure = models.JSONField(_("exposure"), default=dict)
    held_back = models.PositiveIntegerField(_("held back by the load cap"), null=True)
    scoring_seconds = models.FloatField(_("scoring seconds"), default=0)
    # By name of stage: `enums.RunStage`.
    stage_seconds = models.JSONField(_("seconds by stage"), default=dict)

    objects: ClassVar[MatchRunQuerySet] = MatchRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("match run")
        verbose_name_plural = _("match runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RunState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_RUN_STATES, finished_at__isnull=True)
                | (~Q(state__in=OPEN_RUN_STATES) & Q(finished_at__isnull=False)),
                name="%(app_label)s_%(class)s_finished_iff_closed",
            ),
            # Proposing ends with this number.
            models.CheckConstraint(
                condition=Q(beside__isnull=True) | Q(held_back__isnull=True),
                name="%(app_label)s_%(class)s_preview_proposes_nothing",
            ),
            models.CheckConstraint(
                condition=~Q(beside=F("policy")), name="%(app_label)s_%(class)s_beside_another_policy"
            ),
            models.CheckConstraint(
                condition=Q(beside__isnull=True) | Q(amends__isnull=True),
                name="%(app_label)s_%(class)s_preview_amends_nothing",
            ),
            # Each one begins with the lists as the last one left them.
            models.UniqueConstraint(
                fields=["amends"],
                condition=Q(amends__isnull=False, state__in=OPEN_RUN_STATES),
                name="%(app_label)s_%(class)s_one_open_amendment",
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(beside__isnull=False, state__in=OPEN_RUN_STATES),
                name="%(app_label)s_%(class)s_one_open_preview",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def lists_of(self) -> int:
        """The id of the run under which its lists are kept."""
        return self.amends_id or self.pk


class RunSnapshot(models.Model):
    """The compressed feature arrays of a run: enough to recompute any of its recommendations, exactly.

    Of an amendment they are the changes (`engine.Changes`) since the run that it amends.
    """

    run = models.OneToOneField(MatchRun, on_delete=models.CASCADE, primary_key=True, related_name="snapshot")
    content = models.BinaryField()

    class Meta:
        verbose_name = _("run snapshot")
        verbose_name_plural = _("run snapshots")

    def __str__(self) -> str:
        return f"snapshot of run {self.pk}"


class PolicyPreview(models.Model):
    """What a preview has beyond a run: the same register under the policy in force, and what differs."""

    run = models.OneToOneField(MatchRun, on_delete=models.CASCADE, primary_key=True, related_name="preview")
    # Needed until the lists are compared; then empty.
    beside_snapshot = models.BinaryField()
    summary = models.JSONField(default=dict)
    # A line an organization: id, lists it stands in and entries of its own lists, each before and after.
    organizations = models.JSONField(default=list)

    class Meta:
        verbose_name = _("policy preview")
        verbose_name_plural = _("policy previews")

    def __str__(self) -> str:
        return f"preview by run {self.run_id}"


class MatchShard(LeasedRow):
    """One leased piece of a run: a range of US rows to score, the merge, the amending, or the proposing."""

    run = models.ForeignKey(MatchRun, verbose_name=_("run"), on_delete=models.CASCADE, related_name="shards")
    step = models.CharField(_("step"), max_length=10, choices=Step)
    index = models.PositiveIntegerField(_("index"), default=0)
    start = models.PositiveIntegerField(_("first row"), default=0)
    stop = models.PositiveIntegerField(_("row after the last"), default=0)
    state = models.CharField(_("state"), max_length=12, choices=ShardState, default=ShardState.QUEUED)
    counts = models.JSONField(_("counts"), default=dict)
    seconds = models.FloatField(_("seconds"), default=0)

    class Meta:
        verbose_name = _("match shard")
        verbose_name_plural = _("match shards")
        ordering = ["run_id", "step", "index"]
        indexes = [
            # The claim: the oldest shard that is due.
            models.Index(
                fields=["run", "id"], condition=Q(state__in=["queued", "running"]), name="shard_unfinished"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "step", "index"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(state__in=ShardState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="running", lease_token__isnull=False, lease_until__isnull=False)
                    | (~Q(state="running") & Q(lease_token__isnull=True))
                ),
                name="%(app_label)s_%(class)s_leased_iff_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.index} of run {self.run_id}"


class ShardOutput(models.Model):
    """What a scored shard found of one part of a run's lists (`engine.parts_of`), kept until the merge.

    No constraint says that a part is there once: a worker that froze while it wrote would make the next one
    wait. Parts come with the end of their shard, or not at all; the merge counts them.
    """

    shard = models.ForeignKey(MatchShard, on_delete=models.CASCADE, related_name="outputs", db_index=False)
    country = models.CharField(max_length=2, choices=Country)
    part = models.PositiveIntegerField()
    # An array of the engine's FRAGMENT_DTYPE.
    entries = models.BinaryField()

    class Meta:
        verbose_name = _("shard output")
        verbose_name_plural = _("shard outputs")
        indexes = [models.Index(fields=["shard", "country", "part"], name="shard_output_part")]

    def __str__(self) -> str:
        return f"{self.country} {self.part} of shard {self.shard_id}"
