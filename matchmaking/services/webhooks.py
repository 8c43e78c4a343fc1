"""Webhooks of organizations: added by an owner, with a secret that is shown once, replaced, paused, deleted;
stopped by staff.

The secret is derived from a key of the settings and a random salt: who reads the database cannot sign.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection
from datetime import datetime, timedelta
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
from matchmaking.enums import OVER_STATES, DeliveryState, DisabledFor, WebhookEvent
from matchmaking.models import CurationEvent, Webhook, WebhookDelivery
from matchmaking.services.outbound import LookupsTakenError, NotReachableError, vetted
from matchmaking.wording.clocks import moment_words
from matchmaking.wording.webhooks import NOT_REACHABLE

log = structlog.get_logger(__name__)

MOST = 10
# For so long a secret that was replaced signs beside the new one.
CHANGE_OVER = timedelta(days=1)
KEPT_FOR = timedelta(days=30)


class BusyError(ValidationError):
    """As many addresses are being looked up as may be at once."""

    def __init__(self) -> None:
        super().__init__(_("Too many addresses are being checked right now. Try again in a moment."), "busy")


class Vetted(str):
    """An address in its plain form, which leads to the open internet alone, as was seen just now."""


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
        BusyError: the address could not be looked at now.
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
    """State anew where to and of what it tells. Raises as `webhook_add`, and where staff stopped it."""
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
            # Another address has not yet been slow.
            waits = {"rests_until": None} if "url" in changed else {}
            Webhook.objects.filter(pk=held.pk).update(**stated, **waits)
            _record(held, "changed", by, fields=changed)
    held.refresh_from_db()
    return held


@transaction.atomic
def webhook_rotate(webhook: Webhook, *, by: User, end_earlier: bool = False) -> Made:
    """Give it a new secret; for a day the old one signs beside it. Owners, else PermissionDenied.

    Two secrets sign at most. Within that day another replacement ends the earlier one at once, which has to
    be said by `end_earlier`; else, as where staff stopped the webhook, ValidationError.
    """
    held = _held(webhook, by)
    if (ends := earlier_ends_at(held)) and not end_earlier:
        words = _(
            "The secret was replaced less than a day ago, and the one before it signs until %(at)s. Replace "
            "it after that, or confirm that the earlier secret ends at once."
        )
        raise ValidationError({"end_earlier": words % {"at": moment_words(ends)}})
    Webhook.objects.filter(pk=held.pk).update(
        salt=_new_salt(), earlier_salt=held.salt, replaced_at=timezone.now()
    )
    _record(held, "secret_replaced", by)
    held.refresh_from_db()
    return Made(held, secret_of(held.salt))


@transaction.atomic
def webhook_disable(webhook: Webhook, *, by: User) -> None:
    """Send nothing there until it is enabled. Owners, else PermissionDenied.

    ValidationError where staff stopped it.
    """
    if disable(_held(webhook, by), DisabledFor.OWNER):
        _record(webhook, "disabled", by)


@transaction.atomic
def webhook_enable(webhook: Webhook, *, by: User) -> None:
    """Send there again, first what waits from before. Owners, else PermissionDenied.

    ValidationError where staff stopped it.
    """
    held = _held(webhook, by)
    if held.disabled_at:
        _enable(held, by)


@transaction.atomic
def webhook_delete(webhook: Webhook, *, by: User) -> None:
    """Delete it with its deliveries. Owners, else PermissionDenied.

    ValidationError where staff stopped it.
    """
    held = _held(webhook, by)
    _record(held, "deleted", by)
    held.delete()


@transaction.atomic
def delivery_replay(delivery: WebhookDelivery, *, by: User) -> None:
    """Send a delivery that is over once more: the same event, under its own id.

    Raises:
        PermissionDenied: not an owner.
        ValidationError: it is still under way, or the webhook is disabled.
    """
    if not _held(delivery.webhook, by).is_enabled:
        raise ValidationError(_("The webhook is disabled. Enable it first."))
    over = WebhookDelivery.objects.filter(pk=delivery.pk, state__in=OVER_STATES)
    again = {"state": DeliveryState.QUEUED, "attempt": 0, "status": None, "error": "", "delivered_at": None}
    if not over.update(**again):
        raise ValidationError(_("It is being sent already."))
    _record(delivery.webhook, "replayed", by, delivery=delivery.pk)
    transaction.on_commit(nudge.for_webhooks, robust=True)


@transaction.atomic
def webhook_stop(webhook: Webhook, *, by: User) -> bool:
    """Send nothing there until staff let it go on, whatever its owners do. Whether it was not so already.

    Staff, else PermissionDenied.
    """
    _check_staff(by)
    rows = Webhook.objects.filter(pk=webhook.pk).exclude(disabled_for=DisabledFor.STAFF)
    stopped = bool(rows.update(disabled_at=Now(), disabled_for=DisabledFor.STAFF))
    if stopped:
        _record(webhook, "disabled", by, reason=str(DisabledFor.STAFF))
    return stopped


@transaction.atomic
def webhook_let_go_on(webhook: Webhook, *, by: User) -> bool:
    """Enable what staff stopped. Whether it was stopped. Staff, else PermissionDenied."""
    _check_staff(by)
    rows = Webhook.objects.filter(pk=webhook.pk, disabled_for=DisabledFor.STAFF)
    held = rows.select_for_update(no_key=True).first()
    if held:
        _enable(held, by)
    return held is not None


def old_deliveries_drop() -> int:
    """Delete the deliveries of events that are long past; how many these were."""
    old = WebhookDelivery.objects.filter(created_at__lt=Now() - KEPT_FOR)
    return old.delete()[1].get("matchmaking.WebhookDelivery", 0)


def disable(webhook: Webhook, reason: DisabledFor) -> bool:
    """Whether it was enabled until now, at the address that it had when it was read. In the caller's
    transaction, which writes the audit row."""
    enabled = Webhook.objects.enabled().filter(pk=webhook.pk, url=webhook.url)
    return bool(enabled.update(disabled_at=Now(), disabled_for=reason))


def _enable(webhook: Webhook, by: User) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(disabled_at=None, disabled_for="", rests_until=None)
    # What waits has all its tries before it.
    webhook.deliveries.filter(state=DeliveryState.QUEUED).update(attempt=0)
    _record(webhook, "enabled", by)
    transaction.on_commit(nudge.for_webhooks, robust=True)


# --- Signing -------------------------------------------------------------------------------------


def signature(webhook: Webhook, timestamp: int, body: str) -> str:
    """`v1=` and the HMAC-SHA256 of "timestamp.body" in hexadecimal digits under the secret; after a
    replacement also, for a day, that under the one before, parted by a comma.

    Raises SecretLostError.
    """
    salts = [webhook.salt, webhook.earlier_salt] if earlier_ends_at(webhook) else [webhook.salt]
    signed = f"{timestamp}.{body}".encode()
    return ",".join(f"v1={hmac.digest(secret_of(one).encode(), signed, 'sha256').hex()}" for one in salts)


def earlier_ends_at(webhook: Webhook) -> datetime | None:
    """Until when the secret before signs too; None where it does not (any more)."""
    ends = webhook.replaced_at + CHANGE_OVER if webhook.replaced_at else None
    return ends if ends and ends > timezone.now() else None


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


def _check_staff(by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise PermissionDenied


def _held(webhook: Webhook, by: User) -> Webhook:
    """The webhook, locked in the caller's transaction.

    Raises:
        PermissionDenied: not an owner.
        ValidationError: staff stopped it. Nor is it deleted: it could be added anew.
    """
    rows = Webhook.objects.visible_to(by).filter(pk=webhook.pk)
    held = rows.select_for_update(no_key=True, of=("self",)).select_related("organization").first()
    if held is None:
        raise PermissionDenied
    if held.is_stopped_by_staff:
        words = _(
            "Our staff have disabled this webhook, so nothing of it can be changed. Write to %(address)s."
        )
        raise ValidationError(words % {"address": settings.CONTACT_EMAIL}, code="stopped")
    return held


def address_vetted(url: str) -> Vetted:
    """The address, once its name was looked up: at most three seconds, so outside of any lock.

    Raises:
        ValidationError: for the field url, it is not of the open internet.
        BusyError: it could not be looked up now.
    """
    try:
        return Vetted(vetted(url.strip()))
    except NotReachableError as error:
        raise ValidationError({"url": ValidationError(NOT_REACHABLE, code="not_reachable")}) from error
    except LookupsTakenError as error:
        raise BusyError from error


def _checked(url: str, events: Collection[str], *, standing: str | None = None) -> dict[str, Any]:
    """The columns that are stated; nothing is locked while the name is looked up."""
    errors: dict[str, Any] = {}
    chosen = [event.value for event in WebhookEvent if event in events]
    if not chosen or len(chosen) < len(set(events)):
        known = ", ".join(WebhookEvent.values)
        errors["events"] = _("Choose at least one of these events: %(known)s.") % {"known": known}
    if not isinstance(url, Vetted):
        url = url.strip()
        try:
            url = url if url == standing else str(address_vetted(url))
        except BusyError:
            raise
        except ValidationError as error:
            errors |= error.error_dict
    if errors:
        raise ValidationError(errors)
    return {"url": str(url), "events": chosen}


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
