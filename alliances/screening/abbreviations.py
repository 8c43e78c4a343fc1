"""Ways of writing one word: abbreviations, spellings and forms that are read as the word on the right."""

SAME_WORD = {
    "acad": "academy", "aero": "aeronautic", "aeronautical": "aeronautic", "agri": "agricultural",
    "agric": "agricultural", "agriculture": "agricultural", "airway": "airline", "aluminium": "aluminum",
    "astro": "astronautic", "astronautical": "astronautic", "autom": "automation", "avn": "aviation",
    "bio": "biology", "biological": "biology", "bj": "beijing", "bldg": "building", "bur": "bureau",
    "chem": "chemical", "coll": "college", "comm": "communication", "commn": "communication",
    "comms": "communication", "commun": "communication", "computation": "computing",
    "computational": "computing", "constr": "construction", "def": "defense", "defence": "defense",
    "devel": "development", "devt": "development", "dig": "digital", "dvlp": "development",
    "elec": "electronic", "electr": "electronic", "electron": "electronic", "eng": "engineering",
    "engg": "engineering", "engn": "engineering", "engrg": "engineering", "engring": "engineering",
    "eqpt": "equipment", "equip": "equipment", "exp": "export", "fac": "factory", "fdn": "foundation",
    "fibre": "fiber", "fin": "finance", "financial": "finance", "govt": "government", "gz": "guangzhou",
    "healthcare": "health", "hightech": "hightechnology", "hitech": "hightechnology", "hk": "hongkong",
    "hldg": "holding", "hosp": "hospital", "imp": "import", "ind": "industry", "indl": "industry",
    "indu": "industry", "indus": "industry", "inf": "information", "info": "information",
    "innov": "innovation", "instr": "instrument", "insts": "institute", "intell": "intelligent",
    "intelligence": "intelligent", "internat": "international", "intnl": "international",
    "invest": "investment", "iranian": "iran", "lab": "laboratory", "labs": "laboratory",
    "logist": "logistic", "mach": "machinery", "manuf": "manufacturing", "manufactory": "manufacturing",
    "manufacture": "manufacturing", "manufacturer": "manufacturing", "mat": "material",
    "mech": "mechanical", "med": "medical", "mem": "memory", "metall": "metallurgy", "mfr": "manufacturing",
    "microelectronic": "microelectronics", "mil": "military", "mktg": "marketing", "nav": "navigation",
    "netw": "network", "ntl": "national", "nucl": "nuclear", "oper": "operation", "optic": "optical",
    "optoelectronics": "optoelectronic", "org": "organization", "petro": "petroleum",
    "petrochem": "petrochemical", "pharm": "pharmaceutical", "pharma": "pharmaceutical",
    "photovoltaic": "pv", "phys": "physic", "physics": "physic", "poly": "polytechnic",
    "polytech": "polytechnic", "polytechnical": "polytechnic", "postal": "post", "prec": "precision",
    "prod": "production", "programme": "program", "prov": "province", "rep": "republic",
    "repub": "republic", "res": "research", "robotic": "robot", "rossii": "russia", "rossiya": "russia",
    "rossiyskiy": "russia", "rsch": "research", "russian": "russia", "sch": "school", "sci": "science",
    "scientific": "science", "sec": "security", "semi": "semiconductor", "semicon": "semiconductor",
    "semicond": "semiconductor", "serv": "service", "shpg": "shipping", "soc": "society", "sol": "solution",
    "stor": "storage", "supercomp": "supercomputing", "supercomputer": "supercomputing", "surv": "survey",
    "sys": "system", "syst": "system", "sz": "shenzhen", "techn": "technology", "technol": "technology",
    "tel": "telecommunication", "telcom": "telecommunication", "tele": "telecommunication",
    "telecom": "telecommunication", "telecomm": "telecommunication", "trad": "trading", "trade": "trading",
    "transp": "transportation", "trdg": "trading", "uas": "drone", "uav": "drone", "uni": "university",
    "unv": "university", "veh": "vehicle", "yangtse": "yangtze", "yangzi": "yangtze", "zavod": "plant",
    "zhongguo": "china",
}  # fmt: skip

# Words that together are read as others; in their singular and their usual word.
SAME_PHRASE = {
    "hi technology": "hightechnology", "high technology": "hightechnology",
    "rd": "research development",
    "s t": "technology", "sci technology": "technology", "science technology": "technology",
    "technology science": "technology", "republic office": "representative office",
    "unmanned aerial vehicle": "drone", "unmanned aircraft": "drone", "unmanned aerial": "drone",
    "artificial intelligent": "ai", "integrated circuit": "ic", "internet thing": "iot",
    "electric vehicle": "ev", "electric auto": "ev", "electric car": "ev",
}  # fmt: skip

# Words of Taiwan and Hong Kong, in simplified characters, and short ones by those of the mainland.
SAME_WORD_ZH = {
    "网路": "网络", "资讯": "信息", "软体": "软件", "硬体": "硬件", "积体电路": "集成电路", "晶片": "芯片",
    "数位": "数字", "雷射": "激光", "矽": "硅", "奈米": "纳米", "通讯": "通信",
    "电讯": "电信", "太空": "航天",
    "超算": "超级计算", "中科院": "中国科学院",
}  # fmt: skip
