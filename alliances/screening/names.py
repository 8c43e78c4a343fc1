"""Names as screening compares them: every reading of a name, and the keys by which like names are found.

A name of which nothing is left has no reading. It cannot be screened; it is never clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from alliances.name_words import COMMON, ENGLISH_OF_ZH, GENERIC, LEGAL_FORMS
from alliances.names import comparable, english_reading, has_han, pieces, pinyin, place_words
from alliances.places import ENGLISH_OF_PLACE, PLACES_ZH


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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Legal forms of the countries on the lists; they tell nobody apart wherever they stand.
_FORMS = LEGAL_FORMS | _words(
    "jsc pjsc ojsc cjsc ooo oao zao sdn bhd spa srl sarl kk fze fzco fzc dmcc kg kgaa mbh eurl ltda pvt "
    "incorporation zerengongsi gufengongsi youxianzerengongsi gufenyouxiangongsi jituangongsi"
)
# Forms at either end of a name that may as well be a part of it: the name is read both ways.
_PERHAPS_FORMS = _words("ao pao as ab se oy sas private pt cv")
_FORM_PHRASES = re.compile(
    r"\b(?:(?:public|open|closed)\s+)?joint[\s-]stock\s+company\b|\blimited\s+liability\s+company\b",
    re.IGNORECASE,
)
_SAME_WORD = {
    "telecom": "telecommunication", "comms": "communication", "tele": "telecommunication",
    "semicon": "semiconductor", "mfr": "manufacturing", "manufacture": "manufacturing",
    "imp": "import", "exp": "export", "lab": "laboratory", "labs": "laboratory",
}  # fmt: skip
# Sectors and parts of a firm: they tell names apart, yet pick out nobody by themselves.
_SECTORS = _words(
    "telecommunication communication semiconductor manufacturing import export trading trade factory "
    "laboratory petroleum oil petrochemical chemical aviation aerospace shipbuilding shipping railway "
    "steel insurance security machinery branch subsidiary overseas bureau plant works"
)


class _Rank:
    """How much a word tells of who is meant."""

    GENERIC, COMMON, OWN = range(3)


# What a word weighs, by the highest rank among the words of the listed name, then by its own.
_WEIGHTS = ((1.0, 1.0, 1.0), (0.5, 1.0, 1.0), (0.1, 0.3, 1.0))


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    """Latin words and Chinese pieces that do not pick a name out; all others do."""
    ranks = dict.fromkeys(COMMON | _SECTORS, _Rank.COMMON)
    for zh, english in ENGLISH_OF_ZH.items():
        generic = all(word in GENERIC for word in english.split())
        rank = _Rank.GENERIC if generic else _Rank.COMMON
        ranks[zh] = rank
        ranks.setdefault("".join(pinyin(zh)), rank)
    ranks |= dict.fromkeys(GENERIC | place_words() | PLACES_ZH | ENGLISH_OF_PLACE.keys(), _Rank.GENERIC)
    return ranks


def rank(word: str) -> int:
    return _ranks().get(word, _Rank.OWN)


def weights_for(listed: Reading) -> tuple[float, float, float]:
    """What words weigh, by rank, in a comparison with this listed name."""
    return _WEIGHTS[max(map(rank, listed.words))]


def is_telling(word: str) -> bool:
    """Whether two names that differ in such words are of two: all but general words. Places are telling."""
    return word not in GENERIC and ENGLISH_OF_ZH.get(word) not in GENERIC


# --- Readings -------------------------------------------------------------------------------------

_LATIN_RUN = re.compile(r"[^\W\d_]{2,}", re.ASCII)
_RUNS = re.compile(r"[\x00-\u024f]+|[^\x00-\u024f]+")
# Characters with several sounds make several spellings; of the many that nobody writes, none is made.
_MOST_SPELLINGS = 12


def readings(name: str) -> tuple[Reading, ...]:
    """Every reading of a name, each once; empty where nothing of it is left but legal forms and signs."""
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
        for reading in comparable(one):
            made = _latin(reading.words) if reading.words else _han(reading.joined)
            found |= dict.fromkeys(made)
    return tuple(found)


def has_unknown_script(name: str) -> bool:
    """Whether a name has letters neither Latin nor Chinese, which are compared only as they stand."""
    return any(
        not has_han(sign) and not unicodedata.name(sign, "").startswith("LATIN")
        for sign in unicodedata.normalize("NFKC", name)
        if not sign.isascii() and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Lo")
    )


def _latin(words: Sequence[str]) -> Iterator[Reading]:
    kept = [_SAME_WORD.get(word, word) for word in words if word not in _FORMS]
    if kept:
        yield Reading(tuple(kept))
    bare = list(kept)
    while bare and bare[0] in _PERHAPS_FORMS:
        bare.pop(0)
    while bare and bare[-1] in _PERHAPS_FORMS:
        bare.pop()
    if bare and bare != kept:
        yield Reading(tuple(bare))


def _han(han: str) -> Iterator[Reading]:
    parted = [run for piece in pieces(han) for run in _RUNS.findall(piece)]
    yield Reading(tuple(parted), is_han=True)
    spelt = [_spellings(piece) for piece in parted]
    translated = [
        (english_reading(piece),) if rank(piece) < _Rank.OWN else [(word,) for word in spellings]
        for piece, spellings in zip(parted, spelt, strict=True)
    ]
    for words in islice(product(*spelt), _MOST_SPELLINGS):
        yield Reading(words, derived=True)
    for parts in islice(product(*translated), _MOST_SPELLINGS):
        yield Reading(tuple(word for part in parts for word in part), derived=True)


@lru_cache(maxsize=65536)
def _spellings(piece: str) -> tuple[str, ...]:
    """How a piece of a Chinese name is written in Latin letters: the usual pinyin first, other sounds of its
    characters, then Wade-Giles."""
    usual = "".join(pinyin(piece))
    if rank(piece) < _Rank.OWN or not has_han(piece):
        return (usual,)
    from pypinyin import Style, lazy_pinyin
    from pypinyin import pinyin as sounds

    found = {usual: None}
    per_sign = [
        dict.fromkeys(sounds(sign, heteronym=True, style=Style.NORMAL, v_to_u=False)[0]) for sign in piece
    ]
    for syllables in islice(product(*per_sign), _MOST_SPELLINGS):
        found["".join(syllables).replace("v", "u").replace("ü", "u")] = None
    old = "".join(lazy_pinyin(piece, style=Style.WADEGILES)).replace("'", "").replace("ü", "u")
    return tuple(islice([*list(found)[: _MOST_SPELLINGS - 1], old], _MOST_SPELLINGS))


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
LONG_PINYIN = 10


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
    return len(word) >= SHORTEST_MISTYPED and rank(word) == _Rank.OWN


# --- Keys -----------------------------------------------------------------------------------------
# Two names are compared only where they share a key. What a listed name turns on, its words of the highest
# rank, stands in its keys: as written, as it sounds, and with each one letter left out, so that any two
# words that are one slip apart share one.

# Words that may be written as one: "Gazprom Bank", "Hai Kang Wei Shi".
MOST_RUN_TOGETHER = 4


def listed_keys(listed: Reading) -> set[str]:
    """The keys under which a listed name is found."""
    highest = max(map(rank, listed.words))
    found = set(run_together(listed.words))
    for word in listed.words:
        if rank(word) == highest:
            found |= _word_keys(word, listed)
    return found


def asked_keys(asked: Reading) -> set[str]:
    """The keys that listed names like this one have at least one of."""
    found: set[str] = set()
    for word in (*asked.words, *run_together(asked.words)):
        found |= _word_keys(word, asked)
    return found


def run_together(words: Sequence[str]) -> Iterator[str]:
    """Each two to four neighbouring words as one, the longest first at each place."""
    for start in range(len(words)):
        for length in range(min(MOST_RUN_TOGETHER, len(words) - start), 1, -1):
            yield "".join(words[start : start + length])


def _word_keys(word: str, of: Reading) -> set[str]:
    if of.is_han and has_han(word):
        return {word, "=" + "".join(pinyin(word))} if len(word) > 2 else {word}
    found = {word}
    if may_be_mistyped(word):
        heard = sound(word)
        found.add(f"~{heard}")
        if len(heard) >= SHORTEST_MISTYPED - 1:
            found |= {f"~{heard[:place]}{heard[place + 1 :]}" for place in range(len(heard))}
    return found
