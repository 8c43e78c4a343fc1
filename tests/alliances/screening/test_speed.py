"""The index finds what comparing everything with everything finds, and many times faster."""

from __future__ import annotations

import time

import pytest

from alliances.screening.scoring import THRESHOLD, Listed, Matcher, asked_readings, compared, keys_of
from tests.alliances.screening.judged import entries, judged
from tests.alliances.screening.made_up import MadeUp


def _naive(matcher: Matcher, names: list[str]) -> list[dict[int, float]]:
    found = []
    for name in names:
        best: dict[int, float] = {}
        for asked, is_part in asked_readings(name):
            for alias in matcher.aliases:
                score, _why = compared(asked, alias, is_part=is_part)
                if score >= THRESHOLD:
                    best[alias.entry] = max(score, best.get(alias.entry, 0.0))
        found.append(best)
    return found


def test_the_index_finds_the_same_and_much_faster() -> None:
    made_up = MadeUp(7)
    listed = [made_up.listed(key) for key in range(200)]
    # Half of them are names of the list, written in other ways, so that there is something to find.
    names = [made_up.name() for _ in range(30)]
    for entry in listed[:30]:
        name = entry.names[-1]
        names.append(name.replace("a", "", 1).upper() if name.isascii() else f"{name[:-1]}集团")
    matcher = Matcher(listed)
    began = time.perf_counter()
    expected = _naive(matcher, names)
    naive = time.perf_counter() - began
    began = time.perf_counter()
    found = [{match.key: match.score for match in matcher.matches(name)} for name in names]
    indexed = time.perf_counter() - began
    assert found == expected
    assert sum(map(bool, found)) > 15
    assert indexed * 10 < naive


@pytest.mark.parametrize("which", ["", "second_", "third_"])
def test_the_keys_find_whatever_judged_name_the_score_finds(which: str) -> None:
    matcher = Matcher(Listed(key, names) for key, names in enumerate(entries(which).values()))
    names = [one.name for one in judged(which)]
    expected = _naive(matcher, names)
    assert [{match.key: match.score for match in matcher.matches(name)} for name in names] == expected
    keys = matcher.keys()
    unfound = [
        (name, key)
        for name, found in zip(names, expected, strict=True)
        for key in found
        if keys[key].isdisjoint(keys_of(name))
    ]
    assert unfound == []
