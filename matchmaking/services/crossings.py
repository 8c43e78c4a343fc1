"""Transactions that cross another's: done again a few times, then given up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

log = structlog.get_logger(__name__)

TRIES = 3
CROSSINGS = (DeadlockDetected, LockNotAvailable, SerializationFailure)
T = TypeVar("T")


class CrossedError(Exception):
    """Others held what was to be changed, each time it was tried."""


def uncrossed(act: Callable[[], T]) -> T:
    """What `act` returns, done in a transaction of its own, which is done again where it crossed another's.

    Inside a transaction there is one try, since whoever began it has to begin it anew.

    Raises:
        CrossedError: it crossed others three times.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return act()
        except OperationalError as error:
            crossed = isinstance(error.__cause__, CROSSINGS)
            if not crossed or transaction.get_connection().in_atomic_block:
                raise
            log.warning("transaction_crossed_another", attempt=attempt)
            time.sleep(random.uniform(0.01, 0.1) * attempt)  # noqa: S311  spreads, hides nothing
    raise CrossedError
