"""The bridges that a person reads for an organization of theirs."""

from __future__ import annotations

from django.db.models import Q

from alliances.bridges import Bridge, bridges_from
from alliances.models import Organization, User
from matchmaking.models import Exclusion


def bridges_for(user: User, organization: Organization) -> list[Bridge]:
    """By the directory that this person sees, without whom staff never pair with it; four queries."""
    excluded = Exclusion.objects.filter(Q(pair__low=organization) | Q(pair__high=organization))
    sides = {side for pair in excluded.values_list("pair__low_id", "pair__high_id") for side in pair}
    return bridges_from(organization, Organization.objects.listed_to(user).exclude(pk__in=sides))
