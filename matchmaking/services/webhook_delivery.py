"""Deliveries to webhooks: claimed one by one, signed, sent, recorded as they were answered.

At least once, under the same event id: a worker that dies between an answer and its record sends again.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from alliances.selectors import active_owners
from matchmaking import nudge
from matchmaking.enums import DeliveryState, DisabledFor
from matchmaking.models import CurationEvent, Webhook, WebhookDelivery
from matchmaking.services import leases, outbound
from matchmaking.services.account_mail import account_mail_queue
from matchmaking.services.leases import DELIVERIES, RETRY_GAPS, LeaseLost
from matchmaking.services.webhooks import SecretLostError, disable, signature

log = structlog.get_logger(__name__)

# After a try without any answer an address is left alone for so long: it costs the others a call a minute.
REST = timedelta(minutes=1)
GONE = 410


class Answer(NamedTuple):
    """The status that was answered, or why there is none."""

    status: int | None
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def due_now() -> QuerySet[WebhookDelivery]:
    """What may be sent now: due, to webhooks that are enabled and do not rest."""
    awake = Q(webhook__rests_until=None) | Q(webhook__rests_until__lte=Now())
    return DELIVERIES.due().filter(awake, webhook__disabled_at=None)


def deliver_for(seconds: float) -> Counter[str]:
    """Send what is due until nothing is or the time is up; how many deliveries went to which state."""
    handled: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        delivery = leases.claim(DELIVERIES, due_now())
        if delivery is None:
            return handled
        webhook = Webhook.objects.select_related("organization").filter(pk=delivery.webhook_id).first()
        if webhook is None:
            continue  # deleted meanwhile
        answer = _send(webhook, delivery)
        try:
            handled[_record(webhook, delivery, answer)] += 1
        except LeaseLost:
            log.warning("webhook_answer_came_late", delivery=delivery.pk, status=answer.status)
    if due_now().exists():
        nudge.for_webhooks()
    return handled


def recover() -> None:
    """The sweeper's part: take back what lost its worker, and nudge for what is due."""
    with transaction.atomic():
        last = WebhookDelivery.objects.filter(pk__in=leases.expire(DELIVERIES))
        for webhook in Webhook.objects.filter(deliveries__in=last).select_related("organization").distinct():
            _disable(webhook, DisabledFor.FAILING)
    if due_now().exists():
        nudge.for_webhooks()


def _send(webhook: Webhook, delivery: WebhookDelivery) -> Answer:
    try:
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Webhooks/1",
            "Webhook-Event-Id": str(delivery.event_id),
            "Webhook-Timestamp": str(timestamp),
            "Webhook-Signature": signature(webhook, timestamp, delivery.body),
        }
        return Answer(outbound.post(webhook.url, delivery.body.encode(), headers))
    except outbound.NotReachableError:
        return Answer(None, "not_reachable")
    except outbound.NoAnswerError:
        return Answer(None, "no_answer")
    except SecretLostError:
        return Answer(None, "secret_lost")


@transaction.atomic
def _record(webhook: Webhook, delivery: WebhookDelivery, answer: Answer) -> DeliveryState:
    """Write what came of it; LeaseLost where the row is no longer this worker's."""
    state, when = _fate(delivery, answer)
    fields = {"status": answer.status, "error": answer.error}
    leases.finish(DELIVERIES, delivery, state, **fields, **when)
    if answer.status == GONE:
        _disable(webhook, DisabledFor.GONE)
    elif state == DeliveryState.FAILED:
        _disable(webhook, DisabledFor.FAILING)
    elif answer.status is None:
        Webhook.objects.filter(pk=webhook.pk).update(rests_until=Now() + REST)
    log.info(
        "webhook_handled", delivery=delivery.pk, state=state, status=answer.status, attempt=delivery.attempt
    )
    return state


def _fate(delivery: WebhookDelivery, answer: Answer) -> tuple[DeliveryState, dict[str, object]]:
    """The state after an answer, and the time that goes with it."""
    if answer.is_delivered:
        return DeliveryState.DELIVERED, {"delivered_at": Now()}
    if answer.status == GONE or delivery.attempt > len(RETRY_GAPS):
        return DeliveryState.FAILED, {}
    return DeliveryState.QUEUED, {"next_attempt_at": Now() + RETRY_GAPS[delivery.attempt - 1]}


def _disable(webhook: Webhook, reason: DisabledFor) -> None:
    """Send nothing there any more, and tell the owners, once, in the caller's transaction."""
    if not disable(webhook, reason):
        return
    organization = webhook.organization
    CurationEvent.objects.create(
        subject="webhook",
        subject_id=webhook.pk,
        kind="disabled",
        data={"organization": organization.pk, "reason": str(reason)},
    )
    page = settings.SITE_URL + reverse("portal:webhook", args=[webhook.public_id])
    for owner in active_owners(organization):
        with translation.override(owner.language):
            name = organization.name if organization.is_listed else _("your organization")
        try:
            account_mail_queue(
                f"webhook_{reason}", owner, owner.email, url=page, facts={"organization": name}
            )
        except ValidationError as error:
            # The page says it all the same.
            log.warning("address_refused", user=owner.pk, reason=error.code)
