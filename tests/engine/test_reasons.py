"""Explanations add up, name their facts, and say what each fact is worth."""

import json
from dataclasses import asdict, replace
from typing import Any, get_args

import numpy as np
import pytest

from matchmaking.engine import (
    Constraints,
    Explanation,
    Policy,
    Profile,
    Snapshot,
    Topic,
    TrustFacts,
    build_snapshot,
    explain,
    rank_all,
)
from matchmaking.engine.explanation import Party
from matchmaking.engine.names import CRITERIA
from tests.engine.cases import AS_OF, TOPICS, random_constraints, random_profiles, snapshot_of
from tests.sizes import size

PARTIES: tuple[Party, ...] = get_args(Party)


def test_explanations_are_bit_equal_to_the_lists_and_add_up() -> None:
    profiles = random_profiles(31, 25, 25)
    snapshot = snapshot_of(profiles, constraints=random_constraints(profiles, 31))
    us, cn, _ = rank_all(snapshot)
    for row in np.concatenate([us, cn])[:: size(small=5, ci=2, full=1)]:
        explanation = explain(snapshot, row["seeker"], row["candidate"])
        assert explanation.excluded is None
        assert explanation.tied
        assert explanation.score == row["score"]
        assert explanation.seeker.affinity == row["affinity"]
        assert explanation.candidate.affinity == row["candidate_affinity"]
        values = [criterion.value for criterion in explanation.seeker.criteria]
        assert [np.nan if value is None else value for value in values] == pytest.approx(
            row["criteria"].tolist(), rel=0, abs=0, nan_ok=True
        )
        assert_adds_up(explanation)


def assert_adds_up(explanation: Explanation) -> None:
    for side in (explanation.seeker, explanation.candidate):
        assert [criterion.criterion for criterion in side.criteria] == list(CRITERIA)
        total = side.base + sum(criterion.share for criterion in side.criteria)
        assert total == pytest.approx(side.affinity, rel=0, abs=1e-9)
        for criterion in side.criteria:
            assert criterion.known == (criterion.value is not None)
        shares = [reason.share for reason in side.reasons]
        assert shares == sorted(shares, reverse=True)
        told = {c.criterion for c in side.criteria if c.share > 0.01}
        assert {reason.criterion for reason in side.reasons} == told
        for reason in side.reasons:
            if "topics" in reason.facts:
                assert sum(topic["share"] for topic in reason.facts["topics"]) == pytest.approx(1)


def without(profile: Profile, field: str, value: str | None) -> Profile:
    """The profile as it would be had the fact never been stated."""
    if field in ("needs", "offers"):
        kept: Any = {slug: level for slug, level in getattr(profile, field).items() if slug != value}
        return replace(profile, **{field: kept})
    if field in ("seeks", "partnership_types", "languages"):
        return replace(profile, **{field: getattr(profile, field) - {value}})
    changes: dict[str, dict[str, Any]] = {
        "size": {"population": None, "size_band": None},
        "statement": {"statement_vector": None},
        "trust": {"trust": TrustFacts()},
    }
    return replace(profile, **changes.get(field, {field: None}))


def test_effects_equal_a_snapshot_made_without_the_fact() -> None:
    same = bytes([9] * 512)
    drawn = [replace(p, statement_vector=p.statement_vector or same) for p in random_profiles(32, 8, 8)]
    profiles = {profile.id: profile for profile in drawn}
    # Without a floor every criterion that adds anything is a reason.
    snapshot = snapshot_of(list(profiles.values()), policy=replace(Policy.default(), reason_floor=0.0))
    pairs = [(us, cn) for us in snapshot.us.id.tolist() for cn in snapshot.cn.id.tolist()]
    checked: set[str] = set()
    for us, cn in pairs[:: size(small=4, ci=2, full=1)]:
        seeker, candidate = (us, cn) if (us + cn) % 2 else (cn, us)
        explanation = explain(snapshot, seeker, candidate, effects=True)
        assert [e.effect for e in explanation.effects] == sorted(
            (e.effect for e in explanation.effects), reverse=True
        )
        assert len(set(explanation.effects)) == len(explanation.effects)
        for effect in explanation.effects:
            party = seeker if effect.party == "seeker" else candidate
            changed = {**profiles, party: without(profiles[party], effect.field, effect.value)}
            lesser = build_snapshot(
                changed.values(), topics=TOPICS, policy=snapshot.policy, as_of=AS_OF, idf=snapshot.idf
            )
            assert effect.effect == explanation.score - explain(lesser, seeker, candidate).score
            checked.add(effect.field)
        assert explain(snapshot, seeker, candidate) == replace(explanation, effects=())
    assert checked >= {"needs", "offers", "size", "languages", "partnership_types", "statement", "trust"}


