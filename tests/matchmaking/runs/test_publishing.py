"""Publishing a version: after a preview or for a reason, at once or by the clock, and back again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from matchmaking.enums import RunState
from matchmaking.models import CurationEvent, MatchRun, ScoringPolicy
from matchmaking.selectors.runs import fresh_preview
from matchmaking.services import periodic, policies
from tests.factories import make_user
from tests.matchmaking.runs.conftest import complete_run, lists_hash
from tests.matchmaking.runs.test_previews import DAY, other_version, previewed, version
from tests.registers import make_register

pytestmark = pytest.mark.django_db


def audit(policy: ScoringPolicy) -> list[tuple[str, int | None]]:
    found = CurationEvent.objects.filter(subject="policy", subject_id=policy.pk).order_by("pk")
    return list(found.exclude(kind="version_made").values_list("kind", "actor_id"))


def preview_of(policy: ScoringPolicy, *, ago: timedelta, state: str = "complete") -> MatchRun:
    run = MatchRun.objects.create(
        policy=policy,
        beside=policies.active_policy(),
        as_of=DAY,
        top_k=20,
        state=state,
        finished_at=None if state == "queued" else timezone.now(),
    )
    MatchRun.objects.filter(pk=run.pk).update(requested_at=timezone.now() - ago)
    return run


def past(policy: ScoringPolicy, *, hours: int = 1) -> None:
    """The moment that this version was scheduled for has come."""
    ScoringPolicy.objects.filter(pk=policy.pk).update(scheduled_for=timezone.now() - timedelta(hours=hours))


def in_an_hour() -> datetime:
    return timezone.now() + timedelta(hours=1)


def test_published_after_a_preview_the_next_run_has_its_lists_and_a_roll_back_the_old_ones() -> None:
    make_register(20, 20, seed=51)
    curator = make_user(is_staff=True)
    old, before = policies.active_policy(), complete_run(as_of=DAY)
    made = other_version()
    with pytest.raises(ValidationError):
        policies.policy_publish(made, by=curator)
    preview = previewed(made, as_of=DAY)
    policies.policy_publish(made, by=curator)
    assert lists_hash(complete_run(as_of=DAY)) == lists_hash(preview)
    assert policies.version_before() == old
    policies.policy_roll_back(old, by=curator)
    assert lists_hash(complete_run(as_of=DAY)) == lists_hash(before)
    assert policies.version_before() == made
    assert audit(made) == audit(old) == [("activated", curator.pk)]


@pytest.mark.parametrize(
    ("hours", "state", "fresh"),
    [(23, "complete", True), (25, "complete", False), (1, "failed", False), (1, "queued", False)],
)
def test_a_preview_counts_for_a_day_once_it_is_complete(hours: int, state: str, *, fresh: bool) -> None:
    policies.active_policy()
    made, other = version(tau=2.0), version(tau=3.0)
    run = preview_of(made, ago=timedelta(hours=hours), state=state)
    assert fresh_preview(made) == (run if fresh else None)
    assert fresh_preview(other) is None
    complete_real = MatchRun.objects.create(
        policy=other, as_of=DAY, top_k=20, state=RunState.COMPLETE, finished_at=timezone.now()
    )
    assert complete_real.beside is None
    assert fresh_preview(other) is None
    if fresh:
        policies.policy_publish(made)
        assert policies.active_policy() == made
    else:
        with pytest.raises(ValidationError):
            policies.policy_publish(made)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_preview_a_reason_is_asked_for(reason: str) -> None:
    policies.active_policy()
    made = version(tau=2.0)
    for language in ("en", "zh-hans"):
        with translation.override(language), pytest.raises(ValidationError) as refused:
            policies.policy_publish(made, reason=reason)
        (sentence,) = refused.value.message_dict["reason"]
        assert "standard v2" in sentence
        assert "500" in sentence
    assert (audit(made), ScoringPolicy.objects.get(pk=made.pk).skip_reason) == ([], "")
    policies.policy_publish(made, reason=" It is urgent. ")
    made.refresh_from_db()
    assert (made.is_active, made.skip_reason) == (True, "It is urgent.")
    (event,) = CurationEvent.objects.filter(subject="policy", kind="activated")
    assert event.data == {"name": "standard", "version": 2, "preview": None}


def test_a_scheduled_version_comes_into_force_once_by_the_sweep() -> None:
    curator = make_user(is_staff=True)
    old = policies.active_policy()
    made = version(tau=2.0)
    preview_of(made, ago=timedelta(hours=1))
    policies.policy_schedule(made, in_an_hour(), by=curator)
    periodic.sweep()
    assert policies.active_policy() == old
    past(made)
    periodic.sweep()
    periodic.sweep()
    made.refresh_from_db()
    assert (made.is_active, made.scheduled_for) == (True, None)
    assert made.activated_at is not None
    assert audit(made) == [("scheduled", curator.pk), ("activated", None)]


def test_of_two_that_are_due_the_later_stays() -> None:
    policies.active_policy()
    one, other = version(tau=2.0), version(tau=3.0)
    for made in (one, other):
        policies.policy_schedule(made, in_an_hour(), reason="Agreed.")
    past(one, hours=1)
    past(other, hours=2)
    assert policies.publish_due() == 2
    assert policies.active_policy() == one
    assert policies.publish_due() == 0


def test_one_that_can_stand_no_more_leaves_the_schedule_and_holds_up_no_other() -> None:
    policies.active_policy()
    broken, sound = version(tau=2.0), version(tau=3.0)
    for made in (broken, sound):
        policies.policy_schedule(made, in_an_hour(), reason="Agreed.")
    past(broken, hours=2)
    past(sound, hours=1)
    type(broken).objects.filter(pk=broken.pk).update(rules={"tau": -1})
    assert policies.publish_due() == 1
    assert policies.active_policy() == sound
    broken.refresh_from_db()
    assert (broken.is_active, broken.scheduled_for) == (False, None)
    assert audit(broken)[-1] == ("unscheduled", None)
    assert policies.publish_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_publish_once() -> None:
    policies.active_policy()
    made = version(tau=2.0)
    policies.policy_schedule(made, in_an_hour(), reason="Agreed.")
    past(made)

    def sweep(_number: int) -> int:
        try:
            return policies.publish_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(sweep, range(4))) == [0, 0, 0, 1]
    assert audit(made) == [("scheduled", None), ("activated", None)]


def test_the_night_that_follows_is_weighed_by_what_became_due(settings: Any) -> None:
    settings.PERIODIC_JOBS = True
    make_register(5, 5, seed=52)
    policies.active_policy()
    made = version(tau=2.0)
    policies.policy_schedule(made, in_an_hour(), reason="Agreed.")
    past(made)
    periodic.sweep()
    assert MatchRun.objects.get().policy == made


def test_a_schedule_is_taken_back_and_a_past_moment_refused() -> None:
    curator = make_user(is_staff=True)
    policies.active_policy()
    made = version(tau=2.0)
    with pytest.raises(ValidationError) as refused:
        policies.policy_schedule(made, timezone.now() - timedelta(seconds=1), reason="Agreed.")
    assert list(refused.value.message_dict) == ["at"]
    with pytest.raises(ValidationError):
        policies.policy_schedule(made, in_an_hour())
    with pytest.raises(ValidationError):
        policies.policy_unschedule(made)
    policies.policy_schedule(made, in_an_hour(), reason="Agreed.", by=curator)
    policies.policy_unschedule(made, by=curator)
    assert ScoringPolicy.objects.get(pk=made.pk).scheduled_for is None
    assert audit(made) == [("scheduled", curator.pk), ("unscheduled", curator.pk)]


def test_what_is_in_force_is_neither_published_nor_rolled_back_to_and_a_draft_is_not_either() -> None:
    active = policies.active_policy()
    made = version(tau=2.0)
    with pytest.raises(ValidationError):
        policies.policy_publish(active, reason="Again.")
    with pytest.raises(ValidationError):
        policies.policy_schedule(active, in_an_hour(), reason="Again.")
    for policy in (active, made):
        with pytest.raises(ValidationError):
            policies.policy_roll_back(policy)
    assert policies.active_policy() == active
    assert policies.version_before() is None


def test_the_database_holds_that_a_scheduled_version_is_not_in_force() -> None:
    active = policies.active_policy()
    constraint = "matchmaking_scoringpolicy_scheduled_is_not_active"
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ScoringPolicy.objects.filter(pk=active.pk).update(scheduled_for=in_an_hour())
