"""The alliances of the directory, and the agencies that endorse them."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import find, known_of
from alliances.endorsements import agencies_named
from alliances.enums import Country, Kind
from alliances.models import Agency, AlliancePatron, Organization
from matchmaking.api.access import OwnRows
from matchmaking.api.directory import DirectoryQuery, ListedRows, ListedSerializer, wanted
from matchmaking.api.strict import Ordering, Query, Search, sorted_by


class AllianceSerializer(ListedSerializer):
    """An alliance, and by their slugs the agencies that endorse it."""

    agencies = serializers.SerializerMethodField()

    class Meta(ListedSerializer.Meta):
        fields: ClassVar[list[str]] = [*ListedSerializer.Meta.fields, "agencies"]

    def get_agencies(self, one: Organization) -> list[str]:
        return [patron.agency.slug for patron in one.patrons.all()]


class AllianceQuery(DirectoryQuery):
    """As of the directory; `agency` is an agency's slug."""

    kind = size = None  # type: ignore[assignment]
    agency = serializers.SlugField(max_length=40, required=False)

    def validate_agency(self, slug: str) -> str:
        if not Agency.objects.filter(slug=slug).exists():
            sentence = _("Agency '%(agency)s' is not known. Use the slugs of the list of agencies.")
            raise serializers.ValidationError(sentence % {"agency": slug})
        return slug


class Alliances(ListedRows):
    """The alliances in the directory."""

    query = AllianceQuery
    row_class = AllianceSerializer

    def get_queryset(self) -> QuerySet[Organization]:
        return super().get_queryset().filter(kind=Kind.ALLIANCE)

    @extend_schema(
        summary=gettext_lazy("The alliances"),
        description=gettext_lazy(
            "The directory's alliances, with the agencies that endorse them. Who their members are, is for "
            "their own teams."
        ),
        parameters=[AllianceQuery],
    )
    def list(self, request: Request) -> Response:
        listed = self.listed()
        known, everybody = known_of(listed)
        if agency := self.asked.get("agency"):
            listed = listed.filter(patrons__agency__slug=agency)
        asked = wanted({**self.asked, "kind": Kind.ALLIANCE}, known)
        found = find(listed, asked, None if agency else everybody)
        return self.page_of(found, "patrons__agency")

    @extend_schema(
        summary=gettext_lazy("One alliance"),
        description=gettext_lazy("All that it states, for how many of its members, and who endorses it."),
    )
    def retrieve(self, request: Request, code: str) -> Response:
        return self.told(self.get_object())


# --- Agencies ------------------------------------------------------------------------------------


class EndorsedSerializer(serializers.ModelSerializer[AlliancePatron]):
    """An alliance that an agency endorses."""

    code = serializers.CharField(source="alliance.code")
    name_en = serializers.CharField(source="alliance.name_en")
    name_zh = serializers.CharField(source="alliance.name_zh")

    class Meta:
        model = AlliancePatron
        fields: ClassVar[list[str]] = ["code", "name_en", "name_zh"]


class AgencySerializer(serializers.ModelSerializer[Agency]):
    """A ministry or agency, with the alliances of the directory that it endorses."""

    alliances = EndorsedSerializer(many=True)

    class Meta:
        model = Agency
        fields: ClassVar[list[str]] = [
            "slug", "country", "abbreviation", "name_en", "name_zh", "role_en", "group", "alliances",
        ]  # fmt: skip


class AgencyQuery(Query):
    """`search` looks in names and abbreviations."""

    search = Search()
    country = serializers.ChoiceField(choices=Country.choices, required=False)
    ordering = Ordering("slug", "name")


class Agencies(ListModelMixin, OwnRows):
    """The same for everybody, but for the alliances: they are those of the directory, where it is open."""

    query = AgencyQuery
    serializer_class = AgencySerializer
    lookup_field = "slug"
    lookup_value_converter = "slug"
    queryset = Agency.objects.none()

    def get_queryset(self) -> QuerySet[Agency]:
        listed = self.directory()
        patrons = AlliancePatron.objects.filter(
            alliance__in=Organization.objects.none() if listed is None else listed
        )
        rows = agencies_named(self.asked.get("search", ""))
        if "country" in self.asked:
            rows = rows.filter(country=self.asked["country"])
        sign, name = sorted_by(self.asked.get("ordering", "slug"))
        in_order = patrons.select_related("alliance").order_by("alliance__code")
        return rows.prefetch_related(Prefetch("alliances", in_order)).order_by(
            f"{sign}{'name_en' if name == 'name' else name}", "slug"
        )

    @extend_schema(
        summary=gettext_lazy("The agencies"),
        description=gettext_lazy(
            "The ministries and agencies of both countries that alliances name as patrons, with those of the "
            "directory's alliances that name them: none while the directory is closed to you."
        ),
        parameters=[AgencyQuery],
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(summary=gettext_lazy("One agency"), description="")
    def retrieve(self, request: Request, slug: str) -> Response:
        return self.told(self.get_object())
