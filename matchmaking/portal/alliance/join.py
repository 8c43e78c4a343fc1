"""Joining an alliance by its link: one says for which organization, and the alliance confirms."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.enums import MembershipSide, MembershipState, OrganizationState
from alliances.models import AllianceLink, AllianceMembership, Organization
from alliances.services.register import editable_by
from matchmaking.portal.reader import reader
from matchmaking.portal.rows import chosen
from matchmaking.portal.secret import secret_address
from matchmaking.services import membership_mail

# Registered, and not approved yet: the link waits for it.
UNDER_WAY = (
    OrganizationState.DRAFT,
    OrganizationState.SUBMITTED,
    OrganizationState.CHANGES_REQUESTED,
    OrganizationState.ON_HOLD,
)


@login_not_required  # whoever was invited reads by whom, and to what, before signing in
@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Say what joining means and for whom the reader may ask; ask on POST. Opening the link asks nothing."""
    link = AllianceLink.objects.open().filter(token=token).select_related("alliance").first()
    if link is None:
        return render(request, "portal/alliance/join_closed.html", status=404)
    if not request.user.is_authenticated:
        if request.method == "POST":
            return redirect_to_login(request.path)
        return render(request, "portal/alliance/join.html", {"link": link, "alliance": link.alliance})
    user = reader(request)
    editable = Organization.objects.filter(pk__in=editable_by(user)).exclude(pk=link.alliance_id)
    own = editable.approved()
    status = 200
    if request.method == "POST":
        member = chosen(own, request.POST.get("member"))
        try:
            membership = membership_mail.ask(token, member, by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            status = 400
        else:
            words = {"member": member.name, "alliance": link.alliance.name}
            if membership.state == MembershipState.CONFIRMED:
                messages.success(request, _("%(member)s is a member of %(alliance)s now.") % words)
            else:
                messages.success(request, _("%(alliance)s is asked. We write once it confirms.") % words)
            return redirect("portal:memberships", code=member.code)
    asked = AllianceMembership.objects.filter(alliance=link.alliance, member__in=own).exclude(
        state=MembershipState.LAPSED
    )
    settled = set(asked.exclude(waits_for=MembershipSide.MEMBER).values_list("member_id", flat=True))
    organizations = list(own)
    context = {
        "link": link,
        "alliance": link.alliance,
        "may_ask_for": [one for one in organizations if one.pk not in settled],
        "settled": [one for one in organizations if one.pk in settled],
        "under_way": list(editable.filter(state__in=UNDER_WAY).order_by("code")),
    }
    return render(request, "portal/alliance/join.html", context, status=status)
