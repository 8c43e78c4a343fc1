"""A register of any size, made from a seed: who states what as often as in the sample register."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from matchmaking.engine import Constraints, Policy, Profile, Snapshot, Topic, TrustFacts, build_snapshot
from matchmaking.engine.names import (
    BUDGET_BANDS,
    HORIZONS,
    KINDS,
    LANGUAGES,
    PARTNERSHIP_TYPES,
    SIZE_BANDS,
    STAGES,
    STORED_TEXT,
)

AS_OF: Final = date(2026, 11, 1)
TOPICS: Final = [Topic(f"topic-{number:02}", f"area-{number // 12}") for number in range(84)]
KIND_SHARES: Final = (0.44, 0.34, 0.22)
_LANGUAGES: Final = {"US": (["en"], ["en", "zh"]), "CN": (["zh"], ["zh", "en"])}


def register(side: int, *, seed: int = 1) -> list[Profile]:
    """`side` organizations of each country; topics are drawn by Zipf's law, in an order of their own."""
    draw = np.random.default_rng(seed)
    chance = 1 / np.arange(1, len(TOPICS) + 1)
    chance /= chance.sum()
    themes = draw.normal(size=(40, STORED_TEXT))
    made = []
    for country in ("US", "CN"):
        kinds = draw.choice(len(KINDS), size=side, p=KIND_SHARES)
        made += [
            _profile(draw, country, number, KINDS[kind], chance, themes) for number, kind in enumerate(kinds)
        ]
    return made


def _profile(
    draw: np.random.Generator, country: str, number: int, kind: str, chance: Any, themes: Any
) -> Profile:
    sized = draw.random() < 0.95
    bilingual = _LANGUAGES[country][int(draw.random() < 0.3)]
    released = int(draw.integers(0, 12))
    return Profile(
        id=number + 1 + (10_000_000 if country == "CN" else 0),
        code=f"{country.lower()}-{number:07}",
        country=country,
        kind=kind,
        needs=_levels(draw, 0.79, chance),
        offers=_levels(draw, 0.88, chance),
        population=int(10 ** draw.uniform(4, 7.4)) if kind == "city" and sized else None,
        size_band=str(draw.choice(SIZE_BANDS)) if kind != "city" and sized else None,
        seeks=_some(draw, 0.5, KINDS, 2),
        refuses=_some(draw, 0.03, KINDS, 1),
        partnership_types=_some(draw, 0.6, PARTNERSHIP_TYPES, 4),
        stage=_maybe(draw, 0.5, STAGES),
        horizon=_maybe(draw, 0.5, HORIZONS),
        budget=_maybe(draw, 0.4, BUDGET_BANDS),
        languages=frozenset(bilingual) & frozenset(LANGUAGES),
        capacity_left=0 if draw.random() < 0.02 else 3,
        trust=TrustFacts(
            verified_evidence=int(draw.integers(0, 5)),
            released=released,
            answered=int(draw.integers(0, released + 1)),
            days_since_confirmed=int(draw.integers(0, 500)) if draw.random() < 0.8 else None,
        ),
        statement_vector=_statement(draw, themes) if draw.random() < 0.7 else None,
    )


def _levels(draw: np.random.Generator, share: float, chance: Any) -> dict[str, int]:
    if draw.random() >= share:
        return {}
    chosen = draw.choice(len(TOPICS), size=int(draw.integers(2, 11)), replace=False, p=chance)
    return {TOPICS[topic].slug: int(draw.integers(1, 4)) for topic in chosen}


def _some(draw: np.random.Generator, share: float, words: Any, most: int) -> frozenset[str]:
    if draw.random() >= share:
        return frozenset()
    return frozenset(draw.choice(words, size=int(draw.integers(1, most + 1)), replace=False).tolist())


def _maybe(draw: np.random.Generator, share: float, words: Any) -> str | None:
    return str(draw.choice(words)) if draw.random() < share else None


def _statement(draw: np.random.Generator, themes: Any) -> bytes:
    """Some way off one of forty themes, as statements of a field are."""
    vector = themes[draw.integers(len(themes))] + draw.normal(size=STORED_TEXT) * draw.uniform(0.8, 2.5)
    return bytes(np.rint(127 * vector / np.linalg.norm(vector)).astype(np.int8))


def snapshot(side: int, *, seed: int = 1, policy: Policy | None = None) -> Snapshot:
    """A run's input of `side` organizations a country, with answers and introductions for one in ten."""
    profiles = register(side, seed=seed)
    draw = np.random.default_rng(seed + 1)
    pairs = [
        frozenset(
            zip(
                draw.integers(1, side + 1, size=side // 10).tolist(),
                (draw.integers(1, side + 1, size=side // 10) + 10_000_000).tolist(),
                strict=True,
            )
        )
        for _ in range(2)
    ]
    return build_snapshot(
        profiles,
        topics=TOPICS,
        constraints=Constraints(declines=pairs[0], introductions=pairs[1]),
        policy=policy or Policy.default(),
        as_of=AS_OF,
    )
