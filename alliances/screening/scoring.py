"""How like a name is to those on the lists: a score in [0, 1] for each alias, and what speaks for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from alliances.enums import LikenessReason
from alliances.names import fold, has_han
from alliances.screening.keys import (
    BEGINNING,
    LONG_BEGINNING,
    SHORTEST_ACRONYM,
    SHORTEST_SHORT_NAME,
    TOGETHER,
    asked_keys,
    has_long_beginning,
    listed_keys,
    own_words,
    run_together,
    word_keys,
)
from alliances.screening.likeness import likeness
from alliances.screening.names import parts_of, readings
from alliances.screening.ranks import is_place, rank, weights_for
from alliances.screening.reading import Reading
from alliances.screening.spellings import is_spelt_pinyin
from alliances.screening.words import STATE

# From here on a name is a hit. A name that holds a listed one whole, with general words or sectors added,
# passes; one that lacks, or adds, as much of what picks it out as half of what both share does not.
THRESHOLD = 0.82

# What of a listed name's weight a hit shares at least: twice it is that part of both weights together.
LEAST_SHARED = THRESHOLD / (2 - THRESHOLD)

# "Su Bin" is in many a name.
_SHORTEST_HOUSE = 8
_UNIVERSITIES_IN_ENGLISH = frozenset(("university", "college", "institute"))

_CAPITALS = re.compile("[A-Z]+")
_VOWELS = re.compile("[aeiouy]")

# The house in the name of one of its parts.
_PART = 0.9

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


class Alias(NamedTuple):
    """A reading of one of an entry's names."""

    entry: int
    alias: str
    reading: Reading
    # Whether the entry has a name in Chinese: of a Chinese name that one says more than its pinyin does.
    has_chinese: bool
    # Whether it says who is meant even where it is but a part of a name.
    names_house: bool


class Matcher:
    """Listed names, read once, with which any number of names are compared."""

    def __init__(self, listed: Iterable[Listed], heartbeat: Callable[[], None] | None = None) -> None:
        """`heartbeat` is called now and then: reading a large list takes some seconds."""
        self.aliases: list[Alias] = []
        self._by_key: dict[str, list[int]] = {}
        self._looks: dict[int, _Look] = {}
        for entry in listed:
            has_chinese = any(map(has_han, entry.names))
            read = {name: readings(name, listed=True) for name in dict.fromkeys(entry.names)}
            is_called = {
                word for found in read.values() for one in found if not one.derived for word in one.words
            }
            for name, found in read.items():
                for reading in found:
                    if _is_superseded(reading, is_called):
                        continue
                    if _is_nobody(reading) and not all(map(_is_nobody, found)):
                        continue
                    house = names_house(reading, entry.names)
                    self.aliases.append(Alias(entry.key, name, reading, has_chinese, house))
        frequency = Counter(word for alias in self.aliases for word in alias.reading.words)
        for place, alias in enumerate(self.aliases):
            if heartbeat and place % BETWEEN_BEATS == 0:
                heartbeat()
            for key in listed_keys(alias.reading, frequency, LEAST_SHARED):
                self._by_key.setdefault(key, []).append(place)

    def keys(self) -> dict[int, set[str]]:
        """By entry, the keys of which every name like one of its names has at least one (`keys_of`)."""
        found: dict[int, set[str]] = {alias.entry: set() for alias in self.aliases}
        for key, places in self._by_key.items():
            for place in places:
                found[self.aliases[place].entry].add(key)
        return found

    def matches(self, name: str) -> list[Match]:
        """The entries that the name is like, the likest first; of each entry the best alias."""
        best: dict[int, Match] = {}
        for asked, is_part in asked_readings(name):
            keys = asked_keys(asked)
            for place in sorted({place for key in keys for place in self._by_key.get(key, ())}):
                alias = self.aliases[place]
                look = self._looks.get(place) or self._looks.setdefault(place, _look_for(alias.reading))
                if not _may_be_like(look, keys):
                    continue
                score, why = compared(asked, alias, is_part=is_part)
                known = best.get(alias.entry)
                if score >= THRESHOLD and (known is None or score > known.score):
                    best[alias.entry] = Match(alias.entry, alias.alias, score, why)
        return sorted(best.values(), key=lambda match: (-match.score, match.key))


