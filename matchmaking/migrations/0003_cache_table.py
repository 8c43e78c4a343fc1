"""The cache's table, as Django's database cache wants it: what it counts outlives a broker."""

from django.db import migrations

CREATE = """
CREATE TABLE cache_entry (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX cache_entry_expires ON cache_entry (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0002_ranking_and_triggers")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE cache_entry")]
