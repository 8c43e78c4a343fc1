"""How alike two entries are by what they call themselves. Pure: reads the two entries and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from alliances.enums import Country, Kind
from alliances.name_words import COMMON, ENGLISH_OF_ZH, GENERIC
from alliances.names import (
    ComparableName,
    comparable,
    english_reading,
    pieces,
    pinyin,
    place_words,
    region_in_name,
    region_of,
    stem_of,
)
from alliances.places import ENGLISH_OF_PLACE, PLACES_ZH

# From here on two entries are shown to a person as perhaps the same organization.
THRESHOLD = 0.8


@dataclass(frozen=True)
class StatedNames:
    """What is known of an organization's identity. `identifiers` are normalised values by their kind."""

    kind: str
    country: str
    region: str = ""
    name_en: str = ""
    name_zh: str = ""
    aliases: Sequence[str] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)


class Likeness(NamedTuple):
    """How likely two entries are one organization, in [0, 1], and what speaks for it; empty at 0."""

    score: float
    why: str


def likeness(a: StatedNames, b: StatedNames) -> Likeness:
    """How likely two entries are one organization, either way round; reads nothing but the two."""
    return compare(party_of(a), party_of(b))


class Party(NamedTuple):
    """An entry with its names read."""

    kind: str
    country: str
    region: str
    latin: tuple[ComparableName, ...]
    han: tuple[ComparableName, ...]
    identifiers: Mapping[str, str]


class _Evidence(NamedTuple):
    """What speaks for two entries being one: how strongly, and whether the name is the very same."""

    score: float
    why: Promise | str
    name: ComparableName
    exact: bool = False


NOT_ALIKE = Likeness(0.0, "")

SAME_IDENTIFIER = _("The same registration number")
SAME_CHINESE = _("The same name in Chinese")
NEAR_CHINESE = _("Nearly the same name in Chinese, same state or province")
SAME_ENGLISH = _("The same name in English")
NEAR_ENGLISH = _("Nearly the same name in English, same state or province")
SAME_PINYIN = _("The same name in pinyin")
SAME_TRANSLATED = _("The same name, in English and in Chinese")
SHORT_FORM = _("One name is the other's initials, same state or province")
LONGER_NAME = _("The same name with general words added")
OTHER_REGION = _("The same name in another state or province")


def party_of(stated: StatedNames) -> Party:
    """The entry with every reading of every name; a city's state or province also from behind its name."""
    region = region_of(stated.country, stated.region)
    is_place = stated.kind == Kind.CITY
    if is_place and not region:
        region = region_in_name(stated.country, stated.name_en)
    latin: dict[ComparableName, None] = {}
    han: dict[ComparableName, None] = {}
    for name in (stated.name_en, stated.name_zh, *stated.aliases):
        if name:
            for reading in comparable(name, is_place=is_place, country=stated.country, region=region):
                (latin if reading.words else han)[reading] = None
    return Party(stated.kind, stated.country, region, tuple(latin), tuple(han), stated.identifiers)


def compare(a: Party, b: Party) -> Likeness:
    """As `likeness`, of entries that are read already."""
    if a.country != b.country:
        return NOT_ALIKE
    numbers = [value == b.identifiers[kind] for kind, value in a.identifiers.items() if kind in b.identifiers]
    if any(numbers):
        return Likeness(1.0, str(SAME_IDENTIFIER))
    other_region = bool(a.region and b.region and a.region != b.region)
    if other_region and Kind.CITY in (a.kind, b.kind):
        return NOT_ALIKE
    same_region = bool(a.region) and a.region == b.region
    best, why = 0.0, ""
    for evidence in _evidence(a, b, same_region):
        score = _weighed(evidence, a, b, same_region, other_region)
        if numbers:  # they differ: two legal persons, or a number copied wrongly
            score = score * 0.9 if evidence.exact else 0.0
        if score > best:
            best, why = score, str(OTHER_REGION if other_region else evidence.why)
    return Likeness(round(best, 3), why)


def _weighed(evidence: _Evidence, a: Party, b: Party, same_region: bool, other_region: bool) -> float:
    """The evidence's score in the light of kinds and regions; 0 where they speak against it."""
    score, name = evidence.score, evidence.name
    if a.kind != b.kind:
        if Kind.CITY in (a.kind, b.kind) and (not evidence.exact or _is_bare_place(name)):
            return 0.0
        score *= 0.97
    if other_region:
        # Firms move, and state another seat: only a name that picks one out bridges that.
        return score * 0.86 if evidence.exact and is_distinctive(name) else 0.0
    return score if same_region else score * 0.95


