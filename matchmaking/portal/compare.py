"""Up to three recommendations side by side."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliances.enums import BudgetBand, Horizon, WorkingLanguage
from alliances.regions import region_name
from matchmaking.models import Recommendation
from matchmaking.portal.cards import Bar
from matchmaking.portal.facts import size_values
from matchmaking.portal.reader import reader
from matchmaking.selectors.disclosure import disclose
from matchmaking.selectors.sponsoring import sponsors_of
from matchmaking.wording import (
    against,
    all_rows,
    bar_widths,
    kind_name,
    score_words,
    told_sentences,
    topic_names,
)
from matchmaking.wording.site import sample_notice
from matchmaking.wording.sponsoring import sponsor_sentences

MOST_COMPARED = 3


@dataclass(frozen=True)
class Head:
    """Whom a column is about; `without` is the address that leaves it out."""

    recommendation: Recommendation
    without: str


@dataclass(frozen=True)
class Cell:
    """What one of them says in a row: lines, or a bar. None of both means "not stated"."""

    name: str
    lines: Sequence[str]
    bar: Bar | None = None


@dataclass(frozen=True)
class Row:
    """One question put to all of them."""

    label: str
    cells: Sequence[Cell]
    in_full: bool = False


@dataclass(frozen=True)
class Group:
    """Rows that are read together; the title is empty where they need none."""

    title: str
    rows: Sequence[Row]


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The recommendations that `compare` names, in that order; one that is not the reader's is not found."""
    chosen = _chosen(request)
    ids = [one.public_id for one in chosen]
    too_many = len(chosen) > MOST_COMPARED
    context = {
        "heads": [Head(one, _query(key for key in ids if key != one.public_id)) for one in chosen],
        "groups": [] if too_many or not chosen else _groups(chosen),
        "too_many": too_many,
        "most": MOST_COMPARED,
        "back": _query(ids),
        "sample_notice": sample_notice([side for one in chosen for side in (one.seeker, one.candidate)]),
    }
    return render(request, "portal/compare.html", context, status=400 if too_many else 200)


def _chosen(request: HttpRequest) -> list[Recommendation]:
    try:
        ids = list(dict.fromkeys(uuid.UUID(stated) for stated in request.GET.getlist("compare")))
    except ValueError as error:
        raise Http404 from error
    found = list(
        Recommendation.objects.visible_to(reader(request))
        .filter(public_id__in=ids)
        .select_related("seeker", "candidate")
        .with_rules()
    )
    disclose(found)
    by_id = {one.public_id: one for one in found}
    if len(by_id) < len(ids):
        raise Http404
    return [by_id[key] for key in ids]


def _query(ids: Iterable[uuid.UUID]) -> str:
    return urlencode([("compare", str(key)) for key in ids])


def _groups(chosen: Sequence[Recommendation]) -> list[Group]:
    topics, sponsors = topic_names(), sponsors_of(chosen)
    told = {
        one.pk: told_sentences(
            one.breakdown["seeker"]["reasons"], one.breakdown["candidate"]["reasons"], topics
        )
        for one in chosen
    }

    def row(label: str, lines: Callable[[Recommendation], Sequence[str]], *, in_full: bool = False) -> Row:
        cells = [Cell(one.candidate.name, [line for line in lines(one) if line]) for one in chosen]
        return Row(label, cells, in_full)

    first = [
        row(_("Score"), lambda one: [score_words(one.score, one.rules["bands"])]),
        row(_("Kind"), lambda one: [kind_name(one.kind, one.candidate.subtype)]),
        row(
            _("State or province"),
            lambda one: [region_name(one.candidate.country, one.candidate.region)],
        ),
        row(_("Size"), lambda one: size_values(one.candidate)),
    ]
    last = [
        row(_("For you"), lambda one: told[one.pk][0], in_full=True),
        row(_("For them"), lambda one: told[one.pk][1], in_full=True),
        row(
            _("Sponsored"),
            lambda one: sponsor_sentences(sponsors.get(one.pk, ()), one.seeker_id) or ["–"],
        ),
        row(_("Against it"), lambda one: against(one.breakdown["seeker"]) or ["–"]),
        row(
            _("Working languages"),
            lambda one: [str(WorkingLanguage(code).label) for code in one.candidate.languages],
        ),
        row(_("Budget"), lambda one: _label(BudgetBand, one.candidate.budget_band)),
        row(_("Horizon"), lambda one: _label(Horizon, one.candidate.horizon)),
    ]
    if len({one.seeker_id for one in chosen}) > 1:
        first.insert(0, row(_("For"), lambda one: [one.seeker.name]))
    sums = Group(_("How it adds up for you, in points of 100"), _criteria(chosen))
    return [Group("", first), sums, Group("", last)]


def _label(words: type[BudgetBand] | type[Horizon], value: str) -> list[str]:
    return [str(words(value).label)] if value else []


def _criteria(chosen: Sequence[Recommendation]) -> list[Row]:
    """Each line of the sums for you. All bars are drawn to one scale, so that they can be compared."""
    sums = [all_rows(one.breakdown["seeker"]) for one in chosen]
    widths = iter(bar_widths([line for lines in sums for line in lines]))
    columns = [
        [
            Cell(
                one.candidate.name,
                [line.points] if line.known else [],
                Bar(line.label, line.points, have, have + room) if line.known else None,
            )
            for line, (have, room) in zip(lines, widths, strict=False)
        ]
        for one, lines in zip(chosen, sums, strict=True)
    ]
    return [Row(line.label, [column[index] for column in columns]) for index, line in enumerate(sums[0])]
