"""Who reads a page that only people who are signed in may open."""

from django.http import HttpRequest

from alliances.models import User


def reader(request: HttpRequest) -> User:
    """Who is signed in; the middleware lets nobody else in."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
