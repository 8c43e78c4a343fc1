"""Match runs by the API: asked for, watched to the end, cancelled and retried as at the desk."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.models import User
from matchmaking.enums import RunState, ShardState, Step
from matchmaking.models import CurationEvent, MatchRun, MatchShard
from matchmaking.services.policies import active_policy, policy_activate, policy_new_version
from tests.matchmaking.api.callers import ROOT, Caller
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.runs.conftest import work_off
from tests.registers import make_register

pytestmark = pytest.mark.django_db
LIST = "/staff/runs/"


@pytest.fixture
def us() -> Caller:
    return staff_program()


def events(run: int) -> list[tuple[str, int | None]]:
    found = CurationEvent.objects.filter(subject="run", subject_id=run).order_by("pk")
    return list(found.values_list("kind", "actor_id"))


def make_run(**fields: Any) -> MatchRun:
    stated = {"policy": active_policy(), "as_of": date(2026, 11, 1), "top_k": 20, **fields}
    return MatchRun.objects.create(**stated)


def test_a_run_is_asked_for_and_watched_to_its_lists(us: Caller) -> None:
    make_register(4, 5, seed=3)
    made = us.call("POST", LIST, {"as_of": "2026-11-01", "top_k": 3})
    run = made.json()
    assert (made.status_code, made.headers["Location"]) == (201, f"{ROOT}{LIST}{run['id']}/")
    assert {name: run[name] for name in ("as_of", "top_k", "state", "organizations", "pairs", "counts")} == {
        "as_of": "2026-11-01",
        "top_k": 3,
        "state": "queued",
        "organizations": 9,
        "pairs": 20,
        "counts": None,
    }
    assert run["policy"] == {"id": active_policy().pk, "name": "standard", "version": 1}
    assert run["steps"] == {"all": 1, "done": 0, "quarantined": 0}
    work_off()
    status, done = us.get(f"{LIST}{run['id']}/")
    assert (status, done["state"], done["cause"]) == (200, "complete", "")
    assert done["steps"] == {"all": 3, "done": 3, "quarantined": 0}
    assert [(one["step"], one["state"], one["error"]) for one in done["shards"]] == [
        ("score", "done", ""),
        ("merge", "done", ""),
        ("propose", "done", ""),
    ]
    counts = done["counts"]
    assert counts["scored"] + sum(counts["excluded"].values()) == 20
    assert set(done["stage_seconds"]) == {"read", "score", "merge", "copy", "attach"}
    assert min(done["stage_seconds"].values()) >= 0
    person = User.objects.get(is_superuser=True)
    assert events(run["id"])[0] == ("requested", person.pk)


def test_nothing_stated_is_the_policy_in_force_of_today(us: Caller) -> None:
    policy_activate(policy_new_version("other", {**active_policy().rules, "top_k": 7}))
    _status, run = us.post(LIST, {})
    assert (run["policy"]["name"], run["top_k"]) == ("other", 7)
    assert run["as_of"] == str(timezone.now().date())
    # Nobody takes part: it is complete at once and says why.
    assert (run["state"], run["cause"]) == (
        "complete",
        "One of the two countries has no organization that takes part.",
    )


def test_a_version_that_was_in_force_may_be_asked_for_again(us: Caller) -> None:
    old = active_policy()
    policy_activate(policy_new_version("standard", {**old.rules, "tau": 2.0}))
    assert us.post(LIST, {"policy": old.pk})[1]["policy"]["version"] == 1


@pytest.mark.parametrize(
    ("body", "code", "field", "sentence"),
    [
        ({"policy": 0}, "invalid", "policy", "No version that is or was in force has the id 0."),
        ({"policy": "1"}, "invalid", "policy", "A valid integer is required."),
        (
            {"as_of": "1929-12-31"},
            "min_value",
            "as_of",
            "Ensure this value is greater than or equal to 1930-01-01.",
        ),
        (
            {"as_of": "soon"},
            "invalid",
            "as_of",
            "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        ),
        ({"top_k": 0}, "invalid", "top_k", "0 cannot stand: give a whole number from 1 to 1,000."),
        ({"top_k": 2.5}, "invalid", "top_k", "A valid integer is required."),
        ({"state": "complete"}, "unknown_field", "state", "Unknown field 'state'."),
    ],
)
def test_what_is_wrong_with_a_request_is_said_and_no_run_made(
    us: Caller, body: object, code: str, field: str, sentence: str
) -> None:
    response = us.call("POST", LIST, body)
    told = {"code": code, "message": sentence, "field": field}
    assert (response.status_code, refused(response)) == (400, told)
    assert MatchRun.objects.count() == 0


def test_a_version_that_never_was_in_force_makes_no_run(us: Caller) -> None:
    draft = policy_new_version("standard", active_policy().rules)
    status, told = us.post(LIST, {"policy": draft.pk})
    assert (status, told["field"]) == (400, "policy")


def test_the_same_request_under_a_key_is_one_run(us: Caller) -> None:
    make_register(2, 2, seed=1)
    first, reads = told(us, LIST, {})
    again, reads_again = told(us, LIST, {})
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert (MatchRun.objects.count(), again.headers["Idempotency-Replayed"]) == (1, "true")
    # Nor is the register read again for it.
    assert (reads > 0, reads_again) == (True, 0)
    other = us.call("POST", LIST, {"top_k": 3}, idempotency_key="key-1")
    assert (other.status_code, refused(other)["code"]) == (422, "key_reused")


def told(us: Caller, path: str, body: object) -> tuple[Any, int]:
    """The answer to a call under a key, and in how many queries the register's needs were read for it."""
    with CaptureQueriesContext(connection) as found:
        answer = us.call("POST", path, body, idempotency_key="key-1")
    return answer, sum('"alliances_need"' in one["sql"] for one in found)


