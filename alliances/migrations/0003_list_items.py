"""Aliases cannot hold the marks that part items in a cell of a file."""

import django.contrib.postgres.fields
from django.db import migrations, models

import alliances.validators


def aliases() -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.CharField(
            max_length=200,
            validators=[alliances.validators.validate_plain_name, alliances.validators.validate_list_item],
        ),
        blank=True,
        default=list,
        size=None,
        verbose_name="aliases",
    )


class Migration(migrations.Migration):
    dependencies = [("alliances", "0002_insert_only")]

    operations = [
        migrations.AlterField(model_name=name, name="aliases", field=aliases())
        for name in ("historicalorganization", "organization")
    ]
