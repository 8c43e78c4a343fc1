"""Webhooks of organizations and their deliveries."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0019_part_of_a_name"),
        ("matchmaking", "0024_api_call"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("url", models.CharField(max_length=500, verbose_name="address")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("recommendation.released", "A partner is recommended to you"),
                                ("interest.received", "A recommended partner is interested in you"),
                                ("introduction.made", "You are introduced to a partner"),
                                ("organization.reviewed", "Our staff have reviewed your organization"),
                            ],
                            max_length=40,
                        ),
                        size=None,
                        verbose_name="events",
                    ),
                ),
                ("salt", models.CharField(editable=False, max_length=64, unique=True)),
                ("earlier_salt", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "replaced_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="secret replaced at"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("disabled_at", models.DateTimeField(null=True, verbose_name="disabled at")),
                (
                    "disabled_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("owner", "Disabled by an owner"),
                            ("failing", "Disabled after eight failed tries"),
                            ("gone", "Disabled at its own wish (410 Gone)"),
                        ],
                        max_length=10,
                        verbose_name="why it is disabled",
                    ),
                ),
                ("rests_until", models.DateTimeField(editable=False, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
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
                ("event_id", models.UUIDField(verbose_name="event id")),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("recommendation.released", "A partner is recommended to you"),
                            ("interest.received", "A recommended partner is interested in you"),
                            ("introduction.made", "You are introduced to a partner"),
                            ("organization.reviewed", "Our staff have reviewed your organization"),
                        ],
                        max_length=40,
                        verbose_name="event",
                    ),
                ),
                ("body", models.TextField(verbose_name="body")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("sending", "Sending"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="last answer")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
                (
                    "webhook",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="matchmaking.webhook",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.UniqueConstraint(
                fields=("organization", "url"), name="matchmaking_webhook_url_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(("url__regex", "^https?://[!-?A-~]+$")),
                name="matchmaking_webhook_url_of_http",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "events__contained_by",
                        [
                            "recommendation.released",
                            "interest.received",
                            "introduction.made",
                            "organization.reviewed",
                        ],
                    ),
                    ("events__len__gte", 1),
                ),
                name="matchmaking_webhook_events_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(("salt", ""), _negated=True), name="matchmaking_webhook_salt_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("earlier_salt", ""), ("replaced_at__isnull", True)),
                    models.Q(models.Q(("earlier_salt", ""), _negated=True), ("replaced_at__isnull", False)),
                    _connector="OR",
                ),
                name="matchmaking_webhook_earlier_salt_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at__isnull", True), ("disabled_for", "")),
                    models.Q(
                        ("disabled_at__isnull", False), ("disabled_for__in", ["owner", "failing", "gone"])
                    ),
                    _connector="OR",
                ),
                name="matchmaking_webhook_disabled_for_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "sending"])),
                fields=["id"],
                name="delivery_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["created_at"], name="delivery_by_age"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("webhook", "event_id"), name="matchmaking_webhookdelivery_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "event__in",
                        [
                            "recommendation.released",
                            "interest.received",
                            "introduction.made",
                            "organization.reviewed",
                        ],
                    )
                ),
                name="matchmaking_webhookdelivery_event_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "sending", "delivered", "failed"])),
                name="matchmaking_webhookdelivery_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("lease_token__isnull", False), ("lease_until__isnull", False), ("state", "sending")
                    ),
                    models.Q(models.Q(("state", "sending"), _negated=True), ("lease_token__isnull", True)),
                    _connector="OR",
                ),
                name="matchmaking_webhookdelivery_leased_iff_sending",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                    models.Q(models.Q(("state", "delivered"), _negated=True), ("delivered_at__isnull", True)),
                    _connector="OR",
                ),
                name="matchmaking_webhookdelivery_delivered_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__isnull", True), ("status__range", (100, 599)), _connector="OR"),
                name="matchmaking_webhookdelivery_status_of_http",
            ),
        ),
    ]
