"""One turn at a time, in which organizations take turns: who answers slowly keeps nobody else back."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from alliances.models import TeamMember
from matchmaking import nudge
from matchmaking.celery import app
from matchmaking.enums import DeliveryState, DisabledFor
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.services import leases, webhook_delivery
from matchmaking.services.leases import DELIVERIES, claim
from matchmaking.services.webhook_delivery import SLOW_SECONDS, TURN_LOCK, deliver_for, due_now, recover
from matchmaking.services.webhooks import webhook_change, webhook_disable, webhook_enable
from tests.factories import make_organization, make_team_member
from tests.matchmaking.webhooks.scenes import ALL, add, listen_at, make_delivery
from tests.matchmaking.webhooks.sink import Call, Sink

pytestmark = pytest.mark.django_db

S = DeliveryState


def make_deliveries(webhooks: list[Webhook], each: int) -> None:
    for _number in range(each):
        for webhook in webhooks:
            make_delivery(webhook)


def paths(sink: Sink) -> list[str]:
    return [call.path for call in sink.calls]


@pytest.mark.parametrize("status", [200, 500])
def test_a_slow_receiver_costs_the_others_one_call_a_minute(
    owner: TeamMember, sink: Sink, status: int
) -> None:
    """However many webhooks its organization has there, and whatever it answers in the end."""
    slow = [add(owner, sink, path=f"/slow/{number}").webhook for number in range(10)]
    make_deliveries(slow, 20)
    prompt = make_delivery(listen_at(sink, make_organization(), "/prompt"))

    def answer(call: Call) -> int:
        if call.path.startswith("/slow"):
            time.sleep(SLOW_SECONDS + 0.2)
        return status

    sink.answer = answer
    began = time.monotonic()
    handled = deliver_for(20)
    assert time.monotonic() - began < 2 * SLOW_SECONDS
    assert (handled.total(), paths(sink)) == (2, ["/slow/0", "/prompt"])
    prompt.refresh_from_db()
    assert prompt.status == status
    rests = Webhook.objects.filter(organization=owner.organization).values_list("rests_until", flat=True)
    for until in rests:
        assert until is not None
        assert timedelta(seconds=50) < until - timezone.now() <= timedelta(minutes=1)
    # A prompt refusal is no reason to rest.
    assert prompt.webhook.rests_until is None
    assert due_now().count() == 0


def test_two_hundred_deliveries_of_one_organization_delay_anothers_by_one_call(
    owner: TeamMember, sink: Sink
) -> None:
    webhooks = [add(owner, sink, path=f"/many/{number}").webhook for number in range(10)]
    make_deliveries(webhooks, 20)
    single = listen_at(sink, make_organization(), "/single")
    make_deliveries([single], 1)
    assert deliver_for(20) == {S.DELIVERED: 201}
    assert paths(sink).index("/single") == 1
    # The next time too, when both have had turns.
    sink.calls.clear()
    make_deliveries(webhooks, 2)
    make_deliveries([single], 1)
    assert deliver_for(20) == {S.DELIVERED: 21}
    assert paths(sink).index("/single") <= 1


def test_of_one_organization_the_oldest_goes_first(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    ids = [str(make_delivery(webhook).event_id) for _number in range(3)]
    deliver_for(5)
    assert [call.headers["Webhook-Event-Id"] for call in sink.calls] == ids


@pytest.mark.django_db(transaction=True)
def test_a_second_turn_ends_at_once_and_asks_for_no_other(
    owner: TeamMember, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_delivery(add(owner, sink).webhook)
    nudges: list[str] = []
    monkeypatch.setattr(nudge, "for_webhooks", lambda: nudges.append("again"))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [TURN_LOCK])
            assert (deliver_for(5), sink.calls, nudges) == ({}, [], [])
            cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN_LOCK])
    finally:
        other.close()
    assert deliver_for(5) == {S.DELIVERED: 1}
    # And the turn is given back, also where one fails.
    monkeypatch.setattr(webhook_delivery, "_claim_next", lambda: 1 // 0)
    with pytest.raises(ArithmeticError):
        deliver_for(5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [TURN_LOCK]
        )
        assert cursor.fetchone() == (0,)


def test_nudges_go_to_a_queue_of_their_own_and_end_with_the_next_sweep(
    owner: TeamMember, sink: Sink, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.set_current()
    sent: list[Any] = []
    monkeypatch.setattr(app, "send_task", lambda task, **options: sent.append((task, options)))
    settings.SWEEP_SECONDS = 7
    make_deliveries([add(owner, sink).webhook], 2)
    expected = ("matchmaking.deliver_webhooks", {"queue": "webhooks", "expires": 7})
    recover()
    assert sent == [expected]
    # A turn that ends with its time asks for the next.
    deliver_for(0)
    assert sent == [expected] * 2
    deliver_for(5)
    assert sent == [expected] * 2


@pytest.mark.parametrize(("lease", "seconds"), [(2, 30), (30, 30), (60, 60)])
def test_a_lease_is_longer_than_any_call(settings: Settings, lease: int, seconds: int) -> None:
    settings.LEASE_SECONDS = lease
    webhook = Webhook.objects.create(
        organization=make_organization(), url="https://a.example/", events=ALL, salt="salt"
    )
    make_delivery(webhook)
    claimed = claim(DELIVERIES, due_now())
    assert claimed is not None
    assert claimed.lease_until is not None
    assert abs(claimed.lease_until - timezone.now() - timedelta(seconds=seconds)).total_seconds() < 2
    assert leases.expire(DELIVERIES) == []


# --- Late answers, and webhooks put right --------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [410, 500, None])
def test_what_the_old_address_answers_says_nothing_of_the_new_one(
    owner: TeamMember, sink: Sink, status: int | None
) -> None:
    webhook = add(owner, sink, path="/old").webhook
    second = add(owner, sink, path="/second").webhook
    delivery = make_delivery(webhook, attempt=7)

    def answer(call: Call) -> int:
        if call.path == "/old":
            Webhook.objects.filter(pk=webhook.pk).update(url=f"{sink.origin}/new")
            connection.close()
            if status is None:
                raise ConnectionAbortedError
            return status
        return 204

    sink.answer = answer
    assert deliver_for(5) == {S.QUEUED: 1, S.DELIVERED: 1}
    for one in (webhook, second):
        one.refresh_from_db()
        assert (one.is_enabled, one.rests_until) == (True, None)
    delivery.refresh_from_db()
    assert (paths(sink), delivery.state, delivery.attempt) == (["/old", "/new"], S.DELIVERED, 1)


def test_another_address_rests_no_more(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    until = timezone.now() + timedelta(minutes=1)
    Webhook.objects.update(rests_until=until)
    webhook_change(webhook, url=webhook.url, events=ALL[:1], by=owner.user)
    webhook.refresh_from_db()
    assert webhook.rests_until == until
    webhook_change(webhook, url=f"{sink.origin}/new", events=ALL, by=owner.user)
    webhook.refresh_from_db()
    assert webhook.rests_until is None


def test_what_waits_has_all_its_tries_once_the_webhook_is_enabled(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    waiting = make_delivery(webhook, attempt=7)
    over = make_delivery(webhook, attempt=8, state=S.FAILED)
    webhook_enable(webhook, by=owner.user)  # it is
    assert set(WebhookDelivery.objects.values_list("attempt", flat=True)) == {7, 8}
    webhook_disable(webhook, by=owner.user)
    webhook_enable(webhook, by=owner.user)
    sink.answer = lambda _call: 500
    deliver_for(5)
    for delivery, attempt in ((waiting, 1), (over, 8)):
        delivery.refresh_from_db()
        assert delivery.attempt == attempt
    webhook.refresh_from_db()
    assert (waiting.state, webhook.disabled_for) == (S.QUEUED, "")
    assert DisabledFor.FAILING not in webhook.disabled_for


def test_a_person_s_other_organization_does_not_rest(owner: TeamMember, sink: Sink) -> None:
    """Turns and rests are an organization's, not a person's."""
    theirs = make_team_member(make_organization(), owner.user)

    def answer(call: Call) -> int:
        if call.path == "/slow":
            time.sleep(SLOW_SECONDS + 0.1)
        return 200

    sink.answer = answer
    make_deliveries([add(owner, sink, path="/slow").webhook, add(theirs, sink, path="/theirs").webhook], 2)
    assert deliver_for(10) == {S.DELIVERED: 3}
    assert paths(sink) == ["/slow", "/theirs", "/theirs"]
