"""The page of figures at the desk and its files: what they say in both languages, to whom, the cost."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, EventKind, Kind
from alliances.models import RegisterEvent
from matchmaking.admin.analytics.files import FILES
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from tests.factories import make_organization, make_topic, make_user, prove
from tests.matchmaking.analytics.scenes import introduce, make_run, reasons, show
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, dangling, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/matchmaking/recommendation/analytics/"
CN = Country.CN
PLACES: tuple[dict[str, Any], ...] = (
    {"latitude": 45.5, "longitude": -122.6},
    {"latitude": 30.6, "longitude": 114.3},
)


@pytest.fixture
def desk() -> Client:
    return at_the_desk()


def at_the_desk(language: str = ENGLISH) -> Client:
    client = signed_in(make_user(is_staff=True, is_superuser=True), language)
    prove(client)
    return client


def test_what_is_not_known_is_said_at_its_field(desk: Client) -> None:
    page = text_of(desk, f"{PAGE}?kind=robot")
    assert '<div id="id_kind_error" role="alert">' in page
    assert dangling(page.partition("<main")[2]) == []


def make_world() -> None:
    """Six American cities, each recommended one Chinese firm 20 days ago: five answered, two of them yes."""
    make_topic("bus", "transport")
    run = make_run()
    firm = make_organization(
        "cn-firm", kind=Kind.FIRM, country=CN, name_en="=HYPERLINK(0)", name_zh="汉州公司", region="Hubei",
        offers={"bus": 3}, **PLACES[1],
    )  # fmt: skip
    for number in range(6):
        city = make_organization(
            f"us-{number}", region="OR", shows_name=False, name_en=f"Springfield {number}",
            needs={"bus": 2}, **PLACES[0],
        )  # fmt: skip
        state, answer = [
            (S.INTERESTED, Answer.INTERESTED),
            (S.DECLINED, Answer.DECLINED),
            (S.RELEASED, None),
        ][(number > 1) + (number > 4)]
        show(city, firm, state, days=20, answer=answer, run=run, breakdown=reasons(["bus"]))
        if number == 0:
            introduce(city, firm)
    make_organization("us-alone", needs={"metro": 1})


def rows_of(desk: Client, table: str, query: str = "") -> list[list[str]]:
    answer = desk.get(f"{PAGE}{table}.csv{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


# --- The page -------------------------------------------------------------------------------------


def test_the_page_says_what_was_counted(desk: Client) -> None:
    make_world()
    words = words_of(text_of(desk, PAGE))
    for expected in (
        "Registered 8 Approved 8 100% Recommended 7 88% Seen 5 71% Interested 2 40% Introduced 1 –",
        "Response rate 83% of 6 released Acceptance rate 40% of 5 answered",
        "City → Firm 83% 5 6 40% 2",
        "Firm → City – 0 0 – 0",
        "transport 83% 5 6 40% 2",
        "United States 83% 5 6 40% 2",
        "Oregon (United States) 83% 5 6 40% 2",
        "metro no counterpart 1 1 1 0 1 0 0 0 0",
        "bus 0 6 6 0 0 6 0 6 1",
        "Standing in none 7 (88%)",
        "Share of the most shown tenth 100%",
        "In no list 7 In 1 list 0 In 2 to 4 lists 0 In 5 to 9 lists 1 In 10 lists or more 0",
        "=HYPERLINK(0) Firm, China 6",
        "Introductions made 1 , 1 drawn",
        "at least 14 days ago",
        "Under 5 there is no share.",
    ):
        assert expected in words, expected


def test_staff_read_on_the_map_who_is_anonymous_to_others(desk: Client) -> None:
    make_world()
    html = text_of(desk, PAGE)
    assert "<title>Springfield 5</title>" in html
    assert html.count('class="map__arc"') == 1


def test_two_that_state_the_same_place_are_drawn_without_a_way(desk: Client) -> None:
    one, other = make_organization(**PLACES[0]), make_organization(country=CN, **PLACES[0])
    introduce(one, other)
    assert 'class="map__arc"' not in text_of(desk, PAGE)


def test_the_page_in_chinese() -> None:
    make_world()
    words = words_of(text_of(at_the_desk(CHINESE), PAGE))
    for expected in (
        "数据分析",
        "答复率 83%",
        "接受率 40%",
        "城市 → 企业 83% 5 6 40% 2",
        "俄勒冈州",
        "未满足的需求",
        "无人需要的供给",
        "基尼系数",
        "汉州公司",
    ):
        assert expected in words, expected


def test_an_empty_register_has_a_page_too(desk: Client) -> None:
    words = words_of(text_of(desk, PAGE))
    assert "Registered 0 Approved 0 –" in words
    assert "Gini coefficient –" in words


def test_it_is_narrowed_by_the_address_and_so_are_its_files(desk: Client) -> None:
    make_world()
    query = "?period=30_days&kind=firm&country=CN&sample=without"
    html = text_of(desk, PAGE + query)
    assert "Registered 1 Approved 1" in words_of(html)
    for chosen in ("30_days", "firm", "CN", "without"):
        assert f'<option value="{chosen}" selected>' in html
    assert 'funnel.csv?period=30_days&amp;kind=firm&amp;country=CN&amp;sample=without"' in html
    assert rows_of(desk, "funnel", query)[1] == ["registered", "1", "1", ""]


@pytest.mark.parametrize(
    ("language", "said"),
    [(ENGLISH, "Select a valid choice. nonsense is not one"), (CHINESE, "nonsense 不在可用的选项中")],
)
def test_what_is_not_known_in_the_address_is_named_and_narrows_nothing(language: str, said: str) -> None:
    make_world()
    html = text_of(at_the_desk(language), f"{PAGE}?kind=nonsense&period=%01&country=US")
    assert said in html
    assert 'funnel.csv?country=US"' in html
    assert " 7 " in words_of(html)


# --- The files ------------------------------------------------------------------------------------


def test_every_table_is_a_file(desk: Client) -> None:
    make_world()
    told = ["6", "5", "2", "0.8333", "0.4000"]
    nothing = ["0", "0", "0", "", ""]
    answering = ["released", "answered", "interested", "response_rate", "acceptance_rate"]
    assert rows_of(desk, "funnel") == [
        ["step", "organizations", "of_step_before", "share"],
        ["registered", "8", "8", "1.0000"],
        ["approved", "8", "8", "1.0000"],
        ["recommended", "7", "8", "0.8750"],
        ["seen", "5", "7", "0.7143"],
        ["interested", "2", "5", "0.4000"],
        ["introduced", "1", "2", ""],
    ]
    kinds = rows_of(desk, "kinds")
    assert kinds[0] == ["seeker_kind", "candidate_kind", *answering]
    assert kinds[1:4] == [
        ["city", "city", *nothing],
        ["city", "firm", *told],
        ["city", "alliance", *nothing],
    ]
    assert len(kinds) == 10
    assert rows_of(desk, "countries") == [["country", *answering], ["US", *told], ["CN", *nothing]]
    assert rows_of(desk, "regions") == [["country", "region", *answering], ["US", "OR", *told]]
    assert rows_of(desk, "areas") == [
        ["area", "name_en", "name_zh", *answering],
        ["transport", "transport", "transport", *told],
        ["test-area", "test-area", "test-area", *nothing],
    ]
    topic = ["topic", "name_en", "name_zh", "area", "stated", "us", "cn"]
    came = ["met", "unmet", "recommended", "introduced"]
    assert rows_of(desk, "needs") == [
        [*topic, "priority_1", "priority_2", "priority_3", *came],
        ["metro", "metro", "metro", "test-area", "1", "1", "0", "1", "0", "0", "0", "1", "0", "0"],
        ["bus", "bus", "bus", "transport", "6", "6", "0", "0", "6", "0", "6", "0", "6", "1"],
    ]
    assert rows_of(desk, "offers") == [
        [*topic, "maturity_1", "maturity_2", "maturity_3", *came],
        ["bus", "bus", "bus", "transport", "1", "0", "1", "0", "0", "1", "1", "0", "1", "1"],
    ]
    shown = rows_of(desk, "exposure")
    assert shown[:2] == [
        ["code", "name_en", "name_zh", "kind", "country", "lists"],
        # What a spreadsheet would run stands behind an apostrophe.
        ["cn-firm", "'=HYPERLINK(0)", "汉州公司", "firm", "CN", "6"],
    ]
    assert len(shown) == 9
    html = text_of(desk, PAGE)
    assert [table for table in FILES if f'{PAGE}{table}.csv"' not in html] == []


def test_a_file_is_kept_by_nobody_on_the_way_and_goes_on_record(desk: Client) -> None:
    make_world()
    answer = desk.get(f"{PAGE}needs.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"].startswith('attachment; filename="analytics-needs-')
    (event,) = RegisterEvent.objects.filter(kind=EventKind.EXPORTED)
    assert event.data == {"list": "analytics-needs", "format": "csv", "rows": 2}
    assert event.actor_id is not None


def test_a_file_asks_first_who_it_is() -> None:
    client = signed_in(make_user(is_staff=True, is_superuser=True))
    answer = client.get(f"{PAGE}needs.csv?country=US")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert "needs.csv%3Fcountry%3DUS" in answer["Location"]
    assert not RegisterEvent.objects.filter(kind=EventKind.EXPORTED).exists()


def test_a_file_of_what_is_not_known_is_none_and_the_page_says_why(desk: Client) -> None:
    answer = desk.get(f"{PAGE}needs.csv?country=XX")
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?country=XX")
    assert "XX is not one of the available choices" in text_of(desk, answer["Location"])
    assert not RegisterEvent.objects.filter(kind=EventKind.EXPORTED).exists()


def test_there_is_no_other_file(desk: Client) -> None:
    assert desk.get(f"{PAGE}contacts.csv").status_code == 404


# --- Who, and what it costs -----------------------------------------------------------------------


def test_whoever_is_no_staff_is_sent_away() -> None:
    client = signed_in(make_user())
    for address in (PAGE, f"{PAGE}needs.csv"):
        assert client.get(address).status_code in (302, 403)


@pytest.mark.parametrize("number", [1, 15])
def test_the_page_costs_the_same_for_two_organizations_and_for_thirty(desk: Client, number: int) -> None:
    run = make_run()
    for place in range(number):
        us = make_organization(needs={f"topic-{place}": 2}, region=f"Region {place}", **PLACES[0])
        cn = make_organization(country=CN, offers={f"topic-{place}": 2}, **PLACES[1])
        show(us, cn, S.INTERESTED, run=run, answer=Answer.INTERESTED, breakdown=reasons([f"topic-{place}"]))
        introduce(us, cn)
    desk.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(PAGE).status_code == 200
    # Session and person; then twenty for the figures.
    assert len(queries) == 22
