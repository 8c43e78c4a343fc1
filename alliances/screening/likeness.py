"""How like two readings are: which word of one answers to which of the other, and what the rest weighs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA

from alliances.enums import LikenessReason
from alliances.names import has_han, pinyin
from alliances.screening.keys import (
    LONG_PINYIN,
    SHORTEST_ACRONYM,
    SHORTEST_MISTYPED,
    SHORTEST_MISTYPED_PINYIN,
    SHORTEST_SHORT_NAME,
    has_long_beginning,
    may_be_mistyped,
)
from alliances.screening.plain_words import PLAIN
from alliances.screening.ranks import is_place, is_telling, rank, weights_for
from alliances.screening.reading import MOST_RUN_TOGETHER, Reading
from alliances.screening.spellings import is_short_pinyin, is_spelt_pinyin, sound
from alliances.screening.words import (
    ENGLISH,
    INSTITUTIONS,
    OF_UNIVERSITIES,
    PARTS,
    SITES,
    STATE,
    TELLING,
    UNIVERSITIES,
)

_CONSONANTS = re.compile("[^aeiou]")
_TOLD_APART_IN_THE_NORTH = re.compile("([zcs])h|(n)g")
LONG_SOUTHERN = 8

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
SHORTEST_LETTERS = 3
# A Latin word that is no everyday one picks out its house from here on; from there on beside any words.
SHORTEST_HOUSE_NAME, LONG_HOUSE_NAME, VERY_LONG_HOUSE_NAME = 5, 6, 9
# No word of English or of pinyin begins so: BYD, ZTE, CRRC.
_UNPRONOUNCEABLE = re.compile(
    "(?![bcfgkpst]h|[bcfgkps]l|[bcdfgkptw]r|s[ckmnpqtw]|[dt]w|[kgp]n|ps|ts|hs|qu|zh|ll)[^aeiouy][^aeiou]"
)
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
    if _is_short_for(asked, listed):
        return _SHORT_NAME, LikenessReason.PART
    mine, theirs = _aligned(asked.words, listed.words), _aligned(listed.words, asked.words)
    pairs = _pairs(mine, theirs)
    # What was several words is no name of one house: "Nanjing University" in one.
    written = () if asked.run_on or listed.run_on else asked.words
    score, why = _of_pairs(mine, theirs, pairs, weights_for(listed.words), written)
    if why == LikenessReason.SAME_WORDS and ceiling < 1:
        why = LikenessReason.DERIVED
    return round(ceiling * score, 3), why


def _is_short_for(asked: Reading, listed: Reading) -> bool:
    """Whether a Chinese name is the listed one, or its branch's, without the trades behind it: "宁德时代"."""
    words = list(asked.words)
    while len(words) > 1 and (is_place(words[-1]) or words[-1] in SITES):
        words.pop()
    if not asked.is_han or len("".join(words)) < SHORTEST_SHORT_NAME or rank(words[-1]) < 2:
        return False
    return list(listed.words[: len(words)]) == words and not _tells_more(listed.words[len(words) :])


