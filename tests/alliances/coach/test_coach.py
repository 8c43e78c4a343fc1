"""Small statements with the marks a person gives them, criterion by criterion, in both languages."""

import re
import time

import pytest
from django.utils.translation import override

from alliances.coach import READ_AT_MOST, Rating, _rating, rate
from alliances.coach.text import Text

SAW_MILL_RUN = (
    "About 40,000 residents along Saw Mill Run live with streets that flood after heavy rain. Sewers "
    "overflow into the creek on some 60 days a year. Within this decade we want to bring that under 20 days "
    "by holding rain on public land rather than by laying larger pipes."
)
XUNSI_RIVER = (
    "沿巡司河两岸约4万居民每逢暴雨街道积水，合流管每年溢流约60天。力争2029年底前降至20天以内，"
    "市级财政预算已安排500万元。"
)


def marks(rating: Rating) -> tuple[int, ...]:
    return tuple(mark.points for mark in rating.marks)


def test_the_statement_of_the_page() -> None:
    rating = rate(SAW_MILL_RUN)
    assert marks(rating) == (3, 3, 0, 1)
    assert rating.total == 7
    assert [str(mark.word) for mark in rating.marks] == ["Clear", "Measured", "Funded", "Dated"]
    assert [str(mark.sentence) for mark in rating.marks] == [
        "who and where are named",
        "baseline “60 days a year”, target “20 days”",
        "no budget or band yet",
        "“this decade”, but no year",
    ]
    assert rating.verdict == "on the way"
    assert [mark.word for mark in rating.missing] == ["Funded", "Dated"]
    assert (
        str(rating.advice) == "Missing: a budget band and a year. "
        "Try “by the end of 2029, with USD 1 to 5 million in the capital plan”."
    )


def test_a_full_statement_in_chinese() -> None:
    rating = rate(XUNSI_RIVER)
    assert marks(rating) == (3, 3, 3, 3)
    assert (rating.total, rating.verdict, rating.missing) == (12, "ready", ())
    assert rating.advice == "Nothing is missing."
    with override("zh-hans"):
        assert [str(mark.sentence) for mark in rating.marks] == [
            "对象与地点均已写明",
            "现状“60天”，目标“20天”",
            "“500万元”，“市级财政”",
            "“2029年底前”已具体",
        ]
        assert (str(rating.verdict), str(rating.advice)) == ("已齐备", "没有缺项。")


def test_nothing_stated() -> None:
    for empty in ("", "   ", "\n", "。"):
        rating = rate(empty)
        assert (rating.total, rating.verdict, len(rating.missing)) == (0, "not stated yet", 4)
    assert str(rate("").advice) == (
        "Missing: who is meant and where, a baseline and a target, a budget band and a date. Try “about "
        "4,000 households along Mill Creek, from 60 days a year to under 20, by the end of 2029, with USD 1 "
        "to 5 million in the capital plan”."
    )


CLEAR = [
    # neither who nor where
    ("We need better buses.", 0),
    ("Seeking partners for smart city solutions.", 0),
    ("希望引进先进的污水处理技术。", 0),
    ("Python and GIS tools, ISO 14001, model X-200.", 0),
    # one of them, vague
    ("Our city has bad air.", 1),
    ("People wait too long for a doctor.", 1),
    ("我市内涝频发。", 1),
    ("市民出行不便。", 1),
    ("改善道路和社区环境。", 1),
    ("Parking downtown is hard to find.", 1),
    ("Nationwide in Texas and around the Great Lakes.", 1),
    ("The elderly need care.", 1),
    ("老城区停车难。", 1),
    ("我们拥有员工1200余人。", 0),
    ("We employ 640 people.", 0),
    ("We seek companies. We look for partners.", 0),
    ("欢迎企业来函，预计投入人民币八千万元。", 0),
    ("打造国内领先的智慧城市样板。", 0),
    # one concrete, or both vague
    ("Residents across the region complain.", 2),
    ("Older people living alone wait for an appointment.", 2),
    ("About 40,000 residents breathe bad air.", 2),
    ("Streets along Saw Mill Run flood.", 2),
    ("Noise along Route 28 and I-376.", 2),
    ("Two wastewater plants need repair.", 2),
    ("In Wichita the water is hard.", 2),
    ("我市居民出行不便。", 2),
    ("约1.2万名独居老人就医困难。", 2),
    ("武昌区管网漏损严重。", 2),
    ("地铁3号线拥挤。", 2),
    ("三个街道没有污水管。", 2),
    # both concrete
    ("The 61C bus carries 9,000 commuters from Squirrel Hill to Oakland.", 3),
    ("Renters in the Hill District move out.", 3),
    ("1,500 small businesses near the Port of Oakland wait for parcels.", 3),
    ("Bus riders on Routes 8 and 16.", 3),
    ("西湖区翠苑街道的9000名老年人缺少助餐服务。", 3),
    ("Older adults who live alone in Saint Paul.", 3),
    ("8条公交线路服务12万人。", 3),
]


