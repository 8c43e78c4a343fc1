"""Deliveries: signed, at least once under one id, tried eight times, then told to the owners."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from alliances.enums import TeamRole
from alliances.models import TeamMember
from matchmaking.enums import DeliveryState, DisabledFor
from matchmaking.models import CurationEvent, OutboxEmail, Webhook, WebhookDelivery
from matchmaking.services import leases, outbound, periodic, webhook_delivery
from matchmaking.services.leases import DELIVERIES, RETRY_GAPS, LeaseLost, claim, finish
from matchmaking.services.webhook_check import is_genuine
from matchmaking.services.webhook_delivery import deliver_for, due_now, recover
from matchmaking.services.webhooks import (
    delivery_replay,
    webhook_delete,
    webhook_disable,
    webhook_enable,
    webhook_rotate,
)
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.webhooks.scenes import add, come_due, editor_of, listen_at, make_delivery
from tests.matchmaking.webhooks.sink import Canary, Sink

pytestmark = pytest.mark.django_db

S = DeliveryState
SECONDS = 10


def read(delivery: WebhookDelivery) -> WebhookDelivery:
    return WebhookDelivery.objects.get(pk=delivery.pk)


def outcome(delivery: WebhookDelivery) -> tuple[str, int, int | None, str]:
    now = read(delivery)
    return now.state, now.attempt, now.status, now.error


# --- A call --------------------------------------------------------------------------------------


def test_a_delivery_arrives_as_it_was_written_with_its_signature(owner: TeamMember, sink: Sink) -> None:
    made = add(owner, sink, path="/hooks?team=a")
    delivery = make_delivery(made.webhook, body='{"name": "春田"}')
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    (call,) = sink.calls
    assert (call.path, call.body.decode()) == ("/hooks?team=a", '{"name": "春田"}')
    assert call.headers["Host"] == f"localhost:{sink.server_port}"
    assert call.headers["Webhook-Event-Id"] == str(delivery.event_id)
    assert call.headers["Content-Type"] == "application/json"
    assert set(call.headers) == {
        *("Host", "Content-Type", "Content-Length", "Connection", "User-Agent"),
        *("Webhook-Event-Id", "Webhook-Timestamp", "Webhook-Signature"),
    }
    assert is_genuine(made.secret, call.headers, call.body)
    assert abs(time.time() - int(call.headers["Webhook-Timestamp"])) < 60
    assert outcome(delivery) == (S.DELIVERED, 1, 204, "")
    assert read(delivery).delivered_at is not None
    assert deliver_for(SECONDS) == {}
    assert len(sink.calls) == 1


def test_the_check_refuses_another_body_secret_and_time(owner: TeamMember, sink: Sink) -> None:
    made = add(owner, sink)
    make_delivery(made.webhook)
    deliver_for(SECONDS)
    (call,) = sink.calls
    later = {**call.headers, "Webhook-Timestamp": str(int(call.headers["Webhook-Timestamp"]) + 1)}
    old = {**call.headers, "Webhook-Timestamp": str(int(time.time()) - 301)}
    unsigned = {**call.headers, "Webhook-Signature": "v1="}
    assert [
        is_genuine(made.secret, call.headers, call.body),
        is_genuine(made.secret, call.headers, call.body + b" "),
        is_genuine(made.secret + "x", call.headers, call.body),
        is_genuine(made.secret, later, call.body),
        is_genuine(made.secret, old, call.body),
        is_genuine(made.secret, unsigned, call.body),
    ] == [True, False, False, False, False, False]


def test_an_old_call_is_refused_although_its_signature_fits(
    owner: TeamMember, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = add(owner, sink)
    make_delivery(made.webhook)
    deliver_for(SECONDS)
    (call,) = sink.calls
    signed_at = int(call.headers["Webhook-Timestamp"])
    for age, genuine in ((300, True), (301, False), (-301, False)):
        monkeypatch.setattr(time, "time", lambda at=signed_at + age: at)
        assert is_genuine(made.secret, call.headers, call.body) is genuine


def test_for_a_day_both_secrets_sign(owner: TeamMember, sink: Sink) -> None:
    old = add(owner, sink)
    new = webhook_rotate(old.webhook, by=owner.user)
    make_delivery(old.webhook)
    deliver_for(SECONDS)
    (call,) = sink.calls
    assert [is_genuine(one.secret, call.headers, call.body) for one in (old, new)] == [True, True]
    Webhook.objects.update(replaced_at=timezone.now() - timedelta(days=1, seconds=1))
    make_delivery(old.webhook)
    deliver_for(SECONDS)
    call = sink.calls[-1]
    assert [is_genuine(one.secret, call.headers, call.body) for one in (old, new)] == [False, True]


def test_a_lost_key_is_a_failed_try_and_nothing_is_sent(
    owner: TeamMember, sink: Sink, settings: Settings
) -> None:
    delivery = make_delivery(add(owner, sink).webhook)
    settings.TOKEN_KEYS = ["another key"]
    assert deliver_for(SECONDS) == {S.QUEUED: 1}
    assert (outcome(delivery), sink.calls) == ((S.QUEUED, 1, None, "secret_lost"), [])


# --- Failed tries --------------------------------------------------------------------------------


def test_eight_tries_within_24_hours_with_growing_gaps() -> None:
    assert sum(RETRY_GAPS, timedelta()) == timedelta(hours=24)
    assert len(RETRY_GAPS) + 1 == 8
    assert list(RETRY_GAPS) == sorted(set(RETRY_GAPS))


@pytest.mark.parametrize("status", [199, 301, 400, 401, 404, 500, 503])
def test_after_eight_tries_it_is_disabled_and_the_owners_are_told(
    owner: TeamMember, sink: Sink, status: int
) -> None:
    second = make_team_member(owner.organization, make_user(language="zh-hans")).user
    editor = editor_of(owner.organization)
    webhook = add(owner, sink).webhook
    sink.answer = lambda _call: status
    delivery = make_delivery(webhook)
    seen = status >= 200
    for number, gap in enumerate(RETRY_GAPS, start=1):
        before = timezone.now()
        assert deliver_for(SECONDS) == {S.QUEUED: 1}
        assert outcome(delivery) == (S.QUEUED, number, status if seen else None, "" if seen else "no_answer")
        due = read(delivery).next_attempt_at
        assert due is not None
        assert timedelta(0) <= due - before - gap < timedelta(seconds=5)
        assert deliver_for(SECONDS) == {}  # not before it is due
        assert OutboxEmail.objects.count() == 0
        come_due(delivery)
    waiting = make_delivery(webhook, next_attempt_at=timezone.now() + timedelta(hours=1))
    assert deliver_for(SECONDS) == {S.FAILED: 1}
    assert len(sink.calls) == 8
    assert {call.headers["Webhook-Event-Id"] for call in sink.calls} == {str(delivery.event_id)}
    assert len({call.body for call in sink.calls}) == 1
    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_for) == (False, DisabledFor.FAILING)
    mails = OutboxEmail.objects.order_by("pk")
    assert [(mail.user, mail.subject.split(" · ")[0]) for mail in mails] == [
        (owner.user, "A webhook is disabled"),
        (second, "一个Webhook已停用"),
    ]
    assert editor.emails.count() == 0
    assert f"/organization/webhooks/{webhook.public_id}/" in mails[0].body_text
    assert "Springfield" in mails[0].body_text
    assert "春田" in mails[1].body_text
    event = CurationEvent.objects.get(subject="webhook", kind="disabled")
    assert (event.subject_id, event.actor_id, event.data) == (
        webhook.pk,
        None,
        {"organization": owner.organization.pk, "reason": "failing"},
    )
    # What waits goes out once an owner enables it.
    come_due(waiting)
    assert deliver_for(SECONDS) == {}
    sink.answer = lambda _call: 200
    webhook_enable(webhook, by=owner.user)
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    assert outcome(waiting) == (S.DELIVERED, 1, 200, "")


def test_gone_disables_at_once(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    sink.answer = lambda _call: 410
    deliveries = [make_delivery(webhook) for _number in range(2)]
    assert deliver_for(SECONDS) == {S.FAILED: 1}
    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_for) == (False, DisabledFor.GONE)
    assert [outcome(one) for one in deliveries] == [(S.FAILED, 1, 410, ""), (S.QUEUED, 0, None, "")]
    (mail,) = OutboxEmail.objects.all()
    assert "gone for good (410)" in mail.body_text


def test_an_organization_that_is_not_listed_is_not_named_in_the_mail(owner: TeamMember, sink: Sink) -> None:
    owner.organization.state = "draft"
    owner.organization.save()
    sink.answer = lambda _call: 410
    make_delivery(add(owner, sink).webhook)
    deliver_for(SECONDS)
    (mail,) = OutboxEmail.objects.all()
    assert ("Springfield" in mail.body_text, "your organization" in mail.body_text) == (False, True)


def test_a_redirect_leads_nowhere(owner: TeamMember, sink: Sink, canary: Canary) -> None:
    delivery = make_delivery(add(owner, sink).webhook)
    sink.answer, sink.location = (lambda _call: 307), f"http://127.0.0.1:{canary.port}/"
    assert deliver_for(SECONDS) == {S.QUEUED: 1}
    assert (outcome(delivery), canary.connections) == ((S.QUEUED, 1, 307, ""), 0)


def test_without_an_answer_the_organization_rests_and_the_others_go_on(
    owner: TeamMember, sink: Sink, settings: Settings
) -> None:
    dead = add(owner, sink, path="/dead").webhook
    # Nobody listens there.
    settings.WEBHOOK_TEST_RECEIVERS = [*settings.WEBHOOK_TEST_RECEIVERS, "http://localhost:1"]
    Webhook.objects.filter(pk=dead.pk).update(url="http://localhost:1/")
    first, second = make_delivery(dead), make_delivery(dead)
    alive = make_delivery(listen_at(sink, make_organization()))
    assert deliver_for(SECONDS) == {S.QUEUED: 1, S.DELIVERED: 1}
    assert [outcome(one) for one in (first, second, alive)] == [
        (S.QUEUED, 1, None, "no_answer"),
        (S.QUEUED, 0, None, ""),
        (S.DELIVERED, 1, 204, ""),
    ]
    Webhook.objects.filter(pk=dead.pk).update(rests_until=Now() - timedelta(seconds=1))
    assert list(due_now()) == [second]


def test_an_answer_that_refuses_lets_the_next_be_tried(owner: TeamMember, sink: Sink) -> None:
    """An event that the receiver cannot take keeps back no other."""
    webhook = add(owner, sink).webhook
    poison, fine = make_delivery(webhook), make_delivery(webhook)
    sink.answer = lambda call: 500 if str(poison.event_id) in call.headers["Webhook-Event-Id"] else 200
    assert deliver_for(SECONDS) == {S.QUEUED: 1, S.DELIVERED: 1}
    assert [outcome(one)[0] for one in (poison, fine)] == [S.QUEUED, S.DELIVERED]


def test_who_takes_too_long_is_left(owner: TeamMember, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "CALL_SECONDS", 0.5)
    release = threading.Event()
    sink.answer = lambda _call: 200 if release.wait(5) else 500
    delivery = make_delivery(add(owner, sink).webhook)
    began = time.monotonic()
    assert deliver_for(0.1) == {S.QUEUED: 1}
    assert time.monotonic() - began < 3
    release.set()
    assert outcome(delivery) == (S.QUEUED, 1, None, "no_answer")


def test_of_an_answer_no_more_than_its_first_line_is_read(owner: TeamMember, sink: Sink) -> None:
    sink.extra = b"x" * 5_000_000
    delivery = make_delivery(add(owner, sink).webhook)
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    assert outcome(delivery) == (S.DELIVERED, 1, 204, "")
    assert "xxx" not in str(WebhookDelivery.objects.values().get())


# --- Workers that die ----------------------------------------------------------------------------


def lose_the_lease() -> None:
    WebhookDelivery.objects.filter(state=S.SENDING).update(lease_until=Now() - timedelta(seconds=1))


def test_a_killed_worker_s_delivery_is_taken_up_again(owner: TeamMember, sink: Sink) -> None:
    delivery = make_delivery(add(owner, sink).webhook)
    killed = claim(DELIVERIES, due_now())
    assert killed is not None
    recover()  # the lease holds still
    assert deliver_for(SECONDS) == {}
    lose_the_lease()
    periodic.sweep()
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    assert outcome(delivery) == (S.DELIVERED, 2, 204, "")
    with pytest.raises(LeaseLost):
        finish(DELIVERIES, killed, S.QUEUED)
    assert outcome(delivery)[0] == S.DELIVERED


def test_a_worker_that_was_overtaken_changes_nothing(owner: TeamMember, sink: Sink) -> None:
    delivery = make_delivery(add(owner, sink).webhook)

    def post(*_arguments: Any) -> int:
        # The worker that waits for this answer has lost its lease, and another has delivered.
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            state=S.DELIVERED, lease_token=None, lease_until=None, delivered_at=Now(), status=200
        )
        return 500

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbound, "post", post)
        assert deliver_for(SECONDS) == {}
    assert outcome(delivery) == (S.DELIVERED, 1, 200, "")


def test_eight_lost_workers_disable_too(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    delivery = make_delivery(webhook)
    for _number in range(8):
        assert claim(DELIVERIES, due_now()) is not None
        lose_the_lease()
        recover()
    webhook.refresh_from_db()
    assert outcome(delivery) == (S.FAILED, 8, None, leases.LOST)
    assert (webhook.disabled_for, OutboxEmail.objects.count(), sink.calls) == (DisabledFor.FAILING, 1, [])


def test_a_webhook_deleted_while_its_delivery_is_under_way(owner: TeamMember, sink: Sink) -> None:
    made = add(owner, sink)
    make_delivery(made.webhook)
    real = webhook_delivery._send

    def send(delivery: WebhookDelivery) -> Any:
        answer = real(delivery)
        webhook_delete(delivery.webhook, by=owner.user)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhook_delivery, "_send", send)
        assert deliver_for(SECONDS) == {}
    assert (WebhookDelivery.objects.count(), len(sink.calls)) == (0, 1)


# --- Disabled, again, and no more ----------------------------------------------------------------


def test_nothing_goes_to_a_disabled_webhook(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    delivery = make_delivery(webhook)
    webhook_disable(webhook, by=owner.user)
    assert deliver_for(SECONDS) == {}
    webhook_enable(webhook, by=owner.user)
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    assert (outcome(delivery)[0], OutboxEmail.objects.count()) == (S.DELIVERED, 0)


def test_a_delivery_is_sent_again_under_its_own_id(owner: TeamMember, sink: Sink) -> None:
    made = add(owner, sink)
    delivery = make_delivery(made.webhook)
    with pytest.raises(Exception, match="It is being sent already"):
        delivery_replay(delivery, by=owner.user)
    deliver_for(SECONDS)
    delivery_replay(delivery, by=owner.user)
    assert outcome(delivery) == (S.QUEUED, 0, None, "")
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    first, second = sink.calls
    assert (first.body, first.headers["Webhook-Event-Id"]) == (
        second.body,
        second.headers["Webhook-Event-Id"],
    )
    webhook_disable(made.webhook, by=owner.user)
    with pytest.raises(Exception, match="The webhook is disabled"):
        delivery_replay(delivery, by=owner.user)
    event = CurationEvent.objects.get(subject="webhook", kind="replayed")
    assert event.data == {"organization": owner.organization.pk, "delivery": delivery.pk}


def test_after_30_days_deliveries_go(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    old, young = make_delivery(webhook), make_delivery(webhook)
    for delivery, age in ((old, timedelta(days=30, seconds=1)), (young, timedelta(days=29))):
        WebhookDelivery.objects.filter(pk=delivery.pk).update(created_at=Now() - age)
    _hour, tidying = periodic.JOBS["tidying"]
    tidying("tidying", "2026-11-26")
    assert list(WebhookDelivery.objects.all()) == [young]


def test_two_workers_send_each_delivery_once(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    mine, theirs = make_delivery(webhook), make_delivery(webhook)
    held = claim(DELIVERIES, due_now())
    assert held == mine
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    assert [call.headers["Webhook-Event-Id"] for call in sink.calls] == [str(theirs.event_id)]


def test_the_environment_s_proxies_are_not_used(
    owner: TeamMember, sink: Sink, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    make_delivery(add(owner, sink).webhook)
    assert deliver_for(SECONDS) == {S.DELIVERED: 1}
    assert (len(sink.calls), canary.connections) == (1, 0)


def test_the_owner_s_role_of_today_counts(owner: TeamMember, sink: Sink) -> None:
    """Who is told of a disabled webhook is who owns the organization now."""
    webhook = add(owner, sink).webhook
    heir = make_team_member(owner.organization).user
    TeamMember.objects.filter(pk=owner.pk).update(role=TeamRole.VIEWER)
    sink.answer = lambda _call: 410
    make_delivery(webhook)
    deliver_for(SECONDS)
    assert [mail.user for mail in OutboxEmail.objects.all()] == [heir]
