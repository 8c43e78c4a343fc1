"""What organizations trade in, and what their parts and places are called, in Chinese and English."""

TRADES_OF_ZH = {
    # Electronics, computing, communication
    "通讯": "telecommunication", "电信": "telecommunication", "电讯": "telecommunication",
    "半导体": "semiconductor", "集成电路": "ic", "微电子": "microelectronics",
    "光电": "optoelectronic", "光电子": "optoelectronic", "光子": "photonic", "芯片": "chip",
    "传感": "sensor",
    "传感器": "sensor", "元器件": "component", "电路": "circuit", "显示": "display", "打印": "printing",
    "印刷": "printing", "影像": "imaging",
    "照明": "lighting", "屏": "screen",
    "终端": "device", "器件": "device", "存储": "memory", "视频": "video", "视觉": "vision",
    "安防": "security", "安全": "security", "安保": "security", "识别": "identification",
    "人工智能": "ai", "机器人": "robot", "算力": "computing", "计算": "computing",
    "计算技术": "computing technology", "超级计算": "supercomputing", "云计算": "cloud computing",
    "云": "cloud", "大数据": "big data", "物联网": "iot", "互联网": "internet", "在线": "online",
    "网络安全": "network security", "信息安全": "information security", "区块链": "blockchain",
    "数码": "digital", "无线": "wireless", "移动": "mobile", "微系统": "microsystem",
    "软件园": "software park",
    "通信设备": "communication equipment", "游戏": "game", "量子": "quantum",
    "科学院": "academy science", "工程院": "academy engineering", "设计院": "design institute",
    "解决方案": "solution", "平台": "platform",
    # Machines, instruments, energy
    "制造": "manufacturing", "智造": "intelligent manufacturing", "装备": "equipment",
    "机电": "electromechanical",
    "电机": "motor", "重工": "heavy industry", "重型": "heavy", "机床": "machine tool", "轴承": "bearing",
    "液压": "hydraulic", "自动化": "automation", "控制": "control", "仪器": "instrument",
    "仪表": "instrument", "仪器仪表": "instrument", "精密": "precision", "光学": "optical", "激光": "laser",
    "雷达": "radar", "工具": "tool", "电器": "appliance", "家电": "appliance", "动力": "power",
    "发动机": "engine", "电池": "battery", "锂电": "lithium battery", "光伏": "pv",
    "风电": "wind power",
    "核电": "nuclear power", "核工业": "nuclear industry", "氢能": "hydrogen energy", "电缆": "cable",
    "线缆": "cable", "光纤": "optical fiber", "石油": "petroleum", "天然气": "natural gas",
    "石油天然气": "petroleum natural gas", "石化": "petrochemical", "石油化工": "petrochemical",
    "煤炭": "coal", "化学": "chemistry", "物理": "physic", "应用": "applied", "生产": "production",
    # Air, space, water, road
    "航空": "aviation", "航天": "aerospace", "航空航天": "aerospace", "飞机": "aircraft",
    "直升机": "helicopter", "无人机": "drone", "卫星": "satellite", "导航": "navigation",
    "遥感": "remote sensing",
    "火箭": "rocket", "兵器": "weapon", "军工": "military industry", "防务": "defense",
    "船舶": "shipbuilding",
    "造船": "shipbuilding", "造船厂": "shipyard", "航运": "shipping", "海运": "shipping", "船务": "shipping",
    "海洋": "marine", "疏浚": "dredging", "铁路": "railway", "轨道交通": "rail transit", "机车": "locomotive",
    "车辆": "vehicle", "新能源汽车": "new energy auto", "电动汽车": "ev", "桥梁": "bridge",
    "测绘": "surveying mapping", "气象": "meteorology", "供应链": "supply chain",
    # Goods and services
    "贸易": "trading", "商贸": "trading", "工贸": "industry trading", "经贸": "economic trading",
    "进出口": "import export", "商业": "commercial", "商用": "commercial", "纺织": "textile",
    "棉业": "cotton",
    "服装": "apparel", "服饰": "apparel", "制衣": "garment", "食品": "food", "金属": "metal",
    "稀土": "rare earth",
    "新材料": "new material", "矿业": "mining", "铝业": "aluminum", "硅业": "silicon industry",
    "有色金属": "nonferrous metal", "橡胶": "rubber", "塑料": "plastic", "玻璃": "glass", "水泥": "cement",
    "基因": "genomic", "生命科学": "life science", "生物技术": "biotechnology", "生物科技": "biotechnology",
    "制药": "pharmaceutical", "药业": "pharmaceutical", "医疗器械": "medical device", "保险": "insurance",
    "证券": "security", "金融": "finance", "租赁": "leasing", "置业": "property", "地产": "real estate",
    "房地产": "real estate", "传媒": "media", "文化": "culture", "教育": "education", "检测": "testing",
    "海外": "overseas", "高科": "hightechnology", "高科技": "hightechnology", "高新技术": "hightechnology",
    "华东": "east china", "华南": "south china", "华北": "north china", "华中": "central china",
    "西南": "southwest", "东南": "southeast", "西北": "northwest", "东北": "northeast",
    # Bodies and their parts
    "实验室": "laboratory", "重点实验室": "key laboratory", "实验": "laboratory", "分公司": "branch",
    "子公司": "subsidiary", "代表处": "representative office", "办事处": "representative office",
    "工厂": "factory", "校区": "campus", "分校": "campus", "分院": "branch", "分所": "branch",
    "事业部": "division", "附属": "affiliated", "总参谋部": "general staff", "学会": "society",
    "科技大学": "sciencetechnology university", "科学技术大学": "sciencetechnology university",
    "大学生": "student", "大学城": "university town", "大学路": "university road",
    "高等研究院": "advanced research institute", "技术研究院": "technology research institute",
    "创新中心": "innovation center", "创新研究院": "innovation research institute",
    "研发中心": "research center",
    "中国人民解放军": "china pla", "人民解放军": "pla", "解放军": "pla",
}  # fmt: skip

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
COUNTRIES_IN_ENGLISH = """
    european deutschland espana italia polska brasil nederland kingdom emirate arabia austria bahrain
    bangladesh belarus belgium cambodia colombia czech denmark finland greece iraq ireland kazakhstan
    kuwait kyrgyzstan mongolia myanmar nepal norway oman peru portugal qatar romania serbia turkiye
    ukraine uzbekistan venezuela amsterdam bangkok berlin brussel budapest cairo delhi dusseldorf
    frankfurt hanoi istanbul jakarta johannesburg kyiv london madrid manila melbourne milan moscow
    mumbai munich nairobi paris prague seoul stockholm sydney tehran tokyo toronto vancouver vienna
    warsaw zurich lanka laos eurasia scandinavia benelux iberia nordic apac emea latin latam
"""
# Cities below the prefectures, districts and quarters that firms and institutes are called by.
TOWNS_OF_ZH = {
    "义乌": "yiwu", "昆山": "kunshan", "常熟": "changshu", "张家港": "zhangjiagang", "江阴": "jiangyin",
    "太仓": "taicang", "宜兴": "yixing", "慈溪": "cixi", "余姚": "yuyao", "晋江": "jinjiang", "诸暨": "zhuji",
    "阿克苏": "aksu", "和田": "hotan", "昌吉": "changji", "石河子": "shihezi", "伊犁": "yili",
    "鄯善": "shanshan",
    "奎屯": "kuitun", "伊宁": "yining", "浦东": "pudong", "中关村": "zhongguancun", "张江": "zhangjiang",
    "滨海": "binhai", "萧山": "xiaoshan", "雄安": "xiongan", "前海": "qianhai", "龙岗": "longgang",
    "喀什": "kashgar", "库尔勒": "korla",
}  # fmt: skip
