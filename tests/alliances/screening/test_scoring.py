"""How names are compared with listed ones, by examples written before the judged names were read."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("name", ["", " - ", "😀🏙️", "Co., Ltd.", "有限公司", "？！"])
def test_nothing_is_left_of_some_names(name: str) -> None:
    assert readings(name) == ()


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("Алмаз", True), ("ソニー", True), ("Hikvision", False), ("海康威视", False), ("Łódź São", False)],
)
def test_letters_of_other_scripts_are_noticed(name: str, unknown: bool) -> None:
    assert has_unknown_script(name) is unknown
