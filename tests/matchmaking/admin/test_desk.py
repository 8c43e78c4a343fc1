"""The curation desk of the service: runs, policies, recommendations, outbox."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from alliances.enums import Country
from alliances.models import RegisterEvent, User
from matchmaking.enums import EmailKind, EmailState, MailClass, RecommendationState, RunStage, RunState
from matchmaking.models import Exclusion, MatchRun, OutboxEmail, Recommendation
from tests.factories import make_organization, make_user, prove
from tests.matchmaking.runs.conftest import complete_run, work_off

pytestmark = pytest.mark.django_db
LISTS = [
    "matchrun",
    "recommendation",
    "exclusion",
    "jurisdictionrule",
    "scoringpolicy",
    "outboxemail",
    "curationevent",
]
S = RecommendationState


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


@pytest.fixture
def run() -> MatchRun:
    """Three US cities with the needs that one Chinese city answers."""
    for _ in range(3):
        make_organization(needs={"sponge-city": 3}, languages=["en"])
    make_organization(country=Country.CN, offers={"sponge-city": 3}, languages=["en", "zh"])
    return complete_run()


def make_mail(number: int) -> OutboxEmail:
    return OutboxEmail.objects.create(
        kind=EmailKind.DIGEST,
        mail_class=MailClass.BULK,
        user=make_user(),
        slot="2026-W48",
        message_id=f"<{number}@test.example>",
        recipient="someone@test.example",
        language="en",
        subject="Two new recommendations",
        body_text="Dear reader",
        body_html="<p>Dear reader</p><script>alert(1)</script>",
    )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("page", LISTS)
def test_list_is_served(desk: Client, run: MatchRun, page: str, language: str) -> None:
    make_mail(1)
    answer = desk.get(f"/admin/matchmaking/{page}/", headers={"accept-language": language})
    assert answer.status_code == 200


def cost(desk: Client, page: str) -> int:
    """How many queries the list on this page takes, once everything that is kept is kept."""
    desk.get(f"/admin/matchmaking/{page}/")
    with CaptureQueriesContext(connection) as queries:
        desk.get(f"/admin/matchmaking/{page}/")
    return len(queries)


def test_list_of_recommendations_costs_the_same_for_one_and_three(desk: Client, run: MatchRun) -> None:
    rows = list(Recommendation.objects.order_by("pk"))
    of_many = cost(desk, "recommendation")
    Recommendation.objects.exclude(pk=rows[0].pk).delete()
    assert len(rows) >= 3
    assert cost(desk, "recommendation") == of_many


def test_list_of_runs_costs_the_same_for_one_and_three(desk: Client, run: MatchRun) -> None:
    of_one = cost(desk, "matchrun")
    for _ in range(2):
        complete_run()
    assert cost(desk, "matchrun") == of_one


def test_list_of_mails_costs_the_same_for_one_and_three(desk: Client) -> None:
    make_mail(0)
    of_one = cost(desk, "outboxemail")
    for place in (1, 2):
        make_mail(place)
    assert cost(desk, "outboxemail") == of_one


def test_asking_for_a_run_makes_one_and_its_page_shows_the_counts(desk: Client, run: MatchRun) -> None:
    answer = desk.post("/admin/matchmaking/matchrun/add/", {"policy": run.policy_id, "as_of": ""})
    assert answer.status_code == 302
    asked = MatchRun.objects.latest("pk")
    assert (asked.pk > run.pk, asked.state) == (True, RunState.QUEUED)
    work_off()
    page = desk.get(f"/admin/matchmaking/matchrun/{asked.pk}/change/").content.decode()
    assert "scored: <b>3</b>" in page
    assert "Excluded by staff: <b>0</b>" in page
    asked.refresh_from_db()
    for stage in RunStage:
        assert f"{escape(stage.label)}: <b>{asked.stage_seconds[stage]:.2f}</b>" in page


def test_cancel_ends_a_queued_run_and_skips_one_that_ended(desk: Client, run: MatchRun) -> None:
    desk.post("/admin/matchmaking/matchrun/add/", {"policy": run.policy_id}, follow=True)
    asked = MatchRun.objects.latest("pk")
    chosen = {"action": "cancel", "_selected_action": [run.pk, asked.pk]}
    answer = desk.post("/admin/matchmaking/matchrun/", chosen, follow=True)
    asked.refresh_from_db()
    run.refresh_from_db()
    assert (asked.state, run.state) == (RunState.CANCELLED, RunState.COMPLETE)
    said = [str(message) for message in answer.context["messages"]]
    assert said[0] == "1 row changed."
    assert said[1].startswith("1 skipped:")


def test_hold_takes_a_released_recommendation_back_and_release_returns_it(
    desk: Client, run: MatchRun
) -> None:
    one = Recommendation.objects.filter(state=S.RELEASED).first()
    assert one is not None
    address = "/admin/matchmaking/recommendation/"
    desk.post(address, {"action": "hold", "_selected_action": [one.pk]})
    one.refresh_from_db()
    assert one.state == S.HELD
    # Not along with others, nor from a list that was loaded before somebody held it.
    chosen = {"action": "release", "_selected_action": [one.pk]}
    answer = desk.post(address, chosen, follow=True)
    assert [str(message) for message in answer.context["messages"]][1:] == [
        "1 skipped: It is held: narrow the list to what is held to release it."
    ]
    one.refresh_from_db()
    assert one.state == S.HELD
    desk.post(f"{address}?state__exact=held", chosen)
    one.refresh_from_db()
    assert one.state == S.RELEASED


def test_an_exclusion_asks_for_its_reason_and_then_holds_for_both_sides(desk: Client, run: MatchRun) -> None:
    one = Recommendation.objects.filter(state=S.RELEASED).first()
    assert one is not None
    address = "/admin/matchmaking/recommendation/"
    chosen = {"action": "never_pair", "_selected_action": [one.pk]}
    answer = desk.post(address, chosen, follow=True)
    assert [str(m) for m in answer.context["messages"]] == [
        "Give the reason for the exclusion beside the action."
    ]
    assert Exclusion.objects.count() == 0
    desk.post(address, {**chosen, "reason": "They compete."})
    assert Exclusion.objects.get().pair_id == one.pair_id
    states = set(Recommendation.objects.filter(pair=one.pair).values_list("state", flat=True))
    assert states == {S.EXPIRED}
    again = complete_run()
    assert again.counts["excluded"]["exclusion"] == 1


def test_a_recommendation_page_says_why_for_both_sides(desk: Client, run: MatchRun) -> None:
    one = Recommendation.objects.filter(seeker__country=Country.US).first()
    assert one is not None
    page = desk.get(f"/admin/matchmaking/recommendation/{one.pk}/change/").content.decode()
    assert "sponge-city" in page
    assert "not stated" in page


def test_a_mail_is_shown_without_the_means_to_act(desk: Client) -> None:
    mail = make_mail(1)
    page = desk.get(f"/admin/matchmaking/outboxemail/{mail.pk}/change/").content.decode()
    assert '<iframe sandbox srcdoc="&lt;p&gt;Dear reader' in page
    assert "<script>alert(1)" not in page
    assert mail.state == EmailState.QUEUED


def test_addresses_in_the_outbox_are_shown_to_who_proved_it_and_recorded(desk: Client) -> None:
    mail = make_mail(1)
    OutboxEmail.objects.filter(pk=mail.pk).update(
        reply="550 <someone@test.example>: unknown",
        error="Refused: someone@test.example",
        body_text="Write to ann@wichita.example.",
        body_html='<a href="mailto:ann@wichita.example">ann@wichita.example</a>',
    )
    page = f"/admin/matchmaking/outboxemail/{mail.pk}/"
    work = "/admin/matchmaking/workitem/"
    OutboxEmail.objects.filter(pk=mail.pk).update(state=EmailState.FAILED)
    for address in ("/admin/matchmaking/outboxemail/", f"{page}change/", work):
        html = desk.get(address).content.decode()
        assert "550 &lt;…@test.example&gt;: unknown" in html, address
        assert ("someone@" in html, "ann@" in html) == (False, False), address
    for asked, found in (("someone@test.example", 1), ("omeone@test", 0)):
        assert desk.get("/admin/matchmaking/outboxemail/", {"q": asked}).context["cl"].result_count == found
    assert desk.get(f"{page}show_contacts/")["Location"].startswith("/accounts/")
    prove(desk)
    assert "someone@test.example" in desk.get(f"{page}show_contacts/").content.decode()
    event = RegisterEvent.objects.get(kind="contacts_shown")
    assert (event.organization_id, event.data) == (None, {"email": mail.pk})


def test_whoever_may_not_see_contacts_sees_no_address_of_the_outbox(client: Client) -> None:
    mail = make_mail(1)
    reader = make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_outboxemail"))
    client.force_login(reader)
    prove(client)
    page = f"/admin/matchmaking/outboxemail/{mail.pk}/"
    assert "show_contacts" not in client.get(f"{page}change/").content.decode()
    assert client.get(f"{page}show_contacts/").status_code == 403
