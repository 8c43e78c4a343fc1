"""Webhooks of organizations: added by an owner, with a secret that is shown once, replaced, paused, deleted.

The secret is derived from a key of the settings and a random salt: who reads the database cannot sign.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from alliances.enums import TeamRole
from alliances.models import Organization, User
from matchmaking import nudge
from matchmaking.enums import DeliveryState, DisabledFor, WebhookEvent
from matchmaking.models import CurationEvent, Webhook, WebhookDelivery
from matchmaking.services.outbound import NotReachableError, vetted
from matchmaking.wording.webhooks import NOT_REACHABLE

log = structlog.get_logger(__name__)

MOST = 10
# For so long a secret that was replaced signs beside the new one.
CHANGE_OVER = timedelta(days=1)
KEPT_FOR = timedelta(days=30)


class SecretLostError(LookupError):
    """The key from which the secret was derived is no longer among the settings' keys."""


class Made(NamedTuple):
    """A webhook and the secret with which it signs, which is not shown again."""

    webhook: Webhook
    secret: str


def webhook_add(organization: Organization, *, url: str, events: Collection[str], by: User) -> Made:
    """Tell this address of these events from now on.

    Raises:
        PermissionDenied: not an owner of the organization.
        ValidationError: by field, an address that is not public or is there already, no or unknown events,
            too many webhooks.
    """
    _check_owner(organization, by)
    stated = _checked(url, events)
    with transaction.atomic():
        # Of two that are added at once the second counts the first.
        Organization.objects.select_for_update(no_key=True, of=("self",)).get(pk=organization.pk)
        others = Webhook.objects.filter(organization=organization)
        if others.count() >= MOST:
            limit = {"limit": MOST}
            raise ValidationError(
                _("An organization has at most %(limit)s webhooks. Delete one first.") % limit
            )
        _check_new(others, stated["url"])
        webhook = Webhook.objects.create(organization=organization, salt=_new_salt(), **stated)
        _record(webhook, "added", by)
    webhook.refresh_from_db()
    return Made(webhook, secret_of(webhook.salt))


def webhook_change(webhook: Webhook, *, url: str, events: Collection[str], by: User) -> Webhook:
    """State anew where to and of what it tells. Raises as `webhook_add`."""
    _check_owner(webhook.organization, by)
    # An address that stands was vetted when it was given, and is so again at every try.
    stated = _checked(url, events, standing=webhook.url)
    with transaction.atomic():
        held = _held(webhook, by)
        _check_new(
            Webhook.objects.filter(organization=held.organization_id).exclude(pk=held.pk), stated["url"]
        )
        changed = [name for name, value in stated.items() if getattr(held, name) != value]
        if changed:
            Webhook.objects.filter(pk=held.pk).update(**stated)
            _record(held, "changed", by, fields=changed)
    held.refresh_from_db()
    return held


@transaction.atomic
def webhook_rotate(webhook: Webhook, *, by: User) -> Made:
    """Give it a new secret; for a day the old one signs beside it. Owners, else PermissionDenied."""
    held = _held(webhook, by)
    Webhook.objects.filter(pk=held.pk).update(
        salt=_new_salt(), earlier_salt=held.salt, replaced_at=timezone.now()
    )
    _record(held, "secret_replaced", by)
    held.refresh_from_db()
    return Made(held, secret_of(held.salt))


@transaction.atomic
def webhook_disable(webhook: Webhook, *, by: User) -> None:
    """Send nothing there until it is enabled. Owners, else PermissionDenied."""
    if disable(_held(webhook, by), DisabledFor.OWNER):
        _record(webhook, "disabled", by)


@transaction.atomic
def webhook_enable(webhook: Webhook, *, by: User) -> None:
    """Send there again, first what waits from before. Owners, else PermissionDenied."""
    held = _held(webhook, by)
    if held.disabled_at:
        Webhook.objects.filter(pk=held.pk).update(disabled_at=None, disabled_for="", rests_until=None)
        _record(held, "enabled", by)
        transaction.on_commit(nudge.for_webhooks, robust=True)


@transaction.atomic
def webhook_delete(webhook: Webhook, *, by: User) -> None:
    """Delete it with its deliveries. Owners, else PermissionDenied."""
    held = Webhook.objects.visible_to(by).filter(pk=webhook.pk).first()
    if held is None:
        raise PermissionDenied
    _record(held, "deleted", by)
    held.delete()


