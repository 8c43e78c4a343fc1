"""The directory: open to those who take part, searched in the address, nobody's contacts on it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, Kind, OrganizationState, Ownership, PopulationBasis
from alliances.models import FirmDetails, FirmReference, Organization, User
from alliances.names import search_key
from alliances.services.registration import profile_confirm
from tests.factories import make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.portal.pages import CHINESE, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/directory/"


def listed(code: str, name_en: str, name_zh: str = "", **fields: Any) -> Organization:
    return make_organization(
        code, name_en=name_en, name_zh=name_zh, search_key=search_key(name_en, name_zh), **fields
    )


@pytest.fixture
def member() -> User:
    """Somebody in the team of Alphaville."""
    return make_team_member(listed("us-alphaville", "Alphaville", region="OR")).user


def found(page: str) -> list[str]:
    return re.findall(r'<h3 class="directory__name"><a href="/directory/([^/]+)/">', page)


# --- Who reads it -----------------------------------------------------------------------------------


def test_it_is_open_to_teams_of_the_approved_and_to_staff(member: User) -> None:
    listed("cn-wuhan", "Wuhan", "武汉市", country=Country.CN)
    listed("us-waiting", "Waiting", state=OrganizationState.SUBMITTED)
    for reader in (member, make_user(is_staff=True)):
        client = signed_in(reader)
        assert found(text_of(client, PAGE)) == ["us-alphaville", "cn-wuhan"]
        text_of(client, f"{PAGE}cn-wuhan/")


def test_to_others_it_says_why_it_is_closed_and_what_opens_it(member: User) -> None:
    page = text_of(signed_in(make_user()), PAGE, 403)
    assert "you are in none yet" in page
    assert '<a class="btn btn--primary" href="/register/">' in page
    for state, told in (
        (OrganizationState.DRAFT, "Finish the registration and hand it in"),
        (OrganizationState.SUBMITTED, "Our staff are reading it"),
        (OrganizationState.CHANGES_REQUESTED, "Make the changes"),
        (OrganizationState.ON_HOLD, "Our staff are clarifying"),
        (OrganizationState.SUSPENDED, "It takes no part at present"),
    ):
        own = make_organization(state=state)
        client = signed_in(make_team_member(own).user)
        page = text_of(client, PAGE, 403)
        assert told in page
        assert f'href="/organization/{own.code}/"' in page
        assert "Alphaville" not in page
        # Of a single organization it says the same, whether there is one or not.
        entries = [text_of(client, f"{PAGE}{code}/", 403) for code in ("us-alphaville", "us-nobody")]
        bare = [re.sub(r'us-alphaville|us-nobody|name="csrf\w+" value="\w+"', "", entry) for entry in entries]
        assert bare[0] == bare[1]
        assert "Alphaville" not in entries[0]


def test_one_that_is_not_approved_is_like_a_missing_one(member: User) -> None:
    for state in set(OrganizationState) - {OrganizationState.APPROVED}:
        make_organization(f"us-{state.value.replace('_', '-')}", state=state)
    client = signed_in(member)
    missing = client.get(f"{PAGE}us-nobody/")
    for code in Organization.objects.exclude(code="us-alphaville").values_list("code", flat=True):
        answer = client.get(f"{PAGE}{code}/")
        assert (code, answer.status_code) == (code, 404)
        assert answer.content == missing.content


def test_nobody_is_shown_it_who_is_not_signed_in(client: Any) -> None:
    assert client.get(PAGE).status_code == 302


def test_the_way_there_is_in_the_head_of_every_page(member: User) -> None:
    client = signed_in(member)
    assert '<li><a href="/directory/" aria-current="page">Directory</a></li>' in text_of(client, PAGE)
    entry = text_of(client, f"{PAGE}us-alphaville/")
    assert '<li><a href="/directory/" aria-current="true">Directory</a></li>' in entry


# --- What it shows ----------------------------------------------------------------------------------


def test_a_row_says_who_where_how_large_and_the_weightiest_topics(member: User) -> None:
    listed(
        "cn-wuhan",
        "Wuhan",
        "武汉市",
        country=Country.CN,
        region="Hubei",
        population=10_392_693,
        population_basis=PopulationBasis.GEONAMES,
        needs={"air": 1, "buses": 3, "trams": 2, "wells": 1, "waste": 1},
        offers={"bridges": 2},
    )
    words = words_of(text_of(signed_in(member), f"{PAGE}?q=wuhan"))
    assert (
        "Wuhan 武汉市 City · Hubei · 10.4 million people · Super-large city "
        "Needs buses · trams · air · and 2 more Offers bridges"
    ) in words
    assert "1 organization " in words


def test_the_page_of_one_says_what_it_states_and_nothing_of_people(member: User) -> None:
    firm = listed(
        "cn-pump",
        "Pump Works",
        "水泵厂",
        kind=Kind.FIRM,
        country=Country.CN,
        contact_email="canary-office@test.example",
        offers={"wells": 3},
        needs={"buses": 1},
        website="https://pump.example/",
    )
    offer = firm.offers.get()
    offer.statement = "Drills wells for towns in dry country."
    offer.save()
    FirmDetails.objects.create(
        organization=firm, credit_code="91350100M000100Y43", ownership=Ownership.PRIVATE
    )
    FirmReference.objects.create(organization=firm, title="Dry Valley wells", place="Gansu", year=2024)
    make_team_member(firm, make_user("canary-mail@test.example", name="Canary Person"))
    page = text_of(signed_in(member), f"{PAGE}cn-pump/")
    words = words_of(page)
    for told in (
        "Pump Works 水泵厂",
        "wells proven Drills wells for towns in dry country.",
        "buses some",
        "Dry Valley wells · Gansu · 2024",
        "Working languages Not stated",
        "https://pump.example/",
        "Contacts open for both once both are interested.",
    ):
        assert told in words
    assert "canary" not in page.lower()
    assert "91350100M000100Y43" not in page
    assert "of 100" not in words
    own = words_of(text_of(signed_in(member), f"{PAGE}us-alphaville/"))
    assert "Yours This is what other organizations read." in own
    assert "Yours" not in words


def test_in_chinese_the_chinese_name_leads(member: User) -> None:
    listed("cn-wuhan", "Wuhan", "武汉市", country=Country.CN, region="Hubei")
    client = signed_in(member, CHINESE)
    page = text_of(client, f"{PAGE}?q=武漢")
    assert found(page) == ["cn-wuhan"]
    assert '<span class="names__own">武汉市</span> <span class="names__other" lang="en">Wuhan</span>' in page
    assert "1家机构" in page
    assert '<span class="names__own">武汉市</span>' in text_of(client, f"{PAGE}cn-wuhan/")


# --- What it is asked for ---------------------------------------------------------------------------


def test_filters_are_in_the_address_and_stay_on_the_page(member: User) -> None:
    make_topic("buses", "mobility"), make_topic("wells", "water")
    listed("us-b", "Beta", needs={"buses": 3})
    listed("us-c", "Gamma", offers={"buses": 3}, kind=Kind.FIRM)
    listed("cn-d", "Delta", needs={"buses": 1}, country=Country.CN, region="Hubei")
    client = signed_in(member)
    page = text_of(client, f"{PAGE}?area=mobility&side=needs&country=US&q=beta")
    assert found(page) == ["us-b"]
    for kept in (
        '<input type="search" id="id_q" name="q" value="beta"',
        '<option value="mobility" selected>',
        'name="side" value="needs" checked',
        'name="country" value="US" checked',
        "<summary>Filters (3)</summary>",
    ):
        assert kept in page
    assert found(text_of(client, f"{PAGE}?region=CN-hubei")) == ["cn-d"]
    assert found(text_of(client, f"{PAGE}?topic=buses&side=offers")) == ["us-c"]
    words = words_of(text_of(client, f"{PAGE}?topic=buses&country=US"))
    assert "All kinds 2 Cities 1 Firms 1 Alliances 0" in words
    assert "Both countries 3 United States 2 China 1" in words
    nobody = text_of(client, f"{PAGE}?q=beta&kind=firm")
    assert 'No organization matches these filters. <a href="?q=beta">' in nobody


def test_a_slip_of_the_finger_is_said_and_forgiven(member: User) -> None:
    listed("us-pittsburgh", "Pittsburgh")
    page = text_of(signed_in(member), f"{PAGE}?q=Pitsburgh")
    assert found(page) == ["us-pittsburgh"]
    assert "Nobody is named “Pitsburgh”. These names are like it:" in page
    none = words_of(text_of(signed_in(member), f"{PAGE}?q=Siemens"))
    assert "Nobody in the directory has such a name." in none


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("kind=robot", "“kind=robot” in the address is not known here"),
        ("country=FR", "“country=FR” in the address"),
        ("side=both", "“side=both” in the address"),
        ("area=%27%3B--", "“area=&#x27;;--” in the address"),
        ("topic=no-such", "“topic=no-such” in the address"),
        ("region=CN-atlantis", "“region=CN-atlantis” in the address"),
        ("size=huge", "“size=huge” in the address"),
        ("page=x", "“page=x” in the address"),
        ("page=-1", "“page=-1” in the address"),
        ("page=2", "“page=2” in the address"),
        ("page=" + "9" * 5000, "“page=99999"),
        ("q=%21%21", "“!!” cannot be searched for."),
        ("q=" + "a" * 101, "Type a name of at most 100 characters."),
    ],
)
def test_what_is_unknown_is_named_and_left_out(member: User, asked: str, told: str) -> None:
    page = text_of(signed_in(member), f"{PAGE}?{asked}")
    assert page.count('<p class="notice notice--warn" role="status">') == 1
    assert told in page
    assert found(page) == ["us-alphaville"]


def test_thirty_are_on_a_page_and_the_way_on_keeps_the_search(member: User) -> None:
    for number in range(60):
        listed(f"us-{number:02}", f"Town {number:02}")
    client = signed_in(member)
    first = text_of(client, f"{PAGE}?q=town&country=US")
    second = text_of(client, f"{PAGE}?q=town&country=US&page=2")
    assert found(first) + found(second) == [f"us-{number:02}" for number in range(60)]
    assert '<a rel="next" href="?q=town&amp;country=US&amp;page=2">' in first
    assert '<a rel="prev" href="?q=town&amp;country=US&amp;page=1">' in second
    assert "Page 2 of 2" in words_of(second)
    assert 'rel="next"' not in second


def test_the_number_of_queries_does_not_grow(member: User) -> None:
    client = signed_in(member)
    paths = (
        PAGE,
        f"{PAGE}?q=town",
        f"{PAGE}?q=twon",
        f"{PAGE}?topic=buses&side=needs",
        f"{PAGE}us-alphaville/",
    )

    def queries() -> list[int]:
        counted = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                text_of(client, path)
            counted.append(len(captured))
        return counted

    listed("us-first", "Town 0", needs={"buses": 1}, offers={"wells": 1})
    text_of(client, PAGE)  # the session's first page writes who it is
    few = queries()
    for number in range(40):
        listed(f"us-{number}", f"Town {number}", needs={"buses": 1}, offers={"wells": 1})
    assert queries() == few
    # Session and person 2, may read, newest event, regions, topics, counts, rows, needs, offers.
    assert few[0] == 10


def test_states_and_provinces_are_those_the_reader_may_know_of(member: User) -> None:
    """They are kept until the register changes, for staff apart: they see who is anonymous too."""
    profile_confirm(Organization.objects.get(code="us-alphaville"), actor=member)
    listed("us-hidden", "Hidden", region="TX", shows_name=False)

    def offered(user: User) -> list[str]:
        return re.findall(r'<option value="(US-\w+)"', text_of(signed_in(user), PAGE))

    staff = make_user(is_staff=True)
    assert offered(staff) == ["US-OR", "US-TX"]
    assert offered(member) == ["US-OR"]
    listed("us-open", "Open", region="NY")
    assert offered(member) == ["US-OR"]  # no event tells of it
    profile_confirm(Organization.objects.get(code="us-alphaville"), actor=member)
    assert offered(member) == ["US-NY", "US-OR"]
