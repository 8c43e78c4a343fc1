"""Screening for programs of the staff: the verdict on names, and the lists it rests on."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.enums import ScreeningVerdict
from alliances.models import ScreeningList
from alliances.models.screening import LISTED_NAME_LENGTH
from alliances.services.screening import FEW, current_lists, is_stale, screen
from matchmaking.api.staff.access import StaffRows
from matchmaking.api.strict import KnownFieldsOnly, Listed, Query, Text
from matchmaking.api.writing import once


class NamesSerializer(KnownFieldsOnly):
    """The names to be compared, as they are written; also an empty one gets its verdict."""

    # More would read the lists whole, which takes a minute.
    names = Listed(
        child=Text(allow_blank=True, trim_whitespace=False, max_length=LISTED_NAME_LENGTH),
        allow_empty=False,
        max_length=FEW,
    )


class VerdictSerializer(serializers.Serializer[Any]):
    """The verdict on a name; of a hit the likeliest entry, by which of its names, and of which list."""

    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=ScreeningVerdict.choices)
    score = serializers.FloatField(allow_null=True)
    entry = serializers.CharField(allow_null=True)
    alias = serializers.CharField(allow_null=True)
    list = serializers.CharField(allow_null=True)


class VerdictsSerializer(serializers.Serializer[Any]):
    """A verdict for each name, in the order of the names."""

    results = VerdictSerializer(many=True)


class Screening(StaffRows):
    """What the current lists say of names; nothing is stored, but under an Idempotency-Key the answer."""

    sees = ("alliances.view_screeninglist", "alliances.view_screeninghit")
    only_asks = ("create",)
    scopes = {"create": "screening"}
    queryset = ScreeningList.objects.none()

    @extend_schema(
        operation_id="staff_screening",
        summary=gettext_lazy("Staff: screen names"),
        description=gettext_lazy(
            "Each name is a hit, clear, or cannot be screened: because it cannot be compared, or a list is "
            "out of date. At most 50 names a call. Nothing is changed, so a token that may only read is "
            "enough."
        ),
        request=NamesSerializer,
        responses={200: VerdictsSerializer},
        examples=[
            OpenApiExample(
                "Two names", request_only=True, value={"names": ["Hangzhou Hikvision", "Wichita Water"]}
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        form = NamesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = [verdict._asdict() for verdict in screen(form.validated_data["names"])]
        return Response(VerdictsSerializer({"results": found}).data)


class ScreeningListSerializer(serializers.ModelSerializer[ScreeningList]):
    """A list in use. One that is stale is dated too long ago to clear anybody."""

    is_stale = serializers.SerializerMethodField()

    class Meta:
        model = ScreeningList
        fields = ["name", "version", "dated", "is_stale", "entry_count", "imported_at", "digest"]

    def get_is_stale(self, one: ScreeningList) -> bool:
        return is_stale(one)


class ScreeningLists(ListModelMixin, StaffRows):
    """The newest of each list."""

    sees = ("alliances.view_screeninglist",)
    query = Query
    serializer_class = ScreeningListSerializer
    queryset = ScreeningList.objects.none()

    def get_queryset(self) -> QuerySet[ScreeningList]:
        return current_lists()

    @extend_schema(
        summary=gettext_lazy("Staff: the screening lists in use"), description="", parameters=[Query]
    )
    def list(self, request: Request) -> Response:
        return super().list(request)
