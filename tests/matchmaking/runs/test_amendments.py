"""What happens to an organization is in the lists at once, as a full run of the same idf and day has it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from alliances.enums import Country, Kind, OrganizationState
from alliances.importing.entries import OrganizationEntry
from alliances.models import ChallengeArea, Organization, Topic
from alliances.services import review
from alliances.services.register import save_organization
from matchmaking import engine
from matchmaking.datasource import take_changes
from matchmaking.engine.names import KINDS
from matchmaking.enums import Answer, RunState, ShardState, Step
from matchmaking.enums import RecommendationState as S
from matchmaking.models import (
    MatchRun,
    MatchShard,
    Ranking,
    Recommendation,
    RunSnapshot,
)
from matchmaking.selectors.release import is_overtaken
from matchmaking.selectors.runs import last_complete_run, progress
from matchmaking.services import amendments, events, policies, rankings, runs, shards
from matchmaking.services.answers import Said, answer
from matchmaking.services.recommendations import recommendations_exclude
from matchmaking.services.replay import replay
from matchmaking.services.snapshots import snapshot_of
from tests import reviewing
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.recommendations.test_propose import change_policy
from tests.matchmaking.runs.conftest import complete_run, work_off
from tests.registers import make_register
from tests.sizes import size

pytestmark = pytest.mark.django_db
SIDE = size(small=30, ci=30, full=150)
EDITS = size(small=12, ci=12, full=100)


def edit(organization: Organization, **values: Any) -> None:
    """As its team states it in the portal."""
    entry = OrganizationEntry(
        code=organization.code,
        needs=values.pop("needs", None),
        offers=values.pop("offers", None),
        values=values,
    )
    save_organization(entry, actor=make_user(is_staff=True), reason="Test")


def amended() -> MatchRun:
    """The amendment that the register asks for by now, done."""
    run = events.match_anew()
    assert run is not None
    assert run.amends == last_complete_run()
    work_off()
    run.refresh_from_db()
    assert (run.state, run.cause) == (RunState.COMPLETE, "")
    return run


def stored_lists(run: MatchRun) -> list[tuple[Any, ...]]:
    rows = Ranking.objects.filter(run=run.lists_of).order_by("seeker_id", "kind", "rank")
    return [
        (*row, np.array(criteria).tobytes())
        for *row, criteria in rows.values_list(
            "seeker_id",
            "candidate_id",
            "kind",
            "rank",
            "score",
            "affinity",
            "candidate_affinity",
            "criteria",
        )
    ]


def full_lists(run: MatchRun) -> list[tuple[Any, ...]]:
    """What a full run of today's register with the idf and day of this run would store."""
    base = snapshot_of(run.amends or run)
    everybody = [*Organization.objects.values_list("pk", flat=True), *base.codes]
    model = runs.seen_by(run.amends or run).model
    snapshot = take_changes(base, everybody, model_hash=model).laid_over(base)
    us, cn, _counts = engine.rank_all(snapshot)
    rows = np.concatenate([us, cn])
    return sorted(
        (
            int(row["seeker"]),
            int(row["candidate"]),
            KINDS[row["kind"]],
            int(row["rank"]),
            float(row["score"]),
            float(row["affinity"]),
            float(row["candidate_affinity"]),
            row["criteria"].tobytes(),
        )
        for row in rows
    )


def register() -> list[Organization]:
    """With a full run whose recommendations wait for staff."""
    make_register(SIDE, SIDE, seed=11)
    change_policy(release="manual")
    complete_run(top_k=4)
    return list(Organization.objects.order_by("pk"))


def random_edit(draw: random.Random) -> None:
    # The register is made at random; who looks for a kind that it refuses is not let save anything.
    everybody = Organization.objects.order_by("pk")
    organization = draw.choice([one for one in everybody if not set(one.seeks) & set(one.refuses)])
    curator = make_user(is_staff=True)
    approved = organization.state == OrganizationState.APPROVED
    match draw.randrange(6):
        case 0 if approved:
            review.suspend(organization, actor=curator)
        case 1 if organization.state == OrganizationState.SUSPENDED:
            reviewing.approve(organization, actor=curator)
        case 2:
            edit(organization, capacity=draw.randint(0, 2))
        case 3:
            open_ones = Recommendation.objects.filter(state__in=(S.PROPOSED, S.RELEASED))
            chosen = open_ones.order_by("pk").first()
            if chosen is not None:
                recommendations_exclude([chosen], reason="Test", by=curator)
        case _:
            slugs = list(Topic.objects.values_list("slug", flat=True))
            needs = {slug: draw.randint(1, 3) for slug in draw.sample(slugs, 3)}
            edit(organization, needs=needs, summary_en=f"We want {draw.random()} of it, and more.")


