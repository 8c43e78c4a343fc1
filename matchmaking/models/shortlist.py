"""What a team keeps of the pairs it is recommended: a bookmark, and notes for itself.

Both belong to a side of a pair, not to a recommendation, so that they outlive a later run.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.validators import validate_plain_text
from matchmaking.models.recommendation import Pair

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models import User

PAIR_NOTE_LENGTH = 1000


class SavedPair(models.Model):
    """That a team has set this pair aside to find it again."""

    pair = models.ForeignKey(Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="saved")
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="saved_pairs",
    )
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("saved by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    saved_at = models.DateTimeField(_("saved at"), db_default=Now())

    class Meta:
        verbose_name = _("saved pair")
        verbose_name_plural = _("saved pairs")
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "organization"], name="%(app_label)s_%(class)s_once_a_side"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} saved {self.pair_id}"


class PairNoteQuerySet(models.QuerySet["PairNote"]):
    def visible_to(self, user: User | AnonymousUser) -> PairNoteQuerySet:
        """The notes of this person's own teams. Staff are no exception: no decision of theirs needs them."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(organization__in=user.team_memberships.values("organization_id"))


class PairNote(models.Model):
    """What somebody of a team wrote about a pair, for the team alone."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pair = models.ForeignKey(Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="notes")
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="pair_notes",
    )
    text = models.TextField(
        pgettext_lazy("of a note", "text"), max_length=PAIR_NOTE_LENGTH, validators=[validate_plain_text]
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    written_at = models.DateTimeField(_("written at"), db_default=Now())
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    changed_at = models.DateTimeField(_("changed at"), null=True)

    objects: ClassVar[PairNoteQuerySet] = PairNoteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("note on a pair")
        verbose_name_plural = _("notes on pairs")
        ordering = ["pk"]
        indexes = [models.Index(fields=["organization", "pair"], name="pair_note_by_side")]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="%(app_label)s_%(class)s_says_something"),
        ]

    def __str__(self) -> str:
        return f"note {self.pk} of {self.organization_id} on {self.pair_id}"
