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
    "imp": "import", "exp": "export", "lab": "laboratory", "labs": "laboratory", "trade": "trading",
    "acad": "academy", "aeronautical": "aeronautic", "agri": "agricultural",
    "aluminium": "aluminum", "astronautical": "astronautic", "bldg": "building", "chem": "chemical",
    "coll": "college", "constr": "construction", "def": "defense", "defence": "defense",
    "eng": "engineering", "engg": "engineering", "engrg": "engineering", "equip": "equipment",
    "fdn": "foundation", "fibre": "fiber", "hosp": "hospital", "ind": "industry", "info": "information",
    "inf": "information", "mach": "machinery", "mech": "mechanical", "optoelectronics": "optoelectronic",
    "petrochem": "petrochemical", "pharma": "pharmaceutical", "polytechnical": "polytechnic",
    "programme": "program", "res": "research", "robotic": "robot", "sch": "school", "sci": "science",
    "soc": "society", "sys": "system", "uav": "drone",
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
    "校区": "campus", "分校": "campus", "分院": "branch", "分所": "branch", "事业部": "division",
    "附属": "affiliated", "总参谋部": "general staff",
    "科学院": "academy science", "工程院": "academy engineering", "设计院": "design institute",
    "学会": "society", "大学生": "student", "大学城": "university town", "大学路": "university road",
    "高等研究院": "advanced research institute", "技术研究院": "technology research institute",
    "识别": "identification", "人工智能": "artificial intelligence", "自动化": "automation",
    "控制": "control", "仪器": "instrument", "仪表": "instrument", "精密": "precision", "光学": "optical",
    "激光": "laser", "雷达": "radar", "无人机": "drone", "卫星": "satellite", "导航": "navigation",
    "遥感": "remote sensing", "物理": "physic", "化学": "chemistry", "应用": "applied", "芯片": "chip",
    "海洋": "marine", "动力": "power", "装备": "equipment", "重工": "heavy industry",
    "机床": "machine tool", "轴承": "bearing", "纺织": "textile", "服装": "apparel", "食品": "food",
    "光伏": "photovoltaic", "电池": "battery", "电缆": "cable", "光纤": "optical fiber",
    "传媒": "media", "文化": "culture", "教育": "education", "金属": "metal", "矿业": "mining",
    "铝业": "aluminum", "造船": "shipbuilding", "飞机": "aircraft", "发动机": "engine",
    "直升机": "helicopter", "云计算": "cloud computing", "大数据": "big data",
    "物联网": "internet thing", "网络安全": "network security", "信息安全": "information security",
    "中国人民解放军": "china pla", "人民解放军": "pla", "解放军": "pla", "商业": "commercial",
    "商用": "commercial", "生产": "production", "数码": "digital", "电讯": "telecommunication",
    "西南": "southwest", "东南": "southeast", "西北": "northwest", "东北": "northeast",
    "光子": "photonic",
    "微系统": "microsystem", "实验": "laboratory", "无线": "wireless", "解决方案": "solution",
}  # fmt: skip
# Of the words on the right those by which somebody may be known.
TELLING = _words("supercomputing computing mobile memory thing town road staff student")
# A part of a firm, which is the firm.
PARTS = _words("branch subsidiary representative campus division affiliated")
# What a body's parts are called; of these words each alone may be a whole body.
SITES = PARTS | _words(
    "institute laboratory school college hospital faculty factory plant academy graduate research "
    "研究院 研究所 研究中心 学院 实验室 分公司 子公司 校区 分校 分院 分所 附属 事业部 医院 工厂 代表处 "
    "办事处 高等研究院 技术研究院 设计院 实验"
)
# The state before the name of what belongs to it.
STATE = _words("china pla 中国 人民解放军 中国人民解放军 解放军")
SECTORS = (
    _words("factory laboratory chemical overseas plant works oil steel motor vehicle manufacture")
    | _words(" ".join(SECTORS_OF_ZH.values()))
    - TELLING
    - PARTS
)  # fmt: skip

# Countries, parts of the world and large cities, by which firms call their daughters there.
COUNTRIES_OF_ZH = {
    "亚洲": "asia", "亚太": "asia pacific", "欧洲": "europe", "非洲": "africa", "美洲": "us",
    "北美": "north america", "中东": "middle east", "德国": "germany", "法国": "france", "英国": "uk",
    "意大利": "italy", "西班牙": "spain", "荷兰": "netherland", "瑞典": "sweden", "瑞士": "switzerland",
    "波兰": "poland", "匈牙利": "hungary", "俄罗斯": "russia", "日本": "japan", "韩国": "korea",
    "印度": "india", "巴基斯坦": "pakistan", "新加坡": "singapore", "马来西亚": "malaysia",
    "泰国": "thailand", "越南": "vietnam", "印度尼西亚": "indonesia", "菲律宾": "philippine",
    "澳大利亚": "australia", "新西兰": "zealand", "加拿大": "canada", "墨西哥": "mexico",
    "巴西": "brazil", "阿根廷": "argentina", "智利": "chile", "南非": "south africa", "埃及": "egypt",
    "尼日利亚": "nigeria", "肯尼亚": "kenya", "土耳其": "turkey", "以色列": "israel", "伊朗": "iran",
    "沙特": "saudi", "阿联酋": "uae", "迪拜": "dubai",
}  # fmt: skip
COUNTRIES = (
    COUNTRIES_OF_ZH.keys()
    | _words(" ".join(COUNTRIES_OF_ZH.values()))
    | _words(
        "european deutschland espana italia polska brasil nederland kingdom emirate arabia austria bahrain "
        "bangladesh belarus belgium cambodia colombia czech denmark finland greece iraq ireland kazakhstan "
        "kuwait kyrgyzstan mongolia myanmar nepal norway oman peru portugal qatar romania serbia turkiye "
        "ukraine uzbekistan venezuela amsterdam bangkok berlin brussel budapest cairo delhi dusseldorf "
        "frankfurt hanoi istanbul jakarta johannesburg kyiv london madrid manila melbourne milan moscow "
        "mumbai munich nairobi paris prague seoul stockholm sydney tehran tokyo toronto vancouver vienna "
        "warsaw zurich"
    )
) - _words("us north south middle east pacific")

ENGLISH = ENGLISH_OF_ZH | SECTORS_OF_ZH | COUNTRIES_OF_ZH
GENERAL = GENERIC | PARTS | STATE | _words("joint stock concern")
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
