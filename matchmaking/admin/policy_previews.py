"""What a preview found, as the tables of its page and the rows of its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from alliances.enums import Country
from alliances.models import Organization
from matchmaking.engine.names import KINDS
from matchmaking.models import MatchRun, PolicyPreview
from matchmaking.wording.policy import KINDS as KIND_NAMES

PREVIEW_COLUMNS = (
    *("code", "name_en", "name_zh", "kind", "country"),
    *("lists_before", "lists_after", "change", "own_entries_before", "own_entries_after"),
)


class Compared(NamedTuple):
    """A figure of the lists as they are and as they would be."""

    label: StrOrPromise
    before: str
    after: str


class Mover(NamedTuple):
    """An organization that would stand in more lists, or in fewer."""

    organization: Organization
    before: int
    after: int
    change: str


def preview_tables(run: MatchRun) -> dict[str, Any]:
    """For the page of a preview that is complete; one query."""
    summary: dict[str, Any] = run.preview.summary
    named = _named(line[0] for line in (*summary["gains"], *summary["losses"]))
    return {
        "churn": [
            _churn(kind, summary["churn"][kind]) for kind in KINDS if any(summary["churn"][kind].values())
        ],
        "coverage": _coverage(summary),
        "exposure": _exposure(summary["exposure"]),
        "introductions": summary["introductions"],
        "evaluation": _evaluation(summary["evaluation"]),
        "gains": _movers(summary["gains"], named),
        "losses": _movers(summary["losses"], named),
    }


def preview_rows(run: MatchRun) -> Iterator[tuple[object, ...]]:
    """A row for each organization in `PREVIEW_COLUMNS`, those who gain most first; two queries."""
    lines: list[list[int]] = PolicyPreview.objects.values_list("organizations", flat=True).get(run=run)
    named = _named(line[0] for line in lines)
    for pk, before, after, own_before, own_after in lines:
        if pk in named:
            one = named[pk]
            facts = (one.code, one.name_en, one.name_zh, one.kind, one.country)
            yield (*facts, before, after, after - before, own_before, own_after)


def _named(ids: Iterable[int]) -> dict[int, Organization]:
    fields = ("code", "name_en", "name_zh", "kind", "country")
    return Organization.objects.only(*fields).in_bulk(list(ids))


def _movers(lines: Sequence[Sequence[int]], named: Mapping[int, Organization]) -> list[Mover]:
    return [
        Mover(named[pk], before, after, f"{after - before:+,}".replace("-", "−"))
        for pk, before, after, *_own in lines
        if pk in named
    ]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _churn(kind: str, counted: Mapping[str, int]) -> tuple[object, ...]:
    gone, before = counted["gone"], counted["before"]
    numbers = (before, counted["after"], gone, counted["new"])
    return (KIND_NAMES[kind], *(f"{number:,}" for number in numbers), _share(gone, before))


def _coverage(summary: Mapping[str, Any]) -> list[Compared]:
    approved: int = summary["approved"]
    listed, empty = summary["listed"], summary["empty"]
    return [
        Compared(
            _("Organizations in at least one list"),
            *(f"{_share(number, approved)} ({number:,})" for number in listed),
        ),
        Compared(_("Organizations whose own list is empty"), *(f"{number:,}" for number in empty)),
    ]


def _exposure(exposure: Mapping[str, Mapping[str, Any]]) -> list[tuple[StrOrPromise, list[Compared]]]:
    """By country: how evenly its organizations stand in the other's top tens."""

    def figure(label: str, country: str, words: Any) -> Compared:
        return Compared(label, *(words(exposure[time][country]) for time in ("before", "after")))

    return [
        (
            Country(country).label,
            [
                figure(_("Gini coefficient"), country, lambda side: f"{side['gini']:.3f}"),
                figure(
                    _("Share of the most listed 1 %"),
                    country,
                    lambda side: f"{100 * side['top_share']:.1f} %",
                ),
                figure(
                    _("The most listed stands in"),
                    country,
                    lambda side: f"{side['most_entries']:,} / {side['lists']:,}",
                ),
            ],
        )
        for country in Country.values
    ]


def _evaluation(evaluation: Mapping[str, Mapping[str, float]] | None) -> list[Compared]:
    if evaluation is None:
        return []
    names = {
        "recall_at_5": _("Found among the first 5 (recall@5)"),
        "recall_at_10": _("Found among the first 10 (recall@10)"),
        "mrr": _("Mean reciprocal rank (mrr)"),
    }
    return [
        Compared(label, *(f"{evaluation[time][name]:.4f}" for time in ("before", "after")))
        for name, label in names.items()
    ]
