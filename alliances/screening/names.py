"""Names as screening compares them: every reading of a name.

A name of which nothing is left has no reading. It cannot be screened; it is never clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from alliances.name_words import SAME_WORD as SAME_WORD_OF_REGISTER
from alliances.name_words import SILENT
from alliances.names import ComparableName, comparable, fold, has_han, parted, same_word, simplify
from alliances.places import PLACES_ZH, US_STATES
from alliances.screening.abbreviations import SAME_WORD, SAME_WORD_ZH
from alliances.screening.keys import SHORTEST_ACRONYM
from alliances.screening.latin import latin_readings, unparted
from alliances.screening.ranks import Rank, corrected, is_place, rank
from alliances.screening.reading import Reading
from alliances.screening.spellings import (
    KNOWN_PIECES,
    MOST_SPELLINGS,
    old_spelling,
    spellings,
    translated,
    ways,
)
from alliances.screening.trades import TOWNS_OF_ZH
from alliances.screening.words import FORMS, SITES, UNIVERSITIES

# Legal forms of several words, the address on the web, and the "-e" that Persian puts between words.
_SAYS_NOTHING = re.compile(
    r"(?:(?:public|open|closed)[\s-]*)?joint[\s-]*stock[\s-]*company|limited[\s-]*liability[\s-]*company"
    r"|\bsp\.?\s*z\s*o\.?\s*o\b\.?|\.(?:com|net|cn)\b|(?<=[a-z])-y?e(?=\s)",
    re.IGNORECASE,
)
# The state of a daughter: "ZTE (TX) Inc."
_CODE_OF_PLACE = re.compile(r"\(([A-Z]{2})\)|,\s*([A-Z]{2})$")


# --- Readings -------------------------------------------------------------------------------------

_LATIN_RUN = re.compile(r"[^\W\d_]{2,}", re.ASCII)
_RUNS = re.compile(r"[\x00-\u024f]+|[^\x00-\u024f]+")


def readings(name: str, *, listed: bool = False) -> tuple[Reading, ...]:
    """Every reading of a name, each once; empty where nothing of it is left but legal forms and signs.

    A listed name is read by the abbreviation beside it, too; one that is asked for is not, where it is no
    more than the initials of the name beside it, as in Cool Roof Rating Council (CRRC).
    """
    name = _SAYS_NOTHING.sub(" ", unicodedata.normalize("NFKC", name).replace("\ufffd", ""))
    name = _CODE_OF_PLACE.sub(_place_written_out, name)
    if not listed:
        name = _without_initials(name)
    stated = [name]
    if _HYPHEN.search(name):  # "Hik-Vision"
        stated.append(_HYPHEN.sub("", name))
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
            if not listed and any(_spells_out(other.stated, part.joined) for other in parts):
                continue
            found |= dict.fromkeys(latin_readings(_words_of(part)) if part.words else _han(part.joined))
            if listed and (short := _short_university(part.joined)):
                found[Reading((short,), is_han=True)] = None
            if part.words:
                found |= dict.fromkeys(unparted(part.stated))
    return tuple(found)


def _place_written_out(found: re.Match[str]) -> str:
    return f"({US_STATES[code]})" if (code := found[1] or found[2]) in US_STATES else found[0]


def _words_of(part: ComparableName) -> Sequence[str]:
    """The words of a Latin name; of a university's also those that the register takes for one."""
    if UNIVERSITIES.isdisjoint(map(corrected, part.words)):
        return part.words
    return [same_word(word) for word in fold(part.stated).split() if word not in SILENT]


def _spells_out(name: str, acronym: str) -> bool:
    """Whether an acronym is the initials of a name, its silent words and legal forms counted or not."""
    words = [] if has_han(name) else fold(name).split()
    if len(words) < 2:
        return False
    silent = SILENT | FORMS
    initials = "".join(f"{word[0]}{'?' * (word in silent)}" for word in words if word[0].isalnum())
    return re.fullmatch(initials, acronym) is not None


_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})-(?=[^\W\d_]{2})")


def _without_initials(name: str) -> str:
    for part in _BETWEEN_PARTS.split(name):
        rest = name.replace(part, " ", 1)
        if part.strip() and _spells_out(rest, fold(part)):
            return rest
    return name


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
    return tuple(
        part for part in found if part != name and not _spells_out(name.replace(part, ""), fold(part))
    )


