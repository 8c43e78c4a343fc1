"""Lists after a few organizations changed: made anew where one of them seeks, stands or comes, not elsewhere.

Scores of two organizations that did not change are what they were, so a list loses and gains only changed
ones. Whoever is not in a full list comes after its last entry; so what stands before that place is sure, and
only a list that is left with less than K sure entries has to be sought again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.lists import Entries, Method, place_in_group
from matchmaking.engine.names import KINDS
from matchmaking.engine.ranking import Rows, find_rows, method_for, ranking_rows, rows_of
from matchmaking.engine.scoring import Index
from matchmaking.engine.sides import Floats, Side
from matchmaking.engine.snapshot import Snapshot

LINE_DTYPE: Final = np.dtype([("seeker", "<i8"), ("candidate", "<i8"), ("kind", "i1"), ("score", "<f8")])
"""A line of a standing list: organization ids, the candidate's kind (index of `KINDS`) and the score."""


@dataclass(frozen=True)
class Standing:
    """The lists as they stand, as far as an amendment asks for them (`LINE_DTYPE`).

    `last` is the line at place K of every list that has one, `naming` every line whose candidate changed;
    `lists_of` gives all lines of the seekers with these ids.
    """

    last: Rows
    naming: Rows
    lists_of: Callable[[list[int]], Rows]


@dataclass(frozen=True)
class Amendment:
    """The lists that take the place of others.

    `lists` are ranking rows (`RANKING_DTYPE`) of the seekers and kinds in `replaced`, by id and index of
    `KINDS`; a list that has no line any more is named there alone.
    """

    lists: Rows
    replaced: list[tuple[int, int]]