CITY_TOPICS = [
    Topic("e-bus", "transport"),
    Topic("urban-rail", "transport"),
    Topic("recycling", "waste"),
    Topic("flood-control", "water"),
]


def one_pair(**policy: Any) -> Snapshot:
    city = Profile(
        1,
        "us-city",
        "US",
        "city",
        needs={"urban-rail": 3, "recycling": 1, "flood-control": 2},
        offers={"flood-control": 3},
        population=500_000,
        seeks=frozenset({"firm"}),
        partnership_types=frozenset({"pilot", "sale"}),
        stage="prototype",
        horizon="under_6",
        budget="under_50k",
        languages=frozenset({"en"}),
        statement_vector=bytes([5] * 512),
    )
    firm = Profile(
        2,
        "cn-firm",
        "CN",
        "firm",
        needs={"flood-control": 1},
        offers={"e-bus": 3, "recycling": 2},
        size_band="large",
        partnership_types=frozenset({"pilot"}),
        stage="field_tested",
        horizon="under_6",
        budget="50k_to_250k",
        languages=frozenset({"en", "zh"}),
        trust=TrustFacts(2, 4, 3, None),
        statement_vector=bytes([5] * 511 + [250]),
    )
    return snapshot_of([city, firm], topics=CITY_TOPICS, policy=replace(Policy.default(), **policy))


def facts(explanation: Explanation, party: Party) -> dict[str, Any]:
    return {reason.criterion: reason.facts for reason in getattr(explanation, party).reasons}


def test_each_reason_names_its_facts() -> None:
    found = facts(explain(one_pair(reason_floor=0.0), 1, 2), "seeker")
    assert set(found) == set(CRITERIA) - {"scale"}
    # P in ninths: urban-rail 3 * (3 / 4) = 2.25 by the sibling e-bus, recycling 1 * 2 = 2 by itself.
    assert found["needs_met"] == {
        "stated": 3,
        "topics": [
            {
                "topic": "urban-rail",
                "priority": 3,
                "offer": "e-bus",
                "maturity": 3,
                "direct": False,
                "share": 2.25 / 4.25,
            },
            {
                "topic": "recycling",
                "priority": 1,
                "offer": "recycling",
                "maturity": 2,
                "direct": True,
                "share": 2 / 4.25,
            },
        ],
    }
    assert found["offers_wanted"]["stated"] == 1
    assert [t["topic"] for t in found["offers_wanted"]["topics"]] == ["flood-control"]
    shared = found["shared_challenges"]
    assert (shared["reader_stated"], shared["other_stated"]) == (3, 3)
    assert {t["topic"]: (t["reader"], t["other"]) for t in shared["topics"]} == {
        "recycling": ({"priority": 1, "maturity": None}, {"priority": None, "maturity": 2}),
        "flood-control": ({"priority": 2, "maturity": 3}, {"priority": 1, "maturity": None}),
    }
    assert found["reach"] == {"other": {"measure": "staff", "size": 20_000, "band": "large"}}
    assert found["text"]["cosine"] > 0.5
    assert found["wanted_kinds"] == {"kind": "firm"}
    assert found["partnership_types"] == {"shared": ["pilot"], "stated": ["pilot", "sale"]}
    assert found["stage"] == {"reader": "prototype", "other": "field_tested", "steps": 1}
    assert found["horizon"] == {"reader": "under_6", "other": "under_6", "steps": 0}
    assert found["budget"] == {"reader": "under_50k", "other": "50k_to_250k", "steps": 1}
    assert found["language"] == {"shared": ["en"]}
    assert found["trust"] == {
        "verified_evidence": 2,
        "released": 4,
        "answered": 3,
        "days_since_confirmed": None,
    }


def test_the_candidates_side_reads_the_pair_the_other_way_round() -> None:
    there, back = explain(one_pair(), 1, 2), explain(one_pair(), 2, 1)
    assert (there.seeker, there.candidate) == (back.candidate, back.seeker)
    assert there.score == back.score
    found = facts(there, "candidate")
    assert [t["topic"] for t in found["needs_met"]["topics"]] == ["flood-control"]
    assert [t["topic"] for t in found["offers_wanted"]["topics"]] == ["urban-rail", "recycling"]
    assert found["reach"] == {"other": {"measure": "people", "size": 500_000, "band": None}}


