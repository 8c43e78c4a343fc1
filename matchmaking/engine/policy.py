"""The scoring policy: every number of a score, checked when it is made, exact through JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from matchmaking.engine.names import BANDS, CRITERIA, FUSIONS, KINDS, RELEASES, SIZE_BANDS


class PolicyError(ValueError):
    """A policy that cannot stand: which field, what was given, how to put it right."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field} is {value!r}: {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy


def _number(field: str, value: object, low: float, high: float, *, open_low: bool = False) -> float:
    remedy = (
        f"give a number above {low:g}, at most {high:g}"
        if open_low
        else f"give a number from {low:g} to {high:g}"
    )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyError(field, value, remedy)
    if not math.isfinite(value) or not low <= value <= high or (open_low and value == low):
        raise PolicyError(field, value, remedy)
    return float(value)


def _whole(field: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise PolicyError(field, value, f"give a whole number from {low} to {high}")
    return value


def _word(field: str, value: object, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise PolicyError(field, value, f"give one of {', '.join(allowed)}")
    return value


def _keys(field: str, value: object, expected: Sequence[str]) -> Mapping[str, Any]:
    """`value` as a mapping with exactly the expected keys."""
    if not isinstance(value, Mapping):
        raise PolicyError(field, value, f"give a value for each of {', '.join(expected)}")
    for key in value:
        if key not in expected:
            raise PolicyError(
                f"{field}.{key}" if field else str(key), value[key], "remove this unknown field"
            )
    for key in expected:
        if key not in value:
            raise PolicyError(f"{field}.{key}" if field else key, None, "give this missing field")
    return value


def _weights(field: str, value: object) -> dict[str, dict[str, float]]:
    rows = _keys(field, value, KINDS)
    return {
        kind: {
            criterion: _number(f"{field}.{kind}.{criterion}", weight, 0, 100)
            for criterion, weight in sorted(
                _keys(f"{field}.{kind}", rows[kind], CRITERIA).items(),
                key=lambda item: CRITERIA.index(item[0]),
            )
        }
        for kind in KINDS
    }


def _bounds(field: str, value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise PolicyError(field, value, "give two numbers, the lower first")
    low, high = _number(field, value[0], 0, 12), _number(field, value[1], 0, 12)
    if low >= high:
        raise PolicyError(field, value, "give two numbers, the lower first")
    return low, high


def _band_staff(field: str, value: object) -> dict[str, int]:
    bands = _keys(field, value, SIZE_BANDS)
    return {band: _whole(f"{field}.{band}", bands[band], 1, 10_000_000) for band in SIZE_BANDS}


def _bands(field: str, value: object) -> dict[str, float]:
    named = BANDS[:-1]
    given = _keys(field, value, named)
    bands = {band: _number(f"{field}.{band}", given[band], 0, 100) for band in named}
    if not bands["very_strong"] > bands["strong"] > bands["fair"]:
        raise PolicyError(field, dict(given), "give falling thresholds: very_strong above strong above fair")
    return bands


_CHECKS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "weights": _weights,
    "tau": lambda field, value: _number(field, value, 0, 1000, open_low=True),
    "sibling": lambda field, value: _number(field, value, 0, 1),
    "w0": lambda field, value: _number(field, value, 0, 100, open_low=True),
    "c0": lambda field, value: _number(field, value, 0, 1),
    "reach_people": _bounds,
    "reach_staff": _bounds,
    "band_staff": _band_staff,
    "text_floor": lambda field, value: _number(field, value, 0, 1, open_low=True),
    "top_k": lambda field, value: _whole(field, value, 1, 1000),
    "fusion": lambda field, value: _word(field, value, FUSIONS),
    "proposed_per_kind": lambda field, value: _whole(field, value, 0, 100),
    "digest_size": lambda field, value: _whole(field, value, 1, 100),
    "load_factor": lambda field, value: _number(field, value, 0, 1_000_000, open_low=True),
    "standing_decline_months": lambda field, value: _whole(field, value, 0, 600),
    "bands": _bands,
    "reason_floor": lambda field, value: _number(field, value, 0, 1),
    "release": lambda field, value: _word(field, value, RELEASES),
}

_CITY_WEIGHTS: Final[Mapping[str, float]] = {
    "needs_met": 1.0,
    "offers_wanted": 0.5,
    "shared_challenges": 0.6,
    "reach": 0.3,
    "scale": 0.1,
    "text": 0.2,
    "wanted_kinds": 0.05,
    "partnership_types": 0.05,
    "stage": 0.033,
    "horizon": 0.033,
    "budget": 0.033,
    "language": 0.1,
    "trust": 0.1,
}


@dataclass(frozen=True)
class Policy:
    """Every number of a score and of what is done with it.

    `weights[kind][criterion]` is the weight a seeker of that kind gives the criterion; `w0` and `c0` are the
    weight and value of the base; `tau` the half-way point of needs met and offers wanted; `sibling` what an
    offer counts for another topic of its challenge area; `reach_people` and `reach_staff` bounds of log10
    of the size; `band_staff` the staff a size band stands for; `text_floor` the cosine from which statements
    alone tie a pair; `bands` thresholds of 100 x score. Raises `PolicyError` for a value that cannot stand.
    """

    weights: Mapping[str, Mapping[str, float]]
    tau: float
    sibling: float
    w0: float
    c0: float
    reach_people: tuple[float, float]
    reach_staff: tuple[float, float]
    band_staff: Mapping[str, int]
    text_floor: float
    top_k: int
    fusion: str
    proposed_per_kind: int
    digest_size: int
    load_factor: float
    standing_decline_months: int
    bands: Mapping[str, float]
    reason_floor: float
    release: str

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    @classmethod
    def default(cls) -> Policy:
        """The starting policy: alliances start with the cities' weights; firms swap needs and offers."""
        return cls(
            weights={
                "city": _CITY_WEIGHTS,
                "firm": {**_CITY_WEIGHTS, "needs_met": 0.5, "offers_wanted": 1.0},
                "alliance": _CITY_WEIGHTS,
            },
            tau=1.0,
            sibling=0.25,
            w0=1.0,
            c0=0.1,
            reach_people=(4.0, 7.5),
            reach_staff=(1.5, 5.0),
            band_staff={"small": 100, "medium": 1500, "large": 20_000, "very-large": 100_000},
            text_floor=0.5,
            top_k=20,
            fusion="harmonic",
            proposed_per_kind=3,
            digest_size=5,
            load_factor=4.0,
            standing_decline_months=12,
            bands={"very_strong": 40.0, "strong": 33.0, "fair": 25.0},
            reason_floor=0.01,
            release="automatic",
        )

    @classmethod
    def from_dict(cls, given: object) -> Policy:
        """The policy of a plain dict, as `to_dict` writes it.

        Raises `PolicyError` for an unknown or missing field, a wrong type, NaN or infinity, a negative weight
        and a number out of range.
        """
        return cls(**_keys("", given, [field.name for field in fields(cls)]))

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, numbers and words: exact through JSON and back."""
        return {
            "weights": {kind: dict(row) for kind, row in self.weights.items()},
            "tau": self.tau,
            "sibling": self.sibling,
            "w0": self.w0,
            "c0": self.c0,
            "reach_people": list(self.reach_people),
            "reach_staff": list(self.reach_staff),
            "band_staff": dict(self.band_staff),
            "text_floor": self.text_floor,
            "top_k": self.top_k,
            "fusion": self.fusion,
            "proposed_per_kind": self.proposed_per_kind,
            "digest_size": self.digest_size,
            "load_factor": self.load_factor,
            "standing_decline_months": self.standing_decline_months,
            "bands": dict(self.bands),
            "reason_floor": self.reason_floor,
            "release": self.release,
        }

    def band(self, score: float) -> str:
        """The plain word for a reciprocal score, one of `names.BANDS`."""
        for band, threshold in self.bands.items():
            if 100 * score >= threshold:
                return band
        return BANDS[-1]
