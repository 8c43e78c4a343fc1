"""Names as screening compares them: every reading of a name, and the keys by which like names are found.

A name of which nothing is left has no reading. It cannot be screened; it is never clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple, TypeVar

from rapidfuzz.distance import OSA

from alliances.name_words import SAME_WORD as SAME_WORD_OF_REGISTER
from alliances.names import (
    comparable,
    english_reading,
    fold,
    has_han,
    parted,
    pinyin,
    place_words,
    same_phrases,
    simplify,
)
from alliances.places import ENGLISH_OF_PLACE, PLACES_ZH
from alliances.screening.words import (
    COUNTRIES,
    COUNTRIES_OF_ZH,
    ENGLISH,
    EVERYDAY,
    FORMS,
    GENERAL,
    PERHAPS_FORMS,
    SAME_WORD,
    SECTORS_OF_ZH,
    SITES,
    TWO_SOUNDS,
)


class Reading(NamedTuple):
    """One way to read a name: its Latin words, or the pieces of a Chinese name.

    `derived` is Latin that was made of Chinese characters, in pinyin or translated. `run_on` is a name of
    several words as one, for those who lost its spaces.
    """

    words: tuple[str, ...]
    is_han: bool = False
    derived: bool = False
    run_on: bool = False

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
    return ranks | dict.fromkeys(GENERAL | _places(), _Rank.GENERIC)


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    return place_words() | PLACES_ZH | ENGLISH_OF_PLACE.keys() | COUNTRIES


def rank(word: str) -> int:
    return _ranks().get(word, _Rank.OWN)


def weights_for(listed: Reading) -> tuple[float, float, float]:
    """What words weigh, by rank, in a comparison with this listed name."""
    return _WEIGHTS[max(map(rank, listed.words))]


def is_telling(word: str) -> bool:
    """Whether two names that differ in such words are of two: all but general words. Places are telling."""
    return word not in GENERAL and not GENERAL.issuperset(ENGLISH.get(word, word).split())


def is_place(word: str) -> bool:
    return word in _places()


# From here on a word one slip from an everyday one is that one, mistyped; from there on one two slips off.
_LONG, _VERY_LONG = 7, 10


@lru_cache(maxsize=1)
def _long_everyday() -> dict[str, list[str]]:
    """Long everyday words by their first letter, at which hands slip least."""
    found: dict[str, list[str]] = {}
    for word in sorted(EVERYDAY | FORMS | SAME_WORD.keys() | SAME_WORD_OF_REGISTER.keys()):
        if len(word) >= _LONG and word.isascii():
            found.setdefault(word[0], []).append(word)
    return found


@lru_cache(maxsize=65536)
def _corrected(word: str) -> str:
    """The everyday word that this one is, mistyped by a letter or, where it is very long, by two; or the
    place, by a letter."""
    if len(word) < _LONG - 1 or rank(word) < _Rank.OWN:
        return word
    near = [
        (slips, other)
        for other in _long_everyday().get(word[0], ())
        if (slips := OSA.distance(word, other, score_cutoff=2)) <= (2 if len(other) >= _VERY_LONG else 1)
    ]
    near = near or [
        (1, place)
        for place in (() if is_pinyin(word) else _places())
        if place[0] == word[0] and len(place) >= _LONG and OSA.distance(word, place, score_cutoff=1) <= 1
    ]
    meant = min(near, default=(0, word))[1]
    meant = SAME_WORD_OF_REGISTER.get(meant, meant)
    return SAME_WORD.get(meant, meant)


def shortened(word: str) -> set[str]:
    """The word with each one letter left out: two words one slip apart share one of these, or are one."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


# --- Readings -------------------------------------------------------------------------------------

_LATIN_RUN = re.compile(r"[^\W\d_]{2,}", re.ASCII)
_RUNS = re.compile(r"[\x00-\u024f]+|[^\x00-\u024f]+")
# Characters with several sounds make several spellings; of the many that nobody writes, none is made.
_MOST_SPELLINGS = 12


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
    if has_han(name):
        stated += _without_places_in_brackets(name)
    elif "(" in name:  # "(SHANSHAN)" looks like an acronym beside the name, and belongs to it
        stated.append(name.replace("(", " ").replace(")", " "))
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


_IN_BRACKETS = re.compile(r"\(([^()]*)\)")


def _without_places_in_brackets(name: str) -> Iterator[str]:
    """A Chinese name without the city of the branch, where it has a word of its own: "移远通信(合肥)"."""
    bare = _IN_BRACKETS.sub(lambda inside: "" if is_place(inside[1].strip()) else inside[0], name)
    for part in comparable(bare) if bare != name else ():
        if any(rank(piece) == _Rank.OWN and piece not in _KNOWN_PIECES for piece in _parted(part.joined)):
            yield bare
            break


