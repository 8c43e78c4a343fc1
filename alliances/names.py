"""Names made comparable: what is left of a Latin or Chinese name when its manner of writing is taken away.

Nothing here reads the register. A name of which nothing is left has no reading, and so matches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from opencc import OpenCC

from alliances.name_words import COMMON, ENGLISH_OF_ZH, LEGAL_FORMS, SAME_PHRASE, SAME_WORD, SILENT
from alliances.places import (
    CITIES_ZH,
    ENGLISH_OF_PLACE,
    PINYIN_OF_OLD_SPELLING,
    PINYIN_OF_PLACE,
    PLACES_ZH,
    PROVINCES_ZH,
    US_STATES,
    region_key,
)


class ComparableName(NamedTuple):
    """One reading of a name: its Latin words, or its Chinese characters.

    `joined` is the words without spaces, or the simplified characters; `words` are empty for Chinese.
    `level` is city, town, village, county, district or state where the name of a place says so.
    `stated` is the name that is read so.
    """

    joined: str
    words: tuple[str, ...] = ()
    initials: str = ""
    level: str = ""
    stated: str = ""


# --- Writing --------------------------------------------------------------------------------------

_HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´ʹ′")
_DOTTED = re.compile(r"\b[a-z](?:\.[a-z])+\b")
_NOT_WORD = re.compile(r"[^\w]+|_+")
_TONE_NUMBERS = re.compile(r"(?:[a-z]+[1-5] )*[a-z]+[1-5]")
_simplified = OpenCC("t2s")


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def fold(text: str) -> str:
    """Latin text in small letters, without accents and punctuation, words parted by one space: "a and b"."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_UNDECOMPOSED)
        text = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    text = text.lower().translate(_APOSTROPHES).replace("&", " and ").replace("+", " and ")
    text = _DOTTED.sub(lambda dotted: dotted.group().replace(".", ""), text)
    folded = _NOT_WORD.sub(" ", text).strip()
    if _TONE_NUMBERS.fullmatch(folded):  # pinyin with tones as numbers
        return re.sub(r"[1-5]", "", folded)
    return folded


def simplify(text: str) -> str:
    """Chinese text in simplified characters, without spaces and punctuation, its Latin letters small."""
    # A half of a surrogate pair, which JSON may carry, cannot be converted.
    whole = unicodedata.normalize("NFKC", text).encode("utf-8", "ignore").decode("utf-8")
    return _NOT_WORD.sub("", _simplified.convert(whole)).casefold()


def region_of(country: str, region: str) -> str:
    """The state or province that a stated region names, whatever its script; empty where it names none."""
    parts = re.split("[,，]", region)
    return region_key(country, ",".join(simplify(part) if has_han(part) else fold(part) for part in parts))


# --- Pinyin ---------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def pinyin(han: str) -> tuple[str, ...]:
    """The syllables of a simplified Chinese text without tones, ü as u; other signs stay together."""
    # Loaded when first needed: its dictionaries take 60 MB, which most processes never need.
    from pypinyin import lazy_pinyin

    syllables: list[str] = []
    for piece in parted(han, PINYIN_OF_PLACE, 3):
        syllables += PINYIN_OF_PLACE.get(piece) or lazy_pinyin(piece)
    return tuple(syllable.replace("v", "u") if syllable.isalpha() else syllable for syllable in syllables)


@lru_cache(maxsize=16384)
def english_reading(han: str) -> tuple[str, ...]:
    """A Chinese name as English would write it: known words translated, the rest in pinyin, a word each."""
    words: list[str] = []
    for piece in pieces(han):
        known = ENGLISH_OF_PLACE.get(piece) or ENGLISH_OF_ZH.get(piece)
        words += known.split() if known else ["".join(pinyin(piece))]
    return tuple(same_word(word) for word in words)


def pieces(han: str) -> tuple[str, ...]:
    """A Chinese name parted at the places and everyday words in it."""
    return tuple(parted(han, _KNOWN_PIECES, _LONGEST))


def stem_of(han: str) -> str:
    """What of a Chinese name is neither a place nor an everyday word."""
    return "".join(piece for piece in pieces(han) if piece not in _KNOWN_PIECES)


