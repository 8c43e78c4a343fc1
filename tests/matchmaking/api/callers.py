"""Who calls the API in the tests, and how."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from alliances.models import Organization, User
from matchmaking.enums import TokenScope
from matchmaking.services.tokens import token_issue

ROOT = "/api/v1"


class Caller:
    """A program with a token, a browser with a session, or nobody. Answers come as (status, parsed body)."""

    def __init__(self, *, token: str = "", user: User | None = None, language: str = "en") -> None:
        self.client = Client(raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.headers = {"accept-language": language}
        if token:
            self.headers["authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The raw response. A body that is no text is sent as JSON; changes are made of whatever stands."""
        changes = method in ("PATCH", "DELETE") or path.endswith("/review/")
        match = {"if-match": "*"} if changes else {}
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        sent = {**self.headers, **match, **named}
        if headers.get("if_match") == "":
            del sent["if-match"]
        data = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        return self.client.generic(method, ROOT + path, data, content_type="application/json", headers=sent)

    def get(self, path: str) -> tuple[int, Any]:
        return self._parsed("GET", path)

    def patch(self, path: str, body: object) -> tuple[int, Any]:
        return self._parsed("PATCH", path, body)

    def post(self, path: str, body: object) -> tuple[int, Any]:
        return self._parsed("POST", path, body)

    def _parsed(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        response = self.call(method, path, body)
        return response.status_code, response.json()


def program(
    organization: Organization, user: User, scope: TokenScope = TokenScope.WRITE, language: str = "en"
) -> Caller:
    """A program with a new token of this person."""
    issued = token_issue(organization, name="Test", scope=scope, days=30, by=user)
    return Caller(token=issued.words, language=language)
