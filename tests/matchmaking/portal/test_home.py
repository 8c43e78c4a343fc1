"""The page that anybody may read, and the sign of life."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from alliances.enums import OrganizationState
from alliances.models import Organization
from tests.factories import make_organization, make_user
from tests.matchmaking.portal.pages import signed_in
from tests.matchmaking.scenes import make_scene

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
    # Areas and what is stated in them 3, cities, pairs of the sample, last run, figures.
    with django_assert_num_queries(7):
        client.get("/")


def test_home_maps_approved_cities_and_joins_only_the_samples() -> None:
    scene = make_scene(readers=2, cities=2)
    places = [(-122.7, 45.5), (-95.4, 29.8), (114.3, 30.6), (121.5, 31.2)]
    cities = [*scene.seekers, *scene.candidates[:2]]
    for city, (longitude, latitude) in zip(cities, places, strict=True):
        city.longitude, city.latitude = longitude, latitude
        city.save(update_fields=["longitude", "latitude"])
    # Its circle goes with its part.
    waiting = make_organization(
        population=9_000_000,
        population_basis="urban",
        state=OrganizationState.ON_HOLD,
        longitude=-100,
        latitude=40,
    )
    context = Client().get("/").context
    assert [city.title for city in context["map"].cities] == [
        f"{city.name}, {city.population:,}" for city in (*scene.candidates[:2], *scene.seekers)
    ]
    assert waiting.name not in Client().get("/").content.decode()
    assert (context["map"].us, context["map"].cn, context["map"].arcs) == (2, 2, [])
    figures = context["figures"]
    assert (figures.organizations, figures.large_us, figures.large_cn) == (6, 0, 2)
    assert context["pairs"] == "8"
    Organization.objects.filter(pk__in=[cities[0].pk, cities[2].pk]).update(is_sample=True)
    [arc] = Client().get("/").context["map"].arcs
    assert (arc[:6], arc.count("L")) == ("M841 3", 26)


def test_home_leads_whoever_is_signed_in_to_the_recommendations() -> None:
    page = signed_in(make_user()).get("/").content.decode()
    assert 'class="btn btn--primary btn--large" href="/recommendations/"' in page
    anybody = Client().get("/").content.decode()
    assert 'class="btn btn--primary btn--large" href="/accounts/login/"' in anybody


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
    client.force_login(make_user(is_staff=True))
    assert "none of them takes part or has endorsed anything" in client.get("/admin/").content.decode()


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
