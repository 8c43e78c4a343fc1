"""How often a program may call: by person and scope, told on every answer, refused in both languages."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from alliances.enums import Country
from alliances.models import Organization, User
from matchmaking import settings as written
from matchmaking.api import throttles
from matchmaking.enums import TokenScope
from tests.factories import make_organization, make_team_member
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.webhooks.scenes import listen

pytestmark = pytest.mark.django_db

LIST = "/organizations/"
HOOK, EVENT = "<uuid:public_id>/", "<uuid:event_id>/"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time that the limits see: `clock.now`."""
    clock = SimpleNamespace(now=1_800_000_000)
    monkeypatch.setattr(throttles, "time", lambda: clock.now)
    return clock


@pytest.fixture
def limits(settings: Any, clock: SimpleNamespace) -> Callable[..., None]:
    def limit(**stated: int) -> None:
        settings.API_LIMITS = {**written.API_LIMITS, **stated}

    limit()
    return limit


@pytest.fixture
def person(organization: Organization) -> User:
    return make_team_member(organization).user


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def told(caller: Caller, path: str = LIST, method: str = "GET", body: object = None) -> tuple[int, str, str]:
    """The status, the limits and what is left of them."""
    response = caller.call(method, path, body)
    return response.status_code, response.headers["RateLimit-Policy"], response.headers["RateLimit"]


def test_limits_as_they_are_written() -> None:
    assert written.API_LIMITS == {
        "anon": 60, "user": 600, "answer": 60, "screening": 60, "import": 10, "export": 10, "run": 10,
        "webhook": 20,
    }  # fmt: skip


def test_every_answer_tells_what_is_left(
    limits: object, clock: SimpleNamespace, organization: Organization, person: User
) -> None:
    us = program(organization, person)
    policy = '"user";q=600;w=60'
    assert told(us) == (200, policy, '"user";r=599;t=60')
    clock.now += 7
    assert told(us, "/organizations/no-such/") == (404, policy, '"user";r=598;t=53')
    assert told(us, f"{LIST}?page=x") == (400, policy, '"user";r=597;t=53')
    assert told(us, LIST, "DELETE") == (405, policy, '"user";r=596;t=53')
    assert told(us, "/staff/organizations/") == (404, policy, '"user";r=595;t=53')
    us.headers["accept"] = "text/html"
    assert told(us) == (406, policy, '"user";r=594;t=53')
    clock.now += 53
    del us.headers["accept"]
    assert told(us) == (200, policy, '"user";r=599;t=60')


def test_who_names_nobody_is_counted_by_address(limits: object) -> None:
    policy = '"anon";q=60;w=60'
    assert told(Caller()) == (401, policy, '"anon";r=59;t=60')
    assert told(Caller(token="x")) == (401, policy, '"anon";r=58;t=60')
    wrong = Caller(token="x")
    wrong.headers["accept"] = "text/html"
    assert told(wrong) == (406, policy, '"anon";r=57;t=60')
    assert told(Caller(), "/schema/") == (200, policy, '"anon";r=56;t=60')
    assert told(Caller(), "/docs/") == (200, policy, '"anon";r=55;t=60')
    for address, left in (("203.0.113.7", 59), ("2001:db8::1", 59), ("2001:db8::2", 58)):
        response = Client(REMOTE_ADDR=address).get("/api/v1/topics/")
        assert response.headers["RateLimit"] == f'"anon";r={left};t=60'


def test_all_tokens_and_sessions_of_a_person_have_one_count(
    limits: Callable[..., None], organization: Organization, person: User
) -> None:
    limits(user=3)
    elsewhere = make_team_member(make_organization(), person).organization
    callers = [program(organization, person), program(elsewhere, person), Caller(user=person)]
    assert [caller.get(LIST)[0] for caller in callers * 2] == [200, 200, 200, 429, 429, 429]
    colleague = program(organization, make_team_member(organization).user)
    staff = staff_program(scope=TokenScope.STAFF_READ)
    assert [caller.get(LIST)[0] for caller in (colleague, staff)] == [200, 200]


def test_a_scope_is_counted_beside_the_rest(limits: Callable[..., None]) -> None:
    limits(answer=2)
    (couple,) = make_couples(1)
    us = program(couple.us.organization, couple.us.person)
    path = f"/recommendations/{couple.us.recommendation.public_id}/answer/"
    policy = '"user";q=600;w=60, "answer";q=2;w=60'
    answers = [told(us, path, "POST", {"answer": "interested"}) for _call in range(3)]
    assert answers == [
        (200, policy, '"user";r=599;t=60, "answer";r=1;t=60'),
        (200, policy, '"user";r=598;t=60, "answer";r=0;t=60'),
        (429, policy, '"user";r=598;t=60, "answer";r=0;t=60'),
    ]
    # What is not of the scope goes on.
    assert told(us) == (200, '"user";q=600;w=60', '"user";r=597;t=60')


