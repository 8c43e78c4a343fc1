"""Names as screening compares them: every reading of a name, and the keys by which like names are found.

A name of which nothing is left has no reading. It cannot be screened; it is never clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from rapidfuzz.distance import OSA

from alliances.names import comparable, english_reading, fold, has_han, parted, pinyin, place_words
from alliances.places import ENGLISH_OF_PLACE, PLACES_ZH
from alliances.screening.words import (
    ENGLISH,
    EVERYDAY,
    FORMS,
    GENERAL,
    PERHAPS_FORMS,
    SAME_WORD,
    SECTORS_OF_ZH,
)


class Reading(NamedTuple):
    """One way to read a name: its Latin words, or the pieces of a Chinese name.

    `derived` is Latin that was made of Chinese characters, in pinyin or translated.
    """

    words: tuple[str, ...]
    is_han: bool = False
    derived: bool = False

    @property
    def joined(self) -> str:
        return "".join(self.words)


# --- Words ----------------------------------------------------------------------------------------

_FORM_PHRASES = re.compile(
    r"(?:(?:public|open|closed)[\s-]*)?joint[\s-]*stock[\s-]*company|limited[\s-]*liability[\s-]*company",
    re.IGNORECASE,
)


class _Rank:
    """How much a word tells of who is meant."""

    GENERIC, COMMON, OWN = range(3)


# What a word weighs, by the highest rank among the words of the listed name, then by its own.
_WEIGHTS = ((1.0, 1.0, 1.0), (0.5, 1.0, 1.0), (0.05, 0.3, 1.0))


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    """Latin words and Chinese pieces that do not pick a name out; all others do."""
    ranks = dict.fromkeys(EVERYDAY, _Rank.COMMON)
    for zh, english in ENGLISH.items():
        if not EVERYDAY.issuperset(english.split()):
            continue
        rank = _Rank.GENERIC if GENERAL.issuperset(english.split()) else _Rank.COMMON
        ranks[zh] = rank
        ranks.setdefault("".join(pinyin(zh)), rank)
    return ranks | dict.fromkeys(GENERAL | place_words() | PLACES_ZH | ENGLISH_OF_PLACE.keys(), _Rank.GENERIC)


def rank(word: str) -> int:
    return _ranks().get(word, _Rank.OWN)


def weights_for(listed: Reading) -> tuple[float, float, float]:
    """What words weigh, by rank, in a comparison with this listed name."""
    return _WEIGHTS[max(map(rank, listed.words))]


def is_telling(word: str) -> bool:
    """Whether two names that differ in such words are of two: all but general words. Places are telling."""
    return word not in GENERAL and not GENERAL.issuperset(ENGLISH.get(word, word).split())


# From here on a word one slip from an everyday one is that one, mistyped.
_LONG = 8


@lru_cache(maxsize=1)
def _long_everyday() -> dict[str, str]:
    """Everyday words by what is left of them with a letter left out."""
    return {left: word for word in sorted(EVERYDAY) if len(word) >= _LONG for left in shortened(word)}


@lru_cache(maxsize=65536)
def _corrected(word: str) -> str:
    """The everyday word that this one is, mistyped by one letter; else the word."""
    if len(word) < _LONG - 1 or rank(word) < _Rank.OWN:
        return word
    known = _long_everyday()
    near = (known[left] for left in (word, *shortened(word)) if left in known)
    return next((other for other in near if OSA.distance(word, other, score_cutoff=1) <= 1), word)


def shortened(word: str) -> set[str]:
    """The word with each one letter left out: two words one slip apart share one of these, or are one."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


# --- Readings -------------------------------------------------------------------------------------

_LATIN_RUN = re.compile(r"[^\W\d_]{2,}", re.ASCII)
_RUNS = re.compile(r"[\x00-\u024f]+|[^\x00-\u024f]+")
# Characters with several sounds make several spellings; of the many that nobody writes, none is made.
_MOST_SPELLINGS = 8


