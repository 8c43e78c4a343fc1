"""Deliveries to webhooks: claimed one by one, checked again, signed, sent, recorded as they were answered.

At least once, under the same event id: a worker that dies between an answer and its record sends again. There
is one turn at a time, and in it the organizations take turns; who answers slowly or not at all rests.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from alliances.enums import OrganizationState
from alliances.selectors import active_owners
from matchmaking import nudge
from matchmaking.enums import DeliveryState, DisabledFor, WebhookEvent
from matchmaking.models import CurationEvent, Recommendation, Webhook, WebhookDelivery
from matchmaking.selectors.telling import why_kept_apart, why_not_asked, why_not_told
from matchmaking.services import leases, outbound
from matchmaking.services.account_mail import account_mail_queue
from matchmaking.services.leases import DELIVERIES, RETRY_GAPS, LeaseLost
from matchmaking.services.webhooks import SecretLostError, disable, signature

log = structlog.get_logger(__name__)

# A call that took longer, or had no answer at all, costs the others too much: the organization's webhooks are
# left alone for so long.
SLOW_SECONDS = 2.0
REST = timedelta(minutes=1)
GONE = 410
# Organizations that are told nothing more than how their review goes.
NOT_TOLD = (OrganizationState.SUSPENDED, OrganizationState.WITHDRAWN)
# The key of the advisory lock of the turn that there is.
TURN_LOCK = 20261127


class Answer(NamedTuple):
    """The status that was answered, or why there is none, and how long it took."""

    status: int | None
    error: str = ""
    seconds: float = 0.0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def costs_the_others(self) -> bool:
        return self.status is None or self.seconds > SLOW_SECONDS


def due_now() -> QuerySet[WebhookDelivery]:
    """What may be sent now: due, to webhooks that are enabled and do not rest; nothing while on hold.

    First what is for the organization whose turn was longest ago, of that the oldest.
    """
    if settings.HOLD:
        return WebhookDelivery.objects.none()
    awake = Q(webhook__rests_until=None) | Q(webhook__rests_until__lte=Now())
    turn = F("webhook__turn_at").asc(nulls_first=True)
    return DELIVERIES.due().filter(awake, webhook__disabled_at=None).order_by(turn, "pk")


def deliver_for(seconds: float) -> Counter[str]:
    """Send what is due until nothing is or the time is up; how many deliveries went to which state.

    While another turn is under way there is nothing to do here: that one goes on, or asks for the next.
    """
    handled: Counter[str] = Counter()
    with _only_turn() as is_ours:
        if not is_ours:
            return handled
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            delivery = _claim_next()
            if delivery is None:
                return handled
            if delivery.state == DeliveryState.SENDING:
                answer = _send(delivery)
                try:
                    delivery.state = _record(delivery, answer)
                except LeaseLost:
                    log.warning("webhook_answer_came_late", delivery=delivery.pk, status=answer.status)
                    continue
            handled[delivery.state] += 1
    if due_now().exists():
        nudge.for_webhooks()
    return handled


@contextmanager
def _only_turn() -> Iterator[bool]:
    """Whether no other turn is under way; then none begins until the block, or this connection, ends."""
    with connection.cursor() as cursor:
        # Of the session, not of a transaction: none may stay open while others answer.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [TURN_LOCK])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN_LOCK])


def recover() -> None:
    """The sweeper's part: take back what lost its worker, and nudge for what is due."""
    with transaction.atomic():
        last = WebhookDelivery.objects.filter(pk__in=leases.expire(DELIVERIES))
        for webhook in Webhook.objects.filter(deliveries__in=last).select_related("organization").distinct():
            _disable(webhook, DisabledFor.FAILING)
    if due_now().exists():
        nudge.for_webhooks()


@transaction.atomic
def _claim_next() -> WebhookDelivery | None:
    """Claim the next delivery, with its webhook; one that must not go comes back finished, `withdrawn`."""
    delivery = leases.claim(DELIVERIES, due_now())
    if delivery is None:
        return None
    webhook = Webhook.objects.select_related("organization").filter(pk=delivery.webhook_id).first()
    if webhook is None:
        return None  # deleted meanwhile: the next turn goes on
    delivery.webhook = webhook
    Webhook.objects.filter(organization=webhook.organization_id).update(turn_at=Now())
    if reason := _why_not(delivery):
        # Nothing was tried.
        leases.finish(DELIVERIES, delivery, DeliveryState.WITHDRAWN, attempt=delivery.attempt - 1)
        log.info("webhook_withdrawn", delivery=delivery.pk, reason=reason)
        delivery.state = DeliveryState.WITHDRAWN
    return delivery


def _why_not(delivery: WebhookDelivery) -> str:
    """Why what was right when it was queued must not be told any more; empty where it may.

    Locks the recommendation until the claim is committed. Who holds one back locks it too and looks for
    claimed deliveries after that: whoever is second sees what the first has done.
    """
    if delivery.event == WebhookEvent.ORGANIZATION_REVIEWED:
        return ""
    if delivery.webhook.organization.state in NOT_TOLD:
        return "organization_not_approved"
    if delivery.recommendation_id is None:
        return ""
    rows = Recommendation.objects.filter(pk=delivery.recommendation_id).defer("breakdown")
    one = rows.select_related("seeker", "candidate").select_for_update(no_key=True, of=("self",)).get()
    if delivery.event == WebhookEvent.INTEREST_RECEIVED:
        return why_kept_apart([one]) or why_not_asked(one)
    return why_not_told([one])


def _send(delivery: WebhookDelivery) -> Answer:
    webhook, began = delivery.webhook, time.monotonic()
    try:
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Webhooks/1",
            "Webhook-Event-Id": str(delivery.event_id),
            "Webhook-Timestamp": str(timestamp),
            "Webhook-Signature": signature(webhook, timestamp, delivery.body),
        }
        status = outbound.post(webhook.url, delivery.body.encode(), headers)
        return Answer(status, seconds=time.monotonic() - began)
    except outbound.NotReachableError:
        return Answer(None, "not_reachable")
    except outbound.NoAnswerError:
        return Answer(None, "no_answer")
    except SecretLostError:
        return Answer(None, "secret_lost")


@transaction.atomic
def _record(delivery: WebhookDelivery, answer: Answer) -> DeliveryState:
    """Write what came of it; LeaseLost where the row is no longer this worker's.

    What an address answers after it was corrected says nothing of the webhook, and is no try of the new one.
    """
    webhook = delivery.webhook
    state, when = _fate(delivery, answer)
    told = {"status": answer.status, "error": answer.error, **when}
    is_there = Webhook.objects.filter(pk=webhook.pk, url=webhook.url).exists()
    if not (is_there or answer.is_delivered):
        state, told = DeliveryState.QUEUED, {"status": None, "attempt": 0}
    leases.finish(DELIVERIES, delivery, state, **told)
    if is_there and answer.costs_the_others:
        Webhook.objects.filter(organization=webhook.organization_id).update(rests_until=Now() + REST)
    if is_there and state == DeliveryState.FAILED:
        _disable(webhook, DisabledFor.GONE if answer.status == GONE else DisabledFor.FAILING)
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