def has_unknown_script(name: str) -> bool:
    """Whether a name has letters neither Latin nor Chinese, which are compared only as they stand."""
    return any(
        not has_han(sign) and not unicodedata.name(sign, "").startswith("LATIN")
        for sign in unicodedata.normalize("NFKC", name)
        if not sign.isascii() and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Lo")
    )


_LONGEST = max(map(len, KNOWN_PIECES))
_KNOWN_BACKWARDS = frozenset(piece[::-1] for piece in KNOWN_PIECES)
_NUMBER_ZH = re.compile(
    "第?([零一二三四五六七八九]{2,5}|[一二三四五六七八九]?十[一二三四五六七八九]?|(?<=第)[一二三四五六七八九])"
    "(?=研究[所院]|设计[所院]|[所院厂])|([零一二三四五六七八九]{3,})"
)
_SAME_WORD_ZH = re.compile("|".join(sorted(SAME_WORD_ZH, key=len, reverse=True)))
_LONG_UNIVERSITY = re.compile("(?P<place>.{2,3})(?P<what>工业|科技|交通|理工|工程)大学")
_LEVEL_OF_TOWN = re.compile(f"({'|'.join(TOWNS_OF_ZH)})[市县](?=..)")
# 国防科大 for 国防科技大学, and 中国科大 for 中国科学技术大学.
_LONG_UNIVERSITIES = (
    {"科大": "科技大学", "工大": "工业大学", "理工": "理工大学", "交大": "交通大学", "邮电": "邮电大学"},
    {"科大": "科学技术大学", "工大": "工业大学", "理工": "理工大学", "交大": "交通大学", "邮电": "邮电大学"},
)
_SHORT_UNIVERSITY = re.compile(
    f"(?<=..)(?:科大|工大|交大|理工|邮电)(?=$|研究|附属|{'|'.join(sorted(PLACES_ZH))})"
)
_DIGITS_ZH = "零一二三四五六七八九"


def _han(han: str) -> Iterator[Reading]:
    """Parted from the front and from behind, which differ where two known pieces share a character."""
    han = re.sub("(?<=..)(?:股份)+$", "", han).replace("〇", "零")
    han = _LEVEL_OF_TOWN.sub(r"\1", han)
    here = _SAME_WORD_ZH.sub(partial(_written_out, SAME_WORD_ZH), han)
    longer = [_SHORT_UNIVERSITY.sub(partial(_written_out, long), han) for long in _LONG_UNIVERSITIES]
    for stated in dict.fromkeys((_NUMBER_ZH.sub(_number, han), han, here, *longer)):
        forwards = _parted(stated)
        backwards = [piece[::-1] for piece in reversed(parted(stated[::-1], _KNOWN_BACKWARDS, _LONGEST))]
        for parting in (forwards, backwards) if forwards != backwards else (forwards,):
            yield from _han_parted([run for piece in parting for run in _RUNS.findall(piece)])


def _short_university(han: str) -> str:
    """哈工大 of 哈尔滨工业大学, 北理工 of 北京理工大学; empty for other names."""
    whole = _LONG_UNIVERSITY.fullmatch(han)
    if not whole or not is_place(whole["place"]):
        return ""
    return whole["place"][0] + {"工业": "工大", "科技": "科大", "交通": "交大"}.get(
        whole["what"], whole["what"]
    )


def _written_out(long: Mapping[str, str], short: re.Match[str]) -> str:
    return long[short[0]]


def _parted(han: str) -> list[str]:
    return parted(han, KNOWN_PIECES, _LONGEST)


def _number(written: re.Match[str]) -> str:
    """55 for 第五十五 and for 五五."""
    tens, ten, ones = (written[1] or written[2]).partition("十")
    if not ten:
        return "".join(str(_DIGITS_ZH.index(sign)) for sign in tens)
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
        yield Reading(tuple(SAME_WORD.get(word, word) for word in words), derived=True)
    yield Reading(tuple(map(old_spelling, pieces)), derived=True)
    for parts in islice(ways(meant), MOST_SPELLINGS):
        yield Reading(tuple(word for part in parts for word in part), derived=True)
