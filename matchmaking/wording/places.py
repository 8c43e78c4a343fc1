"""Kinds, places and sizes in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import Kind, SizeBand, Subtype
from alliances.models import Organization
from alliances.models.topic import InBothScripts
from alliances.regions import region_name
from alliances.selectors import size_class
from matchmaking.wording.numbers import is_chinese, large_number

# The lower and upper bounds of the register's staff bands.
STAFF = {
    SizeBand.SMALL: gettext_lazy("under 250 staff"),
    SizeBand.MEDIUM: gettext_lazy("250 to 4,999 staff"),
    SizeBand.LARGE: gettext_lazy("5,000 to 49,999 staff"),
    SizeBand.VERY_LARGE: gettext_lazy("50,000 staff or more"),
}


def kind_name(kind: str, subtype: str) -> str:
    """What it is as exactly as is known: "Port" or "University", else city, firm or alliance."""
    return str(Subtype(subtype).label if subtype else Kind(kind).label)


def size_words(population: int | None, size_band: str) -> str:
    """The size as a phrase: people or staff; empty where none is stated."""
    if population:
        return _("%(number)s people") % {"number": large_number(population)}
    return str(STAFF[SizeBand(size_band)]) if size_band else ""


def place_line(organization: Organization) -> str:
    """Kind · region · size: "City · Hubei · 10.4 million people". What is anonymous says so."""
    parts = (
        kind_name(organization.kind, organization.subtype),
        region_name(organization.country, organization.region),
        _size(organization),
        _("anonymous until it agrees") if organization.is_veiled else "",
    )
    return " · ".join(part for part in parts if part)


def _size(organization: Organization) -> str:
    words = size_words(organization.population, organization.size_band)
    if not words and organization.is_veiled and (size := size_class(organization)):
        return str(size.city_class.label)
    return words


def name_lang(named: Organization | InBothScripts) -> str:
    """The language of the shown name where it is not the reader's: only the other script is known."""
    if is_chinese():
        return "" if named.name_zh else "en"
    return "" if named.name_en else "zh-Hans"


def other_lang() -> str:
    """The language of a name in the other script, for `lang`."""
    return "en" if is_chinese() else "zh-Hans"
