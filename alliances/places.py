"""States, provinces and cities as they stand inside names: what a region means, which words are places."""

from __future__ import annotations

from functools import lru_cache

US_STATES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "DC": "district of columbia", "FL": "florida", "GA": "georgia",
    "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas",
    "KY": "kentucky", "LA": "louisiana", "ME": "maine", "MD": "maryland", "MA": "massachusetts",
    "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri", "MT": "montana",
    "NE": "nebraska", "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico",
    "NY": "new york", "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma",
    "OR": "oregon", "PA": "pennsylvania", "PR": "puerto rico", "RI": "rhode island", "SC": "south carolina",
    "SD": "south dakota", "TN": "tennessee", "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia",
    "WA": "washington", "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming",
}  # fmt: skip

# Province-level units: English name, Chinese name without its level, cities of prefecture level.
_PROVINCES = """
anhui 安徽 亳州 六安 合肥 安庆 宣城 宿州 池州 淮北 淮南 滁州 芜湖 蚌埠 铜陵 阜阳 马鞍山 黄山
beijing 北京
chongqing 重庆
fujian 福建 三明 南平 厦门 宁德 泉州 漳州 福州 莆田 龙岩
gansu 甘肃 兰州 嘉峪关 天水 定西 平凉 庆阳 张掖 武威 白银 酒泉 金昌 陇南
guangdong 广东 东莞 中山 云浮 佛山 广州 惠州 揭阳 梅州 汕头 汕尾 江门 河源 深圳 清远 湛江 潮州 珠海 肇庆 \
茂名 阳江 韶关
guangxi 广西 北海 南宁 崇左 来宾 柳州 桂林 梧州 河池 玉林 百色 贵港 贺州 钦州 防城港
guizhou 贵州 六盘水 安顺 毕节 贵阳 遵义 铜仁
hainan 海南 三亚 三沙 儋州 海口
hebei 河北 保定 唐山 廊坊 张家口 承德 沧州 石家庄 秦皇岛 衡水 邢台 邯郸
heilongjiang 黑龙江 七台河 伊春 佳木斯 双鸭山 哈尔滨 大庆 牡丹江 绥化 鸡西 鹤岗 黑河 齐齐哈尔
henan 河南 三门峡 信阳 南阳 周口 商丘 安阳 平顶山 开封 新乡 洛阳 漯河 濮阳 焦作 许昌 郑州 驻马店 鹤壁
hongkong 香港
hubei 湖北 十堰 咸宁 孝感 宜昌 武汉 荆州 荆门 襄阳 鄂州 随州 黄冈 黄石
hunan 湖南 娄底 岳阳 常德 张家界 怀化 株洲 永州 湘潭 益阳 衡阳 邵阳 郴州 长沙
innermongolia 内蒙古 乌兰察布 乌海 包头 呼伦贝尔 呼和浩特 巴彦淖尔 赤峰 通辽 鄂尔多斯
jiangsu 江苏 南京 南通 宿迁 常州 徐州 扬州 无锡 泰州 淮安 盐城 苏州 连云港 镇江
jiangxi 江西 上饶 九江 南昌 吉安 宜春 抚州 新余 景德镇 萍乡 赣州 鹰潭
jilin 吉林 吉林 四平 松原 白城 白山 辽源 通化 长春
liaoning 辽宁 丹东 大连 抚顺 朝阳 本溪 沈阳 盘锦 营口 葫芦岛 辽阳 铁岭 锦州 阜新 鞍山
macao 澳门
ningxia 宁夏 中卫 吴忠 固原 石嘴山 银川
qinghai 青海 海东 西宁
shaanxi 陕西 咸阳 商洛 安康 宝鸡 延安 榆林 汉中 渭南 西安 铜川
shandong 山东 东营 临沂 威海 德州 日照 枣庄 泰安 济南 济宁 淄博 滨州 潍坊 烟台 聊城 菏泽 青岛
shanghai 上海
shanxi 山西 临汾 吕梁 大同 太原 忻州 晋中 晋城 朔州 运城 长治 阳泉
sichuan 四川 乐山 内江 南充 宜宾 巴中 广元 广安 德阳 成都 攀枝花 泸州 眉山 绵阳 自贡 资阳 达州 遂宁 雅安
taiwan 台湾
tianjin 天津
tibet 西藏 山南 拉萨 日喀则 昌都 林芝 那曲
xinjiang 新疆 乌鲁木齐 克拉玛依 吐鲁番 哈密
yunnan 云南 临沧 丽江 保山 昆明 昭通 普洱 曲靖 玉溪
zhejiang 浙江 丽水 台州 嘉兴 宁波 杭州 温州 湖州 绍兴 舟山 衢州 金华
"""
PROVINCES_ZH = {line.split()[1]: line.split()[0] for line in _PROVINCES.strip().splitlines()}
CITIES_ZH = frozenset(city for line in _PROVINCES.strip().splitlines() for city in line.split()[2:])
PLACES_ZH = CITIES_ZH | PROVINCES_ZH.keys()

