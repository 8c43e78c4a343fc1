"""Names as screening compares them: every reading of a name.

A name of which nothing is left has no reading. It cannot be screened; it is never clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

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
from alliances.places import PLACES_ZH
from alliances.screening.ranks import LONG, Rank, corrected, is_place, rank
from alliances.screening.spellings import (
    KNOWN_PIECES,
    MOST_SPELLINGS,
    is_pinyin,
    old_spelling,
    spellings,
    translated,
    ways,
)
from alliances.screening.words import FORMS, PERHAPS_FORMS, SAME_WORD, SITES


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


_FORM_PHRASES = re.compile(
    r"(?:(?:public|open|closed)[\s-]*)?joint[\s-]*stock[\s-]*company|limited[\s-]*liability[\s-]*company",
    re.IGNORECASE,
)


# --- Readings -------------------------------------------------------------------------------------

_LATIN_RUN = re.compile(r"[^\W\d_]{2,}", re.ASCII)
_RUNS = re.compile(r"[\x00-\u024f]+|[^\x00-\u024f]+")


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
        if any(rank(piece) == Rank.OWN and piece not in KNOWN_PIECES for piece in _parted(part.joined)):
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
# Words that may be written as one: "Gazprom Bank", "Hai Kang Wei Shi".
MOST_RUN_TOGETHER = 4


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
    meant = [SAME_WORD.get(word) or corrected(word) for word in words]
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
        found.setdefault(old_spelling(place), set()).add("".join(english_reading(place)))
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


# Shorter letters before an "ltd" may be a word that ends so.
_SHORTEST_UNPARTED = 5
_FORM = f"(?:{'|'.join(sorted(FORMS, key=len, reverse=True))})"
_FORM_BEHIND, _FORMS_BEHIND = re.compile(f"{_FORM}$"), re.compile(f"{_FORM}+$")


def _unparted(name: str) -> Iterator[Reading]:
    """A long name as one word, for where all its spaces have been lost: "HangzhouHikvisionCo.,Ltd."."""
    letters = fold(name).replace(" ", "")
    bare = _FORMS_BEHIND.sub("", letters)
    form = len(letters) - len(bare)
    if len(bare) > LONG or form >= len("coltd") or (form >= len("ltd") and len(bare) >= _SHORTEST_UNPARTED):
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
            if together in FORMS or rank(together) < Rank.OWN:
                found[start : start + length] = [together]
                break
    return found


_LONGEST = max(map(len, KNOWN_PIECES))
_KNOWN_BACKWARDS = frozenset(piece[::-1] for piece in KNOWN_PIECES)
_NUMBER_ZH = re.compile(
    "第?([零一二三四五六七八九]{2,5}|[一二三四五六七八九]?十[一二三四五六七八九]?|(?<=第)[一二三四五六七八九])"
    "(?=研究[所院]|设计[所院]|[所院厂])"
)
_DIGITS_ZH = "零一二三四五六七八九"


def _han(han: str) -> Iterator[Reading]:
    """Parted from the front and from behind, which differ where two known pieces share a character."""
    han = re.sub("(?<=..)(?:股份)+$", "", han).replace("〇", "零")
    for stated in dict.fromkeys((_NUMBER_ZH.sub(_number, han), han)):
        forwards = _parted(stated)
        backwards = [piece[::-1] for piece in reversed(parted(stated[::-1], _KNOWN_BACKWARDS, _LONGEST))]
        for parting in (forwards, backwards) if forwards != backwards else (forwards,):
            yield from _han_parted([run for piece in parting for run in _RUNS.findall(piece)])


def _parted(han: str) -> list[str]:
    return parted(han, KNOWN_PIECES, _LONGEST)


def _number(written: re.Match[str]) -> str:
    """55 for 第五十五 and for 五五."""
    tens, ten, ones = written[1].partition("十")
    if not ten:
        return "".join(str(_DIGITS_ZH.index(sign)) for sign in written[1])
    return f"{_DIGITS_ZH.index(tens[-1:] or '一')}{_DIGITS_ZH.index(ones[:1] or '零')}"


def _han_parted(pieces: Sequence[str]) -> Iterator[Reading]:
    yield Reading(tuple(pieces), is_han=True)
    spelt = [spellings(piece) for piece in pieces]
    meant = [
        [
            *([translated(piece)] if piece in KNOWN_PIECES else [(usual,)]),
            *((word,) for word in others),
        ]
        for piece, (usual, *others) in zip(pieces, spelt, strict=True)
    ]
    for words in islice(ways(spelt), MOST_SPELLINGS):
        yield Reading(words, derived=True)
    yield Reading(tuple(map(old_spelling, pieces)), derived=True)
    for parts in islice(ways(meant), MOST_SPELLINGS):
        yield Reading(tuple(word for part in parts for word in part), derived=True)
