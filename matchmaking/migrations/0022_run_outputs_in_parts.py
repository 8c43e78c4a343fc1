"""What shards found is kept in parts, and the seconds of a run by stage."""

import django.db.models.deletion
from django.db import migrations, models

# The outputs of before go, and what found them is done again: at once where the run is open, with the retry
# where a quarantined shard has closed it.
SCORE_AGAIN = """
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM matchmaking_matchshard WHERE step = 'merge' AND run_id IN (
  SELECT run_id FROM matchmaking_matchshard s JOIN matchmaking_shardoutput o ON o.shard_id = s.id
);
UPDATE matchmaking_matchshard SET attempt = 0, state = CASE
  WHEN run_id IN (SELECT id FROM matchmaking_matchrun WHERE state IN ('queued', 'running')) THEN 'queued'
  ELSE 'quarantined' END
WHERE id IN (SELECT shard_id FROM matchmaking_shardoutput);
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0021_list_import")]

    operations = [
        migrations.RunSQL(SCORE_AGAIN, migrations.RunSQL.noop),
        migrations.DeleteModel(name="ShardOutput"),
        migrations.CreateModel(
            name="ShardOutput",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(choices=[("US", "United States"), ("CN", "China")], max_length=2),
                ),
                ("part", models.PositiveIntegerField()),
                ("entries", models.BinaryField()),
                (
                    "shard",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outputs",
                        to="matchmaking.matchshard",
                    ),
                ),
            ],
            options={
                "verbose_name": "shard output",
                "verbose_name_plural": "shard outputs",
                "indexes": [models.Index(fields=["shard", "country", "part"], name="shard_output_part")],
            },
        ),
        migrations.AddField(
            model_name="matchrun",
            name="stage_seconds",
            field=models.JSONField(default=dict, verbose_name="seconds by stage"),
        ),
    ]
