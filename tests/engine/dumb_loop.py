"""The scoring rules written a second time: one pair after the other, in plain Python, from profiles.

Shares no code with the engine but the vocabularies and the data classes. What it rounds, and in what order it
adds, is part of the rules: logarithms, roots, norms and trust to multiples of 2^-20; levels in whole thirds;
sums in the order of the topics and of the criteria.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from matchmaking.engine.names import BUDGET_BANDS, CAUSES, CRITERIA, HORIZONS, KINDS, STAGES
from matchmaking.engine.policy import Policy
from matchmaking.engine.profiles import Constraints, Profile, Topic


@dataclass
class Line:
    candidate: int
    score: float
    affinity: float
    candidate_affinity: float
    criteria: list[float | None]


@dataclass
class Result:
    """lists[seeker id][kind] in order; counts as a run reports them."""

    lists: dict[int, dict[str, list[Line]]] = field(default_factory=dict)
    pairs: int = 0
    scored: int = 0
    tied: int = 0
    excluded: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))


def grid(value: float) -> float:
    return round(value * 1048576) / 1048576


class DumbLoop:
    """Scores of one register under one policy."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        *,
        topics: Sequence[Topic],
        policy: Policy,
        constraints: Constraints | None = None,
    ) -> None:
        self.policy = policy
        self.topics = list(topics)
        self.areas = {topic.slug: topic.area for topic in topics}
        self.constraints = constraints or Constraints()
        self.us = [p for p in profiles if p.country == "US"]
        self.cn = [p for p in profiles if p.country == "CN"]
        stating = [p for p in profiles if p.approved and (p.needs or p.offers)]
        self.idf = {}
        for topic in topics:
            df = sum(1 for p in stating if topic.slug in p.needs or topic.slug in p.offers)
            self.idf[topic.slug] = grid(math.log(1 + len(stating) / (1 + df)))
        self.norms = {p.id: self.norm(p) for p in profiles}
        self.texts = {p.id: scored_text(p.statement_vector) for p in profiles if p.statement_vector}

    def run(self) -> Result:
        result = Result(lists={p.id: {kind: [] for kind in KINDS} for p in [*self.us, *self.cn]})
        codes = {p.id: p.code.encode() for p in [*self.us, *self.cn]}
        for one in self.us:
            for two in self.cn:
                result.pairs += 1
                cause = self.cause(one, two)
                if cause:
                    result.excluded[cause] += 1
                    continue
                result.scored += 1
                if not self.tied(one, two):
                    continue
                result.tied += 1
                a, ours = self.affinity(one, two)
                b, theirs = self.affinity(two, one)
                score = self.fuse(a, b)
                result.lists[one.id][two.kind].append(Line(two.id, score, a, b, ours))
                result.lists[two.id][one.kind].append(Line(one.id, score, b, a, theirs))
        for kinds in result.lists.values():
            for kind, lines in kinds.items():
                lines.sort(key=lambda line: (-line.score, codes[line.candidate]))
                kinds[kind] = lines[: self.policy.top_k]
        return result

    def cause(self, one: Profile, two: Profile) -> str | None:
        stated = self.constraints
        both = {(one.id, two.id), (two.id, one.id)}
        if not (one.approved and two.approved):
            return "not_approved"
        if both & stated.exclusions:
            return "exclusion"
        if both & stated.introductions:
            return "open_introduction"
        if both & stated.declines:
            return "declined"
        if both & stated.laters:
            return "deferred"
        if one.id in stated.screening or two.id in stated.screening:
            return "screening"
        if any(one.id in left and two.id in right for left, right in stated.jurisdiction):
            return "jurisdiction"
        if one.capacity_left <= 0 or two.capacity_left <= 0:
            return "no_capacity"
        if two.kind in one.refuses or one.kind in two.refuses:
            return "kind_refused"
        return None

    def tied(self, one: Profile, two: Profile) -> bool:
        if self.product(one, two) > 0 or self.product(two, one) > 0 or self.shared(one, two) > 0:
            return True
        return (
            bool(one.statement_vector and two.statement_vector)
            and self.text(one, two) >= self.policy.text_floor
        )

    def fuse(self, a: float, b: float) -> float:
        if self.policy.fusion == "harmonic":
            return 2.0 * a * b / (a + b) if a + b > 0 else 0.0
        if self.policy.fusion == "geometric":
            return math.sqrt(a * b)
        return min(a, b)

    def affinity(self, i: Profile, j: Profile) -> tuple[float, list[float | None]]:
        values = self.criteria(i, j)
        gained, weighed = self.policy.w0 * self.policy.c0, self.policy.w0
        for name, value in zip(CRITERIA, values, strict=True):
            if value is not None:
                weight = self.policy.weights[i.kind][name]
                gained += weight * value
                weighed += weight
        return gained / weighed, values

    def criteria(self, i: Profile, j: Profile) -> list[float | None]:
        """In the order of CRITERIA; None is unknown."""
        tau = self.policy.tau
        p, q = self.product(i, j), self.product(j, i)
        stated_i, stated_j = i.needs or i.offers, j.needs or j.offers
        return [
            p / (p + tau) if i.needs and j.offers else None,
            q / (q + tau) if j.needs and i.offers else None,
            self.shared(i, j) if stated_i and stated_j else None,
            self.reach(j),
            self.scale(i, j),
            max(0.0, self.text(i, j)) if i.statement_vector and j.statement_vector else None,
            (1.0 if j.kind in i.seeks else 0.0) if i.seeks else None,
            (
                len(i.partnership_types & j.partnership_types) / len(i.partnership_types)
                if i.partnership_types and j.partnership_types
                else None
            ),
            steps(STAGES, i.stage, j.stage),
            steps(HORIZONS, i.horizon, j.horizon),
            steps(BUDGET_BANDS, i.budget, j.budget),
            (1.0 if i.languages & j.languages else 0.0) if i.languages and j.languages else None,
            self.trust(j),
        ]

    def product(self, needing: Profile, offering: Profile) -> float:
        """n . s: priorities times smoothed maturities, each in thirds."""
        total = 0.0
        for topic in self.topics:
            if topic.slug in needing.needs:
                area = [level for slug, level in offering.offers.items() if self.areas[slug] == topic.area]
                kindred = grid(self.policy.sibling * max(area, default=0))
                total += needing.needs[topic.slug] * max(offering.offers.get(topic.slug, 0), kindred)
        return total / 9

    def level(self, profile: Profile, slug: str) -> int:
        return profile.needs.get(slug, 0) + profile.offers.get(slug, 0)

    def norm(self, profile: Profile) -> float:
        total = 0.0
        for topic in self.topics:
            part = self.idf[topic.slug] * self.level(profile, topic.slug)
            total += part * part
        return grid(math.sqrt(total))

    def shared(self, one: Profile, two: Profile) -> float:
        left, right = self.norms[one.id], self.norms[two.id]
        if left == 0 or right == 0:
            return 0.0
        total = 0.0
        for topic in self.topics:
            weight = self.idf[topic.slug]
            mine, theirs = self.level(one, topic.slug), self.level(two, topic.slug)
            total += (weight * mine / left) * (weight * theirs / right)
        return min(1.0, total)

    def text(self, one: Profile, two: Profile) -> float:
        left, right = self.texts[one.id], self.texts[two.id]
        return min(1.0, sum(a * b for a, b in zip(left, right, strict=True)) / 2**40)

    def size(self, profile: Profile) -> tuple[str, int] | None:
        if profile.population is not None:
            return "people", profile.population
        if profile.size_band is not None:
            return "staff", self.policy.band_staff[profile.size_band]
        return None

    def reach(self, profile: Profile) -> float | None:
        size = self.size(profile)
        if size is None:
            return None
        low, high = self.policy.reach_people if size[0] == "people" else self.policy.reach_staff
        return grid(min(1.0, max(0.0, (math.log10(size[1]) - low) / (high - low))))

    def scale(self, i: Profile, j: Profile) -> float | None:
        mine, theirs = self.size(i), self.size(j)
        if mine is None or theirs is None or mine[0] != theirs[0]:
            return None
        return min(1.0, grid(theirs[1] ** (1 / 3)) / grid(mine[1] ** (1 / 3)))

    def trust(self, profile: Profile) -> float | None:
        facts = profile.trust
        parts = []
        if facts.verified_evidence:
            parts.append(min(1.0, facts.verified_evidence / 3))
        if facts.released >= 3:
            parts.append(facts.answered / facts.released)
        if facts.days_since_confirmed is not None:
            parts.append(max(0.0, 1 - facts.days_since_confirmed / 365))
        return grid(sum(parts) / len(parts)) if parts else None


def steps(order: Sequence[str], one: str | None, two: str | None) -> float | None:
    if one is None or two is None:
        return None
    return max(0.0, 1 - abs(order.index(one) - order.index(two)) / 2)


def scored_text(stored: bytes) -> list[int]:
    """Signs, a fast Walsh-Hadamard transform, 128 chosen rows, length one: in steps of 2^-20."""
    seed = b"statement rotation 1"
    bits = hashlib.sha256(seed + b" signs 0").digest() + hashlib.sha256(seed + b" signs 1").digest()
    values = []
    for place, byte in enumerate(stored):
        value = byte - 256 if byte > 127 else byte
        negative = bits[place // 8] >> (7 - place % 8) & 1
        values.append(-value if negative else value)
    width = 1
    while width < len(values):
        for start in range(0, len(values), 2 * width):
            for k in range(start, start + width):
                values[k], values[k + width] = values[k] + values[k + width], values[k] - values[k + width]
        width *= 2
    rows = sorted(range(512), key=lambda row: hashlib.sha256(seed + b" row " + str(row).encode()).digest())
    chosen = [values[row] for row in rows[:128]]
    length = math.sqrt(sum(value * value for value in chosen))
    return [round(value / length * 1048576) if length else 0 for value in chosen]
