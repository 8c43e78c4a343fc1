"""The register: organizations, people, teams, screening and what happened to each."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import alliances.validators


class Migration(migrations.Migration):
    initial = True

    # Databases made before the first release have these; a new one knows nothing of them.
    replaces = [
        ("alliances", "0001_initial"),
        ("alliances", "0003_import_file"),
        ("alliances", "0004_definitions_in_chinese"),
        ("alliances", "0005_registration"),
        ("alliances", "0006_team"),
        ("alliances", "0007_search_key"),
        ("alliances", "0008_shows_name"),
        ("alliances", "0009_interest_mail"),
        ("alliances", "0010_alliance_memberships"),
        ("alliances", "0011_speed_indexes"),
        ("alliances", "0012_regions_as_written"),
        ("alliances", "0014_owners"),
        ("alliances", "0015_desk_events"),
        ("alliances", "0017_ready_reasons"),
        ("alliances", "0018_merged_into"),
        ("alliances", "0019_part_of_a_name"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        # What `gin_trgm_ops` below is made of.
        TrigramExtension(),
        migrations.CreateModel(
            name="Organization",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.SlugField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*\\Z",
                                "A code is lower-case letters, digits and single hyphens, like us-city-wichita.",
                            )
                        ],
                        verbose_name="code",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "subtype",
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
                        verbose_name="subtype",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("US", "United States"), ("CN", "China")],
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                (
                    "state",
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
                        default="draft",
                        editable=False,
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "is_sample",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="Part of the sample register; takes no part.",
                        verbose_name="sample",
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="name in English",
                    ),
                ),
                (
                    "name_zh",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="name in Chinese",
                    ),
                ),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=200,
                            validators=[
                                alliances.validators.validate_plain_name,
                                alliances.validators.validate_list_item,
                            ],
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="aliases",
                    ),
                ),
                ("search_key", models.TextField(blank=True, editable=False)),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        max_length=100,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="state or province",
                    ),
                ),
                ("population", models.PositiveIntegerField(blank=True, null=True, verbose_name="population")),
                (
                    "population_basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("urban", "Urban area"),
                            ("city_proper", "City proper"),
                            ("municipality", "Municipality"),
                            ("metro", "Metropolitan area"),
                            ("geonames", "GeoNames figure"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                        verbose_name="population basis",
                    ),
                ),
                (
                    "size_band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("small", "Small (under 250 staff)"),
                            ("medium", "Medium (250 to 4,999 staff)"),
                            ("large", "Large (5,000 to 49,999 staff)"),
                            ("very-large", "Very large (50,000 staff or more)"),
                        ],
                        max_length=12,
                        verbose_name="size band",
                    ),
                ),
                ("latitude", models.FloatField(blank=True, null=True, verbose_name="latitude")),
                ("longitude", models.FloatField(blank=True, null=True, verbose_name="longitude")),
                ("website", models.URLField(blank=True, max_length=300, verbose_name="website")),
                (
                    "summary_en",
                    models.TextField(
                        blank=True,
                        max_length=2000,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="summary in English",
                    ),
                ),
                (
                    "summary_zh",
                    models.TextField(
                        blank=True,
                        max_length=2000,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="summary in Chinese",
                    ),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("en", "English"), ("zh", "Chinese")], max_length=30
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="working languages",
                    ),
                ),
                (
                    "seeks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="seeks",
                    ),
                ),
                (
                    "refuses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="refuses",
                    ),
                ),
                (
                    "partnership_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
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
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="partnership types",
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("concept", "Concept"),
                            ("in_development", "In development"),
                            ("prototype", "Prototype for demonstration"),
                            ("field_tested", "Field tested"),
                            ("on_market", "On the market"),
                            ("replicated", "Already replicated"),
                        ],
                        max_length=20,
                        verbose_name="stage",
                    ),
                ),
                (
                    "horizon",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("under_6", "Under 6 months"),
                            ("6_to_12", "6 to 12 months"),
                            ("12_to_18", "12 to 18 months"),
                            ("18_to_36", "18 to 36 months"),
                            ("over_36", "Over 36 months"),
                        ],
                        max_length=10,
                        verbose_name="horizon",
                    ),
                ),
                (
                    "budget_band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("under_50k", "Under 50,000 USD"),
                            ("50k_to_250k", "50,000 to 250,000 USD"),
                            ("250k_to_1m", "250,000 to 1 million USD"),
                            ("1m_to_5m", "1 to 5 million USD"),
                            ("5m_to_20m", "5 to 20 million USD"),
                            ("over_20m", "Over 20 million USD"),
                        ],
                        max_length=12,
                        verbose_name="budget band",
                    ),
                ),
                (
                    "founded_year",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="founded in"),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        default=3, help_text="Introductions a quarter.", verbose_name="capacity"
                    ),
                ),
                (
                    "contact_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="contact email"),
                ),
                ("shows_name", models.BooleanField(default=True, verbose_name="shows its name")),
                ("state_reason", models.TextField(blank=True, editable=False, verbose_name="reason given")),
                (
                    "state_reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                (
                                    "not_measurable",
                                    "State what you need or offer so that it can be measured: who, where, from what to what, by when.",
                                ),
                                (
                                    "identity_not_shown",
                                    "Show who you are: give a registration number, or a website that names you.",
                                ),
                                (
                                    "size_missing",
                                    "State your size: how many people live there, or how many staff you have.",
                                ),
                                (
                                    "summary_unclear",
                                    "Describe what you do so that somebody who does not know you understands it.",
                                ),
                                (
                                    "expectations_missing",
                                    "Say whom you look for, and what kind of work you want to do together.",
                                ),
                                (
                                    "duplicate",
                                    "Your organization is in the register already. Ask to join its team instead.",
                                ),
                                (
                                    "out_of_scope",
                                    "What you need or offer is outside of the seven challenge areas.",
                                ),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        editable=False,
                        size=None,
                        verbose_name="ready reasons given",
                    ),
                ),
                (
                    "profile_confirmed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="profile confirmed at"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created at",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "merged_into",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="alliances.organization",
                        verbose_name="merged into",
                    ),
                ),
            ],
            options={
                "verbose_name": "organization",
                "verbose_name_plural": "organizations",
                "ordering": ["code"],
                "indexes": [
                    models.Index(fields=["state", "kind", "country"], name="organization_by_state"),
                    models.Index(
                        django.db.models.functions.text.Left("search_key", 100),
                        models.F("code"),
                        name="organization_in_order",
                    ),
                    models.Index(
                        models.F("population"),
                        condition=models.Q(
                            ("kind", "city"),
                            ("latitude__isnull", False),
                            ("population__isnull", False),
                            ("state", "approved"),
                        ),
                        name="organization_on_map",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search_key"], name="organization_by_name", opclasses=["gin_trgm_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[a-z0-9]+(-[a-z0-9]+)*$")),
                        name="alliances_organization_code_slug",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name_en", ""), _negated=True),
                            models.Q(("name_zh", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="alliances_organization_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["city", "firm", "alliance"])),
                        name="alliances_organization_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__in", ["US", "CN"])),
                        name="alliances_organization_country_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "submitted",
                                    "changes_requested",
                                    "on_hold",
                                    "approved",
                                    "suspended",
                                    "withdrawn",
                                    "rejected",
                                ],
                            )
                        ),
                        name="alliances_organization_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "subtype__in",
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
                        name="alliances_organization_subtype_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "population_basis__in",
                                ["urban", "city_proper", "municipality", "metro", "geonames", "other", ""],
                            )
                        ),
                        name="alliances_organization_population_basis_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size_band__in", ["small", "medium", "large", "very-large", ""])),
                        name="alliances_organization_size_band_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stage__in",
                                [
                                    "concept",
                                    "in_development",
                                    "prototype",
                                    "field_tested",
                                    "on_market",
                                    "replicated",
                                    "",
                                ],
                            )
                        ),
                        name="alliances_organization_stage_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("horizon__in", ["under_6", "6_to_12", "12_to_18", "18_to_36", "over_36", ""])
                        ),
                        name="alliances_organization_horizon_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "budget_band__in",
                                [
                                    "under_50k",
                                    "50k_to_250k",
                                    "250k_to_1m",
                                    "1m_to_5m",
                                    "5m_to_20m",
                                    "over_20m",
                                    "",
                                ],
                            )
                        ),
                        name="alliances_organization_budget_band_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("languages__contained_by", ["en", "zh"])),
                        name="alliances_organization_languages_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seeks__contained_by", ["city", "firm", "alliance"])),
                        name="alliances_organization_seeks_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("refuses__contained_by", ["city", "firm", "alliance"])),
                        name="alliances_organization_refuses_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "partnership_types__contained_by",
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
                                ],
                            )
                        ),
                        name="alliances_organization_partnership_types_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state_reasons__contained_by",
                                [
                                    "not_measurable",
                                    "identity_not_shown",
                                    "size_missing",
                                    "summary_unclear",
                                    "expectations_missing",
                                    "duplicate",
                                    "out_of_scope",
                                ],
                            )
                        ),
                        name="alliances_organization_state_reasons_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(
                                ("state", "withdrawn"),
                                models.Q(("merged_into", models.F("id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="alliances_organization_merged_withdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("population__isnull", True), ("size_band", ""), _connector="OR"),
                        name="alliances_organization_one_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("population__isnull", True), ("population_basis", "")),
                            models.Q(
                                ("population__gte", 1), models.Q(("population_basis", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="alliances_organization_population_with_basis",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                            models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                            _connector="OR",
                        ),
                        name="alliances_organization_place_on_earth",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("founded_year__isnull", True),
                            ("founded_year__range", (1, 2999)),
                            _connector="OR",
                        ),
                        name="alliances_organization_founded_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("capacity__lte", 100)),
                        name="alliances_organization_capacity_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChallengeArea",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_en", models.CharField(max_length=200, verbose_name="name in English")),
                ("name_zh", models.CharField(max_length=200, verbose_name="name in Chinese")),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="slug")),
                ("definition_en", models.TextField(blank=True, verbose_name="definition in English")),
                ("definition_zh", models.TextField(blank=True, verbose_name="definition in Chinese")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
            ],
            options={
                "verbose_name": "challenge area",
                "verbose_name_plural": "challenge areas",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ScreeningEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=200, verbose_name="reference")),
                ("name", models.CharField(max_length=500, verbose_name="name")),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=500),
                        default=list,
                        size=None,
                        verbose_name="aliases",
                    ),
                ),
                ("country", models.CharField(blank=True, max_length=100, verbose_name="country")),
                ("source", models.CharField(blank=True, max_length=500, verbose_name="source")),
                ("programs", models.CharField(blank=True, max_length=500, verbose_name="programmes")),
                ("fingerprint", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "verbose_name": "screening entry",
                "verbose_name_plural": "screening entries",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="alliances_screeningentry_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                        name="alliances_screeningentry_fingerprint_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="email")),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("zh-hans", "简体中文")],
                        default="en",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                ("time_zone", models.CharField(blank=True, max_length=40, verbose_name="time zone")),
                (
                    "mail_frequency",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("instant", "As soon as there are new ones"),
                            ("daily", "Daily"),
                            ("weekly", "Weekly"),
                            ("fortnightly", "Every two weeks"),
                        ],
                        default="weekly",
                        max_length=12,
                        verbose_name="mail frequency",
                    ),
                ),
                (
                    "interest_mail",
                    models.BooleanField(default=True, verbose_name="emails about open interests"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False, help_text="May open the curation desk.", verbose_name="staff"
                    ),
                ),
                (
                    "joined_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="joined at",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="alliances_user_email_lower_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Agency",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_en", models.CharField(max_length=200, verbose_name="name in English")),
                ("name_zh", models.CharField(max_length=200, verbose_name="name in Chinese")),
                ("slug", models.SlugField(max_length=40, unique=True, verbose_name="slug")),
                (
                    "country",
                    models.CharField(
                        choices=[("US", "United States"), ("CN", "China")],
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                ("abbreviation", models.CharField(blank=True, max_length=30, verbose_name="abbreviation")),
                ("role_en", models.TextField(blank=True, verbose_name="role in English")),
                ("group", models.CharField(blank=True, max_length=100, verbose_name="group")),
                ("verified", models.CharField(blank=True, max_length=10, verbose_name="verified")),
            ],
            options={
                "verbose_name": "agency",
                "verbose_name_plural": "agencies",
                "ordering": ["slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("country__in", ["US", "CN"])),
                        name="alliances_agency_country_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AllianceDetails",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="alliance_details",
                        serialize=False,
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "secretariat",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="secretariat",
                    ),
                ),
                (
                    "charter",
                    models.TextField(
                        blank=True,
                        max_length=2000,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="charter",
                    ),
                ),
            ],
            options={
                "verbose_name": "alliance details",
                "verbose_name_plural": "alliance details",
            },
        ),
        migrations.CreateModel(
            name="FirmDetails",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="firm_details",
                        serialize=False,
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "credit_code",
                    models.CharField(
                        blank=True, db_index=True, max_length=18, verbose_name="unified social credit code"
                    ),
                ),
                ("ein", models.CharField(blank=True, db_index=True, max_length=10, verbose_name="EIN")),
                ("uei", models.CharField(blank=True, db_index=True, max_length=12, verbose_name="UEI")),
                (
                    "ownership",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("state", "State-owned"),
                            ("private", "Private"),
                            ("foreign", "Foreign-owned"),
                            ("mixed", "Mixed"),
                            ("non_profit", "Non-profit"),
                        ],
                        max_length=12,
                        verbose_name="ownership",
                    ),
                ),
                (
                    "owners",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=200, validators=[alliances.validators.validate_plain_name]
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="owners of half or more",
                    ),
                ),
            ],
            options={
                "verbose_name": "firm details",
                "verbose_name_plural": "firm details",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ownership__in", ["state", "private", "foreign", "mixed", "non_profit", ""])
                        ),
                        name="alliances_firmdetails_ownership_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credit_code", ""),
                            ("credit_code__regex", "^[0-9A-HJ-NPQRTUWXY]{18}$"),
                            _connector="OR",
                        ),
                        name="alliances_firmdetails_credit_code_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ein", ""), ("ein__regex", "^[0-9]{2}-[0-9]{7}$"), _connector="OR"
                        ),
                        name="alliances_firmdetails_ein_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("uei", ""), ("uei__regex", "^[1-9A-HJ-NP-Z][0-9A-HJ-NP-Z]{11}$"), _connector="OR"
                        ),
                        name="alliances_firmdetails_uei_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AllianceAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="written at",
                    ),
                ),
                (
                    "alliance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="alliances.organization",
                        verbose_name="alliance",
                    ),
                ),
            ],
            options={
                "verbose_name": "address that an alliance has written to",
                "verbose_name_plural": "addresses that alliances have written to",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("alliance", "email"), name="alliances_allianceaddress_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="alliances_allianceaddress_email_lower_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alliance",
            fields=[],
            options={
                "verbose_name": "alliance",
                "verbose_name_plural": "alliances",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("alliances.organization",),
        ),
        migrations.CreateModel(
            name="City",
            fields=[],
            options={
                "verbose_name": "city",
                "verbose_name_plural": "cities",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("alliances.organization",),
        ),
        migrations.CreateModel(
            name="Firm",
            fields=[],
            options={
                "verbose_name": "firm",
                "verbose_name_plural": "firms",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("alliances.organization",),
        ),
        migrations.CreateModel(
            name="AllianceLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=40, unique=True, verbose_name="token")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="made at",
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                (
                    "alliance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link",
                        to="alliances.organization",
                        verbose_name="alliance",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation link of an alliance",
                "verbose_name_plural": "invitation links of alliances",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))),
                        name="alliances_alliancelink_runs_out_later",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AllianceMembership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("invited", "Invited"), ("confirmed", "Confirmed"), ("lapsed", "Lapsed")],
                        default="invited",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "waits_for",
                    models.CharField(
                        blank=True,
                        choices=[("alliance", "Alliance"), ("member", "Member")],
                        max_length=10,
                        verbose_name="waits for",
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="since",
                    ),
                ),
                (
                    "alliance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="alliances.organization",
                        verbose_name="alliance",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alliance_memberships",
                        to="alliances.organization",
                        verbose_name="member",
                    ),
                ),
            ],
            options={
                "verbose_name": "alliance membership",
                "verbose_name_plural": "alliance memberships",
                "ordering": ["member__code"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("alliance", "member"), name="alliances_alliancemembership_member_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("alliance", models.F("member")), _negated=True),
                        name="alliances_alliancemembership_not_of_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["invited", "confirmed", "lapsed"])),
                        name="alliances_alliancemembership_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "invited"), ("waits_for__in", ["alliance", "member"])),
                            models.Q(models.Q(("state", "invited"), _negated=True), ("waits_for", "")),
                            _connector="OR",
                        ),
                        name="alliances_alliancemembership_waits_iff_invited",
                        violation_error_message="An invited membership says whose word it waits for; any other waits for nobody's.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlliancePatron",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alliances",
                        to="alliances.agency",
                        verbose_name="agency",
                    ),
                ),
                (
                    "alliance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="patrons",
                        to="alliances.organization",
                        verbose_name="alliance",
                    ),
                ),
            ],
            options={
                "verbose_name": "patron agency",
                "verbose_name_plural": "patron agencies",
                "ordering": ["agency__slug"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("alliance", "agency"), name="alliances_alliancepatron_agency_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "advantages",
                    models.PositiveSmallIntegerField(
                        help_text="What a partner gains, and what is new in it.",
                        verbose_name="advantages and innovation",
                    ),
                ),
                (
                    "clarity",
                    models.PositiveSmallIntegerField(
                        help_text="Needs and offers can be understood and measured.", verbose_name="clarity"
                    ),
                ),
                (
                    "cooperation",
                    models.PositiveSmallIntegerField(
                        help_text="It says whom it looks for, and for what kind of work.",
                        verbose_name="cooperation expectations",
                    ),
                ),
                (
                    "correctness",
                    models.PositiveSmallIntegerField(
                        help_text="Identity and evidence are shown; the texts are in order.",
                        verbose_name="guidelines and language",
                    ),
                ),
                (
                    "decision",
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
                        verbose_name="decision",
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
                ("actor_id", models.BigIntegerField(verbose_name="decided by")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assessments",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "assessment",
                "verbose_name_plural": "assessments",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("advantages__range", (0, 5))),
                        name="alliances_assessment_advantages_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("clarity__range", (0, 5))),
                        name="alliances_assessment_clarity_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cooperation__range", (0, 5))),
                        name="alliances_assessment_cooperation_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("correctness__range", (0, 5))),
                        name="alliances_assessment_correctness_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision__in", ("approved", "changes_requested", "on_hold", "rejected"))
                        ),
                        name="alliances_assessment_decision_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "approved"), _negated=True),
                            models.Q(
                                ("advantages__gte", 1),
                                ("clarity__gte", 1),
                                ("cooperation__gte", 1),
                                ("correctness__gte", 1),
                                (
                                    "advantages__gte",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.Value(10), "-", models.F("clarity")
                                            ),
                                            "-",
                                            models.F("cooperation"),
                                        ),
                                        "-",
                                        models.F("correctness"),
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="alliances_assessment_approved_by_rubric",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("account", "Account"),
                            ("matching", "Matching"),
                            ("digest", "Recommendation digest"),
                            ("cross_border", "Cross-border transfer"),
                            ("introduction", "Introduction"),
                        ],
                        max_length=20,
                        verbose_name="purpose",
                    ),
                ),
                ("granted", models.BooleanField(verbose_name="granted")),
                ("text_version", models.CharField(max_length=40, verbose_name="text version")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("channel", models.CharField(max_length=20, verbose_name="channel")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="at",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "indexes": [models.Index(fields=["user", "purpose", "-id"], name="consent_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purpose__in", ["account", "matching", "digest", "cross_border", "introduction"])
                        ),
                        name="alliances_consent_purpose_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FirmReference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        max_length=200,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="project",
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        blank=True,
                        max_length=100,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="place",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="year")),
                ("website", models.URLField(blank=True, max_length=300, verbose_name="website")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="references",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "reference",
                "verbose_name_plural": "references",
                "ordering": ["-year", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("year__isnull", True), ("year__range", (1900, 2999)), _connector="OR"
                        ),
                        name="alliances_firmreference_year_range",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOrganization",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "code",
                    models.SlugField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+(-[a-z0-9]+)*\\Z",
                                "A code is lower-case letters, digits and single hyphens, like us-city-wichita.",
                            )
                        ],
                        verbose_name="code",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "subtype",
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
                        verbose_name="subtype",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("US", "United States"), ("CN", "China")],
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                (
                    "state",
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
                        default="draft",
                        editable=False,
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "is_sample",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="Part of the sample register; takes no part.",
                        verbose_name="sample",
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="name in English",
                    ),
                ),
                (
                    "name_zh",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="name in Chinese",
                    ),
                ),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=200,
                            validators=[
                                alliances.validators.validate_plain_name,
                                alliances.validators.validate_list_item,
                            ],
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="aliases",
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        max_length=100,
                        validators=[alliances.validators.validate_plain_name],
                        verbose_name="state or province",
                    ),
                ),
                ("population", models.PositiveIntegerField(blank=True, null=True, verbose_name="population")),
                (
                    "population_basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("urban", "Urban area"),
                            ("city_proper", "City proper"),
                            ("municipality", "Municipality"),
                            ("metro", "Metropolitan area"),
                            ("geonames", "GeoNames figure"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                        verbose_name="population basis",
                    ),
                ),
                (
                    "size_band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("small", "Small (under 250 staff)"),
                            ("medium", "Medium (250 to 4,999 staff)"),
                            ("large", "Large (5,000 to 49,999 staff)"),
                            ("very-large", "Very large (50,000 staff or more)"),
                        ],
                        max_length=12,
                        verbose_name="size band",
                    ),
                ),
                ("latitude", models.FloatField(blank=True, null=True, verbose_name="latitude")),
                ("longitude", models.FloatField(blank=True, null=True, verbose_name="longitude")),
                ("website", models.URLField(blank=True, max_length=300, verbose_name="website")),
                (
                    "summary_en",
                    models.TextField(
                        blank=True,
                        max_length=2000,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="summary in English",
                    ),
                ),
                (
                    "summary_zh",
                    models.TextField(
                        blank=True,
                        max_length=2000,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="summary in Chinese",
                    ),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("en", "English"), ("zh", "Chinese")], max_length=30
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="working languages",
                    ),
                ),
                (
                    "seeks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="seeks",
                    ),
                ),
                (
                    "refuses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("city", "City"), ("firm", "Firm"), ("alliance", "Alliance")],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="refuses",
                    ),
                ),
                (
                    "partnership_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
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
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="partnership types",
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("concept", "Concept"),
                            ("in_development", "In development"),
                            ("prototype", "Prototype for demonstration"),
                            ("field_tested", "Field tested"),
                            ("on_market", "On the market"),
                            ("replicated", "Already replicated"),
                        ],
                        max_length=20,
                        verbose_name="stage",
                    ),
                ),
                (
                    "horizon",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("under_6", "Under 6 months"),
                            ("6_to_12", "6 to 12 months"),
                            ("12_to_18", "12 to 18 months"),
                            ("18_to_36", "18 to 36 months"),
                            ("over_36", "Over 36 months"),
                        ],
                        max_length=10,
                        verbose_name="horizon",
                    ),
                ),
                (
                    "budget_band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("under_50k", "Under 50,000 USD"),
                            ("50k_to_250k", "50,000 to 250,000 USD"),
                            ("250k_to_1m", "250,000 to 1 million USD"),
                            ("1m_to_5m", "1 to 5 million USD"),
                            ("5m_to_20m", "5 to 20 million USD"),
                            ("over_20m", "Over 20 million USD"),
                        ],
                        max_length=12,
                        verbose_name="budget band",
                    ),
                ),
                (
                    "founded_year",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="founded in"),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        default=3, help_text="Introductions a quarter.", verbose_name="capacity"
                    ),
                ),
                ("shows_name", models.BooleanField(default=True, verbose_name="shows its name")),
                (
                    "profile_confirmed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="profile confirmed at"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created at",
                    ),
                ),
                ("updated_at", models.DateTimeField(blank=True, editable=False, verbose_name="updated at")),
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
                "verbose_name": "historical organization",
                "verbose_name_plural": "historical organizations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uploaded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="uploaded at"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("content", models.BinaryField(verbose_name="content")),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "import file",
                "verbose_name_plural": "import files",
                "default_permissions": ("add",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("uploaded_by", "digest"), name="alliances_importfile_person_content_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferenceCity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "country",
                    models.CharField(
                        choices=[("US", "United States"), ("CN", "China")],
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                ("name_en", models.CharField(max_length=200, verbose_name="name in English")),
                ("name_zh", models.CharField(blank=True, max_length=200, verbose_name="name in Chinese")),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="state or province")),
                (
                    "region_zh",
                    models.CharField(blank=True, max_length=100, verbose_name="state or province in Chinese"),
                ),
                ("population", models.PositiveIntegerField(blank=True, null=True, verbose_name="population")),
                ("latitude", models.FloatField(blank=True, null=True, verbose_name="latitude")),
                ("longitude", models.FloatField(blank=True, null=True, verbose_name="longitude")),
            ],
            options={
                "verbose_name": "reference city",
                "verbose_name_plural": "reference cities",
                "ordering": ["-population", "code"],
                "indexes": [models.Index(fields=["country", "-population"], name="reference_city_by_size")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("country__in", ["US", "CN"])),
                        name="alliances_referencecity_country_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterEvent",
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
                            ("registered", "Registered"),
                            ("updated", "Updated"),
                            ("submitted", "Submitted"),
                            ("changes_requested", "Changes requested"),
                            ("put_on_hold", "Put on hold"),
                            ("approved", "Approved"),
                            ("suspended", "Suspended"),
                            ("withdrawn", "Withdrawn"),
                            ("rejected", "Rejected"),
                            ("merged", "Merged"),
                            ("discarded", "Draft discarded"),
                            ("team_member_added", "Team member added"),
                            ("team_role_changed", "Team role changed"),
                            ("team_member_removed", "Team member removed"),
                            ("team_member_left", "Team member left"),
                            ("ownership_handed_over", "Ownership handed over"),
                            ("invitation_made", "Invitation made"),
                            ("invitation_accepted", "Invitation accepted"),
                            ("invitation_declined", "Invitation declined"),
                            ("invitation_withdrawn", "Invitation withdrawn"),
                            ("claim_asked", "Asked to join the team"),
                            ("claim_granted", "Request to join granted"),
                            ("claim_refused", "Request to join refused"),
                            ("membership_invited", "Invited into an alliance"),
                            ("membership_asked", "Asked to join an alliance"),
                            ("membership_confirmed", "Alliance membership confirmed"),
                            ("membership_declined", "Alliance membership declined"),
                            ("membership_ended", "Alliance membership ended"),
                            ("alliance_link_made", "Invitation link made"),
                            ("alliance_link_withdrawn", "Invitation link withdrawn"),
                            ("addresses_written_to", "Alliance wrote to addresses"),
                            ("screening_hit", "Found on a restricted-party list"),
                            ("screening_decided", "Screening hit decided"),
                            ("exported", "Copied by staff"),
                            ("contacts_shown", "Contacts shown to staff"),
                            ("consent_given", "Consent given"),
                            ("consent_withdrawn", "Consent withdrawn"),
                        ],
                        max_length=30,
                        verbose_name="kind",
                    ),
                ),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="actor")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                ("data", models.JSONField(default=dict, verbose_name="data")),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "register event",
                "verbose_name_plural": "register events",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["organization", "-id"], name="event_by_organization")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "registered",
                                    "updated",
                                    "submitted",
                                    "changes_requested",
                                    "put_on_hold",
                                    "approved",
                                    "suspended",
                                    "withdrawn",
                                    "rejected",
                                    "merged",
                                    "discarded",
                                    "team_member_added",
                                    "team_role_changed",
                                    "team_member_removed",
                                    "team_member_left",
                                    "ownership_handed_over",
                                    "invitation_made",
                                    "invitation_accepted",
                                    "invitation_declined",
                                    "invitation_withdrawn",
                                    "claim_asked",
                                    "claim_granted",
                                    "claim_refused",
                                    "membership_invited",
                                    "membership_asked",
                                    "membership_confirmed",
                                    "membership_declined",
                                    "membership_ended",
                                    "alliance_link_made",
                                    "alliance_link_withdrawn",
                                    "addresses_written_to",
                                    "screening_hit",
                                    "screening_decided",
                                    "exported",
                                    "contacts_shown",
                                    "consent_given",
                                    "consent_withdrawn",
                                ],
                            )
                        ),
                        name="alliances_registerevent_kind_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreeningDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_fingerprint", models.CharField(max_length=64)),
                ("entry_fingerprint", models.CharField(max_length=64)),
                (
                    "decision",
                    models.CharField(
                        choices=[("open", "Open"), ("cleared", "Cleared"), ("confirmed", "Confirmed")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("actor_id", models.BigIntegerField(verbose_name="decided by")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
            ],
            options={
                "verbose_name": "screening decision",
                "verbose_name_plural": "screening decisions",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["name_fingerprint", "entry_fingerprint"], name="screening_decided")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ("cleared", "confirmed"))),
                        name="alliances_screeningdecision_decision_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "cleared"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="alliances_screeningdecision_cleared_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreeningHit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("alias", models.CharField(max_length=500, verbose_name="listed as")),
                ("score", models.FloatField(verbose_name="score")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("same", "The same name"),
                            ("same_words", "The same words in another order"),
                            ("spelt_alike", "Nearly the same spelling"),
                            ("general_words", "The same name with general words added or left out"),
                            ("begins_with", "The listed name, then more"),
                            ("part", "One of the two names is a part of the other"),
                            ("derived", "The same name in pinyin or in translation"),
                        ],
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                ("name_fingerprint", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("cleared", "Cleared"), ("confirmed", "Confirmed")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "found_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="found at"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hits",
                        to="alliances.screeningentry",
                        verbose_name="entry",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="screening_hits",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "screening hit",
                "verbose_name_plural": "screening hits",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "entry"), name="alliances_screeninghit_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "cleared", "confirmed"])),
                        name="alliances_screeninghit_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "same",
                                    "same_words",
                                    "spelt_alike",
                                    "general_words",
                                    "begins_with",
                                    "part",
                                    "derived",
                                ],
                            )
                        ),
                        name="alliances_screeninghit_reason_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__range", (0, 1))),
                        name="alliances_screeninghit_score_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreeningKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.TextField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="alliances.screeningentry",
                        verbose_name="entry",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("key", "entry"), name="alliances_screeningkey_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreeningList",
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
                ("version", models.CharField(max_length=200, verbose_name="version")),
                ("dated", models.DateField(verbose_name="dated")),
                (
                    "imported_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="imported at"
                    ),
                ),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="imported by")),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("entry_count", models.PositiveIntegerField(verbose_name="entries")),
            ],
            options={
                "verbose_name": "screening list",
                "verbose_name_plural": "screening lists",
                "ordering": ["name", "-dated", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("name__in", ["csl", "dod_1260h", "section_889", "fcc_covered", "generic"])
                        ),
                        name="alliances_screeninglist_name_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")),
                        name="alliances_screeninglist_digest_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entry_count__gte", 1)), name="alliances_screeninglist_not_empty"
                    ),
                    models.UniqueConstraint(
                        fields=("name", "dated", "digest"), name="alliances_screeninglist_content_once"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="screeningentry",
            name="screening_list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="alliances.screeninglist",
                verbose_name="list",
            ),
        ),
        migrations.CreateModel(
            name="TeamClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "message",
                    models.CharField(
                        max_length=500,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="message",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="asked at",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("granted", "Granted"), ("refused", "Refused")],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[alliances.validators.validate_plain_text],
                        verbose_name="reason",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team_claims",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team_claims",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "request to join a team",
                "verbose_name_plural": "requests to join teams",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("user", "organization"),
                        name="alliances_teamclaim_waiting_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "granted", "refused"])),
                        name="alliances_teamclaim_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("reason", ""),
                                ("state", "waiting"),
                            ),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True), ("decided_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="alliances_teamclaim_decided_iff_not_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamInvitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("editor", "Editor"), ("viewer", "Viewer")],
                        default="viewer",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                (
                    "invited_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="invited at",
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team_invitations",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation to a team",
                "verbose_name_plural": "invitations to teams",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["email"], name="invitation_by_email")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "pending")),
                        fields=("organization", "email"),
                        name="alliances_teaminvitation_pending_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="alliances_teaminvitation_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["owner", "editor", "viewer"])),
                        name="alliances_teaminvitation_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["pending", "accepted", "declined", "withdrawn"])),
                        name="alliances_teaminvitation_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("invited_at"))),
                        name="alliances_teaminvitation_runs_out_later",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("editor", "Editor"), ("viewer", "Viewer")],
                        default="viewer",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                (
                    "joined_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="joined at",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team_members",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team_memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "team member",
                "verbose_name_plural": "team members",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "organization"), name="alliances_teammember_person_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["owner", "editor", "viewer"])),
                        name="alliances_teammember_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_en", models.CharField(max_length=200, verbose_name="name in English")),
                ("name_zh", models.CharField(max_length=200, verbose_name="name in Chinese")),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="slug")),
                ("definition_en", models.TextField(blank=True, verbose_name="definition in English")),
                ("definition_zh", models.TextField(blank=True, verbose_name="definition in Chinese")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="topics",
                        to="alliances.challengearea",
                        verbose_name="challenge area",
                    ),
                ),
            ],
            options={
                "verbose_name": "topic",
                "verbose_name_plural": "topics",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ReferenceAlliance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_en", models.CharField(max_length=200, unique=True, verbose_name="name in English")),
                ("name_zh", models.CharField(blank=True, max_length=200, verbose_name="name in Chinese")),
                (
                    "country",
                    models.CharField(
                        help_text="US, CN or INT for international.", max_length=3, verbose_name="country"
                    ),
                ),
                ("founded", models.CharField(blank=True, max_length=10, verbose_name="founded")),
                ("patron_en", models.TextField(blank=True, verbose_name="patron in English")),
                ("patron_zh", models.TextField(blank=True, verbose_name="patron in Chinese")),
                ("remit_en", models.TextField(blank=True, verbose_name="remit in English")),
                ("members", models.CharField(blank=True, max_length=200, verbose_name="members")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reference_rows",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "topics",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="alliances.topic", verbose_name="topics"
                    ),
                ),
            ],
            options={
                "verbose_name": "reference alliance",
                "verbose_name_plural": "reference alliances",
                "ordering": ["name_en"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("country__in", ["US", "CN", "INT"])),
                        name="alliances_referencealliance_country_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("maturity", models.PositiveSmallIntegerField(default=2, verbose_name="maturity")),
                (
                    "statement",
                    models.TextField(
                        blank=True,
                        max_length=600,
                        validators=[
                            alliances.validators.validate_plain_text,
                            alliances.validators.validate_no_contact,
                        ],
                        verbose_name="statement",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="alliances.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
                "ordering": ["topic__position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "topic"), name="alliances_offer_topic_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("maturity__range", (1, 3))), name="alliances_offer_maturity_range"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Need",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=2, verbose_name="priority")),
                (
                    "statement",
                    models.TextField(
                        blank=True,
                        max_length=600,
                        validators=[
                            alliances.validators.validate_plain_text,
                            alliances.validators.validate_no_contact,
                        ],
                        verbose_name="statement",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="needs",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needs",
                        to="alliances.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "need",
                "verbose_name_plural": "needs",
                "ordering": ["topic__position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "topic"), name="alliances_need_topic_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__range", (1, 3))), name="alliances_need_priority_range"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOffer",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("maturity", models.PositiveSmallIntegerField(default=2, verbose_name="maturity")),
                (
                    "statement",
                    models.TextField(
                        blank=True,
                        max_length=600,
                        validators=[
                            alliances.validators.validate_plain_text,
                            alliances.validators.validate_no_contact,
                        ],
                        verbose_name="statement",
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
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="alliances.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical offer",
                "verbose_name_plural": "historical offers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalNeed",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("priority", models.PositiveSmallIntegerField(default=2, verbose_name="priority")),
                (
                    "statement",
                    models.TextField(
                        blank=True,
                        max_length=600,
                        validators=[
                            alliances.validators.validate_plain_text,
                            alliances.validators.validate_no_contact,
                        ],
                        verbose_name="statement",
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
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="alliances.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="alliances.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical need",
                "verbose_name_plural": "historical needs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
