"""My recommendations: read them with their reasons, and answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import named_like
from alliances.enums import Kind
from alliances.models import Organization
from matchmaking.api.access import OwnRows
from matchmaking.api.organizations import NeedSerializer, OfferSerializer
from matchmaking.api.strict import (
    Flag,
    KnownFieldsOnly,
    Ordering,
    Query,
    Search,
    Text,
    Whole,
    sorted_by,
)
from matchmaking.api.writing import MATCH, must_match, once
from matchmaking.enums import Answer, Band, DeclineReason, RecommendationState
from matchmaking.models import Introduction, Pair, Recommendation, Sponsorship
from matchmaking.models import Response as StandingAnswer
from matchmaking.models.introduction import NOTE_LENGTH
from matchmaking.models.recommendation import READABLE_STATES
from matchmaking.selectors.disclosure import disclose, is_candidate_named, is_named
from matchmaking.selectors.interests import ANSWER_DAYS, UNANSWERED
from matchmaking.selectors.recommendations import pinned, shown_to
from matchmaking.selectors.sponsoring import is_told
from matchmaking.services.answers import LATER_MONTHS, Said, answer, later_until
from matchmaking.services.recommendations import recommendation_see
from matchmaking.wording import against, band_of, told, topic_names

STATES = [(state.value, state.label) for state in READABLE_STATES]


class CounterpartSerializer(serializers.ModelSerializer[Organization]):
    """What anybody may read of an organization that it is recommended to. Never a contact."""

    needs = NeedSerializer(many=True)
    offers = OfferSerializer(many=True)

    class Meta:
        model = Organization
        fields: ClassVar[list[str]] = [
            "code", "kind", "subtype", "country", "is_sample", "name_en", "name_zh", "region", "population",
            "population_basis", "size_band", "latitude", "longitude", "website", "summary_en", "summary_zh",
            "languages", "seeks", "partnership_types", "stage", "horizon", "budget_band", "needs", "offers",
        ]  # fmt: skip


class CriterionSerializer(serializers.Serializer[Any]):
    """A share of the affinity; null and 0 where one of the two states nothing on it."""

    criterion = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField()
    share = serializers.FloatField()
    possible = serializers.FloatField()
    known = serializers.BooleanField()


class ReasonSerializer(serializers.Serializer[Any]):
    """A criterion that counts, with the facts it rests on."""

    criterion = serializers.CharField()
    share = serializers.FloatField()
    facts = serializers.DictField()


class SideSerializer(serializers.Serializer[Any]):
    """How one side's affinity adds up: base and shares sum to it."""

    affinity = serializers.FloatField()
    base = serializers.FloatField()
    base_possible = serializers.FloatField()
    criteria = CriterionSerializer(many=True)
    reasons = ReasonSerializer(many=True)


class BreakdownSerializer(serializers.Serializer[Any]):
    seeker = SideSerializer()
    candidate = SideSerializer()


class ToldSerializer(serializers.Serializer[Any]):
    """A reason as a sentence in the reader's language, and its criterion."""

    criterion = serializers.CharField()
    sentence = serializers.CharField()


class StandingAnswerSerializer(serializers.ModelSerializer[StandingAnswer]):
    class Meta:
        model = StandingAnswer
        fields: ClassVar[list[str]] = ["answer", "reason", "note", "until", "answered_at"]


class SponsorSerializer(serializers.Serializer[Any]):
    """An alliance that sponsors the match."""

    code = serializers.SlugField(source="alliance.code")
    name_en = serializers.CharField(source="alliance.name_en")
    name_zh = serializers.CharField(source="alliance.name_zh")


