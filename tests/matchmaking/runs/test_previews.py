"""A preview is a run that nobody takes for one: exact lists beside those of the policy in force."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from alliances.enums import Country
from alliances.models import Organization, RegisterEvent
from matchmaking import engine
from matchmaking.enums import Answer, RunState, ShardState, Step
from matchmaking.models import (
    CurationEvent,
    Introduction,
    MatchRun,
    MatchShard,
    Pair,
    PolicyPreview,
    Ranking,
    Recommendation,
    Response,
    RunSnapshot,
    ScoringPolicy,
)
from matchmaking.selectors.dashboard import last_run
from matchmaking.selectors.runs import last_complete_run, last_preview, progress, runs_to_retry
from matchmaking.services import digests, events, policies, proposals, rankings, runs, shards
from matchmaking.services.policy_previews import preview_request
from tests.factories import make_organization, make_user
from tests.matchmaking.runs.conftest import complete_run, lists_hash, work_off
from tests.registers import make_register
from tests.sizes import size

pytestmark = pytest.mark.django_db
SIDE = size(small=40, ci=60, full=200)
DAY = date(2026, 11, 1)


def version(**changes: Any) -> ScoringPolicy:
    return policies.policy_new_version("standard", {**policies.active_policy().rules, **changes})


def other_version(**changes: Any) -> ScoringPolicy:
    """A version that ranks otherwise."""
    weights = {kind: dict(row) for kind, row in policies.active_policy().rules["weights"].items()}
    weights["city"] |= {"needs_met": 0.1, "language": 2.0}
    return version(weights=weights, tau=3.0, fusion="min", **changes)


def previewed(policy: ScoringPolicy, **options: Any) -> MatchRun:
    run = preview_request(policy, **options)
    work_off()
    found = last_preview(policy)
    assert found is not None
    assert (found.pk, found.state) == (run.pk, RunState.COMPLETE)
    return found


def summary_of(run: MatchRun) -> dict[str, Any]:
    summary: dict[str, Any] = PolicyPreview.objects.get(run=run).summary
    return summary


def introduce(one: Organization, other: Organization, *, closed: bool = False) -> None:
    low, high = sorted((one.pk, other.pk))
    pair = Pair.objects.create(low_id=low, high_id=high)
    for side in (one, other):
        Response.objects.create(pair=pair, organization=side, answer=Answer.INTERESTED)
    Introduction.objects.create(pair=pair, closed_at=timezone.now() if closed else None)


# --- The promise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 3])
def test_the_lists_of_a_preview_are_those_of_the_run_after_publishing_bit_by_bit(
    settings: Any, parts: int
) -> None:
    settings.SCORE_SHARDS = parts
    make_register(SIDE, SIDE, seed=31)
    before = complete_run(as_of=DAY)
    made = other_version(top_k=7)
    preview = previewed(made, as_of=DAY)
    policies.policy_activate(made)
    after = complete_run(as_of=DAY)
    assert lists_hash(preview) == lists_hash(after) != lists_hash(before)
    assert preview.snapshot_digest == after.snapshot_digest
    assert (preview.counts, preview.exposure) == (after.counts, after.exposure)
    # What it was compared with are the lists that stood.
    summary = summary_of(preview)
    assert summary["exposure"] == {"before": before.exposure, "after": after.exposure}


def test_rolling_back_gives_the_lists_of_before_bit_by_bit() -> None:
    make_register(SIDE, SIDE, seed=32)
    old = policies.active_policy()
    before = complete_run(as_of=DAY)
    policies.policy_activate(other_version())
    between = complete_run(as_of=DAY)
    policies.policy_activate(old)
    assert lists_hash(complete_run(as_of=DAY)) == lists_hash(before) != lists_hash(between)


def test_both_policies_see_one_reading_of_the_register() -> None:
    organizations = make_register(SIDE, SIDE, seed=33)
    run = preview_request(other_version(), as_of=DAY)
    stored = engine.Snapshot.from_bytes(bytes(PolicyPreview.objects.get(run=run).beside_snapshot))
    Organization.objects.filter(pk__in=[one.pk for one in organizations[:20]]).update(languages=[])
    work_off()
    run.refresh_from_db()
    american, chinese, _counts = engine.rank_all(stored)
    assert stored.policy == policies.rules_of(policies.active_policy())
    summary = summary_of(run)
    assert sum(kind["before"] for kind in summary["churn"].values()) == len(american) + len(chinese)
    assert bytes(PolicyPreview.objects.get(run=run).beside_snapshot) == b""


# --- What it compares, by hand ---------------------------------------------------------------------


def five() -> dict[str, Organization]:
    """Three US cities with one need, which one Chinese city answers well and one a little."""
    found = {c: make_organization(c, needs={"sponge-city": 3}) for c in ("us-a", "us-b", "us-c")}
    for code, maturity in (("cn-x", 3), ("cn-b", 1)):
        found[code] = make_organization(code, country=Country.CN, offers={"sponge-city": maturity})
    return found


def test_longer_lists_bring_in_whom_shorter_ones_left_out() -> None:
    named = five()
    ids = {one.pk: code for code, one in named.items()}
    policies.policy_activate(version(top_k=1))
    # Of one list place each: every US city lists cn-x, and both Chinese cities list us-a, the first by code.
    run = previewed(version(top_k=2))
    summary = summary_of(run)
    nothing = {"before": 0, "after": 0, "gone": 0, "new": 0}
    assert summary["churn"] == {
        "city": {"before": 5, "after": 10, "gone": 0, "new": 5},
        "firm": nothing,
        "alliance": nothing,
    }
    preview = PolicyPreview.objects.get(run=run)
    assert [(ids[line[0]], *line[1:]) for line in preview.organizations] == [
        ("cn-b", 0, 3, 1, 2),
        ("us-b", 0, 2, 1, 2),
        ("cn-x", 3, 3, 1, 2),
        ("us-a", 2, 2, 1, 2),
        ("us-c", 0, 0, 1, 2),
    ]
    assert [ids[line[0]] for line in summary["gains"]] == ["cn-b", "us-b"]
    assert summary["losses"] == []
    assert (summary["approved"], summary["listed"], summary["empty"]) == (5, [2, 4], [0, 0])
    assert (summary["introductions"], summary["evaluation"]) == (0, None)

    policies.policy_activate(run.policy)
    back = summary_of(previewed(version(top_k=1)))
    assert back["churn"]["city"] == {"before": 10, "after": 5, "gone": 5, "new": 0}
    assert [ids[line[0]] for line in back["losses"]] == ["cn-b", "us-b"]
    assert back["gains"] == []
    assert (back["listed"], back["empty"]) == ([4, 2], [0, 0])


@pytest.mark.parametrize("closed", [False, True])
def test_a_policy_is_measured_on_the_introductions_as_if_there_had_been_none(*, closed: bool) -> None:
    named = five()
    make_organization("us-d")  # states nothing: it stands in no list, and has none
    introduce(named["us-a"], named["cn-b"], closed=closed)
    introduce(named["us-b"], make_organization("cn-gone", country=Country.CN, state="draft"))  # type: ignore[arg-type]
    Organization.objects.filter(code="us-a").update(capacity=1)
    weights = {kind: dict(row) for kind, row in policies.active_policy().rules["weights"].items()}
    for row in weights.values():
        row |= {"needs_met": 0.0, "offers_wanted": 0.0, "shared_challenges": 0.0}
    summary = summary_of(previewed(version(weights=weights)))
    # us-a finds cn-b behind cn-x, cn-b finds us-a first; without the topics' weights codes decide.
    before, after = summary["evaluation"]["before"], summary["evaluation"]["after"]
    assert (before["pairs"], before["recall_at_5"], before["recall_at_10"], before["mrr"]) == (1, 1, 1, 0.75)
    assert (after["pairs"], after["mrr"]) == (1, 1.0)
    assert summary["introductions"] == 1
    # us-a is introduced as often as it can be, so that its list is empty too.
    assert (summary["approved"], summary["empty"]) == (6, [2, 2])


# --- Nobody takes it for a run ---------------------------------------------------------------------


def test_a_preview_proposes_nothing_and_is_nobodys_last_run() -> None:
    make_register(10, 10, seed=34)
    real = complete_run(as_of=DAY)
    proposed = Recommendation.objects.count()
    curator = make_user(is_staff=True)
    run = previewed(other_version(), as_of=DAY, by=curator)
    assert list(run.shards.order_by("pk").values_list("step", flat=True)) == ["score", "beside", "merge"]
    assert proposals.propose(run) == (0, 0, 0, 0)
    assert Recommendation.objects.count() == proposed
    assert Recommendation.objects.filter(run=run).count() == 0
    assert (last_complete_run(), last_run()) == (real, real)
    assert Ranking.objects.filter(run=run).count() > 0
    kinds = CurationEvent.objects.filter(subject="run", subject_id=run.pk).values_list("kind", "actor_id")
    assert list(kinds.order_by("pk")) == [("requested", curator.pk), ("complete", None)]


def somebody_comes_back() -> None:
    """An organization is approved again, and states something else."""
    one = Organization.objects.order_by("pk")[0]
    Organization.objects.filter(pk=one.pk).update(capacity=one.capacity + 1)
    RegisterEvent.objects.create(
        organization=one, kind="approved", data={"from": "suspended", "to": "approved"}
    )


def test_a_preview_under_way_keeps_nobody_waiting() -> None:
    make_register(10, 10, seed=35)
    real = complete_run()
    waiting = preview_request(other_version())
    assert digests.queue_at_once(1.0).complete
    somebody_comes_back()
    asked = events.match_anew()
    assert asked is not None
    assert asked.pk > waiting.pk > real.pk
    assert asked.beside is None


def test_what_a_preview_saw_is_not_seen_by_a_run() -> None:
    make_register(10, 10, seed=36)
    complete_run()
    somebody_comes_back()
    previewed(other_version())
    assert events.match_anew() is not None


def test_a_preview_pushes_no_lists_out_and_only_the_last_ones_stay() -> None:
    make_register(10, 10, seed=37)
    real = [complete_run() for _ in range(3)]
    previews = [previewed(other_version(c0=0.1 + number / 10)) for number in range(3)]
    names = {rankings.partition_name(run.pk) for run in [*real, previews[-1]]}
    assert rankings.partitions() == names


def test_a_step_that_fails_ends_the_preview_and_asks_nobody_to_retry(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_register(10, 10, seed=38)
    real = complete_run()
    run = preview_request(other_version())
    assert (progress(run.pk).done, progress(run.pk).total) == (0, 3)
    shards.work_on_one()
    assert (progress(run.pk).done, progress(run.pk).total) == (1, 3)

    def poisoned(*_args: object, **_options: object) -> None:
        raise ArithmeticError("poison")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "score_rows", poisoned)
        for _attempt in range(6):
            MatchShard.objects.filter(state=ShardState.QUEUED).update(next_attempt_at=None)
            work_off()
    run.refresh_from_db()
    assert (run.state, run.cause) == (
        RunState.COMPLETE_WITH_ERRORS,
        "Quarantined, nothing published: beside 0.",
    )
    assert run.shards.get(state=ShardState.QUARANTINED).step == Step.BESIDE
    assert list(runs_to_retry()) == []
    assert last_complete_run() == real
    runs.run_retry(run)
    work_off()
    run.refresh_from_db()
    assert (run.state, summary_of(run)["approved"]) == (RunState.COMPLETE, 20)
    assert Recommendation.objects.filter(run=run).count() == 0


# --- What is refused -------------------------------------------------------------------------------


def test_the_policy_in_force_has_no_preview() -> None:
    with pytest.raises(ValidationError, match="standard v1"):
        preview_request(policies.active_policy())
    assert MatchRun.objects.count() == 0


def test_asked_twice_there_is_one_preview() -> None:
    make_register(5, 5, seed=39)
    made = other_version()
    run = preview_request(made)
    assert preview_request(made) == run
    assert MatchRun.objects.count() == RunSnapshot.objects.count() == 1
    work_off()
    assert preview_request(made) != run


def test_without_a_pair_there_is_nothing_to_compare() -> None:
    make_register(5, 0, seed=40)
    run = previewed(other_version())
    assert (run.pairs, run.cause) == (0, runs.NO_PAIRS)
    assert PolicyPreview.objects.get(run=run).summary == {}


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("matchmaking_matchrun_preview_proposes_nothing", {"held_back": 0}),
        ("matchmaking_matchrun_beside_another_policy", {"policy": "beside"}),
        ("matchmaking_matchrun_one_open_preview", {"state": "queued", "finished_at": None}),
    ],
)
def test_the_database_refuses(constraint: str, columns: dict[str, Any]) -> None:
    make_register(5, 5, seed=41)
    made = other_version()
    run = previewed(made)
    preview_request(made)
    values = {name: run.beside_id if value == "beside" else value for name, value in columns.items()}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        MatchRun.objects.filter(pk=run.pk).update(**values)
