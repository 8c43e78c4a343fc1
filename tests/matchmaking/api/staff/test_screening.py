"""Screening by the API: the verdicts of the command, and the lists they rest on."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.models import ScreeningHit, ScreeningList
from alliances.services.screening import screening_import
from matchmaking.models import ApiCall
from tests.matchmaking.api.callers import Caller
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.test_refusals import refused

pytestmark = pytest.mark.django_db
PATH, LISTS = "/staff/screening/", "/staff/screening/lists/"
PLAIN = "name,aliases,country,reference,source\nHikvision,海康威视,CN,1,Test\n"


@pytest.fixture
def us() -> Caller:
    return staff_program()


def load(name: str = "generic", *, days_old: int = 0) -> ScreeningList:
    day = timezone.now().date() - timedelta(days=days_old)
    return screening_import(PLAIN.encode(), file_name="list.csv", name=name, dated=day)


def test_names_get_the_verdicts_of_the_command_in_their_order(us: Caller) -> None:
    load()
    names = ["Wichita Water", "海康威视", "", " Hikvision ", "Wichita Water", "Ωμέγα"]
    status, found = us.post(PATH, {"names": names})
    out = io.StringIO()
    call_command("screen", *names, format="json", stdout=out)
    assert (status, found["results"]) == (200, json.loads(out.getvalue()))
    assert [one["name"] for one in found["results"]] == names
    assert [one["verdict"] for one in found["results"]] == [
        "clear",
        "hit",
        "cannot_screen",
        "hit",
        "clear",
        "cannot_screen",
    ]
    assert found["results"][1] == {
        "name": "海康威视",
        "verdict": "hit",
        "score": 1.0,
        "entry": "Hikvision",
        "alias": "海康威视",
        "list": "generic",
    }
    assert (ScreeningHit.objects.count(), ApiCall.objects.count()) == (0, 0)


def test_without_lists_and_with_one_out_of_date_nobody_is_cleared(us: Caller) -> None:
    asked = {"names": ["Wichita Water"]}
    assert us.post(PATH, asked)[1]["results"][0]["verdict"] == "cannot_screen"
    load(days_old=91)
    assert us.post(PATH, asked)[1]["results"][0]["verdict"] == "cannot_screen"
    load(days_old=90)
    assert us.post(PATH, asked)[1]["results"][0]["verdict"] == "clear"


@pytest.mark.parametrize(
    ("body", "code", "field", "sentence"),
    [
        ({}, "required", "names", "This field is required."),
        ({"names": []}, "empty", "names", "This list may not be empty."),
        ({"names": "Hikvision"}, "not_a_list", "names", 'Expected a list of items but got type "str".'),
        (
            {"names": ["a"] * 51},
            "max_length",
            "names",
            "The list is too long (51 items; limit 50).",
        ),
        ({"names": ["a", 7]}, "invalid", "names.1", "This must be a text in quotation marks."),
        (
            {"names": ["x" * 501]},
            "max_length",
            "names.0",
            "The text is too long (501 characters; limit 500).",
        ),
        (
            {"names": ["a\x00b"]},
            "control_character",
            "names.0",
            "Text contains a character that is not allowed (U+0000).",
        ),
        # Not every one of them is read first.
        ({"names": [7] * 50_000}, "max_length", "names", "The list is too long (50,000 items; limit 50)."),
        ({"names": ["a"], "list": "csl"}, "unknown_field", "list", "Unknown field 'list'."),
    ],
)
def test_what_is_wrong_with_the_names_is_said(
    us: Caller, body: object, code: str, field: str, sentence: str
) -> None:
    response = us.call("POST", PATH, body)
    told = {"code": code, "message": sentence, "field": field}
    assert (response.status_code, refused(response)) == (400, told)


def test_a_call_costs_the_same_for_one_and_for_fifty_names(us: Caller) -> None:
    load()

    def queries(number: int) -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.post(PATH, {"names": ["Hikvision"] * number})[0] == 200
        return len(found)

    queries(1)
    assert queries(50) == queries(1)


def test_the_lists_in_use_are_told_with_their_day_and_whether_it_is_too_long_ago(us: Caller) -> None:
    load("csl", days_old=9)
    load("csl", days_old=8)
    fresh = load("generic")
    status, page = us.get(LISTS)
    assert (status, page["count"]) == (200, 2)
    csl, generic = page["results"]
    assert (csl["name"], csl["dated"], csl["is_stale"]) == (
        "csl",
        str(timezone.now().date() - timedelta(days=8)),
        True,
    )
    assert (generic["version"], generic["is_stale"], generic["entry_count"], generic["digest"]) == (
        "list",
        False,
        1,
        fresh.digest,
    )
    assert us.get(f"{LISTS}?name=csl")[0] == 400


def test_lists_cost_the_same_for_one_and_for_five(us: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.get(LISTS)[0] == 200
        return len(found)

    load("csl")
    queries()
    with_one = queries()
    for name in ("dod_1260h", "section_889", "fcc_covered", "generic"):
        load(name)
    assert queries() == with_one
