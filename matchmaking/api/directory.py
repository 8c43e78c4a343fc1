"""The directory: who takes part, found by name and by what they need and offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import Found, Region, Side, Wanted, find, known_of
from alliances.enums import CityClass, Country, Kind, SizeBand
from alliances.importing.problems import shown
from alliances.memberships import stated_for
from alliances.models import Agency, ChallengeArea, FirmReference, Need, Offer, Organization, Topic
from alliances.models.organization import OrganizationQuerySet
from alliances.names import region_of
from alliances.selectors import stated_by, statements
from matchmaking.api.access import OwnRows
from matchmaking.api.organizations import NeedSerializer, OfferSerializer
from matchmaking.api.stated import StatedNeedSerializer, StatedOfferSerializer
from matchmaking.api.strict import Ordering, Pages, Query, Search


class DirectoryClosed(APIException):
    status_code = 403
    default_code = "directory_closed"
    default_detail = gettext_lazy("The directory opens once your organization is approved.")


# --- What is told --------------------------------------------------------------------------------


# What a row tells, beside the topics.
COLUMNS = (
    "code", "kind", "subtype", "country", "is_sample", "name_en", "name_zh", "region", "population",
    "population_basis", "size_band",
)  # fmt: skip


class ListedSerializer(serializers.ModelSerializer[Organization]):
    """Who it is, where and how large, and which topics it states: `stated` of the context, by `page_of`."""

    needs = serializers.SerializerMethodField()
    offers = serializers.SerializerMethodField()

    class Meta:
        model = Organization
        fields: ClassVar[list[str]] = [*COLUMNS, "needs", "offers"]

    @extend_schema_field(NeedSerializer(many=True))
    def get_needs(self, one: Organization) -> Any:
        needs, _offers = self.context["stated"]
        return [{"topic": slug, "priority": priority} for slug, priority in needs[one.pk]]

    @extend_schema_field(OfferSerializer(many=True))
    def get_offers(self, one: Organization) -> Any:
        _needs, offers = self.context["stated"]
        return [{"topic": slug, "maturity": maturity} for slug, maturity in offers[one.pk]]


class ListedNeedSerializer(StatedNeedSerializer):
    """A need as others read it; `members`: for how many of its members an alliance states it."""

    members = serializers.IntegerField(read_only=True)


class ListedOfferSerializer(StatedOfferSerializer):
    """An offer as others read it; `members`: for how many of its members an alliance states it."""

    members = serializers.IntegerField(read_only=True)


class ReferenceSerializer(serializers.ModelSerializer[FirmReference]):
    """A project that a firm names as proof."""

    class Meta:
        model = FirmReference
        fields: ClassVar[list[str]] = ["title", "place", "year", "website"]


class PatronSerializer(serializers.ModelSerializer[Agency]):
    """An agency that endorses an alliance."""

    class Meta:
        model = Agency
        fields: ClassVar[list[str]] = ["slug", "name_en", "name_zh"]


class EntrySerializer(ListedSerializer):
    """All that an organization of the directory states. Contacts open with an introduction alone."""

    needs = ListedNeedSerializer(many=True)  # type: ignore[assignment]
    offers = ListedOfferSerializer(many=True)  # type: ignore[assignment]
    references = ReferenceSerializer(many=True)
    agencies = serializers.SerializerMethodField()

    class Meta(ListedSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *ListedSerializer.Meta.fields, "website", "summary_en", "summary_zh", "languages", "seeks",
            "partnership_types", "stage", "horizon", "budget_band", "references", "agencies",
        ]  # fmt: skip

    @extend_schema_field(PatronSerializer(many=True))
    def get_agencies(self, one: Organization) -> Any:
        return PatronSerializer([patron.agency for patron in one.patrons.all()], many=True).data


# --- What is asked -------------------------------------------------------------------------------


class DirectoryQuery(Query):
    """`area` and `topic` are slugs of the topics; `region` as a row writes it, or in the other script."""

    search = Search()
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    country = serializers.ChoiceField(choices=Country.choices, required=False)
    region = serializers.CharField(max_length=100, required=False)
    size = serializers.ChoiceField(choices=[*CityClass.choices, *SizeBand.choices], required=False)
    area = serializers.SlugField(max_length=60, required=False)
    topic = serializers.SlugField(max_length=60, required=False)
    side = serializers.ChoiceField(choices=[side.value for side in Side], required=False)
    ordering = Ordering("name", "code")

    def validate_area(self, slug: str) -> str:
        if not ChallengeArea.objects.filter(slug=slug).exists():
            sentence = _("Area '%(area)s' is not known. Use the slugs of the topic list's areas.")
            raise serializers.ValidationError(sentence % {"area": slug})
        return slug

    def validate_topic(self, slug: str) -> str:
        if not Topic.objects.filter(slug=slug).exists():
            sentence = _("Topic '%(topic)s' is not known. Use the topic list's slugs.")
            raise serializers.ValidationError(sentence % {"topic": slug})
        return slug


def wanted(asked: Mapping[str, Any], known: Sequence[Region]) -> Wanted:
    """What a query asks the directory for. Raises ValidationError for a region in which nobody is."""
    same = ("kind", "country", "size", "area", "topic", "side")
    filters = {name: asked[name] for name in same if name in asked}
    if "region" in asked:
        filters["region"] = _region(asked["region"], asked.get("country", ""), known)
    return Wanted(text=asked.get("search", ""), **filters)


def _region(stated: str, country: str, known: Sequence[Region]) -> Region:
    for region in known:
        key = f"{region.country}-{region_of(region.country, stated) or stated}"
        if key == region.key and country in ("", region.country):
            return region
    sentence = _("Nobody in the directory is in the state or province “%(region)s”.")
    raise serializers.ValidationError({"region": [sentence % {"region": shown(stated)}]})


BY_NAME = Left("search_key", 100)
ORDERS: Mapping[str, Sequence[Any]] = {
    "name": (BY_NAME.asc(), "code"),
    "-name": (BY_NAME.desc(), "-code"),
    "code": ("code",),
    "-code": (F("code").desc(),),
}


class FoundPaginator(Paginator):  # type: ignore[type-arg]
    """Of what was found, whose number is known."""

    def __init__(self, found: Found, per_page: int) -> None:
        super().__init__(found.organizations, per_page)
        self.count = found.number


class FoundPages(Pages):
    """Pages of what was found, which say whether it is only named nearly so."""

    django_paginator_class = FoundPaginator
    alike = False

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self.alike = queryset.alike
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        answer.data["alike"] = self.alike
        return answer

    def get_paginated_response_schema(self, schema: Any) -> Any:
        found = super().get_paginated_response_schema(schema)
        alike = gettext_lazy("Nobody is named as was searched for; these are named nearly so.")
        found["properties"]["alike"] = {"type": "boolean", "description": alike, "example": False}
        found["required"] = [*found.get("required", []), "alike"]
        return found


# --- The calls -----------------------------------------------------------------------------------


class ListedRows(OwnRows):
    """Organizations of the directory, as it is open to those that the request acts for."""

    row_class: type[ListedSerializer] = ListedSerializer
    pagination_class = FoundPages
    lookup_field = "code"
    lookup_value_converter = "slug"
    queryset = Organization.objects.none()

    def get_serializer_class(self) -> type[ListedSerializer]:
        return self.row_class if self.action == "list" else EntrySerializer

    def listed(self) -> OrganizationQuerySet:
        """Raises DirectoryClosed, whoever is asked for, where the directory is closed."""
        found = self.directory()
        if found is None:
            raise DirectoryClosed
        return found

    def get_queryset(self) -> QuerySet[Organization]:
        return self.listed().prefetch_related(*statements(), "references", "patrons__agency")

    def get_object(self) -> Organization:
        found: Organization = super().get_object()
        for model, rows in ((Need, found.needs.all()), (Offer, found.offers.all())):
            members = stated_for(found, model)
            for row in rows:
                row.members = members.get(row.topic_id, 0)  # type: ignore[union-attr]
        return found

    def page_of(self, found: Found, *more: str) -> Response:
        """A page of the found, in the order that is asked for; else the nearest first."""
        rows = found.organizations.only(*COLUMNS).prefetch_related(*more)
        if "ordering" in self.request.query_params:
            rows = rows.order_by(*ORDERS[self.asked["ordering"]])
        # A paginator of our own: it takes what was found whole.
        found_rows: Any = found._replace(organizations=rows)
        page: list[Organization] = self.paginate_queryset(found_rows) or []
        stated = (
            stated_by(Need.objects.all(), page, "topic__slug", "priority"),
            stated_by(Offer.objects.all(), page, "topic__slug", "maturity"),
        )
        told = self.row_class(page, many=True, context={**self.get_serializer_context(), "stated": stated})
        return self.get_paginated_response(told.data)


class Directory(ListedRows):
    """Everybody in the directory."""

    query = DirectoryQuery

    @extend_schema(
        summary=gettext_lazy("The directory"),
        description=gettext_lazy(
            "The organizations that take part and show their names, as on the portal's page. It opens once "
            "your organization is approved. Search in English, Chinese, pinyin or initials; the nearest come "
            "first, unless an ordering is sent. `side` narrows area and topic to who needs or who offers it."
        ),
        parameters=[DirectoryQuery],
    )
    def list(self, request: Request) -> Response:
        listed = self.listed()
        known, everybody = known_of(listed)
        return self.page_of(find(listed, wanted(self.asked, known), everybody))

    @extend_schema(
        summary=gettext_lazy("One organization of the directory"),
        description=gettext_lazy(
            "All that it states. Who is not in the directory is not found. Contacts open with an "
            "introduction."
        ),
    )
    def retrieve(self, request: Request, code: str) -> Response:
        return self.told(self.get_object())
