"""Whole runs on real servers: what storing lists costs, and a run beside the same work in one process."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from benchmarks.register import snapshot
from tests.drills.conftest import Service, running_service

SIDE = 20_000
PATIENCE = 900.0


def print_storing() -> None:
    """How many times as long as ours `bulk_create` takes for a ranking row."""
    import numpy as np
    from django.db import transaction

    from matchmaking import engine
    from matchmaking.engine.names import KINDS
    from matchmaking.models import Ranking
    from matchmaking.services import rankings

    seekers, top_k = 50_000, 20
    rows = np.zeros(seekers * top_k, dtype=engine.RANKING_DTYPE)
    rows["seeker"] = np.repeat(np.arange(seekers), top_k)
    rows["rank"] = np.tile(np.arange(1, top_k + 1), seekers)
    rows["candidate"] = rows["rank"].astype(np.int64) + 1_000_000
    rows["score"] = np.random.default_rng(1).random(len(rows))
    rows["affinity"] = rows["candidate_affinity"] = rows["score"]
    rows["criteria"] = rows["score"][:, None]

    # No run has these ids.
    first, second = 1_001, 1_002
    began = time.perf_counter()
    table = rankings.new_table(first, uuid4())
    for part in np.array_split(rows, 10):
        rankings.fill_table(table, rankings.tuples_of(first, part))
    rankings.finish_table(table, first)
    with transaction.atomic():
        rankings.attach_table(first, table)
    ours = (time.perf_counter() - began) / len(rows)

    table = rankings.new_table(second, uuid4())
    rankings.finish_table(table, second)
    with transaction.atomic():
        rankings.attach_table(second, table)
    some = [
        Ranking(
            run_id=second,
            seeker_id=int(row["seeker"]),
            kind=KINDS[row["kind"]],
            rank=int(row["rank"]),
            candidate_id=int(row["candidate"]),
            criteria=row["criteria"].tolist(),
            score=float(row["score"]),
            affinity=float(row["affinity"]),
            candidate_affinity=float(row["candidate_affinity"]),
        )
        for row in rows[:50_000]
    ]
    began = time.perf_counter()
    Ranking.objects.bulk_create(some, batch_size=5_000)
    print((time.perf_counter() - began) / len(some) / ours)


def print_request() -> None:
    """The id of a run of a generated register, asked for and recorded."""
    from django.db import transaction

    from matchmaking.services import policies, runs

    taken = snapshot(SIDE)
    prepared = runs.PreparedRun(policies.active_policy(), taken.as_of, taken, runs.seen_now(), 0.0)
    with transaction.atomic():
        print(runs.record(prepared).pk)


def print_active() -> None:
    """How many tasks the workers are at."""
    from celery import current_app

    print(sum(map(len, (current_app.control.inspect().active() or {}).values())))


def print_in_process() -> None:
    """Seconds of the same run in one process, from the snapshot to attached lists."""
    from django.db import transaction

    from matchmaking.engine import rank_all
    from matchmaking.services import rankings

    rank_all(snapshot(2_100), threads=2)
    taken = snapshot(SIDE)
    began = time.perf_counter()
    lists = rank_all(taken, threads=2)[:2]
    table = rankings.new_table(1_000, uuid4())
    for rows in lists:
        rankings.fill_table(table, rankings.tuples_of(1_000, rows))
    rankings.finish_table(table, 1_000)
    with transaction.atomic():
        rankings.attach_table(1_000, table)
    print(time.perf_counter() - began)


# --- On servers of their own ----------------------------------------------------------------------


@contextmanager
def service() -> Iterator[Service]:
    """Servers and a migrated database of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, running_service(Path(home)) as made:
        yield made


def _complete(made: Service, run: int) -> bool:
    return made.state(run) == "complete"


def _number(made: Service, program: Callable[[], None]) -> float:
    """What one of the programs above prints last, in a process of its own on these servers."""
    code = f"from benchmarks.runs import {program.__name__} as program; program()"
    return float(made.python(code).splitlines()[-1])


def storing_to_bulk_create(made: Service) -> float:
    """How many times as fast a million ranking rows are stored as by the ORM."""
    return _number(made, print_storing)


def celery_to_in_process(made: Service) -> float:
    """Seconds of a run by two workers, from its first shard to attached lists, to those of one process."""
    made.start_worker(processes=2)
    for _warming_first in range(2):
        run = int(_number(made, print_request))
        if not made.wait_until(partial(_complete, made, run), PATIENCE):
            raise RuntimeError(f"run {run} is {made.state(run)}")
        # The organizations exist in the snapshot only: there is nobody to recommend to.
        made.propose_no_more()
        # A worker that has begun with it goes on for a while, and the next run is to have both.
        if not made.wait_until(lambda: _number(made, print_active) == 0, PATIENCE):
            raise RuntimeError("the workers do not come to an end")
    seconds = made.query(
        f"SELECT extract(epoch FROM finished_at - started_at) FROM matchmaking_matchrun WHERE id = {run}"
    )
    made.supervisor.stop("worker")
    return float(seconds[0][0]) / _number(made, print_in_process)