def test_these_and_no_others_have_a_scope() -> None:
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/"]
    found: dict[str, dict[str, str]] = {}
    for pattern in api.url_patterns:  # type: ignore[union-attr]
        for one in getattr(pattern, "url_patterns", [pattern]):
            scopes = getattr(one.callback.cls, "scopes", {})
            methods = getattr(one.callback, "actions", {}).items()
            # A HEAD counts as its GET.
            named = [(method, action) for method, action in methods if method != "head"]
            if counted := {method: scopes[action] for method, action in named if action in scopes}:
                found[str(one.pattern)] = counted
    assert found == {
        "recommendations/<uuid:public_id>/answer/": {"post": "answer"},
        "exports/recommendations/": {"get": "export"},
        "exports/introductions/": {"get": "export"},
        "exports/alliances/<slug:code>/report/": {"get": "export"},
        "staff/runs/": {"post": "run"},
        "staff/policies/<int:pk>/preview/": {"post": "run"},
        "staff/screening/": {"post": "screening"},
        "staff/jurisdiction/": {"post": "screening"},
        "staff/imports/": {"post": "import"},
        "webhooks/": {"post": "webhook"},
        f"webhooks/{HOOK}": {"patch": "webhook", "delete": "webhook"},
        f"webhooks/{HOOK}secret/": {"post": "webhook"},
        f"webhooks/{HOOK}deliveries/{EVENT}replay/": {"post": "webhook"},
    }


def test_of_webhooks_what_writes_is_counted_beside_the_rest(
    limits: Callable[..., None], organization: Organization, person: User
) -> None:
    limits(webhook=1)
    us = program(organization, person)
    path = f"/webhooks/{listen(organization).public_id}/"
    policy = '"user";q=600;w=60, "webhook";q=1;w=60'
    assert [told(us, path, "PATCH", {"enabled": True})[:2] for _call in range(2)] == [
        (200, policy),
        (429, policy),
    ]
    assert [told(us, f"{path}{one}", "POST")[0] for one in ("secret/", f"deliveries/{uuid4()}/replay/")] == [
        429,
        429,
    ]
    assert [told(us, one)[:2] for one in (path, f"{path}deliveries/")] == [(200, '"user";q=600;w=60')] * 2


@pytest.mark.parametrize(
    ("scope", "path", "body"),
    [
        ("export", "/exports/recommendations/", None),
        ("screening", "/staff/screening/", {"names": ["Wichita Water"]}),
        ("screening", "/staff/jurisdiction/", {"one": "us-one", "other": "cn-two"}),
        ("run", "/staff/runs/", {}),
        ("import", "/staff/imports/", {"rows": [{"code": "us-one", "kind": "city", "country": "US"}]}),
    ],
)
def test_what_costs_much_is_counted_beside_the_rest(
    limits: Callable[..., None], organization: Organization, person: User, scope: str, path: str, body: Any
) -> None:
    limits(**{scope: 1})
    make_organization("us-one")
    make_organization("cn-two", country=Country.CN)
    caller = program(organization, person) if body is None else staff_program()
    method = "GET" if body is None else "POST"
    policy = f'"user";q=600;w=60, "{scope}";q=1;w=60'
    left = f'"user";r=599;t=60, "{scope}";r=0;t=60'
    assert [told(caller, path, method, body) for _call in range(2)] == [
        (201 if scope == "run" else 200, policy, left),
        (429, policy, left),
    ]
    if scope == "run":
        # To see how far it is, is not counted with it.
        assert told(caller, path) == (200, '"user";q=600;w=60', '"user";r=598;t=60')


@pytest.mark.parametrize(
    ("language", "title", "sentence"),
    [
        ("en", "Too many requests", "Too many requests. Try again in 53 seconds."),
        ("zh-hans", "请求过多", "请求过多。请在 53 秒后重试。"),
    ],
)
def test_one_too_many_is_told_when_to_come_back(
    limits: Callable[..., None], clock: SimpleNamespace, language: str, title: str, sentence: str
) -> None:
    limits(user=1, anon=1)
    organization = make_organization(country=Country.CN)
    us = program(organization, make_team_member(organization).user, language=language)
    callers = [us, Caller(token="x", language=language), Caller(language=language)]
    assert [one.call("GET", LIST).status_code for one in callers] == [200, 401, 429]
    clock.now += 7
    for caller in callers[:2]:
        response = caller.call("GET", LIST)
        assert (response.status_code, response.headers["Retry-After"]) == (429, "53")
        body = response.json()
        assert (body["title"], body["detail"]) == (title, sentence)
        if language == "en":
            assert refused(response) == {"code": "throttled", "message": sentence, "field": None}
    clock.now += 53
    assert us.get(LIST)[0] == 200


def test_what_is_kept_names_nobody_and_ends_with_its_minute(
    limits: object, organization: Organization, person: User
) -> None:
    us = program(organization, person)
    us.get(LIST)
    us.get(LIST)
    Caller().get(LIST)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cache_key FROM cache_entry WHERE cache_key LIKE '%%api_limit%%' ORDER BY cache_key"
        )
        keys = [key for (key,) in cursor.fetchall()]
    assert keys == [":1:api_limit:ip:127.0.0.1", f":1:api_limit:person:{person.pk}"]
    cache.clear()
    assert told(us) == (200, '"user";q=600;w=60', '"user";r=599;t=60')


def test_many_callers_push_no_count_out() -> None:
    """What is counted against guessing stands in the same table, whose usual size is 300 rows."""
    cache.set("attempts", 5)
    for number in range(320):
        cache.set(f"caller:{number}", 1)
    assert cache.get("attempts") == 5
