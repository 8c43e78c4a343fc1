"""Lists, order, scores and counts of the engine are those of the plain double loop, to the last bit."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from matchmaking.engine import Constraints, Policy, Profile, full_order, kernel, rank_all, reference
from matchmaking.engine.lists import Method
from matchmaking.engine.names import KINDS
from tests.engine.cases import TOPICS, duplicated, random_constraints, random_profiles, snapshot_of
from tests.engine.dumb_loop import DumbLoop
from tests.sizes import size

SIDE = size(small=60, ci=100, full=300)
SEEDS = range(size(small=3, ci=6, full=20))

Flat = list[tuple[object, ...]]


def by_the_engine(
    profiles: Sequence[Profile],
    policy: Policy,
    constraints: Constraints,
    *,
    method: Method = reference.METHOD,
) -> tuple[Flat, object]:
    snapshot = snapshot_of(profiles, policy=policy, constraints=constraints)
    us, cn, counts = rank_all(snapshot, method=method)
    flat: Flat = [
        (
            int(row["seeker"]),
            KINDS[row["kind"]],
            int(row["rank"]),
            int(row["candidate"]),
            float(row["score"]),
            float(row["affinity"]),
            float(row["candidate_affinity"]),
            tuple(None if math.isnan(value) else value for value in row["criteria"].tolist()),
        )
        for row in np.concatenate([us, cn])
    ]
    return flat, counts


def by_the_loop(profiles: Sequence[Profile], policy: Policy, constraints: Constraints) -> tuple[Flat, object]:
    result = DumbLoop(profiles, topics=TOPICS, policy=policy, constraints=constraints).run()
    flat: Flat = []
    for country in ("US", "CN"):
        seekers = sorted((p for p in profiles if p.country == country), key=lambda p: p.code.encode())
        for seeker in seekers:
            for kind in KINDS:
                for rank, line in enumerate(result.lists[seeker.id][kind], start=1):
                    numbers = (line.score, line.affinity, line.candidate_affinity, tuple(line.criteria))
                    flat.append((seeker.id, kind, rank, line.candidate, *numbers))
    counts = {
        "pairs": result.pairs,
        "scored": result.scored,
        "tied": result.tied,
        "excluded": result.excluded,
    }
    return flat, counts


def assert_equal(
    profiles: Sequence[Profile], policy: Policy | None = None, constraints: Constraints | None = None
) -> Flat:
    policy, constraints = policy or Policy.default(), constraints or Constraints()
    lists, counts = by_the_engine(profiles, policy, constraints)
    expected, expected_counts = by_the_loop(profiles, policy, constraints)
    assert counts == expected_counts
    assert lists == expected
    compiled, compiled_counts = by_the_engine(profiles, policy, constraints, method=kernel.METHOD)
    assert (compiled, compiled_counts) == (lists, counts)
    return lists


@pytest.mark.parametrize("seed", SEEDS)
def test_random_registers_with_constraints(seed: int) -> None:
    profiles = random_profiles(seed, SIDE, SIDE - 7)
    lists = assert_equal(profiles, constraints=random_constraints(profiles, seed))
    assert len(lists) > SIDE


@pytest.mark.parametrize(
    "policy",
    [
        replace(Policy.default(), fusion="geometric", top_k=3),
        replace(Policy.default(), fusion="min", sibling=0.3, tau=0.7, text_floor=0.3),
        replace(Policy.default(), sibling=1.0, c0=0.0, w0=0.01, top_k=1),
    ],
    ids=["geometric", "min", "no base"],
)
def test_other_policies(policy: Policy) -> None:
    assert_equal(random_profiles(50, SIDE // 2, SIDE // 2), policy=policy)


def test_a_register_of_copies_is_ordered_by_code_alone_inside_each_tie() -> None:
    profiles = duplicated(random_profiles(7, SIDE // 6, SIDE // 6), 6)
    lists = assert_equal(profiles, policy=replace(Policy.default(), top_k=4))
    scores = [row[4] for row in lists]
    assert sum(1 for one, two in pairwise(scores) if one == two) > len(lists) / 3


def test_one_profile_copied_over_everybody() -> None:
    free = [replace(p, approved=True, capacity_left=3, refuses=frozenset()) for p in random_profiles(3, 1, 1)]
    us, cn = sorted(free, key=lambda profile: profile.country, reverse=True)
    stated = [replace(us, needs={"topic-01": 2}), replace(cn, offers={"topic-07": 1})]
    profiles = duplicated(stated, SIDE)
    lists = assert_equal(profiles)
    assert len(lists) == 2 * SIDE * min(SIDE, 20)


def test_empty_profiles_are_scored_and_never_listed() -> None:
    filled = random_profiles(11, 10, 10)
    empty = [Profile(p.id + 100, f"{p.code}-empty", p.country, p.kind) for p in filled]
    lists = assert_equal([*filled, *empty])
    assert {row[0] for row in lists} & {p.id for p in empty} == set()


def test_nobody_eligible() -> None:
    profiles = [replace(p, capacity_left=0) for p in random_profiles(12, 20, 20)]
    assert assert_equal(profiles) == []


@pytest.mark.parametrize(("us", "cn"), [(0, 0), (0, 5), (5, 0), (1, 1), (5, 4)])
def test_fewer_candidates_than_places(us: int, cn: int) -> None:
    assert_equal(random_profiles(13, us, cn))


def test_full_order_is_every_tied_pair_of_a_seeker() -> None:
    profiles = random_profiles(21, 25, 25)
    constraints = random_constraints(profiles, 21)
    everything = DumbLoop(
        profiles, topics=TOPICS, policy=replace(Policy.default(), top_k=1000), constraints=constraints
    ).run()
    snapshot = snapshot_of(profiles, constraints=constraints)
    codes = snapshot.codes
    for profile in profiles:
        lines = [line for lines in everything.lists[profile.id].values() for line in lines]
        lines.sort(key=lambda line: (-line.score, codes[line.candidate].encode()))
        order = full_order(snapshot, profile.id)
        assert order["candidate"].tolist() == [line.candidate for line in lines]
        assert order["score"].tolist() == [line.score for line in lines]
