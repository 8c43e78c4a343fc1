"""Jurisdiction rules: what the law says of ties, with its days. A rule ends; it is never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from alliances.admin.base import HistoryAdmin
from alliances.regions import CHINESE_REGIONS, US_REGIONS
from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule
from matchmaking.models.jurisdiction import ASKED, JurisdictionRuleQuerySet
from matchmaking.selectors.jurisdiction import is_in_force

COLOURS = {RuleVerdict.ALLOWED: "success", RuleVerdict.ANOTHER_FORM: "warning", RuleVerdict.BLOCKED: "danger"}


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule; regions are chosen, since one that is mistyped would concern nobody."""

    class Meta:
        model = JurisdictionRule
        fields = [
            "slug",
            *("verdict", "tie", "begins_on", "ends_on"),
            *(f"{side}_{name}" for side in ("us", "cn") for name in ASKED),
            *("explanation_en", "explanation_zh", "other_form_en", "other_form_zh"),
            *("citation", "citation_url", "is_verified", "note"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, regions in (("us_region", US_REGIONS), ("cn_region", CHINESE_REGIONS)):
            if name in self.fields:
                self.fields[name] = _region_field(self.fields[name], regions)


def _region_field(field: forms.Field, regions: Mapping[str, Any]) -> forms.ChoiceField:
    named = sorted(((code, str(name)) for code, name in regions.items()), key=lambda region: region[1])
    return forms.ChoiceField(
        label=field.label,
        help_text=field.help_text,
        required=False,
        choices=[("", _("anywhere")), *named],
        widget=UnfoldAdminSelectWidget,
    )


class InForce(admin.SimpleListFilter):
    title = _("in force today")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("In force")), ("no", gettext("Not in force"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[JurisdictionRule]
    ) -> QuerySet[JurisdictionRule]:
        assert isinstance(queryset, JurisdictionRuleQuerySet)  # noqa: S101
        today = queryset.in_force(timezone.now().date())
        if self.value() == "yes":
            return today
        return queryset.exclude(pk__in=today.values("pk")) if self.value() == "no" else queryset


@admin.register(JurisdictionRule)
class JurisdictionRuleAdmin(HistoryAdmin):
    form = RuleForm
    list_display = [
        "slug",
        "us_region",
        "us_kind",
        "cn_region",
        "cn_kind",
        "tie",
        "shown_verdict",
        "begins_on",
        "ends_on",
        "holds_today",
        "is_verified",
    ]
    list_filter = [InForce, "verdict", "tie", "us_region", "is_verified"]
    search_fields = ["slug", "citation", "explanation_en", "explanation_zh", "note"]
    date_hierarchy = "begins_on"
    fieldsets = [
        (None, {"fields": ["slug", ("verdict", "tie"), ("begins_on", "ends_on")]}),
        (
            _("Whom it concerns"),
            {
                "fields": [
                    "us_region",
                    ("us_kind", "us_subtype"),
                    "cn_region",
                    ("cn_kind", "cn_subtype"),
                ]
            },
        ),
        (
            _("What readers are told"),
            {
                "fields": [
                    "explanation_en",
                    "explanation_zh",
                    ("other_form_en", "other_form_zh"),
                    "citation",
                    "citation_url",
                ]
            },
        ),
        (_("Not legal advice"), {"fields": ["is_verified", "note"]}),
    ]

    @display(description=_("verdict"), label=COLOURS, ordering="verdict")
    def shown_verdict(self, rule: JurisdictionRule) -> tuple[str, str]:
        return rule.verdict, rule.get_verdict_display()

    @display(description=_("in force today"), boolean=True)
    def holds_today(self, rule: JurisdictionRule) -> bool:
        return is_in_force(rule, timezone.now().date())
