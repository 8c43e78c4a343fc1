"""The scoring policy: every number of a score, checked when it is made, exact through JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

from matchmaking.engine.names import BANDS, CRITERIA, FUSIONS, KINDS, RELEASES, SIZE_BANDS


class PolicyError(ValueError):
    """A policy that cannot stand: which field, what was given, how to put it right.

    `remedy` is English; `template` and `params` are what it was made of, for whoever translates it.
    """

    def __init__(self, field: str, value: object, template: str, **params: str) -> None:
        self.field = field
        self.value = value
        self.template = template
        self.params = params
        super().__init__(f"{field} is {value!r}: {self.remedy}")

    @property
    def remedy(self) -> str:
        return self.template % self.params


class Range(NamedTuple):
    """What a number of a policy may be: from `low` (where `above`, only above it) to `high`."""

    low: float
    high: float
    above: bool = False
    whole: bool = False

    def check(self, field: str, value: object) -> Any:
        """The value as a number of its type. Raises `PolicyError`, for NaN and infinity too."""
        kinds = int if self.whole else int | float
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not self.low <= value <= self.high
            or (self.above and value == self.low)
        ):
            raise PolicyError(field, value, self.remedy, **self.params)
        return value if self.whole else float(value)

    @property
    def remedy(self) -> str:
        """How to put it right, with places for `low` and `high`."""
        if self.whole:
            return "give a whole number from %(low)s to %(high)s"
        if self.above:
            return "give a number above %(low)s, at most %(high)s"
        return "give a number from %(low)s to %(high)s"

    @property
    def params(self) -> dict[str, str]:
        """The remedy's `low` and `high`."""
        return {"low": f"{self.low:,}", "high": f"{self.high:,}"}


# What each number may be; of a field that holds several, each of them.
RANGES: Final[Mapping[str, Range]] = {
    "weights": Range(0, 100),
    "tau": Range(0, 1000, above=True),
    "sibling": Range(0, 1),
    "w0": Range(0, 100, above=True),
    "c0": Range(0, 1),
    "reach_people": Range(0, 12),
    "reach_staff": Range(0, 12),
    "band_staff": Range(1, 10_000_000, whole=True),
    "text_floor": Range(0, 1, above=True),
    "top_k": Range(1, 1000, whole=True),
    "proposed_per_kind": Range(0, 100, whole=True),
    "digest_size": Range(1, 100, whole=True),
    "load_factor": Range(0, 1_000_000, above=True),
    "standing_decline_months": Range(0, 600, whole=True),
    "bands": Range(0, 100),
    "reason_floor": Range(0, 1),
}
WORDS: Final[Mapping[str, tuple[str, ...]]] = {"fusion": FUSIONS, "release": RELEASES}


def _word(field: str, value: object) -> str:
    allowed = WORDS[field]
    if not isinstance(value, str) or value not in allowed:
        raise PolicyError(field, value, "give one of %(allowed)s", allowed=", ".join(allowed))
    return value


def _keys(field: str, value: object, expected: Sequence[str]) -> Mapping[str, Any]:
    """`value` as a mapping with exactly the expected keys."""
    if not isinstance(value, Mapping):
        raise PolicyError(field, value, "give a value for each of %(expected)s", expected=", ".join(expected))
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
            criterion: RANGES[field].check(f"{field}.{kind}.{criterion}", weight)
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
    low, high = (RANGES[field].check(field, bound) for bound in value)
    if low >= high:
        raise PolicyError(field, value, "give two numbers, the lower first")
    return low, high


def _band_staff(field: str, value: object) -> dict[str, int]:
    bands = _keys(field, value, SIZE_BANDS)
    return {band: RANGES[field].check(f"{field}.{band}", bands[band]) for band in SIZE_BANDS}


def _bands(field: str, value: object) -> dict[str, float]:
    named = BANDS[:-1]
    given = _keys(field, value, named)
    bands = {band: RANGES[field].check(f"{field}.{band}", given[band]) for band in named}
    if not bands["very_strong"] > bands["strong"] > bands["fair"]:
        raise PolicyError(field, dict(given), "give falling thresholds: very_strong above strong above fair")
    return bands


# Fields that are more than one number or word.
_STRUCTURED: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "weights": _weights,
    "reach_people": _bounds,
    "reach_staff": _bounds,
    "band_staff": _band_staff,
    "bands": _bands,
}


def _checked(name: str, value: object) -> Any:
    check = _STRUCTURED.get(name) or (_word if name in WORDS else RANGES[name].check)
    return check(name, value)


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
        for field in fields(self):
            object.__setattr__(self, field.name, _checked(field.name, getattr(self, field.name)))

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

    @staticmethod
    def problems(given: Mapping[str, Any]) -> list[PolicyError]:
        """What is wrong with a dict of all fields: the first problem of each."""
        found = []
        for field in fields(Policy):
            try:
                _checked(field.name, given[field.name])
            except PolicyError as error:
                found.append(error)
        return found

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
