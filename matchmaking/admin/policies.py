"""Scoring policies at the desk: a version is written in a form, compared with the one in force, published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from alliances.admin.base import curator
from alliances.admin.importing import attachment, record_export
from alliances.importing import FileFormat, table_file
from alliances.models import User
from alliances.proof import is_proven, proof_page
from matchmaking.admin.policy_previews import PREVIEW_COLUMNS, preview_rows, preview_tables
from matchmaking.engine.names import CRITERIA, KINDS
from matchmaking.enums import OPEN_RUN_STATES, PolicyState, RunState
from matchmaking.models import ScoringPolicy
from matchmaking.selectors.runs import fresh_preview, last_preview, progress
from matchmaking.services import policies, policy_previews, runs
from matchmaking.wording import policy as wording
from matchmaking.wording.breakdown import criterion_label

LOOK_AGAIN_SECONDS = 3
NAME = ScoringPolicy._meta.get_field("name")


def _weight(kind: str, criterion: str) -> str:
    return f"weights.{kind}.{criterion}"


class PolicyForm(forms.Form):
    """A version of a policy: a field for each number and word of the rules, under its path."""

    name = forms.SlugField(
        label=_("Name"),
        max_length=NAME.max_length,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The version is numbered by itself; another name begins a policy of its own."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("What this version is meant to change, for whoever reads it later."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for one in policies.rule_fields():
            self.fields[one.path] = _rule_field(one)

    def rules(self) -> dict[str, Any]:
        """The rules that the form holds, once it is valid."""
        paths = [one.path for one in policies.rule_fields()]
        return policies.nested_rules({path: self.cleaned_data[path] for path in paths})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for path, sentence in policies.rules_problems(self.rules()).items():
                self.add_error(next(name for name in self.fields if name.startswith(path)), sentence)
        return cleaned

    def weights(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The table of weights: each criterion with its fields, one a kind of seeker."""
        return [
            (criterion_label(criterion), [self[_weight(kind, criterion)] for kind in KINDS])
            for criterion in CRITERIA
        ]

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """All other fields by what they are about."""
        return [(str(title), [self[path] for path in paths]) for title, paths in wording.GROUPS]


