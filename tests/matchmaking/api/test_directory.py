"""The directory, its alliances and the agencies at the API: as the portal's page, for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, HitState, Kind, OrganizationState, PopulationBasis, TeamRole
from alliances.models import Agency, AlliancePatron, FirmReference, Need, Organization
from alliances.names import search_key
from matchmaking.models import Disclosure
from tests.factories import (
    make_hit,
    make_membership,
    make_organization,
    make_team_member,
    make_topic,
    make_user,
)
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.portal.pages import signed_in, text_of
from tests.matchmaking.portal.test_directory import found as found_on_page
from tests.matchmaking.portal.test_directory import listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def alphaville() -> Organization:
    return listed("us-alphaville", "Alphaville", region="OR")


@pytest.fixture
def us(alphaville: Organization) -> Caller:
    return program(alphaville, make_team_member(alphaville).user)


def codes(caller: Caller, query: str = "", path: str = "/directory/") -> list[str]:
    status, page = caller.get(f"{path}?{query}")
    assert (status, page["count"]) == (200, len(page["results"])), page
    return [one["code"] for one in page["results"]]


# --- Who reads it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The directory opens once your organization is approved."),
        ("zh-hans", "贵机构获批后即可查阅目录。"),
    ],
)
def test_it_opens_with_the_approval_and_says_so_to_others(us: Caller, language: str, sentence: str) -> None:
    for state in set(OrganizationState) - {OrganizationState.APPROVED}:
        own = make_organization(state=state)
        caller = program(own, make_team_member(own).user, language=language)
        # Whether there is such an organization or not.
        for path in ("/directory/", "/directory/us-alphaville/", "/directory/no-such/", "/alliances/"):
            response = caller.call("GET", path)
            assert response.status_code == 403
            body = response.json()
            assert (body["code"], body["detail"]) == ("directory_closed", sentence)


def test_a_token_opens_it_for_its_own_organization_and_a_session_for_all(alphaville: Organization) -> None:
    person = make_team_member(alphaville).user
    draft = make_team_member(make_organization(state=OrganizationState.DRAFT), person).organization
    assert program(draft, person).get("/directory/")[0] == 403
    assert codes(program(alphaville, person)) == ["us-alphaville"]
    assert codes(Caller(user=person)) == ["us-alphaville"]


def test_staff_read_no_more_than_the_team_they_are_in(us: Caller, alphaville: Organization) -> None:
    listed("us-hidden", "Hidden", shows_name=False)
    colleague = make_team_member(alphaville, make_user(is_staff=True, is_superuser=True)).user
    assert codes(Caller(user=colleague)) == ["us-alphaville"]
    assert Caller(user=make_user(is_staff=True, is_superuser=True)).get("/directory/")[0] == 403


def test_who_is_not_in_it_is_like_a_missing_one(us: Caller) -> None:
    for state in set(OrganizationState) - {OrganizationState.APPROVED}:
        make_organization(f"us-{state.value.replace('_', '-')}", state=state)
    listed("us-hidden", "Hidden", shows_name=False)
    for hit in (HitState.OPEN, HitState.CONFIRMED):
        blocked = listed(f"us-hit-{hit.value}", f"Blocked {hit.value}")
        make_hit(blocked, state=hit)
    Organization.objects.filter(name_en__startswith="Test").update(shows_name=False)
    assert codes(us) == ["us-alphaville"]
    assert codes(us, "search=hidden") == codes(us, "search=blocked") == []
    missing = us.call("GET", "/directory/us-nobody/")
    for code in Organization.objects.exclude(code="us-alphaville").values_list("code", flat=True):
        response = us.call("GET", f"/directory/{code}/")
        assert (code, response.status_code, response.content) == (code, 404, missing.content)


def test_who_is_anonymous_stays_so_here_though_named_to_one(us: Caller) -> None:
    """Its name is read where it was given: with the recommendation."""
    (couple,) = make_couples(1)
    other = couple.cn.organization
    Organization.objects.filter(pk=other.pk).update(shows_name=False)
    Disclosure.objects.create(pair=couple.pair, organization=other)
    reader = program(couple.us.organization, couple.us.person)
    row = reader.get(f"/recommendations/{couple.us.recommendation.public_id}/")[1]
    assert (row["candidate"]["code"], row["disclosure"]) == (other.code, "named")
    assert reader.get(f"/directory/{other.code}/")[0] == 404


# --- What it tells -------------------------------------------------------------------------------


def test_a_row_and_an_entry_tell_what_is_stated_and_nobody(us: Caller) -> None:
    firm = listed(
        "cn-pump",
        "Pump Works",
        "水泵厂",
        kind=Kind.FIRM,
        country=Country.CN,
        size_band="large",
        contact_email="canary-office@test.example",
        website="https://pump.example/",
        languages=["zh"],
        refuses=["city"],
        latitude=30.0,
        longitude=114.0,
        needs={"buses": 1},
        offers={"wells": 3},
    )
    make_team_member(firm, make_user("canary-mail@test.example", name="Canary Person"))
    firm.offers.update(statement="Drills wells in dry country.")
    FirmReference.objects.create(organization=firm, title="Dry Valley wells", place="Gansu", year=2024)
    row = {
        "code": "cn-pump",
        "kind": "firm",
        "subtype": "",
        "country": "CN",
        "is_sample": False,
        "name_en": "Pump Works",
        "name_zh": "水泵厂",
        "region": "",
        "population": None,
        "population_basis": "",
        "size_band": "large",
        "needs": [{"topic": "buses", "priority": 1}],
        "offers": [{"topic": "wells", "maturity": 3}],
    }
    response = us.call("GET", "/directory/?kind=firm")
    assert response.json() == {"count": 1, "next": None, "previous": None, "alike": False, "results": [row]}
    entry = us.call("GET", "/directory/cn-pump/")
    assert entry.json() == {
        **row,
        "needs": [{"topic": "buses", "priority": 1, "statement": "", "members": 0}],
        "offers": [
            {
                "topic": "wells",
                "maturity": 3,
                "statement": "Drills wells in dry country.",
                "members": 0,
            }
        ],
        "website": "https://pump.example/",
        "summary_en": "",
        "summary_zh": "",
        "languages": ["zh"],
        "seeks": [],
        "partnership_types": [],
        "stage": "",
        "horizon": "",
        "budget_band": "",
        "references": [{"title": "Dry Valley wells", "place": "Gansu", "year": 2024, "website": ""}],
        "agencies": [],
    }
    assert entry.headers["ETag"]
    assert "canary" not in (response.content + entry.content).decode().lower()


def test_it_lists_whom_the_portal_lists_in_its_order(us: Caller, alphaville: Organization) -> None:
    make_topic("buses", "mobility")
    listed("cn-wuhan", "Wuhan", "武汉市", country=Country.CN, region="Hubei", needs={"buses": 3})
    listed("cn-wuhu", "Wuhu", "芜湖市", country=Country.CN, region="安徽省", offers={"buses": 3})
    listed("us-bend", "Bend", region="OR", population=104_000, population_basis=PopulationBasis.CITY_PROPER)
    listed("us-pump", "Pump Works", kind=Kind.FIRM, size_band="small", offers={"buses": 1})
    client = signed_in(alphaville.team_members.get().user)
    for asked in (
        "",
        "kind=city&country=CN",
        "region=US-OR|OR",
        "region=CN-hubei|湖北",
        "region=CN-anhui|Anhui",
        "area=mobility",
        "topic=buses&side=offers",
        "area=mobility&side=needs&country=CN",
        "size=us_100k",
        "size=small",
        "q=wu|search=wu",
        "q=武漢|search=武漢",
        "q=whs|search=whs",
        "q=Wuhann|search=Wuhann",
    ):
        on_page, _, here = asked.partition("|")
        name = on_page.partition("=")[0]
        query = f"{'search' if name == 'q' else name}={here.removeprefix('search=')}" if here else asked
        assert codes(us, query) == found_on_page(text_of(client, f"/directory/?{on_page}")), asked
    # So that the pages above were not empty.
    assert codes(us, "region=湖北") == codes(us, "search=武漢") == ["cn-wuhan"]
    assert codes(us, "search=whs") == ["cn-wuhu", "cn-wuhan"]
    assert codes(us, "size=us_100k") == ["us-bend"]
    assert codes(us, "topic=buses&side=offers") == ["us-pump", "cn-wuhu"]


def test_aliases_find_and_slips_are_told(us: Caller) -> None:
    made = listed("us-nyc", "New York")
    Organization.objects.filter(pk=made.pk).update(search_key=search_key("New York", "", ["Big Apple"]))
    assert codes(us, "search=big%20apple") == ["us-nyc"]
    assert us.get("/directory/?search=york")[1]["alike"] is False
    slipped = us.get("/directory/?search=New%20Yrok")[1]
    assert ([one["code"] for one in slipped["results"]], slipped["alike"]) == (["us-nyc"], True)
    assert us.get("/directory/?search=Siemens")[1]["alike"] is False


def test_an_order_that_is_asked_for_is_kept(us: Caller) -> None:
    listed("us-z", "Bend"), listed("us-b", "Zion")
    assert codes(us) == codes(us, "ordering=name") == ["us-alphaville", "us-z", "us-b"]
    assert codes(us, "ordering=-name") == ["us-b", "us-z", "us-alphaville"]
    assert codes(us, "ordering=code") == ["us-alphaville", "us-b", "us-z"]
    assert codes(us, "ordering=-code&search=n") == ["us-z", "us-b"]


def test_pages_of_at_most_two_hundred(us: Caller) -> None:
    Organization.objects.bulk_create(
        Organization(
            code=f"us-{number:03}",
            kind=Kind.CITY,
            country=Country.US,
            state=OrganizationState.APPROVED,
            name_en=f"Town {number:03}",
            search_key=f"town {number:03}",
        )
        for number in range(250)
    )
    sizes = [
        (page["count"], len(page["results"]))
        for query in ("", "?page_size=1000", "?page=2&page_size=200&search=town")
        for _status, page in [us.get(f"/directory/{query}")]
    ]
    assert sizes == [(251, 50), (251, 200), (250, 50)]
    assert us.get("/directory/?page=3&page_size=200")[1]["code"] == "no_such_page"


@pytest.mark.parametrize(
    ("path", "query", "field", "sentence"),
    [
        ("/directory/", "search=%21%21", "search", "“!!” cannot be searched for."),
        ("/directory/", "q=wuhan", "q", "Unknown parameter 'q'."),
        ("/directory/", "kind=robot", "kind", '"robot" is not a valid choice.'),
        ("/directory/", "country=FR", "country", '"FR" is not a valid choice.'),
        ("/directory/", "side=both", "side", '"both" is not a valid choice.'),
        ("/directory/", "size=huge", "size", '"huge" is not a valid choice.'),
        ("/directory/", "area=no-such", "area", "Area 'no-such' is not known."),
        ("/directory/", "topic=no-such", "topic", "Topic 'no-such' is not known."),
        ("/directory/", "region=Atlantis", "region", "Nobody in the directory is in the state or province"),
        ("/directory/", "region=OR&country=CN", "region", "Nobody in the directory is in the state"),
        ("/directory/", "ordering=contact_email", "ordering", "is not a valid choice."),
        ("/directory/", "page_size=0", "page_size", "greater than or equal to 1"),
        ("/alliances/", "kind=city", "kind", "Unknown parameter 'kind'."),
        ("/alliances/", "agency=no-such", "agency", "Agency 'no-such' is not known."),
        ("/agencies/", "search=%21%21", "search", "“!!” cannot be searched for."),
        ("/agencies/", "verified=yes", "verified", "Unknown parameter 'verified'."),
        ("/agencies/", "country=FR", "country", '"FR" is not a valid choice.'),
    ],
)
def test_a_wrong_parameter_is_named(us: Caller, path: str, query: str, field: str, sentence: str) -> None:
    response = us.call("GET", f"{path}?{query}")
    assert response.status_code == 400
    body = refused(response)
    assert (body["field"], sentence in body["message"]) == (field, True), body["message"]


def test_refusals_come_in_chinese(alphaville: Organization) -> None:
    caller = program(alphaville, make_team_member(alphaville).user, language="zh-hans")
    told = [
        caller.get(f"{path}?{query}")[1]["detail"]
        for path, query in (
            ("/directory/", "area=no-such"),
            ("/directory/", "region=Atlantis"),
            ("/alliances/", "agency=no-such"),
        )
    ]
    assert told == [
        "没有领域“no-such”。请使用主题列表中领域的标识。",
        "目录中没有位于“Atlantis”的机构。",
        "没有政府机构“no-such”。请使用政府机构列表中的标识。",
    ]


# --- Alliances and agencies ----------------------------------------------------------------------


def endorsed(code: str, *agencies: Agency, **fields: Any) -> Organization:
    made = listed(code, code.title(), kind=Kind.ALLIANCE, country=Country.CN, **fields)
    for agency in agencies:
        AlliancePatron.objects.create(alliance=made, agency=agency)
    return made


def make_agency(slug: str, **fields: Any) -> Agency:
    return Agency.objects.create(**{"slug": slug, "country": Country.CN, "name_zh": slug, **fields})


def test_alliances_come_with_who_endorses_them_and_agencies_with_whom(us: Caller) -> None:
    science = make_agency("cn-most", name_en="Ministry of Science", name_zh="科学技术部", abbreviation="MOST")
    housing = make_agency("cn-mohurd", name_en="Ministry of Housing", name_zh="住房和城乡建设部")
    make_agency("us-doe", country=Country.US, name_en="Department of Energy", name_zh="能源部")
    endorsed("cn-league", science, housing)
    endorsed("cn-union", housing)
    endorsed("cn-hidden", science, shows_name=False)
    endorsed("cn-gone", science, state=OrganizationState.SUSPENDED)
    listed("cn-wuhan", "Wuhan", country=Country.CN)
    rows = us.get("/alliances/")[1]["results"]
    assert [(one["code"], one["agencies"]) for one in rows] == [
        ("cn-league", ["cn-mohurd", "cn-most"]),
        ("cn-union", ["cn-mohurd"]),
    ]
    assert codes(us, "agency=cn-most", "/alliances/") == ["cn-league"]
    assert codes(us, "search=union", "/alliances/") == ["cn-union"]
    assert [
        us.get(f"/alliances/{code}/")[0] for code in ("cn-union", "cn-wuhan", "cn-hidden", "cn-gone")
    ] == [
        200,
        404,
        404,
        404,
    ]
    assert us.get("/alliances/cn-union/")[1]["agencies"] == [
        {"slug": "cn-mohurd", "name_en": "Ministry of Housing", "name_zh": "住房和城乡建设部"}
    ]

    def slugs(query: str) -> list[str]:
        status, page = us.get(f"/agencies/?{query}")
        assert (status, page["count"]) == (200, len(page["results"]))
        return [one["slug"] for one in page["results"]]

    assert slugs("") == ["cn-mohurd", "cn-most", "us-doe"]
    assert slugs("ordering=-name") == ["cn-most", "cn-mohurd", "us-doe"]
    assert slugs("country=US") == ["us-doe"]
    assert slugs("search=most") == slugs("search=科学") == ["cn-most"]
    assert us.get("/agencies/cn-most/")[1] == {
        "slug": "cn-most",
        "country": "CN",
        "abbreviation": "MOST",
        "name_en": "Ministry of Science",
        "name_zh": "科学技术部",
        "role_en": "",
        "group": "",
        "alliances": [{"code": "cn-league", "name_en": "Cn-League", "name_zh": ""}],
    }
    # To whom the directory is closed, the agencies are there and their alliances are not.
    draft = make_organization(state=OrganizationState.DRAFT)
    outside = program(draft, make_team_member(draft).user)
    assert outside.get("/agencies/cn-most/")[1]["alliances"] == []


def test_an_alliance_says_for_how_many_members_it_states_something_and_never_who(us: Caller) -> None:
    league = endorsed("cn-league", needs={"buses": 2})
    for number in range(2):
        member = listed(f"cn-m-{number}", f"Member {number}", country=Country.CN, needs={"buses": 1})
        make_membership(league, member, state="confirmed")
    response = us.call("GET", "/alliances/cn-league/")
    assert response.json()["needs"] == [{"topic": "buses", "priority": 2, "statement": "", "members": 2}]
    assert "cn-m-" not in response.content.decode()


# --- What it costs -------------------------------------------------------------------------------


def test_every_call_costs_the_same_for_few_and_for_many(alphaville: Organization) -> None:
    us = Caller(user=make_team_member(alphaville).user)
    science = make_agency("cn-most", name_en="Science")
    paths = (
        "/directory/",
        "/directory/?search=town",
        "/directory/?search=twon",
        "/directory/?topic=buses&side=needs&region=OR&ordering=-name",
        "/directory/us-alphaville/",
        "/alliances/",
        "/alliances/?agency=cn-most&ordering=code",
        "/alliances/cn-first/",
        "/agencies/",
        "/agencies/cn-most/",
    )

    def queries() -> list[int]:
        counted = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert us.get(path)[0] == 200, path
            counted.append(len(captured))
        return counted

    listed("us-first", "Town 0", region="OR", needs={"buses": 1}, offers={"wells": 1})
    endorsed("cn-first", science, needs={"buses": 1}, offers={"wells": 1})
    queries()
    few = queries()
    for number in range(40):
        listed(f"us-{number}", f"Town {number}", region="OR", needs={"buses": 1}, offers={"wells": 1})
        endorsed(f"cn-{number}", science, needs={"buses": 1}, offers={"wells": 1})
        make_agency(f"cn-a-{number}", name_en=f"Agency {number}")
    assert queries() == few
    # Session and person 2, throttle 6, may read, newest event, regions, counts, rows, needs, offers.
    assert few[0] == 15


def test_viewers_read_it_too(alphaville: Organization) -> None:
    viewer = make_team_member(alphaville, role=TeamRole.VIEWER).user
    assert codes(Caller(user=viewer)) == ["us-alphaville"]
    assert Need.objects.count() == 0
