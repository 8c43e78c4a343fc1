"""Who reaches what (P20): every route of the site, by method, as everybody, for mine and for a stranger's.

A row has a letter for each role, in the order of ROLES:

    I  let in: done, or told what is wrong with what was sent
    P  let in once they have proven again who they are
    S  led to sign in, or 401
    F  forbidden, 403
    N  nothing there, 404
    M  this method is not taken, 405
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROLES = (
    "anonymous", "unverified", "unapproved", "viewer", "editor", "owner", "neighbour", "abroad", "reviewer",
    "superuser",
)  # fmt: skip
# Not named in a rule: the method is not taken, which who is not signed in does not learn.
UNTAKEN, OPENLY_UNTAKEN = "SMMMMMMMMM", "MMMMMMMMMM"

EVERYBODY = "IIIIIIIIII"
NOBODY = "NNNNNNNNNN"
PEOPLE = "SIIIIIIIII"
PROVEN = "SPPPPPPPPP"
NO_ONE_SIGNED_IN = "SNNNNNNNNN"
# Of one organization: its team; those of the team who write; its owner alone.
TEAM, WRITERS, OWNER = "SNNIIINNNN", "SNNFIINNNN", "SNNFFINNNN"
# What nobody but its owner sees.
OWNER_SEES = "SNNNNINNNN"
# Staff read recommendations as well, and act for nobody. Introductions they read at the desk.
TEAM_AND_STAFF, STAFF_READ = "SNNIIINNII", "SNNNNNNNII"
WRITERS_NOT_STAFF, STAFF_FORBIDDEN = "SNNFIINNFF", "SNNNNNNNFF"
APPROVED = "SFFIIIIIII"


@dataclass(frozen=True)
class Rule:
    """The rows by method: for mine, and for a stranger's where the route names something."""

    mine: Mapping[str, str]
    theirs: Mapping[str, str]
    untaken: str = UNTAKEN

    def row(self, method: str, mine: bool) -> str:
        return (self.mine if mine else self.theirs).get(method, self.untaken)


def open_to_all(*methods: str) -> Rule:
    """For everybody; a route without methods is a page to read."""
    rows = dict.fromkeys(methods or ("GET",), EVERYBODY)
    return Rule(rows, rows, OPENLY_UNTAKEN)


def open_to_read(**others: str) -> Rule:
    """A page that everybody reads, and what else it takes."""
    rows = {"GET": EVERYBODY, **others}
    return Rule(rows, rows, OPENLY_UNTAKEN)


def people(*methods: str) -> Rule:
    """For who is signed in, about themselves."""
    rows = dict.fromkeys(methods or ("GET",), PEOPLE)
    return Rule(rows, rows)


def own(untaken: str = UNTAKEN, theirs: str = NO_ONE_SIGNED_IN, **mine: str) -> Rule:
    """Of one organization: a stranger's is nothing, like what does not exist."""
    return Rule(mine, dict.fromkeys(mine, theirs), untaken)


def posted(mine: str, theirs: str = NO_ONE_SIGNED_IN) -> Rule:
    """Posted to by a form; who comes without it is led to the page of the form, which decides."""
    return Rule({"GET": PEOPLE, "POST": mine}, {"GET": PEOPLE, "POST": theirs})


PUBLIC, SIGNED_IN = open_to_all(), people()
READ, WRITE = own(GET=TEAM), own(POST=WRITERS)
READ_AND_WRITE, FORM = own(GET=TEAM, POST=WRITERS), own(GET=WRITERS, POST=WRITERS)
READ_AND_CHANGE = own(GET=TEAM, PATCH=WRITERS)
ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