def readings(name: str, *, listed: bool = False) -> tuple[Reading, ...]:
    """Every reading of a name, each once; empty where nothing of it is left but legal forms and signs.

    A listed name is read by the abbreviation beside it, too; one that is asked for is not, where it is no
    more than the initials of the name beside it.
    """
    name = _FORM_PHRASES.sub(" ", unicodedata.normalize("NFKC", name).replace("\ufffd", ""))
    stated = [name]
    if has_han(name) and _LATIN_RUN.search(name):  # "TCL科技", "华为 Huawei": each script by itself, too
        runs = _RUNS.findall(name)
        stated += [
            " ".join(run for run in runs if has_han(run)),
            " ".join(run for run in runs if not has_han(run)),
        ]
    found: dict[Reading, None] = {}
    for one in stated:
        parts = comparable(one)
        for part in parts:
            # As in Cool Roof Rating Council (CRRC).
            if not listed and any(part.joined == other.initials for other in parts if other is not part):
                continue
            found |= dict.fromkeys(_latin(part.words) if part.words else _han(part.joined))
            if part.words:
                found |= dict.fromkeys(_unparted(part.stated))
    return tuple(found)


def has_unknown_script(name: str) -> bool:
    """Whether a name has letters neither Latin nor Chinese, which are compared only as they stand."""
    return any(
        not has_han(sign) and not unicodedata.name(sign, "").startswith("LATIN")
        for sign in unicodedata.normalize("NFKC", name)
        if not sign.isascii() and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Lo")
    )


def _latin(words: Sequence[str]) -> Iterator[Reading]:
    whole = _syllables_joined(words)
    kept = [_corrected(SAME_WORD.get(word, word)) for word in whole if word not in FORMS]
    if kept:
        yield Reading(tuple(kept))
    bare = list(kept)
    while bare and bare[0] in PERHAPS_FORMS:
        bare.pop(0)
    while bare and bare[-1] in PERHAPS_FORMS:
        bare.pop()
    if bare and bare != kept:
        yield Reading(tuple(bare))


_FORMS_BEHIND = re.compile(f"(?:{'|'.join(sorted(FORMS, key=len, reverse=True))})+$")


def _unparted(name: str) -> Iterator[Reading]:
    """A long name as one word, for where all its spaces have been lost: "HangzhouHikvisionCo.,Ltd."."""
    letters = fold(name).replace(" ", "")
    bare = _FORMS_BEHIND.sub("", letters)
    if bare and (len(bare) > _LONG or len(letters) - len(bare) >= len("coltd")):
        yield Reading((bare,))


def _syllables_joined(words: Sequence[str]) -> Sequence[str]:
    """Pinyin written syllable by syllable, with the everyday words in it as one: "hua wei jishu"."""
    if len(words) < 3 or not all(len(word) < 7 and is_pinyin(word) for word in words):
        return words
    found = list(words)
    for start in range(len(found)):
        for length in range(min(MOST_RUN_TOGETHER, len(found) - start), 1, -1):
            together = "".join(found[start : start + length])
            if together in FORMS or rank(together) < _Rank.OWN:
                found[start : start + length] = [together]
                break
    return found


_KNOWN_PIECES = PLACES_ZH | ENGLISH_OF_PLACE.keys() | ENGLISH.keys()
_LONGEST = max(map(len, _KNOWN_PIECES))


def _han(han: str) -> Iterator[Reading]:
    han = re.sub("(?<=..)(?:股份)+$", "", han)
    pieces = [run for piece in parted(han, _KNOWN_PIECES, _LONGEST) for run in _RUNS.findall(piece)]
    yield Reading(tuple(pieces), is_han=True)
    spelt = [_spellings(piece) for piece in pieces]
    translated = [
        [_translated(piece)] if piece in _KNOWN_PIECES else [(word,) for word in spellings]
        for piece, spellings in zip(pieces, spelt, strict=True)
    ]
    for words in islice(product(*spelt), _MOST_SPELLINGS):
        yield Reading(words, derived=True)
    yield Reading(tuple(map(_old_spelling, pieces)), derived=True)
    for parts in islice(product(*translated), _MOST_SPELLINGS):
        yield Reading(tuple(word for part in parts for word in part), derived=True)


def _translated(piece: str) -> tuple[str, ...]:
    words = SECTORS_OF_ZH[piece].split() if piece in SECTORS_OF_ZH else english_reading(piece)
    return tuple(SAME_WORD.get(word, word) for word in words)


