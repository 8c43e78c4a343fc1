"""All pairs at once: approximate keys by matrix products, exact lists by certificate, on several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Event, Lock
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from matchmaking.engine.constraints import eligible_pairs
from matchmaking.engine.kernel import exact, loops
from matchmaking.engine.kernel.packing import NEVER, Packed, Rows, Singles, chosen_of, pack, places, taken
from matchmaking.engine.lists import Around, Entries, Finder, Found, Scorer
from matchmaking.engine.names import CRITERIA, FUSIONS, KINDS
from matchmaking.engine.scoring import Index, PairScores
from matchmaking.engine.sides import Bools, Floats, Scale
from matchmaking.engine.snapshot import Snapshot

# A float32 sum of 128 products of unit vectors is off by at most 128 x 2^-24. Above 1, where the reference
# cuts it, it may be by 1.1e-5 more, since vectors on the grid are no exact unit vectors. Other criteria are
# off by less; a mean by no more than its criteria and 15 roundings; a key by at most twice that of its means.
TEXT_ERROR: Final = 1e-5
KEY_ERROR: Final = 4e-5
# Kept beyond K: enough for nearly every list to be proven without a second look.
SPARE: Final = 4
# Criteria that fall by half with each step between two places.
_PLACED: Final = ("stage", "horizon", "budget")
_PRODUCTS: Final = 6
_PAIRS_AT_A_TIME: Final = 4096


class _Lists(NamedTuple):
    """Of one side and one kind of candidate: keys falling, members, and the key that must be exceeded."""

    keys: Singles
    members: npt.NDArray[np.int32]
    floors: Singles


def _empty(seekers: int, length: int) -> _Lists:
    return _Lists(
        keys=np.full((seekers, length), NEVER, dtype=np.float32),
        members=np.full((seekers, length), -1, dtype=np.int32),
        floors=np.full(seekers, NEVER, dtype=np.float32),
    )


def _beside(lists: _Lists) -> _Lists:
    """Another thread's empty lists. What one's list asks for is a bound for all: joined they ask for more."""
    return _empty(*lists.keys.shape)._replace(floors=lists.floors)


def _asking(scores: Floats, length: int, fusion: str) -> _Lists:
    """Empty lists, long enough for everybody who may come, that ask for about these scores."""
    keys = np.where(scores > 0, scores**2, scores) if fusion == "geometric" else scores
    # The loops are compiled for finite numbers.
    floors = np.clip(keys - 2 * KEY_ERROR, NEVER, -NEVER).astype(np.float32)
    return _empty(len(scores), max(1, length))._replace(floors=floors)


class _Buffers:
    """What one thread writes its blocks to."""

    def __init__(self, block: tuple[int, int]) -> None:
        self.products = np.empty((_PRODUCTS, block[0] * block[1]), dtype=np.float32)
        self.scratch = np.empty((3, block[1]), dtype=np.float32)

    def block(self, us: Packed, rows: tuple[int, int], cn: Packed, columns: tuple[int, int]) -> Any:
        """The six products of a block, US rows down and Chinese rows across, with its bounds."""
        shape = rows[1] - rows[0], columns[1] - columns[0]
        outs = [buffer[: shape[0] * shape[1]].reshape(shape) for buffer in self.products]
        factors = (
            (us.needs, cn.offers),
            (us.offers, cn.needs),
            (us.challenges, cn.challenges),
            (us.statements, cn.statements),
            (us.asks, cn.knows),
            (us.knows, cn.asks),
        )
        for (one, other), out in zip(factors, outs, strict=True):
            np.dot(one[slice(*rows)], other[slice(*columns)].T, out=out)
        return tuple(outs), rows, columns


def _rules(scale: Scale, one_kind: int, other_kind: int) -> Any:
    """What the loops read of the policy, for a block of one kind of seeker and one of candidate."""
    policy = scale.policy
    names = ("needs_met", "offers_wanted", "shared_challenges", "text", "scale", *_PLACED, "language")
    weights = np.zeros((2, 1 + len(names)), dtype=np.float32)
    weights[:, 0] = policy.tau, policy.w0 * policy.c0
    for side, kind in enumerate((one_kind, other_kind)):
        weights[side, 1:] = [policy.weights[KINDS[kind]][name] for name in names]
    floor = policy.text_floor
    band = np.float32(floor - TEXT_ERROR), np.float32(floor + TEXT_ERROR), floor
    return weights, np.float32(policy.w0), band, FUSIONS.index(policy.fusion), one_kind, other_kind


def _cuts(first: int, last: int, length: int) -> list[tuple[int, int]]:
    return [(at, min(at + length, last)) for at in range(first, last, length)]


def _share(
    jobs: list[Any], work: Callable[[Any, Any], None], states: list[Any], heartbeat: Callable[[], None] | None
) -> None:
    """Do the jobs on as many threads as there are states; this thread is one of them and beats the heart."""
    waiting, lock, stopped = iter(jobs), Lock(), Event()

    def next_job() -> Iterator[Any]:
        while not stopped.is_set():
            with lock:
                job = next(waiting, None)
            if job is None:
                return
            yield job

    def helper(state: Any) -> None:
        for job in next_job():
            work(job, state)

    with ThreadPoolExecutor(max(1, len(states) - 1)) as pool:
        others = [pool.submit(helper, state) for state in states[1 : len(jobs)]]
        try:
            for job in next_job():
                if heartbeat is not None:
                    heartbeat()
                work(job, states[0])
        finally:
            stopped.set()
    for other in others:
        other.result()


@cache
def _libraries() -> ThreadpoolController:
    """Those with threads of their own. Looked for once: it takes as long as to search a small register."""
    return ThreadpoolController()


def search(
    snapshot: Snapshot,
    start: int,
    stop: int,
    *,
    heartbeat: Callable[[], None] | None = None,
    block: tuple[int, int] = (256, 1024),
    threads: int = 1,
    earlier: tuple[Entries, Entries] | None = None,
) -> Found:
    """The lists of the US rows [start, stop) against every Chinese row, as the reference finds them.

    `earlier` lists of both sides, by rows of this snapshot, spare work where they are still about right: what
    they are worth now is the least that each list must offer. The result depends on none of `block`,
    `threads` and `earlier`. What `heartbeat` raises ends the search.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        return _Search(snapshot, *pack(snapshot, start, stop), heartbeat, block, threads).run(earlier)


