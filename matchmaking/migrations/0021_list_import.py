"""Screening lists that are uploaded at the desk."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0019_part_of_a_name"),
        ("matchmaking", "0020_bulk_move"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ListImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempt"),
                ),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="next attempt at"
                    ),
                ),
                (
                    "lease_until",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="lease until"),
                ),
                ("lease_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("error", models.TextField(blank=True, editable=False, verbose_name="error")),
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("csl", "US Consolidated Screening List"),
                            ("dod_1260h", "US Department of Defense, section 1260H"),
                            ("section_889", "US section 889"),
                            ("fcc_covered", "FCC Covered List"),
                            ("generic", "Another list"),
                        ],
                        max_length=20,
                        verbose_name="list",
                    ),
                ),
                ("version", models.CharField(blank=True, max_length=200, verbose_name="version")),
                ("dated", models.DateField(verbose_name="dated")),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("content", models.BinaryField(verbose_name="content")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("complete", "Complete"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="requested at"
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                (
                    "imported",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.screeninglist",
                        verbose_name="screening list",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of a list",
                "verbose_name_plural": "imports of lists",
                "ordering": ["-id"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("name__in", ["csl", "dod_1260h", "section_889", "fcc_covered", "generic"])
                        ),
                        name="matchmaking_listimport_name_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "complete", "failed"])),
                        name="matchmaking_listimport_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_token__isnull", False),
                                ("lease_until__isnull", False),
                                ("state", "running"),
                            ),
                            models.Q(
                                models.Q(("state", "running"), _negated=True), ("lease_token__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_listimport_leased_iff_running",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("imported__isnull", False), ("state", "complete")),
                            models.Q(
                                models.Q(("state", "complete"), _negated=True), ("imported__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_listimport_list_iff_complete",
                    ),
                ],
            },
        ),
    ]
