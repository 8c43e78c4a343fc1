"""A pair: held while what its two sides have said changes, and kept apart also where a side is merged."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from alliances.models import Organization
from matchmaking.enums import Answer
from matchmaking.models import Exclusion, Pair, Recommendation, Response


class Held(NamedTuple):
    """A pair with its recommendations and organizations, nobody else's until the transaction ends."""

    pair: Pair
    recommendations: list[Recommendation]
    sides: list[Organization]

    def own_first(self, own_id: int) -> tuple[Organization, Organization]:
        """The two organizations, the one of this id first."""
        own, other = sorted(self.sides, key=lambda side: side.pk != own_id)
        return own, other


def hold(pair_id: int) -> Held:
    """Lock in the order that everybody locks in, until the end of the caller's transaction."""
    pair = Pair.objects.select_for_update(no_key=True).get(pk=pair_id)
    recommendations = Recommendation.objects.filter(pair=pair).order_by("pk")
    sides = Organization.objects.filter(pk__in=[pair.low_id, pair.high_id]).order_by("pk")
    return Held(
        pair,
        list(recommendations.select_for_update(no_key=True)),
        list(sides.select_for_update(no_key=True)),
    )


def pairs_carry_over(kept: Organization, dropped: Organization) -> None:
    """What keeps the dropped one's pairs apart keeps those of the kept one apart: what staff excluded, and
    every no and not now, of either side. In the transaction that merges the two.

    What the kept one's pair has already stands.
    """
    pairs = Pair.objects.filter(Q(low=dropped) | Q(high=dropped))
    other_of = {pair.pk: pair.high_id if pair.low_id == dropped.pk else pair.low_id for pair in pairs}
    for exclusion in Exclusion.objects.filter(pair__in=other_of).order_by("pk"):
        Exclusion.objects.get_or_create(
            pair=_pair_of(kept.pk, other_of[exclusion.pair_id]),
            defaults={"reason": exclusion.reason, "created_by_id": exclusion.created_by_id},
        )
    against = Response.objects.filter(pair__in=other_of, answer__in=(Answer.DECLINED, Answer.LATER))
    for said in against.order_by("pk"):
        other = other_of[said.pair_id]
        Response.objects.get_or_create(
            pair=_pair_of(kept.pk, other),
            organization_id=kept.pk if said.organization_id == dropped.pk else other,
            defaults={
                "answer": said.answer,
                "reason": said.reason,
                "note": said.note,
                "until": said.until,
                "answered_by_id": said.answered_by_id,
                "answered_at": said.answered_at,
            },
        )


def _pair_of(one: int, other: int) -> Pair:
    low, high = sorted((one, other))
    return Pair.objects.get_or_create(low_id=low, high_id=high)[0]
