"""What the two sides of a pair answered, and the introductions that follow when both are interested."""

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
from matchmaking.enums import Answer, DeclineReason
from matchmaking.models.recommendation import Pair

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models import User

NOTE_LENGTH = 500


class Response(models.Model):
    """The standing answer of one side of a pair; what it was before, the audit rows say."""

    pair = models.ForeignKey(Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="responses")
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.PROTECT,
        related_name="responses",
    )
    answer = models.CharField(_("answer"), max_length=12, choices=Answer)
    reason = models.CharField(_("reason"), max_length=20, choices=DeclineReason, blank=True)
    # For staff; the other side never reads it.
    note = models.CharField(_("note"), max_length=NOTE_LENGTH, blank=True, validators=[validate_plain_text])
    until = models.DateField(pgettext_lazy("of an answer", "not before"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    answered_at = models.DateTimeField(_("answered at"), db_default=Now())

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "organization"], name="%(app_label)s_%(class)s_once_a_side"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=Answer.values), name="%(app_label)s_%(class)s_answer_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(answer="declined", reason__in=DeclineReason.values)
                    | (~Q(answer="declined") & Q(reason=""))
                ),
                name="%(app_label)s_%(class)s_reason_iff_declined",
            ),
            models.CheckConstraint(
                condition=Q(answer="later", until__isnull=False)
                | (~Q(answer="later") & Q(until__isnull=True)),
                name="%(app_label)s_%(class)s_date_iff_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.answer} on {self.pair_id}"


class IntroductionQuerySet(models.QuerySet["Introduction"]):
    def visible_to(self, user: User | AnonymousUser) -> IntroductionQuerySet:
        """Staff see all; a team member those of their organizations; others nothing."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        teams = user.team_memberships.values("organization_id")
        return self.filter(Q(pair__low__in=teams) | Q(pair__high__in=teams))


class Introduction(models.Model):
    """Two organizations that both said they are interested. A trigger refuses one that they did not."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pair = models.ForeignKey(
        Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="introductions"
    )
    made_at = models.DateTimeField(_("made at"), db_default=Now())
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects: ClassVar[IntroductionQuerySet] = IntroductionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("introduction")
        verbose_name_plural = _("introductions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pair"],
                condition=Q(closed_at__isnull=True),
                name="%(app_label)s_%(class)s_one_open_a_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"introduction {self.pk} of pair {self.pair_id}"
