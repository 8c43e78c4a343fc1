"""What membership brought the members in a quarter, as a page to print and as a file."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliances.importing import FileFormat, table_file
from alliances.models import Organization
from matchmaking.portal.alliance.members import alliance_of
from matchmaking.portal.directory.filters import unknown_value
from matchmaking.selectors.benefit import (
    FILE_COLUMNS,
    Benefit,
    Counts,
    ReportQuarter,
    benefits,
    file_rows,
    in_all,
    report_quarters,
)
from matchmaking.wording.site import sample_notice


@dataclass(frozen=True)
class Line:
    """A member's counts, and in percent of the longest bar what it was recommended and said yes to."""

    member: Organization
    counts: Counts
    room: int
    got: int


@require_safe
def report(request: HttpRequest, code: str) -> HttpResponse:
    """The report of the quarter that `quarter` names, else of the running one."""
    alliance = alliance_of(request, code)
    quarter, problem = _quarter(request)
    found = benefits(alliance, quarter)
    context = {
        "alliance": alliance,
        "quarter": quarter,
        "period": _period(quarter),
        "quarters": [(one.key, _period(one)) for one in report_quarters()],
        "problem": problem,
        "lines": _lines(found),
        "total": in_all(found),
        "sample_notice": sample_notice(one.member for one in found),
    }
    return render(request, "portal/alliance/report.html", context)


@require_safe
def report_csv(request: HttpRequest, code: str) -> HttpResponse:
    """The same figures as a file, the sums in the last row."""
    alliance = alliance_of(request, code)
    quarter, _problem = _quarter(request)
    content = table_file(file_rows(benefits(alliance, quarter)), FILE_COLUMNS, FileFormat.CSV)
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{alliance.code}-{quarter.key}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _quarter(request: HttpRequest) -> tuple[ReportQuarter, str]:
    """The quarter that is asked for, and what is wrong with what was asked."""
    stated = request.GET.get("quarter", "")
    known = {one.key: one for one in report_quarters()}
    if stated in known:
        return known[stated], ""
    return next(iter(known.values())), unknown_value("quarter", stated) if stated else ""


def _period(quarter: ReportQuarter) -> str:
    return _("%(first)s to %(last)s") % {
        "first": date_format(quarter.start, "YEAR_MONTH_FORMAT"),
        "last": date_format(quarter.last_day, "YEAR_MONTH_FORMAT"),
    }


def _lines(found: list[Benefit]) -> list[Line]:
    longest = max((one.counts.recommended for one in found), default=0) or 1
    return [
        Line(
            one.member,
            one.counts,
            round(100 * one.counts.recommended / longest),
            round(100 * one.counts.interested / longest),
        )
        for one in found
    ]
