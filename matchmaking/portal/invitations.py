"""Invitations to the reader's own address, and what became of the reader's requests to join a team."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.models import TeamClaim, User
from alliances.models.team import TeamInvitation, TeamInvitationQuerySet
from alliances.selectors import listed_among
from alliances.services.invitations import team_invitation_accept, team_invitation_decline
from matchmaking.portal.reader import reader
from matchmaking.portal.rows import chosen

REQUESTS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """Show them on GET; accept or decline one on POST. The signed-in address is the proof, no link is."""
    user = reader(request)
    if request.method != "POST":
        return _page(request, user)
    act = request.POST.get("act")
    if act not in ("accept", "decline"):
        messages.error(request, _("Choose one of the buttons on this page."))
        return _page(request, user, status=400)
    invitation = chosen(_to(user), request.POST.get("invitation"))
    try:
        if act == "decline":
            team_invitation_decline(invitation, actor=user)
            messages.success(request, _("The invitation is declined."))
            return redirect("portal:invitations")
        member = team_invitation_accept(invitation, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, user, status=400)
    words = {"name": member.organization.name, "role": member.get_role_display()}
    messages.success(request, _("You are in the team of %(name)s. Your role: %(role)s.") % words)
    return redirect("portal:organization_of", code=member.organization.code)


def _to(user: User) -> TeamInvitationQuerySet:
    """Those to the reader, who as staff or owner may see others too."""
    rows = TeamInvitation.objects.visible_to(user).filter(email__in=user.proven_addresses())
    return rows.select_related("organization")


def _page(request: HttpRequest, user: User, *, status: int = 200) -> HttpResponse:
    claims = TeamClaim.objects.visible_to(user).filter(user=user).select_related("organization")
    requests = list(claims[:REQUESTS_SHOWN])
    context = {
        "invitations": list(_to(user).open()),
        "requests": requests,
        "listed": listed_among(one.organization_id for one in requests),
    }
    return render(request, "portal/invitations.html", context, status=status)
