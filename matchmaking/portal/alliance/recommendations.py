"""What an alliance's members were recommended, and how far each of it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliances.memberships import confirmed_members
from matchmaking.enums import RecommendationState
from matchmaking.models import Recommendation
from matchmaking.portal.alliance.members import alliance_of
from matchmaking.portal.cards import Score, score_of
from matchmaking.portal.reader import reader
from matchmaking.selectors.sponsoring import introduced, recommendations_of_members
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


@require_safe
def recommendations(request: HttpRequest, code: str) -> HttpResponse:
    """The members' recommendations, best first; those of one member where `member` names it."""
    alliance = alliance_of(request, code)
    members = list(confirmed_members(alliance).order_by("code"))
    chosen = request.GET.get("member", "")
    rows = recommendations_of_members(reader(request), alliance)
    if chosen:
        rows = rows.filter(seeker__in=[one.pk for one in members if one.code == chosen])
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    met, topics = introduced([one.pair_id for one in page]), topic_names()
    context = {
        "alliance": alliance,
        "members": members,
        "chosen": chosen,
        "page": page,
        "address": urlencode({"member": chosen}) if chosen else "",
        "rows": [_row(one, one.pair_id in met, topics) for one in page],
        "sample_notice": sample_notice(side for one in page for side in (one.seeker, one.candidate)),
    }
    return render(request, "portal/alliance/recommendations.html", context)


def _row(one: Recommendation, is_introduced: bool, topics: Mapping[str, str]) -> Row:
    reasons = (reason_sentence(reason, topics) for reason in one.breakdown["seeker"]["reasons"])
    first = next((words for words in reasons if words), "")
    return Row(one, score_of(one), sentence_start(first), _standing(one, is_introduced))


def _standing(one: Recommendation, is_introduced: bool) -> str:
    """How far it has come on the member's side; who said no, and why, stays between the two and us."""
    if is_introduced:
        return _("Introduced")
    match one.state:
        case RecommendationState.INTERESTED:
            return _("The member is interested")
        case RecommendationState.DECLINED:
            return _("Closed")
    return _("Waits for the member")