def test_a_run_is_cancelled_once(us: Caller) -> None:
    run = make_run()
    MatchShard.objects.create(run=run, step=Step.SCORE)
    _status, found = us.post(f"{LIST}{run.pk}/cancel/", {})
    assert (found["state"], [one["state"] for one in found["shards"]]) == ("cancelled", ["cancelled"])
    response = us.call("POST", f"{LIST}{run.pk}/cancel/", {})
    assert (response.status_code, refused(response)) == (
        409,
        {
            "code": "wrong_state",
            "message": f"Run {run.pk} is Cancelled; only a queued or running run can be cancelled.",
            "field": None,
        },
    )
    assert us.post(f"{LIST}{run.pk}/cancel/", {"why": "late"})[1]["message"] == "Unknown field 'why'."


def test_what_is_quarantined_is_seen_and_retried(us: Caller) -> None:
    run = make_run(
        state=RunState.COMPLETE_WITH_ERRORS, cause="score 0 is quarantined.", finished_at=timezone.now()
    )
    MatchShard.objects.create(
        run=run, step=Step.SCORE, state=ShardState.QUARANTINED, attempt=5, error="MemoryError"
    )
    path = f"{LIST}{run.pk}/"
    _status, found = us.get(path)
    assert (found["cause"], found["steps"]["quarantined"]) == ("score 0 is quarantined.", 1)
    assert (found["shards"][0]["error"], found["shards"][0]["attempt"]) == ("MemoryError", 5)
    _status, found = us.post(f"{path}retry/", {})
    assert (found["state"], found["steps"]["quarantined"]) == ("running", 0)
    assert us.post(f"{path}retry/", {})[0] == 409


def test_runs_are_listed_narrowed_and_ordered_without_previews(us: Caller) -> None:
    first = make_run()
    other = policy_new_version("other", active_policy().rules)
    second = make_run(policy=other, state=RunState.CANCELLED, finished_at=timezone.now())
    make_run(policy=other, beside=active_policy())

    def ids(query: str = "") -> list[int]:
        status, page = us.get(LIST + query)
        assert (status, page["count"]) == (200, len(page["results"]))
        return [one["id"] for one in page["results"]]

    assert ids() == [second.pk, first.pk]
    assert ids("?ordering=requested_at") == [first.pk, second.pk]
    assert ids("?state=cancelled") == ids("?policy=other") == [second.pk]
    preview = MatchRun.objects.previews().get()
    assert us.get(f"{LIST}{preview.pk}/")[0] == 404
    for query, field in (("?state=done", "state"), ("?ordering=pairs", "ordering"), ("?as_of=x", "as_of")):
        response = us.call("GET", LIST + query)
        assert (response.status_code, refused(response)["field"]) == (400, field)


def test_list_and_run_cost_the_same_for_one_and_for_thirty(us: Caller) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.get(path)[0] == 200
        return len(found)

    run = make_run()
    MatchShard.objects.create(run=run, step=Step.SCORE)
    paths = (LIST, f"{LIST}{run.pk}/")
    queries(LIST)
    with_one = [queries(path) for path in paths]
    for number in range(1, 30):
        MatchShard.objects.create(run=run, step=Step.SCORE, index=number)
        MatchShard.objects.create(run=make_run(), step=Step.SCORE)
    assert [queries(path) for path in paths] == with_one
    assert us.get(LIST)[1]["count"] == 30
