"""Two policies beside each other on one reading of the register: who gains, who loses, what else changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.models import Introduction

# How many of those who gain most, and of those who lose most, a summary names.
NAMED = 10
Rows = npt.NDArray[np.void]


class Outcome(NamedTuple):
    """A snapshot and the entries (`entries_of`) of all its lists."""

    snapshot: engine.Snapshot
    lists: Rows


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


def entries_of(lists: Sequence[Rows]) -> Rows:
    """Seeker, candidate and score of every entry: a sixth of what the rows of the lists take."""
    entries = np.zeros(sum(map(len, lists)), dtype=engine.FRAGMENT_DTYPE)
    for name in engine.FRAGMENT_DTYPE.names or ():
        np.concatenate([rows[name] for rows in lists], out=entries[name])
    return entries


def exposure_of(snapshot: engine.Snapshot, lists: Rows) -> dict[str, dict[str, Any]]:
    """How evenly each country's organizations stand in the other country's top tens."""
    tops = engine.top_lists(lists, codes=snapshot.codes)
    found = {}
    for country, side, seekers in (("US", snapshot.us, snapshot.cn), ("CN", snapshot.cn, snapshot.us)):
        others = [tops[seeker] for seeker in seekers.id.tolist() if seeker in tops]
        found[country] = engine.exposure(others, side.id[side.approved].tolist()).to_dict()
    return found


def compare(before: Outcome, after: Outcome, *, heartbeat: Callable[[], None]) -> Comparison:
    """What the lists of `after` change of those of `before`. Both snapshots hold the same organizations.

    `heartbeat` is called between the parts and within the long ones.
    """
    sides = (after.snapshot.us, after.snapshot.cn)
    ids = np.concatenate([side.id for side in sides])
    order = np.argsort(ids)
    ids, kinds, approved = (
        column[order]
        for column in (
            ids,
            np.concatenate([side.kind for side in sides]),
            np.concatenate([side.approved for side in sides]),
        )
    )

    def places(outcome: Outcome) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        return np.searchsorted(ids, outcome.lists["seeker"]), np.searchsorted(ids, outcome.lists["candidate"])

    (seekers_b, candidates_b), (seekers_a, candidates_a) = places(before), places(after)
    entries_b, entries_a = seekers_b * len(ids) + candidates_b, seekers_a * len(ids) + candidates_a
    gone, new = ~np.isin(entries_b, entries_a), ~np.isin(entries_a, entries_b)
    heartbeat()
    counted = [np.bincount(column, minlength=len(ids)) for column in (candidates_b, candidates_a)]
    counted += [np.bincount(column, minlength=len(ids)) for column in (seekers_b, seekers_a)]
    lines: list[list[int]] = np.column_stack([ids, *counted])[approved].tolist()
    codes = after.snapshot.codes
    lines.sort(key=lambda line: (line[1] - line[2], codes[line[0]].encode()))
    exposure = {}
    for name, outcome in (("before", before), ("after", after)):
        exposure[name] = exposure_of(*outcome)
        heartbeat()
    summary = {
        "approved": len(lines),
        "gains": [line for line in lines[:NAMED] if line[2] > line[1]],
        "losses": [line for line in reversed(lines[-NAMED:]) if line[2] < line[1]],
        "listed": [sum(1 for line in lines if line[place]) for place in (1, 2)],
        "empty": [sum(1 for line in lines if not line[place]) for place in (3, 4)],
        "churn": {
            kind: {
                "before": int((kinds[seekers_b] == number).sum()),
                "after": int((kinds[seekers_a] == number).sum()),
                "gone": int((kinds[seekers_b[gone]] == number).sum()),
                "new": int((kinds[seekers_a[new]] == number).sum()),
            }
            for number, kind in enumerate(KINDS)
        },
        "exposure": exposure,
    }
    return Comparison(summary | _evaluated(before, after, heartbeat), lines)


def _evaluated(before: Outcome, after: Outcome, heartbeat: Callable[[], None]) -> dict[str, Any]:
    """How well each finds the pairs that were introduced, as if they had not been yet."""
    known = after.snapshot.codes
    recorded = Introduction.objects.order_by().values_list("pair__low_id", "pair__high_id").distinct()
    pairs = sorted(pair for pair in recorded if pair[0] in known and pair[1] in known)
    evaluation = {}
    for name, outcome in (("before", before), ("after", after)) if pairs else ():
        lifted = engine.without_outcomes(outcome.snapshot)
        evaluation[name] = asdict(engine.evaluate(lifted, outcome.lists, pairs, heartbeat=heartbeat))
    return {"introductions": len(pairs), "evaluation": evaluation or None}
