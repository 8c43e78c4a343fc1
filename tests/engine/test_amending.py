"""Amended lists are those of a full run with the same idf and day, whatever was edited."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from matchmaking.engine import (
    LINE_DTYPE,
    RANKING_DTYPE,
    Changes,
    Constraints,
    OutgrownError,
    Policy,
    Profile,
    Snapshot,
    SnapshotError,
    Standing,
    amend,
    build_changes,
    build_snapshot,
    kernel,
    rank_all,
    reference,
)
from matchmaking.engine.lists import Method
from matchmaking.engine.names import FUSIONS, KINDS
from matchmaking.engine.ranking import Rows
from tests.engine.cases import (
    AS_OF,
    TOPICS,
    duplicated,
    random_constraints,
    random_profile,
    random_profiles,
    snapshot_of,
)
from tests.sizes import size

EDITS = size(small=40, ci=40, full=1000)
SIDE = size(small=50, ci=50, full=120)
METHODS = {"reference": reference.METHOD, "kernel": kernel.METHOD}


def lists_of(snapshot: Snapshot) -> Rows:
    us, cn, _counts = rank_all(snapshot, method=reference.METHOD)
    return np.concatenate([us, cn])


def standing_of(rows: Rows, changed: Sequence[int], top_k: int) -> Standing:
    """As it is read from stored lists."""
    lines = np.zeros(len(rows), dtype=LINE_DTYPE)
    for name in LINE_DTYPE.names or ():
        lines[name] = rows[name]
    return Standing(
        last=lines[rows["rank"] == top_k],
        naming=lines[np.isin(lines["candidate"], changed)],
        lists_of=lambda seekers: lines[np.isin(lines["seeker"], seekers)],
    )


def amended(rows: Rows, snapshot: Snapshot, changed: Sequence[int], method: Method, threads: int = 1) -> Rows:
    """The lists with those replaced that changed, in the order of a full run."""
    standing = standing_of(rows, changed, snapshot.policy.top_k)
    amendment = amend(snapshot, changed, standing, method=method, threads=threads)
    replaced = set(amendment.replaced)
    assert {
        *zip(amendment.lists["seeker"].tolist(), amendment.lists["kind"].tolist(), strict=True)
    } <= replaced
    assert len(replaced) == len(amendment.replaced)
    stays = [
        pair not in replaced for pair in zip(rows["seeker"].tolist(), rows["kind"].tolist(), strict=True)
    ]
    everything = np.concatenate([rows[np.array(stays, dtype=np.bool_)], amendment.lists])
    place = {number: at for at, number in enumerate([*snapshot.us.id.tolist(), *snapshot.cn.id.tolist()])}
    seekers = np.array([place[number] for number in everything["seeker"].tolist()], dtype=np.int64)
    order = np.lexsort((everything["rank"], everything["kind"], seekers))
    return everything[order]


@dataclass
class Register:
    """Profiles and constraints that are edited at random, and the idf of a full run at the beginning."""

    rng: random.Random
    policy: Policy
    profiles: dict[int, Profile]
    constraints: Constraints
    idf: dict[str, float] = field(default_factory=dict)

    def snapshot(self) -> Snapshot:
        return build_snapshot(
            self.profiles.values(),
            topics=TOPICS,
            constraints=self.constraints,
            policy=self.policy,
            as_of=AS_OF,
            idf=self.idf or None,
        )

    def edit(self) -> set[int]:
        """One thing that happens to a register; whom it touches."""
        rng = self.rng
        number = rng.choice(sorted(self.profiles))
        old = self.profiles[number]
        match rng.randrange(10):
            case 0:
                new = max(self.profiles) + 1
                self.profiles[new] = random_profile(rng, new, rng.choice(["US", "CN"]))
                return {new}
            case 1 if len(self.profiles) > SIDE:
                del self.profiles[number]
                return {number}
            case 2:
                self.profiles[number] = replace(old, approved=not old.approved)
                return {number}
            case 3:
                return self._other_pairs(number)
            case 4:
                self.profiles[number] = replace(old, capacity_left=rng.randint(0, 1))
                return {number}
            case 5:
                self.constraints = replace(self.constraints, screening=self.constraints.screening ^ {number})
                return {number}
            case 6:
                # Copies of another: ties at every border.
                twin = replace(self.profiles[rng.choice(sorted(self.profiles))], id=number, code=old.code)
                self.profiles[number] = replace(twin, country=old.country)
                return {number}
            case 7:
                left, right = self.constraints.jurisdiction[0]
                barred = (left ^ {number}, right) if old.country == "US" else (left, right ^ {number})
                self.constraints = replace(
                    self.constraints, jurisdiction=(barred, *self.constraints.jurisdiction[1:])
                )
                return {number}
            case _:
                drawn = random_profile(rng, number, old.country)
                self.profiles[number] = replace(drawn, kind=old.kind, code=old.code)
                return {number}

    def _other_pairs(self, number: int) -> set[int]:
        other = self.rng.choice(sorted(self.profiles))
        name = self.rng.choice(["exclusions", "introductions", "declines", "laters"])
        pairs: frozenset[tuple[int, int]] = getattr(self.constraints, name)
        changed: dict[str, Any] = {name: pairs ^ {(number, other)}}
        self.constraints = replace(self.constraints, **changed)
        return {number, other}

    def changes(self, touched: set[int], base: Snapshot) -> Changes:
        return build_changes(
            [self.profiles[number] for number in touched if number in self.profiles],
            gone=[number for number in touched if number not in self.profiles],
            constraints=self.constraints,
            base=base,
        )


def register(seed: int, policy: Policy, profiles: Sequence[Profile] = ()) -> Register:
    chosen = [*profiles] or random_profiles(seed, SIDE, SIDE + 5)
    constraints = replace(
        random_constraints(chosen, seed),
        jurisdiction=((frozenset({1, 2, 3}), frozenset({SIDE + 4, SIDE + 9})), (frozenset(), frozenset())),
    )
    found = Register(random.Random(seed), policy, {one.id: one for one in chosen}, constraints)
    found.idf = found.snapshot().idf
    return found


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("fusion", FUSIONS)
def test_random_edits_one_after_another(fusion: str, method: Method) -> None:
    """Short lists, so that they fill up and run dry; now one organization at a time, now a batch."""
    policy = replace(Policy.default(), fusion=fusion, top_k=4)
    book = register(FUSIONS.index(fusion), policy)
    base = book.snapshot()
    snapshot, rows, since_base, done = base, lists_of(base), set[int](), 0
    while done < EDITS:
        batch = book.rng.choice([1, 1, 2, 7])
        touched = set[int]().union(*(book.edit() for _ in range(batch)))
        done += batch
        since_base |= touched
        now = book.snapshot()
        # All since the beginning, as they are stored; and those of this batch alone.
        stored = Changes.from_bytes(book.changes(since_base, base).to_bytes())
        assert stored.laid_over(base).digest() == now.digest()
        assert book.changes(touched, snapshot).laid_over(snapshot).digest() == now.digest()
        changed = book.changes(touched, snapshot).since(snapshot).ids
        assert set(changed) <= touched
        rows = amended(rows, now, changed, method, threads=1 + done % 2)
        assert rows.tobytes() == lists_of(now).tobytes()
        snapshot = now


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_copies_leave_nothing_to_chance(method: Method) -> None:
    """Everybody five times over: every list ends amid a tie, and the code decides who is in it."""
    profiles = duplicated(random_profiles(3, 12, 12), 5)
    book = register(1, replace(Policy.default(), top_k=7), profiles)
    snapshot = book.snapshot()
    rows = lists_of(snapshot)
    for _round in range(size(small=5, ci=10, full=40)):
        touched = book.edit() | book.edit()
        now = book.snapshot()
        rows = amended(rows, now, sorted(touched), method)
        assert rows.tobytes() == lists_of(now).tobytes()
        snapshot = now


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_list_that_is_left_short_is_sought_again(method: Method) -> None:
    """Whoever leads every list goes: all of these lists take in somebody who was in none of them."""
    profiles = random_profiles(8, 30, 30)
    policy = replace(Policy.default(), top_k=2)
    before = snapshot_of(profiles, policy=policy)
    rows = lists_of(before)
    leaders = sorted({*rows["candidate"][rows["rank"] == 1].tolist()})
    book = Register(random.Random(0), policy, {p.id: p for p in profiles}, Constraints(), before.idf)
    for number in leaders:
        book.profiles[number] = replace(book.profiles[number], approved=False)
    now = book.snapshot()
    after = amended(rows, now, leaders, method)
    assert after.tobytes() == lists_of(now).tobytes()
    assert not set(after["candidate"].tolist()) & set(leaders)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_who_comes_with_a_tie_as_the_last_of_a_list_goes(method: Method) -> None:
    """The newcomer stands before the copy that stays, or behind another copy that no list ever held."""
    alike = replace(random_profile(random.Random(1), 1, "CN"), code="cn-m", approved=True, capacity_left=3)
    seeker = Profile(id=9, code="us-a", country="US", kind="city", needs=alike.offers, offers=alike.needs)
    alike = replace(alike, kind="city", refuses=frozenset())
    best = replace(alike, id=5, code="cn-x", seeks=frozenset({"city"}), languages=frozenset({"en", "zh"}))
    copies = [replace(alike, id=2, code="cn-p"), replace(alike, id=3, code="cn-q")]
    policy = replace(Policy.default(), top_k=2)
    for newcomer in ("cn-a", "cn-n", "cn-z"):
        before = snapshot_of([seeker, alike, *copies], policy=policy)
        rows = lists_of(before)
        book = Register(random.Random(0), policy, {}, Constraints(), before.idf)
        # The list was m, p: p goes, one that is better and one that is like m come.
        left = [seeker, alike, copies[1], best, replace(alike, id=4, code=newcomer)]
        book.profiles = {one.id: one for one in left}
        now = book.snapshot()
        assert amended(rows, now, [2, 4, 5], method).tobytes() == lists_of(now).tobytes()


def test_nothing_changed() -> None:
    snapshot = snapshot_of(random_profiles(1, 20, 20))
    amendment = amend(snapshot, [], standing_of(lists_of(snapshot), [], snapshot.policy.top_k))
    assert (len(amendment.lists), amendment.replaced) == (0, [])
    assert amendment.lists.dtype == RANKING_DTYPE


def test_who_is_as_before_is_no_change() -> None:
    book = register(2, Policy.default())
    base = book.snapshot()
    one, two, three = sorted(book.profiles)[:3]
    book.profiles[two] = replace(book.profiles[two], capacity_left=book.profiles[two].capacity_left + 1)
    partner = max(book.profiles)
    book.constraints = replace(book.constraints, declines=book.constraints.declines | {(three, partner)})
    changes = book.changes({one, two, three, partner}, base)
    assert changes.ids == [one, two, three, partner]
    real = changes.since(base)
    assert real.ids == [two, three, partner]
    assert real.laid_over(base).digest() == book.snapshot().digest()
    assert real.since(book.snapshot()).ids == []


def test_changes_of_another_snapshot_are_refused() -> None:
    book = register(2, Policy.default())
    base = book.snapshot()
    changes = book.changes({1}, base)
    for other in (
        replace(base, as_of=AS_OF.replace(year=2027)),
        snapshot_of([*book.profiles.values()][:7], constraints=book.constraints),
        snapshot_of([*book.profiles.values()], constraints=replace(book.constraints, jurisdiction=())),
    ):
        with pytest.raises(OutgrownError, match="do not belong"):
            changes.laid_over(other)
    for stored in (b"", b"rubbish", base.to_bytes()):
        with pytest.raises(SnapshotError):
            Changes.from_bytes(stored)


def test_only_kinds_that_exist_are_replaced() -> None:
    """A line for each list of the changed, whether or not anybody is left in it."""
    book = register(4, Policy.default())
    base = book.snapshot()
    number = min(book.profiles)
    book.profiles[number] = replace(book.profiles[number], approved=False)
    amendment = amend(book.snapshot(), [number], standing_of(lists_of(base), [number], base.policy.top_k))
    assert [pair for pair in amendment.replaced if pair[0] == number] == [
        (number, kind) for kind in range(len(KINDS))
    ]
    assert number not in amendment.lists["seeker"]


def test_a_rule_that_comes_to_mean_others_outgrows_the_snapshot() -> None:
    """It is about organizations that nobody touched, so that more than their own lists are others."""
    book = register(5, Policy.default())
    base = book.snapshot()
    left, right = book.constraints.jurisdiction[0]
    one, *others = sorted(book.profiles)
    book.constraints = replace(book.constraints, jurisdiction=((left ^ {others[0]}, right), (left, right)))
    with pytest.raises(OutgrownError):
        book.changes({one}, base)
