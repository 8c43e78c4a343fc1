"""The same answers through the portal and the API: what is refused, how, and what a refusal keeps."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Introduction, Recommendation, Response
from tests.matchmaking.introductions.scenes import Couple, make_couples

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    return only


def ended(couple: Couple) -> tuple[str, str]:
    """The American side's recommendation after the other's no: its address, and the day in English."""
    couple.cn.say(Answer.DECLINED, reason="budget")
    return str(couple.us.recommendation.public_id), f"{timezone.now().date():%-d %B %Y}"


def test_portal_says_why_a_recommendation_is_closed_and_since_when(client: Client, couple: Couple) -> None:
    public_id, today = ended(couple)
    client.force_login(couple.us.person)
    words = f"This recommendation is no longer open (withdrawn on {today})."
    assert words in client.get(f"/recommendations/{public_id}/").content.decode()
    refused = client.post(f"/recommendations/{public_id}/answer/", {"answer": "interested"})
    assert (refused.status_code, words in refused.content.decode()) == (409, True)
    assert words not in client.get("/recommendations/").content.decode()


def test_api_says_it_too(client: Client, couple: Couple) -> None:
    public_id, today = ended(couple)
    client.force_login(couple.us.person)
    address = f"/api/v1/recommendations/{public_id}/"
    assert client.get(address).json()["state"] == "expired"
    refused = client.post(f"{address}answer/", {"answer": "interested"}, content_type="application/json")
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        f"This recommendation is no longer open (withdrawn on {today}).",
    )


def test_what_ended_before_its_release_stays_unseen(client: Client, couple: Couple) -> None:
    Recommendation.objects.filter(pk=couple.us.recommendation.pk).update(state=S.PROPOSED, released_at=None)
    public_id, _today = ended(couple)
    assert Recommendation.objects.get(pk=couple.us.recommendation.pk).state == S.EXPIRED
    client.force_login(couple.us.person)
    assert client.get(f"/recommendations/{public_id}/").status_code == 404


def test_wrong_side_and_strangers_get_what_a_missing_one_gives(client: Client, couple: Couple) -> None:
    client.force_login(couple.us.person)
    answers = [
        client.post(f"/recommendations/{public_id}/answer/", {"answer": "interested"})
        for public_id in (couple.cn.recommendation.public_id, uuid.uuid4())
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_yes_pressed_ten_times_leads_to_the_same_page(client: Client, couple: Couple) -> None:
    couple.cn.say(Answer.INTERESTED)
    client.force_login(couple.us.person)
    address = f"/recommendations/{couple.us.recommendation.public_id}/answer/"
    places = {client.post(address, {"answer": "interested"}).headers["Location"] for _time in range(10)}
    assert places == {f"/introductions/{Introduction.objects.get().public_id}/"}


def test_refused_answer_keeps_what_was_written(client: Client, couple: Couple) -> None:
    client.force_login(couple.us.person)
    address = f"/recommendations/{couple.us.recommendation.public_id}/answer/"
    page = client.post(address, {"answer": "declined", "note": "{{ 7*7 }} <script>alert(1)</script>"})
    text = page.content.decode()
    assert page.status_code == 400
    assert "Choose a reason. It goes to our staff, not to the other side." in text
    assert "{{ 7*7 }} &lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in text
    assert client.post(address, {"answer": "maybe"}).status_code == 400
    assert client.post(address, {}).status_code == 400
    assert Response.objects.count() == 0
