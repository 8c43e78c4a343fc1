"""Small worlds of two countries, matched for real: who needs what, who offers it, who reads the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliances.enums import ConsentPurpose, Country, Kind, PopulationBasis
from alliances.models import Organization, User
from matchmaking.models import MatchRun
from tests.factories import make_consent, make_organization, make_team_member, make_user
from tests.matchmaking.runs.conftest import complete_run


@dataclass
class Scene:
    """A complete run, the American readers of its mail and the organizations around them."""

    run: MatchRun
    readers: list[User]
    seekers: list[Organization]
    candidates: list[Organization]


def make_reader(organization: Organization, **fields: Any) -> User:
    """A person of this organization who agreed to the digest."""
    user = make_user(**fields)
    make_team_member(organization, user)
    make_consent(user, ConsentPurpose.DIGEST)
    return user


def make_scene(readers: int = 1, *, language: str = "en", cities: int = 2) -> Scene:
    """American cities that need sponge cities and buses; a Chinese firm, alliance and cities that offer."""
    seekers = [
        make_organization(
            name_en=f"Springfield {number}",
            name_zh=f"春田{number}",
            region="OR",
            population=650_000,
            population_basis=PopulationBasis.CITY_PROPER,
            languages=["en"],
            needs={"sponge-city": 3, "e-bus": 2},
            offers={"urban-planning": 3},
        )
        for number in range(1, readers + 1)
    ]
    candidates = [
        make_organization(
            country=Country.CN,
            name_en=f"Hanzhou {number}",
            name_zh=f"汉州市{number}",
            region="Hubei",
            population=10_400_000,
            population_basis=PopulationBasis.CITY_PROPER,
            languages=["en", "zh"],
            needs={"urban-planning": 2},
            offers={"sponge-city": 3},
        )
        for number in range(1, cities + 1)
    ]
    candidates += [
        make_organization(country=Country.CN, kind=kind, size_band="large", languages=["zh"], offers=offers)
        for kind, offers in ((Kind.FIRM, {"e-bus": 3}), (Kind.ALLIANCE, {"e-bus": 2}))
    ]
    people = [make_reader(seeker, language=language) for seeker in seekers]
    return Scene(complete_run(), people, seekers, candidates)
