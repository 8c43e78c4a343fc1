"""The rubric of a review: which scores publish, which hold, and what is kept of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from alliances.enums import OrganizationState
from alliances.models import Assessment, Organization, RegisterEvent, User
from alliances.services import review
from alliances.services.erasure import forget, words_for
from alliances.services.review import Rubric
from tests.factories import make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
S = OrganizationState


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def waiting() -> Organization:
    return make_organization(state=S.SUBMITTED)


@pytest.mark.parametrize(
    ("scores", "total", "publishes"),
    [
        ((3, 3, 3, 1), 10, True),
        ((5, 3, 1, 1), 10, True),
        ((3, 2, 2, 2), 9, False),
        ((5, 5, 5, 0), 15, False),
        ((0, 5, 5, 5), 15, False),
        ((1, 1, 1, 1), 4, False),
        ((5, 5, 5, 5), 20, True),
    ],
)
def test_ten_points_publish_and_a_zero_holds(
    waiting: Organization, curator: User, scores: tuple[int, int, int, int], total: int, publishes: bool
) -> None:
    rubric = Rubric(*scores)
    assert (rubric.total, rubric.publishes) == (total, publishes)
    if publishes:
        review.decide(waiting, review.APPROVE, actor=curator, rubric=rubric)
    else:
        with pytest.raises(ValidationError):
            review.decide(waiting, review.APPROVE, actor=curator, rubric=rubric)
    assert Organization.objects.get().state == (S.APPROVED if publishes else S.SUBMITTED)
    assert RegisterEvent.objects.count() == Assessment.objects.count() == publishes


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "Score all four criteria before you approve.", "批准前请先为四项标准打分。"),
    (
        {"rubric": Rubric(3, 2, 2, 2)},
        "The rubric gives 9 points, and approval needs 10. Request changes, or put the organization on hold.",
        "评分合计 9 分，批准至少需要 10 分。请要求修改，或搁置该机构。",
    ),
    (
        {"rubric": Rubric(5, 0, 5, 0)},
        (
            "No criterion may have 0 points: clarity, guidelines and language. "
            "Request changes, or put the organization on hold."
        ),
        "任何一项都不能是 0 分：清晰程度、规范与文字。请要求修改，或搁置该机构。",
    ),
    ({"rubric": Rubric(6, 5, 5, 5)}, "A score is a number from 0 to 5.", "分数为 0 到 5 之间的数字。"),
    ({"rubric": Rubric(5, -1, 5, 5)}, "A score is a number from 0 to 5.", "分数为 0 到 5 之间的数字。"),
]


@pytest.mark.parametrize(("given", "english", "chinese"), REFUSALS)
def test_a_refusal_says_why_and_what_to_do(
    waiting: Organization, curator: User, given: dict[str, Any], english: str, chinese: str
) -> None:
    for language, sentence in (("en", english), ("zh-hans", chinese)):
        with translation.override(language), pytest.raises(ValidationError) as caught:
            review.decide(waiting, review.APPROVE, actor=curator, **given)
        assert caught.value.messages == [sentence]
    assert Organization.objects.get().state == S.SUBMITTED
    assert Assessment.objects.count() == 0


def test_scores_are_kept_with_the_decision(waiting: Organization, curator: User) -> None:
    scores = Rubric(1, 2, 3, 0)
    words = {"reason": "Say how many.", "note": " Ask the port first. "}
    review.decide(waiting, review.REQUEST_CHANGES, actor=curator, rubric=scores, **words)
    kept = Assessment.objects.get()
    assert (kept.organization, kept.advantages, kept.clarity, kept.cooperation, kept.correctness) == (
        waiting,
        *scores,
    )
    assert (kept.total, kept.decision, kept.note, kept.actor_id) == (
        6,
        S.CHANGES_REQUESTED,
        "Ask the port first.",
        curator.pk,
    )
    assert (waiting.state, waiting.state_reason) == (S.CHANGES_REQUESTED, "Say how many.")


def test_other_decisions_need_no_scores(waiting: Organization, curator: User) -> None:
    review.decide(waiting, review.PUT_ON_HOLD, actor=curator)
    assert (waiting.state, Assessment.objects.count()) == (S.ON_HOLD, 0)
    review.decide(waiting, review.REJECT, actor=curator, reason="No city.")
    assert (waiting.state, Assessment.objects.count()) == (S.REJECTED, 0)


def test_ready_reasons_are_kept_in_their_order_until_the_next_move(
    waiting: Organization, curator: User
) -> None:
    codes = ["size_missing", "not_measurable", "size_missing"]
    review.decide(waiting, review.REQUEST_CHANGES, actor=curator, reasons=codes)
    assert (waiting.state, waiting.state_reason) == (S.CHANGES_REQUESTED, "")
    assert waiting.state_reasons == ["not_measurable", "size_missing"]
    assert RegisterEvent.objects.get().data == {
        "from": "submitted",
        "to": "changes_requested",
        "reasons": ["not_measurable", "size_missing"],
    }
    review.submit(waiting, actor=curator)
    assert Organization.objects.get().state_reasons == []


def test_an_unknown_ready_reason_changes_nothing(waiting: Organization, curator: User) -> None:
    with pytest.raises(ValidationError) as caught:
        review.decide(waiting, review.REJECT, actor=curator, reasons=["a-whim"])
    assert caught.value.message_dict == {"reasons": ["'a-whim' is no ready reason."]}
    assert Organization.objects.get().state == S.SUBMITTED


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"note": "a"}, {"note": ["A note is kept with scores. Score all four criteria, or empty it."]}),
        (
            {"note": "\u202e", "rubric": Rubric(3, 3, 3, 3)},
            {"note": ["Text contains invisible or direction-changing characters (U+202E)."]},
        ),
        (
            {"note": "a" * 501, "rubric": Rubric(3, 3, 3, 3)},
            {"note": ["Ensure this value has at most 500 characters (it has 501)."]},
        ),
    ],
)
def test_a_wrong_note_changes_nothing(
    waiting: Organization, curator: User, given: dict[str, Any], refusal: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as caught:
        review.decide(waiting, review.PUT_ON_HOLD, actor=curator, **given)
    assert caught.value.message_dict == refusal
    assert Organization.objects.get().state == S.SUBMITTED
    assert RegisterEvent.objects.count() == 0


def test_scores_of_a_decision_that_is_refused_are_not_kept(curator: User) -> None:
    rejected = make_organization(state=S.REJECTED)
    with pytest.raises(review.TransitionError):
        review.decide(rejected, review.APPROVE, actor=curator, rubric=Rubric(5, 5, 5, 5))
    assert Assessment.objects.count() == 0


@pytest.mark.parametrize("who", ["owner", "former curator"])
def test_only_staff_decide(waiting: Organization, who: str) -> None:
    actor = make_user(is_staff=who != "owner", is_active=who == "owner")
    make_team_member(waiting, actor)
    with pytest.raises(PermissionDenied):
        review.decide(waiting, review.APPROVE, actor=actor, rubric=Rubric(5, 5, 5, 5))


def test_many_are_approved_without_a_rubric(waiting: Organization, curator: User) -> None:
    assert review.move_many(review.APPROVE, [waiting], actor=curator).done == 1
    assert Assessment.objects.count() == 0


def test_a_note_forgets_a_person(waiting: Organization, curator: User) -> None:
    review.decide(
        waiting, review.PUT_ON_HOLD, actor=curator, rubric=Rubric(1, 1, 1, 1), note="As Maya Roe said"
    )
    forget([(Assessment.objects.all(), "note")], words_for(make_user(name="Maya Roe")))
    assert Assessment.objects.get().note == "As … said"
