"""What the release desk does with many recommendations at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from django.db.models import QuerySet

from matchmaking.models import Recommendation
from matchmaking.services.recommendations import Outcome

# Decided on together, in a transaction of their own: the worker that answers participants waits no longer.
CHUNK = 500

Decide = Callable[[Sequence[Recommendation]], Outcome]


def decide_on_all(chosen: QuerySet[Recommendation], decide: Decide) -> Outcome:
    """Take one decision (a service on recommendations) on any number of them; the outcomes as one.

    Which ones is read once, at the beginning. They are decided on in chunks: what was decided stands where
    a later chunk fails. Both directions of a pair are in one chunk, since some decisions are on the pair.
    """
    done, skipped = 0, []
    for chunk in _chunks(chosen):
        outcome = decide(chunk)
        done += outcome.done
        skipped += outcome.skipped
    return Outcome(done, skipped)


def _chunks(chosen: QuerySet[Recommendation]) -> Iterator[list[Recommendation]]:
    chunk: list[Recommendation] = []
    for _pair, rows in groupby(chosen.order_by("pair_id", "pk").only("pair_id"), key=attrgetter("pair_id")):
        chunk += rows
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
