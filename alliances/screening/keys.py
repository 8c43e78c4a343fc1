"""The keys by which like names are found.

Two names are compared only where they share a key: a word as written, as it sounds, or either with one
letter left out, so that any two words that are one slip apart share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from alliances.names import has_han, pinyin
from alliances.screening.ranks import Rank, rank, shortened, weights_for
from alliances.screening.reading import MOST_RUN_TOGETHER, Reading
from alliances.screening.spellings import sound

# A shorter word with a letter changed is another word; so is one of pinyin, where each letter may make
# another character, up to this length.
SHORTEST_MISTYPED = 5
LONGEST_MISTYPED = 24
LONG_PINYIN = 10
SHORTEST_MISTYPED_PINYIN = 6
# Fewer capitals are initials of many.
SHORTEST_ACRONYM = 4
# With so many characters the beginning or the end of a Chinese name picks out whom all of it does.
SHORTEST_SHORT_NAME = 4


def may_be_mistyped(word: str) -> bool:
    return SHORTEST_MISTYPED <= len(word) <= LONGEST_MISTYPED and rank(word) == Rank.OWN


def listed_keys(listed: Reading, frequency: Mapping[str, int], least: float) -> set[str]:
    """The keys under which a listed name is found by every name that shares `least` of its weight, or all
    the words of its own.

    Its rarest words are enough, as many as leave less than that in the others. `frequency` is how often a
    word occurs on the list; it decides how fast, not what, is found.
    """
    weigh = weights_for(listed.words)
    found = {f"{TOGETHER}{word}" for word in (listed.joined, *run_together(listed.words))} | _beginning(
        listed
    )
    left = sum(weigh[rank(word)] for word in listed.words)
    needed = least * left
    for word in sorted(listed.words, key=lambda word: (frequency.get(word, 0), word)):
        if left < needed:
            break
        found |= word_keys(word)
        left -= weigh[rank(word)]
    return found.union(*map(word_keys, own_words(listed)))


def own_words(reading: Reading) -> list[str]:
    """The words that pick it out."""
    return [word for word in reading.words if rank(word) == Rank.OWN]


def asked_keys(asked: Reading) -> set[str]:
    """The keys that listed names like this one have at least one of."""
    found = {f"{TOGETHER}{word}" for word in asked.words} | _beginning(asked)
    return found.union(*map(word_keys, (*asked.words, *run_together(asked.words))))


def _beginning(reading: Reading) -> set[str]:
    """The key of all Chinese names that begin with the same characters, so many that it is no chance."""
    return {f"{BEGINNING}{reading.joined[:LONG_BEGINNING]}"} if has_long_beginning(reading) else set()


def has_long_beginning(reading: Reading) -> bool:
    return reading.is_han and len(reading.joined) >= LONG_BEGINNING


LONG_BEGINNING = 6
TOGETHER, BEGINNING = "+", "|"


def run_together(words: Sequence[str]) -> Iterator[str]:
    """Each two to four neighbouring words as one."""
    for start in range(len(words)):
        for length in range(2, min(MOST_RUN_TOGETHER, len(words) - start) + 1):
            yield "".join(words[start : start + length])


@lru_cache(maxsize=65536)
def word_keys(word: str) -> frozenset[str]:
    if has_han(word):
        found = {word}
        if len(word) > 2:
            found.add("=" + "".join(pinyin(word)))
        if len(word) >= SHORTEST_SHORT_NAME:
            found |= {f"^{word[:SHORTEST_SHORT_NAME]}", f"${word[-SHORTEST_SHORT_NAME:]}"}
        return frozenset(found)
    if may_be_mistyped(word):
        return frozenset((word, *(f"~{left}" for one in {word, sound(word)} for left in shortened(one))))
    return frozenset((word,))
