"""Log lines: one JSON object each, without the tokens of signed links."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import Client

from matchmaking.logs import mask_link_tokens


def written_by(logger: str, message: str, *arguments: object) -> dict[str, object]:
    """The line that the service's formatter makes of a record of the standard library."""
    formatters: Any = settings.LOGGING["formatters"]
    options = dict(formatters["json"])
    formatter = options.pop("()")(**options)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    record = logging.LogRecord(logger, logging.WARNING, __file__, 1, message, arguments, None)
    handler.emit(record)
    line: dict[str, object] = json.loads(stream.getvalue())
    return line


def test_a_link_token_is_cut_out_of_a_foreign_line() -> None:
    line = written_by("django.request", "Bad Request: %s", "/unsubscribe/48:Aj_D01-secret")
    assert line["event"] == "Bad Request: /unsubscribe/…"
    line = written_by("django.request", "Not Found: %s", "/accounts/email/confirm/MQ:1vNrXy:secret/")
    assert line["event"] == "Not Found: /accounts/email/confirm/…/"
    assert line["level"] == "warning"


def test_a_link_token_is_cut_out_of_the_request_line(client: Client) -> None:
    with structlog.testing.capture_logs(processors=[mask_link_tokens]) as lines:
        client.get("/unsubscribe/48:Aj_D01-secret")
    assert lines
    assert "secret" not in json.dumps(lines, default=str)


@pytest.mark.django_db
def test_what_was_searched_for_is_not_logged(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        client.get("/accounts/login/?next=/&q=li.wei%40example.cn")
    assert [line["request"] for line in lines if "request" in line] != []
    assert "li.wei" not in json.dumps(lines, default=str)
