"""The compiled search gives what the float64 reference gives, bit by bit, on any register and any cut."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.register import snapshot as generated
from matchmaking.engine import (
    Merger,
    Policy,
    Profile,
    Snapshot,
    kernel,
    rank_all,
    ranking,
    reference,
    score_rows,
)
from matchmaking.engine.kernel import allpairs, loops
from matchmaking.engine.lists import Entries, Found, Method
from matchmaking.engine.names import FUSIONS, KINDS
from matchmaking.engine.ranking import Counts, Rows, full_order
from tests.engine.cases import duplicated, random_constraints, random_profiles, snapshot_of
from tests.engine.test_cuts import mixed_snapshot
from tests.sizes import size

ROOT = Path(__file__).parents[2]
SIDE = size(small=120, ci=200, full=400)
SEEDS = range(size(small=2, ci=4, full=20))
Ranked = tuple[Rows, Rows, Counts]


def in_bytes(ranked: Ranked) -> tuple[bytes, bytes, Counts]:
    us, cn, counts = ranked
    return us.tobytes(), cn.tobytes(), counts


def by_reference(snapshot: Snapshot) -> tuple[bytes, bytes, Counts]:
    return in_bytes(rank_all(snapshot, method=reference.METHOD))


def by_kernel(
    snapshot: Snapshot, block: tuple[int, int] = (512, 1024), threads: int = 2
) -> tuple[bytes, bytes, Counts]:
    method = Method(partial(kernel.search, block=block), kernel.around, kernel.scorer)
    return in_bytes(rank_all(snapshot, threads=threads, method=method))


@pytest.fixture
def remade(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lists of each side and kind could not be proven, and were made again."""
    counts: list[int] = []
    make_again = allpairs._Search._make_again

    def counted(*arguments: Any, **flipped: Any) -> None:
        counts.append(len(arguments[4]))
        make_again(*arguments, **flipped)

    monkeypatch.setattr(allpairs._Search, "_make_again", counted)
    return counts


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_registers(fusion: str, seed: int) -> None:
    profiles = random_profiles(seed, SIDE, SIDE + 7)
    policy = replace(Policy.default(), fusion=fusion)
    snapshot = snapshot_of(profiles, policy=policy, constraints=random_constraints(profiles, seed))
    assert by_kernel(snapshot) == by_reference(snapshot)


@pytest.mark.parametrize("block", [(64, 64), (512, 1024), (1000, 333)])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_blocks_and_threads(block: tuple[int, int], threads: int) -> None:
    snapshot = mixed_snapshot()
    assert by_kernel(snapshot, block, threads) == by_reference(snapshot)


