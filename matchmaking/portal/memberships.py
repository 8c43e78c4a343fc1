"""The alliances of the reader's organization: invitations to answer, and memberships to end."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.memberships import alliances_of
from alliances.models import AllianceMembership, Organization, User
from alliances.services.memberships import membership_decline, membership_end
from alliances.services.register import may_edit
from matchmaking.portal.reader import reader
from matchmaking.portal.rows import chosen
from matchmaking.services import membership_mail


@require_http_methods(["GET", "HEAD", "POST"])
def memberships(request: HttpRequest, code: str) -> HttpResponse:
    """Show them; a POST changes one, or says why it does not."""
    user = reader(request)
    own = Organization.objects.visible_to(user).filter(team_members__user=user)
    organization = get_object_or_404(own, code=code)
    if request.method != "POST":
        return _page(request, organization, user)
    act = request.POST.get("act", "")
    if act not in ("accept", "decline", "withdraw", "leave"):
        messages.error(request, _("Choose one of the buttons on this page."))
        return _page(request, organization, user, status=400)
    membership = chosen(alliances_of(organization), request.POST.get("membership"))
    try:
        messages.success(request, _change(membership, act, user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, organization, user, status=400)
    return redirect("portal:memberships", code=code)


def _change(membership: AllianceMembership, act: str, user: User) -> str:
    """Do what the button says, and say so."""
    words = {"name": membership.alliance.name}
    if act == "accept":
        membership_mail.confirm(membership, by=user)
        return _("You are a member of %(name)s now.") % words
    if act == "leave":
        membership_end(membership, actor=user)
        return _("You have left %(name)s. Its team sees nothing of you any more.") % words
    membership_decline(membership, actor=user)
    if act == "decline":
        return _("The invitation of %(name)s is declined.") % words
    return _("Your request to %(name)s is withdrawn.") % words


def _page(request: HttpRequest, organization: Organization, user: User, *, status: int = 200) -> HttpResponse:
    context = {
        "organization": organization,
        "memberships": alliances_of(organization),
        "may_edit": may_edit(user, organization),
    }
    return render(request, "portal/memberships.html", context, status=status)
