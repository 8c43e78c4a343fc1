"""The work queue: all that waits for a person at the desk, oldest first, on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise
from unfold.admin import ModelAdmin

from alliances.admin.base import curator, is_number, report_outcome
from alliances.models import Alliance, City, Firm, Organization, ScreeningHit, TeamClaim, User
from alliances.models.account import address_end, masked, named
from matchmaking.enums import WorkKind
from matchmaking.models import MatchRun, OutboxEmail, Recommendation, WorkItem
from matchmaking.selectors.work import ENDED_BY_HAND, Whose, Work, queue, work_counts, work_of
from matchmaking.services import work

PAGE_SIZE = 50
# A snooze ends when the day's work begins.
MORNING = time(8)

# Whoever may view these rows sees the work on them.
ORGANIZATIONS = (City, Firm, Alliance)
MODELS: Mapping[WorkKind, Sequence[type[Model]]] = {
    WorkKind.SUBMISSION: ORGANIZATIONS,
    WorkKind.CLAIM: (TeamClaim,),
    WorkKind.SCREENING_HIT: (ScreeningHit,),
    WorkKind.HELD: (Recommendation,),
    WorkKind.SILENT_INTEREST: (Recommendation,),
    WorkKind.MAIL: (OutboxEmail,),
    WorkKind.RUN: (MatchRun,),
    WorkKind.EXPIRING_PROFILE: ORGANIZATIONS,
}
PLURALS: Mapping[WorkKind, StrOrPromise] = {
    WorkKind.SUBMISSION: gettext_lazy("Organizations to review"),
    WorkKind.CLAIM: gettext_lazy("Requests to join teams"),
    WorkKind.SCREENING_HIT: gettext_lazy("Screening hits"),
    WorkKind.HELD: gettext_lazy("Held recommendations"),
    WorkKind.SILENT_INTEREST: gettext_lazy("Interests that nobody answered in time"),
    WorkKind.MAIL: gettext_lazy("Mail that failed or is uncertain"),
    WorkKind.RUN: gettext_lazy("Runs with quarantined steps"),
    WorkKind.EXPIRING_PROFILE: gettext_lazy("Profiles that expire"),
}
REMEDIES: Mapping[WorkKind, StrOrPromise] = {
    WorkKind.SUBMISSION: gettext_lazy("Approve, ask for changes, put on hold or reject."),
    WorkKind.CLAIM: gettext_lazy("Make sure that the person works there; then let them in or refuse."),
    WorkKind.SCREENING_HIT: gettext_lazy(
        "Compare the organization with the entry: it is another party, or the listed one."
    ),
    WorkKind.HELD: gettext_lazy("Release them once the reason is gone."),
    WorkKind.SILENT_INTEREST: gettext_lazy(
        "Ask the silent side on the other’s behalf; in the end they close by themselves."
    ),
    WorkKind.MAIL: gettext_lazy("The server’s answer says what to mend; what is uncertain may have arrived."),
    WorkKind.RUN: gettext_lazy("The run’s page says why they failed; then retry them."),
    WorkKind.EXPIRING_PROFILE: gettext_lazy(
        "Nobody has confirmed them for a year, nearly: ask whether they still hold."
    ),
}


def seen_kinds(user: Any) -> list[WorkKind]:
    """The kinds of work whose rows this person may view; of organizations those who may view every kind."""
    return [kind for kind, models in MODELS.items() if all(may_view(user, model) for model in models)]


def may_view(user: Any, model: type[Model]) -> bool:
    options = model._meta
    return bool(user.has_perm(f"{options.app_label}.view_{options.model_name}"))


def queue_address(**asked: str) -> str:
    """The queue narrowed to what is asked for."""
    address = reverse("admin:matchmaking_workitem_changelist")
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{address}?{query}" if query else address


@dataclass(frozen=True)
class Asked:
    """What of the queue the address asks for. What is not known there is not asked for."""

    kind: str
    whose: Whose
    snoozed: bool
    page: str

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        kind, whose = query.get("kind", ""), query.get("whose", "")
        return cls(
            kind if kind in WorkKind else "",
            Whose(whose) if whose in list(Whose) else Whose.ANYBODY,
            query.get("snoozed") == "1",
            query.get("page", ""),
        )

    def address(self, **changes: str) -> str:
        stated = {"kind": self.kind, "whose": self.whose.value, "snoozed": "1" if self.snoozed else ""}
        return queue_address(**{**stated, **changes})


@dataclass(frozen=True)
class Link:
    """A way to narrow the queue, and how much is there."""

    label: StrOrPromise
    url: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True)
class Row:
    """A piece of work in words, with the page where it is done."""

    work: Work
    title: str
    detail: str
    url: str


class WorkForm(forms.Form):
    """What is to be noted, on what."""

    item = forms.MultipleChoiceField(required=True)
    to = forms.ModelChoiceField(User.objects.filter(is_active=True, is_staff=True), required=False)
    until = forms.DateField(required=False)

    def __init__(self, stated: QueryDict) -> None:
        super().__init__(stated)
        self.fields["item"].choices = [(key, key) for key in stated.getlist("item")]  # type: ignore[attr-defined]
        self.fields["item"].error_messages["required"] = _("Tick what you mean first.")
        self.fields["to"].error_messages["invalid_choice"] = _("Choose somebody who works at the desk.")
        self.fields["until"].error_messages["invalid"] = _("Enter a day as YYYY-MM-DD.")

    def clean_item(self) -> list[work.Subject]:
        subjects = []
        for key in self.cleaned_data["item"]:
            kind, _colon, number = key.partition(":")
            if kind not in WorkKind or not is_number(number):
                raise forms.ValidationError(_("“%(value)s” is no work of this queue.") % {"value": key})
            subjects.append((WorkKind(kind), int(number)))
        return subjects


@admin.register(WorkItem)
class WorkQueueAdmin(ModelAdmin):
    """The queue in the place of the list of notes: notes are made here and nowhere else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WorkItem | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: WorkItem | None = None) -> bool:
        # A note has no page of its own.
        return obj is None and super().has_view_permission(request, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> None:
        return None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        kinds, asked = seen_kinds(request.user), Asked.of(request.GET)
        if request.method == "POST":
            return self._note(request, kinds, asked)
        return self._queue(request, kinds, asked)

    def _queue(
        self, request: HttpRequest, kinds: Sequence[WorkKind], asked: Asked, *, status: int = 200
    ) -> HttpResponse:
        """The queue; where a note was refused, with what was ticked and chosen."""
        user = curator(request)
        counts = work_counts(kinds, user, whose=asked.whose, snoozed=asked.snoozed)
        chosen = [kind for kind in kinds if asked.kind in ("", kind)]
        page = _page(chosen, user, asked, sum(counts[kind] for kind in chosen))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Work queue"),
            "asked": asked,
            "kinds": [
                Link(_("Everything"), asked.address(kind=""), not asked.kind, sum(counts.values())),
                *(
                    Link(PLURALS[kind], asked.address(kind=kind), asked.kind == kind, number)
                    for kind, number in counts.items()
                    if number or asked.kind == kind
                ),
            ],
            "views": [
                Link(_("All"), asked.address(whose=""), asked.whose == Whose.ANYBODY),
                Link(_("Mine"), asked.address(whose=Whose.MINE.value), asked.whose == Whose.MINE),
                Link(_("Unassigned"), asked.address(whose=Whose.NOBODY.value), asked.whose == Whose.NOBODY),
            ],
            "snoozed": Link(
                _("Back to what is not snoozed") if asked.snoozed else _("Snoozed"),
                asked.address(snoozed="" if asked.snoozed else "1"),
                chosen=False,
            ),
            "rows": [_row(one) for one in work_of(page)],
            "remedy": REMEDIES[WorkKind(asked.kind)] if asked.kind else "",
            "page": page,
            "previous": asked.address(page=str(page.number - 1)) if page.has_previous() else "",
            "next": asked.address(page=str(page.number + 1)) if page.has_next() else "",
            "may_note": self.has_change_permission(request),
            "ticked": set(request.POST.getlist("item")),
            "may_end": not asked.snoozed and any(kind in ENDED_BY_HAND for kind in chosen),
            "staff": User.objects.filter(is_active=True, is_staff=True).order_by("name", "email"),
            "tomorrow": timezone.localdate() + timedelta(days=1),
            "last_day": timezone.localdate() + work.LONGEST_SNOOZE - timedelta(days=1),
        }
        return TemplateResponse(request, "admin/work_queue.html", context, status=status)

    def _note(self, request: HttpRequest, kinds: Sequence[WorkKind], asked: Asked) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        form, note = WorkForm(request.POST), _NOTES.get(request.POST.get("note", ""))
        try:
            if note is None:
                raise ValidationError(_("Choose what to do with it."))
            if not form.is_valid():
                raise ValidationError([str(one) for problems in form.errors.values() for one in problems])
            subjects = [one for one in form.cleaned_data["item"] if one[0] in kinds]
            outcome = note(subjects, form.cleaned_data, curator(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self._queue(request, kinds, asked, status=400)
        report_outcome(request, *outcome)
        return redirect(asked.address(page=asked.page))


Note = Callable[[Iterable[work.Subject], dict[str, Any], User], work.Outcome]


def _take(subjects: Iterable[work.Subject], _stated: dict[str, Any], by: User) -> work.Outcome:
    return work.work_assign(subjects, by, by=by)


def _assign(subjects: Iterable[work.Subject], stated: dict[str, Any], by: User) -> work.Outcome:
    return work.work_assign(subjects, stated["to"], by=by)


def _snooze_until_tomorrow(
    subjects: Iterable[work.Subject], _stated: dict[str, Any], by: User
) -> work.Outcome:
    return work.work_snooze(subjects, _morning_of(timezone.localdate() + timedelta(days=1)), by=by)


def _snooze(subjects: Iterable[work.Subject], stated: dict[str, Any], by: User) -> work.Outcome:
    if stated["until"] is None:
        raise ValidationError(_("Say until which day it is snoozed."))
    return work.work_snooze(subjects, _morning_of(stated["until"]), by=by)


def _unsnooze(subjects: Iterable[work.Subject], _stated: dict[str, Any], by: User) -> work.Outcome:
    return work.work_snooze(subjects, None, by=by)


def _end(subjects: Iterable[work.Subject], _stated: dict[str, Any], by: User) -> work.Outcome:
    return work.work_done(subjects, by=by)


_NOTES: Mapping[str, Note] = {
    "take": _take,
    "assign": _assign,
    "tomorrow": _snooze_until_tomorrow,
    "snooze": _snooze,
    "unsnooze": _unsnooze,
    "done": _end,
}


def _morning_of(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, MORNING))


def _page(kinds: Sequence[WorkKind], user: User, asked: Asked, number: int) -> Page[Any]:
    rows = queue(kinds, user, whose=asked.whose, snoozed=asked.snoozed) if kinds else WorkItem.objects.none()
    paginator: Paginator[Any] = Paginator(rows, PAGE_SIZE)
    paginator.count = number  # counted already
    try:
        return paginator.page(asked.page or 1)
    except InvalidPage:
        return paginator.page(1)


def _row(one: Work) -> Row:
    title, detail = _WORDS[one.kind](one.subject)
    options = one.subject._meta
    model = one.subject.kind if isinstance(one.subject, Organization) else options.model_name
    page = "review" if one.kind == WorkKind.SUBMISSION else "change"
    address = reverse(f"admin:{options.app_label}_{model}_{page}", args=[one.subject.pk])
    return Row(one, title, detail, address)


# --- In words -------------------------------------------------------------------------------------


def _of_organization(one: Organization) -> tuple[str, str]:
    parts = (one.get_kind_display(), one.get_country_display(), one.get_state_display())
    return one.name, " · ".join(map(str, parts))


def _of_claim(one: TeamClaim) -> tuple[str, str]:
    return named(one.user), one.organization.name


def _of_hit(one: ScreeningHit) -> tuple[str, str]:
    return one.organization.name, f"{one.entry.screening_list.get_name_display()} · {one.alias}"


def _of_held(one: Recommendation) -> tuple[str, str]:
    return one.seeker.name, _("is recommended %(name)s") % {"name": one.candidate.name}


def _of_silent(one: Recommendation) -> tuple[str, str]:
    return one.seeker.name, _("does not answer %(name)s") % {"name": one.candidate.name}


def _of_mail(one: OutboxEmail) -> tuple[str, str]:
    parts = (address_end(one.recipient), one.get_state_display(), masked(one.reply))
    return one.get_kind_display(), " · ".join(str(part) for part in parts if part)


def _of_run(one: MatchRun) -> tuple[str, str]:
    return _("Run %(id)s") % {"id": one.pk}, one.get_state_display()


_WORDS: Mapping[WorkKind, Callable[[Any], tuple[str, str]]] = {
    WorkKind.SUBMISSION: _of_organization,
    WorkKind.CLAIM: _of_claim,
    WorkKind.SCREENING_HIT: _of_hit,
    WorkKind.HELD: _of_held,
    WorkKind.SILENT_INTEREST: _of_silent,
    WorkKind.MAIL: _of_mail,
    WorkKind.RUN: _of_run,
    WorkKind.EXPIRING_PROFILE: _of_organization,
}
