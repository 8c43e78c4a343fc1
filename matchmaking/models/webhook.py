"""Addresses of organizations' own programs, and what is sent to them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import TeamRole
from matchmaking.enums import ABOUT_RECOMMENDATION, DeliveryState, DisabledFor, WebhookEvent
from matchmaking.models.lease import LeasedRow
from matchmaking.models.recommendation import Recommendation

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models import User

URL_LENGTH = 500


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def enabled(self) -> WebhookQuerySet:
        return self.filter(disabled_at=None)

    def visible_to(self, user: User | AnonymousUser) -> WebhookQuerySet:
        """An organization's owners see its webhooks; others nothing."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        owned = user.team_memberships.filter(role=TeamRole.OWNER)
        return self.filter(organization__in=owned.values("organization_id"))


class Webhook(models.Model):
    """An address that is told of events. `services.webhooks` writes it.

    The secret is nowhere: it is derived from the salt and a key of the settings.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="webhooks",
    )
    url = models.CharField(_("address"), max_length=URL_LENGTH)
    events = ArrayField(models.CharField(max_length=40, choices=WebhookEvent), verbose_name=_("events"))
    salt = models.CharField(max_length=64, unique=True, editable=False)
    # What the secret was before it was replaced; for a day it signs too.
    earlier_salt = models.CharField(max_length=64, blank=True, editable=False)
    replaced_at = models.DateTimeField(_("secret replaced at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    disabled_at = models.DateTimeField(_("disabled at"), null=True)
    disabled_for = models.CharField(_("why it is disabled"), max_length=10, choices=DisabledFor, blank=True)
    # After a try without an answer, or with a slow one, nothing is sent to the organization's webhooks for a
    # while, so that the others' deliveries go on.
    rests_until = models.DateTimeField(null=True, editable=False)
    # When a delivery of the organization was last claimed: whose turn was longest ago is next.
    turn_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[WebhookQuerySet] = WebhookQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-id"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["organization", "url"], name="%(app_label)s_%(class)s_url_once"),
            # No @: neither a user name nor somebody's email address, which could not be taken out again.
            models.CheckConstraint(
                condition=Q(url__regex=r"^https?://[!-?A-~]+$"), name="%(app_label)s_%(class)s_url_of_http"
            ),
            models.CheckConstraint(
                condition=Q(events__contained_by=WebhookEvent.values, events__len__gte=1),
                name="%(app_label)s_%(class)s_events_known",
            ),
            models.CheckConstraint(condition=~Q(salt=""), name="%(app_label)s_%(class)s_salt_given"),
            models.CheckConstraint(
                condition=Q(earlier_salt="", replaced_at__isnull=True)
                | (~Q(earlier_salt="") & Q(replaced_at__isnull=False)),
                name="%(app_label)s_%(class)s_earlier_salt_has_time",
            ),
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True, disabled_for="")
                | Q(disabled_at__isnull=False, disabled_for__in=DisabledFor.values),
                name="%(app_label)s_%(class)s_disabled_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    @property
    def is_stopped_by_staff(self) -> bool:
        return self.disabled_for == DisabledFor.STAFF


class WebhookDelivery(LeasedRow):
    """An event on its way to a webhook: the same body and event id however often it is sent."""

    # Not held by the database: no answer or release may fail since an owner deletes a webhook meanwhile.
    webhook = models.ForeignKey(
        Webhook,
        verbose_name=_("webhook"),
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="deliveries",
    )
    # The same for every webhook that is told of the event.
    event_id = models.UUIDField(_("event id"))
    event = models.CharField(_("event"), max_length=40, choices=WebhookEvent)
    # What is asked again before it is told.
    recommendation = models.ForeignKey(
        Recommendation,
        verbose_name=_("recommendation"),
        null=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    # Of the last answer; nothing else of an answer is kept.
    status = models.PositiveSmallIntegerField(_("last answer"), null=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            # The claim: the oldest delivery that is due.
            models.Index(
                fields=["id"], condition=Q(state__in=["queued", "sending"]), name="delivery_unfinished"
            ),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "event_id"], name="%(app_label)s_%(class)s_event_once"
            ),
            models.CheckConstraint(
                condition=Q(event__in=WebhookEvent.values), name="%(app_label)s_%(class)s_event_known"
            ),
            models.CheckConstraint(
                condition=Q(event__in=ABOUT_RECOMMENDATION, recommendation__isnull=False)
                | (~Q(event__in=ABOUT_RECOMMENDATION) & Q(recommendation__isnull=True)),
                name="%(app_label)s_%(class)s_tells_of_one",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_token__isnull=True)),
                name="%(app_label)s_%(class)s_leased_iff_sending",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
                name="%(app_label)s_%(class)s_delivered_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__range=(100, 599)),
                name="%(app_label)s_%(class)s_status_of_http",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
