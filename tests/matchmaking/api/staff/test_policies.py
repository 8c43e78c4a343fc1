"""Scoring policies by the API: written, checked, previewed, published and rolled back as at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.models import Organization
from matchmaking.models import CurationEvent, MatchRun, ScoringPolicy
from matchmaking.services.policies import active_policy, policy_new_version, standard_rules
from tests.matchmaking.api.callers import ROOT, Caller
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.staff.test_runs import told
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.runs.conftest import work_off
from tests.matchmaking.runs.test_previews import other_version
from tests.registers import make_register

pytestmark = pytest.mark.django_db
LIST = "/staff/policies/"
RULES = standard_rules()


@pytest.fixture
def us() -> Caller:
    return staff_program()


@pytest.fixture
def draft() -> ScoringPolicy:
    return policy_new_version("standard", {**active_policy().rules, "tau": 2.0})


def audit(policy: ScoringPolicy) -> list[str]:
    found = CurationEvent.objects.filter(subject="policy", subject_id=policy.pk).order_by("pk")
    return list(found.exclude(kind="version_made").values_list("kind", flat=True))


def test_a_version_is_read_changed_and_kept(us: Caller) -> None:
    in_force = active_policy()
    status, read = us.get(f"{LIST}{in_force.pk}/")
    assert (status, read["state"], read["rules"]) == (200, "in_force", RULES)
    rules = {**read["rules"], "tau": 0.30000000000000004}
    made = us.call("POST", LIST, {"name": "standard", "note": "Slower.", "rules": rules})
    found = made.json()
    assert (made.status_code, made.headers["Location"]) == (201, f"{ROOT}{LIST}{found['id']}/")
    assert (found["version"], found["state"], found["note"], found["rules"]) == (2, "draft", "Slower.", rules)
    assert us.get(f"{LIST}{found['id']}/") == (200, found)
    assert active_policy() == in_force
    kept = ScoringPolicy.objects.get(pk=found["id"])
    assert kept.created_by is not None


ZERO = (
    "The weights of firms sum to 0, so that all their pairs would score the same: give at least one of them "
    "above 0."
)


@pytest.mark.parametrize(
    ("rules", "field", "sentence"),
    [
        ({}, "weights", "weights is None: give this missing field."),
        ({**RULES, "speed": 1}, "speed", "speed is 1: remove this unknown field."),
        ({**RULES, "tau": "1"}, "tau", "tau is '1': give a number above 0, at most 1,000."),
        ({**RULES, "fusion": "sum"}, "fusion", "fusion is 'sum': give one of harmonic, geometric, min."),
        (
            {**RULES, "weights": {**RULES["weights"], "city": {**RULES["weights"]["city"], "reach": -1}}},
            "weights.city.reach",
            "weights.city.reach is -1: give a number from 0 to 100.",
        ),
        (
            {**RULES, "weights": {**RULES["weights"], "firm": dict.fromkeys(RULES["weights"]["firm"], 0)}},
            "weights.firm",
            ZERO,
        ),
    ],
)
def test_rules_that_cannot_stand_are_told_by_their_place(
    us: Caller, rules: dict[str, Any], field: str, sentence: str
) -> None:
    assert us.post(f"{LIST}check/", {"rules": rules}) == (
        200,
        {"problems": [{"field": field, "message": sentence}]},
    )
    response = us.call("POST", LIST, {"name": "standard", "rules": rules})
    assert (response.status_code, refused(response)) == (
        400,
        {"code": "invalid", "message": sentence, "field": f"rules.{field}"},
    )
    assert ScoringPolicy.objects.count() == 0


def test_every_fault_of_complete_rules_is_told_and_good_ones_have_none(us: Caller) -> None:
    faults = us.post(f"{LIST}check/", {"rules": {**RULES, "tau": 0, "top_k": True, "w0": 10**29}})[1][
        "problems"
    ]
    assert [one["field"] for one in faults] == ["tau", "w0", "top_k"]
    assert us.post(f"{LIST}check/", {"rules": RULES}) == (200, {"problems": []})
    assert ScoringPolicy.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": RULES}, "name"),
        ({"name": "two words", "rules": RULES}, "name"),
        ({"name": "x" * 61, "rules": RULES}, "name"),
        ({"name": 7, "rules": RULES}, "name"),
        ({"name": "standard"}, "rules"),
        ({"name": "standard", "rules": []}, "rules"),
        ({"name": "standard", "rules": RULES, "note": "a\u202eb"}, "note"),
        ({"name": "standard", "rules": RULES, "is_active": True}, "is_active"),
    ],
)
def test_what_is_wrong_around_the_rules_is_named(us: Caller, body: object, field: str) -> None:
    response = us.call("POST", LIST, body)
    assert (response.status_code, refused(response)["field"]) == (400, field)
    assert ScoringPolicy.objects.count() == 0


def test_a_preview_is_asked_for_and_read(us: Caller) -> None:
    make_register(6, 6, seed=5)
    draft = other_version()
    path = f"{LIST}{draft.pk}/preview/"
    assert us.get(path)[0] == 404
    status, asked = us.post(path, {})
    assert (status, asked["state"]) == (202, "queued")
    assert asked["progress"] == {"done": 0, "total": 3, "quarantined": 0}
    assert asked["summary"] is None
    assert asked["compared_with"] == {"id": active_policy().pk, "name": "standard", "version": 1}
    # While it is under way it is the answer.
    assert us.post(path, {})[1]["run"] == asked["run"]
    work_off()
    _status, found = us.get(path)
    assert (found["run"], found["state"], found["progress"]["done"]) == (asked["run"], "complete", 3)
    summary = found["summary"]
    assert (summary["approved"], summary["introductions"], summary["evaluation"]) == (12, 0, None)
    stored = MatchRun.objects.get(pk=found["run"]).preview.summary
    codes = dict(Organization.objects.values_list("pk", "code"))
    assert summary["gains"] == [
        {"organization": codes[line[0]], "lists_before": line[1], "lists_after": line[2]}
        for line in stored["gains"]
    ]
    status, published = us.post(f"{LIST}{draft.pk}/publish/", {})
    assert (status, published["state"], published["skip_reason"]) == (200, "in_force", "")


def test_the_same_preview_under_a_key_reads_the_register_once(us: Caller) -> None:
    make_register(6, 6, seed=5)
    path = f"{LIST}{other_version().pk}/preview/"
    (first, reads), (again, reads_again) = (told(us, path, {}) for _time in range(2))
    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    assert (reads > 0, reads_again, MatchRun.objects.previews().count()) == (True, 0, 1)
    # Also once it is at its end, when without the key there would be another.
    work_off()
    again, reads_again = told(us, path, {})
    assert (again.content, reads_again, MatchRun.objects.previews().count()) == (first.content, 0, 1)


def test_the_policy_in_force_has_no_preview(us: Caller) -> None:
    response = us.call("POST", f"{LIST}{active_policy().pk}/preview/", {})
    assert (response.status_code, refused(response)) == (
        409,
        {
            "code": "wrong_state",
            "message": "standard v1 is in force: there is nothing to compare it with.",
            "field": None,
        },
    )


def test_published_for_a_reason_and_rolled_back(us: Caller, draft: ScoringPolicy) -> None:
    old = active_policy()
    path = f"{LIST}{draft.pk}/"
    response = us.call("POST", f"{path}publish/", {})
    assert (response.status_code, refused(response)) == (
        400,
        {
            "code": "invalid",
            "message": "There is no preview of standard v2 on a register of at most a day ago: preview it, "
            "or give a reason of at most 500 characters for publishing it without.",
            "field": "reason",
        },
    )
    for reason, point in (("a\x00b", "U+0000"), ("a\u202eb", "U+202E")):
        wrong = us.call("POST", f"{path}publish/", {"reason": reason})
        assert (wrong.status_code, refused(wrong)["field"], point in wrong.json()["message"]) == (
            400,
            "reason",
            True,
        )
    status, found = us.post(f"{path}publish/", {"reason": "It is urgent."})
    assert (status, found["state"], found["skip_reason"]) == (200, "in_force", "It is urgent.")
    late = us.post(f"{path}publish/", {"reason": "Again."})
    assert (late[0], late[1]["message"]) == (409, "standard v2 is in force already.")
    status, found = us.post(f"{LIST}{old.pk}/roll-back/", {})
    assert (status, found["state"], active_policy()) == (200, "in_force", old)
    assert us.get(path)[1]["state"] == "was_in_force"
    assert us.post(f"{LIST}{old.pk}/roll-back/", {})[0] == 409


def test_scheduled_and_taken_back(us: Caller, draft: ScoringPolicy) -> None:
    path = f"{LIST}{draft.pk}/"
    at = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    written = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    status, found = us.post(f"{path}publish/", {"at": written, "reason": "At night."})
    assert (status, found["state"], found["scheduled_for"]) == (200, "scheduled", written)
    assert us.post(f"{path}unschedule/", {})[1]["state"] == "draft"
    late = us.post(f"{path}unschedule/", {})
    assert (late[0], late[1]["message"]) == (409, "standard v2 is not scheduled.")
    assert audit(draft) == ["scheduled", "unscheduled"]
    response = us.call("POST", f"{path}publish/", {"at": "2020-01-01T01:30:00", "reason": "Late."})
    assert (response.status_code, refused(response)) == (
        400,
        {
            "code": "invalid",
            "message": "2020-01-01 01:30 UTC has passed: give a time to come.",
            "field": "at",
        },
    )
    assert us.post(f"{path}publish/", {"at": "soon"})[1]["field"] == "at"


def test_acts_are_done_once_under_a_key(us: Caller, draft: ScoringPolicy) -> None:
    path, body = f"{LIST}{draft.pk}/publish/", {"reason": "It is urgent."}
    first, again = (us.call("POST", path, body, idempotency_key="key-1") for _time in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert audit(draft) == ["activated"]


def test_refusals_come_in_chinese(draft: ScoringPolicy) -> None:
    caller = staff_program(language="zh-hans")
    words = [
        caller.post(f"{LIST}check/", {"rules": {**RULES, "tau": 0}})[1]["problems"][0]["message"],
        caller.post(f"{LIST}{draft.pk}/unschedule/", {})[1]["message"],
    ]
    assert words == ["tau的值为0：请填写大于0且不超过1,000的数字。", "standard v2没有预定生效时间。"]


def test_versions_are_listed_narrowed_and_cost_the_same_for_thirty(us: Caller, draft: ScoringPolicy) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.get(LIST)[0] == 200
        return len(found)

    queries()
    with_two = queries()
    for _number in range(28):
        policy_new_version("other", RULES)
    assert queries() == with_two
    status, page = us.get(f"{LIST}?name=standard")
    assert (status, [one["version"] for one in page["results"]]) == (200, [2, 1])
    assert "rules" not in page["results"][0]
    assert [one["version"] for one in us.get(f"{LIST}?name=standard&ordering=created_at")[1]["results"]] == [
        1,
        2,
    ]
    assert refused(us.call("GET", f"{LIST}?ordering=rules"))["field"] == "ordering"
