"""Every way in which an applicant may write a listed name, by its kind; and names of others that are near.

The words are those of this file alone, so that the matcher is not asked what it was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from alliances.names import has_han

_FORM = re.compile(
    r"[\s,]*\b(?:(?:co|corp|inc|ltd|llc|company|corporation|limited|group|holdings?|jsc|pte)\b\.?[\s,]*)+$",
    re.IGNORECASE,
)
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
_FORM_ZH = re.compile("(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$|集团$")
_BRACKETED = re.compile(r"\s*[(（][^)）]*[)）]")
ABBREVIATIONS = {
    "Technology": "Tech.", "Technologies": "Tech", "University": "Univ.", "Institute": "Inst.",
    "International": "Int'l", "Manufacturing": "Mfg.", "Science": "Sci.", "Engineering": "Eng.",
    "Communications": "Comm.", "Telecommunication": "Telecom", "Telecommunications": "Telecom",
    "Electronics": "Elec.", "Electronic": "Elec.", "Development": "Dev.", "Industrial": "Ind.",
    "Industry": "Ind.", "National": "Nat'l", "Research": "Res.", "Information": "Info.",
    "Equipment": "Equip.", "Academy": "Acad.", "Center": "Ctr.", "Laboratory": "Lab",
    "Semiconductor": "Semi", "Intelligent": "Intell.", "Aviation": "Avn.", "Digital": "Dig.",
    "Computing": "Comp.", "Memory": "Mem.", "Network": "Netw.", "Polytechnical": "Polytech.",
}  # fmt: skip
BRITISH = {"Center": "Centre", "Defense": "Defence", "Fiber": "Fibre", "Aluminum": "Aluminium"}
OLD_PLACES = {
    "Beijing": "Peking", "Nanjing": "Nanking", "Tianjin": "Tientsin", "Chongqing": "Chungking",
    "Sichuan": "Szechuan", "Xinjiang": "Sinkiang", "Hangzhou": "Hangchow", "Guangzhou": "Canton",
    "Xiamen": "Amoy", "Dandong": "Antung", "Zhejiang": "Chekiang", "Wuxi": "Wusih",
}  # fmt: skip
CITIES = {
    "Beijing": "北京", "Shanghai": "上海", "Shenzhen": "深圳", "Hangzhou": "杭州", "Nanjing": "南京",
    "Tianjin": "天津", "Chongqing": "重庆", "Xiamen": "厦门", "Harbin": "哈尔滨", "Sichuan": "四川",
    "Wuhan": "武汉", "Wuxi": "无锡", "Changsha": "长沙", "Dandong": "丹东", "Xinjiang": "新疆",
    "Zhejiang": "浙江", "Guangzhou": "广州", "Anhui": "安徽",
}  # fmt: skip
TRADE_ZH = {
    "科技": "Technology", "技术": "Technology", "信息": "Information", "网络": "Network", "数字": "Digital",
    "智能": "Intelligent", "通信": "Communication", "通讯": "Telecommunication", "电子": "Electronic",
    "产业": "Industry", "实业": "Industrial", "发展": "Development", "开发": "Development",
    "工业": "Industry",
    "集成电路": "Integrated Circuit", "制造": "Manufacturing", "新能源": "New Energy", "银行": "Bank",
    "量子": "Quantum", "航空": "Aviation", "存储": "Memory", "系统": "System", "装备": "Equipment",
}  # fmt: skip
DAUGHTERS = (
    "{} USA Inc.", "{} Deutschland GmbH", "{} (UK) Limited", "{} Europe B.V.", "{} Singapore Pte. Ltd.",
    "{} (TX) Inc.",
)  # fmt: skip
BRANCHES = ("{}, Chengdu Branch", "Shanghai Branch of {}", "{} Munich Representative Office", "{} R&D Center")
TRADES = (
    "{} Smart City Technology Co., Ltd.",
    "{} Digital Energy",
    "{} Cloud Computing",
    "{} Medical Systems",
)
PARTS = (
    "School of Computer Science, {}", "{}, Shenzhen Campus", "{} Hangzhou Research Institute",
    "{} Chongqing Innovation Center",
)  # fmt: skip
BRANCHES_ZH = ("{}成都分公司", "{}（深圳）有限公司", "{}上海研发中心", "深圳{}科技有限公司")
PARTS_ZH = ("{}深圳研究院", "{}计算机学院", "{}（苏州）研究院")


def core(name: str) -> str:
    return _FORM.sub("", name).strip(" ,") or name


def core_zh(name: str) -> str:
    return _FORM_ZH.sub("", _BRACKETED.sub("", name)) or name


def is_university(name: str) -> bool:
    return bool(re.search("universit|大学|daxue|institute of technology", name, re.IGNORECASE))


def is_person(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]{2,}(?: [A-Z]+)?, [\w\- ]+", name))


def variants(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Kinds and variants of the names of an entry."""
    chinese = [name for name in names if has_han(name)]
    for name in names:
        if re.search("[\u0400-\u06ff]", name):
            continue
        if is_person(name):
            yield from _person(name)
        elif has_han(name):
            yield from _chinese(name)
        elif len(core(name)) > 4:
            yield from _latin(name)
        if chinese and not has_han(name) and len(name) > 3:
            yield "both scripts", f"{name}（{chinese[0]}）"
            yield "both scripts", f"{core_zh(chinese[0])} {core(name)}"


