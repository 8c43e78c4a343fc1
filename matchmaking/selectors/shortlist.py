"""What a person's own teams keep of their pairs. Nobody else reads it, staff included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from alliances.models import User
from matchmaking.models import PairNote, Recommendation, SavedPair
from matchmaking.selectors.introductions import CONTACT_ROLES

# A side of a pair: pair and organization.
Side = tuple[int, int]


@dataclass(frozen=True)
class Shortlist:
    """Which sides are saved, how many notes each has, and for which organizations this person may write."""

    saved: frozenset[Side] = frozenset()
    notes: Mapping[Side, int] = field(default_factory=dict)
    written_for: frozenset[int] = frozenset()

    def has_saved(self, one: Recommendation) -> bool:
        return (one.pair_id, one.seeker_id) in self.saved

    def note_count(self, one: Recommendation) -> int:
        return self.notes.get((one.pair_id, one.seeker_id), 0)

    def may_write(self, one: Recommendation) -> bool:
        return one.seeker_id in self.written_for


def shortlist_of(user: User, roles: Mapping[int, str]) -> Shortlist:
    """Of all teams that this person is in, with these roles by organization; two queries."""
    saved = SavedPair.objects.filter(organization__in=roles).values_list("pair_id", "organization_id")
    notes = PairNote.objects.visible_to(user).order_by().values_list("pair_id", "organization_id")
    return Shortlist(
        frozenset(saved),
        Counter(notes),
        frozenset(organization for organization, role in roles.items() if role in CONTACT_ROLES),
    )


def is_saved(recommendation: Recommendation) -> bool:
    """Whether the seeker's team has saved the pair."""
    return SavedPair.objects.filter(
        pair=recommendation.pair_id, organization=recommendation.seeker_id
    ).exists()


def notes_of(recommendation: Recommendation, user: User) -> list[PairNote]:
    """The seeker's notes on the pair, oldest first, with who wrote and changed them."""
    found = (
        PairNote.objects.visible_to(user)
        .filter(pair=recommendation.pair_id, organization=recommendation.seeker_id)
        .select_related("author", "changed_by")
    )
    return sorted(found.order_by(), key=lambda one: one.pk)
