"""Numbers worked out on paper from the text of the rules, criterion by criterion and for one whole pair."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matchmaking.engine import Policy, Profile, Topic, TrustFacts, explain, quantise
from matchmaking.engine.names import CRITERIA, STORED_TEXT
from tests.engine.cases import snapshot_of

TOPICS = [
    Topic("e-bus", "transport"),
    Topic("urban-rail", "transport"),
    Topic("recycling", "waste"),
    Topic("flood-control", "water"),
]
# The grid of the snapshot is 2^-20, so numbers with a root or logarithm hold to about half of it.
GRID = 2**-21 + 1e-12


def seeker(**stated: Any) -> Profile:
    return replace(Profile(1, "us-one", "US", "city"), **stated)


def candidate(**stated: Any) -> Profile:
    return replace(Profile(2, "cn-two", "CN", "firm"), **stated)


def value(criterion: str, one: Profile, two: Profile, *, policy: Policy | None = None) -> float | None:
    """The criterion as the US organization sees the Chinese one."""
    snapshot = snapshot_of([one, two], topics=TOPICS, policy=policy)
    sides = explain(snapshot, one.id, two.id).seeker.criteria
    return sides[CRITERIA.index(criterion)].value


def test_needs_met_by_the_topic_itself() -> None:
    # n = 3/3, s = 2/3: P = 2/3, and P / (P + 1) = (2/3) / (5/3) = 2/5.
    one, two = seeker(needs={"e-bus": 3}), candidate(offers={"e-bus": 2})
    assert value("needs_met", one, two) == pytest.approx(0.4, abs=1e-15)


def test_needs_met_by_a_sibling_counts_a_quarter() -> None:
    # n = 2/3, s = 0.25 * 3/3 = 1/4: P = 1/6, and (1/6) / (7/6) = 1/7.
    one, two = seeker(needs={"urban-rail": 2}), candidate(offers={"e-bus": 3})
    assert value("needs_met", one, two) == pytest.approx(1 / 7, abs=1e-15)


def test_needs_met_takes_the_better_of_the_topic_and_its_siblings() -> None:
    # e-bus 1/3 itself against a quarter of urban-rail's 3/3 = 1/4: s = 1/3. n = 1: P = 1/3, value 1/4.
    one, two = seeker(needs={"e-bus": 3}), candidate(offers={"e-bus": 1, "urban-rail": 3})
    assert value("needs_met", one, two) == pytest.approx(0.25, abs=1e-15)


def test_needs_met_adds_over_needs_and_is_zero_but_known_without_a_tie() -> None:
    # P = 3/3 * 3/3 + 3/3 * 3/3 = 2: 2 / 3. Two needs answered are worth more than one (1 / 2).
    two = candidate(offers={"e-bus": 3, "recycling": 3})
    assert value("needs_met", seeker(needs={"e-bus": 3, "recycling": 3}), two) == pytest.approx(2 / 3)
    assert value("needs_met", seeker(needs={"recycling": 3}), two) == pytest.approx(1 / 2)
    assert value("needs_met", seeker(needs={"flood-control": 3}), two) == 0.0
    assert value("needs_met", seeker(), two) is None


def test_offers_wanted_is_needs_met_seen_from_the_other_side() -> None:
    # Q = 1/3 * 2/3 = 2/9: (2/9) / (11/9) = 2/11.
    one, two = seeker(offers={"recycling": 2}), candidate(needs={"recycling": 1})
    assert value("offers_wanted", one, two) == pytest.approx(2 / 11, abs=1e-15)
    assert value("needs_met", one, two) is None


def test_shared_challenges_is_a_cosine_weighed_by_rarity() -> None:
    # M = 2; e-bus is stated by both (df 2), recycling and flood-control by one (df 1):
    # idf(e-bus) = ln(1 + 2/3) = 0.5108256, idf(recycling) = idf(flood-control) = ln(1 + 2/2) = 0.6931472.
    # one: e-bus 2/3, recycling 1/3 -> (0.3405504, 0.2310491); two: e-bus 1/3, flood-control 2/3.
    one = seeker(needs={"e-bus": 2}, offers={"recycling": 1})
    two = candidate(offers={"e-bus": 1, "flood-control": 2})
    common, rare = math.log(5 / 3), math.log(2)
    dot = (common * 2 / 3) * (common * 1 / 3)
    lengths = math.hypot(common * 2 / 3, rare / 3) * math.hypot(common / 3, rare * 2 / 3)
    assert dot / lengths == pytest.approx(0.2861, abs=1e-4)
    assert value("shared_challenges", one, two) == pytest.approx(dot / lengths, abs=4 * GRID)


def test_reach_is_the_place_of_the_size_between_its_bounds() -> None:
    # People 10^4 to 10^7.5: 10^6 lies (6 - 4) / 3.5 = 4/7 of the way. Staff 10^1.5 to 10^5: medium is 1,500.
    assert value("reach", seeker(), candidate(population=1_000_000)) == pytest.approx(4 / 7, abs=GRID)
    assert value("reach", seeker(), candidate(population=9_999)) == 0.0
    assert value("reach", seeker(), candidate(population=40_000_000)) == 1.0
    staff = (math.log10(1500) - 1.5) / 3.5
    assert value("reach", seeker(), candidate(size_band="medium")) == pytest.approx(staff, abs=GRID)
    assert value("reach", seeker(), candidate(size_band="very-large")) == 1.0
    assert value("reach", seeker(population=5), candidate()) is None


def test_scale_compares_cube_roots_of_one_measure() -> None:
    # One million to eight: u = 100 and 200, at least i's magnitude: 1. The other way 100 / 200 = 1/2.
    small, big = seeker(population=1_000_000), candidate(population=8_000_000)
    assert value("scale", small, big) == 1.0
    assert value("scale", replace(small, population=8_000_000), replace(big, population=1_000_000)) == 0.5
    assert value("scale", small, candidate(size_band="large")) is None
    assert value("scale", seeker(size_band="small"), candidate(size_band="small")) == 1.0


def statement(*lengths: float) -> bytes:
    vector = np.zeros(STORED_TEXT)
    vector[: len(lengths)] = lengths
    return quantise(vector[None, :]).tobytes()


def test_text_is_a_cosine_from_zero_up() -> None:
    one, same, opposite = statement(1.0), statement(1.0), statement(-1.0)
    # The scored vector has 128 entries of +-1/sqrt(128) = 0.0883883..., 92682 steps of the grid each:
    # 128 * (92682 / 2^20)^2 = 1.0000044..., cut to 1.
    assert value("text", seeker(statement_vector=one), candidate(statement_vector=same)) == 1.0
    assert value("text", seeker(statement_vector=one), candidate(statement_vector=opposite)) == 0.0
    assert value("text", seeker(statement_vector=one), candidate()) is None
    # Two orthogonal vectors and their sum: after the rotation the cosine of the sum with one of them is
    # sqrt((1 + r) / 2), r what the 128 rotated columns leave between the two.
    two = statement(0.0, 1.0)
    both = statement(1.0, 1.0)
    between = rotated_cosine(0, 1)
    expected = math.sqrt((1 + between) / 2)
    got = value("text", seeker(statement_vector=one), candidate(statement_vector=both))
    assert got == pytest.approx(expected, abs=2e-5)
    assert value("text", seeker(statement_vector=one), candidate(statement_vector=two)) == pytest.approx(
        max(0.0, between), abs=2e-5
    )


def rotated_cosine(one: int, two: int) -> float:
    """Cosine of two unit axes in the scored columns: the mean product of their signs, counted."""
    from tests.engine.dumb_loop import scored_text

    left = scored_text(bytes(127 if place == one else 0 for place in range(STORED_TEXT)))
    right = scored_text(bytes(127 if place == two else 0 for place in range(STORED_TEXT)))
    agreeing = sum(1 for a, b in zip(left, right, strict=True) if (a > 0) == (b > 0))
    return (2 * agreeing - 128) / 128


def test_wanted_kinds_is_whether_the_kind_is_sought() -> None:
    assert value("wanted_kinds", seeker(seeks=frozenset({"firm", "alliance"})), candidate()) == 1.0
    assert value("wanted_kinds", seeker(seeks=frozenset({"city"})), candidate()) == 0.0
    assert value("wanted_kinds", seeker(), candidate(seeks=frozenset({"city"}))) is None


def test_partnership_types_is_the_share_of_ones_own() -> None:
    # Two of my three are stated by the other, whose fourth does not matter.
    one = seeker(partnership_types=frozenset({"pilot", "investment", "licence"}))
    two = candidate(partnership_types=frozenset({"pilot", "licence", "sale", "merger"}))
    assert value("partnership_types", one, two) == pytest.approx(2 / 3, abs=1e-15)
    assert value("partnership_types", one, candidate()) is None


@pytest.mark.parametrize(
    ("criterion", "mine", "theirs", "expected"),
    [
        ("stage", "prototype", "prototype", 1.0),
        ("stage", "prototype", "field_tested", 0.5),
        ("stage", "prototype", "on_market", 0.0),
        ("stage", "concept", "replicated", 0.0),
        ("horizon", "under_6", "6_to_12", 0.5),
        ("budget", "over_20m", "5m_to_20m", 0.5),
        ("budget", None, "5m_to_20m", None),
    ],
)
def test_stage_horizon_and_budget_lose_half_a_step(
    criterion: str, mine: str | None, theirs: str, expected: float | None
) -> None:
    assert value(criterion, seeker(**{criterion: mine}), candidate(**{criterion: theirs})) == expected


def test_language_is_whether_one_is_shared() -> None:
    english, both, chinese = frozenset({"en"}), frozenset({"en", "zh"}), frozenset({"zh"})
    assert value("language", seeker(languages=english), candidate(languages=both)) == 1.0
    assert value("language", seeker(languages=english), candidate(languages=chinese)) == 0.0
    assert value("language", seeker(languages=english), candidate()) is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (TrustFacts(verified_evidence=1), 1 / 3),
        (TrustFacts(verified_evidence=6), 1.0),
        (TrustFacts(released=4, answered=1), 1 / 4),
        (TrustFacts(released=2, answered=2), None),
        (TrustFacts(days_since_confirmed=73), 0.8),
        (TrustFacts(days_since_confirmed=366), 0.0),
        (TrustFacts(2, 4, 2, 146), (2 / 3 + 0.5 + 0.6) / 3),
        (TrustFacts(verified_evidence=0), None),
        (TrustFacts(), None),
    ],
)
def test_trust_is_the_mean_of_what_is_known(facts: TrustFacts, expected: float | None) -> None:
    got = value("trust", seeker(), candidate(trust=facts))
    assert got == (None if expected is None else pytest.approx(expected, abs=GRID))


def test_a_whole_pair() -> None:
    # A city of 1,000,000 needs e-bus (3) and offers recycling (2), speaks English; a firm of the large band
    # offers e-bus (3), needs recycling (1), speaks both, seeks cities.
    one = seeker(
        needs={"e-bus": 3}, offers={"recycling": 2}, population=1_000_000, languages=frozenset({"en"})
    )
    two = candidate(
        offers={"e-bus": 3},
        needs={"recycling": 1},
        size_band="large",
        languages=frozenset({"en", "zh"}),
        seeks=frozenset({"city"}),
    )
    # M = 2, both topics stated by both: idf is the same for both and leaves the cosine.
    # one (e-bus 3, recycling 2), two (e-bus 3, recycling 1): (9 + 2) / sqrt(13 * 10) = 0.9647638.
    cosine = 11 / math.sqrt(130)
    # P = 1 -> 1/2. Q = 1/3 * 2/3 = 2/9 -> 2/11. Reach of 20,000 staff: (4.30103 - 1.5) / 3.5 = 0.8002943.
    reach = (math.log10(20_000) - 1.5) / 3.5
    # City's weights: 1, 0.5, 0.6 shared, 0.3 reach, 0.1 language; scale unknown (people and staff).
    a = (0.1 + 1 * 1 / 2 + 0.5 * 2 / 11 + 0.6 * cosine + 0.3 * reach + 0.1 * 1) / (
        1 + 1 + 0.5 + 0.6 + 0.3 + 0.1
    )
    # The firm: needs met 2/11 at 0.5, offers wanted 1/2 at 1, shared, reach 4/7 of a million people,
    # wanted kinds 1 at 0.05, language.
    b = (0.1 + 0.5 * 2 / 11 + 1 * 1 / 2 + 0.6 * cosine + 0.3 * 4 / 7 + 0.05 * 1 + 0.1 * 1) / (
        1 + 0.5 + 1 + 0.6 + 0.3 + 0.05 + 0.1
    )
    assert (round(a, 4), round(b, 4)) == (0.46, 0.4482)
    explanation = explain(snapshot_of([one, two], topics=TOPICS), 1, 2)
    assert explanation.seeker.affinity == pytest.approx(a, abs=1e-6)
    assert explanation.candidate.affinity == pytest.approx(b, abs=1e-6)
    assert explanation.score == pytest.approx(2 * a * b / (a + b), abs=1e-6)
    assert explanation.seeker.base == pytest.approx(0.1 / 3.5, abs=1e-15)


def test_geometric_and_min_fusion() -> None:
    # The candidate's size adds reach to what the seeker gains, at 10^5 people (5 - 4) / 3.5 = 2/7 of it.
    one, two = seeker(needs={"e-bus": 3}), candidate(offers={"e-bus": 3}, population=100_000)
    for fusion, fused in (("geometric", lambda a, b: math.sqrt(a * b)), ("min", min)):
        policy = replace(Policy.default(), fusion=fusion)
        explanation = explain(snapshot_of([one, two], topics=TOPICS, policy=policy), 1, 2)
        assert explanation.seeker.affinity < explanation.candidate.affinity
        assert explanation.score == fused(explanation.seeker.affinity, explanation.candidate.affinity)


def test_knowing_nothing_leaves_the_base() -> None:
    # (w0 * c0) / w0 = 0.1, both ways.
    explanation = explain(snapshot_of([seeker(), candidate()], topics=TOPICS), 1, 2)
    assert (explanation.seeker.affinity, explanation.tied) == (0.1, False)
    assert explanation.score == pytest.approx(0.1, abs=1e-15)
