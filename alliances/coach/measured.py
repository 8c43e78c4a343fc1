"""Measured: how things stand and what is aimed at, each with a figure.

A measure is a baseline unless its words aim at something. A count is a figure only, unless its words say that
it stands so or shall be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.coach.figures import FROM, Figure, find_figures
from alliances.coach.people import COUNTED_WHO
from alliances.coach.rating import Mark
from alliances.coach.text import AHEAD, PAST, Text, words

# More figures than a statement can hold.
FIGURES_READ = 200

_CHANGE_WORDS = (
    r"cut(?:ting)?|reduc(?:e|ing)|lower(?:ing)?|bring(?:ing)?|shorten(?:ing)?|halv(?:e|ing)|rais(?:e"
    r"|ing)|increas(?:e|ing)"
    r"|boost(?:ing)?|lift(?:ing)?|improv(?:e|ing)|expand(?:ing)?|limit(?:ing)?|cap(?:ping)?|eliminat(?:e"
    r"|ing)|install(?:ing)?|build(?:ing)?"
    r"|retrofit(?:ting)?|replac(?:e|ing)|renovat(?:e|ing)|deploy(?:ing)?|achiev(?:e|ing)|attain"
    r"|electrify(?:ing)?|add(?:ing)?|creat(?:e|ing)"
    r"|plant(?:ing)?(?= )|down to|up to|save|sav(?:e|ing)|avoid(?:ing)?|divert(?:ing)?|lessen"
    r"|decreas(?:e|ing)|grow to|drop(?:ping)? to|get to"
    r"|to (?:reach|meet|keep|hold|get|treat|recycle|recover|reuse|capture|store|connect|house|train"
    r"|cover|convert|upgrade|restore|serve|supply"
    r"|heat|cool|clean|collect|process|remove|prevent|equip|repair|fix|open|drop|fall|grow|handle|enrol"
    r"|screen)"
    r"|will (?:reach|meet|keep|treat|recycle|recover|reuse|capture|store|connect|house|train|cover|serve"
    r"|remove|be|fall|drop|rise|grow)"
)
_HAN_CHANGE = (
    r"降至|降到|降为|降低|减少|减至|减到|缩短|压缩|压减|压降|控制在|控制到|提高|提升|增至|增加|新增|新建"
    r"|建设|建成|改造|安装|更换|节约|节省|节能|节水"
    r"|减排|减碳|培训|扩大到|扩展到|推广到|覆盖到?|实现|不超过|不高于|不低于|不少于|不大于|削减|消除"
    r"|修复|更新|回用率?达到"
)
_CHANGE = words(_CHANGE_WORDS, _HAN_CHANGE)
_GOAL_WORDS = (
    r"wants?|aiming|(?:aim|goal|target|objective|ambition)s?(?: (?:is|are|was|of|will be|would be))?"
    r"|plans?(?: to)?|hopes?|seeks?|seeking|intends?|needs?|would like|should|must|will|shall|so that"
    r"|in order to|wish(?:es)?|strive|expects?|looking for|look for|required|desired|committed to"
)
_HAN_GOAL = (
    r"目标值?[是为]?|力争|希望|计划|拟|争取|将(?!近)|确保|预期|预计|期望|旨在|要求|需要|欲|想|要(?!求)"
)
_AIM = words(f"{_GOAL_WORDS}|{_CHANGE_WORDS}", f"{_HAN_GOAL}|{_HAN_CHANGE}|{AHEAD}")
# What says that a measure stands so.
_STANDS = words(
    r"now|today|currently|current|at present|at the moment|is|are|was|were|has|have|had|loses?|losing"
    r"|lost|waits?|waiting|takes?|stands? at"
    r"|runs? at|reach(?:es|ed)|exceed(?:s|ed)?|emits?|suffers?|sees|saw|faces?|overflows?|floods?|last"
    r" year|only|just|still|remain(?:s|ed)?"
    r"|report(?:s|ed)?|record(?:s|ed)?|rose|risen|fell|fallen|grew|grown|spends?|averag(?:es|ed|ing)"
    r"|from|lacks?|goes|go|gets",
    r"目前|现状|现有|现(?!代|场|实|金|行)|当前|如今|去年|上年|今年|仅|只有|高达|已|由|从|长期|常年|存在"
    r"|仍|尚|不足|占|为(?!民|了|期)|缺",
)
_STANDS_AFTER = re.compile(
    r"^(?:(?!from |than |against |versus |vs |and |but |while )[^,，。;；.\d]){0,24}?(?<![a-z])(?:now"
    r"|today|currently|at present|last year|at the moment"
    r"|baseline)(?![a-z])"
    rf"|^[^,，。;；\d]{{0,4}}(?:现状|目前)|^ ?(?:in )?[(（]?{PAST}"
)
_AIM_AFTER = re.compile(
    r"^[ -]?(?:target|goal)(?![a-z])|^的?目标|^[^.,;，。；\d]{0,30}(?:requires?|required|needed|wanted"
    r"|planned|(?:should|must|shall) be|is the (?:goal"
    r"|target|aim)|为目标)"
)
# Stand right before a figure that is reached: "to 15%", "under 20 days", 降到15%.
_LANDING = re.compile(
    r"(?<![a-z])(?:to|down to|up to|under|below|at least|at most|no more than|less than|fewer than|not"
    r" more than|within)"
    r"(?: (?:about|around|some|roughly|just|under|below|an average of|less than|at least|at most|the))?"
    r" ?$|(?:[到至]|于|不超过|控制在|少于|不到|为)(?:约|每年|平均)?$"
)
_BOUND = re.compile(
    r"(?<![a-z])(?:under|below|at least|at most|no more than|less than|fewer than|(?:aim|goal|target"
    r"|objective)s?"
    r"(?: (?:is|are|of)|:)) ?(?:about |around |some )?$|(?:不超过|少于|低于|不少于|目标[为是]?)$"
)
_HAN_LANDING_AFTER = re.compile(r"^[左右]{0,2}(?:以[内下上]|之内|内(?!涝|河))")
_START = words(r"from", r"由|从")
_NONE = re.compile(r"none|nobody|no one|zero|[零清归]")
# A share as a change, "by 30%", 减少三成: without its base it is no target.
_SHARE = re.compile(r"%|percent|per cent|成|分之|倍|third|quarter|half")
_CHANGED = re.compile(
    r"(?<![a-z])(?:by|another|additional)(?: (?:about|around|some|at least|up to|more than|over|a))? ?$"
    r"|(?<![a-z])(?:cut|reduc|lower|sav|shrink|decreas|increas|boost|improv|rais)(?:e|es|ed|s|ing|ting)?"
    r"(?: (?!to |from |our |the )\w{1,14}){0,3} ?$"
    r"|(?:降低|减少|节省|节约|节能|节电|节水|减排|提高|提升|增加|缩短|下降|压减|削减|降本|增效"
    r"|提速)[^，。；到至为\d]{0,8}$"
)
_CHANGED_AFTER = re.compile(
    r"^ ?(?:[a-z]{1,14} )?(?:less|fewer|more|lower|higher|cheaper|faster|reductions?|increase|savings?"
    r"|off)(?![a-z])"
)
# What an organization says of itself, what a product's data sheet says, what one event did.
_OWN = re.compile(
    r"(?<![a-z])(?:we|has|have|which|that|and|i)(?: have| has| also)? (?:built|delivered|installed"
    r"|supplied|completed|holds?|employs?|served"
    r"|sold|won|owns?|published)(?: \w{1,12}){0,2} ?$|(?<![a-z])(?:registered capital|turnover|sales"
    r"|patents?|employees|staff)(?![a-z])[^,.;]{0,20}$"
    r"|(?:拥有|员工|专利|注册资本|入选|荣获|承建|累计|会员|营收|营业额|销售额|年产值|团队"
    r"|客户)[^，。；]{0,8}$"
)
_SPEC = re.compile(
    r"(?<![a-z])(?:accuracy|precision|error|resolution|response time|range of|uptime|rated|warranty"
    r"|battery life)(?![a-z])[^,.;]{0,20}$"
    r"|(?:误差|精度|分辨率|量程|续航|质保|可测|检测限|测量范围)[^，。；]{0,8}$"
)
_SPEC_AFTER = re.compile(
    r"^[^,.;，。；]{0,6}?(?:accuracy|uptime|resolution|warranty|出结果|精度|响应|质保|续航|commitment"
    r"|satisfaction)"
)
_MONEY = re.compile(r"[$¥€£]|usd|rmb|cny|dollars|yuan|元")
_EVENT = re.compile(r"(?<![a-z])(?:damages?|destroyed)(?![a-z])|损失")
_ROSE = words(
    r"rose|risen|grew|grown|climbed|soared|fell|fallen|up|gone", r"上升|升至|增长|恶化|涨|下降|下滑|跌|萎缩"
)
_LACKS = words(
    r"now|today|currently|at present|only|just|lacks?|lacking|without|no (?:access|sewer|safe|piped"
    r"|broadband|regular|primary)|have no|has no"
    r"|uninsured|still|waiting|waiting list|backlog|shortage|short of|missing|vacant|unserved"
    r"|unsheltered|homeless|behind|overdue|cannot|can't"
    r"|fail(?:s|ed)?|die|died|sleeps?|sleeping",
    r"目前|现有|现状|仅|只有|缺口|缺少|缺乏|短缺|缺|不足|尚有|仍有|还有|没有|无法|未(?!来)|轮候|积压",
)
_RELATIVE = words(
    r"halve[sd]?|halving|(?:cut|reduce|bring|lower|shrink)(?:s|ting|ing)? (?:[a-z' -]{1,40} )?(?:by half"
    r"|in half|by a half|by a third|by a quarter|by two[ -]thirds)"
    r"|half of (?:it|them|that|this)|doubl(?:e|ing)|tripl(?:e|ing)|twice as|twofold",
    r"减半|翻一?[番倍]|翻两番|成倍|(?:减少|降低|缩短|下降|压缩)(?:了|到|至)?(?:约|近)?(?:一半"
    r"|三分之[一二]|四分之一)|增加一倍|提高一倍",
)

# A target without a figure of its own: it needs a baseline.
_ALL = words(
    r"(?:connect|reach|serve|cover|house|replac|retrofit|repair|treat|fix|equip|electrify|insur"
    r"|screen)(?:e|ing)? (?:all|every|each|them all|everyone)|each of (?:them|these|the)|every one|all"
    r" (?:[\w,-]{1,14} ){0,5}(?:should|must|will) be",
    r"全部(?:改造|完成|整治|消除|更换|覆盖|接入|达标)|全覆盖|全面消除|全部",
)


@dataclass(frozen=True)
class Measures:
    """The baseline, the target and any other figure as written, empty where there is none."""

    baseline: str
    target: str
    other: str

    @property
    def points(self) -> int:
        if self.baseline and self.target:
            return 3
        if self.baseline or self.target:
            return 2
        return 1 if self.other else 0


def find_measures(text: Text) -> Measures:
    """`text` comes without dates and budget money."""
    baseline = target = other = change = affected = ""
    start: Figure | None = None
    for figure in find_figures(text)[:FIGURES_READ]:
        found = text.quote(figure.start, figure.end)
        match _role(text, figure):
            case "baseline":
                baseline = baseline or found
            case "target":
                lands = _is_landing(text, figure)
                if lands and start and not baseline and _in_one_sentence(text, start, figure):
                    # "cut our 28% leakage to 15%": what stands before the landing is where it starts.
                    baseline, target = text.quote(start.start, start.end), found
                if (
                    affected
                    and not baseline
                    and (figure.is_bare or _is_of_people(text, figure) or _NONE.match(found))
                ):
                    # How many people are affected is a baseline only where that number is to change.
                    baseline = affected
                target = target or found
                start = figure if figure.is_measure and not lands else start
            case "change":
                change = change or found
            case "people":
                affected = affected or found
            case "figure":
                other = other or found
    if target and not baseline and other and _unit(other) == _unit(target) != "":
        # "14 miles await work; the goal is under 3 miles": the same unit tells what the target starts from.
        baseline = other
    whole = _first(_ALL, text)
    if affected and whole and not target:
        baseline = baseline or affected
    change = change or _first(_RELATIVE, text)
    if baseline and not target:
        target = change or whole
    return Measures(baseline, target, other or change)


def _unit(found: str) -> str:
    return re.sub(r"[\d.,\s]", "", found)


def _first(pattern: re.Pattern[str], text: Text) -> str:
    found = pattern.search(text.lower)
    return text.quote(*found.span()) if found else ""


def _role(text: Text, figure: Figure) -> str:
    """baseline, target, change, people (who are affected), figure, or "" for what says nothing here."""
    before, after = text.before(figure.start), text.after(figure.end)
    clause = text.before(figure.start, clause=True)
    found = text.lower[figure.start : figure.end]
    if _NONE.match(found):
        return "target"
    if _OWN.search(clause):
        return ""
    if _SPEC.search(clause) or _SPEC_AFTER.search(after):
        return "figure"
    if _EVENT.search(clause + found + after) and _MONEY.search(found):
        return "figure"
    if _SHARE.search(found) and (_CHANGED.search(before) or _CHANGED_AFTER.search(after)):
        return "change"
    if _STANDS_AFTER.search(after):
        return "baseline"
    if FROM.search(before[-20:]):
        return "baseline" if figure.is_measure else ""
    if _AIM_AFTER.search(after):
        return "target"
    return _role_of_measure(text, figure) if figure.is_measure else _role_of_count(text, figure)


def _is_of_people(text: Text, figure: Figure) -> bool:
    return bool(COUNTED_WHO.match(text.lower, figure.start))


def _role_of_measure(text: Text, figure: Figure) -> str:
    before, clause = text.before(figure.start), text.before(figure.start, clause=True)
    if _is_landing(text, figure) and (
        _AIM.search(before) or (_START.search(before) and not _ROSE.search(before))
    ):
        return "target"
    aim = _last(_AIM, clause)
    return "target" if aim and aim >= _last(_STANDS, clause) else "baseline"


def _role_of_count(text: Text, figure: Figure) -> str:
    before, clause = text.before(figure.start), text.before(figure.start, clause=True)
    if _AIM.search(before) and (_BOUND.search(before) or before.endswith(("到", "至"))):
        return "target"
    change = _last(_CHANGE, clause)
    if change and change > _last(_LACKS, clause):
        return "target"
    if _is_of_people(text, figure):
        return "people"
    lacks = _LACKS.search(clause) or _LACKS.search(text.after(figure.end, clause=True))
    return "baseline" if lacks else "figure"


def _is_landing(text: Text, figure: Figure) -> bool:
    before = text.before(figure.start)[-40:]
    return bool(_LANDING.search(before) or _HAN_LANDING_AFTER.search(text.after(figure.end)))


def _in_one_sentence(text: Text, first: Figure, second: Figure) -> bool:
    return 0 < second.start - first.end < len(text.before(second.start))


def _last(pattern: re.Pattern[str], window: str) -> int:
    """Where the last find ends, 0 for none."""
    return max((found.end() for found in pattern.finditer(window)), default=0)


def measured_mark(measures: Measures) -> Mark:
    word = pgettext_lazy("criterion of a statement", "Measured")
    if measures.points == 3:
        sentence = format_lazy(
            _("baseline “{baseline}”, target “{target}”"), baseline=measures.baseline, target=measures.target
        )
        return Mark(3, word, sentence)
    if measures.baseline:
        sentence = format_lazy(_("baseline “{found}”, but no target"), found=measures.baseline)
        return Mark(2, word, sentence, _("a target"), _("to under 20 days a year"))
    if measures.target:
        sentence = format_lazy(_("target “{found}”, but no baseline"), found=measures.target)
        return Mark(2, word, sentence, _("a baseline"), _("now 60 days a year"))
    lack, example = _("a baseline and a target"), _("from 60 days a year to under 20")
    if measures.other:
        sentence = format_lazy(_("“{found}”, but neither baseline nor target"), found=measures.other)
        return Mark(1, word, sentence, lack, example)
    return Mark(0, word, _("no figure yet"), lack, example)
