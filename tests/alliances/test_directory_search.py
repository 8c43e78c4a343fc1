"""The directory finds an organization however its name is written, and by what it states."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from alliances.directory import Region, Wanted, find, regions, spellings
from alliances.enums import Country, Kind, OrganizationState, PopulationBasis, SizeBand
from alliances.importing.entries import OrganizationEntry
from alliances.models import Organization, ReferenceCity
from alliances.names import search_key
from alliances.services.demo import load_demo
from alliances.services.reference import load_reference
from alliances.services.register import save_organization
from tests.factories import make_hit, make_organization, make_team_member, make_topic, make_user

pytestmark = pytest.mark.django_db


def codes(text: str = "", **asked: Any) -> list[str]:
    wanted = Wanted(text=text, **asked)
    return list(find(Organization.objects.approved(), wanted).organizations.values_list("code", flat=True))


# --- Who reads it -----------------------------------------------------------------------------------


def test_the_approved_are_listed_to_the_teams_of_the_approved_and_to_staff() -> None:
    listed = {make_organization("us-a").code, make_organization("cn-b").code}
    for state in set(OrganizationState) - {OrganizationState.APPROVED}:
        waiting = make_organization(state=state)
        assert not Organization.objects.listed_to(make_team_member(waiting).user).exists()
    member = make_team_member(Organization.objects.get(code="us-a")).user
    for reader in (member, make_user(is_staff=True)):
        assert set(Organization.objects.listed_to(reader).values_list("code", flat=True)) == listed
    closed = make_team_member(Organization.objects.get(code="us-a")).user
    closed.is_active = False
    for nobody in (AnonymousUser(), make_user(), closed, make_user(is_staff=True, is_active=False)):
        assert not Organization.objects.listed_to(nobody).exists()


def test_one_is_listed_where_the_directory_has_it() -> None:
    shown, hidden, held = (
        make_organization(),
        make_organization(shows_name=False),
        make_hit().organization,
    )
    waiting = make_organization(state=OrganizationState.SUBMITTED)
    assert [one.is_listed for one in (shown, hidden, held, waiting)] == [True, False, False, False]


# --- The key ----------------------------------------------------------------------------------------


def unkeyed() -> list[str]:
    """Who has another key than their names give."""
    return [
        one.code
        for one in Organization.objects.all()
        if one.search_key != search_key(one.name_en, one.name_zh, one.aliases)
    ]


def test_every_written_organization_has_the_key_of_its_names() -> None:
    load_demo(None)
    assert (Organization.objects.count(), unkeyed()) == (229, [])
    new = {"kind": "city", "country": "CN", "name_zh": "重慶市"}
    saved = save_organization(OrganizationEntry("cn-x", new), actor=None)
    assert saved.search_key == "重庆市 chongqing chong qing cq"
    entry = OrganizationEntry("cn-x", {"name_en": "Chongqing", "aliases": ["Chungking"]})
    saved = save_organization(entry, actor=None)
    assert saved.search_key == "chongqing 重庆市 chong qing cq chungking"
    # A needs-only change leaves it right, and names taken away take their part of it with them.
    save_organization(OrganizationEntry("cn-x", {"aliases": []}, needs={}), actor=None)
    assert unkeyed() == []


def test_the_history_does_not_keep_the_key() -> None:
    fields = {field.name for field in Organization.history.model._meta.get_fields()}
    assert "search_key" not in fields


# --- Names ------------------------------------------------------------------------------------------


# What somebody types, and who is to come first.
NAMED = {
    "Shanghai": "cn-city-shanghai",
    "shang hai": "cn-city-shanghai",
    "Shang4 hai3": "cn-city-shanghai",
    "上海": "cn-city-shanghai",
    "上海市人民政府": "cn-city-shanghai",
    "上海 交通": "cn-port-shanghai",
    "SH": "cn-city-shanghai",
    "重慶": "cn-city-chongqing",
    "Chóngqìng": "cn-city-chongqing",
    "Chungking": "cn-city-chongqing",
    "山城": "cn-city-chongqing",
    "canton": "cn-city-guangzhou",
    "Xi'an": "cn-city-xian",
    "xian": "cn-city-xian",
    "西": "cn-city-xian",
    "武漢": "cn-city-wuhan",
    "wuh": "cn-city-wuhan",
    "beijingdaxue": "cn-pku",
    "Tsing Hua": "cn-tsinghua",
    "City of Portland": "us-city-portland",
    "波特兰": "us-city-portland",
    "botelan": "us-city-portland",
    "ST. LOUIS": "us-city-st-louis",
    "new york": "us-city-new-york-city",
    "NYC": "us-city-new-york-city",
    "LA": "us-city-los-angeles",
    "mbta": "us-mbta",
    "the T": "us-mbta",
    "Black and Veatch": "us-bv",
    "IMACC仪器": "us-imacc",
    "rocky mountain": "us-rmi",
}
NEARLY_NAMED = {
    "Wicita": "us-city-wichita",
    "Pitsburgh": "us-city-pittsburgh",
    "san fransisco": "us-city-san-francisco",
    "Philidelphia": "us-city-philadelphia",
    "newyork": "us-city-new-york-city",
    "Saint Louis": "us-city-st-louis",
    "Boing": "us-boeing",
    "Microsft": "us-microsoft",
    "上海是": "cn-city-shanghai",
    "shnaghai": "cn-city-shanghai",
    "武汗": "cn-city-wuhan",
    "gvangzhou": "cn-city-guangzhou",
    "nanjng": "cn-city-nanjing",
    "chonqing": "cn-city-chongqing",
    "Tsinghau": "cn-tsinghua",
}


def test_the_one_meant_comes_first() -> None:
    load_demo(None)
    for code, aliases in (
        ("cn-city-chongqing", ["Chungking", "山城"]),
        ("cn-city-guangzhou", ["Canton", "羊城"]),
        ("us-mbta", ["The T"]),
    ):
        save_organization(OrganizationEntry(code, {"aliases": aliases}), actor=None)
    listed = Organization.objects.approved()
    first: dict[str, tuple[str, bool]] = {}
    for text in (*NAMED, *NEARLY_NAMED):
        found = find(listed, Wanted(text=text))
        nearest = found.organizations.first()
        first[text] = (nearest.code if nearest else "", found.alike)
    assert first == {
        **{text: (code, False) for text, code in NAMED.items()},
        **{text: (code, True) for text, code in NEARLY_NAMED.items()},
    }
    assert codes("Siemens") == []


def keyed(code: str, name_en: str, name_zh: str = "", **fields: Any) -> Organization:
    return make_organization(
        code, name_en=name_en, name_zh=name_zh, search_key=search_key(name_en, name_zh), **fields
    )


def test_whole_words_then_beginnings_then_parts_of_words() -> None:
    for code, name in (
        ("us-part", "Highport"),
        ("us-beginning", "Portland"),
        ("us-behind", "Old Port"),
        ("us-longer", "Port of Ashland"),
        ("us-port", "Port"),
        ("us-other", "Boston"),
    ):
        keyed(code, name)
    assert codes("port") == ["us-port", "us-longer", "us-behind", "us-beginning", "us-part"]
    assert codes("PORT ash") == ["us-longer"]


def test_nothing_asked_lists_all_by_name_in_a_stable_order() -> None:
    for code, name in (("us-c", "Ábaco"), ("us-b", "beta"), ("us-a", "Zeta"), ("us-e", "Beta"), ("us-d", "")):
        keyed(code, name, "" if name else "武汉")
    assert codes() == ["us-c", "us-b", "us-e", "us-a", "us-d"]


def test_only_those_searched_are_found() -> None:
    keyed("us-a", "Portland")
    keyed("us-b", "Portland", state=OrganizationState.SUBMITTED)
    assert (codes("Portland"), codes("Portlnad")) == (["us-a"], ["us-a"])


@given(st.text(max_size=40))
def test_any_text_can_be_searched_for(text: str) -> None:
    if spellings(text):
        assert find(Organization.objects.approved(), Wanted(text=text)).counts == {}


# --- Filters ----------------------------------------------------------------------------------------


def test_a_topic_an_area_and_a_side() -> None:
    make_topic("buses", "mobility"), make_topic("trams", "mobility"), make_topic("wells", "water")
    keyed("us-a", "A", needs={"buses": 3, "wells": 1})
    keyed("us-b", "B", offers={"buses": 3})
    keyed("us-c", "C", needs={"trams": 3}, offers={"wells": 1})
    keyed("us-d", "D")
    assert codes(topic="buses") == ["us-a", "us-b"]
    assert codes(topic="buses", side="needs") == ["us-a"]
    assert codes(topic="buses", side="offers") == ["us-b"]
    assert codes(area="mobility") == ["us-a", "us-b", "us-c"]
    assert codes(area="mobility", side="needs") == ["us-a", "us-c"]
    assert codes(area="water", topic="buses") == []
    assert codes(side="offers") == ["us-b", "us-c"]
    assert codes("a", topic="buses") == ["us-a"]


def test_sizes_are_city_classes_of_their_country_or_bands_of_staff() -> None:
    basis = PopulationBasis.CITY_PROPER
    for code, country, people in (
        ("us-999", Country.US, 999_999),
        ("us-1000", Country.US, 1_000_000),
        ("us-9", Country.US, 9),
        ("cn-1000", Country.CN, 1_000_000),
        ("cn-3000", Country.CN, 3_000_000),
    ):
        keyed(code, code, country=country, population=people, population_basis=basis)
    keyed("us-hub", "hub", kind=Kind.FIRM, population=2_000_000, population_basis=basis)
    keyed("us-shop", "shop", kind=Kind.FIRM, size_band=SizeBand.SMALL)
    assert codes(size="us_over_1m") == ["us-1000"]
    assert codes(size="us_500k") == ["us-999"]
    assert codes(size="us_under_10k") == ["us-9"]
    assert codes(size="cn_large_1") == ["cn-3000"]
    assert codes(size="cn_large_2") == ["cn-1000"]
    assert codes(size="small") == ["us-shop"]
    assert codes(size="large") == []


def test_a_region_is_one_however_it_is_written() -> None:
    keyed("cn-a", "A", country=Country.CN, region="Jiangsu")
    keyed("cn-b", "B", country=Country.CN, region="江苏省")
    keyed("us-c", "C", region="OR")
    keyed("us-d", "D", region="Atlantis")
    keyed("us-e", "E", region="")
    found = regions(Organization.objects.approved())
    assert found == [
        Region("CN-jiangsu", "CN", ("Jiangsu", "江苏省")),
        Region("US-Atlantis", "US", ("Atlantis",)),
        Region("US-OR", "US", ("OR",)),
    ]
    assert [codes(region=region) for region in found] == [["cn-a", "cn-b"], ["us-d"], ["us-c"]]


def test_counts_are_those_of_the_search_whatever_kind_and_country_are_asked_for() -> None:
    keyed("us-a", "Port A")
    keyed("us-b", "Port B", kind=Kind.FIRM)
    keyed("cn-c", "Port C", country=Country.CN)
    keyed("cn-d", "Dale", country=Country.CN)
    found = find(Organization.objects.approved(), Wanted(text="port", kind="city", country="US"))
    assert [one.code for one in found.organizations] == ["us-a"]
    assert found.counts == {("city", "US"): 1, ("firm", "US"): 1, ("city", "CN"): 1}


# --- Speed ------------------------------------------------------------------------------------------


def large_register() -> None:
    """Every city of the shipped table twice, approved."""
    load_reference()
    Organization.objects.bulk_create(
        [
            Organization(
                code=f"{city.country.lower()}-{city.pk}-{time}",
                kind=Kind.CITY,
                country=city.country,
                state=OrganizationState.APPROVED,
                name_en=city.name_en,
                name_zh=city.name_zh,
                search_key=key,
            )
            for city in ReferenceCity.objects.all()
            for key in [search_key(city.name_en, city.name_zh)]
            for time in range(2)
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        # What autovacuum does soon after.
        cursor.execute("SELECT gin_clean_pending_list('organization_by_name')")
        cursor.execute("ANALYZE alliances_organization")


def queries_of(text: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        list(find(Organization.objects.approved(), Wanted(text=text)).organizations[:30])
    return [str(query["sql"]) for query in captured]


def test_a_large_register_is_searched_by_its_index_in_as_many_queries() -> None:
    keyed("us-wichita", "Wichita", "威奇托")
    few = {text: len(queries_of(text)) for text in ("", "wichita", "wichtia")}
    large_register()
    assert {text: len(queries_of(text)) for text in few} == few
    plans = []
    for sql in (*queries_of("wichita"), *queries_of("wichtia")):
        if "LIKE" in sql or "%>" in sql:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert [plan for plan in plans if "organization_by_name" not in plan] == []
    assert len(plans) == 4
