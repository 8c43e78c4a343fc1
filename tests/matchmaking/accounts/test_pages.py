"""Every page of accounts wears the site's own look, speaks both languages and says what is wrong."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from alliances.models import User
from matchmaking.enums import EmailKind
from matchmaking.models import OutboxEmail
from matchmaking.portal.accounts.urls import urlpatterns
from tests.factories import make_user
from tests.matchmaking.accounts.conftest import (
    NONCES,
    PASSWORD,
    ask_for_code,
    code_in,
    enter_code,
    give_second_factor,
    newest_mail,
    sign_in_with_password,
)

LANGUAGES = [("en", '<html lang="en">'), ("zh-hans", '<html lang="zh-Hans">')]
TO_ALL = {
    "account_login",
    "account_request_login_code",
    "account_login_by_password",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_password_reset_completed",
}
# Pages inside of a conversation, which have a test of their own.
IN_BETWEEN = {
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_confirm_email",
    "account_reauthenticate",
    "account_reauthenticate_by_code",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_download_recovery_codes",
    "account_set_password",
}
NAMES = {str(pattern.name) for pattern in urlpatterns}


def is_ours(answer: object) -> bool:
    """Whether every template of the answer that has text of its own lies in the project."""
    templates = getattr(answer, "templates", [])
    pages = [one.origin.name for one in templates if one.origin and "/forms/" not in one.origin.name]
    return bool(pages) and all(name.startswith(str(settings.BASE_DIR / "templates")) for name in pages)


def look_at(client: Client, address: str, language: str, html_language: str) -> str:
    answer = client.get(address, headers={"accept-language": language})
    page = answer.content.decode()
    assert (answer.status_code, is_ours(answer), html_language in page) == (200, True, True)
    assert (page.count("<h1"), 'style="' in page, "<script" in page) == (1, False, False)
    assert page.count("btn--primary") <= 1
    return page


@pytest.mark.parametrize(("language", "html_language"), LANGUAGES)
@pytest.mark.parametrize("name", sorted(TO_ALL))
def test_a_page_for_all(client: Client, name: str, language: str, html_language: str) -> None:
    look_at(client, reverse(name), language, html_language)


@pytest.mark.parametrize(("language", "html_language"), LANGUAGES)
@pytest.mark.parametrize("name", sorted(NAMES - TO_ALL - IN_BETWEEN))
def test_a_page_of_a_person(
    client: Client, curator: User, name: str, language: str, html_language: str
) -> None:
    sign_in_with_password(client, curator)
    give_second_factor(curator)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    look_at(client, reverse(name), language, html_language)


@pytest.mark.parametrize("name", sorted(NAMES - TO_ALL - IN_BETWEEN - {"account_logout"}))
def test_a_page_of_a_person_is_for_nobody_else(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert (answer.status_code, answer["location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize(("language", "html_language"), LANGUAGES)
def test_pages_in_between(client: Client, curator: User, language: str, html_language: str) -> None:
    ask_for_code(client, curator.email)
    look_at(client, "/accounts/login/code/", language, html_language)
    client.post("/accounts/logout/")
    client.post("/accounts/password/reset/", {"email": curator.email})
    look_at(client, "/accounts/password/reset/code/", language, html_language)
    client.post("/accounts/password/reset/code/", {"code": code_in(newest_mail())})
    look_at(client, "/accounts/password/reset/new/", language, html_language)
    sign_in_with_password(client, curator)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    look_at(client, "/accounts/2fa/set-up/", language, html_language)
    look_at(client, "/accounts/2fa/", language, html_language)
    look_at(client, "/accounts/reauthenticate/", language, html_language)
    give_second_factor(curator)
    look_at(client, "/accounts/2fa/again/", language, html_language)
    assert client.get("/accounts/2fa/recovery-codes/file/").content.count(b"\n") == 10
    client.post("/accounts/logout/")
    sign_in_with_password(client, curator)
    look_at(client, "/accounts/2fa/challenge/", language, html_language)


@pytest.mark.parametrize(("language", "html_language"), LANGUAGES)
def test_pages_of_a_person_without_password(
    client: Client, person: User, language: str, html_language: str
) -> None:
    client.force_login(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    look_at(client, "/accounts/", language, html_language)
    look_at(client, "/accounts/password/set/", language, html_language)
    look_at(client, "/accounts/reauthenticate/code/", language, html_language)
    client.post("/accounts/reauthenticate/code/", {"send": ""})
    look_at(client, "/accounts/reauthenticate/code/", language, html_language)


def test_signing_out_takes_a_post(client: Client, person: User) -> None:
    client.force_login(person)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/accounts/").status_code == 200
    assert client.post("/accounts/logout/")["location"] == "/"
    assert client.get("/accounts/").status_code == 302


def test_a_new_password_by_a_code(client: Client, curator: User) -> None:
    client.post("/accounts/password/reset/", {"email": curator.email})
    mail = newest_mail()
    assert mail.subject == "Your code for a new password"
    assert client.post("/accounts/password/reset/code/", {"code": "BBBB-BBBB"}).status_code == 200
    client.post("/accounts/password/reset/code/", {"code": code_in(mail)})
    short = {"password1": "short", "password2": "short"}
    assert client.post("/accounts/password/reset/new/", short).status_code == 200
    new = {"password1": "another-pass-word", "password2": "another-pass-word"}
    answer = client.post("/accounts/password/reset/new/", new)
    assert answer["location"] == "/accounts/password/reset/done/"
    curator.refresh_from_db()
    assert curator.check_password("another-pass-word")
    assert newest_mail().subject == "Your password was changed"


def test_changing_and_setting_a_password_is_told(client: Client, curator: User, person: User) -> None:
    sign_in_with_password(client, curator)
    new = {"password1": "another-pass-word", "password2": "another-pass-word"}
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    assert (newest_mail().user, newest_mail().subject) == (curator, "Your password was changed")
    client.force_login(person)
    client.post("/accounts/password/set/", new)
    assert (newest_mail().user, newest_mail().subject) == (person, "A password was set for your account")


def link_in(mail: OutboxEmail) -> str:
    found = re.search(r"http://\S+", mail.body_text)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(("language", "html_language"), LANGUAGES)
def test_a_new_address_counts_once_its_link_was_opened_and_confirmed(
    person: User, language: str, html_language: str
) -> None:
    client = Client()
    ask_for_code(client, person.email)
    enter_code(client, code_in(newest_mail()))
    client.post("/accounts/email/", {"email": "Maya@New.example", "action_add": ""})
    mail = newest_mail()
    assert (mail.kind, mail.recipient) == (EmailKind.ACCOUNT, "maya@new.example")
    assert "maya@new.example" in client.get("/accounts/email/").content.decode()
    link = link_in(mail)
    assert "/accounts/email/confirm/" in link
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    look_at(client, link, language, html_language)
    person.refresh_from_db()
    assert person.email == "maya@portland.example"
    client.post(link)
    person.refresh_from_db()
    assert person.email == "maya@new.example"
    told = newest_mail()
    assert (told.recipient, told.subject) == ("maya@portland.example", "Your email address was changed")
    assert "maya@new.example" in told.body_text
    again = Client()
    ask_for_code(again, "maya@portland.example")
    assert newest_mail().pk == told.pk
    ask_for_code(Client(), "maya@new.example")
    assert newest_mail().user == person


def test_an_altered_link_confirms_nothing(client: Client) -> None:
    answer = client.get("/accounts/email/confirm/MQ:1vNrXy:abcdefg/")
    assert "This link is not valid, or not any more." in answer.content.decode()
    assert client.post("/accounts/email/confirm/MQ:1vNrXy:abcdefg/").status_code == 404


def test_an_address_of_somebody_else_is_not_given_away(person: User) -> None:
    make_user("taken@x.example")
    answers = []
    for address in ("taken@x.example", "freed@x.example"):
        client = Client()
        ask_for_code(client, person.email)
        enter_code(client, code_in(newest_mail()))
        answer = client.post("/accounts/email/", {"email": address, "action_add": ""})
        page = client.get("/accounts/email/").content.decode()
        answers.append((answer.status_code, NONCES.sub("", page).replace(address, "ADDRESS")))
        client.post("/accounts/email/", {"email": address, "action_remove": ""})
    assert answers[0] == answers[1]
    assert OutboxEmail.objects.filter(recipient="taken@x.example").count() == 1


def test_an_address_of_somebody_else_cannot_be_taken(client: Client, person: User) -> None:
    make_user("taken@x.example")
    ask_for_code(client, person.email)
    enter_code(client, code_in(newest_mail()))
    client.post("/accounts/email/", {"email": "taken@x.example", "action_add": ""})
    answer = client.post(link_in(newest_mail()), follow=True)
    assert "This address belongs to another account." in answer.content.decode()
    person.refresh_from_db()
    assert person.email == "maya@portland.example"
