"""Everything that is held about one person, as tables: their own, and those of the organizations they own.

Nobody else is named in them. A table that names people belongs into PERSONAL, or into NOT_EXPORTED with the
reason: a test holds them to the schema, and each table to the columns of its model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import Case, Exists, F, Model, OuterRef, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

from alliances.enums import MembershipState, OrganizationState, TeamRole
from alliances.models import (
    AllianceDetails,
    AllianceMembership,
    AlliancePatron,
    Assessment,
    Consent,
    FirmDetails,
    FirmReference,
    ImportFile,
    Need,
    Offer,
    Organization,
    RegisterEvent,
    ScreeningDecision,
    ScreeningList,
    TeamClaim,
    TeamInvitation,
    TeamMember,
    User,
)
from alliances.models.assessment import CRITERIA
from matchmaking.enums import EmailKind, EmailState
from matchmaking.models import (
    ApiCall,
    ApiToken,
    BulkMove,
    CurationEvent,
    CurationNote,
    DigestItem,
    Disclosure,
    Exclusion,
    JurisdictionRule,
    ListImport,
    MatchRun,
    OutboxEmail,
    PairNote,
    Pin,
    Response,
    SavedPair,
    ScheduledRelease,
    ScoringPolicy,
    Sponsorship,
    Webhook,
)
from matchmaking.selectors.disclosure import code_where_named

# The newest of a table; many times what one person comes to, and a bound to the file.
MAX_ROWS = 5_000


class Table(NamedTuple):
    """Rows of a model by the column that names the person or the organization.

    `columns` are headings and what stands under them. `without` are the model's other columns by the reason
    for which they are left out; "*" is whatever else there is.
    """

    name: str
    model: type[Model]
    by: str
    columns: Mapping[str, str | Combinable]
    without: Mapping[str, str] = {}


class Held(NamedTuple):
    """The rows of a table, newest first, and how many older ones were left out."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    left_out: int


def _columns(names: str, **others: str | Combinable) -> dict[str, str | Combinable]:
    """Columns under their own names, and others under a heading."""
    return {**{name: name for name in names.split()}, **others}


NUMBER = "a number of ours"
SIDES = "it is the columns pair_first and pair_second, as far as the other side is named"
KEY = "whoever has it could act as the person"
OTHERS = "it may name other people"
# A digest names organizations only. Other mail names contacts of the other side, or holds codes and links.
DIGEST_TEXT = Case(
    # What was not sent may name somebody who was hidden since.
    When(
        kind=EmailKind.DIGEST,
        state__in=(EmailState.SENT, EmailState.UNCERTAIN),
        then=F("body_text"),
    ),
    default=Value(""),
    output_field=TextField(),
)
# Somebody's own address stands in their own file, not in a colleague's.
OFFICE_EMAIL = Case(
    When(Exists(User.objects.filter(email=Lower(OuterRef("contact_email")))), then=Value("")),
    default=F("contact_email"),
    output_field=TextField(),
)


# An alliance's file names its members, and of others those that the directory names.
MEMBER_CODE = Case(
    When(state=MembershipState.CONFIRMED, then=F("member__code")),
    When(member__state=OrganizationState.APPROVED, member__shows_name=True, then=F("member__code")),
    default=Value(""),
    output_field=TextField(),
)


def _code_where_known(person: str) -> Case:
    """The organization's code where everybody may read of it, or the person of this column is in its team."""
    team = TeamMember.objects.filter(organization=OuterRef("organization"), user=OuterRef(person))
    code = F("organization__code")
    return Case(
        When(organization__state=OrganizationState.APPROVED, organization__shows_name=True, then=code),
        When(Exists(team), then=code),
        default=Value(""),
        output_field=TextField(),
    )


def _changes(name: str, model: Any, what: str) -> Table:
    """Who changed what and when; how it was changed is the organization's or the policy's."""
    return Table(
        name,
        model.history.model,
        "history_user",
        _columns("history_date history_type", changed=what),
        {"*": "it is not about the person", "history_change_reason": OTHERS},
    )


