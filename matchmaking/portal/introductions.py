"""Introductions: whom both sides may write to, since both said yes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from alliances.models import Organization, User
from matchmaking.emails.introduction import first_message_words, no_contacts_words
from matchmaking.models import Introduction
from matchmaking.portal.reader import reader
from matchmaking.selectors.introductions import contacts_of, introductions_of, recommendation_behind
from matchmaking.wording import place_line, told_sentences, topic_names
from matchmaking.wording.site import sample_notice

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    """An introduction as one of its two sides sees it."""

    introduction: Introduction
    own: Organization
    other: Organization
    place: str


def _row(introduction: Introduction, teams: set[int]) -> Row:
    sides = introduction.pair.sides_of(teams)
    assert sides is not None  # noqa: S101  the rows are those of these organizations
    return Row(introduction, *sides, place_line(sides[1]))


def _reader(request: HttpRequest) -> tuple[User, set[int]]:
    user = reader(request)
    return user, set(user.team_memberships.values_list("organization_id", flat=True))


@require_safe
def introductions(request: HttpRequest) -> HttpResponse:
    """The reader's introductions, the open ones first, then the newest."""
    user, teams = _reader(request)
    open_first = introductions_of(user).order_by(F("closed_at").desc(nulls_first=True), "-pk")
    page = Paginator(open_first, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [_row(one, teams) for one in page], "several": len(teams) > 1}
    return render(request, "portal/introductions.html", context)


@require_safe
def introduction(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One introduction with the contacts of both sides."""
    user, teams = _reader(request)
    found = get_object_or_404(introductions_of(user), public_id=public_id)
    row = _row(found, teams)
    contacts = contacts_of(found)
    recommendation = recommendation_behind(found, row.own)
    reasons: tuple[list[str], list[str]] = ([], [])
    if recommendation is not None:
        sides = recommendation.breakdown
        reasons = told_sentences(sides["seeker"]["reasons"], sides["candidate"]["reasons"], topic_names())
    context = {
        "row": row,
        "open": contacts.open,
        "their_contacts": contacts.people[row.other.pk],
        "own_contacts": contacts.people[row.own.pk],
        "recommendation": recommendation,
        "for_you": reasons[0],
        "for_them": reasons[1],
        "no_contacts": no_contacts_words(),
        "first_message": first_message_words(),
        "sample_notice": sample_notice([row.own, row.other]),
    }
    return render(request, "portal/introduction.html", context)
