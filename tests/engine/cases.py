"""Registers made from a seed: every field stated sometimes and left out sometimes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from matchmaking.engine import Constraints, Policy, Profile, Snapshot, Topic, TrustFacts, build_snapshot
from matchmaking.engine.names import (
    BUDGET_BANDS,
    HORIZONS,
    KINDS,
    LANGUAGES,
    PARTNERSHIP_TYPES,
    SIZE_BANDS,
    STAGES,
)

AS_OF = date(2026, 11, 23)
TOPICS = [Topic(f"topic-{number:02}", f"area-{number % 6}") for number in range(30)]


def snapshot_of(
    profiles: Sequence[Profile],
    *,
    policy: Policy | None = None,
    constraints: Constraints | None = None,
    topics: Sequence[Topic] = TOPICS,
) -> Snapshot:
    return build_snapshot(
        profiles, topics=topics, policy=policy or Policy.default(), as_of=AS_OF, constraints=constraints
    )


def some(rng: random.Random, words: Sequence[str], most: int) -> frozenset[str]:
    return frozenset(rng.sample(words, rng.randint(0, most)))


def levels(rng: random.Random, most: int) -> dict[str, int]:
    chosen = rng.sample(TOPICS, rng.randint(0, most))
    return {topic.slug: rng.randint(1, 3) for topic in chosen}


def maybe(rng: random.Random, words: Sequence[str]) -> str | None:
    return rng.choice(words) if rng.random() < 0.6 else None


def random_profile(rng: random.Random, number: int, country: str) -> Profile:
    kind = rng.choice(KINDS)
    sized = rng.random()
    released = rng.randint(0, 8)
    return Profile(
        id=number,
        # Codes whose byte order is neither the order of ids nor that of a reader's alphabet.
        code=f"{country.lower()}-{rng.choice('aZéz城')}{rng.getrandbits(40):x}-{number}",
        country=country,
        kind=kind,
        needs=levels(rng, 6),
        offers=levels(rng, 5),
        population=int(10 ** rng.uniform(2, 8)) if sized < 0.4 else None,
        size_band=rng.choice(SIZE_BANDS) if 0.4 <= sized < 0.8 else None,
        seeks=some(rng, KINDS, 2),
        refuses=some(rng, KINDS, 1) if rng.random() < 0.2 else frozenset(),
        partnership_types=some(rng, PARTNERSHIP_TYPES, 4),
        stage=maybe(rng, STAGES),
        horizon=maybe(rng, HORIZONS),
        budget=maybe(rng, BUDGET_BANDS),
        languages=some(rng, LANGUAGES, 2),
        capacity_left=rng.choice((0, 1, 3, 3, 3, 3, 3)),
        approved=rng.random() < 0.95,
        trust=TrustFacts(
            verified_evidence=rng.choice((None, 0, 1, 2, 5)),
            released=released,
            answered=rng.randint(0, released),
            days_since_confirmed=rng.choice((None, 0, 100, 400)),
        ),
        statement_vector=random_statement(rng) if rng.random() < 0.5 else None,
    )


def random_statement(rng: random.Random) -> bytes:
    """Around one of three themes, so that some cosines pass the floor and some are below zero."""
    theme = random.Random(rng.randint(0, 2))
    return bytes(round(theme.gauss(0, 6) + rng.gauss(0, 5)) % 256 for _ in range(512))


def random_profiles(seed: int, us: int, cn: int) -> list[Profile]:
    rng = random.Random(seed)
    made = [random_profile(rng, number, "US" if number <= us else "CN") for number in range(1, us + cn + 1)]
    rng.shuffle(made)
    return made


def duplicated(profiles: Sequence[Profile], times: int) -> list[Profile]:
    """Each profile several times under other ids and codes: every score ties with its copies'."""
    return [
        replace(profile, id=profile.id * times + copy, code=f"{profile.code}-{copy * 7 % times}")
        for profile in profiles
        for copy in range(times)
    ]


def random_constraints(profiles: Sequence[Profile], seed: int) -> Constraints:
    rng = random.Random(seed)
    us = [profile.id for profile in profiles if profile.country == "US"]
    cn = [profile.id for profile in profiles if profile.country == "CN"]

    def pairs() -> frozenset[tuple[int, int]]:
        drawn = [(rng.choice(us), rng.choice(cn)) for _ in range(len(us))] if us and cn else []
        # One direction or the other, a pair within one country, and an id nobody has.
        return frozenset(pair if rng.random() < 0.5 else pair[::-1] for pair in drawn) | {(1, 1), (1, 10**9)}

    return Constraints(
        exclusions=pairs(),
        introductions=pairs(),
        declines=pairs(),
        laters=pairs(),
        screening=frozenset(rng.sample(us, len(us) // 20)),
        jurisdiction=(
            (frozenset(rng.sample(us, len(us) // 5)), frozenset(rng.sample(cn, len(cn) // 4))),
            (frozenset(rng.sample(us, len(us) // 9)) | {10**9}, frozenset(cn)),
        ),
    )
