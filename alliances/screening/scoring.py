"""How like a name is to those on the lists: a score in [0, 1] for each alias, and what speaks for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from alliances.enums import LikenessReason
from alliances.names import has_han, pinyin
from alliances.screening.names import (
    LONG_PINYIN,
    MOST_RUN_TOGETHER,
    SHORTEST_MISTYPED_PINYIN,
    TOGETHER,
    Reading,
    asked_keys,
    is_pinyin,
    is_telling,
    listed_keys,
    may_be_mistyped,
    rank,
    readings,
    run_together,
    sound,
    weights_for,
    word_keys,
)
from alliances.screening.words import INSTITUTIONS, UNIVERSITIES

# From here on a name is a hit. A name that holds a listed one whole, with general words or sectors added,
# passes; one that lacks, or adds, as much of what picks it out as half of what both share does not.
THRESHOLD = 0.82

# What of a listed name's weight a hit shares at least: twice it is that part of both weights together.
LEAST_SHARED = THRESHOLD / (2 - THRESHOLD)

_CONSONANTS = re.compile("[^aeiou]")

_ANOTHER_ORDER = 0.98
_DERIVED = 0.97
# Each of the two has a word of its own: they may be sisters, and are not one.
_TWO_NAMES = 0.75
# Branches and daughters put what they do behind the name of the house.
_BEGINS_WITH = 0.88
# A general word tells little where a name adds it, more where it lacks it: Mobile is not China Mobile.
_LACKING = 0.15
# More than a slip and the letters that one transliteration writes double.
_LENGTHS_APART = 3
_SAME_SOUND, _ONE_SLIP = 0.96, 0.93


BETWEEN_BEATS = 10_000


class Listed(NamedTuple):
    """An entry of a list, by its key: its name and its aliases."""

    key: int
    names: Sequence[str]


class Match(NamedTuple):
    """An entry that a name is like, by the alias that it is most like."""

    key: int
    alias: str
    score: float
    why: LikenessReason


class _Alias(NamedTuple):
    entry: int
    alias: str
    reading: Reading
    # Whether the entry has a name in Chinese: of a Chinese name that one says more than its pinyin does.
    has_chinese: bool


class Matcher:
    """Listed names, read once, with which any number of names are compared."""

    def __init__(self, listed: Iterable[Listed], heartbeat: Callable[[], None] | None = None) -> None:
        """`heartbeat` is called now and then: reading a large list takes some seconds."""
        self._aliases: list[_Alias] = []
        self._by_key: dict[str, list[int]] = {}
        for entry in listed:
            has_chinese = any(map(has_han, entry.names))
            for name in dict.fromkeys(entry.names):
                for reading in readings(name, listed=True):
                    self._aliases.append(_Alias(entry.key, name, reading, has_chinese))
        frequency = Counter(word for alias in self._aliases for word in alias.reading.words)
        for place, alias in enumerate(self._aliases):
            if heartbeat and place % BETWEEN_BEATS == 0:
                heartbeat()
            for key in listed_keys(alias.reading, frequency, LEAST_SHARED):
                self._by_key.setdefault(key, []).append(place)

    def keys(self) -> dict[int, set[str]]:
        """By entry, the keys of which every name like one of its names has at least one (`keys_of`)."""
        found: dict[int, set[str]] = {alias.entry: set() for alias in self._aliases}
        for key, places in self._by_key.items():
            for place in places:
                found[self._aliases[place].entry].add(key)
        return found

    def matches(self, name: str) -> list[Match]:
        """The entries that the name is like, the likest first; of each entry the best alias."""
        best: dict[int, Match] = {}
        for asked in readings(name):
            keys = asked_keys(asked)
            for place in sorted({place for key in keys for place in self._by_key.get(key, ())}):
                alias = self._aliases[place]
                if (asked.derived and alias.has_chinese) or not _may_be_like(alias.reading, keys):
                    continue
                score, why = likeness(asked, alias.reading)
                known = best.get(alias.entry)
                if score >= THRESHOLD and (known is None or score > known.score):
                    best[alias.entry] = Match(alias.entry, alias.alias, score, why)
        return sorted(best.values(), key=lambda match: (-match.score, match.key))


def keys_of(name: str) -> set[str]:
    """Keys, of which the entries that this name is like have at least one."""
    return set().union(*map(asked_keys, readings(name)))


def _may_be_like(listed: Reading, asked: set[str]) -> bool:
    """Whether enough of a listed name's words can be found in a name of these keys: a first, quick look."""
    weigh = weights_for(listed)
    total = shared = 0.0
    for word in listed.words:
        weight = weigh[rank(word)]
        total += weight
        if not word_keys(word).isdisjoint(asked):
            shared += weight
    if shared >= LEAST_SHARED * total:
        return True
    return any(f"{TOGETHER}{word}" in asked for word in run_together(listed.words))


