"""Latin spellings of Chinese in pinyin and Wade-Giles, and how Latin words sound."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import TypeVar

from alliances.names import english_reading, has_han, pinyin
from alliances.places import ENGLISH_OF_PLACE, PLACES_ZH
from alliances.screening.abbreviations import SAME_WORD
from alliances.screening.trades import COUNTRIES_OF_ZH, TOWNS_OF_ZH, TRADES_OF_ZH
from alliances.screening.words import ENGLISH, TWO_SOUNDS

KNOWN_PIECES = PLACES_ZH | ENGLISH_OF_PLACE.keys() | ENGLISH.keys()
# Characters with several sounds make several spellings; of the many that nobody writes, none is made.
MOST_SPELLINGS = 12
_T = TypeVar("_T")


def ways(options: Sequence[Sequence[_T]]) -> Iterator[tuple[_T, ...]]:
    """One of each: all of the usual, which stand first, then with one other, then any."""
    usual = tuple(one[0] for one in options)
    yield usual
    for place, one in enumerate(options):
        for other in one[1:]:
            yield (*usual[:place], other, *usual[place + 1 :])
    yield from product(*options)


def translated(piece: str) -> tuple[str, ...]:
    known = TRADES_OF_ZH.get(piece) or COUNTRIES_OF_ZH.get(piece) or TOWNS_OF_ZH.get(piece)
    return tuple(SAME_WORD.get(word, word) for word in (known.split() if known else english_reading(piece)))


@lru_cache(maxsize=65536)
def old_spelling(piece: str) -> str:
    """In Wade-Giles, which institutions and people from before 1979 still write."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(piece, style=Style.WADEGILES)).replace("'", "").replace("v", "u")


@lru_cache(maxsize=65536)
def spellings(piece: str) -> tuple[str, ...]:
    """A piece of a Chinese name in Latin letters: the usual pinyin first, then as its characters often sound
    elsewhere; Wade-Giles and rarer sounds where the piece picks the name out."""
    syllables = pinyin(piece)
    found = {"".join(syllables): None}
    if not has_han(piece) or len(syllables) != len(piece):
        return tuple(found)
    often = [
        (usual, *(sound for sound in TWO_SOUNDS.get(sign, "").split() if sound != usual))
        for sign, usual in zip(piece, syllables, strict=True)
    ]
    if piece not in KNOWN_PIECES:
        found[old_spelling(piece)] = None
    found |= dict.fromkeys(map("".join, islice(ways(often), MOST_SPELLINGS)))
    if piece not in KNOWN_PIECES:
        from pypinyin import Style
        from pypinyin import pinyin as sounds

        rarely = [tuple(dict.fromkeys(sounds(sign, heteronym=True, style=Style.NORMAL)[0])) for sign in piece]
        for way in islice(product(*rarely), MOST_SPELLINGS):
            found["".join(way).replace("v", "u")] = None
    return tuple(islice(found, MOST_SPELLINGS))


# --- Sounds ---------------------------------------------------------------------------------------

# Ways of transliterating that write one sound.
_SAME_SOUND = (
    ("ph", "f"), ("ck", "k"), ("x", "ks"), ("kh", "h"), ("tch", "ch"), ("ou", "u"), ("y", "i"), ("w", "v"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")
_UMLAUT = re.compile("(?<=[ln])(?:yu|v)")


@lru_cache(maxsize=1)
def _syllables() -> list[str]:
    from pypinyin.pinyin_dict import pinyin_dict

    plain = "".join(
        sign
        for sign in unicodedata.normalize("NFD", " ".join(set(pinyin_dict.values())).replace(",", " "))
        if not unicodedata.combining(sign)
    )
    return sorted({one for one in plain.split() if re.search("[aeiou]", one)}, key=len, reverse=True)


@lru_cache(maxsize=1)
def _pinyin() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(_syllables())})+")


@lru_cache(maxsize=1)
def _spelt_pinyin() -> re.Pattern[str]:
    within = (one for one in _syllables() if one[0] not in "aeo")
    return re.compile(f"(?:{'|'.join(_syllables())})(?:{'|'.join(within)})*")


@lru_cache(maxsize=65536)
def is_pinyin(word: str) -> bool:
    return _pinyin().fullmatch(word) is not None


@lru_cache(maxsize=1)
def _two_syllables() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(_syllables())}){{1,2}}")


@lru_cache(maxsize=65536)
def is_short_pinyin(word: str) -> bool:
    """Whether a word is pinyin of no more than two syllables, which many pairs of characters have."""
    return _two_syllables().fullmatch(word) is not None


@lru_cache(maxsize=65536)
def is_spelt_pinyin(word: str) -> bool:
    """Whether a word is pinyin whose syllables need no apostrophe between them: Hesai is, Hesia is not."""
    return _spelt_pinyin().fullmatch(word) is not None


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """How a Latin word sounds, whoever transliterated it; pinyin, which has one spelling, stays as it is."""
    if is_pinyin(word):
        return word
    with_u = _UMLAUT.sub("u", word).replace("hw", "hu")
    if is_pinyin(with_u):
        return with_u
    for written, heard in _SAME_SOUND:
        word = word.replace(written, heard)
    return _DOUBLED.sub(r"\1", word)
