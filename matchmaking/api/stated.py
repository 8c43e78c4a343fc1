"""The needs and offers of my organization, one by one: add, change, take out."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.importing.problems import shown
from alliances.models import Need, Offer, Organization, Topic
from alliances.models.topic import STATEMENT_LENGTH
from alliances.services.register import hold_for_edit
from alliances.services.registration import statement_save, topic_add, topic_state
from matchmaking.api.access import OwnRows
from matchmaking.api.organizations import NeedSerializer, OfferSerializer
from matchmaking.api.strict import KnownFieldsOnly, Ordering, Query, Text, Whole, sorted_by
from matchmaking.api.writing import must_match, once


class StatedNeedSerializer(NeedSerializer):
    """A need with the sentence that states it."""

    statement = Text(required=False, allow_blank=True, max_length=STATEMENT_LENGTH)


class StatedOfferSerializer(OfferSerializer):
    """An offer with the sentence that states it."""

    statement = Text(required=False, allow_blank=True, max_length=STATEMENT_LENGTH)


class NeedChangeSerializer(KnownFieldsOnly):
    """What of a need changes; its topic is its address."""

    topic = serializers.CharField(source="topic.slug", read_only=True)
    priority = Whole(min_value=1, max_value=3, required=False)
    statement = Text(required=False, allow_blank=True, max_length=STATEMENT_LENGTH)


class OfferChangeSerializer(KnownFieldsOnly):
    """What of an offer changes; its topic is its address."""

    topic = serializers.CharField(source="topic.slug", read_only=True)
    maturity = Whole(min_value=1, max_value=3, required=False)
    statement = Text(required=False, allow_blank=True, max_length=STATEMENT_LENGTH)


class StatedQuery(Query):
    """`area` is a challenge area's slug; `ordering` by the topics' own order, or by level."""

    area = serializers.SlugField(max_length=60, required=False)


class NeedQuery(StatedQuery):
    ordering = Ordering("topic", "priority")


class OfferQuery(StatedQuery):
    ordering = Ordering("topic", "maturity")


class StatedRows(ListModelMixin, OwnRows):
    """Needs or offers of one of the organizations that the request acts for."""

    model: ClassVar[type[Need | Offer]]
    level: ClassVar[str]
    change_class: ClassVar[type[KnownFieldsOnly]]
    lookup_field = "topic__slug"
    lookup_url_kwarg = "slug"
    lookup_value_converter = "slug"

    def organization(self) -> Organization:
        found: Organization = get_object_or_404(self.organizations(), code=self.kwargs["code"])
        return found

    def get_queryset(self) -> QuerySet[Any]:
        rows = self.model.objects.filter(organization=self.organization()).select_related("topic")
        if area := self.asked.get("area"):
            rows = rows.filter(topic__area__slug=area)
        sign, name = sorted_by(self.asked.get("ordering", "topic"))
        return rows.order_by(f"{sign}{'topic__position' if name == 'topic' else name}", "topic__position")

    def _added(self, request: Request) -> Response:
        # Who may not write learns nothing of what is wrong with what was sent.
        organization = hold_for_edit(self.organization(), self.person)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = form.validated_data
        slug = stated["topic"]["slug"]
        # Not asked of the database: what was sent may be no text that it takes.
        topic = next((one for one in Topic.objects.all() if one.slug == slug), None)
        if topic is None:
            text = _("Topic '%(topic)s' is not known. Use the topic list's slugs.") % {"topic": shown(slug)}
            raise serializers.ValidationError({"topic": [text]})
        words = stated.get("statement", "")
        topic_add(organization, self.model, topic, stated[self.level], words, actor=self.person)
        row = self.get_queryset().get(topic=topic)
        address = reverse(f"api:{self.basename}-detail", args=[organization.code, slug])
        return self.told(row, 201, Location=address)

    def _held(self, request: Request) -> Any:
        """The row, as it stands while nobody else can change it, and as the request has read it."""
        row = self.get_object()
        hold_for_edit(row.organization, self.person)
        row = self.get_object()
        must_match(request, self.get_serializer(row).data)
        return row

    def _changed(self, request: Request) -> Response:
        row = self._held(request)
        form = self.change_class(data=request.data)
        form.is_valid(raise_exception=True)
        if self.level in form.validated_data:
            level = form.validated_data[self.level]
            topic_state(row.organization, self.model, row.topic, level, actor=self.person)
        if "statement" in form.validated_data:
            statement_save(self.get_object(), form.validated_data["statement"], actor=self.person)
        return self.told(self.get_object())

    def _taken_out(self, request: Request) -> Response:
        row = self._held(request)
        topic_state(row.organization, self.model, row.topic, 0, actor=self.person)
        return Response(status=204)


class Needs(StatedRows):
    """What my organization looks for."""

    model = Need
    level = "priority"
    query = NeedQuery
    serializer_class = StatedNeedSerializer
    change_class = NeedChangeSerializer
    queryset = Need.objects.none()

    @extend_schema(summary=gettext_lazy("My organization's needs"), description="", parameters=[NeedQuery])
    def list(self, request: Request, code: str) -> Response:
        return super().list(request)

    @extend_schema(
        summary=gettext_lazy("Add a need"),
        description=gettext_lazy("A topic that is stated already is refused: change it at its own address."),
        responses={201: StatedNeedSerializer},
        examples=[
            OpenApiExample(
                "A need",
                request_only=True,
                value={
                    "topic": "sponge-city",
                    "priority": 3,
                    "statement": "Keep 60 % of a heavy rain where it falls in the old town by 2028.",
                },
            )
        ],
    )
    @once
    def create(self, request: Request, code: str) -> Response:
        return self._added(request)

    @extend_schema(summary=gettext_lazy("One need"), description="")
    def retrieve(self, request: Request, code: str, slug: str) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Change a need"),
        description=gettext_lazy("Fields that are not sent stay as they are."),
        request=NeedChangeSerializer,
        responses=StatedNeedSerializer,
        examples=[OpenApiExample("Urgent", request_only=True, value={"priority": 3})],
    )
    @once
    def partial_update(self, request: Request, code: str, slug: str) -> Response:
        return self._changed(request)

    @extend_schema(summary=gettext_lazy("Take a need out"), description="", responses={204: None})
    @once
    def destroy(self, request: Request, code: str, slug: str) -> Response:
        return self._taken_out(request)


class Offers(StatedRows):
    """What my organization can give."""

    model = Offer
    level = "maturity"
    query = OfferQuery
    serializer_class = StatedOfferSerializer
    change_class = OfferChangeSerializer
    queryset = Offer.objects.none()

    @extend_schema(summary=gettext_lazy("My organization's offers"), description="", parameters=[OfferQuery])
    def list(self, request: Request, code: str) -> Response:
        return super().list(request)

    @extend_schema(
        summary=gettext_lazy("Add an offer"),
        description=gettext_lazy("A topic that is stated already is refused: change it at its own address."),
        responses={201: StatedOfferSerializer},
        examples=[
            OpenApiExample(
                "An offer",
                request_only=True,
                value={
                    "topic": "e-bus",
                    "maturity": 3,
                    "statement": "We have run 220 electric buses since 2019.",
                },
            )
        ],
    )
    @once
    def create(self, request: Request, code: str) -> Response:
        return self._added(request)

    @extend_schema(summary=gettext_lazy("One offer"), description="")
    def retrieve(self, request: Request, code: str, slug: str) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Change an offer"),
        description=gettext_lazy("Fields that are not sent stay as they are."),
        request=OfferChangeSerializer,
        responses=StatedOfferSerializer,
        examples=[OpenApiExample("Proven", request_only=True, value={"maturity": 3})],
    )
    @once
    def partial_update(self, request: Request, code: str, slug: str) -> Response:
        return self._changed(request)

    @extend_schema(summary=gettext_lazy("Take an offer out"), description="", responses={204: None})
    @once
    def destroy(self, request: Request, code: str, slug: str) -> Response:
        return self._taken_out(request)