def _old_spelling(piece: str) -> str:
    """In Wade-Giles, which institutions and people from before 1979 still write."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(piece, style=Style.WADEGILES)).replace("'", "").replace("v", "u")


@lru_cache(maxsize=65536)
def _spellings(piece: str) -> tuple[str, ...]:
    """A piece of a Chinese name in Latin letters: the usual pinyin first, then other sounds of its
    characters and Wade-Giles where it picks the name out."""
    usual = "".join(pinyin(piece))
    if piece in _KNOWN_PIECES or not has_han(piece):
        return (usual,)
    from pypinyin import Style
    from pypinyin import pinyin as sounds

    found = {usual: None, _old_spelling(piece): None}
    per_sign = [dict.fromkeys(sounds(sign, heteronym=True, style=Style.NORMAL)[0]) for sign in piece]
    for syllables in islice(product(*per_sign), _MOST_SPELLINGS):
        found["".join(syllables).replace("v", "u")] = None
    return tuple(islice(found, _MOST_SPELLINGS))


# --- Sounds ---------------------------------------------------------------------------------------

# Ways of transliterating that write one sound.
_SAME_SOUND = (
    ("ph", "f"), ("ck", "k"), ("x", "ks"), ("kh", "h"), ("tch", "ch"), ("ou", "u"), ("y", "i"), ("w", "v"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")
_UMLAUT = re.compile("(?<=[ln])(?:yu|v)")
# A shorter word with a letter changed is another word; so is one of pinyin, where each letter may make
# another character, up to this length.
SHORTEST_MISTYPED = 5
LONGEST_MISTYPED = 24
LONG_PINYIN = 10
SHORTEST_MISTYPED_PINYIN = 6


@lru_cache(maxsize=1)
def _syllables() -> re.Pattern[str]:
    from pypinyin.pinyin_dict import pinyin_dict

    plain = "".join(
        sign
        for sign in unicodedata.normalize("NFD", " ".join(set(pinyin_dict.values())).replace(",", " "))
        if not unicodedata.combining(sign)
    )
    syllables = sorted({one for one in plain.split() if re.search("[aeiou]", one)}, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(syllables)})+")


@lru_cache(maxsize=65536)
def is_pinyin(word: str) -> bool:
    return _syllables().fullmatch(word) is not None


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """How a Latin word sounds, whoever transliterated it; pinyin, which has one spelling, stays as it is."""
    if is_pinyin(word):
        return word
    with_u = _UMLAUT.sub("u", word)
    if is_pinyin(with_u):
        return with_u
    for written, heard in _SAME_SOUND:
        word = word.replace(written, heard)
    return _DOUBLED.sub(r"\1", word)


def may_be_mistyped(word: str) -> bool:
    return SHORTEST_MISTYPED <= len(word) <= LONGEST_MISTYPED and rank(word) == _Rank.OWN


# --- Keys -----------------------------------------------------------------------------------------
# Two names are compared only where they share a key: a word as written, as it sounds, or either with one
# letter left out, so that any two words that are one slip apart share one.

# Words that may be written as one: "Gazprom Bank", "Hai Kang Wei Shi".
MOST_RUN_TOGETHER = 4


def listed_keys(listed: Reading, frequency: Mapping[str, int], least: float) -> set[str]:
    """The keys under which a listed name is found by every name that shares `least` of its weight.

    Its rarest words are enough, as many as leave less than that in the others. `frequency` is how often a
    word occurs on the list; it decides how fast, not what, is found.
    """
    weigh = weights_for(listed)
    found = {f"{TOGETHER}{word}" for word in run_together(listed.words)}
    left = sum(weigh[rank(word)] for word in listed.words)
    needed = least * left
    for word in sorted(listed.words, key=lambda word: (frequency.get(word, 0), word)):
        if left < needed:
            break
        found |= word_keys(word)
        left -= weigh[rank(word)]
    return found


def asked_keys(asked: Reading) -> set[str]:
    """The keys that listed names like this one have at least one of."""
    found = {f"{TOGETHER}{word}" for word in asked.words}
    return found.union(*map(word_keys, (*asked.words, *run_together(asked.words))))


TOGETHER = "+"


def run_together(words: Sequence[str]) -> Iterator[str]:
    """Each two to four neighbouring words as one."""
    for start in range(len(words)):
        for length in range(2, min(MOST_RUN_TOGETHER, len(words) - start) + 1):
            yield "".join(words[start : start + length])


@lru_cache(maxsize=65536)
def word_keys(word: str) -> frozenset[str]:
    if has_han(word):
        return frozenset((word, "=" + "".join(pinyin(word))) if len(word) > 2 else (word,))
    if may_be_mistyped(word):
        return frozenset((word, *(f"~{left}" for left in shortened(sound(word)))))
    return frozenset((word,))