@pytest.mark.parametrize(("statement", "points"), CLEAR)
def test_clear(statement: str, points: int) -> None:
    assert rate(statement).clear.points == points


MEASURED = [
    # no figure about the problem
    ("Leakage is high.", 0),
    ("Founded in 1998. Call 412-555-0123 or write to PA 15213.", 0),
    ("Model CR400AF, 5G, PM2.5, ISO 14001, version 2.1, Line 3.", 0),
    ("公司成立于1998年，电话027-88886666，邮编430000，国标GB 18918-2002。", 0),
    ("第三医院和3号线附近。", 0),
    ("About 40,000 residents live there.", 0),
    ("沿线居民约4万人。", 0),
    ("We have built 1,200 pump stations and employ 640 people.", 0),
    ("注册资本8000万元，拥有专利156项。", 0),
    ("With USD 2 million by June 2028.", 0),
    ("投资500万元，三年内完成。", 0),
    # a figure, but neither baseline nor target; halving without a base
    ("We have 300 buses.", 1),
    ("Halve leakage.", 1),
    ("Cut energy use by 25%.", 1),
    ("30% to 70% less energy.", 1),
    ("末端处理量减少百分之三十，参与率提高一倍。", 1),
    ("The 2018 flood did USD 45 million of damage.", 1),
    ("检测仪5分钟出结果，误差不超过±3%。", 1),
    ("Cut emissions in half.", 1),
    ("碳排放减半。", 1),
    ("本市有12座污水厂。", 1),
    # a baseline or a target
    ("Leakage is 28%.", 2),
    ("Sewers overflow on 60 days a year.", 2),
    ("One in five tenants is in arrears.", 2),
    ("Only 40 of our buses are electric.", 2),
    ("Median rent is USD 1,800 a month.", 2),
    ("We want to install 500 chargers.", 2),
    ("Our average wait has risen from 12 to 28 minutes.", 2),
    ("漏损率为28%。", 2),
    ("垃圾分类准确率不足六成。", 2),
    ("平均候诊90分钟。", 2),
    ("轮候公租房平均四年。", 2),
    ("新增充电桩5000个。", 2),
    ("三分之一的路灯损坏。", 2),
    # both
    ("Reduce leakage from 28% to 15%.", 3),
    ("Cut our 28% leakage to 15%.", 3),
    ("The wait is 90 minutes; we want 40.", 3),
    ("Leakage is 28%, half of that is our goal: halve it.", 3),
    ("Shorten the turnaround from 47 to 30 minutes.", 3),
    ("Outages are down from 7 to 1 a year.", 3),
    ("30% of our taxis should be electric (now 4%).", 3),
    ("Leakage is 28%; cut it by 30%.", 3),
    ("Today 31,000 residents live too far away; we want to get below 8,000.", 3),
    ("9,400 lead lines remain in the ground today; we aim at none.", 3),
    ("From 28% to 15%.", 3),
    ("14 miles of sidewalk are broken; the goal is under 3 miles.", 3),
    ("漏损率由28%降到15%。", 3),
    ("PM2.5年均浓度45微克/立方米，目标到2027年降至35微克/立方米。", 3),
    ("回用率目前两成，力争提高到六成。", 3),
    ("水质为劣Ⅴ类，目标达到Ⅳ类。", 3),
    ("现有食堂３处，增至１０处。", 3),
]


@pytest.mark.parametrize(("statement", "points"), MEASURED)
def test_measured(statement: str, points: int) -> None:
    assert rate(statement).measured.points == points


