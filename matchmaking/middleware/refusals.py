"""What is refused whatever page it is for, before any of its body is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from matchmaking.portal.errors import NEEDS_TLS, error_answer, too_large


class RefuseAtTheDoor:
    """A body over the limit, the API over plain http, where a redirect would hide a token sent openly, a NUL
    in the address of a page, which no text of the database holds, and forms in another charset than UTF-8:
    some of them spell what is no text at all. The API itself names the parameter with a NUL.

    A body that does not tell its length is empty for Django, so nothing of it is ever read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._refusal(request) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        # The server in front has made sure that it is a number.
        if length.isdecimal() and int(length) > settings.BODY_MAX_BYTES:
            return too_large(request, settings.IMPORT_MAX_BYTES)
        of_api = request.path.startswith("/api/")
        if settings.SECURE_SSL_REDIRECT and of_api and not request.is_secure():
            return error_answer(request, 403, NEEDS_TLS)
        charset = (request.content_params or {}).get("charset", "utf-8")
        if request.content_type == "multipart/form-data" and charset.lower() not in ("utf-8", "utf8"):
            return error_answer(request, 400)
        if not of_api and "%00" in request.get_full_path():
            return error_answer(request, 400)
        return None
