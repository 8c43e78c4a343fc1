"""How well listed names are found by the kind of their variation, and that near names of others are not."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from alliances.screening.scoring import Listed, Matcher
from tests.alliances.screening.judged import entries
from tests.alliances.screening.variants import near_misses, variants

SETS = ("", "second_", "third_")
# Of each kind at least so many are found.
LEAST = {
    "abbreviated": 0.96, "ampersand": 1, "at work": 0.93, "both scripts": 1, "branch": 0.98,
    "branch, Chinese": 0.87, "british": 1, "daughter": 1, "full width": 1, "half translated": 0.87,
    "joined": 0.99,
    "legal form": 1, "name alone": 0.95, "old place": 1, "order": 1, "part of a university": 1,
    "part of a university, Chinese": 1, "person": 1, "pinyin": 0.99, "plural": 1, "slip in a name": 0.95,
    "slip in a trade word": 1, "split": 1, "traditional": 1, "Wade-Giles": 0.96,
}  # fmt: skip


@cache
def _found() -> dict[str, tuple[int, int]]:
    """By kind how many variants of all sets were found, and how many there are."""
    found, asked = Counter[str](), Counter[str]()
    for which in SETS:
        names_of = entries(which)
        matcher = Matcher(Listed(key, names) for key, names in enumerate(names_of.values()))
        for key, names in enumerate(names_of.values()):
            for kind, variant in dict.fromkeys(variants(names)):
                asked[kind] += 1
                found[kind] += key in (match.key for match in matcher.matches(variant))
    return {kind: (found[kind], count) for kind, count in asked.items()}


@pytest.mark.parametrize("kind", LEAST)
def test_variants_are_found(kind: str) -> None:
    assert LEAST.keys() == _found().keys()
    found, count = _found()[kind]
    assert found >= LEAST[kind] * count, f"{found} of {count}"


@pytest.mark.parametrize("which", SETS)
def test_near_names_of_others_are_not_found(which: str) -> None:
    names_of = entries(which)
    matcher = Matcher(Listed(key, names) for key, names in enumerate(names_of.values()))
    asked = dict.fromkeys(near for names in names_of.values() for near in near_misses(names))
    assert [name for _kind, name in asked if matcher.matches(name)] == []
    assert {kind for kind, _name in asked} >= {"other name", "government", "same initials"}
