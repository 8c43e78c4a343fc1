"""Saving pairs and writing notes about them, by the owners and editors of one side, for that side alone."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alliances.enums import TeamRole
from alliances.models import TeamMember, User
from alliances.validators import validate_plain_text
from matchmaking.models import PairNote, Recommendation, SavedPair
from matchmaking.models.shortlist import PAIR_NOTE_LENGTH
from matchmaking.selectors.introductions import CONTACT_ROLES

# A side writes at most so many about one pair; what is longer belongs in a document.
NOTES_AT_MOST = 50


@transaction.atomic
def pair_save(recommendation: Recommendation, *, saved: bool, by: User) -> None:
    """Save the pair for the seeker's team, or take it off; twice is once.

    Raises PermissionDenied for whoever is no owner or editor of the seeker.
    """
    _role(recommendation.seeker_id, by)
    if saved:
        SavedPair.objects.bulk_create(
            [
                SavedPair(
                    pair_id=recommendation.pair_id, organization_id=recommendation.seeker_id, saved_by=by
                )
            ],
            ignore_conflicts=True,
        )
    else:
        SavedPair.objects.filter(pair=recommendation.pair_id, organization=recommendation.seeker_id).delete()


@transaction.atomic
def note_write(recommendation: Recommendation, *, text: str, by: User) -> PairNote:
    """Write a note for the seeker's team; the same twice in a row is one.

    Raises:
        PermissionDenied: no owner or editor of the seeker.
        ValidationError: `text` is missing, too long or not plain, or there are too many notes already.
    """
    _role(recommendation.seeker_id, by)
    text = _checked(text)
    side = {"pair_id": recommendation.pair_id, "organization_id": recommendation.seeker_id}
    newest = PairNote.objects.filter(**side).last()
    if newest and (newest.text, newest.author_id) == (text, by.pk):
        return newest
    if PairNote.objects.filter(**side).count() >= NOTES_AT_MOST:
        raise ValidationError(
            {
                "text": _("There are %(limit)s notes on this pair already. Remove one first.")
                % {"limit": NOTES_AT_MOST}
            }
        )
    return PairNote.objects.create(**side, text=text, author=by)


@transaction.atomic
def note_change(note: PairNote, *, text: str, by: User) -> None:
    """Replace the text of a note; who changed it, and when, is kept beside its author.

    Raises:
        PermissionDenied: neither its author, while an owner or editor, nor an owner of the team.
        ValidationError: `text` is missing, too long or not plain.
    """
    _require_right(note, by)
    text = _checked(text)
    PairNote.objects.filter(pk=note.pk).exclude(text=text).update(text=text, changed_by=by, changed_at=Now())


@transaction.atomic
def note_remove(note: PairNote, *, by: User) -> None:
    """Delete a note for good. Raises PermissionDenied as `note_change` does."""
    _require_right(note, by)
    note.delete()


def may_change_note(note: PairNote, user: User, role: str) -> bool:
    """Whether a team member of this role may change or remove the note."""
    return role == TeamRole.OWNER or (role in CONTACT_ROLES and note.author_id == user.pk)


def _require_right(note: PairNote, by: User) -> None:
    if not may_change_note(note, by, _role(note.organization_id, by)):
        raise PermissionDenied


def _role(organization_id: int, by: User) -> str:
    """The person's role in the team; PermissionDenied where it does not write.

    Held until the transaction ends: of two clicks the second finds what the first has kept.
    """
    own = TeamMember.objects.filter(organization=organization_id, user=by, role__in=CONTACT_ROLES)
    member = own.select_for_update(no_key=True).first()
    if member is None or not by.is_active:
        raise PermissionDenied
    return member.role


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({"text": _("Write something, or remove the note.")})
    if len(text) > PAIR_NOTE_LENGTH:
        raise ValidationError(
            {
                "text": _("The note is too long (%(length)s characters; limit %(limit)s).")
                % {"length": f"{len(text):,}", "limit": f"{PAIR_NOTE_LENGTH:,}"}
            }
        )
    try:
        validate_plain_text(text)
    except ValidationError as error:
        raise ValidationError({"text": error}) from error
    return text
