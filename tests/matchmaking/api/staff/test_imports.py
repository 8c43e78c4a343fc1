"""Bulk import of organizations by the API: all or none, a result for each row, as a file would be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import EventKind, OrganizationState
from alliances.models import AllianceMembership, Organization, RegisterEvent
from alliances.services.organization_import import IMPORT_LOCK
from tests.factories import make_organization, make_topic
from tests.matchmaking.api.callers import Caller
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.test_refusals import refused

pytestmark = pytest.mark.django_db
PATH = "/staff/imports/"
CITY: dict[str, Any] = {"code": "us-a", "kind": "city", "country": "US", "name_en": "Alpha"}


@pytest.fixture
def us() -> Caller:
    return staff_program()


def results(body: dict[str, Any]) -> list[tuple[object, ...]]:
    return [(one["line"], one["code"], one["result"]) for one in body["results"]]


def test_rows_are_created_updated_and_left_as_they_are_each_told(us: Caller) -> None:
    make_organization("us-same", name_en="Same", name_zh="", capacity=3)
    make_organization("us-other", name_en="Other", name_zh="", region="TX", website="https://other.example")
    make_topic("e-bus"), make_topic("tram")
    status, found = us.post(
        PATH,
        {
            "rows": [
                {
                    **CITY,
                    "population": 650_000,
                    "population_basis": "city_proper",
                    "latitude": 45.5,
                    "longitude": -122.7,
                    "aliases": ["A-Town", "Alphaville"],
                    "needs": ["e-bus:3", "tram"],
                    "languages": "zh|en",
                    "contact_email": "Office@Test.example",
                    "budget_band": None,
                },
                {"code": "us-same", "kind": "city", "country": "US", "name_en": "Same"},
                # The region is stored as its code; the website, which is left out, stays.
                {"code": "us-other", "kind": "city", "country": "US", "region": "Texas", "needs": ["tram"]},
            ]
        },
    )
    assert status == 200
    assert {name: found[name] for name in ("dry_run", "created", "updated", "unchanged")} == {
        "dry_run": False,
        "created": 1,
        "updated": 1,
        "unchanged": 1,
    }
    assert results(found) == [
        (1, "us-a", "created"),
        (2, "us-same", "unchanged"),
        (3, "us-other", "updated"),
    ]
    assert [one["errors"] for one in found["results"]] == [[], [], []]
    made = Organization.objects.get(code="us-a")
    assert (made.state, made.population, made.latitude, made.longitude) == (
        OrganizationState.SUBMITTED,
        650_000,
        45.5,
        -122.7,
    )
    assert (made.aliases, made.languages, made.contact_email) == (
        ["A-Town", "Alphaville"],
        ["en", "zh"],
        "office@test.example",
    )
    assert dict(made.needs.values_list("topic__slug", "priority")) == {"e-bus": 3, "tram": 2}
    other = Organization.objects.get(code="us-other")
    assert (other.website, other.region) == ("https://other.example", "TX")
    updated = RegisterEvent.objects.get(kind=EventKind.UPDATED)
    assert (updated.organization_id, updated.data["fields"]) == (other.pk, ["needs"])
    assert made.history.get().history_change_reason == "API"


def test_new_ones_may_be_approved_and_name_each_other(us: Caller) -> None:
    alliance = {**CITY, "code": "us-league", "kind": "alliance", "members": ["us-a"]}
    assert us.post(PATH, {"rows": [alliance, CITY], "approve": True})[0] == 200
    assert set(Organization.objects.values_list("state", flat=True)) == {OrganizationState.APPROVED}
    assert AllianceMembership.objects.get().member.code == "us-a"


def test_a_dry_run_tells_the_same_and_saves_nothing(us: Caller) -> None:
    make_organization("us-b", name_en="Beta")
    rows = [CITY, {**CITY, "code": "us-b", "name_en": "Bravo"}]
    status, found = us.post(PATH, {"rows": rows, "dry_run": True})
    assert (status, found["dry_run"], results(found)) == (
        200,
        True,
        [(1, "us-a", "created"), (2, "us-b", "updated")],
    )
    assert Organization.objects.get().name_en == "Beta"
    assert RegisterEvent.objects.count() == 0


def test_one_wrong_row_keeps_all_out_and_each_row_is_told(us: Caller) -> None:
    wrong = {
        "code": "us-c",
        "kind": "town",
        "country": "US",
        "population": 12.5,
        "languages": [1],
        "aliases": ["a|b"],
        "is_staff": "yes",
    }
    alone = {"code": "us-a", "kind": "city"}
    response = us.call("POST", PATH, {"rows": [CITY, wrong, alone, {**CITY, "code": "us-d", "name_en": ""}]})
    body = response.json()
    assert refused(response) == {
        "code": "rows_refused",
        "message": "Nothing was imported: 3 of 4 rows are wrong. `results` says what, row by row.",
        "field": "rows",
        "results": body["results"],
    }
    assert results(body) == [
        (1, "us-a", "not_imported"),
        (2, "us-c", "refused"),
        (3, "us-a", "refused"),
        (4, "us-d", "refused"),
    ]
    assert body["results"][1]["errors"] == [
        {
            "code": "unknown_field",
            "message": "Column 'is_staff' is not known. Remove it.",
            "field": "is_staff",
        },
        {
            "code": "invalid",
            "message": "Give a text, a number, a list of texts, or null for none.",
            "field": "languages",
        },
        {
            "code": "invalid",
            "message": "An item of a list cannot hold the mark |.",
            "field": "aliases",
        },
        {
            "code": "invalid",
            "message": "'town' is not known here. Use city, firm, alliance.",
            "field": "kind",
        },
        {
            "code": "invalid",
            "message": "Write a whole number from 1 to 1000000000, digits only.",
            "field": "population",
        },
    ]
    assert body["results"][2]["errors"] == [
        {"code": "required", "message": "Column 'country' is missing.", "field": "country"},
        {
            "code": "invalid",
            "message": "Code 'us-a' stands on line 1 too. Remove one of the two rows.",
            "field": "code",
        },
    ]
    assert body["results"][3]["errors"] == [
        {
            "code": "invalid",
            "message": "Give a name in English or in Chinese.",
            "field": "name_en",
        }
    ]
    assert Organization.objects.count() == 0


def test_refusals_come_in_chinese() -> None:
    caller = staff_program(language="zh-hans")
    status, body = caller.post(PATH, {"rows": [{**CITY, "aliases": [True]}, {**CITY, "kind": True}]})
    assert (status, body["message"]) == (400, "未导入任何内容：2行中有2行有误。`results` 逐行说明。")
    assert [one["errors"][0]["message"] for one in body["results"]] == [
        "请给出文本、数字或文本列表；没有时用 null。"
    ] * 2


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "rows"),
        ({"rows": []}, "empty", "rows"),
        ({"rows": "code;kind"}, "not_a_list", "rows"),
        ({"rows": [CITY, 7]}, "not_a_dict", "rows.1"),
        ({"rows": [CITY], "approve": "yes"}, "invalid", "approve"),
        ({"rows": [CITY], "partial": True}, "unknown_field", "partial"),
    ],
)
def test_what_is_no_import_is_refused(us: Caller, body: object, code: str, field: str) -> None:
    response = us.call("POST", PATH, body)
    told = refused(response)
    assert (response.status_code, told["code"], told["field"]) == (400, code, field)
    assert Organization.objects.count() == 0


@pytest.mark.parametrize(
    ("value", "column", "sentence"),
    [
        ({"needs": {"e-bus": 3}}, "needs", "Give a text, a number, a list of texts, or null for none."),
        ({"capacity": True}, "capacity", "Give a text, a number, a list of texts, or null for none."),
        (
            {"summary_en": "x" * 10_001},
            "summary_en",
            "The text is too long (10,001 characters; limit 10,000).",
        ),
        ({"name_en": "a\u0000b"}, "name_en", "Text contains a character that is not allowed (U+0000)."),
        (
            {"kind": "firm"},
            "kind",
            "The register has this code with city; that cannot be changed. Use another code.",
        ),
        ({f"column{number}": 1 for number in range(100)}, None, "Too many columns (limit 100)."),
    ],
)
def test_a_wrong_value_is_named_with_its_column(
    us: Caller, value: dict[str, object], column: str | None, sentence: str
) -> None:
    make_organization("us-a")
    body = us.post(PATH, {"rows": [{**CITY, **value}]})[1]
    (fault,) = [one for one in body["results"][0]["errors"] if one["field"] == column]
    assert fault["message"] == sentence


def test_too_many_rows_and_too_large_a_body_are_refused_in_one_sentence(us: Caller) -> None:
    response = us.call("POST", PATH, {"rows": [CITY] * (settings.IMPORT_MAX_ROWS + 1)})
    assert (response.status_code, refused(response)) == (
        413,
        {"code": "too_many_rows", "message": "Too many rows (limit 5,000).", "field": None},
    )
    # As large as no other body may be: it is read, and refused for what it holds.
    large = json.dumps({"rows": [{**CITY, "summary_en": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}]})
    assert us.call("POST", PATH, large).status_code == 400
    response = us.call("POST", PATH, json.dumps({"rows": ["x" * settings.IMPORT_MAX_BYTES]}))
    assert (response.status_code, refused(response)) == (
        413,
        {"code": "too_large", "message": "Upload is too large (limit 10 MB).", "field": None},
    )
    assert Organization.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[" * 10_000, "invalid_json"),
        ('{"rows": ' + "[" * 10_000 + "]" * 10_000 + "}", "invalid_json"),
        (b'{"rows": "\xff"}', "invalid_json"),
        ('{"rows": [{"capacity": NaN}]}', "invalid_number"),
        ('{"rows": [{"capacity": ' + "9" * 5_000 + "}]}", "invalid_number"),
        ('{"rows": [{"code": "us-a", "code": "us-b"}]}', "duplicate_field"),
    ],
)
def test_documents_are_read_as_strictly_as_elsewhere(us: Caller, body: str | bytes, code: str) -> None:
    response = us.call("POST", PATH, body)
    assert (response.status_code, refused(response)["code"]) == (400, code)


def test_a_file_is_no_document(us: Caller) -> None:
    response = us.client.post(f"/api/v1{PATH}", "code;kind", content_type="text/csv", headers=us.headers)
    assert (response.status_code, refused(response)["message"]) == (415, "Send application/json.")


def test_the_same_key_with_other_rows_is_refused(us: Caller) -> None:
    us.call("POST", PATH, {"rows": [CITY]}, idempotency_key="key-1")
    response = us.call("POST", PATH, {"rows": [{**CITY, "code": "us-b"}]}, idempotency_key="key-1")
    assert (response.status_code, refused(response)["code"]) == (422, "key_reused")
    assert Organization.objects.get().code == "us-a"


def test_a_refused_import_leaves_its_key_free(us: Caller) -> None:
    for status, kind in ((400, "town"), (200, "city")):
        sent = us.call("POST", PATH, {"rows": [{**CITY, "kind": kind}]}, idempotency_key="key-1")
        assert sent.status_code == status


def test_the_same_import_under_a_key_is_one(us: Caller) -> None:
    first, again = (us.call("POST", PATH, {"rows": [CITY]}, idempotency_key="key-1") for _time in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert first.json()["created"] == 1
    assert results(us.post(PATH, {"rows": [CITY]})[1]) == [(1, "us-a", "unchanged")]


@pytest.mark.django_db(transaction=True)
def test_while_another_import_is_under_way_it_is_a_conflict() -> None:
    us = staff_program()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [IMPORT_LOCK])
        response = us.call("POST", PATH, {"rows": [CITY]})
    finally:
        other.close()
    assert (response.status_code, refused(response)) == (
        409,
        {
            "code": "busy",
            "message": "Another file is being imported. Try again when that is done.",
            "field": None,
        },
    )


def test_an_import_costs_the_same_for_ten_and_for_a_hundred_rows(us: Caller) -> None:
    def queries(number: int, name: str) -> int:
        rows = [{**CITY, "code": f"us-{name}-{i}", "name_en": f"{name} {i}"} for i in range(number)]
        with CaptureQueriesContext(connection) as found:
            assert us.post(PATH, {"rows": rows})[0] == 200
        return len(found)

    queries(1, "a")
    assert queries(100, "b") == queries(10, "c")
