"""Whatever text stands in a field, no write fails: in each field that the schema or an example has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from tests.matchmaking.api.callers import ROOT, program
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.world import RECEIVER, World, make_staff_world, make_team_world

pytestmark = pytest.mark.django_db

TEXTS = {
    "NUL": "a\x00b",
    "another control character": "a\x1bb",
    "half a character": "a\ud800b",
    "the reading direction": "a\u202eb",
    "nothing to be seen": "\u200b",
    "long": "x" * 100_000,
    "too long for a body": "x" * 1_000_000,
}
Place = tuple[str | int, ...]


def writes() -> Iterator[tuple[str, str, Any, Any]]:
    """Method, path, schema and example of each operation that takes a body."""
    schema = Client().get(f"{ROOT}/schema/").json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if body := operation.get("requestBody"):
                content = body["content"]["application/json"]
                rule = resolved(content["schema"], schema["components"]["schemas"])
                if rule.get("properties"):
                    example = next(iter(content["examples"].values()))["value"]
                    yield method.upper(), path.removeprefix(ROOT), rule, example


def resolved(rule: Any, components: Mapping[str, Any]) -> Any:
    """The schema with what it refers to in its place."""
    if isinstance(rule, list):
        return [resolved(one, components) for one in rule]
    if not isinstance(rule, dict):
        return rule
    if "$ref" in rule:
        return resolved(components[rule["$ref"].rpartition("/")[2]], components)
    if len(rule.get("allOf", ())) == 1:
        return resolved(rule["allOf"][0], components)
    return {name: resolved(part, components) for name, part in rule.items()}


def places(rule: Mapping[str, Any], example: Any, at: Place = ()) -> Iterator[Place]:
    """Where texts stand: the fields and items that the schema has, and what an example has beyond it."""
    if rule.get("type") == "string" or isinstance(example, str):
        yield at
    elif rule.get("type") == "array" or isinstance(example, list):
        for index, one in enumerate(example or [None]):
            yield from places(rule.get("items", {}), one, (*at, index))
    elif rule.get("type") == "object" or isinstance(example, dict):
        fields, given = rule.get("properties", {}), example or {}
        for name in {**fields, **given}:
            yield from places(fields.get(name, {}), given.get(name), (*at, name))


def with_text(example: Any, place: Place, text: str) -> Any:
    """The example with the text in this place, and what leads there made where it is missing."""
    body = deepcopy(example)
    inner, last = body, place[-1]
    for name, after in pairwise(place):
        if isinstance(inner, list) and not inner:
            inner.append({} if isinstance(after, str) else [])
        elif isinstance(inner, dict):
            inner.setdefault(name, {} if isinstance(after, str) else [])
        inner = inner[name]
    if isinstance(inner, list) and not inner:
        inner.append(text)
    else:
        inner[last] = text
    return body


def known(world: World, path: str, example: Any) -> tuple[str, Any]:
    """Address and body that find something."""
    parts = [
        str((world.words(path, part[1:-1]) or [0])[0]) if part.startswith("{") else part
        for part in path.split("/")
    ]
    names = {
        name: words[-1] for _of, name, words in world.bodies if isinstance(example, dict) and name in example
    }
    return "/".join(parts), {**example, **names}


@pytest.mark.parametrize(("role", "operations"), [("team", 12), ("staff", 8)])
def test_no_text_in_any_field_of_any_write_fails(role: str, operations: int, settings: Any) -> None:
    settings.WEBHOOK_TEST_RECEIVERS = [RECEIVER]
    if role == "staff":
        world, caller = make_staff_world(), staff_program()
    else:
        world = make_team_world()
        caller = program(world.organization, world.person)
    tried: Counter[str] = Counter()
    failed: list[tuple[str, Place, str, int]] = []
    for method, path, rule, example in writes():
        if path.startswith("/staff/") is (role == "staff"):
            address, body = known(world, path, example)
            assert caller.call(method, address, "[]").status_code == 400
            for place in sorted(set(places(rule, body)), key=str):
                for text, words in TEXTS.items():
                    sent = json.dumps(with_text(body, place, words))
                    status = caller.call(method, address, sent).status_code
                    tried[f"{method} {path}"] += 1
                    if status >= 500:
                        failed.append((f"{method} {path}", place, text, status))
    assert failed == []
    assert len(tried) == operations
