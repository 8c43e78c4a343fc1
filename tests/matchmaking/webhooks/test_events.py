"""Each event is told once, to the right organization's webhooks, with ids and paths alone, or not at all."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import OrganizationState
from alliances.models import Organization
from alliances.services import review
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Recommendation, Response, ScheduledRelease, Webhook, WebhookDelivery
from matchmaking.selectors.release import DeskFilter
from matchmaking.services import events, interests
from matchmaking.services.answers import later_until
from matchmaking.services.curation import recommendations_pin
from matchmaking.services.recommendations import recommendations_hold, recommendations_release
from matchmaking.services.release import release_carry_out, release_schedule
from matchmaking.services.webhooks import webhook_disable
from tests import reviewing
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.introductions.scenes import Couple, make_couples
from tests.matchmaking.recommendations.test_propose import change_policy
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import make_scene
from tests.matchmaking.webhooks.scenes import listen

pytestmark = pytest.mark.django_db

RELEASED, INTEREST = "recommendation.released", "interest.received"
MADE, REVIEWED = "introduction.made", "organization.reviewed"


def told(webhook: Webhook) -> list[tuple[str, Any]]:
    """What is queued for it, oldest first: event and data."""
    bodies = [json.loads(one.body) for one in webhook.deliveries.order_by("pk")]
    return [(body["event"], body["data"]) for body in bodies]


def about(one: Recommendation) -> dict[str, str]:
    number = str(one.public_id)
    return {"recommendation": number, "path": f"/api/v1/recommendations/{number}/"}


@pytest.fixture
def couple() -> Couple:
    (made,) = make_couples(1)
    return made


# --- A body --------------------------------------------------------------------------------------


def test_a_body_says_whom_it_concerns_by_ids_alone(couple: Couple) -> None:
    webhook = listen(couple.cn.organization)
    couple.us.say(Answer.INTERESTED)
    delivery = webhook.deliveries.get()
    body = json.loads(delivery.body)
    assert set(body) == {"id", "event", "created_at", "organization", "data"}
    assert uuid.UUID(body["id"]) == delivery.event_id
    assert abs(datetime.fromisoformat(body["created_at"]) - delivery.created_at).total_seconds() < 5
    assert (body["event"], body["organization"]) == (INTEREST, couple.cn.organization.code)
    assert body["data"] == about(couple.cn.recommendation)
    other, person = couple.us.organization, couple.us.person
    for hidden in (other.code, other.name_en, other.name_zh, person.name, person.email):
        assert hidden not in delivery.body


def test_two_webhooks_are_told_of_the_same_event_under_one_id(couple: Couple) -> None:
    webhooks = [listen(couple.cn.organization) for _number in range(2)]
    couple.us.say(Answer.INTERESTED)
    first, second = (webhook.deliveries.get() for webhook in webhooks)
    assert (first.event_id, first.body) == (second.event_id, second.body)


def test_only_what_was_chosen_is_told_and_nothing_while_disabled(couple: Couple) -> None:
    chosen = listen(couple.cn.organization, INTEREST)
    other = listen(couple.cn.organization, RELEASED, MADE)
    disabled = listen(couple.cn.organization)
    owner = make_team_member(couple.cn.organization).user
    webhook_disable(disabled, by=owner)
    couple.us.say(Answer.INTERESTED)
    assert [one.deliveries.count() for one in (chosen, other, disabled)] == [1, 0, 0]


def test_what_is_taken_back_is_not_told(couple: Couple) -> None:
    """The deliveries are of the transaction of the answer: neither is without the other."""
    webhook = listen(couple.cn.organization)
    with transaction.atomic():
        couple.us.say(Answer.INTERESTED)
        assert (Response.objects.count(), webhook.deliveries.count()) == (1, 1)
        transaction.set_rollback(True)
    assert (Response.objects.count(), webhook.deliveries.count()) == (0, 0)


def test_without_a_webhook_an_event_costs_few_queries(couple: Couple) -> None:
    with CaptureQueriesContext(connection) as queries:
        couple.us.say(Answer.INTERESTED)
    assert sum("matchmaking_webhook" in one["sql"] for one in queries) == 1


# --- Released ------------------------------------------------------------------------------------


def test_what_staff_release_is_told_to_the_seeker_alone() -> None:
    change_policy(release="manual")
    scene = make_scene(readers=2)
    webhooks = [listen(one) for one in (*scene.seekers, *scene.candidates[:1])]
    chosen = list(Recommendation.objects.filter(seeker=scene.seekers[0], state=S.PROPOSED).order_by("pk"))
    assert len(chosen) > 1
    assert WebhookDelivery.objects.count() == 0
    recommendations_release(chosen, by=make_user(is_staff=True))
    assert [told(one) for one in webhooks] == [[(RELEASED, about(one)) for one in chosen], [], []]
    assert len({one.event_id for one in webhooks[0].deliveries.all()}) == len(chosen)


def test_a_release_that_is_refused_is_not_told() -> None:
    change_policy(release="manual")
    scene = make_scene()
    webhook = listen(scene.seekers[0])
    chosen = Recommendation.objects.filter(seeker=scene.seekers[0])
    with pytest.raises(PermissionDenied):
        recommendations_release(chosen, by=make_user())
    curator = make_user(is_staff=True)
    recommendations_release(chosen, by=curator)
    count = webhook.deliveries.count()
    assert count == chosen.count()
    recommendations_release(chosen, by=curator)  # they are out already
    assert webhook.deliveries.count() == count


def test_what_is_held_and_let_out_again_is_told_again() -> None:
    scene = make_scene()
    webhook = listen(scene.seekers[0])
    (one, *_rest) = Recommendation.objects.filter(seeker=scene.seekers[0], state=S.RELEASED).order_by("pk")
    curator = make_user(is_staff=True)
    recommendations_hold([one], by=curator)
    one.refresh_from_db()
    assert told(webhook) == []
    recommendations_release([one], by=curator)
    assert told(webhook) == [(RELEASED, about(one))]


def test_a_run_that_releases_tells_once_of_each() -> None:
    scene = make_scene(readers=2)
    Recommendation.objects.all().delete()
    listening, deaf = listen(scene.seekers[0]), listen(scene.seekers[1], REVIEWED)
    complete_run()
    released = Recommendation.objects.filter(seeker=scene.seekers[0], state=S.RELEASED).order_by("pk")
    assert released.count() > 1
    assert sorted(told(listening), key=str) == sorted(((RELEASED, about(one)) for one in released), key=str)
    assert told(deaf) == []
    complete_run()  # what stands from before is not told again
    assert listening.deliveries.count() == released.count()


def test_a_release_on_schedule_is_told() -> None:
    change_policy(release="manual")
    scene = make_scene()
    webhook = listen(scene.seekers[0])
    curator = make_user(is_staff=True)
    when = timezone.now() + timedelta(days=1)
    scheduled = release_schedule(scene.run, DeskFilter(), when, by=curator)
    ScheduledRelease.objects.update(at=timezone.now() - timedelta(seconds=1))
    release_carry_out(scheduled.pk)
    assert {event for event, _data in told(webhook)} == {RELEASED}
    assert webhook.deliveries.count() == Recommendation.objects.filter(seeker=scene.seekers[0]).count()


# --- Interest ------------------------------------------------------------------------------------


def test_interest_is_told_to_the_other_side_once(couple: Couple) -> None:
    own, other = listen(couple.us.organization), listen(couple.cn.organization)
    couple.us.say(Answer.INTERESTED)
    couple.us.say(Answer.INTERESTED)
    interests.tell()  # the mail goes its own way
    assert (told(own), told(other)) == ([], [(INTEREST, about(couple.cn.recommendation))])


@pytest.mark.parametrize("word", [Answer.LATER, Answer.DECLINED])
def test_other_answers_are_told_to_nobody(couple: Couple, word: Answer) -> None:
    webhooks = [listen(side.organization) for side in (couple.us, couple.cn)]
    couple.us.say(word, **({"reason": "budget"} if word == Answer.DECLINED else {"until": later_until(3)}))
    assert [told(one) for one in webhooks] == [[], []]


@pytest.mark.parametrize("state", [S.PROPOSED, S.HELD])
def test_interest_that_the_other_side_may_not_see_yet_is_told_at_its_release(
    couple: Couple, state: S
) -> None:
    webhook = listen(couple.cn.organization)
    theirs = Recommendation.objects.filter(pk=couple.cn.recommendation.pk)
    theirs.update(state=state, released_at=None)
    couple.us.say(Answer.INTERESTED)
    assert told(webhook) == []
    recommendations_release(theirs, by=make_user(is_staff=True))
    data = about(couple.cn.recommendation)
    assert told(webhook) == [(RELEASED, data), (INTEREST, data)]


@pytest.mark.parametrize("release", ["automatic", "manual"])
def test_interest_in_who_was_recommended_nothing(release: str) -> None:
    change_policy(release=release)
    (couple,) = make_couples(1)
    webhook = listen(couple.cn.organization)
    couple.cn.recommendation.delete()
    couple.us.say(Answer.INTERESTED)
    (theirs,) = Recommendation.objects.filter(seeker=couple.cn.organization)
    expected = [(RELEASED, about(theirs)), (INTEREST, about(theirs))] if release == "automatic" else []
    assert told(webhook) == expected


def test_interest_in_a_suspended_organization_is_not_told(couple: Couple) -> None:
    webhook = listen(couple.cn.organization)
    Response.objects.create(pair=couple.pair, organization=couple.us.organization, answer=Answer.INTERESTED)
    Recommendation.objects.filter(pk=couple.us.recommendation.pk).update(state=S.INTERESTED)
    theirs = Recommendation.objects.filter(pk=couple.cn.recommendation.pk)
    theirs.update(state=S.HELD)
    Organization.objects.filter(pk=couple.us.organization.pk).update(state=OrganizationState.SUSPENDED)
    recommendations_release(theirs, by=make_user(is_staff=True))
    assert [event for event, _data in told(webhook)] == [RELEASED]


# --- Introduction --------------------------------------------------------------------------------


def test_an_introduction_is_told_to_both_sides(couple: Couple) -> None:
    webhooks = [listen(side.organization, MADE) for side in (couple.us, couple.cn)]
    stranger = listen(make_organization())
    couple.us.say(Answer.INTERESTED)
    introduction = couple.cn.say(Answer.INTERESTED).introduction
    couple.cn.say(Answer.INTERESTED)
    assert introduction is not None
    number = str(introduction.public_id)
    data = {"introduction": number, "path": f"/api/v1/introductions/{number}/"}
    assert [told(one) for one in webhooks] == [[(MADE, data)], [(MADE, data)]]
    assert told(stranger) == []


# --- Review --------------------------------------------------------------------------------------

T = OrganizationState
Move = Callable[..., Any]


@pytest.mark.parametrize(
    ("source", "move", "more", "state"),
    [
        (T.SUBMITTED, reviewing.request_changes, {"reason": "Please say more."}, "changes_requested"),
        (T.SUBMITTED, reviewing.put_on_hold, {}, "on_hold"),
        (T.SUBMITTED, reviewing.approve, {}, "approved"),
        (T.SUBMITTED, reviewing.reject, {"reason": "No."}, "rejected"),
        (T.APPROVED, review.suspend, {}, "suspended"),
        # What an organization does itself it knows.
        (T.DRAFT, review.submit, {}, None),
        (T.APPROVED, review.withdraw, {}, None),
    ],
)
def test_a_review_is_told_once_with_the_state(
    source: T, move: Move, more: dict[str, str], state: str | None
) -> None:
    organization = make_organization("us-city-wichita", state=source)
    webhook = listen(organization)
    move(organization, actor=make_user(is_staff=True), **more)
    for _time in range(2):
        events.tell_of_reviews()
    data = {"state": state, "path": "/api/v1/organizations/us-city-wichita/"}
    assert told(webhook) == ([(REVIEWED, data)] if state else [])
    for body in webhook.deliveries.values_list("body", flat=True):
        assert "Please" not in body


def test_every_move_is_told_in_order_also_where_the_state_has_moved_on() -> None:
    organization = make_organization(state=T.SUBMITTED)
    webhook = listen(organization)
    staff = make_user(is_staff=True)
    reviewing.put_on_hold(organization, actor=staff)
    organization.refresh_from_db()
    reviewing.approve(organization, actor=staff)
    events.tell_of_reviews()
    assert [data["state"] for _event, data in told(webhook)] == ["on_hold", "approved"]


def test_pins_are_told_as_what_they_release() -> None:
    change_policy(release="manual")
    scene = make_scene()
    webhook = listen(scene.seekers[0])
    curator = make_user(is_staff=True, is_superuser=True)
    (one, *_rest) = Recommendation.objects.filter(seeker=scene.seekers[0]).order_by("pk")
    recommendations_pin([one], reason="They know each other", by=curator)
    Recommendation.objects.filter(seeker=scene.seekers[0]).delete()
    complete_run()
    released = Recommendation.objects.filter(seeker=scene.seekers[0], state=S.RELEASED)
    assert told(webhook) == [(RELEASED, about(one)) for one in released]
    assert released.count() == 1
