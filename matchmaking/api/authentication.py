"""Who asks, and whether they may write: a person in a session, or a token that acts for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from alliances.models import User
from matchmaking.services.tokens import TokenAccess, token_accept

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer mm_…`. `request.auth` is the TokenAccess."""

    def authenticate(self, request: Request) -> tuple[User, TokenAccess] | None:
        scheme, _space, words = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        access = token_accept(words.decode("latin-1").strip())
        if access is None:
            raise AuthenticationFailed(
                _(
                    "This token is not valid: it is not known, has ended or was revoked, or its person has "
                    "left the team."
                ),
                code="invalid_token",
            )
        return access.token.user, access

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class WritesWithScope(BasePermission):
    """A token writes where its scope and its person's role let it; what a session may, the services say."""

    code = "read_only"
    message = _("This token may only read: its scope is read, or its person is a viewer of the team.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        access = request.auth
        return request.method in SAFE_METHODS or not isinstance(access, TokenAccess) or access.may_write
