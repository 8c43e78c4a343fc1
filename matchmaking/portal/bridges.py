"""Bridges: from an organization of the reader's by an alliance to members that offer what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliances.bridges import Bridge
from alliances.enums import OrganizationState
from alliances.models import Organization, Topic
from matchmaking.portal.facts import STANDING
from matchmaking.portal.reader import own_organizations, reader
from matchmaking.selectors.bridges import bridges_for
from matchmaking.wording import place_line
from matchmaking.wording.site import sample_notice


@dataclass(frozen=True)
class Reached:
    """An organization on the way, where it is, and which needs it answers."""

    organization: Organization
    place: str
    topics: Sequence[str]


@dataclass(frozen=True)
class Way:
    """A bridge as it is laid out."""

    alliance: Reached
    members: Sequence[Reached]


@require_safe
def bridges(request: HttpRequest, code: str = "") -> HttpResponse:
    """The bridges of the reader's own organization, or with a code of the one of theirs that has it."""
    user = reader(request)
    found, own = own_organizations(user, code)
    if found is None:
        return render(request, "portal/organization_none.html")
    if not code and len(own) > 1:
        return redirect("portal:bridges_of", code=found.code)
    ways, needs = [_way(bridge) for bridge in bridges_for(user, found)], found.needs.count()
    context = {
        "organization": found,
        "others": [one for one in own if one != found],
        "ways": ways,
        "needs": needs,
        "cause": "" if ways else _cause(found, needs),
        "sample_notice": sample_notice(
            one.organization for way in ways for one in (way.alliance, *way.members)
        ),
    }
    return render(request, "portal/bridges.html", context)


def _way(bridge: Bridge) -> Way:
    return Way(
        _reached(bridge.alliance, bridge.topics),
        [_reached(pier.member, pier.topics) for pier in bridge.piers],
    )


def _reached(organization: Organization, topics: Sequence[Topic]) -> Reached:
    return Reached(organization, place_line(organization), [topic.name for topic in topics])


def _cause(organization: Organization, needs: int) -> str:
    """Why there is no bridge, and what helps."""
    if organization.state != OrganizationState.APPROVED:
        return str(STANDING[OrganizationState(organization.state)])
    if not needs:
        return _("Your profile states no need yet. A bridge leads to those who offer what you need.")
    return _(
        "No alliance of the other country has a confirmed member that offers what you need at present. Every "
        "further need that you state may open a bridge."
    )