def test_random_edits_leave_the_lists_of_a_full_run() -> None:
    register()
    base, draw = last_complete_run(), random.Random(3)
    assert base is not None
    asked = 0
    for _round in range(EDITS // 2):
        for _edit in range(draw.choice([1, 3])):
            random_edit(draw)
        run = events.match_anew()
        if run is not None:
            asked += 1
            assert run.amends == base
            work_off()
            run.refresh_from_db()
            assert (run.state, run.cause) == (RunState.COMPLETE, "")
        assert sorted(stored_lists(base)) == full_lists(base)
        assert Recommendation.objects.filter(state=S.PROPOSED, seeker__state="suspended").count() == 0
    assert asked > EDITS // 4


def newcomer(**fields: Any) -> Organization:
    return make_organization(country=Country.US, kind=Kind.CITY, state=OrganizationState.SUBMITTED, **fields)


def test_a_newcomer_has_recommendations_and_stands_in_the_lists_of_others() -> None:
    register()
    base = last_complete_run()
    assert base is not None
    new = newcomer(needs={"topic-1-0": 3, "topic-2-0": 3}, offers={"topic-3-0": 3})
    assert events.match_anew() is None
    others = set(Recommendation.objects.values_list("pk", "state"))
    reviewing.approve(new, actor=make_user(is_staff=True))
    run = amended()
    assert (run.policy, run.as_of, run.top_k) == (base.policy, base.as_of, base.top_k)
    assert run.shards.get(step=Step.AMEND).counts["changed"] == [new.pk]
    own = Recommendation.objects.filter(seeker=new)
    assert own.count() > 0
    assert set(own.values_list("run", "state")) == {(run.pk, S.PROPOSED)}
    assert Ranking.objects.filter(run=base, candidate=new).exists()
    assert Ranking.objects.filter(run=run).count() == 0
    # To all others only what is new for them is proposed, and nobody's is proposed twice.
    stayed = set(Recommendation.objects.exclude(run=run).values_list("pk", "state"))
    assert {pk for pk, _state in stayed} == {pk for pk, _state in others}
    assert {state for _pk, state in stayed - others} <= {S.SUPERSEDED}
    made = Recommendation.objects.filter(run=run).exclude(seeker=new)
    assert set(made.values_list("candidate_id", flat=True)) == {new.pk}
    assert progress(run.pk).settled
    assert progress(run.pk).share == 1.0
    assert events.match_anew() is None


def test_per_kind_and_cap_hold_over_a_run_and_its_amendments() -> None:
    register()
    draw = random.Random(5)
    for _round in range(3):
        for _edit in range(3):
            random_edit(draw)
        if events.match_anew():
            work_off()
    rows = Recommendation.objects.filter(state=S.PROPOSED).values_list("seeker", "candidate", "kind")
    lists: dict[tuple[int, str], int] = {}
    loads: dict[int, int] = {}
    for seeker, candidate, kind in rows:
        lists[seeker, kind] = lists.get((seeker, kind), 0) + 1
        loads[candidate] = loads.get(candidate, 0) + 1
    rules = policies.active_policy().rules
    assert max(lists.values()) <= rules["proposed_per_kind"]
    capacity = dict(Organization.objects.values_list("pk", "capacity"))
    base = last_complete_run()
    assert base is not None
    first = snapshot_of(base)
    for candidate, load in loads.items():
        country, row = first.locate(candidate)
        before = int((first.us if country == "US" else first.cn).capacity_left[row])
        assert load <= max(before, capacity[candidate]) * rules["load_factor"]


def test_whoever_is_suspended_is_gone_from_lists_and_proposals() -> None:
    register()
    base = last_complete_run()
    going = Recommendation.objects.order_by("pk")[0].candidate
    review.suspend(going, actor=make_user(is_staff=True))
    amended()
    assert not Ranking.objects.filter(run=base, candidate=going).exists()
    assert not Ranking.objects.filter(run=base, seeker=going).exists()
    named = Recommendation.objects.filter(candidate=going) | Recommendation.objects.filter(seeker=going)
    assert set(named.values_list("state", flat=True)) == {S.SUPERSEDED}


def test_a_no_takes_the_pair_out_of_both_lists() -> None:
    register()
    base = last_complete_run()
    one = Recommendation.objects.order_by("pk")[0]
    Recommendation.objects.filter(pk=one.pk).update(state=S.RELEASED, released_at=timezone.now())
    officer = make_user()
    make_team_member(one.seeker, officer)
    one.refresh_from_db()
    answer(one, Said(Answer.DECLINED, reason="too_early"), by=officer, channel="portal")
    run = amended()
    assert set(run.shards.get(step=Step.AMEND).counts["changed"]) == {one.seeker_id, one.candidate_id}
    both = {one.seeker_id, one.candidate_id}
    assert not Ranking.objects.filter(run=base, seeker__in=both, candidate__in=both).exists()


def test_an_amended_recommendation_is_replayed_from_its_own_snapshot() -> None:
    organizations = register()
    edit(organizations[0], needs={"topic-1-0": 3}, capacity=5)
    run = amended()
    edit(organizations[0], needs={"topic-4-0": 1}, capacity=1)
    amended()
    made = list(Recommendation.objects.filter(run=run).select_related("run__policy", "run__amends"))
    assert made
    for one in made:
        found = replay(one)
        assert (found.cause, found.differences) == (None, ())
    snapshot_of(run)
    RunSnapshot.objects.filter(run=run).update(content=b"rubbish")
    assert replay(made[0]).cause == "other_snapshot"
    RunSnapshot.objects.filter(run=run.amends).delete()
    assert replay(made[0]).cause == "no_snapshot"


def test_what_makes_no_difference_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    organizations = register()
    edit(organizations[0], website="https://www.example.org/")
    looked = []
    prepare = amendments.prepare

    def seen(last: MatchRun) -> amendments.PreparedAmendment | None:
        looked.append(last)
        return prepare(last)

    monkeypatch.setattr(amendments, "prepare", seen)
    assert [events.match_anew(), events.match_anew()] == [None, None]
    assert len(looked) == 1
    edit(organizations[0], capacity=organizations[0].capacity + 1)
    assert events.match_anew() is not None


def test_a_change_that_is_taken_back_is_amended_back() -> None:
    organizations = register()
    base = last_complete_run()
    assert base is not None
    before = stored_lists(base)
    chosen = Recommendation.objects.order_by("pk")[0].candidate
    edit(chosen, capacity=0)
    first = amended()
    assert stored_lists(base) != before
    edit(chosen, capacity=chosen.capacity)
    second = amended()
    assert stored_lists(base) == before
    assert second.snapshot_digest == base.snapshot_digest != first.snapshot_digest
    assert len(organizations) == 2 * SIDE


def too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amendments, "MOST_CHANGED", 0)


