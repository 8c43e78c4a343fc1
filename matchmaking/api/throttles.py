"""How many calls a program may make in a minute, told on every answer (`RateLimit-Policy`, `RateLimit`).

For the load alone: two calls at the same instant may count as one. What guards against guessing are the
tokens' own 256 bits. Counts are kept in the database's cache, so that no broker is asked.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module

# The fields of draft-ietf-httpapi-ratelimit-headers: quota and window, what is left and for how long.
POLICY, LEFT = "RateLimit-Policy", "RateLimit"
WINDOW = 60


class Throttle(BaseThrottle):
    """Counts by person, whatever tokens and sessions they have, and by address where nobody is known;
    beside that by the scope that the view's `scopes` give the action.

    A window begins with its first call. What is refused does not count.
    """

    until: int

    def allow_request(self, request: Request, view: APIView) -> bool:
        name, caller = self._caller(request)
        scope = getattr(view, "scopes", {}).get(getattr(view, "action", None))
        limits = {one: settings.API_LIMITS[one] for one in (name, scope) if one}
        now = int(time())
        key = f"api_limit:{caller}"
        self.until, calls = cache.get(key, (0, {}))
        if self.until <= now:
            self.until, calls = now + WINDOW, {}
        is_allowed = all(calls.get(one, 0) < limit for one, limit in limits.items())
        if is_allowed:
            calls |= {one: calls.get(one, 0) + 1 for one in limits}
            cache.set(key, (self.until, calls), self.until - now)
        view.headers[POLICY] = ", ".join(f'"{one}";q={limit};w={WINDOW}' for one, limit in limits.items())
        view.headers[LEFT] = ", ".join(
            f'"{one}";r={max(0, limit - calls.get(one, 0))};t={self.until - now}'
            for one, limit in limits.items()
        )
        return is_allowed

    def wait(self) -> float:
        return float(max(1, self.until - int(time())))

    def _caller(self, request: Request) -> tuple[str, str]:
        """Which limit holds, and for whom."""
        try:
            user = request.user
        except APIException:  # it is refused for this already
            user = None
        if user is not None and user.is_authenticated:
            return "user", f"person:{user.pk}"
        # As erasure finds it.
        return "anon", f"ip:{truncate_ip(self.get_ident(request))}"
