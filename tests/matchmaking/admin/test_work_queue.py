"""The work queue: what waits of every kind, oldest first; assigned, snoozed, done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import HitState, OrganizationState, TeamRole
from alliances.models import (
    Organization,
    ScreeningHit,
    TeamClaim,
    User,
)
from alliances.services.review import submit
from matchmaking.enums import Answer, EmailState, RecommendationState, ShardState, Step, WorkKind
from matchmaking.models import CurationEvent, OutboxEmail, Recommendation, WorkItem
from matchmaking.selectors.work import Whose, open_work, queue, work_counts, work_of
from matchmaking.services import work
from tests import reviewing
from tests.factories import make_claim, make_hit, make_organization, make_team_member, make_user
from tests.matchmaking.admin.test_dashboard import make_mail, make_run
from tests.matchmaking.introductions.scenes import made_days_ago, make_couples

pytestmark = pytest.mark.django_db
QUEUE = "/admin/matchmaking/workitem/"


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", is_staff=True, is_superuser=True, name="Chris")


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def make_one_of_each() -> list[tuple[str, int]]:
    """Work of every kind, made so that it waits the longer the later its kind stands in the list."""
    couple = make_couples(1)[0]
    couple.us.say(Answer.INTERESTED)
    made_days_ago(couple, 30)
    submitted = make_organization(state=OrganizationState.SUBMITTED)
    Organization.objects.filter(pk=submitted.pk).update(updated_at=days_ago(1))
    claim = make_claim(make_organization())
    TeamClaim.objects.filter(pk=claim.pk).update(asked_at=days_ago(2))
    hit = make_hit()
    ScreeningHit.objects.filter(pk=hit.pk).update(found_at=days_ago(3))
    run = make_run()
    run.shards.filter(step=Step.PROPOSE).update(state=ShardState.QUARANTINED)
    type(run).objects.filter(pk=run.pk).update(finished_at=days_ago(6))
    held = Recommendation.objects.filter(run=run)[0]
    Recommendation.objects.filter(pk=held.pk).update(state=RecommendationState.HELD, proposed_at=days_ago(4))
    make_mail(EmailState.FAILED, days_ago=5)
    expiring = make_organization()
    Organization.objects.filter(pk=expiring.pk).update(profile_confirmed_at=days_ago(335 + 7))
    return [
        ("silent_interest", couple.cn.recommendation.pk),
        ("expiring_profile", expiring.pk),
        ("run", run.pk),
        ("mail", OutboxEmail.objects.get().pk),
        ("held", held.pk),
        ("screening_hit", hit.pk),
        ("claim", claim.pk),
        ("submission", submitted.pk),
    ]


def shown(desk: Client, query: str = "") -> list[tuple[str, int]]:
    rows = desk.get(f"{QUEUE}{query}").context["rows"]
    return [(row.work.kind.value, row.work.subject.pk) for row in rows]


def note(desk: Client, what: str, *keys: str, query: str = "", **stated: str) -> list[str]:
    answer = desk.post(f"{QUEUE}{query}", {"note": what, "item": keys, **stated}, follow=True)
    assert answer.status_code in (200, 400)
    return [str(message) for message in answer.context["messages"]]


# --- What waits -----------------------------------------------------------------------------------


def test_every_kind_waits_in_one_queue_oldest_first(desk: Client) -> None:
    made = make_one_of_each()
    assert shown(desk) == made
    for kind, pk in made:
        assert shown(desk, f"?kind={kind}") == [(kind, pk)]
    counts = {str(link.label): link.count for link in desk.get(QUEUE).context["kinds"]}
    assert counts.pop("Everything") == 8
    assert set(counts.values()) == {1}
    assert len(counts) == len(WorkKind)


def test_each_row_leads_to_the_page_where_it_is_decided(desk: Client) -> None:
    make_one_of_each()
    rows = {row.work.kind.value: row for row in desk.get(QUEUE).context["rows"]}
    for row in rows.values():
        assert desk.get(row.url).status_code == 200, row.url
    number = rows["submission"].work.subject.pk
    assert rows["submission"].url == f"/admin/alliances/city/{number}/review/"


def test_it_waits_from_the_last_submission_on() -> None:
    person = make_user(is_staff=True)
    organization = make_organization(state=OrganizationState.DRAFT)
    submit(organization, actor=person)
    Organization.objects.filter(pk=organization.pk).update(updated_at=days_ago(-1))
    event = organization.events.get(kind="submitted")
    ((kind, pk, since),) = queue(list(WorkKind), person)
    assert (kind, pk, since) == ("submission", organization.pk, event.at)


def _approve(organization: Organization) -> None:
    reviewing.approve(organization, actor=make_user(is_staff=True))


GONE: list[tuple[str, Callable[[Any], Any]]] = [
    ("submission", lambda pk: _approve(Organization.objects.get(pk=pk))),
    ("claim", lambda pk: TeamClaim.objects.filter(pk=pk).delete()),
    ("screening_hit", lambda pk: ScreeningHit.objects.filter(pk=pk).update(state=HitState.CLEARED)),
    ("held", lambda pk: Recommendation.objects.filter(pk=pk).update(state="superseded")),
    ("silent_interest", lambda pk: Recommendation.objects.filter(pk=pk).update(state="declined")),
    ("mail", lambda pk: OutboxEmail.objects.filter(pk=pk).delete()),
    (
        "expiring_profile",
        lambda pk: Organization.objects.filter(pk=pk).update(profile_confirmed_at=days_ago(334)),
    ),
]


@pytest.mark.parametrize(("kind", "decide"), GONE)
def test_what_is_decided_waits_no_more(desk: Client, kind: str, decide: Callable[[Any], Any]) -> None:
    made = make_one_of_each()
    decide(dict(made)[kind])
    assert shown(desk) == [one for one in made if one[0] != kind]


def test_a_request_that_an_owner_decides_is_not_staff_work(desk: Client) -> None:
    organization = make_organization()
    make_claim(organization)
    assert len(shown(desk)) == 1
    make_team_member(organization, role=TeamRole.OWNER)
    assert shown(desk) == []
    Organization.objects.filter(pk=organization.pk).update(state=OrganizationState.SUSPENDED)
    assert len(shown(desk)) == 1


# --- Notes ----------------------------------------------------------------------------------------


def test_work_is_assigned_and_put_back(desk: Client, curator: User) -> None:
    make_one_of_each()
    other = make_user("other@test.example", is_staff=True, name="Kim")
    keys = [row.work.key for row in desk.get(QUEUE).context["rows"]]
    assert note(desk, "take", *keys[:2]) == ["2 rows changed."]
    assert note(desk, "assign", keys[2], to=str(other.pk)) == ["1 row changed."]
    assert [row.work.assignee for row in desk.get(QUEUE).context["rows"]] == [
        *[curator] * 2,
        other,
        *[None] * 5,
    ]
    assert "<p>Kim</p>" in desk.get(QUEUE).content.decode()
    assert len(shown(desk, "?whose=mine")) == 2
    assert len(shown(desk, "?whose=nobody")) == 5
    assert note(desk, "assign", keys[0], query="?whose=mine") == ["1 row changed."]
    assert len(shown(desk, "?whose=nobody")) == 6
    events = CurationEvent.objects.filter(subject="work").order_by("pk")
    assert [(event.kind, event.actor_id, event.data["assignee"]) for event in events] == [
        ("assigned", curator.pk, curator.pk),
        ("assigned", curator.pk, curator.pk),
        ("assigned", curator.pk, other.pk),
        ("assigned", curator.pk, None),
    ]


def test_what_is_snoozed_is_out_of_sight_until_its_morning(desk: Client, curator: User) -> None:
    make_one_of_each()
    keys = [row.work.key for row in desk.get(QUEUE).context["rows"]]
    in_a_week = timezone.localdate() + timedelta(days=7)
    assert note(desk, "tomorrow", keys[0]) == ["1 row changed."]
    assert note(desk, "snooze", keys[1], until=in_a_week.isoformat()) == ["1 row changed."]
    resting = desk.get(f"{QUEUE}?snoozed=1").context["rows"]
    morning = timezone.make_aware(datetime.combine(in_a_week, time(8)))
    assert [row.work.key for row in resting] == keys[:2]
    assert resting[1].work.snoozed_until == morning
    assert [row.work.key for row in desk.get(QUEUE).context["rows"]] == keys[2:]
    assert note(desk, "unsnooze", keys[0], query="?snoozed=1") == ["1 row changed."]
    WorkItem.objects.filter(snoozed_until=morning).update(snoozed_until=days_ago(0))
    assert [row.work.key for row in desk.get(QUEUE).context["rows"]] == keys
    assert work_counts(WorkKind, curator, snoozed=True) == dict.fromkeys(WorkKind, 0)


def test_what_no_change_ends_is_marked_as_done(desk: Client, curator: User) -> None:
    made = dict(make_one_of_each())
    keys = [f"{kind}:{pk}" for kind, pk in made.items()]
    assert note(desk, "done", *keys) == [
        "2 rows changed.",
        "6 skipped: It leaves the queue when it is decided: open it.",
    ]
    assert {kind for kind, _pk in shown(desk)} == set(WorkKind) - {"mail", "expiring_profile"}
    # A year on it is asked again.
    WorkItem.objects.update(done_at=days_ago(400))
    assert {kind for kind, _pk in shown(desk)} == set(WorkKind)


BAD: list[tuple[str, list[str], dict[str, str], str]] = [
    ("take", [], {}, "Tick what you mean first."),
    ("dance", ["run:1"], {}, "Choose what to do with it."),
    ("take", ["rain:1"], {}, "“rain:1” is no work of this queue."),
    ("take", ["run:x"], {}, "“run:x” is no work of this queue."),
    ("take", [f"run:{10**18}"], {}, f"“run:{10**18}” is no work of this queue."),
    ("take", ["run:1"], {}, "1 skipped: It waits no more: somebody has seen to it."),
    ("assign", ["run:1"], {"to": "0"}, "Choose somebody who works at the desk."),
    ("snooze", ["run:1"], {}, "Say until which day it is snoozed."),
    ("snooze", ["run:1"], {"until": "soon"}, "Enter a day as YYYY-MM-DD."),
    (
        "snooze",
        ["run:1"],
        {"until": "2020-01-01"},
        "Work is snoozed until a day to come, at most 90 days ahead.",
    ),
    (
        "snooze",
        ["run:1"],
        {"until": "2999-01-01"},
        "Work is snoozed until a day to come, at most 90 days ahead.",
    ),
]


@pytest.mark.parametrize(("what", "keys", "stated", "words"), BAD)
def test_a_bad_note_changes_nothing(
    desk: Client, what: str, keys: list[str], stated: dict[str, str], words: str
) -> None:
    assert note(desk, what, *keys, **stated) == [words]
    assert not WorkItem.objects.exists()


def test_a_refused_note_keeps_what_was_ticked_and_chosen(desk: Client, curator: User) -> None:
    make_one_of_each()
    key = "{}:{}".format(*shown(desk)[0])
    answer = desk.post(QUEUE, {"note": "snooze", "item": key, "to": curator.pk, "until": "2999-01-01"})
    page = answer.content.decode()
    assert (answer.status_code, re.findall(r'value="([^"]+)" id="w\d+" checked', page)) == (400, [key])
    assert f'<option value="{curator.pk}" selected>' in page
    assert 'name="until" value="2999-01-01"' in page


def test_only_active_staff_note_and_are_given_work() -> None:
    organization = make_organization(state=OrganizationState.SUBMITTED)
    one, staff = [(WorkKind.SUBMISSION, organization.pk)], make_user(is_staff=True)
    for person in (make_user(), make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            work.work_assign(one, staff, by=person)
        with pytest.raises(ValidationError, match="does not work at the desk"):
            work.work_assign(one, person, by=staff)
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize(
    ("kind", "constraint"), [("submission", "workitem_once"), ("rain", "workitem_kind_known")]
)
def test_the_database_keeps_one_note_of_a_known_kind(kind: str, constraint: str) -> None:
    WorkItem.objects.create(kind=WorkKind.SUBMISSION, subject_id=1)
    with pytest.raises(IntegrityError, match=constraint):
        WorkItem.objects.create(kind=kind, subject_id=1)


# --- Who sees what, and what it costs -------------------------------------------------------------


def staff_with(*codenames: str) -> User:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


def test_only_work_on_rows_that_one_may_view(client: Client) -> None:
    made = make_one_of_each()
    person = staff_with("view_workitem", "change_workitem", "view_screeninghit", "view_city")
    client.force_login(person)
    assert shown(client) == [one for one in made if one[0] == "screening_hit"]
    # Nor is anything else noted on.
    assert note(client, "take", f"run:{dict(made)['run']}") == []
    assert not WorkItem.objects.exists()


def test_looking_is_not_noting(client: Client) -> None:
    make_one_of_each()
    client.force_login(staff_with("view_workitem", "view_screeninghit"))
    answer = client.get(QUEUE)
    assert b'name="note"' not in answer.content
    assert client.post(QUEUE, {"note": "take", "item": "run:1"}).status_code == 403
    client.force_login(staff_with("view_screeninghit"))
    assert client.get(QUEUE).status_code == 403


def test_a_note_has_no_page_of_its_own(desk: Client) -> None:
    hit = make_hit()
    note(desk, "take", f"screening_hit:{hit.pk}")
    item = WorkItem.objects.get()
    for page in ("add/", f"{item.pk}/delete/"):
        assert desk.get(f"{QUEUE}{page}").status_code == 403
    assert desk.get(f"{QUEUE}{item.pk}/change/").status_code == 302
    assert desk.get(f"{QUEUE}{item.pk}/history/").status_code == 302


def test_pages_hold_fifty_and_cost_the_same(desk: Client) -> None:
    def cost() -> int:
        desk.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(QUEUE).status_code == 200
        return len(queries)

    make_one_of_each()
    of_few = cost()
    for _number in range(60):
        make_organization(state=OrganizationState.SUBMITTED)
        make_mail(EmailState.FAILED)
    assert cost() == of_few
    pages = [shown(desk, f"?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 28]
    assert len({one for page in pages for one in page}) == 128
    # What is no page is the first.
    assert shown(desk, "?page=9") == shown(desk, "?page=x") == pages[0]


def test_noting_on_many_costs_as_on_few(curator: User) -> None:
    costs = []
    for number in (2, 40):
        made = [make_organization(state=OrganizationState.SUBMITTED) for _number in range(number)]
        with CaptureQueriesContext(connection) as queries:
            work.work_assign([(WorkKind.SUBMISSION, one.pk) for one in made], curator, by=curator)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_row_that_went_meanwhile_is_left_out(curator: User) -> None:
    make_one_of_each()
    rows = list(queue(list(WorkKind), curator))
    ScreeningHit.objects.all().delete()
    assert [one.kind for one in work_of(rows)] == [kind for kind, _pk, _at in rows if kind != "screening_hit"]
    assert open_work(WorkKind.SUBMISSION, curator, whose=Whose.MINE).count() == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Work queue", "waits 30 days", "Assign to me"]),
        ("zh-hans", ["待办", "已等待 30 天", "分派给我"]),
    ],
)
def test_the_page_in_both_languages(desk: Client, language: str, words: list[str]) -> None:
    couple = make_couples(1)[0]
    couple.us.say(Answer.INTERESTED)
    made_days_ago(couple, 30)
    page = desk.get(QUEUE, headers={"accept-language": language}).content.decode()
    assert [word for word in words if word not in page] == []
