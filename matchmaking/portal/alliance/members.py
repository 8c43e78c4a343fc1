"""An alliance's members: who is one, who waits for whom, and the ways to become one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.directory import Wanted, find, spellings
from alliances.enums import MembershipSide, MembershipState, OrganizationState
from alliances.memberships import memberships_of, own_alliances
from alliances.models import AllianceLink, AllianceMembership, Organization, User
from alliances.selectors import listed_among
from alliances.services.memberships import link_make, link_withdraw, membership_decline, membership_end
from alliances.services.register import may_edit
from matchmaking.portal.reader import reader
from matchmaking.portal.rows import chosen
from matchmaking.services import membership_mail
from matchmaking.wording import place_line

FOUND = 8
TEXT_LENGTH = 100


class Candidate(NamedTuple):
    """An organization of the directory to be invited; `standing` is what it is to the alliance already."""

    organization: Organization
    place: str
    standing: str


def alliance_of(request: HttpRequest, code: str) -> Organization:
    """The alliance of this code in whose team the reader is; Http404 where there is none."""
    return get_object_or_404(own_alliances(reader(request)), code=code)


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, code: str) -> HttpResponse:
    """Who is a member and who waits; a POST changes one thing, or says why it does not."""
    alliance = alliance_of(request, code)
    if request.method != "POST":
        return _page(request, alliance)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, _("Choose one of the buttons on this page."))
        return _page(request, alliance, status=400)
    try:
        messages.success(request, act(alliance, reader(request), request.POST))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, alliance, status=400)
    return redirect("portal:alliance", code=code)


# --- What the buttons do: each changes one thing and says so ---------------------------------------


def _invite(alliance: Organization, user: User, posted: QueryDict) -> str:
    member = chosen(Organization.objects.listed_to(user), posted.get("member"))
    membership = membership_mail.invite(alliance, member, by=user)
    if membership.state == MembershipState.CONFIRMED:
        return _("%(name)s is a member now.") % {"name": member.name}
    return _("%(name)s is invited. Its team decides.") % {"name": member.name}


def _confirm(alliance: Organization, user: User, posted: QueryDict) -> str:
    membership = membership_mail.confirm(_membership(alliance, posted), by=user)
    return _("%(name)s is a member now.") % {"name": membership.member.name}


def _refuse(alliance: Organization, user: User, posted: QueryDict) -> str:
    membership = membership_decline(_membership(alliance, posted), actor=user)
    return _("%(name)s is not a member.") % {"name": membership.member.name}


def _withdraw(alliance: Organization, user: User, posted: QueryDict) -> str:
    membership = membership_decline(_membership(alliance, posted), actor=user)
    return _("The invitation to %(name)s is withdrawn.") % {"name": membership.member.name}


def _end(alliance: Organization, user: User, posted: QueryDict) -> str:
    membership = membership_end(_membership(alliance, posted), actor=user)
    return _("%(name)s is no longer a member.") % {"name": membership.member.name}


def _link(alliance: Organization, user: User, posted: QueryDict) -> str:
    link_make(alliance, actor=user)
    return _("There is a new link. An earlier one leads nowhere any more.")


def _withdraw_link(alliance: Organization, user: User, posted: QueryDict) -> str:
    link_withdraw(alliance, actor=user)
    return _("The link is withdrawn and leads nowhere any more.")


ACTS: Mapping[str, Callable[[Organization, User, QueryDict], str]] = {
    "invite": _invite,
    "confirm": _confirm,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "end": _end,
    "link": _link,
    "withdraw_link": _withdraw_link,
}


def _membership(alliance: Organization, posted: QueryDict) -> AllianceMembership:
    return chosen(memberships_of(alliance), posted.get("membership"))


def _page(request: HttpRequest, alliance: Organization, *, status: int = 200) -> HttpResponse:
    user = reader(request)
    rows = list(memberships_of(alliance))
    may_act = may_edit(user, alliance)
    approved = alliance.state == OrganizationState.APPROVED
    lapsed = [one for one in rows if one.state == MembershipState.LAPSED]
    text = request.GET.get("q", "")[:TEXT_LENGTH].strip()
    is_name = bool(spellings(text))
    link = AllianceLink.objects.open().filter(alliance=alliance).first() if may_act else None
    context = {
        "alliance": alliance,
        "may_act": may_act,
        "may_invite": may_act and approved,
        "to_confirm": [one for one in rows if one.waits_for == MembershipSide.ALLIANCE],
        "confirmed": [one for one in rows if one.state == MembershipState.CONFIRMED],
        "invited": [one for one in rows if one.waits_for == MembershipSide.MEMBER],
        "lapsed": lapsed,
        "listed": listed_among(one.member_id for one in lapsed),
        "text": text,
        "is_name": is_name,
        "candidates": _candidates(user, alliance, rows, text) if may_act and is_name else [],
        "link": link,
        "link_url": settings.SITE_URL + reverse("portal:join", args=[link.token]) if link else "",
    }
    return render(request, "portal/alliance/members.html", context, status=status)


def _candidates(
    user: User, alliance: Organization, rows: list[AllianceMembership], text: str
) -> list[Candidate]:
    """Who in the directory is called so, and what they are to the alliance already."""
    listed = Organization.objects.listed_to(user).exclude(pk=alliance.pk)
    standing = {one.member_id: one.get_state_display() for one in rows if one.state != MembershipState.LAPSED}
    return [
        Candidate(one, place_line(one), standing.get(one.pk, ""))
        for one in find(listed, Wanted(text)).organizations[:FOUND]
    ]
