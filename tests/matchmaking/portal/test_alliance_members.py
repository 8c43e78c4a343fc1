"""The alliance's page of its members: who sees it, what each button does, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.enums import Kind, MembershipSide, MembershipState, OrganizationState, TeamRole
from alliances.models import AllianceLink, AllianceMembership, Organization, TeamMember, User
from alliances.names import search_key
from matchmaking.models import OutboxEmail
from tests.factories import make_hit, make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE

pytestmark = pytest.mark.django_db
S, ALLIANCE, MEMBER = MembershipState, MembershipSide.ALLIANCE, MembershipSide.MEMBER
BUTTONS = re.compile(r'name="act" value="(\w+)"')
PAGE = "/alliance/cn-league/"


@pytest.fixture
def league() -> Organization:
    return make_organization("cn-league", kind=Kind.ALLIANCE, name_en="League", name_zh="先锋联盟")


@pytest.fixture
def officer(league: Organization) -> User:
    return make_team_member(league, role=TeamRole.EDITOR).user


def city(name: str, name_zh: str = "") -> Organization:
    """An approved city with a mayor, who is called a canary and reached nowhere else."""
    found = make_organization(
        name_en=name,
        name_zh=name_zh,
        search_key=search_key(name, name_zh, []),
        contact_email="canary@city.example",
    )
    make_team_member(found, make_user(f"canary-{found.pk}@city.example", name="Canary"))
    return found


def post(user: User, act: str, spoken: str = ENGLISH, **stated: object) -> tuple[int, str]:
    """Status of the answer, and what the page says after it, in one line."""
    answer = signed_in(user, spoken).post(PAGE, {"act": act, **stated}, follow=True)
    status = answer.redirect_chain[0][1] if answer.redirect_chain else answer.status_code
    return status, words_of(answer.content.decode())


def standing(member: Organization) -> tuple[str, str]:
    return AllianceMembership.objects.values_list("state", "waits_for").get(member=member)


# --- Reading --------------------------------------------------------------------------------------


def test_what_waits_comes_first_then_who_is_in_then_who_is_invited(
    league: Organization, officer: User
) -> None:
    make_membership(league, city("Wuhan"), state=S.CONFIRMED)
    make_membership(league, city("Jinan"), waits_for=MEMBER)
    make_membership(league, city("Qingdao"), waits_for=ALLIANCE)
    make_membership(league, city("Harbin"), state=S.LAPSED)
    make_membership(
        league, make_organization(name_en="Hidden", state=OrganizationState.SUBMITTED), waits_for=MEMBER
    )
    make_membership(make_organization(kind=Kind.ALLIANCE), city("Elsewhere"), state=S.CONFIRMED)
    page = text_of(signed_in(officer), PAGE)
    words = words_of(page)
    places = [words.index(name) for name in ("Qingdao", "Wuhan", "Jinan", "Harbin")]
    assert places == sorted(places)
    assert "1 confirmed · 1 wait for you · 1 invited" in words
    assert set(BUTTONS.findall(page)) == {"confirm", "refuse", "end", "withdraw", "link"}
    assert [one for one in ("Hidden", "Elsewhere", "canary", "Canary") if one in page] == []


def test_a_viewer_reads_and_is_shown_neither_buttons_nor_link(league: Organization, officer: User) -> None:
    post(officer, "link")
    for state, side in ((S.CONFIRMED, ""), (S.INVITED, ALLIANCE), (S.INVITED, MEMBER)):
        make_membership(league, city("Wuhan"), state=state, waits_for=side)
    page = text_of(signed_in(make_team_member(league, role=TeamRole.VIEWER).user), PAGE + "?q=Wuhan")
    assert BUTTONS.findall(page) == []
    assert AllianceLink.objects.get().token not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_to_others_the_page_is_a_missing_one(league: Organization, officer: User, method: str) -> None:
    member = make_membership(league, city("Wuhan"), state=S.CONFIRMED).member
    for user in (member.team_members.get().user, make_user(), make_user(is_staff=True, is_superuser=True)):
        call = getattr(signed_in(user), method)
        foreign, missing = call(PAGE), call("/alliance/no-such-code/")
        assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert getattr(Client(), method)(PAGE).status_code == 302


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_the_page_is_sound(league: Organization, officer: User, language: str) -> None:
    post(officer, "link")
    for number, side in enumerate((ALLIANCE, ALLIANCE, MEMBER)):
        make_membership(league, city(f"Town {number}"), waits_for=side)
    make_membership(league, city("Wuhan", "武汉市"), state=S.CONFIRMED)
    page = text_of(signed_in(officer, language), PAGE + "?q=Town")
    assert INLINE.findall(page) == []
    assert (page.count("<h1"), page.count("btn--primary")) == (1, 1)
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    if language == CHINESE:
        assert "从目录中邀请" in page
        assert "武汉市" in page


def test_queries_are_the_same_for_one_and_three(league: Organization, officer: User) -> None:
    client = signed_in(officer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(client, PAGE + "?q=Town")
        return len(queries)

    costs = []
    text_of(client, PAGE)
    for rows in (1, 2):
        for _ in range(rows):
            for side in (ALLIANCE, MEMBER):
                make_membership(league, city("Town"), waits_for=side)
        costs.append(cost())
    assert costs[0] == costs[1]


def test_who_has_left_is_named_while_the_directory_names_it(league: Organization, officer: User) -> None:
    for left in (city("Wuhan"), city("Jinan")):
        make_membership(league, left, state=S.LAPSED)
    make_hit(Organization.objects.get(name_en="Jinan"))
    page = text_of(signed_in(officer), PAGE)
    assert ("Wuhan" in page, "Jinan" in page) == (True, False)
    assert "An organization that is not listed" in page


@pytest.mark.parametrize(
    ("language", "sentence"),
    [(ENGLISH, "“!!” cannot be searched for."), (CHINESE, "无法搜索“!!”")],
)
def test_what_is_no_name_finds_nobody_and_says_so(
    league: Organization, officer: User, language: str, sentence: str
) -> None:
    city("Wuhan")
    page = text_of(signed_in(officer, language), f"{PAGE}?q=%21%21")
    assert (sentence in page, "Wuhan" in page) == (True, False)


# --- Acting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [(ENGLISH, "Wuhan is invited. Its team decides."), (CHINESE, "已邀请武汉市。由其团队决定。")],
)
def test_inviting_from_the_directory(
    league: Organization, officer: User, language: str, sentence: str
) -> None:
    wuhan = city("Wuhan", "武汉市")
    for text in ("wuhan", "武汉"):
        assert f'name="member" value="{wuhan.pk}"' in text_of(signed_in(officer), f"{PAGE}?q={text}")
    status, words = post(officer, "invite", language, member=wuhan.pk)
    assert (status, sentence in words, standing(wuhan)) == (302, True, (S.INVITED, MEMBER))
    assert [mail.user for mail in OutboxEmail.objects.all()] == [wuhan.team_members.get().user]
    assert f'name="member" value="{wuhan.pk}"' not in text_of(signed_in(officer), f"{PAGE}?q=wuhan")


def test_who_is_not_in_the_directory_is_missing(league: Organization, officer: User) -> None:
    draft = make_organization(state=OrganizationState.DRAFT, name_en="Draft City")
    assert "Draft City" not in text_of(signed_in(officer), PAGE + "?q=Draft")
    client = signed_in(officer)
    foreign = client.post(PAGE, {"act": "invite", "member": draft.pk})
    missing = client.post(PAGE, {"act": "invite", "member": "99999999"})
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert AllianceMembership.objects.count() == 0


def test_confirming_and_refusing(league: Organization, officer: User) -> None:
    qingdao, jinan = city("Qingdao"), city("Jinan")
    for member in (qingdao, jinan):
        make_membership(league, member, waits_for=ALLIANCE)
    ids = dict(AllianceMembership.objects.values_list("member__name_en", "pk"))
    assert "Qingdao is a member now." in post(officer, "confirm", membership=ids["Qingdao"])[1]
    assert "Jinan is not a member." in post(officer, "refuse", membership=ids["Jinan"])[1]
    assert (standing(qingdao), standing(jinan)) == ((S.CONFIRMED, ""), (S.LAPSED, ""))
    status, words = post(officer, "confirm", membership=ids["Jinan"])
    assert (status, "This was decided in the meantime. Read the page again." in words) == (400, True)
    assert OutboxEmail.objects.get().user == qingdao.team_members.get().user


def test_withdrawing_and_ending(league: Organization, officer: User) -> None:
    invited = make_membership(league, city("Jinan"), waits_for=MEMBER)
    member = make_membership(league, city("Wuhan"), state=S.CONFIRMED)
    assert "The invitation to Jinan is withdrawn." in post(officer, "withdraw", membership=invited.pk)[1]
    assert "Wuhan is no longer a member." in post(officer, "end", membership=member.pk)[1]
    assert set(AllianceMembership.objects.values_list("state", flat=True)) == {S.LAPSED}


def test_the_link_is_shown_replaced_and_withdrawn(league: Organization, officer: User) -> None:
    post(officer, "link")
    first = AllianceLink.objects.get().token
    assert f"/join/{first}/" in text_of(signed_in(officer), PAGE)
    post(officer, "link")
    page = text_of(signed_in(officer), PAGE)
    assert (first in page, f"/join/{AllianceLink.objects.get().token}/" in page) == (False, True)
    assert post(officer, "withdraw_link")[0] == 302
    assert "/join/" not in text_of(signed_in(officer), PAGE)


@pytest.mark.parametrize("act", ["confirm", "refuse", "withdraw", "end"])
def test_another_alliance_s_membership_is_missing(league: Organization, officer: User, act: str) -> None:
    """Also where the officer serves that one too."""
    other = make_organization(kind=Kind.ALLIANCE)
    make_team_member(other, officer)
    foreign = make_membership(other, city("Wuhan"), waits_for=ALLIANCE)
    for odd in (foreign.pk, "", "0", "-1", "\x00", "9" * 30):
        assert signed_in(officer).post(PAGE, {"act": act, "membership": odd}).status_code == 404
    assert standing(foreign.member) == (S.INVITED, ALLIANCE)


def test_a_viewer_changes_nothing(league: Organization, officer: User) -> None:
    viewer: TeamMember = make_team_member(league, role=TeamRole.VIEWER)
    waiting = make_membership(league, city("Wuhan"), waits_for=ALLIANCE)
    for act in ("confirm", "refuse", "withdraw", "end", "link", "withdraw_link"):
        assert signed_in(viewer.user).post(PAGE, {"act": act, "membership": waiting.pk}).status_code == 403
    assert signed_in(viewer.user).post(PAGE, {"act": "invite", "member": city("Jinan").pk}).status_code == 403
    assert (standing(waiting.member), AllianceLink.objects.count()) == ((S.INVITED, ALLIANCE), 0)
    assert OutboxEmail.objects.count() == 0


def test_reading_changes_nothing_and_other_buttons_are_refused(league: Organization, officer: User) -> None:
    waiting = make_membership(league, city("Wuhan"), waits_for=ALLIANCE)
    client = signed_in(officer)
    for query in (f"?act=confirm&membership={waiting.pk}", "?act=link", "?q=" + "x" * 500):
        assert client.get(PAGE + query).status_code == 200
    assert client.put(PAGE).status_code == 405
    status, words = post(officer, "approve")
    assert (status, "Choose one of the buttons on this page." in words) == (400, True)
    assert (standing(waiting.member), AllianceLink.objects.count()) == ((S.INVITED, ALLIANCE), 0)
