"""Match runs: asked for here, watched here, with what they scored and what they excluded, by cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from alliances.admin.base import curator, report_outcome
from alliances.enums import Country
from matchmaking.admin.release import ReleasePages
from matchmaking.engine.names import CAUSES
from matchmaking.enums import RunStage, RunState
from matchmaking.models import MatchRun, MatchShard, ScoringPolicy
from matchmaking.models.run import MatchRunQuerySet
from matchmaking.selectors.runs import runs_to_retry, with_steps
from matchmaking.services import runs
from matchmaking.wording.breakdown import cause_label

STATE_COLOURS = {
    RunState.QUEUED: "info",
    RunState.RUNNING: "info",
    RunState.COMPLETE: "success",
    RunState.COMPLETE_WITH_ERRORS: "warning",
    RunState.CANCELLED: "warning",
    RunState.FAILED: "danger",
}


class RunRequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a run is asked for; an empty field takes the usual value."""

    policy = forms.ModelChoiceField(
        # What was never published makes no lists but in a preview.
        ScoringPolicy.objects.exclude(activated_at=None),
        label=gettext_lazy("Policy"),
        widget=UnfoldAdminSelectWidget,
    )
    as_of = forms.DateField(
        label=gettext_lazy("As of"),
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text=gettext_lazy("Facts that age are taken as of this date; empty: today."),
        validators=runs.AS_OF_BOUNDS,
    )

    class Meta:
        model = MatchRun
        fields = ["policy", "as_of"]


class ShardInline(TabularInline):
    model = MatchShard
    fields = ["step", "index", "state", "attempt", "seconds", "error"]
    readonly_fields = fields
    ordering = ["id"]
    extra = 0
    hide_title = True
    max_num = 0
    can_delete = False
    tab = True

    def has_change_permission(self, request: HttpRequest, obj: MatchRun | None = None) -> bool:
        return False


class ToRetryFilter(admin.SimpleListFilter):
    """The runs that wait for a person, as the dashboard counts them."""

    title = _("quarantined steps")
    parameter_name = "to_retry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("To be retried"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MatchRun]) -> QuerySet[MatchRun]:
        return queryset.filter(pk__in=runs_to_retry()) if self.value() else queryset