PORTAL: dict[str, Rule] = {
    **dict.fromkeys(("", "how-it-works/", "areas/<slug:slug>/", "topics/<slug:slug>/"), PUBLIC),
    **dict.fromkeys(("health/live", "health/ready"), PUBLIC),
    "i18n/setlang/": open_to_all(*ALL_METHODS),
    # By a link that was mailed or given: to join one chooses one's organization, here none.
    "join/<str:token>/": open_to_read(POST=NO_ONE_SIGNED_IN),
    "unsubscribe/<str:token>": open_to_all("GET", "POST"),
    **dict.fromkeys(("home/", "bridges/", "introductions/", "organization/"), SIGNED_IN),
    **dict.fromkeys(("recommendations/", "recommendations/compare/"), SIGNED_IN),
    **dict.fromkeys(("consents/", "register/"), people("GET", "POST")),
    # What is sent names an organization, to who may act for it: here none.
    **dict.fromkeys(
        (f"organization/{one}/" for one in ("invitations", "tokens", "webhooks")), people("GET", "POST")
    ),
    "organization/webhooks/<uuid:public_id>/": own(GET=OWNER_SEES, POST=OWNER_SEES),
    # By a voucher, and without one to ask to join a team that one is not in.
    "organization/claim/": posted(NO_ONE_SIGNED_IN),
    "organization/<slug:code>/claim/": posted(PEOPLE, PEOPLE),
    **dict.fromkeys(("directory/", "directory/<slug:code>/"), Rule({"GET": APPROVED}, {"GET": APPROVED})),
    **dict.fromkeys(("bridges/<slug:code>/", "organization/<slug:code>/"), READ),
    "organization/<slug:code>/profile/<slug:step>/": FORM,
    **dict.fromkeys((f"organization/<slug:code>/{one}/<slug:slug>/" for one in ("need", "offer")), FORM),
    "organization/<slug:code>/confirm/": posted(WRITERS),
    # Of a profile that waits for review, or was never sent there.
    **dict.fromkeys((f"organization/<slug:code>/{one}/" for one in ("withdraw", "discard")), posted(OWNER)),
    # What is sent names what is to be done, which not everybody of the team may: here nothing.
    **dict.fromkeys(
        ("organization/<slug:code>/team/", "organization/<slug:code>/alliances/", "alliance/<slug:code>/"),
        own(GET=TEAM, POST=TEAM),
    ),
    "alliance/<slug:code>/topics/": READ_AND_WRITE,
    "alliance/<slug:code>/file/": posted(WRITERS),
    "alliance/<slug:code>/file/<slug:digest>/": FORM,
    # What is sent names one of the members' recommendations: here none.
    "alliance/<slug:code>/recommendations/": own(GET=TEAM, POST=NO_ONE_SIGNED_IN),
    **dict.fromkeys(
        (
            *("alliance/<slug:code>/report/", "alliance/<slug:code>/report.csv"),
            "introductions/<uuid:public_id>/",
        ),
        READ,
    ),
    "recommendations/<uuid:public_id>/": own(GET=TEAM_AND_STAFF, theirs=STAFF_READ),
    **dict.fromkeys(
        (f"recommendations/<uuid:public_id>/{one}/" for one in ("answer", "name", "save", "notes")),
        posted(WRITERS_NOT_STAFF, STAFF_FORBIDDEN),
    ),
    # The demo's alone: a sign-in by a name from its list, and mail that is kept nowhere here.
    "demo/sign-in/": open_to_read(POST="FFFFFFFFFF"),
    **dict.fromkeys(
        ("mailbox/", "mailbox/<str:name>/", "mailbox/<str:name>/html/"),
        Rule({"GET": NOBODY}, {"GET": NOBODY}, OPENLY_UNTAKEN),
    ),
}

ACCOUNTS: dict[str, Rule] = {
    **dict.fromkeys(("email/confirm/", "inactive/", "password/reset/done/"), PUBLIC),
    "logout/": open_to_all("GET", "POST"),
    "password/reset/": open_to_all("GET", "POST", "PUT"),
    **dict.fromkeys(
        ("login/", "login/password/", "signup/"),
        open_to_read(POST=EVERYBODY, PUT=EVERYBODY, PATCH="MIIIIIIIII", DELETE="MIIIIIIIII"),
    ),
    "email/confirm/<str:key>/": open_to_read(POST=NOBODY),
    # The next step of something that was begun: here nothing was.
    **dict.fromkeys(("login/code/", "2fa/challenge/"), people(*ALL_METHODS)),
    "password/reset/code/": Rule(dict.fromkeys(ALL_METHODS, "SSSSSSSSSS"), {}),
    "password/reset/new/": Rule(dict.fromkeys(ALL_METHODS, "PPPPPPPPPP"), {}),
    "": people("GET", "POST"),
    "2fa/": SIGNED_IN,
    "2fa/recovery-codes/": own(GET=NO_ONE_SIGNED_IN),
    **dict.fromkeys(
        ("2fa/recovery-codes/file/", "2fa/remove/"), own(**dict.fromkeys(ALL_METHODS, NO_ONE_SIGNED_IN))
    ),
    **dict.fromkeys(
        ("2fa/again/", "2fa/recovery-codes/new/", "2fa/set-up/", "reauthenticate/"),
        Rule(dict.fromkeys(ALL_METHODS, PROVEN), {}),
    ),
    **dict.fromkeys(("password/set/", "reauthenticate/code/"), people("GET", "POST", "PUT")),
    "data/": Rule({"GET": PEOPLE, "POST": PROVEN}, {}),
    # Who has no password yet is led on to set one.
    "password/change/": people(*ALL_METHODS),
    **dict.fromkeys(("email/", "sessions/"), people("GET", "POST", "PUT")),
}

