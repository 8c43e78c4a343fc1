"""The page that anybody may read, and the sign of life."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from alliances.enums import OrganizationState
from alliances.models import Organization
from alliances.selectors import Figures
from alliances.services.registration import profile_confirm
from tests.factories import make_organization, make_team_member, make_topic, make_user
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
        make_organization(
            needs={f"topic-of-{place}": 2},
            population=90_000,
            population_basis="urban",
            longitude=-100,
            latitude=40 + place,
        )
    # The newest event; areas, topics and what is stated in them 4; figures, cities, pairs of the sample, last
    # run.
    with django_assert_num_queries(10):
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
    # Nobody has agreed to be named: circles have no titles and no names beside them.
    page = Client().get("/").content.decode()
    assert [city.title for city in context["map"].cities] == [""] * 4
    assert [one.name for one in (*cities, waiting) if one.name in page] == []
    assert (context["map"].labels, context["map"].largest) == ([], None)
    assert (context["map"].us, context["map"].cn, context["map"].arcs) == (2, 2, [])
    figures = context["figures"]
    assert (figures.organizations, figures.large_us, figures.large_cn) == (6, 0, 2)
    assert context["pairs"] == "8"
    Organization.objects.filter(pk__in=[cities[0].pk, cities[2].pk]).update(is_sample=True)
    drawn = Client().get("/").context["map"]
    [arc] = drawn.arcs
    assert (arc[:6], arc.count("L")) == ("M841 3", 26)
    # The sample's are named: the Chinese one, the largest of all, and the American one.
    named = [scene.candidates[0], scene.seekers[0]]
    assert [city.title for city in drawn.cities if city.title] == [
        f"{city.name}, {city.population:,}" for city in named
    ]
    assert {label.name for label in drawn.labels} == {city.name for city in named}
    assert (drawn.largest, drawn.largest_people) == (scene.candidates[0], "10,400,000")


def test_home_leads_to_what_waits_or_to_registration() -> None:
    page = signed_in(make_user()).get("/").content.decode()
    assert 'class="btn btn--primary btn--large" href="/home/"' in page
    anybody = Client().get("/").content.decode()
    assert 'class="btn btn--primary btn--large" href="/accounts/signup/"' in anybody


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


def test_home_leads_to_each_area_and_an_empty_one_invites(client: Client) -> None:
    make_topic("air", "sky")
    make_organization(needs={"taps": 2})
    page = client.get("/").content.decode()
    assert re.findall(r'<h3><a href="(/areas/[^"]+)">', page) == ["/areas/sky/", "/areas/test-area/"]
    invitation = "Nobody has stated a need or an offer here yet. Be the first."
    assert f'<a href="/areas/sky/">{invitation}</a>' in page
    assert page.count(invitation) == 1
    assert "Pick from 2 topics in seven areas." in page


def test_home_moves_along_six_arcs_at_most() -> None:
    scene = make_scene(readers=4, cities=2)
    for number, city in enumerate([*scene.seekers, *scene.candidates[:2]]):
        city.longitude, city.latitude, city.is_sample = -120.0 + 40 * number, 40.0, True
        city.save(update_fields=["longitude", "latitude", "is_sample"])
    page = Client().get("/").content.decode()
    assert (page.count('class="map__arc"'), page.count('class="map__pulse"')) == (9, 6)


class OfAnOlderRelease:
    """What was kept when there were fewer figures."""

    def __reduce__(self) -> tuple[object, ...]:
        return Figures, (1, 2)


def test_home_counts_once_until_the_register_changes(client: Client) -> None:
    def counted() -> tuple[int, str]:
        context = client.get("/").context
        [area] = context["areas"]
        return area.needs, context["organizations"]

    own = make_organization(needs={"a": 2})
    actor = make_team_member(own).user
    profile_confirm(own, actor=actor)  # the first event
    assert counted() == (1, "1")
    make_organization(needs={"a": 1})  # of which no event tells
    assert counted() == (1, "1")
    profile_confirm(own, actor=actor)
    assert counted() == (2, "2")
    cache.set("landing", OfAnOlderRelease(), 600)
    assert counted() == (2, "2")
