"""Who of the staff may do what: five roles, each a group with exactly these permissions.

A role is given on a person's page. The groups are written anew whenever reference data is loaded, so that a
release may change what a role holds; groups of other names are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.services.reference import Loaded

Models = tuple[str, ...]

ORGANIZATIONS: Models = tuple(
    f"alliances.{name}"
    for name in (
        *("city", "firm", "alliance", "organization", "need", "offer"),
        *("alliancepatron", "alliancemembership", "teammember", "teamclaim"),
    )
)
SCREENING: Models = ("alliances.screeninghit", "alliances.screeninglist")
REFERENCE: Models = (
    *("alliances.challengearea", "alliances.topic", "alliances.agency", "alliances.referencealliance"),
)
RULES: Models = ("matchmaking.jurisdictionrule",)
RECOMMENDING: Models = (
    *("matchmaking.recommendation", "matchmaking.exclusion", "matchmaking.response"),
    *("matchmaking.introduction", "matchmaking.matchrun", "matchmaking.matchshard"),
    *("matchmaking.scoringpolicy", "matchmaking.pin"),
)
MAIL: Models = ("matchmaking.outboxemail",)
RECORD: Models = ("alliances.registerevent", "matchmaking.curationevent")
PEOPLE: Models = ("alliances.user", "alliances.consent", "auth.group")
# Programs that call, and programs that are called.
TOKENS: Models = ("matchmaking.apitoken",)
WEBHOOKS: Models = ("matchmaking.webhook",)
WORK: Models = ("matchmaking.workitem",)
# Begun from the lists of organizations, watched by whoever sees these.
MOVES: Models = ("matchmaking.bulkmove",)
EVERYTHING: Models = (
    *ORGANIZATIONS,
    *SCREENING,
    *REFERENCE,
    *RULES,
    *RECOMMENDING,
    *MAIL,
    *RECORD,
    *PEOPLE,
    *TOKENS,
    *WEBHOOKS,
    *WORK,
    *MOVES,
)


@dataclass(frozen=True)
class Role:
    """A group of the staff. It may view all that it may change, and what `views` names besides."""

    name: str
    label: str | Promise
    views: Models
    changes: Models = ()
    adds: Models = ()
    deletes: Models = ()

    def codes(self) -> set[tuple[str, str]]:
        """Its permissions as (app label, codename)."""
        return {
            *_codes("view", (*self.views, *self.changes)),
            *_codes("change", self.changes),
            *_codes("add", self.adds),
            *_codes("delete", self.deletes),
        }


REVIEWER = Role(
    "Reviewer",
    _("Reviewer"),
    views=(*SCREENING, *REFERENCE, *RULES, *MOVES),
    changes=(*ORGANIZATIONS, *WORK),
    adds=ORGANIZATIONS,
    deletes=("alliances.need", "alliances.offer", "alliances.alliancepatron", "alliances.alliancemembership"),
)
CURATOR = Role(
    "Curator",
    _("Curator"),
    views=(*SCREENING, *RULES, *MAIL, *RECORD, *MOVES),
    changes=(*ORGANIZATIONS, *REFERENCE, *RECOMMENDING, *WORK),
    adds=(*ORGANIZATIONS, *REFERENCE, *RECOMMENDING, "alliances.importfile"),
    deletes=REVIEWER.deletes,
)
COMPLIANCE_OFFICER = Role(
    "Compliance officer",
    _("Compliance officer"),
    views=(*ORGANIZATIONS, *REFERENCE, *RECOMMENDING, *MAIL, *RECORD, *MOVES),
    changes=(*SCREENING, *RULES, *WORK),
    adds=(*SCREENING, *RULES),
)
ADMINISTRATOR = Role(
    "Administrator",
    _("Administrator"),
    views=EVERYTHING,
    changes=(
        *(*ORGANIZATIONS, *SCREENING, *REFERENCE, *RULES, *RECOMMENDING),
        *(*PEOPLE, *TOKENS, *WEBHOOKS, *WORK),
    ),
    adds=(
        *(*ORGANIZATIONS, *SCREENING, *REFERENCE, *RULES, *RECOMMENDING, *PEOPLE, *TOKENS),
        "alliances.importfile",
    ),
    # A person is erased, not deleted; the desk asks for the same permission.
    deletes=(*REVIEWER.deletes, "alliances.user"),
)
AUDITOR = Role("Auditor", _("Auditor"), views=EVERYTHING)
ROLES: Mapping[str, Role] = {
    role.name: role for role in (REVIEWER, CURATOR, COMPLIANCE_OFFICER, ADMINISTRATOR, AUDITOR)
}


def _codes(verb: str, models: Iterable[str]) -> set[tuple[str, str]]:
    return {(app, f"{verb}_{name}") for app, _dot, name in (model.partition(".") for model in models)}


@transaction.atomic
def load_roles() -> Loaded:
    """Write each role's group. The permissions are those that `migrate` makes."""
    found = Permission.objects.select_related("content_type")
    known = {(one.content_type.app_label, one.codename): one.pk for one in found}
    created = updated = 0
    for role in ROLES.values():
        wanted = {known[code] for code in role.codes()}
        group, made = Group.objects.get_or_create(name=role.name)
        held = set(group.permissions.values_list("pk", flat=True))
        group.permissions.set(wanted)
        created += made
        updated += not made and held != wanted
    return Loaded(str(_("roles")), created, updated, len(ROLES) - created - updated)