def _person(name: str) -> Iterator[tuple[str, str]]:
    surname, given = name.split(", ")
    yield "person", f"{given} {surname.title()}"
    yield "person", f"{surname.title()} {given.replace(' ', '').replace('-', '').capitalize()}"
    yield "person", f"{given.replace(' ', '-')} {surname}"


def _latin(name: str) -> Iterator[tuple[str, str]]:
    bare = core(name)
    words = bare.replace(",", " ").split()
    for form in ("GmbH", "Pte. Ltd.", "S.A.R.L.", "Company Limited", "Corp"):
        yield "legal form", f"{bare} {form}"
    yield from _replaced("abbreviated", words, ABBREVIATIONS)
    yield from _replaced("british", words, BRITISH)
    yield from _replaced("old place", words, OLD_PLACES)
    if " and " in bare:
        yield "ampersand", bare.replace(" and ", " & ")
    if words[0] in CITIES and len(words) > 2:
        yield "order", f"{' '.join(words[1:])} ({words[0]})"
        yield "order", f"{' '.join(words[1:])}, {words[0]}"
    if len(words) > 1 and not is_university(bare):
        yield "order", " ".join([*words[1:], words[0]])
        yield "joined", "".join(words)
    for index, word in enumerate(words):
        if word in ABBREVIATIONS and not word.endswith(("y", "ies")):
            other = word[:-1] if word.endswith("s") else f"{word}s"
            yield "plural", " ".join([*words[:index], other, *words[index + 1 :]])
    if _HUMP.search(bare):
        yield from (("split", _HUMP.sub(sign, bare)) for sign in (" ", "-"))
    yield from _typos(words)
    yield "full width", "".join(chr(ord(s) + 0xFEE0) if "!" <= s <= "~" else s for s in bare)
    yield from _houses_parts(bare)


def _houses_parts(bare: str) -> Iterator[tuple[str, str]]:
    if is_university(bare):
        yield from (("part of a university", part.format(bare)) for part in PARTS)
    elif len(bare) > 5:
        yield from (("daughter", daughter.format(bare)) for daughter in DAUGHTERS)
        yield from (("branch", branch.format(bare)) for branch in BRANCHES)
    if " " not in bare and len(bare) > 6 and bare != "Dawning":
        yield from (("at work", trade.format(bare)) for trade in TRADES)


def _replaced(kind: str, words: Sequence[str], by: dict[str, str]) -> Iterator[tuple[str, str]]:
    if any(word in by for word in words):
        yield kind, " ".join(by.get(word, word) for word in words)


