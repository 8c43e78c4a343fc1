"""The request log: one line a request, one id for all that was logged in it."""

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


class RequestLog(RequestMiddleware):
    """The request log, by path only: what was searched for or filled in is nobody's to read in a log."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
