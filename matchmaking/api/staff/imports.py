"""Bulk import of organizations for programs of the staff: all rows or none, and a result for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.importing.problems import ImportProblem
from alliances.models import Organization
from alliances.services.organization_import import RowOutcome, RowResult, RowsRefused, import_rows
from matchmaking.api.errors import Refused
from matchmaking.api.staff.access import StaffRows
from matchmaking.api.strict import Flag, JSONParser, KnownFieldsOnly
from matchmaking.api.writing import once


class ImportParser(JSONParser):
    """A document as large as a file that the desk takes."""

    @property
    def limit(self) -> int:
        return settings.IMPORT_MAX_BYTES


class TooManyRows(APIException):
    status_code = 413
    default_code = "too_many_rows"

    def __init__(self, limit: int) -> None:
        super().__init__(_("Too many rows (limit %(limit)s).") % {"limit": f"{limit:,}"})


class Rows(serializers.ListField):
    """Rows of the organizations file, each an object of its columns."""

    child = serializers.DictField()

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > settings.IMPORT_MAX_ROWS:
            raise TooManyRows(settings.IMPORT_MAX_ROWS)
        found: list[Any] = super().to_internal_value(data)
        return found


class ImportSerializer(KnownFieldsOnly):
    """The rows; whether new organizations are approved at once; whether it is only tried."""

    rows = Rows(allow_empty=False)
    approve = Flag(default=False)
    dry_run = Flag(default=False)


class RowFaultSerializer(serializers.Serializer[Any]):
    """What is wrong with a column of a row; with the row itself where `field` is null."""

    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.SerializerMethodField()

    def get_field(self, problem: ImportProblem) -> str | None:
        return problem.column or None


class RowResultSerializer(serializers.Serializer[Any]):
    """What became of a row, by its place in the list from 1; `code` is the organization's."""

    line = serializers.IntegerField()
    code = serializers.CharField()
    result = serializers.ChoiceField(choices=[str(one) for one in RowOutcome], source="outcome")
    errors = RowFaultSerializer(many=True, source="problems")  # type: ignore[assignment]


class ImportedSerializer(serializers.Serializer[Any]):
    """How many organizations were created, updated and found as stated, and each row."""

    dry_run = serializers.BooleanField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    results = RowResultSerializer(many=True)


class Imports(StaffRows):
    """The organizations file over the wire, by the desk's own import."""

    sees = ("alliances.view_organization",)
    needs = {"create": ("alliances.add_importfile",)}
    parser_classes = (ImportParser,)
    scopes = {"create": "import"}
    queryset = Organization.objects.none()

    @extend_schema(
        operation_id="staff_import",
        summary=gettext_lazy("Staff: import organizations"),
        description=gettext_lazy(
            "At most 5,000 rows and 10 MB, all or none. A row has the columns of the organizations file: "
            "code, kind and country always, others as needed; lists may be written as lists. New codes are "
            "submitted, or approved with `approve`; of known ones, what a row leaves out stays. Where a row "
            "is wrong, the refusal has the `results` of all rows, with what is wrong by column. With "
            "`dry_run` everything is checked and nothing saved."
        ),
        request=ImportSerializer,
        responses={200: ImportedSerializer},
        examples=[
            OpenApiExample(
                "Two organizations",
                request_only=True,
                value={
                    "rows": [
                        {
                            "code": "us-example-city",
                            "kind": "city",
                            "country": "US",
                            "name_en": "Example City",
                            "population": 650000,
                            "population_basis": "city_proper",
                            "languages": ["en"],
                        },
                        {
                            "code": "cn-example-firm",
                            "kind": "firm",
                            "country": "CN",
                            "name_zh": "示例公司",
                            "size_band": "small",
                        },
                    ],
                    "dry_run": True,
                },
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        form = ImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = dict(form.validated_data)
        try:
            results = import_rows(stated.pop("rows"), **stated, actor=self.person, reason="API")
        except RowsRefused as refused:
            raise _refusal(refused.results) from refused
        counts = Counter(one.outcome for one in results)
        told = {
            "dry_run": stated["dry_run"],
            **{
                str(one): counts[one]
                for one in (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)
            },
            "results": results,
        }
        return Response(ImportedSerializer(told).data)


def _refusal(results: Iterable[RowResult]) -> Refused:
    rows = RowResultSerializer(results, many=True).data
    wrong = sum(1 for row in rows if row["errors"])
    text = _("Nothing was imported: %(wrong)s of %(all)s rows are wrong. `results` says what, row by row.")
    sentence = text % {"wrong": f"{wrong:,}", "all": f"{len(rows):,}"}
    return Refused({"rows": [ErrorDetail(sentence, "rows_refused")]}, "rows_refused", results=rows)
