"""Everyday words of listed names beyond those of the register: legal forms, sectors, and their Chinese."""

from alliances.name_words import COMMON, ENGLISH_OF_ZH, GENERIC, LEGAL_FORMS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Legal forms of the countries on the lists; they tell nobody apart wherever they stand.
FORMS = LEGAL_FORMS | _words(
    "jsc pjsc ojsc cjsc ooo oao zao sdn bhd spa srl sarl kk fze fzco fzc dmcc kg kgaa mbh eurl ltda pvt "
    "incorporation zerengongsi gufengongsi youxianzerengongsi gufenyouxiangongsi jituangongsi"
)
# Forms at either end of a name that may as well be a part of it: the name is read both ways.
PERHAPS_FORMS = _words("ao pao as ab se oy sas private pt cv")

SAME_WORD = {
    "telecom": "telecommunication", "comms": "communication",
    "semicon": "semiconductor", "mfr": "manufacturing", "manufacture": "manufacturing",
    "imp": "import", "exp": "export", "lab": "laboratory", "trade": "trading",
}  # fmt: skip

# What an organization is. One that a listed name is short of makes another organization.
INSTITUTIONS = _words(
    "bank university college school hospital hotel museum church association council alliance society "
    "foundation federation commission committee "
    "银行 大学 学院 学校 医院 酒店 协会 理事会 联盟 基金会 委员会 商会"
)
# Of these every word tells one from another: Northwest University, Northwest Industrial University.
UNIVERSITIES = _words("university college 大学 学院")

SECTORS_OF_ZH = {
    "通讯": "telecommunication", "电信": "telecommunication", "半导体": "semiconductor",
    "集成电路": "integrated circuit",
    "微电子": "microelectronics", "光电": "optoelectronic", "制造": "manufacturing", "终端": "device",
    "贸易": "trading", "商贸": "trading", "进出口": "import export", "石油": "petroleum",
    "石化": "petrochemical",
    "航空": "aviation", "航天": "aerospace", "船舶": "shipbuilding", "铁路": "railway", "保险": "insurance",
    "证券": "security", "安防": "security", "实验室": "laboratory", "视频": "video", "机器人": "robot",
    "计算": "computing", "计算技术": "computing technology", "超级计算": "supercomputing", "移动": "mobile",
    "存储": "memory", "分公司": "branch", "子公司": "subsidiary", "代表处": "representative office",
    "办事处": "representative office", "工厂": "factory", "海外": "overseas", "置业": "property",
}  # fmt: skip
# Of the words on the right those by which somebody may be known.
_TELLING = _words("supercomputing computing mobile memory")
# A part of a firm, which is the firm.
PARTS = _words("branch subsidiary representative")
SECTORS = (
    _words("factory laboratory chemical overseas plant works oil steel motor vehicle manufacture")
    | _words(" ".join(SECTORS_OF_ZH.values()))
    - _TELLING
    - PARTS
)  # fmt: skip

ENGLISH = ENGLISH_OF_ZH | SECTORS_OF_ZH
GENERAL = GENERIC | PARTS | _words("joint stock concern")
EVERYDAY = COMMON | SECTORS | GENERAL