def _evidence(a: Party, b: Party, same_region: bool) -> Iterator[_Evidence]:
    """Everything in the names that speaks for the two being one."""
    both_han, both_latin = bool(a.han and b.han), bool(a.latin and b.latin)
    chinese = list(_han_evidence(a, b, same_region)) if both_han else []
    if a.country == Country.US and both_latin:
        # The Chinese name of a US organization is a rendering: several may share one, though not nearby.
        chinese = [found._replace(score=0.85) for found in chinese if found.exact and same_region]
    yield from chinese
    # Suzhou and Suzhou: where both Chinese names are known and only sound alike, English says nothing more.
    # Where they differ, the English name is a translation: others, elsewhere, may have chosen the same.
    if a.country == Country.CN and both_han and not chinese:
        if same_region and not _sound_alike(a, b):
            yield from (found for found in _latin_evidence(a, b, same_region) if found.exact)
        return
    if both_latin:
        yield from _latin_evidence(a, b, same_region)
    if not both_han:
        yield from _reading_evidence(a, b)
        yield from _reading_evidence(b, a)


def _same_level(x: ComparableName, y: ComparableName, country: str) -> bool:
    """Whether two names of places may mean one government: a city is not the county of its name.

    A Chinese name without a level may be any of its name; an American one is a city or town.
    """
    if x.level == y.level:
        return True
    if x.level and y.level:
        return False
    return country == Country.CN or (x.level or y.level) in ("city", "town", "village")


def _shortens(party: Party, name: ComparableName) -> bool:
    """Whether the party has a fuller name of which this is a part, or the initials.

    Siemens Mobility and Siemens Energy are both called Siemens: then the fuller names decide.
    """
    if name.words:
        words = set(name.words)
        fuller = [full for full in party.latin if full.stated != name.stated]
        return any(words < set(full.words) or name.joined == full.initials for full in fuller)
    return any(name.joined in full.joined and name.joined != full.joined for full in party.han)


def is_distinctive(name: ComparableName) -> bool:
    """Whether a name holds more than places and words that many names hold."""
    if name.words:
        return any(word not in COMMON and word not in place_words() for word in name.words)
    return bool(stem_of(name.joined))


def _is_bare_place(name: ComparableName) -> bool:
    """Whether a city's name is a place alone, not an authority or a port in it."""
    if name.words:
        return bool(name.level) or len(name.words) < 2
    return bool(name.level) or len(name.joined) < 3 or name.joined in PLACES_ZH | ENGLISH_OF_PLACE.keys()


# --- Chinese against Chinese ----------------------------------------------------------------------


def _han_evidence(a: Party, b: Party, same_region: bool) -> Iterator[_Evidence]:
    for x in a.han:
        for y in b.han:
            if not _same_level(x, y, a.country):
                continue
            if x.joined == y.joined:
                if not (_shortens(a, x) and _shortens(b, y)):
                    yield _Evidence(1.0, SAME_CHINESE, x, exact=True)
            elif Kind.CITY not in (a.kind, b.kind) and (
                (_only_general_han(x.joined, y.joined) and not _shortens(a, x))
                or (_only_general_han(y.joined, x.joined) and not _shortens(b, y))
            ):
                yield _Evidence(0.87, LONGER_NAME, x)
            elif same_region and _mistyped_han(x.joined, y.joined):
                yield _Evidence(0.87, NEAR_CHINESE, x)


def _only_general_han(short: str, long: str) -> bool:
    """Whether the longer name adds to the shorter only general words, and a place where it has none."""
    if len(short) >= len(long) or short[0] not in long:
        return False
    stem = stem_of(short)
    if len(stem) < 2 or stem not in long:
        return False
    shorter, longer = set(pieces(short)), set(pieces(long))
    added = longer - shorter
    placed = shorter & PLACES_ZH
    return shorter < longer and all(
        ENGLISH_OF_ZH.get(piece) in GENERIC or (piece in PLACES_ZH and not placed) for piece in added
    )


def _mistyped_han(x: str, y: str) -> bool:
    """Whether one character stands for another of the same sound, as keyboards produce it.

    Short stems are names of their own however they sound (宏达, 鸿达), and so are places.
    """
    if len(x) != len(y) or len(x) < 4 or sum(p != q for p, q in zip(x, y, strict=True)) != 1:
        return False
    if min(len(stem_of(x)), len(stem_of(y))) < 3 or set(pieces(x)) & PLACES_ZH != set(pieces(y)) & PLACES_ZH:
        return False
    return pinyin(x) == pinyin(y)


def _sound_alike(a: Party, b: Party) -> bool:
    return not {pinyin(x.joined) for x in a.han}.isdisjoint(pinyin(y.joined) for y in b.han)


# --- Latin against Latin --------------------------------------------------------------------------


