"""States and provinces in the reader's language."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext_lazy

from alliances.enums import Country
from alliances.names import region_of

US_REGIONS = {
    "AL": gettext_lazy("Alabama"), "AK": gettext_lazy("Alaska"), "AZ": gettext_lazy("Arizona"),
    "AR": gettext_lazy("Arkansas"), "CA": gettext_lazy("California"), "CO": gettext_lazy("Colorado"),
    "CT": gettext_lazy("Connecticut"), "DE": gettext_lazy("Delaware"), "DC": gettext_lazy("Washington, DC"),
    "FL": gettext_lazy("Florida"), "GA": gettext_lazy("Georgia"), "HI": gettext_lazy("Hawaii"),
    "ID": gettext_lazy("Idaho"), "IL": gettext_lazy("Illinois"), "IN": gettext_lazy("Indiana"),
    "IA": gettext_lazy("Iowa"), "KS": gettext_lazy("Kansas"), "KY": gettext_lazy("Kentucky"),
    "LA": gettext_lazy("Louisiana"), "ME": gettext_lazy("Maine"), "MD": gettext_lazy("Maryland"),
    "MA": gettext_lazy("Massachusetts"), "MI": gettext_lazy("Michigan"), "MN": gettext_lazy("Minnesota"),
    "MS": gettext_lazy("Mississippi"), "MO": gettext_lazy("Missouri"), "MT": gettext_lazy("Montana"),
    "NE": gettext_lazy("Nebraska"), "NV": gettext_lazy("Nevada"), "NH": gettext_lazy("New Hampshire"),
    "NJ": gettext_lazy("New Jersey"), "NM": gettext_lazy("New Mexico"), "NY": gettext_lazy("New York"),
    "NC": gettext_lazy("North Carolina"), "ND": gettext_lazy("North Dakota"), "OH": gettext_lazy("Ohio"),
    "OK": gettext_lazy("Oklahoma"), "OR": gettext_lazy("Oregon"), "PA": gettext_lazy("Pennsylvania"),
    "RI": gettext_lazy("Rhode Island"), "SC": gettext_lazy("South Carolina"),
    "SD": gettext_lazy("South Dakota"), "TN": gettext_lazy("Tennessee"), "TX": gettext_lazy("Texas"),
    "UT": gettext_lazy("Utah"), "VT": gettext_lazy("Vermont"), "VA": gettext_lazy("Virginia"),
    "WA": gettext_lazy("Washington State"), "WV": gettext_lazy("West Virginia"),
    "WI": gettext_lazy("Wisconsin"), "WY": gettext_lazy("Wyoming"), "PR": gettext_lazy("Puerto Rico"),
}  # fmt: skip

CHINESE_REGIONS = {
    "Anhui": gettext_lazy("Anhui"), "Beijing": gettext_lazy("Beijing"),
    "Chongqing": gettext_lazy("Chongqing"), "Fujian": gettext_lazy("Fujian"),
    "Gansu": gettext_lazy("Gansu"), "Guangdong": gettext_lazy("Guangdong"),
    "Guangxi": gettext_lazy("Guangxi"), "Guizhou": gettext_lazy("Guizhou"),
    "Hainan": gettext_lazy("Hainan"), "Hebei": gettext_lazy("Hebei"),
    "Heilongjiang": gettext_lazy("Heilongjiang"), "Henan": gettext_lazy("Henan"),
    "Hong Kong": gettext_lazy("Hong Kong"), "Macao": gettext_lazy("Macao"),
    "Hubei": gettext_lazy("Hubei"), "Hunan": gettext_lazy("Hunan"),
    "Inner Mongolia": gettext_lazy("Inner Mongolia"), "Jiangsu": gettext_lazy("Jiangsu"),
    "Jiangxi": gettext_lazy("Jiangxi"), "Jilin": gettext_lazy("Jilin"),
    "Liaoning": gettext_lazy("Liaoning"), "Ningxia": gettext_lazy("Ningxia"),
    "Qinghai": gettext_lazy("Qinghai"), "Shaanxi": gettext_lazy("Shaanxi"),
    "Shandong": gettext_lazy("Shandong"), "Shanghai": gettext_lazy("Shanghai"),
    "Shanxi": gettext_lazy("Shanxi"), "Sichuan": gettext_lazy("Sichuan"),
    "Tianjin": gettext_lazy("Tianjin"), "Tibet": gettext_lazy("Tibet"),
    "Xinjiang": gettext_lazy("Xinjiang"), "Yunnan": gettext_lazy("Yunnan"),
    "Zhejiang": gettext_lazy("Zhejiang"),
}  # fmt: skip


@lru_cache
def _stored() -> dict[tuple[str, str], str]:
    tables = ((Country.US, US_REGIONS), (Country.CN, CHINESE_REGIONS))
    return {(country, region_of(country, name)): name for country, names in tables for name in names}


def stored_region(country: str, stated: str) -> str:
    """The region as the register writes it, whatever the script: "TX" of Texas, "Hubei" of 湖北省.

    Rules and filters compare what is written. What the tables do not know stays as it is stated.
    """
    return _stored().get((country, region_of(country, stated)), stated)


def region_name(country: str, region: str) -> str:
    """The state or province in the active language; one that the tables do not know stays as written."""
    names = US_REGIONS if country == Country.US else CHINESE_REGIONS
    return str(names.get(region, region))
