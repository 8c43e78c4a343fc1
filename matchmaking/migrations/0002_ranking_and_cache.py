"""What models cannot say of tables: the lists are partitioned by run, the cache has no model."""

from django.db import migrations

# The model's state is in 0001 (it is unmanaged).
RANKING = """
CREATE TABLE matchmaking_ranking (
  run_id bigint NOT NULL,
  seeker_id bigint NOT NULL,
  kind varchar(10) NOT NULL,
  rank smallint NOT NULL,
  candidate_id bigint NOT NULL,
  score double precision NOT NULL,
  affinity double precision NOT NULL,
  candidate_affinity double precision NOT NULL,
  criteria double precision[] NOT NULL,
  PRIMARY KEY (run_id, seeker_id, kind, rank)
) PARTITION BY LIST (run_id);
"""

# As Django's database cache wants it: what it counts outlives a broker.
CACHE = """
CREATE TABLE cache_entry (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX cache_entry_expires ON cache_entry (expires);
"""

# What shards found is stored as it is: compressing it takes twice as long as writing it.
STORAGE = "ALTER TABLE matchmaking_shardoutput ALTER COLUMN entries SET STORAGE"


class Migration(migrations.Migration):
    # Databases made before the first release have these; a new one knows nothing of them.
    replaces = [
        ("matchmaking", "0002_ranking_and_triggers"),
        ("matchmaking", "0003_cache_table"),
        ("matchmaking", "0028_outputs_as_they_are"),
    ]

    dependencies = [("matchmaking", "0001_schema")]

    operations = [
        migrations.RunSQL(RANKING, "DROP TABLE matchmaking_ranking"),
        migrations.RunSQL(CACHE, "DROP TABLE cache_entry"),
        migrations.RunSQL(f"{STORAGE} EXTERNAL", f"{STORAGE} EXTENDED"),
    ]
