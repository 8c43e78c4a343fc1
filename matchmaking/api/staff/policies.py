"""Scoring policies for programs of the staff: write a version, preview it, put it in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.core.validators import validate_slug
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.validators import validate_plain_text
from matchmaking.api.staff.access import (
    NOTHING,
    NOTHING_EXAMPLE,
    StaffRows,
    refuse_words,
    state_forbids,
)
from matchmaking.api.staff.policy_previews import PreviewSerializer
from matchmaking.api.strict import KnownFieldsOnly, Ordering, Query, Text, sorted_by
from matchmaking.api.writing import once, once_prepared
from matchmaking.enums import PolicyState
from matchmaking.models import ScoringPolicy
from matchmaking.selectors.runs import last_preview
from matchmaking.services import policies, policy_previews
from matchmaking.services.runs import PreparedRun

NOTE_LENGTH = 2000
STANDARD = policies.standard_rules()


class PolicySerializer(serializers.ModelSerializer[ScoringPolicy]):
    """A version of a scoring policy."""

    state = serializers.ChoiceField(choices=PolicyState.choices)

    class Meta:
        model = ScoringPolicy
        fields = [
            *("id", "name", "version", "state", "note", "created_at", "activated_at", "scheduled_for"),
            *("skip_reason", "used_at"),
        ]


class OnePolicySerializer(PolicySerializer):
    """A version with all its rules."""

    rules = serializers.DictField()

    class Meta(PolicySerializer.Meta):
        fields = [*PolicySerializer.Meta.fields, "rules"]


class RulesSerializer(KnownFieldsOnly):
    """Complete rules, as a version that is read has them."""

    rules = serializers.DictField()


class DraftSerializer(RulesSerializer):
    """A new version; it is numbered by itself, and another name begins a policy of its own."""

    name = Text(max_length=60, validators=[validate_slug])
    note = Text(required=False, allow_blank=True, max_length=NOTE_LENGTH, validators=[validate_plain_text])

    def validate_rules(self, rules: Mapping[str, Any]) -> Mapping[str, Any]:
        if faults := policies.rules_faults(rules):
            raise serializers.ValidationError({path: [words] for path, words in faults.items()})
        return rules


class RuleFaultSerializer(serializers.Serializer[Any]):
    """What is wrong with a rule, and what to give instead."""

    field = serializers.CharField()
    message = serializers.CharField()


class CheckedSerializer(serializers.Serializer[Any]):
    """What keeps the rules from being a version; nothing where they may be one."""

    problems = RuleFaultSerializer(many=True)


class PublishSerializer(KnownFieldsOnly):
    """When a version comes into force, and why without a preview where there is none."""

    reason = Text(required=False, allow_blank=True, max_length=policies.REASON_LENGTH)
    at = serializers.DateTimeField(
        required=False, default_timezone=UTC, help_text=gettext_lazy("By default at once.")
    )


class PolicyQuery(Query):
    """`name` is a policy's; its versions come newest first."""

    name = serializers.SlugField(max_length=60, required=False)
    ordering = Ordering("created_at", default="-created_at")


