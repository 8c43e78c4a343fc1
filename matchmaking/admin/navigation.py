"""The curation desk's side bar, in the order of the work."""

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from alliances.admin.endorsements import ENDORSEMENTS, may_see_endorsements
from alliances.models import (
    Agency,
    Alliance,
    ChallengeArea,
    City,
    Firm,
    ReferenceAlliance,
    RegisterEvent,
    ScreeningHit,
    ScreeningList,
    TeamClaim,
    Topic,
    User,
)
from matchmaking.admin.analytics import may_view_analytics
from matchmaking.models import (
    ApiToken,
    BulkMove,
    CurationEvent,
    Exclusion,
    Introduction,
    JurisdictionRule,
    MatchRun,
    OutboxEmail,
    Pin,
    Recommendation,
    Response,
    ScoringPolicy,
    Webhook,
    WorkItem,
)

ICONS: dict[type[Model], str] = {
    WorkItem: "inbox",
    BulkMove: "checklist",
    City: "location_city",
    Firm: "factory",
    Alliance: "hub",
    TeamClaim: "person_add",
    ScreeningHit: "policy",
    ScreeningList: "playlist_remove",
    ChallengeArea: "category",
    Topic: "label",
    Agency: "account_balance",
    ReferenceAlliance: "menu_book",
    MatchRun: "play_circle",
    Recommendation: "recommend",
    Response: "how_to_vote",
    Introduction: "handshake",
    Exclusion: "block",
    Pin: "keep",
    ScoringPolicy: "balance",
    JurisdictionRule: "gavel",
    OutboxEmail: "outgoing_mail",
    Webhook: "webhook",
    User: "group",
    ApiToken: "key",
    RegisterEvent: "history",
    CurationEvent: "fact_check",
}

FIGURES = "admin:matchmaking_recommendation_analytics"


def navigation(request: HttpRequest) -> list[dict[str, object]]:
    """Groups of pages; a page that the person may not view is left out."""
    own: dict[str, list[dict[str, object]]] = {
        _("Figures"): [
            {
                "title": _("Analytics"),
                "icon": "monitoring",
                "link": reverse(FIGURES),
                "permission": lambda request: may_view_analytics(request.user),
            }
        ],
        _("Reference"): [
            {
                "title": ENDORSEMENTS,
                "icon": "account_tree",
                "link": reverse("admin:alliances_agency_endorsements"),
                "permission": may_see_endorsements,
            }
        ],
    }
    groups: list[tuple[str, list[type[Model]]]] = [
        (_("Work"), [WorkItem, BulkMove]),
        (_("Figures"), []),
        (_("Register"), [City, Firm, Alliance, TeamClaim, ScreeningHit, ScreeningList]),
        (
            _("Matching"),
            [
                MatchRun,
                Recommendation,
                Response,
                Introduction,
                Exclusion,
                Pin,
                JurisdictionRule,
                ScoringPolicy,
            ],
        ),
        (_("Mail"), [OutboxEmail]),
        (_("Reference"), [ChallengeArea, Topic, Agency, ReferenceAlliance]),
        (_("Record"), [User, ApiToken, Webhook, RegisterEvent, CurationEvent]),
    ]
    return [
        {
            "title": title,
            "separator": True,
            "items": [*(_page(model, request) for model in models), *own.get(title, ())],
        }
        for title, models in groups
    ]


def _page(model: type[Model], request: HttpRequest) -> dict[str, object]:
    options = model._meta
    link = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    figures = reverse(FIGURES)
    return {
        "title": capfirst(str(options.verbose_name_plural)),
        "icon": ICONS[model],
        "link": link,
        # The figures have an entry of their own.
        "active": lambda request: request.path.startswith(link) and not request.path.startswith(figures),
        "permission": lambda request: request.user.has_perm(f"{options.app_label}.view_{options.model_name}"),
    }
