"""Who reads a page that only people who are signed in may open, and for which of their organizations."""

from django.http import Http404, HttpRequest

from alliances.models import Organization, User
from matchmaking.selectors.recommendations import organizations_of


def reader(request: HttpRequest) -> User:
    """Who is signed in; the middleware lets nobody else in."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def own_organizations(user: User, code: str) -> tuple[Organization | None, list[Organization]]:
    """The organization of this code, or without a code the first, if any; and all of the person's.

    Http404 where none of theirs has the code.
    """
    own = organizations_of(user)
    if code and code not in {one.code for one in own}:
        raise Http404
    return next((one for one in own if one.code == code or not code), None), own
