"""A generated register: approved organizations of both countries with all they may state, from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

from alliances.enums import (
    BudgetBand,
    Country,
    Horizon,
    Kind,
    OrganizationState,
    PartnershipType,
    PopulationBasis,
    SizeBand,
    Stage,
)
from alliances.models import ChallengeArea, Need, Offer, Organization, Topic
from alliances.names import search_key

AREAS, TOPICS_AN_AREA = 7, 12
KINDS = [*[Kind.CITY] * 5, *[Kind.FIRM] * 4, Kind.ALLIANCE]
ENGLISH = [
    "The city council",
    "This programme",
    "Our institute",
    "A regional operator",
    "The works department",
]
DOES = ["plans buses", "cleans rivers", "insulates homes", "sorts waste", "runs clinics", "shares open data"]
WHERE = ["along the river.", "in the old town.", "for older people.", "with local industry.", "at night."]
REGIONS = {Country.US: ["OR", "TX", "Ohio"], Country.CN: ["Hubei", "福建省", "Gansu"]}
CORNER = {Country.US: (30.0, -122.0), Country.CN: (24.0, 102.0)}
CHINESE = ["本市正在推进公共交通电气化与慢行系统建设工作。", "我们为城市提供雨水收集与再生水利用的成套设备。"]


def make_topics() -> list[Topic]:
    """Seven areas with twelve leaf topics each."""
    areas = ChallengeArea.objects.bulk_create(
        ChallengeArea(slug=f"area-{a}", name_en=f"Area {a}", name_zh=f"领域{a}", position=a)
        for a in range(AREAS)
    )
    return Topic.objects.bulk_create(
        Topic(slug=f"topic-{a}-{t}", name_en=f"Topic {a}.{t}", name_zh=f"主题{a}.{t}", area=area, position=t)
        for a, area in enumerate(areas)
        for t in range(TOPICS_AN_AREA)
    )


def _maybe(draw: random.Random, share: float, values: list[str]) -> str:
    return draw.choice(values) if draw.random() < share else ""


def _some(draw: random.Random, share: float, values: list[str], most: int) -> list[str]:
    chosen = set(draw.sample(values, draw.randint(1, most))) if draw.random() < share else set()
    return [value for value in values if value in chosen]


def _organization(draw: random.Random, country: Country, number: int) -> Organization:
    kind = draw.choice(KINDS)
    city = kind == Kind.CITY
    chinese = country == Country.CN
    name_en, name_zh = f"{country} {kind} {number}", f"机构{number}" if chinese else ""
    south, west = CORNER[country]
    return Organization(
        code=f"{country.lower()}-{number:05}",
        kind=kind,
        country=country,
        state=OrganizationState.APPROVED,
        name_en=name_en,
        name_zh=name_zh,
        search_key=search_key(name_en, name_zh),
        region=REGIONS[country][number % 3],
        latitude=south + number % 16,
        longitude=west + number % 18,
        population=round(10 ** draw.uniform(4, 7.4)) if city else None,
        population_basis=PopulationBasis.CITY_PROPER if city else "",
        size_band="" if city else _maybe(draw, 0.9, SizeBand.values),
        summary_en=" ".join(map(draw.choice, (ENGLISH, DOES, WHERE))) if draw.random() < 0.7 else "",
        summary_zh=draw.choice(CHINESE) if chinese and draw.random() < 0.5 else "",
        languages=["zh", "en"] if chinese and draw.random() < 0.4 else ["zh"] if chinese else ["en"],
        seeks=_some(draw, 0.4, Kind.values, 2),
        refuses=_some(draw, 0.05, Kind.values, 1),
        partnership_types=_some(draw, 0.5, PartnershipType.values, 4),
        stage=_maybe(draw, 0.4, Stage.values),
        horizon=_maybe(draw, 0.4, Horizon.values),
        budget_band=_maybe(draw, 0.4, BudgetBand.values),
        capacity=draw.choice([3, 3, 3, 1, 5, 0]),
    )


def make_register(n_us: int, n_cn: int, seed: int, topics: Sequence[Topic] = ()) -> list[Organization]:
    """`n_us` and `n_cn` approved organizations. The same seed gives the same register.

    Every tenth is a copy of the one before under another code: exact ties. Without topics it makes its own.
    """
    draw = random.Random(seed)
    topics = topics or make_topics()
    wanted = [(Country.US, i) for i in range(n_us)] + [(Country.CN, i) for i in range(n_cn)]
    organizations: list[Organization] = []
    stated: list[tuple[dict[Topic, int], dict[Topic, int]]] = []
    for country, number in wanted:
        if number % 10 == 9:
            last = organizations[-1]
            fields = {f.attname: getattr(last, f.attname) for f in Organization._meta.concrete_fields}
            copied = {name: fields[name] for name in fields if name not in ("id", "created_at", "updated_at")}
            organizations.append(Organization(**{**copied, "code": f"{country.lower()}-{number:05}"}))
            stated.append(stated[-1])
            continue
        organizations.append(_organization(draw, country, number))
        levels = [
            {topic: draw.randint(1, 3) for topic in draw.sample(topics, draw.choice(counts))}
            for counts in ((0, 2, 3, 4, 5), (0, 1, 2, 3))
        ]
        stated.append((levels[0], levels[1]))
    organizations = Organization.objects.bulk_create(organizations, batch_size=1000)
    rows = list(zip(organizations, stated, strict=True))
    Need.objects.bulk_create(
        (
            Need(organization=o, topic=t, priority=level)
            for o, (needs, _) in rows
            for t, level in needs.items()
        ),
        batch_size=5000,
    )
    Offer.objects.bulk_create(
        (
            Offer(organization=o, topic=t, maturity=level)
            for o, (_, offers) in rows
            for t, level in offers.items()
        ),
        batch_size=5000,
    )
    return organizations