@lru_cache(maxsize=1)
def place_words() -> frozenset[str]:
    """Latin words by which states, provinces, large American and ranked Chinese cities are called."""
    states = {same_word(word) for state in US_STATES.values() for word in state.split()}
    spelt = {"".join(pinyin(place)) for place in PLACES_ZH}
    translated = {same_word(word) for name in ENGLISH_OF_PLACE.values() for word in name.split()}
    return frozenset(states | spelt | translated | set(PROVINCES_ZH.values())) - COMMON


def parted(text: str, known: Container[str], longest: int) -> list[str]:
    """The text cut around known pieces, the longest first; what stands between them stays whole."""
    found: list[str] = []
    start = position = 0
    while position < len(text):
        for length in range(min(longest, len(text) - position), 1, -1):
            if text[position : position + length] in known:
                if start < position:
                    found.append(text[start:position])
                found.append(text[position : position + length])
                position += length
                start = position
                break
        else:
            position += 1
    if start < len(text):
        found.append(text[start:])
    return found


_KNOWN_PIECES = PLACES_ZH | ENGLISH_OF_PLACE.keys() | ENGLISH_OF_ZH.keys()
_LONGEST = max(map(len, _KNOWN_PIECES))


# --- Names ----------------------------------------------------------------------------------------

_BRACKETS = re.compile(r"\(([^()]*)\)")
_ALSO_CALLED = re.compile(r"\b(?:d/b/a|f/k/a|a/k/a|dba|fka|aka|formerly|also known as)\b\.?:?", re.IGNORECASE)
_ACRONYM = re.compile(r"[A-Z][A-Z0-9]{2,7}")
_COUNTRIES = frozenset(("us", "usa", "united states", "china", "prc", "peoples republic of china"))


def comparable(
    name: str, *, is_place: bool = False, country: str = "", region: str = ""
) -> tuple[ComparableName, ...]:
    """The readings of a name; two names are the same where any two readings are.

    `is_place` takes off what governments are called (City of, 市人民政府) and keeps it as a level.
    `region` is a key of `region_of`: a name that ends in it ("Portland, OR") is also read without it.
    """
    found: dict[ComparableName, None] = {}
    for part in _parts(unicodedata.normalize("NFKC", name)):
        if has_han(part):
            readings = _chinese(part, is_place=is_place, country=country)
        else:
            name_alone = _without_tail(part, country, region)
            readings = _latin(name_alone, is_place=is_place, country=country, region=region)
        found |= dict.fromkeys(reading._replace(stated=part) for reading in readings)
    return tuple(found)


def region_in_name(country: str, name: str) -> str:
    """The state or province behind the last comma of a name: "OR" of "Portland, Oregon"; empty without."""
    before, _, tail = name.rpartition(",")
    return region_of(country, tail) if before else ""


def _parts(name: str) -> list[str]:
    """The names that one field holds: itself, or what stands in and outside brackets, or was its former name.

    Brackets part a name only where they hold an acronym or the other script: "(Beijing)" belongs to it.
    """
    former = [part for part in _ALSO_CALLED.split(name.replace("(", " (")) if fold(part) or has_han(part)]
    if len(former) > 1:
        return [part.strip(" ()，,;") for part in former]
    inside = _BRACKETS.search(name)
    if inside:
        bracketed = inside.group(1).strip()
        outside = (name[: inside.start()] + " " + name[inside.end() :]).strip()
        parted = has_han(bracketed) != has_han(outside) or _ACRONYM.fullmatch(bracketed)
        if bracketed and outside and (parted or _ACRONYM.fullmatch(outside)):
            return [outside, bracketed]
    return [name]


def _without_tail(name: str, country: str, region: str) -> str:
    """A Latin name without the region or country behind its last comma."""
    while "," in name:
        head, _, tail = name.rpartition(",")
        folded = fold(tail)
        if folded not in _COUNTRIES and not (region and region_key(country, folded) == region):
            break
        name = head
    return name


# --- Latin names ----------------------------------------------------------------------------------

