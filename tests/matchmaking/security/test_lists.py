"""No list of the API tells of a stranger's rows: not in its rows, count, search, filters or order (P21)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from alliances.models import Organization
from matchmaking.api.access import OwnRows
from tests.matchmaking.api.test_schema import schema
from tests.matchmaking.security.world import Things, World, make_world

pytestmark = pytest.mark.django_db

# Lists of what is not one organization's: the same rows for all who may read them.
SHARED: set[str] = {"/api/v1/staff/organizations/"}


def marks(things: Things) -> set[str]:
    """What names somebody's things."""
    organization, recommendation = things.side.organization, things.side.recommendation
    return {
        organization.code, organization.name_en, organization.name_zh, things.alliance.code,
        str(recommendation.public_id), recommendation.candidate.code, str(things.introduction.public_id),
    }  # fmt: skip


def lists() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every paged list that is somebody's, and its parameters."""
    for path, operations in schema()["paths"].items():
        answered = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        shape = answered.get("application/json", {}).get("schema", {}).get("$ref", "")
        if "/Paginated" in shape and path not in SHARED:
            yield path, operations["get"]["parameters"]


def values(parameter: dict[str, Any], world: World) -> list[str]:
    """What is asked for: every word of a vocabulary; of a stranger's, whatever names it."""
    rule = parameter["schema"]
    if words := rule.get("enum"):
        return [str(word) for word in words]
    if rule["type"] == "integer":
        return ["1", "200"]
    return [*sorted(marks(world.theirs)), world.theirs.side.organization.name_en[:6], "test", "测试"]


def leaks(world: World) -> list[str]:
    """Every address whose answer names a stranger's, or has a row that the whole list has not."""
    client = Client()
    client.force_login(world.mine.side.person)
    foreign = marks(world.theirs) - marks(world.mine)
    found = []
    for path, parameters in lists():
        address = path.replace("{code}", world.mine.side.organization.code)
        whole = client.get(f"{address}?page_size=200").json()
        queries = [
            {parameter["name"]: value}
            for parameter in parameters
            if parameter["in"] == "query"
            for value in values(parameter, world)
        ]
        for query in [{}, *queries]:
            asked = f"{address}?{urlencode(query)}"
            response = client.get(asked)
            assert response.status_code in (200, 400), asked
            if response.status_code == 400:
                continue
            page, text = response.json(), response.content.decode()
            rows = [row in whole["results"] for row in page["results"]]
            is_whole = page["count"] == len(rows) or "page_size" in query
            if not (all(rows) and is_whole) or any(mark in text for mark in foreign):
                found.append(asked)
    return found


def test_no_list_tells_of_a_strangers_rows() -> None:
    world = make_world()
    assert len(list(lists())) >= 5
    assert leaks(world) == []


def test_a_list_that_starts_from_all_rows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OwnRows, "organizations", lambda view: Organization.objects.all())
    found = leaks(make_world())
    assert {address.partition("?")[0] for address in found} >= {"/api/v1/organizations/"}
