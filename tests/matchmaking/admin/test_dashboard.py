"""The first page of the curation desk: its counts by hand, where they lead, what it costs, who sees it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, Kind, OrganizationState
from alliances.models import User
from matchmaking.enums import Answer, EmailKind, EmailState, MailClass, RecommendationState, ShardState, Step
from matchmaking.models import MatchRun, OutboxEmail, Recommendation
from matchmaking.selectors.dashboard import MAIL_DAYS, mail_counts, mail_days
from matchmaking.services.health import health
from tests.factories import make_organization, make_user
from tests.matchmaking.introductions.scenes import made_days_ago, make_couples
from tests.matchmaking.runs.conftest import complete_run

pytestmark = pytest.mark.django_db
DESK = "/admin/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def make_mail(state: EmailState, *, days_ago: int = 0, number: int = 1) -> None:
    for _ in range(number):
        mail = OutboxEmail.objects.create(
            kind=EmailKind.DIGEST,
            mail_class=MailClass.BULK,
            slot="2026-W48",
            message_id=f"<{OutboxEmail.objects.count()}@test.example>",
            recipient="someone@test.example",
            language="en",
            state=state,
            sent_at=timezone.now() if state == EmailState.SENT else None,
        )
        made = timezone.now() - timedelta(days=days_ago)
        OutboxEmail.objects.filter(pk=mail.pk).update(created_at=made)


def make_run(cities: int = 3) -> MatchRun:
    """US cities with the needs that one Chinese city answers: twice as many recommendations as cities."""
    for _ in range(cities):
        make_organization(needs={"sponge-city": 3}, languages=["en"])
    make_organization(country=Country.CN, offers={"sponge-city": 3}, languages=["en", "zh"])
    return complete_run()


def tasks(desk: Client) -> list[tuple[str, int]]:
    return [(str(task.title), task.count) for task in desk.get(DESK).context["tasks"]]


def panel(desk: Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.get(DESK).context["panels"][name]
    return found


def test_an_empty_register_shows_the_first_step_and_no_charts(desk: Client) -> None:
    page = desk.get(DESK).content.decode()
    assert "The register is empty" in page
    assert '<a class="dashboard__button" href="/admin/alliances/organization/import/">' in page
    assert desk.get("/admin/alliances/organization/import/").status_code == 200
    assert "<svg" not in page.partition('<div class="dashboard">')[2]


def test_what_waits_is_counted_and_each_count_leads_to_its_list(desk: Client) -> None:
    run = make_run()
    for state, kinds in (
        (OrganizationState.SUBMITTED, [Kind.CITY, Kind.CITY, Kind.FIRM]),
        (OrganizationState.ON_HOLD, [Kind.ALLIANCE]),
        (OrganizationState.CHANGES_REQUESTED, [Kind.CITY]),
        (OrganizationState.REJECTED, [Kind.CITY]),
    ):
        for kind in kinds:
            make_organization(kind=kind, state=state)
    rows = list(Recommendation.objects.order_by("pk").values_list("pk", flat=True))
    Recommendation.objects.filter(pk__in=rows[:2]).update(state=RecommendationState.PROPOSED)
    Recommendation.objects.filter(pk=rows[2]).update(state=RecommendationState.HELD)
    run.shards.filter(step=Step.PROPOSE).update(state=ShardState.QUARANTINED)
    make_mail(EmailState.FAILED, number=2)
    make_mail(EmailState.UNCERTAIN, days_ago=MAIL_DAYS - 1)
    make_mail(EmailState.SENT)
    assert tasks(desk) == [
        ("Organizations to review", 4),
        ("Held recommendations", 1),
        ("Mail that failed or is uncertain", 3),
        ("Runs with quarantined steps", 1),
        ("Proposed recommendations", 2),
    ]
    *queued, proposed = desk.get(DESK).context["tasks"]
    for task in queued:
        assert len(desk.get(task.url).context["rows"]) == task.count, task.url
    assert desk.get(proposed.url).context["matching"] == 2
    assert len(desk.get(desk.get(DESK).context["queue_url"]).context["rows"]) == 9


def test_interest_that_nobody_answers_waits_until_it_is_closed(desk: Client) -> None:
    couple, other = make_couples(2)
    for one in (couple, other):
        one.us.say(Answer.INTERESTED)
    made_days_ago(couple, 22)
    assert tasks(desk) == [("Interests that nobody answered in time", 1)]
    (task,) = desk.get(DESK).context["tasks"]
    (row,) = desk.get(task.url).context["rows"]
    assert row.work.subject == couple.cn.recommendation
    answer = desk.post(
        "/admin/matchmaking/recommendation/",
        {
            "action": "close_interest",
            "_selected_action": [couple.cn.recommendation.pk, couple.us.recommendation.pk],
        },
        follow=True,
    )
    assert [str(message) for message in answer.context["messages"]] == ["1 row changed."]
    assert tasks(desk) == []
    again = desk.post(
        "/admin/matchmaking/recommendation/",
        {"action": "close_interest", "_selected_action": [couple.cn.recommendation.pk]},
        follow=True,
    )
    assert [str(message) for message in again.context["messages"]] == [
        "1 skipped: No interest waits for an answer here."
    ]
    states = Recommendation.objects.filter(pair__in=[couple.pair, other.pair]).order_by("pk")
    assert [one.state for one in states] == ["expired", "expired", "interested", "released"]


def test_nothing_waits_for_a_person(desk: Client) -> None:
    make_run()
    assert tasks(desk) == []
    assert "Nothing waits for a person now." in desk.get(DESK).content.decode()


def test_a_quarantined_step_waits_no_more_once_newer_lists_stand(desk: Client) -> None:
    make_run().shards.filter(step=Step.PROPOSE).update(state=ShardState.QUARANTINED)
    assert tasks(desk) == [("Runs with quarantined steps", 1)]
    complete_run()
    assert tasks(desk) == []
    assert desk.get("/admin/matchmaking/matchrun/?to_retry=1").context["cl"].result_count == 0


def test_organizations_by_kind_country_and_state(desk: Client) -> None:
    for kind, country, number in (
        (Kind.CITY, Country.US, 4),
        (Kind.CITY, Country.CN, 2),
        (Kind.FIRM, Country.CN, 1),
    ):
        for _ in range(number):
            make_organization(kind=kind, country=country)
    make_organization(kind=Kind.FIRM, country=Country.CN, state=OrganizationState.DRAFT)
    found = panel(desk, "register")
    assert [
        (str(row.label), row.us.count, row.us.width, row.cn.count, row.cn.width) for row in found["rows"]
    ] == [
        ("cities", 4, 1000, 2, 500),
        ("firms", 0, 0, 2, 500),
        ("alliances", 0, 0, 0, 0),
    ]
    assert [(str(state.label), state.count) for state in found["states"]] == [("Draft", 1), ("Approved", 7)]
    assert found["total"] == 8
    for row in found["rows"]:
        for bar in (row.us, row.cn):
            assert desk.get(bar.url).context["cl"].result_count == bar.count


def test_recommendations_from_release_to_interest(desk: Client) -> None:
    make_run(cities=6)
    rows = list(Recommendation.objects.order_by("pk").values_list("pk", flat=True))
    states = ["released", "released", "released", "seen", "interested", "later", "declined", "held"]
    Recommendation.objects.exclude(pk__in=rows[: len(states)]).delete()
    for pk, state in zip(rows, states, strict=False):
        Recommendation.objects.filter(pk=pk).update(state=state)
    found = panel(desk, "recommendations")
    assert [(str(step.label), step.count, step.width) for step in found["steps"]] == [
        ("Released", 7, 1000),
        ("Seen", 4, 571),
        ("Interested", 1, 142),
    ]
    assert [(str(state.label), state.count) for state in found["others"]] == [
        ("Held", 1),
        ("Not now", 1),
        ("Declined", 1),
    ]
    for link in (*found["steps"], *found["others"]):
        assert desk.get(link.url).context["cl"].result_count == link.count


def test_the_last_run_with_what_it_excluded(desk: Client) -> None:
    make_organization(kind=Kind.FIRM, refuses=[Kind.CITY], needs={"sponge-city": 1})
    run = make_run(cities=2)
    found = panel(desk, "run")
    assert (found["run"], found["url"]) == (run, f"/admin/matchmaking/matchrun/{run.pk}/change/")
    assert [(str(bar.label), bar.count) for bar in found["outcomes"]] == [
        ("scored", 2),
        ("with a topical tie", 2),
        ("Kind refused by one side", 1),
    ]
    assert (found["nothing_excluded"], run.pairs) == (False, 3)


def test_mail_by_day_and_state(desk: Client) -> None:
    make_organization()
    make_mail(EmailState.SENT, number=3)
    make_mail(EmailState.QUEUED)
    make_mail(EmailState.DEFERRED)
    make_mail(EmailState.FAILED, days_ago=1)
    make_mail(EmailState.SENT, days_ago=MAIL_DAYS)
    found = panel(desk, "mail")
    assert [(one.key, one.total) for one in found["series"]] == [
        ("sent", 3),
        ("waiting", 2),
        ("suppressed", 0),
        ("uncertain", 0),
        ("failed", 1),
    ]
    assert found["days"][-2:] == [
        (timezone.now().date() - timedelta(days=1), [0, 0, 0, 0, 1]),
        (timezone.now().date(), [3, 2, 0, 0, 0]),
    ]
    # Five on the fullest day are the whole height of 120: 24 units a mail.
    assert [(part.series, part.x, part.y, part.height) for part in found["segments"]] == [
        ("failed", 240, 96, 24),
        ("sent", 260, 48, 72),
        ("waiting", 260, 0, 48),
    ]


def test_days_without_mail_are_counted_too() -> None:
    days = mail_days()
    assert (len(days), days[-1] - days[0]) == (14, timedelta(days=13))
    assert days[-1] == timezone.now().date()
    assert {day: states.total() for day, states in mail_counts(days).items()} == dict.fromkeys(days, 0)
    assert mail_counts([date(2020, 1, 1)]) == {date(2020, 1, 1): {}}


def cost(desk: Client) -> int:
    desk.get(DESK)
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(DESK).status_code == 200
    return len(queries)


def test_the_page_costs_the_same_for_a_small_and_a_larger_register(desk: Client) -> None:
    make_run(cities=1)
    make_mail(EmailState.FAILED)
    of_small = cost(desk)
    make_run(cities=8)
    for state in OrganizationState:
        for kind in Kind:
            make_organization(kind=kind, state=state)
    for mail_state in (EmailState.FAILED, EmailState.UNCERTAIN, EmailState.SENT):
        make_mail(mail_state, number=5)
    assert cost(desk) == of_small


@pytest.mark.parametrize(("language", "title"), [("en", "Curation desk"), ("zh-hans", "管理台")])
def test_the_page_and_its_chart_have_words_for_everything(desk: Client, language: str, title: str) -> None:
    make_run()
    make_mail(EmailState.SENT)
    page = desk.get(DESK, headers={"accept-language": language}).content.decode()
    shown = page.partition('<div class="dashboard">')[2]
    assert title in page
    assert shown.count("<svg") == shown.count('aria-hidden="true" focusable="false"')
    assert shown.count("<table") == 4  # one beside every chart
    assert shown.count('<li class="is-') == len(health()) + 1  # and the screening


def staff_with(*codenames: str) -> User:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


@pytest.mark.parametrize(
    ("codenames", "panels"),
    [
        ((), set()),
        (("view_firm",), {"register"}),
        (("view_city", "view_firm", "view_alliance"), {"register"}),
        (("view_recommendation",), {"recommendations"}),
        (("view_matchrun",), {"run"}),
        (("view_outboxemail",), {"mail"}),
    ],
)
def test_staff_see_the_counts_of_what_they_may_open(
    client: Client, codenames: tuple[str, ...], panels: set[str]
) -> None:
    make_run()
    make_organization(kind=Kind.FIRM, state=OrganizationState.SUBMITTED)
    make_organization(state=OrganizationState.SUBMITTED)
    client.force_login(staff_with(*codenames))
    assert set(client.get(DESK).context["panels"]) == panels
    # Work on organizations is for those who may see all of them.
    assert tasks(client) == ([("Organizations to review", 2)] if "view_city" in codenames else [])


def test_a_first_run_is_asked_for_by_who_may(client: Client) -> None:
    make_organization()
    asking = '<a href="/admin/matchmaking/matchrun/add/">'
    for codenames, may in ((("view_matchrun",), False), (("view_matchrun", "add_matchrun"), True)):
        client.force_login(staff_with(*codenames))
        page = client.get(DESK).content.decode()
        assert ("No run has been asked for yet." in page, asking in page) == (True, may)


def test_only_staff_see_the_page(client: Client) -> None:
    assert client.get(DESK).status_code == 302
    client.force_login(make_user())
    answer = client.get(DESK)
    assert answer.status_code in (302, 403)
    assert b"dashboard" not in answer.content


@pytest.mark.parametrize("page", ["account/emailaddress", "mfa/authenticator", "usersessions/usersession"])
def test_what_signing_in_keeps_is_not_on_the_desk(desk: Client, page: str) -> None:
    assert desk.get(f"{DESK}{page}/").status_code == 404
    assert desk.get(f"{DESK}{page}/add/").status_code == 404