_LEVEL_OF_WORD = {
    "city": "city", "city and county": "city", "municipality": "city", "municipal": "city",
    "prefecture": "city", "town": "town", "township": "town", "village": "village", "borough": "village",
    "county": "county", "parish": "county", "district": "district", "state": "state",
    "commonwealth": "state", "province": "state", "provincial": "state",
}  # fmt: skip
_LEVEL_OF_PINYIN = {"shi": "city", "xian": "county", "qu": "district", "sheng": "state"}
_LEVELS = _LEVEL_OF_WORD | _LEVEL_OF_PINYIN
_LEVEL_WORDS = "|".join(sorted(_LEVEL_OF_WORD, key=len, reverse=True))
_GOVERNMENT = re.compile(
    r"(?:the )?(?:(?:municipal |provincial )?(?:peoples )?government of |office of the mayor of )?"
    r"(?P<name>.*?)(?: (?:metropolitan |metro )?(?:peoples )?government| city hall)?"
)
# A city and its county under one government.
_MERGED = re.compile(
    r"(?:the )?(?:metropolitan|metro|unified|consolidated) (?:government of )?"
    r"(?P<name>.+?)(?: and .+ county)?"
)
_LEVEL_BEFORE = re.compile(rf"(?:the )?(?P<level>{_LEVEL_WORDS}) of (?P<base>.+)")
_LEVEL_AFTER = re.compile(rf"(?P<base>.+) (?P<level>{_LEVEL_WORDS}|{'|'.join(_LEVEL_OF_PINYIN)})")
# A bare name of these is the city, not the state.
_CITIES_LIKE_STATES = {"new york", "washington"}
_STATE_NAMES = frozenset(US_STATES.values()) - _CITIES_LIKE_STATES


def _latin(name: str, *, is_place: bool, country: str, region: str) -> Iterator[ComparableName]:
    folded = fold(name)
    if not is_place:
        yield from _reading(folded, "")
        return
    government = _MERGED.fullmatch(folded) or _GOVERNMENT.fullmatch(folded)
    bare = government["name"] if government else folded
    if bare.removesuffix(" of") in _LEVEL_OF_WORD:  # a city of no name
        return
    before = _LEVEL_BEFORE.fullmatch(bare)
    level, base = (_LEVEL_OF_WORD[before["level"]], before["base"]) if before else ("", bare)
    for base_here in (base, _without_region(base, region)):
        yield from _reading(base_here, level or ("state" if base_here in _STATE_NAMES else ""))
        after = _LEVEL_AFTER.fullmatch(base_here)
        if after and level in ("", _LEVELS[after["level"]]):
            # Union and Union City are two American towns; Suzhou City is Suzhou.
            part_of_name = country == "US" and after["level"] in ("city", "village")
            if not part_of_name or after["base"] in _CITIES_LIKE_STATES:
                yield from _reading(after["base"], _LEVELS[after["level"]])


def _without_region(base: str, region: str) -> str:
    """Without the own state behind the name of a place: "portland oregon", "portland or"."""
    for tail in (US_STATES.get(region, region), region.lower()):
        head = base.removesuffix(f" {tail}") if tail else base
        if head != base and not head.endswith(" of"):
            return head
    return base


def _reading(folded: str, level: str) -> Iterator[ComparableName]:
    """The reading of a folded name, unless nothing of it is left."""
    spoken = [word for word in folded.split() if word not in SILENT]
    while spoken and spoken[-1] in LEGAL_FORMS:
        spoken.pop()
    words = [same_word(word) for word in spoken]
    if "shi" in words or "sheng" in words:  # 市 and 省, which pinyin keeps behind the place
        words = [
            word
            for before, word in zip(["", *words], words, strict=False)
            if word not in ("shi", "sheng") or before not in place_words()
        ]
    if len(words) > 1:
        words = same_phrases(words)
    if words:
        initials = "".join(word if len(word) < 3 else word[0] for word in spoken)
        yield ComparableName("".join(words), tuple(words), initials, level)


def same_word(word: str) -> str:
    """The word in its singular, its old spelling and abbreviation by the usual one."""
    word = PINYIN_OF_OLD_SPELLING.get(word, word)
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is", "corps")):
        word = word[:-3] + "y" if word.endswith("ies") else word[:-1]
    return SAME_WORD.get(word, word)