def test_shards_in_any_cut() -> None:
    snapshot = mixed_snapshot()
    rows = len(snapshot.us)
    cuts = [0, 1, rows // 3, rows // 3, rows - 5, rows]
    shards = [score_rows(snapshot, *cut, method=kernel.METHOD) for cut in pairwise(cuts)]
    us, cn, _counts = rank_all(snapshot, method=reference.METHOD)
    merger = Merger(snapshot, method=kernel.METHOD)
    assert merger.lists("US", [shard.lists for shard in shards]).tobytes() == us.tobytes()
    assert merger.lists("CN", [shard.fragments for shard in shards]).tobytes() == cn.tobytes()


def test_equal_profiles_leave_nothing_to_chance(remade: list[int]) -> None:
    """Forty copies of everybody: every list ends amid a tie, no list is proven, all are made again."""
    snapshot = snapshot_of(duplicated(random_profiles(3, 10, 12), 40))
    assert by_kernel(snapshot, threads=1) == by_reference(snapshot)
    assert max(remade) > 100


def test_lists_that_end_clearly_are_proven_at_once(remade: list[int]) -> None:
    snapshot = generated(SIDE * 4)
    assert by_kernel(snapshot) == by_reference(snapshot)
    assert sum(remade) < len(snapshot.us) // 20


@pytest.mark.parametrize("fusion", FUSIONS)
def test_earlier_lists_spare_work_and_change_nothing(fusion: str) -> None:
    """Those of the same register, of one in which everything has moved, and ones that hold the worst."""
    profiles = random_profiles(5, SIDE, SIDE)
    constraints = random_constraints(profiles, 5)
    policy = replace(Policy.default(), fusion=fusion, top_k=5)
    snapshot = snapshot_of(profiles, policy=policy, constraints=constraints)
    moved = [replace(p, needs=p.offers, offers=p.needs, capacity_left=3) for p in profiles]
    other = snapshot_of(moved, policy=policy, constraints=random_constraints(profiles, 6))
    rows, columns = np.indices((len(snapshot.us), len(snapshot.cn))).reshape(2, -1)
    all_pairs = Entries(rows, columns, np.zeros(len(rows)))
    cold = kernel.search(snapshot, 0, len(snapshot.us))
    for earlier in (cold, kernel.search(other, 0, len(other.us)), Found(all_pairs, all_pairs, 0)):
        warm = kernel.search(snapshot, 0, len(snapshot.us), earlier=(earlier.us, earlier.cn), threads=2)
        assert in_order(warm.us) == in_order(cold.us)
        assert in_order(warm.cn) == in_order(cold.cn)
        assert warm.tied == cold.tied


def in_order(entries: Entries) -> list[tuple[int, int, float]]:
    return sorted(zip(*(column.tolist() for column in entries), strict=True))


def without_topics(profile: Profile) -> Profile:
    return replace(profile, needs={}, offers={})


@pytest.mark.parametrize("floor", [1e-9, 0.3, 0.5, 1.0])
def test_statements_alone_tie_from_the_floor_on(floor: float) -> None:
    profiles = [without_topics(p) if p.id % 3 else p for p in random_profiles(4, SIDE, SIDE)]
    snapshot = snapshot_of(profiles, policy=replace(Policy.default(), text_floor=floor))
    assert by_kernel(snapshot) == by_reference(snapshot)


def test_the_floor_is_met_exactly() -> None:
    """A floor that is somebody's very cosine, and the next number above it."""
    profiles = [without_topics(profile) for profile in random_profiles(4, 40, 40)]
    plain = snapshot_of(profiles)
    everybody = np.repeat(np.arange(40), 40), np.tile(np.arange(40), 40)
    cosines = reference.scorer(plain)(*everybody).us_criteria[:, 5]
    cosine = float(np.nanmax(np.where(cosines < 0.9, cosines, 0.0)))
    tied = []
    for floor in (cosine, np.nextafter(cosine, 1.0)):
        snapshot = snapshot_of(profiles, policy=replace(Policy.default(), text_floor=float(floor)))
        assert by_kernel(snapshot) == by_reference(snapshot)
        tied.append(rank_all(snapshot, method=kernel.METHOD)[2]["tied"])
    assert tied[0] == tied[1] + 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: replace(p, approved=False), id="nobody-eligible"),
        pytest.param(without_topics, id="no-topics"),
        pytest.param(lambda p: replace(p, needs={}), id="no-needs"),
        pytest.param(lambda p: replace(p, kind=KINDS[p.id % 2]), id="no-alliance"),
        pytest.param(lambda p: replace(p, statement_vector=None), id="no-statements"),
        pytest.param(lambda p: replace(p, refuses=frozenset(KINDS)), id="all-refused"),
    ],
)
def test_registers_that_lack_something(change: Callable[[Profile], Profile]) -> None:
    snapshot = snapshot_of([change(profile) for profile in random_profiles(8, 61, 67)])
    assert by_kernel(snapshot) == by_reference(snapshot)


@pytest.mark.parametrize("sides", [(0, 0), (5, 0), (0, 5), (3, 4), (25, 1)])
def test_registers_smaller_than_a_list(sides: tuple[int, int]) -> None:
    snapshot = snapshot_of(random_profiles(2, *sides))
    assert by_kernel(snapshot) == by_reference(snapshot)


def test_more_jurisdiction_groups_than_bits_in_a_word() -> None:
    profiles = random_profiles(6, 80, 90)
    constraints = random_constraints(profiles, 6)
    us = [p.id for p in profiles if p.country == "US"]
    cn = [p.id for p in profiles if p.country == "CN"]
    groups = tuple((frozenset({us[n]}), frozenset(cn[n : n + 3])) for n in range(80))
    snapshot = snapshot_of(profiles, constraints=replace(constraints, jurisdiction=groups))
    assert len(snapshot.barred_us) == 80
    assert by_kernel(snapshot) == by_reference(snapshot)


