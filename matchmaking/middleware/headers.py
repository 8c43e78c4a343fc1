"""The headers that Django's own middleware does not know, on every answer of the site."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class PrivateAnswers:
    """No page uses a device; nothing that belongs to a session is kept by any cache. Comes first of all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS
        # By cookie and not by person, so that no answer waits for the database.
        has_session = settings.SESSION_COOKIE_NAME in {*request.COOKIES, *response.cookies}
        if has_session and not request.path.startswith(settings.STATIC_URL):
            response.headers["Cache-Control"] = "no-store"
        return response


class ContentPolicy(CSPMiddleware):
    """The policy of the settings, eased under those paths that the settings name."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        for prefix, directives in settings.CONTENT_POLICY_EXCEPTIONS.items():
            if request.path.startswith(prefix):
                parts.replace = {**directives, **(parts.replace or {})}
        return parts
