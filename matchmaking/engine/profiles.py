"""What the engine is told of an organization, and which pairs must not be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

UnorderedPair = tuple[int, int]
# Each of the first is paired with none of the second: ids of American, then of Chinese organizations.
Barred = tuple[frozenset[int], frozenset[int]]


class ProfileError(ValueError):
    """A profile that cannot be scored: whose, which field, what was given."""

    def __init__(self, code: str, field: str, value: object, reason: str) -> None:
        super().__init__(f"{code}: {field} is {value!r}: {reason}")
        self.code = code
        self.field = field
        self.value = value


@dataclass(frozen=True)
class Topic:
    """A leaf topic and the challenge area it belongs to, both by slug."""

    slug: str
    area: str


@dataclass(frozen=True)
class TrustFacts:
    """What trust is made of, as far as it is known at the run's as-of date.

    Trust is the mean of its known parts: `verified_evidence` / 3, at most 1, known from one piece on (none
    and zero are the same: no evidence); `answered` / `released` recommendations of the last 12 months, known
    from 3 released on; 1 - `days_since_confirmed` / 365, at least 0, known once the profile was confirmed.
    With no known part trust is unknown.
    """

    verified_evidence: int | None = None
    released: int = 0
    answered: int = 0
    days_since_confirmed: int | None = None


@dataclass(frozen=True)
class Profile:
    """One organization as the engine sees it.

    `needs` maps topic slugs to priorities 1 to 3, `offers` to maturities 1 to 3. At most one of `population`
    (people) and `size_band` (staff) is given. `capacity_left` is the capacity less the introductions open or
    made this quarter. `statement_vector` is 512 int8, round(127 x unit vector) of the organization's own
    statement. An empty set, mapping or None means "not stated".
    """

    id: int
    code: str
    country: str
    kind: str
    needs: Mapping[str, int] = field(default_factory=dict)
    offers: Mapping[str, int] = field(default_factory=dict)
    population: int | None = None
    size_band: str | None = None
    seeks: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    partnership_types: frozenset[str] = frozenset()
    stage: str | None = None
    horizon: str | None = None
    budget: str | None = None
    languages: frozenset[str] = frozenset()
    capacity_left: int = 3
    approved: bool = True
    trust: TrustFacts = TrustFacts()
    statement_vector: bytes | None = None


@dataclass(frozen=True)
class Constraints:
    """What forbids a pair beside the profiles themselves. Pairs are unordered ids, given in either order.

    `jurisdiction` are groups, not pairs: a rule may keep a whole state from a whole country.
    Ids that no profile has, and pairs within one country, change nothing. Which declines still stand and
    which `later` dates lie ahead at the as-of date is the caller's to say.
    """

    exclusions: frozenset[UnorderedPair] = frozenset()
    introductions: frozenset[UnorderedPair] = frozenset()
    declines: frozenset[UnorderedPair] = frozenset()
    laters: frozenset[UnorderedPair] = frozenset()
    screening: frozenset[int] = frozenset()
    jurisdiction: tuple[Barred, ...] = ()