@transaction.atomic
def delivery_replay(delivery: WebhookDelivery, *, by: User) -> None:
    """Send a delivery that is over once more: the same event, under its own id.

    Raises:
        PermissionDenied: not an owner.
        ValidationError: it is still under way, or the webhook is disabled.
    """
    if not Webhook.objects.visible_to(by).filter(pk=delivery.webhook_id).exists():
        raise PermissionDenied
    if not Webhook.objects.enabled().filter(pk=delivery.webhook_id).exists():
        raise ValidationError(_("The webhook is disabled. Enable it first."))
    over = WebhookDelivery.objects.filter(
        pk=delivery.pk, state__in=(DeliveryState.DELIVERED, DeliveryState.FAILED)
    )
    again = {"state": DeliveryState.QUEUED, "attempt": 0, "status": None, "error": "", "delivered_at": None}
    if not over.update(**again):
        raise ValidationError(_("It is being sent already."))
    _record(delivery.webhook, "replayed", by, delivery=delivery.pk)
    transaction.on_commit(nudge.for_webhooks, robust=True)


def old_deliveries_drop() -> int:
    """Delete the deliveries of events that are long past; how many these were."""
    old = WebhookDelivery.objects.filter(created_at__lt=Now() - KEPT_FOR)
    return old.delete()[1].get("matchmaking.WebhookDelivery", 0)


def disable(webhook: Webhook, reason: DisabledFor) -> bool:
    """Whether it was enabled until now. In the caller's transaction, which writes the audit row."""
    enabled = Webhook.objects.enabled().filter(pk=webhook.pk)
    return bool(enabled.update(disabled_at=Now(), disabled_for=reason))


# --- Signing -------------------------------------------------------------------------------------


def signature(webhook: Webhook, timestamp: int, body: str) -> str:
    """`v1=` and the HMAC-SHA256 of "timestamp.body" in hexadecimal digits under the secret; after a
    replacement also, for a day, that under the one before, parted by a comma.

    Raises SecretLostError.
    """
    salts = [webhook.salt]
    if webhook.replaced_at and webhook.replaced_at > timezone.now() - CHANGE_OVER:
        salts.append(webhook.earlier_salt)
    signed = f"{timestamp}.{body}".encode()
    return ",".join(f"v1={hmac.digest(secret_of(one).encode(), signed, 'sha256').hex()}" for one in salts)


def secret_of(salt: str) -> str:
    """The secret that was derived from this salt. Raises SecretLostError."""
    name = salt.partition(".")[0]
    key = next((key for key in settings.TOKEN_KEYS if _name_of(key) == name), None)
    if key is None:
        raise SecretLostError
    digest = salted_hmac("matchmaking.webhook", salt, secret=key, algorithm="sha256").digest()
    return f"whsec_{urlsafe_b64encode(digest).decode().rstrip('=')}"


def _new_salt() -> str:
    """Random, and with the name of the key that goes with it: keys are rotated, secrets stay."""
    return f"{_name_of(settings.TOKEN_KEYS[0])}.{secrets.token_hex(16)}"


def _name_of(key: str) -> str:
    return salted_hmac("matchmaking.webhook.key", "", secret=key, algorithm="sha256").hexdigest()[:8]


# --- Whose, and what -----------------------------------------------------------------------------


def _check_owner(organization: Organization, by: User) -> None:
    if not by.is_active or not organization.team_members.filter(user=by, role=TeamRole.OWNER).exists():
        raise PermissionDenied


def _held(webhook: Webhook, by: User) -> Webhook:
    """The webhook, locked in the caller's transaction; PermissionDenied for whoever is no owner."""
    rows = Webhook.objects.visible_to(by).filter(pk=webhook.pk)
    held = rows.select_for_update(no_key=True, of=("self",)).select_related("organization").first()
    if held is None:
        raise PermissionDenied
    return held


def _checked(url: str, events: Collection[str], *, standing: str | None = None) -> dict[str, Any]:
    """The columns that are stated; nothing is locked while the name is looked up."""
    errors: dict[str, Any] = {}
    chosen = [event.value for event in WebhookEvent if event in events]
    if not chosen or len(chosen) < len(set(events)):
        known = ", ".join(WebhookEvent.values)
        errors["events"] = _("Choose at least one of these events: %(known)s.") % {"known": known}
    try:
        url = url.strip() if url.strip() == standing else vetted(url.strip())
    except NotReachableError:
        errors["url"] = ValidationError(NOT_REACHABLE, code="not_reachable")
    if errors:
        raise ValidationError(errors)
    return {"url": url, "events": chosen}


def _check_new(others: Any, url: str) -> None:
    if others.filter(url=url).exists():
        raise ValidationError({"url": _("There is a webhook for this address already. Change that one.")})


def _record(webhook: Webhook, kind: str, by: User, **data: object) -> None:
    """The audit row: never the address, which may hold a key."""
    CurationEvent.objects.create(
        subject="webhook",
        subject_id=webhook.pk,
        kind=kind,
        actor_id=by.pk,
        data={"organization": webhook.organization_id, **data},
    )
    log.info(f"webhook_{kind}", webhook=webhook.pk, organization=webhook.organization_id)
