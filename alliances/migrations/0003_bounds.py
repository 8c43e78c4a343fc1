"""Numbers out of bounds are refused at their field; the constraints of the database stay as they are."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models


def degrees(name, most):
    return models.FloatField(
        blank=True,
        null=True,
        validators=[MinValueValidator(-most), MaxValueValidator(most)],
        verbose_name=name,
    )


class Migration(migrations.Migration):
    dependencies = [("alliances", "0002_promises")]

    operations = [
        operation
        for model in ("organization", "historicalorganization")
        for operation in (
            migrations.AlterField(model, "latitude", degrees("latitude", 90)),
            migrations.AlterField(model, "longitude", degrees("longitude", 180)),
            migrations.AlterField(
                model,
                "capacity",
                models.PositiveSmallIntegerField(
                    default=3,
                    help_text="Introductions a quarter.",
                    validators=[MinValueValidator(0), MaxValueValidator(100)],
                    verbose_name="capacity",
                ),
            ),
        )
    ]
