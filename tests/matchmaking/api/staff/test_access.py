"""Every address of the staff by every method, as everybody, by every permission that the desk asks for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Permission

from alliances.enums import Country, OrganizationState
from alliances.models import User
from matchmaking.enums import TokenScope
from matchmaking.models import MatchRun, MatchShard, PolicyPreview
from matchmaking.services.policies import active_policy, policy_new_version
from matchmaking.services.tokens import staff_token_issue
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.api.test_access import METHODS, declared

pytestmark = pytest.mark.django_db


class Action(NamedTuple):
    """A call, the permissions by which it is found and those by which it is done, and how it is answered."""

    method: str
    route: str
    sees: tuple[str, ...]
    needs: tuple[str, ...] = ()
    body: Any = None
    status: int = 200
    # Sent, and yet changes nothing.
    only_asks: bool = False


ORGANIZATIONS = ("alliances.view_organization",)
RUNS = ("matchmaking.view_matchrun", "matchmaking.view_matchshard", "matchmaking.view_scoringpolicy")
POLICIES = ("matchmaking.view_scoringpolicy",)
ADD_RUN, CHANGE_RUN = ("matchmaking.add_matchrun",), ("matchmaking.change_matchrun",)
ADD_POLICY, CHANGE_POLICY = ("matchmaking.add_scoringpolicy",), ("matchmaking.change_scoringpolicy",)
LISTS = ("alliances.view_screeninglist",)
SCREENING = (*LISTS, "alliances.view_screeninghit")
RULES = ("matchmaking.view_jurisdictionrule", *ORGANIZATIONS)
HOLD_TOKENS = "matchmaking.add_apitoken"
NAMES = {"names": ["Wichita Water"]}
PAIR = {"one": "us-one", "other": "cn-two"}
ROW = {"code": "us-new", "kind": "city", "country": "US", "name_en": "New"}
REVIEW, HOLD = "staff/organizations/<slug:code>/review/", {"decision": "put_on_hold"}
POLICY = "staff/policies/<int:pk>/"
ACTIONS = [
    Action("GET", "staff/organizations/", ORGANIZATIONS),
    Action("GET", "staff/organizations/<slug:code>/", ORGANIZATIONS),
    Action("POST", REVIEW, ORGANIZATIONS, ("alliances.change_city",), HOLD),
    Action("GET", "staff/runs/", RUNS),
    Action("POST", "staff/runs/", RUNS, ADD_RUN, {}, 201),
    Action("GET", "staff/runs/<int:pk>/", RUNS),
    Action("POST", "staff/runs/<int:pk>/cancel/", RUNS, CHANGE_RUN, {}),
    # Nothing of the run is quarantined.
    Action("POST", "staff/runs/<int:pk>/retry/", RUNS, CHANGE_RUN, {}, 409),
    Action("GET", "staff/policies/", POLICIES),
    Action("POST", "staff/policies/", POLICIES, ADD_POLICY, {"name": "other"}, 400),
    Action("POST", "staff/policies/check/", POLICIES, (), {"rules": {}}, only_asks=True),
    Action("GET", POLICY, POLICIES),
    Action("GET", f"{POLICY}preview/", POLICIES),
    Action("POST", f"{POLICY}preview/", POLICIES, CHANGE_POLICY, {}, 202),
    Action("POST", f"{POLICY}publish/", POLICIES, CHANGE_POLICY, {"reason": "A mistake."}),
    # It is neither scheduled, nor was it in force.
    Action("POST", f"{POLICY}unschedule/", POLICIES, CHANGE_POLICY, {}, 409),
    Action("POST", f"{POLICY}roll-back/", POLICIES, CHANGE_POLICY, {}, 409),
    Action("POST", "staff/screening/", SCREENING, (), NAMES, only_asks=True),
    Action("GET", "staff/screening/lists/", LISTS),
    Action("POST", "staff/jurisdiction/", RULES, (), PAIR, only_asks=True),
    Action("POST", "staff/imports/", ORGANIZATIONS, ("alliances.add_importfile",), {"rows": [ROW]}),
]


def named(action: Action) -> str:
    return f"{action.method} {action.route}"


def grant(person: User, permissions: Collection[str]) -> None:
    """Make these the permissions of the person, and no others."""
    found = Permission.objects.select_related("content_type")
    by_name = {f"{one.content_type.app_label}.{one.codename}": one for one in found}
    person.user_permissions.set([by_name[name] for name in permissions])


def staff_program(
    permissions: Collection[str] | None = None,
    scope: TokenScope = TokenScope.STAFF_WRITE,
    language: str = "en",
) -> Caller:
    """A program of a person with these permissions at the desk; of a superuser, unless they are given."""
    person = make_user(is_staff=True, is_superuser=permissions is None)
    grant(person, [HOLD_TOKENS, *(permissions or ())])
    issued = staff_token_issue(name="Test", scope=scope, days=30, by=person)
    return Caller(token=issued.words, language=language)


class World(NamedTuple):
    """What the addresses name: an organization to review, a run under way, a version with a preview."""

    code: str
    run: int
    policy: int

    def path(self, route: str) -> str:
        key = self.run if "/runs/" in route else self.policy
        return "/" + route.replace("<slug:code>", self.code).replace("<int:pk>", str(key))


@pytest.fixture
def world() -> World:
    organization = make_organization("us-one", state=OrganizationState.SUBMITTED)
    make_organization("cn-two", country=Country.CN)
    active = active_policy()
    policy = policy_new_version("standard", active.rules)
    day = date(2026, 11, 1)
    run = MatchRun.objects.create(policy=active, as_of=day, top_k=20)
    MatchShard.objects.create(run=run, step="score")
    preview = MatchRun.objects.create(policy=policy, beside=active, as_of=day, top_k=20)
    PolicyPreview.objects.create(run=preview, beside_snapshot=b"")
    return World(organization.code, run.pk, policy.pk)


def test_every_route_of_the_staff_is_decided() -> None:
    assert {route for route in declared() if route.startswith("staff/")} == {one.route for one in ACTIONS}


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_every_call_is_answered_by_who_asks_and_what_they_may(world: World, action: Action) -> None:
    path = world.path(action.route)

    def answer(caller: Caller) -> tuple[int, str]:
        response = caller.call(action.method, path, action.body)
        told = response.json() if response.status_code >= 400 else {}
        return response.status_code, told.get("code", "")

    organization = make_organization()
    owner = make_team_member(organization).user
    assert answer(Caller()) == (401, "not_authenticated")
    others = [
        program(organization, owner),
        program(organization, owner, TokenScope.READ),
        Caller(user=make_user(is_staff=True, is_superuser=True)),
        staff_program([]),
        staff_program([], TokenScope.STAFF_READ),
        # Of what is asked to find it, each one missing.
        *(staff_program({*action.sees, *action.needs} - {one}) for one in action.sees),
    ]
    assert {answer(caller) for caller in others} == {(404, "not_found")}
    for missing in action.needs:
        assert answer(staff_program({*action.sees, *action.needs} - {missing})) == (403, "forbidden")
    reads = staff_program([*action.sees, *action.needs], TokenScope.STAFF_READ)
    if action.method == "GET" or action.only_asks:
        assert answer(reads)[0] == action.status
    else:
        assert answer(reads) == (403, "read_only")
    assert answer(staff_program([*action.sees, *action.needs]))[0] == action.status


@pytest.mark.parametrize("route", sorted({one.route for one in ACTIONS}))
def test_other_methods_are_not_taken(world: World, route: str) -> None:
    us = staff_program()
    taken = {one.method for one in ACTIONS if one.route == route}
    others = [method for method in METHODS if method not in taken]
    answers = [us.call(method, world.path(route), {}).status_code for method in others]
    assert answers == [405] * len(others)


def test_who_may_not_is_told_so_in_their_language(world: World) -> None:
    path = world.path(REVIEW)
    told = [
        staff_program(ORGANIZATIONS, language=language).post(path, HOLD)[1]["message"]
        for language in ("en", "zh-hans")
    ]
    assert told == ["Your role at the desk does not let you do this.", "您在管理台的角色不允许此操作。"]


def test_no_kept_answer_is_given_to_who_lost_the_permission(world: World) -> None:
    person = make_user(is_staff=True)
    grant(person, [HOLD_TOKENS, *ORGANIZATIONS, "alliances.change_city"])
    issued = staff_token_issue(name="Test", scope=TokenScope.STAFF_WRITE, days=30, by=person)
    caller, path = Caller(token=issued.words), world.path(REVIEW)
    first, again = (caller.call("POST", path, HOLD, idempotency_key="key-1") for _time in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    grant(person, [HOLD_TOKENS, *ORGANIZATIONS])
    assert caller.call("POST", path, HOLD, idempotency_key="key-1").status_code == 422
    assert caller.call("POST", path, HOLD).status_code == 403
