"""A real SMTP server that the settings point to, and somebody to write to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from alliances.enums import ConsentPurpose
from alliances.models import User
from tests.factories import make_consent, make_user
from tests.smtp_server import SmtpServer, smtp_server


@pytest.fixture
def server(settings: Settings) -> Iterator[SmtpServer]:
    with smtp_server() as running:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = ""
        settings.EMAIL_TIMEOUT = 1
        yield running


@pytest.fixture
def reader(server: SmtpServer) -> User:
    user = make_user("maya@portland.example")
    make_consent(user, ConsentPurpose.DIGEST)
    return user
