"""Staff do not act with a password alone."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.core.internal.httpkit import add_query_params
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse


class StaffSecondFactor:
    """No page of the desk for staff whose second factor this session has not seen.

    They are sent to set one up, or to show the one they have, and then on to where they wanted to go.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._detour(request) or self.get_response(request)

    def _detour(self, request: HttpRequest) -> HttpResponseBase | None:
        if not settings.ADMIN_REQUIRE_MFA or not request.path.startswith(reverse("admin:index")):
            return None
        user = request.user
        if not (user.is_authenticated and user.is_staff):
            return None  # the desk's own rule
        if any(record["method"] == "mfa" for record in get_authentication_records(request, user)):
            return None
        has_one = is_mfa_enabled(user, [Authenticator.Type.TOTP])
        page = reverse("mfa_reauthenticate" if has_one else "mfa_activate_totp")
        return HttpResponseRedirect(add_query_params(page, {"next": request.get_full_path()}))