def likeness(asked: Reading, listed: Reading) -> tuple[float, LikenessReason]:
    """How like two readings are, and by what. Of Chinese in two scripts that one is derived is known."""
    if asked.is_han != listed.is_han or (asked.derived and listed.derived):
        return 0.0, LikenessReason.SAME
    ceiling = _DERIVED if asked.derived or listed.derived else 1.0
    if asked.joined == listed.joined:
        return ceiling, LikenessReason.DERIVED if ceiling < 1 else LikenessReason.SAME
    mine, theirs = _aligned(asked.words, listed.words), _aligned(listed.words, asked.words)
    pairs = _pairs(mine, theirs)
    left_mine = _left(mine, [one for one, _other, _how in pairs])
    left_theirs = _left(theirs, [other for _one, other, _how in pairs])
    weigh = weights_for(listed)
    shared = sum(how * min(weigh[rank(one)], weigh[rank(other)]) for one, other, how in pairs)
    lacking = sum(_LACKING for word in left_theirs if weigh[rank(word)] < _LACKING)
    total = sum(weigh[rank(word)] for word in (*mine, *theirs)) + lacking
    score = ceiling * 2 * shared / total
    if not left_mine and not left_theirs:
        if any(how < 1 for _one, _other, how in pairs):
            return round(score, 3), LikenessReason.SPELT_ALIKE
        return round(
            score * _ANOTHER_ORDER, 3
        ), LikenessReason.DERIVED if ceiling < 1 else LikenessReason.SAME_WORDS
    begins = not left_theirs and _begins_with(mine, [one for one, _other, _how in pairs])
    if begins:
        listed_alone = sum(weigh[rank(word)] for word in theirs)
        score = max(score, ceiling * _BEGINS_WITH * shared / listed_alone)
    if _are_two(left_mine, left_theirs, theirs, begins=begins):
        score *= _TWO_NAMES
    return round(score, 3), LikenessReason.BEGINS_WITH if begins else LikenessReason.GENERAL_WORDS


def _begins_with(words: Sequence[str], listed: Sequence[str]) -> bool:
    """Whether a name begins, perhaps behind a place, with a whole listed one: a part of it is called so.

    One word alone may be anybody's: "Dawning Hope".
    """
    if len(listed) < (2 if max(map(rank, listed)) == 2 else 3):
        return False
    start = 0
    while start < len(words) and words[start] not in listed and rank(words[start]) == 0:
        start += 1
    return sorted(words[start : start + len(listed)]) == sorted(listed)


def _are_two(
    left_mine: Sequence[str], left_theirs: Sequence[str], listed: Sequence[str], *, begins: bool
) -> bool:
    """Whether what is left of two names says that they are of two."""
    if any(map(is_telling, left_mine)) and any(map(is_telling, left_theirs)):
        return True
    if not INSTITUTIONS.isdisjoint(left_mine) and INSTITUTIONS.isdisjoint(listed):
        return True
    return not UNIVERSITIES.isdisjoint(listed) and not begins


def _aligned(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """The words, those run together that are one word of the other name."""
    wanted = [other for other in others if other not in words]
    found: list[str] = []
    start = 0
    while start < len(words):
        stop = start + 1
        for other in wanted:
            if other.startswith(words[start]):
                together, end = words[start], stop
                while end < len(words) and len(together) < len(other):
                    together += words[end]
                    end += 1
                if together == other and end - start <= MOST_RUN_TOGETHER:
                    stop = end
                    break
        found.append("".join(words[start:stop]))
        start = stop
    return found


def _pairs(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[str, str, float]]:
    """Which word of one name answers to which of the other: the same ones first, then those spelt alike."""
    left = list(theirs)
    found: list[tuple[str, str, float]] = []
    unmatched: list[str] = []
    for word in mine:
        if word in left:
            left.remove(word)
            found.append((word, word, 1.0))
        else:
            unmatched.append(word)
    for word in unmatched:
        how, other = max(((spelt_alike(word, other), other) for other in left), default=(0.0, ""))
        if how:
            left.remove(other)
            found.append((word, other, how))
    return found


def _left(words: Sequence[str], taken: Iterable[str]) -> list[str]:
    left = list(words)
    for word in taken:
        left.remove(word)
    return left


def spelt_alike(one: str, other: str) -> float:
    """Whether one word may be the other, mistyped or transliterated otherwise: how surely, 0 where not."""
    if abs(len(one) - len(other)) > _LENGTHS_APART:
        return 0.0
    if has_han(one) or has_han(other):
        return _ONE_SLIP if _same_sound_han(one, other) else 0.0
    if not (may_be_mistyped(one) and may_be_mistyped(other)):
        return 0.0
    if is_pinyin(one) and is_pinyin(other) and not _may_be_one_pinyin(one, other):
        return 0.0
    if [sign for sign in one if sign.isdigit()] != [sign for sign in other if sign.isdigit()]:
        return 0.0
    one, other = sound(one), sound(other)
    if one == other:
        return _SAME_SOUND
    return _ONE_SLIP if OSA.distance(one, other, score_cutoff=1) <= 1 else 0.0


def _may_be_one_pinyin(one: str, other: str) -> bool:
    """Whether two words of pinyin may be one, mistyped: long ones, and others that differ in a vowel alone.

    With another consonant it is the sound of another character: Huawei is not Huabei.
    """
    if min(len(one), len(other)) >= LONG_PINYIN:
        return True
    return min(len(one), len(other)) >= SHORTEST_MISTYPED_PINYIN and _CONSONANTS.findall(
        one
    ) == _CONSONANTS.findall(other)


def _same_sound_han(one: str, other: str) -> bool:
    """Whether one character stands for another of the same sound, as keyboards produce it.

    Two characters that sound alike are names of their own.
    """
    if len(one) != len(other) or len(one) < 3:
        return False
    return sum(p != q for p, q in zip(one, other, strict=True)) == 1 and pinyin(one) == pinyin(other)
