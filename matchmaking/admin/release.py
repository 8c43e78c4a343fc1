"""The release desk: what a run proposed, by organization, decided on row by row or all that match at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise
from unfold.decorators import action

from alliances.admin.base import ActionsAdmin, curator, is_number, report_outcome
from alliances.enums import Country, Kind
from alliances.models import Organization, User
from matchmaking.enums import RecommendationState
from matchmaking.models import CurationNote, MatchRun, Pin, Recommendation
from matchmaking.models.curation import WORDS_LENGTH
from matchmaking.models.recommendation import RecommendationQuerySet
from matchmaking.selectors.release import (
    DESK_STATES,
    DeskFilter,
    notes_on,
    on_desk,
    pins_of,
    rows_for,
    scheduled_of,
    seekers_of,
)
from matchmaking.services import curation, recommendations
from matchmaking.services.digest_previews import digest_test_send, planned_previews, previews
from matchmaking.services.recommendations import Outcome
from matchmaking.services.release import decide_on_all, release_cancel, release_schedule
from matchmaking.wording.numbers import shown_score
from matchmaking.wording.reasons import reason_sentence, topic_names

PAGE_SIZE = 25
SHOWN_SCHEDULES = 10

CHOICES: Mapping[str, Sequence[tuple[str, StrOrPromise]]] = {
    "kind": Kind.choices,
    "country": Country.choices,
    "state": [(state.value, state.label) for state in DESK_STATES],
}


def desk_address(run_id: int, **asked: str) -> str:
    """The release desk of a run, narrowed to what is asked for."""
    address = reverse("admin:matchmaking_matchrun_release", args=[run_id])
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{address}?{query}" if query else address


def filter_of(query: QueryDict) -> DeskFilter:
    """What the address asks for. What is not known there is not asked for."""
    stated = {name: query.get(name, "") for name in CHOICES}
    known = {name: value for name, value in stated.items() if value in dict(CHOICES[name])}
    return DeskFilter(**known, text=query.get("text", "").strip())


@dataclass(frozen=True)
class Row:
    """A recommendation in words."""

    recommendation: Recommendation
    score: int
    reason: str
    pin: Pin | None
    note: CurationNote | None


@dataclass(frozen=True)
class Group:
    """An organization and what it is to be recommended, what is pinned first, then best first."""

    organization: Organization
    rows: Sequence[Row]


@dataclass(frozen=True)
class Choice:
    """A filter's field, with the value that is chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, StrOrPromise]]
    chosen: str


class DecisionForm(forms.Form):
    """What is to be done, with which rows; `words` are the reason or the note."""

    do = forms.CharField(required=False)
    item = forms.MultipleChoiceField(required=False)
    # Ticked where the page showed them as held.
    held = forms.MultipleChoiceField(required=False)
    seeker = forms.MultipleChoiceField(required=False)
    everything = forms.BooleanField(required=False)
    confirmed = forms.BooleanField(required=False)
    words = forms.CharField(required=False)

    def __init__(self, stated: QueryDict) -> None:
        super().__init__(stated)
        for name in ("item", "held", "seeker"):
            self.fields[name].choices = [(key, key) for key in stated.getlist(name)]  # type: ignore[attr-defined]

    def clean_do(self) -> str:
        if self.cleaned_data["do"] not in DECISIONS:
            raise forms.ValidationError(_("Choose what to do with them."))
        return str(self.cleaned_data["do"])

    def clean_item(self) -> list[int]:
        return self._numbers("item")

    def clean_held(self) -> list[int]:
        return self._numbers("held")

    def clean_seeker(self) -> list[int]:
        return self._numbers("seeker")

    def _numbers(self, name: str) -> list[int]:
        for key in self.cleaned_data[name]:
            if not is_number(key):
                raise forms.ValidationError(_("“%(value)s” is nothing of this page.") % {"value": key})
        return [int(key) for key in self.cleaned_data[name]]


class ScheduleForm(forms.Form):
    """When what is proposed is to be released (UTC), or which release is not to be."""

    at = forms.DateTimeField(required=False)
    cancel = forms.IntegerField(required=False, min_value=1, max_value=10**18)

    def __init__(self, stated: QueryDict) -> None:
        super().__init__(stated)
        self.fields["at"].error_messages["invalid"] = _("Enter the time as YYYY-MM-DD HH:MM.")

    def clean(self) -> dict[str, Any]:
        stated = super().clean() or {}
        if not self.errors and not stated["at"] and not stated["cancel"]:
            raise forms.ValidationError(_("Say when it is to be released."))
        return stated


Decide = Callable[[Sequence[Recommendation], str, User], Outcome]


def _release(chosen: Sequence[Recommendation], _words: str, by: User) -> Outcome:
    return recommendations.recommendations_release(chosen, by=by)


def _hold(chosen: Sequence[Recommendation], _words: str, by: User) -> Outcome:
    return recommendations.recommendations_hold(chosen, by=by)


def _exclude(chosen: Sequence[Recommendation], words: str, by: User) -> Outcome:
    return recommendations.recommendations_exclude(chosen, reason=words, by=by)


