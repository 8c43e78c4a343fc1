"""From ranking rows to recommendations: under the cap, once, with a breakdown that adds up."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from alliances.enums import Country
from alliances.models import Organization
from matchmaking.engine.names import CRITERIA
from matchmaking.enums import RecommendationState as S
from matchmaking.enums import Step
from matchmaking.models import CurationEvent, MatchRun, Pair, Ranking, Recommendation, ScoringPolicy
from matchmaking.services import proposals, runs, shards
from matchmaking.services.policies import active_policy, policy_activate, policy_new_version
from matchmaking.services.proposals import Proposal, propose
from matchmaking.services.recommendations import (
    recommendations_exclude,
    recommendations_hold,
    recommendations_release,
)
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import make_scene
from tests.registers import make_register
from tests.sizes import size

SIDE = size(small=25, ci=60, full=200)


def change_policy(**rules: object) -> ScoringPolicy:
    policy = policy_new_version("standard", {**active_policy().rules, **rules})
    policy_activate(policy)
    return policy


def work_until_proposing(run: MatchRun) -> None:
    """Have the run's lists, and its proposing still to do."""
    while not run.shards.filter(step=Step.PROPOSE).exists():
        assert shards.work_on_one()


def of_direction(one: Recommendation) -> list[Recommendation]:
    """Every run's row of this seeker and candidate, oldest first."""
    same = Recommendation.objects.filter(seeker=one.seeker_id, candidate=one.candidate_id)
    return list(same.order_by("pk"))


def rows_of(run: MatchRun) -> list[tuple[object, ...]]:
    return list(
        Recommendation.objects.filter(run=run)
        .order_by("seeker_id", "candidate_id")
        .values_list("seeker_id", "candidate_id", "kind", "rank", "score", "state", "pair_id")
    )


@pytest.mark.django_db
def test_recommendations_are_ranking_rows_released_under_the_cap() -> None:
    make_register(SIDE, SIDE, seed=3)
    change_policy(load_factor=1.0)
    run = complete_run()
    found = Recommendation.objects.filter(run=run)
    fields = ("seeker_id", "candidate_id", "kind", "rank", "score", "affinity", "candidate_affinity")
    assert found.exists()
    assert set(found.values_list(*fields)) <= set(Ranking.objects.filter(run=run).values_list(*fields))
    assert set(found.values_list("state", flat=True)) == {S.RELEASED}
    capacity = dict(Organization.objects.values_list("pk", "capacity"))
    load = Counter(found.values_list("candidate_id", flat=True))
    assert {pk: n for pk, n in load.items() if n > capacity[pk]} == {}
    most = Counter(found.values_list("seeker_id", "kind"))
    assert max(most.values()) == 3
    assert run.held_back is not None
    assert run.held_back > 0


@pytest.mark.django_db
def test_every_breakdown_adds_up_to_the_affinities_of_its_row() -> None:
    make_register(SIDE, SIDE, seed=4)
    for one in Recommendation.objects.filter(run=complete_run()):
        for side, affinity in (("seeker", one.affinity), ("candidate", one.candidate_affinity)):
            told = one.breakdown[side]
            assert told["affinity"] == affinity
            assert abs(told["base"] + sum(c["share"] for c in told["criteria"]) - affinity) < 1e-9
            assert tuple(c["criterion"] for c in told["criteria"]) == CRITERIA
            assert all(0 <= c["share"] <= c["possible"] + 1e-12 for c in told["criteria"])
            shares = [reason["share"] for reason in told["reasons"]]
            assert shares == sorted(shares, reverse=True)
            assert all(share > 0.01 for share in shares)
        assert json.loads(json.dumps(one.breakdown)) == one.breakdown


@pytest.mark.django_db
def test_proposing_twice_makes_none_twice() -> None:
    run = make_scene().run
    before = rows_of(run)
    events = CurationEvent.objects.count()
    assert len(before) == 8
    assert propose(run) == Proposal(proposed=0, kept=0, held_back=0, released=0)
    assert rows_of(run) == before
    assert CurationEvent.objects.count() == events


@pytest.mark.django_db(transaction=True)
def test_two_proposers_at_once_make_none_twice() -> None:
    run = make_scene(3).run
    before = rows_of(run)
    Recommendation.objects.all().delete()
    Pair.objects.all().delete()

    def work(_number: int) -> None:
        try:
            propose(run)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert [row[:-1] for row in rows_of(run)] == [row[:-1] for row in before]
    assert Pair.objects.count() == len({row[-1] for row in before})


@pytest.mark.django_db
def test_heartbeat_is_called_for_every_pair() -> None:
    run = make_scene().run
    Recommendation.objects.all().delete()
    beats: list[None] = []
    assert propose(run, lambda: beats.append(None)).proposed == 8
    assert len(beats) == 9


@pytest.mark.django_db
def test_what_was_released_stands_and_is_not_proposed_again() -> None:
    first = make_scene().run
    told = rows_of(first)
    make_organization(country=Country.CN, offers={"sponge-city": 1})
    second = complete_run()
    assert rows_of(first) == told
    fresh = {(row[0], row[1]) for row in rows_of(second)}
    assert len(fresh) == 2
    assert fresh.isdisjoint({(row[0], row[1]) for row in told})
    event = CurationEvent.objects.get(subject="run", subject_id=second.pk, kind="proposed")
    assert (event.data["kept"], event.data["proposed"], event.data["superseded"]) == (8, 2, 0)


