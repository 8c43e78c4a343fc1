"""What makes two entries one organization, and what keeps two apart that share a name."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from alliances.likeness import THRESHOLD, Likeness, StatedNames, likeness

NOT_ALIKE = Likeness(0.0, "")


def us(kind: str, region: str, name_en: str = "", **fields: Any) -> StatedNames:
    return StatedNames(kind, "US", region, name_en, **fields)


def cn(kind: str, region: str, name_en: str = "", name_zh: str = "", **fields: Any) -> StatedNames:
    return StatedNames(kind, "CN", region, name_en, name_zh, **fields)


SUZHOU = cn("city", "Jiangsu", "Suzhou", "苏州市")
ENESOON = cn("firm", "Guangdong", "Shenzhen Enesoon Science & Technology", "深圳市爱能森科技有限公司")
MBTA = us("city", "MA", "Massachusetts Bay Transportation Authority")


SAME_EN = "The same name in English"
NEAR_EN = "Nearly the same name in English, same state or province"
SAME_ZH = "The same name in Chinese"
NEAR_ZH = "Nearly the same name in Chinese, same state or province"
PINYIN = "The same name in pinyin"
TRANSLATED = "The same name, in English and in Chinese"
LONGER = "The same name with general words added"
INITIALS = "One name is the other's initials, same state or province"
ELSEWHERE = "The same name in another state or province"


@pytest.mark.parametrize(
    ("a", "b", "score", "why"),
    [
        (us("city", "OR", "Portland"), us("city", "Oregon", "City of Portland"), 0.98, SAME_EN),
        (us("city", "", "Portland, OR"), us("city", "OR", "Portland"), 0.98, SAME_EN),
        (us("city", "", "Portland"), us("city", "OR", "Portland"), 0.931, SAME_EN),
        (us("city", "MO", "St. Louis"), us("city", "MO", "Saint Louis"), 0.98, SAME_EN),
        (us("city", "NY", "New York"), us("city", "NY", "New York City"), 0.98, SAME_EN),
        (
            us("city", "KS", "Wichita"),
            us("city", "KS", "Wichitta"),
            0.88,
            NEAR_EN,
        ),
        (SUZHOU, cn("city", "江苏", name_zh="蘇州市人民政府"), 1.0, SAME_ZH),
        (SUZHOU, cn("city", "", "Soochow"), 0.931, SAME_EN),
        (cn("city", "重庆", "Chongqing"), cn("city", "重庆", name_zh="重慶市"), 0.95, PINYIN),
        (cn("city", "", "Harbin"), cn("city", "", name_zh="哈尔滨"), 0.902, TRANSLATED),
        (cn("city", "", "Suzhou City"), cn("city", "", "Suzhou Prefecture"), 0.931, SAME_EN),
        (cn("city", "", "Lvliang"), cn("city", "", name_zh="吕梁市"), 0.902, PINYIN),
        (cn("city", "", "Nanjing Shi"), cn("city", "", name_zh="南京"), 0.902, PINYIN),
        (us("city", "", "Chicago"), us("city", "", name_zh="芝加哥市"), 0.902, TRANSLATED),
        (us("city", "MA", "Port of Boston"), us("city", "MA", name_zh="波士顿港"), 0.95, TRANSLATED),
        (
            us("city", "PA", "Bethel", name_zh="贝瑟尔"),
            us("city", "PA", "Bethel Park", name_zh="贝瑟尔市"),
            0.85,
            SAME_ZH,
        ),
        (
            us("city", "KY", "Metropolitan Government of Lexington and Fayette County"),
            us("city", "KY", "Lexington"),
            0.98,
            SAME_EN,
        ),
        (
            cn("alliance", "Beijing", "Peking University"),
            cn("alliance", "Beijing", name_zh="北京大学"),
            0.95,
            TRANSLATED,
        ),
        (
            cn("firm", "Chongqing", "Chongqing Sanfeng Environmental Group Corp"),
            cn("firm", "Chongqing", name_zh="重庆三峰环境集团股份有限公司"),
            0.95,
            TRANSLATED,
        ),
        (
            cn("firm", "Jiangsu", "Suzhou Shi Aonengyuan Kongtiao Gufen Youxian Gongsi"),
            cn("firm", "Jiangsu", "Onyan", "苏州市奥能源空调股份有限公司"),
            0.95,
            PINYIN,
        ),
        (
            cn("firm", "Guangdong", "Huawei"),
            cn("firm", "Guangdong", name_zh="华为技术有限公司"),
            0.87,
            LONGER,
        ),
        (
            us("firm", "UT", "Harmon & Bell Engineering"),
            us("firm", "UT", "Harmonn and Bell, Inc."),
            0.88,
            NEAR_EN,
        ),
        (ENESOON, cn("firm", "广东", name_zh="爱能森"), 0.87, LONGER),
        (
            cn("firm", "湖北", name_zh="武汉凯迪拉环境工程"),
            cn("firm", "湖北", name_zh="武汉凯迪啦环境工程"),
            0.87,
            NEAR_ZH,
        ),
        (us("firm", "CA", "Cisco"), us("firm", "CA", "Cisco Systems, Inc."), 0.87, LONGER),
        (MBTA, us("city", "MA", "MBTA"), 0.88, INITIALS),
        (MBTA, us("city", "MA", "The T", aliases=["MBTA"]), 0.88, INITIALS),
        (us("firm", "TX", "Tesla, Inc."), us("firm", "CA", "Tesla"), 0.843, ELSEWHERE),
        (us("city", "WA", "Port of Seattle"), us("firm", "WA", "Seattle Port"), 0.921, SAME_EN),
        (
            us("alliance", "VA", "Smart Cities Council"),
            us("firm", "", "Smart City Council LLC"),
            0.903,
            SAME_EN,
        ),
    ],
)
def test_one_organization_written_in_two_ways(a: StatedNames, b: StatedNames, score: float, why: str) -> None:
    assert (likeness(a, b), likeness(b, a)) == (Likeness(score, why), Likeness(score, why))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        # Places of one name.
        (us("city", "OR", "Portland"), us("city", "ME", "Portland")),
        (us("city", "OR", "Salem"), us("city", "MA", "Salem")),
        (us("city", "OR", "Port of Salem"), us("firm", "MA", "Port of Salem")),
        (us("city", "CA", "Los Angeles"), us("city", "CA", "Los Angeles County")),
        (us("city", "KS", "Kansas City"), us("city", "KS", "State of Kansas")),
        (us("city", "NY", "Town of Babylon"), us("city", "NY", "Village of Babylon")),
        (us("city", "NJ", "Union"), us("city", "NJ", "Union City")),
        (cn("city", "", "Suzhou", "苏州市"), cn("city", "", "Suzhou", "宿州市")),
        (cn("city", "Jilin", "Jilin", "吉林省"), cn("city", "Jilin", "Jilin", "吉林市")),
        (cn("city", "", "Shanxi"), cn("city", "", "Shaanxi")),
        (cn("city", "Liaoning", name_zh="朝阳市"), cn("city", "Beijing", name_zh="朝阳区")),
        # A place and what is in it.
        (us("city", "WA", "Seattle"), us("city", "WA", "Port of Seattle")),
        (us("city", "TX", "Houston"), us("firm", "TX", "Houston, Inc.")),
        (us("city", "TX", "Wichita Falls"), us("city", "TX", "Wichita")),
        # Names of common words alone.
        (us("firm", "TX", "First Water Services"), us("firm", "CA", "First Water Services")),
        (us("alliance", "CA", "Green Building Alliance"), us("alliance", "CA", "Green Building Council")),
        (
            cn("alliance", "", name_zh="中国智慧城市产业联盟"),
            cn("alliance", "", name_zh="四川智慧城市产业联盟"),
        ),
        # Words that do tell apart.
        (us("firm", "NC", "Duke Energy"), us("alliance", "NC", "Duke University")),
        (us("alliance", "OH", "Miami University"), us("alliance", "OH", "University of Miami")),
        (
            cn("alliance", "", "East China Normal University", "华东师范大学"),
            cn("alliance", "", "South China Normal University", "华南师范大学"),
        ),
        (ENESOON, cn("firm", "广东", name_zh="深圳爱能升科技有限公司")),
        (cn("firm", "Beijing", name_zh="宏达环境科技"), cn("firm", "Beijing", name_zh="鸿达环境科技")),
        (cn("firm", "Anhui", name_zh="苏州爱能森科技"), cn("firm", "Anhui", name_zh="宿州爱能森科技")),
        (us("firm", "TX", "Route 66 Solar"), us("firm", "TX", "Route 67 Solar")),
        (us("firm", "TX", "Harmon Solar"), us("firm", "TX", "Carmon Solar")),
        (
            us("alliance", "DC", "Chicago Transit Authority", aliases=["CTA"]),
            us("alliance", "DC", "Consumer Technology Association", aliases=["CTA"]),
        ),
        # A Chinese name of an American organization is a rendering, and several share one.
        (us("city", "", "Pittsburgh", name_zh="匹兹堡"), us("city", "PA", "Pittsfield", name_zh="匹兹堡")),
        (
            us("firm", "OH", "Summit Bank", name_zh="峰会银行"),
            us("firm", "UT", "Sommet Bank", name_zh="峰会银行"),
        ),
        # An English name of a Chinese organization is a translation.
        (
            cn("firm", "Hunan", "Bright Water", "湖南明水水务"),
            cn("firm", "Hubei", "Bright Water", "湖北明水水务"),
        ),
        # What both are called for short, where the full names differ.
        (
            us("firm", "OH", "Harmon Solar", aliases=["Harmon"]),
            us("firm", "OH", "Harmon Dairy", aliases=["Harmon"]),
        ),
        (
            us("firm", "OH", "Harmon Solar"),
            us("firm", "OH", "Harmon Technologies of Ohio", aliases=["Harmon"]),
        ),
        (
            cn("firm", "Hunan", name_zh="湖南天澄环境", aliases=["天澄"]),
            cn("firm", "Hunan", name_zh="湖南天澄银行", aliases=["天澄"]),
        ),
        (
            cn("city", "Anhui", name_zh="合肥市新站区", aliases=["新站区"]),
            cn("city", "Anhui", name_zh="六安市新站区", aliases=["新站区"]),
        ),
        # A slip or a longer name, and another thing that differs.
        (us("firm", "TX", "Harmon Solar"), us("firm", "CA", "Harmon Solar Technologies")),
        (us("firm", "TX", "Harmon Engineering"), us("firm", "TX", "Harmonn Consulting")),
        (us("firm", "TX", "Solar2000"), us("firm", "TX", "Solar2001")),
        (us("firm", "TX", "First Water"), us("firm", "TX", "First Water Systems")),
        (us("firm", "TX", "Harmon Solar", aliases=["Harmon"]), us("firm", "TX", "Harmon Systems")),
        (cn("city", "Anhui", "Chizhou"), cn("city", "Anhui", "Chuzhou")),
        (cn("firm", "Hunan", "Tiancheng", "天澄"), cn("firm", "Hunan", "Tianchengg", "甜橙")),
        (cn("firm", "Hunan", "Onyan Cooling", "奥源"), cn("firm", "Hunan", "Onyann Cooling", "苏能")),
        (cn("firm", "", "Changsha Tiancheng"), cn("firm", "", "Changsha Tiancheng (Shanghai)")),
        (cn("firm", "", name_zh="长沙天澄"), cn("firm", "", name_zh="长沙天澄（上海）")),
        (cn("firm", "", name_zh="天澄"), cn("firm", "", name_zh="天澄银行")),
        (cn("firm", "", name_zh="天澄银行", aliases=["天澄"]), cn("firm", "", name_zh="天澄科技")),
        (cn("alliance", "", name_zh="绿色建筑联盟"), cn("alliance", "", name_zh="中国绿色建筑联盟")),
        # Another country.
        (us("firm", "", "Tesla"), cn("firm", "", "Tesla")),
        # Nothing at all.
        (us("firm", "TX", "Inc."), us("firm", "TX", "Inc.")),
        (us("firm", "TX", ""), us("firm", "TX", "")),
        (us("city", "TX", "City of"), us("city", "TX", "City of")),
        (cn("firm", "", name_zh="有限公司"), cn("firm", "", name_zh="有限公司")),
    ],
)
def test_two_organizations_that_share_a_name(a: StatedNames, b: StatedNames) -> None:
    assert (likeness(a, b), likeness(b, a)) == (NOT_ALIKE, NOT_ALIKE)


CODE, OTHER_CODE = {"credit_code": "91110000600037341L"}, {"credit_code": "91310115MA1H8R7C67"}


def test_the_same_number_is_the_same_organization_whatever_it_is_called() -> None:
    a = cn("firm", "Beijing", "Alpha", identifiers=CODE)
    b = cn("alliance", "Anhui", name_zh="贝塔", identifiers=CODE)
    assert likeness(a, b) == Likeness(1.0, "The same registration number")


def test_another_number_leaves_only_the_very_same_name() -> None:
    cisco = cn("firm", "Beijing", "Cisco", identifiers=CODE)
    assert likeness(cisco, cn("firm", "Beijing", "Cisco Ltd", identifiers=OTHER_CODE)).score == 0.882
    assert likeness(cisco, cn("firm", "Beijing", "Cisco Systems", identifiers=OTHER_CODE)) == NOT_ALIKE
    assert likeness(cisco, cn("firm", "Beijing", "Cisco Systems", identifiers={"ein": "1"})).score == 0.87


def test_the_reason_is_in_the_readers_language() -> None:
    with override("zh-hans"):
        assert likeness(SUZHOU, SUZHOU) == Likeness(1.0, "中文名称相同")


names = st.text(st.sampled_from("abcdeAé 苏州宿市公司有限（）,.'&"), max_size=12)
entries = st.builds(
    StatedNames,
    kind=st.sampled_from(["city", "firm", "alliance"]),
    country=st.sampled_from(["US", "CN"]),
    region=st.sampled_from(["", "OR", "Jiangsu", "x"]),
    name_en=names,
    name_zh=names,
    aliases=st.lists(names, max_size=2),
)


@given(entries, entries)
def test_likeness_is_the_same_both_ways_and_full_only_with_itself(a: StatedNames, b: StatedNames) -> None:
    there, back = likeness(a, b), likeness(b, a)
    assert there.score == back.score
    assert 0.0 <= there.score <= 1.0
    assert (there.why == "") == (there.score == 0.0)
    itself = likeness(a, a)
    assert itself.score == 0.0 or itself.score >= THRESHOLD
