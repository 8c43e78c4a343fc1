"""The schema, its page, and what is the same in every operation."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from matchmaking.api.authentication import TokenAuthentication
from matchmaking.api.examples import show
from matchmaking.api.throttles import LEFT, POLICY
from matchmaking.models.api_call import KEY_LENGTH
from matchmaking.wording.api import about
from matchmaking.wording.problems import CONTENT_TYPE

# Of every operation, and of those that write.
REFUSALS = {
    "400": "What was sent is wrong, by field.",
    "401": "No token or session, or one that is not valid.",
    "403": "The token or the person may not do this.",
    "404": "It does not exist, or is not open to you: the two look alike.",
    "405": "This method is not taken here; Allow names those that are.",
    "406": "The answer is application/json, which Accept does not let us send.",
    "429": "Too many requests; Retry-After says when to come back.",
}
WRITE_REFUSALS = {
    "409": "It is no longer open, or others are changing it; the message says why.",
    "412": "If-Match names a version that does not stand any more.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "The Idempotency-Key was used with a different request.",
    "428": "If-Match is missing.",
}
# Of every operation that writes, and of those that change what was read.
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Under the same key the same call is carried out once in 24 hours, and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
    "example": "5f3c9f0e-6f0b-4d0e-8a57-9d2f0c1b7a11",
}
MATCH_PARAMETER = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that was read with what is changed; * for whatever stands.",
    "schema": {"type": "string"},
    "example": "*",
}
# Beside those that change what was read: whether it must be sent there.
MATCH_ALSO = {"recommendations_answer_create": False, "staff_organizations_review_create": True}
# Of every answer; the last of a 429 alone.
HEADERS = {
    POLICY: {
        "description": "The limits that hold for this call: q calls in w seconds.",
        "schema": {"type": "string"},
        "example": '"user";q=600;w=60',
    },
    LEFT: {
        "description": "What is left of them: r calls for another t seconds.",
        "schema": {"type": "string"},
        "example": '"user";r=599;t=60',
    },
    "Retry-After": {
        "description": "In how many seconds to come back.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 53,
    },
}
FAULT = {
    "code": {"type": "string", "description": "For programs."},
    "message": {"type": "string", "description": "One sentence in the language of the request."},
    "field": {
        "type": "string",
        "nullable": True,
        "description": "Like needs.0.topic; null for no single one.",
    },
}
PROBLEM = {
    "type": "object",
    "description": "Problem details after RFC 9457.",
    "required": ["type", "title", "status", "detail", *FAULT, "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "about:blank, always."},
        "title": {"type": "string", "description": "What the status is called."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The same sentence as message."},
        **FAULT,
        "request_id": {"type": "string", "description": "Also in X-Request-Id; empty in a 404."},
        "errors": {
            "type": "array",
            "description": "All faults, where there are several.",
            "items": {"type": "object", "required": [*FAULT], "properties": FAULT},
        },
        "results": {
            "type": "array",
            "description": "Of an import: every row, as in an answer that is no refusal.",
            "items": {"type": "object"},
        },
    },
    "example": {
        "type": "about:blank",
        "title": "Bad request",
        "status": 400,
        "detail": "Unknown field 'is_staff'.",
        "code": "unknown_field",
        "message": "Unknown field 'is_staff'.",
        "field": "is_staff",
        "request_id": "0b9f6b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e",
    },
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema names it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Bearer")  # noqa: S106


def with_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what is the same in every operation: the shape of refusals, the limits, no unknown fields."""
    result["info"]["description"] = about()
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["headers"] = HEADERS
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request") and component["type"] == "object":
            component["additionalProperties"] = False
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            show(operation)
            refusals = REFUSALS if method == "get" else {**REFUSALS, **WRITE_REFUSALS}
            if method != "get":
                operation.setdefault("parameters", []).append(KEY_PARAMETER)
            name = operation["operationId"]
            if method in ("patch", "delete") or name in MATCH_ALSO:
                required = MATCH_ALSO.get(name, True)
                operation["parameters"].append({**MATCH_PARAMETER, "required": required})
            for status, description in refusals.items():
                operation["responses"][status] = {"description": description, "content": content}
            for status, response in operation["responses"].items():
                named = HEADERS if status == "429" else (POLICY, LEFT)
                response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in named}
    return result


@cache
def schema_in(language: str | None) -> dict[str, Any]:
    """What this process serves in the active language: making it takes half a second, and anybody may ask."""
    schema: dict[str, Any] = Schema.generator_class().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


class Schema(SpectacularJSONAPIView):
    """Open to all: it holds no data. In the language of the request alone, and always whole."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(schema_in(get_language()))


class Page(APIView):
    """A page for all to read, under the header of who is signed in; the language is the site's."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)
    template: ClassVar[str]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # The page is HTML; what is negotiated is how a refusal is written.
        return super().perform_content_negotiation(request, force=True)

    def context(self) -> dict[str, object]:
        return {}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return render(request._request, self.template, self.context())


class Docs(Page):
    """The schema as a page to read and try."""

    template = "api/docs.html"
