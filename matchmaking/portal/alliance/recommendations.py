"""What an alliance's members were recommended, how far it has come, what of it the alliance sponsors."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.memberships import confirmed_members
from alliances.models import Organization
from matchmaking.models import Recommendation, Sponsorship
from matchmaking.portal.alliance.members import alliance_of
from matchmaking.portal.cards import Score, score_of
from matchmaking.portal.reader import reader
from matchmaking.selectors.disclosure import disclose, is_named_to_other_side
from matchmaking.selectors.introductions import CONTACT_ROLES
from matchmaking.selectors.sponsoring import (
    SPONSORED_STATES,
    introduced,
    is_shown_to_other_side,
    recommendations_of_members,
    sponsors_of,
    standing_of,
)
from matchmaking.services.sponsoring import sponsor, sponsor_withdraw
from matchmaking.wording import reason_sentence, sentence_start, topic_names
from matchmaking.wording.site import sample_notice

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    """A member's recommendation as its alliance reads it: never an answer's reason, nor a contact."""

    recommendation: Recommendation
    score: Score
    reason: str
    standing: str
    sponsorship: Sponsorship | None

    @property
    def may_be_sponsored(self) -> bool:
        return self.recommendation.state in SPONSORED_STATES


@require_http_methods(["GET", "HEAD", "POST"])
def recommendations(request: HttpRequest, code: str) -> HttpResponse:
    """The members' recommendations; a POST sponsors one of them or takes that back, or says why not."""
    alliance = alliance_of(request, code)
    if request.method != "POST":
        return _page(request, alliance)
    found = get_object_or_404(
        recommendations_of_members(reader(request), alliance),
        public_id=_public_id(request.POST.get("recommendation", "")),
    )
    act = request.POST.get("act")
    if act not in ("sponsor", "withdraw"):
        raise BadRequest
    try:
        if act == "withdraw":
            sponsor_withdraw(alliance, found.pair_id, by=reader(request))
            messages.success(request, _("The sponsorship is taken back."))
        else:
            sponsor(alliance, found, by=reader(request))
            messages.success(request, _told_to(alliance, found))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, alliance, status=400)
    return redirect(request.get_full_path())


def _told_to(alliance: Organization, found: Recommendation) -> str:
    """Who reads of the sponsorship now."""
    if not alliance.shows_name:
        return _("Your member reads it. The other side does not, since your alliance is anonymous at first.")
    if not is_named_to_other_side(found):
        return _("Your member reads it; the other side does too once the member is named to it.")
    if not is_shown_to_other_side(found):
        return _("Your member reads it; the other side does too once the match is recommended to it.")
    return _("Both sides now read that your alliance sponsors this match.")


def _public_id(stated: str) -> uuid.UUID:
    try:
        return uuid.UUID(stated)
    except ValueError as error:
        raise Http404 from error


def _page(request: HttpRequest, alliance: Organization, status: int = 200) -> HttpResponse:
    """Best first; those of one member where `member` names it."""
    members = list(confirmed_members(alliance).order_by("code"))
    chosen = request.GET.get("member", "")
    rows = recommendations_of_members(reader(request), alliance)
    if chosen:
        rows = rows.filter(seeker__in=[one.pk for one in members if one.code == chosen])
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    disclose(page.object_list)
    pairs = [one.pair_id for one in page]
    met, topics = introduced(pairs), topic_names()
    own = {
        key: one
        for key, of_one in sponsors_of(page.object_list).items()
        for one in of_one
        if one.alliance == alliance
    }
    context = {
        "alliance": alliance,
        "members": members,
        "chosen": chosen,
        "page": page,
        "address": urlencode({"member": chosen}) if chosen else "",
        "rows": [_row(one, one.pair_id in met, own.get(one.pk), topics) for one in page],
        "may_sponsor": alliance.team_members.filter(user=reader(request), role__in=CONTACT_ROLES).exists(),
        "sample_notice": sample_notice(side for one in page for side in (one.seeker, one.candidate)),
    }
    return render(request, "portal/alliance/recommendations.html", context, status=status)


def _row(
    one: Recommendation, is_introduced: bool, sponsorship: Sponsorship | None, topics: Mapping[str, str]
) -> Row:
    reasons = (reason_sentence(reason, topics) for reason in one.breakdown["seeker"]["reasons"])
    first = next((words for words in reasons if words), "")
    standing = str(standing_of(one, is_introduced).label)
    return Row(one, score_of(one), sentence_start(first), standing, sponsorship)
