"""The whole register, for programs of the staff: read it, and decide on who may take part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.enums import ReadyReason
from alliances.models import Organization
from alliances.models.assessment import HIGHEST_SCORE, NOTE_LENGTH
from alliances.services import review, screening
from alliances.services.register import hold_for_edit
from matchmaking.api.organizations import OrganizationQuery, OrganizationSerializer, Vocabulary, narrowed
from matchmaking.api.staff.access import StaffRows
from matchmaking.api.strict import KnownFieldsOnly, Text, Whole
from matchmaking.api.writing import must_match, once, once_prepared
from matchmaking.services.tokens import register_reading_record


class StaffOrganizationSerializer(OrganizationSerializer):
    """An organization as the desk lists it: contacts are shown there alone, to who proved who they are."""

    class Meta(OrganizationSerializer.Meta):
        fields = [
            *(name for name in OrganizationSerializer.Meta.fields if name != "contact_email"),
            *("state_reasons", "state_reason"),
        ]
        read_only_fields = [*OrganizationSerializer.Meta.read_only_fields, "state_reasons", "state_reason"]


class RubricSerializer(KnownFieldsOnly):
    """The four criteria of a review, 0 to 5 points each."""

    advantages = Whole(min_value=0, max_value=HIGHEST_SCORE)
    clarity = Whole(min_value=0, max_value=HIGHEST_SCORE)
    cooperation = Whole(min_value=0, max_value=HIGHEST_SCORE)
    correctness = Whole(min_value=0, max_value=HIGHEST_SCORE)


class ReviewSerializer(KnownFieldsOnly):
    """A decision with its scores, the reasons that the organization reads, and a note for staff."""

    decision = serializers.ChoiceField(
        choices=[(name, move.to.label) for name, move in review.DECISIONS.items()]
    )
    rubric = RubricSerializer(required=False)
    reasons = Vocabulary(choices=ReadyReason.choices, required=False)
    reason = Text(required=False, allow_blank=True, max_length=review.REASON_LENGTH)
    note = Text(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class StaffOrganizations(ListModelMixin, StaffRows):
    """Every organization, in whatever state."""

    sees = ("alliances.view_organization",)
    query = OrganizationQuery
    serializer_class = StaffOrganizationSerializer
    lookup_field = "code"
    lookup_value_converter = "slug"
    queryset = Organization.objects.none()

    def get_queryset(self) -> models.QuerySet[Organization]:
        return narrowed(Organization.objects.visible_to(self.person), self.asked)

    def needed_for(self, row: Organization) -> tuple[str, ...]:
        return (f"alliances.change_{row.kind}",) if self.action == "review" else ()

    @extend_schema(
        summary=gettext_lazy("Staff: the register"),
        description=gettext_lazy(
            "With a token of the staff alone. Contacts are shown at the desk only. That a token reads it is "
            "recorded once a day, as a file that is saved at the desk is."
        ),
        parameters=[OrganizationQuery],
    )
    def list(self, request: Request) -> Response:
        answer = super().list(request)
        access: Any = request.auth
        register_reading_record(access.token)
        return answer

    @extend_schema(summary=gettext_lazy("Staff: one organization"), description="")
    def retrieve(self, request: Request, code: str) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Staff: decide on an organization"),
        description=gettext_lazy(
            "Approve, request changes, put on hold or reject. Approval needs the four scores of the rubric: "
            "10 points or more, none of them 0. Changes and rejections need a reason, ready or in your own "
            "words: the team is told of it by email. If-Match names what was read: nobody decides on what "
            "was edited since."
        ),
        request=ReviewSerializer,
        responses=StaffOrganizationSerializer,
        examples=[
            OpenApiExample(
                "Approve",
                request_only=True,
                value={
                    "decision": "approve",
                    "rubric": {"advantages": 4, "clarity": 3, "cooperation": 3, "correctness": 4},
                    "note": "The registration number was checked.",
                },
            ),
            OpenApiExample(
                "Request changes",
                request_only=True,
                value={
                    "decision": "request_changes",
                    "reasons": ["not_measurable"],
                    "reason": "Say how many buses, and by when.",
                },
            ),
        ],
    )
    @action(detail=True, methods=["post"])
    @once_prepared
    def review(self, request: Request, code: str) -> Response:
        found: Organization = self.get_object()
        if isinstance(request.data, Mapping) and request.data.get("decision") == "approve":
            # Outside of the transaction that a refusal undoes: what is found stays to be decided on.
            screening.screen_organizations([found.pk])
        return self._decided(request, code)

    @once
    def _decided(self, request: Request, code: str) -> Response:
        found: Organization = self.get_object()
        hold_for_edit(found, self.person)
        found = self.get_object()
        must_match(request, self.get_serializer(found).data)
        form = ReviewSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated: dict[str, Any] = dict(form.validated_data)
        move, scores = review.DECISIONS[stated.pop("decision")], stated.pop("rubric", None)
        try:
            review.decide(
                found,
                move,
                actor=self.person,
                rubric=review.Rubric(**scores) if scores else None,
                **stated,
            )
        except ValidationError as error:
            # What it refuses without naming a field is the rubric's.
            raise error if hasattr(error, "error_dict") else ValidationError({"rubric": error}) from error
        return self.told(self.get_object())
