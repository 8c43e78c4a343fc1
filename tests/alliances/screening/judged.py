"""The judged names and what they were judged against: the sets "", "second_", "third_" and "fourth_"."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Judged(NamedTuple):
    name: str
    expected: str
    entry: str


@cache
def entries(which: str = "") -> dict[str, tuple[str, ...]]:
    """The names of each entry, by its id."""
    return {
        row["_id"]: (row["name"], *(alias.strip() for alias in row["alt_names"].split(";") if alias.strip()))
        for row in _rows(f"{which}entries.csv")
    }


def judged(which: str = "") -> list[Judged]:
    return [Judged(row["name"], row["expected"], row["entry"]) for row in _rows(f"{which}names.csv")]


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
