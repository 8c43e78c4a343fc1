"""How long a session lives, with and without being used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _


class Limits(NamedTuple):
    """Seconds without a request, and seconds in all."""

    idle: int
    whole: int


STAFF = Limits(idle=30 * 60, whole=8 * 3600)
PEOPLE = Limits(idle=2 * 3600, whole=12 * 3600)
# A request is noted in the session only this often: a row is written for it.
NOTED_EVERY = 60
BEGAN, SEEN = "session_began", "session_seen"


class SessionLimits:
    """Signs out whose session has been idle, or has lasted, for too long. Needs messages before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            self._look_at(request, STAFF if request.user.is_staff else PEOPLE)
        return self.get_response(request)

    def _look_at(self, request: HttpRequest, limits: Limits) -> None:
        now = time.time()
        began, seen = request.session.get(BEGAN, now), request.session.get(SEEN, now)
        if now - seen > limits.idle or now - began > limits.whole:
            logout(request)
            messages.info(request, _("Your session has ended. Sign in again to go on."))
        elif BEGAN not in request.session or now - seen > NOTED_EVERY:
            request.session.update({BEGAN: began, SEEN: now})
