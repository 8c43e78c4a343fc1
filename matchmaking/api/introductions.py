"""My introductions, and whom to write to."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import named_like
from alliances.models import Organization
from matchmaking.api.access import OwnRows
from matchmaking.api.strict import Ordering, Query, Search, sorted_by
from matchmaking.models import Introduction
from matchmaking.selectors.introductions import contacts_of, introductions_of


class PartySerializer(serializers.ModelSerializer[Organization]):
    class Meta:
        model = Organization
        fields = ["code", "kind", "country", "is_sample", "name_en", "name_zh"]


class IntroductionSerializer(serializers.ModelSerializer[Introduction]):
    """Two organizations that both said they are interested."""

    id = serializers.UUIDField(source="public_id")
    organization = serializers.SerializerMethodField()
    other = serializers.SerializerMethodField()

    class Meta:
        model = Introduction
        fields = ["id", "organization", "other", "made_at", "closed_at"]

    def sides(self, one: Introduction) -> tuple[Organization, Organization]:
        """Own and other, for the organizations that the request acts for."""
        sides = one.pair.sides_of(self.context["own"])
        assert sides is not None  # noqa: S101  the rows are those of these organizations
        return sides

    def get_organization(self, one: Introduction) -> str:
        return self.sides(one)[0].code

    @extend_schema_field(PartySerializer)
    def get_other(self, one: Introduction) -> Any:
        return PartySerializer(self.sides(one)[1]).data


class ContactSerializer(serializers.Serializer[Any]):
    """A person who agreed to be introduced; role and language in the reader's words."""

    name = serializers.CharField()
    role = serializers.CharField()
    email = serializers.EmailField()
    language = serializers.CharField()


class ContactsSerializer(serializers.Serializer[Any]):
    own = ContactSerializer(many=True)
    other = ContactSerializer(many=True)


class IntroductionWithContactsSerializer(IntroductionSerializer):
    """`open` says whether both organizations take part now; contacts are shown only while they do."""

    open = serializers.SerializerMethodField()
    contacts = serializers.SerializerMethodField()

    class Meta(IntroductionSerializer.Meta):
        fields = [*IntroductionSerializer.Meta.fields, "open", "contacts"]

    def get_open(self, one: Introduction) -> bool:
        return contacts_of(one).open

    @extend_schema_field(ContactsSerializer)
    def get_contacts(self, one: Introduction) -> Any:
        people = contacts_of(one).people
        own, other = self.sides(one)
        return ContactsSerializer({"own": people[own.pk], "other": people[other.pk]}).data


class IntroductionQuery(Query):
    """`open` is true or false; `search` looks in the other side's names."""

    search = Search()
    organization = serializers.SlugField(max_length=40, required=False)
    open = serializers.ChoiceField(choices=["true", "false"], required=False)
    ordering = Ordering("made_at", default="-made_at")


class Introductions(ListModelMixin, OwnRows):
    """The introductions of the organizations that the request acts for."""

    query = IntroductionQuery
    serializer_class = IntroductionSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Introduction.objects.none()

    def get_queryset(self) -> QuerySet[Introduction]:
        asked, own = self.asked, self.organizations()
        if "organization" in asked:
            own = own.filter(code=asked["organization"])
        rows = introductions_of(self.person)
        if "open" in asked:
            rows = rows.filter(closed_at__isnull=asked["open"] == "true")
        others = named_like(Organization.objects.all(), asked.get("search", ""))
        low, high = (
            Q(**{f"pair__{side}__in": own, f"pair__{other}__in": others})
            for side, other in (("low", "high"), ("high", "low"))
        )
        sign, _name = sorted_by(asked.get("ordering", "-made_at"))
        return rows.filter(low | high).order_by(f"{sign}made_at", f"{sign}pk")

    def get_serializer_context(self) -> dict[str, Any]:
        own = set(self.organizations().values_list("pk", flat=True))
        return {**super().get_serializer_context(), "own": own}

    @extend_schema(
        summary=_("My introductions, newest first"), description="", parameters=[IntroductionQuery]
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary=_("One introduction, with the contacts of both sides"),
        description="",
        responses=IntroductionWithContactsSerializer,
    )
    def retrieve(self, request: Request, public_id: uuid.UUID) -> Response:
        found: Introduction = self.get_object()
        return Response(IntroductionWithContactsSerializer(found, context=self.get_serializer_context()).data)
