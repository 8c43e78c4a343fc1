"""The engine and its peers side by side, in one process: one `name: value` a line.

FAST=1 leaves out 50,000 organizations a country, HUGE=1 adds 200,000. Every timed search must find the lists
of the first: else it counts among the mismatches and its figure is not printed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measuring, peers, runs
from benchmarks.register import register
from benchmarks.register import snapshot as generated
from matchmaking.engine import Snapshot, kernel, rank_all
from matchmaking.engine.embedder import scored_statements
from matchmaking.engine.kernel import allpairs, loops
from matchmaking.engine.kernel.packing import pack
from matchmaking.engine.lists import Entries, Found
from matchmaking.engine.names import KINDS, STORED_TEXT
from matchmaking.engine.ranking import full_order
from matchmaking.engine.sides import Floats

THREADS = 2
SAMPLED = 50
TOGETHER = 64
REPORT = Path(__file__).with_name("report.txt")


class Bench:
    """The figures in the order in which they are found, and how many lists were not as they should be."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.mismatches = 0

    def say(self, name: str, value: float | str | None) -> None:
        """Print a figure, and nothing where there is none."""
        if value is not None:
            self.lines.append(f"{name}: {value if isinstance(value, str) else format(value, '.4g')}")
            print(self.lines[-1], flush=True)

    def timed(self, work: Callable[[], Found], right: str) -> float | None:
        """The median seconds of five searches, None where one of them finds other lists."""
        times = []
        for _ in range(measuring.TIMES):
            started = time.perf_counter()
            found = work()
            times.append(time.perf_counter() - started)
            if measuring.fingerprint(found) != right:
                self.mismatches += 1
                return None
        return statistics.median(times)

    def check(self, snapshot: Snapshot, seed: int) -> None:
        """Rows and columns drawn at random, against every candidate in float64."""
        us, cn, _counts = rank_all(snapshot, threads=THREADS, method=kernel.METHOD)
        draw = np.random.default_rng(seed)
        for lists in (us, cn):
            for seeker in draw.choice(np.unique(lists["seeker"]), size=SAMPLED, replace=False).tolist():
                mine, order = lists[lists["seeker"] == seeker], full_order(snapshot, seeker)
                for kind in range(len(KINDS)):
                    best = order[order["kind"] == kind][: snapshot.policy.top_k]
                    found = mine[mine["kind"] == kind]
                    same = np.array_equal(found["candidate"], best["candidate"])
                    self.mismatches += not (same and np.array_equal(found["score"], best["score"]))


def search(snapshot: Snapshot, *, threads: int = THREADS, earlier: Found | None = None) -> Found:
    known = (earlier.us, earlier.cn) if earlier else None
    return kernel.search(snapshot, 0, len(snapshot.us), threads=threads, earlier=known)


def ratio(one: float | None, other: float) -> float | None:
    return None if one is None else one / other


def small(bench: Bench) -> None:
    """A thousand a country, from snapshot to lists of both sides with all their numbers.

    By the compiled loops, once they are loaded: a run of this size does not wait for that and takes longer.
    """
    snapshot = generated(1_000)
    rank_all(snapshot, threads=THREADS, method=kernel.METHOD)
    once = partial(rank_all, snapshot, threads=THREADS, method=kernel.METHOD)
    bench.say("request_ms_1k", 1000 * measuring.seconds(once))


def fused_pass(snapshot: Snapshot) -> float:
    """Seconds that the compiled loops take for all pairs, one thread, where nothing enters a list."""
    us, cn = pack(snapshot, 0, len(snapshot.us))
    buffers = allpairs._Buffers(measuring.BLOCK)
    lists = [
        allpairs._empty(len(side.row), 1)._replace(floors=np.full(len(side.row), 2.0, np.float32))
        for side in (us, cn)
    ]
    total = 0.0
    for kind in range(len(KINDS)):
        for rows in allpairs._cuts(int(us.starts[kind]), int(us.starts[kind + 1]), measuring.BLOCK[0]):
            for other in range(len(KINDS)):
                rules = allpairs._rules(snapshot.scale, kind, other)
                bounds = int(cn.starts[other]), int(cn.starts[other + 1])
                for columns in allpairs._cuts(*bounds, measuring.BLOCK[1]):
                    block = buffers.block(us, rows, cn, columns)
                    started = time.perf_counter()
                    loops.enter_block(block, us, cn, rules, buffers.scratch, *lists)
                    total += time.perf_counter() - started
    return total


