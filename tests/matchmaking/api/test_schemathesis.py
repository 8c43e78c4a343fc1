"""Whatever is sent to it, the API answers as its schema says and never fails (P22).

Schemathesis makes the calls from the schema, with all its checks and in all its phases, over real HTTP.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from rest_framework.response import Response as Answered
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from matchmaking.api.topics import Topics
from matchmaking.enums import TokenScope
from matchmaking.services.tokens import token_issue
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.world import RECEIVER, World, make_staff_world, make_team_world
from tests.sizes import TEST_SIZE, size

# Schemathesis prints what it sends; what that looks like is nothing to us.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

EXAMPLES = size(small=5, ci=10, full=200)

# --- Who calls, and what is there -------------------------------------------------------------------


def token(role: str, world: World) -> str:
    """The words of a token of this role; none for nobody."""
    match role:
        case "staff":
            return staff_program().headers["authorization"].split()[1]
        case "nobody":
            return ""
    scope = TokenScope.WRITE if role == "writer" else TokenScope.READ
    return token_issue(world.organization, name="Test", scope=scope, days=30, by=world.person).words


def know(raw: dict[str, Any], world: World) -> None:
    """Tell the schema what is there, so that calls reach it."""
    for path, operations in raw["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if words := world.words(path, parameter["name"]):
                    known = {"enum": words}
                    # A filter takes other words as well.
                    is_filter = parameter["in"] == "query"
                    parameter["schema"] = {"anyOf": [known, parameter["schema"]]} if is_filter else known
                if parameter["name"] == "If-Match":
                    parameter["schema"] = {"type": "string", "enum": ["*"]}
                # One key for every example would be one call.
                if parameter["name"] == "Idempotency-Key":
                    del parameter["example"]
    for name, component in raw["components"]["schemas"].items():
        for of, field, words in world.bodies if name.endswith("Request") else ():
            if of in ("", name) and field in component["properties"]:
                component["properties"][field] = {"enum": words}


# --- What is found -------------------------------------------------------------------------------

# What the schema states. Beyond it are rules that no schema can state: a topic that is stated already, a
# place with one coordinate, a name with a link in it, a number of more than 30 digits.
STATED = {
    "unknown_field", "read_only_field", "unknown_parameter", "required", "null", "invalid_choice",
    "not_a_list", "max_length", "min_length", "max_value", "min_value", "invalid_json",
    "duplicate_field",
}  # fmt: skip
WRONG_TYPES = (
    "A valid integer is required.", "A valid number is required.", "Must be a valid boolean.",
    "This must be a text in quotation marks.", "Invalid data. Expected a dictionary",
)  # fmt: skip
# Nor the first and the last day that count.
DAY = re.compile(r"equal to \d{4}-\d\d-\d\d\.$")


def is_as_promised(check: str, response: Any) -> bool:
    """What the tool takes for a failure and is none."""
    if check == "unsupported_method":
        # Who may not write, or may not know of it, is not told which methods are taken.
        return response.status_code in (403, 404)
    if check == "positive_data_acceptance" and response.status_code == 400:
        body = response.json()
        faults = body.get("errors", [body])
        return not any(
            one["message"].startswith(WRONG_TYPES)
            or (one["code"] in STATED and not DAY.search(one["message"]))
            for one in faults
        )
    return False


class Found:
    """What a run came to."""

    def __init__(self, asked: Iterable[str]) -> None:
        self.asked = set(asked)
        self.statuses: dict[str, set[int]] = defaultdict(set)
        self.failures: list[str] = []
        self.phases: list[str] = []

    def take(self, event: events.EngineEvent) -> None:
        match event:
            case events.PhaseFinished(phase=phase) if phase.is_enabled:
                self.phases.append(phase.name.value)
            case events.NonFatalError(value=value, label=label):
                self.failures.append(f"{label}: {value!r}")
            case events.FatalError(exception=exception):
                self.failures.append(repr(exception))
            case events.ScenarioFinished(recorder=recorder):
                for call, interaction in recorder.interactions.items():
                    if interaction.response is not None:
                        label = recorder.cases[call].value.operation.label
                        self.statuses[label].add(interaction.response.status_code)
                self.failures += self._failures(recorder)

    def _failures(self, recorder: Any) -> Iterator[str]:
        for call, checks in recorder.checks.items():
            for check in checks:
                response = recorder.interactions[call].response
                if check.status == Status.FAILURE and not is_as_promised(check.name, response):
                    sent = recorder.cases[call].value.as_curl_command()
                    yield f"{check.name}: {sent} -> {response.status_code} {response.text[:500]}"

    @property
    def done(self) -> set[str]:
        """The operations that were carried out at least once."""
        return {label for label, found in self.statuses.items() if any(one < 300 for one in found)}

    @property
    def closed(self) -> set[str]:
        """The operations that answered nothing but who are you, you may not, there is nothing here, and to
        methods that there are not, that."""
        return {label for label, found in self.statuses.items() if found <= {401, 403, 404, 405}}


def full(role: str) -> bool:
    """Whether this role is tried in the phase of many calls: who mostly may not is mostly refused alike."""
    return TEST_SIZE == "full" or role == "writer"


# Which addresses a role calls: what is the staff's alone is nothing to others.
ADDRESSES = {"writer": "^(?!.*/staff/)", "reader": "^(?!.*/staff/)", "staff": "/staff/", "nobody": ""}


def run(role: str, url: str, addresses: str = "") -> Found:
    """Call all operations at these addresses, or at those of the role."""
    world = make_staff_world() if role == "staff" else make_team_world()
    words = token(role, world)
    stated = {
        "seed": 20_260_101,
        "continue-on-failure": True,
        "generation": {"max-examples": EXAMPLES, "database": "none"},
        "phases": {"coverage": {"enabled": full(role)}},
        "checks": {
            # A version that changed meanwhile and a key that was used before are no faults of what is sent.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422"]
            },
            "negative_data_rejection": {
                # A link that leads nowhere is a conflict.
                "expected-statuses": [
                    *("400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428")
                ]
            },
            # A missing If-Match is 428 (RFC 6585).
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "422", "428"]},
        },
        # What keeps a connection keeps a thread of the server, and that a connection of the database.
        "headers": {"Connection": "close"},
    }
    if words:
        stated["auth"] = {"openapi": {"token": {"bearer": words}}}
    schema = schemathesis.openapi.from_url(
        f"{url}/api/v1/schema/", config=SchemathesisConfig.from_dict(stated)
    )
    know(schema.raw_schema, world)
    chosen = re.compile(addresses or ADDRESSES[role])
    found = Found(
        f"{method.upper()} {path}"
        for path, methods in schema.raw_schema["paths"].items()
        for method in methods
        if chosen.search(path)
    )
    for event in from_schema(schema.include(path_regex=chosen.pattern)).execute():
        found.take(event)
    return found


PHASES = ["probing", "schema_analysis", "auth_bootstrap", "examples", "coverage", "fuzzing", "stateful"]


def may(role: str, label: str) -> bool:
    """Whether this role carries the operation out."""
    return role in ("writer", "staff") or (role == "reader" and label.startswith("GET "))


@pytest.fixture(autouse=True)
def _receiver(settings: Any) -> None:
    settings.WEBHOOK_TEST_RECEIVERS = [RECEIVER]


@pytest.mark.parametrize("role", ["writer", "reader", "staff", "nobody"])
def test_no_call_fails_and_nearly_every_operation_is_carried_out(role: str, live_server: Any) -> None:
    found = run(role, live_server.url)
    assert found.failures == []
    skipped = set(PHASES) - set(found.phases)
    assert skipped == set() if role == "writer" else skipped <= {"stateful", "coverage"}
    assert found.statuses.keys() == found.asked
    expected = {label for label in found.asked if may(role, label)}
    assert len(expected & found.done) >= 0.95 * len(expected), sorted(expected - found.done)
    assert found.closed == found.asked - expected


def test_what_fails_or_answers_something_else_is_found(
    live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: an operation that fails at times, and at others answers what is not in the schema."""
    answers: Iterator[Callable[[], Any]] = cycle([lambda: 1 / 0, lambda: Answered([{"slug": 1}])])
    monkeypatch.setattr(Topics, "list", lambda view, request: next(answers)())
    failed = {one.partition(":")[0] for one in run("writer", live_server.url, "/topics/$").failures}
    assert {"not_a_server_error", "response_schema_conformance"} <= failed
