"""My organization: what it states, what its state means, who is in its team."""

from __future__ import annotations

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from alliances.enums import OrganizationState
from alliances.memberships import alliances_of, stated_for
from alliances.models import Need, Offer
from alliances.selectors import statements
from alliances.services import review
from alliances.services.register import may_edit
from alliances.services.registration import Step, missing
from matchmaking.portal.facts import STANDING, coordinates, need_lines, offer_lines, own_facts, stated_facts
from matchmaking.portal.reader import own_organizations, reader
from matchmaking.portal.registration.steps import UNDER_WAY
from matchmaking.wording import place_line


@require_safe
def organization(request: HttpRequest, code: str = "") -> HttpResponse:
    """The reader's own organization, or with a code the one of theirs that has it."""
    user = reader(request)
    found, own = own_organizations(user, code)
    if found is None:
        return render(request, "portal/organization_none.html")
    if not code and len(own) > 1:
        return redirect("portal:organization_of", code=found.code)
    prefetch_related_objects([found], *statements())
    facts = [*stated_facts(found), *own_facts(found)]
    context = {
        "organization": found,
        "others": [one for one in own if one != found],
        "place": place_line(found),
        "state_words": STANDING[OrganizationState(found.state)],
        "needs": need_lines(found.needs.all(), (), stated_for(found, Need)),
        "offers": offer_lines(found.offers.all(), (), stated_for(found, Offer)),
        "facts": facts,
        "coordinates": coordinates(found),
        "may_edit": may_edit(user, found),
        "may_withdraw": review.may_withdraw(found, user),
        "under_way": found.state in UNDER_WAY,
        "next_step": next((one.step for one in missing(found, by=user)), Step.CHECK),
        "memberships": alliances_of(found),
        # Named only for who is in its team as well.
        "kept": next((one for one in own if one.pk == found.merged_into_id), None),
        "team": found.team_members.select_related("user").order_by("pk"),
    }
    return render(request, "portal/organization.html", context)
