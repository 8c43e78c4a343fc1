"""Moves of very many: handed over from a list, made a part at a time, each organization once, summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from alliances.admin.organizations import AT_ONCE
from alliances.enums import Country, EventKind, Kind, OrganizationState, ScreeningListName
from alliances.models import Organization, RegisterEvent, ScreeningList, User
from alliances.services import review
from matchmaking.enums import BulkMoveState
from matchmaking.models import BulkMove, CurationEvent
from matchmaking.services import bulk_moves, leases
from tests.factories import make_organization, make_user
from tests.matchmaking.portal.pages import CHINESE
from tests.sizes import size

pytestmark = pytest.mark.django_db
S = OrganizationState
LIST = "/admin/alliances/city/"
NUMBER = size(small=600, ci=1200, full=5000)


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", is_staff=True, is_superuser=True, name="Chris")


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def make_mixed(number: int = NUMBER) -> list[int]:
    """Of fifty organizations six are drafts, two rejected, one has a name that screening cannot compare.

    The others may be approved: 41 of 50.
    """
    day = timezone.now().date()
    ScreeningList.objects.create(
        name=ScreeningListName.CSL, version="1", dated=day, digest="0" * 64, entry_count=1
    )
    states = [*[S.DRAFT] * 6, *[S.REJECTED] * 2, *[S.SUBMITTED] * 42]
    made = Organization.objects.bulk_create(
        Organization(
            code=f"us-city-{i}",
            kind=Kind.CITY,
            country=Country.US,
            state=states[i % 50],
            name_en="🙂🙂" if i % 50 == 49 else f"Testville {i}",
        )
        for i in range(number)
    )
    return [one.pk for one in made]


def request_approval(ids: list[int], by: User) -> BulkMove:
    return bulk_moves.bulk_move_request(review.APPROVE, ids, by=by)


def work_to_the_end(row: BulkMove) -> BulkMove:
    while bulk_moves.work_on_one():
        pass
    row.refresh_from_db()
    return row


@contextmanager
def position_that_cannot_be_saved() -> Iterator[None]:
    """Whoever makes a part dies when it is made, just before it is counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_progress() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER no_progress BEFORE UPDATE ON matchmaking_bulkmove FOR EACH ROW "
            "WHEN (NEW.position > OLD.position) EXECUTE FUNCTION no_progress()"
        )
        yield
        cursor.execute("DROP TRIGGER no_progress ON matchmaking_bulkmove")
        cursor.execute("DROP FUNCTION no_progress()")


# --- From the list to the summary -----------------------------------------------------------------


def test_all_of_a_long_list_are_approved_as_a_job_with_the_right_summary(desk: Client, curator: User) -> None:
    ids = make_mixed()
    answer = desk.post(
        LIST, {"action": "approve", "select_across": "1", "index": "0", "_selected_action": ids[:50]}
    )
    row = BulkMove.objects.get()
    address = f"/admin/matchmaking/bulkmove/{row.pk}/change/"
    assert answer["Location"] == address
    assert (row.to_state, row.requested_by, sorted(row.ids)) == (S.APPROVED, curator, ids)
    assert RegisterEvent.objects.count() == 0
    page = desk.get(address).content.decode()
    assert f"0 %: 0 of {NUMBER:,} gone through" in page
    assert 'hx-trigger="every 2s"' in page

    bulk_moves.work_on_one()
    page = desk.get(address).content.decode()
    assert f"{100 * 500 // NUMBER} %: 500 of {NUMBER:,} gone through" in page
    assert "<b>410</b> changed" in page
    assert "<p>Running</p>" in page

    work_to_the_end(row)
    tenth = NUMBER // 50
    assert (row.state, row.done, row.skipped) == (
        BulkMoveState.COMPLETE,
        41 * tenth,
        {"draft": 6 * tenth, "rejected": 2 * tenth, "screening": tenth},
    )
    assert Counter(Organization.objects.values_list("state", flat=True)) == {
        S.APPROVED: 41 * tenth,
        S.DRAFT: 6 * tenth,
        S.REJECTED: 2 * tenth,
        S.SUBMITTED: tenth,
    }
    page = desk.get(address).content.decode()
    assert "every 2s" not in page
    for sentence in (
        f"100 %: {NUMBER:,} of {NUMBER:,} gone through",
        f"<b>{41 * tenth:,}</b> changed",
        f"<b>{6 * tenth:,}</b> skipped: The state is &#x27;Draft&#x27;. Only these can be approved: ",
        f"<b>{2 * tenth:,}</b> skipped: The state is &#x27;Rejected&#x27;.",
        f"<b>{tenth:,}</b> skipped: Screening keeps them from being approved:",
        "Chris",
    ):
        assert sentence in page


