"""What the schema and the docs page say of the calls that we make: to webhooks."""

from __future__ import annotations

import inspect
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from matchmaking.enums import WebhookEvent
from matchmaking.services import webhook_check

ID = "0b9f6b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e"
DATA: dict[WebhookEvent, dict[str, str]] = {
    WebhookEvent.RECOMMENDATION_RELEASED: {"recommendation": ID, "path": f"/api/v1/recommendations/{ID}/"},
    WebhookEvent.INTEREST_RECEIVED: {"recommendation": ID, "path": f"/api/v1/recommendations/{ID}/"},
    WebhookEvent.INTRODUCTION_MADE: {"introduction": ID, "path": f"/api/v1/introductions/{ID}/"},
    WebhookEvent.ORGANIZATION_REVIEWED: {
        "state": "approved",
        "path": "/api/v1/organizations/us-city-portland/",
    },
}
HEADERS = {
    "Webhook-Event-Id": (gettext_lazy("The event's id, as in the body; the same at every try."), ID),
    "Webhook-Timestamp": (gettext_lazy("When this try was signed, in seconds since 1970."), "1795650000"),
    "Webhook-Signature": (
        gettext_lazy("v1= and the signature; two, parted by a comma, while a secret is replaced."),
        "v1=5f3c…",
    ),
}
TEXT = {"type": "string"}


def _body() -> dict[str, Any]:
    """The schema of what a call holds."""
    return {
        "type": "object",
        "description": _("The body of a call to a webhook."),
        "required": ["id", "event", "created_at", "organization", "data"],
        "properties": {
            "id": {**TEXT, "format": "uuid"},
            "event": {"$ref": "#/components/schemas/WebhookEventEnum"},
            "created_at": {**TEXT, "format": "date-time"},
            "organization": {**TEXT, "description": _("The code of your organization.")},
            "data": {
                "type": "object",
                "description": _("The id of what it is about, and the path at which the API gives it."),
                "required": ["path"],
                "properties": {
                    "path": TEXT,
                    **{name: {**TEXT, "format": "uuid"} for name in ("recommendation", "introduction")},
                    "state": {**TEXT, "description": _("Of the organization, after the review.")},
                },
            },
        },
    }


def with_webhooks(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Add what is sent (`x-webhooks`, which a schema of version 3.0 may hold) and how to check it."""
    result["components"]["schemas"]["WebhookCall"] = _body()
    result["x-webhooks"] = {str(event): {"post": _call(event)} for event in WebhookEvent}
    adding = result["paths"][reverse("api:webhook-list")]["post"]
    adding["description"] += f"\n\n{_guide()}"
    return result


def _call(event: WebhookEvent) -> dict[str, Any]:
    body = {
        "id": ID,
        "event": str(event),
        "created_at": "2026-11-26T03:00:00+00:00",
        "organization": "us-city-portland",
        "data": DATA[event],
    }
    return {
        "summary": str(event.label),
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": str(words),
                "schema": TEXT,
                "example": example,
            }
            for name, (words, example) in HEADERS.items()
        ],
        "requestBody": {
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/WebhookCall"}, "example": body}
            }
        },
        "responses": {
            "2XX": {"description": _("Taken. Any other answer, or none, is a failed try.")},
            "410": {"description": _("Gone for good: the webhook is disabled at once.")},
        },
    }


def _code() -> str:
    """The check as it runs here, without the words at its head."""
    _head, _quotes, code = inspect.getsource(webhook_check).partition('"""\n\n')
    return code


def _guide() -> str:
    """In the reader's language, as Markdown; the code is that of the test receiver."""
    parts = [
        _(
            "A webhook tells your own program of an event at once: we POST a JSON body with `id`, `event`, "
            "`created_at`, `organization` and `data` to the address that an owner gave. `data` holds the "
            "id of what it is about and the path at which this API gives it, nothing else: read it there "
            "with a token."
        ),
        "\n".join(f"- `{event}`: {event.label}" for event in WebhookEvent),
        _(
            "Answer with a status from 200 to 299 within eight seconds. Otherwise the event is tried again "
            "after 1, 5 and 30 minutes, then 2, 4, 8 and 9.4 hours: eight tries within 24 hours. After the "
            "last one the webhook is disabled and its owners are told by email; 410 disables it at once. "
            "Redirects are not followed. An event may come twice and out of order: `id` (also in "
            "`Webhook-Event-Id`) stays the same, so keep the ids that you have seen. Deliveries of the "
            "last 30 days can be read and sent again."
        ),
        _(
            "Answer first and work afterwards: after a call that took over two seconds, or had no answer, "
            "all webhooks of your organization rest for a minute. What a call would tell is looked at again "
            "before it is made; what no longer holds is not sent, and its delivery is `withdrawn`."
        ),
        _(
            "Each call is signed with the webhook's secret: `Webhook-Signature` is `v1=` and the "
            "HMAC-SHA256, in hexadecimal digits, of `Webhook-Timestamp`, a full stop and the body as it "
            "came. Check it before you read the body, and refuse what is older than five minutes:"
        ),
        f"```python\n{_code()}```",
        _(
            "To try it out, run `WEBHOOK_SECRET=whsec_… python manage.py webhook_receiver`: it checks each "
            "call like this and prints the event."
        ),
    ]
    return "\n\n".join(parts)
