"""Whole tables, as JSON or as a file for spreadsheets. Nobody's contacts: one's own data the portal gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.enums import Kind
from alliances.importing import FileFormat, table_file
from alliances.importing.problems import shown
from alliances.models import Organization
from alliances.models.organization import OrganizationQuerySet
from matchmaking.api.access import OwnRows
from matchmaking.api.recommendations import STATES
from matchmaking.api.strict import Query
from matchmaking.enums import Answer
from matchmaking.models import Introduction, Recommendation
from matchmaking.selectors.benefit import (
    FILE_COLUMNS,
    Benefit,
    Counts,
    ReportQuarter,
    benefits,
    file_rows,
    in_all,
    report_quarters,
)
from matchmaking.selectors.disclosure import disclose
from matchmaking.selectors.introductions import introductions_of
from matchmaking.selectors.recommendations import shown_to


class ExportQuery(Query):
    """`format` is json, or csv for a spreadsheet; `organization` is one of mine."""

    page = page_size = None  # type: ignore[assignment]
    format = serializers.ChoiceField(choices=["json", "csv"], default="json")
    organization = serializers.SlugField(max_length=40, required=False)


class Export(OwnRows):
    """A table that is answered whole."""

    query: type[Query] = ExportQuery
    pagination_class = None
    scopes = {"list": "export"}

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # `format` says what is sent; what is negotiated is how a refusal is written.
        return super().perform_content_negotiation(request, force=True)

    def chosen(self) -> OrganizationQuerySet:
        """The organizations whose rows are asked for."""
        own = self.organizations()
        return own.filter(code=self.asked["organization"]) if "organization" in self.asked else own

    def told_whole(self, rows: Iterable[Any], name: str) -> HttpResponseBase:
        """The rows as the serializer tells them, one column a field."""
        form: Any = self.get_serializer(rows, many=True)
        if self.asked["format"] == "json":
            return Response(form.data)
        return csv_file(([*row.values()] for row in form.data), [*form.child.fields], name)


def csv_file(rows: Iterable[Sequence[object]], columns: Sequence[str], name: str) -> HttpResponse:
    return HttpResponse(
        table_file(rows, columns, FileFormat.CSV),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def answers(form: Any) -> Mapping[Any, Any]:
    """What the schema says of an export: the two formats."""
    return {(200, "application/json"): form, (200, "text/csv"): OpenApiTypes.STR}


# --- Recommendations -----------------------------------------------------------------------------


class RecommendationRowSerializer(serializers.ModelSerializer[Recommendation]):
    """What one of my organizations was recommended: `code` and what follows is the candidate."""

    id = serializers.UUIDField(source="public_id")
    organization = serializers.SlugField(source="seeker.code")
    code = serializers.CharField(source="candidate.code")
    country = serializers.CharField(source="candidate.country")
    region = serializers.CharField(source="candidate.region")
    name_en = serializers.CharField(source="candidate.name_en")
    name_zh = serializers.CharField(source="candidate.name_zh")
    state = serializers.ChoiceField(choices=STATES)
    answer = serializers.SerializerMethodField()
    introduction = serializers.SerializerMethodField()

    class Meta:
        model = Recommendation
        fields: ClassVar[list[str]] = [
            "id", "organization", "kind", "code", "country", "region", "name_en", "name_zh", "state", "rank",
            "score", "affinity", "candidate_affinity", "released_at", "answer", "introduction",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Answer.choices, allow_null=True))
    def get_answer(self, one: Recommendation) -> str | None:
        own = (said.answer for said in one.pair.responses.all() if said.organization_id == one.seeker_id)
        return next(own, None)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_introduction(self, one: Recommendation) -> str | None:
        return next((str(made.public_id) for made in one.pair.introductions.all()), None)


class RecommendationsExport(Export):
    """What is current, as the list of recommendations, without reasons."""

    serializer_class = RecommendationRowSerializer
    queryset = Recommendation.objects.none()

    def get_queryset(self) -> QuerySet[Recommendation]:
        return (
            shown_to(self.person)
            .filter(seeker__in=self.chosen())
            .select_related("seeker", "candidate", "pair")
            .prefetch_related(
                "pair__responses",
                Prefetch("pair__introductions", Introduction.objects.filter(closed_at=None)),
            )
            .order_by("seeker__code", "-score", "pk")
        )

    @extend_schema(
        operation_id="exports_recommendations",
        summary=gettext_lazy("My recommendations, whole"),
        description=gettext_lazy(
            "All that is current, best first for each organization, without the reasons. A candidate that is "
            "anonymous to you is described. With `format=csv` a file that spreadsheets open safely. Your own "
            "personal data you get on the portal's page “Your data”, after signing in anew."
        ),
        parameters=[ExportQuery],
        responses=answers(RecommendationRowSerializer(many=True)),
    )
    def list(self, request: Request) -> HttpResponseBase:
        rows = list(self.get_queryset())
        disclose(rows)
        return self.told_whole(rows, "recommendations")


# --- Introductions -------------------------------------------------------------------------------


class IntroductionRowSerializer(serializers.ModelSerializer[Introduction]):
    """An introduction of one of my organizations: `code` and what follows is the other side."""

    id = serializers.UUIDField(source="public_id")
    organization = serializers.SlugField(source="own.code")
    code = serializers.SlugField(source="other.code")
    kind = serializers.CharField(source="other.kind")
    country = serializers.CharField(source="other.country")
    name_en = serializers.CharField(source="other.name_en")
    name_zh = serializers.CharField(source="other.name_zh")

    class Meta:
        model = Introduction
        fields: ClassVar[list[str]] = [
            "id", "organization", "code", "kind", "country", "name_en", "name_zh", "made_at", "closed_at",
        ]  # fmt: skip


class IntroductionsExport(Export):
    """Open and closed ones. Whom to write to, each introduction says itself."""

    serializer_class = IntroductionRowSerializer
    queryset = Introduction.objects.none()

    def get_queryset(self) -> QuerySet[Introduction]:
        own = self.chosen()
        rows = introductions_of(self.person).filter(Q(pair__low__in=own) | Q(pair__high__in=own))
        return rows.order_by("-made_at", "-pk")

    @extend_schema(
        operation_id="exports_introductions",
        summary=gettext_lazy("My introductions, whole"),
        description=gettext_lazy(
            "Open and closed ones, newest first. Contacts are not in it: each introduction tells them while "
            "both sides take part."
        ),
        parameters=[ExportQuery],
        responses=answers(IntroductionRowSerializer(many=True)),
    )
    def list(self, request: Request) -> HttpResponseBase:
        own = set(self.chosen().values_list("pk", flat=True))
        rows: Any = list(self.get_queryset())
        for one in rows:
            one.own, one.other = one.pair.sides_of(own)
        return self.told_whole(rows, "introductions")


# --- The report of an alliance -------------------------------------------------------------------


class CountsSerializer(serializers.Serializer[Counts]):
    """Of a quarter: recommended, of these seen and answered with interested; introduced; sponsored."""

    recommended = serializers.IntegerField()
    seen = serializers.IntegerField()
    interested = serializers.IntegerField()
    introduced = serializers.IntegerField()
    sponsored = serializers.IntegerField()


class BenefitSerializer(serializers.Serializer[Benefit]):
    """One member's counts."""

    code = serializers.SlugField(source="member.code")
    name_en = serializers.CharField(source="member.name_en")
    name_zh = serializers.CharField(source="member.name_zh")
    counts = CountsSerializer()