# By session. What tokens may, tests/matchmaking/api/test_access.py says.
STAFF_TOKENS = own(**dict.fromkeys(ALL_METHODS, NO_ONE_SIGNED_IN))
API: dict[str, Rule] = {
    **dict.fromkeys(("schema/", "docs/", "docs/first-match/"), PUBLIC),
    **dict.fromkeys(("topics/", "organizations/", "recommendations/", "introductions/"), SIGNED_IN),
    **dict.fromkeys(("agencies/", "exports/recommendations/", "exports/introductions/"), SIGNED_IN),
    "agencies/<slug:slug>/": SIGNED_IN,
    # The staff read the directory at the desk.
    **dict.fromkeys(
        (f"{one}/{which}" for one in ("directory", "alliances") for which in ("", "<slug:code>/")),
        Rule({"GET": "SFFIIIIIFF"}, {"GET": "SFFIIIIIFF"}),
    ),
    "organizations/<slug:code>/": READ_AND_CHANGE,
    **dict.fromkeys((f"organizations/<slug:code>/{one}/" for one in ("needs", "offers")), READ_AND_WRITE),
    **dict.fromkeys(
        (f"organizations/<slug:code>/{one}/<slug:slug>/" for one in ("needs", "offers")),
        own(GET=TEAM, PATCH=WRITERS, DELETE=WRITERS),
    ),
    **dict.fromkeys(("recommendations/<uuid:public_id>/", "introductions/<uuid:public_id>/"), READ),
    "recommendations/<uuid:public_id>/answer/": WRITE,
    **dict.fromkeys(
        ("organizations/<slug:code>/alliances/", "alliances/<slug:code>/members/"), READ_AND_WRITE
    ),
    "organizations/<slug:code>/alliances/<slug:alliance>/": READ_AND_CHANGE,
    "alliances/<slug:code>/members/<slug:member>/": READ_AND_CHANGE,
    "alliances/<slug:code>/recommendations/": READ,
    "alliances/<slug:code>/recommendations/<uuid:public_id>/": READ_AND_CHANGE,
    "exports/alliances/<slug:code>/report/": READ,
    "webhooks/": Rule({"GET": PEOPLE, "POST": OWNER}, {}),
    "webhooks/<uuid:public_id>/": own(GET=OWNER_SEES, PATCH=OWNER_SEES, DELETE=OWNER_SEES),
    "webhooks/<uuid:public_id>/secret/": own(POST=OWNER_SEES),
    "webhooks/<uuid:public_id>/deliveries/": own(GET=OWNER_SEES),
    "webhooks/<uuid:public_id>/deliveries/<uuid:event_id>/": own(GET=OWNER_SEES),
    "webhooks/<uuid:public_id>/deliveries/<uuid:event_id>/replay/": own(POST=OWNER_SEES),
    **dict.fromkeys(
        (
            *("staff/organizations/", "staff/organizations/<slug:code>/"),
            "staff/organizations/<slug:code>/review/",
            *("staff/runs/", "staff/runs/<int:pk>/"),
            *(f"staff/runs/<int:pk>/{one}/" for one in ("cancel", "retry")),
            *("staff/policies/", "staff/policies/check/", "staff/policies/<int:pk>/"),
            *(f"staff/policies/<int:pk>/{one}/" for one in ("preview", "publish", "roll-back", "unschedule")),
            *("staff/screening/", "staff/screening/lists/", "staff/jurisdiction/", "staff/imports/"),
        ),
        STAFF_TOKENS,
    ),
}

