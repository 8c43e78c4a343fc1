"""The lists do not depend on how the work is cut, nor on the machine's matrix product."""

import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from matchmaking.engine import (
    FRAGMENT_DTYPE,
    RANKING_DTYPE,
    Merger,
    Snapshot,
    add_counts,
    parts_of,
    rank_all,
    ranking,
    reference,
    score_rows,
)
from matchmaking.engine.lists import Method
from matchmaking.engine.names import KINDS, RANKING_FIELDS
from matchmaking.engine.ranking import Rows
from tests.engine.cases import duplicated, random_constraints, random_profiles, snapshot_of
from tests.sizes import size

SIDE = size(small=90, ci=200, full=600)
ROOT = Path(__file__).parents[2]


def mixed_snapshot(seed: int = 5) -> Snapshot:
    """A random register, a part of it five times over."""
    copies = duplicated(random_profiles(seed + 1, SIDE // 10, SIDE // 10), 5)
    everybody = random_profiles(seed, SIDE, SIDE)
    everybody += [replace(copy, id=copy.id + 10_000, code=f"{copy.code}-copy") for copy in copies]
    return snapshot_of(everybody, constraints=random_constraints(everybody, seed))


def bounds(rows: int, pieces: int, seed: int) -> list[int]:
    inner = sorted(random.Random(seed).choices(range(rows + 1), k=pieces - 1))
    return [0, *inner, rows]


@pytest.mark.parametrize("block", [(64, 64), (3, 17), (1000, 333), (512, 1024)])
def test_block_sizes_give_the_same_bytes(block: tuple[int, int]) -> None:
    snapshot = mixed_snapshot()
    us, cn, counts = rank_all(snapshot)
    method = Method(partial(reference.search, block=block), reference.around, reference.scorer)
    again = rank_all(snapshot, method=method)
    assert (again[0].tobytes(), again[1].tobytes(), again[2]) == (us.tobytes(), cn.tobytes(), counts)


@pytest.mark.parametrize("pieces", [2, 5, 40])
def test_shards_in_any_order_give_the_same_bytes(pieces: int) -> None:
    snapshot = mixed_snapshot()
    us, cn, counts = rank_all(snapshot)
    cuts = bounds(len(snapshot.us), pieces, seed=pieces)
    shards = [score_rows(snapshot, start, stop) for start, stop in pairwise(cuts)]
    merger = Merger(snapshot)
    assert merger.lists("US", [shard.lists for shard in shards]).tobytes() == us.tobytes()
    assert add_counts(shard.counts for shard in shards) == counts
    fragments = [shard.fragments for shard in shards]
    random.Random(pieces).shuffle(fragments)
    assert merger.lists("CN", fragments).tobytes() == cn.tobytes()


@pytest.mark.parametrize("seekers", [1, 7, 64, 10_000])
def test_parts_of_any_length_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch, seekers: int) -> None:
    snapshot = mixed_snapshot()
    us, cn, _counts = rank_all(snapshot)
    monkeypatch.setattr(ranking, "SEEKERS_A_PART", seekers)
    cuts = bounds(len(snapshot.us), 3, seed=seekers)
    parts: dict[tuple[str, int], list[Rows]] = {part: [] for part in parts_of(snapshot)}
    for start, stop in pairwise(cuts):
        shard = score_rows(snapshot, start, stop)
        for country in ("US", "CN"):
            for number, entries in shard.parts(country):
                parts[country, number].append(entries)
    merger = Merger(snapshot)
    lists = [merger.lists(country, entries) for (country, _number), entries in parts.items()]
    assert all(len(set(made["seeker"].tolist())) <= seekers for made in lists)
    assert b"".join(made.tobytes() for made in lists) == us.tobytes() + cn.tobytes()


def digest_of_lists() -> str:
    us, cn, _ = rank_all(mixed_snapshot())
    return hashlib.sha256(us.tobytes() + cn.tobytes()).hexdigest()


@pytest.mark.parametrize("core", ["Haswell", "Nehalem"])
def test_another_matrix_product_gives_the_same_bytes(core: str) -> None:
    program = "from tests.engine.test_cuts import digest_of_lists; print(digest_of_lists())"
    environment = {**os.environ, "OPENBLAS_CORETYPE": core, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest_of_lists()


def test_the_heart_beats_once_a_block_and_may_stop_the_work() -> None:
    snapshot = mixed_snapshot()
    beats: list[int] = []
    score_rows(snapshot, 0, len(snapshot.us), heartbeat=lambda: beats.append(1))
    assert len(beats) == len(KINDS) ** 2

    def lost() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        score_rows(snapshot, 0, 1, heartbeat=lost)


def test_rows_and_fragments_that_do_not_belong_are_refused() -> None:
    snapshot = mixed_snapshot()
    with pytest.raises(ValueError, match="not within"):
        score_rows(snapshot, 0, len(snapshot.us) + 1)
    whole, merger = score_rows(snapshot, 0, len(snapshot.us)).fragments, Merger(snapshot)
    with pytest.raises(ValueError, match="overlap"):
        merger.lists("CN", [whole, whole[:1]])
    with pytest.raises(ValueError, match="not in this snapshot"):
        merger.lists("US", [whole])
    altered = whole.copy()
    altered["score"] += 1e-9
    with pytest.raises(ValueError, match="not those of this snapshot"):
        merger.lists("CN", [altered])
    strange = whole[:1].copy()
    strange["candidate"] = 10**9
    with pytest.raises(ValueError, match="not in this snapshot"):
        merger.lists("CN", [strange])


def test_nothing_to_score_gives_empty_lists_of_the_right_shape() -> None:
    shard = score_rows(snapshot_of([]), 0, 0)
    assert (shard.lists.dtype, len(shard.lists)) == (FRAGMENT_DTYPE, 0)
    assert (shard.fragments.dtype, len(shard.fragments)) == (FRAGMENT_DTYPE, 0)
    assert [list(shard.parts(country)) for country in ("US", "CN")] == [[], []]
    us, cn, counts = rank_all(snapshot_of([]))
    assert (us.dtype, len(us)) == (cn.dtype, len(cn)) == (RANKING_DTYPE, 0)
    assert counts == shard.counts
    assert shard.counts["pairs"] == 0
    assert RANKING_DTYPE.names == RANKING_FIELDS


def test_a_register_of_the_sample_size_is_ranked(record_property: Callable[[str, object], None]) -> None:
    snapshot = snapshot_of(random_profiles(1, 114, 115))
    rank_all(snapshot)
    started = time.perf_counter()
    us, cn, counts = rank_all(snapshot)
    milliseconds = (time.perf_counter() - started) * 1000
    record_property("milliseconds", milliseconds)
    print(f"{counts['pairs']} pairs ranked in {milliseconds:.0f} ms")
    assert counts["pairs"] == 114 * 115
    assert len(us) + len(cn) > 1000
