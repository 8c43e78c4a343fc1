"""How a score adds up, as rows that a table, a chart or a mail can show.

A *side* is half of a recommendation's stored breakdown, plain JSON: `affinity`, `base` and `base_possible`,
`criteria` (each with `criterion`, `value`, `weight`, `share`, `possible` and `known`; value null and shares 0
where not known) and `reasons`. Shares and base sum to the affinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from matchmaking.wording.numbers import listed

Side = Mapping[str, Any]

# Criteria of one kind are read together.
GROUPS = (
    (_("Needs met"), ("needs_met",)),
    (_("Offers wanted"), ("offers_wanted",)),
    (_("Shared challenges"), ("shared_challenges",)),
    (_("Reach"), ("reach",)),
    (_("Scale"), ("scale",)),
    (_("Self-descriptions"), ("text",)),
    (_("Preferences"), ("wanted_kinds", "partnership_types")),
    (_("Readiness"), ("stage", "horizon", "budget")),
    (_("Language"), ("language",)),
    (_("Trust"), ("trust",)),
)
BASE = _("Base")
CRITERIA = {
    "needs_met": _("Needs met"),
    "offers_wanted": _("Offers wanted"),
    "shared_challenges": _("Shared challenges"),
    "reach": _("Reach"),
    "scale": _("Scale"),
    "text": _("Self-descriptions"),
    "wanted_kinds": _("Wanted kinds"),
    "partnership_types": _("Partnership types"),
    "stage": _("Stage"),
    "horizon": _("Horizon"),
    "budget": _("Budget"),
    "language": _("Language"),
    "trust": _("Trust"),
}
CAUSES = {
    "not_approved": _("An organization is not approved"),
    "exclusion": _("Excluded by staff"),
    "open_introduction": _("Introduced already"),
    "declined": _("Declined by one side"),
    "deferred": _("Put off by one side"),
    "screening": _("Open screening hit"),
    "jurisdiction": _("Blocked by a jurisdiction rule"),
    "no_capacity": _("No capacity left this quarter"),
    "kind_refused": _("Kind refused by one side"),
}


class CriterionRow(NamedTuple):
    """One line of the sum. Shares are of 1; `points` is the share times 100, with one digit.

    Where one of the two states nothing on it, shares are 0 and `points` is empty.
    """

    label: str
    share: float
    possible: float
    points: str

    @property
    def known(self) -> bool:
        return bool(self.points)


def criterion_label(criterion: str) -> str:
    """The name of one of the engine's criteria."""
    return str(CRITERIA[criterion])


def cause_label(cause: str) -> str:
    """Why a pair was not scored, in a few words."""
    return str(CAUSES[cause])


def all_rows(side: Side) -> list[CriterionRow]:
    """Every line of the sum, base first. Printed points of the known ones add up to the affinity's."""
    return _rows(side, GROUPS)


def criterion_rows(side: Side) -> list[CriterionRow]:
    """The known lines of `all_rows`."""
    known = _known_entries(side).keys()
    return _rows(side, [(label, criteria) for label, criteria in GROUPS if not known.isdisjoint(criteria)])


def _rows(side: Side, groups: Iterable[tuple[Promise, tuple[str, ...]]]) -> list[CriterionRow]:
    entries = _known_entries(side)
    tenths = iter(_row_tenths(side))
    base = CriterionRow(
        str(BASE), float(side["base"]), float(side["base_possible"]), tenths_words(next(tenths))
    )
    rows = [base]
    for label, criteria in groups:
        known = [entries[name] for name in criteria if name in entries]
        share, possible = sum(e["share"] for e in known), sum(e["possible"] for e in known)
        points = tenths_words(next(tenths)) if known else ""
        rows.append(CriterionRow(str(label), share, possible, points))
    return rows


def criterion_tenths(side: Side) -> dict[str, int]:
    """Tenths of a point of each known criterion; those of one line add up to the line's."""
    entries = _known_entries(side)
    _base, *rest = _row_tenths(side)
    tenths: dict[str, int] = {}
    groups = ([name for name in criteria if name in entries] for _label, criteria in GROUPS)
    for names, total in zip(filter(None, groups), rest, strict=True):
        tenths |= zip(names, apportioned([entries[name]["share"] for name in names], total), strict=True)
    return tenths


def _known_entries(side: Side) -> dict[str, Mapping[str, Any]]:
    return {entry["criterion"]: entry for entry in side["criteria"] if entry["known"]}


def _row_tenths(side: Side) -> list[int]:
    """Tenths of the base and of each known line."""
    entries = _known_entries(side)
    shares = [float(side["base"])]
    for _label, criteria in GROUPS:
        known = [entries[name]["share"] for name in criteria if name in entries]
        if known:
            shares.append(sum(known))
    return apportioned(shares, affinity_tenths(side))


def unknown_labels(side: Side) -> list[str]:
    """The lines that are left out because one of the two states nothing on them."""
    known = _known_entries(side)
    return [str(label) for label, criteria in GROUPS if known.keys().isdisjoint(criteria)]


def unknown_words(side: Side) -> str:
    """What is left out of the sum, as a sentence; empty where nothing is."""
    labels = [label[:1].lower() + label[1:] for label in unknown_labels(side)]
    return gettext("Not stated, so left out: %(criteria)s.") % {"criteria": listed(labels)} if labels else ""


def against(side: Side) -> list[str]:
    """What speaks against a pair: both state working languages, and none is the same."""
    values = {entry["criterion"]: entry["value"] for entry in side["criteria"]}
    return [gettext("You state no working language in common.")] if values["language"] == 0 else []


def bar_widths(rows: Sequence[CriterionRow]) -> list[tuple[int, int]]:
    """Percent of a bar that each row fills and that it leaves open; the largest possible share is 100."""
    largest = max(row.possible for row in rows)
    widths = []
    for row in rows:
        have = round(100 * row.share / largest)
        widths.append((have, max(round(100 * row.possible / largest) - have, 0)))
    return widths


def affinity_tenths(side: Side) -> int:
    """The affinity in tenths of a point of 100."""
    return int(float(side["affinity"]) * 1000 + 0.5)


def tenths_words(tenths: int) -> str:
    """Tenths of a point as they are printed: 248 is 24.8."""
    return f"{tenths // 10}.{tenths % 10}"


def apportioned(shares: Sequence[float], total: int) -> list[int]:
    """Whole tenths for `shares` (of 1) that sum to `total`: cut, then the largest remainders rounded up."""
    exact = [share * 1000 for share in shares]
    parts = [int(value) for value in exact]
    missing = total - sum(parts)
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for index in order[: max(missing, 0)]:
        parts[index] += 1
    return parts
