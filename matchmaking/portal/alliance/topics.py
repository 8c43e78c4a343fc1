"""What an alliance's members need and offer, and which of it the alliance states for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_stubs_ext import StrOrPromise

from alliances.memberships import MemberTopic, member_topics
from alliances.models import Need, Offer, Organization
from alliances.services.register import may_edit
from alliances.services.registration import topic_state
from matchmaking.portal.alliance.members import alliance_of
from matchmaking.portal.facts import MATURITIES, PRIORITIES
from matchmaking.portal.reader import reader


@dataclass(frozen=True)
class Side:
    """Needs or offers: what they are called, and how strongly one may be stated."""

    key: str
    model: type[Need | Offer]
    title: StrOrPromise
    nobody: StrOrPromise
    state: StrOrPromise
    level: StrOrPromise
    levels: Mapping[int, StrOrPromise]


SIDES = {
    "need": Side(
        "need",
        Need,
        gettext_lazy("What your members need"),
        gettext_lazy("None of your members states a need yet."),
        gettext_lazy("State this need for your members"),
        gettext_lazy("Priority"),
        PRIORITIES,
    ),
    "offer": Side(
        "offer",
        Offer,
        gettext_lazy("What your members offer"),
        gettext_lazy("None of your members states an offer yet."),
        gettext_lazy("State this offer for your members"),
        gettext_lazy("Maturity"),
        MATURITIES,
    ),
}
# What the second button of a row sends: the alliance states it no more.
NOT_STATED = "0"


@dataclass(frozen=True)
class Row:
    """A topic of the members'; `own_level` in a word, empty where the alliance does not state it."""

    found: MemberTopic
    own_level: StrOrPromise


@require_http_methods(["GET", "HEAD", "POST"])
def topics(request: HttpRequest, code: str) -> HttpResponse:
    """The members' topics by side; a POST states one of them for the members, or no more."""
    alliance = alliance_of(request, code)
    if request.method == "POST":
        try:
            messages.success(request, _state(request, alliance))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return _page(request, alliance, status=400)
        return redirect("portal:alliance_topics", code=code)
    return _page(request, alliance)


def _state(request: HttpRequest, alliance: Organization) -> str:
    """State what was posted, and say so.

    Raises:
        ValidationError: it is nothing that this page offers.
        PermissionDenied: the reader is neither owner nor editor.
    """
    if not may_edit(reader(request), alliance):
        raise PermissionDenied
    side = SIDES.get(request.POST.get("side", ""))
    slug, level = request.POST.get("topic", ""), request.POST.get("level", "")
    rows = {one.topic.slug: one.topic for one in member_topics(alliance, side.model)} if side else {}
    if side is None or slug not in rows or level not in (NOT_STATED, *map(str, side.levels)):
        raise ValidationError(_("Choose one of the buttons on this page."))
    topic_state(alliance, side.model, rows[slug], int(level), actor=reader(request))
    text = (
        _("“%(topic)s” is stated for your members.")
        if level != NOT_STATED
        else _("“%(topic)s” is not stated any more.")
    )
    return text % {"topic": rows[slug].name}


def _page(request: HttpRequest, alliance: Organization, *, status: int = 200) -> HttpResponse:
    sides: list[tuple[Side, Sequence[Row]]] = [
        (
            side,
            [
                Row(one, side.levels[one.own_level] if one.own_level else "")
                for one in member_topics(alliance, side.model)
            ],
        )
        for side in SIDES.values()
    ]
    context = {"alliance": alliance, "sides": sides, "may_edit": may_edit(reader(request), alliance)}
    return render(request, "portal/alliance/topics.html", context, status=status)
