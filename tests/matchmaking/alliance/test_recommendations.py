"""What an alliance sees of its members' recommendations: of its own, confirmed ones, never why not."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import MembershipState, OrganizationState, TeamRole
from alliances.models import AllianceMembership
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Recommendation
from matchmaking.portal.alliance import recommendations as page
from matchmaking.selectors.sponsoring import recommendations_of_members
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.introductions.scenes import Couple, make_couple, make_couples, make_run
from tests.matchmaking.portal.pages import CHINESE, signed_in, text_of, words_of
from tests.matchmaking.runs.conftest import complete_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def couples() -> list[Couple]:
    return make_couples(3)


def listed(html: str) -> list[str]:
    """The candidates on a page, in its order."""
    return re.findall(r'<h3 class="match__name"><span class="names"><span class="names__own">(.*?)<', html)


def test_the_members_recommendations_best_first_and_nobody_elses(couples: list[Couple]) -> None:
    first, second, _third = couples
    alliance = make_alliance(first.cn.organization, second.cn.organization)
    Recommendation.objects.filter(pk=second.cn.recommendation.pk).update(score=0.9)
    officer = make_officer(alliance, TeamRole.VIEWER)
    html = text_of(signed_in(officer), f"/alliance/{alliance.code}/recommendations/")
    assert listed(html) == [second.us.organization.name_en, first.us.organization.name_en]
    words = words_of(html)
    assert words.count("Waits for the member") == 2
    assert "2 recommendations" in words
    assert "90 of 100" in words
    # The other side of the pair is no member: what it was recommended is not there.
    assert f"Recommended to {first.cn.organization.name_en}" in words
    assert f"Recommended to {first.us.organization.name_en}" not in words
    assert 'aria-current="page">Recommendations' in html


@pytest.mark.parametrize("state", [MembershipState.INVITED, MembershipState.LAPSED])
def test_only_confirmed_members_are_seen(couples: list[Couple], state: MembershipState) -> None:
    alliance = make_alliance(couples[0].cn.organization, state=state)
    officer = make_officer(alliance)
    assert list(recommendations_of_members(officer, alliance)) == []
    html = text_of(signed_in(officer), f"/alliance/{alliance.code}/recommendations/")
    assert "No organization is a confirmed member yet." in html


@pytest.mark.parametrize("who", ["member", "alliance", "candidate"])
def test_whoever_takes_no_part_is_left_out(couples: list[Couple], who: str) -> None:
    couple = couples[0]
    alliance = make_alliance(couple.cn.organization)
    officer = make_officer(alliance)
    assert len(recommendations_of_members(officer, alliance)) == 1
    gone = {"member": couple.cn.organization, "alliance": alliance, "candidate": couple.us.organization}[who]
    gone.state = OrganizationState.SUSPENDED
    gone.save(update_fields=["state"])
    assert list(recommendations_of_members(officer, alliance)) == []


def test_only_what_was_released_and_of_a_pair_the_newest(couples: list[Couple]) -> None:
    couple = couples[0]
    alliance = make_alliance(couple.cn.organization)
    officer = make_officer(alliance)
    newer = Recommendation.objects.get(pk=couple.cn.recommendation.pk)
    newer.pk, newer.public_id, newer.run = None, uuid.uuid4(), complete_run()
    newer.save()
    assert list(recommendations_of_members(officer, alliance)) == [newer]
    for state, shown in ((S.HELD, couple.cn.recommendation), (S.EXPIRED, couple.cn.recommendation)):
        Recommendation.objects.filter(pk=newer.pk).update(state=state)
        assert list(recommendations_of_members(officer, alliance)) == [shown]
    Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(state=S.PROPOSED, released_at=None)
    assert list(recommendations_of_members(officer, alliance)) == []


def test_how_far_each_has_come_and_never_why_not(couples: list[Couple]) -> None:
    declined, interested, met = couples
    alliance = make_alliance(*(couple.cn.organization for couple in couples))
    declined.cn.say(Answer.DECLINED, reason="budget", note="We are broke.")
    interested.cn.say(Answer.INTERESTED)
    met.cn.say(Answer.INTERESTED)
    met.us.say(Answer.INTERESTED)
    client = signed_in(make_officer(alliance))
    path = f"/alliance/{alliance.code}/recommendations/"
    standings = [
        re.findall(
            r'<span class="tag">(.*?)</span>', text_of(client, f"{path}?member={couple.cn.organization.code}")
        )
        for couple in couples
    ]
    assert standings == [[], ["The member is interested"], ["Introduced"]]
    html = text_of(client, path)
    for secret in ("budget", "broke", met.us.person.email, met.us.person.name, met.cn.person.name):
        assert secret not in html


def test_the_other_sides_interest_is_not_told(couples: list[Couple]) -> None:
    alliance = make_alliance(couples[0].cn.organization)
    couples[0].us.say(Answer.INTERESTED)
    html = text_of(signed_in(make_officer(alliance)), f"/alliance/{alliance.code}/recommendations/")
    assert re.findall(r'<span class="tag">(.*?)</span>', html) == ["Waits for the member"]


@pytest.mark.parametrize("member", ["cn-city-unknown", "us-city"])
def test_a_member_that_is_none_gives_an_empty_list(couples: list[Couple], member: str) -> None:
    alliance = make_alliance(couples[0].cn.organization, couples[1].cn.organization)
    html = text_of(
        signed_in(make_officer(alliance)), f"/alliance/{alliance.code}/recommendations/?member={member}"
    )
    assert listed(html) == []
    assert "This member has no recommendation at present, or is no member." in html


def test_others_find_nothing(couples: list[Couple]) -> None:
    member, alliance = couples[0].cn, make_alliance(couples[0].cn.organization)
    # The member itself, another alliance of the same member, staff, strangers.
    elsewhere = make_officer(make_alliance(member.organization))
    path = f"/alliance/{alliance.code}/recommendations/"
    for person in (member.person, elsewhere, make_user(is_staff=True), make_user()):
        assert signed_in(person).get(path).status_code == 404
        assert list(recommendations_of_members(person, alliance)) == []
    assert (
        signed_in(elsewhere).get(f"/alliance/{member.organization.code}/recommendations/").status_code == 404
    )


def test_a_person_in_two_alliances_sees_each_by_itself(couples: list[Couple]) -> None:
    one, other = (make_alliance(couple.cn.organization) for couple in couples[:2])
    officer = make_officer(one)
    make_team_member(other, officer)
    assert [row.seeker for row in recommendations_of_members(officer, one)] == [couples[0].cn.organization]
    AllianceMembership.objects.filter(alliance=one).delete()
    assert list(recommendations_of_members(officer, one)) == []


@pytest.mark.parametrize("number", [2, 30])
def test_it_costs_the_same_for_few_and_many(number: int) -> None:
    run, breakdown = make_run()
    couples = [make_couple(run, breakdown) for _number in range(number)]
    alliance = make_alliance(*(couple.cn.organization for couple in couples))
    client = signed_in(make_officer(alliance))
    path = f"/alliance/{alliance.code}/recommendations/"
    text_of(client, path)
    with CaptureQueriesContext(connection) as queries:
        html = text_of(client, path)
    assert len(listed(html)) == min(number, page.PAGE_SIZE)
    assert ("Page 1 of 2" in html) == (number > page.PAGE_SIZE)
    # Session, person, alliance, members, rules, count, recommendations, introductions, topics, sponsorships,
    # role.
    assert len(queries) == 11
    if number > page.PAGE_SIZE:
        assert len(listed(text_of(client, f"{path}?page=2"))) == number - page.PAGE_SIZE


def test_the_page_in_chinese(couples: list[Couple]) -> None:
    alliance = make_alliance(couples[0].cn.organization, make_organization())
    words = words_of(
        text_of(signed_in(make_officer(alliance), CHINESE), f"/alliance/{alliance.code}/recommendations/")
    )
    for expected in ("联盟工作台", "成员获得的推荐", "等待成员答复", "全部成员"):
        assert expected in words
