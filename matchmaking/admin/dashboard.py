"""The first page of the curation desk: what waits for a person, then how the service stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Model, TextChoices
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from alliances.enums import Country, HitState, Kind, OrganizationState
from alliances.models import Alliance, City, Firm, Organization, ScreeningHit
from matchmaking.engine.names import CAUSES
from matchmaking.enums import EmailState, RecommendationState
from matchmaking.models import Introduction, MatchRun, OutboxEmail, Recommendation
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors import dashboard as counts
from matchmaking.selectors.interests import ANSWER_DAYS, CLOSING_DAYS, silent_interests
from matchmaking.selectors.runs import runs_to_retry
from matchmaking.services.health import health, screening_check
from matchmaking.wording.breakdown import cause_label

PAGES: dict[Kind, type[Organization]] = {Kind.CITY: City, Kind.FIRM: Firm, Kind.ALLIANCE: Alliance}

ORGANIZATION_TASKS = (
    (
        OrganizationState.SUBMITTED,
        _("Submitted organizations"),
        _("Approve, ask for changes, put on hold or reject."),
    ),
    (OrganizationState.ON_HOLD, _("Organizations on hold"), _("Find out what holds them up, and decide.")),
    (OrganizationState.CHANGES_REQUESTED, _("Changes requested"), _("Ask again where nothing has come.")),
)
RECOMMENDATION_TASKS = (
    (
        RecommendationState.PROPOSED,
        _("Proposed recommendations"),
        _("Release or hold them, or exclude the pair for good."),
    ),
    (RecommendationState.HELD, _("Held recommendations"), _("Release them once the reason is gone.")),
)
# What was seen: answering is seeing, whether or not the page was opened before.
SEEN_STATES = (
    RecommendationState.SEEN,
    RecommendationState.INTERESTED,
    RecommendationState.LATER,
    RecommendationState.DECLINED,
)
MAIL_SERIES = (
    ("sent", _("Sent"), (EmailState.SENT,)),
    ("waiting", _("On the way"), (EmailState.QUEUED, EmailState.SENDING, EmailState.DEFERRED)),
    ("suppressed", _("Suppressed"), (EmailState.SUPPRESSED,)),
    ("uncertain", _("Uncertain"), (EmailState.UNCERTAIN,)),
    ("failed", _("Failed"), (EmailState.FAILED,)),
)
# The drawing of the mail: its height, and a column's step and width, in units of its view box.
CHART_HEIGHT, COLUMN_STEP, COLUMN_WIDTH = 120, 20, 14
BAR_WIDTH = 1000


@dataclass(frozen=True)
class Counted:
    """A number with what it counts and, where there is one, the list of it."""

    label: StrOrPromise
    count: int
    url: str = ""


@dataclass(frozen=True)
class Task:
    """What waits for a person, and where."""

    title: StrOrPromise
    remedy: StrOrPromise
    links: list[Counted]

    @property
    def count(self) -> int:
        return sum(link.count for link in self.links)


@dataclass(frozen=True)
class Bar:
    """A labelled number as a bar of up to `BAR_WIDTH` units."""

    label: StrOrPromise
    count: int
    width: int
    url: str = ""


class KindRow(NamedTuple):
    """How many organizations of one kind each country has, approved or not, with their bars."""

    label: StrOrPromise
    us: Bar
    cn: Bar


class Segment(NamedTuple):
    """One state's part of one day's column, from the top of the drawing."""

    series: str
    x: int
    y: int
    height: int


class Series(NamedTuple):
    """The mails of one group of states: how many a day, and in all."""

    key: str
    label: StrOrPromise
    per_day: list[int]

    @property
    def total(self) -> int:
        return sum(self.per_day)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page's template needs, beside unfold's own. Only of lists that the person may open."""
    kinds = [kind for kind, model in PAGES.items() if _may_view(request, model)]
    by_state = Counter(
        {key: number for key, number in counts.organization_counts().items() if key[0] in kinds}
    )
    tasks = _organization_tasks(kinds, by_state)
    if _may_view(request, ScreeningHit):
        tasks.append(_screening_hits())
    panels: dict[str, Any] = {}
    if kinds:
        panels["register"] = _register(kinds, by_state)
    if _may_view(request, Recommendation):
        recommendations = counts.recommendation_counts()
        tasks += [
            Task(
                title,
                remedy,
                [Counted(state.label, recommendations[state], _list(Recommendation, state=state))],
            )
            for state, title, remedy in RECOMMENDATION_TASKS
        ]
        tasks.append(_silent_interests())
        panels["recommendations"] = _recommendations(recommendations)
    if _may_view(request, MatchRun):
        tasks.append(_runs_to_retry())
        panels["run"] = _run(counts.last_run())
    if _may_view(request, OutboxEmail):
        days = counts.mail_days()
        mail = counts.mail_counts(days)
        tasks.append(_mail_to_look_at(mail))
        panels["mail"] = _mail(mail)
    return {
        **context,
        "title": _("Curation desk"),
        "register_is_empty": bool(kinds) and not by_state,
        "tasks": [task for task in tasks if task.count],
        "panels": panels,
        "health": [*health(), screening_check()],
        "may_import": request.user.has_perm("alliances.add_importfile"),
    }


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    options = model._meta
    return request.user.has_perm(f"{options.app_label}.view_{options.model_name}")