def amend(
    snapshot: Snapshot,
    changed: Collection[int],
    standing: Standing,
    *,
    heartbeat: Callable[[], None] | None = None,
    threads: int = 1,
    method: Method | None = None,
) -> Amendment:
    """What the lists of a full run of `snapshot` have that the standing ones have not.

    `changed` are the ids of all whose row or pairs are others than when the standing lists were made, also of
    those that are no more. The result depends neither on `threads` nor on `method`, by default the quicker
    one for a snapshot of this size.
    """
    method = method or method_for(snapshot)
    around = method.around(snapshot, heartbeat=heartbeat, threads=threads)
    scorer = method.scorer(snapshot, threads)
    about = np.array(sorted(changed), np.int64)
    us = _Seekers(snapshot.us, snapshot.cn, standing, about)
    cn = _Seekers(snapshot.cn, snapshot.us, standing, about)
    found_us, found_cn = around((us.changed, cn.changed), (us.floors, cn.floors))
    # What a changed Chinese organization offers goes into American lists, and the reverse.
    for_us = us.merged(_lines(found_cn.offers, of_us=True))
    for_cn = cn.merged(_lines(found_us.offers, of_us=False))
    again_us, again_cn = around((for_us.short // len(KINDS), for_cn.short // len(KINDS)), None)
    lists = []
    for seekers, merged, own, again, of_us in (
        (us, for_us, found_us.lists, again_us.lists, True),
        (cn, for_cn, found_cn.lists, again_cn.lists, False),
    ):
        sought = _lines(again, of_us=of_us)
        sought = sought.only(np.isin(seekers.list_of(sought), merged.short))
        made = _joined([_lines(own, of_us=of_us), merged.lines, sought])
        made = made.only(np.lexsort((made.candidates, -made.scores, seekers.list_of(made))))
        entries = _entries(made, of_us=of_us)
        lists.append(ranking_rows(snapshot, entries, scorer, seekers_are_us=of_us))
    gone = about[~np.isin(about, [*snapshot.codes])].tolist()
    replaced = [*us.named(for_us.lists), *cn.named(for_cn.lists), *_all_kinds(gone)]
    return Amendment(np.concatenate(lists), sorted(replaced))


def _all_kinds(seekers: Sequence[int]) -> list[tuple[int, int]]:
    return [(seeker, kind) for seeker in seekers for kind in range(len(KINDS))]


class _Lines(NamedTuple):
    """Lines of lists: rows of seekers and of candidates, final scores. In no order."""

    seekers: Index
    candidates: Index
    scores: Floats

    def only(self, chosen: Any) -> _Lines:
        return _Lines(*(column[chosen] for column in self))


def _lines(entries: Entries, *, of_us: bool) -> _Lines:
    return _Lines(*(entries if of_us else (entries.columns, entries.rows, entries.scores)))


def _entries(lines: _Lines, *, of_us: bool) -> Entries:
    return Entries(*(lines if of_us else (lines.candidates, lines.seekers, lines.scores)))


def _joined(parts: Sequence[_Lines]) -> _Lines:
    return _Lines(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class _Merged(NamedTuple):
    """Of the lists (seeker's row x kinds + kind) that are touched: all, their lines, and those left short."""

    lists: Index
    lines: _Lines
    short: Index


class _Seekers:
    """One country's organizations with their standing lists; the candidates are the other's."""

    def __init__(self, own: Side, other: Side, standing: Standing, about: npt.NDArray[np.int64]) -> None:
        self.own, self.other, self.standing, self.about = own, other, standing, about
        self.changed = np.flatnonzero(np.isin(own.id, about))
        # What each list asks for, and who is at its last place, by kind and seeker's row.
        self.floors = np.full((len(KINDS), len(own)), -np.inf)
        self.border = np.full((len(KINDS), len(own)), -1, dtype=np.intp)
        rows = find_rows(own, standing.last["seeker"])
        last, rows = standing.last[rows >= 0], rows[rows >= 0]
        self.floors[last["kind"], rows] = last["score"]
        self.border[last["kind"], rows] = find_rows(other, last["candidate"])
        self.full = np.isfinite(self.floors).T.ravel()
        # Their own lists are made anew in any case.
        self.floors[:, self.changed] = np.inf

    def list_of(self, lines: _Lines) -> Index:
        lists: Index = lines.seekers * len(KINDS) + self.other.kind[lines.candidates]
        return lists

    def merged(self, offers: _Lines) -> _Merged:
        """The standing lists that changed organizations leave or enter, as far as they are sure."""
        at = self.other.kind[offers.candidates], offers.seekers
        border, tied = self.border[at], offers.scores == self.floors[at]
        # Where who stood at the last place is gone, what ties with it may stand before or behind others that
        # were never listed: those lists are sought again.
        unsure = self.list_of(offers.only(tied & (border < 0)))
        ahead = tied & (offers.candidates <= border)
        offers = offers.only((offers.scores > self.floors[at]) | ahead)
        naming = self.standing.naming
        rows = find_rows(self.own, naming["seeker"])
        left = (rows >= 0) & ~np.isin(naming["seeker"], self.about)
        lists = np.unique([*(rows[left] * len(KINDS) + naming["kind"][left]), *self.list_of(offers)])
        lists = lists.astype(np.intp)
        lines = _joined([self._staying(lists), offers])
        group = self.list_of(lines)
        order = np.lexsort((lines.candidates, -lines.scores, group))
        lines, group = lines.only(order), group[order]
        top_k = self.own.scale.policy.top_k
        lengths = np.searchsorted(group, lists, side="right") - np.searchsorted(group, lists)
        short = lists[self.full[lists] & ((lengths < top_k) | np.isin(lists, unsure))]
        kept = (place_in_group(group) < top_k) & ~np.isin(group, short)
        return _Merged(lists, lines.only(kept), short)

    def _staying(self, lists: Index) -> _Lines:
        """The lines of these standing lists whose candidates did not change."""
        seekers = np.unique(lists // len(KINDS))
        lines = self.standing.lists_of(self.own.id[seekers].tolist())
        lines = lines[~np.isin(lines["candidate"], self.about)]
        found = _Lines(
            rows_of(self.own, lines["seeker"]), rows_of(self.other, lines["candidate"]), lines["score"]
        )
        return found.only(np.isin(self.list_of(found), lists))

    def named(self, lists: Index) -> Iterator[tuple[int, int]]:
        """These lists and those of the changed, by the seeker's id and the kind."""
        for row, kind in [
            *_all_kinds(self.changed.tolist()),
            *(divmod(number, len(KINDS)) for number in lists.tolist()),
        ]:
            yield int(self.own.id[row]), kind
