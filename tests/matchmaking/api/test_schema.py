"""The schema is whole and valid, its page asks nothing of anybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from matchmaking.enums import WebhookEvent
from tests.matchmaking.api.staff.test_access import ACTIONS
from tests.matchmaking.api.test_access import METHODS, ROUTES

pytestmark = pytest.mark.django_db

# Their address says it all.
WITHOUT_BODY = ("/replay/",)


def schema(language: str = "en") -> Any:
    response = Client(headers={"accept-language": language}).get("/api/v1/schema/")
    assert response.status_code == 200
    return response.json()


def test_schema_has_no_warnings() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


def test_schema_names_every_route_and_method() -> None:
    named = {
        (re.sub(r"{(\w+)}", r"{}", path.removeprefix("/api/v1/")), method.upper())
        for path, operations in schema()["paths"].items()
        for method in operations
    }
    there = {
        (re.sub(r"<[^>]*>", "{}", route), method)
        for route, (taken, _is_detail) in ROUTES.items()
        for method in METHODS
        if method in taken
    } | {(re.sub(r"<[^>]*>", "{}", one.route), one.method) for one in ACTIONS}
    assert named == there


def operations(language: str = "en") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, by its method and path."""
    for path, methods in schema(language)["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is sent to it, and what it answers where it did it."""
    done = [one for status, one in operation["responses"].items() if status.startswith("2")]
    for part in (operation.get("requestBody", {}), *done):
        yield from part.get("content", {}).values()


def test_every_operation_has_a_summary_in_both_languages() -> None:
    english, chinese = (dict(operations(language)) for language in ("en", "zh-hans"))
    assert [
        name
        for name, operation in english.items()
        if not operation.get("summary") or operation["summary"] == chinese[name].get("summary")
    ] == []


def test_every_operation_shows_what_is_sent_and_what_is_answered() -> None:
    """A component without an example needs an entry in matchmaking.api.examples."""
    bare = [
        (name, content["schema"])
        for name, operation in operations()
        for content in contents(operation)
        if not content.get("examples")
    ]
    assert bare == []
    without_answer = [
        name
        for name, operation in operations()
        if not {"200", "201", "202", "204"} & operation["responses"].keys()
    ]
    assert without_answer == []


def test_every_example_is_as_its_schema_says() -> None:
    components = strict(schema()["components"])
    for name, operation in operations():
        for content in contents(operation):
            rule = {**strict(content["schema"]), "components": components}
            for example in content["examples"].values():
                errors = list(Draft202012Validator(rule).iter_errors(example["value"]))
                assert (name, errors) == (name, [])


def test_a_made_up_example_is_found() -> None:
    """Control: the rule refuses a field that is not there and a value of the wrong kind."""
    components = strict(schema()["components"])
    rule = {"$ref": "#/components/schemas/StatedNeed", "components": components}
    for wrong in ({"topic": "e-bus", "level": 1}, {"topic": "e-bus", "priority": "high"}, {"priority": 1}):
        assert not Draft202012Validator(rule).is_valid(wrong)


def strict(part: Any) -> Any:
    """OpenAPI 3.0's nulls as JSON Schema has them, and no field that is not named."""
    if isinstance(part, list):
        return [strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: strict(value) for key, value in part.items() if key != "nullable"}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if part.get("nullable") is True else found


def test_no_part_is_without_a_type() -> None:
    parts = [
        (name, field, part)
        for name, component in schema()["components"]["schemas"].items()
        for field, part in component.get("properties", {}).items()
    ]
    typed = {"type", "$ref", "oneOf", "allOf"}
    assert [(name, field) for name, field, part in parts if not typed & part.keys()] == []


def test_the_report_is_one_and_exports_are_lists_beside_their_files() -> None:
    contents = {
        path: operation["get"]["responses"]["200"]["content"]
        for path, operation in schema()["paths"].items()
        if "/exports/" in path
    }
    report = contents.pop("/api/v1/exports/alliances/{code}/report/")
    assert report["application/json"]["schema"] == {"$ref": "#/components/schemas/Report"}
    assert {one["application/json"]["schema"]["type"] for one in contents.values()} == {"array"}
    shown = [
        next(iter(one["text/csv"]["examples"].values()))["value"] for one in (report, *contents.values())
    ]
    assert shown[0] == (
        "code,name_en,name_zh,recommended,seen,interested,introduced,sponsored\r\n"
        "cn-city-hanzhou,Hanzhou,汉州市,6,4,2,1,0\r\n"
    )
    assert [one.partition(",")[0] for one in shown[1:]] == ["id", "id"]


def test_what_a_change_must_say_and_what_it_may() -> None:
    components = schema()["components"]["schemas"]
    changes = {
        operation["patch"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        for operation in schema()["paths"].values()
        if "patch" in operation
    }
    assert {name: components[name].get("required", []) for name in changes} == {
        "MembershipChangeRequest": ["state"],
        "NeedChangeRequest": [],
        "OfferChangeRequest": [],
        "OrganizationRequest": [],
        "SponsoringRequest": ["sponsored"],
        "WebhookChangeRequest": [],
    }


def test_staff_are_answered_with_the_status_that_is_stated() -> None:
    stated = {
        (method.upper(), re.sub(r"{\w+}", "{}", path.removeprefix("/api/v1/"))): operation["responses"]
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    }
    for one in ACTIONS:
        found = stated[one.method, re.sub(r"<[^>]*>", "{}", one.route)]
        assert str(one.status) in found, one
        assert len([status for status in found if status.startswith("2")]) == 1, one


def test_every_operation_tells_its_refusals_and_its_headers() -> None:
    for path, operations in schema()["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "404", "429"} <= operation["responses"].keys(), path
            sent = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
            assert ("Idempotency-Key" in sent) is (method != "get"), path
            match = [one["required"] for one in operation.get("parameters", []) if one["name"] == "If-Match"]
            changes = method in ("patch", "delete") or path.endswith("/review/")
            assert match == ([True] if changes else [False] if path.endswith("/answer/") else []), path
            if method not in ("get", "delete") and not path.endswith(WITHOUT_BODY):
                content = operation["requestBody"]["content"]
                assert list(content) == ["application/json"]
                assert content["application/json"]["examples"], path
            assert [status for status, one in operation["responses"].items() if "headers" not in one] == []


def test_schema_speaks_the_readers_language_and_ignores_parameters() -> None:
    summary = schema()["paths"]["/api/v1/topics/"]["get"]["summary"]
    assert summary == "Challenge areas and topics"
    response = Client().get("/api/v1/schema/?lang=zh-hans&version=%0a")
    assert response.json()["paths"]["/api/v1/topics/"]["get"]["summary"] == summary


def test_page_loads_our_own_files_alone() -> None:
    response = Client().get("/api/v1/docs/")
    page = response.content.decode()
    assert response.status_code == 200
    loaded = re.findall(r'(?:<script src|<link [^>]*href)="([^"]*)"', page)
    assert len(loaded) == 5
    assert [url for url in loaded if not url.startswith("/static/")] == []
    assert [url for url in loaded if finders.find(url.removeprefix("/static/")) is None] == []
    assert re.findall(r"<style|style=|<script>", page) == []
    # Its frame is the other pages'.
    assert '<a class="skip" href="#main">' in page
    assert "none of them takes part or has endorsed anything" in page


def test_schema_says_what_is_sent_to_webhooks_and_how_to_check_it() -> None:
    for language, words in (("en", "Each call is signed"), ("zh-hans", "每个请求都用该Webhook的密钥签名")):
        whole = schema(language)
        words_of_adding = whole["paths"]["/api/v1/webhooks/"]["post"]["description"]
        assert words in words_of_adding
        assert (
            "def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:" in words_of_adding
        )
    calls = {name: call["post"] for name, call in whole["x-webhooks"].items()}
    assert set(calls) == set(WebhookEvent.values)
    for name, call in calls.items():
        body = call["requestBody"]["content"]["application/json"]["example"]
        assert (body["event"], set(body)) == (
            name,
            set(whole["components"]["schemas"]["WebhookCall"]["required"]),
        )
        assert {one["name"] for one in call["parameters"]} == {
            "Webhook-Event-Id",
            "Webhook-Timestamp",
            "Webhook-Signature",
        }