def _is_superseded(reading: Reading, is_called: Set[str]) -> bool:
    """Whether it is a university's translated name beside the one it has in English: 理工 and 工业 are both
    "technology", and are two universities."""
    return (
        reading.derived
        and not _UNIVERSITIES_IN_ENGLISH.isdisjoint(reading.words)
        and not (_UNIVERSITIES_IN_ENGLISH.isdisjoint(is_called))
    )


def _is_nobody(reading: Reading) -> bool:
    """Whether it is no more than a place, as in the brackets beside a name: (USA)."""
    return all(word in STATE or is_place(word) or word == "us" for word in reading.words)


def keys_of(name: str) -> set[str]:
    """Keys, of which the entries that this name is like have at least one."""
    return set().union(*(asked_keys(asked) for asked, _is_part in asked_readings(name)))


def asked_readings(name: str) -> Iterator[tuple[Reading, bool]]:
    """The readings of a name and, so marked, those of its parts that may name the house it belongs to."""
    whole = readings(name)
    yield from ((reading, False) for reading in whole)
    parts = dict.fromkeys(reading for part in parts_of(name) for reading in readings(part))
    yield from ((reading, True) for reading in parts if reading not in whole)


def names_house(reading: Reading, names: Sequence[str]) -> bool:
    """Whether a part of a name that reads so means this entry: several words that are not all general ones,
    or an acronym of another of its names."""
    if reading.is_han:
        return len(reading.joined) >= SHORTEST_SHORT_NAME and max(map(rank, reading.words)) > 0
    if len(reading.words) > 1:
        return len(reading.joined) >= _SHORTEST_HOUSE and max(map(rank, reading.words)) > 0
    word = reading.joined
    if reading.derived or len(word) < SHORTEST_ACRONYM or is_spelt_pinyin(word):
        return False
    written_out = [name for name in names if word.upper() not in _CAPITALS.findall(name)]
    if len(written_out) == len(names):
        return False
    # Letters that nobody can pronounce are initials, too, of a name that the entry does not state.
    return not _VOWELS.search(word) or any(_is_acronym(word, fold(name)) for name in written_out)


def _is_acronym(word: str, name: str) -> bool:
    """Whether a word is made of letters of a name, in their order, from the first of one of its words on."""
    words = name.split()
    for start in range(len(words) - 1):
        letters = iter("".join(words[start:]))
        if words[start][0] == word[0] and all(letter in letters for letter in word):
            return True
    return False


def compared(asked: Reading, alias: Alias, *, is_part: bool) -> tuple[float, LikenessReason]:
    """How like a name, or a part of one, is to a listed one; 0 where another of the entry's says more."""
    # A word alone is a part only as an acronym: "Dawning Hope" is not Dawning Information.
    is_less = is_part and not asked.is_han and len(asked.words) < min(2, len(alias.reading.words))
    if (asked.derived and alias.has_chinese) or (is_part and not alias.names_house) or is_less:
        return 0.0, LikenessReason.SAME
    score, why = likeness(asked, alias.reading)
    return (round(score * _PART, 3), LikenessReason.PART) if is_part else (score, why)


class _Look(NamedTuple):
    """What of a listed reading is looked for among the keys of a name, before the two are compared."""

    needed: float
    weighed: tuple[tuple[float, frozenset[str]], ...]
    own: tuple[frozenset[str], ...]
    whole: frozenset[str]


def _look_for(listed: Reading) -> _Look:
    weigh = weights_for(listed.words)
    weighed = tuple((weigh[rank(word)], word_keys(word)) for word in listed.words)
    whole = {f"{TOGETHER}{word}" for word in (listed.joined, *run_together(listed.words))}
    if has_long_beginning(listed):
        whole.add(f"{BEGINNING}{listed.joined[:LONG_BEGINNING]}")
    return _Look(
        LEAST_SHARED * sum(weight for weight, _keys in weighed),
        weighed,
        tuple(map(word_keys, own_words(listed))),
        frozenset(whole),
    )


def _may_be_like(look: _Look, asked: set[str]) -> bool:
    """Whether enough of a listed name's words, or all that pick it out, are among these keys."""
    shared = 0.0
    for weight, keys in look.weighed:
        if not keys.isdisjoint(asked):
            shared += weight
    if shared >= look.needed or not look.whole.isdisjoint(asked):
        return True
    return bool(look.own) and not any(keys.isdisjoint(asked) for keys in look.own)
