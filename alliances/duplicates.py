"""Whether an organization is in the register already, under the same or nearly the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from alliances.enums import Kind, OrganizationState
from alliances.likeness import NOT_ALIKE, THRESHOLD, Likeness, Party, StatedNames, compare, party_of
from alliances.models import Organization
from alliances.name_words import COMMON, ENGLISH_OF_ZH, GENERIC
from alliances.names import english_reading, fold, has_han, pinyin, place_words, stem_of
from alliances.places import ENGLISH_OF_PLACE, PINYIN_OF_OLD_SPELLING, PLACES_ZH


class Duplicate(NamedTuple):
    """An organization that may be the stated one. Who may not see it learns only that one exists."""

    organization: Organization
    score: float
    why: str


def find_duplicates(
    stated: StatedNames,
    *,
    exclude: int | None = None,
    identifiers: Mapping[int, Mapping[str, str]] | None = None,
) -> list[Duplicate]:
    """The organizations that may be the stated one, the likeliest first: two queries, one where none is.

    `exclude` is the organization being edited. `identifiers` are what the register holds, by organization.
    """
    candidates = Organization.objects.filter(country=stated.country).exclude(
        state__in=(OrganizationState.REJECTED, OrganizationState.WITHDRAWN)
    )
    if exclude is not None:
        candidates = candidates.exclude(pk=exclude)
    held = identifiers or {}
    columns = ("pk", "kind", "country", "region", "name_en", "name_zh", "aliases")
    known = {
        pk: StatedNames(kind, country, region, name_en, name_zh, aliases, held.get(pk, {}))
        for pk, kind, country, region, name_en, name_zh, aliases in candidates.values_list(*columns)
    }
    found = KnownNames(known).alike(stated)
    organizations = Organization.objects.in_bulk(found) if found else {}
    duplicates = [Duplicate(organizations[pk], *found[pk]) for pk in organizations]
    return sorted(duplicates, key=lambda one: (-one.score, one.organization.code))


class KnownNames:
    """Names with which others are compared, one after the other; spelt once."""

    def __init__(self, known: Mapping[int, StatedNames]) -> None:
        self.known = known
        self.spelt = {pk: _spelt(names) for pk, names in known.items()}

    def alike(self, stated: StatedNames) -> dict[int, Likeness]:
        """Those that may be the stated one. An empty kind, on either side, is whatever the other's is."""
        found: dict[int, Likeness] = {}
        for kind in (stated.kind,) if stated.kind else (Kind.CITY, Kind.FIRM):
            party = party_of(replace(stated, kind=kind))
            for pk in _worth_comparing(party, self.known, self.spelt):
                other = self.known[pk]
                mine, theirs = party, party_of(replace(other, kind=other.kind or kind))
                if not stated.kind and other.kind:
                    if (other.kind == Kind.CITY) != (kind == Kind.CITY):
                        continue
                    mine = party._replace(kind=other.kind)
                likeness = compare(mine, theirs)
                if likeness.score >= max(THRESHOLD, found.get(pk, NOT_ALIKE).score):
                    found[pk] = likeness
        return found


# --- A first look -------------------------------------------------------------------------------
# Reading every name of a large register takes a second. So what the stated names turn on is first looked
# for, roughly spelt, in the joined names of everybody: that passes all that `compare` would find alike,
# and few others.

ROUGHLY_SPELT = 77  # a slip in five letters, two in nine


def _worth_comparing(party: Party, known: Mapping[int, StatedNames], spelt: Mapping[int, str]) -> set[int]:
    """The organizations that share a number with the party, or a word that its names turn on."""
    passed = {
        pk
        for pk, names in known.items()
        if any(names.identifiers.get(kind) == value for kind, value in party.identifiers.items())
    }
    for hook in set(_hooks(party)):
        hits = process.extract(hook, spelt, scorer=fuzz.partial_ratio, score_cutoff=ROUGHLY_SPELT, limit=None)
        passed.update(pk for _, _, pk in hits)
    for name in party.latin:
        if len(name.words) == 1 and 3 <= len(name.joined) <= 8 and name.joined not in place_words():
            passed.update(
                pk
                for pk, names in known.items()
                if any(_may_abbreviate(name.joined, full) for full in (names.name_en, *names.aliases))
            )
    return passed


def _hooks(party: Party) -> Iterator[str]:
    """What a like name holds, however it is written: its rarest words in letters, its Chinese in pinyin."""
    for name in party.latin:
        yield from _rarest(name.words)
        if len(name.words) > 2:
            yield name.initials
    for name in party.han:
        stem = stem_of(name.joined)
        yield (stem if len(stem) > 1 else name.joined).translate(_spelling())
        yield from _rarest(english_reading(name.joined))


def _rarest(words: tuple[str, ...]) -> Iterator[str]:
    """The words that pick a name out, its own, else its places, else the longest; and how else they stand."""
    own = [word for word in words if word not in COMMON and word not in place_words()]
    places = [word for word in words if word in place_words()]
    telling = [word for word in words if word not in GENERIC] or words
    for word in own or places or [max(telling, key=len)]:
        yield word
        yield from (old for old, modern in PINYIN_OF_OLD_SPELLING.items() if modern == word)
        yield from (
            han.translate(_spelling())
            for translations in (ENGLISH_OF_ZH, ENGLISH_OF_PLACE)
            for han, english in translations.items()
            if word in english.split()
        )


_BEGINNINGS = re.compile(r"\b(?:\w\w?\b|\w)")


def _may_abbreviate(acronym: str, full: str) -> bool:
    """Whether the letters begin words of the full name, in their order; short words count whole."""
    letters = iter("".join(_BEGINNINGS.findall(full.lower())))
    return all(letter in letters for letter in acronym)


class _Spelling(dict[int, str]):
    """Each character in plain small letters, a Chinese one in one pinyin; filled as it is asked."""

    def __missing__(self, point: int) -> str:
        sign = chr(point)
        self[point] = "".join(pinyin(sign)) if has_han(sign) else fold(sign)
        return self[point]


@lru_cache(maxsize=1)
def _spelling() -> _Spelling:
    """Characters that places are written with are read as they are there."""
    of_places = ((place, pinyin(place)) for place in sorted(PLACES_ZH))
    return _Spelling(
        (ord(sign), syllable)
        for place, syllables in of_places
        for sign, syllable in zip(place, syllables, strict=True)
    )


def _spelt(names: StatedNames) -> str:
    """All names of an entry as one run of letters."""
    return "".join((names.name_en, names.name_zh, *names.aliases)).translate(_spelling())