# Places that English writes otherwise than pinyin does.
_ENGLISH_OF_CN_PLACE = {
    "香港": "hongkong", "澳门": "macao", "台湾": "taiwan", "内蒙古": "innermongolia", "西藏": "tibet",
    "陕西": "shaanxi", "哈尔滨": "harbin", "齐齐哈尔": "qiqihar", "呼和浩特": "hohhot", "鄂尔多斯": "ordos",
    "呼伦贝尔": "hulunbuir", "乌鲁木齐": "urumqi", "吐鲁番": "turpan", "克拉玛依": "karamay", "拉萨": "lhasa",
    "喀什": "kashgar", "库尔勒": "korla",
}  # fmt: skip
_ENGLISH_OF_US_CITY = {
    "纽约": "new york", "洛杉矶": "los angeles", "芝加哥": "chicago", "休斯敦": "houston",
    "休斯顿": "houston", "凤凰城": "phoenix", "菲尼克斯": "phoenix", "费城": "philadelphia",
    "圣安东尼奥": "san antonio", "圣迭戈": "san diego", "圣地亚哥": "san diego", "达拉斯": "dallas",
    "杰克逊维尔": "jacksonville", "沃思堡": "fort worth", "沃斯堡": "fort worth", "圣何塞": "san jose",
    "圣荷西": "san jose", "奥斯汀": "austin", "哥伦布": "columbus", "夏洛特": "charlotte",
    "印第安纳波利斯": "indianapolis",
    "旧金山": "san francisco", "三藩": "san francisco", "西雅图": "seattle", "丹佛": "denver",
    "华盛顿": "washington", "纳什维尔": "nashville", "俄克拉何马城": "oklahoma city",
    "俄克拉荷马城": "oklahoma city", "埃尔帕索": "el paso", "波士顿": "boston", "波特兰": "portland",
    "底特律": "detroit", "拉斯维加斯": "las vegas", "孟菲斯": "memphis", "路易斯维尔": "louisville",
    "巴尔的摩": "baltimore", "阿尔伯克基": "albuquerque", "密尔沃基": "milwaukee", "图森": "tucson",
    "弗雷斯诺": "fresno", "萨克拉门托": "sacramento", "亚特兰大": "atlanta", "迈阿密": "miami",
    "奥马哈": "omaha", "罗利": "raleigh", "堪萨斯城": "kansas city", "长滩": "long beach",
    "奥克兰": "oakland", "坦帕": "tampa", "塔尔萨": "tulsa", "明尼阿波利斯": "minneapolis",
    "威奇托": "wichita", "克利夫兰": "cleveland", "新奥尔良": "new orleans", "火奴鲁鲁": "honolulu",
    "檀香山": "honolulu", "奥兰多": "orlando", "辛辛那提": "cincinnati", "匹兹堡": "pittsburgh",
    "圣路易斯": "saint louis", "圣保罗": "saint paul", "盐湖城": "salt lake city", "得梅因": "des moines",
    "里士满": "richmond", "伯明翰": "birmingham", "普罗维登斯": "providence", "布法罗": "buffalo",
}  # fmt: skip
ENGLISH_OF_PLACE = _ENGLISH_OF_CN_PLACE | _ENGLISH_OF_US_CITY
# Older spellings in English that institutions still carry, and the pinyin that names elsewhere have.
PINYIN_OF_OLD_SPELLING = {
    "peking": "beijing", "canton": "guangzhou", "tsinghua": "qinghua", "nanking": "nanjing",
    "tientsin": "tianjin", "chungking": "chongqing", "tsingtao": "qingdao", "soochow": "suzhou",
    "hangchow": "hangzhou", "amoy": "xiamen", "macau": "macao", "neimenggu": "innermongolia",
    "peiping": "beijing", "anhwei": "anhui", "chekiang": "zhejiang", "fukien": "fujian", "honan": "henan",
    "hopeh": "hebei", "hopei": "hebei", "hupeh": "hubei", "hupei": "hubei", "heilungkiang": "heilongjiang",
    "kansu": "gansu", "kiangsi": "jiangxi", "kiangsu": "jiangsu", "kwangsi": "guangxi",
    "kwangtung": "guangdong", "kweichow": "guizhou", "ninghsia": "ningxia", "shansi": "shanxi",
    "shantung": "shandong", "shensi": "shaanxi", "sinkiang": "xinjiang", "szechuan": "sichuan",
    "szechwan": "sichuan", "tsinghai": "qinghai", "chengchow": "zhengzhou", "chengtu": "chengdu",
    "dairen": "dalian", "foochow": "fuzhou", "kweilin": "guilin", "kweiyang": "guiyang", "lanchow": "lanzhou",
    "mukden": "shenyang", "ningpo": "ningbo", "paotow": "baotou", "shihkiachwang": "shijiazhuang",
    "sian": "xian", "sining": "xining", "swatow": "shantou", "tsinan": "jinan", "urumchi": "urumqi",
    "wenchow": "wenzhou", "wusih": "wuxi", "yangchow": "yangzhou", "yinchwan": "yinchuan", "xizang": "tibet",
    "xianggang": "hongkong", "aomen": "macao", "haerbin": "harbin", "wulumuqi": "urumqi",
    "huhehaote": "hohhot", "eerduosi": "ordos",
    # Spellings of the post, of Cantonese and of the peoples of the north and west.
    "anking": "anqing", "antung": "dandong", "chefoo": "yantai", "changchow": "zhangzhou",
    "chinchow": "jinzhou", "chinkiang": "zhenjiang", "chuanchow": "quanzhou", "fatshan": "foshan",
    "heungkong": "hongkong", "hofei": "hefei", "hoihow": "haikou", "huchow": "huzhou",
    "huhehot": "hohhot", "ichang": "yichang", "kalgan": "zhangjiakou", "karamai": "karamay",
    "kashing": "jiaxing", "kiamusze": "jiamusi", "kinhwa": "jinhua", "kirin": "jilin", "kiukiang": "jiujiang",
    "kongmoon": "jiangmen", "kumul": "hami", "kwangchow": "guangzhou", "kweisui": "hohhot",
    "liuchow": "liuzhou", "loyang": "luoyang", "luchow": "luzhou", "mutankiang": "mudanjiang",
    "nantung": "nantong", "newchwang": "yingkou", "pakhoi": "beihai", "paoting": "baoding",
    "pengpu": "bengbu", "penki": "benxi", "shamchun": "shenzhen", "shumchun": "shenzhen",
    "shaohing": "shaoxing", "siangtan": "xiangtan", "siangyang": "xiangyang", "sinsiang": "xinxiang",
    "taichow": "taizhou", "tatung": "datong", "tsining": "jining", "tsitsihar": "qiqihar",
    "tsunyi": "zunyi", "turfan": "turpan", "weihaiwei": "weihai", "wuchow": "wuzhou", "yenan": "yanan",
    "yingkow": "yingkou", "akesu": "aksu", "hetian": "hotan", "khotan": "hotan", "kashi": "kashgar",
    "gulja": "yining",
}  # fmt: skip
# Where the dictionary's usual reading of the word is not how the place is called.
PINYIN_OF_PLACE = {
    "朝阳": ("chao", "yang"), "漯河": ("luo", "he"), "长治": ("chang", "zhi"), "长葛": ("chang", "ge"),
    "长垣": ("chang", "yuan"), "天长": ("tian", "chang"), "都匀": ("du", "yun"), "昌都": ("chang", "du"),
    "泊头": ("bo", "tou"), "珲春": ("hun", "chun"), "穆棱": ("mu", "ling"), "洪洞": ("hong", "tong"),
    "单县": ("shan", "xian"), "厦大": ("xia", "da"), "库尔勒": ("ku", "er", "le"),
    "阿勒泰": ("a", "le", "tai"), "那曲": ("na", "qu"),
}  # fmt: skip

