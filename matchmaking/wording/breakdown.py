"""How a score adds up, as rows that a table, a chart or a mail can show.

A *side* is half of a recommendation's stored breakdown, plain JSON: `affinity`, `base` and `base_possible`,
`criteria` (each with `criterion`, `value`, `weight`, `share`, `possible` and `known`; value null and shares 0
where not known) and `reasons`. Shares and base sum to the affinity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

Side = Mapping[str, Any]

# Criteria of one kind are read together.
GROUPS = (
    (_("Needs met"), ("needs_met",)),
    (_("Offers wanted"), ("offers_wanted",)),
    (_("Shared challenges"), ("shared_challenges",)),
    (_("Reach"), ("reach",)),
    (_("Scale"), ("scale",)),
    (_("Statements"), ("text",)),
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
    "text": _("Statements"),
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


@dataclass(frozen=True)
class CriterionRow:
    """One line of the sum. Shares are of 1; `points` is the share times 100, with one digit, or empty."""

    label: str
    share: float
    possible: float
    points: str


def criterion_label(criterion: str) -> str:
    """The name of one of the engine's criteria."""
    return str(CRITERIA[criterion])


def cause_label(cause: str) -> str:
    """Why a pair was not scored, in a few words."""
    return str(CAUSES[cause])


def criterion_rows(side: Side) -> list[CriterionRow]:
    """The known lines of the sum, base first. Their points add up to the affinity's, exactly as printed."""
    entries = {entry["criterion"]: entry for entry in side["criteria"]}
    lines = [(str(BASE), float(side["base"]), float(side["base_possible"]))]
    for label, criteria in GROUPS:
        known = [entries[name] for name in criteria if entries[name]["known"]]
        if known:
            share, possible = sum(e["share"] for e in known), sum(e["possible"] for e in known)
            lines.append((str(label), share, possible))
    tenths = apportioned([share for _label, share, _possible in lines], affinity_tenths(side))
    return [
        CriterionRow(label, share, possible, tenths_words(part))
        for (label, share, possible), part in zip(lines, tenths, strict=True)
    ]


def unknown_labels(side: Side) -> list[str]:
    """The lines that are left out because one of the two states nothing on them."""
    known = {entry["criterion"] for entry in side["criteria"] if entry["known"]}
    return [str(label) for label, criteria in GROUPS if not known.intersection(criteria)]


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
