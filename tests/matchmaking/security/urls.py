"""The site's own addresses, with views beside them that fail in every way there is."""

from typing import NoReturn

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, path

from matchmaking import urls as site
from matchmaking.portal import errors

handler400, handler403, handler404 = site.handler400, site.handler403, site.handler404
handler429, handler500 = site.handler429, site.handler500


@login_not_required
def bad(request: HttpRequest) -> NoReturn:
    raise SuspiciousOperation("a secret word")


@login_not_required
def forbidden(request: HttpRequest) -> NoReturn:
    raise PermissionDenied("a secret word")


@login_not_required
def gone(request: HttpRequest) -> HttpResponseBase:
    return errors.error_answer(request, 410)


@login_not_required
def hurried(request: HttpRequest) -> HttpResponseBase:
    return errors.too_many_requests(request)


@login_not_required
def broken(request: HttpRequest) -> NoReturn:
    raise ZeroDivisionError("a secret word")


failing: list[URLPattern | URLResolver] = [
    path(f"{prefix}fails/{view.__name__}", view)
    for prefix in ("", "api/")
    for view in (bad, forbidden, gone, hurried, broken)
]
urlpatterns = failing + site.urlpatterns
