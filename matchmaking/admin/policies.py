"""Scoring policies: a new version is a new row; the active one weighs the next run."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from alliances.admin.base import curator
from matchmaking.models import ScoringPolicy
from matchmaking.services import policies


class IndentedEncoder(json.JSONEncoder):
    """Rules one a line, so that a person can find and change them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2})


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    rules = forms.JSONField(
        label=_("rules"),
        encoder=IndentedEncoder,
        widget=UnfoldAdminTextareaWidget({"rows": 40, "class": "font-mono"}),
        help_text=_("Weights by the seeker's kind, then every other number of a score."),
    )

    class Meta:
        model = ScoringPolicy
        fields = ["name", "rules", "note"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "rules" in cleaned:
            policies.validate_rules(cleaned["rules"])
        return cleaned


@admin.register(ScoringPolicy)
class ScoringPolicyAdmin(ModelAdmin):
    """Versions are added, never edited: what a run used must stay readable as it was."""

    form = PolicyForm
    list_display = ["__str__", "shown_active", "used_at", "created_at", "created_by", "note"]
    list_select_related = ["created_by"]
    list_filter = ["name", "is_active"]
    actions = ["activate"]

    @display(description=_("active"), boolean=True, ordering="is_active")
    def shown_active(self, policy: ScoringPolicy) -> bool:
        return policy.is_active

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        name, rules = policies.rules_in_force()
        return {"name": name, "rules": rules.to_dict()}

    def has_change_permission(self, request: HttpRequest, obj: ScoringPolicy | None = None) -> bool:
        # The list keeps its actions; a single version is shown, not edited.
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ScoringPolicy | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ScoringPolicy, form: PolicyForm, change: bool) -> None:
        made = policies.policy_new_version(name=obj.name, rules=obj.rules, note=obj.note, by=curator(request))
        obj.pk = made.pk

    @admin.action(description=_("Make active: it weighs the next run"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[ScoringPolicy]) -> None:
        if len(queryset) != 1:
            messages.error(request, gettext("Choose exactly one policy version to activate."))
            return
        policies.policy_activate(queryset[0], by=curator(request))
        messages.success(request, gettext("%(policy)s is active.") % {"policy": queryset[0]})