def _of_pairs(
    mine: Sequence[str],
    theirs: Sequence[str],
    pairs: Sequence[tuple[str, str, float]],
    weigh: Sequence[float],
    written: Sequence[str],
) -> tuple[float, LikenessReason]:
    """How like two names are of whose words these answer to each other; `written` are those of the name that
    is asked for as they stand in it."""
    paired = [one for one, _other, _how in pairs]
    left_mine = _left(mine, paired)
    left_theirs = _left(theirs, [other for _one, other, _how in pairs])
    shared = sum(how * min(weigh[rank(one)], weigh[rank(other)]) for one, other, how in pairs)
    is_long = any(map(_is_long_chinese, paired))
    is_house = is_long or (bool(written) and any(map(is_house_name, paired)))
    # A branch is elsewhere than its house, and a word that picks a house out does so in every city.
    may_move = is_house or any(ENGLISH.get(word, word) in PARTS for word in left_mine)
    lacked = [word for word in left_theirs if not is_house and not (may_move and is_place(word))]
    has_name = any(rank(word) == 2 and word not in TELLING for word in paired)
    # One general word may stand for another: 旷视科技, 旷视机器人技术.
    replaced = sum(rank(word) == 0 and not is_place(word) for word in left_mine)
    lacked = [word for word in lacked if weigh[rank(word)] < _LACKING][replaced if has_name else 0 :]
    lacking = len(lacked) * (_LACKING if has_name else _LACKING_MUCH)
    score = 2 * shared / (sum(weigh[rank(word)] for word in (*mine, *theirs)) + lacking)
    is_short = any(how == _SHORT_NAME for _one, _other, how in pairs)
    if not left_mine and not left_theirs and not is_short:
        if any(how < 1 for _one, _other, how in pairs):
            return score, LikenessReason.SPELT_ALIKE
        return score * _ANOTHER_ORDER, LikenessReason.SAME_WORDS
    # Of a listed name with a word that picks the house out that word is enough.
    is_whole = not (_tells_more(left_theirs) if is_house else left_theirs)
    begins = is_whole and (
        _begins_with(mine, paired)
        or _is_part_called_so(mine, paired)
        or _is_at_work(mine, paired, left_theirs, written)
    )
    if begins:
        listed_alone = sum(weigh[rank(word)] for word in theirs if word not in left_theirs)
        score = max(score, _BEGINS_WITH * shared / listed_alone)
    if _are_two(left_mine, left_theirs, theirs, begins=begins, may_move=may_move):
        score *= _TWO_NAMES
    if _is_shared_by_many(paired, left_mine, left_theirs):
        score *= _TWO_NAMES
    if is_short:
        return score, LikenessReason.PART
    says_more = any(rank(word) or word in STATE or ENGLISH.get(word, word) in PARTS for word in left_mine)
    return score, LikenessReason.BEGINS_WITH if begins and says_more else LikenessReason.GENERAL_WORDS


def _tells_more(words: Sequence[str]) -> bool:
    return any(rank(word) == 2 or word in INSTITUTIONS for word in words)


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
    behind = words[start + len(listed) :]
    if len(listed) >= (2 if is_own or not PARTS.isdisjoint(behind) else 3):
        return True
    if has_han("".join(listed)):
        return (is_own or is_university) and len("".join(listed)) >= SHORTEST_SHORT_NAME
    # "Tianjin University, Zhejiang Institute", and not "Tianjin University of Commerce".
    return is_university and any(
        word in SITES or word in OF_UNIVERSITIES or is_place(word) for word in behind[:1]
    )


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
    telling = [
        [word for word in left if is_telling(word) and not (may_move and (is_place(word) or word in SITES))]
        for left in (left_mine, left_theirs)
    ]
    if all(telling):
        return True
    # A name of everyday words is nobody's beside a name: Lumora Semiconductor Manufacturing.
    if not begins and max(map(rank, listed)) < 2 and any(rank(word) == 2 for word in left_mine):
        return True
    if not INSTITUTIONS.isdisjoint(left_mine) and INSTITUTIONS.isdisjoint(listed):
        return True
    if UNIVERSITIES.isdisjoint(listed) or begins:
        return False
    return not STATE.issuperset((*left_mine, *left_theirs))


def _is_shared_by_many(paired: Sequence[str], left_mine: Sequence[str], left_theirs: Sequence[str]) -> bool:
    """Whether all that two names share is a plain English word, as in Positive Energy, and else they are not
    the same; or a very short one, of a listed name that says what it does: Eve Systems is not EVE Energy.

    With its place a plain word is a name: Mobile is many, China Mobile is one.
    """
    own = [word for word in paired if rank(word) == 2]
    if not PARTS.isdisjoint(left_mine):
        return False
    if len(own) != 1 or any(word in STATE or is_place(word) for word in paired):
        return False
    if own[0] in PLAIN or own[0] in TELLING:
        return any(map(rank, (*left_mine, *left_theirs)))
    return not has_han(own[0]) and len(own[0]) < SHORTEST_ACRONYM and any(map(rank, left_theirs))