class ReportSerializer(serializers.Serializer[Any]):
    """What membership brought the members in a quarter, by UTC days."""

    alliance = serializers.SlugField()
    quarter = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    members = BenefitSerializer(many=True)
    total = CountsSerializer()


class ReportQuery(ExportQuery):
    """`quarter` is one of the last eight, like 2026-Q4; without it the running one."""

    organization = None  # type: ignore[assignment]
    quarter = serializers.CharField(required=False, max_length=7)

    def validate_quarter(self, key: str) -> ReportQuarter:
        known = {one.key: one for one in report_quarters()}
        if key not in known:
            sentence = _("There is no report of “%(quarter)s”. Use one of %(known)s.")
            stated = {"quarter": shown(key), "known": ", ".join(known)}
            raise serializers.ValidationError(sentence % stated)
        return known[key]


class AllianceReport(Export):
    """The member-benefit report, for the alliance's own team."""

    query = ReportQuery
    serializer_class = ReportSerializer
    queryset = Organization.objects.none()

    @extend_schema(
        operation_id="exports_alliance_report",
        summary=gettext_lazy("My alliance's member-benefit report"),
        description=gettext_lazy(
            "For each confirmed member how much membership brought in a quarter, and the sums. With "
            "`format=csv` the same file as the portal's page has."
        ),
        parameters=[ReportQuery],
        # Not a list of them.
        responses=answers(forced_singular_serializer(ReportSerializer)),  # type: ignore[no-untyped-call]
    )
    def list(self, request: Request, code: str) -> HttpResponseBase:
        alliance = get_object_or_404(self.organizations().filter(kind=Kind.ALLIANCE), code=code)
        quarter: ReportQuarter = self.asked.get("quarter") or report_quarters()[0]
        found = benefits(alliance, quarter)
        if self.asked["format"] == "csv":
            return csv_file(file_rows(found), FILE_COLUMNS, f"{alliance.code}-{quarter.key}")
        told = {
            "alliance": alliance.code,
            "quarter": quarter.key,
            "first_day": quarter.start,
            "last_day": quarter.last_day,
            "members": found,
            "total": in_all(found),
        }
        return Response(self.get_serializer(told).data)
