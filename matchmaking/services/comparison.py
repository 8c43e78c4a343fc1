"""Two policies beside each other on one reading of the register: who gains, who loses, what else changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.models import Introduction

# How many of those who gain most, and of those who lose most, a summary names.
NAMED = 10
Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class Comparison:
    """What differs, as plain JSON.

    `organizations` has a line for each approved organization: id, how many lists it stands in before and
    after, how many entries its own lists have before and after; those who gain most first, then by code.
    `summary`: how many are `approved`; `gains` and `losses`, the ends of those lines; how many are `listed`
    at all and whose own list is `empty`, before and after; `churn` by kind of seeker, each with entries
    `before` and `after` and how many are `gone` and `new`; `exposure` `before` and `after`, by country; how
    many `introductions` are known, and `evaluation` on them, `before` and `after`, None without any.
    """

    summary: dict[str, Any]
    organizations: list[list[int]]


def exposure_of(tops: engine.TopTens) -> dict[str, dict[str, Any]]:
    """How evenly each country's organizations stand in the other country's top tens."""
    return {country: tops.exposure(country).to_dict() for country in ("US", "CN")}


class Comparing:
    """What the lists of a preview change of those that stand, counted as both come in, part by part.

    Both snapshots hold the same organizations.
    """

    def __init__(self, before: engine.Snapshot, after: engine.Snapshot) -> None:
        self._snapshots = {"before": before, "after": after}
        self._tops = {name: engine.TopTens(snapshot) for name, snapshot in self._snapshots.items()}
        sides = (after.us, after.cn)
        ids = np.concatenate([side.id for side in sides])
        order = np.argsort(ids)
        self._ids = ids[order]
        self._kinds = np.concatenate([side.kind for side in sides])[order]
        self._approved = np.concatenate([side.approved for side in sides])[order]
        # Lists that each stands in, before and after, then entries of its own lists, before and after.
        self._counted = np.zeros((4, len(ids)), dtype=np.int64)
        self._churn = np.zeros((len(KINDS), 4), dtype=np.int64)

    def add(self, country: str, before: Rows, after: Rows) -> None:
        """All lists of some seekers of this country."""
        places = []
        for number, (name, lists) in enumerate((("before", before), ("after", after))):
            self._tops[name].add(country, lists)
            seekers, candidates = (np.searchsorted(self._ids, lists[end]) for end in ("seeker", "candidate"))
            for row, column in ((number, candidates), (2 + number, seekers)):
                self._counted[row] += np.bincount(column, minlength=len(self._ids))
            places.append((self._kinds[seekers], seekers * len(self._ids) + candidates))
        (kinds_before, pairs_before), (kinds_after, pairs_after) = places
        gone, new = ~np.isin(pairs_before, pairs_after), ~np.isin(pairs_after, pairs_before)
        for number, kinds in enumerate((kinds_before, kinds_after, kinds_before[gone], kinds_after[new])):
            self._churn[:, number] += np.bincount(kinds, minlength=len(KINDS))

    def result(self, heartbeat: Callable[[], None]) -> Comparison:
        """What all of it came to. `heartbeat` is called within the long part."""
        lines: list[list[int]] = np.column_stack([self._ids, *self._counted])[self._approved].tolist()
        codes = self._snapshots["after"].codes
        lines.sort(key=lambda line: (line[1] - line[2], codes[line[0]].encode()))
        summary = {
            "approved": len(lines),
            "gains": [line for line in lines[:NAMED] if line[2] > line[1]],
            "losses": [line for line in reversed(lines[-NAMED:]) if line[2] < line[1]],
            "listed": [sum(1 for line in lines if line[place]) for place in (1, 2)],
            "empty": [sum(1 for line in lines if not line[place]) for place in (3, 4)],
            "churn": {
                kind: dict(zip(("before", "after", "gone", "new"), counts, strict=True))
                for kind, counts in zip(KINDS, self._churn.tolist(), strict=True)
            },
            "exposure": {name: exposure_of(tops) for name, tops in self._tops.items()},
        }
        return Comparison(summary | self._evaluated(heartbeat), lines)

    def _evaluated(self, heartbeat: Callable[[], None]) -> dict[str, Any]:
        """How well each finds the pairs that were introduced, as if they had not been yet."""
        known = self._snapshots["after"].codes
        recorded = Introduction.objects.order_by().values_list("pair__low_id", "pair__high_id").distinct()
        pairs = sorted(pair for pair in recorded if pair[0] in known and pair[1] in known)
        evaluation = {}
        for name, snapshot in self._snapshots.items() if pairs else ():
            lifted, times = engine.without_outcomes(snapshot), self._tops[name].times()
            evaluation[name] = asdict(engine.evaluate(lifted, times, pairs, heartbeat=heartbeat))
        return {"introductions": len(pairs), "evaluation": evaluation or None}
