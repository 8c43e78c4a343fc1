"""Signing in with a code by email."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from alliances.models import User
from matchmaking.enums import EmailKind, EmailState, MailClass
from matchmaking.models import CurationEvent, OutboxEmail
from matchmaking.services import leases, outbox
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code, newest_mail
from tests.matchmaking.mail.conftest import server
from tests.smtp_server import Script, SmtpServer

__all__ = ["server"]
E = EmailState


def signed_in_as(client: Client) -> int | None:
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


@pytest.mark.parametrize(
    ("language", "subject", "heading"),
    [("en", "Your sign-in code", "Enter the code"), ("zh-hans", "您的登录验证码", "输入验证码")],
)
def test_a_code_by_real_mail_signs_in(
    client: Client, server: SmtpServer, language: str, subject: str, heading: str
) -> None:
    user = make_user("li.wei@wuhan.example", language=language)
    asked = client.post("/accounts/login/", {"email": user.email}, headers={"accept-language": language})
    assert (asked.status_code, asked["location"]) == (302, "/accounts/login/code/")
    page = client.get("/accounts/login/code/", headers={"accept-language": language}).content.decode()
    assert heading in page
    row = newest_mail()
    assert (row.kind, row.mail_class, row.user, row.recipient, row.language, row.subject) == (
        EmailKind.ACCOUNT,
        MailClass.AWAITED,
        user,
        user.email,
        language,
        subject,
    )
    code = code_in(row)
    assert code in row.body_html
    assert code not in row.subject + str(row.headers)
    assert outbox.deliver_due() == {E.SENT: 1}
    [mail] = server.spool
    message = mail.message
    text = message.get_body(("plain",))
    assert text is not None
    assert (message["Subject"], code in text.get_content()) == (subject, True)
    answer = enter_code(client, code.lower().replace("-", " "))
    assert (answer.status_code, signed_in_as(client)) == (302, user.pk)
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == language


def test_a_wrong_code_signs_nobody_in_and_three_end_it(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    code = code_in(newest_mail())
    for _ in range(2):
        page = enter_code(client, "BBBB-BBBB")
        assert (page.status_code, signed_in_as(client)) == (200, None)
        assert "This code is not right." in page.content.decode()
    assert enter_code(client, "BBBB-BBBB").status_code == 302
    assert enter_code(client, code)["location"] == "/accounts/login/"
    assert signed_in_as(client) is None


def test_a_code_works_once_and_in_its_own_browser(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    code = code_in(newest_mail())
    stranger = Client()
    assert enter_code(stranger, code)["location"] == "/accounts/login/"
    enter_code(client, code)
    client.post("/accounts/logout/")
    enter_code(client, code)
    assert signed_in_as(client) is None


def test_the_newest_code_counts_after_asking_again(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    old = code_in(newest_mail())
    client.post("/accounts/login/code/", {"action": "resend"})
    new = code_in(newest_mail())
    assert enter_code(client, old).status_code == 200
    enter_code(client, new)
    assert signed_in_as(client) == person.pk


@pytest.mark.parametrize("team", [True, False])
@pytest.mark.parametrize("is_staff", [True, False])
def test_where_signing_in_leads(client: Client, team: bool, is_staff: bool) -> None:
    user = make_user(is_staff=is_staff)
    if team:
        make_team_member(make_organization(), user)
    ask_for_code(client, user.email)
    answer = enter_code(client, code_in(newest_mail()))
    without_team = "/admin/" if is_staff else "/register/"
    assert answer["location"] == ("/home/" if team else without_team)


@pytest.mark.parametrize(
    ("goal", "reached"),
    [("/accounts/sessions/", "/accounts/sessions/"), ("https://elsewhere.example/", "/register/")],
)
def test_next_is_followed_on_this_site_only(client: Client, person: User, goal: str, reached: str) -> None:
    ask_for_code(client, person.email, next=goal)
    answer = enter_code(client, code_in(newest_mail()), next=goal)
    assert answer["location"] == reached


def test_an_inactive_person_gets_no_code(client: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert ask_for_code(client, person.email).status_code == 302
    assert OutboxEmail.objects.count() == 0


def test_the_switch_of_language_is_kept_for_mail_and_the_next_visit(client: Client, person: User) -> None:
    client.force_login(person)
    client.post("/i18n/setlang/", {"language": "zh-hans"})
    client.post("/i18n/setlang/", {"language": "tlh"})
    person.refresh_from_db()
    assert person.language == "zh-hans"


def body(mail: OutboxEmail) -> tuple[str, str]:
    mail.refresh_from_db()
    return mail.body_text, mail.body_html


def test_the_body_is_gone_once_the_mail_is_sent(client: Client, person: User, server: SmtpServer) -> None:
    ask_for_code(client, person.email)
    outbox.deliver_due()
    mail = newest_mail()
    assert (mail.state, *body(mail)) == (E.SENT, "", "")


def test_the_body_is_gone_once_the_mail_has_failed(client: Client, person: User, server: SmtpServer) -> None:
    server.script = Script(rcpt="550 5.1.1 no such user")
    ask_for_code(client, person.email)
    outbox.deliver_due()
    mail = newest_mail()
    assert (mail.state, *body(mail)) == (E.FAILED, "", "")


def test_the_body_stays_while_the_mail_is_put_off(client: Client, person: User, server: SmtpServer) -> None:
    server.script = Script(rcpt="450 4.2.0 try later")
    ask_for_code(client, person.email)
    outbox.deliver_due()
    mail = newest_mail()
    assert (mail.state, code_in(mail) != "") == (E.DEFERRED, True)


def test_the_body_is_gone_when_the_last_worker_was_lost(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    mail = newest_mail()
    assert leases.MAILS.attempts() == 100
    OutboxEmail.objects.update(attempt=99)
    leases.claim(leases.MAILS)
    OutboxEmail.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert leases.expire(leases.MAILS) == [mail.pk]
    mail.refresh_from_db()
    assert (mail.state, *body(mail)) == (E.FAILED, "", "")


def test_a_code_older_than_its_life_is_not_sent(
    client: Client, person: User, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_code(client, person.email)
    later = timezone.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert outbox.deliver_due() == {E.SUPPRESSED: 1}
    mail = newest_mail()
    assert (server.spool, mail.error, *body(mail)) == ([], "code_expired", "", "")


def test_a_code_in_its_last_minute_is_sent(
    client: Client, person: User, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_code(client, person.email)
    later = timezone.now() + timedelta(minutes=14)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert outbox.deliver_due() == {E.SENT: 1}


def test_staff_never_see_what_an_account_mail_says(client: Client, person: User, curator: User) -> None:
    ask_for_code(Client(), person.email)
    mail = newest_mail()
    client.force_login(curator)
    page = client.get(f"/admin/matchmaking/outboxemail/{mail.pk}/change/").content.decode()
    listed = client.get("/admin/matchmaking/outboxemail/").content.decode()
    assert page.count("Not shown: it is for the person only.") == 2
    assert code_in(mail) not in page + listed
    event = CurationEvent.objects.get(subject="email", subject_id=mail.pk)
    assert (event.kind, event.data) == ("queued", {"notice": "login_code"})