def around(
    snapshot: Snapshot,
    *,
    heartbeat: Callable[[], None] | None = None,
    block: tuple[int, int] = (64, 4096),
    threads: int = 1,
) -> Finder:
    """What chosen organizations have to do with all of the other side, as the reference finds it."""
    us, cn = pack(snapshot, 0, len(snapshot.us))
    us_places, cn_places = places(us, len(snapshot.us)), places(cn, len(snapshot.cn))
    whole = _Search(snapshot, us, cn, heartbeat, block, threads)

    def finder(chosen: tuple[Index, Index], floors: tuple[Floats, Floats] | None) -> tuple[Around, Around]:
        for_us, for_cn = floors or (None, None)
        with _libraries().limit(limits=1, user_api="blas"):
            return (
                whole.around(chosen_of(us, us_places[chosen[0]]), cn, for_cn, flipped=False),
                whole.around(chosen_of(cn, cn_places[chosen[1]]), us, for_us, flipped=True),
            )

    return finder


class _Search:
    """One search: what all its steps read."""

    def __init__(
        self,
        snapshot: Snapshot,
        us: Packed,
        cn: Packed,
        heartbeat: Callable[[], None] | None,
        block: tuple[int, int],
        threads: int,
    ) -> None:
        self.snapshot, self.heartbeat, self.block, self.threads = snapshot, heartbeat, block, threads
        self.us, self.cn = us, cn
        self.facts = exact.facts_of(snapshot.us), exact.facts_of(snapshot.cn), exact.rules_of(snapshot.us)
        self.top_k = snapshot.policy.top_k

    def run(self, earlier: tuple[Entries, Entries] | None) -> Found:
        length = self.top_k + SPARE
        for_us, for_cn = ([_empty(len(side.row), length) for _ in KINDS] for side in (self.us, self.cn))
        if earlier is not None:
            self._raise_floors(for_us, self.us, earlier[0], flipped=False)
            self._raise_floors(for_cn, self.cn, earlier[1], flipped=True)
        tied = self._scan(for_us, for_cn)
        us = self._certified(self.us, self.cn, for_us, flipped=False)
        cn = self._certified(self.cn, self.us, for_cn, flipped=True)
        return Found(us=us, cn=cn, tied=tied)

    def _raise_floors(self, lists: list[_Lists], own: Packed, entries: Entries, *, flipped: bool) -> None:
        """Ask of each list the least key of its earlier entries, less its error, if K of them still stand."""
        side, other = self.snapshot.us, self.snapshot.cn
        seekers, candidates = entries.rows, entries.columns
        if flipped:
            side, other, seekers, candidates = other, side, candidates, seekers
        place = places(own, len(side))[seekers]
        scores, standing = self._scores(entries.rows, entries.columns)
        standing &= (place >= 0) & eligible_pairs(self.snapshot, entries.rows, entries.columns)
        keys = scores**2 if self.snapshot.policy.fusion == "geometric" else scores
        group = other.kind[candidates[standing]] * np.intp(len(own.row)) + place[standing]
        size = len(KINDS) * len(own.row)
        least = np.full(size, np.inf)
        np.minimum.at(least, group, keys[standing])
        # Where fewer still stand, anything may come in.
        least[np.bincount(group, minlength=size) < self.top_k] = -np.inf
        for floors, asked in zip((one.floors for one in lists), least.reshape(len(KINDS), -1), strict=True):
            np.maximum(floors, asked - 2 * KEY_ERROR, out=floors, casting="same_kind")

    def _scan(self, for_us: list[_Lists], for_cn: list[_Lists]) -> int:
        """Fill the approximate lists of both sides, by kind of candidate. The number of pairs with a tie."""
        us, cn = self.us, self.cn
        mine = [for_cn, *([_beside(lists) for lists in for_cn] for _ in range(self.threads - 1))]
        counts = [0] * self.threads

        def work(job: tuple[int, tuple[int, int]], state: tuple[int, _Buffers]) -> None:
            kind, rows = job
            thread, buffers = state
            for other in range(len(KINDS)):
                rules = _rules(self.snapshot.scale, kind, other)
                for columns in _cuts(int(cn.starts[other]), int(cn.starts[other + 1]), self.block[1]):
                    products = buffers.block(us, rows, cn, columns)
                    counts[thread] += loops.enter_block(
                        products, us, cn, rules, buffers.scratch, for_us[other], mine[thread][kind]
                    )

        jobs = [
            (kind, rows)
            for kind in range(len(KINDS))
            for rows in _cuts(int(us.starts[kind]), int(us.starts[kind + 1]), self.block[0])
        ]
        _share(jobs, work, self._states(), self.heartbeat)
        for kind, joined in enumerate(for_cn):
            for others in mine[1:]:
                loops.join_lists(joined, others[kind])
        return sum(counts)

    def around(self, own: Packed, other: Packed, floors: Floats | None, *, flipped: bool) -> Around:
        """The lists of `own` among all of `other`, and where they reach the `floors` of the others' lists."""
        if not len(own.row):
            nobody = Entries(own.row, own.row, np.zeros(0))
            return Around(nobody, nobody)
        mine = [[_empty(len(own.row), self.top_k + SPARE) for _ in KINDS] for _thread in range(self.threads)]
        counts = np.diff(own.starts).tolist()
        unreachable = np.full(len(other.row), np.inf)
        theirs = [
            _empty(0, 1)
            if count == 0
            else _asking(
                unreachable if floors is None else floors[kind, other.row], count, self.snapshot.policy.fusion
            )
            for kind, count in enumerate(counts)
        ]

        def work(job: tuple[int, tuple[int, int]], state: tuple[int, _Buffers]) -> None:
            other_kind, columns = job
            thread, buffers = state
            for rows in _cuts(0, len(own.row), self.block[0]):
                # Once for all kinds of rows: most of the time goes into reading the other side.
                products, _rows, _columns = buffers.block(own, rows, other, columns)
                for kind in range(len(KINDS)):
                    first, last = (min(max(int(at), rows[0]), rows[1]) for at in own.starts[kind : kind + 2])
                    if first == last:
                        continue
                    part = tuple(product[first - rows[0] : last - rows[0]] for product in products)
                    loops.enter_block(
                        (part, (first, last), columns),
                        own,
                        other,
                        _rules(self.snapshot.scale, kind, other_kind),
                        buffers.scratch,
                        mine[thread][other_kind],
                        theirs[kind],
                    )

        jobs = [
            (other_kind, columns)
            for other_kind in range(len(KINDS))
            for columns in _cuts(
                int(other.starts[other_kind]), int(other.starts[other_kind + 1]), self.block[1]
            )
        ]
        _share(jobs, work, self._states(), self.heartbeat)
        for kind, joined in enumerate(mine[0]):
            for others in mine[1:]:
                loops.join_lists(joined, others[kind])
        lists = self._certified(own, other, mine[0], flipped=flipped)
        if floors is None:
            return Around(lists, Entries(lists.rows[:0], lists.columns[:0], lists.scores[:0]))
        return Around(lists, self._reaching(own, other, theirs, floors, flipped=flipped))

    def _reaching(
        self, own: Packed, other: Packed, theirs: list[_Lists], floors: Floats, *, flipped: bool
    ) -> Entries:
        """Of what came near the floors, what reaches them exactly."""
        parts: list[Entries] = []
        for kind, near in enumerate(theirs):
            columns, place = np.nonzero(near.members >= 0)
            one, others = own.row[near.members[columns, place]], other.row[columns]
            both = (others, one) if flipped else (one, others)
            scores, tied = self._scores(*both)
            reaching = tied & (scores >= floors[kind, others])
            parts.append(Entries(both[0][reaching], both[1][reaching], scores[reaching]))
        return Entries(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _scores(self, rows: Rows, columns: Rows) -> tuple[Floats, Bools]:
        """Final scores of pairs, and whether they have a topical tie."""
        scores, tied = np.empty(len(rows)), np.empty(len(rows), dtype=np.bool_)

        def work(part: tuple[int, int], _state: object) -> None:
            at = slice(*part)
            exact.scores_and_ties(*self.facts, rows[at], columns[at], scores[at], tied[at])

        _share(_cuts(0, len(rows), _PAIRS_AT_A_TIME), work, [None] * self.threads, None)
        return scores, tied

    def _states(self) -> list[tuple[int, _Buffers]]:
        return [(thread, _Buffers(self.block)) for thread in range(self.threads)]

    def _certified(self, own: Packed, other: Packed, lists: list[_Lists], *, flipped: bool) -> Entries:
        """Final lists of one side, kind after kind."""
        parts: list[Entries] = []
        for kind, approximate in enumerate(lists):
            candidates = np.full((len(own.row), self.top_k), -1, dtype=np.int32)
            scores = np.zeros((len(own.row), self.top_k))
            out = candidates, scores, np.zeros(len(own.row), dtype=np.bool_)

            def work(
                part: tuple[int, int], _state: object, lists: _Lists = approximate, out: Any = out
            ) -> None:
                exact.certify(
                    lists,
                    *part,
                    own.row,
                    other.row,
                    *self.facts,
                    flipped,
                    KEY_ERROR,
                    out,
                )

            _share(_cuts(0, len(own.row), 256), work, [None] * self.threads, self.heartbeat)
            doubtful = np.flatnonzero(~out[2])
            if len(doubtful):
                self._make_again(own, other, kind, doubtful, candidates, scores, flipped=flipped)
            seekers, place = np.nonzero(candidates >= 0)
            rows, found = own.row[seekers], candidates[seekers, place].astype(np.int64)
            pair = (found, rows) if flipped else (rows, found)
            parts.append(Entries(*pair, scores[seekers, place]))
        return Entries(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _make_again(
        self,
        own: Packed,
        other: Packed,
        kind: int,
        doubtful: Rows,
        candidates: npt.NDArray[np.int32],
        scores: Floats,
        *,
        flipped: bool,
    ) -> None:
        """Lists whose border is too close to call: all that may stand in them is scored exactly."""
        last = scores[:, -1] ** 2 if self.snapshot.policy.fusion == "geometric" else scores[:, -1]
        full = candidates[:, -1] >= 0
        floors = np.where(full, last - KEY_ERROR, NEVER).astype(np.float32)
        buffers = _Buffers(self.block)
        for seeking in range(len(KINDS)):
            within = doubtful[(own.starts[seeking] <= doubtful) & (doubtful < own.starts[seeking + 1])]
            for start, stop in _cuts(0, len(within), self.block[0]):
                places = within[start:stop]
                if self.heartbeat is not None:
                    self.heartbeat()
                pairs = self._gathered(taken(own, places), other, seeking, kind, floors[places], buffers)
                rows, found = own.row[places][pairs[:, 0]], other.row[pairs[:, 1]]
                final, _tied = self._scores(*((found, rows) if flipped else (rows, found)))
                order = np.lexsort((found, -final, pairs[:, 0]))
                seekers = pairs[order, 0]
                place = np.arange(len(order)) - np.searchsorted(seekers, seekers)
                kept = place < self.top_k
                at = places[seekers[kept]], place[kept]
                candidates[places], scores[places] = -1, 0.0
                candidates[at], scores[at] = found[order][kept], final[order][kept]

    def _gathered(
        self, seekers: Packed, other: Packed, seeking: int, kind: int, floors: Singles, buffers: _Buffers
    ) -> npt.NDArray[np.int64]:
        """(seeker, candidate) of every pair whose key is at least the seeker's floor."""
        rules = _rules(self.snapshot.scale, seeking, kind)
        parts: list[npt.NDArray[np.int64]] = []
        for columns in _cuts(int(other.starts[kind]), int(other.starts[kind + 1]), self.block[1]):
            block = buffers.block(seekers, (0, len(seekers.row)), other, columns)
            room = np.empty((len(seekers.row) * (columns[1] - columns[0]), 2), dtype=np.int64)
            count = loops.gather_block(block, seekers, other, rules, buffers.scratch, floors, room)
            parts.append(room[:count].copy())
        return np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.int64)


def scorer(snapshot: Snapshot, threads: int = 1) -> Scorer:
    """Final numbers of pairs of this snapshot, on several threads."""
    us, cn, rules = exact.facts_of(snapshot.us), exact.facts_of(snapshot.cn), exact.rules_of(snapshot.us)

    def scored(rows: Index, columns: Index) -> PairScores:
        numbers, tied = np.empty((3, len(rows))), np.empty(len(rows), dtype=np.bool_)
        criteria = np.empty((2, len(rows), len(CRITERIA)))

        def work(part: tuple[int, int], _state: object) -> None:
            at = slice(*part)
            out = (*numbers[:, at], tied[at], *criteria[:, at])
            exact.score_pairs(us, cn, rules, rows[at], columns[at], out)

        _share(_cuts(0, len(rows), _PAIRS_AT_A_TIME), work, [None] * threads, None)
        (score, us_affinity, cn_affinity), (us_criteria, cn_criteria) = numbers, criteria
        return PairScores(score, us_affinity, cn_affinity, us_criteria, cn_criteria, tied)

    return scored
