"""Match runs for programs of the staff: ask for one, see how far it is and what it counted."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from matchmaking.api.staff.access import NOTHING, NOTHING_EXAMPLE, StaffRows, refuse_words, state_forbids
from matchmaking.api.strict import KnownFieldsOnly, Ordering, Query, Whole, sorted_by
from matchmaking.api.writing import once, once_prepared
from matchmaking.enums import RunState
from matchmaking.models import MatchRun, MatchShard, ScoringPolicy
from matchmaking.selectors.runs import with_steps
from matchmaking.services import policies, runs


class VersionSerializer(serializers.ModelSerializer[ScoringPolicy]):
    """Which version of which scoring policy."""

    class Meta:
        model = ScoringPolicy
        fields = ["id", "name", "version"]


class StepsSerializer(serializers.Serializer[Any]):
    """How many steps a run has so far, and what became of them."""

    all = serializers.IntegerField(source="shards_all")
    done = serializers.IntegerField(source="shards_done")
    quarantined = serializers.IntegerField(source="shards_lost")


class RunSerializer(serializers.ModelSerializer[MatchRun]):
    """A run; `cause` says why it did not end well, or found no pair."""

    policy = VersionSerializer()
    steps = StepsSerializer(source="*")

    class Meta:
        model = MatchRun
        fields = [
            *("id", "policy", "as_of", "top_k", "state", "cause", "steps", "organizations", "pairs"),
            *("requested_at", "started_at", "finished_at"),
        ]


class ShardSerializer(serializers.ModelSerializer[MatchShard]):
    """A step of a run that one worker does; `error` is what its last attempt ended with."""

    class Meta:
        model = MatchShard
        fields = ["step", "index", "state", "attempt", "seconds", "error"]


class PairCountsSerializer(serializers.Serializer[Any]):
    """The run's pairs: scored, with a topical tie, and excluded by cause."""

    scored = serializers.IntegerField()
    tied = serializers.IntegerField()
    excluded = serializers.DictField(child=serializers.IntegerField())


class OneRunSerializer(RunSerializer):
    """A run with what it counted, the seconds of each stage, and its steps."""

    counts = serializers.SerializerMethodField(help_text=gettext_lazy("Null until the lists are made."))
    stage_seconds = serializers.DictField(child=serializers.FloatField())
    shards = ShardSerializer(many=True)

    class Meta(RunSerializer.Meta):
        fields = [
            *RunSerializer.Meta.fields,
            *("counts", "held_back", "scoring_seconds", "stage_seconds", "shards"),
        ]

    @extend_schema_field(PairCountsSerializer(allow_null=True))
    def get_counts(self, run: MatchRun) -> Any:
        return PairCountsSerializer(run.counts).data if run.counts else None


class RunRequestSerializer(KnownFieldsOnly):
    """What a run is asked for; what is left out takes the usual value."""

    policy = Whole(
        required=False,
        help_text=gettext_lazy("The id of a version that is or was in force; by default the one in force."),
    )
    as_of = serializers.DateField(
        required=False,
        validators=runs.AS_OF_BOUNDS,
        help_text=gettext_lazy("Facts that age are taken as of this date; by default today."),
    )
    top_k = Whole(required=False, help_text=gettext_lazy("The length of a list; by default the policy's."))

    def validate_policy(self, key: int) -> ScoringPolicy:
        found = ScoringPolicy.objects.exclude(activated_at=None).filter(pk=key).first()
        if found is None:
            raise serializers.ValidationError(
                _("No version that is or was in force has the id %(id)s.") % {"id": key}
            )
        return found

    def validate_top_k(self, top_k: int) -> int:
        (field,) = [one for one in policies.rule_fields() if one.path == "top_k"]
        if problem := field.problem(top_k):
            raise serializers.ValidationError(problem)
        return top_k


class RunQuery(Query):
    """`policy` is a policy's name."""

    state = serializers.ChoiceField(choices=RunState.choices, required=False)
    policy = serializers.SlugField(max_length=60, required=False)
    ordering = Ordering("requested_at", default="-requested_at")


