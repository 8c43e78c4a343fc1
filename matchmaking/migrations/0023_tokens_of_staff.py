"""Tokens of the staff, and tokens that take another one's place."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0019_part_of_a_name"),
        ("matchmaking", "0022_run_outputs_in_parts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="apitoken",
            name="matchmaking_apitoken_scope_known",
        ),
        migrations.AddField(
            model_name="apitoken",
            name="replaced_by",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaces",
                to="matchmaking.apitoken",
                verbose_name="replaced by",
            ),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_tokens",
                to="alliances.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[
                    ("read", "Read"),
                    ("write", "Read and write"),
                    ("staff_read", "Staff: read"),
                    ("staff_write", "Staff: read and write"),
                ],
                max_length=11,
                verbose_name="scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__in", ["read", "write", "staff_read", "staff_write"])),
                name="matchmaking_apitoken_scope_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("organization__isnull", False), ("scope__in", ("read", "write"))),
                    models.Q(("organization", None), ("scope__in", ("staff_read", "staff_write"))),
                    _connector="OR",
                ),
                name="matchmaking_apitoken_team_or_staff",
            ),
        ),
    ]
