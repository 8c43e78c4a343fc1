"""The way out of the digest: one click, no login, nothing on reading, and no oracle."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.core.signing import Signer
from django.test import Client
from pytest_django import Settings

from alliances.enums import ConsentPurpose
from alliances.models import Consent, RegisterEvent, User
from alliances.selectors import has_consent
from matchmaking.enums import Subscription
from matchmaking.services.subscriptions import unsubscribe_token, unsubscribe_url
from tests.factories import make_consent, make_user

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    user = make_user()
    make_consent(user, ConsentPurpose.DIGEST)
    return user


@pytest.fixture
def stranger() -> Client:
    """A mail client: no cookies, and the check against forged requests switched on."""
    return Client(enforce_csrf_checks=True)


def path(user: User) -> str:
    return f"/unsubscribe/{unsubscribe_token(user)}"


def subscribed(user: User) -> bool:
    return has_consent(user, ConsentPurpose.DIGEST)


def test_reading_changes_nothing(stranger: Client, reader: User) -> None:
    for _ in range(3):
        assert stranger.get(path(reader)).status_code == 200
        assert stranger.head(path(reader)).status_code == 200
        assert stranger.options(path(reader)).status_code == 405
    assert Consent.objects.count() == 1
    assert subscribed(reader)


def test_one_click_ends_the_digest_and_twice_does_no_harm(stranger: Client, reader: User) -> None:
    for _ in range(2):
        answer = stranger.post(path(reader), ONE_CLICK, content_type=FORM)
        assert answer.status_code == 200
        assert "You are unsubscribed." in answer.text
    assert not subscribed(reader)
    taken_back = Consent.objects.get(granted=False)
    assert (taken_back.user, taken_back.purpose, taken_back.channel, taken_back.text_version) == (
        reader,
        ConsentPurpose.DIGEST,
        "mail_link",
        "unsubscribe-1",
    )
    assert RegisterEvent.objects.filter(kind="consent_withdrawn").count() == 1


def test_each_link_ends_its_own_subscription_and_no_other(stranger: Client, reader: User) -> None:
    address = f"/unsubscribe/{unsubscribe_token(reader, Subscription.INTEREST)}"
    assert "Stop emails about open interests?" in stranger.get(address).text
    for _ in range(2):
        answer = stranger.post(address, ONE_CLICK, content_type=FORM)
        assert answer.status_code == 200
        assert "You will get no more emails about open interests." in answer.text
    reader.refresh_from_db()
    assert (reader.interest_mail, subscribed(reader)) == (False, True)
    User.objects.update(interest_mail=True)
    stranger.post(path(reader), ONE_CLICK, content_type=FORM)
    reader.refresh_from_db()
    assert (reader.interest_mail, subscribed(reader)) == (True, False)


def test_one_click_as_multipart_works_too(stranger: Client, reader: User) -> None:
    assert stranger.post(path(reader), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not subscribed(reader)


def test_the_pages_own_button_posts_what_a_mail_client_posts(stranger: Client, reader: User) -> None:
    page = stranger.get(path(reader)).text
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page
    assert "<script" not in page


@pytest.mark.parametrize(
    "body", ["", "List-Unsubscribe=yes", "list-unsubscribe=One-Click", f"{ONE_CLICK}&{ONE_CLICK}"]
)
def test_wrong_body_is_refused(stranger: Client, reader: User, body: str) -> None:
    assert stranger.post(path(reader), body, content_type=FORM).status_code == 400
    assert subscribed(reader)


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_bad_token_meets_one_and_the_same_page(stranger: Client, reader: User, method: str) -> None:
    good = unsubscribe_token(reader)
    number, signature = good.split(":")
    other_purpose = Signer(key=django_settings.LINK_KEY, salt="something.else").sign(number)
    other_key = Signer(key="x" * 50, salt="matchmaking.unsubscribe.digest").sign(number)
    bad = [
        f"{int(number) + 1}:{signature}",
        f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        good[:-1],
        number,
        other_purpose,
        other_key,
        "nonsense",
    ]
    pages = set()
    for token in bad:
        answer = getattr(stranger, method)(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 400
        pages.add(answer.text.replace(token, "TOKEN").split("<main")[1])
    assert len(pages) == 1
    assert subscribed(reader)


def test_erased_person_is_unsubscribed(stranger: Client, reader: User) -> None:
    address = path(reader)
    reader.delete()
    assert stranger.get(address).status_code == 200
    answer = stranger.post(address, ONE_CLICK, content_type=FORM)
    assert answer.status_code == 200
    assert "You are unsubscribed." in answer.text


def test_token_outlives_the_site_key(stranger: Client, reader: User, settings: Settings) -> None:
    settings.LINK_KEY = "l" * 50
    address = path(reader)
    settings.SECRET_KEY = "another" * 10
    assert stranger.post(address, ONE_CLICK, content_type=FORM).status_code == 200
    assert not subscribed(reader)


@pytest.mark.parametrize("method", ["get", "post"])
def test_token_pages_are_not_stored_nor_passed_on(stranger: Client, reader: User, method: str) -> None:
    for token in (unsubscribe_token(reader), "nonsense"):
        answer = getattr(stranger, method)(f"/unsubscribe/{token}")
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] == "strict-origin"


def test_page_is_in_the_persons_language(stranger: Client, reader: User) -> None:
    User.objects.filter(pk=reader.pk).update(language="zh-hans")
    page = stranger.get(path(reader), headers={"accept-language": "en"}).text
    assert '<html lang="zh-Hans">' in page


def test_link_is_on_the_sites_fixed_address(reader: User, settings: Settings) -> None:
    settings.SITE_URL = "https://partners.example"
    assert unsubscribe_url(reader) == f"https://partners.example{path(reader)}"