def test_scale_names_both_sizes_and_their_ratio() -> None:
    small = Profile(1, "us-small", "US", "city", population=1_000_000)
    big = Profile(2, "cn-big", "CN", "city", population=16_000_000)
    found = facts(explain(snapshot_of([small, big]), 1, 2), "seeker")
    assert found["scale"] == {
        "reader": {"measure": "people", "size": 1_000_000, "band": None},
        "other": {"measure": "people", "size": 16_000_000, "band": None},
        "ratio": 16.0,
    }


def test_reasons_are_those_above_the_floor_largest_first() -> None:
    explanation = explain(one_pair(), 1, 2)
    best = explanation.seeker.reasons[:3]
    # Weight times value: needs met 1 * 0.4722 / 1.4722 = 0.32, reach 0.3 * 0.8003 = 0.24, text 0.2 * 1,
    # shared challenges 0.6 * 0.231 = 0.14, offers wanted 0.5 * 0.3333 / 1.3333 = 0.125.
    assert [reason.criterion for reason in best] == ["needs_met", "reach", "text"]
    assert explain(one_pair(reason_floor=0.9), 1, 2).seeker.reasons == ()


def test_reasons_of_equal_share_keep_the_order_of_the_criteria() -> None:
    even = {kind: {**row, "stage": 0.2, "horizon": 0.2} for kind, row in Policy.default().weights.items()}
    one = Profile(1, "us-a", "US", "city", stage="concept", horizon="under_6")
    two = Profile(2, "cn-b", "CN", "city", stage="concept", horizon="under_6")
    snapshot = snapshot_of([one, two], policy=replace(Policy.default(), weights=even))
    reasons = explain(snapshot, 1, 2).seeker.reasons
    assert [reason.criterion for reason in reasons] == ["stage", "horizon"]
    assert reasons[0].share == reasons[1].share


def test_the_best_offer_of_the_area_answers_and_the_first_of_equals() -> None:
    one = Profile(1, "us-a", "US", "city", needs={"b": 2, "d": 2})
    two = Profile(2, "cn-b", "CN", "city", offers={"a": 1, "c": 3, "d": 1, "e": 3})
    snapshot = snapshot_of([one, two], topics=[Topic(slug, "area") for slug in "abcde"])
    topics = facts(explain(snapshot, 1, 2), "seeker")["needs_met"]["topics"]
    # d itself 1/3 beats a quarter of 3/3; b is answered by c, the first of the two best.
    assert [(t["topic"], t["offer"], t["direct"]) for t in topics] == [("d", "d", True), ("b", "c", False)]


def test_explanations_are_plain_json() -> None:
    explanation = explain(one_pair(), 1, 2, effects=True)
    stored = json.loads(json.dumps(asdict(explanation)))
    assert stored["seeker"]["reasons"][0] == asdict(explanation.seeker.reasons[0])
    assert stored["effects"][0]["effect"] == explanation.effects[0].effect
    assert len(stored["candidate"]["criteria"]) == len(CRITERIA)


@pytest.mark.parametrize("cause", ["exclusions", "introductions", "declines", "laters", "jurisdiction"])
def test_an_excluded_pair_is_explained_with_its_cause(cause: str) -> None:
    names = {
        "exclusions": "exclusion",
        "introductions": "open_introduction",
        "declines": "declined",
        "laters": "deferred",
        "jurisdiction": "jurisdiction",
    }
    profiles = random_profiles(33, 6, 6)
    free = [replace(p, approved=True, capacity_left=1, refuses=frozenset()) for p in profiles]
    us = next(p.id for p in free if p.country == "US")
    cn = next(p.id for p in free if p.country == "CN")
    open_pair = explain(snapshot_of(free), us, cn)
    stated: dict[str, Any] = {cause: frozenset({(cn, us)})}
    if cause == "jurisdiction":
        stated = {cause: ((frozenset({us}), frozenset({cn})),)}
    closed = snapshot_of(free, constraints=Constraints(**stated))
    assert open_pair.excluded is None
    assert explain(closed, us, cn) == replace(open_pair, excluded=names[cause])
    listed = rank_all(closed)
    assert not any(
        ((rows["seeker"] == one) & (rows["candidate"] == two)).any()
        for rows in listed[:2]
        for one, two in ((us, cn), (cn, us))
    )


def test_a_pair_that_cannot_be_explained() -> None:
    snapshot = one_pair()
    with pytest.raises(KeyError):
        explain(snapshot, 1, 3)
    with pytest.raises(ValueError, match="of one country"):
        explain(snapshot, 1, 1)
