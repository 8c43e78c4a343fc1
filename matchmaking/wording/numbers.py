"""Numbers and lists as people write them, in the active language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from matchmaking.enums import Band

IN_WORDS = {
    1: pgettext_lazy("counted", "one"),
    2: pgettext_lazy("counted", "two"),
    3: pgettext_lazy("counted", "three"),
    4: pgettext_lazy("counted", "four"),
    5: pgettext_lazy("counted", "five"),
    6: pgettext_lazy("counted", "six"),
    7: pgettext_lazy("counted", "seven"),
    8: pgettext_lazy("counted", "eight"),
    9: pgettext_lazy("counted", "nine"),
    10: pgettext_lazy("counted", "ten"),
}


def is_chinese() -> bool:
    """Whether the active language is Chinese: its numbers group by ten thousand, its lists need no "and"."""
    return (get_language() or "").startswith("zh")


def counted(number: int) -> str:
    """A count before what is counted: in words up to ten, in figures above."""
    return str(IN_WORDS[number]) if number in IN_WORDS else f"{number:,}"


def sentence_start(text: str) -> str:
    """The text with a capital first letter; Chinese has none and stays."""
    return text[:1].upper() + text[1:]


def of_all(part: int, whole: int) -> dict[str, str]:
    """A part and its whole as the values `count` and `stated`: both in words or both in figures."""
    if whole > 10:
        return {"count": f"{part:,}", "stated": f"{whole:,}"}
    return {"count": counted(part), "stated": counted(whole)}


def large_number(number: int) -> str:
    """About as exact as a reader wants it: 10.4 million, 653,000; 1039万, 65.3万."""
    if is_chinese():
        if number < 10_000:
            return f"{number}"
        if number < 1_000_000:
            return f"{_plain(number / 10_000, 1)}万"
        if number < 100_000_000:
            return f"{number / 10_000:.0f}万"
        return f"{_plain(number / 100_000_000, 1)}亿"
    if number < 1000:
        return f"{number}"
    if number < 999_500:
        rounded = round(number, 3 - len(str(number)))
        return f"{rounded:,}"
    return f"{_plain(number / 1_000_000, 1)} million"


def _plain(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def times(ratio: float) -> str:
    """A ratio above one as a factor: 16 from ten on, else with one digit after the point."""
    return f"{ratio:,.0f}" if ratio >= 9.95 else _plain(ratio, 1)


def listed(items: Sequence[str]) -> str:
    """Items as a list inside a sentence: "a, b and c"; 「a、b、c」."""
    if is_chinese():
        return "、".join(items)
    if len(items) < 2:
        return "".join(items)
    return _("%(items)s and %(last)s") % {"items": ", ".join(items[:-1]), "last": items[-1]}


def band_of(score: float, bands: Mapping[str, float]) -> Band:
    """The band of a reciprocal score in [0,1], by the policy's `bands`: lower bounds on 100 x score.

    The score is taken as it is shown, so that number and word never disagree.
    """
    # By bound, not in the order given: stored JSON keeps no order.
    for band, bound in sorted(bands.items(), key=lambda item: -item[1]):
        if shown_score(score) >= bound:
            return Band(band)
    return Band.SLIGHT


def shown_score(score: float) -> int:
    """The score as it is shown: of 100, rounded half up."""
    return int(score * 100 + 0.5)


def score_words(score: float, bands: Mapping[str, float]) -> str:
    """Number and word together: "77 of 100, very strong"."""
    return _("%(score)s of 100, %(band)s") % {
        "score": shown_score(score),
        "band": str(band_of(score, bands).label),
    }
