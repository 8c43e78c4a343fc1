"""Every route × method × role × mine or a stranger's, as the table decides (P20); an undecided one fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from matchmaking import urls as site
from matchmaking.models import Recommendation
from matchmaking.models.recommendation import RecommendationQuerySet
from matchmaking.models.webhook import WebhookQuerySet
from tests.matchmaking.security.rules import ALL_METHODS, BODIES, PEOPLE, ROLES, RULES
from tests.matchmaking.security.world import Things, World, body_of, make_world, path_of, routes
from tests.sizes import TEST_SIZE

pytestmark = pytest.mark.django_db

LETTERS = {401: "S", 403: "F", 404: "N", 405: "M", 500: "!"}
SIGN_IN = ("/accounts/login/", "/admin/login/")
PROOF = ("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/password/reset/")
# Parts of the site, each a test of its own.
PARTS = ("accounts/", "admin/", "api/", "")


def letter(response: Any) -> str:
    """How somebody was answered, as the table writes it."""
    if response.status_code in (301, 302):
        to = response.headers["Location"]
        return "S" if to.startswith(SIGN_IN) else "P" if to.startswith(PROOF) else "I"
    return LETTERS.get(response.status_code, "I")


class Visitor:
    """A browser that forgets after each request what that request did to its session."""

    def __init__(self, user: Any) -> None:
        self.client = Client(raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.cookies = {name: one.value for name, one in self.client.cookies.items()}

    def asks(self, method: str, route: str, things: Things) -> str:
        """The answer's letter; what it changed is taken back."""
        self.client.cookies = SimpleCookie(self.cookies)
        body = body_of(route, BODIES.get(route, {}), things)
        with transaction.atomic():
            address = path_of(route, things)
            if route.startswith("api/"):
                sent, headers = json.dumps(body) if body else "", {"if-match": "*"}
                response = self.client.generic(method, address, sent, "application/json", headers=headers)
            elif method == "POST":
                response = self.client.post(address, body)
            else:
                response = self.client.generic(method, address)
            transaction.set_rollback(True)
        return letter(response)


def methods(route: str) -> tuple[str, ...]:
    """Those that are tried. Outside the API, those that no page takes are left to the full size."""
    if route.startswith("admin/"):
        return ("GET", "POST")
    return ALL_METHODS if route.startswith("api/") or TEST_SIZE == "full" else ("GET", "POST")


def cells(part: str) -> Iterator[tuple[str, str, bool]]:
    """Every (route, method, mine) of a part of the site."""
    for route in sorted(set(routes())):
        if next(one for one in PARTS if route.startswith(one)) == part:
            for method in methods(route):
                yield route, method, True
                # A method that is not taken is not taken of anybody's; full size asks all the same.
                taken = method in RULES[route].theirs or TEST_SIZE == "full"
                if taken and "<" in route and part != "admin/":
                    yield route, method, False


def wrong(part: str, world: World, about: str = "") -> list[tuple[str, str, bool, str, str]]:
    """The rows of routes about this that are not as decided: route, method, mine, decided, answered."""
    visitors = [Visitor(world.people[role]) for role in ROLES]
    found = []
    for route, method, mine in cells(part):
        if about not in route:
            continue
        things = world.mine if mine else world.theirs
        answered = "".join(visitor.asks(method, route, things) for visitor in visitors)
        decided = RULES[route].row(method, mine)
        if answered != decided:
            found.append((route, method, mine, decided, answered))
    return found


def undecided() -> set[str]:
    """Routes that the table does not have, and lines of the table that no route has."""
    return set(routes()) ^ RULES.keys()


def test_every_route_is_decided() -> None:
    assert undecided() == set()


@pytest.mark.parametrize("part", PARTS)
def test_every_cell_is_answered_as_decided(part: str) -> None:
    assert wrong(part, make_world()) == []


# --- Controls: what the matrix would find ---------------------------------------------------------


@login_not_required
def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello")


urlpatterns = [path("forgotten/", forgotten), *site.urlpatterns]


@pytest.mark.urls(__name__)
def test_a_route_that_nobody_decided_is_found() -> None:
    assert undecided() == {"forgotten/"}


def test_a_guard_that_is_taken_away_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(self: RecommendationQuerySet, user: object) -> RecommendationQuerySet:
        return self

    monkeypatch.setattr(RecommendationQuerySet, "visible_to", everything)
    found = {(route, method, mine) for route, method, mine, _decided, _answered in wrong("", make_world())}
    assert ("recommendations/<uuid:public_id>/", "GET", False) in found
    assert ("introductions/<uuid:public_id>/", "GET", False) not in found
    assert Recommendation.objects.count() > 0


@pytest.mark.parametrize(
    ("part", "route", "answered"),
    [
        # The API asks as well whom the request acts for.
        ("api/", "api/v1/webhooks/<uuid:public_id>/", {True: "SNNIIINNNN"}),
        ("", "organization/webhooks/<uuid:public_id>/", {True: PEOPLE, False: PEOPLE}),
    ],
)
def test_a_guard_of_the_owners_that_is_taken_away_is_found(
    monkeypatch: pytest.MonkeyPatch, part: str, route: str, answered: dict[bool, str]
) -> None:
    def everything(self: WebhookQuerySet, user: object) -> WebhookQuerySet:
        return self

    monkeypatch.setattr(WebhookQuerySet, "visible_to", everything)
    found = wrong(part, make_world(), "webhooks/")
    read = {mine: letters for name, how, mine, _decided, letters in found if (name, how) == (route, "GET")}
    assert read == answered
