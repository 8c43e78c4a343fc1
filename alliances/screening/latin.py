"""The readings of a Latin name: its words, each by the one word that all its ways of writing stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from alliances.names import english_reading, fold, pinyin, place_words, same_phrases
from alliances.places import PLACES_ZH
from alliances.screening.abbreviations import SAME_PHRASE, SAME_WORD
from alliances.screening.ranks import LONG, Rank, corrected, is_place, rank
from alliances.screening.reading import MOST_RUN_TOGETHER, Reading
from alliances.screening.spellings import is_pinyin, old_spelling
from alliances.screening.trades import TOWNS_OF_ZH
from alliances.screening.words import FORMS, PERHAPS_FORMS, UNIVERSITIES

_SILENT_WITHIN = frozenset(("in", "at"))


def latin_readings(words: Sequence[str]) -> Iterator[Reading]:
    """The readings of the words of a name, of which none is silent."""
    apart = _letters_joined(_numbers_plain(words))
    plain = _everyday_joined(apart)
    joined = _places_joined(_syllables_joined(plain))
    # Each, for Wei Fang is a person, Weifang a city.
    for one in dict.fromkeys(map(tuple, (joined, plain, apart))):
        yield from _read(one)


def _read(words: Sequence[str]) -> Iterator[Reading]:
    meant = [SAME_WORD.get(word) or corrected(word) for word in words]
    kept = _phrases(
        [
            word
            for place, (before, word) in enumerate(zip(["", *meant], meant, strict=False))
            if word not in FORMS
            and not (word in _LEVELS and is_place(before))
            and not (word in _SILENT_WITHIN and 0 < place < len(meant) - 1)
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


def _phrases(words: Sequence[str]) -> list[str]:
    """The words, those that together mean others as those. A university of science and technology is another
    than one of technology in the same city."""
    text = f" {' '.join(words)} "
    if not UNIVERSITIES.isdisjoint(words):
        for both in ("science technology", "technology science"):
            text = text.replace(f" {both} ", " sciencetechnology ")
    for phrase, word in SAME_PHRASE.items():
        text = text.replace(f" {phrase} ", f" {word} ")
    return same_phrases(text.split())


def _letters_joined(words: Sequence[str]) -> list[str]:
    """Single letters that stand together as one word: "M&S", "Z T E"."""
    found: list[str] = []
    before = ""
    for word in words:
        if len(word) == len(before) == 1 and word.isalpha() and before.isalpha():
            found[-1] += word
        else:
            found.append(word)
        before = word
    return found


def _everyday_joined(words: Sequence[str]) -> list[str]:
    """Two words as one where they are one everyday word: "Super-Computer", "Poly Technical"."""
    found: list[str] = []
    for word in words:
        together = found[-1] + word if found else ""
        if together in SAME_WORD or (rank(together) == Rank.COMMON and not is_pinyin(together)):
            found[-1] = together
        else:
            found.append(word)
    return found


# 集团 and 公司 in the middle of a name, which its Chinese reading is without.
_FORMS_WITHIN = re.compile("(?:jituan)?(?:youxian)?gongsi|jituan")
_TECHNOLOGY = re.compile("technolog(?:y|ies)$")
_LEVELS = ("shi", "sheng", "shih")


@lru_cache(maxsize=1)
def _level_behind_place() -> re.Pattern[str]:
    spelt = {"".join(pinyin(place)) for place in PLACES_ZH | TOWNS_OF_ZH.keys()}
    places = "|".join(sorted(spelt, key=len, reverse=True))
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


def unparted(name: str) -> Iterator[Reading]:
    """A long name as one word, for where all its spaces have been lost: "HangzhouHikvisionCo.,Ltd."."""
    letters = fold(name).replace(" ", "")
    bare = _FORMS_BEHIND.sub("", letters)
    form = len(letters) - len(bare)
    if len(bare) > LONG or form >= len("coltd") or (form >= len("ltd") and len(bare) >= _SHORTEST_UNPARTED):
        found: dict[str, None] = {}
        for one in (bare, _FORM_BEHIND.sub("", letters)):  # "zao" is a form, and the end of "zhizao"
            city = _level_behind_place().sub(r"\g<place>", one)
            found |= dict.fromkeys((one, city, _FORMS_WITHIN.sub("", city), _TECHNOLOGY.sub("tech", one)))
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
