"""What the jurisdiction rules say of a pair, for programs of the staff. Not legal advice."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.enums import PartnershipType
from alliances.importing.problems import shown
from alliances.models import Organization
from matchmaking.api.organizations import Vocabulary
from matchmaking.api.staff.access import StaffRows
from matchmaking.api.strict import KnownFieldsOnly, Text
from matchmaking.api.writing import once
from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule
from matchmaking.selectors.jurisdiction import all_rules, verdict_of


def today() -> date:
    return timezone.now().date()


class PairSerializer(KnownFieldsOnly):
    """Two organizations by their codes, in any order; the day; the kinds of tie, by default all."""

    one = Text(max_length=40)
    other = Text(max_length=40)
    on = serializers.DateField(default=today)
    ties = Vocabulary(choices=PartnershipType.choices, required=False)

    def validate(self, stated: dict[str, Any]) -> dict[str, Any]:
        known = Organization.objects.filter(code__in=(stated["one"], stated["other"])).in_bulk(
            field_name="code"
        )
        unknown = {
            side: _("The register has no organization of the code '%(code)s'.")
            % {"code": shown(stated[side])}
            for side in ("one", "other")
            if stated[side] not in known
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        one, other = known[stated["one"]], known[stated["other"]]
        if one.country == other.country:
            text = _(
                "Both are in the same country: %(country)s. Rules are on ties between the two countries."
            )
            raise serializers.ValidationError({"other": text % {"country": one.get_country_display()}})
        return {**stated, "one": one, "other": other}


class RuleSerializer(serializers.ModelSerializer[JurisdictionRule]):
    """A rule with its source; one that is not verified was read by no lawyer yet."""

    class Meta:
        model = JurisdictionRule
        fields = [
            *("slug", "verdict", "tie", "begins_on", "ends_on", "explanation_en", "explanation_zh"),
            *("other_form_en", "other_form_zh", "citation", "citation_url", "is_verified", "note"),
        ]


class RulingSerializer(serializers.Serializer[Any]):
    """A verdict, the rules that gave it, and those that allow and have something to say."""

    verdict = serializers.ChoiceField(choices=RuleVerdict.choices)
    rules = RuleSerializer(many=True)
    notices = RuleSerializer(many=True)


class TieSerializer(serializers.Serializer[Any]):
    tie = serializers.ChoiceField(choices=PartnershipType.choices)
    ruling = RulingSerializer()


class PairRulingsSerializer(serializers.Serializer[Any]):
    """What holds for the pair as a whole, and for each kind of tie, on that day."""

    one = serializers.CharField()
    other = serializers.CharField()
    on = serializers.DateField()
    pair = RulingSerializer()
    ties = TieSerializer(many=True)


class Jurisdiction(StaffRows):
    """The verdict of the rules, with their citations; nothing is changed."""

    sees = ("matchmaking.view_jurisdictionrule", "alliances.view_organization")
    only_asks = ("create",)
    scopes = {"create": "screening"}
    queryset = JurisdictionRule.objects.none()

    @extend_schema(
        operation_id="staff_jurisdiction",
        summary=gettext_lazy("Staff: what the jurisdiction rules say of a pair"),
        description=gettext_lazy(
            "The verdict on the pair and on each kind of tie, with the rules and their sources. Not legal "
            "advice. Nothing is changed, so a token that may only read is enough."
        ),
        request=PairSerializer,
        responses={200: PairRulingsSerializer},
        examples=[
            OpenApiExample(
                "A sister tie",
                request_only=True,
                value={
                    "one": "us-wichita",
                    "other": "cn-kaifeng",
                    "on": "2026-11-30",
                    "ties": ["sister_tie"],
                },
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        form = PairSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        one, other, on, rules = asked["one"], asked["other"], asked["on"], all_rules()
        found = {
            "one": one.code,
            "other": other.code,
            "on": on,
            "pair": verdict_of(rules, one, other, None, on),
            "ties": [
                {"tie": tie, "ruling": verdict_of(rules, one, other, tie, on)}
                for tie in asked.get("ties", PartnershipType.values)
            ],
        }
        return Response(PairRulingsSerializer(found).data)
