"""Every route by every method as everybody (P20): read from the router, so a new route is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest
from django.urls import get_resolver
from pytest_django import Settings

from alliances.enums import TeamRole
from alliances.models import Need, Offer, Organization, TeamMember
from matchmaking.enums import Answer, TokenScope
from matchmaking.enums import RecommendationState as S
from matchmaking.models import ApiToken, Introduction, Recommendation, Response, Webhook
from matchmaking.services.tokens import staff_token_issue, token_issue, token_revoke
from tests.factories import make_team_member, make_topic, make_user
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
    "staff/organizations/": ({"GET"}, False),
    "staff/organizations/<slug:code>/": ({"GET"}, True),
    "introductions/<uuid:public_id>/": ({"GET"}, True),
    "webhooks/": ({"GET", "POST"}, False),
    "webhooks/<uuid:public_id>/": ({"GET", "PATCH", "DELETE"}, True),
    "webhooks/<uuid:public_id>/secret/": ({"POST"}, True),
    "webhooks/<uuid:public_id>/deliveries/": ({"GET"}, True),
    "webhooks/<uuid:public_id>/deliveries/<uuid:event_id>/": ({"GET"}, True),
    "webhooks/<uuid:public_id>/deliveries/<uuid:event_id>/replay/": ({"POST"}, True),
}
# Deleted last, so that the other calls find what they are about.
LAST = ("webhooks/<uuid:public_id>/", "DELETE")
# Open to all, since they hold no data.
OPEN = {"schema/", "docs/"}
BODIES: dict[str, dict[str, dict[str, object]]] = {
    "PATCH": {
        "organizations": {"region": "OR"},
        "needs": {"priority": 3},
        "offers": {"maturity": 3},
        "webhooks": {"enabled": True},
    },
    "POST": {
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
    what = next((one for one in ("needs", "offers") if one in route), resource(route))
    return BODIES.get(method, {}).get(what)


class Rights(NamedTuple):
    """How calls are answered: lists, own objects, an introduction, writes, methods that are not taken,
    what is for the staff, and what is for an organization's owners: to read, to write, to add."""

    lists: int
    objects: int
    introduction: int
    writes: int
    others: int
    staff: int = 404
    webhook: int = 404
    webhook_writes: int = 404
    webhook_new: int = 404


NOBODY = Rights(401, 401, 401, 401, 401, 401, 401, 401, 401)
OWNER = Rights(200, 200, 200, 200, 405, 404, 200, 200, 201)
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
    # The other side of the pair: the introduction is theirs too.
    "other organization's token": Rights(200, 404, 200, 404, 405),
    "staff session": Rights(200, 404, 404, 404, 405),
    # Of a person of the staff who is in the team as well: it opens nothing of the team's.
    "staff token": Rights(200, 404, 404, 404, 405, 200),
    "staff read token": Rights(200, 404, 404, 403, 403, 200, 404, 403, 403),
}


@dataclass
class World:
    """A pair, introduced by its first recommendation; a second one is open, so that all can be asked for."""

    couple: Couple
    introduction: Introduction
    webhook: Webhook

    @property
    def own(self) -> dict[str, str]:
        return {
            "organizations": self.couple.us.organization.code,
            "staff": self.couple.us.organization.code,
            "recommendations": str(self.couple.us.recommendation.public_id),
            "introductions": str(self.introduction.public_id),
            "webhooks": str(self.webhook.public_id),
        }


@pytest.fixture
def world(settings: Settings) -> World:
    settings.WEBHOOK_TEST_RECEIVERS = [RECEIVER]
    (couple,) = make_couples(1)
    Response.objects.create(pair=couple.pair, organization=couple.us.organization, answer=Answer.INTERESTED)
    Response.objects.create(pair=couple.pair, organization=couple.cn.organization, answer=Answer.INTERESTED)
    Recommendation.objects.filter(pair=couple.pair).update(state=S.INTERESTED)
    make_topic("e-bus")
    for side in (couple.us, couple.cn):
        Need.objects.create(organization=side.organization, topic=make_topic("sponge-city"))
        Offer.objects.create(organization=side.organization, topic=make_topic("sponge-city"))
    webhook = listen(couple.us.organization)
    make_delivery(webhook, event_id=DELIVERY, state="failed")
    return World(couple, Introduction.objects.create(pair=couple.pair), webhook)


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
        case "other organization's token":
            return program(world.couple.cn.organization, world.couple.cn.person)
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
    filled = route.replace("<slug:code>", value).replace("<uuid:public_id>", value)
    return "/" + filled.replace("<slug:slug>", "sponge-city").replace("<uuid:event_id>", DELIVERY)


def declared() -> set[str]:
    """The routes that there are."""
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/"]
    found = set()
    for pattern in api.url_patterns:  # type: ignore[union-attr]
        inner = getattr(pattern, "url_patterns", [pattern])
        found |= {str(one.pattern) for one in inner}
    return found


def test_every_route_is_decided() -> None:
    assert declared() == ROUTES.keys() | OPEN


def right_answer(rights: Rights, route: str, method: str) -> int:
    taken, is_detail = ROUTES[route]
    if resource(route) == "staff" and (method in ("GET", "OPTIONS") or rights.others == 405):
        return 405 if rights.staff == 200 and method != "GET" else rights.staff
    if method not in taken:
        # What only asks is no write.
        return 405 if method in ("GET", "OPTIONS") and rights.others != 401 else rights.others
    if resource(route) == "webhooks" and is_detail:
        asked = rights.webhook if method == "GET" else rights.webhook_writes
        return 204 if (method, asked) == ("DELETE", 200) else asked
    if (route, method) == ("webhooks/", "POST"):
        return rights.webhook_new
    if method != "GET":
        done = {"DELETE": 204}.get(method, 201 if route.endswith(("needs/", "offers/")) else 200)
        return done if rights.writes == 200 else rights.writes
    if not is_detail:
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
    "staff": "no-such-code",
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
        "staff": other.organization.code,
        "recommendations": str(other.recommendation.public_id),
        "introductions": make_strangers_introduction(),
        "webhooks": str(listen(other.organization).public_id),
    }
    for route, (taken, is_detail) in ROUTES.items():
        for method in taken if is_detail else ():
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
