"""Webhooks and deliveries as tests need them."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models.functions import Now

from alliances.enums import TeamRole
from alliances.models import Organization, TeamMember, User
from matchmaking.enums import WebhookEvent
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.services.webhooks import Made, webhook_add
from tests.factories import make_team_member
from tests.matchmaking.webhooks.sink import Sink

ALL = tuple(WebhookEvent.values)


def add(owner: TeamMember, sink: Sink, *, path: str = "/hooks", events: tuple[str, ...] = ALL) -> Made:
    """A webhook of the owner's organization at the sink."""
    return webhook_add(owner.organization, url=f"{sink.origin}{path}", events=events, by=owner.user)


def listen(organization: Organization, *events: str) -> Webhook:
    """A webhook of an organization at an address that nobody calls."""
    number = Webhook.objects.count()
    return Webhook.objects.create(
        organization=organization,
        url=f"https://hooks-{number}.example/",
        events=events or ALL,
        salt=f"salt-{number}",
    )


def listen_at(sink: Sink, organization: Organization, path: str = "/hooks") -> Webhook:
    """A webhook of an organization at the sink, with an owner of its own."""
    return add(make_team_member(organization), sink, path=path).webhook


def make_delivery(webhook: Webhook, **columns: object) -> WebhookDelivery:
    """A delivery that is due, of something that is told whatever becomes of it."""
    event_id = uuid.uuid4()
    stated = {
        "event_id": event_id,
        "event": WebhookEvent.INTRODUCTION_MADE,
        "body": f'{{"id": "{event_id}"}}',
        **columns,
    }
    return WebhookDelivery.objects.create(webhook=webhook, **stated)


def come_due(delivery: WebhookDelivery) -> None:
    """As if the pause before the next try were over, also that of the webhooks."""
    past = Now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(next_attempt_at=past)
    Webhook.objects.update(rests_until=None)


def editor_of(organization: Organization) -> User:
    return make_team_member(organization, role=TeamRole.EDITOR).user
