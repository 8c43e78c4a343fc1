"""Every route by every method as everybody (P20): read from the router, so a new route is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest
from django.urls import get_resolver
from django.utils import timezone
from pytest_django import Settings

from alliances.enums import Country, Kind, MembershipState, TeamRole
from alliances.models import Agency, AllianceLink, Need, Offer, Organization, TeamMember
from alliances.models.alliance import LINK_LIFE
from matchmaking.enums import Answer, TokenScope
from matchmaking.enums import RecommendationState as S
from matchmaking.models import ApiToken, Introduction, Recommendation, Response, Webhook
from matchmaking.services.tokens import staff_token_issue, token_issue, token_revoke
from tests.factories import make_membership, make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.introductions.scenes import Couple, make_couples
from tests.matchmaking.webhooks.scenes import listen, make_delivery

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# What each route takes, and whether it names one object.
ROUTES = {
    "topics/": ({"GET"}, False),
    "organizations/": ({"GET"}, False),
    "organizations/<slug:code>/": ({"GET", "PATCH"}, True),
    # The lists are of one organization, which is somebody's.
    "organizations/<slug:code>/needs/": ({"GET", "POST"}, True),
    "organizations/<slug:code>/needs/<slug:slug>/": ({"GET", "PATCH", "DELETE"}, True),
    "organizations/<slug:code>/offers/": ({"GET", "POST"}, True),
    "organizations/<slug:code>/offers/<slug:slug>/": ({"GET", "PATCH", "DELETE"}, True),
    "recommendations/": ({"GET"}, False),
    "recommendations/<uuid:public_id>/": ({"GET"}, True),
    "recommendations/<uuid:public_id>/answer/": ({"POST"}, True),
    "introductions/": ({"GET"}, False),
    "introductions/<uuid:public_id>/": ({"GET"}, True),
    "directory/": ({"GET"}, False),
    "directory/<slug:code>/": ({"GET"}, True),
    "alliances/": ({"GET"}, False),
    "alliances/<slug:code>/": ({"GET"}, True),
    "alliances/<slug:code>/members/": ({"GET", "POST"}, True),
    "alliances/<slug:code>/members/<slug:member>/": ({"GET", "PATCH"}, True),
    "alliances/<slug:code>/recommendations/": ({"GET"}, True),
    "alliances/<slug:code>/recommendations/<uuid:public_id>/": ({"GET", "PATCH"}, True),
    "organizations/<slug:code>/alliances/": ({"GET", "POST"}, True),
    "organizations/<slug:code>/alliances/<slug:alliance>/": ({"GET", "PATCH"}, True),
    "exports/recommendations/": ({"GET"}, False),
    "exports/introductions/": ({"GET"}, False),
    "exports/alliances/<slug:code>/report/": ({"GET"}, True),
    "agencies/": ({"GET"}, False),
    "agencies/<slug:slug>/": ({"GET"}, True),
    "webhooks/": ({"GET", "POST"}, False),
    "webhooks/<uuid:public_id>/": ({"GET", "PATCH", "DELETE"}, True),
    "webhooks/<uuid:public_id>/secret/": ({"POST"}, True),
    "webhooks/<uuid:public_id>/deliveries/": ({"GET"}, True),
    "webhooks/<uuid:public_id>/deliveries/<uuid:event_id>/": ({"GET"}, True),
    "webhooks/<uuid:public_id>/deliveries/<uuid:event_id>/replay/": ({"POST"}, True),
}
# What everybody reads alike whose organization is approved; to others it is closed.
LISTED = {"directory/", "directory/<slug:code>/", "alliances/", "alliances/<slug:code>/"}
# The same for all.
SHARED = {"agencies"}
# Of what the member is recommended, whose alliance asks for it.
RECOMMENDATION = "2b1d3f60-7a51-4f0e-9c57-0d9a3c1e5b77"
# Deleted last, so that the other calls find what they are about.
LAST = ("webhooks/<uuid:public_id>/", "DELETE")
# Open to all, since they hold no data.
OPEN = {"schema/", "docs/", "docs/first-match/"}
BODIES: dict[str, dict[str, dict[str, object]]] = {
    "PATCH": {
        "organizations": {"region": "OR"},
        "needs": {"priority": 3},
        "offers": {"maturity": 3},
        "alliances": {"state": "lapsed"},
        "members": {"state": "lapsed"},
        "recommendations": {"sponsored": True},
        "webhooks": {"enabled": True},
    },
    "POST": {
        "alliances": {"link": "of-the-union"},
        "members": {"member": "cn-harbin"},
        "recommendations": {"answer": "interested"},
        "needs": {"topic": "e-bus", "priority": 1},
        "offers": {"topic": "e-bus", "maturity": 1},
    },
}
RECEIVER = "http://localhost:9"
DELIVERY = "8d6a2f0e-5c1c-4a0e-9d1b-2f8a4a7c1d3e"


def body_of(route: str, method: str) -> dict[str, object] | None:
    """What is sent; the same to whom it is refused."""
    if (route, method) == ("webhooks/", "POST"):
        code = Webhook.objects.get(deliveries__event_id=DELIVERY).organization.code
        return {"organization": code, "url": f"{RECEIVER}/new", "events": ["introduction.made"]}
    parts = ("needs", "offers", "members", "alliances", "recommendations")
    what = next((one for one in parts if f"/{one}/" in route), resource(route))
    return BODIES.get(method, {}).get(what)


class Rights(NamedTuple):
    """How calls are answered: lists, own objects, an introduction, writes, methods that are not taken,
    the directory, the members of an alliance, and what is for an organization's owners: to read, to write,
    to add."""

    lists: int
    objects: int
    introduction: int
    writes: int
    others: int
    directory: int = 200
    members: int = 404
    webhook: int = 404
    webhook_writes: int = 404
    webhook_new: int = 404


NOBODY = Rights(401, 401, 401, 401, 401, 401, 401, 401, 401, 401)
OWNER = Rights(200, 200, 200, 200, 405, webhook=200, webhook_writes=200, webhook_new=201)
WRITER = Rights(200, 200, 200, 200, 405, webhook_new=403)
READ_TOKEN = Rights(200, 200, 200, 403, 403, webhook_writes=403, webhook_new=403)
ROLES = {
    "anonymous": NOBODY,
    "expired token": NOBODY,
    "revoked token": NOBODY,
    "token of a person who left the team": NOBODY,
    "token of an inactive person": NOBODY,
    "owner's token": OWNER,
    "owner's session": OWNER,
    "owner's read token": READ_TOKEN._replace(webhook=200),
    "editor's token": WRITER,
    "editor's session": WRITER,
    "editor's read token": READ_TOKEN,
    # Made as an editor, who is a viewer now.
    "viewer's token": READ_TOKEN,
    "viewer's session": Rights(200, 200, 200, 403, 405, webhook_new=403),
    "alliance's token": Rights(200, 404, 404, 404, 405, members=200),
    # The other side of the pair: the introduction is theirs too.
    "other organization's token": Rights(200, 404, 200, 404, 405),
    "staff session": Rights(200, 404, 404, 404, 405, directory=403),
    # Of a person of the staff who is in the team as well: it opens nothing of the team's.
    "staff token": Rights(200, 404, 404, 404, 405, directory=403),
    "staff read token": Rights(200, 404, 404, 403, 403, directory=403, webhook_writes=403, webhook_new=403),
}


@dataclass
class World:
    """A pair, introduced by its first recommendation; a second one is open, so that all can be asked for."""

    couple: Couple
    introduction: Introduction
    league: Organization
    webhook: Webhook

    @property
    def own(self) -> dict[str, str]:
        return {
            "organizations": self.couple.us.organization.code,
            "recommendations": str(self.couple.us.recommendation.public_id),
            "introductions": str(self.introduction.public_id),
            "directory": self.couple.us.organization.code,
            "alliances": self.league.code,
            "exports": self.league.code,
            "agencies": "cn-most",
            "webhooks": str(self.webhook.public_id),
        }


@pytest.fixture
def world(settings: Settings) -> World:
    settings.WEBHOOK_TEST_RECEIVERS = [RECEIVER]
    (couple,) = make_couples(1)
    Response.objects.create(pair=couple.pair, organization=couple.us.organization, answer=Answer.INTERESTED)
    Response.objects.create(pair=couple.pair, organization=couple.cn.organization, answer=Answer.INTERESTED)
    Recommendation.objects.filter(pair=couple.pair).update(state=S.INTERESTED)
    couple.us.recommendation.public_id = RECOMMENDATION
    couple.us.recommendation.save(update_fields=["public_id"])
    make_topic("e-bus")
    for side in (couple.us, couple.cn):
        Need.objects.create(organization=side.organization, topic=make_topic("sponge-city"))
        Offer.objects.create(organization=side.organization, topic=make_topic("sponge-city"))
    Agency.objects.create(slug="cn-most", country=Country.CN, name_en="Science", name_zh="科学技术部")
    make_organization("cn-harbin", country=Country.CN)
    league = make_organization("cn-league", kind=Kind.ALLIANCE, country=Country.CN)
    for member in (couple.us.organization, make_organization("us-member")):
        make_membership(league, member, state=MembershipState.CONFIRMED)
    make_team_member(league)
    AllianceLink.objects.create(
        alliance=make_organization(kind=Kind.ALLIANCE),
        token="of-the-union",
        expires_at=timezone.now() + LINK_LIFE,
    )
    webhook = listen(couple.us.organization)
    make_delivery(webhook, event_id=DELIVERY, state="failed")
    return World(couple, Introduction.objects.create(pair=couple.pair), league, webhook)


TOKENS = {
    "owner's token": TokenScope.WRITE,
    "owner's read token": TokenScope.READ,
    "editor's token": TokenScope.WRITE,
    "editor's read token": TokenScope.READ,
}


def caller(role: str, world: World) -> Caller:
    organization = world.couple.us.organization
    if role.startswith(("owner's", "editor's")):
        person = make_team_member(organization).user if role[0] == "o" else world.couple.us.person
        return program(organization, person, TOKENS[role]) if role in TOKENS else Caller(user=person)
    viewer = make_team_member(organization, role=TeamRole.EDITOR).user
    match role:
        case "anonymous":
            return Caller()
        case "alliance's token" | "other organization's token":
            other = world.league if "alliance" in role else world.couple.cn.organization
            return program(other, other.team_members.get().user)
        case "staff session":
            return Caller(user=make_user(is_staff=True, is_superuser=True))
        case "staff token" | "staff read token":
            return staff_program(organization, "read" in role)
    issued = token_issue(organization, name="Test", scope=TokenScope.WRITE, days=30, by=viewer)
    team = TeamMember.objects.filter(user=viewer)
    match role:
        case "expired token":
            ApiToken.objects.update(expires_at=issued.token.created_at)
        case "revoked token":
            token_revoke(issued.token, by=viewer)
        case "token of a person who left the team":
            team.delete()
        case "token of an inactive person":
            viewer.is_active = False
            viewer.save()
        case "viewer's token" | "viewer's session":
            # The token was made as an editor.
            team.update(role=TeamRole.VIEWER)
    return Caller(user=viewer) if role == "viewer's session" else Caller(token=issued.words)


def staff_program(organization: Organization, reads: bool) -> Caller:
    colleague = make_user(is_staff=True, is_superuser=True)
    make_team_member(organization, colleague)
    scope = TokenScope.STAFF_READ if reads else TokenScope.STAFF_WRITE
    return Caller(token=staff_token_issue(name="Test", scope=scope, days=30, by=colleague).words)


def resource(route: str) -> str:
    return route.split("/")[0]


def path_of(route: str, value: str) -> str:
    recommendation = RECOMMENDATION if resource(route) == "alliances" else value
    filled = route.replace("<slug:code>", value).replace("<uuid:public_id>", recommendation)
    filled = filled.replace("<slug:member>", "us-member").replace("<slug:alliance>", "cn-league")
    filled = filled.replace("<slug:slug>", value if resource(route) == "agencies" else "sponge-city")
    return "/" + filled.replace("<uuid:event_id>", DELIVERY)


def declared() -> set[str]:
    """The routes that there are."""
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/"]
    found = set()
    for pattern in api.url_patterns:  # type: ignore[union-attr]
        inner = getattr(pattern, "url_patterns", [pattern])
        found |= {str(one.pattern) for one in inner}
    return found


def test_every_route_is_decided() -> None:
    # Those of the staff are in `staff.test_access`.
    assert {route for route in declared() if not route.startswith("staff/")} == ROUTES.keys() | OPEN


def right_answer(rights: Rights, route: str, method: str) -> int:
    taken, is_detail = ROUTES[route]
    if route not in LISTED and route.startswith(("alliances", "exports/alliances")):
        # Its own team reads and writes all of it, others nothing.
        writes = rights.members if rights.others == 405 else rights.writes
        rights = rights._replace(objects=rights.members, writes=writes)
    if method not in taken:
        # What only asks is no write.
        return 405 if method in ("GET", "OPTIONS") and rights.others != 401 else rights.others
    if resource(route) == "webhooks" and is_detail:
        asked = rights.webhook if method == "GET" else rights.webhook_writes
        return 204 if (method, asked) == ("DELETE", 200) else asked
    if (route, method) == ("webhooks/", "POST"):
        return rights.webhook_new
    if method != "GET":
        done = {"PATCH": 200, "DELETE": 204}.get(method, 200 if route.endswith("answer/") else 201)
        return done if rights.writes == 200 else rights.writes
    if route in LISTED:
        return rights.directory
    if not is_detail or resource(route) in SHARED:
        return rights.lists
    return rights.introduction if resource(route) == "introductions" else rights.objects


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_answered_as_decided(world: World, role: str) -> None:
    asks = caller(role, world)
    cells = [(route, method) for route in ROUTES for method in METHODS]
    cells.sort(key=lambda cell: cell == LAST)
    answers = {
        (route, method): asks.call(
            method, path_of(route, world.own.get(resource(route), "")), body_of(route, method)
        ).status_code
        for route, method in cells
    }
    assert answers == {(route, method): right_answer(ROLES[role], route, method) for route, method in cells}


NOWHERE = {
    "alliances": "no-such-code",
    "exports": "no-such-code",
    "organizations": "no-such-code",
    "recommendations": "6f1b1b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e",
    "introductions": "6f1b1b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e",
    "webhooks": "6f1b1b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e",
}


@pytest.mark.parametrize(
    "role", ["owner's token", "editor's token", "editor's session", "viewer's session", "staff session"]
)
def test_what_is_somebody_elses_equals_what_does_not_exist(world: World, role: str) -> None:
    asks = caller(role, world)
    other = world.couple.cn
    theirs = {
        "organizations": other.organization.code,
        "alliances": world.league.code,
        "exports": world.league.code,
        "recommendations": str(other.recommendation.public_id),
        "introductions": make_strangers_introduction(),
        "webhooks": str(listen(other.organization).public_id),
    }
    for route, (taken, is_detail) in ROUTES.items():
        for method in taken if is_detail and route not in LISTED and resource(route) not in SHARED else ():
            foreign, missing = (
                asks.call(method, path_of(route, ids[resource(route)]), body_of(route, method))
                for ids in (theirs, NOWHERE)
            )
            assert (foreign.status_code, foreign.content) == (404, missing.content), (method, route)
            assert missing.json() == {
                "type": "about:blank",
                "title": "Not found",
                "status": 404,
                "detail": "There is nothing here, or it is not open to you.",
                "code": "not_found",
                "message": "There is nothing here, or it is not open to you.",
                "field": None,
                "request_id": "",
            }
            assert missing.headers["X-Request-Id"] != foreign.headers["X-Request-Id"]


def make_strangers_introduction() -> str:
    (couple,) = make_couples(1)
    couple.us.say(Answer.INTERESTED)
    made = couple.cn.say(Answer.INTERESTED).introduction
    assert made is not None
    return str(made.public_id)


def test_nothing_was_written_by_those_who_may_not(world: World) -> None:
    path = f"/organizations/{world.own['organizations']}/"
    for role, rights in ROLES.items():
        if rights.writes != 200:
            assert caller(role, world).patch(path, {"region": "XX"})[0] == rights.writes
    assert Organization.objects.filter(region="XX").count() == 0


def test_unsafe_call_by_session_needs_the_forms_token(world: World) -> None:
    asks = Caller(user=world.couple.us.person)
    asks.client.handler.enforce_csrf_checks = True
    status, body = asks.patch(f"/organizations/{world.own['organizations']}/", {"region": "OR"})
    assert (status, body["code"]) == (403, "permission_denied")
    by_token = program(world.couple.us.organization, world.couple.us.person)
    by_token.client.handler.enforce_csrf_checks = True
    assert by_token.patch(f"/organizations/{world.own['organizations']}/", {"region": "OR"})[0] == 200
