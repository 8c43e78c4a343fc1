"""The member's side: joining by the alliance's link, answering invitations, leaving."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.enums import Kind, MembershipSide, MembershipState, OrganizationState, TeamRole
from alliances.models import AllianceMembership, Organization, User
from alliances.services.memberships import link_make, link_withdraw
from matchmaking.models import OutboxEmail
from tests.factories import make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.accounts.conftest import code_in, newest_mail
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE

pytestmark = pytest.mark.django_db
S, ALLIANCE, MEMBER = MembershipState, MembershipSide.ALLIANCE, MembershipSide.MEMBER
PAGE = "/organization/cn-wuhan/alliances/"
MEANS = {
    ENGLISH: (
        "The alliance’s team sees whom this organization is recommended to and how far that has come",
        "It may put the alliance’s name to a recommendation, as sponsor.",
        "It never sees contacts, neither yours nor those of the other side.",
        "Either side can end the membership at any time",
    ),
    CHINESE: (
        "联盟的团队能看到本机构被推荐给谁以及进展",
        "联盟可以以背书方身份为推荐署名。",
        "联盟看不到联系方式，无论是贵方的还是对方的。",
        "任何一方均可随时终止成员资格",
    ),
}


@pytest.fixture
def league() -> Organization:
    return make_organization("cn-league", kind=Kind.ALLIANCE, name_en="League", name_zh="先锋联盟")


@pytest.fixture
def officer(league: Organization) -> User:
    return make_team_member(league, make_user("canary@league.example", name="Canary")).user


@pytest.fixture
def wuhan() -> Organization:
    return make_organization("cn-wuhan", name_en="Wuhan", name_zh="武汉市")


@pytest.fixture
def mayor(wuhan: Organization) -> User:
    return make_team_member(wuhan, role=TeamRole.EDITOR).user


@pytest.fixture
def path(league: Organization, officer: User) -> str:
    return f"/join/{link_make(league, actor=officer).token}/"


def standing() -> list[tuple[int, str, str]]:
    return list(AllianceMembership.objects.values_list("member_id", "state", "waits_for"))


# --- By the link ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [(ENGLISH, "League is asked. We write once it confirms."), (CHINESE, "已向先锋联盟提出申请。")],
)
def test_what_joining_means_is_said_before_the_button(
    wuhan: Organization, mayor: User, officer: User, path: str, language: str, sentence: str
) -> None:
    client = signed_in(mayor, language)
    page = text_of(client, path)
    words = words_of(page)
    places = [words.index(sentence) for sentence in MEANS[language]]
    assert max(places) < words.index("Ask to become a member" if language == ENGLISH else "申请成为成员")
    assert (INLINE.findall(page), page.count("btn--primary"), page.count("<h1")) == ([], 1, 1)
    assert "canary" not in page.lower()
    assert standing() == []
    answer = client.post(path, {"member": wuhan.pk}, follow=True)
    assert (answer.redirect_chain[0][0], sentence in words_of(answer.content.decode())) == (PAGE, True)
    assert standing() == [(wuhan.pk, S.INVITED, ALLIANCE)]
    assert [mail.user for mail in OutboxEmail.objects.all()] == [officer]
    assert "Wuhan has asked or is a member." in words_of(text_of(signed_in(mayor), path))


def test_who_was_invited_and_opens_the_link_is_a_member(
    league: Organization, wuhan: Organization, mayor: User, path: str
) -> None:
    make_membership(league, wuhan, waits_for=MEMBER)
    answer = signed_in(mayor).post(path, {"member": wuhan.pk}, follow=True)
    assert "Wuhan is a member of League now." in words_of(answer.content.decode())
    assert standing() == [(wuhan.pk, S.CONFIRMED, "")]


def test_only_one_s_own_approved_organizations_can_ask(
    league: Organization, officer: User, mayor: User, path: str
) -> None:
    viewed, draft = (
        make_organization(name_en="Viewed"),
        make_organization(name_en="Draft", state=OrganizationState.DRAFT),
    )
    make_team_member(viewed, mayor, TeamRole.VIEWER)
    make_team_member(draft, mayor)
    page = text_of(signed_in(mayor), path)
    assert len(re.findall('type="radio"', page)) == 1
    for other in (viewed, draft, make_organization(), league):
        assert signed_in(mayor).post(path, {"member": other.pk}).status_code == 404
    assert signed_in(officer).post(path, {"member": league.pk}).status_code == 404
    assert standing() == []


def test_who_has_none_is_led_to_register(path: str) -> None:
    page = text_of(signed_in(make_user()), path)
    assert 'href="/register/"' in page
    assert "You are an owner or editor of no approved organization yet." in page
    assert 'type="radio"' not in page


def test_a_link_that_is_not_open_leads_nowhere(
    league: Organization, officer: User, mayor: User, wuhan: Organization, path: str
) -> None:
    link_withdraw(league, actor=officer)
    for call in (signed_in(mayor).get, signed_in(mayor).post):
        answer = call(path, {"member": wuhan.pk})
        assert (answer.status_code, "This link leads nowhere" in answer.content.decode()) == (404, True)
        assert "League" not in answer.content.decode()
    assert standing() == []


def sent(client: Client, address: str, **stated: str) -> str:
    """Where the main form of this page leads, filled in by hand and with what it hides."""
    page = client.get(address).content.decode()
    form = page.partition('<form class="stack account__form"')[2].partition("</form>")[0]
    hidden = dict(re.findall(r'<input type="hidden" name="(next)" value="([^"]+)"', form))
    return client.post(address, {**stated, **hidden})["location"]


def test_a_newcomer_signs_up_and_is_led_back_to_the_link(client: Client, path: str) -> None:
    # By whom, and to what, is read before signing in; asking is for who has.
    page = text_of(client, path)
    assert "The alliance’s team sees whom this organization is recommended to" in page
    assert client.post(path, {"member": "1"})["location"] == f"/accounts/login/?next={path}"
    sign_up = re.search(r'href="(/accounts/signup/\?[^"]+)"', page)
    assert sign_up is not None
    address = unescape(sign_up[1])
    address = sent(client, unescape(sign_up[1]), email="new@city.example")
    assert sent(client, address, code=code_in(newest_mail())) == path


# --- One's own alliances --------------------------------------------------------------------------


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_an_invitation_says_what_it_means_on_both_pages(
    league: Organization, officer: User, wuhan: Organization, mayor: User, language: str
) -> None:
    make_membership(league, wuhan, waits_for=MEMBER)
    for path in (PAGE, "/organization/"):
        page = text_of(signed_in(mayor, language), path)
        words = words_of(page)
        assert [one for one in MEANS[language] if one not in words] == []
        assert set(re.findall(r'name="act" value="(\w+)"', page)) == {"accept", "decline"}
        assert (INLINE.findall(page), page.count("<h1"), "canary" in page.lower()) == ([], 1, False)


@pytest.mark.parametrize(
    ("act", "before", "after", "told", "mails"),
    [
        ("accept", (S.INVITED, MEMBER), S.CONFIRMED, "You are a member of League now.", 1),
        ("decline", (S.INVITED, MEMBER), S.LAPSED, "The invitation of League is declined.", 0),
        ("withdraw", (S.INVITED, ALLIANCE), S.LAPSED, "Your request to League is withdrawn.", 0),
        ("leave", (S.CONFIRMED, ""), S.LAPSED, "You have left League.", 0),
    ],
)
def test_each_button(
    league: Organization,
    officer: User,
    wuhan: Organization,
    mayor: User,
    act: str,
    before: tuple[str, str],
    after: str,
    told: str,
    mails: int,
) -> None:
    membership = make_membership(league, wuhan, state=before[0], waits_for=before[1])
    stated = {"act": act, "membership": membership.pk}
    viewer = make_team_member(wuhan, role=TeamRole.VIEWER).user
    assert f'value="{act}"' not in text_of(signed_in(viewer), PAGE)
    assert signed_in(viewer).post(PAGE, stated).status_code == 403
    for stranger in (officer, make_user(), make_user(is_staff=True)):
        assert signed_in(stranger).post(PAGE, stated).status_code == 404
    assert f'value="{act}"' in text_of(signed_in(mayor), PAGE)
    answer = signed_in(mayor).post(PAGE, stated, follow=True)
    assert told in words_of(answer.content.decode())
    assert standing() == [(wuhan.pk, after, "")]
    assert [mail.user for mail in OutboxEmail.objects.all()] == [officer] * mails
    again = signed_in(mayor).post(PAGE, stated)
    assert again.status_code == (400 if after == S.CONFIRMED else 404)


def test_another_button_or_row_is_refused(league: Organization, wuhan: Organization, mayor: User) -> None:
    elsewhere = make_membership(league, make_organization(), waits_for=MEMBER)
    assert signed_in(mayor).post(PAGE, {"act": "accept", "membership": elsewhere.pk}).status_code == 404
    assert signed_in(mayor).post(PAGE, {"act": "confirm"}).status_code == 400
    hidden = make_organization(kind=Kind.ALLIANCE, state=OrganizationState.DRAFT, name_en="Hidden")
    make_membership(hidden, wuhan, waits_for=MEMBER)
    assert "Hidden" not in text_of(signed_in(mayor), PAGE)


def test_the_pages_cost_the_same_for_one_and_three(wuhan: Organization, mayor: User) -> None:
    client = signed_in(mayor)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(client, path)
        return len(queries)

    def invited(times: int) -> list[int]:
        for _ in range(times):
            make_membership(make_organization(kind=Kind.ALLIANCE), wuhan, waits_for=MEMBER)
        return [cost(path) for path in (PAGE, "/organization/", "/home/")]

    text_of(client, PAGE)
    assert invited(1) == invited(2)


# --- What waits -----------------------------------------------------------------------------------


def test_home_lists_what_waits_for_the_reader_s_side(
    league: Organization, officer: User, wuhan: Organization, mayor: User
) -> None:
    make_membership(league, wuhan, waits_for=MEMBER)
    for _ in range(2):
        make_membership(league, make_organization(), waits_for=ALLIANCE)
    make_membership(
        make_organization(kind=Kind.ALLIANCE, state=OrganizationState.SUSPENDED), wuhan, waits_for=MEMBER
    )
    page = text_of(signed_in(mayor), "/home/")
    assert page.count("invites Wuhan to become a member") == 1
    assert f'href="{PAGE}">Read and answer' in page
    page = text_of(signed_in(officer), "/home/")
    assert "2 organizations say that they are members of League" in page
    assert "invites Wuhan" not in page
    assert "2家机构申请成为先锋联盟的成员" in text_of(signed_in(officer, CHINESE), "/home/")
    viewer = make_team_member(wuhan, role=TeamRole.VIEWER).user
    assert "invites Wuhan" not in text_of(signed_in(viewer), "/home/")
