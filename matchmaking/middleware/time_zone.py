"""Times as the person's own clock shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from matchmaking.portal.accounts.zones import ZONE_IN_SESSION

# The desk is worked at from both countries, programs read one clock, and runs count days: all in UTC.
ALWAYS_UTC = ("/admin/", "/api/")


class OwnTimeZone:
    """The zone that the person chose, else that of their organization's place, for this request alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(_zone_of(request)):
            return self.get_response(request)


def _zone_of(request: HttpRequest) -> tzinfo:
    if request.path.startswith(ALWAYS_UTC) or not request.user.is_authenticated:
        return UTC
    try:
        return ZoneInfo(request.user.time_zone or request.session.get(ZONE_IN_SESSION) or "UTC")
    except ZoneInfoNotFoundError:  # a name that was given up since
        return UTC
