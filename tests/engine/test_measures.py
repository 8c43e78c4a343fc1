"""Recall, ranks and exposure, worked by hand."""

from collections import Counter
from typing import Any

import pytest

from matchmaking.engine import (
    Exposure,
    Policy,
    Profile,
    Snapshot,
    TopTens,
    evaluate,
    exposure,
    mean_reciprocal_rank,
    rank_all,
    recall_at,
)
from matchmaking.engine.ranking import Rows
from tests.engine.cases import duplicated, random_profiles, snapshot_of


def test_recall_and_reciprocal_rank() -> None:
    ranks = [1, None, 5, 6]
    assert recall_at(ranks, 5) == 0.5
    assert recall_at(ranks, 10) == 0.75
    # The mean of one, nothing, a fifth and a sixth.
    assert mean_reciprocal_rank(ranks) == pytest.approx(41 / 120)
    assert (recall_at([], 5), mean_reciprocal_rank([])) == (0.0, 0.0)


def test_exposure_of_four_candidates() -> None:
    # Entries 3, 1, 0, 0: rising 0, 0, 1, 3 at places 1 to 4: ((6 - 5) * 1 + (8 - 5) * 3) / (4 * 4) = 10 / 16.
    assert exposure([[7, 8], [7], [7]], [7, 8, 9, 10]) == Exposure(
        candidates=4, lists=3, entries=4, gini=10 / 16, top_share=3 / 4, most_listed=7, most_entries=3
    )
    even = exposure([[1, 2], [2, 1]], [1, 2])
    assert (even.gini, even.top_share, even.most_listed) == (0.0, 0.5, 1)
    assert exposure([], [1, 2]).to_dict() == {
        "candidates": 2,
        "lists": 0,
        "entries": 0,
        "gini": 0.0,
        "top_share": 0.0,
        "most_listed": None,
        "most_entries": 0,
    }
    with pytest.raises(ValueError, match="organization 3 is listed"):
        exposure([[3]], [1, 2])


def test_the_top_hundredth_is_rounded_up() -> None:
    # 150 candidates: the two most listed. Of 150 entries 10 go to the first, 5 to the second, one to others.
    lists = [[1]] * 10 + [[2]] * 5 + [[number] for number in range(3, 138)]
    assert exposure(lists, range(1, 151)).top_share == 15 / 150


def test_top_tens_mix_the_kinds_by_score() -> None:
    snapshot = snapshot_of(duplicated(random_profiles(41, 15, 15), 2))
    us, cn, _ = rank_all(snapshot)
    tops = TopTens(snapshot)
    # In two parts of whole lists, as a merge brings them.
    first = us["seeker"] == us["seeker"][0]
    for seekers, part in (("US", us[~first]), ("CN", cn), ("US", us[first]), ("US", us[:0])):
        tops.add(seekers, part)
    found: Counter[int] = Counter()
    for country, rows in (("CN", us), ("US", cn)):
        by_seeker: dict[int, list[tuple[float, bytes, int]]] = {}
        for row in rows:
            candidate = int(row["candidate"])
            key = -float(row["score"]), snapshot.codes[candidate].encode(), candidate
            by_seeker.setdefault(int(row["seeker"]), []).append(key)
        lists = [[candidate for *_key, candidate in sorted(keys)[:10]] for keys in by_seeker.values()]
        side = snapshot.us if country == "US" else snapshot.cn
        assert tops.exposure(country) == exposure(lists, side.id[side.approved].tolist())
        found.update(candidate for entries in lists for candidate in entries)
    assert {number: times for number, times in tops.times().items() if times} == found


def standing(snapshot: Snapshot, us: Rows, cn: Rows) -> dict[int, int]:
    tops = TopTens(snapshot)
    tops.add("US", us)
    tops.add("CN", cn)
    return tops.times()


def city(number: int, country: str, **levels: Any) -> Profile:
    return Profile(number, f"{country.lower()}-{number}", country, "city", **levels)


def test_evaluation_counts_both_directions_and_missed_partners() -> None:
    # 11 offers both needs of 1, 12 one of them; 13 has nothing in common with anybody.
    profiles = [
        city(1, "US", needs={"topic-00": 3, "topic-01": 3}),
        city(2, "US", needs={"topic-00": 3}),
        city(11, "CN", offers={"topic-00": 3, "topic-01": 3}),
        city(12, "CN", offers={"topic-01": 1}),
        city(13, "CN"),
    ]
    snapshot = snapshot_of(profiles, policy=Policy.default())
    us, cn, _ = rank_all(snapshot)
    popularity = standing(snapshot, us, cn)
    # 1 ranks 11, 12. 2 ranks 11 alone. 11 ranks 1 and 2; 12 ranks 1 alone. 1 and 13 never meet.
    found = evaluate(snapshot, popularity, [(1, 12), (1, 13)])
    # Ranks: 12 for 1 is second, 1 for 12 is first, twice missed: mrr (1/2 + 1) / 4.
    assert (found.recall_at_5, found.recall_at_10, found.mrr, found.pairs) == (0.5, 0.5, 0.375, 2)
    # By popularity 11 (in two top tens) is before 12 (in one), and 1 alone is before 12's eyes.
    assert found.popularity_mrr == 0.375
    # 2's only candidate is 11; 11 gains more from 1, who needs both its offers, so 2 is its second.
    assert evaluate(snapshot, popularity, [(2, 11)]).mrr == (1 + 1 / 2) / 2


def test_an_unknown_organization_is_refused() -> None:
    snapshot = snapshot_of(random_profiles(42, 3, 3))
    us, cn, _ = rank_all(snapshot)
    with pytest.raises(KeyError):
        evaluate(snapshot, standing(snapshot, us, cn), [(1, 99)])
