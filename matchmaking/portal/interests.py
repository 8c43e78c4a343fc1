"""How the pages show the clock of an open interest."""

from __future__ import annotations

from django.utils import timezone

from matchmaking.selectors.interests import OpenInterest
from matchmaking.wording.clocks import TimeLeft, time_left


def clock_of(one: OpenInterest) -> TimeLeft:
    """The time left for whoever is silent, said to the side that reads."""
    return time_left(one.answer_by, timezone.now().date(), one.total_days, yours=not one.you_answered)
