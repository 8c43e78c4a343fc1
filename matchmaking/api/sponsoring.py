"""What an alliance's members were recommended, and which of it the alliance sponsors: for its own team."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import named_like
from alliances.enums import Kind
from alliances.models import Organization
from matchmaking.api.access import OwnRows
from matchmaking.api.introductions import PartySerializer
from matchmaking.api.strict import Flag, KnownFieldsOnly, Ordering, Query, Search, sorted_by
from matchmaking.api.writing import must_match, once
from matchmaking.enums import Band, MemberStanding
from matchmaking.models import Pair, Recommendation
from matchmaking.selectors.disclosure import disclose, is_candidate_named, is_named
from matchmaking.selectors.sponsoring import (
    SPONSORED_STATES,
    introduced,
    recommendations_of_members,
    sponsors_of,
    standing_of,
)
from matchmaking.services.sponsoring import sponsor, sponsor_withdraw
from matchmaking.wording import band_of, reason_sentence, sentence_start, topic_names


class MemberRecommendationSerializer(serializers.ModelSerializer[Recommendation]):
    """What a member was recommended, as its alliance reads it: never an answer's reason, nor a contact."""

    id = serializers.UUIDField(source="public_id")
    member = PartySerializer(source="seeker")
    candidate = PartySerializer()
    band = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField(help_text=gettext_lazy("The first reason for the member."))
    standing = serializers.ChoiceField(choices=MemberStanding.choices)
    may_be_sponsored = serializers.SerializerMethodField()
    sponsored = serializers.SerializerMethodField()
    sponsored_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Recommendation
        fields: ClassVar[list[str]] = [
            "id", "member", "candidate", "kind", "score", "band", "reason", "standing", "may_be_sponsored",
            "sponsored", "sponsored_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Band.choices))
    def get_band(self, one: Recommendation) -> str:
        return str(band_of(one.score, one.rules["bands"]).value)

    def get_reason(self, one: Recommendation) -> str:
        topics = self.context["topics"]
        reasons = (reason_sentence(reason, topics) for reason in one.breakdown["seeker"]["reasons"])
        return sentence_start(next((words for words in reasons if words), ""))

    def get_may_be_sponsored(self, one: Recommendation) -> bool:
        return one.state in SPONSORED_STATES

    def get_sponsored(self, one: Recommendation) -> bool:
        return one.sponsored_at is not None  # type: ignore[attr-defined]


class SponsoringSerializer(KnownFieldsOnly):
    """Whether the alliance sponsors the match."""

    sponsored = Flag()


class MemberRecommendationQuery(Query):
    """`member` is a member's code; `search` looks in the candidates' names, where they are shown."""

    search = Search()
    member = serializers.SlugField(max_length=40, required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    ordering = Ordering("score", default="-score")


class MemberRecommendations(ListModelMixin, OwnRows):
    """The recommendations of the confirmed members of one of the alliances that the request acts for."""

    query = MemberRecommendationQuery
    serializer_class = MemberRecommendationSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Recommendation.objects.none()

    @cached_property
    def alliance(self) -> Organization:
        own = self.organizations().filter(kind=Kind.ALLIANCE)
        found: Organization = get_object_or_404(own, code=self.kwargs["code"])
        return found

    def get_queryset(self) -> QuerySet[Recommendation]:
        asked = self.asked
        rows = recommendations_of_members(self.person, self.alliance)
        if "member" in asked:
            rows = rows.filter(seeker__code=asked["member"])
        if "kind" in asked:
            rows = rows.filter(kind=asked["kind"])
        if text := asked.get("search", ""):
            # Of whom it is not named to, nobody finds an organization by its name.
            alike = named_like(Organization.objects.approved(), text)
            rows = rows.filter(is_named("pair", "candidate"), candidate__in=alike)
        sign, name = sorted_by(asked.get("ordering", "-score"))
        return rows.order_by(f"{sign}{name}", "seeker__code", "candidate__code")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self._read(page or [])
        return page

    def get_object(self) -> Recommendation:
        found: Recommendation = super().get_object()
        self._read([found])
        return found

    def _read(self, rows: Sequence[Recommendation]) -> None:
        """Let each say how far it has come, and since when the alliance sponsors it."""
        disclose(rows)
        met, sponsors = introduced([one.pair_id for one in rows]), sponsors_of(rows)
        for one in rows:
            own = (made for made in sponsors.get(one.pk, ()) if made.alliance == self.alliance)
            one.standing = standing_of(one, one.pair_id in met)  # type: ignore[attr-defined]
            one.sponsored_at = next((made.sponsored_at for made in own), None)  # type: ignore[attr-defined]

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "topics": topic_names()}

    def kept_stands(self) -> bool:
        return is_candidate_named(self.kwargs["public_id"])

    @extend_schema(
        summary=gettext_lazy("My members' recommendations, best first"),
        description=gettext_lazy(
            "Of confirmed members. Their answers' reasons, notes and contacts stay theirs; a candidate that "
            "is anonymous to the member is so to the alliance."
        ),
        parameters=[MemberRecommendationQuery],
    )
    def list(self, request: Request, code: str) -> Response:
        return super().list(request)

    @extend_schema(summary=gettext_lazy("One recommendation of a member"), description="")
    def retrieve(self, request: Request, code: str, public_id: uuid.UUID) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Sponsor a match of a member, or take that back"),
        description=gettext_lazy(
            "The alliance's name then stands on both sides, where it and the member are named. It adds "
            "trust, never score. Owners and editors only."
        ),
        request=SponsoringSerializer,
        responses=MemberRecommendationSerializer,
        examples=[
            OpenApiExample("Sponsor", request_only=True, value={"sponsored": True}),
            OpenApiExample("Take it back", request_only=True, value={"sponsored": False}),
        ],
    )
    @once
    def partial_update(self, request: Request, code: str, public_id: uuid.UUID) -> Response:
        # Held first, as whoever answers or sponsors holds it.
        Pair.objects.select_for_update(no_key=True).get(pk=self.get_object().pair_id)
        found = self.get_object()
        must_match(request, self.get_serializer(found).data)
        form = SponsoringSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        if form.validated_data["sponsored"]:
            sponsor(self.alliance, found, by=self.person)
        else:
            sponsor_withdraw(self.alliance, found.pair_id, by=self.person)
        return self.told(self.get_object())