_BETWEEN_PARTS = re.compile(r"[,;:、·|/()\[\]—–]|\s-+\s")
_HOUSE = re.compile(
    r"集团(?:股份)?(?:有限)?(?:责任)?公司|集团|(?<!分)公司|\b(?:group|corporation|corp\b\.?|company)(?=\s)",
    re.IGNORECASE,
)
_BEFORE_A_HOUSE = re.compile(r"\b(?:of|at|under)\b", re.IGNORECASE)
# Of Tianjin University Renai College, and not of Tianjin University of Commerce.
_UNIVERSITY = re.compile(r"\buniv(?:ersity|\b\.?)(?=\s+(?!of\b|for\b))", re.IGNORECASE)
SHORTEST_ACRONYM = 4


def parts_of(name: str) -> tuple[str, ...]:
    """What in a name may be that of the house it belongs to: what stands between commas or in brackets, what
    follows an "of", what ends in a legal form, and its first and last word, which may be an acronym."""
    found: dict[str, None] = {}
    stated = [part.strip() for part in _BETWEEN_PARTS.split(unicodedata.normalize("NFKC", name))]
    for part in filter(None, stated):
        found[part] = None
        found |= dict.fromkeys(part[house.end() :].strip() for house in _BEFORE_A_HOUSE.finditer(part))
        text = simplify(part) if has_han(part) else part
        found |= dict.fromkeys(text[: house.end()] for house in _HOUSE.finditer(text))
        for university in _UNIVERSITY.finditer(part):
            behind = fold(part[university.end() :]).split()
            if any(SAME_WORD_OF_REGISTER.get(word, word) in SITES for word in behind):
                found[part[: university.end()]] = None
        if not has_han(part):
            words = part.split()
            found |= dict.fromkeys(word for word in (words[0], words[-1]) if len(word) >= SHORTEST_ACRONYM)
    # As in Columbus State Community College (CSCC).
    initials = {reading.initials for reading in comparable(name)}
    return tuple(part for part in found if part != name and fold(part) not in initials)


def has_unknown_script(name: str) -> bool:
    """Whether a name has letters neither Latin nor Chinese, which are compared only as they stand."""
    return any(
        not has_han(sign) and not unicodedata.name(sign, "").startswith("LATIN")
        for sign in unicodedata.normalize("NFKC", name)
        if not sign.isascii() and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Lo")
    )


def _latin(words: Sequence[str]) -> Iterator[Reading]:
    plain = _numbers_plain(words)
    joined = _places_joined(_syllables_joined(plain))
    yield from _read(joined)
    if joined != plain:  # Wei Fang is a person, Weifang a city
        yield from _read(plain)


def _read(words: Sequence[str]) -> Iterator[Reading]:
    meant = [SAME_WORD.get(word) or _corrected(word) for word in words]
    kept = same_phrases(
        [
            word
            for before, word in zip(["", *meant], meant, strict=False)
            if word not in FORMS and not (word in _LEVELS and is_place(before))
        ]
    )
    if kept:
        yield Reading(tuple(kept))
    bare = list(kept)
    while bare and bare[0] in PERHAPS_FORMS:
        bare.pop(0)
    while bare and bare[-1] in PERHAPS_FORMS:
        bare.pop()
    if bare and bare != kept:
        yield Reading(tuple(bare))


# 集团 and 公司 in the middle of a name, which its Chinese reading is without.
_FORMS_WITHIN = re.compile("(?:jituan)?(?:youxian)?gongsi|jituan")
_LEVELS = ("shi", "sheng")


@lru_cache(maxsize=1)
def _level_behind_place() -> re.Pattern[str]:
    places = "|".join(sorted({"".join(pinyin(place)) for place in PLACES_ZH}, key=len, reverse=True))
    return re.compile(f"^(?P<place>{places})(?:{'|'.join(_LEVELS)})(?=.{{4}})")


_ORDINAL = re.compile("([0-9]+)(?:st|nd|rd|th)")


def _numbers_plain(words: Sequence[str]) -> list[str]:
    """55 for 55th and for No. 55."""
    return [
        ordinal[1] if (ordinal := _ORDINAL.fullmatch(word)) else word
        for word, after in zip(words, [*words[1:], ""], strict=True)
        if word != "no" or not after.isdigit()
    ]


@lru_cache(maxsize=1)
def _places_in_wade_giles() -> dict[str, str]:
    """The English names of places by their spelling in Wade-Giles, where it is of one place alone."""
    found: dict[str, set[str]] = {}
    for place in PLACES_ZH:
        found.setdefault(_old_spelling(place), set()).add("".join(english_reading(place)))
    return {old: names.pop() for old, names in found.items() if len(names) == 1 and old not in place_words()}


def _places_joined(words: Sequence[str]) -> list[str]:
    """Places of China in Wade-Giles, whose syllables a hyphen parts, by their usual names: "Ssu-ch'uan"."""
    found = list(words)
    for start in range(len(found)):
        for length in range(min(3, len(found) - start, len(found) - 1), 0, -1):
            place = _places_in_wade_giles().get("".join(found[start : start + length]))
            if place:
                found[start : start + length] = [place]
                break
    return found


_FORM = f"(?:{'|'.join(sorted(FORMS, key=len, reverse=True))})"
_FORM_BEHIND, _FORMS_BEHIND = re.compile(f"{_FORM}$"), re.compile(f"{_FORM}+$")


