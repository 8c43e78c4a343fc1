"""The directory: who is listed, found by name in any manner of writing and by what they need and offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from itertools import chain
from operator import and_, or_
from typing import NamedTuple

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import Case, Count, Exists, Func, OuterRef, Q, TextField, Value, When
from django.db.models.functions import Greatest, Left, Length, StrIndex
from rapidfuzz import fuzz

from alliances.enums import Country, Kind, SizeBand
from alliances.models import Need, Offer, Topic
from alliances.models.organization import OrganizationQuerySet
from alliances.names import comparable, fold, has_han, pinyin, region_of, search_term
from alliances.selectors import CITY_CLASS_BOUNDS, counted_once


class Side(StrEnum):
    """Which side of a topic an organization stands on."""

    NEEDS = "needs"
    OFFERS = "offers"


class Region(NamedTuple):
    """A state or province of the register: what names it in an address, and how organizations write it."""

    key: str
    country: str
    written: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What the directory is asked for; what is empty is not asked. Areas and topics are slugs."""

    text: str = ""
    country: str = ""
    kind: str = ""
    area: str = ""
    topic: str = ""
    side: str = ""
    size: str = ""
    region: Region | None = None


Counts = dict[tuple[str, str], int]


class Found(NamedTuple):
    """The organizations found, nearest first. `counts` are by (kind, country), as if neither were asked for.

    `number` of them. `alike`: nobody is named as was searched for, these are named nearly so.
    """

    organizations: OrganizationQuerySet
    counts: Counts
    number: int
    alike: bool


def find(listed: OrganizationQuerySet, wanted: Wanted, everybody: Counts | None = None) -> Found:
    """Those of the listed who are as wanted, in a number of queries that does not grow with them.

    `everybody` are the counts of all who are listed, where they are known already.
    """
    rows = _stated(listed, wanted)
    forms = spellings(wanted.text)
    found, alike = (_named(rows, forms) if forms else rows.order_by(Left("search_key", 100), "code")), False
    anybody = replace(wanted, kind="", country="") == Wanted()
    counts = everybody if anybody and everybody is not None else counts_of(found)
    if forms and not counts:
        nearest = _nearly_named(rows, forms)
        order = Case(*(When(pk=pk, then=place) for place, pk in enumerate(nearest)), default=0)
        found, alike = rows.filter(pk__in=nearest).order_by(order), bool(nearest)
        counts = counts_of(found)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.country:
        found = found.filter(country=wanted.country)
    number = sum(
        number
        for (kind, country), number in counts.items()
        if wanted.kind in ("", kind) and wanted.country in ("", country)
    )
    return Found(found, counts, number, alike)


def named_like(rows: OrganizationQuerySet, text: str) -> OrganizationQuerySet:
    """Those whose names hold every word of the text, in either script or in pinyin; all where it says
    nothing."""
    forms = spellings(text)
    if not forms:
        return rows
    return rows.filter(pk__in=_named(rows, forms).order_by().values("pk"))


def regions(listed: OrganizationQuerySet) -> list[Region]:
    """The states and provinces in which anybody is, by country and key; one query."""
    written: dict[tuple[str, str], list[str]] = {}
    pairs = listed.exclude(region="").order_by("country", "region").values_list("country", "region")
    for country, region in pairs.distinct():
        written.setdefault((country, region_of(country, region) or region), []).append(region)
    return [
        Region(f"{country}-{key}", country, tuple(names)) for (country, key), names in sorted(written.items())
    ]


def counts_of(found: OrganizationQuerySet) -> Counts:
    """How many there are, by kind and country; one query."""
    rows = found.order_by().values_list("kind", "country").annotate(Count("pk"))
    return {(kind, country): number for kind, country, number in rows}


def known_of(listed: OrganizationQuerySet, *, to_staff: bool = False) -> tuple[list[Region], Counts]:
    """The states and provinces and the counts of all who are listed, kept until the register changes.

    The same for all whom the directory is open to, but staff, who see more.
    """
    return counted_once(f"directory-{to_staff}", lambda: (regions(listed), counts_of(listed)))


# --- What is stated -------------------------------------------------------------------------------


def _stated(listed: OrganizationQuerySet, wanted: Wanted) -> OrganizationQuerySet:
    """Those of this place and size, who stand on this side of this topic."""
    rows = listed
    if wanted.region:
        rows = rows.filter(country=wanted.region.country, region__in=wanted.region.written)
    if wanted.size:
        rows = rows.filter(_of_size(wanted.size))
    if wanted.area or wanted.topic or wanted.side:
        asked: dict[str, object] = {"organization": OuterRef("pk")}
        of_topic = {"area__slug": wanted.area, "slug": wanted.topic}
        if named := {field: slug for field, slug in of_topic.items() if slug}:
            # By number: the database then knows how few state them and begins there.
            asked["topic__in"] = list(Topic.objects.filter(**named).values_list("pk", flat=True))
        needs, offers = (Exists(model.objects.filter(**asked)) for model in (Need, Offer))
        sides = {Side.NEEDS.value: Q(needs), Side.OFFERS.value: Q(offers)}
        rows = rows.filter(sides.get(wanted.side, Q(needs) | Q(offers)))
    return rows