def test_final_numbers_are_the_same_bits() -> None:
    snapshot = mixed_snapshot()
    rows, columns = np.indices((len(snapshot.us), len(snapshot.cn))).reshape(2, -1)
    exact, compiled = (
        method.scorer(snapshot, 2)(rows, columns) for method in (reference.METHOD, kernel.METHOD)
    )
    for name in ("score", "us_affinity", "cn_affinity", "us_criteria", "cn_criteria", "tied"):
        assert getattr(compiled, name).tobytes() == getattr(exact, name).tobytes(), name


def test_what_the_heartbeat_raises_ends_the_search() -> None:
    beats: list[int] = []

    def lost() -> None:
        beats.append(1)
        if len(beats) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        kernel.search(mixed_snapshot(), 0, 100, block=(8, 8), threads=2, heartbeat=lost)
    assert len(beats) == 3


def test_what_a_thread_raises_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(loops, "enter_block", broken)
    with pytest.raises(MemoryError):
        kernel.search(mixed_snapshot(), 0, 100, threads=2)


def test_the_kernel_serves_large_registers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = snapshot_of(random_profiles(9, 40, 50))
    monkeypatch.setattr(ranking, "WORTH_COMPILING", snapshot.pairs + 1)
    assert ranking.method_for(snapshot) is reference.METHOD
    monkeypatch.setattr(ranking, "WORTH_COMPILING", snapshot.pairs)
    assert ranking.method_for(snapshot) is kernel.METHOD
    tiny = snapshot_of(random_profiles(9, 40, 50), policy=replace(Policy.default(), tau=1e-7))
    assert ranking.method_for(tiny) is reference.METHOD


def test_a_small_register_loads_no_compiler() -> None:
    program = (
        "import sys\n"
        "from tests.engine.cases import random_profiles, snapshot_of\n"
        "from matchmaking.engine import rank_all\n"
        "rank_all(snapshot_of(random_profiles(1, 20, 20)))\n"
        "print('numba' in sys.modules)"
    )
    assert run(program) == "False"


DIGEST = (
    "from tests.engine.test_kernel import by_kernel\n"
    "from tests.engine.test_cuts import mixed_snapshot\n"
    "import hashlib\n"
    "us, cn, counts = by_kernel(mixed_snapshot())\n"
    "print(hashlib.sha256(us + cn + repr(counts).encode()).hexdigest())"
)


def run(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_other_matrix_products_give_the_same_bytes() -> None:
    digests = {run(DIGEST, OPENBLAS_CORETYPE=core) for core in ("Haswell", "Nehalem", "")}
    assert len(digests) == 1


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    program = (
        "from tests.engine.test_kernel import by_kernel, mixed_snapshot\n"
        "from matchmaking.engine.kernel import exact, loops\n"
        "by_kernel(mixed_snapshot())\n"
        "used = [exact.certify, exact.score_pairs, exact.scores_and_ties]\n"
        "used += [loops.enter_block, loops.gather_block, loops.join_lists]\n"
        "print(sum(sum(f.stats.cache_misses.values()) for f in used),\n"
        "      sum(sum(f.stats.cache_hits.values()) for f in used))"
    )
    first, second = (run(program, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    misses, hits = (int(number) for number in second.split())
    assert (misses, hits) == (0, int(first.split()[0]))
    assert hits >= 6


def test_nothing_is_read_or_written_out_of_bounds(tmp_path: Path) -> None:
    run(DIGEST, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))


SIDES = {size(small=2_100, ci=2_100, full=10_000), size(small=2_100, ci=2_100, full=50_000)}


@pytest.mark.parametrize("side", sorted(SIDES))
def test_sampled_lists_of_a_large_register(side: int) -> None:
    """Rows and columns drawn at random against every candidate in float64."""
    snapshot = generated(side)
    us, cn, _counts = rank_all(snapshot, threads=2, method=kernel.METHOD)
    draw = np.random.default_rng(side)
    for lists in (us, cn):
        by_seeker = np.unique(lists["seeker"])
        for seeker in draw.choice(by_seeker, size=50, replace=False).tolist():
            mine = lists[lists["seeker"] == seeker]
            order = full_order(snapshot, seeker)
            for kind in range(len(KINDS)):
                best = order[order["kind"] == kind][: snapshot.policy.top_k]
                found = mine[mine["kind"] == kind]
                assert found["candidate"].tolist() == best["candidate"].tolist()
                assert found["score"].tolist() == best["score"].tolist()
