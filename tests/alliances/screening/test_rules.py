"""The general rules of how names are written, each by the name that shows it; none is of one listed party."""

from __future__ import annotations

import pytest

from alliances.screening.scoring import Listed, Matcher

LISTED = {
    1: ("ZTE Corporation", "ZTE"),
    2: ("Northwestern Polytechnical University",),
    3: ("National Supercomputing Center Changsha", "国家超级计算长沙中心"),
    4: ("Beijing Institute of Technology", "北京理工大学"),
    5: ("Inspur Group",),
    6: ("CRRC Corporation Limited", "CRRC"),
    7: ("Hesai Technology Co., Ltd.",),
    8: ("Nanjing University of Science and Technology",),
    9: ("义乌市天英光学仪器有限公司",),
    10: ("国防科技大学",),
    11: ("深圳市鹏芯微集成电路制造有限公司",),
    12: ("宁德时代新能源科技股份有限公司",),
    13: ("Rostec",),
    14: ("Zhuhai Zhenrong Company",),
    15: ("Chengdu M&S Electronics Technology Co., Ltd.",),
    16: ("Dandong Zhongsheng Industry & Trade Co., Ltd.",),
    17: ("Bank Melli Iran",),
    18: ("Fujian Jinhua Integrated Circuit Company, Ltd.",),
    19: ("RoboSense Technology Co., Ltd.",),
    20: ("Gotion High-tech Co., Ltd.",),
    21: ("合盛硅业（鄯善）有限公司",),
    22: ("奇虎360科技有限公司",),
    23: ("Positive Technologies",),
    24: ("EVE Energy Co., Ltd.",),
    25: ("Advanced Micro-Fabrication Equipment Inc. China", "AMEC"),
    26: ("Semiconductor Manufacturing International Corporation",),
    27: ("Biren Technology",),
    28: ("Piotech Inc.",),
    29: ("Nuctech Company Limited",),
    30: ("Hytera Communications Corporation", "Hytera"),
    31: ("哈尔滨工业大学",),
    32: ("北京旷视科技有限公司",),
    33: ("China Mobile Limited",),
    34: ("Beijing University of Aeronautics and Astronautics", "BUAA", "Beihang University"),
    35: ("Uniview",),
    36: ("Southwest Computing Center",),
    37: ("FiberHome Technologies Group",),
    38: ("Huawei",),
    39: ("Xinjiang Joinworld Co., Ltd.",),
    40: ("China Telecom Limited",),
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(Listed(key, names) for key, names in LISTED.items())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        # Writing: hyphens, spaces, letters, numbers, addresses on the web.
        ("Northwestern Poly-Technical Univ., Taicang Campus", 2),
        ("National Super-Computer Centre in Changsha", 3),
        ("Pio-Tech (Shenyang)", 28),
        ("National Super Computer Center, Changsha", 3),
        ("Robo Sense LiDAR", 19),
        ("M and S Electronics Technology (Chengdu)", 15),
        ("奇虎三六零", 22),
        ("ZTE.com Hong Kong", 1),
        ("Bank-e Melli Iran", 17),
        ("ZTE Poland Sp. z o.o.", 1),
        # Abbreviations, cut words, words that together are one.
        ("Fujian Jinhua IC", 18),
        ("Gotion Hi-Tech", 20),
        ("Semicond. Manufact. Internat. Corp.", 26),
        ("Inspur R&D Center", 5),
        ("Birentech", 27),
        # Places: states, towns, spellings of the post and of Taiwan, places left out.
        ("ZTE (TX) Inc.", 1),
        ("Yiwu Tianying Guangxue Yiqi", 9),
        ("义乌天英光学仪器", 9),
        ("Antung Zhongsheng Industry & Trade", 16),
        ("合盛矽業", 21),
        ("Shen-chen-shih-p'eng-hsin-wei", 11),
        # Daughters and parts, by the name of their house.
        ("Inspur Smart City Technology Co., Ltd.", 5),
        ("Gotion Illinois New Energy Inc", 20),
        ("Hytera Mobilfunk GmbH", 30),
        ("CRRC Sifang America Inc.", 6),
        ("ZTE Smart City Technology", 1),
        ("BUAA Hangzhou Innovation Institute", 34),
        ("鹏芯微成都分公司", 11),
        ("宁德时代", 12),
        ("宁德时代成都分公司", 12),
        ("北京旷视机器人技术有限公司", 32),
        ("Beijing Ligong Daxue Chongqing Innovation Center", 4),
        ("China Telecom Munich Representative Office", 40),
        ("Beijing Ligong Daxue Innovation Center", 4),
        ("Joinworld Aluminum", 39),
        # Universities in short.
        ("国防科大", 10),
        ("哈工大（深圳）", 31),
        ("北理工", 4),
        ("国家超算长沙中心", 3),
        # Slips.
        ("Hesia Technology", 7),
        ("Rostech", 13),
        ("Zhuhai Zenrong", 14),
        ("Uniiew", 35),
        ("Nanjing Univesity of Sience and Technology", 8),
        ("Nanjing Univesity of Science and Technology", 8),
        ("Hwawei", 38),
    ],
)
def test_it_is_found(matcher: Matcher, name: str, key: int) -> None:
    assert [match.key for match in matcher.matches(name)] == [key]


@pytest.mark.parametrize(
    "name",
    [
        # A university of technology is another than one of science and technology.
        "Nanjing Tech University",
        "Nanjing University of Technology",
        "Nanjing University",
        # An acronym that the name spells out, with its silent words and legal forms.
        "American Medical Equipment Company (AMEC)",
        "Aero Museum of Eastern California (AMEC)",
        "AMEC - American Medical Equipment Company",
        # Plain English words and short ones belong to many.
        "Positive Energy Technologies",
        "Eve Systems",
        "M&S Consulting",
        "Fiber Home Broadband Cooperative",
        "T-Mobile US, Inc.",
        "Computational Science Center",
        # Of everyday words alone a name is nobody's beside another name.
        "Lumora Semiconductor Manufacturing International",
        # Another place, another word that sounds like it.
        "国家超级计算广州中心",
        "Byron Technology",
        "Roster Consulting",
        "哈尔滨工程大学",
    ],
)
def test_another_is_not(matcher: Matcher, name: str) -> None:
    assert matcher.matches(name) == []
