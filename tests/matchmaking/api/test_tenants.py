"""Two tenants: no list shows one the other's rows, however it is narrowed, searched, ordered or paged (P21).

Read from the router and from each list's query: a new list, or a new parameter, is to be decided here.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from django.db.models.functions import Now
from django.urls import get_resolver
from rest_framework import serializers

from alliances.enums import Country, Kind, MembershipSide, MembershipState, PopulationBasis, TeamRole
from alliances.models import (
    Agency,
    AlliancePatron,
    ChallengeArea,
    Need,
    Offer,
    Organization,
    TeamMember,
    User,
)
from alliances.models.organization import OrganizationQuerySet
from alliances.names import search_key
from matchmaking.api.access import OwnRows
from matchmaking.api.strict import Query
from matchmaking.enums import Answer, DeliveryState, DisabledFor
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Introduction, Recommendation, Webhook
from tests.factories import make_membership, make_organization, make_team_member, make_topic
from tests.matchmaking.api.callers import Caller
from tests.matchmaking.api.test_schema import schema
from tests.matchmaking.introductions.scenes import Couple, make_couples
from tests.matchmaking.webhooks.scenes import listen, make_delivery

pytestmark = pytest.mark.django_db

# What stands in every name and code of the other tenant.
MARK = "zqother"
# How many rows each list has for the first tenant, all that there are.
ROWS = {
    "topics/": 1,
    "organizations/": 2,
    "organizations/<slug:code>/needs/": 1,
    "organizations/<slug:code>/offers/": 1,
    "organizations/<slug:code>/alliances/": 3,
    "recommendations/": 1,
    "introductions/": 1,
    "directory/": 6,
    "alliances/": 3,
    "alliances/<slug:code>/members/": 4,
    "alliances/<slug:code>/recommendations/": 2,
    "agencies/": 1,
    "exports/recommendations/": 1,
    "exports/introductions/": 1,
    "exports/alliances/<slug:code>/report/": 2,
    "webhooks/": 3,
    "webhooks/<uuid:public_id>/deliveries/": 3,
}


@dataclass
class World:
    """The first tenant's person, who is in a city's team and in an alliance's, and the other tenant's ids."""

    person: User
    foreign: set[str]


def rename(organization: Organization, code: str, name: str, **fields: Any) -> None:
    Organization.objects.filter(pk=organization.pk).update(
        code=code, name_en=name, name_zh="", search_key=search_key(name, ""), **fields
    )


def meet(couple: Couple) -> str:
    couple.us.say(Answer.INTERESTED)
    made = couple.cn.say(Answer.INTERESTED).introduction
    assert made is not None
    return str(made.public_id)


def webhook_id(name: str) -> uuid.UUID:
    """Of the webhook whose deliveries are asked for."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, name)


def listen_to_all(name: str, city: Organization, league: Organization) -> None:
    """Webhooks of the tenant's, one disabled, and deliveries."""
    for number, organization in enumerate((city, city, league)):
        webhook = listen(organization)
        webhook.url = f"https://{name}.example/{number}"
        webhook.public_id = uuid.uuid4() if number else webhook_id(name)
        webhook.save()
        for state in (DeliveryState.QUEUED, DeliveryState.FAILED):
            make_delivery(webhook, state=state)
    Webhook.objects.filter(pk=webhook.pk).update(disabled_at=Now(), disabled_for=DisabledFor.OWNER)


@pytest.fixture
def world() -> World:
    mine, theirs = make_couples(2)
    # The run's own organizations are of neither.
    pairs = (mine.pair, theirs.pair)
    Recommendation.objects.exclude(pair__in=pairs).update(state=S.PROPOSED)
    Organization.objects.exclude(
        pk__in=[side.organization.pk for one in (mine, theirs) for side in (one.us, one.cn)]
    ).update(state="withdrawn")
    topic = make_topic("e-bus")
    ChallengeArea.objects.exclude(pk=topic.area_id).delete()
    agency = Agency.objects.create(slug="cn-most", country=Country.CN, name_en="Alpha Agency", name_zh="科技")
    for name, couple in (("alpha", mine), (MARK, theirs)):
        # All of the other tenant are anonymous: they are in no directory either.
        shown = {"shows_name": name == "alpha"}
        city, partner = couple.us.organization, couple.cn.organization
        league, second, third = (
            make_organization(kind=Kind.ALLIANCE, country=Country.CN) for _number in range(3)
        )
        for one in (city, partner, league):
            Need.objects.create(organization=one, topic=topic)
            Offer.objects.create(organization=one, topic=topic)
        size = {"population": 104_000, "population_basis": PopulationBasis.CITY_PROPER}
        rename(city, f"us-{name}", f"{name} city", region="OR", **size, **shown)
        rename(partner, f"cn-{name}", f"{name} partner", **shown)
        rename(league, f"cn-{name}-league", f"{name} league", region="OR", country=Country.US, **shown)
        for number, one in enumerate((second, third)):
            rename(one, f"cn-{name}-league-{number}", f"{name} union {number}", **shown)
            AlliancePatron.objects.create(alliance=one, agency=agency)
        AlliancePatron.objects.create(alliance=league, agency=agency)
        extra = make_organization()
        rename(extra, f"us-{name}-extra", f"{name} extra", size_band="small", **shown)
        for member in (city, partner):
            make_membership(league, member, state=MembershipState.CONFIRMED)
        for number, side in enumerate((MembershipSide.MEMBER, MembershipSide.ALLIANCE)):
            make_membership((second, third)[number], city, waits_for=side)
            other = (extra, second)[number]
            make_membership(league, other, waits_for=side)
        make_team_member(league, couple.us.person)
        TeamMember.objects.filter(user=couple.us.person).update(role=TeamRole.OWNER)
        listen_to_all(name, city, league)
    # Nobody of one tenant is a member with the other.
    meet(mine)
    foreign = {meet(theirs)}
    foreign |= {str(one.public_id) for one in Recommendation.objects.filter(pair=theirs.pair)}
    for webhook in Webhook.objects.filter(url__contains=MARK):
        foreign |= {str(webhook.public_id), *(str(one.event_id) for one in webhook.deliveries.all())}
    assert Introduction.objects.count() == 2
    return World(mine.us.person, foreign)