FILTERS = {"state": "state", "policy": "policy__name"}


class Runs(ListModelMixin, StaffRows):
    """The runs whose lists count; previews are shown with their policies."""

    sees = ("matchmaking.view_matchrun", "matchmaking.view_matchshard", "matchmaking.view_scoringpolicy")
    needs = {
        "create": ("matchmaking.add_matchrun",),
        "cancel": ("matchmaking.change_matchrun",),
        "retry": ("matchmaking.change_matchrun",),
    }
    scopes = {"create": "run"}
    query = RunQuery
    serializer_class = RunSerializer
    lookup_field = "pk"
    lookup_value_converter = "int"
    queryset = MatchRun.objects.none()

    def get_queryset(self) -> QuerySet[MatchRun]:
        filters = {FILTERS[name]: value for name, value in self.asked.items() if name in FILTERS}
        rows = with_steps(MatchRun.objects.real().filter(**filters)).select_related("policy")
        rows = rows.defer("policy__rules", "exposure")
        if self.action == "list":
            # They are numbered as they are asked for.
            sign, _name = sorted_by(self.asked.get("ordering", "-requested_at"))
            return rows.defer("counts").order_by(f"{sign}pk")
        shards = MatchShard.objects.order_by("pk")
        return rows.prefetch_related(Prefetch("shards", shards))

    def get_serializer_class(self) -> type[RunSerializer]:
        return RunSerializer if self.action == "list" else OneRunSerializer

    def told_now(self, pk: int, status: int = 200, **headers: str) -> Response:
        return self.told(self.get_queryset().get(pk=pk), status, **headers)

    @extend_schema(
        summary=gettext_lazy("Staff: match runs, newest first"), description="", parameters=[RunQuery]
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary=gettext_lazy("Staff: one match run"),
        description=gettext_lazy("With its counts, the seconds of each stage, and its steps."),
    )
    def retrieve(self, request: Request, pk: int) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Staff: ask for a match run"),
        description=gettext_lazy(
            "The register is read at once, and the workers do the rest: read the run again to see how far "
            "it is."
        ),
        request=RunRequestSerializer,
        responses={201: OneRunSerializer},
        examples=[
            OpenApiExample("As usual", request_only=True, value={}),
            OpenApiExample("As of a day", request_only=True, value={"as_of": "2026-11-01", "top_k": 20}),
        ],
    )
    @once_prepared
    def create(self, request: Request) -> Response:
        form = RunRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = dict(form.validated_data)
        # Reading the register takes seconds: outside of the transaction in which the call is carried out.
        with state_forbids():
            policy = stated.pop("policy", None) or policies.active_policy()
            prepared = runs.prepare(policy, **stated)
        return self._recorded(request, prepared)

    @once
    def _recorded(self, request: Request, prepared: runs.PreparedRun) -> Response:
        run = runs.record(prepared, by=self.person)
        return self.told_now(run.pk, 201, Location=reverse("api:staff-run-detail", args=[run.pk]))

    @extend_schema(
        summary=gettext_lazy("Staff: cancel a match run"),
        description=gettext_lazy("One that is queued or running; its lists are not made."),
        request=NOTHING,
        responses=OneRunSerializer,
        examples=NOTHING_EXAMPLE,
    )
    @action(detail=True, methods=["post"])
    @once
    def cancel(self, request: Request, pk: int) -> Response:
        refuse_words(request)
        with state_forbids():
            runs.run_cancel(self.get_object(), by=self.person)
        return self.told_now(pk)

    @extend_schema(
        summary=gettext_lazy("Staff: retry what a match run has quarantined"),
        description=gettext_lazy("Every quarantined step gets its attempts back; the run goes on there."),
        request=NOTHING,
        responses=OneRunSerializer,
        examples=NOTHING_EXAMPLE,
    )
    @action(detail=True, methods=["post"])
    @once
    def retry(self, request: Request, pk: int) -> Response:
        refuse_words(request)
        with state_forbids():
            runs.run_retry(self.get_object(), by=self.person)
        return self.told_now(pk)
