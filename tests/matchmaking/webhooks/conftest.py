"""An organization with an owner, and a receiver that the settings name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from alliances.models import TeamMember
from tests.factories import make_organization, make_team_member
from tests.matchmaking.webhooks.sink import Canary, Sink, serving


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    server = Sink()
    settings.WEBHOOK_TEST_RECEIVERS = [server.origin]
    with serving(server):
        yield server


@pytest.fixture
def canary(settings: Settings) -> Iterator[Canary]:
    listener = Canary()
    settings.WEBHOOK_PORTS = [443, listener.port]
    yield listener
    listener.close()


@pytest.fixture
def owner(db: None) -> TeamMember:
    return make_team_member(make_organization("us-city-springfield", name_en="Springfield", name_zh="春田"))
