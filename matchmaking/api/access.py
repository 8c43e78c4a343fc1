"""What every list and object of the API stands on: the rows of the organizations that a request acts for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from alliances.models import Organization, User
from alliances.models.organization import OrganizationQuerySet
from matchmaking.api.strict import Query
from matchmaking.api.writing import etag_of
from matchmaking.services.tokens import TokenAccess


class OwnRows(GenericViewSet[Any]):
    """Rows start from `visible_to` the person and are then those of their own organizations.

    A session acts for all of the person's organizations, a token for the one it was made in, a token of the
    staff for none. Staff get no more than anybody: the desk is theirs.
    """

    query: type[Query] = Query
    asked: dict[str, Any]
    # Actions that are counted by a limit of their own, of `API_LIMITS`.
    scopes: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # An action on one row takes no parameter, a list those of its query. A method that is not taken is
        # refused as that, whatever was sent with it.
        if self.action is not None:
            self.asked = (self.query if self.action == "list" else NoQuery).of(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def told(self, row: Any, status: int = 200, **headers: str) -> Response:
        """The answer that is one row, with its version."""
        data = self.get_serializer(row).data
        return Response(data, status, headers={**headers, "ETag": etag_of(data)})

    @property
    def person(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  the permissions let nobody else in
        return self.request.user

    def organizations(self) -> OrganizationQuerySet:
        own = Organization.objects.visible_to(self.person).filter(team_members__user=self.person)
        access = self.request.auth
        return own.filter(api_tokens=access.token) if isinstance(access, TokenAccess) else own

    def acts_for(self) -> list[Any]:
        """On what the request's rights rest: who lost them gets no kept answer again."""
        return list(self.organizations().order_by("pk").values_list("pk", "team_members__role"))

    def kept_stands(self) -> bool:
        """Whether the kept answer of a call names nobody who took the name back: else it is made anew."""
        return True

    def directory(self) -> OrganizationQuerySet | None:
        """Who is listed; None where the directory is closed: none of these organizations is approved."""
        return Organization.objects.listed() if self.organizations().approved().exists() else None


class NoQuery(Query):
    """No parameter at all."""

    page = page_size = None  # type: ignore[assignment]
