"""What was right when it was queued is looked at again before it is told; after that nothing is held back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError
from django.utils import translation

from alliances.enums import OrganizationState
from alliances.models import Organization
from alliances.services import review
from matchmaking.enums import Answer, DeliveryState
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Introduction, Recommendation, Response, Webhook, WebhookDelivery
from matchmaking.services import events
from matchmaking.services.leases import DELIVERIES, claim
from matchmaking.services.recommendations import recommendations_hold
from matchmaking.services.webhook_delivery import deliver_for, due_now
from matchmaking.services.webhook_events import tell_of_interest, tell_of_introduction, tell_of_release
from matchmaking.services.webhooks import delivery_replay
from matchmaking.wording.webhooks import answer_words
from tests import reviewing
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.introductions.scenes import Couple, Side, make_couples
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.webhooks.scenes import listen_at
from tests.matchmaking.webhooks.sink import Sink

pytestmark = pytest.mark.django_db

D = DeliveryState
Change = Callable[[Couple], object]


@pytest.fixture
def couple() -> Couple:
    (made,) = make_couples(1)
    return made


@pytest.fixture
def webhook(couple: Couple, sink: Sink) -> Webhook:
    """Of the Chinese side."""
    return listen_at(sink, couple.cn.organization)


def move(state: S) -> Change:
    def change(couple: Couple) -> None:
        Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(state=state)

    return change


def place(side: str, state: OrganizationState) -> Change:
    def change(couple: Couple) -> None:
        own: Side = getattr(couple, side)
        Organization.objects.filter(pk=own.organization.pk).update(state=state)

    return change


def block(_couple: Couple) -> None:
    make_rule()


def tell_release(couple: Couple) -> None:
    tell_of_release([couple.cn.recommendation.pk])


def tell_interest(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)


def tell_introduction(couple: Couple) -> None:
    for side in (couple.us, couple.cn):
        Response.objects.create(pair=couple.pair, organization=side.organization, answer=Answer.INTERESTED)
    tell_of_introduction(Introduction.objects.create(pair=couple.pair))


SUSPENDED, WITHDRAWN = OrganizationState.SUSPENDED, OrganizationState.WITHDRAWN
OF_BOTH: dict[str, Change] = {
    "held": move(S.HELD),
    "superseded": move(S.SUPERSEDED),
    "expired": move(S.EXPIRED),
    "blocked": block,
    "own suspended": place("cn", SUSPENDED),
    "own withdrawn": place("cn", WITHDRAWN),
    "other suspended": place("us", SUSPENDED),
    "other withdrawn": place("us", WITHDRAWN),
}
CASES: list[tuple[str, Change, Change]] = [
    *((f"release {name}", tell_release, change) for name, change in OF_BOTH.items()),
    *((f"interest {name}", tell_interest, change) for name, change in OF_BOTH.items()),
    ("interest answered", tell_interest, move(S.LATER)),
    ("interest taken back", tell_interest, lambda _couple: Response.objects.all().delete()),
    ("introduction own suspended", tell_introduction, place("cn", SUSPENDED)),
    ("introduction own withdrawn", tell_introduction, place("cn", WITHDRAWN)),
]


@pytest.mark.parametrize(("tell", "change"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_no_longer_holds_is_not_sent(
    couple: Couple, webhook: Webhook, sink: Sink, tell: Change, change: Change
) -> None:
    tell(couple)
    assert WebhookDelivery.objects.count() == 1
    change(couple)
    assert (deliver_for(5), sink.calls) == ({D.WITHDRAWN: 1}, [])
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempt, delivery.status, delivery.error) == (D.WITHDRAWN, 0, None, "")
    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.rests_until) == (True, None)
    assert deliver_for(5) == {}


@pytest.mark.parametrize(
    ("tell", "change"),
    [
        (tell_release, move(S.SEEN)),
        (tell_release, move(S.INTERESTED)),
        (tell_interest, move(S.SEEN)),
        (tell_introduction, place("us", SUSPENDED)),
    ],
)
def test_what_holds_is_sent(
    couple: Couple, webhook: Webhook, sink: Sink, tell: Change, change: Change
) -> None:
    tell(couple)
    change(couple)
    assert (deliver_for(5), len(sink.calls)) == ({D.DELIVERED: 1}, 1)


@pytest.mark.parametrize("move_of_review", [review.suspend, reviewing.reject])
def test_how_a_review_went_is_told_whatever_it_was(sink: Sink, move_of_review: Callable[..., object]) -> None:
    source = OrganizationState.APPROVED if move_of_review is review.suspend else OrganizationState.SUBMITTED
    organization = make_organization(state=source)
    listen_at(sink, organization)
    reason = {} if move_of_review is review.suspend else {"reason": "No."}
    move_of_review(organization, actor=make_user(is_staff=True), **reason)
    events.tell_of_reviews()
    assert deliver_for(5) == {D.DELIVERED: 1}


def test_it_is_shown_in_a_sentence_that_names_no_cause(couple: Couple, webhook: Webhook) -> None:
    owner = make_team_member(couple.cn.organization).user
    tell_release(couple)
    place("us", SUSPENDED)(couple)
    deliver_for(5)
    words = {
        ENGLISH: "What it tells no longer holds, so it is not sent.",
        CHINESE: "其内容已不再成立，因此不发送。",
    }
    for language, sentence in words.items():
        page = text_of(signed_in(owner, language), f"/organization/webhooks/{webhook.public_id}/")
        assert sentence in words_of(page)
        with translation.override(language):
            assert answer_words(WebhookDelivery.objects.get()) == sentence


def test_it_may_be_asked_for_again_and_is_looked_at_again(
    couple: Couple, webhook: Webhook, sink: Sink
) -> None:
    owner = make_team_member(couple.cn.organization).user
    tell_release(couple)
    move(S.HELD)(couple)
    deliver_for(5)
    delivery_replay(WebhookDelivery.objects.get(), by=owner)
    assert deliver_for(5) == {D.WITHDRAWN: 1}
    move(S.RELEASED)(couple)
    delivery_replay(WebhookDelivery.objects.get(), by=owner)
    assert (deliver_for(5), len(sink.calls)) == ({D.DELIVERED: 1}, 1)


# --- Holding back --------------------------------------------------------------------------------


def test_what_was_told_cannot_be_held(couple: Couple, webhook: Webhook) -> None:
    curator, theirs = make_user(is_staff=True), [couple.cn.recommendation]
    tell_release(couple)
    claimed = claim(DELIVERIES, due_now())
    assert claimed is not None
    for state in (D.SENDING, D.DELIVERED):
        if state == D.DELIVERED:
            WebhookDelivery.objects.update(lease_token=None, lease_until=None, state=D.QUEUED)
            assert deliver_for(5) == {D.DELIVERED: 1}
        outcome = recommendations_hold(theirs, by=curator)
        assert (outcome.done, len(outcome.skipped)) == (0, 1)
        assert "released and not yet told" in outcome.skipped[0]
    # Of the other side nobody was told.
    assert recommendations_hold([couple.us.recommendation], by=curator).done == 1


@pytest.mark.parametrize("state", [D.QUEUED, D.FAILED, D.WITHDRAWN])
def test_what_was_not_told_is_held_and_not_sent(couple: Couple, webhook: Webhook, state: D) -> None:
    tell_release(couple)
    WebhookDelivery.objects.update(state=state)
    assert recommendations_hold([couple.cn.recommendation], by=make_user(is_staff=True)).done == 1
    assert deliver_for(5) == ({D.WITHDRAWN: 1} if state == D.QUEUED else {})


def test_nobody_is_told_of_what_was_not_released_after_all(couple: Couple, webhook: Webhook) -> None:
    """Who found what to release may find it held a moment later."""
    move(S.HELD)(couple)
    tell_of_release([couple.cn.recommendation.pk])
    assert WebhookDelivery.objects.count() == 0
    move(S.RELEASED)(couple)
    tell_of_release([couple.cn.recommendation.pk])
    assert WebhookDelivery.objects.get().recommendation == couple.cn.recommendation


def test_every_delivery_about_a_recommendation_names_it(couple: Couple, webhook: Webhook) -> None:
    couple.us.say(Answer.INTERESTED)
    tell_of_interest(couple.pair)
    assert {one.recommendation for one in WebhookDelivery.objects.all()} == {couple.cn.recommendation}
    with pytest.raises(IntegrityError, match="tells_of_one"):
        WebhookDelivery.objects.update(recommendation=None)
