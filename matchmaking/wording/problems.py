"""The one shape in which the API refuses: problem details (RFC 9457), with a code for programs."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CONTENT_TYPE = "application/problem+json"
REQUEST_ID = "X-Request-Id"
# What each status is called. The sentence that says what is wrong, and what to do, is the problem's detail.
TITLES: Mapping[int, str | Promise] = {
    400: _("Bad request"),
    401: _("Not signed in"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not acceptable"),
    409: _("Conflict"),
    410: _("No longer valid"),
    412: _("Changed since it was read"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    422: _("Cannot be done"),
    428: _("If-Match required"),
    429: _("Too many requests"),
    500: _("Error on our side"),
}


def problem(
    status: int, *, code: str, detail: str, field: str | None = None, request_id: str = ""
) -> dict[str, object]:
    """The members of a problem. `message` is `detail` by its older name."""
    return {
        # The status says of what type it is, the code which of them.
        "type": "about:blank",
        "title": str(TITLES[status]),
        "status": status,
        "detail": detail,
        "code": code,
        "message": detail,
        "field": field,
        "request_id": request_id,
    }
