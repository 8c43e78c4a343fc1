"""A worker app whose shards take their time, so that a drill can kill it in the middle of one.

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

from matchmaking.services import leases  # noqa: E402  after the set-up that its models need

SECONDS = float(os.environ.get("SHARD_SECONDS", "0.5"))

_score_rows = engine.score_rows


def _slowly(*args: Any, heartbeat: Callable[[], None], **options: Any) -> engine.ShardResult:
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        time.sleep(0.05)
        heartbeat()
    return _score_rows(*args, heartbeat=heartbeat, **options)


vars(engine)["score_rows"] = _slowly
if os.environ.get("LEASES") == "off":
    vars(leases)["expire"] = lambda rules: []

__all__ = ["app"]
