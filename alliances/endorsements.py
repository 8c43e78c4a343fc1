"""Which agency endorses which alliances, and which alliances cover a challenge area. Read at the desk."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from alliances.enums import Kind, MembershipState, OrganizationState, TeamRole
from alliances.models import (
    Agency,
    AllianceDetails,
    AllianceMembership,
    AlliancePatron,
    ChallengeArea,
    Need,
    Offer,
    Organization,
    ReferenceAlliance,
    TeamMember,
)
from alliances.models.organization import OrganizationQuerySet
from alliances.names import fold


@dataclass(frozen=True)
class AreaFigures:
    """How much of one challenge area an alliance covers: topics of its own, and statements of its members."""

    area: ChallengeArea
    own_needs: int
    own_offers: int
    member_needs: int
    member_offers: int


@dataclass(frozen=True)
class Endorsed:
    """An alliance that takes part: who endorses it, what it covers, whom to ask."""

    alliance: Organization
    agencies: Sequence[Agency]
    members: int
    areas: Sequence[AreaFigures]
    secretariat: str
    owners: Sequence[str]


@dataclass(frozen=True)
class Asked:
    """Which alliances are looked for; what is empty narrows nothing."""

    agency: Agency | None = None
    country: str = ""
    area: ChallengeArea | None = None
    words: str = ""


def registered(asked: Asked) -> OrganizationQuerySet:
    """The alliances that take part, by code."""
    found = Organization.objects.approved().filter(kind=Kind.ALLIANCE).order_by("code")
    if asked.agency:
        found = found.filter(patrons__agency=asked.agency)
    if asked.country:
        found = found.filter(country=asked.country)
    if asked.area:
        found = found.filter(_covers(asked.area))
    if asked.words:
        found = found.filter(
            Q(search_key__contains=fold(asked.words))
            | Q(name_zh__contains=asked.words)
            | Q(code__contains=asked.words.lower())
        )
    return found


def _covers(area: ChallengeArea) -> Q:
    offers = Offer.objects.filter(topic__area=area).values("organization")
    needs = Need.objects.filter(topic__area=area).values("organization")
    through = _standing().filter(member__in=offers).values("alliance")
    return Q(pk__in=offers) | Q(pk__in=needs) | Q(pk__in=through)


def _standing() -> QuerySet[AllianceMembership]:
    """The memberships by both sides' word, of members that take part."""
    return AllianceMembership.objects.filter(
        state=MembershipState.CONFIRMED, member__state=OrganizationState.APPROVED
    )


def known(asked: Asked) -> list[ReferenceAlliance]:
    """The alliances known from print that do not take part; a fixed number of queries."""
    found = ReferenceAlliance.objects.exclude(organization__state=OrganizationState.APPROVED)
    if asked.country:
        found = found.filter(country=asked.country)
    if asked.area:
        found = found.filter(pk__in=found.filter(topics__area=asked.area).order_by().values("pk"))
    if asked.words:
        found = found.filter(Q(name_en__icontains=asked.words) | Q(name_zh__contains=asked.words))
    rows = found.prefetch_related("topics__area")
    return [one for one in rows if asked.agency is None or names_agency(one, asked.agency)]


def names_agency(one: ReferenceAlliance, agency: Agency) -> bool:
    """Whether the patrons' line in print, which is in words, holds this agency's name in either script."""
    return agency.name_zh in one.patron_zh or agency.name_en.lower() in one.patron_en.lower()


def endorsements(alliances: Sequence[Organization]) -> list[Endorsed]:
    """What the page tells of each of these alliances, in their order; a fixed number of queries."""
    ids = [one.pk for one in alliances]
    agencies: dict[int, list[Agency]] = defaultdict(list)
    for patron in AlliancePatron.objects.filter(alliance__in=ids).select_related("agency"):
        agencies[patron.alliance_id].append(patron.agency)
    owners: dict[int, list[str]] = defaultdict(list)
    places = TeamMember.objects.filter(organization__in=ids, role=TeamRole.OWNER, user__is_active=True)
    for place in places.select_related("user").order_by("pk"):
        owners[place.organization_id].append(place.person)
    members = dict(
        _standing().filter(alliance__in=ids).order_by().values_list("alliance").annotate(Count("pk"))
    )
    details = dict(
        AllianceDetails.objects.filter(organization__in=ids).values_list("organization", "secretariat")
    )
    figures = _figures(ids)
    return [
        Endorsed(
            one,
            agencies[one.pk],
            members.get(one.pk, 0),
            figures[one.pk],
            details.get(one.pk, ""),
            owners[one.pk],
        )
        for one in alliances
    ]


def agencies_named(words: str) -> QuerySet[Agency]:
    """The agencies whose name in either script, or whose abbreviation, holds these words."""
    holds = Q(name_en__icontains=words) | Q(name_zh__contains=words) | Q(abbreviation__icontains=words)
    return Agency.objects.filter(holds)


def agencies_with_counts(country: str) -> list[tuple[Agency, int, int]]:
    """The agencies, with how many alliances that take part they endorse, and how many known from print."""
    take_part = Count(
        "alliances", filter=Q(alliances__alliance__state=OrganizationState.APPROVED), distinct=True
    )
    agencies = Agency.objects.annotate(endorsed=take_part).order_by("country", "slug")
    if country:
        agencies = agencies.filter(country=country)
    in_print = list(ReferenceAlliance.objects.exclude(organization__state=OrganizationState.APPROVED))
    return [
        (agency, getattr(agency, "endorsed", 0), sum(names_agency(one, agency) for one in in_print))
        for agency in agencies
    ]


def areas_with_counts(country: str) -> list[tuple[ChallengeArea, int]]:
    """The challenge areas, with how many alliances that take part cover each."""
    alliances = registered(Asked(country=country)).order_by().values("pk")
    through = _standing().filter(alliance__in=alliances)
    covering = set(through.values_list("alliance", "member__offers__topic__area"))
    for model in (Offer, Need):
        covering |= set(
            model.objects.filter(organization__in=alliances).values_list("organization", "topic__area")
        )
    counts = Counter(area for _alliance, area in covering)
    return [(area, counts[area.pk]) for area in ChallengeArea.objects.all()]


def _figures(ids: Sequence[int]) -> Mapping[int, Sequence[AreaFigures]]:
    def own(model: type[Need | Offer]) -> Figures:
        rows = model.objects.filter(organization__in=ids).order_by()
        return _by_pair(rows.values_list("organization", "topic__area").annotate(Count("pk")))

    def of_members(stated: str) -> Figures:
        rows = _standing().filter(alliance__in=ids).order_by()
        return _by_pair(rows.values_list("alliance", f"member__{stated}__topic__area").annotate(Count("pk")))

    counted = (own(Need), own(Offer), of_members("needs"), of_members("offers"))
    areas = list(ChallengeArea.objects.all())
    return {
        alliance: [
            AreaFigures(area, *figures)
            for area in areas
            if any(figures := [part.get((alliance, area.pk), 0) for part in counted])
        ]
        for alliance in ids
    }


Figures = Mapping[tuple[int, int], int]


def _by_pair(rows: Iterable[tuple[int, int, int]]) -> Figures:
    return {(alliance, area): count for alliance, area, count in rows}
