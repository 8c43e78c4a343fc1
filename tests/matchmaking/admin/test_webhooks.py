"""Webhooks at the desk: seen without secrets, stopped and let go on, on record."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.models import User
from matchmaking.models import CurationEvent, Webhook
from tests.factories import make_organization, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH
from tests.matchmaking.webhooks.scenes import listen, make_delivery

pytestmark = pytest.mark.django_db

LIST = "/admin/matchmaking/webhook/"


@pytest.fixture
def staff() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def make_webhook() -> Webhook:
    webhook = listen(make_organization("us-city-springfield", name_en="Springfield", name_zh="春田"))
    Webhook.objects.update(
        url="https://crm.example/hooks?key=k7secret",
        earlier_salt="earlier-salt",
        replaced_at="2026-11-26T03:00Z",
    )
    webhook.refresh_from_db()
    return webhook


def text(desk: Client, path: str, language: str = ENGLISH) -> str:
    answer = desk.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def test_staff_see_whom_an_organization_has_told_and_no_secret(desk: Client) -> None:
    webhook = make_webhook()
    make_delivery(webhook, state="failed", status=500, attempt=8)
    make_delivery(webhook, state="queued", error="no_answer", attempt=1)
    make_delivery(webhook)  # not tried yet
    words = {
        ENGLISH: ("You are introduced to a partner", "Enabled", "No answer within eight seconds"),
        CHINESE: ("已启用", "最近"),
    }
    for language, sentences in words.items():
        for path in (LIST, f"{LIST}{webhook.pk}/change/"):
            page = text(desk, path, language)
            for sentence in (*sentences, "https://crm.example/hooks"):
                assert sentence in page
            for secret in ("k7secret", webhook.salt, "earlier-salt"):
                assert secret not in page
    page = text(desk, f"{LIST}{webhook.pk}/change/")
    assert ("HTTP 500" in page, "(&#x27;on&#x27;" in page) == (True, False)
    assert 'name="_save"' not in page
    assert "Springfield" in text(desk, f"{LIST}?q=us-city-springfield")
    assert "crm.example" not in text(desk, f"{LIST}?q=us-city-elsewhere")


def test_staff_stop_a_webhook_and_let_it_go_on(desk: Client, staff: User) -> None:
    webhook, other = make_webhook(), listen(make_organization())

    def press(action: str, *chosen: Webhook) -> list[str]:
        posted = {"action": action, "_selected_action": [one.pk for one in chosen]}
        answer = desk.post(LIST, posted, follow=True)
        return [str(message) for message in answer.context["messages"]]

    assert press("disable", webhook) == ["1 row changed."]
    assert press("disable", webhook, other) == [
        "1 row changed.",
        "1 skipped: It is disabled by our staff already.",
    ]
    assert set(Webhook.objects.values_list("disabled_for", flat=True)) == {"staff"}
    assert "Disabled by our staff" in text(desk, LIST)
    assert press("enable", webhook) == ["1 row changed."]
    assert press("enable", webhook) == ["1 skipped: It is not disabled by our staff: its owners enable it."]
    events = CurationEvent.objects.filter(subject="webhook").order_by("pk")
    assert [(one.subject_id, one.kind, one.actor_id) for one in events] == [
        (webhook.pk, "disabled", staff.pk),
        (other.pk, "disabled", staff.pk),
        (webhook.pk, "enabled", staff.pk),
    ]


def test_the_list_costs_the_same_for_one_and_many(desk: Client) -> None:
    def cost() -> int:
        text(desk, LIST)
        with CaptureQueriesContext(connection) as queries:
            text(desk, LIST)
        return len(queries)

    make_delivery(listen(make_organization()), attempt=1, status=200)
    of_one = cost()
    for _number in range(40):
        make_delivery(listen(make_organization()), attempt=1, status=200)
    assert cost() == of_one
