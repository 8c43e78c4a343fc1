"""Dated: by when. History is not a date: what lies before `this_year`, and periods that are over."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.coach.rating import Mark
from alliances.coach.text import AHEAD, HAN_NUMBER, NUMBER, PAST, Span, Text, spans, words

_YEAR = r"(?<![\d.,$¥€£])20[2-9]\d(?![\d%]|[.,]\d)"
_MONTH = (
    "(?:january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
)
_BY = r"(?:(?<![a-z])(?:by|before|until|till|from|in|no later than|not later than|through) )?"
_PART = r"(?:(?:the )?(?:end|close|start|beginning|middle|first half|second half) of (?:the )?)?"
_SEASON = r"(?:flood|rainy|wet|dry|heating|hurricane|typhoon|storm|monsoon|fire|ozone|growing|school)"
_YEAR_KIND = r"(?:(?:calendar|fiscal|financial|school|budget) )?"
_HAN_YEAR = r"(?:20[2-9]\d|二[〇零○][二三四五六][〇零○一二三四五六七八九])年"
_HAN_MONTH = r"(?<![\d一二三四五六七八九十])(?:1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月"

# A month, quarter, season or exact end.
_EXACT = re.compile(
    rf"{_BY}{_PART}(?<![a-z]){_MONTH}\.?(?: \d{{1,2}}(?:st|nd|rd|th)?)?,? (?:of )?{_YEAR}"
    rf"|(?<![a-z])(?:by|before|until|till|no later than|not later than) {_PART}(?:early |mid-|late"
    rf" )?{_MONTH}(?![a-z])"
    rf"|{_BY}{_PART}(?:(?<![a-z])[qh][1-4](?: of)?[ -]?(?:fy ?)?{_YEAR}|{_YEAR}[ -]?[qh][1-4](?!\d))"
    rf"|(?:by|before|in|until) {_PART}q[1-4](?!\d)"
    rf"|{_BY}(?:the )?(?:first|second|third|fourth|last|final) (?:quarter|half),? (?:of )?(?:the"
    rf" )?{_YEAR_KIND}"
    rf"(?:year )?(?:(?:fy ?)?{_YEAR}|next year|this year)"
    rf"|{_BY}(?:the )?(?:end|close|middle|beginning|start)(?: of)?(?: the)? {_YEAR_KIND}(?:year )?(?:fy"
    rf" ?)?{_YEAR}"
    rf"|{_BY}(?:end|mid|year-end|year end)[- ](?:fy ?)?{_YEAR}|{_YEAR} year[- ]end"
    rf"|{_BY}(?:the )?end of (?:this|next) {_YEAR_KIND}(?:year|quarter|month)"
    rf"|(?:by|before) (?:the )?(?:end of the {_YEAR_KIND}year|year[- ]end|year's end)"
    rf"|(?<![\d/.-]){_YEAR}[-/.](?:1[0-2]|0?[1-9])(?:[-/.](?:3[01]|[0-2]?\d))?(?![\d%])"
    rf"|(?<![\d/.-])(?:1[0-2]|0?[1-9])/(?:(?:3[01]|[0-2]?\d)/)?{_YEAR}"
    rf"|{_BY}(?:the )?(?:spring|summer|autumn|fall|winter),? (?:of )?{_YEAR}"
    rf"|{_BY}(?:the )?(?:{_YEAR}|next) {_SEASON} season|by next (?:spring|summer|autumn|fall|winter)"
    rf"|[到至于在]?(?:{_HAN_YEAR}的?|(?:今|明|后|本)年度?)(?:年?[底末初终]|年?中(?![心国央期])|[上下]半年"
    r"|[春夏秋冬][季天]?"
    r"|第?[一二三四1-4]季度|q[1-4]|(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?(?:底|末"
    r"|\d{1,2}[日号]|[上中下]旬)?"
    r"|主?汛期|雨季|[供采]暖季)(?:之?前|以前)?"
    r"|(?:(?:下|新)学期)?开学(?:之?前|以前)"
    rf"|(?:到|至)?年[底末](?:之?前|以前)|到年[底末]|{_HAN_MONTH}(?:底|末|份|\d{{1,2}}[日号]"
    r"|[上中下]旬)?(?:之?前|以前)",
    re.ASCII,
)

_UNIT = r"(?:days?|weeks?|months?|quarters?|years?)"
_ABOUT = (
    r"(?:(?:the|about|around|roughly|approximately|some|at most|no more than|less than|just|next|coming|first"
    r"|following|another|a further) ){0,3}"
)
# "60 days a year" is a rate, "20 years old" an age, "18 months ago" history.
_NOT_RATE = r"(?![a-z-]| ?(?:a|an|per|each|every|of|old|ago|or older|/)(?![a-z]))"
_UNDERTAKING = (
    r"(?:pilot|programme|program|project|plan|contract|trial|phase|grant|loan|period|budget|roadmap|rollout"
    r"|roll-out|deployment|partnership|agreement|scheme|framework|timeline|horizon|initiative|test|study"
    r"|demonstration|window|deadline|effort|upgrade|construction|cooperation|collaboration|build-out"
    r"|target)s?"
)
_UNDERTAKING_RUNS = (
    r"(?<![a-z])(?:pilot|project|programme|program|installation|trial|delivery|works?|construction"
    r"|contract|deployment"
    r"|integration|set-?up|implementation|roll-?out|commissioning) (?:will |would |can )?(?:last|take"
    r"|run|need|require)s?(?: for)?"
)
_HAN_UNIT = r"(?:个?月|年半?|周|个?星期|个?季度|个?工作日|天|日)"
# A year, or a period counted in days, months or years.
_PERIOD = re.compile(
    rf"(?<![a-z])(?:within|inside|in|over|during|after) {_ABOUT}{NUMBER}[ -]{_UNIT}{_NOT_RATE}"
    rf"|(?<![a-z])(?:next|coming|following) {NUMBER} {_UNIT}{_NOT_RATE}"
    rf"|(?<![a-z])for {_ABOUT}{NUMBER} {_UNIT}{_NOT_RATE}"
    rf"|{NUMBER}[- ](?:day|week|month|year)s?[- ](?:[a-z-]{{1,20}} ){{0,2}}{_UNDERTAKING}(?![a-z])"
    rf"|{_UNDERTAKING} (?:of|over) {_ABOUT}{NUMBER} {_UNIT}(?![a-z])"
    rf"|takes? {_ABOUT}{NUMBER} {_UNIT} to (?:install|deploy|deliver|build|set up|commission|complete"
    r"|roll out)"
    rf"|{_UNDERTAKING_RUNS} {_ABOUT}{NUMBER} {_UNIT}{_NOT_RATE}"
    rf"|{NUMBER} {_UNIT} (?:from now|later|(?:from|after|of) (?:signing|contract|start|approval|launch"
    r"|award))"
    r"|(?<![a-z])(?:within|inside) (?:a|one|half a|the|this) (?:calendar |fiscal )?(?:year|month"
    r"|quarter)(?![a-z])"
    r"|(?<![a-z])(?:by|within|later|before|in|during) (?:this|next) (?:fiscal |calendar )?year(?![a-z'])"
    r"|(?<![a-z])next year(?![a-z'])|(?<![a-z])(?:this|next) (?:school|fiscal|financial|budget)"
    r" year(?![a-z'])"
    rf"|(?:未来|今后|接下来)的?{HAN_NUMBER}{_HAN_UNIT}"
    rf"|{HAN_NUMBER}(?:个月|年)后(?!来)"
    rf"|{HAN_NUMBER}{_HAN_UNIT}(?:左右|的?时间)?(?:之内|以内|内(?![涝河湖部容外陆环科]))"
    rf"|{HAN_NUMBER}(?:个?月|年|周)期?的?[^，。；、\d]{{0,4}}(?:行动|计划|规划|周期|工期|试点|建设期|合同"
    r"|攻坚|试运行|示范)"
    r"|(?:为期|历时|利用|(?<!使)用|工期|周期|期限|建设期|实施期|分)(?:约|大约|为|是|："
    rf"|:)?{HAN_NUMBER}(?:个?月|年|周|天)(?![来前])"
    r"|明年|后年|(?:今|本)年度?内|(?<![几数来近])年内(?!涝)",
    re.ASCII,
)
_PAST_PERIOD = re.compile(
    r"(?<![a-z])(?:have|has|had|been|was|were|waits?|waiting|waited|delays?|backlog|last|past|previous|lasts"
    r"|took|old|ago|pays? ?back|payback)(?![a-z])[^.]{0,60}$"
    r"|(?<![a-z])(?:to|under|below) $|(?:[降减缩短压控少至低][^，。；]{0,3}[至到为在于]|不超过)$"
    r"|(?:过去|最近|近|前|连续|每|超过?|逾|等候|等待|轮候|已|经过|至少|长达)[^，。；]{0,4}$"
)

_BARE_YEAR = re.compile(
    r"(?:(?:by|before|until|till|from|in|no later than|through|to) )?(?:(?:the year|early|late|fy|fiscal"
    r" year) ?)?"
    rf"{_YEAR}(?:[-–—]\d{{2,4}}(?!\d))?(?![ -]?(?:homes|households|people|residents|families|vehicles"
    r"|buses|trees|units"
    r"|tonnes|tons|kg|km|miles|hours|days|minutes|kwh|mwh|beds|students|patients|workers)|"
    r" ?[人户家个吨米公里次辆套张元万亿名天])"
    rf"年?(?:之?前|以前|内)?|{_HAN_YEAR}(?:之?前|以前|内)?",
    re.ASCII,
)
_OLD_YEAR = re.compile(
    r"(?<![\d.,$¥€£])(?:19\d\d|20[01]\d)(?:年(?!代?[均产])|(?![\d%年]|[.,]\d| ?(?:m3|mw|kwh|tonnes|tons)))",
    re.ASCII,
)
_VAGUE = words(
    r"soon|as (?:soon|quickly|fast) as possible|asap|shortly|immediately|eventually|before long|in due course"
    r"|(?:this|the|the next|the coming|(?<!for )a|next|coming) decade|decade's end|mid-century|in (?:the"
    r" )?future"
    r"|in the (?:near|foreseeable|not too distant|medium|long|short)[ -](?:term|future)"
    r"|over the (?:short|medium|long)[ -]term|(?:near|short|medium|long)-term (?:goal|plan|target|aim)s?"
    r"|(?:coming|next|following) (?:few |couple of |several |some )?(?:years|months|seasons|decades)"
    r"|(?<!for )(?<!after )(?:a few|several|a couple of|some) (?:years|months)|years ahead|in the coming time"
    r"|(?:\d\dth |next |current |this )?five-year plan(?: period)?|this (?:council )?term|over time",
    r"近期|近几年(?!来)|近两三年|(?:未来|今后|接下来)(?:的?几年|数年|若干年|一段时[期间])|今后|将来"
    r"|未来(?!社区|城|科技)|尽快|尽早|早日"
    r"|不久|短期内|中长期|长远|远期|近年内|本世纪|下一步|下一?阶段|十[三四五六七]五|五年规划|规划期|本届"
    r"|任期内|近中期",
)
_PAST_VAGUE = re.compile(r"(?:past|last|previous|recent) (?:the )?$")

_ANY_YEAR = re.compile(r"20\d\d|二[〇零○].[〇零○一二三四五六七八九]")
_HAN_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_DEADLINE = re.compile(
    r"(?<![a-z])(?:by|before|until|till|later than|end|close|end-|within|this)(?![a-z])|[底末]|前|内"
)


@dataclass(frozen=True)
class Dates:
    points: int
    found: str
    ahead: list[Span]
    past: list[Span]

    def taken_from(self, text: Text) -> Text:
        """The text with a mark for each date, to come or over, so that no date is read as a figure."""
        return text.without(self.past, PAST).without(self.ahead, AHEAD)


def find_dates(text: Text, this_year: int) -> Dates:
    """The best date of the text, and the places of all."""
    levels: dict[int, list[Span]] = {3: [], 2: [], 1: []}
    past = spans(_OLD_YEAR, text.lower)
    rest = text.without(past)
    for points, pattern in ((3, _EXACT), (2, _PERIOD), (2, _BARE_YEAR), (1, _VAGUE)):
        matches = [found.span() for found in pattern.finditer(rest.lower)]
        ahead = [span for span in matches if _is_ahead(rest, span, pattern, this_year)]
        levels[points] += ahead
        rest = rest.without(ahead)
        # A period that is not ahead stays in the text: a wait of 18 months is a figure.
        if pattern is not _PERIOD:
            over = set(matches) - set(ahead)
            past += over
            rest = rest.without(over)
    everything = [span for found in levels.values() for span in found]
    for points, found in levels.items():
        if found:
            start, end = min(found)
            return Dates(points, text.quote(start, end), everything, past)
    return Dates(0, "", everything, past)


def _is_ahead(text: Text, span: Span, pattern: re.Pattern[str], this_year: int) -> bool:
    start, end = span
    found = text.lower[start:end]
    if pattern is _PERIOD:
        return not _PAST_PERIOD.search(text.before(start))
    if pattern is _VAGUE:
        return not _PAST_VAGUE.search(text.before(start))
    if found.endswith((" may", " march")) and text.plain[start:end].islower():
        return False
    years = [int(year.translate(_HAN_DIGITS)) for year in _ANY_YEAR.findall(found)]
    if not years:
        return True
    # The running year holds history too: it is a date only with a word that sets an end.
    return max(years) > this_year or (max(years) == this_year and bool(_DEADLINE.search(found)))


def dated_mark(dates: Dates, this_year: int) -> Mark:
    word = pgettext_lazy("criterion of a statement", "Dated")
    soon = this_year + 3
    example = format_lazy(_("by the end of {year}"), year=soon)
    if dates.points == 3:
        return Mark(3, word, format_lazy(_("“{found}” is exact"), found=dates.found))
    if dates.points == 2:
        sentence = format_lazy(_("“{found}”, but no month or quarter"), found=dates.found)
        return Mark(2, word, sentence, _("the month or quarter"), example)
    if dates.points == 1:
        return Mark(
            1, word, format_lazy(_("“{found}”, but no year"), found=dates.found), _("a year"), example
        )
    return Mark(0, word, _("no date yet"), _("a date"), example)
