"""Restricted-party lists, hits on them and decisions, which can only be added."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER alliances_screeningdecision_insert_only BEFORE UPDATE OR DELETE ON alliances_screeningdecision
  FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
"""
BACKWARD = "DROP TRIGGER alliances_screeningdecision_insert_only ON alliances_screeningdecision"


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0012_regions_as_written"),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "screening hit",
                "verbose_name_plural": "screening hits",
                "ordering": ["-pk"],
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
            ],
            options={
                "default_permissions": (),
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
            },
        ),
        migrations.RemoveConstraint(
            model_name="registerevent",
            name="alliances_registerevent_kind_known",
        ),
        migrations.AlterField(
            model_name="registerevent",
            name="kind",
            field=models.CharField(
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
                    ("consent_given", "Consent given"),
                    ("consent_withdrawn", "Consent withdrawn"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="registerevent",
            constraint=models.CheckConstraint(
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
                            "consent_given",
                            "consent_withdrawn",
                        ],
                    )
                ),
                name="alliances_registerevent_kind_known",
            ),
        ),
        migrations.AddIndex(
            model_name="screeningdecision",
            index=models.Index(fields=["name_fingerprint", "entry_fingerprint"], name="screening_decided"),
        ),
        migrations.AddConstraint(
            model_name="screeningdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ("cleared", "confirmed"))),
                name="alliances_screeningdecision_decision_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="screeningdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "cleared"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="alliances_screeningdecision_cleared_with_reason",
            ),
        ),
        migrations.AddField(
            model_name="screeninghit",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="hits",
                to="alliances.screeningentry",
                verbose_name="entry",
            ),
        ),
        migrations.AddField(
            model_name="screeninghit",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="screening_hits",
                to="alliances.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddField(
            model_name="screeningkey",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="keys",
                to="alliances.screeningentry",
                verbose_name="entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninglist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("name__in", ["csl", "dod_1260h", "section_889", "fcc_covered", "generic"])
                ),
                name="alliances_screeninglist_name_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninglist",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")),
                name="alliances_screeninglist_digest_form",
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninglist",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry_count__gte", 1)), name="alliances_screeninglist_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninglist",
            constraint=models.UniqueConstraint(
                fields=("name", "dated", "digest"), name="alliances_screeninglist_content_once"
            ),
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
        migrations.AddConstraint(
            model_name="screeninghit",
            constraint=models.UniqueConstraint(
                fields=("organization", "entry"), name="alliances_screeninghit_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninghit",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "cleared", "confirmed"])),
                name="alliances_screeninghit_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninghit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        ["same", "same_words", "spelt_alike", "general_words", "begins_with", "derived"],
                    )
                ),
                name="alliances_screeninghit_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="screeninghit",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__range", (0, 1))), name="alliances_screeninghit_score_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="screeningkey",
            constraint=models.UniqueConstraint(fields=("key", "entry"), name="alliances_screeningkey_once"),
        ),
        migrations.AddConstraint(
            model_name="screeningentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="alliances_screeningentry_named"
            ),
        ),
        migrations.AddConstraint(
            model_name="screeningentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                name="alliances_screeningentry_fingerprint_form",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