PERSONAL: tuple[Table, ...] = (
    Table(
        "account",
        User,
        "pk",
        _columns(
            "email name language time_zone mail_frequency interest_mail joined_at last_login "
            "is_active is_staff is_superuser"
        ),
        {"id": NUMBER, "password": KEY},
    ),
    Table("groups", User.groups.through, "user", _columns("", group="group__name"), {"id": NUMBER}),
    Table(
        "permissions",
        User.user_permissions.through,
        "user",
        _columns("", permission="permission__codename"),
        {"id": NUMBER},
    ),
    Table("email_addresses", EmailAddress, "user", _columns("email verified primary"), {"id": NUMBER}),
    Table(
        "teams",
        TeamMember,
        "user",
        _columns("role joined_at", organization="organization__code"),
        {"id": NUMBER},
    ),
    Table(
        "requests_to_join",
        TeamClaim,
        "user",
        _columns("asked_at message state decided_at reason", organization=_code_where_known("user")),
        {"id": NUMBER, "decided_by": OTHERS},
    ),
    Table(
        "invitations_sent",
        TeamInvitation,
        "invited_by",
        _columns("invited_at role state", organization="organization__code"),
        {"id": NUMBER, "email": OTHERS, "expires_at": "it follows from the day of the invitation"},
    ),
    Table(
        "consents",
        Consent,
        "user",
        _columns("at purpose granted text_version language channel"),
        {"id": NUMBER},
    ),
    Table(
        "sessions",
        UserSession,
        "user",
        _columns("created_at last_seen_at ip user_agent data"),
        {"id": NUMBER, "session_key": KEY},
    ),
    Table(
        "second_factors",
        Authenticator,
        "user",
        _columns("type created_at last_used_at"),
        {"id": NUMBER, "data": KEY},
    ),
    Table(
        "api_tokens",
        ApiToken,
        "user",
        _columns(
            "name key_id scope created_at expires_at last_used_at revoked_at",
            organization="organization__code",
            replaced_by="replaced_by__key_id",
        ),
        {"id": NUMBER, "key_hash": KEY},
    ),
    Table(
        "api_calls",
        ApiCall,
        "user",
        _columns("at key status"),
        {
            "id": NUMBER,
            "fingerprint": "it says nothing, it only tells two calls apart",
            "headers": "they say nothing of the person",
            "body": "it is kept for a day, and says what the tables of what it changed say",
        },
    ),
    Table(
        "answers",
        Response,
        "answered_by",
        _columns(
            "answered_at answer reason note until",
            organization="organization__code",
            pair_first=code_where_named("pair", "pair__low", "organization"),
            pair_second=code_where_named("pair", "pair__high", "organization"),
        ),
        {"pair": SIDES, "id": NUMBER},
    ),
    Table(
        "names_shown",
        Disclosure,
        "shown_by",
        _columns(
            "shown_at",
            organization="organization__code",
            pair_first=code_where_named("pair", "pair__low", "organization"),
            pair_second=code_where_named("pair", "pair__high", "organization"),
        ),
        {"pair": SIDES, "id": NUMBER},
    ),
    Table(
        "notes_on_pairs",
        PairNote,
        "author",
        _columns(
            "written_at text changed_at",
            organization="organization__code",
            pair_first=code_where_named("pair", "pair__low", "organization"),
            pair_second=code_where_named("pair", "pair__high", "organization"),
        ),
        {"pair": SIDES, "id": NUMBER, "public_id": NUMBER, "changed_by": OTHERS},
    ),
    Table(
        "notes_changed",
        PairNote,
        "changed_by",
        _columns("changed_at", organization="organization__code"),
        {"*": "it is its author's"},
    ),
    Table(
        "pairs_saved",
        SavedPair,
        "saved_by",
        _columns(
            "saved_at",
            organization="organization__code",
            pair_first=code_where_named("pair", "pair__low", "organization"),
            pair_second=code_where_named("pair", "pair__high", "organization"),
        ),
        {"pair": SIDES, "id": NUMBER},
    ),
    Table(
        "matches_sponsored",
        Sponsorship,
        "sponsored_by",
        _columns(
            "sponsored_at",
            alliance="alliance__code",
            member="member__code",
            pair_first=code_where_named("pair", "pair__low", "member"),
            pair_second=code_where_named("pair", "pair__high", "member"),
        ),
        {"pair": SIDES, "id": NUMBER},
    ),
    Table(
        "emails",
        OutboxEmail,
        "user",
        _columns(
            "kind subject recipient language state created_at sent_at reply",
            introduction="introduction__public_id",
            text=DIGEST_TEXT,
        ),
        {
            "id": NUMBER,
            "body_text": "it is the column text, where it names nobody else and holds no code",
            "body_html": "the text once more",
            "*": "it is about how the mail was sent",
        },
    ),
    Table(
        "recommendations_told",
        DigestItem,
        "user",
        _columns(
            "position",
            recommendation="recommendation__public_id",
            organization="recommendation__seeker__code",
            candidate=code_where_named(
                "recommendation__pair", "recommendation__candidate", "recommendation__seeker"
            ),
            told_at="email__created_at",
        ),
        {"id": NUMBER, "names_candidate": "it says what the text shows"},
    ),
    Table("import_files", ImportFile, "uploaded_by", _columns("name digest uploaded_at"), {"*": OTHERS}),
    Table(
        "exclusions_made",
        Exclusion,
        "created_by",
        _columns("created_at", pair_first="pair__low__code", pair_second="pair__high__code"),
        {"id": NUMBER, "reason": OTHERS},
    ),
    Table(
        "pins_made",
        Pin,
        "created_by",
        _columns("created_at", seeker="seeker__code", candidate="candidate__code"),
        {"id": NUMBER, "reason": OTHERS},
    ),
    Table(
        "staff_notes_written",
        CurationNote,
        "author",
        _columns("written_at", recommendation="recommendation__public_id"),
        {"id": NUMBER, "text": OTHERS},
    ),
    Table(
        "releases_scheduled",
        ScheduledRelease,
        "requested_by",
        _columns("requested_at at state ended_at"),
        {"*": "it is not about the person", "text": OTHERS},
    ),
    Table(
        "policies_made",
        ScoringPolicy,
        "created_by",
        _columns("name version created_at"),
        {"*": "it is not about the person"},
    ),
    Table(
        "runs_requested",
        MatchRun,
        "requested_by",
        _columns("requested_at as_of state"),
        {"*": "it is not about the person"},
    ),
    Table(
        "moves_of_many",
        BulkMove,
        "requested_by",
        _columns("requested_at to_state state"),
        {"*": "it is not about the person"},
    ),
    Table(
        "lists_imported",
        ListImport,
        "requested_by",
        _columns("requested_at name version state"),
        {"*": "it is not about the person"},
    ),
    _changes("organization_changes", Organization, "code"),
    _changes("need_changes", Need, "id"),
    _changes("offer_changes", Offer, "id"),
    _changes("policy_changes", ScoringPolicy, "version"),
    _changes("jurisdiction_rule_changes", JurisdictionRule, "slug"),
    Table(
        "desk_log",
        LogEntry,
        "user",
        _columns("action_time action_flag object_id", kind="content_type__model"),
        {"id": NUMBER, "object_repr": OTHERS, "change_message": OTHERS},
    ),
    Table(
        "register_events",
        RegisterEvent,
        "actor_id",
        _columns("id at kind", organization=_code_where_known("actor_id")),
        {"data": "numbers, also of other people"},
    ),
    Table(
        "assessments",
        Assessment,
        "actor_id",
        _columns("at decision", organization="organization__code"),
        {"id": NUMBER, "note": OTHERS, **dict.fromkeys(CRITERIA, "it is not about the person")},
    ),
    Table(
        "screening_lists",
        ScreeningList,
        "actor_id",
        _columns("name version dated imported_at file_name entry_count"),
        {"id": NUMBER, "digest": NUMBER},
    ),
    Table(
        "screening_decisions",
        ScreeningDecision,
        "actor_id",
        _columns("at decision"),
        {"id": NUMBER, "name_fingerprint": NUMBER, "entry_fingerprint": NUMBER, "reason": OTHERS},
    ),
    Table(
        "curation_events",
        CurationEvent,
        "actor_id",
        _columns("id at kind subject subject_id"),
        {"data": "numbers, also of other people"},
    ),
)

