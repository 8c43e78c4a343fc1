"""The schema is whole and valid, its page asks nothing of anybody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from matchmaking.enums import WebhookEvent
from tests.matchmaking.api.test_access import METHODS, ROUTES

pytestmark = pytest.mark.django_db

# Their address says it all.
WITHOUT_BODY = ("/secret/", "/replay/")


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
    }
    assert named == there


def test_every_operation_tells_its_refusals_and_writes_have_examples() -> None:
    for path, operations in schema()["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "404", "429"} <= operation["responses"].keys(), path
            sent = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
            assert ("Idempotency-Key" in sent) is (method != "get"), path
            assert ("If-Match" in sent) is (method in ("patch", "delete")), path
            if method not in ("get", "delete") and not path.endswith(WITHOUT_BODY):
                content = operation["requestBody"]["content"]
                assert list(content) == ["application/json"]
                assert content["application/json"]["examples"], path


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
