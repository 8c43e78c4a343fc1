"""The page of a review: an organization beside its evidence, and the decision on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from alliances.admin.base import curator
from alliances.admin.contacts import ContactPages
from alliances.admin.dossier import column_label, dossier, page_of, shown_value
from alliances.enums import Kind, MembershipState, OrganizationState, ReadyReason
from alliances.models import Assessment, Organization
from alliances.models.account import address_end, named
from alliances.models.assessment import CRITERIA, HIGHEST_SCORE, NOTE_LENGTH, PUBLISHES_FROM
from alliances.services import merging, review

REVIEW = gettext_lazy("Review")
# By the value of the button that decides so.
WORDS: Mapping[str, Any] = {
    "approve": gettext_lazy("Approve"),
    "request_changes": gettext_lazy("Request changes"),
    "put_on_hold": gettext_lazy("Put on hold"),
    "reject": gettext_lazy("Reject"),
}
# In these a reviewer is expected to decide.
WAITING = (OrganizationState.SUBMITTED, OrganizationState.CHANGES_REQUESTED, OrganizationState.ON_HOLD)


def _criterion(name: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=column_label(Assessment, name),
        help_text=getattr(Assessment._meta.get_field(name), "help_text", ""),
        choices=[(score, str(score)) for score in range(HIGHEST_SCORE + 1)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class DecisionForm(forms.Form):
    """The rubric, the words that the organization reads, and which way it goes."""

    reasons = forms.MultipleChoiceField(
        label=gettext_lazy("Reasons"),
        help_text=gettext_lazy("Each person reads them in their own language, by email and in the portal."),
        choices=ReadyReason.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=gettext_lazy("In your own words"),
        help_text=gettext_lazy("The organization reads it as you write it."),
        required=False,
        max_length=review.REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For staff only; kept with the scores."),
        required=False,
        max_length=NOTE_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    decision = forms.ChoiceField(
        choices=list(WORDS.items()),
        error_messages={"required": gettext_lazy("Choose a decision.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Made here, for their words to be in the reader's language.
        self.fields = {**{name: _criterion(name) for name in CRITERIA}, **self.fields}

    @property
    def criteria(self) -> list[forms.BoundField]:
        return [self[name] for name in CRITERIA]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        unscored = [name for name in CRITERIA if cleaned.get(name) is None and name not in self.errors]
        if len(unscored) < len(CRITERIA):
            for name in unscored:
                self.add_error(name, gettext("Score this criterion too, or none of them."))
        return cleaned

    @property
    def rubric(self) -> review.Rubric | None:
        scores = [self.cleaned_data[name] for name in CRITERIA]
        return None if None in scores else review.Rubric(*scores)


def plan_rows(plan: merging.Plan) -> list[tuple[str, list[str]]]:
    """What a merge would do, part by part; a part in which it does nothing is left out."""
    rows = [
        (
            gettext("People who join the team, or get a higher role"),
            [f"{named(one.user)} · {one.role.label}" for one in plan.people],
        ),
        (gettext("Names that become aliases"), plan.aliases),
        (gettext("Needs"), [row.topic.name for row in plan.needs]),
        (gettext("Offers"), [row.topic.name for row in plan.offers]),
        (
            gettext("Statements of topics that both state"),
            [f"{row.topic.name} · {statement}" for row, statement in plan.statements],
        ),
        (gettext("Patron agencies"), [one.name for one in plan.patrons]),
        (
            gettext("Alliance memberships"),
            [
                f"{row.member.name} → {row.alliance.name} · {state.label}"
                for row, state in [
                    *((row, MembershipState(row.state)) for row in plan.memberships),
                    *((row, MembershipState.CONFIRMED) for row in plan.confirmed),
                ]
            ],
        ),
        (gettext("References"), [row.title for row in plan.references]),
        (
            gettext("Registration and set-up"),
            [
                f"{column_label(one.model, one.column)} · {shown_value(one.column, one.value, one.model)}"
                for one in plan.details
            ],
        ),
        (gettext("Invitations under way"), [address_end(row.email) for row in plan.invitations]),
        (gettext("Requests to join under way"), [named(row.user) for row in plan.claims]),
    ]
    return [(label, found) for label, found in rows if found]


class ReviewPages(ContactPages):
    """The page of a review, the ways to it, from an organization's page and from the list, and merging."""

    kind: Kind

    def get_urls(self) -> list[URLPattern]:
        name = f"alliances_{self.opts.model_name}_review"
        view = self.admin_site.admin_view(self.review_view)
        merge = self.admin_site.admin_view(self.merge_view)
        return [
            path("<int:object_id>/review/", view, name=name),
            path("<int:object_id>/merge/<int:kept_id>/", merge, name=name.replace("_review", "_merge")),
            *super().get_urls(),
        ]

    @action(description=REVIEW, permissions=["view"], url_path="to-review", icon="rate_review")
    def review_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(page_of(found))

    @display(description=REVIEW)
    def shown_review(self, organization: Organization) -> str:
        if organization.state not in WAITING:
            return "–"
        # Said in full for whoever hears the links of the list without their rows.
        return format_html(
            '<a class="text-link underline" href="{}" aria-label="{}">{}</a>',
            page_of(organization),
            gettext("Review %(name)s") % {"name": organization.name},
            REVIEW,
        )

    def review_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).filter(pk=object_id).first()
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        organization = Organization.objects.select_related("merged_into").get(pk=found.pk)
        if request.method != "POST":
            return self._review_page(request, organization, DecisionForm(), 200)
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = DecisionForm(request.POST)
        if not (form.is_valid() and self._decide(request, organization, form)):
            return self._review_page(request, organization, form, 400)
        said = gettext("%(name)s is now: %(state)s.")
        state = organization.get_state_display()
        messages.success(request, said % {"name": organization.name, "state": state})
        waiting = reverse(f"admin:alliances_{self.opts.model_name}_changelist")
        return redirect(f"{waiting}?state__exact={OrganizationState.SUBMITTED}")

    def merge_view(self, request: HttpRequest, object_id: int, kept_id: int) -> HttpResponse:
        """What merging this organization into the other would do, and on POST doing it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        dropped = Organization.objects.filter(pk=object_id, kind=self.kind).first()
        kept = Organization.objects.filter(pk=kept_id).first()
        if dropped is None or kept is None:
            missing = object_id if dropped is None else kept_id
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(missing))
        problem = merging.merge_problem(kept, dropped)
        if request.method == "POST" and not problem:
            try:
                merging.merge(kept, dropped, actor=curator(request))
            except (ValidationError, review.TransitionError) as error:
                problem = " ".join(getattr(error, "messages", [str(error)]))
            else:
                said = gettext("'%(dropped)s' is merged into '%(kept)s'.")
                messages.success(request, said % {"dropped": dropped.name, "kept": kept.name})
                return redirect(page_of(kept))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Merge"),
            "opts": self.opts,
            "kept": kept,
            "dropped": dropped,
            "back": page_of(dropped),
            "problem": problem,
            "plan": None if problem else plan_rows(merging.merge_plan(kept, dropped)),
        }
        status = 400 if problem and request.method == "POST" else 200
        return TemplateResponse(request, "admin/alliances/merge.html", context, status=status)

    def _decide(self, request: HttpRequest, organization: Organization, form: DecisionForm) -> bool:
        """Whether it was decided; else the form says why not."""
        move = review.DECISIONS[form.cleaned_data["decision"]]
        words = {name: form.cleaned_data[name] for name in ("reason", "reasons", "note")}
        try:
            review.decide(organization, move, actor=curator(request), rubric=form.rubric, **words)
        except review.TransitionError as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.add_error(None, error)
        return not form.errors

    def _review_page(
        self, request: HttpRequest, organization: Organization, form: DecisionForm, status: int
    ) -> HttpResponse:
        may_decide = self.has_change_permission(request)
        possible = {
            name: words
            for name, words in WORDS.items()
            if organization.state in review.DECISIONS[name].sources
        }
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Review"),
            "opts": self.opts,
            "dossier": dossier(organization),
            "profile": page_of(organization, "change"),
            "form": form,
            "possible": possible if may_decide else {},
            "may_see_contacts": self.has_contacts_permission(request),
            "may_merge": may_decide and organization.state in review.WITHDRAW.sources,
            "publishes_from": PUBLISHES_FROM,
        }
        return TemplateResponse(request, "admin/alliances/review.html", context, status=status)
