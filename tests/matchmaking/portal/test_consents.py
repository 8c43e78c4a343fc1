"""Consents are given and taken back one by one, by their person alone, each as a row."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from alliances.enums import ConsentPurpose, Country
from alliances.models import Consent, User
from alliances.selectors import has_consent
from tests.factories import make_consent, make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import words_of

pytestmark = pytest.mark.django_db
PAGE = "/consents/"


def person_in(country: Country) -> tuple[User, Client]:
    user = make_team_member(make_organization(country=country)).user
    client = Client()
    client.force_login(user)
    return user, client


def test_each_consent_is_given_and_taken_back_alone() -> None:
    user, client = person_in(Country.CN)
    for purpose in (ConsentPurpose.DIGEST, ConsentPurpose.INTRODUCTION, ConsentPurpose.CROSS_BORDER):
        for word, granted in (("yes", True), ("no", False), ("yes", True)):
            assert client.post(PAGE, {"purpose": purpose, "granted": word}).status_code == 302
            assert has_consent(user, purpose) == granted
    rows = Consent.objects.filter(user=user).order_by("pk").values_list("purpose", "granted", "channel")
    assert list(rows) == [
        (purpose, granted, "portal")
        for purpose in ("digest", "introduction", "cross_border")
        for granted in (True, False, True)
    ]


def test_transfer_out_of_china_concerns_nobody_elsewhere() -> None:
    user, client = person_in(Country.US)
    assert "cross_border" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"purpose": "cross_border", "granted": "yes"}).status_code == 400
    assert not has_consent(user, ConsentPurpose.CROSS_BORDER)


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"purpose": "digest"},
        {"purpose": "digest", "granted": "maybe"},
        {"purpose": "account", "granted": "no"},
    ],
)
def test_what_the_page_does_not_offer_is_refused(posted: dict[str, str]) -> None:
    user, client = person_in(Country.US)
    response = client.post(PAGE, posted)
    assert response.status_code == 400
    assert "Choose one of the buttons on this page." in response.content.decode()
    assert Consent.objects.filter(user=user).count() == 0


def test_frequency_is_kept_or_refused_by_name() -> None:
    user, client = person_in(Country.US)
    assert client.post(PAGE, {"frequency": "daily"}).status_code == 302
    user.refresh_from_db()
    assert user.mail_frequency == "daily"
    response = client.post(PAGE, {"frequency": "hourly"})
    assert response.status_code == 400
    assert (
        "The frequency is hourly. Use one of off, instant, daily, weekly, fortnightly."
        in response.content.decode()
    )
    user.refresh_from_db()
    assert user.mail_frequency == "daily"


def test_emails_about_open_interests_are_a_choice_of_their_own() -> None:
    user, client = person_in(Country.US)
    for word, wanted in (("no", False), ("no", False), ("yes", True)):
        assert client.post(PAGE, {"interest_mail": word}).status_code == 302
        user.refresh_from_db()
        assert (user.interest_mail, user.mail_frequency) == (wanted, "weekly")
    assert client.post(PAGE, {"interest_mail": "perhaps"}).status_code == 400


def test_reading_the_page_changes_nothing() -> None:
    user, client = person_in(Country.CN)
    assert client.get(PAGE).status_code == 200
    assert Consent.objects.filter(user=user).count() == 0


def test_all_that_was_said_is_listed_newest_first() -> None:
    user, client = person_in(Country.US)
    user.time_zone, user.name = "Asia/Shanghai", "Maya"
    user.save()
    assert "Nothing yet. Until you agree, we take it as no." in client.get(PAGE).content.decode()
    for word in ("yes", "no"):
        client.post(PAGE, {"purpose": "digest", "granted": word})
    make_consent(make_user(), ConsentPurpose.INTRODUCTION)  # somebody else's
    Consent.objects.create(
        user=user,
        purpose=ConsentPurpose.INTRODUCTION,
        granted=True,
        text_version="introduction-1",
        language="zh-hans",
        channel="api",
    )
    table = client.get(PAGE).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [words_of(row).split(" UTC+8 ")[1].strip() for row in table.split("<tr>")[1:]]
    assert rows == [
        "Introduction Agreed introduction-1 简体中文 A program of yours",
        "Recommendation digest Taken back digest-1 English This site",
        "Recommendation digest Agreed digest-1 English This site",
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_word_and_three(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user, client = person_in(Country.CN)
    for _ in range(number):
        make_consent(user, ConsentPurpose.DIGEST)
    client.get(PAGE)
    # Session, person, country, three purposes, history.
    with django_assert_num_queries(7):
        client.get(PAGE)
