"""A policy is checked when it is made and comes through JSON unchanged."""

import copy
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from matchmaking.engine import Policy, PolicyError
from matchmaking.engine.names import CRITERIA


def test_the_default_is_the_starting_policy() -> None:
    rules = Policy.default().to_dict()
    city = dict(zip(CRITERIA, (1, 0.5, 0.6, 0.3, 0.1, 0.2, 0.05, 0.05, *[0.033] * 3, 0.1, 0.1), strict=True))
    firm = {**city, "needs_met": 0.5, "offers_wanted": 1}
    assert rules == {
        "weights": {"city": city, "firm": firm, "alliance": city},
        "tau": 1,
        "sibling": 0.25,
        "w0": 1,
        "c0": 0.1,
        "reach_people": [4, 7.5],
        "reach_staff": [1.5, 5],
        "band_staff": {"small": 100, "medium": 1500, "large": 20000, "very-large": 100000},
        "text_floor": 0.5,
        "top_k": 20,
        "fusion": "harmonic",
        "proposed_per_kind": 3,
        "digest_size": 5,
        "load_factor": 4,
        "standing_decline_months": 12,
        "bands": {"very_strong": 40, "strong": 33, "fair": 25},
        "reason_floor": 0.01,
        "release": "automatic",
    }


def test_json_and_back_is_exact() -> None:
    odd = replace(Policy.default(), tau=0.1 + 0.2, sibling=1 / 3, release="manual")
    text = json.dumps(odd.to_dict())
    assert Policy.from_dict(json.loads(text)) == odd
    assert json.dumps(Policy.from_dict(json.loads(text)).to_dict()) == text


def with_value(path: str, value: object) -> dict[str, Any]:
    rules = copy.deepcopy(Policy.default().to_dict())
    *above, last = path.split(".")
    place = rules
    for name in above:
        place = place[name]
    place[last] = value
    return rules


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("weights.city.needs_met", -0.1),
        ("weights.city.needs_met", math.nan),
        ("weights.firm.trust", math.inf),
        ("weights.firm.trust", "1"),
        ("weights.firm.trust", True),
        ("weights.firm.trust", None),
        ("weights.bank", {}),
        ("weights.city.charm", 1),
        ("tau", 0),
        ("tau", -1),
        ("sibling", 1.1),
        ("w0", 0),
        ("c0", -0.1),
        ("reach_people", [4]),
        ("reach_people", [7, 4]),
        ("reach_staff", "1,5"),
        ("band_staff.small", 0),
        ("band_staff.small", 99.5),
        ("band_staff.tiny", 5),
        ("text_floor", 0),
        ("top_k", 0),
        ("top_k", 20.0),
        ("top_k", 1001),
        ("fusion", "sum"),
        ("proposed_per_kind", -1),
        ("digest_size", 0),
        ("load_factor", 0),
        ("standing_decline_months", -1),
        ("reason_floor", 2),
        ("release", "at once"),
        ("colour", "red"),
    ],
)
def test_a_value_that_cannot_stand_is_named_with_a_remedy(path: str, value: object) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.from_dict(with_value(path, value))
    assert caught.value.field == path
    assert caught.value.value is value or caught.value.value == value
    assert caught.value.remedy
    assert path in str(caught.value)


@pytest.mark.parametrize("path", ["tau", "weights", "weights.alliance", "weights.city.text", "bands.fair"])
def test_a_missing_field_is_named(path: str) -> None:
    rules = Policy.default().to_dict()
    *above, last = path.split(".")
    place = rules
    for name in above:
        place = place[name]
    del place[last]
    with pytest.raises(PolicyError) as caught:
        Policy.from_dict(rules)
    assert (caught.value.field, caught.value.value) == (path, None)


@pytest.mark.parametrize("given", [None, [], "policy", 3])
def test_what_is_no_mapping_is_refused(given: object) -> None:
    with pytest.raises(PolicyError):
        Policy.from_dict(given)


def test_thresholds_must_fall() -> None:
    with pytest.raises(PolicyError, match="falling thresholds"):
        replace(Policy.default(), bands={"very_strong": 40, "strong": 40, "fair": 25})


def test_a_changed_copy_is_checked_too_and_the_givers_dict_is_not_kept() -> None:
    with pytest.raises(PolicyError):
        replace(Policy.default(), tau=-1.0)
    rules = Policy.default().to_dict()
    policy = Policy.from_dict(rules)
    rules["weights"]["city"]["trust"] = 99
    assert policy == Policy.default()


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (1, "very_strong"),
        (0.4, "very_strong"),
        (0.39, "strong"),
        (0.25, "fair"),
        (0.2499, "slight"),
        (0, "slight"),
    ],
)
def test_bands(score: float, band: str) -> None:
    assert Policy.default().band(score) == band
