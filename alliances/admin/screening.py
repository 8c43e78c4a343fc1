"""Screening at the desk: whom a restricted-party list may mean, and what a curator decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from alliances.admin.base import ReadOnlyAdmin, curator, leave_dialog
from alliances.enums import HitState
from alliances.models import ScreeningDecision, ScreeningHit, ScreeningList
from alliances.models.screening import DECISION_REASON_LENGTH
from alliances.services import screening

CLEAR, CONFIRM = _("It is another party"), _("It is the listed party")
STATE_COLOURS = {HitState.OPEN: "warning", HitState.CLEARED: "success", HitState.CONFIRMED: "danger"}


class ClearDialog(BaseDialogForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=DECISION_REASON_LENGTH, widget=UnfoldAdminTextareaWidget
    )


class ConfirmDialog(BaseDialogForm):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=DECISION_REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget,
    )


def _dialog(title: Any, description: Any, form: type[BaseDialogForm]) -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": form, "form_submit_text": title}


@admin.register(ScreeningHit)
class ScreeningHitAdmin(ReadOnlyAdmin):
    """Open ones first: they keep their organizations out."""

    list_display = [
        "organization",
        "shown_name",
        "alias",
        "shown_score",
        "reason",
        "shown_list",
        "shown_state",
        "found_at",
    ]
    list_filter = ["state", "entry__screening_list__name", "organization__country"]
    list_select_related = ["organization", "entry__screening_list"]
    search_fields = ["organization__code", "name", "alias", "entry__name"]
    show_full_result_count = False
    list_per_page = 50
    actions_detail = ["clear_this", "confirm_this"]
    fields = [
        "organization",
        "shown_name",
        "state",
        "shown_list",
        "entry",
        "alias",
        "shown_score",
        "reason",
        "shown_aliases",
        "shown_reference",
        "found_at",
        "shown_decisions",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScreeningHit]:
        # Descending, "open" stands before "confirmed" and "cleared".
        return super().get_queryset(request).order_by("-state", "-pk")

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("alliances.change_screeninghit")

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def shown_state(self, hit: ScreeningHit) -> tuple[str, str]:
        return hit.state, hit.get_state_display()

    @display(description=_("name"), ordering="name")
    def shown_name(self, hit: ScreeningHit) -> str:
        one = hit.organization
        if hit.name in (one.name_en, one.name_zh, *one.aliases):
            return hit.name
        return gettext("%(name)s, who owns half or more") % {"name": hit.name}

    @display(description=_("score"), ordering="score")
    def shown_score(self, hit: ScreeningHit) -> str:
        return f"{hit.score:.2f}"

    @display(description=_("list"), ordering="entry__screening_list__name")
    def shown_list(self, hit: ScreeningHit) -> str:
        screening_list = hit.entry.screening_list
        return f"{screening_list.get_name_display()} · {screening_list.version}"

    @display(description=_("aliases"))
    def shown_aliases(self, hit: ScreeningHit) -> str:
        return gettext(", ").join(hit.entry.aliases)

    @display(description=_("entry in the list"))
    def shown_reference(self, hit: ScreeningHit) -> str:
        entry = hit.entry
        parts = (entry.reference, entry.country, entry.source, entry.programs)
        return " · ".join(part for part in parts if part)

    @display(description=_("decisions"))
    def shown_decisions(self, hit: ScreeningHit) -> str:
        """What was decided of these names and this entry, the newest first."""
        decisions = ScreeningDecision.objects.filter(
            name_fingerprint=hit.name_fingerprint, entry_fingerprint=hit.entry.fingerprint
        )
        shown = (
            f"{one.at:%Y-%m-%d} {one.get_decision_display()} (#{one.actor_id}) {one.reason}".strip()
            for one in decisions
        )
        return "\n".join(shown)

    @action(
        description=CLEAR,
        permissions=["decide"],
        dialog=_dialog(
            CLEAR,
            _("The organization may take part. The hit opens again where its names or the entry change."),
            ClearDialog,
        ),
    )
    def clear_this(self, request: HttpRequest, form: ClearDialog, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, HitState.CLEARED, form.cleaned_data["reason"])

    @action(
        description=CONFIRM,
        permissions=["decide"],
        dialog=_dialog(
            CONFIRM, _("The organization stays out. Its page suspends or rejects it."), ConfirmDialog
        ),
    )
    def confirm_this(self, request: HttpRequest, form: ConfirmDialog, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, HitState.CONFIRMED, form.cleaned_data["reason"])

    def _decide(self, request: HttpRequest, object_id: str, decision: HitState, reason: str) -> HttpResponse:
        hit = self.get_object(request, object_id)
        if hit is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            screening.decide(hit, decision, reason=reason, by=curator(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request, gettext("The hit is now: %(state)s.") % {"state": hit.get_state_display()}
            )
        return leave_dialog(request, reverse("admin:alliances_screeninghit_change", args=[object_id]))


@admin.register(ScreeningList)
class ScreeningListAdmin(ReadOnlyAdmin):
    """Which lists there are."""

    list_display = ["name", "version", "dated", "entry_count", "imported_at", "file_name"]
    list_filter = ["name"]
    fields = ["name", "version", "dated", "entry_count", "file_name", "digest", "imported_at"]
