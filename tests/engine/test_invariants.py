"""What must hold for every register and policy, tried on made-up ones."""

import random
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matchmaking.engine import Policy, Profile, explain, rank_all
from matchmaking.engine.names import CRITERIA, KINDS
from tests.engine.cases import TOPICS, random_constraints, random_profile, random_profiles, snapshot_of

slugs = st.sampled_from([topic.slug for topic in TOPICS])
levels = st.dictionaries(slugs, st.integers(1, 3), max_size=6)
seeds = st.integers(0, 2**32)
weights = st.fixed_dictionaries({name: st.floats(0, 100) for name in CRITERIA})
policies = st.builds(
    lambda rows, tau, sibling, w0, c0, fusion, top_k: replace(
        Policy.default(),
        weights=dict(zip(KINDS, rows, strict=True)),
        tau=tau,
        sibling=sibling,
        w0=w0,
        c0=c0,
        fusion=fusion,
        top_k=top_k,
    ),
    rows=st.tuples(weights, weights, weights),
    tau=st.floats(1e-3, 1000),
    sibling=st.floats(0, 1),
    w0=st.floats(1e-3, 100),
    c0=st.floats(0, 1),
    fusion=st.sampled_from(("harmonic", "geometric", "min")),
    top_k=st.integers(1, 12),
)


@given(seeds, policies)
def test_numbers_stay_within_their_bounds_and_both_sides_agree(seed: int, policy: Policy) -> None:
    profiles = random_profiles(seed, 9, 10)
    snapshot = snapshot_of(
        profiles, policy=replace(policy, top_k=20), constraints=random_constraints(profiles, seed)
    )
    us, cn, counts = rank_all(snapshot)
    # With K above the number of candidates nothing is cut: each listed pair stands in both its lists.
    by_us = {(row["seeker"], row["candidate"]): row for row in us}
    by_cn = {(row["candidate"], row["seeker"]): row for row in cn}
    assert by_us.keys() == by_cn.keys()
    assert len(by_us) == counts["tied"] <= counts["scored"]
    assert counts["scored"] + sum(counts["excluded"].values()) == counts["pairs"] == 90
    for pair, row in by_us.items():
        mirrored = by_cn[pair]
        assert row["score"] == mirrored["score"]
        assert (row["affinity"], row["candidate_affinity"]) == (
            mirrored["candidate_affinity"],
            mirrored["affinity"],
        )
        known = row["criteria"][~np.isnan(row["criteria"])]
        assert ((known >= 0) & (known <= 1)).all()
        # A mean of numbers up to 1 may come out an ulp above it.
        for name in ("score", "affinity", "candidate_affinity"):
            assert 0 <= row[name] <= 1 + 1e-12


@given(seeds, policies)
def test_lists_are_ordered_cut_and_free_of_repetition(seed: int, policy: Policy) -> None:
    profiles = random_profiles(seed, 12, 8)
    snapshot = snapshot_of(profiles, policy=policy)
    kinds = {profile.id: KINDS.index(profile.kind) for profile in profiles}
    codes = snapshot.codes
    for lists in rank_all(snapshot)[:2]:
        keys = [
            (codes[row["seeker"]].encode(), int(row["kind"]), -row["score"], codes[row["candidate"]].encode())
            for row in lists
        ]
        assert keys == sorted(keys)
        assert len({(row["seeker"], row["candidate"]) for row in lists}) == len(lists)
        assert all(kinds[row["candidate"]] == row["kind"] for row in lists)
        by_list: dict[tuple[int, int], list[int]] = {}
        for row in lists:
            by_list.setdefault((row["seeker"], row["kind"]), []).append(int(row["rank"]))
        assert all(ranks == list(range(1, len(ranks) + 1)) for ranks in by_list.values())
        assert all(len(ranks) <= policy.top_k for ranks in by_list.values())


@given(levels, levels, slugs, st.integers(1, 3), st.floats(0, 1))
def test_one_more_need_answered_never_lowers_needs_met(
    needs: dict[str, int], offers: dict[str, int], topic: str, level: int, sibling: float
) -> None:
    policy = replace(Policy.default(), sibling=sibling)
    city = Profile(1, "us-a", "US", "city", needs=needs or {"topic-00": 1})
    firm = Profile(2, "cn-b", "CN", "firm", offers=offers or {"topic-00": 1})
    more = replace(city, needs={**city.needs, topic: max(level, city.needs.get(topic, 0))})
    better = replace(firm, offers={**firm.offers, topic: max(level, firm.offers.get(topic, 0))})
    values = []
    for one, two in ((city, firm), (more, firm), (more, better)):
        explanation = explain(snapshot_of([one, two], policy=policy), 1, 2)
        values.append(explanation.seeker.criteria[0].value)
    assert values == sorted(value for value in values if value is not None)


@given(seeds)
def test_shares_add_up_for_any_pair(seed: int) -> None:
    rng = random.Random(seed)
    one, two = random_profile(rng, 1, "US"), random_profile(rng, 2, "CN")
    explanation = explain(snapshot_of([one, two]), 1, 2)
    for side in (explanation.seeker, explanation.candidate):
        assert abs(side.base + sum(c.share for c in side.criteria) - side.affinity) < 1e-9