# What is sent where nothing at all would be refused before it is asked who sends it. It names things as
# addresses do.
BODIES: dict[str, dict[str, str | bool | list[str]]] = {
    "recommendations/<uuid:public_id>/answer/": {"answer": "interested"},
    "recommendations/<uuid:public_id>/name/": {"shown": "yes"},
    "recommendations/<uuid:public_id>/save/": {"saved": "yes"},
    "recommendations/<uuid:public_id>/notes/": {"text": "We shall see."},
    "api/v1/recommendations/<uuid:public_id>/answer/": {"answer": "interested"},
    "api/v1/organizations/<slug:code>/alliances/": {"link": "<str:token>"},
    "api/v1/organizations/<slug:code>/alliances/<slug:alliance>/": {"state": "lapsed"},
    "api/v1/alliances/<slug:code>/members/": {"member": "<slug:member>"},
    "api/v1/alliances/<slug:code>/members/<slug:member>/": {"state": "lapsed"},
    "api/v1/alliances/<slug:code>/recommendations/<uuid:public_id>/": {"sponsored": True},
    # The address is refused, to an owner.
    "api/v1/webhooks/": {
        "organization": "<slug:code>", "url": "http://localhost/", "events": ["introduction.made"]
    },
}  # fmt: skip

# The desk is for staff: others are led to its sign-in. Four letters a page: the reviewer reads, the superuser
# reads, the reviewer sends, the superuser sends. What other roles of the staff may, test_roles says.
BOTH, SUPERUSER, NO_ONE, TO_READ, SUPERUSER_READS = "IIII", "FIFI", "FFFF", "IIFF", "FIFF"
REVIEWER_READS, PROOF, SUPERUSER_PROVES = "IIFI", "PPPP", "FPFP"
# By model: the list, a new one, one, its history, its end.
DESK_MODELS: dict[str, tuple[str, str, str, str, str]] = {
    **dict.fromkeys(
        ("alliances/city", "alliances/firm", "alliances/alliance"), (BOTH, BOTH, BOTH, BOTH, NO_ONE)
    ),
    "alliances/organization": (BOTH, NO_ONE, NO_ONE, NO_ONE, NO_ONE),
    **dict.fromkeys(
        ("alliances/agency", "alliances/challengearea", "alliances/referencealliance", "alliances/topic"),
        (BOTH, SUPERUSER, REVIEWER_READS, BOTH, NO_ONE),
    ),
    "matchmaking/jurisdictionrule": (BOTH, SUPERUSER, REVIEWER_READS, BOTH, NO_ONE),
    **dict.fromkeys(
        ("alliances/screeninghit", "alliances/screeninglist", "alliances/teamclaim"),
        (BOTH, NO_ONE, TO_READ, BOTH, NO_ONE),
    ),
    **dict.fromkeys(
        ("matchmaking/bulkmove", "matchmaking/workitem"), (BOTH, NO_ONE, BOTH, BOTH, NO_ONE)
    ),
    "alliances/user": (SUPERUSER, SUPERUSER, SUPERUSER, SUPERUSER, NO_ONE),
    "auth/group": (SUPERUSER, SUPERUSER, SUPERUSER, SUPERUSER, SUPERUSER),
    **dict.fromkeys(
        (
            "alliances/registerevent", "matchmaking/curationevent", "matchmaking/introduction",
            "matchmaking/recommendation", "matchmaking/response",
        ),
        (SUPERUSER, NO_ONE, SUPERUSER_READS, SUPERUSER, NO_ONE),
    ),
    "matchmaking/outboxemail": (SUPERUSER, NO_ONE, SUPERUSER_READS, SUPERUSER, NO_ONE),
    # There is no row of these: who asks for the history of none is led back.
    **dict.fromkeys(
        ("matchmaking/exclusion", "matchmaking/pin"), (SUPERUSER, NO_ONE, SUPERUSER_READS, BOTH, NO_ONE)
    ),
    "matchmaking/matchrun": (SUPERUSER, SUPERUSER, SUPERUSER_READS, SUPERUSER, NO_ONE),
    **dict.fromkeys(
        ("matchmaking/apitoken", "matchmaking/webhook"),
        (SUPERUSER, NO_ONE, SUPERUSER_READS, SUPERUSER, NO_ONE),
    ),
    "matchmaking/scoringpolicy": (SUPERUSER, SUPERUSER, SUPERUSER, SUPERUSER, NO_ONE),
}  # fmt: skip
STANDARD = ("", "add/", "<path:object_id>/change/", "<path:object_id>/history/", "<path:object_id>/delete/")
KINDS = tuple(f"alliances/{kind}/" for kind in ("city", "firm", "alliance"))

