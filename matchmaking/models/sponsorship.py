"""That an alliance stands behind a match of one of its members. It adds trust, never score."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import MembershipState, OrganizationState
from alliances.models import AllianceMembership
from matchmaking.models.recommendation import Pair

# What is told of the alliance: not all that it states of itself.
NAMED = ("code", "name_en", "name_zh", "shows_name")


class SponsorshipQuerySet(models.QuerySet["Sponsorship"]):
    def counting(self) -> SponsorshipQuerySet:
        """Those that count now: the alliance is approved, and the member a confirmed one of it."""
        membership = AllianceMembership.objects.filter(
            alliance=OuterRef("alliance"), member=OuterRef("member"), state=MembershipState.CONFIRMED
        )
        return (
            self.filter(Exists(membership), alliance__state=OrganizationState.APPROVED)
            .select_related("alliance")
            .only("member", "pair", "sponsored_at", *(f"alliance__{name}" for name in NAMED))
            .order_by("alliance__code")
        )


class Sponsorship(models.Model):
    """An alliance's word for a pair, given for the side that is its member."""

    alliance = models.ForeignKey(
        "alliances.Organization", verbose_name=_("alliance"), on_delete=models.CASCADE, related_name="+"
    )
    member = models.ForeignKey(
        "alliances.Organization", verbose_name=_("member"), on_delete=models.CASCADE, related_name="+"
    )
    pair = models.ForeignKey(
        Pair, verbose_name=_("pair"), on_delete=models.PROTECT, related_name="sponsorships"
    )
    sponsored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sponsored by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    sponsored_at = models.DateTimeField(_("sponsored at"), db_default=Now())

    objects: ClassVar[SponsorshipQuerySet] = SponsorshipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("sponsorship")
        verbose_name_plural = _("sponsorships")
        constraints = [
            models.UniqueConstraint(fields=["alliance", "pair"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=~Q(alliance=F("member")), name="%(app_label)s_%(class)s_not_of_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alliance_id} sponsors {self.pair_id}"