class RecommendationSerializer(serializers.ModelSerializer[Recommendation]):
    """A candidate for one of my organizations, with both sides' numbers and reasons. Scores are of 1."""

    id = serializers.UUIDField(source="public_id")
    organization = serializers.SlugField(source="seeker.code")
    candidate = CounterpartSerializer()
    state = serializers.ChoiceField(choices=STATES)
    band = serializers.SerializerMethodField()
    breakdown = BreakdownSerializer()
    for_you = serializers.SerializerMethodField()
    for_them = serializers.SerializerMethodField()
    against = serializers.SerializerMethodField()
    answer = serializers.SerializerMethodField()
    answer_by = serializers.SerializerMethodField()
    they_are_interested = serializers.SerializerMethodField()
    introduction = serializers.SerializerMethodField()
    disclosure = serializers.SerializerMethodField(
        help_text=gettext_lazy(
            "How far the candidate is known: anonymous, named, or introduced with contacts."
        )
    )
    sponsors = serializers.SerializerMethodField()

    class Meta:
        model = Recommendation
        fields: ClassVar[list[str]] = [
            "id", "organization", "kind", "candidate", "state", "rank", "score", "band", "affinity",
            "candidate_affinity", "breakdown", "for_you", "for_them", "against", "released_at", "answer_by",
            "answer", "they_are_interested", "introduction", "disclosure", "sponsors",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Band.choices))
    def get_band(self, one: Recommendation) -> str:
        return str(band_of(one.score, one.run.policy.rules["bands"]).value)

    def _told(self, one: Recommendation, side: int) -> Any:
        own, theirs = (one.breakdown[name]["reasons"] for name in ("seeker", "candidate"))
        both = told(own, theirs, self.context["topics"])
        return ToldSerializer(both[side], many=True).data

    @extend_schema_field(ToldSerializer(many=True))
    def get_for_you(self, one: Recommendation) -> Any:
        return self._told(one, 0)

    @extend_schema_field(ToldSerializer(many=True))
    def get_for_them(self, one: Recommendation) -> Any:
        return self._told(one, 1)

    def get_against(self, one: Recommendation) -> list[str]:
        return against(one.breakdown["seeker"])

    @extend_schema_field(StandingAnswerSerializer(allow_null=True))
    def get_answer(self, one: Recommendation) -> Any:
        own = [answer for answer in one.pair.responses.all() if answer.organization_id == one.seeker_id]
        return StandingAnswerSerializer(own[0]).data if own else None

    def get_answer_by(self, one: Recommendation) -> datetime | None:
        """Until when an answer is waited for: the clock of their interest, where they are waiting."""
        yes = [
            answer.answered_at
            for answer in one.pair.responses.all()
            if answer.organization_id == one.candidate_id and answer.answer == Answer.INTERESTED
        ]
        if yes and one.released_at and one.state in UNANSWERED:
            return max(yes[0], one.released_at) + timedelta(days=ANSWER_DAYS)
        return one.answer_by

    def get_they_are_interested(self, one: Recommendation) -> bool:
        return any(
            answer.organization_id == one.candidate_id and answer.answer == Answer.INTERESTED
            for answer in one.pair.responses.all()
        )

    def get_introduction(self, one: Recommendation) -> uuid.UUID | None:
        return next((made.public_id for made in one.pair.introductions.all()), None)

    @extend_schema_field(SponsorSerializer(many=True))
    def get_sponsors(self, one: Recommendation) -> Any:
        told = [sponsorship for sponsorship in one.pair.sponsorships.all() if is_told(sponsorship, one)]
        return SponsorSerializer(told, many=True).data

    @extend_schema_field(serializers.ChoiceField(choices=["anonymous", "named", "introduced"]))
    def get_disclosure(self, one: Recommendation) -> str:
        if one.candidate.is_veiled:
            return "anonymous"
        return "introduced" if one.pair.introductions.all() else "named"


class RecommendationQuery(Query):
    search = Search()
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)
    organization = serializers.SlugField(max_length=40, required=False)
    ordering = Ordering("score", "released_at", default="-score")


FILTERS = {"kind": "kind", "state": "state", "organization": "seeker__code"}


# What goes with one answer alone.
GOES_WITH = {
    "reason": Answer.DECLINED,
    "note": Answer.DECLINED,
    "months": Answer.LATER,
    "until": Answer.LATER,
    "cross_border": Answer.INTERESTED,
}


@extend_schema_field({"type": "integer", "enum": list(LATER_MONTHS)})
class Months(Whole):
    """For how long an answer waits."""


class AnswerSerializer(KnownFieldsOnly):
    """What goes with which answer: a reason (and a note) with declined, months or a date with later,
    `cross_border` with interested."""

    answer = serializers.ChoiceField(choices=Answer.choices)
    reason = serializers.ChoiceField(choices=DeclineReason.choices, required=False)
    note = Text(required=False, allow_blank=True, max_length=NOTE_LENGTH)
    months = Months(required=False)
    until = serializers.DateField(required=False)
    cross_border = Flag(
        default=False,
        help_text=gettext_lazy(
            "A Chinese organization's person agrees that their name, role, language and email go to the "
            "United States if both sides are interested."
        ),
    )

    def validate_months(self, months: int) -> int:
        if months not in LATER_MONTHS:
            known = ", ".join(map(str, LATER_MONTHS))
            raise serializers.ValidationError(_("Months is one of %(known)s.") % {"known": known})
        return months

    def validate(self, stated: dict[str, Any]) -> dict[str, Any]:
        if "months" in stated and "until" in stated:
            raise serializers.ValidationError({"until": _("Send months or a date, not both.")})
        text = _("%(field)s goes with the answer %(answer)s alone. Leave it out.")
        astray = {
            name: text % {"field": name, "answer": answer}
            for name, answer in GOES_WITH.items()
            if stated.get(name) and stated["answer"] != answer
        }
        if astray:
            raise serializers.ValidationError(astray)
        return stated

    def said(self) -> Said:
        """What was chosen, once the form is valid."""
        stated: Mapping[str, Any] = self.validated_data
        months = stated.get("months")
        return Said(
            Answer(stated["answer"]),
            reason=stated.get("reason", ""),
            note=stated.get("note", ""),
            until=later_until(months) if months else stated.get("until"),
            cross_border=stated["cross_border"],
        )


