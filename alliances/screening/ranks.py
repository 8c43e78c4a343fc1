"""How much each word of a name tells of who is meant, and which word a mistyped one is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from alliances.name_words import SAME_WORD as SAME_WORD_OF_REGISTER
from alliances.names import has_han, place_words
from alliances.places import ENGLISH_OF_PLACE, PLACES_ZH
from alliances.screening.abbreviations import SAME_WORD
from alliances.screening.spellings import is_pinyin, is_spelt_pinyin, old_spelling, spellings
from alliances.screening.words import COUNTRIES, ENGLISH, EVERYDAY, FORMS, GENERAL, TOWNS


class Rank:
    """How much a word tells of who is meant."""

    GENERIC, COMMON, OWN = range(3)


# What a word weighs, by the highest rank among the words of the listed name, then by its own.
_WEIGHTS = ((1.0, 1.0, 1.0), (0.5, 1.0, 1.0), (0.05, 0.3, 1.0))


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    """Latin words and Chinese pieces that do not pick a name out; all others do."""
    ranks = dict.fromkeys(EVERYDAY, Rank.COMMON)
    for zh, english in ENGLISH.items():
        if not EVERYDAY.issuperset(english.split()):
            continue
        rank = Rank.GENERIC if GENERAL.issuperset(english.split()) else Rank.COMMON
        ranks[zh] = rank
        for spelt in (*spellings(zh), old_spelling(zh)):
            ranks.setdefault(spelt, rank)
    misread = (spelt for zh in _places() if has_han(zh) for spelt in (*spellings(zh), old_spelling(zh)))
    return ranks | dict.fromkeys((*GENERAL, *_places(), *misread), Rank.GENERIC)


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    return place_words() | PLACES_ZH | ENGLISH_OF_PLACE.keys() | COUNTRIES | TOWNS


def rank(word: str) -> int:
    return _ranks().get(word, Rank.OWN)


def weights_for(listed: Sequence[str]) -> tuple[float, float, float]:
    """What words weigh, by rank, in a comparison with a listed name of these."""
    return _WEIGHTS[max(map(rank, listed))]


def is_telling(word: str) -> bool:
    """Whether two names that differ in such words are of two: all but general words. Places are telling."""
    return word not in GENERAL and not GENERAL.issuperset(ENGLISH.get(word, word).split())


def is_place(word: str) -> bool:
    return word in _places()


# From here on a word one slip from an everyday one is that one, mistyped; from there on one two slips off.
LONG, _VERY_LONG = 7, 10


@lru_cache(maxsize=1)
def _long_everyday() -> dict[str, list[str]]:
    """Long everyday words by their first letter, at which hands slip least."""
    words = EVERYDAY | FORMS | SAME_WORD.keys() | set(SAME_WORD.values()) | SAME_WORD_OF_REGISTER.keys()
    return _by_first_letter(words)


@lru_cache(maxsize=1)
def _long_places() -> dict[str, list[str]]:
    return _by_first_letter(_places())


def _by_first_letter(words: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in sorted(words):
        if len(word) >= LONG and word.isascii():
            found.setdefault(word[0], []).append(word)
    return found


@lru_cache(maxsize=65536)
def corrected(word: str) -> str:
    """The everyday word that this one is, mistyped by a letter or, where it is very long, by two; or the
    place, by a letter."""
    if len(word) < LONG - 1 or rank(word) < Rank.OWN:
        return word
    near = [
        (slips, other)
        for other in _long_everyday().get(word[0], ())
        if (slips := OSA.distance(word, other, score_cutoff=2)) <= (2 if len(other) >= _VERY_LONG else 1)
    ]
    near = near or [
        (1, place)
        for place in (() if is_spelt_pinyin(word) else _long_places().get(word[0], ()))
        if OSA.distance(word, place, score_cutoff=1) <= 1
    ]
    meant = min(near, default=(0, _written_out(word)))[1]
    return _usual(meant)


def _written_out(word: str) -> str:
    """The one everyday word that begins so, where it is cut off: "commerc", "metallurg"."""
    begin_so = {_usual(other) for other in _long_everyday().get(word[0], ()) if other.startswith(word)}
    return begin_so.pop() if len(begin_so) == 1 and not is_pinyin(word) else word


def _usual(word: str) -> str:
    word = SAME_WORD_OF_REGISTER.get(word, word)
    return SAME_WORD.get(word, word)


def shortened(word: str) -> set[str]:
    """The word with each one letter left out: two words one slip apart share one of these, or are one."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}