FUNDED = [
    ("Leakage is high.", 0),
    ("An EPA limit is exceeded in the capital city.", 0),
    ("Floods cost us USD 3 million a year.", 0),
    ("Median rent is USD 1,800 a month.", 0),
    ("项目投入使用后造成经济损失3亿元。", 0),
    ("人均可支配收入5万元。", 0),
    ("No budget has been set.", 0),
    ("没有预算。", 0),
    ("Tenants pay USD 212 each in July.", 0),
    ("注册资本8000万元。", 0),
    ("Funding is being sought.", 1),
    ("A fee applies.", 1),
    ("报价面议。", 1),
    ("Investors are welcome.", 1),
    ("资金尚未落实。", 1),
    ("需要大量投资。", 1),
    ("A budget of 2 million.", 2),
    ("With USD 1–5 million.", 2),
    ("About $3m, or €2.5bn, or RMB500k.", 2),
    ("Five million dollars.", 2),
    ("Price: about $1,100 per kWh.", 2),
    ("It is in the capital plan.", 2),
    ("Paid from the state revolving fund.", 2),
    ("We hope for an EPA grant.", 2),
    ("预算五百万。", 2),
    ("镇里拿得出二十来万元。", 2),
    ("设备由我司全额垫资。", 2),
    ("经费拟申请省残联的助残项目。", 2),
    ("总投资３.２亿元。", 2),
    ("约500万至2000万元。", 2),
    ("预算100万至500万美元。", 2),
    ("争取省级专项资金。", 2),
    ("由我方承担费用。", 2),
    ("USD 1 to 5 million in the capital plan.", 3),
    ("An audit costs USD 35,000; half is borne by our shared fund.", 3),
    ("$2.5 million from the housing trust fund.", 3),
    ("EUR 1.2m; approval pending.", 3),
    ("A pilot costs USD 80,000, paid by our own R&D budget.", 3),
    ("财政预算已安排五百万元。", 3),
    ("资本计划已安排100万至500万美元。", 3),
    ("总投资1.2亿元，已获批复。", 3),
    ("来自世界银行贷款300万美元。", 3),
]


@pytest.mark.parametrize(("statement", "points"), FUNDED)
def test_funded(statement: str, points: int) -> None:
    assert rate(statement).funded.points == points


DATED = [
    ("Leakage is high.", 0),
    ("Founded in 1998, in service since 2015.", 0),
    ("In March 2024 the sewers overflowed.", 0),
    ("Over the past three years it got worse.", 0),
    ("Sewers overflow on 60 days a year.", 0),
    ("People wait 18 months for a home.", 0),
    ("A firm with 25 years of experience, 20-year-old pipes, a 100-year flood.", 0),
    ("Help may come; we march on.", 0),
    ("2030 homes need USD 2,028.", 0),
    ("公司成立于1998年，近三年来内涝频发。", 0),
    ("2024年内涝12次，三十年一遇。", 0),
    ("每年6月至9月内涝。", 0),
    ("缩短到2小时以内。", 0),
    ("As soon as possible.", 1),
    ("In the coming years.", 1),
    ("Within this decade.", 1),
    ("尽快解决。", 1),
    ("十四五期间完成。", 1),
    ("未来几年。", 1),
    ("在未来几年内提升。", 1),
    ("100% commitment for this decade.", 1),
    ("By 2029.", 2),
    ("Works run 2027–2030.", 2),
    ("Within 18 months.", 2),
    ("A three-year programme.", 2),
    ("The pilot lasts 12 months.", 2),
    ("Two pilots of six months each.", 2),
    ("The kit takes three weeks to install.", 2),
    ("三年内完成。", 2),
    ("2030年前达峰。", 2),
    ("为期18个月。", 2),
    ("明年启动。", 2),
    ("By the end of 2029.", 3),
    ("June 2028.", 3),
    ("By Q3 2028.", 3),
    ("In the second half of 2027.", 3),
    ("Due 2028-06-30.", 3),
    ("By December.", 3),
    ("2028年底前。", 3),
    ("２０２８年６月完工。", 3),
    ("二〇二八年底前。", 3),
    ("明年年底前。", 3),
    ("2027年第三季度。", 3),
]


@pytest.mark.parametrize(("statement", "points"), DATED)
def test_dated(statement: str, points: int) -> None:
    assert rate(statement).dated.points == points


