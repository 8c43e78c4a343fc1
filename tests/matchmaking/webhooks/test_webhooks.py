"""Webhooks are their owners': added within limits, with a secret that no dump holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from pytest_django import Settings

from alliances.enums import TeamRole
from alliances.models import TeamMember, User
from matchmaking.models import CurationEvent, Webhook, WebhookDelivery
from matchmaking.services.webhooks import (
    CHANGE_OVER,
    MOST,
    SecretLostError,
    delivery_replay,
    earlier_ends_at,
    secret_of,
    webhook_add,
    webhook_change,
    webhook_delete,
    webhook_disable,
    webhook_enable,
    webhook_let_go_on,
    webhook_rotate,
    webhook_stop,
)
from matchmaking.wording.clocks import moment_words
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.api.test_tokens import dumped
from tests.matchmaking.webhooks.scenes import ALL, add, editor_of, listen, make_delivery
from tests.matchmaking.webhooks.sink import Sink

pytestmark = pytest.mark.django_db


def test_a_secret_is_256_bits_of_which_no_dump_holds_any(owner: TeamMember, sink: Sink) -> None:
    made = add(owner, sink)
    again = webhook_rotate(made.webhook, by=owner.user)
    dump = dumped()
    for secret in (made.secret, again.secret):
        assert re.fullmatch(r"whsec_[A-Za-z0-9_-]{43}", secret)
        assert secret[6:] not in dump
    assert made.secret != again.secret
    assert sink.origin in dump


def test_a_rotated_key_keeps_every_secret_and_a_dropped_one_loses_it(
    owner: TeamMember, sink: Sink, settings: Settings
) -> None:
    made = add(owner, sink)
    settings.TOKEN_KEYS = ["another key", *settings.TOKEN_KEYS]
    assert secret_of(made.webhook.salt) == made.secret
    later = add(owner, sink, path="/later")
    settings.TOKEN_KEYS = ["another key"]
    assert secret_of(later.webhook.salt) == later.secret
    with pytest.raises(SecretLostError):
        secret_of(made.webhook.salt)


def strangers(owner: TeamMember) -> list[User]:
    gone = make_team_member(owner.organization).user
    gone.is_active = False
    gone.save()
    return [
        editor_of(owner.organization),
        make_team_member(owner.organization, role=TeamRole.VIEWER).user,
        make_team_member(make_organization()).user,
        make_user(is_staff=True, is_superuser=True),
        gone,
    ]


def test_only_owners_look_after_webhooks(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    delivery = make_delivery(webhook, state="failed")
    for person in strangers(owner):
        acts: list[Callable[..., Any]] = [
            partial(webhook_add, owner.organization, url=f"{sink.origin}/x", events=ALL),
            partial(webhook_change, webhook, url=webhook.url, events=ALL[:1]),
            partial(webhook_rotate, webhook),
            partial(webhook_disable, webhook),
            partial(webhook_enable, webhook),
            partial(delivery_replay, delivery),
            partial(webhook_delete, webhook),
        ]
        for act in acts:
            with pytest.raises(PermissionDenied):
                act(by=person)
        assert list(Webhook.objects.visible_to(person)) == []
    assert list(Webhook.objects.visible_to(owner.user)) == [webhook]
    before = (webhook.url, webhook.events, webhook.salt, None)
    webhook.refresh_from_db()
    assert (webhook.url, webhook.events, webhook.salt, webhook.disabled_at) == before
    assert CurationEvent.objects.filter(subject="webhook").count() == 1


def test_what_an_owner_does_is_recorded_without_the_address(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink, path="/a?key=hidden").webhook
    webhook_change(webhook, url=webhook.url, events=["introduction.made"], by=owner.user)
    webhook_change(webhook, url=webhook.url, events=["introduction.made"], by=owner.user)  # no change
    webhook_rotate(webhook, by=owner.user)
    for _time in range(2):
        webhook_disable(webhook, by=owner.user)
    for _time in range(2):
        webhook_enable(webhook, by=owner.user)
    webhook_delete(webhook, by=owner.user)
    events = CurationEvent.objects.filter(subject="webhook").order_by("pk")
    assert [(one.kind, one.actor_id) for one in events] == [
        (kind, owner.user_id)
        for kind in ("added", "changed", "secret_replaced", "disabled", "enabled", "deleted")
    ]
    organization = {"organization": owner.organization.pk}
    assert [one.data for one in events] == [
        {**organization, "fields": ["events"]} if one.kind == "changed" else organization for one in events
    ]
    assert Webhook.objects.count() == 0


@pytest.mark.parametrize(
    "events", [[], ["organization.deleted"], ["introduction.made", "x"], "introduction.made"]
)
def test_events_are_chosen_from_the_known(owner: TeamMember, sink: Sink, events: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        webhook_add(owner.organization, url=f"{sink.origin}/", events=events, by=owner.user)
    sentence = (
        "Choose at least one of these events: recommendation.released, interest.received, "
        "introduction.made, organization.reviewed."
    )
    assert caught.value.message_dict == {"events": [sentence]}


def test_an_address_is_there_once_in_an_organization(owner: TeamMember, sink: Sink) -> None:
    first, second = add(owner, sink).webhook, add(owner, sink, path="/other").webhook
    again = {"url": ["There is a webhook for this address already. Change that one."]}
    with pytest.raises(ValidationError) as caught:
        add(owner, sink)
    assert caught.value.message_dict == again
    with pytest.raises(ValidationError) as caught:
        webhook_change(second, url=first.url, events=ALL, by=owner.user)
    assert caught.value.message_dict == again
    elsewhere = make_team_member(make_organization())
    assert add(elsewhere, sink).webhook.url == first.url


def test_an_organization_has_ten_at_most(owner: TeamMember, sink: Sink) -> None:
    for number in range(MOST):
        add(owner, sink, path=f"/{number}")
    with pytest.raises(ValidationError, match="at most 10 webhooks"):
        add(owner, sink, path="/more")
    assert Webhook.objects.count() == MOST == 10


def test_another_address_is_vetted_and_the_standing_one_is_not_asked_for(
    owner: TeamMember, sink: Sink
) -> None:
    webhook = listen(owner.organization)  # its name does not exist
    changed = webhook_change(webhook, url=webhook.url, events=ALL[:2], by=owner.user)
    assert changed.events == list(ALL[:2])
    with pytest.raises(ValidationError, match="This address is not reachable"):
        webhook_change(webhook, url="https://127.0.0.1/", events=ALL, by=owner.user)
    moved = webhook_change(webhook, url=f"{sink.origin}/new", events=ALL, by=owner.user)
    assert (moved.url, moved.events) == (f"{sink.origin}/new", list(ALL))


# --- A secret that was just replaced -------------------------------------------------------------


def test_a_second_replacement_in_a_day_has_to_end_the_earlier_secret_by_its_word(
    owner: TeamMember, sink: Sink
) -> None:
    first = add(owner, sink)
    second = webhook_rotate(first.webhook, by=owner.user, end_earlier=True)  # there is none yet
    ends = second.webhook.replaced_at
    assert ends is not None
    ends += CHANGE_OVER
    assert earlier_ends_at(second.webhook) == ends
    words = {
        "en": (
            f"The secret was replaced less than a day ago, and the one before it signs until "
            f"{moment_words(ends)}. Replace it after that, or confirm that the earlier secret ends at once."
        ),
        "zh-hans": "密钥更换尚不足一天，此前的密钥在",
    }
    for language, sentence in words.items():
        with translation.override(language), pytest.raises(ValidationError) as caught:
            webhook_rotate(first.webhook, by=owner.user)
        assert caught.value.message_dict["end_earlier"][0].startswith(sentence)
    webhook = second.webhook
    webhook.refresh_from_db()
    assert [secret_of(salt) for salt in (webhook.salt, webhook.earlier_salt)] == [second.secret, first.secret]
    third = webhook_rotate(webhook, by=owner.user, end_earlier=True)
    webhook.refresh_from_db()
    assert [secret_of(salt) for salt in (webhook.salt, webhook.earlier_salt)] == [third.secret, second.secret]


def test_a_day_after_it_is_replaced_without_a_word(owner: TeamMember, sink: Sink) -> None:
    webhook = webhook_rotate(add(owner, sink).webhook, by=owner.user).webhook
    Webhook.objects.update(replaced_at=timezone.now() - CHANGE_OVER)
    webhook.refresh_from_db()
    assert earlier_ends_at(webhook) is None
    webhook_rotate(webhook, by=owner.user)
    assert CurationEvent.objects.filter(kind="secret_replaced").count() == 2


# --- Stopped by staff ----------------------------------------------------------------------------


def test_what_staff_stopped_its_owners_cannot_undo(owner: TeamMember, sink: Sink, settings: Settings) -> None:
    settings.CONTACT_EMAIL = "programme@service.example"
    webhook, staff = add(owner, sink).webhook, make_user(is_staff=True)
    delivery = make_delivery(webhook, state="failed")
    for person in (owner.user, make_user(), make_user(is_staff=True, is_active=False)):
        for act in (webhook_stop, webhook_let_go_on):
            with pytest.raises(PermissionDenied):
                act(webhook, by=person)
    webhook_disable(webhook, by=owner.user)
    assert [webhook_stop(webhook, by=staff) for _time in range(2)] == [True, False]
    acts: list[Callable[..., Any]] = [
        partial(webhook_change, webhook, url=f"{sink.origin}/x", events=ALL),
        *(partial(act, webhook) for act in (webhook_rotate, webhook_disable, webhook_enable, webhook_delete)),
        partial(delivery_replay, delivery),
    ]
    sentence = (
        "Our staff have disabled this webhook, so nothing of it can be changed. Write to "
        "programme@service.example."
    )
    for act in acts:
        with pytest.raises(ValidationError) as caught:
            act(by=owner.user)
        assert caught.value.messages == [sentence]
    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_for) == (False, "staff")
    assert [webhook_let_go_on(webhook, by=staff) for _time in range(2)] == [True, False]
    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_for) == (True, "")
    found = CurationEvent.objects.filter(subject="webhook", actor_id=staff.pk).order_by("pk")
    organization = {"organization": owner.organization.pk}
    assert [(one.kind, one.data) for one in found] == [
        ("disabled", {**organization, "reason": "staff"}),
        ("enabled", organization),
    ]


# --- What the database holds ---------------------------------------------------------------------

WEBHOOK_BREAKS: dict[str, dict[str, Any]] = {
    "url_of_http": {"url": "ftp://a.example/"},
    "events_known": {"events": ["organization.deleted"]},
    "salt_given": {"salt": ""},
    "earlier_salt_has_time": {"earlier_salt": "x"},
    "disabled_for_a_reason": {"disabled_at": timezone.now()},
}
DELIVERY_BREAKS: dict[str, dict[str, Any]] = {
    "event_known": {"event": "organization.deleted"},
    "tells_of_one": {"event": "recommendation.released"},
    "state_known": {"state": "lost"},
    "leased_iff_sending": {"state": "sending"},
    "delivered_has_time": {"state": "delivered"},
    "status_of_http": {"status": 600},
}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        *WEBHOOK_BREAKS.items(),
        ("url_of_http", {"url": "https://maya@a.example/"}),
        ("events_known", {"events": []}),
        ("earlier_salt_has_time", {"replaced_at": timezone.now()}),
        ("disabled_for_a_reason", {"disabled_for": "gone"}),
        ("disabled_for_a_reason", {"disabled_at": timezone.now(), "disabled_for": "whim"}),
    ],
)
def test_the_database_refuses_a_webhook(name: str, columns: dict[str, Any]) -> None:
    listen(make_organization())
    with pytest.raises(IntegrityError, match=f"matchmaking_webhook_{name}"), transaction.atomic():
        Webhook.objects.update(**columns)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        *DELIVERY_BREAKS.items(),
        ("leased_iff_sending", {"lease_token": "6f1b1b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e"}),
        ("delivered_has_time", {"delivered_at": timezone.now()}),
        ("status_of_http", {"status": 99}),
    ],
)
def test_the_database_refuses_a_delivery(name: str, columns: dict[str, Any]) -> None:
    make_delivery(listen(make_organization()))
    with pytest.raises(IntegrityError, match=f"matchmaking_webhookdelivery_{name}"), transaction.atomic():
        WebhookDelivery.objects.update(**columns)


def test_the_database_refuses_what_is_there_already() -> None:
    webhook = listen(make_organization())
    delivery = make_delivery(webhook)
    with pytest.raises(IntegrityError, match="matchmaking_webhook_url_once"), transaction.atomic():
        Webhook.objects.create(
            organization=webhook.organization, url=webhook.url, events=list(ALL), salt="another"
        )
    listen(make_organization())
    with pytest.raises(IntegrityError, match="salt"), transaction.atomic():
        Webhook.objects.update(salt="the same")
    with pytest.raises(IntegrityError, match="matchmaking_webhookdelivery_event_once"), transaction.atomic():
        make_delivery(webhook, event_id=delivery.event_id)


def test_no_constraint_is_left_out() -> None:
    declared = {one.name for model in (Webhook, WebhookDelivery) for one in model._meta.constraints}
    assert declared == {
        "matchmaking_webhook_url_once",
        "matchmaking_webhookdelivery_event_once",
        *(f"matchmaking_webhook_{name}" for name in WEBHOOK_BREAKS),
        *(f"matchmaking_webhookdelivery_{name}" for name in DELIVERY_BREAKS),
    }
