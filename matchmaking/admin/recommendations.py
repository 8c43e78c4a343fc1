"""Recommendations: what goes out, what is held, and which pairs are never to be made."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from alliances.admin.base import ReadOnlyAdmin, curator, report_outcome
from alliances.admin.importing import record_export
from alliances.proof import is_proven, proof_page
from matchmaking.admin.analytics import AnalyticsPages
from matchmaking.enums import RecommendationState
from matchmaking.models import CurationNote, Exclusion, Pin, Recommendation
from matchmaking.selectors.interests import silent_interests
from matchmaking.services import curation, interests, recommendations
from matchmaking.services.why import why_them
from matchmaking.wording.breakdown import criterion_label
from matchmaking.wording.reasons import reason_sentence, topic_names
from matchmaking.wording.why import sections, title_of, verdict_line

STATE_COLOURS = {
    RecommendationState.PROPOSED: "info",
    RecommendationState.HELD: "warning",
    RecommendationState.RELEASED: "success",
    RecommendationState.EXPIRED: "danger",
}

WHY = _("Why them?")
# As the theme's own links look.
LINK = "text-primary-600 dark:text-primary-500 whitespace-nowrap"


class ReasonedActionForm(ActionForm):
    """Bulk actions with the reason that an exclusion needs."""

    reason = forms.CharField(
        label="",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget({"placeholder": _("Reason (for an exclusion)")}),
    )


class SilentFilter(admin.SimpleListFilter):
    """The recommendations on which the other side's interest waits too long, as the dashboard counts them."""

    title = _("interest of the other side")
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Not answered in time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> QuerySet[Recommendation]:
        return queryset.filter(pk__in=silent_interests().values("pk")) if self.value() else queryset


