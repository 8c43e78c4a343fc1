"""The figures in words: tables and bars, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from alliances.enums import Country
from alliances.regions import region_name
from matchmaking.admin.dashboard import BAR_WIDTH, Bar, bar_width
from matchmaking.enums import FunnelStep
from matchmaking.selectors.analytics import Answering, Rate, Rates, Shown, ShownEvenly, StatedTopic

# Longer tables show so many lines at first.
SHOWN = 12
MOST_SHOWN = 10
# In how many lists an organization stands, from and to.
LISTS = ((0, 0), (1, 1), (2, 4), (5, 9), (10, None))


@dataclass(frozen=True)
class Line:
    """What a line is about, its cells, and a bar of up to `BAR_WIDTH` units that shows the first of them."""

    label: str
    cells: Sequence[str]
    width: int = 0
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page; `name` is that of its file."""

    name: str
    title: str
    heads: Sequence[str]
    lines: Sequence[Line]

    @property
    def first(self) -> Sequence[Line]:
        return self.lines[:SHOWN]

    @property
    def rest(self) -> Sequence[Line]:
        return self.lines[SHOWN:]


def number(count: int) -> str:
    return f"{count:,}"


def percent(rate: Rate) -> str:
    """The share as the page shows it, a dash where it is taken of too few."""
    return "–" if rate.share is None else f"{rate.share:.0%}"


def funnel_table(steps: Mapping[FunnelStep, Rate]) -> Table:
    most = steps[FunnelStep.REGISTERED].number or 1
    lines = [
        Line(
            str(step.label),
            (number(rate.number), percent(rate) if step != FunnelStep.REGISTERED else ""),
            bar_width(rate.number, most),
        )
        for step, rate in steps.items()
    ]
    heads = (_("Step"), _("Organizations"), _("Of the step before"))
    return Table("funnel", _("How far organizations come"), heads, lines)


# --- Answering ------------------------------------------------------------------------------------


def kinds_table(rates: Rates) -> Table:
    rows = [
        (f"{seeker.label} → {candidate.label}", told) for (seeker, candidate), told in rates.kinds.items()
    ]
    return _rates_table("kinds", _("By kind: who was told of whom"), _("Kinds"), rows)


def countries_table(rates: Rates) -> Table:
    rows = [(str(country.label), told) for country, told in rates.countries.items()]
    return _rates_table("countries", _("By country of who was told"), _("Country"), rows)


def regions_table(rates: Rates) -> Table:
    rows = [
        (f"{region_name(country, region) or _('not stated')} ({Country(country).label})", told)
        for (country, region), told in sorted(
            rates.regions.items(), key=lambda row: (-row[1].released, row[0])
        )
    ]
    return _rates_table("regions", _("By state or province of who was told"), _("State or province"), rows)


def areas_table(rates: Rates) -> Table:
    rows = [(area.name, told) for area, told in rates.areas.items()]
    return _rates_table("areas", _("By challenge area that the reasons rest on"), _("Challenge area"), rows)


def _rates_table(name: str, title: str, head: str, rows: Iterable[tuple[str, Answering]]) -> Table:
    heads = (
        head,
        _("Response rate"),
        _("Answered"),
        _("Released"),
        _("Acceptance rate"),
        _("Interested"),
    )
    lines = [
        Line(
            label,
            (
                percent(told.response),
                number(told.answered),
                number(told.released),
                percent(told.acceptance),
                number(told.interested),
            ),
            round(BAR_WIDTH * (told.response.share or 0)),
        )
        for label, told in rows
    ]
    return Table(name, title, heads, lines)


# --- Needs and offers -----------------------------------------------------------------------------


def needs_table(topics: Sequence[StatedTopic]) -> Table:
    levels = (_("some"), _("clear"), _("urgent"))
    return _topics_table("needs", _("Unmet needs"), (_("Unmet"), _("Needs")), levels, topics)


def offers_table(topics: Sequence[StatedTopic]) -> Table:
    levels = (_("first steps"), _("running"), _("proven"))
    return _topics_table("offers", _("Unclaimed offers"), (_("Unclaimed"), _("Offers")), levels, topics)


def _topics_table(
    name: str, title: str, counted: tuple[str, str], levels: Sequence[str], topics: Sequence[StatedTopic]
) -> Table:
    most = max((one.unmet for one in topics), default=0) or 1
    heads = (
        _("Topic"),
        *counted,
        *(str(country.label) for country in Country),
        *levels,
        _("Recommended"),
        _("Introduced"),
    )
    lines = [
        Line(
            one.topic.name,
            [
                number(count)
                for count in (
                    one.unmet,
                    one.stated,
                    *one.by_country.values(),
                    *one.by_level.values(),
                    one.recommended,
                    one.introduced,
                )
            ],
            bar_width(one.unmet, most),
            "" if one.met else _("no counterpart"),
        )
        for one in topics
    ]
    return Table(name, title, heads, lines)


# --- Exposure -------------------------------------------------------------------------------------


def exposure_facts(shown: ShownEvenly) -> list[tuple[str, str]]:
    """The figures beside the table, each with its words."""
    gini = "–" if shown.gini is None else f"{shown.gini:.2f}"
    return [
        (_("Organizations"), number(len(shown.rows))),
        (_("Places in others’ lists"), number(shown.total)),
        (_("Standing in none"), f"{number(shown.nowhere)} ({percent(Rate(shown.nowhere, len(shown.rows)))})"),
        (_("Share of the most shown tenth"), percent(shown.top)),
        (_("Gini coefficient"), gini),
    ]


def exposure_bars(shown: ShownEvenly) -> list[Bar]:
    """How many organizations stand in so many lists."""
    most = len(shown.rows) or 1
    bars = []
    for low, high in LISTS:
        count = sum(low <= row.lists and (high is None or row.lists <= high) for row in shown.rows)
        bars.append(Bar(_in_lists(low, high), count, bar_width(count, most)))
    return bars


def _in_lists(low: int, high: int | None) -> str:
    if high is None:
        return _("in %(low)s lists or more") % {"low": low}
    if high == 0:
        return _("in no list")
    if low == high:
        return ngettext("in %(low)s list", "in %(low)s lists", low) % {"low": low}
    return _("in %(low)s to %(high)s lists") % {"low": low, "high": high}


def exposure_table(shown: ShownEvenly) -> Table:
    rows = [row for row in shown.rows[:MOST_SHOWN] if row.lists]
    most = max((row.lists for row in rows), default=0) or 1
    lines = [_shown_line(row, most) for row in rows]
    return Table("exposure", _("Most shown"), (_("Organization"), _("Lists")), lines)


def _shown_line(row: Shown, most: int) -> Line:
    one = row.organization
    place = f"{one.get_kind_display()}, {one.get_country_display()}"
    url = reverse(f"admin:alliances_{one.kind}_change", args=[one.pk])
    return Line(one.name, (number(row.lists),), bar_width(row.lists, most), place, url)


RATES_NOTE = gettext_lazy(
    "Response rate: of what was released in the period and at least %(days)s days ago, the share that was "
    "answered (Interested, Not now or No). Acceptance rate: of these answers, the share that is Interested. "
    "A pair that was recommended twice counts once. Under %(fewest)s there is no share."
)


def totals(rates: Rates) -> dict[str, Any]:
    """Both rates in all, with what they are taken of."""
    return {
        "response": percent(rates.total.response),
        "acceptance": percent(rates.total.acceptance),
        "released": number(rates.total.released),
        "answered": number(rates.total.answered),
    }
