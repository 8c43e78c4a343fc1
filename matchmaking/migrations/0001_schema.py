"""Runs and their lists, recommendations and answers, introductions, the desk, webhooks."""

import datetime
import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.lookups
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import alliances.validators
import matchmaking.models.statement


class Migration(migrations.Migration):
    initial = True

    # Databases made before the first release have these; a new one knows nothing of them.
    replaces = [
        ("matchmaking", "0001_initial"),
        ("matchmaking", "0004_answers_and_introductions"),
        ("matchmaking", "0006_api_token"),
        ("matchmaking", "0007_event_effects"),
        ("matchmaking", "0008_interests"),
        ("matchmaking", "0009_saved_and_notes"),
        ("matchmaking", "0010_disclosure"),
        ("matchmaking", "0012_jurisdiction_rule"),
        ("matchmaking", "0013_names_candidate"),
        ("matchmaking", "0014_work_item"),
        ("matchmaking", "0015_policy_preview"),
        ("matchmaking", "0016_policy_schedule"),
        ("matchmaking", "0017_pins_and_staff_notes"),
        ("matchmaking", "0018_test_mail"),
        ("matchmaking", "0019_scheduled_release"),
        ("matchmaking", "0020_bulk_move"),
        ("matchmaking", "0021_list_import"),
        ("matchmaking", "0022_run_outputs_in_parts"),
        ("matchmaking", "0023_tokens_of_staff"),
        ("matchmaking", "0024_api_call"),
        ("matchmaking", "0025_webhooks"),
        ("matchmaking", "0026_amendments"),
        ("matchmaking", "0027_webhooks_told_in_turn"),
    ]

    dependencies = [
        ("alliances", "0002_promises"),
        ("alliances", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Ranking",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "seeker_id",
                        "kind",
                        "rank",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("rank", models.SmallIntegerField()),
                ("score", models.FloatField()),
                ("affinity", models.FloatField()),
                ("candidate_affinity", models.FloatField()),
                (
                    "criteria",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None),
                ),
            ],
            options={
                "db_table": "matchmaking_ranking",
                "ordering": ["seeker_id", "kind", "rank"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "queue",
                    models.CharField(
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
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
            },
        ),
        migrations.CreateModel(
            name="MatchRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                ("top_k", models.PositiveSmallIntegerField(verbose_name="top K")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("complete", "Complete"),
                            ("complete_with_errors", "Complete with errors"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=24,
                        verbose_name="state",
                    ),
                ),
                ("cause", models.TextField(blank=True, verbose_name="cause")),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="requested at"
                    ),
                ),
                ("started_at", models.DateTimeField(null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                (
                    "snapshot_digest",
                    models.CharField(blank=True, max_length=64, verbose_name="snapshot digest"),
                ),
                ("organizations", models.PositiveIntegerField(default=0, verbose_name="organizations")),
                ("pairs", models.BigIntegerField(default=0, verbose_name="pairs")),
                ("counts", models.JSONField(default=dict, verbose_name="counts")),
                ("exposure", models.JSONField(default=dict, verbose_name="exposure")),
                (
                    "held_back",
                    models.PositiveIntegerField(null=True, verbose_name="held back by the load cap"),
                ),
                ("scoring_seconds", models.FloatField(default=0, verbose_name="scoring seconds")),
                ("stage_seconds", models.JSONField(default=dict, verbose_name="seconds by stage")),
                (
                    "amends",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amendments",
                        to="matchmaking.matchrun",
                        verbose_name="amends",
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
                "verbose_name": "match run",
                "verbose_name_plural": "match runs",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "queued",
                                    "running",
                                    "complete",
                                    "complete_with_errors",
                                    "cancelled",
                                    "failed",
                                ],
                            )
                        ),
                        name="matchmaking_matchrun_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state__in", ("queued", "running"))),
                            models.Q(
                                models.Q(("state__in", ("queued", "running")), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_matchrun_finished_iff_closed",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("amends__isnull", False), ("state__in", ("queued", "running"))),
                        fields=("amends",),
                        name="matchmaking_matchrun_one_open_amendment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address_hash", models.CharField(max_length=64, unique=True, verbose_name="address hash")),
                ("reason", models.CharField(max_length=30, verbose_name="reason")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
            ],
            options={
                "verbose_name": "suppressed address",
                "verbose_name_plural": "suppressed addresses",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CurationEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=30, verbose_name="subject")),
                ("subject_id", models.BigIntegerField(verbose_name="subject id")),
                ("kind", models.CharField(max_length=30, verbose_name="kind")),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="actor")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                ("data", models.JSONField(default=dict, verbose_name="data")),
            ],
            options={
                "verbose_name": "curation event",
                "verbose_name_plural": "curation events",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["subject", "subject_id"], name="curation_event_by_subject")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalJurisdictionRule",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("slug", models.SlugField(max_length=60, verbose_name="short name")),
                (
                    "us_region",
                    models.CharField(
                        blank=True, help_text="Empty: anywhere.", max_length=100, verbose_name="US state"
                    ),
                ),
                (
                    "us_kind",
                    models.CharField(
                        blank=True,
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind of US organization",
                    ),
                ),
                (
                    "us_subtype",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("port", "Port"),
                            ("utility", "Utility"),
                            ("transit_agency", "Transit agency"),
                            ("agency", "Agency"),
                            ("university", "University"),
                            ("research_institute", "Research institute"),
                            ("hospital", "Hospital"),
                            ("ngo", "Non-governmental organization"),
                            ("zone", "Development zone"),
                            ("state_province", "State or province"),
                            ("investor", "Investor"),
                        ],
                        max_length=20,
                        verbose_name="subtype of US organization",
                    ),
                ),
                (
                    "cn_region",
                    models.CharField(
                        blank=True,
                        help_text="Empty: anywhere.",
                        max_length=100,
                        verbose_name="Chinese province",
                    ),
                ),
                (
                    "cn_kind",
                    models.CharField(
                        blank=True,
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind of Chinese organization",
                    ),
                ),
                (
                    "cn_subtype",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("port", "Port"),
                            ("utility", "Utility"),
                            ("transit_agency", "Transit agency"),
                            ("agency", "Agency"),
                            ("university", "University"),
                            ("research_institute", "Research institute"),
                            ("hospital", "Hospital"),
                            ("ngo", "Non-governmental organization"),
                            ("zone", "Development zone"),
                            ("state_province", "State or province"),
                            ("investor", "Investor"),
                        ],
                        max_length=20,
                        verbose_name="subtype of Chinese organization",
                    ),
                ),
                (
                    "tie",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("technical_cooperation", "Technical cooperation"),
                            ("commercial_with_assistance", "Commercial with technical assistance"),
                            ("manufacturing", "Manufacturing"),
                            ("joint_research", "Joint research"),
                            ("consortium_project", "Project or consortium"),
                            ("investment", "Investment"),
                            ("pilot", "Pilot or testbed"),
                            ("peer_learning", "Peer learning or staff exchange"),
                            ("sister_tie", "Sister or friendship tie"),
                            ("memorandum", "Memorandum"),
                            ("standards_work", "Standards work"),
                            ("trade_intermediary", "Distributor or supplier"),
                            ("franchise", "Franchise"),
                            ("joint_venture", "Joint venture"),
                            ("merger", "Merger or share exchange"),
                            ("sale", "Sale or acquisition"),
                            ("reciprocal_production", "Reciprocal production"),
                            ("subcontracting", "Subcontracting"),
                            ("logistics", "Transport and logistics"),
                            ("licence", "Licence"),
                        ],
                        help_text="Empty: every kind. A pair is recommended to nobody where every kind is blocked.",
                        max_length=30,
                        verbose_name="kind of tie",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("allowed", "Allowed"),
                            ("another_form", "Allowed in another form"),
                            ("blocked", "Blocked"),
                        ],
                        max_length=12,
                        verbose_name="verdict",
                    ),
                ),
                (
                    "begins_on",
                    models.DateField(
                        blank=True,
                        help_text="Empty: since before the register began.",
                        null=True,
                        verbose_name="first day",
                    ),
                ),
                (
                    "ends_on",
                    models.DateField(
                        blank=True,
                        help_text="Empty: until further notice.",
                        null=True,
                        verbose_name="last day",
                    ),
                ),
                (
                    "explanation_en",
                    models.TextField(
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="explanation in English",
                    ),
                ),
                (
                    "explanation_zh",
                    models.TextField(
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="explanation in Chinese",
                    ),
                ),
                (
                    "other_form_en",
                    models.TextField(
                        blank=True,
                        help_text="What the two may do instead.",
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="other form in English",
                    ),
                ),
                (
                    "other_form_zh",
                    models.TextField(
                        blank=True,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="other form in Chinese",
                    ),
                ),
                (
                    "citation",
                    models.CharField(
                        max_length=200,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="citation",
                    ),
                ),
                (
                    "citation_url",
                    models.URLField(blank=True, max_length=300, verbose_name="address of the source"),
                ),
                (
                    "is_verified",
                    models.BooleanField(
                        default=False,
                        help_text="A lawyer has read it. Until then readers are told to verify it before use.",
                        verbose_name="verified",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True,
                        help_text="For staff: what is in doubt.",
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="note",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical jurisdiction rule",
                "verbose_name_plural": "historical jurisdiction rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalScoringPolicy",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("name", models.SlugField(default="standard", max_length=60, verbose_name="name")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                ("rules", models.JSONField(verbose_name="rules")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("is_active", models.BooleanField(default=False, editable=False, verbose_name="active")),
                (
                    "activated_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="put in force at"),
                ),
                (
                    "scheduled_for",
                    models.DateTimeField(editable=False, null=True, verbose_name="comes into force at"),
                ),
                (
                    "skip_reason",
                    models.TextField(
                        blank=True, editable=False, verbose_name="published without a preview because"
                    ),
                ),
                ("used_at", models.DateTimeField(editable=False, null=True, verbose_name="first used at")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created at",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical scoring policy",
                "verbose_name_plural": "historical scoring policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="JurisdictionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="short name")),
                (
                    "us_region",
                    models.CharField(
                        blank=True, help_text="Empty: anywhere.", max_length=100, verbose_name="US state"
                    ),
                ),
                (
                    "us_kind",
                    models.CharField(
                        blank=True,
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind of US organization",
                    ),
                ),
                (
                    "us_subtype",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("port", "Port"),
                            ("utility", "Utility"),
                            ("transit_agency", "Transit agency"),
                            ("agency", "Agency"),
                            ("university", "University"),
                            ("research_institute", "Research institute"),
                            ("hospital", "Hospital"),
                            ("ngo", "Non-governmental organization"),
                            ("zone", "Development zone"),
                            ("state_province", "State or province"),
                            ("investor", "Investor"),
                        ],
                        max_length=20,
                        verbose_name="subtype of US organization",
                    ),
                ),
                (
                    "cn_region",
                    models.CharField(
                        blank=True,
                        help_text="Empty: anywhere.",
                        max_length=100,
                        verbose_name="Chinese province",
                    ),
                ),
                (
                    "cn_kind",
                    models.CharField(
                        blank=True,
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind of Chinese organization",
                    ),
                ),
                (
                    "cn_subtype",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("port", "Port"),
                            ("utility", "Utility"),
                            ("transit_agency", "Transit agency"),
                            ("agency", "Agency"),
                            ("university", "University"),
                            ("research_institute", "Research institute"),
                            ("hospital", "Hospital"),
                            ("ngo", "Non-governmental organization"),
                            ("zone", "Development zone"),
                            ("state_province", "State or province"),
                            ("investor", "Investor"),
                        ],
                        max_length=20,
                        verbose_name="subtype of Chinese organization",
                    ),
                ),
                (
                    "tie",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("technical_cooperation", "Technical cooperation"),
                            ("commercial_with_assistance", "Commercial with technical assistance"),
                            ("manufacturing", "Manufacturing"),
                            ("joint_research", "Joint research"),
                            ("consortium_project", "Project or consortium"),
                            ("investment", "Investment"),
                            ("pilot", "Pilot or testbed"),
                            ("peer_learning", "Peer learning or staff exchange"),
                            ("sister_tie", "Sister or friendship tie"),
                            ("memorandum", "Memorandum"),
                            ("standards_work", "Standards work"),
                            ("trade_intermediary", "Distributor or supplier"),
                            ("franchise", "Franchise"),
                            ("joint_venture", "Joint venture"),
                            ("merger", "Merger or share exchange"),
                            ("sale", "Sale or acquisition"),
                            ("reciprocal_production", "Reciprocal production"),
                            ("subcontracting", "Subcontracting"),
                            ("logistics", "Transport and logistics"),
                            ("licence", "Licence"),
                        ],
                        help_text="Empty: every kind. A pair is recommended to nobody where every kind is blocked.",
                        max_length=30,
                        verbose_name="kind of tie",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("allowed", "Allowed"),
                            ("another_form", "Allowed in another form"),
                            ("blocked", "Blocked"),
                        ],
                        max_length=12,
                        verbose_name="verdict",
                    ),
                ),
                (
                    "begins_on",
                    models.DateField(
                        blank=True,
                        help_text="Empty: since before the register began.",
                        null=True,
                        verbose_name="first day",
                    ),
                ),
                (
                    "ends_on",
                    models.DateField(
                        blank=True,
                        help_text="Empty: until further notice.",
                        null=True,
                        verbose_name="last day",
                    ),
                ),
                (
                    "explanation_en",
                    models.TextField(
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="explanation in English",
                    ),
                ),
                (
                    "explanation_zh",
                    models.TextField(
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="explanation in Chinese",
                    ),
                ),
                (
                    "other_form_en",
                    models.TextField(
                        blank=True,
                        help_text="What the two may do instead.",
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="other form in English",
                    ),
                ),
                (
                    "other_form_zh",
                    models.TextField(
                        blank=True,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="other form in Chinese",
                    ),
                ),
                (
                    "citation",
                    models.CharField(
                        max_length=200,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="citation",
                    ),
                ),
                (
                    "citation_url",
                    models.URLField(blank=True, max_length=300, verbose_name="address of the source"),
                ),
                (
                    "is_verified",
                    models.BooleanField(
                        default=False,
                        help_text="A lawyer has read it. Until then readers are told to verify it before use.",
                        verbose_name="verified",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True,
                        help_text="For staff: what is in doubt.",
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="note",
                    ),
                ),
            ],
            options={
                "verbose_name": "jurisdiction rule",
                "verbose_name_plural": "jurisdiction rules",
                "ordering": ["slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("us_kind__in", ["city", "firm", "alliance", ""])),
                        name="matchmaking_jurisdictionrule_us_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "us_subtype__in",
                                [
                                    "port",
                                    "utility",
                                    "transit_agency",
                                    "agency",
                                    "university",
                                    "research_institute",
                                    "hospital",
                                    "ngo",
                                    "zone",
                                    "state_province",
                                    "investor",
                                    "",
                                ],
                            )
                        ),
                        name="matchmaking_jurisdictionrule_us_subtype_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cn_kind__in", ["city", "firm", "alliance", ""])),
                        name="matchmaking_jurisdictionrule_cn_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cn_subtype__in",
                                [
                                    "port",
                                    "utility",
                                    "transit_agency",
                                    "agency",
                                    "university",
                                    "research_institute",
                                    "hospital",
                                    "ngo",
                                    "zone",
                                    "state_province",
                                    "investor",
                                    "",
                                ],
                            )
                        ),
                        name="matchmaking_jurisdictionrule_cn_subtype_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "tie__in",
                                [
                                    "technical_cooperation",
                                    "commercial_with_assistance",
                                    "manufacturing",
                                    "joint_research",
                                    "consortium_project",
                                    "investment",
                                    "pilot",
                                    "peer_learning",
                                    "sister_tie",
                                    "memorandum",
                                    "standards_work",
                                    "trade_intermediary",
                                    "franchise",
                                    "joint_venture",
                                    "merger",
                                    "sale",
                                    "reciprocal_production",
                                    "subcontracting",
                                    "logistics",
                                    "licence",
                                    "",
                                ],
                            )
                        ),
                        name="matchmaking_jurisdictionrule_tie_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["allowed", "another_form", "blocked"])),
                        name="matchmaking_jurisdictionrule_verdict_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("begins_on", None),
                            ("ends_on", None),
                            ("begins_on__lte", models.F("ends_on")),
                            _connector="OR",
                        ),
                        name="matchmaking_jurisdictionrule_days_in_order",
                        violation_error_message="The last day comes before the first. Change one of the two.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("citation", ""), _negated=True),
                        name="matchmaking_jurisdictionrule_cited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("explanation_en", ""), _negated=True),
                            models.Q(("explanation_zh", ""), _negated=True),
                        ),
                        name="matchmaking_jurisdictionrule_explained",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("other_form_en", ""), _negated=True),
                                models.Q(("other_form_zh", ""), _negated=True),
                                models.Q(("verdict", "allowed"), _negated=True),
                            ),
                            models.Q(
                                ("other_form_en", ""),
                                ("other_form_zh", ""),
                                models.Q(("verdict", "another_form"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_jurisdictionrule_other_form_stated",
                        violation_error_message="“Allowed in another form” needs the other form in English and in Chinese, “blocked” may have it in both, “allowed” has none. Fill in or empty the two fields.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailDomain",
            fields=[
                (
                    "domain",
                    models.CharField(
                        max_length=253, primary_key=True, serialize=False, verbose_name="domain"
                    ),
                ),
                ("seconds_between", models.PositiveIntegerField(verbose_name="seconds between messages")),
                (
                    "not_before",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="not before"
                    ),
                ),
                (
                    "paced_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="pace set at"
                    ),
                ),
            ],
            options={
                "verbose_name": "mail domain",
                "verbose_name_plural": "mail domains",
                "ordering": ["domain"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("seconds_between__range", (1, 3600))),
                        name="matchmaking_maildomain_pace_range",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyPreview",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="preview",
                        serialize=False,
                        to="matchmaking.matchrun",
                    ),
                ),
                ("beside_snapshot", models.BinaryField()),
                ("summary", models.JSONField(default=dict)),
                ("organizations", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "policy preview",
                "verbose_name_plural": "policy previews",
            },
        ),
        migrations.CreateModel(
            name="RunSnapshot",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="snapshot",
                        serialize=False,
                        to="matchmaking.matchrun",
                    ),
                ),
                ("content", models.BinaryField()),
            ],
            options={
                "verbose_name": "run snapshot",
                "verbose_name_plural": "run snapshots",
            },
        ),
        migrations.CreateModel(
            name="MatchShard",
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
                    "step",
                    models.CharField(
                        choices=[
                            ("score", "Score"),
                            ("beside", "Score by the policy in force"),
                            ("merge", "Merge"),
                            ("amend", "Amend"),
                            ("propose", "Propose"),
                        ],
                        max_length=10,
                        verbose_name="step",
                    ),
                ),
                ("index", models.PositiveIntegerField(default=0, verbose_name="index")),
                ("start", models.PositiveIntegerField(default=0, verbose_name="first row")),
                ("stop", models.PositiveIntegerField(default=0, verbose_name="row after the last")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("quarantined", "Quarantined"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("counts", models.JSONField(default=dict, verbose_name="counts")),
                ("seconds", models.FloatField(default=0, verbose_name="seconds")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shards",
                        to="matchmaking.matchrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "match shard",
                "verbose_name_plural": "match shards",
                "ordering": ["run_id", "step", "index"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["run", "id"],
                        name="shard_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "step", "index"), name="matchmaking_matchshard_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "running", "done", "quarantined", "cancelled"])
                        ),
                        name="matchmaking_matchshard_state_known",
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
                        name="matchmaking_matchshard_leased_iff_running",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "high",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="second",
                    ),
                ),
                (
                    "low",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="first",
                    ),
                ),
            ],
            options={
                "verbose_name": "pair",
                "verbose_name_plural": "pairs",
                "constraints": [
                    models.UniqueConstraint(fields=("low", "high"), name="matchmaking_pair_once"),
                    models.CheckConstraint(
                        condition=models.Q(("low__lt", models.F("high"))), name="matchmaking_pair_low_first"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Introduction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="made at"
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
            ],
            options={
                "verbose_name": "introduction",
                "verbose_name_plural": "introductions",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("pair",),
                        name="matchmaking_introduction_one_open_a_pair",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "pair",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exclusion",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
            ],
            options={
                "verbose_name": "exclusion",
                "verbose_name_plural": "exclusions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="matchmaking_exclusion_reason_given",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "shown_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="shown at"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "shown_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="shown by",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
            ],
            options={
                "verbose_name": "disclosure of a name",
                "verbose_name_plural": "disclosures of names",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pair", "organization"), name="matchmaking_disclosure_once_a_side"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PairNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "text",
                    models.TextField(
                        max_length=1000,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="text",
                    ),
                ),
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="written at"
                    ),
                ),
                ("changed_at", models.DateTimeField(null=True, verbose_name="changed at")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pair_notes",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on a pair",
                "verbose_name_plural": "notes on pairs",
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["organization", "pair"], name="pair_note_by_side")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="matchmaking_pairnote_says_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodicRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("slot", models.CharField(max_length=20, verbose_name="slot")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
            ],
            options={
                "verbose_name": "periodic run",
                "verbose_name_plural": "periodic runs",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "slot"), name="matchmaking_periodicrun_once_a_slot"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Pin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="candidate",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "seeker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="seeker",
                    ),
                ),
            ],
            options={
                "verbose_name": "pin",
                "verbose_name_plural": "pins",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("seeker", "candidate"), name="matchmaking_pin_once"),
                    models.CheckConstraint(
                        condition=models.Q(("seeker", models.F("candidate")), _negated=True),
                        name="matchmaking_pin_two_parties",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="matchmaking_pin_reason_given"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recommendation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(null=True, verbose_name="rank")),
                ("score", models.FloatField(verbose_name="reciprocal score")),
                ("affinity", models.FloatField(verbose_name="affinity")),
                ("candidate_affinity", models.FloatField(verbose_name="candidate's affinity")),
                ("breakdown", models.JSONField(verbose_name="breakdown")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("held", "Held"),
                            ("released", "Released"),
                            ("seen", "Seen"),
                            ("interested", "Interested"),
                            ("later", "Not now"),
                            ("declined", "Declined"),
                            ("superseded", "Superseded"),
                            ("expired", "Expired"),
                        ],
                        default="proposed",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="proposed at"
                    ),
                ),
                ("released_at", models.DateTimeField(null=True, verbose_name="released at")),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="candidate",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recommendations",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recommendations",
                        to="matchmaking.matchrun",
                        verbose_name="run",
                    ),
                ),
                (
                    "seeker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recommendations",
                        to="alliances.organization",
                        verbose_name="seeker",
                    ),
                ),
            ],
            options={
                "verbose_name": "recommendation",
                "verbose_name_plural": "recommendations",
                "ordering": ["-run_id", "seeker_id", "kind", "rank"],
                "indexes": [models.Index(fields=["seeker", "state"], name="recommendation_by_seeker")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "seeker", "candidate"), name="matchmaking_recommendation_once_a_run"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "proposed",
                                    "held",
                                    "released",
                                    "seen",
                                    "interested",
                                    "later",
                                    "declined",
                                    "superseded",
                                    "expired",
                                ],
                            )
                        ),
                        name="matchmaking_recommendation_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seeker", models.F("candidate")), _negated=True),
                        name="matchmaking_recommendation_two_parties",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("released", "seen", "interested", "later", "declined")),
                                _negated=True,
                            ),
                            ("released_at__isnull", False),
                            _connector="OR",
                        ),
                        name="matchmaking_recommendation_shown_was_released",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxEmail",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("digest", "Digest"),
                            ("introduction", "Introduction"),
                            ("account", "Account"),
                            ("review", "Review"),
                            ("interest_received", "Interest received"),
                            ("interest_reminder", "Interest: reminder"),
                            ("interest_closed", "Interest closed"),
                            ("test", "Test"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "mail_class",
                    models.CharField(
                        choices=[("bulk", "Bulk: never twice"), ("awaited", "Awaited: never lost")],
                        max_length=10,
                        verbose_name="class",
                    ),
                ),
                ("names_candidate", models.BooleanField(default=True, verbose_name="names the candidate")),
                ("slot", models.CharField(blank=True, max_length=60, null=True, verbose_name="slot")),
                ("message_id", models.CharField(max_length=200, unique=True, verbose_name="Message-ID")),
                ("recipient", models.EmailField(max_length=254, verbose_name="recipient")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("body_text", models.TextField(verbose_name="text")),
                ("body_html", models.TextField(verbose_name="HTML")),
                ("headers", models.JSONField(default=dict, verbose_name="headers")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("deferred", "Deferred"),
                            ("failed", "Failed"),
                            ("uncertain", "Uncertain"),
                            ("suppressed", "Suppressed"),
                        ],
                        default="queued",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("reply", models.CharField(blank=True, max_length=500, verbose_name="server's answer")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                (
                    "introduction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emails",
                        to="matchmaking.introduction",
                        verbose_name="introduction",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="emails",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "recommendation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emails",
                        to="matchmaking.recommendation",
                        verbose_name="recommendation",
                    ),
                ),
            ],
            options={
                "verbose_name": "email",
                "verbose_name_plural": "outbox",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "deferred", "sending"])),
                        fields=["id"],
                        name="outbox_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("slot__isnull", False)),
                        fields=("user", "kind", "slot"),
                        name="matchmaking_outboxemail_slot_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "queued",
                                    "sending",
                                    "sent",
                                    "deferred",
                                    "failed",
                                    "uncertain",
                                    "suppressed",
                                ],
                            )
                        ),
                        name="matchmaking_outboxemail_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "digest"), _negated=True),
                            models.Q(("mail_class", "bulk"), ("slot__isnull", False)),
                            _connector="OR",
                        ),
                        name="matchmaking_outboxemail_digest_has_slot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("introduction__isnull", False),
                                ("kind", "introduction"),
                                ("mail_class", "awaited"),
                                ("slot__isnull", False),
                            ),
                            models.Q(
                                models.Q(("kind", "introduction"), _negated=True),
                                ("introduction__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_outboxemail_introduction_awaited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ("interest_received", "interest_reminder", "interest_closed")),
                                ("mail_class", "awaited"),
                                ("recommendation__isnull", False),
                                ("slot__isnull", False),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "kind__in",
                                        ("interest_received", "interest_reminder", "interest_closed"),
                                    ),
                                    _negated=True,
                                ),
                                ("recommendation__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_outboxemail_interest_awaited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "test"), _negated=True),
                            models.Q(("mail_class", "awaited"), ("slot__isnull", True)),
                            _connector="OR",
                        ),
                        name="matchmaking_outboxemail_test_has_no_slot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_token__isnull", False),
                                ("lease_until__isnull", False),
                                ("state", "sending"),
                            ),
                            models.Q(
                                models.Q(("state", "sending"), _negated=True), ("lease_token__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_outboxemail_leased_iff_sending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sent"), _negated=True),
                            ("sent_at__isnull", False),
                            _connector="OR",
                        ),
                        name="matchmaking_outboxemail_sent_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DigestItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("names_candidate", models.BooleanField(default=True, verbose_name="names the candidate")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "email",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="matchmaking.outboxemail",
                        verbose_name="email",
                    ),
                ),
                (
                    "recommendation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="digest_items",
                        to="matchmaking.recommendation",
                        verbose_name="recommendation",
                    ),
                ),
            ],
            options={
                "verbose_name": "digest item",
                "verbose_name_plural": "digest items",
                "ordering": ["email_id", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "recommendation"), name="matchmaking_digestitem_told_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CurationNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=500, verbose_name="text")),
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="written at"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
                (
                    "recommendation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="curation_notes",
                        to="matchmaking.recommendation",
                        verbose_name="recommendation",
                    ),
                ),
            ],
            options={
                "verbose_name": "staff note",
                "verbose_name_plural": "staff notes",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="matchmaking_curationnote_text_given",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Response",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[("interested", "Interested"), ("later", "Not now"), ("declined", "No")],
                        max_length=12,
                        verbose_name="answer",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_our_need", "It is not what we need"),
                            ("no_capacity", "We have no capacity for it"),
                            ("too_early", "It is too early"),
                            ("other_size", "They are too small or too large for us"),
                            ("budget", "There is no budget for it"),
                            ("rules_forbid", "Our rules forbid it"),
                            ("language", "We have no working language in common"),
                            ("already_partner", "We work with them already"),
                            ("other", "Another reason"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="note",
                    ),
                ),
                ("until", models.DateField(blank=True, null=True, verbose_name="not before")),
                (
                    "answered_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="answered at"
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responses",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responses",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
            ],
            options={
                "verbose_name": "response",
                "verbose_name_plural": "responses",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pair", "organization"), name="matchmaking_response_once_a_side"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer__in", ["interested", "later", "declined"])),
                        name="matchmaking_response_answer_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", "declined"),
                                (
                                    "reason__in",
                                    [
                                        "not_our_need",
                                        "no_capacity",
                                        "too_early",
                                        "other_size",
                                        "budget",
                                        "rules_forbid",
                                        "language",
                                        "already_partner",
                                        "other",
                                    ],
                                ),
                            ),
                            models.Q(models.Q(("answer", "declined"), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="matchmaking_response_reason_iff_declined",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "later"), ("until__isnull", False)),
                            models.Q(models.Q(("answer", "later"), _negated=True), ("until__isnull", True)),
                            _connector="OR",
                        ),
                        name="matchmaking_response_date_iff_later",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "saved_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="saved at"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_pairs",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="saved by",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved pair",
                "verbose_name_plural": "saved pairs",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pair", "organization"), name="matchmaking_savedpair_once_a_side"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduledRelease",
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
                        blank=True,
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        choices=[("US", "United States"), ("CN", "China")],
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=200, verbose_name="text")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Scheduled"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("superseded", "Superseded"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="requested at"
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                ("released", models.PositiveIntegerField(null=True, verbose_name="released")),
                ("skipped", models.PositiveIntegerField(null=True, verbose_name="skipped")),
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
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scheduled_releases",
                        to="matchmaking.matchrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "scheduled release",
                "verbose_name_plural": "scheduled releases",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "done", "cancelled", "superseded"])),
                        name="matchmaking_scheduledrelease_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True), ("ended_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_scheduledrelease_ended_unless_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("released__isnull", False), ("skipped__isnull", False), ("state", "done")
                            ),
                            models.Q(
                                models.Q(("state", "done"), _negated=True),
                                ("released__isnull", True),
                                ("skipped__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_scheduledrelease_counted_iff_done",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(default="standard", max_length=60, verbose_name="name")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                ("rules", models.JSONField(verbose_name="rules")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("is_active", models.BooleanField(default=False, editable=False, verbose_name="active")),
                (
                    "activated_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="put in force at"),
                ),
                (
                    "scheduled_for",
                    models.DateTimeField(editable=False, null=True, verbose_name="comes into force at"),
                ),
                (
                    "skip_reason",
                    models.TextField(
                        blank=True, editable=False, verbose_name="published without a preview because"
                    ),
                ),
                ("used_at", models.DateTimeField(editable=False, null=True, verbose_name="first used at")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created at",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
            ],
            options={
                "verbose_name": "scoring policy",
                "verbose_name_plural": "scoring policies",
                "ordering": ["name", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "version"), name="matchmaking_scoringpolicy_version_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("is_active",),
                        name="matchmaking_scoringpolicy_one_active",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_active", False), ("scheduled_for__isnull", True), _connector="OR"
                        ),
                        name="matchmaking_scoringpolicy_scheduled_is_not_active",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="matchrun",
            name="beside",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="matchmaking.scoringpolicy",
                verbose_name="compared with",
            ),
        ),
        migrations.AddField(
            model_name="matchrun",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="matchmaking.scoringpolicy",
                verbose_name="policy",
            ),
        ),
        migrations.CreateModel(
            name="ShardOutput",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(choices=[("US", "United States"), ("CN", "China")], max_length=2),
                ),
                ("part", models.PositiveIntegerField()),
                ("entries", models.BinaryField()),
                (
                    "shard",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outputs",
                        to="matchmaking.matchshard",
                    ),
                ),
            ],
            options={
                "verbose_name": "shard output",
                "verbose_name_plural": "shard outputs",
                "indexes": [models.Index(fields=["shard", "country", "part"], name="shard_output_part")],
            },
        ),
        migrations.CreateModel(
            name="Sponsorship",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sponsored_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="sponsored at"
                    ),
                ),
                (
                    "alliance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="alliance",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="member",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sponsorships",
                        to="matchmaking.pair",
                        verbose_name="pair",
                    ),
                ),
                (
                    "sponsored_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sponsored by",
                    ),
                ),
            ],
            options={
                "verbose_name": "sponsorship",
                "verbose_name_plural": "sponsorships",
                "constraints": [
                    models.UniqueConstraint(fields=("alliance", "pair"), name="matchmaking_sponsorship_once"),
                    models.CheckConstraint(
                        condition=models.Q(("alliance", models.F("member")), _negated=True),
                        name="matchmaking_sponsorship_not_of_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementVector",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="statement_vector",
                        serialize=False,
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                ("text_hash", models.CharField(max_length=64)),
                ("model_hash", models.CharField(max_length=64)),
                ("vector", models.BinaryField()),
            ],
            options={
                "verbose_name": "statement vector",
                "verbose_name_plural": "statement vectors",
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            matchmaking.models.statement.OctetLength("vector"), 512
                        ),
                        name="matchmaking_statementvector_vector_length",
                    )
                ],
            },
        ),
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
                            ("staff", "Disabled by our staff"),
                        ],
                        max_length=10,
                        verbose_name="why it is disabled",
                    ),
                ),
                ("rests_until", models.DateTimeField(editable=False, null=True)),
                ("turn_at", models.DateTimeField(editable=False, null=True)),
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
                "default_permissions": ("view", "change"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "url"), name="matchmaking_webhook_url_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("url__regex", "^https?://[!-?A-~]+$")),
                        name="matchmaking_webhook_url_of_http",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("salt", ""), _negated=True), name="matchmaking_webhook_salt_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("earlier_salt", ""), ("replaced_at__isnull", True)),
                            models.Q(
                                models.Q(("earlier_salt", ""), _negated=True), ("replaced_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_webhook_earlier_salt_has_time",
                    ),
                    models.CheckConstraint(
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
                ],
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
                            ("withdrawn", "Not sent any more"),
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
                    "recommendation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="matchmaking.recommendation",
                        verbose_name="recommendation",
                    ),
                ),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "sending"])),
                        fields=["id"],
                        name="delivery_unfinished",
                    ),
                    models.Index(fields=["created_at"], name="delivery_by_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("webhook", "event_id"), name="matchmaking_webhookdelivery_event_once"
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("event__in", ("recommendation.released", "interest.received")),
                                ("recommendation__isnull", False),
                            ),
                            models.Q(
                                models.Q(
                                    ("event__in", ("recommendation.released", "interest.received")),
                                    _negated=True,
                                ),
                                ("recommendation__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_webhookdelivery_tells_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "sending", "delivered", "failed", "withdrawn"])
                        ),
                        name="matchmaking_webhookdelivery_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_token__isnull", False),
                                ("lease_until__isnull", False),
                                ("state", "sending"),
                            ),
                            models.Q(
                                models.Q(("state", "sending"), _negated=True), ("lease_token__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_webhookdelivery_leased_iff_sending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                            models.Q(
                                models.Q(("state", "delivered"), _negated=True),
                                ("delivered_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="matchmaking_webhookdelivery_delivered_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__isnull", True), ("status__range", (100, 599)), _connector="OR"
                        ),
                        name="matchmaking_webhookdelivery_status_of_http",
                    ),
                ],
            },
        ),
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
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200, verbose_name="key")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="fingerprint")),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
                ("headers", models.JSONField(default=dict, verbose_name="headers")),
                ("body", models.TextField(blank=True, verbose_name="body")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_calls",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "API call",
                "verbose_name_plural": "API calls",
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["at"], name="api_call_by_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "key"), name="matchmaking_apicall_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__isnull", True), ("status__range", (200, 299)), _connector="OR"
                        ),
                        name="matchmaking_apicall_was_carried_out",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=60,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="name",
                    ),
                ),
                ("key_id", models.CharField(max_length=12, unique=True, verbose_name="token id")),
                ("key_hash", models.CharField(max_length=64, verbose_name="hash")),
                (
                    "scope",
                    models.CharField(
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
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="last used at")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked at")),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "replaced_by",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="replaces",
                        to="matchmaking.apitoken",
                        verbose_name="replaced by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["read", "write", "staff_read", "staff_write"])),
                        name="matchmaking_apitoken_scope_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("organization__isnull", False), ("scope__in", ("read", "write"))),
                            models.Q(("organization", None), ("scope__in", ("staff_read", "staff_write"))),
                            _connector="OR",
                        ),
                        name="matchmaking_apitoken_team_or_staff",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "expires_at__lte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("created_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=365)),
                                    ),
                                    "+",
                                    models.Value(datetime.timedelta(seconds=60)),
                                ),
                            )
                        ),
                        name="matchmaking_apitoken_ends_within_a_year",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkMove",
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
                    "to_state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("changes_requested", "Changes requested"),
                            ("on_hold", "On hold"),
                            ("approved", "Approved"),
                            ("suspended", "Suspended"),
                            ("withdrawn", "Withdrawn"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=20,
                        verbose_name="new state",
                    ),
                ),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="ids of organizations"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="gone through")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("skipped", models.JSONField(default=dict, verbose_name="skipped by cause")),
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
                "verbose_name": "move of many",
                "verbose_name_plural": "moves of many",
                "ordering": ["-id"],
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("to_state__in", ("approved", "on_hold", "suspended"))),
                        name="matchmaking_bulkmove_target_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "complete", "failed"])),
                        name="matchmaking_bulkmove_state_known",
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
                        name="matchmaking_bulkmove_leased_iff_running",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done__lte", models.F("position")), ("position__lte", models.F("ids__len"))
                        ),
                        name="matchmaking_bulkmove_position_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "complete"), _negated=True),
                            ("position", models.F("ids__len")),
                            _connector="OR",
                        ),
                        name="matchmaking_bulkmove_complete_at_the_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventEffect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("effect", models.CharField(max_length=20, verbose_name="effect")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="effects",
                        to="alliances.registerevent",
                        verbose_name="register event",
                    ),
                ),
            ],
            options={
                "verbose_name": "effect of an event",
                "verbose_name_plural": "effects of events",
                "constraints": [
                    models.UniqueConstraint(fields=("event", "effect"), name="matchmaking_eventeffect_once")
                ],
            },
        ),
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
        migrations.AddConstraint(
            model_name="matchrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("beside__isnull", True), ("held_back__isnull", True), _connector="OR"),
                name="matchmaking_matchrun_preview_proposes_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("beside", models.F("policy")), _negated=True),
                name="matchmaking_matchrun_beside_another_policy",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("beside__isnull", True), ("amends__isnull", True), _connector="OR"),
                name="matchmaking_matchrun_preview_amends_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("beside__isnull", False), ("state__in", ("queued", "running"))),
                fields=("policy",),
                name="matchmaking_matchrun_one_open_preview",
            ),
        ),
    ]
