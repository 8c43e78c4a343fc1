"""A snapshot is all a run needs: it comes back from its bytes, and equal input gives equal bytes."""

import json
import random
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matchmaking.engine import (
    Constraints,
    Policy,
    Profile,
    ProfileError,
    Snapshot,
    SnapshotError,
    Topic,
    TrustFacts,
    build_snapshot,
    explain,
    rank_all,
    stored_digest,
)
from tests.engine.cases import AS_OF, TOPICS, random_constraints, random_profiles, snapshot_of

GRID = 2.0**-20


def test_bytes_come_back_as_the_same_snapshot() -> None:
    profiles = random_profiles(1, 20, 25)
    policy = replace(Policy.default(), tau=0.1, sibling=0.3)
    made = snapshot_of(profiles, policy=policy, constraints=random_constraints(profiles, 1))
    back = Snapshot.from_bytes(made.to_bytes())
    assert back.to_bytes() == made.to_bytes()
    assert back.digest() == made.digest() == stored_digest(made.to_bytes())
    assert (back.policy, back.as_of, back.codes, back.idf) == (policy, AS_OF, made.codes, made.idf)
    for ours, theirs in zip(rank_all(back)[:2], rank_all(made)[:2], strict=True):
        assert ours.tobytes() == theirs.tobytes()
    one, two = made.us.id[0], made.cn.id[0]
    empty = snapshot_of([])
    assert Snapshot.from_bytes(empty.to_bytes()).digest() == empty.digest()
    assert explain(back, one, two, effects=True) == explain(made, one, two, effects=True)


def test_equal_input_in_any_order_gives_equal_bytes() -> None:
    profiles = random_profiles(2, 20, 20)
    turned = [
        replace(profile, needs=dict(reversed(list(profile.needs.items())))) for profile in reversed(profiles)
    ]
    constraints = Constraints(exclusions=frozenset({(1, 21), (2, 22), (3, 23)}))
    swapped = Constraints(exclusions=frozenset({(23, 3), (22, 2), (21, 1)}))
    one = snapshot_of(profiles, constraints=constraints)
    two = snapshot_of(turned, constraints=swapped)
    assert one.to_bytes() == two.to_bytes()
    assert one.digest() != snapshot_of(profiles).digest()


def test_sides_are_in_the_byte_order_of_their_codes() -> None:
    codes = ["us-é", "us-z", "us-Z", "us-城", "us-a", "us-0"]
    profiles = [Profile(number, code, "US", "city") for number, code in enumerate(codes)]
    made = snapshot_of(profiles)
    assert made.us_codes == ("us-0", "us-Z", "us-a", "us-z", "us-é", "us-城")
    assert [codes[number] for number in made.us.id] == list(made.us_codes)


def test_what_is_derived_from_roots_and_logarithms_lies_on_the_grid() -> None:
    made = snapshot_of(random_profiles(3, 30, 30))
    arrays = [made.scale.idf]
    for side in (made.us, made.cn):
        arrays += [side.cube_root, side.reach, side.norm, side.trust[~np.isnan(side.trust)]]
    for array in arrays:
        assert len(array)
        assert np.array_equal(array / GRID, np.rint(array / GRID))


def test_the_idf_of_an_earlier_run_can_be_kept() -> None:
    profiles = random_profiles(4, 10, 10)
    earlier = snapshot_of(profiles)
    amended = build_snapshot(
        profiles[:5], topics=TOPICS, policy=Policy.default(), as_of=AS_OF, idf=earlier.idf
    )
    assert amended.idf == earlier.idf
    assert snapshot_of(profiles[:5]).idf != earlier.idf
    with pytest.raises(ValueError, match="no idf is given for topic-00"):
        build_snapshot(profiles, topics=TOPICS, policy=Policy.default(), as_of=AS_OF, idf={})


