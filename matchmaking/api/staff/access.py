"""What every address of the staff stands on: a token made at the desk, and the permission the desk asks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request

from matchmaking.api.access import OwnRows
from matchmaking.api.authentication import WritesWithScope
from matchmaking.api.errors import Conflict
from matchmaking.api.strict import KnownFieldsOnly
from matchmaking.services.tokens import TokenAccess


class AtTheDesk(BasePermission):
    """A token of the staff whose person sees at the desk what this is about; others find nothing here.

    Who sees it and may not do to it what is asked is told so.
    """

    code = "forbidden"
    message = _("Your role at the desk does not let you do this.")

    def has_permission(self, request: Request, view: Any) -> bool:
        access = request.auth
        if not (isinstance(access, TokenAccess) and access.is_of_staff and request.user.has_perms(view.sees)):
            raise Http404
        if not (request.method in SAFE_METHODS or view.action in view.only_asks or access.may_write):
            raise PermissionDenied(WritesWithScope.message, WritesWithScope.code)
        return bool(request.user.has_perms(view.needs.get(view.action, ())))

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return bool(request.user.has_perms(view.needed_for(obj)))


class StaffRows(OwnRows):
    """Rows of the desk, for who may see them there: `sees` is asked of every call, `needs` of its action."""

    permission_classes = (IsAuthenticated, AtTheDesk)
    sees: ClassVar[tuple[str, ...]]
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # Actions that are sent and change nothing: a token that may only read is enough.
    only_asks: ClassVar[Collection[str]] = ()
    # Actions that are counted by a limit of their own.
    scopes: ClassVar[Mapping[str, str]] = {}

    @property
    def throttle_scope(self) -> str | None:
        return self.scopes.get(self.action)

    def needed_for(self, row: Any) -> tuple[str, ...]:
        """The permissions that the action needs on this row beside `needs`."""
        return ()

    def acts_for(self) -> list[Any]:
        return sorted(self.person.get_all_permissions())


# What is sent to an address that says it all: an empty object, or no body.
NOTHING: Any = {"application/json": {"type": "object", "maxProperties": 0}}
NOTHING_EXAMPLE = [OpenApiExample("Do it", request_only=True, value={})]


def refuse_words(request: Request) -> None:
    """Raise ValidationError for whatever is sent where nothing is to be said."""
    KnownFieldsOnly(data=request.data).is_valid(raise_exception=True)


@contextmanager
def state_forbids() -> Iterator[None]:
    """What a service refuses without naming a field, the state does not allow: a conflict."""
    try:
        yield
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            raise
        raise Conflict(" ".join(error.messages), code="wrong_state") from error