def lists() -> dict[str, type[Query]]:
    """Every list that is not the staff's, with what it may be asked."""
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/"]
    found: dict[str, type[Query]] = {}
    for pattern in api.url_patterns:  # type: ignore[union-attr]
        for one in getattr(pattern, "url_patterns", [pattern]):
            view = getattr(one.callback, "cls", None)
            route = str(one.pattern)
            if "list" in getattr(one.callback, "actions", {}).values() and not route.startswith("staff/"):
                assert view is not None
                found[route] = view.query
    return found


# What is asked of parameters that are no choice: of the own, and of the other tenant.
WORDS = {
    "search": ("alpha", "partner", MARK, f"{MARK} city", f"us-{MARK}"),
    "organization": ("us-alpha", f"us-{MARK}"),
    "member": ("cn-alpha", f"cn-{MARK}"),
    "agency": ("cn-most",),
    "area": ("test-area",),
    "topic": ("e-bus",),
    "region": ("OR",),
    "quarter": (),
    "page": ("1",),
    "page_size": ("1", "200"),
}


def asked(query: type[Query]) -> Iterator[tuple[str, str]]:
    for name, field in query().fields.items():
        if isinstance(field, serializers.ChoiceField):
            yield from ((name, str(word)) for word in field.choices)
        else:
            yield from ((name, word) for word in WORDS[name])


def rows_of(body: Any) -> list[Any]:
    if isinstance(body, list):
        return body
    rows: list[Any] = body["members" if "quarter" in body else "results"]
    return rows


def path_of(route: str, name: str) -> str:
    code = f"cn-{name}-league" if "alliances/<slug:code>" in route else f"us-{name}"
    return "/" + route.replace("<slug:code>", code).replace("<uuid:public_id>", str(webhook_id(name)))


def told_of(text: str, world: World) -> list[str]:
    """What names the other tenant's in an answer."""
    return [one for one in {MARK, *world.foreign} if one in text]


def test_every_list_is_decided() -> None:
    assert lists().keys() == ROWS.keys()


def test_whatever_may_be_asked_is_told_in_the_schema() -> None:
    stated = schema()["paths"]
    for route, query in lists().items():
        parameters = stated["/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)]["get"].get("parameters", [])
        told = {one["name"] for one in parameters if one["in"] == "query"}
        assert told == query().fields.keys(), route


@pytest.mark.parametrize("route", ROWS)
def test_no_list_shows_the_other_tenants_rows(world: World, route: str) -> None:
    caller = Caller(user=world.person)
    path = path_of(route, "alpha")
    status, body = caller.get(path)
    every = [json.dumps(row, sort_keys=True) for row in rows_of(body)]
    assert (status, len(every), told_of(json.dumps(body), world)) == (200, ROWS[route], []), every
    found: dict[str, int] = {}
    words = [*asked(lists()[route])]
    if "search" in dict(words):
        words += [("search", one) for one in world.foreign]
    for name, word in words:
        response = caller.call("GET", f"{path}?{name}={quote(word)}")
        text = response.content.decode()
        assert response.status_code == 200, (name, word, text)
        # A word that was sent comes back in the addresses of the next pages.
        told = text.replace(f"{name}={quote(word)}", "")
        assert told_of(told, world) == [], (name, word)
        if (name, word) == ("format", "csv"):
            assert text.count("\n") - 1 >= ROWS[route]
            found[name] = ROWS[route]
            continue
        rows = [json.dumps(row, sort_keys=True) for row in rows_of(response.json())]
        if "count" in response.json():
            expected = ROWS[route] if name == "page_size" else len(rows)
            assert response.json()["count"] == expected, (name, word)
        assert len(set(rows)) == len(rows)
        if name != "quarter":
            assert set(rows) <= set(every), (name, word)
        found[name] = max(found.get(name, 0), len(rows))
    # Each parameter finds something, or it would show nothing.
    assert [name for name, number in found.items() if not number] == []


@pytest.mark.parametrize("route", [route for route in ROWS if "<" in route])
def test_the_other_tenants_lists_are_like_missing_ones(world: World, route: str) -> None:
    caller = Caller(user=world.person)
    foreign, missing = (caller.call("GET", path_of(route, name)) for name in (MARK, "nobody"))
    assert (foreign.status_code, foreign.content) == (404, missing.content)


# --- Controls: what these would find ----------------------------------------------------------------


def telling(world: World) -> set[str]:
    """The lists of the first tenant that name the other's."""
    caller = Caller(user=world.person)
    return {
        route
        for route in ROWS
        if told_of(caller.call("GET", path_of(route, "alpha")).content.decode(), world)
    }


def test_a_directory_of_all_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrganizationQuerySet, "listed", OrganizationQuerySet.approved)
    assert telling(world) == {"directory/", "alliances/", "agencies/"}


def test_lists_that_start_from_all_organizations_are_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OwnRows, "organizations", lambda view: Organization.objects.all())
    # Recommendations, introductions and webhooks have a second guard: what is visible to the person.
    assert telling(world) == {"organizations/"}
