"""Recommendations computed again from the snapshot of their run: the stored numbers, whatever came since."""

from __future__ import annotations

import copy
import hashlib
import random
import zlib
from typing import Any

import pytest

from alliances.enums import OrganizationState, SizeBand
from alliances.models import Need, Offer, Organization, Topic
from matchmaking.enums import Answer, ReplayCause
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Exclusion, MatchRun, Ranking, Recommendation, RunSnapshot, ScoringPolicy
from matchmaking.services.answers import Said, answer
from matchmaking.services.policies import active_policy, policy_activate, policy_new_version
from matchmaking.services.recommendations import recommendations_exclude
from matchmaking.services.replay import Replay, replay
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.introductions.scenes import make_couple
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import make_scene
from tests.registers import make_register
from tests.sizes import size

pytestmark = pytest.mark.django_db
SIDE = size(small=30, ci=60, full=200)
REPLAYED = 100


def stored(run: MatchRun) -> list[Recommendation]:
    found = Recommendation.objects.filter(run=run).select_related("run__policy").order_by("pk")
    return list(found)


@pytest.fixture
def one() -> Recommendation:
    """Recommended: the first Chinese city to an American one."""
    make_scene()
    return stored(MatchRun.objects.get())[0]


def edit_everything(draw: random.Random) -> None:
    """Change at random what a score rests on: facts, needs, offers, names, states, rules and policy."""
    organizations = list(Organization.objects.order_by("pk"))
    topics = list(Topic.objects.order_by("pk"))
    for organization in organizations:
        organization.name_en = f"Renamed {draw.random()}"
        if organization.population:
            organization.population = draw.randint(10_000, 20_000_000)
        else:
            organization.size_band = draw.choice(SizeBand.values)
        organization.languages = draw.choice([["en"], ["zh"], ["en", "zh"], []])
        organization.capacity = draw.randint(0, 5)
        organization.summary_en = f"Now it does something else, number {draw.random()}."
        if draw.random() < 0.2:
            organization.state = OrganizationState.SUSPENDED
    fields = ["name_en", "population", "size_band", "languages", "capacity", "summary_en", "state"]
    Organization.objects.bulk_update(organizations, fields)
    Need.objects.filter(pk__in=draw.sample(list(Need.objects.values_list("pk", flat=True)), 40)).delete()
    Offer.objects.update(maturity=draw.randint(1, 3))
    for organization in draw.sample(organizations, 20):
        topic = draw.choice(topics)
        Need.objects.get_or_create(organization=organization, topic=topic, defaults={"priority": 3})
    rules = copy.deepcopy(active_policy().rules)
    rules["weights"]["city"]["needs_met"] = 0.01
    rules["tau"], rules["top_k"] = 3, 5
    policy_activate(policy_new_version("standard", rules))
    make_rule()


def test_a_hundred_are_the_same_after_everything_they_rest_on_has_changed() -> None:
    make_register(SIDE, SIDE, seed=7)
    run = complete_run()
    draw = random.Random(7)
    chosen = draw.sample(stored(run), REPLAYED)
    before = [replay(one) for one in chosen]
    edit_everything(draw)
    recommendations_exclude(draw.sample(chosen, 10), reason="They met before.", by=make_user(is_staff=True))
    for _later in range(4):
        complete_run()
    assert Exclusion.objects.count() > 0
    assert not Ranking.objects.filter(run=run).exists()
    again = {one.pk: one for one in stored(run)}
    after = [replay(again[one.pk]) for one in chosen]
    assert len(after) == REPLAYED
    assert [found.differences for found in after] == [()] * REPLAYED
    assert [found.identical for found in after] == [True] * REPLAYED
    assert after == before


def test_the_list_is_the_one_that_the_run_stored() -> None:
    make_register(SIDE, SIDE, seed=8)
    run = complete_run()
    for one in stored(run)[:20]:
        lines = Ranking.objects.filter(run=run, seeker=one.seeker_id, kind=one.kind).order_by("rank")
        expected = list(lines.values_list("rank", "candidate_id", "candidate__code", "score"))
        found = replay(one)
        assert [tuple(entry) for entry in found.entries] == expected
        assert found.place == one.rank
        assert found.candidates >= len(expected)


@pytest.mark.parametrize(
    ("field", "value"),
    [("score", 0.123), ("affinity", 0.123), ("candidate_affinity", 0.123), ("rank", 9), ("rank", None)],
)
def test_a_number_that_was_changed_is_found(one: Recommendation, field: str, value: Any) -> None:
    true = getattr(one, field)
    Recommendation.objects.filter(pk=one.pk).update(**{field: value})
    found = replay(stored(one.run)[0])
    assert not found.identical
    assert found.differences == ((field, value, true),)


