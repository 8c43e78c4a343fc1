"""One country's organizations as arrays: what a snapshot stores, and what follows from it for scoring."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from matchmaking.engine.embedder import GRID, scored_statements
from matchmaking.engine.names import (
    BUDGET_BANDS,
    CAUSES,
    CRITERIA,
    HORIZONS,
    KINDS,
    LANGUAGES,
    MEASURES,
    PARTNERSHIP_TYPES,
    SCORED_TEXT,
    SIZE_BANDS,
    STAGES,
    STORED_TEXT,
)
from matchmaking.engine.policy import Policy
from matchmaking.engine.profiles import Profile, Topic, TrustFacts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NO_SIZE = -1
UNKNOWN = -1


def on_grid(value: float) -> float:
    """The nearest multiple of 2^-20: what hides the last bits of a machine's own logarithm or root."""
    return round(value / GRID) * GRID


@dataclass(frozen=True)
class Scale:
    """What sides share and encoding needs: the topics in order, their areas, idf and the policy."""

    topics: tuple[str, ...]
    areas: tuple[str, ...]
    idf: Floats
    policy: Policy

    @property
    def leaves(self) -> list[Topic]:
        """The topics with their areas, in order."""
        return [Topic(slug, area) for slug, area in zip(self.topics, self.areas, strict=True)]

    @cached_property
    def area_of(self) -> Ints:
        """The index of each topic's challenge area, shape (topics,)."""
        order = {area: number for number, area in enumerate(dict.fromkeys(self.areas))}
        return np.array([order[area] for area in self.areas], dtype=np.int64)

    @cached_property
    def weights(self) -> Floats:
        """The policy's weights, shape (3 kinds, 13 criteria)."""
        return np.array([[self.policy.weights[kind][name] for name in CRITERIA] for kind in KINDS])


@dataclass(frozen=True)
class Side:
    """Arrays of n organizations. Stored fields only; everything transcendental in them is on the 2^-20 grid.

    Levels are kept in whole thirds (priority and maturity 1 to 3, 0 none), shape (n, topics). `measure` is -1
    or an index of `MEASURES`, `size` people or staff, `band` -1 or an index of `SIZE_BANDS`; `cube_root`,
    `reach` and `norm` are u, g and the length of idf * (n + o) in thirds. Sets are bit masks in the order of
    their vocabulary, 0 none stated; stage, horizon and budget places in it, -1 not stated. `trust` is NaN
    where unknown, `trust_facts` (n, 4) the four facts with -1 unknown; `text` (n, 128) in steps of 2^-20.
    """

    id: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    approved: Bools
    screened: Bools
    capacity_left: npt.NDArray[np.int32]
    needs: npt.NDArray[np.int8]
    offers: npt.NDArray[np.int8]
    measure: npt.NDArray[np.int8]
    size: npt.NDArray[np.int64]
    band: npt.NDArray[np.int8]
    cube_root: Floats
    reach: Floats
    norm: Floats
    seeks: npt.NDArray[np.uint8]
    refuses: npt.NDArray[np.uint8]
    types: npt.NDArray[np.uint32]
    languages: npt.NDArray[np.uint8]
    stage: npt.NDArray[np.int8]
    horizon: npt.NDArray[np.int8]
    budget: npt.NDArray[np.int8]
    trust: Floats
    trust_facts: npt.NDArray[np.int32]
    has_text: Bools
    text: npt.NDArray[np.int32]
    scale: Scale

    def __len__(self) -> int:
        return len(self.id)

    def take(self, index: npt.NDArray[np.intp]) -> Side:
        """Copies of the chosen organizations, in that order."""
        arrays = {name: getattr(self, name)[index] for name in ARRAYS}
        return Side(**arrays, scale=self.scale)

    @cached_property
    def by_id(self) -> npt.NDArray[np.intp]:
        """The rows by rising id."""
        return np.argsort(self.id)

    @cached_property
    def rising_ids(self) -> Ints:
        return self.id[self.by_id]

    @cached_property
    def smoothed(self) -> Floats:
        """Offers in thirds, and `sibling` of the best offer of the same challenge area, shape (n, topics)."""
        area_of, sibling = self.scale.area_of, self.scale.policy.sibling
        areas = range(int(area_of.max(initial=-1)) + 1)
        best = np.zeros((len(self), len(areas)))
        for area in areas:
            best[:, area] = self.offers[:, area_of == area].max(axis=1)
        spread = np.rint(sibling * best / GRID) * GRID
        return np.maximum(self.offers, spread[:, area_of])

    @cached_property
    def needs_thirds(self) -> Floats:
        return self.needs.astype(np.float64)

    @cached_property
    def challenges(self) -> Floats:
        """idf * (n + o) over its length, zeros where nothing is stated, shape (n, topics)."""
        lengths = np.where(self.norm > 0, self.norm, 1.0)[:, None]
        return (self.scale.idf * (self.needs + self.offers)) / lengths

    @cached_property
    def statements(self) -> Floats:
        """Unit statement vectors, shape (n, 128)."""
        return self.text.astype(np.float64) * GRID

    @cached_property
    def has_need(self) -> Bools:
        return np.asarray(self.needs.any(axis=1))

    @cached_property
    def has_offer(self) -> Bools:
        return np.asarray(self.offers.any(axis=1))

    @cached_property
    def cause_alone(self) -> npt.NDArray[np.uint8]:
        """The first hard constraint an organization fails by itself; `len(CAUSES)` where it fails none."""
        cause = np.full(len(self), len(CAUSES), dtype=np.uint8)
        # From the last to the first, so that the first stands.
        cause[self.capacity_left <= 0] = CAUSES.index("no_capacity")
        cause[self.screened] = CAUSES.index("screening")
        cause[~self.approved] = CAUSES.index("not_approved")
        return cause