class Recommendations(ListModelMixin, RetrieveModelMixin, OwnRows):
    """What was released to the organizations that the request acts for."""

    query = RecommendationQuery
    serializer_class = RecommendationSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    scopes = {"answer": "answer"}
    queryset = Recommendation.objects.none()

    def get_queryset(self) -> QuerySet[Recommendation]:
        filters = {FILTERS[name]: value for name, value in self.asked.items() if name in FILTERS}
        # A list shows what is current; whoever has the id of another one may still read it.
        rows = (
            shown_to(self.person) if self.action == "list" else Recommendation.objects.visible_to(self.person)
        )
        if text := self.asked.get("search", ""):
            # Of whom it is not named to, nobody finds an organization by its name.
            alike = named_like(Organization.objects.approved(), text)
            rows = rows.filter(is_named("pair", "candidate"), candidate__in=alike)
        # What staff pinned comes first in the usual order alone.
        sign, name = sorted_by(self.asked.get("ordering", "-score"))
        first = [pinned().desc()] if (sign, name) == ("-", "score") else []
        return (
            rows.filter(seeker__in=self.organizations(), **filters)
            .select_related("seeker", "candidate", "run__policy", "pair")
            .defer("run__exposure", "run__counts")
            .prefetch_related(
                "candidate__needs__topic",
                "candidate__offers__topic",
                "pair__responses",
                Prefetch("pair__introductions", Introduction.objects.filter(closed_at=None)),
                Prefetch("pair__sponsorships", Sponsorship.objects.counting()),
            )
            .order_by(*first, f"{sign}{name}", "pk")
        )

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        disclose(page or [])
        return page

    def get_object(self) -> Recommendation:
        found: Recommendation = super().get_object()
        disclose([found])
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "topics": topic_names()}

    def kept_stands(self) -> bool:
        return is_candidate_named(self.kwargs["public_id"])

    @extend_schema(
        summary=gettext_lazy("My recommendations, best first"),
        description="",
        parameters=[RecommendationQuery],
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary=gettext_lazy("One recommendation"),
        description=gettext_lazy("Reading it counts as seen, as opening its page does."),
    )
    def retrieve(self, request: Request, public_id: uuid.UUID) -> Response:
        found: Recommendation = self.get_object()
        if found.state == RecommendationState.RELEASED and recommendation_see(found, by=self.person):
            found.state = RecommendationState.SEEN
        return self.told(found)

    @extend_schema(
        summary=gettext_lazy("Answer"),
        description=gettext_lazy(
            "Interested, later (not now) or declined (no, which cannot be changed; a much later matching may "
            "ask again). The same answer again changes nothing and is answered alike. When both sides are "
            "interested, they are introduced and `introduction` is its id. Owners and editors only. If-Match "
            "may be sent, to answer only what was read."
        ),
        request=AnswerSerializer,
        responses=RecommendationSerializer,
        examples=[
            OpenApiExample("Interested", request_only=True, value={"answer": "interested"}),
            OpenApiExample("Not now", request_only=True, value={"answer": "later", "months": 6}),
            OpenApiExample(
                "No",
                request_only=True,
                value={"answer": "declined", "reason": "not_our_need", "note": "We run our own buses."},
            ),
        ],
    )
    @action(detail=True, methods=["post"])
    @once
    def answer(self, request: Request, public_id: uuid.UUID) -> Response:
        found: Recommendation = self.get_object()
        if MATCH in request.headers:
            # Held first, as whoever answers holds it.
            Pair.objects.select_for_update(no_key=True).get(pk=found.pair_id)
            found = self.get_object()
            must_match(request, self.get_serializer(found).data)
        form = AnswerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        answer(found, form.said(), by=self.person, channel="api")
        return self.told(self.get_object())
