"""Saving a pair and the team's notes on it: the panel on a recommendation's page and what it posts to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from alliances.models import TeamMember, User
from matchmaking.models import PairNote, Recommendation
from matchmaking.models.shortlist import PAIR_NOTE_LENGTH
from matchmaking.portal.posted import posted_from
from matchmaking.portal.reader import reader
from matchmaking.selectors.introductions import CONTACT_ROLES
from matchmaking.selectors.shortlist import is_saved, notes_of
from matchmaking.services.shortlist import may_change_note, note_change, note_remove, note_write, pair_save


@dataclass(frozen=True)
class RefusedNote:
    """What was written and why it was not kept; `note` is the one that was to be changed."""

    text: str
    error: str
    note: uuid.UUID | None = None


@dataclass(frozen=True)
class NoteLine:
    """A note as this reader sees it, with what stands in its form."""

    note: PairNote
    may_change: bool
    text: str
    error: str


@dataclass(frozen=True)
class ShortlistPanel:
    """What the seeker's team keeps of a pair, for one of its people."""

    may_write: bool
    is_saved: bool
    notes: Sequence[NoteLine]
    text: str
    error: str
    limit: int = PAIR_NOTE_LENGTH


def shortlist_panel(
    recommendation: Recommendation, member: TeamMember, refused: RefusedNote | None = None
) -> ShortlistPanel:
    """The panel for somebody of the seeker's team; it is nobody else's, staff included."""
    of_new = refused if refused and refused.note is None else None
    return ShortlistPanel(
        may_write=member.role in CONTACT_ROLES,
        is_saved=is_saved(recommendation),
        notes=[
            _line(note, may_change_note(note, member.user, member.role), refused)
            for note in notes_of(recommendation, member.user)
        ],
        text=of_new.text if of_new else "",
        error=of_new.error if of_new else "",
    )


def _line(note: PairNote, may_change: bool, refused: RefusedNote | None) -> NoteLine:
    if refused and refused.note == note.public_id:
        return NoteLine(note, may_change, refused.text, refused.error)
    return NoteLine(note, may_change, note.text, "")


@posted_from("portal:recommendation", "public_id")
def save(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Save the pair or take it off, and go back to where the button stood."""
    user = reader(request)
    recommendation = get_object_or_404(Recommendation.objects.visible_to(user), public_id=public_id)
    stated = request.POST.get("saved")
    if stated not in ("yes", "no"):
        raise BadRequest
    pair_save(recommendation, saved=stated == "yes", by=user)
    back = request.POST.get("next", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = reverse("portal:recommendation", args=[public_id])
    return HttpResponseRedirect(back)


@posted_from("portal:recommendation", "public_id")
def notes(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write a note; or change or remove the one that `note` names. A refusal shows the page again."""
    from matchmaking.portal.recommendations import recommendation_page

    user = reader(request)
    recommendation = get_object_or_404(
        Recommendation.objects.visible_to(user).select_related("seeker"), public_id=public_id
    )
    note = _note(recommendation, user, request.POST["note"]) if "note" in request.POST else None
    text = request.POST.get("text", "")
    try:
        if note is None:
            note_write(recommendation, text=text, by=user)
            done = _("The note is kept.")
        elif "remove" in request.POST:
            note_remove(note, by=user)
            done = _("The note is removed.")
        else:
            note_change(note, text=text, by=user)
            done = _("The note is changed.")
    except ValidationError as error:
        refused = RefusedNote(text, " ".join(error.messages), note.public_id if note else None)
        return recommendation_page(request, recommendation, note=refused, status=400)
    messages.success(request, done)
    return redirect(reverse("portal:recommendation", args=[public_id]) + "#team")


def _note(recommendation: Recommendation, user: User, stated: str) -> PairNote:
    """The team's note of this id on this very pair, else 404."""
    found = next((one for one in notes_of(recommendation, user) if str(one.public_id) == stated), None)
    if found is None:
        raise Http404
    return found
