"""How names are compared with listed ones, by examples written before the judged names were read."""

from __future__ import annotations

import pytest

from alliances.enums import LikenessReason
from alliances.screening.names import has_unknown_script, readings
from alliances.screening.scoring import Listed, Matcher

LISTED = {
    1: ("Hangzhou Hikvision Digital Technology Co., Ltd.", "Hikvision", "海康威视"),
    2: ("Yitu Technologies", "上海依图网络科技有限公司"),
    3: ("National Supercomputing Center Wuxi",),
    4: ("Yangtze Memory Technologies Co., Ltd.", "长江存储"),
    5: ("JSC Almaz-Antey",),
    6: ("Gazprombank",),
    7: ("China Mobile Limited", "中国移动"),
    8: ("56th Research Institute",),
    9: ("Huawei",),
    10: ("清华紫光",),
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(Listed(key, names) for key, names in LISTED.items())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("HIKVISION", 1),
        ("Hikvision USA Inc.", 1),
        ("Hangzhou Hik Vision", 1),
        ("Hikvison Digital", 1),
        ("Hai Kang Wei Shi", 1),
        ("Haikang Weishi Youxian Gongsi", 1),
        ("杭州海康威視數字技術股份有限公司", 1),
        ("海康卫视", 1),
        ("依图科技", 2),
        ("Wuxi National Supercomputing Centre", 3),
        ("Zhang Jiang Cun Chu", 4),
        ("Almaz Antey Telecom", 5),
        ("Almaz-Antei OJSC", 5),
        ("Gazprom Bank", 6),
        ("中國移動通信集團", 7),
        ("华为技术有限公司", 9),
        ("Ch'ing-hua Tzu-kuang", 10),
    ],
)
def test_the_listed_one_is_found_however_it_is_written(matcher: Matcher, name: str, key: int) -> None:
    assert [match.key for match in matcher.matches(name)] == [key]


@pytest.mark.parametrize(
    "name",
    [
        "Huabei",
        "艺图",
        "National Supercomputing Center Guangzhou",
        "China Telecom",
        "58th Research Institute",
        "City of Wuxi",
        "Digital Technology Co., Ltd.",
    ],
)
def test_another_name_is_not(matcher: Matcher, name: str) -> None:
    assert matcher.matches(name) == []


HOUSES = {
    1: ("Tianjin University", "天津大学"),
    2: ("Northwestern Polytechnical University", "NWPU", "西北工业大学"),
    3: ("Chinese Academy of Engineering Physics", "CAEP"),
    4: ("CETC 55", "China Electronics Technology Group Corporation 55th Research Institute"),
    5: ("Shenzhen Yuntian Lifei Technology Co., Ltd.", "深圳云天励飞技术股份有限公司"),
    6: ("龙芯中科技术股份有限公司",),
    7: ("University of Electronic Science and Technology of China", "电子科技大学"),
    8: ("Xinjiang Production and Construction Corps", "新疆生产建设兵团"),
    9: ("昆仑银行股份有限公司",),
    10: ("重庆云从科技有限公司",),
    11: ("JSC Mikron",),
    12: ("Beijing Aeronautical Manufacturing Technology Research Institute",),
    13: ("科大国盾量子技术股份有限公司",),
    14: ("上海移远通信技术股份有限公司",),
    15: ("Sugon",),
    16: ("China Shipbuilding Group", "中国船舶集团有限公司"),
    17: ("Beijing Institute of Technology", "北京理工大学"),
    18: ("ComNet (USA) LLC",),
    19: ("LI, Fang Wei",),
}
BEGINS, PART = LikenessReason.BEGINS_WITH, LikenessReason.PART
GENERAL, ALIKE = LikenessReason.GENERAL_WORDS, LikenessReason.SPELT_ALIKE
SAME, DERIVED = LikenessReason.SAME, LikenessReason.DERIVED
SAME_WORDS = LikenessReason.SAME_WORDS


@pytest.fixture(scope="module")
def houses() -> Matcher:
    return Matcher(Listed(key, names) for key, names in HOUSES.items())


@pytest.mark.parametrize(
    ("name", "key", "why"),
    [
        # Branches, institutes and campuses that name their house.
        ("天津大学浙江研究院", 1, BEGINS),
        ("Tianjin University, School of Physics", 1, PART),
        ("School of Physics, Tianjin University", 1, PART),
        ("School of Physics of Tianjin University", 1, PART),
        ("Tianjin University Renai College", 1, PART),
        ("NWPU Taicang Campus", 2, BEGINS),
        ("Taicang Campus NWPU", 2, BEGINS),
        ("Institute of Fluid Physics, Chinese Academy of Engineering Physics", 3, PART),
        ("Fluid Institute, CAEP, Mianyang", 3, PART),
        ("云天励飞成都分公司", 5, BEGINS),
        ("Sugon Munich Institute", 15, BEGINS),
        ("中国船舶集团第七〇九研究所", 16, PART),
        ("新疆生产建设兵团第八师", 8, BEGINS),
        ("中国人民解放军电子科技大学", 7, BEGINS),
        ("中国船舶集团第五十十研究所", 16, PART),
        ("移远通信（合肥）有限公司", 14, GENERAL),
        # Short names, numbers and abbreviations.
        ("龍芯中科", 6, PART),
        ("科大国盾", 13, PART),
        ("No. 55 Research Institute of CETC", 4, GENERAL),
        ("Beijing Aeronautic Mfg. Tech. Research Inst.", 12, SAME),
        # Spellings.
        ("Sinkiang Production & Construction Corps", 8, SAME),
        ("Tientsin University", 1, SAME),
        ("T'ien-chin University", 1, SAME),
        ("Kunlun Yinxing", 9, DERIVED),
        ("Kunlunyinxing", 9, DERIVED),
        ("Zhongqing Yuncong Keji", 10, DERIVED),
        ("chongqingshiyuncongkejiyouxiangongsi", 10, DERIVED),
        ("Norhtwestern Polytechical University", 2, ALIKE),
        ("Beijing Aeronautical Manufcturing Techology Research Institute", 12, SAME),
        ("Wei Fang LI", 19, SAME_WORDS),
    ],
)
def test_a_house_is_found_in_the_name_of_its_part(
    houses: Matcher, name: str, key: int, why: LikenessReason
) -> None:
    assert [(match.key, match.why) for match in houses.matches(name)] == [(key, why)]


@pytest.mark.parametrize(
    "name",
    [
        "杭州电子科技大学",
        "Guilin University of Electronic Technology",
        "Tianjin University of Science and Technology",
        "Tianjin University of Commerce",
        "天津大学城",
        "天津大学生创业联盟",
        "Beijing University of Technology",
        "Micron Technology",
        "North West Party Union (NWPU)",
        "No. 54 Research Institute",
        "Sugon Hope Partners",
        "合肥移动通信有限公司",
        "美国",
    ],
)
def test_another_body_of_the_same_words_is_not(houses: Matcher, name: str) -> None:
    assert houses.matches(name) == []


@pytest.mark.parametrize("name", ["", " - ", "😀🏙️", "Co., Ltd.", "有限公司", "？！"])
def test_nothing_is_left_of_some_names(name: str) -> None:
    assert readings(name) == ()


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("Алмаз", True), ("ソニー", True), ("Hikvision", False), ("海康威视", False), ("Łódź São", False)],
)
def test_letters_of_other_scripts_are_noticed(name: str, unknown: bool) -> None:
    assert has_unknown_script(name) is unknown
