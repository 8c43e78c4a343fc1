"""Clear: who is meant (a number, a group) and where, each concrete, vague or not said."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.coach.places import find_where
from alliances.coach.rating import Mark
from alliances.coach.text import HAN_NUMBER, NUMBER, Text, words

# Anybody: concrete only with a number.
_ANYBODY = (
    r"residents?|people|persons?|citizens?|inhabitants?|population|the public|general public|households?"
    r"|families|homes|dwellings|users|customers|communities|the community|local community"
    r"|passengers|riders|consumers|visitors|taxpayers|locals|neighbou?rs|everyone|individuals"
    r"|travell?ers|tourists|members|employees|businesses|firms"
    r"|companies|clients|operators|organi[sz]ations|housing units|apartments"
)
_HAN_ANYBODY = (
    r"居民|市民|群众|百姓|民众|公众|人民|人口|住户|家庭|用户|业主|乘客|旅客|游客|村民|大众|企业|客户|单位"
    r"|会员|人群|民生"
)
_GROUP = (
    r"elderly|older (?:people|adults|residents|persons|citizens|patients|drivers)|seniors?|pensioners"
    r"|retirees|children|kids|pupils|students?"
    r"|schoolchildren|teenagers|young (?:people|adults|families|workers)|youths?|infants|toddlers"
    r"|mothers|pregnant|women|girls|patients?|diabetics"
    r"|(?:people|residents|adults|persons|citizens|those) (?:with|who|living|in need)|disabled"
    r"|wheelchair users|blind|deaf"
    r"|(?:low|lower|middle|moderate)[- ]income|poor(?:er|est)? (?:households|families|residents|people)"
    r"|renters?|tenants?|homeless|unhoused|unsheltered"
    r"|uninsured|veterans|farmers(?!')|fishers|fishermen|migrants?|immigrants|refugees|newcomers"
    r"|commuters|cyclists|pedestrians|motorists|truckers"
    r"|(?:bus|taxi|truck|tram|delivery|transit|rail|metro|train|night|ferry) (?:drivers|riders"
    r"|passengers|users|commuters|operators)|drivers|dialysis"
    r"|(?:port|shift|night|factory|essential|health|care|key|sanitation|construction|hotel|informal"
    r"|migrant|hospital|frontline) workers|workers"
    r"|nurses|doctors|physicians|clinicians|teachers|caregivers|carers|shopkeepers|traders|vendors|small"
    r" (?:businesses|firms|shops|manufacturers)"
    r"|restaurants|first-time buyers|homeowners|landlords|waste pickers|firefighters|paramedics"
    r"|dispatchers|inspectors|utilities|transit agencies"
    r"|building owners|fleet operators|plant operators|bus operators|school districts|water companies"
    r"|municipalities"
)
_HAN_GROUP = (
    r"老年人|老人|长者|老年|高龄|独居|空巢|失能|儿童|小学生|中学生|学生|学童|幼儿|孕产妇|孕妇|产妇|妇女"
    r"|患者|病人|残疾人|残障|视障|听障|轮椅|低收入"
    r"|困难(?:家庭|群众|户)|低保|租户|租客|租房|承租|新市民|务工人员|农民工|青年|毕业生|农户|农民|渔民"
    r"|商户|个体户|小微企业|中小企业|摊贩|司机|驾驶员"
    r"|骑手|快递员|网约车|通勤|行人|骑行者|护士|医生|医护|教师|环卫工|工人|职工|流动人口|外来人口|留守"
    r"|慢性?病|糖尿病|高血压|透析|水务公司|水司"
    r"|公交公司|物业公司|运营商|上班族|家长|货车|施工人员|园区企业|工业企业|高校|养老院|福利院|村医|家庭医生"
)
_COUNTED_WHO = re.compile(
    rf"{NUMBER}[ -](?:(?!(?:km|of|to|percent|days?|hours?|minutes?|per|years?|months?"
    rf"|million)(?![a-z]))[a-z'-]{{1,16}} ){{0,3}}"
    rf"(?:{_ANYBODY}|{_GROUP})(?![a-z])"
    rf"|population (?:of )?(?:about |around |some |over |nearly )?{NUMBER}|(?:one|two|three|half"
    rf"|\d{{1,3}}) (?:in|out of) \w{{1,8}} (?:\w{{1,14}} )?(?:{_ANYBODY}|{_GROUP})(?![a-z])"
    rf"|{HAN_NUMBER}(?:人(?!次|均|均|民|工|才)|户(?!外|型|籍|均)|名|位(?!于|置|数)|(?:个|家|所"
    rf"|多)?(?:[一-鿿]{{0,4}}?)(?:{_HAN_ANYBODY}|{_HAN_GROUP}|职工|员工))"
    rf"|(?:人口|居民|常住人口)(?:约|超过?|近|达|共|为){{0,2}}{HAN_NUMBER}",
    re.ASCII,
)
# The organization's own people are not whom the need is about.
_OWN = re.compile(r"staff|employees|engineers|experts|team|member|员工|会员")
_WHO = words(_GROUP, _HAN_GROUP)
_SOMEBODY = words(_ANYBODY, _HAN_ANYBODY)


@dataclass(frozen=True)
class Clarity:
    """0 not said, 1 vague, 2 concrete."""

    who: int
    where: int

    @property
    def points(self) -> int:
        return {0: 0, 1: 1, 2: 2, 3: 2, 4: 3}[self.who + self.where]


def find_clarity(text: Text) -> Clarity:
    """`text` comes without dates and budget money."""
    return Clarity(_who(text), find_where(text))


def _who(text: Text) -> int:
    """0 not said, 1 anybody, 2 a number or a group."""
    lower = text.lower
    if _WHO.search(lower) or any(not _OWN.search(found[0]) for found in _COUNTED_WHO.finditer(lower)):
        return 2
    return 1 if _SOMEBODY.search(lower) else 0


def clear_mark(clarity: Clarity) -> Mark:
    word = pgettext_lazy("criterion of a statement", "Clear")
    if clarity.points == 3:
        return Mark(3, word, _("who and where are named"))
    if clarity.where == 2:
        sentence = (
            _("the place is named, but not how many people or which group")
            if clarity.who
            else _("the place is named, but not who is meant")
        )
        return Mark(2, word, sentence, _("the number or group of people"), _("for about 4,000 households"))
    if clarity.who == 2:
        sentence = (
            _("who is named, the place only vaguely") if clarity.where else _("who is named, but no place")
        )
        return Mark(2, word, sentence, _("the place"), _("along Mill Creek"))
    lack, example = _("who is meant and where"), _("about 4,000 households along Mill Creek")
    if clarity.points == 2:
        return Mark(2, word, _("who and where are only vague"), lack, example)
    if clarity.points == 1:
        sentence = (
            _("who is only vague, and no place")
            if clarity.who
            else _("the place is only vague, and nobody is named")
        )
        return Mark(1, word, sentence, lack, example)
    return Mark(0, word, _("neither who nor where"), lack, example)
