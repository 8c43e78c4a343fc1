"""The first page: what waits, what is new, profile strength, the quarter; own organizations only."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Kind, OrganizationState, TeamRole
from alliances.models import Need
from alliances.strength import profile_parts
from matchmaking.enums import Answer
from matchmaking.models import Introduction, Recommendation
from matchmaking.selectors.quarter import Quarter, quarter_start, quarters_of
from matchmaking.services.answers import Said, answer
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.portal.pages import CHINESE, signed_in, text_of, words_of
from tests.matchmaking.scenes import make_scene

pytestmark = pytest.mark.django_db

PAGE = "/home/"


def test_without_an_organization_it_leads_to_registration() -> None:
    answered = signed_in(make_user()).get(PAGE)
    assert (answered.status_code, answered.headers["Location"]) == (302, "/register/")


def test_new_recommendations_wait_and_the_best_are_shown() -> None:
    scene = make_scene()
    words = words_of(text_of(signed_in(scene.readers[0]), PAGE))
    shown = Recommendation.objects.visible_to(scene.readers[0]).count()
    assert f"{shown} recommendations for Springfield 1 wait for an answer" in words
    assert "1 thing waits for you" in words
    assert f"All {shown} recommendations" in words
    assert f"Answered 0 of {shown}" in words
    assert "Introductions 0 of 3 used" in words


def test_an_interest_in_me_comes_first() -> None:
    (couple,) = make_couples(1)
    couple.cn.say(Answer.INTERESTED)
    page = text_of(signed_in(couple.us.person), PAGE)
    name = couple.cn.recommendation.seeker.name
    assert f"{name} is interested in you" in page
    assert f'class="btn btn--primary" href="/recommendations/{couple.us.recommendation.public_id}/"' in page


def test_open_interests_show_their_clocks_to_both_sides() -> None:
    (couple,) = make_couples(1)
    couple.cn.say(Answer.INTERESTED)
    theirs = words_of(text_of(signed_in(couple.us.person), PAGE))
    assert "They: interested. You: not yet." in theirs
    assert "Each interest is to be answered within 21 days." in theirs
    mine = words_of(text_of(signed_in(couple.cn.person), PAGE))
    assert "You: interested. They: not yet." in mine
    for words in (theirs, mine):
        assert "21 days" in words


def test_nothing_waits_once_all_is_answered() -> None:
    (couple,) = make_couples(1)
    for one in Recommendation.objects.visible_to(couple.us.person):
        answer(one, Said(Answer.DECLINED, reason="budget"), by=couple.us.person, channel="portal")
    page = text_of(signed_in(couple.us.person), PAGE)
    assert "Nothing waits for you" in page
    assert "We write as soon as there is something new." in page


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (OrganizationState.SUBMITTED, "Our staff are reading your profile."),
        (OrganizationState.ON_HOLD, "Our staff are clarifying something and come back to you."),
        (OrganizationState.SUSPENDED, "Your organization is suspended:"),
        (OrganizationState.WITHDRAWN, "Your organization has withdrawn:"),
        (OrganizationState.REJECTED, "Your organization was not admitted,"),
    ],
)
def test_where_nothing_waits_it_says_who_does_not_take_part(state: OrganizationState, standing: str) -> None:
    person = make_team_member(make_organization(state=state, name_en="Wichita", name_zh="")).user
    client = signed_in(person)
    words = words_of(text_of(client, PAGE))
    assert "Nothing waits for you" in words
    assert standing in words
    assert f"Wichita {standing}" not in words
    assert "a fuller profile is the surest way" not in words
    make_team_member(make_organization(), person)
    words = words_of(text_of(client, PAGE))
    assert f"Wichita {standing}" in words
    assert "a fuller profile is the surest way" not in words


@pytest.mark.parametrize("state", [OrganizationState.DRAFT, OrganizationState.CHANGES_REQUESTED])
def test_a_registration_under_way_waits(state: OrganizationState) -> None:
    organization = make_organization(state=state, name_en="Wichita", name_zh="")
    page = text_of(signed_in(make_team_member(organization).user), PAGE)
    assert "Finish the registration of Wichita" in page
    assert f'href="/organization/{organization.code}/"' in page


def test_a_viewer_reads_what_would_raise_the_profile_and_edits_nothing() -> None:
    organization = make_organization()
    page = text_of(signed_in(make_team_member(organization, role=TeamRole.VIEWER).user), PAGE)
    assert "What would raise my matches" in page
    assert "/profile/" not in page


def test_in_chinese() -> None:
    scene = make_scene()
    words = words_of(text_of(signed_in(scene.readers[0], CHINESE), PAGE))
    assert "有 1 件事等您处理" in words
    assert "资料完整度" in words


def test_it_costs_the_same_for_one_and_three_readers_organizations() -> None:
    def queries(organizations: int) -> int:
        scene = make_scene(readers=organizations)
        person = scene.readers[0]
        for seeker in scene.seekers[1:]:
            make_team_member(seeker, person)
        client = signed_in(person)
        text_of(client, PAGE)
        with CaptureQueriesContext(connection) as captured:
            text_of(client, PAGE)
        return len(captured)

    # Session and person 2, organizations, rules, recommendations, needs, offers, introductions, the quarter's
    # recommendations, topics, memberships, open interests.
    assert (queries(1), queries(3)) == (12, 12)


# --- Its parts ---------------------------------------------------------------------------------


def test_a_profile_grows_part_by_part() -> None:
    organization = make_organization(needs={"a": 1, "b": 1, "c": 1})
    assert [part.done for part in profile_parts(organization)] == [
        *(False, False, False, False, True, False, False, False, False, False)
    ]
    need = Need.objects.first()
    assert need is not None
    need.statement = (
        "40,000 residents of the east bank are flooded on 60 days a year; under 20 by the end of 2029, "
        "with USD 5 million from the capital plan."
    )
    need.save()
    fields = {
        "summary_en": "We plan.",
        "summary_zh": "我们规划。",
        "website": "https://x.example",
        "latitude": 1.0,
        "longitude": 1.0,
        "size_band": "large",
        "languages": ["en"],
        "seeks": [Kind.CITY],
        "partnership_types": ["pilot"],
        "stage": "concept",
        "horizon": "under_6",
        "budget_band": "under_50k",
    }
    for name, value in fields.items():
        setattr(organization, name, value)
    organization.save()
    organization = type(organization).objects.get()
    assert [part.done for part in profile_parts(organization)] == [True] * 10


def test_an_alliance_needs_no_size() -> None:
    assert profile_parts(make_organization(kind=Kind.ALLIANCE))[3].done


@pytest.mark.parametrize(
    ("day", "start"),
    [("2026-11-25", "2026-10-01"), ("2026-01-01", "2026-01-01"), ("2026-06-30", "2026-04-01")],
)
def test_quarters_begin_in_january_april_july_october(day: str, start: str) -> None:
    assert quarter_start(date.fromisoformat(day)).isoformat() == start


def test_the_quarter_counts_own_introductions_and_answers() -> None:
    mine, others = make_couples(2)
    for couple in (mine, others):
        couple.us.say(Answer.INTERESTED)
        couple.cn.say(Answer.INTERESTED)
    assert Introduction.objects.count() == 2
    own = mine.us.recommendation.seeker
    shown = Recommendation.objects.filter(seeker=own, released_at__isnull=False).count()
    assert quarters_of([own]) == {own.pk: Quarter(1, 3, shown, 1)}