def is_house_name(word: str) -> bool:
    """Whether a Latin word picks its house out: it is long enough, no plain word, and no two syllables of
    pinyin, which are many characters."""
    if rank(word) < 2 or word in TELLING or word in PLAIN or has_han(word):
        return False
    return len(word) >= SHORTEST_HOUSE_NAME and not is_short_pinyin(word)


def _is_unpronounceable(word: str) -> bool:
    return len(word) >= SHORTEST_LETTERS and word.isalpha() and _UNPRONOUNCEABLE.match(word) is not None


def _is_at_work(
    words: Sequence[str], listed: Sequence[str], left_theirs: Sequence[str], written: Sequence[str]
) -> bool:
    """Whether a name is that of one house and else of what it does and where: "Inspur Smart City". A longer
    name of a house stands for it in front of any other words, and a very long one behind them."""
    if len(listed) != 1:
        return False
    if not (is_house_name(listed[0]) or _is_long_chinese(listed[0]) or _is_unpronounceable(listed[0])):
        return False
    others = [word for word in words if word != listed[0]]
    if not INSTITUTIONS.isdisjoint(others):
        return False
    long_enough = LONG_HOUSE_NAME if words[0] == listed[0] else VERY_LONG_HOUSE_NAME
    is_long = is_house_name(listed[0]) and len(listed[0]) >= long_enough and listed[0] in written
    is_long = is_long and not any(map(rank, left_theirs))
    return is_long or all(rank(word) < 2 or word in TELLING for word in others)


def _is_long_chinese(word: str) -> bool:
    return has_han(word) and len(word) >= _LONG_CHINESE and rank(word) == 2 and word not in ENGLISH


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
    if is_spelt_pinyin(one) and is_spelt_pinyin(other) and not _may_be_one_pinyin(one, other):
        return 0.0
    if [sign for sign in one if sign.isdigit()] != [sign for sign in other if sign.isdigit()]:
        return 0.0
    if sound(one) == sound(other):
        return _SAME_SOUND
    is_long = min(len(one), len(other)) >= _SHORT
    if _is_one_slip(one, other) or (is_long and _is_one_slip(sound(one), sound(other))):
        return _ONE_SLIP
    return 0.0


def _is_one_slip(one: str, other: str) -> bool:
    """Whether a letter is missing, too many, another one or in the place of its neighbour. In a short word
    another consonant makes another word: Mikron is not Micron."""
    is_short = max(len(one), len(other)) < _SHORT
    if is_short and sorted(_CONSONANTS.findall(one)) != sorted(_CONSONANTS.findall(other)):
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _begins_or_ends(long: str, short: str) -> bool:
    """Whether a Chinese word that is long enough to pick somebody out begins or ends another one."""
    if len(short) < SHORTEST_SHORT_NAME or rank(short) < 2 or rank(long) < 2:
        return False
    return long.startswith(short) or long.endswith(short)


def _may_be_one_pinyin(one: str, other: str) -> bool:
    """Whether two words of pinyin may be one, mistyped: long ones, and others that differ in a vowel alone or
    in what southern speakers do not tell apart, zh and z, ng and n.

    With another consonant it is the sound of another character: Huawei is not Huabei.
    """
    if min(len(one), len(other)) >= LONG_PINYIN:
        return True
    if max(len(one), len(other)) >= LONG_SOUTHERN and _southern(one) == _southern(other):
        return True
    return min(len(one), len(other)) >= SHORTEST_MISTYPED_PINYIN and _CONSONANTS.findall(
        one
    ) == _CONSONANTS.findall(other)


def _southern(word: str) -> str:
    return _TOLD_APART_IN_THE_NORTH.sub(r"\1\2", word)


def _same_sound_han(one: str, other: str) -> bool:
    """Whether one character stands for another of the same sound, as keyboards produce it.

    Two characters that sound alike are names of their own.
    """
    if len(one) != len(other) or len(one) < 3:
        return False
    return sum(p != q for p, q in zip(one, other, strict=True)) == 1 and pinyin(one) == pinyin(other)