ARRAYS = tuple(field.name for field in fields(Side) if field.name != "scale")


def challenge_norm(needs: npt.NDArray[np.int8], offers: npt.NDArray[np.int8], idf: Floats) -> float:
    """The length of idf * (needs + offers), levels in thirds, summed in topic order, on the grid."""
    total = 0.0
    for weight, level in zip(idf.tolist(), (needs + offers).tolist(), strict=True):
        total += (weight * level) * (weight * level)
    return on_grid(math.sqrt(total))


def trust_value(facts: TrustFacts) -> float:
    """The mean of the known parts (see `TrustFacts`) on the grid, NaN where none is known."""
    parts: list[float] = []
    if facts.verified_evidence:
        parts.append(min(1.0, facts.verified_evidence / 3))
    if facts.released >= 3:
        parts.append(facts.answered / facts.released)
    if facts.days_since_confirmed is not None:
        parts.append(max(0.0, 1 - facts.days_since_confirmed / 365))
    return on_grid(sum(parts) / len(parts)) if parts else math.nan


def bit_mask(chosen: frozenset[str], vocabulary: Sequence[str]) -> int:
    return sum(1 << place for place, word in enumerate(vocabulary) if word in chosen)


def words_of(mask: int, vocabulary: Sequence[str]) -> list[str]:
    return [word for place, word in enumerate(vocabulary) if mask >> place & 1]


def _levels(profiles: Sequence[Profile], field: str, topics: tuple[str, ...]) -> npt.NDArray[np.int8]:
    place = {slug: number for number, slug in enumerate(topics)}
    levels = np.zeros((len(profiles), len(topics)), dtype=np.int8)
    for row, profile in enumerate(profiles):
        stated: Mapping[str, int] = getattr(profile, field)
        for slug, level in stated.items():
            levels[row, place[slug]] = level
    return levels


