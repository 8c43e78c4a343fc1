"""What shards found is stored as it is: compressing it took twice as long as writing it."""

from django.db import migrations

COLUMN = "ALTER TABLE matchmaking_shardoutput ALTER COLUMN entries SET STORAGE"


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0027_webhooks_told_in_turn")]

    operations = [migrations.RunSQL(f"{COLUMN} EXTERNAL", f"{COLUMN} EXTENDED")]