def test_a_share_that_was_changed_in_its_last_digit_is_found(one: Recommendation) -> None:
    line = one.breakdown["candidate"]["criteria"][1]
    true = line["share"]
    line["share"] = true + 2**-50
    one.save(update_fields=["breakdown"])
    found = replay(stored(one.run)[0])
    assert found.differences == (("breakdown.candidate.criteria.1.share", line["share"], true),)


def test_a_reason_that_was_taken_out_is_found(one: Recommendation) -> None:
    true = list(one.breakdown["seeker"]["reasons"])
    gone = one.breakdown["seeker"]["reasons"].pop()
    one.save(update_fields=["breakdown"])
    found = replay(stored(one.run)[0])
    assert [line.what for line in found.differences] == ["breakdown.seeker.reasons"]
    assert found.differences[0].recomputed == true
    assert gone in true


def test_another_policy_under_the_run_is_found(one: Recommendation) -> None:
    rules = copy.deepcopy(one.run.policy.rules)
    rules["tau"] = 2.0
    other = policy_new_version("standard", rules)
    MatchRun.objects.filter(pk=one.run_id).update(policy=other)
    found = replay(stored(one.run)[0])
    assert found.differences == (("policy.tau", 2.0, 1.0),)


def test_a_run_with_a_k_of_its_own_is_the_same(one: Recommendation) -> None:
    make_organization(needs={"sponge-city": 1})
    run = complete_run(top_k=1)
    assert ScoringPolicy.objects.get().rules["top_k"] != 1
    found = [replay(added) for added in stored(run)]
    assert {(each.identical, len(each.entries)) for each in found} == {(True, 1)}


def test_what_the_other_sides_interest_brought_is_the_same() -> None:
    make_register(SIDE, SIDE, seed=9)
    run = complete_run()
    one = stored(run)[0]
    one.pair.recommendations.exclude(pk=one.pk).update(state=S.SUPERSEDED)
    # Three later runs: the lists that would give its rank are gone.
    Ranking.objects.filter(run=run).delete()
    brought = say_interested(one)
    assert brought.rank is None
    found = replay(brought)
    assert (found.differences, found.identical) == ((), True)
    assert found.place is not None


def say_interested(one: Recommendation) -> Recommendation:
    """The other direction, after the seeker of this one said that it is interested."""
    person = make_team_member(one.seeker).user
    answer(one, Said(Answer.INTERESTED, cross_border=True), by=person, channel="test")
    return Recommendation.objects.select_related("run__policy").get(
        run=one.run, seeker=one.candidate, candidate=one.seeker
    )


def cause_of(one: Recommendation) -> tuple[ReplayCause | None, bool]:
    found: Replay = replay(stored(one.run)[0])
    assert found.entries == ()
    return found.cause, found.identical


def test_without_a_snapshot_it_is_said_that_there_is_none(one: Recommendation) -> None:
    RunSnapshot.objects.all().delete()
    assert cause_of(one) == (ReplayCause.NO_SNAPSHOT, False)


def test_a_snapshot_of_another_run_is_found(one: Recommendation) -> None:
    make_organization(needs={"sponge-city": 1})
    other = complete_run()
    RunSnapshot.objects.filter(run=one.run).update(content=RunSnapshot.objects.get(run=other).content)
    assert cause_of(one) == (ReplayCause.OTHER_SNAPSHOT, False)


def test_a_snapshot_that_is_no_snapshot_is_found(one: Recommendation) -> None:
    RunSnapshot.objects.update(content=b"nothing of the kind")
    assert cause_of(one) == (ReplayCause.OTHER_SNAPSHOT, False)


def test_a_snapshot_of_another_engine_is_said_to_be_one(one: Recommendation) -> None:
    content = zlib.decompress(bytes(RunSnapshot.objects.get(run=one.run).content))
    older = content.replace(b'"engine_version":"1"', b'"engine_version":"0"')
    assert older != content
    RunSnapshot.objects.filter(run=one.run).update(content=zlib.compress(older))
    MatchRun.objects.filter(pk=one.run_id).update(snapshot_digest=hashlib.sha256(older).hexdigest())
    assert cause_of(one) == (ReplayCause.OTHER_ENGINE, False)


def test_an_organization_that_the_run_did_not_see_is_said_to_be_missing(one: Recommendation) -> None:
    couple = make_couple(one.run, one.breakdown)
    assert replay(couple.us.recommendation).cause == ReplayCause.NOT_IN_SNAPSHOT
