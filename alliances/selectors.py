"""Reads of the register that more than one part needs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from django.core.cache import cache
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from alliances.enums import (
    CityClass,
    ConsentPurpose,
    Country,
    Kind,
    OrganizationState,
    PopulationBasis,
    TeamRole,
)
from alliances.models import (
    ChallengeArea,
    Consent,
    Need,
    Offer,
    Organization,
    ReferenceCity,
    RegisterEvent,
    TeamMember,
    Topic,
    User,
)

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
    found = organization.veiled_class or city_class(organization.country, organization.population)
    if found is None:
        return None
    basis = PopulationBasis(organization.population_basis)
    return SizeClass(found, basis, basis == DEFINING_BASIS[Country(organization.country)])


class AreaSupply(NamedTuple):
    """A challenge area and how many needs and offers approved organizations state in it."""

    area: ChallengeArea
    topics: int
    needs: int
    offers: int


def area_supply() -> list[AreaSupply]:
    """The challenge areas in their order, in four queries."""
    area_of = dict(Topic.objects.values_list("pk", "area"))
    topics = Counter(area_of.values())
    needs, offers = (_stated_by_area(model, area_of) for model in (Need, Offer))
    return [
        AreaSupply(area, topics[area.pk], needs[area.pk], offers[area.pk])
        for area in ChallengeArea.objects.order_by("position")
    ]


def _stated_by_area(model: type[Need | Offer], area_of: Mapping[int, int]) -> Counter[int]:
    """How much approved organizations state, by area."""
    # Nearly all are approved: to leave out the few others is quicker than to look at each row's own.
    others = Organization.objects.exclude(state=OrganizationState.APPROVED)
    rows = model.objects.exclude(organization__in=others).values_list("topic")
    found: Counter[int] = Counter()
    for topic, number in rows.annotate(Count("pk")).order_by():
        found[area_of[topic]] += number
    return found


class Stated(NamedTuple):
    """How many organizations state a need, and how many an offer."""

    needs: int
    offers: int


@dataclass(frozen=True)
class TopicSupply:
    """A topic and how many approved organizations need or offer it, by country and kind."""

    topic: Topic
    needs: Mapping[tuple[str, str], int]
    offers: Mapping[tuple[str, str], int]

    def stated(self, country: str = "", kind: str = "") -> Stated:
        """Those of one country and one kind; of all where not named."""
        return Stated(
            *(
                sum(
                    number
                    for (its_country, its_kind), number in side.items()
                    if country in ("", its_country) and kind in ("", its_kind)
                )
                for side in (self.needs, self.offers)
            )
        )


def topic_supply(area: ChallengeArea) -> list[TopicSupply]:
    """The area's topics in their order, and who states them. Three queries."""
    needs, offers = counted_once(
        f"supply-{area.pk}",
        lambda: (_by_country_and_kind(Need, area), _by_country_and_kind(Offer, area)),
    )
    return [
        TopicSupply(topic, needs[topic.pk], offers[topic.pk]) for topic in area.topics.order_by("position")
    ]


def _by_country_and_kind(
    model: type[Need | Offer], area: ChallengeArea
) -> dict[int, dict[tuple[str, str], int]]:
    """How many approved organizations state a topic of the area, by topic, country and kind; one query."""
    counted = (
        model.objects.filter(topic__area=area, organization__state=OrganizationState.APPROVED)
        .values_list("topic", "organization__country", "organization__kind")
        .annotate(Count("pk"))
        .order_by()
    )
    found: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    for topic, country, kind, number in counted:
        found[topic][country, kind] = number
    return found


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
CITIES_ON_MAP = 250


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


T = TypeVar("T")
# Events may be committed in another order than they are numbered: no figure stands longer than this.
LONGEST_KEPT = 600


def counted_once(name: str, count: Callable[[], T]) -> T:
    """What `count` says of the register, kept until an event says that the register has changed."""
    newest = RegisterEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return count()
    kept: tuple[int, T] | None = None
    # What an older release kept may be of another shape.
    with suppress(AttributeError, TypeError):
        kept = cache.get(name)
    if kept is None or kept[0] != newest:
        kept = newest, count()
        cache.set(name, kept, LONGEST_KEPT)
    return kept[1]


def cities_on_map(most: int = CITIES_ON_MAP) -> list[Organization]:
    """Listed cities that state a place and a population, the largest first, so many at most; one query."""
    cities = Organization.objects.listed().filter(
        kind=Kind.CITY, latitude__isnull=False, population__isnull=False
    )
    return list(
        cities.only(
            "kind", "country", "is_sample", "name_en", "name_zh", "latitude", "longitude", "population"
        ).order_by("-population", "code")[:most]
    )


def listed_among(ids: Iterable[int]) -> set[int]:
    """The ids of those of these organizations whose names everybody may read; one query."""
    return set(Organization.objects.listed().filter(pk__in=ids).values_list("pk", flat=True))


