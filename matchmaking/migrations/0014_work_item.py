"""Notes on the work that waits at the desk."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matchmaking", "0013_names_candidate"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("submission", "Organization to review"),
                            ("claim", "Request to join a team"),
                            ("screening_hit", "Screening hit"),
                            ("held", "Held recommendation"),
                            ("silent_interest", "Silent interest"),
                            ("mail", "Mail that did not arrive"),
                            ("run", "Run with quarantined steps"),
                            ("expiring_profile", "Profile that expires"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("subject_id", models.BigIntegerField(verbose_name="subject id")),
                ("snoozed_until", models.DateTimeField(null=True, verbose_name="snoozed until")),
                ("done_at", models.DateTimeField(null=True, verbose_name="done at")),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assigned to",
                    ),
                ),
            ],
            options={
                "verbose_name": "work item",
                "verbose_name_plural": "work queue",
                "default_permissions": ("view", "change"),
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "subject_id"), name="matchmaking_workitem_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "submission",
                                    "claim",
                                    "screening_hit",
                                    "held",
                                    "silent_interest",
                                    "mail",
                                    "run",
                                    "expiring_profile",
                                ],
                            )
                        ),
                        name="matchmaking_workitem_kind_known",
                    ),
                ],
            },
        ),
    ]
