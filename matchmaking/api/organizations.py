"""My organization: read it, and change what it states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import named_like
from alliances.enums import Country, Kind, OrganizationState
from alliances.importing import cells
from alliances.importing.entries import VALUE_FIELDS, OrganizationEntry
from alliances.importing.organizations import MOST_PEOPLE
from alliances.importing.problems import shown
from alliances.models import Organization, Topic
from alliances.models.organization import MOST_ALIASES, OrganizationQuerySet
from alliances.services.register import hold_for_edit, save_organization
from matchmaking.api.access import OwnRows
from matchmaking.api.strict import (
    KnownFieldsOnly,
    Listed,
    Number,
    Ordering,
    Query,
    Search,
    Text,
    Whole,
    sorted_by,
)
from matchmaking.api.writing import must_match, once

# What a kind of organization is, and where, stands for good.
FIXED = ("kind", "country")
# The register's readers of one value look at nothing else.
NO_CELL = cells.CellContext("", (), ())
# There are fewer topics.
MOST_STATED = 200
STATED = [name for name in VALUE_FIELDS if name not in FIXED]


class NeedSerializer(KnownFieldsOnly):
    """A topic that is needed: 1 some, 2 clear, 3 urgent."""

    topic = Text(source="topic.slug", max_length=60)
    priority = Whole(min_value=1, max_value=3, default=2)


class OfferSerializer(KnownFieldsOnly):
    """A topic that can be given: 1 first steps, 2 running, 3 proven."""

    topic = Text(source="topic.slug", max_length=60)
    maturity = Whole(min_value=1, max_value=3, default=2)


class Vocabulary(serializers.MultipleChoiceField):
    """A set of known words, in the vocabulary's order."""

    def to_internal_value(self, data: Any) -> list[str]:  # type: ignore[override]
        # Of all that JSON has, the framework would take an object's names for a list.
        if isinstance(data, Mapping):
            self.fail("not_a_list", input_type=type(data).__name__)
        given = super().to_internal_value(data)
        return [word for word in self.choices if word in given]

    def to_representation(self, value: Any) -> list[str]:  # type: ignore[override]
        return list(value)


class OrganizationSerializer(KnownFieldsOnly, serializers.ModelSerializer[Organization]):
    """An organization as its own team reads and states it."""

    serializer_field_mapping: ClassVar[Any] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.URLField: Text,
        models.EmailField: Text,
        models.PositiveIntegerField: Whole,
        models.PositiveSmallIntegerField: Whole,
        models.FloatField: Number,
        ArrayField: Listed,
    }

    needs: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=NeedSerializer(), required=False, max_length=MOST_STATED
    )
    offers: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=OfferSerializer(), required=False, max_length=MOST_STATED
    )

    class Meta:
        model = Organization
        fields = [
            *("code", *FIXED, "state", "is_sample"),
            *STATED,
            *("needs", "offers", "profile_confirmed_at", "updated_at"),
        ]
        read_only_fields = ["code", *FIXED, "state", "is_sample", "profile_confirmed_at", "updated_at"]
        extra_kwargs: ClassVar[Any] = {
            "population": {"min_value": 1, "max_value": MOST_PEOPLE},
            "aliases": {"max_length": MOST_ALIASES},
        }

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, Any]:
        """A set of words has its vocabulary's choices."""
        words = getattr(model_field, "base_field", None)
        if words is not None and words.choices:
            return Vocabulary, {"choices": words.choices, "allow_empty": True, "required": False}
        found: tuple[Any, Any] = super().build_standard_field(field_name, model_field)
        return found

    def validate_website(self, value: str) -> str:
        return cells.website(value, NO_CELL)

    def validate_contact_email(self, value: str) -> str:
        return cells.email(value, NO_CELL)

    def validate_needs(self, stated: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        return _levels(stated, "priority")

    def validate_offers(self, stated: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        return _levels(stated, "maturity")


def _levels(stated: Sequence[Mapping[str, Any]], level: str) -> dict[str, int]:
    """As {topic slug: level}; every topic known and named once."""
    known = set(Topic.objects.values_list("slug", flat=True))
    found: dict[str, int] = {}
    faults: dict[str, Any] = {}
    for index, row in enumerate(stated):
        slug = row["topic"]["slug"]
        if slug not in known:
            text = _("Topic '%(topic)s' is not known. Use the topic list's slugs.")
        elif slug in found:
            text = _("Topic '%(topic)s' stands there twice.")
        else:
            found[slug] = row[level]
            continue
        faults[str(index)] = {"topic": [text % {"topic": shown(slug)}]}
    if faults:
        raise serializers.ValidationError(faults)
    return found


class OrganizationQuery(Query):
    search = Search()
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    country = serializers.ChoiceField(choices=Country.choices, required=False)
    state = serializers.ChoiceField(choices=OrganizationState.choices, required=False)
    ordering = Ordering("code", "name", "updated_at")


# By name as the directory is: in Latin letters first, then those that have none.
ORDERS = {"code": "code", "name": "search_key", "updated_at": "updated_at"}


def narrowed(rows: OrganizationQuerySet, asked: Mapping[str, Any]) -> models.QuerySet[Organization]:
    """Those of the rows that a list's query asks for, in its order, with their needs and offers."""
    filters = {name: asked[name] for name in ("kind", "country", "state") if name in asked}
    rows = named_like(rows.filter(**filters), asked.get("search", ""))
    sign, name = sorted_by(asked.get("ordering", "code"))
    return rows.prefetch_related("needs__topic", "offers__topic").order_by(f"{sign}{ORDERS[name]}", "pk")


class Organizations(ListModelMixin, OwnRows):
    """The organizations that the request acts for."""

    query = OrganizationQuery
    serializer_class = OrganizationSerializer
    lookup_field = "code"
    lookup_value_converter = "slug"
    queryset = Organization.objects.none()

    def get_queryset(self) -> models.QuerySet[Organization]:
        return narrowed(self.organizations(), self.asked)

    @extend_schema(summary=gettext_lazy("My organizations"), description="", parameters=[OrganizationQuery])
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(summary=gettext_lazy("One of my organizations"), description="")
    def retrieve(self, request: Request, code: str) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Change what my organization states"),
        description=gettext_lazy(
            "Fields that are not sent stay as they are. Needs and offers are sent whole: what is not in the "
            "list is taken out. Owners and editors only."
        ),
        examples=[
            OpenApiExample(
                "A need added",
                request_only=True,
                value={
                    "summary_en": "We retrofit streets for heavy rain.",
                    "needs": [{"topic": "sponge-city", "priority": 3}, {"topic": "flood-control"}],
                },
            )
        ],
    )
    @once
    def partial_update(self, request: Request, code: str) -> Response:
        hold_for_edit(self.get_object(), self.person)
        found = self.get_object()
        must_match(request, self.get_serializer(found).data)
        # Not `partial`: no field is required anyway, and a need without its topic would pass.
        form = self.get_serializer(found, data=request.data)
        form.is_valid(raise_exception=True)
        stated = dict(form.validated_data)
        entry = OrganizationEntry(
            code=found.code, needs=stated.pop("needs", None), offers=stated.pop("offers", None), values=stated
        )
        save_organization(entry, actor=self.person, reason="API")
        return self.told(self.get_object())
