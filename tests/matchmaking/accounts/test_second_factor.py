"""Staff open the desk only with a second factor that this session has seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from alliances.models import User
from matchmaking.models import OutboxEmail
from tests.factories import make_user
from tests.matchmaking.accounts.conftest import (
    PASSWORD,
    SECRET,
    ask_for_code,
    code_in,
    enter_code,
    give_second_factor,
    newest_mail,
    sign_in_with_password,
    totp_now,
)

MIDDLEWARE = "matchmaking.middleware.second_factor.StaffSecondFactor"
SET_UP, AGAIN, CHALLENGE = "/accounts/2fa/set-up/", "/accounts/2fa/again/", "/accounts/2fa/challenge/"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Settings) -> None:
    settings.ADMIN_REQUIRE_MFA = True


def filled(route: str, converters: Any) -> str:
    """A route with something in the place of each parameter."""
    for name in converters:
        route = route.replace(f"<{name}>", "1")
    return "".join(f"1{rest.partition('>')[2]}" if n else rest for n, rest in enumerate(route.split("<")))


def addresses(patterns: list[Any], base: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = base + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield "/" + filled(route, pattern.pattern.converters)


def desk_addresses() -> list[str]:
    """Every address of the desk that the URL resolver knows."""
    patterns = [one for one in get_resolver().url_patterns if str(one.pattern) == "admin/"]
    found = sorted(set(addresses(patterns)))
    assert len(found) > 10 * len(admin.site._registry) / 4
    assert "/admin/matchmaking/outboxemail/" in found
    return found


def served(client: Client) -> list[str]:
    """The addresses of the desk that are answered otherwise than by the way to the second factor."""
    return [
        address
        for address in desk_addresses()
        for answer in (client.get(address), client.post(address))
        if answer.status_code != 302 or not answer["location"].startswith((SET_UP, AGAIN))
    ]


def test_no_address_of_the_desk_is_served_after_a_password_alone(client: Client, curator: User) -> None:
    sign_in_with_password(client, curator)
    assert served(client) == []


def test_no_address_of_the_desk_is_served_after_a_code_alone(client: Client, curator: User) -> None:
    ask_for_code(client, curator.email)
    enter_code(client, code_in(newest_mail()))
    assert served(client) == []


def test_control_without_the_middleware_the_desk_opens(
    client: Client, curator: User, settings: Settings
) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != MIDDLEWARE]
    sign_in_with_password(client, curator)
    assert client.get("/admin/").status_code == 200
    assert "/admin/" in served(client)


def test_the_demo_alone_lifts_it(client: Client, curator: User, settings: Settings) -> None:
    settings.ADMIN_REQUIRE_MFA = False
    assert sign_in_with_password(client, curator)["location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_new_superuser_sets_it_up_and_is_at_the_desk(client: Client, curator: User) -> None:
    answer = sign_in_with_password(client, curator, next="/admin/alliances/city/")
    assert answer["location"] == "/admin/alliances/city/"
    answer = client.get("/admin/alliances/city/")
    assert answer["location"] == f"{SET_UP}?next=%2Fadmin%2Falliances%2Fcity%2F"
    page = client.get(answer["location"])
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    form = {"code": totp_now(secret), "next": "/admin/alliances/city/"}
    answer = client.post(SET_UP, form)
    assert answer["location"] == "/accounts/2fa/recovery-codes/?next=%2Fadmin%2Falliances%2Fcity%2F"
    page = client.get(answer["location"])
    assert len(page.context["unused_codes"]) == 10
    assert 'href="/admin/alliances/city/"' in page.content.decode()
    assert client.get("/admin/alliances/city/").status_code == 200
    mail = OutboxEmail.objects.latest("pk")
    assert (mail.user, mail.subject) == (curator, "A second factor now protects your account")


def test_a_wrong_code_sets_nothing_up(client: Client, curator: User) -> None:
    sign_in_with_password(client, curator)
    client.get(SET_UP)
    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    assert Authenticator.objects.count() == 0


@pytest.mark.parametrize("first", ["password", "code"])
def test_signing_in_asks_for_the_second_factor(client: Client, curator: User, first: str) -> None:
    give_second_factor(curator)
    if first == "password":
        answer = sign_in_with_password(client, curator)
    else:
        ask_for_code(client, curator.email)
        answer = enter_code(client, code_in(newest_mail()))
    assert answer["location"] == CHALLENGE
    assert client.get("/admin/")["location"] == "/admin/login/?next=/admin/"
    assert client.post(CHALLENGE, {"code": "000000"}).status_code == 200
    answer = client.post(CHALLENGE, {"code": totp_now(SECRET)})
    assert answer["location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_recovery_code_counts_once(client: Client, curator: User) -> None:
    give_second_factor(curator)
    recovery = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap()
    code = recovery.get_unused_codes()[0]
    sign_in_with_password(client, curator)
    client.post(CHALLENGE, {"code": code})
    assert client.get("/admin/").status_code == 200
    other = Client()
    sign_in_with_password(other, curator)
    assert other.post(CHALLENGE, {"code": code}).status_code == 200
    assert other.get("/admin/").status_code == 302


def test_a_session_older_than_the_second_factor_shows_it_once(client: Client, curator: User) -> None:
    sign_in_with_password(client, curator)
    give_second_factor(curator)
    answer = client.get("/admin/alliances/city/")
    assert answer["location"] == f"{AGAIN}?next=%2Fadmin%2Falliances%2Fcity%2F"
    assert client.get(answer["location"]).status_code == 200
    answer = client.post(AGAIN, {"code": totp_now(SECRET), "next": "/admin/alliances/city/"})
    assert answer["location"] == "/admin/alliances/city/"
    assert client.get("/admin/alliances/city/").status_code == 200


def test_people_who_are_not_staff_set_it_up_too_and_are_not_asked_to(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    assert enter_code(client, code_in(newest_mail()))["location"] == "/register/"
    secret = client.get(SET_UP).context["form"].secret
    client.post(SET_UP, {"code": totp_now(secret)})
    assert Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).count() == 1


def test_nobody_else_gets_into_the_desk(client: Client, person: User) -> None:
    client.force_login(person)
    answer = client.get("/admin/", follow=True)
    assert (answer.redirect_chain, answer.status_code) == ([("/admin/login/?next=/admin/", 302)], 403)


def test_a_stranger_is_led_to_signing_in_and_back(client: Client) -> None:
    answer = client.get("/admin/alliances/city/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert answer.status_code == 200
    assert '<input type="hidden" name="next" value="/admin/alliances/city/">' in answer.content.decode()


# --- Once more, before something that protects the account is changed -----------------------------


def grow_old(client: Client) -> None:
    """As if the proofs in this session were six minutes old."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 360
    session.save()


