"""My recommendations: who is shown to whom, in what words, at what cost; and why there are none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, Kind, OrganizationState
from alliances.models import User
from matchmaking.enums import Answer, DeclineReason, RecommendationState
from matchmaking.models import Recommendation, Response
from tests.factories import make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db

PAGE = "/recommendations/"


def of_kind(scene: Scene, kind: Kind) -> list[Recommendation]:
    rows = Recommendation.objects.filter(seeker=scene.seekers[0], kind=kind)
    return list(rows.order_by("-score", "candidate__code"))


def test_kinds_follow_each_other_and_the_best_first() -> None:
    scene = make_scene(cities=3)
    page = text_of(signed_in(scene.readers[0]), PAGE)
    titles = re.findall(r'kinds__title" id="[^"]+">(\w+) <span class="num muted">(\d+)', page)
    assert titles == [("Cities", "3"), ("Firms", "1"), ("Alliances", "1")]
    shown = re.findall(r'<h4 class="match__name" id="m(\d+)"', page)
    expected = [one.pk for kind in Kind for one in of_kind(scene, kind)]
    assert [int(key) for key in shown] == expected
    assert "5 wait for your answer, the best first." in page
    # One primary action: the best of all.
    assert page.count("btn--primary") == 1
    best = max(Recommendation.objects.filter(seeker=scene.seekers[0]), key=lambda one: one.score)
    assert f'btn btn--primary" href="/recommendations/{best.public_id}/"' in page


@pytest.mark.parametrize(
    ("language", "names", "place", "reason"),
    [
        (
            ENGLISH,
            '>Hanzhou 1</span> <span class="names__other" lang="zh-Hans">汉州市1</span>',
            "City · Hubei · 10.4 million people",
            "Offers sponge-city: one of your two needs, at 16 times your scale.",
        ),
        (
            CHINESE,
            '>汉州市1</span> <span class="names__other" lang="en">Hanzhou 1</span>',
            "城市 · 湖北 · 1040万人",
            "可提供贵方两项需求中的一项：sponge-city；规模约为贵方的16倍。",
        ),
    ],
)
def test_a_card_in_both_languages(language: str, names: str, place: str, reason: str) -> None:
    scene = make_scene(cities=1, language=language)
    page = text_of(signed_in(scene.readers[0], language), PAGE)
    assert names in page
    assert place in page
    assert f"<li>{reason}</li>" in page


def test_states_of_a_card() -> None:
    scene = make_scene(cities=3)
    first, second, third = of_kind(scene, Kind.CITY)
    own = scene.seekers[0]
    for one, answer in ((first, Answer.LATER), (second, Answer.DECLINED)):
        Recommendation.objects.filter(pk=one.pk).update(state=answer)
    Response.objects.create(pair=third.pair, organization=third.candidate, answer=Answer.INTERESTED)
    # What they answered to others, or declined, says nothing here.
    Response.objects.create(
        pair=first.pair,
        organization=first.candidate,
        answer=Answer.DECLINED,
        reason=DeclineReason.BUDGET,
    )
    Response.objects.create(pair=second.pair, organization=own, answer=Answer.INTERESTED)
    words = words_of(text_of(signed_in(scene.readers[0]), PAGE))
    assert words.count("New") == 3
    assert words.count("They are interested in you") == 1
    assert words.count("You said: not now") == 1
    assert words.count("You said: no ") == 1
    assert "3 wait for your answer" in words


def test_who_takes_no_part_is_left_out() -> None:
    scene = make_scene(cities=2)
    gone = of_kind(scene, Kind.CITY)[0].candidate
    gone.state = OrganizationState.SUSPENDED
    gone.save(update_fields=["state"])
    page = text_of(signed_in(scene.readers[0]), PAGE)
    assert gone.name_en not in page
    assert "3 wait for your answer" in page


@pytest.mark.parametrize("seekers", [1, 6])
def test_the_page_costs_the_same_for_five_and_thirty(seekers: int) -> None:
    scene = make_scene(readers=6, cities=3)
    reader = scene.readers[0]
    for organization in scene.seekers[1:seekers]:
        make_team_member(organization, reader)
    client = signed_in(reader)
    client.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = text_of(client, PAGE)
    assert page.count('class="match"') == 5 * seekers
    # Session, person, topics, organizations, rules, recommendations; saved, notes; interests; needs and
    # offers.
    assert len(queries) == 10


# --- Nothing to answer: always why ---------------------------------------------------------------


def reader_of(state: OrganizationState = OrganizationState.APPROVED, **stated: dict[str, int]) -> User:
    return make_team_member(make_organization(state=state, **stated)).user  # type: ignore[arg-type]


def unmatched() -> User:
    user = reader_of(needs={"nobody-offers-this": 3})
    make_topic("of-another-area", area="another-area")
    make_organization(country=Country.CN, offers={"of-another-area": 2})
    complete_run()
    return user


def answered() -> User:
    scene = make_scene()
    Recommendation.objects.update(state=RecommendationState.LATER)
    return scene.readers[0]


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda: reader_of(OrganizationState.DRAFT), "Your profile is a draft."),
        (lambda: reader_of(OrganizationState.SUBMITTED), "Our staff are reading your profile."),
        (lambda: reader_of(OrganizationState.CHANGES_REQUESTED), "Our staff asked you for changes."),
        (lambda: reader_of(OrganizationState.ON_HOLD), "Our staff are clarifying something"),
        (lambda: reader_of(OrganizationState.SUSPENDED), "Your organization is suspended"),
        (lambda: reader_of(OrganizationState.WITHDRAWN), "Your organization has withdrawn"),
        (lambda: reader_of(OrganizationState.REJECTED), "Your organization was not admitted"),
        (reader_of, "Your profile states no need and no offer yet."),
        (lambda: reader_of(needs={"a": 2}), "The matching has not run yet."),
        (unmatched, "has brought you nothing so far"),
        (answered, "You have answered all of your recommendations."),
        (make_user, "You are in no organization’s team yet, so nothing is recommended to you."),
    ],
)
def test_an_empty_list_says_why(make: Callable[[], User], cause: str) -> None:
    page = text_of(signed_in(make()), PAGE)
    causes = re.findall(r'<div class="panel panel--sea stack prose">\s*<p>(.*?)</p>', page)
    assert len(causes) == 1
    assert cause in causes[0]
    assert 'class="match"' not in page


def test_a_suspended_organization_is_shown_nothing_to_answer() -> None:
    scene = make_scene()
    scene.seekers[0].state = OrganizationState.SUSPENDED
    scene.seekers[0].save(update_fields=["state"])
    page = text_of(signed_in(scene.readers[0]), PAGE)
    assert "Your organization is suspended" in page
    assert 'class="match"' not in page


def test_what_waits_at_staff_is_not_shown() -> None:
    scene = make_scene()
    Recommendation.objects.update(state=RecommendationState.PROPOSED, released_at=None)
    page = text_of(signed_in(scene.readers[0]), PAGE)
    assert "has brought you nothing so far" in page
    assert 'class="match"' not in page


def test_strangers_are_asked_to_sign_in() -> None:
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["location"]) == (302, f"/accounts/login/?next={PAGE}")
