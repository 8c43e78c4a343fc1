"""Bridges: whom an alliance of the other country leads to, in which order, and who never appears."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.bridges import bridges_from
from alliances.enums import Country, Kind, MembershipState, OrganizationState
from alliances.models import AllianceMembership, Organization, User
from matchmaking.models import Exclusion, Pair
from matchmaking.selectors.bridges import bridges_for
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.alliance.scenes import make_alliance
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db

NEEDS = {"sponge-city": 3, "e-bus": 2, "recycling": 1}


@pytest.fixture
def city() -> Organization:
    return make_organization(name_en="Portland", name_zh="波特兰", needs=NEEDS)


@pytest.fixture
def reader(city: Organization) -> User:
    return make_team_member(city).user


def member(code: str = "", *topics: str, **fields: object) -> Organization:
    """A Chinese city that offers these."""
    offers = dict.fromkeys(topics, 2)
    return make_organization(code, country=Country.CN, offers=offers, **fields)  # type: ignore[arg-type]


def found(reader: User, city: Organization) -> list[tuple[str, list[str], list[tuple[str, list[str]]]]]:
    """What is found, in codes and slugs."""
    return [
        (
            bridge.alliance.code,
            [topic.slug for topic in bridge.topics],
            [(pier.member.code, [topic.slug for topic in pier.topics]) for pier in bridge.piers],
        )
        for bridge in bridges_for(reader, city)
    ]


def test_city_to_alliance_to_member_most_needs_first(reader: User, city: Organization) -> None:
    one = member("cn-one", "e-bus")
    two = member("cn-two", "recycling", "sponge-city", "not-asked-for")
    none = member("cn-none", "not-asked-for")
    make_alliance(one, code="cn-a-few")
    make_alliance(one, two, none, code="cn-b-all")
    make_alliance(two, code="cn-c-two")
    make_alliance(none, code="cn-d-none")
    assert found(reader, city) == [
        (
            "cn-b-all",
            ["sponge-city", "e-bus", "recycling"],
            [("cn-two", ["sponge-city", "recycling"]), ("cn-one", ["e-bus"])],
        ),
        ("cn-c-two", ["sponge-city", "recycling"], [("cn-two", ["sponge-city", "recycling"])]),
        ("cn-a-few", ["e-bus"], [("cn-one", ["e-bus"])]),
    ]


def test_among_equals_more_members_then_the_code(reader: User, city: Organization) -> None:
    one, two = member("cn-one", "e-bus"), member("cn-two", "e-bus")
    make_alliance(one, code="cn-b")
    make_alliance(two, code="cn-a")
    make_alliance(two, one, code="cn-c")
    assert [(code, [pier for pier, _topics in piers]) for code, _topics, piers in found(reader, city)] == [
        ("cn-c", ["cn-one", "cn-two"]),
        ("cn-a", ["cn-two"]),
        ("cn-b", ["cn-one"]),
    ]


def exclude(one: Organization, other: Organization) -> None:
    low, high = sorted((one, other), key=lambda side: side.pk)
    Exclusion.objects.create(pair=Pair.objects.create(low=low, high=high), reason="known")


def change(which: str, **columns: object) -> Callable[[dict[str, Organization]], object]:
    return lambda sides: Organization.objects.filter(pk=sides[which].pk).update(**columns)


@pytest.mark.parametrize(
    "close",
    [
        change("member", state=OrganizationState.SUSPENDED),
        change("alliance", state=OrganizationState.SUSPENDED),
        change("city", state=OrganizationState.SUSPENDED),
        change("member", country=Country.US),
        change("alliance", country=Country.US),
        change("city", refuses=[Kind.FIRM]),
        change("city", refuses=[Kind.ALLIANCE]),
        change("member", refuses=[Kind.CITY]),
        change("alliance", refuses=[Kind.CITY]),
        change("alliance", kind=Kind.FIRM),
        lambda sides: exclude(sides["city"], sides["member"]),
        lambda sides: exclude(sides["city"], sides["alliance"]),
        lambda sides: AllianceMembership.objects.update(state=MembershipState.INVITED, waits_for="member"),
        lambda sides: AllianceMembership.objects.update(state=MembershipState.LAPSED),
        lambda sides: sides["member"].offers.all().delete(),
        lambda sides: sides["city"].needs.all().delete(),
    ],
)
def test_who_never_appears(
    reader: User, city: Organization, close: Callable[[dict[str, Organization]], object]
) -> None:
    firm = member("cn-firm", "e-bus", kind=Kind.FIRM)
    alliance = make_alliance(firm, code="cn-alliance")
    other = make_team_member(make_organization()).user  # keeps a directory open whatever is closed
    city.team_members.create(user=other, role="viewer")
    assert [code for code, _topics, _piers in found(other, city)] == ["cn-alliance"]
    # What staff exclude between others closes nothing here.
    exclude(make_organization(), firm)
    assert found(other, city)
    close({"city": city, "member": firm, "alliance": alliance})
    city.refresh_from_db()
    assert found(other, city) == []


def test_the_register_alone_names_only_whom_it_is_given(city: Organization) -> None:
    one, two = member("cn-one", "e-bus"), member("cn-two", "e-bus")
    alliance = make_alliance(one, two)
    among = Organization.objects.filter(pk__in=[alliance.pk, two.pk])
    (bridge,) = bridges_from(city, among)
    assert [pier.member for pier in bridge.piers] == [two]


# --- The page ------------------------------------------------------------------------------------


def test_the_page_leads_to_the_directory(reader: User, city: Organization) -> None:
    make_alliance(member("cn-one", "e-bus", name_en="Wuhan"), code="cn-alliance", name_en="Clean Rivers")
    client = signed_in(reader)
    html = text_of(client, "/bridges/")
    assert "Its members answer 1 of your 3 needs: e-bus" in words_of(html)
    for path in ("/directory/cn-alliance/", "/directory/cn-one/"):
        assert f'href="{path}"' in html
        text_of(client, path)
    assert 'href="/bridges/"' in text_of(client, "/recommendations/")
    assert f'href="/bridges/{city.code}/"' in text_of(client, "/organization/")


@pytest.mark.parametrize(
    ("state", "needs", "cause"),
    [
        (OrganizationState.SUBMITTED, NEEDS, "Our staff are reading your profile."),
        (OrganizationState.SUSPENDED, NEEDS, "Your organization is suspended"),
        (OrganizationState.APPROVED, {}, "Your profile states no need yet."),
        (OrganizationState.APPROVED, NEEDS, "No alliance of the other country has a confirmed member"),
    ],
)
def test_an_empty_page_says_why(state: OrganizationState, needs: dict[str, int], cause: str) -> None:
    organization = make_organization(state=state, needs=needs)
    make_alliance(member("cn-one", "another"))
    html = text_of(signed_in(make_team_member(organization).user), "/bridges/")
    assert html.count("panel panel--sea") == 1
    assert cause in html
    assert "<h2" not in html


def test_several_organizations_have_a_page_each(reader: User, city: Organization) -> None:
    other = make_organization(name_en="Seattle")
    make_team_member(other, reader)
    client = signed_in(reader)
    first = min(city.code, other.code)
    assert client.get("/bridges/")["location"] == f"/bridges/{first}/"
    assert f'href="/bridges/{other.code}/">Seattle</a>' in text_of(client, f"/bridges/{city.code}/")
    for stranger in (make_user(), make_user(is_staff=True), make_team_member(make_organization()).user):
        assert signed_in(stranger).get(f"/bridges/{city.code}/").status_code == 404
    assert "/accounts/login/" in Client().get("/bridges/")["location"]
    assert "organization" in text_of(signed_in(make_user()), "/bridges/")


@pytest.mark.parametrize("number", [1, 20])
def test_it_costs_the_same_for_few_and_many(reader: User, city: Organization, number: int) -> None:
    members = [member("", *NEEDS) for _number in range(number)]
    for _number in range(number):
        make_alliance(*members)
    client = signed_in(reader)
    text_of(client, "/bridges/")
    with CaptureQueriesContext(connection) as queries:
        html = text_of(client, "/bridges/")
    assert html.count("<h3>") == number * number
    # Session, person, organizations; exclusions, needs, memberships, offers; number of needs.
    assert len(queries) == 8


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, ("Bridges", "Its members answer 1 of your 3 needs:")),
        (CHINESE, ("桥梁", "其成员可满足贵方3项需求中的1项：", "供给")),
    ],
)
def test_the_page_in_both_languages(
    reader: User, city: Organization, language: str, words: tuple[str, ...]
) -> None:
    make_alliance(member("cn-one", "e-bus"))
    page = words_of(text_of(signed_in(reader, language), "/bridges/"))
    assert [word for word in words if word not in page] == []
