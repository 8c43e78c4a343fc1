"""What a refused or failed request is answered with, in the site's look and the reader's language.

These pages stand without database, session and context processors: they must work when those do not.
Nothing of the request is repeated on them, so that what is missing and what is somebody else's look the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from matchmaking.wording.problems import CONTENT_TYPE, REQUEST_ID, problem
from matchmaking.wording.site import site_name


@dataclass(frozen=True)
class Refusal:
    """`code` is for programs; the sentence says what is wrong, the advice what to do."""

    code: str
    sentence: Promise
    advice: Promise


REFUSALS: Mapping[int, Refusal] = {
    400: Refusal(
        "bad_request",
        _("This request cannot be answered."),
        _("Something in its address or in what was sent is not as it should be. Go back and try again."),
    ),
    403: Refusal(
        "forbidden",
        _("This is not open to you."),
        _("Your account may not do this. If you think it should, write to the address below."),
    ),
    404: Refusal(
        "not_found",
        _("There is no such page."),
        _("It may have moved, or it is not open to you."),
    ),
    410: Refusal(
        "gone",
        _("This link has expired."),
        _("Sign in to see the recommendation."),
    ),
    413: Refusal(
        "too_large",
        _("Upload is too large (limit %(limit)s MB)."),
        _("Nothing was saved. Send less at once, or part the file."),
    ),
    429: Refusal(
        "too_many_requests",
        _("Too many attempts."),
        _("Nothing was saved. Wait a few minutes and try again."),
    ),
    500: Refusal(
        "server_error",
        _("Something went wrong on our side."),
        _("It has been written down. Try again in a few minutes."),
    ),
}
FORM_IS_STALE = Refusal(
    "csrf",
    _("This form is no longer valid."),
    _("Nothing was saved. Cookies must be allowed for this site; open the page again and send it anew."),
)
NEEDS_TLS = Refusal(
    "https_required",
    _("The API answers over https only."),
    _("Use the https:// address, and replace a token that was sent without encryption."),
)


def error_answer(
    request: HttpRequest, status: int, refusal: Refusal | None = None, **values: str
) -> HttpResponse:
    """The page of this status, or of a refusal of its own; JSON under /api/. `values` fill the sentence."""
    refusal = refusal or REFUSALS[status]
    # The request may have failed before its language was set.
    with translation.override(translation.get_language_from_request(request)):
        message = str(refusal.sentence) % values
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        # A page that is somebody else's must equal one that does not exist, byte by byte.
        inside = "" if status == 404 else request_id
        if request.path.startswith("/api/"):
            said = problem(status, code=refusal.code, detail=message, request_id=inside)
            headers = {REQUEST_ID: request_id} if request_id else {}
            return JsonResponse(said, status=status, headers=headers, content_type=CONTENT_TYPE)
        context: dict[str, object] = {"code": refusal.code, "message": message, "request_id": inside}
        context |= {"advice": refusal.advice, "site_name": site_name(), "is_demo": settings.DEMO}
        context |= {"contact_email": settings.CONTACT_EMAIL}
        context |= {"sign_in_url": resolve_url(settings.LOGIN_URL) if status == 410 else ""}
        return HttpResponse(render_to_string("error.html", context), status=status)


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """`limit` in bytes."""
    return error_answer(request, 413, limit=f"{limit / 2**20:g}")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return error_answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_answer(request, 403, FORM_IS_STALE)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponseBase:
    return error_answer(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_answer(request, 500)