def _sizes(profiles: Sequence[Profile], policy: Policy) -> dict[str, npt.NDArray[Any]]:
    """measure, size, band, cube root and reach. Where no size is known the root is 1 and the reach 0."""
    rows: list[tuple[int, int, int, float, float]] = []
    for profile in profiles:
        if profile.population is not None:
            measure, size, band, bounds = "people", profile.population, -1, policy.reach_people
        elif profile.size_band is not None:
            size, band = policy.band_staff[profile.size_band], SIZE_BANDS.index(profile.size_band)
            measure, bounds = "staff", policy.reach_staff
        else:
            rows.append((NO_SIZE, 0, -1, 1.0, 0.0))
            continue
        low, high = bounds
        reach = min(1.0, max(0.0, (math.log10(size) - low) / (high - low)))
        rows.append((MEASURES.index(measure), size, band, on_grid(size ** (1 / 3)), on_grid(reach)))
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    types = (np.int8, np.int64, np.int8, np.float64, np.float64)
    names = ("measure", "size", "band", "cube_root", "reach")
    return {name: np.array(column, dtype=t) for name, column, t in zip(names, columns, types, strict=True)}


def _places(profiles: Sequence[Profile], field: str, order: Sequence[str]) -> npt.NDArray[np.int8]:
    stated = [getattr(profile, field) for profile in profiles]
    return np.array([UNKNOWN if word is None else order.index(word) for word in stated], dtype=np.int8)


def _trust_facts(facts: TrustFacts) -> tuple[int, int, int, int]:
    known = facts.days_since_confirmed
    return facts.verified_evidence or 0, facts.released, facts.answered, UNKNOWN if known is None else known


def make_side(profiles: Sequence[Profile], *, scale: Scale, screened: frozenset[int]) -> Side:
    """The arrays of checked profiles, in the order given."""
    policy, topics = scale.policy, scale.topics
    needs, offers = _levels(profiles, "needs", topics), _levels(profiles, "offers", topics)
    blank = bytes(STORED_TEXT)
    vectors = b"".join(profile.statement_vector or blank for profile in profiles)
    stored = np.frombuffer(vectors, dtype=np.int8).reshape(len(profiles), STORED_TEXT)
    masks = {
        "seeks": (KINDS, np.uint8),
        "refuses": (KINDS, np.uint8),
        "languages": (LANGUAGES, np.uint8),
        "partnership_types": (PARTNERSHIP_TYPES, np.uint32),
    }
    bits = {
        name: np.array([bit_mask(getattr(profile, name), order) for profile in profiles], dtype=dtype)
        for name, (order, dtype) in masks.items()
    }
    text = scored_statements(stored) if len(profiles) else np.zeros((0, SCORED_TEXT), dtype=np.int32)
    sizes = _sizes(profiles, policy)
    return Side(
        id=np.array([profile.id for profile in profiles], dtype=np.int64),
        kind=np.array([KINDS.index(profile.kind) for profile in profiles], dtype=np.int8),
        approved=np.array([profile.approved for profile in profiles], dtype=np.bool_),
        screened=np.array([profile.id in screened for profile in profiles], dtype=np.bool_),
        capacity_left=np.array([profile.capacity_left for profile in profiles], dtype=np.int32),
        needs=needs,
        offers=offers,
        **sizes,
        norm=np.array(
            [challenge_norm(n, o, scale.idf) for n, o in zip(needs, offers, strict=True)], dtype=float
        ),
        seeks=bits["seeks"],
        refuses=bits["refuses"],
        types=bits["partnership_types"],
        languages=bits["languages"],
        stage=_places(profiles, "stage", STAGES),
        horizon=_places(profiles, "horizon", HORIZONS),
        budget=_places(profiles, "budget", BUDGET_BANDS),
        trust=np.array([trust_value(profile.trust) for profile in profiles], dtype=np.float64),
        trust_facts=np.array([_trust_facts(p.trust) for p in profiles], dtype=np.int32).reshape(-1, 4),
        has_text=np.array([profile.statement_vector is not None for profile in profiles], dtype=np.bool_),
        text=text,
        scale=scale,
    )
