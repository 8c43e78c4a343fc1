"""Release under the load cap, worked by hand."""

import numpy as np
import numpy.typing as npt

from matchmaking.engine import RANKING_DTYPE, rank_all, release_rounds
from tests.engine.cases import random_profiles, snapshot_of

CODES = {1: "us-a", 2: "us-b", 3: "us-c", 11: "cn-x", 12: "cn-y", 13: "cn-z", 14: "cn-w"}


def rows(*lines: tuple[int, int, int, int, float]) -> npt.NDArray[np.void]:
    """Lines of seeker, candidate, kind, rank, score."""
    made = np.zeros(len(lines), dtype=RANKING_DTYPE)
    for place, line in enumerate(lines):
        for name, value in zip(("seeker", "candidate", "kind", "rank", "score"), line, strict=True):
            made[name][place] = value
    return made


def released(selected: npt.NDArray[np.void]) -> list[tuple[int, int]]:
    return list(zip(selected["seeker"].tolist(), selected["candidate"].tolist(), strict=True))


def test_one_place_a_candidate() -> None:
    # Everybody's first is x, and only one may have it.
    lists = rows(
        (1, 11, 0, 1, 0.5), (1, 12, 0, 2, 0.4),
        (2, 11, 0, 1, 0.6), (2, 12, 0, 2, 0.5),
        (3, 11, 0, 1, 0.4), (3, 13, 0, 2, 0.1),
    )  # fmt: skip
    capacity = dict.fromkeys(CODES, 1)
    selected, held_back = release_rounds(lists, codes=CODES, capacity=capacity, per_kind=1, load_factor=1)
    # b takes x (0.6). a finds x full (0.5) and goes on to y, at 0.4 like c with x: a's code is smaller, so a
    # takes y. Then c finds x full and takes z (0.1).
    assert released(selected) == [(2, 11), (1, 12), (3, 13)]
    assert held_back == {11: 2}


def test_two_rounds_go_on_where_the_first_ended() -> None:
    lists = rows(
        (1, 11, 0, 1, 0.9), (1, 12, 0, 2, 0.8), (1, 13, 0, 3, 0.1),
        (2, 11, 0, 1, 0.7), (2, 12, 0, 2, 0.6), (2, 13, 0, 3, 0.2),
    )  # fmt: skip
    capacity = {**dict.fromkeys(CODES, 1), 13: 2}
    selected, held_back = release_rounds(lists, codes=CODES, capacity=capacity, per_kind=2, load_factor=1)
    # Round 1: a takes x (0.9); b finds x full (0.7) and takes y (0.6).
    # Round 2: a finds y full (0.8); b takes z (0.2), then a takes z (0.1), which has two places.
    assert released(selected) == [(1, 11), (2, 12), (2, 13), (1, 13)]
    assert held_back == {11: 1, 12: 1}


def test_equal_scores_go_by_the_codes_as_bytes() -> None:
    lists = rows((1, 11, 0, 1, 0.5), (2, 11, 0, 1, 0.5), (3, 12, 0, 1, 0.5), (3, 14, 1, 1, 0.5))
    capacity = dict.fromkeys(CODES, 3)
    codes = {**CODES, 1: "us-é", 2: "us-z"}
    selected, _ = release_rounds(lists, codes=codes, capacity=capacity, per_kind=1, load_factor=4)
    assert released(selected) == [(3, 14), (3, 12), (2, 11), (1, 11)]
    tight, held_back = release_rounds(
        lists, codes=codes, capacity={**capacity, 11: 1}, per_kind=1, load_factor=1.9
    )
    assert released(tight) == [(3, 14), (3, 12), (2, 11)]
    assert held_back == {11: 1}


