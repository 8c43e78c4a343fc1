"""The index finds what comparing everything with everything finds, and many times faster."""

from __future__ import annotations

import time

from alliances.names import has_han
from alliances.screening.names import readings
from alliances.screening.scoring import THRESHOLD, Listed, Matcher, likeness
from tests.alliances.screening.made_up import MadeUp


def _naive(listed: list[Listed], names: list[str]) -> list[dict[int, float]]:
    read = [
        (entry.key, any(map(has_han, entry.names)), reading)
        for entry in listed
        for name in entry.names
        for reading in readings(name, listed=True)
    ]
    found = []
    for name in names:
        best: dict[int, float] = {}
        for asked in readings(name):
            for key, has_chinese, reading in read:
                if not (asked.derived and has_chinese):
                    score, _why = likeness(asked, reading)
                    if score >= THRESHOLD:
                        best[key] = max(score, best.get(key, 0.0))
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
    began = time.perf_counter()
    expected = _naive(listed, names)
    naive = time.perf_counter() - began
    matcher = Matcher(listed)
    began = time.perf_counter()
    found = [{match.key: match.score for match in matcher.matches(name)} for name in names]
    indexed = time.perf_counter() - began
    assert found == expected
    assert sum(map(bool, found)) > 15
    assert indexed * 10 < naive
