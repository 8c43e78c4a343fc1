"""What firms state of their owners, who are screened too."""

import django.contrib.postgres.fields
from django.db import migrations, models

import alliances.validators


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0013_screening"),
    ]

    operations = [
        migrations.AddField(
            model_name="firmdetails",
            name="owners",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    max_length=200, validators=[alliances.validators.validate_plain_name]
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="owners of half or more",
            ),
        ),
    ]