class PublishForm(forms.Form):
    """When a version comes into force, and why without a preview where there is none."""

    reason = forms.CharField(
        label=_("Reason for publishing without a preview"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    at = forms.DateTimeField(
        label=_("Comes into force at (UTC)"),
        required=False,
        help_text=_(
            "Empty: at once. Else written like 2026-12-01 01:30; the night’s run begins at 02:00 UTC."
        ),
        error_messages={"invalid": _("Write the time like 2026-12-01 01:30, or leave it empty.")},
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )


def _publish(policy: ScoringPolicy, *, by: User, reason: str, at: datetime | None) -> None:
    if at is None:
        policies.policy_publish(policy, reason=reason, by=by)
    else:
        policies.policy_schedule(policy, at, reason=reason, by=by)


@dataclass(frozen=True)
class Act:
    """What is done to a version at the desk: what is asked for it, and who does it."""

    form: type[forms.Form]
    service: Callable[..., None]


ACTS = {
    "publish": Act(PublishForm, _publish),
    "unschedule": Act(forms.Form, policies.policy_unschedule),
    "roll-back": Act(forms.Form, policies.policy_roll_back),
}
STATE_COLOURS = {
    PolicyState.IN_FORCE: "success",
    PolicyState.SCHEDULED: "info",
    PolicyState.WAS_IN_FORCE: "warning",
    PolicyState.DRAFT: "info",
}


def state_of(policy: ScoringPolicy) -> tuple[str, str]:
    """Where a version stands, as a key and in words."""
    if policy.state == PolicyState.SCHEDULED and policy.scheduled_for:
        at = f"{policy.scheduled_for.astimezone(UTC):%Y-%m-%d %H:%M}"
        return policy.state, gettext("In force from %(at)s UTC") % {"at": at}
    return policy.state, str(policy.state.label)


def _rule_field(one: policies.RuleField) -> forms.Field:
    is_weight = one.path.startswith("weights.")
    label = wording.rule_label(one.path)
    explained = "" if is_weight else wording.RULES[one.path][1]
    if one.words:
        choices = [(word, wording.CHOICES[one.path][word]) for word in one.words]
        return forms.ChoiceField(
            label=label, choices=choices, help_text=explained, widget=UnfoldAdminSelectWidget
        )

    def check(value: float) -> None:
        if problem := one.problem(value):
            raise ValidationError(problem)

    kind = forms.IntegerField if one.range and one.range.whole else forms.FloatField
    attributes = {"inputmode": "decimal", "autocomplete": "off"}
    return kind(
        label=label,
        help_text=explained and gettext("%(help)s %(remedy)s") % {"help": explained, "remedy": one.remedy},
        validators=[check],
        error_messages={"invalid": one.remedy, "required": one.remedy},
        widget=UnfoldAdminTextInputWidget(
            {**attributes, "class": "policy__weight", "aria-label": label} if is_weight else attributes
        ),
    )


def _shown(value: object) -> object:
    """A whole number without a point; whatever else as it is, exact."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@admin.register(ScoringPolicy)
class ScoringPolicyAdmin(ModelAdmin):
    """Versions are added, never edited: what a run used must stay readable as it was."""

    list_display = ["__str__", "shown_state", "activated_at", "used_at", "created_at", "created_by", "note"]
    list_select_related = ["created_by"]
    list_filter = ["name", "is_active"]

    @display(description=_("state"), label=STATE_COLOURS)
    def shown_state(self, policy: ScoringPolicy) -> tuple[str, str]:
        return state_of(policy)

    def has_delete_permission(self, request: HttpRequest, obj: ScoringPolicy | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            view = self.admin_site.admin_view(view)
            return path(f"<path:object_id>/{route}", view, name=f"matchmaking_scoringpolicy_{name}")

        return [
            *(page(f"{word}/", partial(self.act_view, act=act), word) for word, act in ACTS.items()),
            page("preview/", self.preview_view, "preview"),
            page("preview.csv", self.preview_file_view, "preview_file"),
            *super().get_urls(),
        ]

    # --- A new version ---------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        begun_from = self._begun_from(request)
        if request.method != "POST":
            name, rules = policies.rules_in_force()
            if begun_from is not None:
                name, rules = begun_from.name, policies.rules_of(begun_from)
            flat = policies.flat_rules(rules.to_dict())
            initial = {"name": name} | {path: _shown(value) for path, value in flat.items()}
            return self._form_page(request, PolicyForm(initial=initial), begun_from)
        form = PolicyForm(request.POST)
        if not form.is_valid():
            return self._form_page(request, form, begun_from)
        made = policies.policy_new_version(
            form.cleaned_data["name"], form.rules(), note=form.cleaned_data["note"], by=curator(request)
        )
        self.log_addition(request, made, [{"added": {}}])
        messages.success(
            request,
            gettext("%(policy)s is kept. It weighs no run before it is published.") % {"policy": made},
        )
        return redirect("admin:matchmaking_scoringpolicy_change", made.pk)

    def _begun_from(self, request: HttpRequest) -> ScoringPolicy | None:
        return self.get_object(request, request.GET.get("from", ""))

    def _form_page(
        self, request: HttpRequest, form: PolicyForm, begun_from: ScoringPolicy | None
    ) -> HttpResponse:
        context = {
            "form": form,
            "begun_from": begun_from or ScoringPolicy.objects.filter(is_active=True).first(),
            "kinds": [wording.KINDS[kind] for kind in KINDS],
        }
        return self._page(request, "policy_form", gettext("New version of a scoring policy"), context)

    # --- A preview -------------------------------------------------------------------------------

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a preview or cancel it, or show the last one: how far it is, then what it found."""
        policy = self._viewed(request, object_id)
        if policy is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        run = last_preview(policy)
        if request.method == "POST":
            self._check_may_change(request)
            if "cancel" not in request.POST:
                self._attempt(request, policy_previews.preview_request, policy, by=curator(request))
            elif run and request.POST["cancel"] == str(run.pk):
                self._attempt(request, runs.run_cancel, run, by=curator(request))
            return redirect("admin:matchmaking_scoringpolicy_preview", policy.pk)
        context = {
            "policy": policy,
            "object": policy,
            "run": run,
            "is_open": run is not None and run.state in OPEN_RUN_STATES,
            "progress": progress(run.pk) if run else None,
            "may_change": self.has_change_permission(request),
        }
        if run is not None and run.state == RunState.COMPLETE and run.pairs:
            context |= preview_tables(run) | {"stale": run.beside is not None and not run.beside.is_active}
        title = gettext("Preview of %(policy)s") % {"policy": policy}
        headers = {"Refresh": str(LOOK_AGAIN_SECONDS)} if context["is_open"] else {}
        return self._page(request, "policy_preview", title, context, headers=headers)

    def preview_file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Every organization's change as a file, for staff who have just proved who they are; on record."""
        policy = self._viewed(request, object_id)
        run = last_preview(policy) if policy else None
        if policy is None or run is None or not run.preview.summary:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not is_proven(request):
            return redirect(proof_page(curator(request), request.get_full_path()))
        rows = list(preview_rows(run))
        name = f"preview-{policy.name}-v{policy.version}-run-{run.pk}"
        record_export(request, name, FileFormat.CSV, len(rows))
        content = table_file(rows, PREVIEW_COLUMNS, FileFormat.CSV, gettext("Preview"))
        return attachment(content, name, FileFormat.CSV)

    def _viewed(self, request: HttpRequest, object_id: str) -> ScoringPolicy | None:
        policy = self.get_object(request, object_id)
        if not self.has_view_permission(request, policy):
            raise PermissionDenied
        return policy

    def _check_may_change(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    def _attempt(
        self, request: HttpRequest, service: Callable[..., object], *given: Any, **named: Any
    ) -> bool:
        """Whether the service did it; where it refuses, its words are shown."""
        try:
            service(*given, **named)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return False
        return True

    # --- A version -------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        policy = self._viewed(request, object_id)
        if policy is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._version_page(request, policy, PublishForm())

    def act_view(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        """Publish, schedule, take from the schedule or put in force again; then the version's page."""
        policy = self._viewed(request, object_id)
        if policy is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        address = redirect("admin:matchmaking_scoringpolicy_change", policy.pk)
        if request.method != "POST":
            return address
        self._check_may_change(request)
        form = act.form(request.POST)
        if form.is_valid():
            try:
                act.service(policy, by=curator(request), **form.cleaned_data)
            except ValidationError as error:
                if not hasattr(error, "error_dict"):
                    messages.error(request, " ".join(error.messages))
                    return address
                form.add_error(None, error)
            else:
                said = gettext("%(policy)s: %(state)s.") % {"policy": policy, "state": state_of(policy)[1]}
                messages.success(request, said)
                return address
        return self._version_page(request, policy, form)

    def _version_page(self, request: HttpRequest, policy: ScoringPolicy, form: forms.Form) -> HttpResponse:
        active = ScoringPolicy.objects.filter(is_active=True).first()
        differences = policies.rules_differences(active.rules, policy.rules) if active else []
        context = {
            "policy": policy,
            "object": policy,
            "state": state_of(policy)[1],
            "active": active,
            "before": policies.version_before() if policy.is_active else None,
            "differences": [
                (wording.rule_label(path), wording.rule_value(path, old), wording.rule_value(path, new))
                for path, old, new in differences
            ],
            **_all_rules(policy),
            "preview": last_preview(policy),
            "fresh": fresh_preview(policy),
            "form": form,
            "may_add": self.has_add_permission(request),
            "may_change": self.has_change_permission(request),
        }
        return self._page(request, "policy_version", str(policy), context)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any], **options: Any
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/matchmaking/{name}.html", context, **options)


def _all_rules(policy: ScoringPolicy) -> dict[str, Any]:
    """Every number and word of a version, for its page."""
    flat = policies.flat_rules(policy.rules)

    def value(path: str) -> str:
        return wording.rule_value(path, flat[path])

    return {
        "kinds": [wording.KINDS[kind] for kind in KINDS],
        "weights": [
            (criterion_label(criterion), [value(_weight(kind, criterion)) for kind in KINDS])
            for criterion in CRITERIA
        ],
        "groups": [
            (title, [(wording.rule_label(path), value(path)) for path in paths])
            for title, paths in wording.GROUPS
        ],
    }