@admin.register(Recommendation)
class RecommendationAdmin(AnalyticsPages):
    list_display = [
        "seeker",
        "candidate",
        "kind",
        "rank",
        "shown_score",
        "shown_state",
        "run",
        "proposed_at",
        "shown_why",
    ]
    list_filter = ["state", SilentFilter, "kind", "seeker__country", "seeker__kind", "run"]
    list_select_related = ["seeker", "candidate", "run"]
    search_fields = ["seeker__code", "seeker__name_en", "seeker__name_zh", "candidate__code"]
    list_per_page = 50
    show_full_result_count = False
    action_form = ReasonedActionForm
    actions = ["hold", "release", "close_interest", "never_pair"]
    actions_detail = ["why"]
    fields = [
        "seeker",
        "candidate",
        "kind",
        "rank",
        "shown_score",
        "state",
        "run",
        "proposed_at",
        "released_at",
        "staff_notes",
        "reasons_for_seeker",
        "reasons_for_candidate",
        "criteria",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Recommendation | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Recommendation | None = None) -> bool:
        return False

    @display(description=_("score"), ordering="score")
    def shown_score(self, recommendation: Recommendation) -> str:
        return f"{100 * recommendation.score:.1f}"

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def shown_state(self, recommendation: Recommendation) -> tuple[str, str]:
        return recommendation.state, recommendation.get_state_display()

    @display(description=_("record"))
    def shown_why(self, recommendation: Recommendation) -> str:
        address = reverse("admin:matchmaking_recommendation_why", args=[recommendation.pk])
        return format_html('<a class="{}" href="{}">{}</a>', LINK, address, WHY)

    @action(description=WHY, url_path="why", permissions=["view"])
    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All that is known of how it came about: as a page, or with `?format=json` as a file.

        The file is for who has just proved who they are, and on record.
        """
        one = self.get_object(request, object_id)
        if one is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        as_file = request.GET.get("format") == "json"
        if as_file and not is_proven(request):
            return redirect(proof_page(curator(request), request.get_full_path()))
        content = why_them(one, by=curator(request))
        if as_file:
            record_export(request, f"recommendation-{one.pk}", "json", 1)
            return HttpResponse(
                json.dumps(content, allow_nan=False, ensure_ascii=False, indent=1),
                content_type="application/json",
                headers={
                    "Content-Disposition": f'attachment; filename="recommendation-{one.pk}.json"',
                    "Cache-Control": "no-store",
                },
            )
        context = {
            **self.admin_site.each_context(request),
            "title": title_of(content),
            "recommendation": one,
            "error": "" if content["replay"]["identical"] else verdict_line(content),
            "sections": sections(content),
        }
        return TemplateResponse(request, "admin/matchmaking/why.html", context)

    @display(description=_("staff notes"))
    def staff_notes(self, recommendation: Recommendation) -> str:
        """All of them on the two, whichever run's, newest first."""
        notes = CurationNote.objects.filter(
            recommendation__seeker=recommendation.seeker_id, recommendation__pair=recommendation.pair_id
        ).select_related("author")
        lines = ((f"{note.written_at:%Y-%m-%d}", note.author or "", note.text) for note in notes)
        return format_html_join("", "<div>{} {} <b>{}</b></div>", lines)

    @display(description=_("why, for the seeker"))
    def reasons_for_seeker(self, recommendation: Recommendation) -> str:
        return self._reasons(recommendation, "seeker")

    @display(description=_("why, for the candidate"))
    def reasons_for_candidate(self, recommendation: Recommendation) -> str:
        return self._reasons(recommendation, "candidate")

    def _reasons(self, recommendation: Recommendation, side: str) -> str:
        topics = topic_names()
        reasons = recommendation.breakdown[side]["reasons"]
        return format_html_join("", "<div>{}</div>", ((reason_sentence(one, topics),) for one in reasons))

    @display(description=_("criteria: value and share, for the seeker"))
    def criteria(self, recommendation: Recommendation) -> str:
        side = recommendation.breakdown["seeker"]
        lines = [(gettext("base"), "", f"{side['base']:.4f}")]
        lines += [
            (
                criterion_label(line["criterion"]),
                f"{line['value']:.3f}" if line["known"] else gettext("not stated"),
                f"{line['share']:.4f}" if line["known"] else "",
            )
            for line in side["criteria"]
        ]
        return format_html_join("", "<div>{}: {} <b>{}</b></div>", lines)

    @admin.action(description=_("Hold: not to be sent for now"), permissions=["change"])
    def hold(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        report_outcome(request, *recommendations.recommendations_hold(queryset, by=curator(request)))

    @admin.action(description=_("Release: to the next digest"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        # Somebody held them for a reason: they are let out from the list of what is held, not along with
        # others, nor where the list was loaded before.
        held = queryset.filter(state=RecommendationState.HELD)
        left = 0 if request.GET.get("state__exact") == RecommendationState.HELD else held.count()
        chosen = queryset.exclude(state=RecommendationState.HELD) if left else queryset
        outcome = recommendations.recommendations_release(
            chosen.select_related(None).only("state"), by=curator(request)
        )
        still_held = [gettext("It is held: narrow the list to what is held to release it.")] * left
        report_outcome(request, outcome.done, [*outcome.skipped, *still_held])

    @admin.action(description=_("Close the interest: the other side does not answer"), permissions=["change"])
    def close_interest(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        chosen = queryset.select_related("pair")
        report_outcome(request, *interests.interests_close(chosen, by=curator(request)))

    @admin.action(description=_("Exclude: never pair these two again"), permissions=["change"])
    def never_pair(self, request: HttpRequest, queryset: QuerySet[Recommendation]) -> None:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            messages.error(request, gettext("Give the reason for the exclusion beside the action."))
            return
        report_outcome(
            request, *recommendations.recommendations_exclude(queryset, reason=reason, by=curator(request))
        )


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin):
    """What is pinned, also of organizations on no desk now. Pinned is on a run's release desk."""

    list_display = ["seeker", "candidate", "reason", "created_by", "created_at"]
    list_select_related = ["seeker", "candidate", "created_by"]
    search_fields = ["seeker__code", "candidate__code", "reason"]
    actions = ["unpin"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("matchmaking.change_recommendation")

    @admin.action(description=_("Unpin"), permissions=["decide"])
    def unpin(self, request: HttpRequest, queryset: QuerySet[Pin]) -> None:
        report_outcome(request, *curation.pins_remove(queryset, by=curator(request)))


@admin.register(Exclusion)
class ExclusionAdmin(ReadOnlyAdmin):
    list_display = ["first", "second", "reason", "created_by", "created_at"]
    list_select_related = ["pair__low", "pair__high", "created_by"]
    search_fields = ["pair__low__code", "pair__high__code", "reason"]

    @display(description=_("first"))
    def first(self, exclusion: Exclusion) -> str:
        return str(exclusion.pair.low)

    @display(description=_("second"))
    def second(self, exclusion: Exclusion) -> str:
        return str(exclusion.pair.high)
