"""The jurisdiction check by the API: the desk's verdicts, with the rules and their sources."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, PartnershipType
from matchmaking.enums import RuleVerdict
from tests.factories import make_organization
from tests.matchmaking.api.callers import Caller
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.jurisdiction.rules import make_rule

pytestmark = pytest.mark.django_db
PATH = "/staff/jurisdiction/"
PAIR = {"one": "us-austin", "other": "cn-kaifeng"}


@pytest.fixture
def us() -> Caller:
    return staff_program()


@pytest.fixture(autouse=True)
def _pair() -> None:
    make_organization("us-austin", region="TX")
    make_organization("cn-kaifeng", country=Country.CN)


def slugs(ruling: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    return (
        ruling["verdict"],
        *([rule["slug"] for rule in ruling[name]] for name in ("rules", "notices")),
    )


def test_the_verdicts_come_with_their_rules_and_sources(us: Caller) -> None:
    make_rule(
        "sister-ban",
        tie=PartnershipType.SISTER_TIE,
        us_region="TX",
        citation="HB 128",
        citation_url="https://law.example/hb128",
        begins_on="2026-09-01",
    )
    make_rule("check", RuleVerdict.ALLOWED, cn_region="")
    make_rule("elsewhere", us_region="OH")
    status, found = us.post(PATH, {**PAIR, "on": "2026-09-01", "ties": ["pilot", "sister_tie"]})
    assert (status, found["one"], found["other"], found["on"]) == (
        200,
        "us-austin",
        "cn-kaifeng",
        "2026-09-01",
    )
    assert slugs(found["pair"]) == ("another_form", ["sister-ban"], ["check"])
    # In the vocabulary's order.
    assert [(one["tie"], *slugs(one["ruling"])) for one in found["ties"]] == [
        ("pilot", "allowed", ["check"], ["check"]),
        ("sister_tie", "blocked", ["sister-ban"], ["check"]),
    ]
    assert found["pair"]["rules"][0] == {
        "slug": "sister-ban",
        "verdict": "blocked",
        "tie": "sister_tie",
        "begins_on": "2026-09-01",
        "ends_on": None,
        "explanation_en": "The law says so.",
        "explanation_zh": "法律如此规定。",
        "other_form_en": "",
        "other_form_zh": "",
        "citation": "HB 128",
        "citation_url": "https://law.example/hb128",
        "is_verified": False,
        "note": "",
    }
    # A day earlier it did not hold, and the order of the two does not matter.
    turned = {"one": PAIR["other"], "other": PAIR["one"], "on": "2026-08-31"}
    _status, found = us.post(PATH, turned)
    assert slugs(found["pair"]) == ("allowed", ["check"], ["check"])


def test_without_a_day_and_ties_it_is_today_and_all_of_them(us: Caller) -> None:
    _status, found = us.post(PATH, PAIR)
    assert found["on"] == str(timezone.now().date())
    assert [one["tie"] for one in found["ties"]] == PartnershipType.values
    assert {one["ruling"]["verdict"] for one in found["ties"]} == {"allowed"}


@pytest.mark.parametrize(
    ("change", "code", "field", "sentence"),
    [
        (
            {"other": "cn-none"},
            "invalid",
            "other",
            "The register has no organization of the code 'cn-none'.",
        ),
        (
            {"other": "us-austin"},
            "invalid",
            "other",
            "Both are in the same country: United States. Rules are on ties between the two countries.",
        ),
        ({"one": 7}, "invalid", "one", "This must be a text in quotation marks."),
        (
            {"on": "2026-02-30"},
            "invalid",
            "on",
            "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        ),
        ({"ties": ["sister"]}, "invalid_choice", "ties", '"sister" is not a valid choice.'),
        ({"form": "pilot"}, "unknown_field", "form", "Unknown field 'form'."),
    ],
)
def test_what_is_wrong_with_the_pair_is_said(
    us: Caller, change: dict[str, object], code: str, field: str, sentence: str
) -> None:
    response = us.call("POST", PATH, {**PAIR, **change})
    told = {"code": code, "message": sentence, "field": field}
    assert (response.status_code, refused(response)) == (400, told)


def test_refusals_come_in_chinese() -> None:
    caller = staff_program(language="zh-hans")
    assert caller.post(PATH, {**PAIR, "one": "us-none"})[1]["message"] == "名录中没有代码为“us-none”的机构。"


def test_a_check_costs_the_same_for_one_and_for_thirty_rules(us: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.post(PATH, PAIR)[0] == 200
        return len(found)

    make_rule()
    queries()
    with_one = queries()
    for number in range(29):
        make_rule(f"rule-{number}")
    assert queries() == with_one
