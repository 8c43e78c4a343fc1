"""A worker app whose shards and merges take their time, so that a drill can kill it in the middle of one.

It shares the arrays of small runs too.

With LEASES=off nothing is ever taken back from a lost worker: what the drills must fail without.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import django

from matchmaking import engine
from matchmaking.celery import app

django.setup()

from matchmaking.services import leases, rankings, snapshots  # noqa: E402  after the set-up that models need

SECONDS = float(os.environ.get("SHARD_SECONDS", "0.5"))
# After each part of the lists that is written.
PART_SECONDS = float(os.environ.get("PART_SECONDS", "0"))

_score_rows = engine.score_rows


def _slowly(*args: Any, heartbeat: Callable[[], None], **options: Any) -> engine.ShardResult:
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        time.sleep(0.05)
        heartbeat()
    return _score_rows(*args, heartbeat=heartbeat, **options)


_fill_table = rankings.fill_table


def _fill_slowly(*args: Any) -> None:
    _fill_table(*args)
    time.sleep(PART_SECONDS)


vars(engine)["score_rows"] = _slowly
vars(rankings)["fill_table"] = _fill_slowly
vars(snapshots)["WORTH_SHARING"] = 0
if os.environ.get("LEASES") == "off":
    vars(leases)["expire"] = lambda rules: []

__all__ = ["app"]