def ten_thousand(bench: Bench) -> float | None:
    snapshot = generated(10_000)
    us, cn = pack(snapshot, 0, len(snapshot.us))
    right = measuring.fingerprint(search(snapshot))
    bench.check(snapshot, 10)
    for block in ((64, 64), (512, 1024), (1000, 333)):
        for threads in (1, 2):
            found = kernel.search(snapshot, 0, len(snapshot.us), block=block, threads=threads)
            bench.mismatches += measuring.fingerprint(found) != right
    products = measuring.products(us, cn)
    both = bench.timed(lambda: search(snapshot), right)
    alone = bench.timed(lambda: search(snapshot, threads=1), right)
    bench.say("gemm_ratio_10k", ratio(both, products))
    bench.say("thread_speedup_10k", None if both is None else ratio(alone, both))
    one_thread = measuring.seconds(lambda: measuring.multiply(us, cn))
    fused = statistics.median(fused_pass(snapshot) for _ in range(measuring.TIMES))
    bench.say("kernel_to_gemm_1thread", fused / one_thread)
    if both is not None:
        beside(bench, snapshot, both)
    return both


def beside(bench: Bench, snapshot: Snapshot, ours: float) -> None:
    """The peers, at ten thousand a country."""
    us, cn = (peers.columns(side) for side in pack(snapshot, 0, len(snapshot.us)))
    for name in ("faiss", "sklearn", "implicit"):
        by_peer = getattr(peers, f"by_{name}")
        by_peer(us[:100], cn[:100])
        bench.say(f"speedup_vs_{name}_10k", measuring.seconds(partial(by_peer, us, cn)) / ours)
    bench.say("speedup_vs_python_loop", snapshot.pairs / ours / peers.pairs_a_second_of_a_loop())


