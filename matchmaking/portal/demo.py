"""Being somebody of the sample register, in the demo: one button a person, no code and no password."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from alliances.services.demo import visitors


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Who may be chosen; a POST signs in as one of exactly these, and as nobody else."""
    if not settings.DEMO:
        raise Http404
    if request.method != "POST":
        return render(request, "portal/demo_sign_in.html")
    chosen = [one.user for one in visitors() if one.user.email == request.POST.get("email")]
    if not chosen:
        raise PermissionDenied
    response: HttpResponse = perform_login(request, chosen[0])
    return response