DESK: dict[str, str] = {
    **{
        f"{model}/{page}": cells
        for model, pages in DESK_MODELS.items()
        for page, cells in zip(STANDARD, pages, strict=True)
    },
    # The old address of a row leads to its page, whoever asks.
    **{f"{model}/<path:object_id>/": BOTH for model in DESK_MODELS},
    **{
        f"{kind}{page}": cells
        for kind in KINDS
        for page, cells in {
            "<int:object_id>/review/": BOTH,
            "<int:object_id>/merge/<int:kept_id>/": BOTH,
            "^([^/]+)/history/([^/]+)/$": BOTH,
            "import_file/": SUPERUSER,
            "export-csv/": PROOF,
            "export-xlsx/": PROOF,
            "<path:object_id>/to-review/": BOTH,
            "<path:object_id>/suspend_this/": BOTH,
            "<path:object_id>/add_person/": BOTH,
            "<path:object_id>/show_contacts/": PROOF,
        }.items()
    },
}
DESK |= {
    "": BOTH,
    "^(?P<app_label>alliances|auth|matchmaking)/$": BOTH,
    "search/": BOTH,
    "autocomplete/": "FFMM",
    "jsi18n/": "IIMM",
    "r/<path:content_type_id>/<path:object_id>/": "NNNN",
    "(?P<url>.*)$": "NNNN",
    "password_change/done/": "IIMM",
    "alliances/organization/import/": SUPERUSER,
    **{f"alliances/organization/import/<slug:digest>/{page}": "FNFN" for page in ("", "report/")},
    "alliances/agency/alliances/": BOTH,
    "alliances/agency/all_endorsements/": BOTH,
    "alliances/agency/<path:object_id>/endorsements_of/": BOTH,
    **{
        f"alliances/screeninghit/<path:object_id>/{page}/": SUPERUSER
        for page in ("clear_this", "confirm_this")
    },
    **{f"alliances/screeninglist/{page}/": SUPERUSER for page in ("import", "import_list")},
    "alliances/screeninglist/import/<int:import_id>/": "NNNN",
    **{f"alliances/teamclaim/<path:object_id>/{page}/": BOTH for page in ("grant", "refuse")},
    "alliances/teamclaim/<path:object_id>/show_contacts/": PROOF,
    "alliances/user/<id>/password/": PROOF,
    "alliances/user/<path:object_id>/show_contacts/": SUPERUSER_PROVES,
    **{f"alliances/user/<path:object_id>/{page}/": SUPERUSER for page in ("change_address", "erase_person")},
    "matchmaking/outboxemail/<path:object_id>/show_contacts/": SUPERUSER_PROVES,
    **{f"matchmaking/jurisdictionrule/{page}/": BOTH for page in ("check", "check_pair")},
    "matchmaking/jurisdictionrule/^([^/]+)/history/([^/]+)/$": BOTH,
    "matchmaking/recommendation/analytics/": SUPERUSER,
    "matchmaking/recommendation/analytics/<slug:table>.csv": SUPERUSER_PROVES,
    "matchmaking/recommendation/<path:object_id>/why/": SUPERUSER,
    "matchmaking/matchrun/<int:run_id>/release/": SUPERUSER,
    "matchmaking/matchrun/<int:run_id>/release/<int:organization_id>/preview/": SUPERUSER,
    "matchmaking/matchrun/<int:run_id>/release/schedule/": SUPERUSER,
    "matchmaking/matchrun/<path:object_id>/release-desk/": SUPERUSER,
    **{
        f"matchmaking/scoringpolicy/<path:object_id>/{page}": SUPERUSER
        for page in ("publish/", "unschedule/", "roll-back/", "preview/", "preview.csv")
    },
    **{f"matchmaking/apitoken/{page}/": SUPERUSER for page in ("mine", "my_tokens")},
}


def desk(cells: str) -> Rule:
    """A page of the desk, for everybody."""
    outside = "SSSSSSSS"
    return Rule({"GET": outside + cells[:2], "POST": outside + cells[2:]}, {})


RULES: dict[str, Rule] = {
    **PORTAL,
    **{f"accounts/{route}": rule for route, rule in ACCOUNTS.items()},
    **{f"api/v1/{route}": rule for route, rule in API.items()},
    **{f"admin/{page}": desk(cells) for page, cells in DESK.items()},
    # It has no sign-in page and no password page of its own: these lead to those of the site.
    "admin/login/": own(GET="SFFFFFFFII", POST="SFFFFFFFII"),
    "admin/logout/": own(GET="SIIIIIIIMM", POST=PEOPLE),
    "admin/password_change/": people("GET", "POST"),
}