@admin.register(MatchRun)
class MatchRunAdmin(ReleasePages):
    list_display = [
        "__str__",
        "shown_state",
        "progress",
        "policy",
        "as_of",
        "organizations",
        "pairs",
        "amends",
        "requested_at",
    ]
    list_filter = ["state", "policy", ("amends", admin.EmptyFieldListFilter), ToRetryFilter]
    list_select_related = ["policy", "amends"]
    actions = ["cancel", "retry_quarantined", "run_again"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "state",
                    "cause",
                    "progress",
                    "amends",
                    "shown_amendments",
                    "policy",
                    "as_of",
                    "top_k",
                ]
            },
        ),
        (_("Result"), {"fields": ["organizations", "pairs", "shown_counts", "held_back", "shown_exposure"]}),
        (
            _("Times"),
            {
                "fields": [
                    "requested_by",
                    "requested_at",
                    "started_at",
                    "finished_at",
                    "shown_seconds",
                    "shown_stages",
                ]
            },
        ),
    ]
    inlines = [ShardInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MatchRun]:
        runs: MatchRunQuerySet = super().get_queryset(request)
        return with_steps(runs.real())

    # A run is asked for, then watched: the add page is the request, the rest is read-only.

    def get_form(self, request: HttpRequest, obj: MatchRun | None = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = RunRequestForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: MatchRun | None = None) -> Any:
        return self.fieldsets if obj else [(None, {"fields": ["policy", "as_of"]})]

    def get_inlines(self, request: HttpRequest, obj: MatchRun | None) -> Any:
        return self.inlines if obj else []

    def has_change_permission(self, request: HttpRequest, obj: MatchRun | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: MatchRun | None = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Before the transaction of the admin's own saving: the register is read, and its statements embedded,
        # outside of one.
        if request.method == "POST" and self.has_add_permission(request):
            form = self.get_form(request)(request.POST)
            if form.is_valid():
                run = runs.run_request(**form.cleaned_data, by=curator(request))
                self.log_addition(request, run, self.construct_change_message(request, form, [], add=True))
                return self.response_add(request, run)
        return super().add_view(request, form_url, extra_context)

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def shown_state(self, run: MatchRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("progress"))
    def progress(self, run: MatchRun) -> str:
        done, everything = getattr(run, "shards_done", 0), getattr(run, "shards_all", 0)
        lost = getattr(run, "shards_lost", 0)
        sentence = gettext("%(done)d of %(all)d steps")
        if lost:
            sentence = gettext("%(done)d of %(all)d steps, %(lost)d quarantined")
        return sentence % {"done": done, "all": everything, "lost": lost}

    @display(description=_("scoring seconds"))
    def shown_seconds(self, run: MatchRun) -> str:
        return f"{run.scoring_seconds:.2f}"

    @display(description=_("seconds by stage"))
    def shown_stages(self, run: MatchRun) -> str:
        stages = [stage for stage in RunStage if stage in run.stage_seconds]
        lines = [(stage.label, f"{run.stage_seconds[stage]:.2f}") for stage in stages]
        return format_html_join("", "<div>{}: <b>{}</b></div>", lines) or "–"

    @display(description=_("amended"))
    def shown_amendments(self, run: MatchRun) -> str:
        """How often its lists were changed since, and when last."""
        done = run.amendments.filter(state=RunState.COMPLETE).order_by("-pk")
        last = done.first()
        if last is None:
            return "–"
        sentence = ngettext("%(count)d time, last %(at)s", "%(count)d times, last %(at)s", done.count())
        at = date_format(localtime(last.finished_at), "DATETIME_FORMAT")
        return sentence % {"count": done.count(), "at": at}

    @display(description=_("pairs by outcome"))
    def shown_counts(self, run: MatchRun) -> str:
        if not run.counts:
            return "–"
        if run.amends_id:
            lines = [
                (gettext("organizations that changed"), run.counts["changed"]),
                (gettext("lists made anew"), run.counts["lists"]),
            ]
            return format_html_join("", "<div>{}: <b>{}</b></div>", lines)
        excluded: dict[str, int] = run.counts["excluded"]
        lines = [(gettext("scored"), run.counts["scored"])]
        # Every cause, in the order in which it is asked: a zero says that it was asked.
        lines += [(cause_label(cause), excluded[cause]) for cause in CAUSES]
        lines += [(gettext("with a topical tie"), run.counts["tied"])]
        return format_html_join("", "<div>{}: <b>{}</b></div>", lines)

    @display(description=_("exposure in top tens"))
    def shown_exposure(self, run: MatchRun) -> str:
        if not run.exposure:
            return "–"
        sentence = gettext(
            "%(country)s: Gini %(gini)s; the most listed 1 %% hold %(share)s %%; "
            "the most listed stands in %(most)d of %(lists)d."
        )
        lines = [
            sentence
            % {
                "country": Country(country).label,
                "gini": f"{side['gini']:.3f}",
                "share": f"{100 * side['top_share']:.1f}",
                "most": side["most_entries"],
                "lists": side["lists"],
            }
            for country, side in run.exposure.items()
        ]
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))

    @admin.action(description=_("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[MatchRun]) -> None:
        self._each(request, queryset, runs.run_cancel)

    @admin.action(description=_("Retry quarantined steps"), permissions=["change"])
    def retry_quarantined(self, request: HttpRequest, queryset: QuerySet[MatchRun]) -> None:
        self._each(request, queryset, runs.run_retry)

    def _each(self, request: HttpRequest, queryset: QuerySet[MatchRun], act: Callable[..., None]) -> None:
        skipped = []
        for run in queryset:
            try:
                act(run, by=curator(request))
            except ValidationError as error:
                skipped += error.messages
        report_outcome(request, len(queryset) - len(skipped), skipped)

    @admin.action(description=_("Run again with the same policy, as of today"), permissions=["change"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[MatchRun]) -> None:
        for run in queryset:
            runs.run_request(policy=run.policy, top_k=run.top_k, by=curator(request))
        report_outcome(request, len(queryset), [])