OF_ORGANIZATIONS: tuple[Table, ...] = (
    Table(
        "organizations",
        Organization,
        "pk",
        _columns(
            "code kind subtype country state state_reason state_reasons is_sample name_en name_zh aliases "
            "region population population_basis size_band latitude longitude website summary_en summary_zh "
            "languages seeks refuses partnership_types stage horizon budget_band founded_year capacity "
            "shows_name profile_confirmed_at created_at updated_at",
            contact_email=OFFICE_EMAIL,
            merged_into="merged_into__code",
        ),
        {"id": NUMBER, "search_key": "it is the names once more, written for the search"},
    ),
    Table(
        "needs",
        Need,
        "organization",
        _columns("priority statement", organization="organization__code", topic="topic__slug"),
        {"id": NUMBER},
    ),
    Table(
        "offers",
        Offer,
        "organization",
        _columns("maturity statement", organization="organization__code", topic="topic__slug"),
        {"id": NUMBER},
    ),
    Table(
        "firm_details",
        FirmDetails,
        "organization",
        _columns("credit_code ein uei ownership owners", organization="organization__code"),
    ),
    Table(
        "firm_references",
        FirmReference,
        "organization",
        _columns("title place year website", organization="organization__code"),
        {"id": NUMBER},
    ),
    Table(
        "alliance_details",
        AllianceDetails,
        "organization",
        _columns("secretariat charter", organization="organization__code"),
    ),
    Table(
        "alliance_patrons",
        AlliancePatron,
        "alliance",
        _columns("", alliance="alliance__code", agency="agency__slug"),
        {"id": NUMBER},
    ),
    Table(
        "alliance_members",
        AllianceMembership,
        "alliance",
        _columns("state waits_for since", alliance="alliance__code", member=MEMBER_CODE),
        {"id": NUMBER},
    ),
    Table(
        "alliances_joined",
        AllianceMembership,
        "member",
        _columns("state waits_for since", alliance="alliance__code", member="member__code"),
        {"id": NUMBER},
    ),
    Table(
        "webhooks",
        Webhook,
        "organization",
        _columns(
            "public_id url events created_at replaced_at disabled_at disabled_for",
            organization="organization__code",
        ),
        {
            "id": NUMBER,
            **dict.fromkeys(("salt", "earlier_salt"), "a secret is derived from it"),
            "rests_until": "it says when the next try may be",
            "turn_at": "it says whose turn is next",
        },
    ),
    Table(
        "organization_events",
        RegisterEvent,
        "organization",
        _columns("id at kind", organization="organization__code"),
        {"actor_id": "a person", "data": "numbers, also of people"},
    ),
)

# Columns that name a person and stand in no table above, and why.
NOT_EXPORTED: Mapping[str, str] = {
    "alliances.TeamClaim.decided_by": "it is about who asked; the event of the decision stands in events",
    "matchmaking.WorkItem.assignee": "work at the desk; the event of assigning it stands in curation",
    "matchmaking.HistoricalScoringPolicy.created_by": "a copy of what policies_made says",
}


def personal_data(user: User) -> list[Held]:
    """All of it, table by table; the number of queries is that of the tables."""
    owned = list(user.team_memberships.filter(role=TeamRole.OWNER).values_list("organization_id", flat=True))
    return [
        *(_held(table, [user.pk]) for table in PERSONAL),
        *(_held(table, owned) for table in OF_ORGANIZATIONS),
    ]


def _held(table: Table, ids: Collection[int]) -> Held:
    found = table.model._default_manager.filter(**{f"{table.by}__in": ids}).order_by("-pk")
    rows = list(found.values_list(*table.columns.values())[: MAX_ROWS + 1])
    left_out = found.count() - MAX_ROWS if len(rows) > MAX_ROWS else 0
    return Held(table.name, list(table.columns), rows[:MAX_ROWS], left_out)
