"""My organization's webhooks and their deliveries."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from matchmaking.api.access import OwnRows
from matchmaking.api.strict import Flag, KnownFieldsOnly, Listed, Ordering, Query, Text, sorted_by
from matchmaking.api.writing import must_match, once
from matchmaking.enums import DeliveryState, DisabledFor, WebhookEvent
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.models.webhook import URL_LENGTH
from matchmaking.services.webhooks import (
    address_vetted,
    delivery_replay,
    secret_of,
    webhook_add,
    webhook_change,
    webhook_delete,
    webhook_disable,
    webhook_enable,
    webhook_rotate,
)

URL = "https://crm.portland.example/hooks/partners"


class WebhookSerializer(KnownFieldsOnly, serializers.ModelSerializer[Webhook]):
    """An address of my own program, and of what it is told."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    organization = serializers.SlugField(source="organization.code", read_only=True)
    url = Text(max_length=URL_LENGTH)
    events = Listed(child=serializers.ChoiceField(choices=WebhookEvent.choices), max_length=20)
    enabled = Flag(source="is_enabled")
    disabled_for = serializers.ChoiceField(choices=DisabledFor.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Webhook
        fields = [
            "id",
            "organization",
            "url",
            "events",
            "enabled",
            "disabled_for",
            "disabled_at",
            "created_at",
        ]
        read_only_fields = ["disabled_at", "created_at"]


class WebhookChangeSerializer(WebhookSerializer):
    """What of a webhook changes."""

    url = Text(max_length=URL_LENGTH, required=False)
    events = Listed(
        child=serializers.ChoiceField(choices=WebhookEvent.choices), max_length=20, required=False
    )
    enabled = Flag(source="is_enabled", required=False)


class NewWebhookSerializer(KnownFieldsOnly):
    """A webhook to be added to one of my organizations, by its code."""

    organization = Text(max_length=40)
    url = Text(max_length=URL_LENGTH)
    events = Listed(child=serializers.ChoiceField(choices=WebhookEvent.choices), max_length=20)


class WebhookWithSecretSerializer(WebhookSerializer):
    """`secret` is shown in this answer alone."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """`id` is the event's; `status` is that of the last answer, and `error` says why there was none."""

    id = serializers.UUIDField(source="event_id")
    tries = serializers.IntegerField(source="attempt")
    next_try_at = serializers.DateTimeField(source="next_attempt_at", allow_null=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "event",
            "state",
            "tries",
            "status",
            "error",
            "created_at",
            "delivered_at",
            "next_try_at",
        ]


class RotationSerializer(KnownFieldsOnly):
    """Within a day of the last replacement, that the earlier secret ends at once."""

    end_earlier = Flag(required=False)


def nothing_sent(request: Request) -> None:
    """Refuse fields where none has a meaning."""
    KnownFieldsOnly(data=request.data).is_valid(raise_exception=True)


class WebhookQuery(Query):
    """`enabled` is true or false."""

    organization = serializers.SlugField(max_length=40, required=False)
    enabled = serializers.ChoiceField(choices=["true", "false"], required=False)
    ordering = Ordering("created_at", default="-created_at")


class DeliveryQuery(Query):
    state = serializers.ChoiceField(choices=DeliveryState.choices, required=False)
    event = serializers.ChoiceField(choices=WebhookEvent.choices, required=False)
    ordering = Ordering("created_at", default="-created_at")


class Webhooks(ListModelMixin, OwnRows):
    """The webhooks of those organizations that the request acts for and the person owns."""

    query = WebhookQuery
    scopes = dict.fromkeys(("create", "partial_update", "destroy", "secret"), "webhook")
    serializer_class = WebhookSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Webhook.objects.none()

    def get_queryset(self) -> QuerySet[Webhook]:
        asked, own = self.asked, self.organizations()
        if "organization" in asked:
            own = own.filter(code=asked["organization"])
        rows = Webhook.objects.visible_to(self.person).filter(organization__in=own)
        if "enabled" in asked:
            rows = rows.filter(disabled_at__isnull=asked["enabled"] == "true")
        sign, _name = sorted_by(asked.get("ordering", "-created_at"))
        return rows.select_related("organization").order_by(f"{sign}created_at", f"{sign}pk")

    @extend_schema(summary=_("My webhooks, newest first"), description="", parameters=[WebhookQuery])
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary=_("Add a webhook"),
        description=_(
            "Owners only. The answer shows the secret, this once; under the same Idempotency-Key it is "
            "shown again. The address is https, of a public host name, on port 443."
        ),
        request=NewWebhookSerializer,
        responses={201: WebhookWithSecretSerializer},
        examples=[
            OpenApiExample(
                "A webhook",
                request_only=True,
                value={
                    "organization": "us-city-portland",
                    "url": URL,
                    "events": ["recommendation.released", "introduction.made"],
                },
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return self._with_secret(self._added(request))

    @once
    def _added(self, request: Request) -> Response:
        form = NewWebhookSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = dict(form.validated_data)
        organization = get_object_or_404(self.organizations(), code=stated.pop("organization"))
        made = webhook_add(organization, **stated, by=self.person)
        address = reverse("api:webhook-detail", args=[made.webhook.public_id])
        return self.told(made.webhook, 201, Location=address)

    @extend_schema(summary=_("One webhook"), description="")
    def retrieve(self, request: Request, public_id: uuid.UUID) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=_("Change a webhook"),
        description=_(
            "Fields that are not sent stay as they are. What happens while it is disabled is not sent "
            "later; what waits from before is. What our staff have disabled stays so."
        ),
        request=WebhookChangeSerializer,
        responses=WebhookSerializer,
        examples=[OpenApiExample("Enabled again", request_only=True, value={"enabled": True})],
    )
    @once
    def partial_update(self, request: Request, public_id: uuid.UUID) -> Response:
        standing = self.get_object().url
        form = WebhookChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = dict(form.validated_data)
        enabled = stated.pop("is_enabled", None)
        # The name is looked up before the row is locked.
        if stated.get("url", standing).strip() != standing:
            stated["url"] = address_vetted(stated["url"])
        found = self._read(request)
        if stated:
            webhook_change(found, **{"url": found.url, "events": found.events, **stated}, by=self.person)
        if enabled is not None:
            (webhook_enable if enabled else webhook_disable)(found, by=self.person)
        return self.told(self.get_object())

    @extend_schema(summary=_("Delete a webhook, with its deliveries"), description="", responses={204: None})
    @once
    def destroy(self, request: Request, public_id: uuid.UUID) -> Response:
        webhook_delete(self._read(request), by=self.person)
        return Response(status=204)

    @extend_schema(
        summary=_("Replace a webhook's secret"),
        description=_(
            "The answer shows the new one. For a day calls are signed with both. Within that day another "
            "replacement is refused, unless `end_earlier` says that the earlier secret ends at once."
        ),
        request=RotationSerializer,
        responses=WebhookWithSecretSerializer,
        examples=[
            OpenApiExample("For the first time in a day", request_only=True, value={}),
            OpenApiExample("Once more", request_only=True, value={"end_earlier": True}),
        ],
    )
    @action(methods=["post"], detail=True)
    def secret(self, request: Request, public_id: uuid.UUID) -> Response:
        return self._with_secret(self._rotated(request))

    @once
    def _rotated(self, request: Request) -> Response:
        form = RotationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        webhook_rotate(self.get_object(), **form.validated_data, by=self.person)
        return self.told(self.get_object())

    def _read(self, request: Request) -> Webhook:
        """The webhook, as it stands while nobody else can change it, and as the request has read it."""
        rows = self.get_queryset().select_for_update(no_key=True, of=("self",))
        found: Webhook = get_object_or_404(rows, public_id=self.kwargs["public_id"])
        must_match(request, self.get_serializer(found).data)
        return found

    def _with_secret(self, answer: Response) -> Response:
        """The answer with the secret, which is put in after whatever keeps the answer has kept it."""
        webhook = self.get_queryset().filter(public_id=answer.data["id"]).first()
        if webhook is not None:
            answer.data = {**answer.data, "secret": secret_of(webhook.salt)}
        return answer


class Deliveries(ListModelMixin, OwnRows):
    """What was and is to be sent to one of my webhooks, for 30 days."""

    query = DeliveryQuery
    scopes = {"replay": "webhook"}
    serializer_class = DeliverySerializer
    lookup_field = "event_id"
    lookup_value_converter = "uuid"
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        rows = Webhook.objects.visible_to(self.person).filter(organization__in=self.organizations())
        webhook = get_object_or_404(rows, public_id=self.kwargs["public_id"])
        filters = {name: self.asked[name] for name in ("state", "event") if name in self.asked}
        sign, _name = sorted_by(self.asked.get("ordering", "-created_at"))
        found = webhook.deliveries.filter(**filters).select_related("webhook").defer("body")
        return found.order_by(f"{sign}created_at", f"{sign}pk")

    @extend_schema(
        summary=_("A webhook's deliveries, newest first"), description="", parameters=[DeliveryQuery]
    )
    def list(self, request: Request, public_id: uuid.UUID) -> Response:
        return super().list(request)

    @extend_schema(summary=_("One delivery"), description="")
    def retrieve(self, request: Request, public_id: uuid.UUID, event_id: uuid.UUID) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=_("Send a delivery again"),
        description=_(
            "The same event under its own id. One that is still under way is refused; what no longer holds "
            "is withdrawn again."
        ),
        request=None,
    )
    @action(methods=["post"], detail=True)
    @once
    def replay(self, request: Request, public_id: uuid.UUID, event_id: uuid.UUID) -> Response:
        nothing_sent(request)
        delivery_replay(self.get_object(), by=self.person)
        return self.told(self.get_object())
