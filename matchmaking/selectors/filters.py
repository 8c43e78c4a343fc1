"""Narrowing a list of recommendations: under what each falls, what a choice leaves, and how many.

Inside a facet any chosen value will do, between facets all must hold. A list is short and read whole, so the
counting is done here and costs no query a value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Value

from alliances.enums import Kind
from alliances.models import Need, Offer, Organization
from alliances.selectors import size_class
from matchmaking.enums import ListedAs
from matchmaking.models import Recommendation
from matchmaking.selectors.recommendations import UNANSWERED
from matchmaking.selectors.shortlist import Shortlist


class Facet(StrEnum):
    """What a list can be narrowed by; the values are the parameters' names."""

    KIND = "kind"
    AREA = "area"
    PLACE = "place"
    SIZE = "size"
    BAND = "band"
    STATE = "state"


# The place or size of an organization that states none.
UNSTATED = "unstated"

Values = Mapping[Facet, frozenset[str]]
Topics = defaultdict[int, set[str]]


@dataclass(frozen=True)
class Narrowed:
    """What a choice leaves of a list.

    `counts` says of each value how many it would give beside the other facets' choices, `without` of each
    chosen facet how many there were if it were left out.
    """

    matching: frozenset[int]
    counts: Mapping[Facet, Mapping[str, int]]
    without: Mapping[Facet, int]


def narrowed(values: Mapping[int, Values], chosen: Values) -> Narrowed:
    """Narrow the recommendations whose values are given by id. A facet without a choice narrows nothing."""
    asked = {facet: wanted for facet, wanted in chosen.items() if wanted}

    def fits(own: Values, besides: Facet | None = None) -> bool:
        return all(own[facet] & wanted for facet, wanted in asked.items() if facet != besides)

    counts: dict[Facet, Counter[str]] = {}
    for facet in Facet:
        # Every value of the list is named, also where it would give nothing.
        counts[facet] = Counter({value: 0 for own in values.values() for value in own[facet]})
        counts[facet].update(value for own in values.values() if fits(own, facet) for value in own[facet])
    return Narrowed(
        frozenset(key for key, own in values.items() if fits(own)),
        counts,
        {facet: sum(fits(own, facet) for own in values.values()) for facet in asked},
    )


def values_of(
    recommendations: Sequence[Recommendation],
    shortlist: Shortlist,
    band: Callable[[Recommendation], str],
    area_of: Mapping[str, str],
) -> dict[int, Values]:
    """Under what each recommendation falls, by its id; one query. `candidate` is to be loaded.

    `area_of` gives the area of a topic.
    """
    needs, offers = _stated({id_ for one in recommendations for id_ in (one.seeker_id, one.candidate_id)})
    found: dict[int, Values] = {}
    for one in recommendations:
        meeting = needs[one.seeker_id] & offers[one.candidate_id]
        meeting |= offers[one.seeker_id] & needs[one.candidate_id]
        state = ListedAs.WAITING if one.state in UNANSWERED else ListedAs.ANSWERED
        found[one.pk] = {
            Facet.KIND: frozenset({one.kind}),
            Facet.AREA: frozenset(area_of[slug] for slug in meeting | _told(one) if slug in area_of),
            Facet.PLACE: frozenset({one.candidate.region or UNSTATED}),
            Facet.SIZE: frozenset({_size(one.candidate)}),
            Facet.BAND: frozenset({band(one)}),
            Facet.STATE: frozenset({state, ListedAs.SAVED} if shortlist.has_saved(one) else {state}),
        }
    return found


def _stated(organizations: Collection[int]) -> tuple[Topics, Topics]:
    """The topics that each organization needs, and those that it offers; one query."""
    needs, offers = (
        model.objects.filter(organization__in=organizations)
        .order_by()
        .values_list("organization_id", "topic__slug", Value(model is Offer))
        for model in (Need, Offer)
    )
    stated: tuple[Topics, Topics] = defaultdict(set), defaultdict(set)
    for organization, slug, is_offer in needs.union(offers, all=True):
        stated[is_offer][organization].add(slug)
    return stated


def _told(one: Recommendation) -> set[str]:
    """The topics that the reasons of both sides rest on, kindred ones included."""
    return {
        entry["topic"]
        for side in one.breakdown.values()
        for reason in side["reasons"]
        for entry in reason["facts"].get("topics", ())
    }


def _size(organization: Organization) -> str:
    """The city class of a city, the staff band of whoever states one."""
    size = size_class(organization) if organization.kind == Kind.CITY else None
    return size.city_class if size else organization.size_band or UNSTATED