def _pin(chosen: Sequence[Recommendation], words: str, by: User) -> Outcome:
    return curation.recommendations_pin(chosen, reason=words, by=by)


def _unpin(chosen: Sequence[Recommendation], _words: str, by: User) -> Outcome:
    return curation.recommendations_unpin(chosen, by=by)


def _note(chosen: Sequence[Recommendation], words: str, by: User) -> Outcome:
    return curation.recommendations_note(chosen, text=words, by=by)


# By the button's value: what it does, and the question before it does it to all that match.
DECISIONS: Mapping[str, tuple[Decide, StrOrPromise]] = {
    "release": (_release, gettext_lazy("Release all of these?")),
    "hold": (_hold, gettext_lazy("Hold all of these?")),
    "exclude": (_exclude, gettext_lazy("Exclude all of these pairs for good?")),
    "pin": (_pin, gettext_lazy("Pin all of these?")),
    "unpin": (_unpin, gettext_lazy("Take back the pins of all of these?")),
    "note": (_note, gettext_lazy("Write this note on all of these?")),
}


class ReleasePages(ActionsAdmin):
    """The pages of a run's release desk. Who may view or change recommendations may here too."""

    actions_detail = ["release_desk"]

    def get_urls(self) -> list[URLPattern]:
        desk = path(
            "<int:run_id>/release/",
            self.admin_site.admin_view(self.desk_view),
            name="matchmaking_matchrun_release",
        )
        preview = path(
            "<int:run_id>/release/<int:organization_id>/preview/",
            self.admin_site.admin_view(self.preview_view),
            name="matchmaking_matchrun_release_preview",
        )
        schedule = path(
            "<int:run_id>/release/schedule/",
            self.admin_site.admin_view(self.schedule_view),
            name="matchmaking_matchrun_release_schedule",
        )
        return [desk, preview, schedule, *super().get_urls()]

    def has_see_recommendations_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("matchmaking.view_recommendation")

    @action(
        description=gettext_lazy("Release desk"), permissions=["see_recommendations"], url_path="release-desk"
    )
    def release_desk(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(desk_address(run.pk))

    def desk_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        if not self.has_see_recommendations_permission(request):
            raise PermissionDenied
        run, asked = get_object_or_404(MatchRun.objects.real(), pk=run_id), filter_of(request.GET)
        if request.method == "POST":
            return self._decide(request, run, asked)
        return self._desk(request, run, asked)

    def _desk(
        self, request: HttpRequest, run: MatchRun, asked: DeskFilter, *, status: int = 200
    ) -> HttpResponse:
        """The desk; where a decision was refused, with what was ticked and written."""
        rows = on_desk(run, asked)
        page = _page(seekers_of(rows), request.GET.get("page", ""))
        stated = asdict(asked)

        def turned(number: int) -> str:
            return desk_address(run.pk, **stated, page=str(number))

        return self._page_of(
            request,
            "admin/release/desk.html",
            run,
            title=_("Release desk of run %(id)s") % {"id": run.pk},
            asked=asked,
            filters=_filters(asked),
            is_narrowed=any(stated.values()),
            groups=_groups(rows, page),
            matching=rows.count(),
            page=page,
            previous=turned(page.number - 1) if page.has_previous() else "",
            next=turned(page.number + 1) if page.has_next() else "",
            may_decide=_may_decide(request),
            words_length=WORDS_LENGTH,
            ticked={*request.POST.getlist("item"), *request.POST.getlist("held")},
            ticked_whole=set(request.POST.getlist("seeker")),
            scheduled=list(scheduled_of(run)[:SHOWN_SCHEDULES]),
            status=status,
        )

    def _page_of(
        self, request: HttpRequest, template: str, run: MatchRun, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        page = {**self.admin_site.each_context(request), "run": run, "desk_url": desk_address(run.pk)}
        return TemplateResponse(request, template, {**page, **context}, status=status)

    def _decide(self, request: HttpRequest, run: MatchRun, asked: DeskFilter) -> HttpResponse:
        if not _may_decide(request):
            raise PermissionDenied
        back = desk_address(run.pk, **asdict(asked), page=request.GET.get("page", ""))
        form = DecisionForm(request.POST)
        if not form.is_valid():
            for problems in form.errors.values():
                messages.error(request, " ".join(map(str, problems)))
            return self._desk(request, run, asked, status=400)
        chosen, stated = _chosen(run, asked, form.cleaned_data), form.cleaned_data
        decide, question = DECISIONS[stated["do"]]
        left_held = 0
        if stated["do"] == "release" and asked.state != RecommendationState.HELD:
            # Somebody held them for a reason: they are let out by themselves, not along with all others.
            along = Q(state=RecommendationState.HELD) & ~Q(pk__in=stated["held"])
            left_held, chosen = chosen.filter(along).count(), chosen.exclude(along)
        number = chosen.count()
        if not (number or left_held):
            messages.error(request, _("Tick what you mean first."))
            return self._desk(request, run, asked, status=400)
        if stated["everything"] and not stated["confirmed"]:
            template = "admin/release/confirm.html"
            return self._page_of(
                request, template, run, title=question, number=number, stated=stated, back_url=back
            )
        by = curator(request)
        try:
            outcome = decide_on_all(chosen, lambda chunk: decide(chunk, stated["words"], by))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self._desk(request, run, asked, status=400)
        still_held = [_("It is held: tick it by itself to release it.")] * left_held
        report_outcome(request, outcome.done, [*outcome.skipped, *still_held])
        return redirect(back)

    def schedule_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Schedule a release of what the address filters by, or cancel one."""
        if not _may_decide(request):
            raise PermissionDenied
        run, asked = get_object_or_404(MatchRun.objects.real(), pk=run_id), filter_of(request.GET)
        back = redirect(desk_address(run.pk, **asdict(asked)))
        if request.method != "POST":
            return back
        form, by = ScheduleForm(request.POST), curator(request)
        try:
            if not form.is_valid():
                raise ValidationError([str(one) for problems in form.errors.values() for one in problems])
            if form.cleaned_data["cancel"]:
                release_cancel(form.cleaned_data["cancel"], by=by)
                messages.success(request, _("The release is cancelled."))
            else:
                release_schedule(run, asked, form.cleaned_data["at"], by=by)
                messages.success(request, _("The release is scheduled."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return back

    def preview_view(self, request: HttpRequest, run_id: int, organization_id: int) -> HttpResponse:
        if not self.has_see_recommendations_permission(request):
            raise PermissionDenied
        run = get_object_or_404(MatchRun.objects.real(), pk=run_id)
        seekers = seekers_of(Recommendation.objects.filter(run=run))
        organization = get_object_or_404(seekers, pk=organization_id)
        if request.method == "POST":
            return self._send_test(request, run, organization)
        digests = planned_previews(run, organization)
        asked = request.GET.get("person", "")
        chosen = next((one for one in digests if str(one.user.pk) == asked), digests[0] if digests else None)
        return self._page_of(
            request,
            "admin/release/preview.html",
            run,
            title=_("What %(name)s would get") % {"name": organization.name},
            digests=digests,
            chosen=chosen,
            previews=previews(chosen) if chosen else (),
            others=organization.team_members.count() - len(digests),
            may_send=_may_decide(request),
            own_address=curator(request).email,
        )

    def _send_test(self, request: HttpRequest, run: MatchRun, organization: Organization) -> HttpResponse:
        if not _may_decide(request):
            raise PermissionDenied
        person = request.POST.get("person", "")
        number = int(person) if is_number(person) else 0
        try:
            mail = digest_test_send(
                run,
                organization,
                person=number,
                language=request.POST.get("language", ""),
                by=curator(request),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request, _("The test is on its way to %(address)s.") % {"address": mail.recipient}
            )
        address = reverse("admin:matchmaking_matchrun_release_preview", args=[run.pk, organization.pk])
        return redirect(f"{address}?{urlencode({'person': number})}")


def _may_decide(request: HttpRequest) -> bool:
    return request.user.has_perm("matchmaking.change_recommendation")


def _chosen(run: MatchRun, asked: DeskFilter, stated: Mapping[str, Any]) -> QuerySet[Recommendation]:
    """What is meant: all that match, or what is ticked, alone or with all that matches of its organization.

    What is ticked is meant even where it has changed since: the summary says why it was skipped.
    """
    matching = on_desk(run, asked)
    if stated["everything"]:
        return matching
    whole = matching.filter(seeker__in=stated["seeker"])
    ticked = [*stated["item"], *stated["held"]]
    return Recommendation.objects.filter(Q(pk__in=ticked) | Q(pk__in=whole.values("pk")), run=run)


def _page(seekers: QuerySet[Organization], asked: str) -> Page[Organization]:
    paginator = Paginator(seekers, PAGE_SIZE)
    try:
        return paginator.page(asked or 1)
    except InvalidPage:
        return paginator.page(1)


def _filters(asked: DeskFilter) -> list[Choice]:
    labels = {
        "kind": _("Kind of candidate"),
        "country": _("Country of the organization"),
        "state": _("State"),
    }
    return [Choice(name, labels[name], CHOICES[name], getattr(asked, name)) for name in CHOICES]


def _groups(rows: RecommendationQuerySet, page: Page[Organization]) -> list[Group]:
    by_seeker: dict[int, list[Row]] = {organization.pk: [] for organization in page}
    found = list(rows_for(rows, by_seeker))
    topics, pins, notes = topic_names(), pins_of(by_seeker), notes_on(found)
    for one in found:
        first = one.first_reason  # type: ignore[attr-defined]
        reason = reason_sentence(first, topics) if first else ""
        sides = one.seeker_id, one.candidate_id
        row = Row(one, shown_score(one.score), reason, pins.get(sides), notes.get(sides))
        by_seeker[one.seeker_id].append(row)
    return [Group(organization, by_seeker[organization.pk]) for organization in page]
