"""A statement made ready for patterns, and the numbers that English and Chinese write.

Every repetition in the coach's patterns is bounded and every look around a find is a window, so reading
costs no more than a fixed amount a character, whatever the text.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import cached_property

Span = tuple[int, int]

# How far around a find its words are looked for: longer than a sentence of 600 characters needs.
WINDOW = 160
# Stand where something was taken out, so that the rest keeps its places: what says nothing more, a date that
# is over, a date to come.
BLANK, PAST, AHEAD = "\ue000", "\ue001", "\ue002"

# Full-width letters, figures and signs of Chinese keyboards as ASCII; commas and stops stay.
_WIDE = "".join(
    chr(point + 0xFEE0) for point in range(0x21, 0x7F) if chr(point).isalnum() or chr(point) in "%$-/~+&@#"
)
_NARROW = {ord(wide): ord(wide) - 0xFEE0 for wide in _WIDE} | {
    0x2019: "'",
    0x00A0: " ",
    0x3000: " ",
    0x2011: "-",
    0x03BC: "µ",
    0xFFE5: "¥",
}
# str.lower() can change the length.
_LOWER = {ord(upper): upper.lower() for upper in string.ascii_uppercase}

_SENTENCE = re.compile(r"[。！？!?;；\n]|\.(?=\s|$)")
_CLAUSE = re.compile(r"[。！？!?;；\n，、()（）]|[.,](?=\s|$)|\s[-–—]\s|——")


class Text:
    """`plain` is what was written, in one width; `lower` the same in lower case, place for place."""

    def __init__(self, plain: str, written: str) -> None:
        self.plain = plain
        self._written = written

    @classmethod
    def of(cls, statement: str) -> Text:
        return cls(statement.translate(_NARROW), statement)

    @cached_property
    def lower(self) -> str:
        return self.plain.translate(_LOWER)

    def without(self, spans: Iterable[Span], mark: str = BLANK) -> Text:
        """The same text with `mark` in each place of these spans."""
        pieces, at = [], 0
        for start, end in sorted(spans):
            pieces += [self.plain[at:start], mark * (end - max(start, at))]
            at = max(at, end)
        return Text("".join([*pieces, self.plain[at:]]), self._written)

    def quote(self, start: int, end: int) -> str:
        """What the person wrote there, taken out or not."""
        return self._written[start:end].strip()

    def before(self, at: int, *, clause: bool = False) -> str:
        """What the same sentence or clause says before `at`, in lower case."""
        window = self.lower[max(0, at - WINDOW) : at]
        start = 0
        for found in (_CLAUSE if clause else _SENTENCE).finditer(window):
            start = found.end()
        return window[start:]

    def after(self, at: int, *, clause: bool = False) -> str:
        """What the same sentence or clause says from `at` on, in lower case."""
        window = self.lower[at : at + WINDOW]
        found = (_CLAUSE if clause else _SENTENCE).search(window)
        return window[: found.start()] if found else window


def words(english: str, chinese: str = "") -> re.Pattern[str]:
    """A pattern of whole English words and of Chinese ones, both as alternatives parted by bars."""
    whole = rf"(?<![a-z])(?:{english})(?![a-z])"
    return re.compile(f"{whole}|{chinese}" if chinese else whole, re.ASCII)


def spans(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [found.span() for found in pattern.finditer(text)]


DIGITS = r"(?<![\w.,])(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,10})(?:\.\d{1,4})?(?![\d.]\d|\d)"
_ONES = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_SCALE = "hundred|thousand|million|billion|dozen"
ENGLISH = (
    rf"(?<![\w-])(?:(?:half an?|an?) (?:{_SCALE})|(?:{_ONES})(?:[ -](?:and )?(?:{_ONES}|{_SCALE})){{0,4}})"
    r"(?![a-z])"
)
_HAN = "〇零一二两三四五六七八九十百千"
# 4.2万, 3,000余, 三十五, 五百万. What it counts must follow: 一 and 十 stand in many words.
CHINESE = (
    rf"(?<![\w.,第])\d{{1,10}}(?:,\d{{3}}){{0,3}}(?:\.\d{{1,4}})?[余多来]?[百千万亿]{{0,3}}[余多]?"
    rf"|(?<![第{_HAN}])[{_HAN}半][{_HAN}万亿]{{0,8}}[余多来]?[万亿]?"
)
# A figure, in words or with its thousand and million.
FIGURE = rf"(?:{DIGITS}(?:[ -]?(?:{_SCALE}|mn|bn|k)(?![a-z]))?|{ENGLISH})"
TO = r" ?(?:-|–|—|~|to|or|至|到) ?"
NUMBER = rf"(?:{FIGURE}(?:{TO}{FIGURE})?)"
HAN_NUMBER = rf"(?:(?:{CHINESE})(?:(?:-|–|—|~|至|到)\d{{1,6}}[百千万亿]{{0,2}}|[至到][{_HAN}万亿]{{1,6}})?)"

# Digits that say nothing of the need: addresses, telephones, postcodes, standards, models, round-the-clock.
_NOISE = re.compile(
    r"https?://\S{1,200}|[\w.+-]{1,64}@[\w.-]{1,64}"
    r"|\+\d{1,3}[ -]?\(?\d[\d ()-]{5,16}\d"
    r"|(?<![\d-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)"
    r"|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)[48]00-\d{3,4}-\d{3,4}(?!\d)"
    r"|(?<![a-z])(?:tel|phone|call|fax)(?![a-z])[^\d\n]{0,12}\d[\d() -]{5,18}"
    r"|(?:电话|热线|致电|传真|手机)[^\d\n]{0,6}\d[\d() -]{5,18}"
    r"|(?<![a-z])(?:zip|zip code|postcode|postal code)[^\d\n]{0,4}\d{5,6}(?:-\d{4})?|(?:邮编"
    r"|邮政编码)\D{0,3}\d{6}"
    r"|(?<![a-z])(?:iso|iec|en|gb|gb/t|din|astm|ansi|ieee|hj|cj|cjj|ul|sae|trl|sdg|version|model|type|class"
    r"|grade|level|phase|section|article|step|stage|tier|chapter|mark|generation|no\.)[ -]?#?\d[\d.:/-]{0,12}"
    r"|(?:型号|编号|文号)\W{0,2}[\w-]{1,16}"
    r"|(?<![a-z0-9])(?!usd|us|rmb|cny|eur|fy|q[1-4](?!\d)|h[12](?!\d))[a-z]{1,8}\d[\w-]{0,12}(?:\.\d{1,2})?"
    r"|(?<![a-z])covid-19|\d{1,3}[- ]years?[- ](?:old|young)(?![a-z])|(?<![\w.])[2-6][gd](?![a-z0-9])"
    r"|24/7|24[ -]hours? a day|7[x*×]24(?:小时)?|24小时(?:服务|响应|在线|值守|热线|运行)"
    rf"|第[\d{_HAN}]{{1,4}}(?!季度|[\d{_HAN}])",
    re.ASCII,
)
# The same with a hyphen is a model only in capitals (X-200, but mid-2028), and no road (I-376). A postcode
# stands after its state.
_MODEL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?!(?:I|US|SR)-)[A-Z]{1,6}-\d[\w.-]{0,10}|[A-Z]{2} \d{5}(?:-\d{4})?(?! ?\w))",
    re.ASCII,
)


def without_noise(text: Text) -> Text:
    return text.without([*spans(_NOISE, text.lower), *spans(_MODEL, text.plain)])