def _typos(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    longest = max(words, key=len)
    if len(longest) < 7:
        return
    kind = "slip in a trade word" if longest in ABBREVIATIONS else "slip in a name"
    half = len(longest) // 2
    for typo in (
        longest[:half] + longest[half + 1 :],
        longest[:half] + longest[half] + longest[half:],
        longest[:half] + longest[half + 1] + longest[half] + longest[half + 2 :],
    ):
        yield kind, " ".join(typo if word == longest else word for word in words)


def _chinese(name: str) -> Iterator[tuple[str, str]]:
    bare = core_zh(name)
    if len(bare) < 3:
        return
    yield "traditional", OpenCC("s2t").convert(bare)
    syllables = lazy_pinyin(bare)
    yield "pinyin", " ".join(syllables).title()
    yield "pinyin", "".join(syllables).capitalize()
    yield "pinyin", "".join(lazy_pinyin(bare, style=Style.TONE))
    yield (
        "pinyin",
        " ".join("".join(syllables[at : at + 2]).capitalize() for at in range(0, len(syllables), 2)),
    )
    yield "Wade-Giles", "-".join(lazy_pinyin(bare, style=Style.WADEGILES)).replace("v", "ü").capitalize()
    place = next((zh for zh in CITIES.values() if bare.startswith(zh)), "")
    rest = bare.removeprefix(place).removeprefix("市")
    trades = re.findall("|".join(sorted(TRADE_ZH, key=len, reverse=True)), rest)
    brand = re.split("|".join(sorted(TRADE_ZH, key=len, reverse=True)), rest)[0]
    if is_university(bare):
        yield from (("part of a university, Chinese", part.format(bare)) for part in PARTS_ZH)
        return
    if len(brand) > 2 and not brand.startswith(("中国", "国家")):
        yield from (("branch, Chinese", branch.format(brand)) for branch in BRANCHES_ZH)
        yield "name alone", brand
        yield "name alone", f"{place}{brand}"
    if brand and trades and len(brand) < 5:
        spelt = "".join(lazy_pinyin(brand)).capitalize()
        yield "half translated", " ".join([spelt, *(TRADE_ZH[trade] for trade in trades)])
        yield (
            "half translated",
            " ".join([spelt, *(TRADE_ZH[trade] for trade in trades), "(Chengdu) Co., Ltd."]),
        )


NEAR_LATIN = re.compile(
    r"\b(?:Beijing|Nanjing|Harbin|Tianjin|Sichuan|Wuxi|Changsha|Chongqing|Northwestern)\b"
)
OTHER_NUMBERS = ("38", "13", "29")
OTHERS = ("Lumora", "Tavenko", "Bexlin")
OTHERS_ZH = ("瑞辰", "蓝桥", "博衡")
SUBJECTS = ("Medical", "Normal", "Forestry")
INITIALS = (
    "American", "Boston", "Community", "Dental", "Education", "Family", "Garden", "Housing", "Innovation",
    "Junior", "Kansas", "Library", "Museum", "Neighborhood", "Ohio", "Partnership", "Quincy", "River",
    "Safety", "Transit", "Union", "Valley", "Water", "Xenia", "Youth", "Zoning",
)  # fmt: skip
UNLISTED = ("Kunming", "Lanzhou", "Fuzhou", "Nanchang")
UNLISTED_ZH = ("昆明", "兰州", "福州", "南昌")


def near_misses(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Kinds and names of others that share words with those of an entry, and are not it."""
    for name in names:
        if has_han(name):
            yield from _near_chinese(name)
        elif not is_person(name) and name.isascii():
            yield from _near_latin(name)


def _near_latin(name: str) -> Iterator[tuple[str, str]]:
    bare = _BRACKETED.sub("", core(name))
    words = bare.split()
    if is_university(bare) and words[0] in CITIES:
        yield from (("university elsewhere", " ".join([city, *words[1:]])) for city in UNLISTED)
        yield from (("other university", f"{words[0]} {subject} University") for subject in SUBJECTS)
    if words[0] in CITIES:
        yield "government", f"{words[0]} Municipal People's Government"
    for index, word in enumerate(words):
        if word.rstrip("thnds").isdigit():
            yield from (
                ("other number", " ".join([*words[:index], number, *words[index + 1 :]]))
                for number in OTHER_NUMBERS
            )
    trade = [word for word in words if word in ABBREVIATIONS]
    if trade and not is_university(bare) and len(words) > len(trade):
        yield from (("other name", " ".join([other, *trade])) for other in OTHERS)
        if words[0] in CITIES:
            yield from (("other name", " ".join([words[0], other, *trade])) for other in OTHERS)
    if re.fullmatch("[A-Z]{3,5}", name):
        expanded = " ".join(word for letter in name for word in INITIALS if word[0] == letter)
        yield "same initials", f"{expanded} ({name})"
        yield "same initials", f"{name} - {expanded}"


def _near_chinese(name: str) -> Iterator[tuple[str, str]]:
    bare = core_zh(name)
    place = next((zh for zh in CITIES.values() if bare.startswith(zh)), "")
    rest = bare.removeprefix(place)
    if is_university(bare) and place:
        yield from (("university elsewhere", f"{city}{rest}") for city in UNLISTED_ZH)
        yield from (("other university", f"{place}{subject}大学") for subject in ("医科", "师范", "林业"))
    if place:
        yield "government", f"{place}市人民政府"
    trades = "".join(re.findall("|".join(sorted(TRADE_ZH, key=len, reverse=True)), rest))
    if trades and not is_university(bare):
        yield from (("other name", f"{place}{other}{trades}有限公司") for other in OTHERS_ZH)
