"""A preview of a version of a scoring policy, as the API tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alliances.models import Organization
from matchmaking.api.staff.runs import VersionSerializer
from matchmaking.models import MatchRun
from matchmaking.selectors.runs import progress


class ProgressSerializer(serializers.Serializer[Any]):
    """How many of its steps are done, those to come counted from the start."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    quarantined = serializers.IntegerField()


class PreviewSerializer(serializers.ModelSerializer[MatchRun]):
    """The last preview of a version: how far it is, then what it found."""

    run = serializers.IntegerField(source="id")
    compared_with = VersionSerializer(source="beside")
    progress = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField(
        help_text=gettext_lazy(
            "Null until it is complete: what would change in the lists, and for which organizations most."
        )
    )

    class Meta:
        model = MatchRun
        fields = [
            *("run", "state", "cause", "as_of", "compared_with", "requested_at", "finished_at"),
            *("progress", "summary"),
        ]

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, run: MatchRun) -> Any:
        return ProgressSerializer(progress(run.pk)).data

    def get_summary(self, run: MatchRun) -> dict[str, Any] | None:
        summary: dict[str, Any] = run.preview.summary
        if not summary:
            return None
        moved = [line[0] for name in ("gains", "losses") for line in summary[name]]
        codes = dict(Organization.objects.filter(pk__in=moved).values_list("pk", "code"))
        return {**summary, **{name: _movers(summary[name], codes) for name in ("gains", "losses")}}


def _movers(lines: Sequence[Sequence[int]], codes: Mapping[int, str]) -> list[dict[str, object]]:
    """In how many lists each stands, and would stand."""
    return [
        {"organization": codes[pk], "lists_before": before, "lists_after": after}
        for pk, before, after, *_own in lines
        if pk in codes
    ]
