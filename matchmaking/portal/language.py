"""The language button, and remembering what it was set to."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.views.i18n import LANGUAGE_QUERY_PARAMETER
from django.views.i18n import set_language as django_set_language

from alliances.services.people import language_set


@login_not_required
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own view; a person who is signed in keeps the choice for their mail and the next visit."""
    if request.method == "POST" and request.user.is_authenticated:
        with suppress(ValidationError):  # an unknown one is no choice
            language_set(request.user, request.POST.get(LANGUAGE_QUERY_PARAMETER, ""))
    return django_set_language(request)


def remember_language(response: HttpResponseBase, language: str) -> None:
    """Set the cookie that Django's view sets, so that the next page is in `language`."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
