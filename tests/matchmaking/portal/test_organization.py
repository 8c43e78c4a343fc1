"""My organization: own only, what is stated and what is missing."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from alliances.enums import Kind, OrganizationState, PopulationBasis, TeamRole
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/organization/"


def test_what_is_stated_and_what_stating_more_would_bring() -> None:
    organization = make_organization(
        name_en="Portland",
        name_zh="波特兰",
        population=652_503,
        population_basis=PopulationBasis.CITY_PROPER,
        latitude=45.52345,
        longitude=-122.67621,
        languages=["en"],
        seeks=[Kind.CITY],
        needs={"sponge-city": 3},
        offers={"urban-planning": 1},
        summary_en="We plan.\nAnd build.",
        profile_confirmed_at=timezone.now(),
    )
    words = words_of(text_of(signed_in(make_team_member(organization).user), PAGE))
    for told in (
        "Portland 波特兰",
        "We plan. And build.",
        "sponge-city urgent",
        "urban-planning first steps",
        "652,503 people (City proper) · 500,000 to under 1 million people",
        "45.52° N, 122.68° W",
        "Working languages English",
        "Looks for Cities",
        "Does not look for Nothing ruled out",
        "Budget Not stated Partners of a like budget would rank higher.",
        "3 introductions a quarter",
        "You take part",
        "Profile confirmed on",
    ):
        assert told in words


@pytest.mark.parametrize("state", OrganizationState)
def test_every_state_is_explained(state: OrganizationState) -> None:
    page = text_of(signed_in(make_team_member(make_organization(state=state)).user), PAGE)
    found = re.search(r'id="state">([^<]+)</h2>\s*<p class="small">([^<]+)</p>', page)
    assert found
    assert found[1] == state.label
    assert len(found[2]) > 40


@pytest.mark.parametrize(
    ("state", "role", "words", "link"),
    [
        (OrganizationState.APPROVED, TeamRole.OWNER, "Change the profile", "profile/organization/"),
        (OrganizationState.APPROVED, TeamRole.EDITOR, "Confirm that the profile is up to date", "confirm/"),
        (OrganizationState.DRAFT, TeamRole.OWNER, "Continue the registration", "profile/place/"),
        (OrganizationState.CHANGES_REQUESTED, TeamRole.EDITOR, "Make the changes", "profile/place/"),
        (OrganizationState.APPROVED, TeamRole.VIEWER, "", "profile/"),
    ],
)
def test_owners_and_editors_change_it_themselves(
    state: OrganizationState, role: TeamRole, words: str, link: str
) -> None:
    organization = make_organization(state=state)
    page = text_of(signed_in(make_team_member(organization, role=role).user), PAGE)
    assert words in page
    assert (f"/organization/{organization.code}/{link}" in page) is (role != TeamRole.VIEWER)


def test_the_reason_that_staff_gave_is_read_by_the_team() -> None:
    organization = make_organization(
        state=OrganizationState.CHANGES_REQUESTED, state_reason="The summary is of another city."
    )
    page = text_of(signed_in(make_team_member(organization).user), PAGE)
    assert "The summary is of another city." in page


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (ENGLISH, "What you need or offer is outside of the seven challenge areas."),
        (CHINESE, "贵机构的需求或供给不在七个挑战领域之内。"),
    ],
)
def test_ready_reasons_are_read_in_the_reader_s_language(language: str, sentence: str) -> None:
    organization = make_organization(
        state=OrganizationState.CHANGES_REQUESTED, state_reasons=["out_of_scope"]
    )
    client = signed_in(make_team_member(organization, make_user(language=language)).user, language)
    assert sentence in text_of(client, PAGE)
    assert sentence in text_of(client, f"/organization/{organization.code}/profile/organization/")


def test_only_the_own_team_is_named() -> None:
    own, other = make_organization(), make_organization()
    me, colleague = make_user(name="Mei"), make_user(name="Ada")
    make_team_member(own, me, TeamRole.VIEWER)
    make_team_member(own, colleague)
    stranger = make_team_member(other).user
    words = words_of(text_of(signed_in(me), PAGE))
    assert "Mei You Viewer" in words
    assert f"Ada Owner {colleague.email}" in words
    assert stranger.email not in words


def test_a_foreign_one_is_like_a_missing_one() -> None:
    foreign = make_organization()
    for user in (make_team_member(make_organization()).user, make_user(is_staff=True)):
        client = signed_in(user)
        answers = [client.get(f"{PAGE}{code}/") for code in (foreign.code, "no-such-code")]
        assert [answer.status_code for answer in answers] == [404, 404]
        one, other = (re.sub(r"<code>.*?</code>", "", answer.content.decode()) for answer in answers)
        assert one == other


def test_with_several_teams_each_has_its_own_page() -> None:
    first, second = make_organization("a-town"), make_organization("b-town")
    user = make_team_member(first).user
    make_team_member(second, user)
    client = signed_in(user)
    answer = client.get(PAGE)
    assert (answer.status_code, answer["location"]) == (302, "/organization/a-town/")
    page = text_of(client, "/organization/b-town/")
    assert f'<a href="/organization/a-town/">{first.name}</a>' in page
    assert page.count('aria-current="page"') == 1


def test_without_a_team_it_leads_to_registration() -> None:
    page = text_of(signed_in(make_user()), PAGE)
    assert "You are in no organization’s team yet." in page
    assert 'class="btn btn--primary" href="/register/"' in page


def test_in_chinese_the_chinese_name_leads() -> None:
    organization = make_organization(name_en="Wuhan", name_zh="武汉市")
    page = text_of(signed_in(make_team_member(organization).user, CHINESE), PAGE)
    assert '<html lang="zh-Hans">' in page
    assert '<span class="names__own">武汉市</span> <span class="names__other" lang="en">Wuhan</span>' in page
