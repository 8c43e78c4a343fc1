"""How long a session lives, and ending those elsewhere."""

from __future__ import annotations

import pytest
from django.test import Client

from alliances.models import User
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code, newest_mail

MINUTE, HOUR = 60, 3600


def age(client: Client, **seconds: int) -> None:
    """As if the session had begun, or had last been used, so long ago."""
    session = client.session
    for name, value in seconds.items():
        session[name] -= value
    session.save()


def answer_after(client: Client, user: User, **seconds: int) -> int:
    client.force_login(user)
    client.get("/accounts/")
    age(client, **seconds)
    return client.get("/accounts/").status_code


@pytest.mark.parametrize(
    ("who", "idle", "began", "status"),
    [
        ("person", 119 * MINUTE, 119 * MINUTE, 200),
        ("person", 121 * MINUTE, 121 * MINUTE, 302),
        ("person", 0, 12 * HOUR - MINUTE, 200),
        ("person", 0, 12 * HOUR + MINUTE, 302),
        ("curator", 29 * MINUTE, 29 * MINUTE, 200),
        ("curator", 31 * MINUTE, 31 * MINUTE, 302),
        ("curator", 0, 8 * HOUR - MINUTE, 200),
        ("curator", 0, 8 * HOUR + MINUTE, 302),
    ],
)
def test_a_session_ends(
    client: Client, person: User, curator: User, who: str, idle: int, began: int, status: int
) -> None:
    user = {"person": person, "curator": curator}[who]
    assert answer_after(client, user, session_seen=idle, session_began=began) == status


def test_an_ended_session_leads_back_to_signing_in_and_says_so(client: Client, person: User) -> None:
    client.force_login(person)
    client.get("/accounts/")
    age(client, session_seen=3 * HOUR)
    answer = client.get("/accounts/email/", follow=True)
    assert answer.redirect_chain == [("/accounts/login/?next=/accounts/email/", 302)]
    assert "Your session has ended. Sign in again to go on." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_using_the_site_keeps_a_session_alive(client: Client, person: User) -> None:
    client.force_login(person)
    client.get("/accounts/")
    for _ in range(3):
        age(client, session_seen=100 * MINUTE)
        assert client.get("/accounts/").status_code == 200


def test_sessions_elsewhere_are_listed_and_ended(person: User) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        ask_for_code(client, person.email)
        enter_code(client, code_in(newest_mail()))
    assert len(here.get("/accounts/sessions/").context["sessions"]) == 2
    here.post("/accounts/sessions/")
    assert here.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/")["location"] == "/accounts/login/?next=/accounts/"
    assert len(here.get("/accounts/sessions/").context["sessions"]) == 1
