"""What kinds of words listed names hold: legal forms, institutions, parts, sectors, places."""

from alliances.name_words import COMMON, ENGLISH_OF_ZH, GENERIC, LEGAL_FORMS
from alliances.screening.trades import COUNTRIES_IN_ENGLISH, COUNTRIES_OF_ZH, TOWNS_OF_ZH, TRADES_OF_ZH


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Legal forms of the countries on the lists; they tell nobody apart wherever they stand.
FORMS = LEGAL_FORMS | _words(
    "jsc pjsc ojsc cjsc ooo oao zao sdn bhd spa srl sarl kk fze fzco fzc dmcc kg kgaa mbh eurl ltda pvt "
    "incorporation incorp sro doo kft oyj aps gesmbh tbk eood ead lda sarlu sasu "
    "zerengongsi gufengongsi youxianzerengongsi gufenyouxiangongsi jituangongsi"
)
# Forms at either end of a name that may as well be a part of it: the name is read both ways.
PERHAPS_FORMS = _words("ao pao as ab se oy sas private pt cv")

# What an organization is. One that a listed name is short of makes another organization.
INSTITUTIONS = _words(
    "bank university college school hospital hotel museum church association council alliance society "
    "foundation federation commission committee "
    "银行 大学 学院 学校 医院 酒店 协会 理事会 联盟 基金会 委员会 商会 "
    "科技大学 科学技术大学 理工大学 师范大学 "
    "yinhang daxue xueyuan xuexiao yiyuan jiudian xiehui jijinhui ligongdaxue kejidaxue shifandaxue"
)
# Of these every word tells one from another: Northwest University, Northwest Industrial University.
UNIVERSITIES = _words(
    "university college 大学 学院 科技大学 科学技术大学 理工大学 师范大学 "
    "daxue xueyuan ligongdaxue kejidaxue kexuejishudaxue shifandaxue"
)
# What a university calls its parts, behind its own name.
OF_UNIVERSITIES = _words("innovation center press library campus department hospital yanjiuyuan yanjiusuo")

# Of the words on the right those by which somebody may be known.
TELLING = _words("supercomputing computing mobile memory town road staff student")
# A part of a firm, which is the firm.
PARTS = _words("branch subsidiary representative campus division affiliated")
# What a body's parts are called; of these words each alone may be a whole body.
SITES = PARTS | _words(
    "institute laboratory school college hospital faculty factory plant academy graduate research "
    "研究院 研究所 研究中心 学院 实验室 分公司 子公司 校区 分校 分院 分所 附属 事业部 医院 工厂 代表处 "
    "办事处 高等研究院 技术研究院 创新研究院 创新中心 研发中心 设计院 实验 重点实验室"
)
# The state before the name of what belongs to it.
STATE = _words("china pla 中国 人民解放军 中国人民解放军 解放军")
SECTORS = (
    _words(
        "factory laboratory chemical overseas plant works bus coach truck oil steel motor vehicle "
        "manufacture complex combine integrated circuit artificial internet nuclear rare airline agency "
        "cotton pilot unmanned lidar"
    )
    | _words(" ".join(TRADES_OF_ZH.values())) - TELLING - PARTS
)

COUNTRIES = (
    COUNTRIES_OF_ZH.keys() | _words(" ".join(COUNTRIES_OF_ZH.values())) | _words(COUNTRIES_IN_ENGLISH)
) - _words("us north south middle east pacific")
TOWNS = TOWNS_OF_ZH.keys() | frozenset(TOWNS_OF_ZH.values())

ENGLISH = ENGLISH_OF_ZH | TRADES_OF_ZH | COUNTRIES_OF_ZH | TOWNS_OF_ZH
GENERAL = GENERIC | PARTS | STATE | _words("joint stock concern sciencetechnology hightechnology")
EVERYDAY = COMMON | SECTORS | GENERAL

# Characters that often sound one way and as often another: who reads them off takes the wrong one.
TWO_SOUNDS = {
    "重": "zhong chong", "行": "xing hang", "长": "chang zhang", "乐": "le yue", "都": "du dou",
    "朝": "chao zhao", "厦": "xia sha", "调": "diao tiao", "藏": "cang zang", "传": "chuan zhuan",
    "单": "dan shan", "会": "hui kuai", "系": "xi ji", "车": "che ju", "六": "liu lu", "泊": "bo po",
    "盛": "sheng cheng", "区": "qu ou", "宿": "su xiu", "柏": "bai bo", "堡": "bao pu", "省": "sheng xing",
    "弹": "dan tan", "校": "xiao jiao", "降": "jiang xiang", "核": "he hu", "壳": "ke qiao",
    "曾": "zeng ceng", "蚌": "bang beng", "卡": "ka qia", "强": "qiang jiang",
    "翟": "zhai di", "解": "jie xie", "仇": "chou qiu",
}  # fmt: skip