def incremental(bench: Bench, snapshot: Snapshot, lists: Found) -> None:
    """Organizations changed, one at a time and 64 together: their own lists, and all that they enter."""
    around = kernel.around(snapshot, threads=THREADS)
    floors = asked_for(snapshot, lists)
    draw, none = np.random.default_rng(7), np.zeros(0, dtype=np.intp)
    us, cn = (draw.choice(len(side), TOGETHER // 2, replace=False) for side in (snapshot.us, snapshot.cn))
    # As many calls as a median asks for, after one that is not counted.
    chosen = [
        *((row[None], none) for row in us[: measuring.TIMES + 1]),
        *((none, row[None]) for row in cn[:5]),
    ]
    single = statistics.median([measuring.once(partial(around, one, floors)) for one in chosen][1:])
    together = measuring.seconds(partial(around, (us, cn), floors))
    for_us, for_cn = around((us, cn), floors)
    mine_us, mine_cn = np.isin(lists.us.rows, us), np.isin(lists.cn.columns, cn)
    bench.mismatches += pairs(lists.us, mine_us) != pairs(for_us.lists)
    bench.mismatches += pairs(lists.cn, mine_cn) != pairs(for_cn.lists)
    # Whoever stands in the other side's lists reaches what these ask for.
    bench.mismatches += not pairs(lists.cn, np.isin(lists.cn.rows, us)) <= pairs(for_us.offers)
    bench.mismatches += not pairs(lists.us, np.isin(lists.us.columns, cn)) <= pairs(for_cn.offers)
    bench.say("incremental_ms_50k", 1000 * single)
    bench.say("incremental_batch_ratio", together / TOGETHER / single)


def asked_for(snapshot: Snapshot, lists: Found) -> tuple[Floats, Floats]:
    """The score at the last place of every full list, by kind of candidate and seeker's row."""
    top_k, found = snapshot.policy.top_k, []
    for own, other, (seekers, candidates), scores in (
        (snapshot.us, snapshot.cn, lists.us[:2], lists.us.scores),
        (snapshot.cn, snapshot.us, lists.cn[1::-1], lists.cn.scores),
    ):
        kinds, size = other.kind[candidates].astype(np.intp), (len(KINDS), len(own))
        lengths, least = np.zeros(size, dtype=np.intp), np.full(size, np.inf)
        np.add.at(lengths, (kinds, seekers), 1)
        np.minimum.at(least, (kinds, seekers), scores)
        found.append(np.where(lengths == top_k, least, -np.inf))
    return found[0], found[1]


def pairs(entries: Entries, chosen: Any = slice(None)) -> set[tuple[int, int, float]]:
    return set(zip(*(column[chosen].tolist() for column in entries), strict=True))


def fifty_thousand(bench: Bench, ten: float | None) -> float | None:
    snapshot = generated(50_000)
    products = measuring.products(*pack(snapshot, 0, len(snapshot.us)))
    cold = search(snapshot)
    right = measuring.fingerprint(cold)
    bench.check(snapshot, 50)
    found = bench.timed(lambda: search(snapshot), right)
    bench.say("gemm_ratio_50k", ratio(found, products))
    bench.say("seeded_ratio_50k", ratio(bench.timed(lambda: search(snapshot, earlier=cold), right), products))
    incremental(bench, snapshot, cold)
    bench.say("gemm_ratio_50k_certified", measuring.seconds(lambda: everything(snapshot)) / products)
    if found is not None and ten is not None:
        bench.say("time_exponent_10k_50k", measuring.exponent(ten, found, 5))
    return found


def everything(snapshot: Snapshot) -> None:
    """Both sides' lists with all their numbers, a part at a time as a run stores them."""
    found, score = search(snapshot), kernel.scorer(snapshot, THREADS)
    for entries in (found.us, found.cn):
        for at in range(0, len(entries.rows), 1 << 16):
            part = slice(at, at + (1 << 16))
            score(entries.rows[part], entries.columns[part])


def memory(bench: Bench, side: int, name: str) -> None:
    """Peak of a process of its own that reads a stored snapshot and finds everything."""
    path = REPORT.with_name(f"snapshot_{side}.bin")
    path.write_bytes(generated(side).to_bytes())
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from benchmarks.__main__ import Snapshot, everything\n"
        "everything(Snapshot.from_bytes(Path(sys.argv[1]).read_bytes()))\n"
        # Not from `resource`: that counts what this process held when it made the other.
        "peak = Path('/proc/self/status').read_text().partition('VmHWM:')[2]\n"
        "print(int(peak.split()[0]) / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    path.unlink()
    bench.say(name, float(done.stdout))


def text_recall() -> float:
    """How many of the nearest 20 statements by all 512 columns are among the nearest 20 by the 128 scored."""
    vectors = [p.statement_vector for p in register(3_000, seed=7) if p.statement_vector]
    stored = np.frombuffer(b"".join(vectors), dtype=np.int8).reshape(-1, STORED_TEXT)
    whole = stored / np.linalg.norm(stored.astype(np.float64), axis=1, keepdims=True)
    scored = scored_statements(stored).astype(np.float64)
    half = len(stored) // 2
    nearest = [np.argsort(-(side[:200] @ side[half:].T), axis=1)[:, :20] for side in (whole, scored)]
    return float(np.mean([len(set(one) & set(other)) / 20 for one, other in zip(*nearest, strict=True)]))


def main() -> None:
    fast, huge = (os.environ.get(name) == "1" for name in ("FAST", "HUGE"))
    bench = Bench()
    bench.say("blas_kernel", measuring.blas_kernel())
    search(generated(300))
    small(bench)
    ten = ten_thousand(bench)
    bench.say("text_recall_128_of_512", text_recall())
    if not fast:
        fifty = fifty_thousand(bench, ten)
        memory(bench, 50_000, "rss_mib_50k")
        if huge:
            memory(bench, 200_000, "rss_mib_200k")
            snapshot = generated(200_000)
            bench.say("time_ratio_200k_to_50k", ratio(measuring.once(lambda: search(snapshot)), fifty or 1))
    with runs.service() as service:
        bench.say("persist_speedup_vs_bulk_create", runs.storing_to_bulk_create(service))
        bench.say("celery_ratio_20k", runs.celery_to_in_process(service))
    bench.say("mismatches", bench.mismatches)
    REPORT.write_text("\n".join([*measuring.machine(), "", *bench.lines, ""]), encoding="utf-8")
    print(f"written to {REPORT}")


if __name__ == "__main__":
    main()
