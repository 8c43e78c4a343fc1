"""A moment as the reader's clock shows it."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime

from matchmaking.wording.clocks import utc_offset

register = template.Library()


@register.filter(is_safe=True)
def moment(at: datetime | None) -> str:
    """Day, time and zone: "25 November 2026, 14:05 UTC+8"; empty for none."""
    if at is None:
        return ""
    at = localtime(at)
    return f"{date_format(at, 'DATETIME_FORMAT')} {utc_offset(at)}"
