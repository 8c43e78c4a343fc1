"""Addresses that forms are posted to and that have no page of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponse]


def posted_from(page: str, *named: str) -> Callable[[View], View]:
    """A view that a form of this page posts to. Whoever is led there without the form, by the sign-in after
    their session had ended or by the language button of a refusal, finds the page.

    `named` are the arguments of the view that name the page too.
    """

    def decorate(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def answered(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, **arguments)
            return redirect(page, *(arguments[name] for name in named))

        return answered

    return decorate
