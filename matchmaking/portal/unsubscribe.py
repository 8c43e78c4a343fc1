"""The page behind the link in every digest and interest mail. Reading it changes nothing; only POST does."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from matchmaking.portal.secret import secret_address
from matchmaking.services.subscriptions import InvalidLinkError, subscribed, unsubscribe

# What a mail client posts for a reader's one click (RFC 8058, 3.2), and what the page's own button posts.
FIELD, VALUE = "List-Unsubscribe", "One-Click"


@csrf_exempt  # The token is the proof; a mail client brings no cookie.
@login_not_required
@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, act on POST, without login, cookie or redirect; twice does no harm."""
    try:
        subscription, user = subscribed(token)
    except InvalidLinkError:
        return _page(request, "portal/unsubscribe_invalid.html", 400)
    language = user.language if user else translation.get_language()
    with translation.override(language):
        if request.method != "POST":
            # Whoever was erased has nothing left to end.
            page = "portal/unsubscribe.html" if user else "portal/unsubscribed.html"
            return _page(request, page, 200, subscription)
        if request.POST.getlist(FIELD) != [VALUE]:
            return _page(request, "portal/unsubscribe_invalid.html", 400)
        unsubscribe(token, channel="mail_link")
        return _page(request, "portal/unsubscribed.html", 200, subscription)


def _page(request: HttpRequest, template: str, status: int, subscription: str = "") -> HttpResponse:
    context = {
        "field": FIELD,
        "value": VALUE,
        "subscription": subscription,
        "contact_email": settings.CONTACT_EMAIL,
    }
    return render(request, template, context, status=status)
