"""Ranking rows: the engine's output, one partition a run, replaced and never referenced."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Ranking(models.Model):
    """One line of one list. The table is partitioned by run and made by SQL in a migration.

    `criteria` follows the order of `engine.names.CRITERIA`, the seeker's view, NaN where unknown.
    """

    pk = models.CompositePrimaryKey("run_id", "seeker_id", "kind", "rank")
    run = models.ForeignKey("matchmaking.MatchRun", on_delete=models.DO_NOTHING, related_name="rankings")
    seeker = models.ForeignKey("alliances.Organization", on_delete=models.DO_NOTHING, related_name="+")
    candidate = models.ForeignKey("alliances.Organization", on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10)
    rank = models.SmallIntegerField()
    score = models.FloatField()
    affinity = models.FloatField()
    candidate_affinity = models.FloatField()
    criteria = ArrayField(models.FloatField())

    class Meta:
        managed = False
        db_table = "matchmaking_ranking"
        ordering = ["seeker_id", "kind", "rank"]

    def __str__(self) -> str:
        return f"{self.seeker_id} {self.kind} {self.rank}"
