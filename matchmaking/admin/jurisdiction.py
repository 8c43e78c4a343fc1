"""Jurisdiction rules: what the law says of ties, with its days. A rule ends; it is never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from alliances.admin.base import HistoryAdmin
from alliances.enums import PartnershipType
from alliances.models import Organization
from alliances.regions import CHINESE_REGIONS, US_REGIONS
from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule, Recommendation
from matchmaking.models.jurisdiction import ASKED, JurisdictionRuleQuerySet
from matchmaking.selectors.jurisdiction import Ruling, all_rules, is_in_force, verdict_of

# The digits of every number that a row can have.
DIGITS = 18
CHECK = _("Check a pair on a day")
COLOURS = {RuleVerdict.ALLOWED: "success", RuleVerdict.ANOTHER_FORM: "warning", RuleVerdict.BLOCKED: "danger"}


def _organization_box(field: str) -> AutocompleteSelect:
    """The desk's search for an organization by code or name."""
    return AutocompleteSelect(Recommendation._meta.get_field(field), admin.site)


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


class PairForm(forms.Form):
    """The two organizations, in any order, and the day."""

    one = forms.ModelChoiceField(
        Organization.objects.all(), label=_("Organization"), widget=_organization_box("seeker")
    )
    other = forms.ModelChoiceField(
        Organization.objects.all(), label=_("The other organization"), widget=_organization_box("candidate")
    )
    on = forms.DateField(label=_("On this day"), widget=UnfoldAdminDateWidget)

    def clean(self) -> dict[str, Any]:
        stated: dict[str, Any] = super().clean() or {}
        one, other = stated.get("one"), stated.get("other")
        if one and other and one.country == other.country:
            raise forms.ValidationError(
                _("Both are in the same country: %(country)s. Rules are on ties between the two countries."),
                params={"country": one.get_country_display()},
            )
        return stated


class Said(NamedTuple):
    """What the rules say of a kind of tie, and which of them."""

    tie: str
    verdict: str
    ruling: Ruling


def rulings(one: Organization, other: Organization, on: date) -> list[Said]:
    """Of the pair as a whole, then of each kind of tie; one query."""
    rules = all_rules()
    ties: list[tuple[str | None, str]] = [(None, gettext("The pair"))]
    ties += [(tie.value, str(tie.label)) for tie in PartnershipType]
    found = ((label, verdict_of(rules, one, other, tie, on)) for tie, label in ties)
    return [Said(label, str(ruling.verdict.label), ruling) for label, ruling in found]


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
    actions_list = ["check_pair"]
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

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(self.check_view)
        return [path("check/", check, name="matchmaking_jurisdictionrule_check"), *super().get_urls()]

    @action(description=CHECK, permissions=["view"])
    def check_pair(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:matchmaking_jurisdictionrule_check")

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """What the rules say of two organizations on a day. Asked in the address, so that it can be kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        # The search box asks the database for what was chosen: what is no row's number was not chosen.
        asked_for = {
            name: value
            for name, value in request.GET.dict().items()
            if name == "on" or (value.isdecimal() and len(value) <= DIGITS)
        }
        form = PairForm(asked_for if request.GET else None, initial={"on": timezone.now().date()})
        said = None
        if form.is_valid():
            asked = form.cleaned_data
            said = rulings(asked["one"], asked["other"], asked["on"])
        context = {
            **self.admin_site.each_context(request),
            "title": CHECK,
            "form": form,
            "media": self.media + form.media,
            "said": said,
        }
        return TemplateResponse(request, "admin/jurisdiction_check.html", context)

    @display(description=_("verdict"), label=COLOURS, ordering="verdict")
    def shown_verdict(self, rule: JurisdictionRule) -> tuple[str, str]:
        return rule.verdict, rule.get_verdict_display()

    @display(description=_("in force today"), boolean=True)
    def holds_today(self, rule: JurisdictionRule) -> bool:
        return is_in_force(rule, timezone.now().date())
