"""The figures of a statement: what is measured or counted, and what is only a number.

A measure is a share, a concentration, a time, a count of events or anything by the year. A count is of
things or people. Labels (Line 3), years, partners sought and the like are neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alliances.coach.text import (
    AHEAD,
    BLANK,
    CHINESE,
    DIGITS,
    FIGURE,
    HAN_NUMBER,
    NUMBER,
    PAST,
    TO,
    Span,
    Text,
)

_RATE = (
    r"(?: ?(?:per|a|an|each|every|/) ?(?:100,000|10,000|1,000|million|thousand)?(?: ?(?:capita|person"
    r"|day|night|week|month|year|winter|summer|season|shift|quarter"
    r"|hour|annum|km|kilomet(?:er|re)|mile|household|resident|inhabitant|people|trip|passenger|tonne|ton"
    r"|ha|hectare|acre|m2|m3"
    r"|birth|births|student|patient|pupil|home|residents|inhabitants|head))|/[dah](?![a-z])| annually|"
    r" daily| yearly| of the time)"
)
_HAN_RATE = r"(?:/(?:年|天|日|人|小时|公里|户)|每(?:年|天|日|人|月))"
_MEASURE_UNIT = (
    r"(?:(?:µg|ug|mg|ng|g)/(?:m3|m³|l|nm3|km|kwh)|micrograms?(?: per cubic met(?:er|re))?|milligrams?"
    r" per lit(?:er|re)|ppm|ppb|ntu|cfu|db(?:\(a\))?|decibels?"
    r"|°c|℃|°f|°|degrees?|days?|hours?|hrs?|h|minutes?|mins?|seconds?|km/h|kph|mph|mgd|gpm|psi|kpa|bar"
    r"|kwh/m2|kwh/m²"
    r"|l/s|m3/d|m³/d|times"
    r"|(?:\w{1,14} ){0,2}(?:incidents?|accidents?|crashes|collisions|deaths|fatalities|injuries"
    r"|overflows?|floods|flood events|spills?|outages|blackouts"
    r"|breaks|bursts|leaks|complaints|cases|admissions|evictions|violations|exceedances|failures"
    r"|emergenc(?:y|ies)|breakdowns"
    r"|collapses|no-shows|calls))"
)
_HAN_MEASURE_UNIT = (
    r"(?:个?百分点|(?:微克|毫克|纳克|克|µg|ug|mg)(?:/|每)?(?:立方米|m3|m³|升|l|公里)|分贝|摄氏度|小时"
    r"|分钟|秒|天|日(?!元|本)|次|起|例|宗|件(?!套)"
    r"|公里/小时|吨/日|吨/天|万?立方米/日|人次|车次|倍|类(?:水|标准)?)"
)
_PERCENT = (
    rf"(?:(?:{FIGURE} ?%{TO})?{NUMBER} ?(?:%|‰)|{NUMBER}[ -](?:percentage points?|percent|per"
    rf" cent)(?![a-z])|{HAN_NUMBER}(?:%|‰)"
    rf"|百分之[\d.〇零一二两三四五六七八九十百点]{{1,8}}"
    rf"|(?:{CHINESE})分之[\d一二三四五六七八九十]{{1,3}}"
    r"|[一二两三四五六七八九近\d][多余]?成[多半]?(?![立本果为功都员品长人年熟套效渝绩交因型就])"
    r"|(?<![a-z])(?:one|two|three|four|five|\d{1,3}|half) (?:in|out of)(?: every)? (?:two|three|four"
    r"|five|six|seven|eight|nine|ten|\d{1,4})(?![\d%a-z])"
    r"|(?<![a-z])(?:two|three|four)[ -](?:thirds|quarters|fifths|tenths)|(?<![a-z])(?:a|one)[ -](?:third"
    r"|quarter|fifth|tenth|half)(?= of)"
    r"|(?<![a-z])half (?:of )?(?:the|our|all|its|their) (?=[^.;]{1,60}(?<![a-z])(?:is|are|was|were|has"
    r"|have|do|does|lacks?|lives?"
    r"|needs?|pay|still|cannot|goes|go|run)(?![a-z]))|过半|半数)"
)
_MONEY = (
    r"(?:[$¥€£]|(?<![a-z])(?:usd|rmb|cny) ?)\d{1,3}(?:,\d{3}){0,3}\d{0,6}(?:\.\d{1,2})?"
    r"(?: ?(?:million|billion|m|bn|k)(?![a-z]))?"
    rf"|{FIGURE} (?:dollars|yuan)|(?:{CHINESE})(?:美?元)"
)
_MEASURE = re.compile(
    rf"(?:{_PERCENT}|{NUMBER}[ -]?{_MEASURE_UNIT}(?![a-z0-9])|{HAN_NUMBER}{_HAN_MEASURE_UNIT}|{_MONEY}"
    r"|(?<![a-z])(?:twice|(?:two|three|four|five|six|ten|\d{1,3}) times) (?:the|as|more"
    r"|higher)(?![a-z])"
    rf"|(?<![a-z])(?:zero|no) (?:\w{{1,12}} )?(?:incidents|accidents|deaths|fatalities|overflows|floods"
    r"|spills|outages|leaks|discharges?)"
    r"|(?<=to )zero(?![a-z-])|(?<=at )none(?![a-z])|(?<=for )none(?![a-z])|(?<=want )none(?![a-z])"
    r"|(?<=to )none(?![a-z])|(?<![a-z])(?:none|nobody|no one) (?:should|must|will|may|has to)"
    rf"|(?<=[为到至])零(?!散|售|碳)|清零|归零|[劣ⅠⅡⅢⅣⅤiv]{{1,4}}类(?:水|标准)?)(?:{_RATE}|{_HAN_RATE})?",
    re.ASCII,
)
# A label such as Line 3 or 3号线 counts nothing.
_LABEL = re.compile(
    r"(?<![a-z])(?:line|route|highway|interstate|i|us|sr|ward|district|zone|sector|precinct|pier"
    r"|terminal|block"
    r"|exit|road|unit|lot|gate|building|no)"
    r"[ -]?#?\d[0-9a-z]{0,3}(?![a-z0-9])|(?<![\w.])\d{1,3}(?:st|nd|rd|th)(?![a-z])"
    r"|[\d一二三四五六七八九十]{1,3}号(?:线|楼|院|路)|\d{1,4}路(?![口段])"
    r"|(?<![\d.,])(?:19|20)\d\d(?![\d,.%]\d|\d|%| ?(?:%|m3|mw|tonnes))|(?:19|20)\d\d年",
    re.ASCII,
)
# "from 60 to 20", "we aim at 40", 降至20: a figure whose unit was said before.
_BARE = re.compile(
    r"(?:(?<![a-z])(?:from|to|under|below|at|than|least|most|back|wants?|needs?|today's|today|now"
    r"|currently|only"
    r"|another|is|was) |[由从至到为])"
    rf"(?P<bare>{DIGITS})(?= ?(?:[.,;，。；、)降提增减缩{BLANK}{AHEAD}{PAST}]|$)"
    r"| (?:and|or|by|within|in|before|until|over|through|on|to|under|with|after|are|is|a|per|each"
    r"|every)(?![a-z]))",
    re.ASCII,
)
_COUNT = re.compile(
    rf"{NUMBER}[ -]?(?:of (?:our|the|its|their|all)(?: the| our)? )?"
    rf"(?P<noun>[a-z][a-z'/³²-]{{0,20}}|m³|m²|㎡)(?P<rate>{_RATE})?"
    rf"|{HAN_NUMBER}(?:平方公里|平方米|平米|㎡|立方米|万?千瓦时|千瓦|兆瓦|吉瓦|公里|千米|公斤|千克|公顷"
    r"|毫米|厘米|吨|米|亩|升|度|方|克"
    r"|张|辆|台|座|处|个(?!月)|户|家|套|所|条|根|盏|部|项|名|位|人|株|棵|栋|幢|片|口|组|批|床|mw|kwh|km2"
    r"|km|kw|kg|gw|t(?![a-z]))"
    rf"(?P<han_rate>{_HAN_RATE})?",
    re.ASCII,
)
# Things that give a count no unit, and counts of oneself: partners sought, staff, years, sites served.
_NO_COUNT = re.compile(
    r"(?<![a-z])(?:of|in|and|or|to|for|the|by|on|at|is|are|was|with|from|years?|year-old|months?|weeks?"
    r"|partners?|staff|employees"
    r"|engineers|experts|patents?|people strong|ways?|things?|reasons?|steps?|kinds?|types?|sides?|more"
    r"|other|another|such|these|team|teams"
    r"|solutions?|company|firm|pilot|pilots|project|projects|side|area|areas|place|time|country"
    r"|countries|states|cities|towns|day|do|does|did|can|have|has|big|offices?|branches)(?![a-z])"
    r"|员工|工程师|专利|伙伴"
)
_ONE = re.compile(
    r"(?:one|1|一|两|二|单)(?![\d,.a-z百千万亿十]|[ -]?(?:in|out|third|quarter|fifth|tenth|half)"
    r"|[成倍小半分秒天%])"
)
_WAIT = re.compile(
    r"(?<![a-z])(?:wait\w{0,4}|delays?|takes?|took|backlog|queue\w{0,3}|life|lifetime|service life"
    r"|payback|lasts?)(?![a-z])"
    r"|等候|等待|轮候|候诊|耗时|寿命|审批|轮候"
)
_DURATION = re.compile(
    rf"{NUMBER}[ -](?:years?|months?|weeks?)(?![a-z-])|{HAN_NUMBER}(?:个月|年|周|个?工作日)", re.ASCII
)

# Before the figure where something starts.
FROM = re.compile(
    r"(?<![a-z])(?:from|now|currently)(?: (?:about|around|some|roughly|an average of|today's|the))? ?$"
    r"|[由从自][^，。；到至降提增缩升减]{0,10}$"
)


@dataclass(frozen=True)
class Figure:
    """`is_bare`: a number whose unit was said before."""

    start: int
    end: int
    is_measure: bool
    is_bare: bool = False


def find_figures(text: Text) -> list[Figure]:
    """Measures and counts in their order, labels and bare numbers left out."""
    masked = text.without(found.span() for found in _LABEL.finditer(text.lower))
    measures = [
        span
        for found in _MEASURE.finditer(masked.lower)
        if not _ONE.match(found[0])
        for span in _parts(masked, *found.span())
    ]
    rest = masked.without(measures)
    waits = [
        found.span()
        for found in _DURATION.finditer(rest.lower)
        if _WAIT.search(rest.before(found.start())) or _WAIT.search(rest.after(found.end(), clause=True))
    ]
    rest = rest.without(waits)
    bare = [found.span("bare") for found in _BARE.finditer(rest.lower)]
    rest = rest.without(bare)
    figures = [Figure(start, end, is_measure=True) for start, end in [*measures, *waits]]
    figures += [Figure(start, end, is_measure=True, is_bare=True) for start, end in bare]
    for found in _COUNT.finditer(rest.lower):
        rate = found["rate"] or found["han_rate"] or ""
        if not _NO_COUNT.search(found["noun"] or found[0]) and not _ONE.match(found[0]):
            is_rate = bool(rate) or _by_the_year(rest, *found.span())
            figures.append(Figure(*found.span(), is_measure=is_rate))
    return sorted(figures, key=_start)


def _start(figure: Figure) -> int:
    return figure.start


_FROM_TO = re.compile(rf"{FIGURE} ?%? ?(?=to |to\d|至|到)", re.ASCII)
_TO = re.compile(r"(?:to |to|至|到)")


def _parts(text: Text, start: int, end: int) -> list[Span]:
    """A range as one figure, but "from 47 to 30 minutes" as two."""
    first = _FROM_TO.match(text.lower, start, end)
    if not first or not FROM.search(text.before(start)[-20:]):
        return [(start, end)]
    landing = _TO.match(text.lower, first.end(), end)
    return [(start, first.end()), (landing.end(), end)] if landing else [(start, end)]


_YEARLY = re.compile(
    r"(?:年均|日均|月均|平均|人均|[年日月](?!底|末|前))[^，。,.;；\d]{0,10}$|(?<![a-z])(?:annual(?:ly)?"
    r"|average|mean|median)(?![a-z])[^,.;]{0,16}$"
)

_YEARLY_AFTER = re.compile(
    r"[^\d,.;，。；]{0,60}?(?<![a-z])(?:per|a|each|every) (?:day|week|month|year|winter|summer"
    r"|season)(?![a-z])"
)


def _by_the_year(text: Text, start: int, end: int) -> bool:
    return bool(
        _YEARLY.search(text.before(start, clause=True)) or _YEARLY_AFTER.match(text.after(end, clause=True))
    )
