"""Reads of the register that more than one part needs."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from alliances.enums import (
    CityClass,
    ConsentPurpose,
    Country,
    Kind,
    OrganizationState,
    PopulationBasis,
    TeamRole,
)
from alliances.models import ChallengeArea, Consent, Need, Offer, Organization, User

# Lower bounds in people, lower bound included, largest first. China: State Council 2014 No. 51.
CITY_CLASS_BOUNDS: dict[Country, tuple[tuple[int, CityClass], ...]] = {
    Country.CN: (
        (10_000_000, CityClass.CN_SUPER),
        (5_000_000, CityClass.CN_VERY_LARGE),
        (3_000_000, CityClass.CN_LARGE_1),
        (1_000_000, CityClass.CN_LARGE_2),
        (500_000, CityClass.CN_MEDIUM),
        (200_000, CityClass.CN_SMALL_1),
        (1, CityClass.CN_SMALL_2),
    ),
    Country.US: (
        (1_000_000, CityClass.US_OVER_1M),
        (500_000, CityClass.US_500K),
        (250_000, CityClass.US_250K),
        (100_000, CityClass.US_100K),
        (50_000, CityClass.US_50K),
        (25_000, CityClass.US_25K),
        (10_000, CityClass.US_10K),
        (1, CityClass.US_UNDER_10K),
    ),
}
# The basis on which each country's classes are defined: residents of the urban districts; the city proper.
DEFINING_BASIS = {Country.CN: PopulationBasis.URBAN, Country.US: PopulationBasis.CITY_PROPER}


def city_class(country: str, population: int | None) -> CityClass | None:
    """The class of a city of this many people; None where the number or the country's classes are unknown.

    Pure arithmetic: whether the number was counted as the classes want it, `SizeClass.as_defined` says.
    """
    if population is None or country not in CITY_CLASS_BOUNDS:
        return None
    for lower_bound, size in CITY_CLASS_BOUNDS[Country(country)]:
        if population >= lower_bound:
            return size
    return None


class SizeClass(NamedTuple):
    """A city's class with what was counted. A GeoNames or municipal figure makes it an estimate."""

    city_class: CityClass
    basis: PopulationBasis
    as_defined: bool


def size_class(organization: Organization) -> SizeClass | None:
    """The city class of an organization that states a population, with its basis; else None."""
    found = city_class(organization.country, organization.population)
    if found is None:
        return None
    basis = PopulationBasis(organization.population_basis)
    return SizeClass(found, basis, basis == DEFINING_BASIS[Country(organization.country)])


class AreaSupply(NamedTuple):
    """A challenge area and how many needs and offers approved organizations state in it."""

    slug: str
    name: str
    topics: int
    needs: int
    offers: int


def area_supply() -> list[AreaSupply]:
    """The challenge areas in their order, names in the reader's language. Two queries beside the areas'."""
    approved = OrganizationState.APPROVED
    counts: list[dict[int, int]] = [
        dict(
            model.objects.filter(organization__state=approved)
            .values_list("topic__area")
            .annotate(Count("pk"))
            .order_by()
        )
        for model in (Need, Offer)
    ]
    return [
        AreaSupply(area.slug, area.name, area.topic_count, *(side.get(area.pk, 0) for side in counts))
        for area in ChallengeArea.objects.annotate(topic_count=Count("topics")).order_by("position")
    ]


class Figures(NamedTuple):
    """How many approved organizations there are, and how many cities of over two million people."""

    cities: int
    firms: int
    alliances: int
    large_us: int
    large_cn: int

    @property
    def organizations(self) -> int:
        return self.cities + self.firms + self.alliances


LARGE_CITY = 2_000_000
# More circles than this say nothing more on a map, and make its page heavy.
CITIES_ON_MAP = 400


def register_figures() -> Figures:
    """The register in five numbers, in one query."""
    large = Q(kind=Kind.CITY, population__gt=LARGE_CITY)
    counts = Organization.objects.approved().aggregate(
        cities=Count("pk", filter=Q(kind=Kind.CITY)),
        firms=Count("pk", filter=Q(kind=Kind.FIRM)),
        alliances=Count("pk", filter=Q(kind=Kind.ALLIANCE)),
        large_us=Count("pk", filter=large & Q(country=Country.US)),
        large_cn=Count("pk", filter=large & Q(country=Country.CN)),
    )
    return Figures(**counts)


def cities_on_map() -> list[Organization]:
    """Approved cities that state a place and a population, the largest first; one query."""
    cities = Organization.objects.approved().filter(
        kind=Kind.CITY, latitude__isnull=False, population__isnull=False
    )
    return list(
        cities.only("kind", "country", "name_en", "name_zh", "latitude", "longitude", "population").order_by(
            "-population", "code"
        )[:CITIES_ON_MAP]
    )


def has_consent(user: User, purpose: ConsentPurpose) -> bool:
    """Whether the person's newest word on this purpose is yes. Silence is no."""
    newest = Consent.objects.filter(user=user, purpose=purpose).order_by("-id").first()
    return newest is not None and newest.granted


def users_with_consent(purpose: ConsentPurpose) -> QuerySet[User]:
    """Every person whose newest word on this purpose is yes, in one query."""
    newest = Consent.objects.filter(user=OuterRef("pk"), purpose=purpose).order_by("-id")
    return User.objects.alias(consented=Subquery(newest.values("granted")[:1])).filter(consented=True)


def active_owners(organization: Organization) -> QuerySet[User]:
    """The owners who can sign in, the longest in the team first."""
    return User.objects.filter(
        is_active=True,
        team_memberships__organization=organization,
        team_memberships__role=TeamRole.OWNER,
    ).order_by("team_memberships__pk")


def decided_by_owners(organization: Organization) -> bool:
    """Whether its owners decide on requests to join the team; else staff do."""
    return organization.state == OrganizationState.APPROVED and active_owners(organization).exists()