@pytest.mark.django_db
def test_manual_release_leaves_proposals_and_the_next_run_supersedes_them() -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    first, second = complete_run(), complete_run()
    assert {row[5] for row in rows_of(first)} == {S.SUPERSEDED}
    assert {row[5] for row in rows_of(second)} == {S.PROPOSED}
    assert len(rows_of(first)) == len(rows_of(second)) == 8


@pytest.mark.django_db
def test_what_staff_hold_stays_held_in_the_next_run() -> None:
    first = make_scene().run
    held = Recommendation.objects.filter(run=first).order_by("pk")[0]
    recommendations_hold([held], by=make_user(is_staff=True))
    second = complete_run()
    held.refresh_from_db()
    assert held.state == S.SUPERSEDED
    assert [(row[0], row[1], row[5]) for row in rows_of(second)] == [
        (held.seeker_id, held.candidate_id, S.HELD)
    ]


@pytest.mark.django_db
def test_a_hold_outlasts_a_run_that_does_not_list_the_pair() -> None:
    make_scene()
    held = Recommendation.objects.filter(seeker__country="US").order_by("pk")[0]
    curator = make_user(is_staff=True)
    recommendations_hold([held], by=curator)
    Organization.objects.filter(pk=held.candidate_id).update(capacity=0)
    without = complete_run()
    assert not Recommendation.objects.filter(run=without, pair=held.pair).exists()
    held.refresh_from_db()
    assert held.state == S.HELD
    Organization.objects.filter(pk=held.candidate_id).update(capacity=5)
    again = complete_run()
    assert [(one.run_id, one.state) for one in of_direction(held)] == [
        (held.run_id, S.SUPERSEDED),
        (again.pk, S.HELD),
    ]
    assert recommendations_release([of_direction(held)[1]], by=curator).done == 1
    assert [one.state for one in of_direction(held)] == [S.SUPERSEDED, S.RELEASED]


@pytest.mark.django_db
def test_a_hold_made_while_the_next_run_proposes_holds_its_row_too() -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    one = Recommendation.objects.filter(run=complete_run()).order_by("pk")[0]
    change_policy(release="automatic")
    curator = make_user(is_staff=True)
    run = runs.run_request(active_policy())
    work_until_proposing(run)
    beats: list[int] = []

    def beat() -> None:
        beats.append(recommendations_hold([one], by=curator).done)

    propose(run, beat)
    assert beats[0] == 1
    assert [(row.run_id, row.state) for row in of_direction(one)] == [
        (one.run_id, S.SUPERSEDED),
        (run.pk, S.HELD),
    ]
    assert {row[5] for row in rows_of(run) if row[:2] != (one.seeker_id, one.candidate_id)} == {S.RELEASED}


@pytest.mark.django_db
@pytest.mark.parametrize("at_beat", [0, 8])
def test_a_release_made_while_the_next_run_proposes_leaves_one_live_row(at_beat: int) -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    one = Recommendation.objects.filter(run=complete_run()).order_by("pk")[0]
    curator = make_user(is_staff=True)
    recommendations_hold([one], by=curator)
    run = runs.run_request(active_policy())
    work_until_proposing(run)
    beats: list[None] = []

    # The first comes before anything is written, the ninth when everything is.
    def beat() -> None:
        if len(beats) == at_beat:
            assert recommendations_release(Recommendation.objects.filter(pair=one.pair), by=curator).done > 0
        beats.append(None)

    propose(run, beat)
    live = [row for row in of_direction(one) if row.state != S.SUPERSEDED]
    assert [row.state for row in live] == [S.RELEASED]


@pytest.mark.django_db
def test_excluded_pair_is_in_no_later_run() -> None:
    first = make_scene().run
    one = Recommendation.objects.filter(run=first).order_by("-score")[0]
    recommendations_exclude([one], reason="Known to each other.", by=make_user(is_staff=True))
    second = complete_run()
    assert second.counts["excluded"]["exclusion"] == 1
    assert not Ranking.objects.filter(run=second, seeker=one.seeker, candidate=one.candidate).exists()
    assert not Recommendation.objects.filter(run=second, pair=one.pair).exists()


@pytest.mark.django_db
def test_run_that_was_overtaken_proposes_nothing() -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    first, second = complete_run(), complete_run()
    Recommendation.objects.filter(run=first).delete()
    assert propose(first) == Proposal(0, 0, 0, 0)
    assert rows_of(first) == []
    assert len(rows_of(second)) == 8


@pytest.mark.django_db
@pytest.mark.parametrize("cities", [1, 3])
def test_queries_do_not_grow_with_pairs(
    cities: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = make_scene(cities=cities).run
    Recommendation.objects.all().delete()
    with django_assert_num_queries(22):
        propose(run)


@pytest.mark.django_db
def test_people_see_what_was_released_to_their_organization_only() -> None:
    scene = make_scene(2)
    reader, seeker = scene.readers[0], scene.seekers[0]
    shown = Recommendation.objects.visible_to
    assert {one.seeker_id for one in shown(reader)} == {seeker.pk}
    held = Recommendation.objects.filter(seeker=seeker)[0]
    recommendations_hold([held], by=make_user(is_staff=True))
    assert held not in shown(reader)
    assert list(shown(make_user())) == []
    outsider = make_team_member(make_organization()).user
    assert list(shown(outsider)) == []


@pytest.mark.django_db
def test_the_database_knows_how_many_there_are_before_it_settles_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planned for a table of a few rows, settling a hundred thousand of them took minutes."""
    make_register(30, 30, seed=1)
    monkeypatch.setattr(proposals, "BATCH", 50)
    complete_run()
    made = Recommendation.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [Recommendation._meta.db_table])
        assert (made > 50, cursor.fetchone()) == (True, (made,))
