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

from alliances.admin.base import curator
from alliances.enums import Country, Kind, OrganizationState
from alliances.models import Alliance, City, Firm, Organization
from matchmaking.admin.release import desk_address
from matchmaking.admin.work import PLURALS, REMEDIES, may_view, queue_address, seen_kinds
from matchmaking.engine.names import CAUSES
from matchmaking.enums import EmailState, RecommendationState
from matchmaking.models import Introduction, MatchRun, OutboxEmail, Recommendation, WorkItem
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors import dashboard as counts
from matchmaking.selectors.release import runs_with_proposals
from matchmaking.selectors.work import work_counts
from matchmaking.services.health import health, screening_check
from matchmaking.wording.breakdown import cause_label

PAGES: dict[Kind, type[Organization]] = {Kind.CITY: City, Kind.FIRM: Firm, Kind.ALLIANCE: Alliance}

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
    count: int
    url: str


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
    kinds = [kind for kind, model in PAGES.items() if may_view(request.user, model)]
    by_state = Counter(
        {key: number for key, number in counts.organization_counts().items() if key[0] in kinds}
    )
    panels: dict[str, Any] = {}
    if kinds:
        panels["register"] = _register(kinds, by_state)
    proposed: Mapping[int, int] = {}
    if may_view(request.user, Recommendation):
        recommendations = counts.recommendation_counts()
        proposed = runs_with_proposals()
        panels["recommendations"] = _recommendations(recommendations)
    if may_view(request.user, MatchRun):
        panels["run"] = _run(counts.last_run())
    if may_view(request.user, OutboxEmail):
        days = counts.mail_days()
        mail = counts.mail_counts(days)
        panels["mail"] = _mail(mail)
    return {
        **context,
        "title": _("Curation desk"),
        "register_is_empty": bool(kinds) and not by_state,
        "tasks": [task for task in _tasks(request, proposed) if task.count],
        "queue_url": queue_address() if may_view(request.user, WorkItem) else "",
        "panels": panels,
        "health": [*health(), screening_check()],
        "may_import": request.user.has_perm("alliances.add_importfile"),
    }


def _list(model: type[Model], **filters: object) -> str:
    """The address of the desk's list of this model, narrowed to these values."""
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    query = {name if "__" in name else f"{name}__exact": value for name, value in filters.items()}
    return f"{address}?{urlencode(query)}" if query else address


def _in_state(model: type[Model], state: TextChoices, count: int) -> Counted:
    return Counted(state.label, count, _list(model, state=state))


def bar_width(count: int, most: int) -> int:
    """A bar's width; what there is one of stays visible beside thousands."""
    return max(count * BAR_WIDTH // most, 4) if count else 0


# --- What waits ---------------------------------------------------------------------------------


def _tasks(request: HttpRequest, proposed: Mapping[int, int]) -> list[Task]:
    """The kinds of the work queue, and what each run proposed: that is decided at the run's release desk."""
    counts_of_work = work_counts(seen_kinds(request.user), curator(request))
    tasks = [
        Task(PLURALS[kind], REMEDIES[kind], number, queue_address(kind=kind.value))
        for kind, number in counts_of_work.items()
    ]
    remedy = _("Release or hold them, or exclude the pair for good.")
    return [
        *tasks,
        *(
            Task(
                _("Proposed recommendations"),
                remedy,
                number,
                desk_address(run, state=RecommendationState.PROPOSED.value),
            )
            for run, number in sorted(proposed.items(), reverse=True)
        ),
    ]


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
        return Bar(country.label, count, bar_width(count, most), _list(PAGES[kind], country=country))

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
        "steps": [Bar(label, count, bar_width(count, released or 1), url) for label, count, url in steps],
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
        "outcomes": [Bar(label, count, bar_width(count, most)) for label, count in outcomes if count],
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