def test_organizations_that_are_not_approved_do_not_weigh_topics() -> None:
    profiles = [replace(profile, approved=True) for profile in random_profiles(5, 10, 10)]
    joined = [*profiles, Profile(99, "us-new", "US", "city", needs={"topic-01": 3}, approved=False)]
    assert snapshot_of(joined).idf == snapshot_of(profiles).idf


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"id": 2}, "id", 2),
        ({"code": "cn-two"}, "code", "cn-two"),
        ({"country": "FR"}, "country", "FR"),
        ({"kind": "agency"}, "kind", "agency"),
        ({"needs": {"levitation": 2}}, "needs", "levitation"),
        ({"offers": {"topic-01": 4}}, "offers.topic-01", 4),
        ({"offers": {"topic-01": True}}, "offers.topic-01", True),
        ({"size_band": "huge"}, "size_band", "huge"),
        ({"size_band": "small", "population": 5}, "size_band", "small"),
        ({"population": 0}, "population", 0),
        ({"seeks": frozenset({"bank"})}, "seeks", "bank"),
        ({"refuses": frozenset({"bank"})}, "refuses", "bank"),
        ({"partnership_types": frozenset({"friendship"})}, "partnership_types", "friendship"),
        ({"languages": frozenset({"fr"})}, "languages", "fr"),
        ({"stage": "done"}, "stage", "done"),
        ({"horizon": "soon"}, "horizon", "soon"),
        ({"budget": "lots"}, "budget", "lots"),
        ({"statement_vector": b"123"}, "statement_vector", 3),
        ({"trust": TrustFacts(verified_evidence=-1)}, "trust.verified_evidence", -1),
        ({"trust": TrustFacts(released=1, answered=2)}, "trust.answered", 2),
    ],
)
def test_a_profile_that_cannot_be_scored_is_named(change: dict[str, Any], field: str, value: object) -> None:
    good = [Profile(1, "us-one", "US", "city"), Profile(2, "cn-two", "CN", "firm")]
    with pytest.raises(ProfileError) as caught:
        snapshot_of([replace(good[0], **change), good[1]])
    assert (caught.value.field, caught.value.value) == (field, value)
    assert caught.value.code in ("us-one", "cn-two")


def test_a_topic_stated_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stated twice: a"):
        snapshot_of([], topics=[Topic("a", "x"), Topic("a", "y")])


def test_other_bytes_are_no_snapshot() -> None:
    stored = snapshot_of(random_profiles(6, 3, 3)).to_bytes()
    content = zlib.decompress(stored)
    another_engine = content.replace(b'"engine_version":"1"', b'"engine_version":"0"')
    for wrong in (b"", b"no", zlib.compress(b"no"), zlib.compress(content + b"more")):
        with pytest.raises(SnapshotError):
            Snapshot.from_bytes(wrong)
    for wrong in (zlib.compress(content[:-9]), stored[:-9]):
        with pytest.raises(SnapshotError):
            Snapshot.from_bytes(wrong)
    with pytest.raises(SnapshotError, match="made by engine 0, this is 1"):
        Snapshot.from_bytes(zlib.compress(another_engine))


def test_a_snapshot_from_before_there_were_jurisdiction_rules_is_read() -> None:
    made = snapshot_of(random_profiles(8, 5, 6))
    magic, head, arrays = zlib.decompress(made.to_bytes()).split(b"\n", 2)
    header = json.loads(head)
    header["arrays"] = [entry for entry in header["arrays"] if not entry[0].startswith("barred_")]
    older = zlib.compress(b"\n".join([magic, json.dumps(header).encode(), arrays]))
    assert Snapshot.from_bytes(older).to_bytes() == made.to_bytes()


def test_the_header_can_be_read_without_the_engine() -> None:
    content = zlib.decompress(snapshot_of(random_profiles(7, 3, 3)).to_bytes())
    header = json.loads(content.split(b"\n")[1])
    assert header["as_of"] == "2026-11-23"
    assert Policy.from_dict(header["policy"]) == Policy.default()
    assert (
        sum(int(np.prod(shape)) * np.dtype(kind).itemsize for _, kind, shape in header["arrays"])
        == len(content) - len(content.split(b"\n")[0]) - len(content.split(b"\n")[1]) - 2
    )


def test_seeds_differ() -> None:
    seeds = random.Random(0).sample(range(1000), 3)
    assert len({snapshot_of(random_profiles(seed, 5, 5)).digest() for seed in seeds}) == 3
