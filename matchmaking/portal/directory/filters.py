"""What the directory can be asked for, as a form that is sent in the address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.directory import Region, Side, Wanted, spellings
from alliances.enums import CityClass, Country, Kind, SizeBand
from alliances.importing.problems import shown
from alliances.regions import region_name
from alliances.selectors import CITY_CLASS_BOUNDS
from matchmaking.portal.facts import PLURALS
from matchmaking.wording import challenges

LONGEST_SEARCH = 100
ANYTHING = ("", gettext_lazy("Any"))
SIDES: Mapping[str, object] = {
    "": gettext_lazy("Needs or offers it"),
    Side.NEEDS: gettext_lazy("Needs it"),
    Side.OFFERS: gettext_lazy("Offers it"),
}
Choices = list[tuple[str | Promise, object]]


@dataclass(frozen=True)
class Option:
    """A value of a filter, with how many it would show where that is counted."""

    value: str
    label: object
    chosen: bool
    count: int | None = None


class LongList(forms.Select):
    """A list as Django draws it, but not by a template for each of a hundred options: that takes longer than
    the rest of the page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: object = None
    ) -> SafeString:
        chosen = set(self.format_value(value))
        drawn = (
            format_html('<optgroup label="{}">{}</optgroup>', one, _options(below, chosen))
            if isinstance(below, list | tuple)
            else _options([(one, below)], chosen)
            for one, below in self.choices
        )
        written = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html(
            "<select{}>{}</select>", written, format_html_join("", "{}", ((one,) for one in drawn))
        )


SELECTED = SafeString(" selected")


def _options(choices: Iterable[tuple[Any, Any]], chosen: Collection[str]) -> SafeString:
    rows = ((value, SELECTED if str(value) in chosen else "", label) for value, label in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


class DirectoryForm(forms.Form):
    """Every field may be empty. What is unknown is an error, and is then left out of `wanted`."""

    q = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        help_text=gettext_lazy("English, Chinese, pinyin or initials; small typos are fine."),
    )
    kind = forms.ChoiceField(required=False, choices=Kind)
    country = forms.ChoiceField(required=False, choices=Country)
    side = forms.ChoiceField(required=False, choices=[(side.value, "") for side in Side])
    area = forms.ChoiceField(label=gettext_lazy("Challenge area"), required=False, widget=LongList)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False, widget=LongList)
    region = forms.ChoiceField(label=gettext_lazy("State or province"), required=False, widget=LongList)
    size = forms.ChoiceField(label=gettext_lazy("Size class"), required=False, widget=LongList)

    def __init__(self, asked: QueryDict, regions: Iterable[Region]) -> None:
        super().__init__(asked)
        self.regions = {region.key: region for region in regions}
        named = challenges()
        topics: dict[str, list[tuple[str, str]]] = {area: [] for area in named.areas}
        for topic, name in named.topics.items():
            topics[named.area_of[topic]].append((topic, name))
        for name, choices in (
            ("area", list(named.areas.items())),
            ("topic", [(named.areas[area], of_area) for area, of_area in topics.items()]),
            ("region", _by_country(self.regions.values())),
            ("size", _sizes()),
        ):
            field = self.fields[name]
            field.choices = [ANYTHING, *choices]  # type: ignore[attr-defined]
            # The lists stand beside the form, which holds the search only.
            field.widget.attrs["form"] = "directory"

    def clean_q(self) -> str:
        text = str(self.cleaned_data["q"])
        if text and not spellings(text):
            raise forms.ValidationError("")
        return text

    @property
    def stated(self) -> dict[str, str]:
        """What is asked for and known, as it stands in the address."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def wanted(self) -> Wanted:
        asked = self.stated
        region = self.regions.get(asked.pop("region", ""))
        return Wanted(text=asked.pop("q", ""), region=region, **asked)

    def address(self, **changes: str) -> str:
        """The query of this search with some of it changed or, where empty, left out."""
        return urlencode({name: value for name, value in {**self.stated, **changes}.items() if value})

    def problems(self) -> list[str]:
        """A sentence for everything that the address asks for and that was left out."""
        return [self._problem(name) for name in self.errors]

    def _problem(self, name: str) -> str:
        value = shown(self.data[name])
        if name != "q":
            return unknown_value(name, value)
        if not self.has_error("q", "max_length"):
            return _("“%(value)s” cannot be searched for. Type a name, or a part of one, in letters.") % {
                "value": value
            }
        return _("The search for “%(value)s” was left out. Type a name of at most %(limit)s characters.") % {
            "value": value,
            "limit": LONGEST_SEARCH,
        }

    def options(self, counts: Mapping[tuple[str, str], int]) -> dict[str, Sequence[Option]]:
        """The filters that stand open. Of kind and country each is counted as the other stands."""
        asked = self.stated
        kind, country, side = (asked.get(name, "") for name in ("kind", "country", "side"))
        by_kind = {
            value: sum(n for (k, c), n in counts.items() if value in ("", k) and country in ("", c))
            for value in ("", *Kind.values)
        }
        by_country = {
            value: sum(n for (k, c), n in counts.items() if value in ("", c) and kind in ("", k))
            for value in ("", *Country.values)
        }
        kinds: dict[str, object] = {"": _("All kinds"), **{kind.value: PLURALS[kind] for kind in Kind}}
        countries: dict[str, object] = {"": _("Both countries"), **dict(Country.choices)}
        return {
            "kinds": [Option(value, label, value == kind, by_kind[value]) for value, label in kinds.items()],
            "countries": [
                Option(value, label, value == country, by_country[value])
                for value, label in countries.items()
            ],
            "sides": [Option(value, label, value == side) for value, label in SIDES.items()],
        }


def unknown_value(parameter: str, value: str) -> str:
    """That a value in the address is none of the directory's, and what to do."""
    return _(
        "“%(parameter)s=%(value)s” in the address is not known here and was left out. Choose from the lists "
        "instead."
    ) % {"parameter": parameter, "value": shown(value)}


def _by_country(regions: Iterable[Region]) -> Choices:
    groups: dict[str, list[tuple[str, str]]] = {}
    for region in regions:
        # Of the ways in which it is written the first that has a name in both languages.
        names = [region_name(region.country, written) for written in region.written]
        known = (name for name, written in zip(names, region.written, strict=True) if name != written)
        label = next(known, names[0])
        groups.setdefault(str(Country(region.country).label), []).append((region.key, label))
    return [(country, sorted(choices, key=lambda one: one[1])) for country, choices in groups.items()]


def _sizes() -> Choices:
    def classes(country: Country) -> list[tuple[str, str | Promise]]:
        return [(size.value, CityClass(size).label) for _lower, size in CITY_CLASS_BOUNDS[country]]

    return [
        (_("Chinese cities"), classes(Country.CN)),
        (_("US cities"), classes(Country.US)),
        (_("By staff"), SizeBand.choices),
    ]
