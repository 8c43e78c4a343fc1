"""Every answer of the site carries its headers, whoever in the chain gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from tests.factories import make_user
from tests.matchmaking.security.conftest import SecureClient
from tests.matchmaking.test_settings import PRODUCTION, manage

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.matchmaking.security.urls")]

POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
STRICT = {"script-src 'self'", "style-src 'self'"}
DESK_POLICY = (POLICY - STRICT) | {"script-src 'self' 'unsafe-eval'", "style-src 'self' 'unsafe-inline'"}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    ),
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STYLE = "/static/matchmaking/style.css"
TOO_MUCH = settings.BODY_MAX_BYTES + 1

Ask = Callable[[Client], Any]


def static_file(client: Client) -> Any:
    answer = client.get(STYLE)
    answer.close()
    return answer


ANSWERS: dict[str, tuple[int, Ask]] = {
    "page": (200, lambda client: client.get("/")),
    "static file": (200, static_file),
    "health": (200, lambda client: client.get("/health/live")),
    "sign-in first": (302, lambda client: client.get("/introductions/")),
    "desk": (302, lambda client: client.get("/admin/")),
    "refused": (400, lambda client: client.get("/fails/bad")),
    "foreign host": (400, lambda client: client.get("/", headers={"host": "evil.example"})),
    "broken link": (400, lambda client: client.get("/unsubscribe/broken")),
    "forbidden": (403, lambda client: client.get("/fails/forbidden")),
    "stale form": (403, lambda client: SecureClient(enforce_csrf_checks=True).post("/i18n/setlang/")),
    "missing": (404, lambda client: client.get("/nowhere")),
    "missing static file": (404, lambda client: client.get("/static/nowhere.css")),
    "wrong method": (405, lambda client: client.post("/")),
    "gone": (410, lambda client: client.get("/fails/gone")),
    "too large": (413, lambda client: client.post("/", b" " * TOO_MUCH, content_type="text/plain")),
    "too often": (429, lambda client: client.get("/fails/hurried")),
    "failed": (500, lambda client: client.get("/fails/broken")),
}


def policy(response: Any) -> set[str]:
    return set(response["Content-Security-Policy"].split("; "))


@pytest.mark.parametrize("case", ANSWERS)
def test_every_answer_has_the_headers(visitor: Client, case: str) -> None:
    status, ask = ANSWERS[case]
    answer = ask(visitor)
    expected = dict(HEADERS)
    if case == "broken link":  # its address is a token's
        expected["Referrer-Policy"] = "strict-origin"
    assert answer.status_code == status
    assert {name: answer.get(name) for name in expected} == expected
    assert policy(answer) == (DESK_POLICY if case == "desk" else POLICY)


def test_plain_http_is_led_to_the_site_s_own_name(production: Settings) -> None:
    answer = Client().get("/introductions/?a=1", headers={"host": "evil.example"})
    assert (answer.status_code, answer["location"]) == (301, "https://testserver/introductions/?a=1")
    expected = {name: value for name, value in HEADERS.items() if name != "Strict-Transport-Security"}
    assert {name: answer.get(name) for name in expected} == expected
    assert policy(answer) == POLICY


def test_the_api_refuses_plain_http_and_redirects_nobody(production: Settings) -> None:
    answer = Client().get("/api/v1/topics/", headers={"authorization": "Token abc"})
    assert answer.status_code == 403
    said = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (said["code"], said["detail"]) == ("https_required", "The API answers over https only.")


@pytest.mark.parametrize(("path", "expected"), [("/admin/nowhere", DESK_POLICY), ("/api/v1/docs/", POLICY)])
def test_the_policy_is_eased_where_the_settings_say(visitor: Client, path: str, expected: set[str]) -> None:
    assert policy(visitor.get(path)) == expected


def test_what_a_session_sees_is_kept_nowhere(production: Settings) -> None:
    signed_in = SecureClient()
    signed_in.force_login(make_user())
    for path in ("/", "/introductions/", "/nowhere", "/fails/broken", "/fails/forbidden"):
        assert signed_in.get(path)["cache-control"] == "no-store"
    assert "no-store" not in static_file(signed_in)["cache-control"]
    assert "cache-control" not in SecureClient().get("/")


@pytest.mark.parametrize("path", ["/unsubscribe/broken", "/join/broken/"])
def test_a_token_page_is_kept_nowhere(visitor: Client, path: str) -> None:
    answer = visitor.get(path)
    assert "no-store" in answer["cache-control"]
    # Not `no-referrer`: browsers would send the page's own forms with the origin "null".
    assert answer["referrer-policy"] == "strict-origin"


def test_cookies_and_redirects_are_the_site_s_alone() -> None:
    names = [
        f"{cookie}_COOKIE_{part}"
        for cookie in ("SESSION", "CSRF")
        for part in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
    ]
    names.append("SECURE_SSL_HOST")
    code = f"from django.conf import settings as s; print([getattr(s, name) for name in {names}])"
    outcome = manage("shell", "-v0", "-c", code, **PRODUCTION)
    assert outcome.stdout.strip() == str(
        [
            "__Host-session",
            True,
            True,
            "Lax",
            "/",
            None,
            "__Host-csrf",
            True,
            True,
            "Lax",
            "/",
            None,
            "partners.example.org",
        ]
    )