def statements() -> tuple[Prefetch[str], Prefetch[str]]:
    """To prefetch of organizations: needs and offers, each with its topic; two queries."""
    needs, offers = (model.objects.select_related("topic") for model in (Need, Offer))
    return Prefetch("needs", needs), Prefetch("offers", offers)


def stated_by(
    stated: QuerySet[Need] | QuerySet[Offer], organizations: Iterable[Organization], *columns: str
) -> Mapping[int, list[tuple[Any, ...]]]:
    """These columns of what each organization states, by its id, in the rows' order; one query.

    For pages of many: their rows would be hundreds.
    """
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    of_these = stated.filter(organization__in=[one.pk for one in organizations])
    for organization, *values in of_these.values_list("organization_id", *columns):
        found[organization].append(tuple(values))
    return found


class Across(NamedTuple):
    """How many approved organizations of the other country offer one's needs, and need one's offers."""

    offer_it: int
    need_it: int


def organizations_across(organization: Organization) -> Across:
    """What already stands on the other side for this organization; two queries."""
    others = Organization.objects.approved().exclude(country=organization.country)
    needs = Need.objects.filter(organization=organization).values("topic")
    offers = Offer.objects.filter(organization=organization).values("topic")
    return Across(
        others.filter(offers__topic__in=needs).distinct().count(),
        others.filter(needs__topic__in=offers).distinct().count(),
    )


CITIES_FOUND = 8


def cities_like(text: str, country: str) -> list[ReferenceCity]:
    """Cities of the shipped table whose name begins with this, then those that hold it; the largest first.

    English, Chinese and, since Chinese cities are written so in English, pinyin without tones.
    """
    words = re.sub(r"^(the )?(city|town) of |[,，].*$|(?<=.)市$", "", text.strip(), flags=re.IGNORECASE)
    words = words.strip()
    # One letter finds half of the table, and so does the word for city.
    if len(words) < (2 if words.isascii() else 1) or words == "市":
        return []
    begins = Q(name_en__istartswith=words) | Q(name_zh__startswith=words)
    joined = Q(name_en__istartswith=re.sub(r"[\s'-]", "", words))
    holds = Q(name_en__icontains=words) | Q(name_zh__contains=words)
    found = ReferenceCity.objects.filter(begins | joined | holds, country=country)
    first = Case(When(begins | joined, then=0), default=1)
    return list(found.order_by(first, F("population").desc(nulls_last=True), "code")[:CITIES_FOUND])


def has_consent(user: User, purpose: ConsentPurpose) -> bool:
    """Whether the person's newest word on this purpose is yes. Silence is no."""
    newest = Consent.objects.filter(user=user, purpose=purpose).order_by("-id").first()
    return newest is not None and newest.granted


def users_with_consent(purpose: ConsentPurpose) -> QuerySet[User]:
    """Every person whose newest word on this purpose is yes, in one query."""
    newest = Consent.objects.filter(user=OuterRef("pk"), purpose=purpose).order_by("-id")
    return User.objects.alias(consented=Subquery(newest.values("granted")[:1])).filter(consented=True)


# Nothing more comes of these, or nothing has yet: they may be left by everybody.
LEAVABLE_STATES = (OrganizationState.DRAFT, OrganizationState.WITHDRAWN, OrganizationState.REJECTED)


def owned_alone(user: User) -> QuerySet[Organization]:
    """The organizations that would have no owner who can sign in without this one."""
    colleagues = TeamMember.objects.filter(
        organization=OuterRef("pk"), role=TeamRole.OWNER, user__is_active=True
    ).exclude(user=user)
    return Organization.objects.filter(
        ~Exists(colleagues), team_members__user=user, team_members__role=TeamRole.OWNER
    ).exclude(state__in=LEAVABLE_STATES)


def drafts_alone(user: User) -> QuerySet[Organization]:
    """The drafts in whose team nobody else is."""
    others = TeamMember.objects.filter(organization=OuterRef("pk")).exclude(user=user)
    drafts = Organization.objects.filter(state=OrganizationState.DRAFT, team_members__user=user)
    return drafts.exclude(Exists(others))


def active_owners(organization: Organization) -> QuerySet[User]:
    """The owners who can sign in, the longest in the team first."""
    return User.objects.filter(
        is_active=True,
        team_memberships__organization=organization,
        team_memberships__role=TeamRole.OWNER,
    ).order_by("team_memberships__pk")


def active_editors(organization: Organization) -> QuerySet[User]:
    """The owners and editors who can sign in, the longest known first."""
    return User.objects.filter(
        is_active=True,
        team_memberships__organization=organization,
        team_memberships__role__in=(TeamRole.OWNER, TeamRole.EDITOR),
    ).order_by("pk")


def decided_by_owners(organization: Organization) -> bool:
    """Whether its owners decide on requests to join the team; else staff do."""
    return organization.state == OrganizationState.APPROVED and active_owners(organization).exists()
