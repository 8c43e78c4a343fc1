"""Who: people or bodies, with a number, as a group marked off, or anybody."""

from __future__ import annotations

import re

from alliances.coach.text import HAN_NUMBER, NUMBER, Text, words

# Anybody: concrete only with a number. Age and illness alone mark nobody off.
_ANYBODY = (
    r"residents?|people|persons?|citizens?|inhabitants?|population|the public|general public|households?"
    r"|families|homes|dwellings|users|customers|communities|the community|local community"
    r"|passengers|riders|consumers|visitors|taxpayers|locals|neighbou?rs|everyone|individuals"
    r"|travell?ers|tourists|members|employees|businesses|firms"
    r"|companies|clients|organi[sz]ations|housing units|apartments|(?:the )?elderly|older (?:people"
    r"|adults|residents|persons|citizens)|seniors?"
    r"|pensioners|retirees|children|kids|young people|youths?|teenagers|infants|women|girls|patients?"
)
_HAN_ANYBODY = (
    r"居民|市民|群众|百姓|民众|公众|人民(?!币|政府|医院|法院|大会)|人口|住户|家庭|用户|业主|乘客|旅客"
    r"|游客|村民|大众|企业|客户|单位"
    r"|会员|人群|老年人|老人|长者|老年|高龄|儿童|妇女|患者|病人|群体"
)
_GROUP = (
    r"pupils|students?|schoolchildren|young families|mothers|pregnant|diabetics"
    r"|(?:dialysis|cancer|stroke|heart|diabetic|asthma|covid|chronic|rural|emergency|mental[- ]health)"
    r" patients"
    r"|(?:people|residents|adults|persons|citizens|seniors|those) (?:with|who (?:live|lack|cannot|use"
    r"|speak|depend|care)|living (?:alone|with|in"
    r" poverty)|in need)|disabled"
    r"|wheelchair users|blind|deaf"
    r"|(?:low|lower|middle|moderate)[- ]income|poor(?:er|est)? (?:households|families|residents|people)"
    r"|renters?|tenants?|homeless|unhoused|unsheltered"
    r"|uninsured|veterans|farmers(?!')|fishers|fishermen|migrants?|immigrants|refugees|newcomers"
    r"|commuters|cyclists|pedestrians|motorists|truckers"
    r"|(?:bus|taxi|truck|tram|delivery|transit|rail|metro|train|night|ferry) (?:drivers|riders"
    r"|passengers|users|commuters|operators)|drivers"
    r"|(?:port|shift|night|factory|essential|health|care|key|sanitation|construction|hotel|informal"
    r"|migrant|hospital|frontline) workers|workers"
    r"|nurses|doctors|physicians|clinicians|teachers|caregivers|carers|shopkeepers|traders|vendors|small"
    r" (?:businesses|firms|shops|manufacturers)"
    r"|restaurants|first-time buyers|homeowners|landlords|waste pickers|firefighters|paramedics"
    r"|dispatchers|inspectors|utilities|transit agencies"
    r"|(?:building|site|home|property|fleet|land) owners|(?:\w{3,14} )operators|(?:makers|manufacturers"
    r"|developers|builders|producers|growers|suppliers)(?: of)?|therapists|school districts|water"
    r" companies"
    r"|municipalities"
)
_HAN_GROUP = (
    r"独居|空巢|失能|小学生|中学生|学生|学童|幼儿|孕产妇|孕妇|产妇"
    r"|残疾人|残障|视障|听障|轮椅|低收入"
    r"|困难(?:家庭|群众|户)|低保|租户|租客|租房|承租|新市民|务工人员|农民工|青年|毕业生|农户|农民|渔民"
    r"|商户|个体户|小微企业|中小企业|摊贩|司机|驾驶员"
    r"|骑手|快递员|网约车|通勤|行人|骑行者|护士|医生|医护|教师|环卫工|工人|职工|流动人口|外来人口|留守"
    r"|(?:慢性?病|糖尿病|高血压|透析|肿瘤|尿毒症|康复|精神)(?:患者|病人|人群)|(?:治疗|规划|药剂?|设计|律"
    r"|厨)师|水务公司|水司"
    r"|公交公司|物业公司|运营商|上班族|家长|货车|施工人员|园区企业|工业企业|(?:纺织|印染|化工|钢铁|食品"
    r"|制造|物流|餐饮|水泥|电镀|制药|冶金|造纸|建筑|养殖|快递|外贸|科技)企业|高校|养老院|福利院|村医"
    r"|家庭医生"
)
COUNTED_WHO = re.compile(
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
# The organization's own people are not whom the need is about, nor is the partner it looks for.
_OWN = re.compile(r"staff|employees|engineers|experts|team|员工")
_OWN_BEFORE = re.compile(
    r"(?<![a-z])(?:employ\w{0,3}|staff of|team of|seek(?:ing)?|look(?:ing)? for|invit(?:e|ing)|partner"
    r" with|work with|search for)"
    r"(?: \w{1,15}){0,2} ?$|(?:员工|团队|欢迎|寻求|寻找|诚邀|征集|招募|希望与|愿与|专家|人员)[^，。；]{0,8}$"
)
_WHO = words(_GROUP, _HAN_GROUP)
_SOMEBODY = words(_ANYBODY, _HAN_ANYBODY)


def find_who(text: Text) -> int:
    """0 not said, 1 anybody, 2 a number or a group."""
    if any(
        _is_meant(text, found) for pattern in (_WHO, COUNTED_WHO) for found in pattern.finditer(text.lower)
    ):
        return 2
    return int(any(_is_meant(text, found) for found in _SOMEBODY.finditer(text.lower)))


def _is_meant(text: Text, found: re.Match[str]) -> bool:
    return not _OWN.search(found[0]) and not _OWN_BEFORE.search(text.before(found.start(), clause=True))
