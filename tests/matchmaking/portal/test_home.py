"""The page that anybody may read, and the sign of life."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from alliances.enums import OrganizationState
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def test_home_counts_what_approved_organizations_state(client: Client) -> None:
    make_organization(needs={"a": 2, "b": 1}, offers={"a": 3})
    make_organization(needs={"a": 1})
    make_organization(needs={"a": 3}, state=OrganizationState.SUBMITTED)
    [area] = client.get("/").context["areas"]
    assert (area.topics, area.needs, area.offers) == (2, 3, 1)


@pytest.mark.parametrize("number", [1, 3])
def test_home_costs_the_same_for_one_and_three(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_organization(needs={f"topic-of-{place}": 2})
    with django_assert_num_queries(3):
        client.get("/")


def test_home_of_an_empty_register_says_so(client: Client) -> None:
    assert "The register is empty" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("language", "html_language", "headline"),
    [
        ("en", '<html lang="en">', "Someone across the Pacific has faced this before."),
        ("zh-hans", '<html lang="zh-Hans">', "大洋彼岸"),
    ],
)
def test_home_speaks_the_browsers_language(
    client: Client, language: str, html_language: str, headline: str
) -> None:
    page = client.get("/", headers={"accept-language": language}).content.decode()
    assert html_language in page
    assert headline in page


def test_the_demo_says_that_nobody_takes_part(client: Client) -> None:
    assert "none of them takes part or has endorsed anything" in client.get("/").content.decode()


def test_the_demo_banner_is_on_the_curation_desk_too(client: Client) -> None:
    assert "none of them takes part or has endorsed anything" in client.get("/admin/login/").content.decode()


def test_live_answers_without_a_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_the_language_button_needs_no_account(client: Client) -> None:
    answer = client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert (answer.status_code, answer["location"]) == (302, "/")
    assert '<html lang="zh-Hans">' in client.get("/").content.decode()