def other_policy(_monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policies.active_policy().rules | {"tau": 2.0}
    policies.policy_activate(policies.policy_new_version("standard", rules))


def other_rule(_monkeypatch: pytest.MonkeyPatch) -> None:
    make_rule()


def new_topic(_monkeypatch: pytest.MonkeyPatch) -> None:
    area = ChallengeArea.objects.order_by("position")[0]
    Topic.objects.create(area=area, slug="new-topic", name_en="New", name_zh="新", position=99)


def topic_moved(_monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ChallengeArea.objects.order_by("position")[:2]
    topic = first.topics.order_by("position")[0]
    Topic.objects.filter(pk=topic.pk).update(area=second, position=99)


def failed_before(_monkeypatch: pytest.MonkeyPatch) -> None:
    base = last_complete_run()
    assert base is not None
    now = timezone.now()
    MatchRun.objects.create(
        policy=base.policy,
        amends=base,
        as_of=base.as_of,
        top_k=4,
        pairs=1,
        state=RunState.FAILED,
        finished_at=now,
    )


def other_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amendments, "refresh_statements", lambda _ids: "another")


@pytest.mark.parametrize(
    "change", [too_many, other_policy, other_rule, new_topic, topic_moved, failed_before, other_model]
)
def test_a_full_run_where_an_amendment_would_not_do(
    change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    organizations = register()
    base = last_complete_run()
    change(monkeypatch)
    edit(organizations[0], capacity=organizations[0].capacity + 2)
    run = events.match_anew()
    assert run is not None
    assert run.amends is None
    work_off()
    assert last_complete_run() == run != base


def test_one_amendment_at_a_time() -> None:
    organizations = register()
    edit(organizations[0], capacity=organizations[0].capacity + 2)
    run = events.match_anew()
    assert run is not None
    edit(organizations[1], capacity=organizations[1].capacity + 2)
    assert events.match_anew() is None
    prepared = amendments.prepare(last_complete_run())  # type: ignore[arg-type]
    assert prepared is not None
    with pytest.raises(IntegrityError, match="one_open_amendment"), transaction.atomic():
        amendments.record(prepared)
    work_off()
    assert amended().shards.get(step=Step.AMEND).counts["changed"] == [organizations[1].pk]


def test_lists_stay_as_they_are_while_something_is_proposed_of_them() -> None:
    """Else a recommendation had the score of one snapshot and the reasons of another."""
    organizations = register()
    edit(organizations[0], needs={"topic-1-0": 3})
    run = events.match_anew()
    assert run is not None
    assert shards.work_on_one()
    run.refresh_from_db()
    assert (run.state, run.shards.get(step=Step.PROPOSE).state) == (RunState.COMPLETE, ShardState.QUEUED)
    edit(organizations[0], needs={"topic-2-0": 3})
    assert events.match_anew() is None
    work_off()
    assert amended().pk > run.pk


def test_a_lost_worker_changes_nothing_and_the_next_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    organizations = register()
    base = last_complete_run()
    assert base is not None
    before = stored_lists(base)
    edit(organizations[0], needs={"topic-1-0": 3})
    run = events.match_anew()
    assert run is not None
    put = rankings.replace_lists

    def lost(*arguments: Any) -> None:
        put(*arguments)
        MatchShard.objects.filter(run=run).update(lease_token=None, state=ShardState.QUEUED)
        raise RuntimeError("lost")

    with monkeypatch.context() as patched:
        patched.setattr(rankings, "replace_lists", lost)
        assert shards.work_on_one()
    assert stored_lists(base) == before
    run.shards.update(next_attempt_at=None)
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert sorted(stored_lists(base)) == full_lists(base)


def test_an_amendment_that_keeps_failing_ends_and_the_next_run_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organizations = register()
    edit(organizations[0], needs={"topic-1-0": 3})
    run = events.match_anew()
    assert run is not None

    def broken(*_arguments: Any) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(rankings, "replace_lists", broken)
        for _attempt in range(10):
            run.shards.update(next_attempt_at=None)
            if not shards.work_on_one():
                break
    run.refresh_from_db()
    assert (run.state, run.cause) == (RunState.FAILED, "Quarantined, nothing published: amend 0.")
    after = events.match_anew()
    assert after is not None
    assert after.amends is None


def test_an_amendment_that_newer_lists_overtook_writes_nothing() -> None:
    organizations = register()
    base = last_complete_run()
    assert base is not None
    before = stored_lists(base)
    edit(organizations[0], needs={"topic-1-0": 3})
    run = events.match_anew()
    assert run is not None
    run.shards.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    newer = complete_run(top_k=4)
    run.shards.update(next_attempt_at=None)
    work_off()
    run.refresh_from_db()
    assert (run.state, run.cause) == (RunState.CANCELLED, "Newer lists stand.")
    assert stored_lists(base) == before
    assert last_complete_run() == newer
    assert not run.shards.filter(step=Step.PROPOSE).exists()


def test_an_amendment_overtakes_no_release() -> None:
    """What the full run proposed is still decided on at its desk; only the next full run takes its place."""
    organizations = register()
    base = last_complete_run()
    assert base is not None
    edit(organizations[0], needs={"topic-1-0": 3}, capacity=6)
    run = amended()
    assert Recommendation.objects.filter(run=run).exists()
    assert not is_overtaken(base)
    assert not is_overtaken(run)
    complete_run()
    assert is_overtaken(base)
    assert is_overtaken(run)


def test_a_preview_amends_nothing() -> None:
    register()
    base = last_complete_run()
    assert base is not None
    with pytest.raises(IntegrityError, match="preview_amends_nothing"):
        MatchRun.objects.create(
            policy=base.policy,
            beside=policies.policy_new_version("standard", base.policy.rules),
            amends=base,
            as_of=base.as_of,
            top_k=4,
        )