def test_each_kind_is_a_list_of_its_own_and_rows_may_come_in_any_order() -> None:
    lists = rows(
        (1, 13, 1, 2, 0.3), (1, 12, 0, 1, 0.2), (1, 11, 1, 1, 0.4), (1, 14, 1, 3, 0.2),
    )  # fmt: skip
    capacity = dict.fromkeys(CODES, 3)
    selected, held_back = release_rounds(lists, codes=CODES, capacity=capacity, per_kind=2, load_factor=4)
    assert released(selected) == [(1, 11), (1, 12), (1, 13)]
    assert held_back == {}


def test_a_candidate_without_capacity_is_released_to_nobody() -> None:
    lists = rows((1, 11, 0, 1, 0.5), (2, 11, 0, 1, 0.4))
    selected, held_back = release_rounds(
        lists, codes=CODES, capacity=dict.fromkeys(CODES, 0), per_kind=3, load_factor=4
    )
    assert (released(selected), held_back) == ([], {11: 2})
    none, nothing = release_rounds(lists[:0], codes=CODES, capacity={}, per_kind=3, load_factor=4)
    assert (len(none), none.dtype, nothing) == (0, RANKING_DTYPE, {})


def test_the_cap_holds_on_a_whole_run_and_without_it_does_not() -> None:
    snapshot = snapshot_of(random_profiles(8, 80, 80))
    us, cn, _ = rank_all(snapshot)
    both = np.concatenate([us, cn])
    capacity = dict.fromkeys(snapshot.codes, 2)
    capped, held_back = release_rounds(
        both, codes=snapshot.codes, capacity=capacity, per_kind=3, load_factor=4
    )
    free, nothing = release_rounds(
        both, codes=snapshot.codes, capacity=capacity, per_kind=3, load_factor=10**6
    )
    assert np.unique(capped["candidate"], return_counts=True)[1].max() == 8
    assert np.unique(free["candidate"], return_counts=True)[1].max() > 8
    assert sum(held_back.values()) > 0
    assert nothing == {}
    keys = capped[["seeker", "kind"]].tolist()
    assert max(keys.count(key) for key in set(keys)) == 3


def test_what_goes_first_takes_a_round_of_its_kind_and_its_share_of_the_cap() -> None:
    lists = rows(
        (1, 11, 0, 1, 0.9), (1, 12, 0, 2, 0.8), (1, 13, 0, 3, 0.7), (1, 14, 1, 1, 0.6),
        (2, 13, 0, 1, 0.9), (2, 11, 0, 2, 0.5), (3, 14, 1, 0, 0.1),
    )  # fmt: skip
    first = {(1, 13), (3, 14), (3, 11)}
    capacity = {**dict.fromkeys(CODES, 3), 13: 1}
    selected, held_back = release_rounds(
        lists, codes=CODES, capacity=capacity, per_kind=2, load_factor=1, first=first
    )
    # First: a takes z (0.7) and c takes w (0.1), which stands in no list; c and x are no row. Round 1: a
    # takes x (0.9), with which its two of the kind are had; b finds z full (0.9); a takes w (0.6), b takes
    # x (0.5).
    assert released(selected) == [(1, 13), (3, 14), (1, 11), (1, 14), (2, 11)]
    assert held_back == {13: 1}


def test_what_goes_first_goes_beyond_the_rounds_but_not_beyond_the_cap() -> None:
    lists = rows((1, 11, 0, 1, 0.9), (1, 12, 0, 2, 0.8), (1, 13, 0, 3, 0.7), (2, 12, 0, 1, 0.85))
    capacity = dict.fromkeys(CODES, 1)
    selected, held_back = release_rounds(
        lists, codes=CODES, capacity=capacity, per_kind=1, load_factor=1, first={(1, 12), (1, 13), (2, 12)}
    )
    # b takes y (0.85), a finds it full (0.8) and takes z; that is its one of the kind, so x is left.
    assert released(selected) == [(2, 12), (1, 13)]
    assert held_back == {12: 1}
    both, _ = release_rounds(
        lists, codes=CODES, capacity=capacity, per_kind=1, load_factor=2, first={(1, 12), (1, 13)}
    )
    assert released(both) == [(1, 12), (1, 13), (2, 12)]
