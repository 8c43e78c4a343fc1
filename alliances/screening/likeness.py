"""How like two readings are: which word of one answers to which of the other, and what the rest weighs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA

from alliances.enums import LikenessReason
from alliances.names import has_han, pinyin
from alliances.screening.keys import (
    LONG_PINYIN,
    SHORTEST_MISTYPED,
    SHORTEST_MISTYPED_PINYIN,
    SHORTEST_SHORT_NAME,
    has_long_beginning,
    may_be_mistyped,
)
from alliances.screening.names import MOST_RUN_TOGETHER, Reading
from alliances.screening.ranks import is_place, is_telling, rank, weights_for
from alliances.screening.spellings import is_pinyin, sound
from alliances.screening.words import ENGLISH, INSTITUTIONS, PARTS, SITES, STATE, TELLING, UNIVERSITIES

_CONSONANTS = re.compile("[^aeiou]")

_ANOTHER_ORDER = 0.98
_DERIVED = 0.97
# Each of the two has a word of its own: they may be sisters, and are not one.
_TWO_NAMES = 0.75
# Branches and daughters put what they do behind the name of the house.
_BEGINS_WITH = 0.88
# A general word tells little where a name adds it, more where it lacks it, and much where what both share is
# an English word: Mobile is not China Mobile.
_LACKING, _LACKING_MUCH = 0.15, 0.4
# More than a slip and the letters that one transliteration writes double.
_LENGTHS_APART = 3
_SAME_SOUND, _ONE_SLIP = 0.96, 0.93
# The beginning or the end of a Chinese word for the word.
_SHORT_NAME = 0.95
# So many characters are of one house alone.
_LONG_CHINESE = 3
# In a shorter word another consonant makes another word, as in pinyin.
_SHORT = 7


def likeness(asked: Reading, listed: Reading) -> tuple[float, LikenessReason]:
    """How like two readings are, and by what. Of Chinese in two scripts that one is derived is known."""
    if asked.is_han != listed.is_han or (asked.derived and listed.derived):
        return 0.0, LikenessReason.SAME
    ceiling = _DERIVED if asked.derived or listed.derived else 1.0
    if asked.joined == listed.joined:
        return ceiling, LikenessReason.DERIVED if ceiling < 1 else LikenessReason.SAME
    if listed.run_on and (asked.run_on or len(asked.words) > 1):
        return 0.0, LikenessReason.SAME
    if has_long_beginning(listed) and asked.joined.startswith(listed.joined):
        return _BEGINS_WITH, LikenessReason.BEGINS_WITH
    mine, theirs = _aligned(asked.words, listed.words), _aligned(listed.words, asked.words)
    pairs = _pairs(mine, theirs)
    left_mine = _left(mine, [one for one, _other, _how in pairs])
    left_theirs = _left(theirs, [other for _one, other, _how in pairs])
    weigh = weights_for(listed.words)
    shared = sum(how * min(weigh[rank(one)], weigh[rank(other)]) for one, other, how in pairs)
    paired = [one for one, _other, _how in pairs]
    is_long = any(map(_is_long_chinese, paired))
    # A branch is elsewhere than its house, and a long Chinese word is one house's in every city.
    may_move = is_long or any(ENGLISH.get(word, word) in PARTS for word in left_mine)
    is_brand = is_long or any(map(_is_brand, paired))
    lacked = [word for word in left_theirs if not is_brand and not (may_move and is_place(word))]
    has_name = any(rank(word) == 2 and word not in TELLING for word in paired)
    lacking = sum(_LACKING if has_name else _LACKING_MUCH for word in lacked if weigh[rank(word)] < _LACKING)
    total = sum(weigh[rank(word)] for word in (*mine, *theirs)) + lacking
    score = ceiling * 2 * shared / total
    is_short = any(how == _SHORT_NAME for _one, _other, how in pairs)
    if not left_mine and not left_theirs:
        if is_short:
            return round(score, 3), LikenessReason.PART
        if any(how < 1 for _one, _other, how in pairs):
            return round(score, 3), LikenessReason.SPELT_ALIKE
        return round(
            score * _ANOTHER_ORDER, 3
        ), LikenessReason.DERIVED if ceiling < 1 else LikenessReason.SAME_WORDS
    # Of a listed name with a long Chinese word that word is enough.
    is_whole = not (any(map(rank, left_theirs)) if is_long else left_theirs)
    begins = is_whole and (_begins_with(mine, paired) or _is_part_called_so(mine, paired))
    if begins:
        listed_alone = sum(weigh[rank(word)] for word in theirs if word not in left_theirs)
        score = max(score, ceiling * _BEGINS_WITH * shared / listed_alone)
    if _are_two(left_mine, left_theirs, theirs, begins=begins, may_move=may_move):
        score *= _TWO_NAMES
    if is_short:
        return round(score, 3), LikenessReason.PART
    more = begins and left_mine
    return round(score, 3), LikenessReason.BEGINS_WITH if more else LikenessReason.GENERAL_WORDS


def _begins_with(words: Sequence[str], listed: Sequence[str]) -> bool:
    """Whether a name begins, perhaps behind a place, with a whole listed one: a part of it is called so.

    One word alone may be anybody's, "Dawning Hope", unless it is a long Chinese one. A university behind a
    place is another university.
    """
    is_university = not UNIVERSITIES.isdisjoint(listed)
    start = 0
    while start < len(words) and words[start] not in listed and rank(words[start]) == 0:
        if is_university and words[start] not in STATE:
            return False
        start += 1
    if sorted(words[start : start + len(listed)]) != sorted(listed):
        return False
    is_own = max(map(rank, listed)) == 2
    if len(listed) >= (2 if is_own else 3):
        return True
    if has_han("".join(listed)):
        return (is_own or is_university) and len("".join(listed)) >= SHORTEST_SHORT_NAME
    # "Tianjin University, Zhejiang Institute", and not "Tianjin University of Commerce".
    behind = words[start + len(listed) :][:1]
    return is_university and any(word in SITES or is_place(word) for word in behind)


def _is_part_called_so(words: Sequence[str], listed: Sequence[str]) -> bool:
    """Whether a name begins or ends with a listed one of one word, and calls itself a part of something."""
    if len(listed) != 1 or rank(listed[0]) < 2 or len(listed[0]) < SHORTEST_MISTYPED:
        return False
    return listed[0] in (words[0], words[-1]) and not SITES.isdisjoint(words)


def _are_two(
    left_mine: Sequence[str],
    left_theirs: Sequence[str],
    listed: Sequence[str],
    *,
    begins: bool,
    may_move: bool,
) -> bool:
    """Whether what is left of two names says that they are of two."""
    telling_mine = [word for word in left_mine if is_telling(word) and not (may_move and is_place(word))]
    if telling_mine and any(map(is_telling, left_theirs)):
        return True
    if not INSTITUTIONS.isdisjoint(left_mine) and INSTITUTIONS.isdisjoint(listed):
        return True
    if UNIVERSITIES.isdisjoint(listed) or begins:
        return False
    return not STATE.issuperset((*left_mine, *left_theirs))


def _is_brand(word: str) -> bool:
    """Whether a Latin word is so long, and no everyday one nor pinyin, that it picks its house out."""
    return len(word) >= _SHORT and rank(word) == 2 and word not in TELLING and not is_pinyin(word)


def _is_long_chinese(word: str) -> bool:
    return has_han(word) and len(word) >= _LONG_CHINESE and rank(word) == 2


def _aligned(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """The words, those run together that are one word of the other name."""
    wanted = [other for other in others if other not in words]
    found: list[str] = []
    start = 0
    while start < len(words):
        stop = start + 1
        for other in wanted:
            if other.startswith(words[start]):
                together, end = words[start], stop
                while end < len(words) and len(together) < len(other):
                    together += words[end]
                    end += 1
                if together == other and end - start <= MOST_RUN_TOGETHER:
                    stop = end
                    break
        found.append("".join(words[start:stop]))
        start = stop
    return found


def _pairs(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[str, str, float]]:
    """Which word of one name answers to which of the other: the same ones first, then those spelt alike."""
    left = list(theirs)
    found: list[tuple[str, str, float]] = []
    unmatched: list[str] = []
    for word in mine:
        if word in left:
            left.remove(word)
            found.append((word, word, 1.0))
        else:
            unmatched.append(word)
    for word in unmatched:
        how, other = max(((spelt_alike(word, other), other) for other in left), default=(0.0, ""))
        if how:
            left.remove(other)
            found.append((word, other, how))
    return found


def _left(words: Sequence[str], taken: Iterable[str]) -> list[str]:
    left = list(words)
    for word in taken:
        left.remove(word)
    return left


def spelt_alike(one: str, other: str) -> float:
    """Whether one word may be the other, mistyped or transliterated otherwise: how surely, 0 where not."""
    if has_han(one) or has_han(other):
        if _begins_or_ends(one, other) or _begins_or_ends(other, one):
            return _SHORT_NAME
        return _ONE_SLIP if _same_sound_han(one, other) else 0.0
    if abs(len(one) - len(other)) > _LENGTHS_APART:
        return 0.0
    if not (may_be_mistyped(one) and may_be_mistyped(other)):
        return 0.0
    if is_pinyin(one) and is_pinyin(other) and not _may_be_one_pinyin(one, other):
        return 0.0
    if [sign for sign in one if sign.isdigit()] != [sign for sign in other if sign.isdigit()]:
        return 0.0
    one, other = sound(one), sound(other)
    if one == other:
        return _SAME_SOUND
    if min(len(one), len(other)) < _SHORT and sorted(_CONSONANTS.findall(one)) != sorted(
        _CONSONANTS.findall(other)
    ):
        return 0.0  # Mikron is not Micron
    return _ONE_SLIP if OSA.distance(one, other, score_cutoff=1) <= 1 else 0.0


def _begins_or_ends(long: str, short: str) -> bool:
    """Whether a Chinese word that is long enough to pick somebody out begins or ends another one."""
    if len(short) < SHORTEST_SHORT_NAME or rank(short) < 2 or rank(long) < 2:
        return False
    return long.startswith(short) or long.endswith(short)


def _may_be_one_pinyin(one: str, other: str) -> bool:
    """Whether two words of pinyin may be one, mistyped: long ones, and others that differ in a vowel alone.

    With another consonant it is the sound of another character: Huawei is not Huabei.
    """
    if min(len(one), len(other)) >= LONG_PINYIN:
        return True
    return min(len(one), len(other)) >= SHORTEST_MISTYPED_PINYIN and _CONSONANTS.findall(
        one
    ) == _CONSONANTS.findall(other)


def _same_sound_han(one: str, other: str) -> bool:
    """Whether one character stands for another of the same sound, as keyboards produce it.

    Two characters that sound alike are names of their own.
    """
    if len(one) != len(other) or len(one) < 3:
        return False
    return sum(p != q for p, q in zip(one, other, strict=True)) == 1 and pinyin(one) == pinyin(other)
