"""Deliveries know what they are about, organizations take turns, and staff may stop a webhook."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0019_part_of_a_name"),
        ("matchmaking", "0026_amendments"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="webhook",
            options={
                "default_permissions": ("view", "change"),
                "ordering": ["-id"],
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
            },
        ),
        migrations.RemoveConstraint(
            model_name="webhook",
            name="matchmaking_webhook_disabled_for_a_reason",
        ),
        migrations.RemoveConstraint(
            model_name="webhookdelivery",
            name="matchmaking_webhookdelivery_state_known",
        ),
        migrations.AddField(
            model_name="webhook",
            name="turn_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="recommendation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="matchmaking.recommendation",
                verbose_name="recommendation",
            ),
        ),
        # What was queued about a recommendation names it in its body.
        migrations.RunSQL(
            [
                """
                UPDATE matchmaking_webhookdelivery AS delivery SET recommendation_id = recommendation.id
                FROM matchmaking_recommendation AS recommendation
                WHERE delivery.event IN ('recommendation.released', 'interest.received')
                    AND recommendation.public_id::text = delivery.body::json #>> '{data,recommendation}'
                """,
                """
                DELETE FROM matchmaking_webhookdelivery
                WHERE event IN ('recommendation.released', 'interest.received')
                    AND recommendation_id IS NULL
                """,
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="heartbeat",
            name="queue",
            field=models.CharField(
                choices=[
                    ("score", "Score"),
                    ("mail", "Mail"),
                    ("webhooks", "Webhooks"),
                    ("default", "Default"),
                ],
                max_length=20,
                primary_key=True,
                serialize=False,
                verbose_name="queue",
            ),
        ),
        migrations.AlterField(
            model_name="webhook",
            name="disabled_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("owner", "Disabled by an owner"),
                    ("failing", "Disabled after eight failed tries"),
                    ("gone", "Disabled at its own wish (410 Gone)"),
                    ("staff", "Disabled by our staff"),
                ],
                max_length=10,
                verbose_name="why it is disabled",
            ),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("sending", "Sending"),
                    ("delivered", "Delivered"),
                    ("failed", "Failed"),
                    ("withdrawn", "Not sent any more"),
                ],
                default="queued",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at__isnull", True), ("disabled_for", "")),
                    models.Q(
                        ("disabled_at__isnull", False),
                        ("disabled_for__in", ["owner", "failing", "gone", "staff"]),
                    ),
                    _connector="OR",
                ),
                name="matchmaking_webhook_disabled_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("event__in", ("recommendation.released", "interest.received")),
                        ("recommendation__isnull", False),
                    ),
                    models.Q(
                        models.Q(
                            ("event__in", ("recommendation.released", "interest.received")), _negated=True
                        ),
                        ("recommendation__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="matchmaking_webhookdelivery_tells_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "sending", "delivered", "failed", "withdrawn"])),
                name="matchmaking_webhookdelivery_state_known",
            ),
        ),
    ]