_LEVELS_ZH = ("特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市", "州")
_LEVELS_EN = (
    "special administrative region", "zhuang autonomous region", "hui autonomous region",
    "uygur autonomous region", "uyghur autonomous region", "autonomous region", "province", "municipality",
    "state of", "commonwealth of", "state", "city",
)  # fmt: skip


@lru_cache(maxsize=4096)
def region_key(country: str, folded: str) -> str:
    """The state or province that a folded, simplified text names: "CA", "shaanxi"; empty where it names none.

    Of "suzhou, jiangsu" the last part that names one counts.
    """
    for part in reversed([folded, *folded.split(",")]):
        key = _one_region(country, part.strip())
        if key:
            return key
    return ""


def _one_region(country: str, text: str) -> str:
    if country == "US":
        return text.upper() if text.upper() in US_STATES else _US_REGIONS.get(_without_level(text), "")
    for level in _LEVELS_ZH:
        text = text.removesuffix(level) if len(text) > len(level) + 1 else text
    plain = _without_level(text).replace(" ", "")
    plain = PINYIN_OF_OLD_SPELLING.get(plain, plain)
    return PROVINCES_ZH.get(text, plain if plain in _CN_REGIONS else "")


def _without_level(text: str) -> str:
    for level in _LEVELS_EN:
        text = text.removeprefix(f"{level} ") if level.endswith(" of") else text.removesuffix(f" {level}")
    return text


_US_REGIONS = {name: code for code, name in US_STATES.items()} | {"washington dc": "DC"}
_CN_REGIONS = frozenset(PROVINCES_ZH.values())