def test_each_that_moved_has_its_audit_row_and_the_whole_has_one(curator: User) -> None:
    row = work_to_the_end(request_approval(make_mixed(), curator))
    events = RegisterEvent.objects.filter(kind=EventKind.APPROVED, actor_id=curator.pk)
    moved = Organization.objects.filter(state=S.APPROVED).values_list("pk", flat=True)
    assert sorted(events.values_list("organization_id", flat=True)) == sorted(moved)
    whole = CurationEvent.objects.get(subject="bulk_move")
    assert (whole.subject_id, whole.kind, whole.actor_id) == (row.pk, "complete", curator.pk)
    assert whole.data == {
        "to": "approved",
        "chosen": NUMBER,
        "gone_through": NUMBER,
        "changed": row.done,
        "skipped": row.skipped,
    }


def test_the_list_chosen_is_the_list_as_filtered(desk: Client) -> None:
    make_mixed()
    desk.post(
        f"{LIST}?state__exact=submitted",
        {"action": "put_on_hold", "select_across": "1", "_selected_action": [1]},
    )
    row = BulkMove.objects.get()
    assert (row.to_state, len(row.ids)) == (S.ON_HOLD, 42 * NUMBER // 50)
    assert work_to_the_end(row).done == 42 * NUMBER // 50


def test_so_many_as_a_page_can_wait_for_are_moved_at_once(desk: Client) -> None:
    make_mixed(AT_ONCE + 1)
    Organization.objects.update(state=S.APPROVED)
    over = Organization.objects.all()[0]
    Organization.objects.filter(pk=over.pk).update(kind=Kind.FIRM)
    chosen = {"action": "suspend", "select_across": "1", "_selected_action": [1]}
    desk.post(LIST, chosen)
    assert Organization.objects.filter(state=S.SUSPENDED).count() == AT_ONCE
    assert BulkMove.objects.count() == 0
    Organization.objects.update(kind=Kind.CITY)
    desk.post(LIST, chosen)
    assert len(BulkMove.objects.get().ids) == AT_ONCE + 1


def test_the_summary_is_in_the_readers_language(desk: Client, curator: User) -> None:
    row = work_to_the_end(request_approval(make_mixed(100), curator))
    page = desk.get(
        f"/admin/matchmaking/bulkmove/{row.pk}/change/", headers={"accept-language": CHINESE}
    ).content.decode()
    assert "已更改 <b>82</b> 个" in page
    assert "已跳过 <b>12</b> 个：" in page
    assert "skipped" not in page
    with translation.override(CHINESE):
        assert bulk_moves.skipped_words(row)[2] == (2, review.skip_words(review.APPROVE, "screening"))
        assert "筛查" in bulk_moves.skipped_words(row)[2][1]


def test_one_that_is_no_longer_in_the_register_is_counted(curator: User) -> None:
    gone, there = make_organization(state=S.DRAFT), make_organization(state=S.SUBMITTED)
    row = request_approval([gone.pk, there.pk], curator)
    gone.delete()
    work_to_the_end(row)
    assert (row.done, row.skipped) == (1, {"gone": 1})
    assert bulk_moves.skipped_words(row) == [(1, "They are no longer in the register.")]


# --- Nothing lost, nothing twice ------------------------------------------------------------------


def test_a_part_that_fails_is_undone_and_made_again_where_it_stopped(curator: User) -> None:
    row = request_approval(make_mixed(), curator)
    bulk_moves.work_on_one()
    with position_that_cannot_be_saved():
        bulk_moves.work_on_one()
    row.refresh_from_db()
    assert (row.state, row.attempt, row.position, row.done) == (BulkMoveState.QUEUED, 1, 500, 410)
    assert row.error.strip().endswith("CONTEXT:  PL/pgSQL function no_progress() line 1 at RAISE")
    assert Organization.objects.filter(state=S.APPROVED).count() == 410
    assert not bulk_moves.work_on_one()  # not at once
    BulkMove.objects.update(next_attempt_at=Now())
    work_to_the_end(row)
    assert (row.state, row.attempt, row.error) == (BulkMoveState.COMPLETE, 0, "")
    assert (row.position, row.done) == (NUMBER, 41 * NUMBER // 50)
    events = Counter(RegisterEvent.objects.values_list("organization_id", flat=True))
    assert (len(events), set(events.values())) == (41 * NUMBER // 50, {1})


def test_what_a_killed_worker_held_is_taken_back_and_gone_on_with(curator: User) -> None:
    row = request_approval(make_mixed(), curator)
    bulk_moves.work_on_one()
    dead = leases.claim(leases.BULK_MOVES)
    assert dead is not None
    assert not bulk_moves.work_on_one()
    BulkMove.objects.update(lease_until=Now() - timedelta(seconds=1))
    bulk_moves.recover()
    work_to_the_end(row)
    assert (row.state, row.done) == (BulkMoveState.COMPLETE, 41 * NUMBER // 50)
    assert Organization.history.filter(history_type="~").count() == row.done


def test_a_worker_that_lost_its_lease_moves_nothing(curator: User) -> None:
    one = make_organization(state=S.SUBMITTED)
    request_approval([one.pk], curator)
    late = leases.claim(leases.BULK_MOVES)
    assert late is not None
    BulkMove.objects.update(lease_token="00000000-0000-0000-0000-000000000001")
    with pytest.raises(leases.LeaseLost):
        bulk_moves._make_part(late, curator)
    one.refresh_from_db()
    assert one.state == S.SUBMITTED
    assert CurationEvent.objects.count() == 0


def test_after_the_last_attempt_it_stops_and_says_so(desk: Client, curator: User, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 1
    row = request_approval(make_mixed(), curator)
    bulk_moves.work_on_one()
    with position_that_cannot_be_saved():
        bulk_moves.work_on_one()
    work_to_the_end(row)
    assert (row.state, row.position, row.finished_at is None) == (BulkMoveState.FAILED, 500, False)
    whole = CurationEvent.objects.get(subject="bulk_move")
    assert (whole.kind, whole.data["gone_through"], whole.data["changed"]) == ("failed", 500, 410)
    page = desk.get(f"/admin/matchmaking/bulkmove/{row.pk}/change/").content.decode()
    assert f"It stopped: {NUMBER - 500:,} organizations were not gone through." in page
    assert "every 2s" not in page


def test_lost_in_the_last_attempt_it_is_at_an_end_and_on_record(curator: User, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 1
    row = request_approval([make_organization(state=S.SUBMITTED).pk], curator)
    leases.claim(leases.BULK_MOVES)
    BulkMove.objects.update(lease_until=Now() - timedelta(seconds=1))
    bulk_moves.recover()
    row.refresh_from_db()
    assert (row.state, row.finished_at is None) == (BulkMoveState.FAILED, False)
    assert CurationEvent.objects.get(subject="bulk_move").kind == "failed"


@pytest.mark.parametrize("lost", ["is_staff", "is_active"])
def test_whoever_is_no_longer_staff_moves_nothing_more(curator: User, lost: str) -> None:
    one = make_organization(state=S.SUBMITTED)
    row = request_approval([one.pk], curator)
    User.objects.update(**{lost: False})
    assert work_to_the_end(row).state == BulkMoveState.FAILED
    one.refresh_from_db()
    assert one.state == S.SUBMITTED


def test_only_staff_may_ask() -> None:
    with pytest.raises(PermissionDenied):
        request_approval([1], make_user())
    assert BulkMove.objects.count() == 0


# --- The pages and the database -------------------------------------------------------------------


def test_the_list_of_moves_costs_the_same_for_one_and_many(desk: Client, curator: User) -> None:
    counts = []
    for _ in range(2):
        for ids in ([1, 2, 3, 4], list(range(1000)), [1]):
            request_approval(ids, curator)
        desk.get("/admin/matchmaking/bulkmove/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = desk.get("/admin/matchmaking/bulkmove/").content.decode()
        counts.append(len(queries))
        assert "0 %" in page
    assert counts[0] == counts[1]


def test_a_move_that_is_not_there_leads_back(desk: Client) -> None:
    assert desk.get("/admin/matchmaking/bulkmove/9/change/").status_code == 302
    assert desk.get("/admin/matchmaking/bulkmove/x/change/").status_code == 302


BREAKS: dict[str, dict[str, Any]] = {
    "target_known": {"to_state": "draft"},
    "state_known": {"state": "lost"},
    "leased_iff_running": {"state": "running"},
    "position_range": {"position": 3},
    "complete_at_the_end": {"state": "complete", "position": 1},
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses(name: str, curator: User) -> None:
    request_approval([1, 2], curator)
    with pytest.raises(IntegrityError, match=f"matchmaking_bulkmove_{name}"), transaction.atomic():
        BulkMove.objects.update(**BREAKS[name])


def test_no_constraint_is_left_out() -> None:
    declared = {one.name for one in BulkMove._meta.constraints}
    assert declared == {f"matchmaking_bulkmove_{name}" for name in BREAKS}


def test_more_cannot_be_changed_than_was_gone_through(curator: User) -> None:
    request_approval([1, 2], curator)
    with pytest.raises(IntegrityError, match="matchmaking_bulkmove_position_range"):
        BulkMove.objects.update(done=1)
