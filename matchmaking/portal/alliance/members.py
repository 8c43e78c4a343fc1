"""An alliance's members, and whose workspace it is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from alliances.memberships import memberships_of, own_alliances
from alliances.models import Organization
from matchmaking.portal.reader import reader


def alliance_of(request: HttpRequest, code: str) -> Organization:
    """The alliance of this code in whose team the reader is; Http404 where there is none."""
    return get_object_or_404(own_alliances(reader(request)), code=code)


@require_safe
def members(request: HttpRequest, code: str) -> HttpResponse:
    """Who is a member, who is invited, who waits."""
    alliance = alliance_of(request, code)
    context = {"alliance": alliance, "memberships": memberships_of(alliance)}
    return render(request, "portal/alliance/members.html", context)
