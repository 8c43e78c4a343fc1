"""Made-up names in both scripts, as many as wanted, always the same."""

from __future__ import annotations

import random

from alliances.screening.scoring import Listed


def _words(text: str) -> list[str]:
    return text.split()


BEGINNINGS = _words("b p m f d t n l g k h j q x zh ch sh r z c s w y")
ENDINGS = _words("a ai an ang ao e ei en eng i ian iang iao in ing iu o ong ou u uan ui un uo")
ENGLISH = _words(
    "ar bel cor dan el far gar hol in jor kel lan mor nor par quin ros sel tor ul var wes zan star link "
    "power net vis tron max dyn tek gen"
)
SECTORS = _words(
    "technology technologies international trading industrial electronics equipment science systems "
    "shipping petroleum import export engineering precision instruments"
)
PLACES = _words("beijing shanghai shenzhen hangzhou nanjing wuxi chengdu xian harbin wuhan tehran moscow")
PLACES_ZH = _words("北京 上海 深圳 杭州 南京 无锡 成都")
SECTORS_ZH = _words("科技 技术 电子 工业 国际 设备 信息 网络")
FORMS, FORMS_ZH = (" Co., Ltd.", " LLC", " Inc.", ""), ("有限公司", "股份有限公司", "集团", "")
SIGNS = [sign for sign in map(chr, range(0x4E00, 0x9FA5)) if len(sign.encode("gb2312", "ignore")) == 2]


class MadeUp:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def _brand(self) -> str:
        pick = self.random.choice
        if self.random.random() < 0.5:
            return "".join(pick(BEGINNINGS) + pick(ENDINGS) for _ in range(2))
        return "".join(pick(ENGLISH) for _ in range(pick((2, 3))))

    def latin(self) -> str:
        place = [self.random.choice(PLACES)] if self.random.random() < 0.4 else []
        brands = [self._brand() for _ in range(self.random.choice((1, 1, 2)))]
        sectors = self.random.sample(SECTORS, self.random.choice((1, 2, 3)))
        return " ".join([*place, *brands, *sectors]).title() + self.random.choice(FORMS)

    def han(self) -> str:
        pick = self.random.choice
        place = pick(PLACES_ZH) if self.random.random() < 0.5 else ""
        brand = "".join(pick(SIGNS) for _ in range(pick((2, 3, 4))))
        return f"{place}{brand}{pick(SECTORS_ZH)}{pick(FORMS_ZH)}"

    def name(self) -> str:
        return self.han() if self.random.random() < 0.3 else self.latin()

    def listed(self, key: int) -> Listed:
        aliases = [self.latin() for _ in range(self.random.choice((0, 1, 2, 3)))]
        chinese = [self.han()] if self.random.random() < 0.4 else []
        return Listed(key, [self.latin(), *aliases, *chinese])