def test_a_password_is_asked_for_again_after_five_minutes(client: Client, curator: User) -> None:
    sign_in_with_password(client, curator)
    grow_old(client)
    answer = client.get(SET_UP)
    assert answer["location"] == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2Fset-up%2F"
    assert client.get(answer["location"]).status_code == 200
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": SET_UP})
    assert answer["location"] == SET_UP
    assert client.get(SET_UP).status_code == 200


def test_who_has_no_password_confirms_by_a_code(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    enter_code(client, code_in(newest_mail()))
    assert client.get(SET_UP).status_code == 200
    grow_old(client)
    answer = client.get(SET_UP)
    page = "/accounts/reauthenticate/code/"
    assert answer["location"] == f"{page}?next=%2Faccounts%2F2fa%2Fset-up%2F"
    assert client.get(answer["location"]).status_code == 200
    client.post(page, {"send": "", "next": SET_UP})
    mail = newest_mail()
    assert (mail.user, mail.subject) == (person, "Your confirmation code")
    assert client.post(page, {"code": "BBBB-BBBB", "next": SET_UP}).status_code == 200
    assert client.get(SET_UP).status_code == 302
    answer = client.post(page, {"code": code_in(mail), "next": SET_UP})
    assert answer["location"] == SET_UP
    assert client.get(SET_UP).status_code == 200


def test_three_wrong_confirmation_codes_end_the_code(client: Client, person: User) -> None:
    ask_for_code(client, person.email)
    enter_code(client, code_in(newest_mail()))
    grow_old(client)
    page = "/accounts/reauthenticate/code/"
    client.post(page, {"send": ""})
    code = code_in(newest_mail())
    for _ in range(3):
        client.post(page, {"code": "BBBB-BBBB"})
    assert client.post(page, {"code": code}).status_code == 200
    assert client.get(SET_UP).status_code == 302


def test_a_code_that_nobody_asked_for_confirms_nothing(client: Client) -> None:
    person = make_user()
    client.force_login(person)
    assert client.post("/accounts/reauthenticate/code/", {"code": ""}).status_code == 200
    assert client.get(SET_UP).status_code == 302
