"""Everyday words of organizations' names: which say nothing, which say the same, and their Chinese."""


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


# At the end of a name these say what the organization is in law, not which one it is.
LEGAL_FORMS = _words(
    "inc incorporated ltd limited llc llp lp plc corp corporation co company companies gmbh ag sa nv bv "
    "pte pty group groups youxian zeren gongsi gufen jituan youxiangongsi"
)
SILENT = _words("the of for and")

# A word on the left is read as the word on the right. Plurals are read as singulars beforehand.
SAME_WORD = {
    "assn": "association", "assoc": "association", "auth": "authority", "automobile": "auto",
    "automotive": "auto", "centre": "center", "cntr": "center", "ctr": "center", "dept": "department",
    "dev": "development", "dist": "district", "eco": "ecology", "ecological": "ecology",
    "electrical": "electric", "engr": "engineering", "env": "environment", "environmental": "environment",
    "fndn": "foundation", "ft": "fort", "govt": "government", "industrial": "industry",
    "inst": "institute", "intl": "international", "mfg": "manufacturing", "mgmt": "management",
    "mt": "mount", "municipal": "city", "municipality": "city", "natl": "national",
    "organisation": "organization", "railroad": "railway", "st": "saint", "svc": "service",
    "tech": "technology", "technological": "technology", "univ": "university", "usa": "us",
    "america": "us", "american": "us", "chinese": "china", "prc": "china",
}  # fmt: skip
# Words that together mean one of the words above; in their singular.
SAME_PHRASE = {
    "science technology": "technology", "technology science": "technology", "sci technology": "technology",
    "environment protection": "environment", "united state us": "us", "united state": "us",
    "hong kong": "hongkong", "inner mongolia": "innermongolia", "p r china": "china", "u s": "us",
}  # fmt: skip

# Words that many names hold: a name of these alone picks out nobody, and a name may be short of them.
GENERIC = _words(
    "technology science engineering industry development international global national holding service "
    "system solution management consulting enterprise china us equipment product digital information network "
    "electronic software computer intelligent"
)
# Chinese words inside names, as English names say them. The silent ones are empty.
ENGLISH_OF_ZH = {
    "科技": "technology", "技术": "technology", "科学技术": "technology", "科学": "science",
    "工程": "engineering", "实业": "industry", "工业": "industry", "产业": "industry",
    "发展": "development", "国际": "international", "全球": "global", "国家": "national",
    "控股": "holding", "服务": "service", "系统": "system", "管理": "management", "咨询": "consulting",
    "企业": "enterprise", "中国": "china", "美国": "us", "设备": "equipment",
    "环境": "environment", "环保": "environment", "环境保护": "environment", "水务": "water",
    "能源": "energy", "新能源": "new energy", "电力": "electric power", "电气": "electric", "燃气": "gas",
    "电网": "grid", "供电": "power supply", "城市": "city", "智慧城市": "smart city", "智慧": "smart",
    "绿色": "green", "低碳": "low carbon", "建筑": "building", "联盟": "alliance", "协会": "association",
    "理事会": "council", "委员会": "commission", "研究院": "research institute",
    "研究所": "research institute", "研究中心": "research center", "学院": "institute", "中心": "center",
    "大学": "university",
    "理工大学": "university technology", "师范大学": "normal university", "医院": "hospital",
    "医疗": "medical", "健康": "health", "银行": "bank", "基金会": "foundation", "地铁": "subway",
    "公交": "public transit", "交通": "transportation", "汽车": "auto", "供电局": "power supply bureau",
    "开发区": "development area", "经济技术开发区": "economic technology development area",
    "高新区": "high technology zone", "新区": "new area", "工业园": "industry park",
    "工业园区": "industry park", "产业园": "industry park", "信息": "information", "数据": "data",
    "软件": "software", "网络": "network", "数字": "digital", "计算机": "computer", "智能": "intelligent",
    "电子": "electronic", "通信": "communication",
    "投资": "investment", "建设": "construction", "设计": "design", "规划": "planning", "钢铁": "iron steel",
    "材料": "material", "生态": "ecology", "农业": "agricultural", "水利": "water resource",
    "电源": "power supply", "储能": "energy storage", "太阳能": "solar", "医药": "pharmaceutical",
    "生物": "biology", "机械": "machinery", "化工": "chemical", "物流": "logistic", "港": "port",
    "港口": "port", "港务": "port", "创新": "innovation", "战略": "strategic", "可持续": "sustainable",
    "商会": "chamber commerce",
}  # fmt: skip

_ALSO_COMMON = """
environment water energy power gas electric city smart green low carbon building alliance association council
institute research center university college school hospital health medical bank foundation port transit
transportation transport traffic authority department bureau commission office agency district county state
province park zone area economic urban sustainable sustainability climate community public first united
general new north south east west northern southern eastern western central pacific atlantic midwest regional
innovation network partner capital investment data digital information software ecology waste recycling clean
logistic construction design planning commerce chamber business trade society academy group program project
infrastructure utility
"""
# Words that do tell names apart, yet pick out nobody by themselves.
COMMON = GENERIC | _words(*ENGLISH_OF_ZH.values(), _ALSO_COMMON)
