"""The public pages of areas and topics: counts of approved organizations, names of nobody."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from alliances.enums import Country, Kind, OrganizationState
from alliances.models import ChallengeArea, Organization, Topic
from alliances.selectors import topic_supply
from alliances.services.registration import profile_confirm
from tests.factories import make_organization, make_team_member, make_topic
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of

pytestmark = pytest.mark.django_db

INVITATIONS = {
    ENGLISH: (
        "Nobody has stated a need or an offer here yet. Be the first.",
        "Nobody has stated a need here yet. Be the first.",
        "Nobody has stated an offer here yet. Be the first.",
        "Do you need this, or can you offer it?",
    ),
    CHINESE: (
        "这里还没有机构登记需求或供给，欢迎您率先登记。",
        "这里还没有机构登记需求，欢迎您率先登记。",
        "这里还没有机构登记供给，欢迎您率先登记。",
        "贵方有这方面的需求，或能提供相关供给？",
    ),
}


@pytest.fixture
def water() -> None:
    """Two topics of one area, one of another: three parties take part, two do not."""
    for slug in ("taps", "rivers"):
        make_topic(slug, "water")
    make_topic("air", "sky")
    make_organization(needs={"taps": 3, "rivers": 1}, offers={"air": 3})
    make_organization(kind=Kind.FIRM, needs={"taps": 1}, offers={"rivers": 2})
    make_organization(country=Country.CN, kind=Kind.ALLIANCE, offers={"taps": 3})
    for state in (OrganizationState.SUBMITTED, OrganizationState.SUSPENDED):
        make_organization(country=Country.CN, state=state, needs={"taps": 3}, offers={"rivers": 3})


def test_an_area_counts_by_topic_and_country(client: Client, water: None) -> None:
    context = client.get("/areas/water/").context
    assert [(row.topic.slug, row.us, row.cn, row.all) for row in context["rows"]] == [
        ("taps", (2, 0), (0, 1), (2, 1)),
        ("rivers", (1, 1), (0, 0), (1, 1)),
    ]
    assert (context["stated"], context["most"]) == ((3, 2), 2)


def test_a_topic_counts_by_kind_and_country(client: Client, water: None) -> None:
    context = client.get("/topics/taps/").context
    assert [(row.us, row.cn) for row in context["kinds"]] == [
        ((1, 0), (0, 0)),
        ((1, 0), (0, 0)),
        ((0, 0), (0, 1)),
    ]
    assert (context["us"], context["cn"], context["stated"]) == ((2, 0), (0, 1), (2, 1))
    # What may meet across the Pacific: US needs and Chinese offers, then the reverse.
    assert re.findall("<b>([^<]+ and [^<]+)</b>", text_of(client, "/topics/taps/")) == ["2 and 1", "0 and 0"]


def test_a_topic_leads_to_the_others_of_its_area(client: Client, water: None) -> None:
    answer = client.get("/topics/taps/")
    assert [(row.topic.slug, row.all) for row in answer.context["related"]] == [("rivers", (1, 1))]
    page = answer.content.decode()
    assert 'href="/areas/water/"' in page
    assert re.findall(r'href="/topics/([^"]+)/"', page) == ["rivers"]


def test_an_area_leads_to_each_of_its_topics(client: Client, water: None) -> None:
    page = text_of(client, "/areas/water/")
    assert re.findall(r'href="/topics/([^"]+)/"', page) == ["taps", "rivers"]


def test_no_organization_is_named(client: Client, water: None) -> None:
    # Nor one of the sample: counts are enough here.
    Organization.objects.filter(kind=Kind.FIRM).update(is_sample=True)
    pages = [text_of(client, path) for path in ("/areas/water/", "/topics/taps/", "/topics/rivers/")]
    names = [
        name
        for both in Organization.objects.values_list("name_en", "name_zh", "code")
        for name in both
        if name
    ]
    assert len(names) == 15
    assert [name for name in names for page in pages if name in page] == []


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
@pytest.mark.parametrize("path", ["/areas/sky/", "/topics/air/"])
def test_what_is_empty_invites(language: str, path: str) -> None:
    client = Client(headers={"accept-language": language})
    both, no_need, no_offer, neither = INVITATIONS[language]
    make_topic("air", "sky")

    def invitation() -> str:
        page = text_of(client, path)
        assert page.count('<a class="btn btn--primary" href="/accounts/signup/">') == 1
        [found] = [words for words in INVITATIONS[language] if words in page]
        return found

    assert invitation() == both
    make_organization(needs={"air": 1}, state=OrganizationState.ON_HOLD)
    assert invitation() == both
    offering = make_organization(offers={"air": 1})
    assert invitation() == no_need
    make_organization(needs={"air": 1})
    assert invitation() == neither
    offering.offers.all().delete()
    assert invitation() == no_offer


def test_whoever_is_signed_in_is_led_to_their_organization() -> None:
    make_topic("air", "sky")
    person = make_team_member(make_organization()).user
    page = text_of(signed_in(person), "/topics/air/")
    assert '<a class="btn btn--primary" href="/organization/">' in page


def test_names_stand_in_both_scripts_and_definitions_in_the_readers_only() -> None:
    topic = make_topic("air", "sky")
    ChallengeArea.objects.filter(slug="sky").update(
        name_en="Sky", name_zh="天空", definition_en="What is above", definition_zh="头顶之上"
    )
    Topic.objects.filter(pk=topic.pk).update(
        name_en="Air", name_zh="空气", definition_en="What one breathes", definition_zh=""
    )
    paths = ("/areas/sky/", "/topics/air/")
    english = [text_of(Client(headers={"accept-language": ENGLISH}), path) for path in paths]
    chinese = [text_of(Client(headers={"accept-language": CHINESE}), path) for path in paths]
    own, other = '<span class="names__own">{}</span>', '<span class="names__other" lang="{}">{}</span>'
    assert own.format("Sky") in english[0]
    assert other.format("zh-Hans", "天空") in english[0]
    assert own.format("空气") in chinese[1]
    assert other.format("en", "Air") in chinese[1]
    assert ["What one breathes" in page for page in (*english, *chinese)] == [True, True, False, False]
    assert ["头顶之上" in page for page in (*english, *chinese)] == [False, False, True, False]


@pytest.mark.parametrize("path", ["/areas/no-such/", "/topics/no-such/", "/topics/sky/", "/areas/air/"])
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    make_topic("air", "sky")
    assert "There is no such page." in text_of(client, path, 404)


@pytest.mark.parametrize("path", ["/areas/sky/", "/topics/air/"])
def test_pages_are_read_only(client: Client, path: str) -> None:
    make_topic("air", "sky")
    assert (client.head(path).status_code, client.post(path).status_code) == (200, 405)


@pytest.mark.parametrize("path", ["/areas/sky/", "/topics/topic-0/"])
@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_for_one_and_three(
    client: Client, number: int, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_topic(f"topic-{place}", "sky")
        own = make_organization(needs={f"topic-{place}": 2}, offers={f"topic-{place}": 1})
    profile_confirm(own, actor=make_team_member(own).user)
    client.get(path)
    # The area, or the topic with its area; the newest event, what was counted since; the area's topics.
    with django_assert_num_queries(4):
        client.get(path)


def test_what_is_stated_is_counted_anew_once_the_register_has_changed(client: Client) -> None:
    def counted() -> int:
        client.get("/areas/sky/")
        return topic_supply(ChallengeArea.objects.get())[0].stated().needs

    make_topic("air", "sky")
    own = make_organization(needs={"air": 2})
    actor = make_team_member(own).user
    profile_confirm(own, actor=actor)
    assert counted() == 1
    make_organization(needs={"air": 1})  # of which no event tells
    assert counted() == 1
    profile_confirm(own, actor=actor)
    assert counted() == 2
