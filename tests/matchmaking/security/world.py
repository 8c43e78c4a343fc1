"""Two sets of the same things, mine and a stranger's, and everybody who might ask for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver

from alliances.enums import Country, Kind, MembershipState, OrganizationState, TeamRole
from alliances.models import Agency, AllianceLink, ChallengeArea, Need, Offer, Organization, User
from alliances.services.memberships import link_make
from alliances.services.registration import Step
from alliances.services.uploads import keep_upload
from matchmaking.enums import Answer, DeliveryState, TokenScope
from matchmaking.models import Introduction, Pair, Response, WebhookDelivery
from matchmaking.services.roles import load_roles
from matchmaking.services.subscriptions import unsubscribe_token
from matchmaking.services.tokens import token_issue
from tests.factories import (
    make_claim,
    make_hit,
    make_membership,
    make_organization,
    make_team_member,
    make_topic,
    make_user,
)
from tests.matchmaking.admin.test_desk import make_mail
from tests.matchmaking.introductions.scenes import Couple, Side, make_couples
from tests.matchmaking.webhooks.scenes import listen, make_delivery

MEMBERS = b"name,email\nRivertown,someone@test.example\n"


@dataclass
class Things:
    """What somebody has, and the arguments of addresses that name it."""

    side: Side
    alliance: Organization
    introduction: Introduction
    link: AllianceLink
    digest: str
    delivery: WebhookDelivery

    def argument(self, route: str, name: str) -> str:
        """What stands for this argument in this route. A new argument is declared here."""
        if name == "code":
            is_alliances = "alliance" in route.partition("<slug:code>")[0]
            return (self.alliance if is_alliances else self.side.organization).code
        if name == "public_id":
            if "webhooks/" in route:
                return str(self.delivery.webhook.public_id)
            of = self.introduction if "introductions/" in route else self.side.recommendation
            return str(of.public_id)
        if name == "token":
            mailed = route.startswith("unsubscribe/")
            return unsubscribe_token(self.side.person) if mailed else self.link.token
        if name == "slug":
            if "agencies/" in route:
                return "cn-most"
            return ChallengeArea.objects.all()[0].slug if route.startswith("areas/") else "sponge-city"
        return {
            "alliance": self.alliance.code,
            "member": self.side.organization.code,
            "event_id": str(self.delivery.event_id),
            "digest": self.digest,
            "step": Step.TOPICS.value,
            "key": "0:x",
            "name": "1",
            "pk": "1",
        }[name]


@dataclass
class World:
    """`people` by role; nobody where it is None."""

    mine: Things
    theirs: Things
    people: Mapping[str, User | None] = field(default_factory=dict)


def make_world() -> World:
    """The viewer, the editor and the owner are of a city and of its alliance, whose member it is.

    The stranger is an editor of such a city and such an alliance.
    """
    (us, other, third) = make_couples(3)
    make_topic("sponge-city")
    # The two sides of one recommendation have each their own: that of the other is somebody else's.
    mine, theirs = _things(us.us, third), _things(other.us, third)
    viewer, editor, owner = _people(mine)
    Agency.objects.create(slug="cn-most", country=Country.CN, name_en="Science", name_zh="科学技术部")
    # Rows for the desk's pages.
    make_hit()
    make_mail(1)
    make_claim(mine.side.organization)
    token_issue(mine.side.organization, name="CRM", scope=TokenScope.READ, days=30, by=editor)
    unapproved = make_organization(state=OrganizationState.SUBMITTED)
    load_roles()
    reviewer = make_user(is_staff=True)
    reviewer.groups.add(Group.objects.get(name="Reviewer"))
    people = {
        "anonymous": None,
        "unverified": make_user(),
        "unapproved": make_team_member(unapproved).user,
        "viewer": viewer,
        "editor": editor,
        "owner": owner,
        "neighbour": make_team_member(make_organization(), role=TeamRole.OWNER).user,
        "abroad": us.cn.person,
        "reviewer": reviewer,
        "superuser": make_user(is_staff=True, is_superuser=True),
    }
    return World(mine, theirs, people)


def _things(side: Side, third: Couple) -> Things:
    """All of a side; introduced to somebody who asks for nothing."""
    for model in (Need, Offer):
        model.objects.create(organization=side.organization, topic=make_topic("sponge-city"))
    other = third.cn.organization
    pair = Pair.objects.create(low=side.organization, high=other)
    for organization in (side.organization, other):
        Response.objects.create(pair=pair, organization=organization, answer=Answer.INTERESTED)
    alliance = make_organization(kind=Kind.ALLIANCE)
    make_membership(alliance, side.organization, state=MembershipState.CONFIRMED)
    officer = make_team_member(alliance, side.person, role=TeamRole.EDITOR).user
    return Things(
        side,
        alliance,
        Introduction.objects.create(pair=pair),
        link_make(alliance, actor=officer),
        keep_upload(MEMBERS, name="members.csv", user=officer).digest,
        make_delivery(listen(side.organization), state=DeliveryState.FAILED),
    )


def _people(mine: Things) -> tuple[User, User, User]:
    viewer, owner = make_user(), make_user()
    for organization in (mine.side.organization, mine.alliance):
        make_team_member(organization, viewer, role=TeamRole.VIEWER)
        make_team_member(organization, owner, role=TeamRole.OWNER)
    return viewer, mine.side.person, owner


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every route of the site, as the resolver has it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route


ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)|\(([^)]*)\)")
AT_THE_DESK = {
    "app_label": "alliances",
    "table": "exposure",
    # Nothing of this kind is there.
    "url": "nowhere",
    "digest": "0" * 64,
    "import_id": "0",
}


def path_of(route: str, things: Things) -> str:
    """The address of a route, for these things."""
    desk = route.startswith("admin/")
    row = _row_of(route) if desk else ""
    # A page of a row's history names the row, then the version; neither has a name in the route.
    unnamed = iter((row, _version_of(route, row) if desk else ""))

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2] or ""
        if not desk:
            return things.argument(route, name)
        if name == "organization_id":
            return str(things.side.recommendation.seeker_id)
        return AT_THE_DESK.get(name, row) if name else next(unnamed)

    return "/" + re.sub(r"[\^$]|\\Z", "", ARGUMENT.sub(value, route))


def body_of(route: str, body: Mapping[str, Any], things: Things) -> dict[str, Any]:
    """What is sent to a route, for these things."""

    def value(found: re.Match[str]) -> str:
        return things.argument(route, found[1])

    return {name: ARGUMENT.sub(value, one) if isinstance(one, str) else one for name, one in body.items()}


def _model_of(route: str) -> Any:
    """The model that a page of the desk is about; None where it is about none."""
    _admin, app, model, *_rest = [*route.split("/"), "", ""]
    return next((one for one in site._registry if one._meta.label_lower == f"{app}.{model}"), None)


def _row_of(route: str) -> str:
    """The model's first row; 0 where there is none."""
    model = _model_of(route)
    pks = model._default_manager.order_by("pk").values_list("pk", flat=True)[:1] if model else []
    return str(next(iter(pks), 0))


def _version_of(route: str, row: str) -> str:
    """The first version of this row that its history has; 0 where there is none."""
    history = getattr(_model_of(route), "history", None)
    versions = history.filter(id=row).order_by("history_id") if history else []
    return str(next((one.history_id for one in versions), 0))
