"""Funded: with how much money, from where. What the problem costs is no budget."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.coach.rating import Mark
from alliances.coach.text import DIGITS, ENGLISH, HAN_NUMBER, TO, Span, Text, words

_SCALED = r"[ -]?(?:hundred thousand|thousand|million|billion|trillion|mn|mm|bn|k|m|b)(?![a-z])"
_AMOUNT = rf"(?:{DIGITS}(?:{_SCALED})?|{ENGLISH})"
# After a currency sign the digits may stand close: USD5m.
_CLOSE = rf"\d{{1,3}}(?:,\d{{3}}){{0,4}}\d{{0,8}}(?:\.\d{{1,4}})?(?:{_SCALED})?"
_SIGN = r"(?:(?<![a-z])(?:us\$|hk\$|usd|rmb|cny|eur|gbp)|[$¥€£]|人民币|美元)"
_CURRENCY = r"(?:(?:us |u\.s\. |american )?dollars?|usd|yuan|rmb|cny|renminbi|euros?|eur)(?![a-z])"
_HAN_CURRENCY = r"(?:元(?![件素旦月宵])|块钱|美元|美金|人民币|欧元)"
_HAN_AMOUNT = (
    rf"{HAN_NUMBER}(?:(?:万|亿|百万|千万)?元?(?:-|–|—|~|至|到)(?:{HAN_NUMBER}|\d{{1,6}}(?:\.\d{{1,2}})?))?"
)
_MONEY = re.compile(
    rf"{_SIGN} ?{_CLOSE}(?:(?:{TO}| and )(?:{_SIGN} ?)?{_CLOSE})?(?:[余多]?[百千万亿]{{1,2}})?元?(?:"
    rf" {_CURRENCY})?"
    rf"|{_AMOUNT}(?:{TO}{_AMOUNT})?[ -]?{_CURRENCY}"
    rf"|{_HAN_AMOUNT}[余多]?(?:万|亿|百万|千万)?{_HAN_CURRENCY}"
    r"|(?<![a-z])(?:budget|fund|funds|funding|grant|bond|loan|investment|allocation|financing|capital)s?"
    rf"(?: (?:of|is|at|band|about|around|roughly|some|up to|between|from|range|no more than|for)|:){{0,3}} "
    rf"{DIGITS}(?:{_SCALED})?(?:(?:{TO}| and ){DIGITS})?{_SCALED}"
    r"|(?<![\d.])\d{1,3} ?(?:%|percent|per cent) of (?:a |an |the |its |our |each |any )?(?:project "
    r"|pilot |total )?(?:pilot|costs?|budget|investment|funding|financing)"
    r"|(?:配套|出资|承担|补助|补贴|资助)(?:比例)?(?:约|为|达|不超过){0,2}\d{1,3}%"
    rf"|{_AMOUNT}{_SCALED}[ -](?:budget|fund|grant|bond|loan|investment)(?![a-z])"
    rf"|(?:预算|资金|投资|经费|拨款|补助|贷款|出资|投入|专项债)(?:额|规模|总额|区间|上限|资金)?"
    rf"(?:约|大约|为|是|达|共|共计|合计|不超过|控制在|近|：|:){{0,2}}{_HAN_AMOUNT}(?<=[万亿])元?",
    re.ASCII,
)

# The words that tell a budget from what a problem costs and people earn or pay.
_BUDGET = words(
    r"budget(?:s|ed)?|fund(?:s|ed|ing)?|grants?|bonds?|loans?|capital|invest(?:s|ed|ment|ments)?"
    r"|allocat\w{1,6}"
    r"|approv\w{1,6}|appropriat\w{1,6}|financ\w{1,6}|set aside|earmarked|committed|secured|available"
    r"|costs?:|(?:will|would) cost|(?:we|will) (?:pay|spend|contribute)",
    r"预算|资金|经费|投资|拨款|专项|贷款|债券|财政|安排|出资|融资|补助|自筹|批复|投入(?!使用|运行|运营)|总额",
)
_PROBLEM = words(
    r"loss(?:es)?|loses?|lost|damages?|rents?|fares?|(?:house|home|housing|land|food|energy|fuel|water"
    r"|ticket|electricity|gas|heating) prices?|bills?|wages?|salar(?:y|ies)|incomes?"
    r"|earn(?:s|ing|ings)?"
    r"|mortgages?|debts?|arrears|fines?|penalt(?:y|ies)|gdp|turnover|revenues?|sales|claims|worth"
    r"|costs? (?:us|them|residents|the city|each|every|families|households|taxpayers|drivers)"
    r"|spends? (?:about |some |over )?|pays?(?! back)|paying",
    r"损失|租金|房租|月租|房价|票价|收入|工资|薪|电费|水费|气费|罚款|产值|营收|营业额|注册资本|均价|单价"
    r"|药费|医疗费|人均"
    r"|生产总值|销售额|市值",
)
_UNDERTAKING = words(r"pilots?|projects?|programmes?|programs?|price", r"项目|试点|工程")
_RATE = re.compile(
    r" ?(?:a|an|per|each|every|/) ?(?:day|week|month|year|annum|household|family|person|head|tonne|ton"
    r"|kwh|trip|ride"
    r"|passenger|night|hour|square|sq|m2|m3)| annually| yearly| monthly|[/每](?!个?(?:试点|项目|站点))"
)

_GOVERNMENT = (
    r"city|municipal|county|state|federal|provincial|national|central|district|local|government|ministry"
    r"|ministerial"
    r"|department(?:al)?|eu|regional|council|public|agency|port|utility|hospital|university|company"
    r"|alliance|school"
)
# A verb between the two parts them: "our city needs money".
_PLAIN_WORD = (
    r"(?!(?:needs?|wants?|has|have|lacks?|seeks?|hopes?|and|or|for|to|is|are|will|must|could|can|looks?"
    r"|without|no)"
    r" )\w{1,15}"
)
_SOURCE = words(
    r"capital (?:improvements? )?(?:plan|programme|program|budget)|(?:general|operating|enterprise|trust"
    r"|climate) (?:fund|budget)"
    rf"|(?:{_GOVERNMENT})(?:'s)? (?:{_PLAIN_WORD} ){{0,3}}(?:budgets?|grants?|funds?|funding|loans?|bonds?"
    r"|subsid(?:y|ies)|money|revenues?)"
    r"|(?:our|its|their) own (?:\w{1,15} ){0,2}(?:budget|funds?|funding|money|resources|revenue|reserves"
    r"|means)"
    r"|(?:annual|next year's|this year's|fiscal year|20\d\d|fy ?\d{2,4}) (?:\w{1,12} ){0,2}budget"
    r"|\d{1,3} ?(?:%|percent) (?:federal|state|municipal|city|county|provincial|national)"
    r"|(?<!have )(?<!has )(?:our|its|their|the members'|members') (?:(?!need|plan|want)\w{1,15}"
    r" ){0,2}(?:fund|budget|reserves|treasury|pocket)"
    r"|revolving fund|trust fund|(?:\w{1,12} )bonds?|bond (?:issue|measure|programme|program)|levy|tax"
    r" increment"
    r"|(?:sales|property|carbon|parcel|hotel|payroll|gas|fuel) tax|(?:stormwater|utility|user|impact"
    r"|congestion|sewer|water|tipping|parking) fees?"
    r"|ratepayers|rate base|utility rates|toll revenues?|(?:medicaid|medicare|farebox)(?: \w{1,12}){0,2}"
    r"|self-funded|self-financed|(?:world|development|investment|green|infrastructure|commercial) bank"
    r"|philanthrop\w{1,6}"
    r"|foundation(?: grant| money| funds?)?|venture capital|private investors?|public-private"
    r" partnership|ppp|crowdfunding"
    r"|we (?:will )?(?:pay|bear|cover|fund|finance)(?: for)?|paid (?:by|from|out of|through|for by)"
    r" \w{2,15}|free of charge|at no cost|at our (?:own )?(?:cost|expense)"
    r"|(?:infrastructure|recovery|inflation reduction|rescue) (?:law|act|plan)"
    r"|internal (?:budget|funds?)|r&d budget|(?:\w{1,15} )?(?:department|agency|authority|ministry"
    r"|council)(?:'s)? budget",
    r"(?:中央|国家|省|市(?![场民])|区(?!域)|县|镇|部(?!分)委?|本级|地方|政府|上级|年度|单位|企业|公司|集团"
    r"|学校|医院|局)(?:(?![需缺无没希急投争])[一-鿿]){0,5}?(?:预算|资金|财政|补助|补贴|拨款|基金|出资"
    r"|经费|投资)"
    r"|财政(?:预算|资金|拨款|性资金|补助|安排|专项)|专项债|专项资金|专项经费|地方债|国债|绿色债券|企业债"
    r"|债券|城投|平台公司"
    r"|自筹|自有资金|自行承担|自费|社会资本|ppp|reits|世界银行|世行|亚行|亚洲开发银行|亚投行"
    r"|[一-鿿]{0,4}银行(?:贷款|授信|资金)|政策性银行"
    r"|国开行|开发银行|基金会|产业基金|引导基金|科研经费|研发经费|研发资金|资本计划|投资计划|建设资金"
    r"|医保基金|污水处理费|由(?:我方|我司|本公司|我们)(?:承担|出资|负担)|免费"
    r"|(?:我司|我方|我院|我校|本公司|我们|会员|企业|公司)[一-鿿]{0,4}(?:垫资|出资|承担|负担|自付)"
    r"|各自(?:承担|负担)"
    r"|(?:申请|申报|争取)[一-鿿]{0,10}(?:项目|计划|专项|基金|资金|补助)",
)
# Bodies that give money but do much else: a source only beside money.
_GIVER = words(
    r"epa|dot|usdot|fta|fhwa|hud|doe|fema|nsf|usda|noaa|nih|exim|ustda|cmaq|iija|ira|wifia|tifia|raise"
    r"|srf|cdbg|adb|aiib"
    r"|gef|council|legislature|congress|ministry of [a-z]{3,15}|department of [a-z]{3,15}|board|treasury",
    r"发改委|财政[部厅局]|住建[部厅局]|工信部|科技部|生态环境[部厅局]|交通运输?[部厅局]|水利[部厅局]"
    r"|人大|常务会|市政府|省政府",
)
_APPROVAL = words(
    r"approv\w{1,4}|adopted|allocated|appropriated|ear-?marked|committed|secured|awarded|authori[sz]ed"
    r"|set aside"
    r"|ring-?fenced|reserved|in place|signed off|voted|pending|awaiting|subject to|applied for"
    r"|application|under review"
    r"|confirmed|budgeted|included in|proposed",
    r"批复|批准|获批|审批|审议|审定|已?落实|到位|列入|纳入|下达|立项|已?安排|通过|待批|待审|申报|申请"
    r"|核准|划拨|已拨|过会|评审|审查|备案|签订|签署",
)
_MENTION = words(
    r"budgets?|fund(?:s|ed|ing|ers?)?|financ(?:e|es|ed|ing|ial)|money|grants?|subsid(?:y|ies|ised|ized)"
    r"|loans?|bonds?"
    r"|invest(?:s|ed|ing|ment|ments|ors?)?|sponsors?|capital (?:costs?|funding|investment)|(?:project"
    r"|total|estimated|pilot) costs?"
    r"|cost[- ]sharing|share (?:the )?costs?|co-?fund(?:ed|ing)?|pay for|willing to pay|dollars|yuan"
    r"|fees?|prices?|priced|pricing|quotation|quote",
    r"资金|经费|预算|投资|融资|拨款|贷款|补贴|补助|出资|财政|自筹|基金|造价|债券|费用|报价|价格(?!上涨"
    r"|高)|收费|面议|分成"
    r"|投入(?!使用|运行|运营|产)|[万亿]元",
)
_DENIED = re.compile(r"(?<![a-z])(?:no|without|not|never)(?: \w{1,12}){0,2} $|[无没](?:有|任何)?$|[暂尚]无$")


@dataclass(frozen=True)
class Money:
    """Amount, source and approval as written, empty where not said; any word of money; where it stands."""

    amount: str
    source: str
    approval: str
    mention: str
    spans: list[Span]

    @property
    def points(self) -> int:
        if self.amount:
            return 3 if self.source or self.approval else 2
        if self.source:
            return 2
        return 1 if self.mention else 0


def find_money(text: Text) -> Money:
    """What pays; amounts that say what the problem costs are left in the text as figures of it."""
    found_money = list(_MONEY.finditer(text.lower))
    amounts = [found.span() for found in found_money if not _is_problem(text, found)]
    words_only = text.without(found.span() for found in found_money)
    amount = text.quote(*amounts[0]) if amounts else ""
    source = _first(_SOURCE, text) or _giver(text)
    approval = next((state for state in (_approval(text, span) for span in amounts) if state), "")
    return Money(amount, source, approval, _mention(words_only), amounts)


def _first(pattern: re.Pattern[str], text: Text) -> str:
    found = pattern.search(text.lower)
    return text.quote(*found.span()) if found else ""


def _mention(text: Text) -> str:
    """The first word of money that is not denied."""
    for found in _MENTION.finditer(text.lower):
        if not _DENIED.search(text.before(found.start(), clause=True)):
            return text.quote(*found.span())
    return ""


def _is_problem(text: Text, found: re.Match[str]) -> bool:
    start, end = found.span()
    after = text.after(end, clause=True)
    clause = text.before(start, clause=True) + found[0] + after
    if _BUDGET.search(clause):
        return False
    return bool(_PROBLEM.search(clause) or (_RATE.match(after) and not _UNDERTAKING.search(clause)))


def _giver(text: Text) -> str:
    for found in _GIVER.finditer(text.lower):
        start, end = found.span()
        # A few words on either side: "an EPA limit" is no grant.
        if _MENTION.search(text.before(start)[-40:] + " " + text.after(end)[:40]):
            return text.quote(start, end)
    return ""


def _approval(text: Text, amount: Span) -> str:
    """The words of approval near an amount."""
    start, end = amount
    found = _APPROVAL.search(text.lower[max(0, start - 80) : end + 80])
    return found[0] if found else ""


def funded_mark(money: Money) -> Mark:
    word = pgettext_lazy("criterion of a statement", "Funded")
    if money.points == 3:
        support = money.source or money.approval
        return Mark(3, word, format_lazy(_("“{amount}”, “{support}”"), amount=money.amount, support=support))
    if money.amount:
        sentence = format_lazy(_("“{found}”, but neither source nor approval"), found=money.amount)
        lack, example = _("the source or the approval of the money"), _("with the money in the capital plan")
        return Mark(2, word, sentence, lack, example)
    if money.source:
        sentence = format_lazy(_("“{found}”, but no amount"), found=money.source)
        return Mark(2, word, sentence, _("the amount or a band"), _("with USD 1 to 5 million"))
    example = _("with USD 1 to 5 million in the capital plan")
    if money.mention:
        sentence = format_lazy(_("“{found}”, but no amount and no source"), found=money.mention)
        return Mark(1, word, sentence, _("a budget band"), example)
    return Mark(0, word, _("no budget or band yet"), _("a budget band"), example)
