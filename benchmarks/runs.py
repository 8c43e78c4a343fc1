"""Whole runs on real servers: what storing lists costs, and a run beside the same work in one process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.drills.conftest import Service, running_service

SIDE = 20_000
PATIENCE = 900.0

STORING = """
import time
from uuid import uuid4
import numpy as np
from django.db import transaction
from matchmaking import engine
from matchmaking.engine.names import KINDS
from matchmaking.models import Ranking
from matchmaking.services import rankings

SEEKERS, K = 50_000, 20
rows = np.zeros(SEEKERS * K, dtype=engine.RANKING_DTYPE)
rows["seeker"], rows["rank"] = np.repeat(np.arange(SEEKERS), K), np.tile(np.arange(1, K + 1), SEEKERS)
rows["candidate"] = rows["rank"].astype(np.int64) + 1_000_000
rows["score"] = rows["affinity"] = rows["candidate_affinity"] = np.random.default_rng(1).random(len(rows))
rows["criteria"] = rows["score"][:, None]

began = time.perf_counter()
table = rankings.new_table(1, uuid4())
for part in np.array_split(rows, 10):
    rankings.fill_table(table, 1, part)
rankings.finish_table(table, 1)
with transaction.atomic():
    rankings.attach_table(1, table)
ours = (time.perf_counter() - began) / len(rows)

table = rankings.new_table(2, uuid4())
rankings.finish_table(table, 2)
with transaction.atomic():
    rankings.attach_table(2, table)
names = ("score", "affinity", "candidate_affinity")
some = [
    Ranking(
        run_id=2, seeker_id=int(row["seeker"]), kind=KINDS[row["kind"]], rank=int(row["rank"]),
        candidate_id=int(row["candidate"]), criteria=row["criteria"].tolist(),
        **{name: float(row[name]) for name in names},
    )
    for row in rows[:50_000]
]
began = time.perf_counter()
Ranking.objects.bulk_create(some, batch_size=5_000)
print((time.perf_counter() - began) / len(some) / ours)
"""

REQUEST = """
from django.db import transaction
from benchmarks.register import snapshot
from matchmaking.services import policies, runs
taken = snapshot({side})
prepared = runs.PreparedRun(policies.active_policy(), taken.as_of, taken, 0, 0.0)
with transaction.atomic():
    print(runs.record(prepared).pk)
"""

IN_PROCESS = """
import time
from uuid import uuid4
from django.db import transaction
from benchmarks.register import snapshot
from matchmaking.engine import rank_all
from matchmaking.services import rankings
rank_all(snapshot(2_100), threads=2)
taken = snapshot({side})
began = time.perf_counter()
lists = rank_all(taken, threads=2)[:2]
table = rankings.new_table(1_000, uuid4())
for rows in lists:
    rankings.fill_table(table, 1_000, rows)
rankings.finish_table(table, 1_000)
with transaction.atomic():
    rankings.attach_table(1_000, table)
print(time.perf_counter() - began)
"""


@contextmanager
def service() -> Iterator[Service]:
    """Servers and a migrated database of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, running_service(Path(home)) as made:
        yield made


def _complete(made: Service, run: int) -> bool:
    return made.state(run) == "complete"


def last_number(output: str) -> float:
    return float(output.splitlines()[-1])


def storing_to_bulk_create(made: Service) -> float:
    """How many times as fast a million ranking rows are stored as by the ORM."""
    return last_number(made.python(STORING))


def celery_to_in_process(made: Service) -> float:
    """Seconds of a run by two workers, from its first shard to attached lists, to those of one process."""
    made.start_worker(processes=2)
    for _warming_first in range(2):
        run = int(last_number(made.python(REQUEST.format(side=SIDE))))
        if not made.wait_until(partial(_complete, made, run), PATIENCE):
            raise RuntimeError(f"run {run} is {made.state(run)}")
        # The organizations exist in the snapshot only: there is nobody to recommend to.
        made.propose_no_more()
    seconds = made.query(
        f"SELECT extract(epoch FROM finished_at - started_at) FROM matchmaking_matchrun WHERE id = {run}"
    )
    made.supervisor.stop("worker")
    return float(seconds[0][0]) / last_number(made.python(IN_PROCESS.format(side=SIDE)))
