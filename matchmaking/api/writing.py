"""What calls that write have in common: whole or not at all, once, and over no change that was not read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from matchmaking.models.api_call import KEY_LENGTH
from matchmaking.services.api_calls import Answered, KeyReusedError, answered_once, kept_answer
from matchmaking.services.crossings import uncrossed

if TYPE_CHECKING:
    from matchmaking.api.access import OwnRows

KEY, MATCH, REPLAYED = "Idempotency-Key", "If-Match", "Idempotency-Replayed"
# Visible ASCII, as a header holds it.
KEY_SHAPE = re.compile(rf"[!-~]{{1,{KEY_LENGTH}}}")
# Of an answer's headers those that a repeated call gets again.
KEPT_HEADERS = ("ETag", "Location")


class KeyReused(APIException):
    status_code = 422
    default_code = "key_reused"


class MatchRequired(APIException):
    status_code = 428
    default_code = "if_match_required"


class Stale(APIException):
    status_code = 412
    default_code = "changed_meanwhile"


Handler = Callable[..., Response]


def once(handler: Handler) -> Handler:
    """Carry out what a method of a view does in one transaction; under an Idempotency-Key once in a day."""

    @wraps(handler)
    def carried_out(view: OwnRows, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if key is None:
            return uncrossed(lambda: handler(view, request, *args, **kwargs))

        def act() -> Answered:
            response = handler(view, request, *args, **kwargs)
            headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            return Answered(response.status_code, headers, _written(response.data))

        with _key_reuse_refused():
            answer, again = answered_once(view.person, key, _fingerprint(view, request), act)
        return _told(view, answer, again)

    return carried_out


def once_prepared(handler: Handler) -> Handler:
    """For a method that prepares outside of the transaction what a method under `once` then carries out: what
    was answered under the call's key is not prepared again."""

    @wraps(handler)
    def looked_up(view: OwnRows, request: Request, *args: Any, **kwargs: Any) -> Response:
        if key := _key_of(request):
            with _key_reuse_refused():
                kept = kept_answer(view.person, key, _fingerprint(view, request))
            if kept is not None:
                return _told(view, kept, again=True)
        return handler(view, request, *args, **kwargs)

    return looked_up


@contextmanager
def _key_reuse_refused() -> Iterator[None]:
    try:
        yield
    except KeyReusedError as error:
        raise KeyReused({KEY: [_("This key was used with a different request.")]}) from error


def _told(view: OwnRows, answer: Answered, again: bool) -> Response:
    headers = {**answer.headers, REPLAYED: "true"} if again else dict(answer.headers)
    if again and not view.kept_stands():
        return view.told(view.get_object(), answer.status, **headers)
    return Response(json.loads(answer.body) if answer.body else None, answer.status, headers=headers)


def _key_of(request: Request) -> str | None:
    key = request.headers.get(KEY)
    if key is not None and not KEY_SHAPE.fullmatch(key):
        text = _("A key is 1 to %(limit)s visible ASCII characters, without spaces.") % {"limit": KEY_LENGTH}
        raise ValidationError({KEY: [text]}, code="invalid_key")
    return key


def _fingerprint(view: OwnRows, request: Request) -> str:
    """Of the call, and of what it acts for: whoever left a team, or became a viewer, gets no answer again."""
    parts = [request.method, request.path, request.data, view.acts_for()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def etag_of(data: Any) -> str:
    """The version of what a body says. Another language is another body."""
    return f'"{hashlib.sha256(_written(data).encode()).hexdigest()[:32]}"'


def _written(data: Any) -> str:
    text: str = JSONRenderer().render(data).decode()
    return text


def must_match(request: Request, data: Any, *, required: bool = True) -> None:
    """Let a change go on only where If-Match names the version that stands, or any by `*`.

    Raises:
        MatchRequired: there is no If-Match, and it is required.
        Stale: it names another version.
    """
    sent = request.headers.get(MATCH)
    if sent is None and not required:
        return
    if sent is None:
        text = _(
            "Send If-Match with the ETag of what you read, so that nobody's change is overwritten unseen."
        )
        raise MatchRequired({MATCH: [text]})
    if not {"*", etag_of(data)} & set(parse_etags(sent)):
        text = _("This was changed after you read it. Read it again, and send your change with its new ETag.")
        raise Stale({MATCH: [text]})
