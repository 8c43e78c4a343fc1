"""By what an organization is found: its names in every way they are written, and their trigrams."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from alliances.names import search_key

BATCH = 1000


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every organization the key of its names."""
    model = apps.get_model("alliances", "Organization")
    rows = []
    for one in model.objects.only("name_en", "name_zh", "aliases").iterator(chunk_size=BATCH):
        one.search_key = search_key(one.name_en, one.name_zh, one.aliases)
        rows.append(one)
    model.objects.bulk_update(rows, ["search_key"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0006_team"),
    ]

    operations = [
        TrigramExtension(),
        migrations.AddField(
            model_name="organization",
            name="search_key",
            field=models.TextField(blank=True, default="", editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="organization",
            index=GinIndex(fields=["search_key"], name="organization_by_name", opclasses=["gin_trgm_ops"]),
        ),
    ]
