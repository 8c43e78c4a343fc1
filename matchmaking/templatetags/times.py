"""A moment as the reader's clock shows it."""

from __future__ import annotations

from datetime import datetime

from django import template

from matchmaking.wording.clocks import moment_words

register = template.Library()


@register.filter(is_safe=True)
def moment(at: datetime | None) -> str:
    """Day, time and zone: "25 November 2026, 14:05 UTC+8"; empty for none."""
    return moment_words(at) if at else ""