def _latin_evidence(a: Party, b: Party, same_region: bool) -> Iterator[_Evidence]:
    general = Kind.CITY not in (a.kind, b.kind)
    for x in a.latin:
        for y in b.latin:
            if not _same_level(x, y, a.country):
                continue
            if x.joined == y.joined:
                if not (_shortens(a, x) and _shortens(b, y)):
                    yield _Evidence(0.98, SAME_ENGLISH, x, exact=True)
            elif _same_words(x, y):
                yield _Evidence(0.95, SAME_ENGLISH, x, exact=True)
            elif same_region and (_abbreviates(a, x, y) or _abbreviates(b, y, x)):
                yield _Evidence(0.88, SHORT_FORM, x)
            elif same_region and (_mistyped(x, y) or (general and _mistyped(*_cores(x, y)))):
                yield _Evidence(0.88, NEAR_ENGLISH, x)
            elif general and (
                (_only_general(x, y, a.country) and not _shortens(a, x))
                or (_only_general(y, x, a.country) and not _shortens(b, y))
            ):
                yield _Evidence(0.87, LONGER_NAME, x)


def _same_words(x: ComparableName, y: ComparableName) -> bool:
    """Whether the words are the same in another order. Of universities the order tells two apart."""
    if len(x.joined) != len(y.joined) or len(x.words) < 2 or len(x.words) != len(y.words):
        return False
    return "university" not in x.words and "college" not in x.words and sorted(x.words) == sorted(y.words)


def _abbreviates(party: Party, short: ComparableName, long: ComparableName) -> bool:
    """Whether the party's short name is the initials of the long one, and of no full name of its own."""
    if len(short.words) > 1 or len(short.joined) < 3 or len(long.words) < 3:
        return False
    return short.joined == long.initials and not _shortens(party, short)


def _mistyped(x: ComparableName, y: ComparableName) -> bool:
    """Whether one word of the two names is spelt with a slip, or a space is missing beside it."""
    if fuzz.ratio(x.joined, y.joined, score_cutoff=80) == 0:
        return False
    if len(x.words) != len(y.words):
        return min(len(x.joined), len(y.joined)) >= 10 and _slip(x.joined, y.joined, 1)
    differing = [(p, q) for p, q in zip(x.words, y.words, strict=True) if p != q]
    if len(differing) != 1:
        return False
    p, q = differing[0]
    shortest = min(len(p), len(q))
    if shortest < (6 if len(x.words) == 1 else 5):
        return False
    return _slip(p, q, 1 if shortest < 9 else 2) and not (p in place_words() and q in place_words())


def _cores(x: ComparableName, y: ComparableName) -> tuple[ComparableName, ComparableName]:
    """Both names without general words, where only one of them has any that the other lacks."""
    general_x, general_y = set(x.words) & GENERIC, set(y.words) & GENERIC
    if not (general_x <= general_y or general_y <= general_x):
        return x, y
    return _core(x), _core(y)


def _core(name: ComparableName) -> ComparableName:
    words = tuple(word for word in name.words if word not in GENERIC)
    return ComparableName("".join(words), words)


def _slip(p: str, q: str, most: int) -> bool:
    """Whether the two differ by few letters, not by the first one and not by a number."""
    digits = [[sign for sign in word if sign.isdigit()] for word in (p, q)]
    return p[0] == q[0] and digits[0] == digits[1] and OSA.distance(p, q, score_cutoff=most) <= most


def _only_general(short: ComparableName, long: ComparableName, country: str) -> bool:
    """Whether the longer name only adds general words to the shorter, or in China the place it lacks."""
    shorter, longer = set(short.words), set(long.words)
    if not shorter < longer or not is_distinctive(short):
        return False
    places = place_words() if country == Country.CN else frozenset()
    placed = shorter & places
    return all(word in GENERIC or (word in places and not placed) for word in longer - shorter)


# --- Latin against Chinese ------------------------------------------------------------------------


# How ü is typed where a keyboard lacks it: Lvliang, Lyuliang.
_UMLAUT = re.compile("(?<=[ln])(?:v|yu)")


def _reading_evidence(latin: Party, han: Party) -> Iterator[_Evidence]:
    """Latin names that say a Chinese name in pinyin, its everyday words translated or not."""
    for x in latin.latin:
        spelt = {x.joined, _UMLAUT.sub("u", x.joined)}
        for y in han.han:
            if not _same_level(x, y, latin.country):
                continue
            words = english_reading(y.joined)
            read = ComparableName("".join(words), words)
            if "".join(pinyin(y.joined)) in spelt:
                yield _Evidence(0.95, SAME_PINYIN, y, exact=True)
            elif read.joined in spelt or _same_words(x, read):
                yield _Evidence(0.95, SAME_TRANSLATED, y, exact=True)
            elif Kind.CITY not in (latin.kind, han.kind) and (
                _only_general(x, read, latin.country) or _only_general(read, x, latin.country)
            ):
                yield _Evidence(0.87, LONGER_NAME, y)
