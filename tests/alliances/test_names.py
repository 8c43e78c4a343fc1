"""Names made comparable: the same name however it is written, and nothing out of nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliances.name_words import LEGAL_FORMS
from alliances.names import (
    comparable,
    english_reading,
    fold,
    pinyin,
    region_in_name,
    region_of,
    search_key,
    search_term,
    simplify,
)
from alliances.places import CITIES_ZH, PROVINCES_ZH


def readings(name: str, *, is_place: bool = False, country: str = "", region: str = "") -> list[str]:
    """What a name is compared by, with its level where it says one."""
    found = comparable(name, is_place=is_place, country=country, region=region)
    return [f"{one.joined} ({one.level})" if one.level else one.joined for one in found]


# --- Writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ｂｌａｃｋ ＆ Ｖｅａｔｃｈ", "black and veatch"),
        ("São Paulo – Straße, Łódź", "sao paulo strasse lodz"),
        ("Xi'an / Xi’an", "xian xian"),
        ("U.S. Green Building Council L.L.C.", "us green building council llc"),
        ("St. Louis", "st louis"),
        ("Chóngqìng", "chongqing"),
        ("Chong2 qing4", "chong qing"),
        ("Lüliang", "luliang"),
        ("Hi-tech_zone", "hi tech zone"),
        ("Sea Turtles 911", "sea turtles 911"),
        ("Яндекс", "яндекс"),
        (" !?* ", ""),
    ],
)
def test_latin_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("瀋陽市", "沈阳市"),
        ("沈\ud800阳", "沈阳"),
        ("ＩＣＬＥＩ 美國（總部）", "iclei美国总部"),
        ("臺灣", "台湾"),
    ],
)
def test_chinese_is_simplified(text: str, simple: str) -> None:
    assert simplify(text) == simple


# --- Pinyin ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("han", "syllables"),
    [
        ("重庆", "chong qing"),
        ("厦门", "xia men"),
        ("长安汽车", "chang an qi che"),
        ("朝阳", "chao yang"),
        ("漯河", "luo he"),
        ("六安", "lu an"),
        ("蚌埠", "beng bu"),
        ("乐山", "le shan"),
        ("吕梁", "lu liang"),
        ("中国银行", "zhong guo yin hang"),
        ("c40城市", "c40 cheng shi"),
    ],
)
def test_places_and_words_are_read_as_they_are_called(han: str, syllables: str) -> None:
    assert " ".join(pinyin(han)) == syllables


def test_a_chinese_name_is_read_as_english_writes_it() -> None:
    assert [
        " ".join(english_reading(han))
        for han in ("重庆三峰环境", "清华大学", "陕西汽车", "哈尔滨电气", "青岛港")
    ] == [
        "chongqing sanfeng environment",
        "qinghua university",
        "shaanxi auto",
        "harbin electric",
        "qingdao port",
    ]


# --- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("Caterpillar Inc.", "caterpillar", "CATERPILLAR, INCORPORATED", "The Caterpillar Company"),
        ("Black & Veatch", "Black and Veatch Corp.", "BLACK VEATCH GmbH"),
        ("Enesoon Science & Technology Co., Ltd.", "Enesoon Technologies", "Enesoon Tech Group LLC"),
        ("Center for Climate Strategies", "Centre for Climate Strategy"),
        ("Univ. of Kentucky", "University of Kentucky"),
        ("Peking University", "Beijing University"),
        ("深圳市爱能森科技有限公司", "深圳愛能森科技股份有限公司", "广东省深圳市爱能森科技集团有限责任公司"),
        ("上海城投（集团）有限公司", "上海市城投集团公司"),
        ("能源与环境研究所", "能源和环境研究所", "能源及环境研究所"),
        ("Biobot公司", "Biobot Inc"),
    ],
)
def test_names_that_say_the_same_read_the_same(names: tuple[str, ...]) -> None:
    assert [readings(name) for name in names] == [readings(names[0])] * len(names)


@pytest.mark.parametrize(
    ("name", "country", "region", "read"),
    [
        ("City of Portland, OR", "US", "OR", ["portland (city)"]),
        ("Portland, Oregon, USA", "US", "OR", ["portland"]),
        ("Portland Oregon", "US", "OR", ["portlandoregon", "portland"]),
        ("Port of Oregon", "US", "OR", ["portoregon"]),
        ("New York City", "US", "NY", ["newyorkcity", "newyork (city)"]),
        ("City of Kansas City", "US", "MO", ["kansacity (city)"]),
        ("Kansas", "US", "KS", ["kansa (state)"]),
        ("State of Utah", "US", "UT", ["utah (state)"]),
        ("Orange County", "US", "CA", ["orangecounty", "orange (county)"]),
        ("Town of Babylon", "US", "NY", ["babylon (town)"]),
        ("Suzhou Municipality", "CN", "jiangsu", ["suzhoucity", "suzhou (city)"]),
        ("Suzhou Municipal People's Government", "CN", "jiangsu", ["suzhoucity", "suzhou (city)"]),
        ("The People's Government of Suzhou", "CN", "jiangsu", ["suzhou"]),
        ("蘇州市人民政府", "CN", "jiangsu", ["苏州 (city)"]),
        ("江苏省苏州市", "CN", "jiangsu", ["苏州 (city)"]),
        ("苏州", "CN", "jiangsu", ["苏州"]),
        ("吉林省吉林市", "CN", "jilin", ["吉林 (city)"]),
        ("吉林省", "CN", "jilin", ["吉林 (state)"]),
        ("广西壮族自治区", "CN", "guangxi", ["广西 (state)"]),
        ("正定县", "CN", "hebei", ["正定 (county)"]),
        ("赵县", "CN", "hebei", ["赵县"]),
        ("天津经济技术开发区", "CN", "tianjin", ["天津经济技术开发区"]),
        ("犹他州", "US", "UT", ["犹他 (state)"]),
    ],
)
def test_a_city_is_read_without_what_its_government_is_called(
    name: str, country: str, region: str, read: list[str]
) -> None:
    assert readings(name, is_place=True, country=country, region=region) == read


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Rocky Mountain Institute (RMI)", ["rockymountaininstitute", "rmi"]),
        ("RMI (Rocky Mountain Institute)", ["rmi", "rockymountaininstitute"]),
        ("Sungrow (阳光电源)", ["sungrow", "阳光电源"]),
        ("阳光电源（Sungrow）", ["阳光电源", "sungrow"]),
        ("Hellobike (formerly ofo)", ["hellobike", "ofo"]),
        ("Acme LLC d/b/a Road Runner", ["acme", "roadrunner"]),
        ("Bay Environmental (Beijing)", ["bayenvironmentbeijing"]),
        ("西门子（上海）有限公司", ["西门子上海"]),
        ("天津市政工程", ["天津市政工程"]),
    ],
)
def test_one_field_may_hold_several_names(name: str, read: list[str]) -> None:
    assert readings(name) == read


@given(st.text(st.characters(categories=["P", "S", "Z", "C", "Mn"])))
def test_signs_alone_have_no_reading(text: str) -> None:
    # Symbols that are letters in disguise, like Ⓐ or ℃, are letters.
    if not any(sign.isalnum() for sign in fold(text)):
        assert (comparable(text), comparable(text, is_place=True), search_key(text, text)) == ((), (), "")


@given(st.lists(st.sampled_from(sorted(LEGAL_FORMS)), max_size=4))
def test_legal_forms_alone_have_no_reading(forms: list[str]) -> None:
    assert comparable(", ".join(forms)) == ()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "有限公司",
        "股份有限公司",
        "（集团）有限责任公司",
        "City of",
        "the Municipality",
        "市人民政府",
        "人民政府",
        "市",
    ],
)
def test_a_name_that_names_nobody_has_no_reading(name: str) -> None:
    assert comparable(name, is_place=True) == ()


# --- Places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "region", "key"),
    [
        ("US", "California", "CA"),
        ("US", "ca", "CA"),
        ("US", "State of Utah", "UT"),
        ("US", "Washington State", "WA"),
        ("US", "Washington, D.C.", "DC"),
        ("US", "Nowhere", ""),
        ("US", "", ""),
        ("CN", "江苏省", "jiangsu"),
        ("CN", "Jiangsu Province", "jiangsu"),
        ("CN", "Suzhou, Jiangsu", "jiangsu"),
        ("CN", "陕西", "shaanxi"),
        ("CN", "Shaanxi", "shaanxi"),
        ("CN", "山西省", "shanxi"),
        ("CN", "廣西壯族自治區", "guangxi"),
        ("CN", "Guangxi Zhuang Autonomous Region", "guangxi"),
        ("CN", "Inner Mongolia", "innermongolia"),
        ("CN", "内蒙古自治区", "innermongolia"),
        ("CN", "Hong Kong", "hongkong"),
        ("CN", "Macau", "macao"),
        ("CN", "Xizang", "tibet"),
        ("CN", "CA", ""),
    ],
)
def test_a_region_is_known_in_both_languages(country: str, region: str, key: str) -> None:
    assert region_of(country, region) == key


def test_a_region_may_stand_behind_the_name() -> None:
    names = ("Portland, OR", "Portland, Oregon", "Portland", "Tesla, Inc.")
    assert [region_in_name("US", name) for name in names] == ["OR", "OR", "", ""]


def test_all_of_china_is_known() -> None:
    assert (len(PROVINCES_ZH), len(CITIES_ZH)) == (34, 293)


# --- Search ---------------------------------------------------------------------------------------


def test_the_search_key_holds_every_way_to_write_a_name() -> None:
    assert search_key("Chóngqìng", "重慶市", ["Chungking", "山城"]) == (
        "chongqing 重庆市 chong qing cq chungking 山城 shancheng shan cheng sc"
    )
    assert search_key("Massachusetts Bay Transportation Authority", "", ["The T"]) == (
        "massachusetts bay transportation authority mbta the t"
    )
    assert search_key("", "深圳市爱能森科技有限公司") == (
        "深圳市爱能森科技有限公司 shenzhenainengsenkeji shen zhen ai neng sen ke ji szanskj"
    )
    assert search_key("Inc.", "有限公司", ["!"]) == ""


def test_what_is_typed_is_written_as_the_key_is() -> None:
    assert [search_term(text) for text in ("重慶", "CHÓNG-QÌNG", " MBTA ", "!")] == [
        "重庆",
        "chong qing",
        "mbta",
        "",
    ]


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_has_a_search_key(name_en: str, name_zh: str, aliases: list[str]) -> None:
    key = search_key(name_en, name_zh, aliases)
    assert key == key.strip()