def same_phrases(words: Sequence[str]) -> list[str]:
    """The words, those that together mean another word as that one."""
    text = f" {' '.join(words)} "
    for phrase, word in SAME_PHRASE.items():
        if phrase in text:
            text = text.replace(f" {phrase} ", f" {word} ")
    return text.split()


# --- Chinese names --------------------------------------------------------------------------------

_FORMS_ZH = re.compile(r"(?:股份)?有限(?:责任)?公司|股份公司|集团公司|总公司|集团|(?<!分)公司|有限合伙|股份$")
_AND_ZH = re.compile("以及|[与及]")
_GOVERNMENT_ZH = re.compile("(?:人民)?政府$")
_LEVEL_ZH = re.compile(
    "(?P<base>.{2,}?)(?P<level>特别行政区|(?:壮族|回族|维吾尔)?自治区|省|(?:.{1,6}族)?自治州|地区|盟|市|郡|"
    "(?:.{1,4}族)?自治县|县|(?<![开发园新示范合作保税社校])区|镇|州)"
)
_LEVEL_OF_SIGN_ZH = {
    "省": "state", "州": "city", "盟": "city", "市": "city", "郡": "county", "县": "county", "镇": "town",
}  # fmt: skip
_PLACE_LEVEL_ZH = re.compile("(?:省|自治区|特别行政区|市(?![政场民区容]))")


def _chinese(name: str, *, is_place: bool, country: str) -> Iterator[ComparableName]:
    han, level = _AND_ZH.sub("和", simplify(name)), ""
    if is_place:
        han = _GOVERNMENT_ZH.sub("", han)
        if han in _LEVEL_OF_SIGN_ZH:  # a city of no name
            return
        said = _LEVEL_ZH.fullmatch(han)
        if said:
            han, level = said["base"], _level_zh(said["level"], country)
    han = _plain_places(_FORMS_ZH.sub("", han), without_province=bool(level))
    if has_han(han):
        yield ComparableName(han, level=level)
    elif han:  # "Biobot公司": what is left is a Latin name
        yield from _reading(fold(han), level)


def _level_zh(said: str, country: str) -> str:
    if said.endswith("区"):
        return "state" if "自治" in said or "行政" in said else "city" if said == "地区" else "district"
    if said == "州" and country == "US":
        return "state"
    return _LEVEL_OF_SIGN_ZH[said[-1]]


def _plain_places(han: str, *, without_province: bool) -> str:
    """Without 省 and 市 behind the places in front, and without the province before one of its cities."""
    places: list[str] = []
    rest = han
    while True:
        place = next((rest[:length] for length in (4, 3, 2) if rest[:length] in PLACES_ZH), "")
        level = _PLACE_LEVEL_ZH.match(rest, len(place))
        after = rest[level.end() if level else len(place) :]
        if not place or not after:
            break
        places.append(place)
        rest = after
    of_city = len(places) > 1 and places[1] in CITIES_ZH
    if places and places[0] in PROVINCES_ZH and (of_city or without_province):
        places.pop(0)
    return "".join(places) + rest


# --- Search ---------------------------------------------------------------------------------------


def search_key(name_en: str, name_zh: str, aliases: Sequence[str] = ()) -> str:
    """One text by which an organization is found: its names folded, their pinyin joined and apart, initials.

    Latin words in small letters, simplified Chinese, everything once, parted by spaces. Empty where no name
    says anything.
    """
    parts: dict[str, None] = {}
    for name in (name_en, name_zh, *aliases):
        parts |= dict.fromkeys(_search_parts(name))
    return " ".join(part for part in parts if part)


def search_term(text: str) -> str:
    """What somebody typed, written as `search_key` writes: simplified Chinese, or folded Latin words."""
    return simplify(text) if has_han(text) else fold(text)


def _search_parts(name: str) -> Iterator[str]:
    for reading in comparable(name, is_place=True):
        if reading.words:
            yield fold(name)
            if len(reading.initials) > 1:
                yield reading.initials
        else:
            syllables = pinyin(reading.joined)
            yield from (simplify(name), "".join(syllables), " ".join(syllables))
            yield "".join(syllable[0] for syllable in syllables)
