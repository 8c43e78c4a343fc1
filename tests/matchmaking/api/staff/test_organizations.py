"""What the API has for the staff of organizations: the whole register without contacts, and its review."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, EventKind, HitState, Kind, OrganizationState, ReadyReason
from alliances.models import Assessment, Organization, RegisterEvent
from alliances.services.screening import screening_import
from matchmaking.enums import EmailKind, TokenScope
from matchmaking.models import ApiToken, OutboxEmail
from matchmaking.services import events
from tests.factories import make_organization, make_team_member
from tests.matchmaking.api.callers import Caller
from tests.matchmaking.api.staff.test_access import staff_program
from tests.matchmaking.api.test_refusals import refused

pytestmark = pytest.mark.django_db
S = OrganizationState

LIST = "/staff/organizations/"
REVIEW = f"{LIST}us-one/review/"
RUBRIC = {"advantages": 3, "clarity": 3, "cooperation": 3, "correctness": 1}


@pytest.fixture
def us() -> Caller:
    return staff_program()


@pytest.fixture
def submitted() -> Organization:
    organization = make_organization("us-one", name_en="Wichita", state=S.SUBMITTED)
    make_team_member(organization)
    return organization


def test_the_register_is_read_in_every_state_and_without_contacts(us: Caller) -> None:
    make_organization("us-city-a", contact_email="office@test.example")
    make_organization("cn-city-b", country=Country.CN, state=S.DRAFT)
    status, page = us.get(LIST)
    assert (status, [one["code"] for one in page["results"]]) == (200, ["cn-city-b", "us-city-a"])
    assert [one["code"] for one in us.get(f"{LIST}?state=draft&country=CN")[1]["results"]] == ["cn-city-b"]
    response = us.call("GET", f"{LIST}us-city-a/")
    assert (response.status_code, "contact_email" in response.json()) == (200, False)
    assert "office@" not in response.content.decode()
    assert us.get(f"{LIST}no-such/")[0] == 404


def test_the_list_costs_the_same_for_one_and_for_thirty(us: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.get(LIST)[0] == 200
        return len(found)

    make_organization(needs={"e-bus": 1}, offers={"tram": 1})
    queries()
    with_one = queries()
    for _number in range(29):
        make_organization(needs={"e-bus": 1}, offers={"tram": 1})
    assert queries() == with_one


def test_that_a_token_reads_the_register_is_recorded_once_a_day(
    us: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_organization("us-city-a")
    for path in (LIST, f"{LIST}?page_size=200", f"{LIST}us-city-a/"):
        assert us.get(path)[0] == 200
    token = ApiToken.objects.get()
    (event,) = RegisterEvent.objects.filter(kind=EventKind.EXPORTED)
    assert (event.organization_id, event.actor_id, event.data) == (
        None,
        token.user_id,
        {"list": "organization", "format": "api", "token": token.pk},
    )
    staff_program(scope=TokenScope.STAFF_READ).get(LIST)
    assert RegisterEvent.objects.filter(kind=EventKind.EXPORTED).count() == 2
    # Who sees nothing of it has read nothing.
    staff_program([]).get(LIST)
    us.get(f"{LIST}?page=x")
    assert RegisterEvent.objects.filter(kind=EventKind.EXPORTED).count() == 2
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    us.get(LIST)
    assert RegisterEvent.objects.filter(kind=EventKind.EXPORTED).count() == 3


# --- Review --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "state", "subject"),
    [
        ({"decision": "approve", "rubric": RUBRIC}, S.APPROVED, "Wichita is approved"),
        (
            {"decision": "request_changes", "reasons": ["size_missing"], "reason": "And the year."},
            S.CHANGES_REQUESTED,
            "Your registration needs a change",
        ),
        ({"decision": "put_on_hold"}, S.ON_HOLD, "Your registration is on hold"),
        (
            {"decision": "reject", "reason": "It is no city."},
            S.REJECTED,
            "Your registration was not admitted",
        ),
    ],
)
def test_a_decision_is_the_desks_with_its_event_and_its_mail(
    us: Caller, submitted: Organization, body: dict[str, Any], state: OrganizationState, subject: str
) -> None:
    response = us.call("POST", REVIEW, body)
    found = response.json()
    assert (response.status_code, found["state"]) == (200, state)
    assert (found["state_reason"], found["state_reasons"]) == (
        body.get("reason", ""),
        body.get("reasons", []),
    )
    assert response.headers["ETag"] == us.call("GET", f"{LIST}us-one/").headers["ETag"]
    event = submitted.events.get()
    assert (event.data["from"], event.data["to"]) == (S.SUBMITTED, state)
    assert events.tell_of_reviews() == 1
    (mail,) = OutboxEmail.objects.filter(kind=EmailKind.REVIEW)
    assert mail.subject == subject
    for code in body.get("reasons", ()):
        assert str(ReadyReason(code).label) in mail.body_text.replace("\n", " ")


def test_scores_and_note_are_kept_and_any_decision_may_have_them(us: Caller, submitted: Organization) -> None:
    stated = {
        "decision": "reject",
        "rubric": {**RUBRIC, "clarity": 0},
        "reason": "No.",
        "note": "Asked twice.",
    }
    assert us.post(REVIEW, stated)[0] == 200
    kept = Assessment.objects.get(organization=submitted)
    assert (kept.clarity, kept.correctness, kept.decision, kept.note) == (0, 1, S.REJECTED, "Asked twice.")


@pytest.mark.parametrize("kind", [Kind.FIRM, Kind.ALLIANCE])
def test_each_kind_of_organization_has_its_reviewers(kind: Kind) -> None:
    make_organization("us-one", kind=kind, state=S.SUBMITTED)
    held = {"decision": "put_on_hold"}
    reviews_cities = staff_program(["alliances.view_organization", "alliances.change_city"])
    assert reviews_cities.post(REVIEW, held)[0] == 403
    reviews_these = staff_program(["alliances.view_organization", f"alliances.change_{kind}"])
    assert reviews_these.post(REVIEW, held)[0] == 200
    # What does not exist is told to nobody from what they may not review.
    assert reviews_cities.post(f"{LIST}no-such/review/", held)[0] == 404


REMEDY = "Request changes, or put the organization on hold."


@pytest.mark.parametrize(
    ("body", "code", "field", "sentence"),
    [
        ({}, "required", "decision", "This field is required."),
        ({"decision": "suspend"}, "invalid_choice", "decision", '"suspend" is not a valid choice.'),
        ({"decision": "approve"}, "rubric", "rubric", "Score all four criteria before you approve."),
        (
            {"decision": "approve", "rubric": {**RUBRIC, "clarity": 2}},
            "rubric",
            "rubric",
            f"The rubric gives 9 points, and approval needs 10. {REMEDY}",
        ),
        (
            {"decision": "approve", "rubric": {**RUBRIC, "advantages": 0, "clarity": 5, "cooperation": 5}},
            "rubric",
            "rubric",
            f"No criterion may have 0 points: advantages and innovation. {REMEDY}",
        ),
        (
            {"decision": "put_on_hold", "rubric": {"clarity": 3, "cooperation": 3, "correctness": 3}},
            "required",
            "rubric.advantages",
            "This field is required.",
        ),
        (
            {"decision": "put_on_hold", "rubric": {**RUBRIC, "clarity": 6}},
            "max_value",
            "rubric.clarity",
            "Ensure this value is less than or equal to 5.",
        ),
        (
            {"decision": "put_on_hold", "rubric": {**RUBRIC, "clarity": "3"}},
            "invalid",
            "rubric.clarity",
            "A valid integer is required.",
        ),
        ({"decision": "reject"}, "invalid", "reason", "Say why: the organization reads it."),
        (
            {"decision": "reject", "reasons": ["mood"]},
            "invalid_choice",
            "reasons",
            '"mood" is not a valid choice.',
        ),
        (
            {"decision": "reject", "reason": "x" * 2_001},
            "max_length",
            "reason",
            "The text is too long (2,001 characters; limit 2,000).",
        ),
        (
            {"decision": "reject", "reason": "a\u202eb"},
            "invisible_character",
            "reason",
            "Text contains invisible or direction-changing characters (U+202E).",
        ),
        (
            {"decision": "put_on_hold", "note": "Call them."},
            "invalid",
            "note",
            "A note is kept with scores. Score all four criteria, or empty it.",
        ),
        ({"decision": "put_on_hold", "by": "me"}, "unknown_field", "by", "Unknown field 'by'."),
    ],
)
def test_what_is_wrong_with_a_decision_is_said_and_nothing_changes(
    us: Caller, submitted: Organization, body: object, code: str, field: str, sentence: str
) -> None:
    response = us.call("POST", REVIEW, body)
    told = {"code": code, "message": sentence, "field": field}
    assert (response.status_code, refused(response)) == (400, told)
    submitted.refresh_from_db()
    assert (submitted.state, submitted.events.count(), Assessment.objects.count()) == (S.SUBMITTED, 0, 0)


def test_what_the_state_forbids_is_a_conflict_in_both_languages(us: Caller) -> None:
    make_organization("us-one", state=S.REJECTED)
    held = {"decision": "put_on_hold"}
    response = us.call("POST", REVIEW, held)
    assert (response.status_code, refused(response)) == (
        409,
        {
            "code": "wrong_state",
            "message": "The state is 'Rejected'. Only these can be put on hold: Submitted, Changes "
            "requested.",
            "field": None,
        },
    )
    _status, told = staff_program(language="zh-hans").post(REVIEW, held)
    assert (told["title"], told["message"]) == (
        "冲突",
        "当前状态为“已拒绝”。只有以下状态可以搁置：已提交、已要求修改。",
    )


def test_screening_keeps_out_here_too(us: Caller, submitted: Organization) -> None:
    screening_import(
        b"name,aliases,country,reference,source\nWichita,,US,1,Test\n",
        file_name="list.csv",
        name="generic",
        dated=timezone.now().date(),
    )
    # Found by the approval itself.
    submitted.screening_hits.all().delete()
    status, told = us.post(REVIEW, {"decision": "approve", "rubric": RUBRIC})
    assert (status, told["code"]) == (409, "wrong_state")
    submitted.refresh_from_db()
    assert (submitted.state, Assessment.objects.count()) == (S.SUBMITTED, 0)
    # The hit stays: somebody has to decide on it.
    assert submitted.screening_hits.get().state == HitState.OPEN


def test_a_decision_names_what_was_read_and_is_made_once_under_a_key(
    us: Caller, submitted: Organization
) -> None:
    read = us.call("GET", f"{LIST}us-one/").headers["ETag"]
    Organization.objects.update(region="US-KS")
    held = {"decision": "put_on_hold"}
    unread = us.call("POST", REVIEW, held, if_match="")
    assert (unread.status_code, refused(unread)["code"]) == (428, "if_match_required")
    assert us.call("POST", REVIEW, held, if_match=read).status_code == 412
    read = us.call("GET", f"{LIST}us-one/").headers["ETag"]
    first = us.call("POST", REVIEW, held, if_match=read, idempotency_key="key-1")
    again = us.call("POST", REVIEW, held, if_match=read, idempotency_key="key-1")
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert submitted.events.count() == 1