def test_the_running_year_is_a_date_only_with_an_end() -> None:
    assert rate("In 2026 sewers overflowed.", this_year=2026).dated.points == 0
    assert rate("By the end of 2026.", this_year=2026).dated.points == 3
    assert rate("2026年底前。", this_year=2026).dated.points == 3
    assert rate("In 2028.", this_year=2026).dated.points == 2
    assert rate("In 2028.", this_year=2029).dated.points == 0


def test_the_example_lies_three_years_ahead() -> None:
    assert rate("", this_year=2030).dated.example == "by the end of 2033"


def test_what_counts_as_a_date_or_money_is_no_figure_of_the_problem() -> None:
    rating = rate("We plan a pilot with USD 2 million within 18 months, by June 2028.")
    assert marks(rating) == (0, 0, 2, 3)


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("We need better buses.", "not stated yet"),
        ("By 2029 in Wichita.", "a start"),  # 2 0 0 2
        ("By 2029 in Wichita, from 28%.", "on the way"),  # 2 2 0 2
        ("Renters in the Hill District pay 48% of income; by June 2028 we want 35%, soon.", "on the way"),
        ("By 2029 in Wichita, from 28%, with USD 2 million.", "ready"),  # 2 2 2 2
    ],
)
def test_verdict(statement: str, verdict: str) -> None:
    assert rate(statement).verdict == verdict


def test_missing_is_worst_first() -> None:
    rating = rate("Our city needs money, soon.")  # 1 0 1 1
    assert [mark.word for mark in rating.missing] == ["Measured", "Clear", "Funded", "Dated"]


def test_advice_where_nothing_is_missing_makes_it_exact() -> None:
    rating = rate("By 2029 in Wichita, from 28%, with USD 2 million.")
    assert str(rating.advice) == (
        "More exact with the number or group of people, a target, the source or the approval of the money "
        "and the month or quarter. Try “for about 4,000 households, to under 20 days a year, by the end of "
        "2029, with the money in the capital plan”."
    )


def test_advice_in_chinese() -> None:
    rating = rate(SAW_MILL_RUN)
    with override("zh-hans"):
        assert str(rating.verdict) == "正在完善"
        assert str(rating.dated.sentence) == "“this decade”，但没有写明年份"
        assert str(rating.advice) == (
            "还缺：预算档和年份。可以这样写：“到2029年底前，资本计划已安排100万至500万美元”。"
        )


def test_what_the_person_wrote_is_quoted_as_written() -> None:
    assert (
        str(rate("{0} 预算５００万元 {found}").funded.sentence)
        == "“预算５００万元”, but neither source nor approval"
    )


HOSTILE = [
    "1", "1,", "一", "三十五", "a", "Aa ", " ", "one ", "USD 5 ", "from 28% to 15% ", "by the end of 2029, ",
    "within 3 ", "年底前", "巡司河", "40,000 residents of ", "budget of ", "x@x", "1-", "\ue000",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_costs_no_more_than_what_is_read(unit: str) -> None:
    started = time.process_time()
    assert 0 <= rate(unit * (1_000_000 // len(unit))).total <= 12
    assert time.process_time() - started < 3


@pytest.mark.parametrize("unit", HOSTILE)
def test_reading_is_linear(unit: str) -> None:
    """Eight times the text: eight times the work, where a pattern gone wrong would take sixty-four."""
    _seconds(unit, 2_000)
    assert _seconds(unit, 24_000) < 20 * max(_seconds(unit, 3_000), 0.01)


def _seconds(unit: str, length: int) -> float:
    text = Text.of((unit * (length // len(unit) + 1))[:length])
    started = time.process_time()
    _rating(text, 2026)
    return time.process_time() - started


def test_only_so_much_is_read() -> None:
    assert rate("x " * (READ_AT_MOST // 2) + "by the end of 2029").dated.points == 0


def test_anything_can_be_rated() -> None:
    for statement in ("\x00", "İ" * 700, "﷽" * 600, "\ud800", "%(x)s {0} {", "𝟚𝟘𝟚𝟡", "٢٠٢٩", "’" * 10):
        assert re.fullmatch(r"\d+", str(rate(statement).total))
        assert str(rate(statement).advice)
