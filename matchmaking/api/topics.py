"""The challenge areas and their topics, the words in which needs and offers are stated."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.models import ChallengeArea, Topic
from matchmaking.api.access import NoQuery, OwnRows


class TopicSerializer(serializers.ModelSerializer[Topic]):
    class Meta:
        model = Topic
        fields = ["slug", "name_en", "name_zh", "definition_en", "definition_zh"]


class AreaSerializer(serializers.ModelSerializer[ChallengeArea]):
    topics = TopicSerializer(many=True)

    class Meta:
        model = ChallengeArea
        fields = ["slug", "name_en", "name_zh", "definition_en", "definition_zh", "topics"]


class Topics(OwnRows):
    """The same for everybody."""

    query = NoQuery
    pagination_class = None
    serializer_class = AreaSerializer
    queryset = ChallengeArea.objects.prefetch_related("topics").order_by("position")

    @extend_schema(
        operation_id="topics_list",
        summary=_("Challenge areas and topics"),
        description=_("The seven challenge areas with their topics, in both languages."),
    )
    def list(self, request: Request) -> Response:
        found: Any = self.get_queryset()
        return Response(self.get_serializer(found, many=True).data)
