"""What a profile must keep to before it is encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matchmaking.engine.names import (
    BUDGET_BANDS,
    COUNTRIES,
    HORIZONS,
    KINDS,
    LANGUAGES,
    LEVELS,
    PARTNERSHIP_TYPES,
    SIZE_BANDS,
    STAGES,
    STORED_TEXT,
)
from matchmaking.engine.profiles import Profile, ProfileError, Topic

_WORDS: Mapping[str, tuple[str, ...]] = {
    "country": COUNTRIES,
    "kind": KINDS,
    "size_band": SIZE_BANDS,
    "stage": STAGES,
    "horizon": HORIZONS,
    "budget": BUDGET_BANDS,
}
_SETS: Mapping[str, tuple[str, ...]] = {
    "seeks": KINDS,
    "refuses": KINDS,
    "partnership_types": PARTNERSHIP_TYPES,
    "languages": LANGUAGES,
}


def check_topics(topics: Sequence[Topic]) -> tuple[str, ...]:
    """The slugs in the order given. Raises ValueError for one stated twice."""
    slugs = tuple(topic.slug for topic in topics)
    twice = sorted({slug for slug in slugs if slugs.count(slug) > 1})
    if twice:
        raise ValueError(f"topics stated twice: {', '.join(twice)}")
    return slugs


def check_profiles(profiles: Sequence[Profile], *, topics: frozenset[str]) -> None:
    """Raises `ProfileError` for the first profile that cannot be scored."""
    codes: set[str] = set()
    ids: set[int] = set()
    for profile in profiles:
        if profile.code in codes:
            raise ProfileError(profile.code, "code", profile.code, "another profile has this code")
        if profile.id in ids:
            raise ProfileError(profile.code, "id", profile.id, "another profile has this id")
        codes.add(profile.code)
        ids.add(profile.id)
        _check_words(profile)
        _check_levels(profile, "needs", profile.needs, topics)
        _check_levels(profile, "offers", profile.offers, topics)
        _check_figures(profile)


def _check_words(profile: Profile) -> None:
    for field, words in _WORDS.items():
        word = getattr(profile, field)
        required = field in ("country", "kind")
        if word not in words and (required or word is not None):
            raise ProfileError(profile.code, field, word, f"use one of {', '.join(words)}")
    for field, words in _SETS.items():
        for word in sorted(getattr(profile, field)):
            if word not in words:
                raise ProfileError(profile.code, field, word, f"use one of {', '.join(words)}")


def _check_levels(profile: Profile, field: str, levels: Mapping[str, int], topics: frozenset[str]) -> None:
    for slug, level in levels.items():
        if slug not in topics:
            raise ProfileError(profile.code, field, slug, "no such leaf topic")
        if isinstance(level, bool) or level not in LEVELS:
            raise ProfileError(profile.code, f"{field}.{slug}", level, "use a level of 1, 2 or 3")


def _check_figures(profile: Profile) -> None:
    if profile.population is not None:
        if profile.size_band is not None:
            raise ProfileError(profile.code, "size_band", profile.size_band, "the population is given too")
        if profile.population < 1:
            raise ProfileError(
                profile.code, "population", profile.population, "use one or more, or none stated"
            )
    vector = profile.statement_vector
    if vector is not None and len(vector) != STORED_TEXT:
        raise ProfileError(profile.code, "statement_vector", len(vector), f"store {STORED_TEXT} bytes")
    facts = profile.trust
    figures = {
        "trust.verified_evidence": facts.verified_evidence or 0,
        "trust.released": facts.released,
        "trust.answered": facts.answered,
        "trust.days_since_confirmed": facts.days_since_confirmed or 0,
    }
    for field, figure in figures.items():
        if figure < 0:
            raise ProfileError(profile.code, field, figure, "use zero or more")
    if facts.answered > facts.released:
        raise ProfileError(profile.code, "trust.answered", facts.answered, "more answers than released")