def _of_size(size: str) -> Q:
    """A band of staff, or a city class: bounds of population in its country."""
    if size in SizeBand:
        return Q(size_band=size)
    country, lower, upper = _CITY_CLASSES[size]
    above = Q() if upper is None else Q(population__lt=upper)
    return above & Q(kind=Kind.CITY, country=country, population__gte=lower)


_CITY_CLASSES: dict[str, tuple[Country, int, int | None]] = {
    size: (country, lower, above[0])
    for country, bounds in CITY_CLASS_BOUNDS.items()
    for (lower, size), above in zip(bounds, ((None, None), *bounds), strict=False)
}


# --- Names ----------------------------------------------------------------------------------------

# Trigrams pass whatever may be meant, the likeness in letters then decides.
# A slip spoils three trigrams or four, so a long text may be asked for more than a short one.
ROUGHLY_LIKE, ROUGHLY_LIKE_IF_LONG, LONG = 0.3, 0.4, 12
MOST_LOOKED_AT = 300
NEARLY_NAMED = 77  # of 100: a slip in five letters, two in nine
MOST_ALIKE = 20


def spellings(text: str) -> list[tuple[str, ...]]:
    """The words searched for: as typed, then as names are compared: Peking as Beijing, 上海市政府 as 上海.

    Empty where the text holds no letter.
    """
    typed = (search_term(piece) for piece in text.split()) if has_han(text) else fold(text).split()
    forms = [tuple(filter(None, typed))]
    forms += (reading.words or (reading.joined,) for reading in comparable(text, is_place=True))
    return list(dict.fromkeys(form for form in forms if form))


def _named(rows: OrganizationQuerySet, forms: list[tuple[str, ...]]) -> OrganizationQuerySet:
    """Those whose names hold every word of a form: whole words first, then beginnings, then parts of words.

    Among equals the names that begin with the first word come first, then the shorter ones.
    """
    parted = Func("search_key", template="(' ' || %(expressions)s || ' ')", output_field=TextField())
    places = [
        reduce(and_, (Q(parted__contains=f"{before}{word}{after}") for word in form))
        for form in forms
        for before, after in ((" ", " "), (" ", ""), ("", ""))
    ]
    # All that is found is at least in the last place.
    nearness = Case(
        *(When(place, then=number) for number, place in enumerate(places[:-1])), default=len(places)
    )
    begins = StrIndex(parted, Value(f" {forms[0][0]}"))
    holds = (reduce(and_, (Q(search_key__contains=word) for word in form)) for form in forms)
    return (
        rows.filter(reduce(or_, holds))
        .alias(parted=parted)
        .order_by(nearness, begins, Length("search_key"), "search_key", "code")
    )


def _nearly_named(rows: OrganizationQuerySet, forms: list[tuple[str, ...]]) -> list[int]:
    """The ids of those whose names are like a form but for a slip or two, the likest first."""
    texts = list(dict.fromkeys(_written(forms)))
    holds = (Q(search_key__trigram_word_similar=text) for text in texts)
    likeness = Greatest(Value(0.0), *(TrigramWordSimilarity(text, "search_key") for text in texts))
    least = ROUGHLY_LIKE if min(map(len, texts)) < LONG else ROUGHLY_LIKE_IF_LONG
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(least)])
        found = rows.filter(reduce(or_, holds)).order_by(likeness.desc(), "pk")
        keys = dict(found.values_list("pk", "search_key")[:MOST_LOOKED_AT])
    near = {pk: key for pk, key in keys.items() if _slips(texts, key)}
    score = {pk: max(_likeness(text, key.split()) for text in texts) for pk, key in near.items()}
    return sorted(near, key=lambda pk: (-score[pk], len(near[pk]), near[pk], pk))[:MOST_ALIKE]


def _slips(texts: list[str], key: str) -> bool:
    return any(fuzz.partial_ratio(text, key) >= NEARLY_NAMED for text in texts)


def _likeness(text: str, words: list[str]) -> float:
    """How like the text is to the likest run of words that is at most one word longer, of 100."""
    most = text.count(" ") + 2
    runs = (
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, most + 1)
    )
    return max((fuzz.ratio(text, run) for run in runs), default=0.0)


def _written(forms: list[tuple[str, ...]]) -> Iterator[str]:
    """Each form in one line, Chinese in pinyin: a wrong character mostly sounds like the right one."""
    for form in forms:
        sounds = (pinyin(word) if has_han(word) else (word,) for word in form)
        yield " ".join(chain.from_iterable(sounds))
