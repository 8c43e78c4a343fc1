"""What an explanation of a pair holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Party = Literal["seeker", "candidate"]


@dataclass(frozen=True)
class CriterionShare:
    """One criterion of one direction. `value` is None and `share` 0 where it is not known."""

    criterion: str
    value: float | None
    weight: float
    share: float
    known: bool


@dataclass(frozen=True)
class Reason:
    """A criterion that carries more than the policy's floor, with the facts it rests on."""

    criterion: str
    share: float
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Effect:
    """How much lower the reciprocal score is without one stated fact; below zero where it would be higher.

    `party` states the fact in its profile `field`; `value` is the one item of a field that holds several.
    """

    party: Party
    field: str
    value: str | None
    effect: float


@dataclass(frozen=True)
class SideExplanation:
    """One direction: `base` and the shares sum to `affinity` within 1e-9. Reasons come largest first."""

    affinity: float
    base: float
    criteria: tuple[CriterionShare, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Explanation:
    """A pair explained from both sides, the same numbers as in the lists.

    `excluded` names the first hard constraint the pair fails; `tied` says whether it has a topical tie: only
    pairs that are tied and not excluded are listed.
    """

    seeker_id: int
    candidate_id: int
    score: float
    excluded: str | None
    tied: bool
    seeker: SideExplanation
    candidate: SideExplanation
    effects: tuple[Effect, ...]
