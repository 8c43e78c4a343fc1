"""A membership says whose word it waits for; alliances have a link, and remember whom they wrote to."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def wait_for_members(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now only files made memberships, and what a file says of members is the alliance's word."""
    memberships = apps.get_model("alliances", "AllianceMembership").objects
    memberships.filter(state="invited").update(waits_for="member")


class Migration(migrations.Migration):
    dependencies = [
        ("alliances", "0009_interest_mail"),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "address that an alliance has written to",
                "verbose_name_plural": "addresses that alliances have written to",
                "default_permissions": (),
            },
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
            ],
            options={
                "verbose_name": "invitation link of an alliance",
                "verbose_name_plural": "invitation links of alliances",
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="registerevent",
            name="alliances_registerevent_kind_known",
        ),
        migrations.AddField(
            model_name="alliancemembership",
            name="waits_for",
            field=models.CharField(
                blank=True,
                choices=[("alliance", "Alliance"), ("member", "Member")],
                max_length=10,
                verbose_name="waits for",
            ),
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
                    ("consent_given", "Consent given"),
                    ("consent_withdrawn", "Consent withdrawn"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.RunPython(wait_for_members, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="alliancemembership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "invited"), ("waits_for__in", ["alliance", "member"])),
                    models.Q(models.Q(("state", "invited"), _negated=True), ("waits_for", "")),
                    _connector="OR",
                ),
                name="alliances_alliancemembership_waits_iff_invited",
                violation_error_message="An invited membership says whose word it waits for; any other waits for nobody's.",
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
                            "consent_given",
                            "consent_withdrawn",
                        ],
                    )
                ),
                name="alliances_registerevent_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="allianceaddress",
            name="alliance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="addresses",
                to="alliances.organization",
                verbose_name="alliance",
            ),
        ),
        migrations.AddField(
            model_name="alliancelink",
            name="alliance",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="link",
                to="alliances.organization",
                verbose_name="alliance",
            ),
        ),
        migrations.AddConstraint(
            model_name="allianceaddress",
            constraint=models.UniqueConstraint(
                fields=("alliance", "email"), name="alliances_allianceaddress_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="allianceaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="alliances_allianceaddress_email_lower_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="alliancelink",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("made_at"))),
                name="alliances_alliancelink_runs_out_later",
            ),
        ),
    ]
