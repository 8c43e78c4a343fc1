"""Pages whose address is a secret: whoever has it may act."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponse]


def secret_address(view: View) -> View:
    """No cache keeps the page, and nothing that it leads to learns its address.

    `no-referrer` would take the origin too: browsers then send the page's forms with the origin "null", and
    the check against forged ones refuses the language button and the sign-out.
    """

    @never_cache
    @wraps(view)
    def answered(request: HttpRequest, **arguments: Any) -> HttpResponse:
        response = view(request, **arguments)
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return answered