class Policies(ListModelMixin, StaffRows):
    """Every version of every policy. One that a run used never changes."""

    sees = ("matchmaking.view_scoringpolicy",)
    needs = {
        "create": ("matchmaking.add_scoringpolicy",),
        **dict.fromkeys(
            ("ask_preview", "publish", "unschedule", "roll_back"), ("matchmaking.change_scoringpolicy",)
        ),
    }
    only_asks = ("check",)
    scopes = {"ask_preview": "run"}
    query = PolicyQuery
    serializer_class = PolicySerializer
    lookup_field = "pk"
    lookup_value_converter = "int"
    queryset = ScoringPolicy.objects.none()

    def get_queryset(self) -> QuerySet[ScoringPolicy]:
        rows = ScoringPolicy.objects.order_by("-created_at", "-pk")
        if self.action != "list":
            return rows
        if name := self.asked.get("name"):
            rows = rows.filter(name=name)
        sign, _name = sorted_by(self.asked.get("ordering", "-created_at"))
        return rows.defer("rules").order_by(f"{sign}created_at", f"{sign}pk")

    def get_serializer_class(self) -> type[PolicySerializer]:
        return PolicySerializer if self.action == "list" else OnePolicySerializer

    @extend_schema(
        summary=gettext_lazy("Staff: scoring policies, newest version first"),
        description="",
        parameters=[PolicyQuery],
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(summary=gettext_lazy("Staff: one version of a scoring policy"), description="")
    def retrieve(self, request: Request, pk: int) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Staff: keep a new version of a scoring policy"),
        description=gettext_lazy(
            "With all its rules: read a version, change it and send it under its name. It weighs no run "
            "before it is published."
        ),
        request=DraftSerializer,
        responses={201: OnePolicySerializer},
        examples=[
            OpenApiExample(
                "A version",
                request_only=True,
                value={"name": "standard", "note": "Shorter lists.", "rules": {**STANDARD, "top_k": 15}},
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        form = DraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = dict(form.validated_data)
        made = policies.policy_new_version(stated.pop("name"), stated.pop("rules"), **stated, by=self.person)
        address = reverse("api:staff-policy-detail", args=[made.pk])
        return self.told(ScoringPolicy.objects.get(pk=made.pk), 201, Location=address)

    @extend_schema(
        summary=gettext_lazy("Staff: check the rules of a scoring policy"),
        description=gettext_lazy(
            "Nothing is kept. Each problem names the rule and says what to give instead."
        ),
        request=RulesSerializer,
        responses=CheckedSerializer,
        examples=[OpenApiExample("Rules", request_only=True, value={"rules": STANDARD})],
    )
    @action(detail=False, methods=["post"])
    @once
    def check(self, request: Request) -> Response:
        form = RulesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        faults = policies.rules_faults(form.validated_data["rules"])
        problems = [{"field": path, "message": words} for path, words in faults.items()]
        return Response(CheckedSerializer({"problems": problems}).data)

    @extend_schema(
        summary=gettext_lazy("Staff: the last preview of a version"),
        description=gettext_lazy("Nothing is found where none was asked for."),
        responses=PreviewSerializer,
    )
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: int) -> Response:
        run = last_preview(self.get_object())
        if run is None:
            raise Http404
        return Response(PreviewSerializer(run).data)

    @extend_schema(
        summary=gettext_lazy("Staff: ask for a preview of a version"),
        description=gettext_lazy(
            "The workers compare its lists of today's register with those of the version in force; nothing "
            "is recommended. Read the preview again to see how far it is. Where one is under way, it is "
            "answered."
        ),
        request=NOTHING,
        responses={202: PreviewSerializer},
        examples=NOTHING_EXAMPLE,
    )
    @preview.mapping.post
    @once_prepared
    def ask_preview(self, request: Request, pk: int) -> Response:
        refuse_words(request)
        policy = self.get_object()
        # As for a run: the register is read outside of the transaction.
        with state_forbids():
            prepared = policy_previews.preview_prepare(policy)
        return self._preview_recorded(request, policy, prepared)

    @once
    def _preview_recorded(
        self, request: Request, policy: ScoringPolicy, prepared: PreparedRun | None
    ) -> Response:
        policy_previews.preview_record(policy, prepared, by=self.person)
        return Response(PreviewSerializer(last_preview(policy)).data, 202)

    @extend_schema(
        summary=gettext_lazy("Staff: publish a version"),
        description=gettext_lazy(
            "At once, or at a time to come. It needs a complete preview on a register of at most a day ago, "
            "or else a reason, which is kept."
        ),
        request=PublishSerializer,
        responses=OnePolicySerializer,
        examples=[
            OpenApiExample("At once", request_only=True, value={}),
            OpenApiExample("By the clock", request_only=True, value={"at": "2027-01-04T01:30:00Z"}),
            OpenApiExample(
                "Without a preview", request_only=True, value={"reason": "It undoes a mistake of today."}
            ),
        ],
    )
    @action(detail=True, methods=["post"])
    @once
    def publish(self, request: Request, pk: int) -> Response:
        form = PublishSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        policy, at = self.get_object(), form.validated_data.get("at")
        reason = form.validated_data.get("reason", "")
        with state_forbids():
            if at:
                policies.policy_schedule(policy, at, reason=reason, by=self.person)
            else:
                policies.policy_publish(policy, reason=reason, by=self.person)
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Staff: take back the schedule of a version"),
        description="",
        request=NOTHING,
        responses=OnePolicySerializer,
        examples=NOTHING_EXAMPLE,
    )
    @action(detail=True, methods=["post"])
    @once
    def unschedule(self, request: Request, pk: int) -> Response:
        refuse_words(request)
        with state_forbids():
            policies.policy_unschedule(self.get_object(), by=self.person)
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Staff: roll back to a version"),
        description=gettext_lazy(
            "One that was in force before. What it does is known: no preview is needed."
        ),
        request=NOTHING,
        responses=OnePolicySerializer,
        examples=NOTHING_EXAMPLE,
    )
    @action(detail=True, methods=["post"], url_path="roll-back")
    @once
    def roll_back(self, request: Request, pk: int) -> Response:
        refuse_words(request)
        with state_forbids():
            policies.policy_roll_back(self.get_object(), by=self.person)
        return self.told(self.get_object())
