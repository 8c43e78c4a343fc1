"""Every refusal as problem details (RFC 9457), with `errors` where there are several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from alliances.services.organization_import import ImportBusy
from alliances.services.review import TransitionError
from matchmaking.api.strict import MOST_FAULTS
from matchmaking.api.throttles import LEFT
from matchmaking.services.answers import NotOpenError
from matchmaking.services.crossings import CrossedError
from matchmaking.services.webhooks import BusyError
from matchmaking.wording.problems import CONTENT_TYPE, REQUEST_ID, problem

# What the framework and the models call a fault of no single field.
NO_FIELD = {api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS}

# After so long an address that was being looked up is no more.
BUSY_SECONDS = 3
# By these codes the services say that something was possible, and is not any more.
OVER = {"settled", "closed", "not_open"}


class Conflict(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "not_open"


class Refused(exceptions.APIException):
    """A refusal that tells more than a problem does, in members of its own."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, detail: Any, code: str, **members: Any) -> None:
        self.members = members
        super().__init__(detail, code)


def refusal(raised: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to what was raised; None for what nobody foresaw: the site's own 500 answers that."""
    error = _counted(_as_api_exception(raised), context)
    response = exception_handler(error, dict(context))
    if response is None or not isinstance(error, exceptions.APIException):
        return None
    faults = list(islice(_faults(error.detail), MOST_FAULTS + 1))
    if len(faults) > MOST_FAULTS:
        text = _("More than %(count)s things are wrong. Put these right first.") % {"count": MOST_FAULTS}
        faults[MOST_FAULTS] = {"code": "more_faults", "message": text, "field": None}
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    # What is somebody else's must equal what does not exist, byte by byte: there the header alone has the id.
    inside = "" if response.status_code == HTTPStatus.NOT_FOUND else request_id
    first = faults[0]
    response.data = problem(
        response.status_code,
        code=str(first["code"]),
        detail=str(first["message"]),
        field=first["field"],
        request_id=inside,
    )
    if len(faults) > 1:
        response.data["errors"] = faults
    if isinstance(error, Refused):
        response.data |= error.members
    response.content_type = CONTENT_TYPE
    response.headers[REQUEST_ID] = request_id
    return response


def _counted(error: Exception, context: Mapping[str, Any]) -> Exception:
    """The error, or that there were too many: what was refused before it was counted counts as well."""
    view, request = context["view"], context["request"]
    if isinstance(error, exceptions.APIException) and LEFT not in view.headers:
        try:
            view.check_throttles(request)
        except exceptions.Throttled as throttled:
            return _as_api_exception(throttled)
    return error


def _as_api_exception(raised: Exception) -> Exception:
    match raised:
        case BusyError():
            return _as_api_exception(exceptions.Throttled(BUSY_SECONDS))
        case NotOpenError():
            return Conflict(str(raised))
        case ImportBusy():
            return Conflict(raised.problems[0].message, code="busy")
        case TransitionError():
            return Conflict(str(raised), code="wrong_state")
        case ValidationError() if getattr(raised, "code", None) in OVER:
            return Conflict(" ".join(raised.messages), code=raised.code)
        case CrossedError():
            return Conflict(_("Others are changing this right now. Try again in a minute."), code="busy")
        case ValidationError():
            return exceptions.ValidationError(as_serializer_error(raised))
        case Http404():
            return exceptions.NotFound(_("There is nothing here, or it is not open to you."))
        case PermissionDenied():
            text = _("This is not open to you. Owners and editors of the team write; viewers read.")
            return exceptions.PermissionDenied(text, code="forbidden")
        case exceptions.Throttled():
            seconds = int(getattr(raised, "wait", None) or 1)
            text = ngettext(
                "Too many requests. Try again in %(count)s second.",
                "Too many requests. Try again in %(count)s seconds.",
                seconds,
            )
            raised.detail = exceptions.ErrorDetail(text % {"count": seconds}, raised.default_code)
        case exceptions.UnsupportedMediaType():
            raised.detail = exceptions.ErrorDetail(_("Send application/json."), raised.default_code)
    return raised


def _faults(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str | None]]:
    """Each fault with its field, like `needs.0.topic`; null where it is no single field's."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _faults(inner, path if name in NO_FIELD else (*path, str(name)))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            of_an_item = not isinstance(inner, str)
            yield from _faults(inner, (*path, str(index)) if of_an_item else path)
    else:
        yield {"code": detail.code, "message": str(detail), "field": ".".join(path) or None}
