"""What organizations' programs are told of: a delivery for each webhook, in the transaction of what happened.

A body holds ids, codes and paths of the API alone, so it tells nothing that its receiver may not read there
at that moment: what the path gives, the API decides when it is read.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from alliances.enums import EventKind
from alliances.models import Organization, RegisterEvent
from matchmaking import nudge
from matchmaking.enums import RecommendationState, WebhookEvent
from matchmaking.models import Introduction, Pair, Recommendation, Webhook, WebhookDelivery
from matchmaking.selectors.interests import BOTH_TAKE_PART, waiting_for_answer

BATCH = 1000
# What staff decide of an organization; what it does itself it knows.
REVIEWS = (
    EventKind.CHANGES_REQUESTED,
    EventKind.PUT_ON_HOLD,
    EventKind.APPROVED,
    EventKind.REJECTED,
    EventKind.SUSPENDED,
)


class Happened(NamedTuple):
    """What an organization is told, and the id of the recommendation that it is about, if any."""

    organization: int
    data: dict[str, str]
    recommendation: int | None = None


def heard_of(recommendations: QuerySet[Recommendation]) -> list[int]:
    """The ids of those whose seeker listens to anything at all."""
    listening = Webhook.objects.enabled().values("organization_id")
    return list(recommendations.filter(seeker__in=listening).values_list("pk", flat=True))


def tell_of_release(ids: Collection[int]) -> None:
    """These recommendations have just been released; where the candidate had said yes before, that is told
    too, since the seeker may know it only now. Who found them to be released may have been overtaken: what is
    not released is not told."""
    released = Recommendation.objects.filter(pk__in=ids, state=RecommendationState.RELEASED)
    heard = heard_of(released) if ids else []
    if heard:
        rows = Recommendation.objects.filter(pk__in=heard)
        _queue_of(WebhookEvent.RECOMMENDATION_RELEASED, rows)
        _queue_of(WebhookEvent.INTEREST_RECEIVED, waiting_for_answer().filter(BOTH_TAKE_PART, pk__in=heard))


def tell_of_interest(pair: Pair) -> None:
    """One side of the pair, which is held, has just said yes: told where the other side waits to answer."""
    _queue_of(WebhookEvent.INTEREST_RECEIVED, waiting_for_answer().filter(BOTH_TAKE_PART, pair=pair))


def tell_of_introduction(introduction: Introduction) -> None:
    """It has just been made: told to both sides."""
    number, pair = str(introduction.public_id), introduction.pair
    data = {"introduction": number, "path": reverse("api:introduction-detail", args=[number])}
    sides = (pair.low_id, pair.high_id)
    _queue(WebhookEvent.INTRODUCTION_MADE, [Happened(side, data) for side in sides])


def tell_of_review(event: RegisterEvent, organization: Organization) -> None:
    """Staff have decided something of the organization."""
    if event.kind in REVIEWS:
        path = reverse("api:organization-detail", args=[organization.code])
        data = {"state": event.data["to"], "path": path}
        _queue(WebhookEvent.ORGANIZATION_REVIEWED, [Happened(organization.pk, data)])


def _queue_of(event: WebhookEvent, recommendations: QuerySet[Recommendation]) -> None:
    happened = []
    for seeker, number, key in recommendations.order_by("pk").values_list("seeker_id", "public_id", "pk"):
        path = reverse("api:recommendation-detail", args=[number])
        happened.append(Happened(seeker, {"recommendation": str(number), "path": path}, key))
    _queue(event, happened)


def _queue(event: WebhookEvent, happened: Sequence[Happened]) -> None:
    """Write the deliveries of what happened to these organizations, and have them sent after the commit."""
    webhooks = Webhook.objects.enabled().filter(
        organization__in={one.organization for one in happened}, events__contains=[event]
    )
    by_organization: dict[int, list[Webhook]] = defaultdict(list)
    for webhook in webhooks.select_related("organization").order_by("pk") if happened else ():
        by_organization[webhook.organization_id].append(webhook)
    rows = []
    for organization, data, recommendation in happened:
        event_id = uuid.uuid4()
        for webhook in by_organization[organization]:
            body = {
                "id": str(event_id),
                "event": str(event),
                "created_at": timezone.now().isoformat(timespec="seconds"),
                "organization": webhook.organization.code,
                "data": data,
            }
            rows.append(
                WebhookDelivery(
                    webhook=webhook,
                    event_id=event_id,
                    event=event,
                    recommendation_id=recommendation,
                    body=json.dumps(body),
                )
            )
    WebhookDelivery.objects.bulk_create(rows, batch_size=BATCH)
    if rows:
        transaction.on_commit(nudge.for_webhooks, robust=True)