def _unparted(name: str) -> Iterator[Reading]:
    """A long name as one word, for where all its spaces have been lost: "HangzhouHikvisionCo.,Ltd."."""
    letters = fold(name).replace(" ", "")
    bare = _FORMS_BEHIND.sub("", letters)
    form = len(letters) - len(bare)
    if len(bare) > _LONG or form >= len("coltd") or (form >= len("ltd") and len(bare) >= SHORTEST_MISTYPED):
        found: dict[str, None] = {}
        for one in (bare, _FORM_BEHIND.sub("", letters)):  # "zao" is a form, and the end of "zhizao"
            city = _level_behind_place().sub(r"\g<place>", one)
            found |= dict.fromkeys((one, city, _FORMS_WITHIN.sub("", city)))
        yield from (Reading((word,), run_on=" " in name) for word in found if word)


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
_KNOWN_BACKWARDS = frozenset(piece[::-1] for piece in _KNOWN_PIECES)
_NUMBER_ZH = re.compile(
    "第?([零一二三四五六七八九]{2,5}|[一二三四五六七八九]?十[一二三四五六七八九]?|(?<=第)[一二三四五六七八九])"
    "(?=研究[所院]|设计[所院]|[所院厂])"
)
_DIGITS_ZH = "零一二三四五六七八九"
_T = TypeVar("_T")


def _han(han: str) -> Iterator[Reading]:
    """Parted from the front and from behind, which differ where two known pieces share a character."""
    han = re.sub("(?<=..)(?:股份)+$", "", han).replace("〇", "零")
    for stated in dict.fromkeys((_NUMBER_ZH.sub(_number, han), han)):
        forwards = _parted(stated)
        backwards = [piece[::-1] for piece in reversed(parted(stated[::-1], _KNOWN_BACKWARDS, _LONGEST))]
        for parting in (forwards, backwards) if forwards != backwards else (forwards,):
            yield from _han_parted([run for piece in parting for run in _RUNS.findall(piece)])


def _parted(han: str) -> list[str]:
    return parted(han, _KNOWN_PIECES, _LONGEST)


def _number(written: re.Match[str]) -> str:
    """55 for 第五十五 and for 五五."""
    tens, ten, ones = written[1].partition("十")
    if not ten:
        return "".join(str(_DIGITS_ZH.index(sign)) for sign in written[1])
    return f"{_DIGITS_ZH.index(tens[-1:] or '一')}{_DIGITS_ZH.index(ones[:1] or '零')}"


def _han_parted(pieces: Sequence[str]) -> Iterator[Reading]:
    yield Reading(tuple(pieces), is_han=True)
    spelt = [_spellings(piece) for piece in pieces]
    translated = [
        [
            *([_translated(piece)] if piece in _KNOWN_PIECES else [(spellings[0],)]),
            *((word,) for word in spellings[1:]),
        ]
        for piece, spellings in zip(pieces, spelt, strict=True)
    ]
    for words in islice(_ways(spelt), _MOST_SPELLINGS):
        yield Reading(words, derived=True)
    yield Reading(tuple(map(_old_spelling, pieces)), derived=True)
    for parts in islice(_ways(translated), _MOST_SPELLINGS):
        yield Reading(tuple(word for part in parts for word in part), derived=True)


def _ways(options: Sequence[Sequence[_T]]) -> Iterator[tuple[_T, ...]]:
    """One of each: all of the usual, which stand first, then with one other, then any."""
    usual = tuple(one[0] for one in options)
    yield usual
    for place, one in enumerate(options):
        for other in one[1:]:
            yield (*usual[:place], other, *usual[place + 1 :])
    yield from product(*options)


def _translated(piece: str) -> tuple[str, ...]:
    known = SECTORS_OF_ZH.get(piece) or COUNTRIES_OF_ZH.get(piece)
    return tuple(SAME_WORD.get(word, word) for word in (known.split() if known else english_reading(piece)))


def _old_spelling(piece: str) -> str:
    """In Wade-Giles, which institutions and people from before 1979 still write."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(piece, style=Style.WADEGILES)).replace("'", "").replace("v", "u")


@lru_cache(maxsize=65536)
def _spellings(piece: str) -> tuple[str, ...]:
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
    if piece not in _KNOWN_PIECES:
        found[_old_spelling(piece)] = None
    found |= dict.fromkeys(map("".join, islice(_ways(often), _MOST_SPELLINGS)))
    if piece not in _KNOWN_PIECES:
        from pypinyin import Style
        from pypinyin import pinyin as sounds

        rarely = [tuple(dict.fromkeys(sounds(sign, heteronym=True, style=Style.NORMAL)[0])) for sign in piece]
        for ways in islice(product(*rarely), _MOST_SPELLINGS):
            found["".join(ways).replace("v", "u")] = None
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
# With so many characters the beginning or the end of a Chinese name picks out whom all of it does.
SHORTEST_SHORT_NAME = 4


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
    return found


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
        return frozenset((word, *(f"~{left}" for left in shortened(sound(word)))))
    return frozenset((word,))