def _list(model: type[Model], **filters: object) -> str:
    """The address of the desk's list of this model, narrowed to these values."""
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    query = {name if "__" in name else f"{name}__exact": value for name, value in filters.items()}
    return f"{address}?{urlencode(query)}" if query else address


def _in_state(model: type[Model], state: TextChoices, count: int) -> Counted:
    return Counted(state.label, count, _list(model, state=state))


def _width(count: int, most: int) -> int:
    """A bar's width; what there is one of stays visible beside thousands."""
    return max(count * BAR_WIDTH // most, 4) if count else 0


# --- What waits ---------------------------------------------------------------------------------


def _organization_tasks(kinds: list[Kind], by_state: Counter[tuple[str, str, str]]) -> list[Task]:
    return [
        Task(
            title,
            remedy,
            [
                Counted(PAGES[kind]._meta.verbose_name_plural or "", number, _list(PAGES[kind], state=state))
                for kind in kinds
                if (number := sum(by_state[kind, country, state] for country in Country))
            ],
        )
        for state, title, remedy in ORGANIZATION_TASKS
    ]


def _recommendation_tasks(by_state: Counter[str]) -> list[Task]:
    return [
        Task(title, remedy, [_in_state(Recommendation, state, by_state[state])])
        for state, title, remedy in RECOMMENDATION_TASKS
    ]


def _screening_hits() -> Task:
    return Task(
        _("Screening hits"),
        _("Compare the organization with the entry: it is another party, or the listed one."),
        [_in_state(ScreeningHit, HitState.OPEN, ScreeningHit.objects.filter(state=HitState.OPEN).count())],
    )


def _silent_interests() -> Task:
    url = f"{_list(Recommendation)}?silent=1"
    return Task(
        _("Interests that nobody answered within %(days)s days") % {"days": ANSWER_DAYS},
        _("Ask the silent side on the other’s behalf. After %(days)s days they close by themselves.")
        % {"days": CLOSING_DAYS},
        [Counted(_("Not answered in time"), silent_interests().count(), url)],
    )


def _runs_to_retry() -> Task:
    url = f"{_list(MatchRun)}?to_retry=1"
    return Task(
        _("Runs with quarantined steps"),
        _("The run’s page says why they failed; then retry them."),
        [Counted(_("To be retried"), runs_to_retry().count(), url)],
    )


def _mail_to_look_at(mail: Mapping[date, Counter[str]]) -> Task:
    first = min(mail)
    return Task(
        _("Mail that failed or is uncertain, of the last %(days)s days") % {"days": counts.MAIL_DAYS},
        _("The server’s answer says what to mend; what is uncertain may have arrived."),
        [
            Counted(state.label, number, _list(OutboxEmail, state=state, created_at__date__gte=first))
            for state in (EmailState.FAILED, EmailState.UNCERTAIN)
            if (number := sum(states[state] for states in mail.values()))
        ],
    )


# --- How it stands ------------------------------------------------------------------------------


def _register(kinds: list[Kind], by_state: Counter[tuple[str, str, str]]) -> dict[str, Any]:
    number = {
        (kind, country): sum(by_state[kind, country, state] for state in OrganizationState)
        for kind in kinds
        for country in Country
    }
    most = max(number.values()) or 1

    def bar(kind: Kind, country: Country) -> Bar:
        count = number[kind, country]
        return Bar(country.label, count, _width(count, most), _list(PAGES[kind], country=country))

    states = [
        Counted(state.label, total)
        for state in OrganizationState
        if (total := sum(count for (_kind, _country, of), count in by_state.items() if of == state))
    ]
    rows = [
        KindRow(PAGES[kind]._meta.verbose_name_plural or "", bar(kind, Country.US), bar(kind, Country.CN))
        for kind in kinds
    ]
    return {"rows": rows, "states": states, "total": by_state.total()}


def _recommendations(by_state: Counter[str]) -> dict[str, Any]:
    released, seen = (sum(by_state[state] for state in states) for states in (SHOWN_STATES, SEEN_STATES))
    steps = [
        (_("Released"), released, _list(Recommendation, state__in=",".join(SHOWN_STATES))),
        (_("Seen"), seen, _list(Recommendation, state__in=",".join(SEEN_STATES))),
        (
            RecommendationState.INTERESTED.label,
            by_state[RecommendationState.INTERESTED],
            _list(Recommendation, state=RecommendationState.INTERESTED),
        ),
    ]
    others = [
        state
        for state in RecommendationState
        if state
        not in (RecommendationState.RELEASED, RecommendationState.SEEN, RecommendationState.INTERESTED)
    ]
    return {
        "steps": [Bar(label, count, _width(count, released or 1), url) for label, count, url in steps],
        "introductions": Counted(_("Introductions made"), counts.introduction_count(), _list(Introduction)),
        "others": [_in_state(Recommendation, state, by_state[state]) for state in others if by_state[state]],
    }


def _run(run: MatchRun | None) -> dict[str, Any]:
    if run is None:
        return {"run": None}
    pairs: dict[str, Any] = run.counts
    outcomes: list[tuple[StrOrPromise, int]] = []
    if pairs:
        outcomes = [(_("scored"), pairs["scored"]), (_("with a topical tie"), pairs["tied"])]
        outcomes += [(cause_label(cause), pairs["excluded"][cause]) for cause in CAUSES]
    most = max((count for _label, count in outcomes), default=0) or 1
    return {
        "run": run,
        "url": reverse("admin:matchmaking_matchrun_change", args=[run.pk]),
        "seconds": (run.finished_at - run.started_at).total_seconds()
        if run.finished_at and run.started_at
        else None,
        "outcomes": [Bar(label, count, _width(count, most)) for label, count in outcomes if count],
        "nothing_excluded": bool(pairs) and not any(pairs["excluded"].values()),
    }


def _mail(mail: Mapping[date, Counter[str]]) -> dict[str, Any]:
    series = [
        Series(key, label, [sum(by_state[state] for state in states) for by_state in mail.values()])
        for key, label, states in MAIL_SERIES
    ]
    most = max(by_state.total() for by_state in mail.values())
    segments = []
    for place in range(len(mail)):
        top = CHART_HEIGHT
        for one in series:
            if one.per_day[place]:
                height = max(one.per_day[place] * CHART_HEIGHT // most, 2)
                top -= height
                segments.append(Segment(one.key, place * COLUMN_STEP, max(top, 0), height))
    days = list(mail)
    return {
        "series": series,
        "segments": segments,
        "most": most,
        "days": [(day, [one.per_day[place] for one in series]) for place, day in enumerate(days)],
        "first": days[0],
        "last": days[-1],
        "column": COLUMN_WIDTH,
        "width": COLUMN_STEP * len(days) - (COLUMN_STEP - COLUMN_WIDTH),
        "height": CHART_HEIGHT,
    }
