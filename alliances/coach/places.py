"""Where: a named, counted or only vaguely told place."""

from __future__ import annotations

import re

from alliances.coach.text import HAN_NUMBER, NUMBER, Text, words


def _each(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PLACE_NOUN = (
    r"district|ward|county|township|borough|parish|neighbou?rhoods?|river|creek|run|bayou|brook|stream"
    r"|lake|bay|harbou?r|islands?|valley|basin|watershed"
    r"|catchment|canal|street|avenue|boulevard|road|highway|parkway|freeway|expressway|bridge|tunnel"
    r"|corridor|line|route|station|airport|port|park|square"
    r"|plaza|heights|hills?|beach|point|village|town|city|region|peninsula|delta|side|end|quarter|campus"
    r"|hospital|clinic|plant|landfill|zone|loop|estate"
    r"|reservoir|aquifer|metro|subway|brt|terminal|cent(?:er|re)|coast|shore|bank|wharf|waterfront"
    r"|prefecture|province|municipality|area|sewershed|network"
    r"|market|yard|yards|flats|ditch|slough|mountain|gardens|housing|works|refinery|mill"
)
_COUNTED_PLACE = re.compile(
    rf"{NUMBER}[ -](?:(?!(?:of|to|the|percent|per|and|million)(?![a-z]))[a-z'-]{{1,14}} ){{0,2}}(?:districts?"
    r"|wards?|neighbou?rhoods?|blocks|streets?|intersections?|junctions?"
    r"|crossings?|routes?|lines?|corridors?|stations?|stops|schools?|hospitals?|clinics?|villages?"
    r"|townships?|counties|sites?|parks|plants?|buildings|estates?"
    r"|bridges?|terminals?|depots?|landfills?|lakes?|rivers?|creeks?|basins?|zones?|campuses|towers"
    r"|ports|markets|substations|reservoirs|outfalls"
    r"|health cent(?:er|re)s|courtyards|lots|housing blocks|apartment blocks|underpasses|subdivisions"
    r"|parcels|acres|hectares)(?![a-z])"
    rf"|{NUMBER}[ -](?:km|kilomet(?:er|re)s?|miles?|acres?|hectares?|square (?:km|kilomet(?:er|re)s"
    rf"|miles?))[ -](?:[a-z-]{{1,14}} ){{0,2}}"
    r"(?:corridor|network|line|route|stretch|district|zone|site|coast|shore|of (?:\w{1,14}"
    r" ){0,2}(?:sewers?|mains?|pipes?|pipeline|roads?|streets?|track|river|coast|lanes|network|water))"
    rf"|{HAN_NUMBER}(?:个|条|座|处|所|家|栋|幢|片|公里|千米|平方公里|公顷|亩)(?:[一-鿿]{{0,5}}?)(?:社区"
    r"|小区|街道|乡镇|镇|村|路口|路段|道路|线路|河道|站|学校|中学|小学|医院|卫生院"
    r"|园区|校区|公园|水厂|污水厂|处理厂|泵站|桥|隧道|楼|片区|区|县|湖|水库|码头|管网|管道|管线|岸线"
    r"|涝点|积水点|绿道|场站|填埋场|建筑|厂|卫生服务中心|走廊|示范区)",
    re.ASCII,
)
# What a firm says of itself: no place of the need.
_BUILT = re.compile(
    r"(?<![a-z])(?:built|delivered|installed|supplied|completed|equipped|sold|won)(?: \w{1,12}){0,2} ?$"
    r"|(?:承建|累计|建成|服务|拥有|交付)[^，。；]{0,8}$"
)
_LABELLED_PLACE = re.compile(
    r"(?<![a-z])(?:lines?|routes?|bus|tram|highways?|interstate|wards?|districts?|zones?|sector|precinct|pier"
    r"|terminal|state route|sr|us|i)[ -]?#?\d[0-9a-z]{0,4}(?![a-z0-9%])"
    r"|(?<![\w.])\d{1,3}(?:st|nd|rd|th) (?:ward|district|street|avenue|precinct|arrondissement)"
    r"|(?<![\w.])\d{1,2}[a-c] bus"
    r"|(?<![a-z])(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) (?:ward|district)"
    r"|[\d一二三四五六七八九十]{1,3}号(?:线|楼|院|泵站|码头)|\d{1,3}路(?:公交|车)?(?!口|段)"
    r"|[gs]\d{1,4}(?:国道|省道|高速)|\d{3}国道",
    re.ASCII,
)
# States and provinces, and what is larger, are too large to be a place.
_REGIONS = (
    r"(?:great|middle|upper|lower) lakes"
    r"|alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia"
    r"|hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland"
    r"|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|ohio"
    r"|oklahoma|oregon|pennsylvania|tennessee|texas|utah|vermont|virginia|wisconsin|wyoming"
    r"|hainan|guangdong|jiangsu|zhejiang|sichuan|hubei|hunan|henan|hebei|shandong|shanxi"
    r"|shaanxi|fujian|jiangxi|anhui|yunnan|guizhou|guangxi|gansu|qinghai|liaoning|jilin"
    r"|heilongjiang|ningxia|xinjiang|tibet"
    r"|midwest|new england|sun belt|bay area|pacific northwest|gulf coast"
)
_HAN_REGIONS = (
    r"河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|贵州|云南"
    r"|陕西|甘肃|青海|宁夏|新疆|西藏|内蒙古|长三角|珠三角|京津冀|大湾区|中西部|东部|西部"
)
_REGION = re.compile(_REGIONS)
_SOMEWHERE = words(
    r"(?:in|across|within|throughout|around|along|over|on|of|for|to|at|near|from) (?:[\w',-]{1,14}"
    r" ){0,3}(?:(?<!sponge )(?<!smart )(?<!sister )cit(?:y|ies)|towns?|count(?:y|ies)|regions?|areas?"
    r"|districts?|states?|provinces?"
    r"|neighbou?rhoods?|streets?(?! (?:light|sweep|furniture))|roads?|villages|suburbs?|communities"
    r"|parks?|schools?|stations?"
    r"|hospitals?|clinics?|buildings?|intersections?|routes?|corridors?|coast"
    r"|campus|rivers?|creek|lakes?|zones?|networks?|waterways?|estates?|sites?|plants?|system|sewers?"
    r"|homes|market|canals?)"
    r"|(?:our|the|this|whole|entire|many|some|several|older|oldest|poor|poorer|outer|inner|busy|main"
    r"|other) (?:[a-z-]{1,14} ){0,2}(?:cit(?:y|ies)|towns?|county|region|areas?|districts?|province"
    r"|municipality|network|systems?|metro|valley|campus|waterfront|(?:test )?site|test field"
    r"|neighbou?rhoods?|streets?(?! (?:light|sweep|furniture))|roads?"
    r"|rivers?|lakes?|creeks?|parks?"
    r"|schools?|hospitals?|clinics?|sewers?|suburbs?|canals?)"
    r"|city-?wide|region-?wide|county-?wide|locally|urban areas?|rural areas?|neighbou?rhoods|districts"
    r"|low-lying|this site|the site|the united states|china|nationwide|statewide"
    r"|downtown|midtown|old (?:town|city|quarter)|historic (?:cent(?:er|re)|core|district|quarter)"
    r"|(?:city|town) cent(?:er|re)|central business district|cbd"
    r"|(?:river|water|lake|bay|sea)front|the (?:inner |outer )?(?:airport|harbou?r|port|ring road"
    r"|beltway|delta|estuary)"
    r"|(?:north|south|east|west|northeast|northwest|southeast|southwest)(?:ern)?[ -](?:side|end|bank"
    r"|shore|districts?|suburbs?|wards?|quarter|of the river)"
    rf"|{_REGIONS}",
    r"我市|本市|全市|该市|我区|本区|全区|我县|全县|我省|全省|本地|当地|城区|市区|郊区|辖区"
    r"|(?<!智慧)(?<!海绵)(?<!韧性)城市(?!伙伴"
    r"|大脑|更新|建设|治理|管理|样板)|部分|一些|多处|周边|沿线|沿河|沿岸|流域|农村|乡镇|社区(?!养老|服务|医疗"
    r"|医院|治理)|小区|园区|街道"
    r"|道路|管网|河道|学校|医院|路口|各区|区域|地区|城镇|片区|街区|村庄|公园|河流|湖泊|车站|线路|低洼"
    r"|这块地|该地块|本地块|地块|场地|厂区|美国|全国"
    r"|老城区?|主城区|中心城区|核心区|开发区|高新区|经开区|自贸区|新城区?|[城南北东西]{1,2}(?:部|区|片区)"
    r"|城[南北东西](?:片区|新区)?|江[南北东西]岸|滨江|滨海|滨河|机场|港区|火车站|高铁站|环线"
    r"|[二三四五]环"
    rf"|{_HAN_REGIONS}",
)

# Names known without a word beside them: the large cities of both countries.
_NAMES = _each(
    "chicago houston phoenix philadelphia dallas austin jacksonville columbus charlotte indianapolis "
    "seattle denver boston nashville detroit portland memphis louisville baltimore milwaukee albuquerque "
    "tucson fresno sacramento atlanta miami oakland minneapolis tulsa tampa wichita cleveland orleans "
    "honolulu anaheim pittsburgh cincinnati anchorage greensboro newark toledo orlando buffalo madison "
    "manhattan brooklyn bronx queens beijing shanghai tianjin chongqing guangzhou shenzhen chengdu wuhan "
    "hangzhou nanjing xian suzhou zhengzhou changsha dongguan qingdao shenyang ningbo kunming hefei "
    "foshan wuxi xiamen jinan harbin dalian changchun fuzhou nanchang nanning guiyang taiyuan urumqi "
    "lanzhou shijiazhuang zhuhai"
)
_HAN_NAMES = re.compile(
    r"北京|上海|天津|重庆|广州|深圳|成都|武汉|杭州|南京|西安|苏州|郑州|长沙|东莞|青岛|沈阳|宁波|昆明"
    r"|合肥|佛山|无锡|厦门|济南|哈尔滨|大连|长春|福州|南昌|南宁"
    r"|贵阳|太原|乌鲁木齐|兰州|石家庄|珠海|海口|三亚|唐山|洛阳|常州|徐州|温州|绍兴|嘉兴|泉州|烟台|潍坊"
    r"|芜湖|襄阳|宜昌|岳阳|柳州|桂林|绵阳|遵义|保定|廊坊|银川|西宁|拉萨|呼和浩特"
    r"|芝加哥|休斯敦|匹兹堡|波特兰|西雅图|丹佛|底特律|波士顿|费城|洛杉矶|旧金山|纽约"
)
_PROPER = re.compile(
    r"(?<![A-Za-z])(?:St\. )?[A-Z][A-Za-z']{0,20}(?:[ -](?:St\. )?[A-Z][A-Za-z']{0,20}){0,4}", re.ASCII
)
# Capital words that name no place.
_NOT_PLACES = _each(
    "we our the a an this that these those it its they their there here each every all some many most in "
    "on at along near around across from of to by for with within through between since after before "
    "during under over about today now currently last next when while where if as and or but so because "
    "to january february march april may june july august september october november december jan feb mar "
    "apr jun jul aug sept sep oct nov dec monday tuesday wednesday thursday friday saturday sunday spring "
    "summer autumn winter fall english chinese mandarin american british federal national i you he she no "
    "not python bluetooth ai iot gis usd rmb cny eur fy q1 q2 q3 q4 covid pm ev evs brt led ceo it ict "
    "pdf api hvac us u.s epa hud fema doe dot nsf"
)
_BODIES = _each(
    "act fund program programme grant bank bond standard standards agency department council authority "
    "ministry bureau law plan university institute inc corp ltd llc company group foundation association "
    "alliance committee commission board code initiative platform protocol system software technologies "
    "technology energy solutions labs systems index agreement treaty"
)
_AT_PLACE = re.compile(
    r"(?<![a-z])(?:in|at|along|near|around|across|throughout|within|outside|between|beside|serving"
    r"|upstream of|downstream of|(?:north|south|east|west) of|city of|port of"
    r"|residents of|people of|streets of|to and from|through|from|of|downtown|greater)(?: the| central|"
    r" downtown| greater| northern| southern| eastern| western)? $"
)
_PLACE_AFTER = re.compile(rf"[ -](?:[a-z]{{1,12}} )?(?:{_PLACE_NOUN})(?:'s)?(?![a-z])")
_PLACE_WORD = re.compile(rf"(?:{_PLACE_NOUN})\Z")

# Names by their last word, one to four characters before it: 武昌区, 巡司河, 花山街道.
_HAN_PLACE = re.compile(
    r"([一-鿿]{1,4}?)(新区|开发区|工业园区?|产业园区?|街道|社区|小区|流域|片区|大道|大街|公园|水库|半岛"
    r"|[区县镇乡村路街河江湖港湾岛桥渠溪涌洲市州])"
    r"(?![域民长政级场段网面道口]|财政|委|发改|直)"
)
_HAN_BEFORE_NAME = re.compile(
    r"[在于沿从到至由对为是有我本该各全某每这那等和与及的地得将把让使以约近共位来年月日些条个座处所家多余了着过被入列纳]"
)
# What stands before these characters and makes a common word of them: 社区, 道路, 入河.
_COMMON = {
    "区": "社小地城市郊辖片园灾景校库厂牧港分",
    "路": "道公铁线网管电出一思套陆",
    "街": "上大商业",
    "河": "内入排治",
    "江": "沿跨",
    "湖": "沿入",
    "村": "农乡新旧",
    "镇": "城乡集",
    "乡": "城下家老",
    "市": "城都门上超大中小股",
    "桥": "大天",
    "渠": "沟",
    "洲": "亚欧非美",
    "港": "海",
    "湾": "海",
    "岛": "海",
}
_HAN_NO_NAME = re.compile(
    r"(?:城市|工业|居民|住宅|商业|行政|功能|示范|试验|保护|步行|治理|黑臭|城乡|老旧|老|旧|部分|多个|周边"
    r"|附近|一些|主要|重点|所有|中小|低洼|易涝|高速|快速|人工|服务|产业|科技"
    r"|贫困|边远|偏远山?|大型|成熟|提升|改善|建设|整治|改造|优化|管理|推进|打造|修复|更新|美化|绿化|完善"
    r"|加强|覆盖|拥堵|污染|主题|口袋|郊野|湿地|智慧|未来|完整|低碳|零碳|海绵"
    r"|传统|现有|若干|几个|数个|同类|沿线|下游|上游|中心|立交|高架|积水|内涝|破损|雨洪|背街小|贵国|贵市"
    r"|国外|小街小)$"
    r"|^[山新老东西南北中上下高大小两城海沿内外]$"
)


def find_where(text: Text) -> int:
    """0 not said, 1 vague, 2 concrete."""
    lower = text.lower
    if any(not _BUILT.search(text.before(found.start())) for found in _COUNTED_PLACE.finditer(lower)):
        return 2
    if any(pattern.search(lower) for pattern in (_LABELLED_PLACE, _HAN_NAMES)):
        return 2
    if any(_is_place(text, found) for found in _PROPER.finditer(text.plain)):
        return 2
    if any(_is_han_place(found) for found in _HAN_PLACE.finditer(lower)):
        return 2
    return 1 if _SOMEWHERE.search(lower) else 0


def _is_place(text: Text, found: re.Match[str]) -> bool:
    """Whether capital words name a place: by a word of place beside them, before them, or by themselves."""
    names = [name.strip("'.") for name in re.split(r"[ -]", found[0].lower())]
    names = [name.removesuffix("'s") for name in names]
    before = text.before(found.start())[-30:]
    while names and names[0] in _NOT_PLACES:
        before = f"{before}{names.pop(0)} "
    if not names or names[-1] in _BODIES or _REGION.fullmatch(" ".join(names)):
        return False
    if any(name in _NAMES for name in names):
        return True
    if names[0] in _NOT_PLACES:
        return False
    if len(names) > 1 and _PLACE_WORD.match(names[-1]):
        return True
    if len(names) == 1 and _PLACE_WORD.fullmatch(names[0]):
        return False
    if found[0].isupper() and len(found[0]) < 6:
        return False
    if _PLACE_AFTER.match(text.after(found.end())):
        return bool(before.strip())
    return bool(_AT_PLACE.search(before))


def _is_han_place(found: re.Match[str]) -> bool:
    name, kind = _HAN_BEFORE_NAME.split(found[1])[-1], found[2]
    return bool(name) and name[-1] not in _COMMON.get(kind, "") and not _HAN_NO_NAME.search(name)
