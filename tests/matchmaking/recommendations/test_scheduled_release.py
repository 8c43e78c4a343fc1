"""Releases on schedule: done once at their time by the sweeper, of what is still proposed then."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from alliances.models import ScreeningHit, User
from matchmaking.enums import RecommendationState as S
from matchmaking.enums import ScheduleState
from matchmaking.models import CurationEvent, Recommendation, ScheduledRelease
from matchmaking.selectors.release import DeskFilter
from matchmaking.services import periodic, release
from matchmaking.services.recommendations import (
    Outcome,
    recommendations_exclude,
    recommendations_hold,
    recommendations_release,
)
from matchmaking.services.release import release_cancel, release_carry_out, release_schedule, releases_due
from tests.factories import make_hit, make_user
from tests.matchmaking.admin.test_release_desk import address, make_rows, staff_with
from tests.matchmaking.recommendations.test_propose import change_policy
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", is_staff=True, is_superuser=True)


@pytest.fixture
def scene() -> Scene:
    change_policy(release="manual")
    return make_scene()


def tomorrow() -> datetime:
    return timezone.now() + timedelta(days=1)


def schedule(scene: Scene, by: User, asked: DeskFilter | None = None) -> ScheduledRelease:
    return release_schedule(scene.run, asked or DeskFilter(), tomorrow(), by=by)


def come(scheduled: ScheduledRelease) -> None:
    """Its time has come."""
    ScheduledRelease.objects.filter(pk=scheduled.pk).update(at=timezone.now() - timedelta(seconds=1))


def sweep(scheduled: ScheduledRelease) -> ScheduledRelease:
    periodic.sweep()
    scheduled.refresh_from_db()
    return scheduled


def states() -> Counter[str]:
    return Counter(Recommendation.objects.values_list("state", flat=True))


def kinds(scheduled: ScheduledRelease) -> list[tuple[str, int | None, dict[str, object]]]:
    events = CurationEvent.objects.filter(subject="release", subject_id=scheduled.pk).order_by("pk")
    return [(event.kind, event.actor_id, event.data) for event in events]


# --- Doing it -------------------------------------------------------------------------------------


def test_it_is_done_at_its_time_once_and_is_on_record(scene: Scene, curator: User) -> None:
    scheduled = schedule(scene, curator)
    assert sweep(scheduled).state == "waiting"
    assert states() == {S.PROPOSED: 8}
    come(scheduled)
    assert (sweep(scheduled).state, scheduled.released, scheduled.skipped) == ("done", 8, 0)
    assert states() == {S.RELEASED: 8}
    run = scene.run.pk
    (asked, _by, told), done = kinds(scheduled)
    assert (asked, set(told)) == ("scheduled", {"run", "at"})
    assert done == ("done", curator.pk, {"run": run, "released": 8, "skipped": 0})
    moved = CurationEvent.objects.filter(subject="recommendation", kind="released")
    assert set(moved.values_list("actor_id", flat=True)) == {curator.pk}
    assert moved.count() == 8
    # What is proposed again afterwards is not its business.
    Recommendation.objects.update(state=S.PROPOSED)
    periodic.sweep()
    assert states() == {S.PROPOSED: 8}
    assert len(kinds(scheduled)) == 2


def test_only_what_matches_and_is_still_proposed(scene: Scene, curator: User) -> None:
    us = scene.seekers[0]
    scheduled = schedule(scene, curator, DeskFilter(country="US", text="springfield"))
    mine = list(Recommendation.objects.filter(seeker=us).order_by("pk"))
    recommendations_hold([mine[0]], by=curator)
    recommendations_exclude([mine[1]], reason="No.", by=curator)
    hit = make_hit()
    ScreeningHit.objects.filter(pk=hit.pk).update(organization=mine[2].candidate_id)
    come(scheduled)
    assert (sweep(scheduled).released, scheduled.skipped) == (1, 1)
    found = dict(Recommendation.objects.filter(seeker=us).values_list("pk", "state"))
    assert [found[one.pk] for one in mine] == [S.HELD, S.EXPIRED, S.PROPOSED, S.RELEASED]
    assert not Recommendation.objects.exclude(seeker=us).filter(state=S.RELEASED).exists()


def test_the_kind_is_the_candidates(scene: Scene, curator: User) -> None:
    scheduled = schedule(scene, curator, DeskFilter(kind="firm", state="proposed"))
    come(scheduled)
    assert sweep(scheduled).released == 1
    assert Recommendation.objects.get(state=S.RELEASED).kind == "firm"


def test_what_is_cancelled_is_not_done(scene: Scene, curator: User) -> None:
    scheduled = schedule(scene, curator)
    release_cancel(scheduled.pk, by=curator)
    come(scheduled)
    assert sweep(scheduled).state == "cancelled"
    assert states() == {S.PROPOSED: 8}
    assert kinds(scheduled)[1:] == [("cancelled", curator.pk, {"run": scene.run.pk})]
    with pytest.raises(ValidationError, match="waits no more"):
        release_cancel(scheduled.pk, by=curator)


def test_a_newer_run_supersedes_it(scene: Scene, curator: User) -> None:
    scheduled = schedule(scene, curator)
    newer = complete_run()
    come(scheduled)
    assert sweep(scheduled).state == "superseded"
    assert not Recommendation.objects.filter(state=S.RELEASED).exists()
    assert Recommendation.objects.filter(run=newer, state=S.PROPOSED).count() == 8
    assert kinds(scheduled)[1:] == [("superseded", None, {"run": scene.run.pk})]
    with pytest.raises(ValidationError, match="newer run"):
        schedule(scene, curator)


@pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}, None])
def test_without_the_curator_it_is_cancelled(
    scene: Scene, curator: User, fields: dict[str, bool] | None
) -> None:
    scheduled = schedule(scene, curator)
    if fields:
        User.objects.filter(pk=curator.pk).update(**fields)
    else:
        curator.delete()
    come(scheduled)
    assert sweep(scheduled).state == "cancelled"
    assert states() == {S.PROPOSED: 8}
    assert kinds(scheduled)[1:] == [("cancelled", None, {"run": scene.run.pk, "reason": "not_staff"})]


def test_one_that_fails_keeps_back_no_other_and_is_done_later(
    scene: Scene, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (schedule(scene, curator, DeskFilter(country=country)) for country in ("US", "CN"))
    come(first)
    come(second)
    assert releases_due() == [first.pk, second.pk]

    def fail_on_the_first(pk: int) -> None:
        if pk == first.pk:
            with transaction.atomic():
                release_carry_out(pk)
                raise RuntimeError
        release_carry_out(pk)

    with monkeypatch.context() as patched:
        patched.setattr("matchmaking.services.release.release_carry_out", fail_on_the_first)
        assert sweep(second).state == "done"
    first.refresh_from_db()
    assert (first.state, states()) == ("waiting", {S.PROPOSED: 4, S.RELEASED: 4})
    assert sweep(first).state == "done"
    assert states() == {S.RELEASED: 8}


@pytest.mark.django_db(transaction=True)
def test_of_many_sweepers_one_does_it() -> None:
    change_policy(release="manual")
    scene, by = make_scene(), make_user(is_staff=True)
    scheduled = schedule(scene, by)
    come(scheduled)

    def work(_number: int) -> None:
        try:
            release_carry_out(scheduled.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    scheduled.refresh_from_db()
    assert (scheduled.state, scheduled.released) == ("done", 8)
    assert [kind for kind, _by, _data in kinds(scheduled)] == ["scheduled", "done"]
    assert CurationEvent.objects.filter(subject="recommendation", kind="released").count() == 8


def test_5000_are_released_at_once(scene: Scene, curator: User) -> None:
    make_rows(scene.run, 50, 50)
    scheduled = schedule(scene, curator)
    come(scheduled)
    release_carry_out(scheduled.pk)
    scheduled.refresh_from_db()
    assert (scheduled.released, scheduled.skipped) == (5_008, 0)


# --- Asking for it --------------------------------------------------------------------------------


def test_times_and_filters_that_cannot_be_are_refused(scene: Scene, curator: User) -> None:
    now = timezone.now()
    for at in (now, now - timedelta(days=1), now + timedelta(days=30, minutes=1)):
        with pytest.raises(ValidationError, match="at most 30 days ahead"):
            release_schedule(scene.run, DeskFilter(), at, by=curator)
    for state in (S.HELD, S.RELEASED):
        with pytest.raises(ValidationError, match="Only what is proposed"):
            release_schedule(scene.run, DeskFilter(state=state), tomorrow(), by=curator)
    with pytest.raises(ValidationError, match="at most 200"):
        release_schedule(scene.run, DeskFilter(text="x" * 201), tomorrow(), by=curator)
    assert not ScheduledRelease.objects.exists()


def test_only_active_staff_may(scene: Scene, curator: User) -> None:
    scheduled = schedule(scene, curator)
    for person in (make_user(), make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            schedule(scene, person)
        with pytest.raises(PermissionDenied):
            release_cancel(scheduled.pk, by=person)
    assert ScheduledRelease.objects.get().state == "waiting"


BREAKS: dict[str, dict[str, object]] = {
    "state_known": {"state": "rain", "ended_at": timezone.now()},
    "ended_unless_waiting": {"state": "cancelled"},
    "counted_iff_done": {"state": "done", "ended_at": timezone.now()},
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_database_keeps_it(scene: Scene, curator: User, name: str) -> None:
    scheduled = schedule(scene, curator)
    with pytest.raises(IntegrityError, match=f"scheduledrelease_{name}"), transaction.atomic():
        ScheduledRelease.objects.filter(pk=scheduled.pk).update(**BREAKS[name])
    with pytest.raises(IntegrityError, match="ended_unless_waiting"), transaction.atomic():
        ScheduledRelease.objects.filter(pk=scheduled.pk).update(ended_at=timezone.now())
    with pytest.raises(IntegrityError, match="counted_iff_done"), transaction.atomic():
        ScheduledRelease.objects.filter(pk=scheduled.pk).update(released=1, skipped=1)


# --- On the page ----------------------------------------------------------------------------------


def post(client: Client, scene: Scene, query: str = "", **stated: object) -> list[str]:
    answer = client.post(f"{address(scene.run)}schedule/{query}", stated, follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]


def test_the_desk_schedules_what_it_shows_and_cancels(client: Client, scene: Scene, curator: User) -> None:
    client.force_login(curator)
    at = tomorrow().replace(second=0, microsecond=0)
    query = "?kind=city&country=US&text=springfield"
    stated = {"at": f"{at:%Y-%m-%dT%H:%M}"}
    assert post(client, scene, query, **stated) == ["The release is scheduled."]
    scheduled = ScheduledRelease.objects.get()
    assert (scheduled.kind, scheduled.country, scheduled.text, scheduled.at, scheduled.requested_by) == (
        "city",
        "US",
        "springfield",
        at,
        curator,
    )
    page = client.get(address(scene.run), headers={"accept-language": "zh-hans"}).content.decode()
    assert "定时放行" in page
    assert "已定时" in page
    assert post(client, scene, cancel=scheduled.pk) == ["The release is cancelled."]
    assert post(client, scene, cancel=scheduled.pk) == [
        "This release waits no more: it was done, or cancelled by somebody."
    ]
    assert client.get(address(scene.run)).context["scheduled"][0].state == ScheduleState.CANCELLED
    assert client.get(f"{address(scene.run)}schedule/").status_code == 302


BAD: list[tuple[dict[str, str], str]] = [
    ({}, "Say when it is to be released."),
    ({"at": "soon"}, "Enter the time as YYYY-MM-DD HH:MM."),
    ({"at": "2020-01-01T00:00"}, "A release is scheduled for a time to come, at most 30 days ahead."),
    ({"at": "9999-12-31T23:59"}, "A release is scheduled for a time to come, at most 30 days ahead."),
]


@pytest.mark.parametrize(("stated", "words"), BAD)
def test_a_bad_time_schedules_nothing(
    client: Client, scene: Scene, curator: User, stated: dict[str, str], words: str
) -> None:
    client.force_login(curator)
    assert post(client, scene, **stated) == [words]
    assert not ScheduledRelease.objects.exists()


def test_looking_is_not_scheduling(client: Client, scene: Scene) -> None:
    client.force_login(staff_with("view_recommendation", "view_matchrun"))
    assert b'name="at"' not in client.get(address(scene.run)).content
    stated = {"at": f"{tomorrow():%Y-%m-%dT%H:%M}"}
    assert client.post(f"{address(scene.run)}schedule/", stated).status_code == 403
    client.force_login(make_user())
    assert client.post(f"{address(scene.run)}schedule/", stated).status_code == 302
    assert not ScheduledRelease.objects.exists()


def test_what_is_held_while_it_is_carried_out_stays(
    scene: Scene, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled = schedule(scene, curator)
    come(scheduled)
    one = Recommendation.objects.order_by("pk")[0]
    letting_out = recommendations_release

    def after_a_hold(chunk: Any, *, by: User) -> Outcome:
        recommendations_hold([one], by=curator)
        return letting_out(chunk, by=by)

    monkeypatch.setattr(release, "recommendations_release", after_a_hold)
    assert (sweep(scheduled).released, scheduled.skipped) == (7, 1)
    assert states() == {S.RELEASED: 7, S.HELD: 1}
