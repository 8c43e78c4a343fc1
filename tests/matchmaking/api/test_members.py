"""Alliance memberships at the API: the alliance's side, the member's, and what each may do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, Kind, MembershipSide, MembershipState, OrganizationState, TeamRole
from alliances.models import AllianceMembership, Organization, RegisterEvent, User
from alliances.services.memberships import link_make, link_withdraw
from matchmaking.models import OutboxEmail
from tests.factories import make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.api.callers import ROOT, Caller, program
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.portal.test_directory import listed

pytestmark = pytest.mark.django_db
S, ALLIANCE, MEMBER = MembershipState, MembershipSide.ALLIANCE, MembershipSide.MEMBER
MEMBERS, ALLIANCES = "/alliances/cn-league/members/", "/organizations/cn-wuhan/alliances/"


@pytest.fixture
def league() -> Organization:
    return listed("cn-league", "League", "先锋联盟", kind=Kind.ALLIANCE, country=Country.CN)


@pytest.fixture
def wuhan() -> Organization:
    return listed("cn-wuhan", "Wuhan", "武汉市", country=Country.CN)


@pytest.fixture
def officer(league: Organization) -> User:
    return make_team_member(league, role=TeamRole.EDITOR).user


@pytest.fixture
def mayor(wuhan: Organization) -> User:
    return make_team_member(wuhan, role=TeamRole.EDITOR).user


@pytest.fixture
def us(league: Organization, officer: User) -> Caller:
    """The alliance."""
    return program(league, officer)


@pytest.fixture
def them(wuhan: Organization, mayor: User) -> Caller:
    """The member."""
    return program(wuhan, mayor)


def standing() -> list[tuple[str, str, str]]:
    return list(AllianceMembership.objects.values_list("member__code", "state", "waits_for"))


def codes(caller: Caller, path: str, query: str = "") -> list[str]:
    other = "member" if path == MEMBERS else "alliance"
    status, page = caller.get(f"{path}?{query}")
    assert (status, page["count"]) == (200, len(page["results"])), page
    return [one[other]["code"] for one in page["results"]]


# --- The alliance's side -------------------------------------------------------------------------


def test_an_invitation_waits_for_the_member_who_is_told(us: Caller, wuhan: Organization, mayor: User) -> None:
    made = us.call("POST", MEMBERS, {"member": "cn-wuhan"}, idempotency_key="one")
    body = made.json()
    since = body.pop("since")
    assert (made.status_code, made.headers["Location"]) == (201, f"{ROOT}{MEMBERS}cn-wuhan/")
    assert body == {
        "alliance": {
            "code": "cn-league",
            "kind": "alliance",
            "country": "CN",
            "is_sample": False,
            "name_en": "League",
            "name_zh": "先锋联盟",
        },
        "member": {
            "code": "cn-wuhan",
            "kind": "city",
            "country": "CN",
            "is_sample": False,
            "name_en": "Wuhan",
            "name_zh": "武汉市",
        },
        "state": "invited",
        "waits_for": "member",
    }
    assert us.get(f"{MEMBERS}cn-wuhan/")[1]["since"] == since
    assert [mail.user for mail in OutboxEmail.objects.all()] == [mayor]
    # The same call again is carried out once.
    again = us.call("POST", MEMBERS, {"member": "cn-wuhan"}, idempotency_key="one")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert (standing(), OutboxEmail.objects.count()) == ([("cn-wuhan", S.INVITED, MEMBER)], 1)
    twice = us.call("POST", MEMBERS, {"member": "cn-wuhan"})
    assert (twice.status_code, refused(twice)["message"]) == (400, "Wuhan is invited already.")


def test_who_has_asked_is_a_member_by_the_invitation(
    us: Caller, league: Organization, wuhan: Organization
) -> None:
    make_membership(league, wuhan, waits_for=ALLIANCE)
    assert us.post(MEMBERS, {"member": "cn-wuhan"})[1]["state"] == "confirmed"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Nobody in the directory has the code 'us-x'."), ("zh-hans", "目录中没有代码为“us-x”的机构。")],
)
def test_only_who_is_in_the_directory_is_invited(
    league: Organization, officer: User, language: str, sentence: str
) -> None:
    us = program(league, officer, language=language)
    missing = us.post(MEMBERS, {"member": "us-x"})
    assert (missing[0], missing[1]["field"], missing[1]["detail"]) == (400, "member", sentence)
    draft = make_organization(state=OrganizationState.DRAFT)
    hidden = make_organization(shows_name=False)
    for other in (draft, hidden):
        status, body = us.post(MEMBERS, {"member": other.code})
        assert (status, body["detail"].replace(other.code, "us-x")) == (400, sentence)
    assert standing() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"member": 7},
        {"member": "\x00"},
        {"member": "x" * 41},
        {"member": "cn-wuhan", "state": "confirmed"},
        {"member": "cn-league"},
    ],
)
def test_a_wrong_invitation_is_refused(us: Caller, wuhan: Organization, body: object) -> None:
    assert (us.post(MEMBERS, body)[0], standing()) == (400, [])


def test_an_alliance_that_is_not_approved_invites_nobody(
    us: Caller, league: Organization, wuhan: Organization
) -> None:
    Organization.objects.filter(pk=league.pk).update(state=OrganizationState.ON_HOLD)
    assert (us.post(MEMBERS, {"member": "cn-wuhan"})[0], standing()) == (400, [])


def test_the_alliance_confirms_refuses_takes_back_and_ends(us: Caller, league: Organization) -> None:
    asked, refused_one, invited, member = (listed(f"us-{name}", name) for name in "abcd")
    for one in (asked, refused_one):
        make_membership(league, one, waits_for=ALLIANCE)
    make_membership(league, invited, waits_for=MEMBER)
    make_membership(league, member, state=S.CONFIRMED)
    assert us.patch(f"{MEMBERS}us-a/", {"state": "confirmed"})[1]["state"] == "confirmed"
    for code in ("us-b", "us-c", "us-d"):
        status, body = us.patch(f"{MEMBERS}{code}/", {"state": "lapsed"})
        assert (status, body["state"], body["waits_for"]) == (200, "lapsed", "")
    # What it is already it stays, and nothing is recorded of it.
    events = RegisterEvent.objects.count()
    assert us.patch(f"{MEMBERS}us-d/", {"state": "lapsed"})[0] == 200
    assert RegisterEvent.objects.count() == events
    kinds = RegisterEvent.objects.filter(organization=league).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [
        "membership_confirmed",
        "membership_declined",
        "membership_declined",
        "membership_ended",
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "This membership does not wait for your word."), ("zh-hans", "该成员资格并非等待贵方确认。")],
)
def test_nobody_gives_the_other_sides_word(
    league: Organization, wuhan: Organization, officer: User, language: str, sentence: str
) -> None:
    """Not even who is an editor of both: the token is of one."""
    make_team_member(wuhan, officer)
    make_membership(league, wuhan, waits_for=MEMBER)
    us = program(league, officer, language=language)
    status, body = us.patch(f"{MEMBERS}cn-wuhan/", {"state": "confirmed"})
    assert (status, body["code"], body["detail"]) == (409, "settled", sentence)
    AllianceMembership.objects.update(state=S.LAPSED, waits_for="")
    assert us.patch(f"{MEMBERS}cn-wuhan/", {"state": "confirmed"})[0] == 409
    AllianceMembership.objects.update(state=S.INVITED, waits_for=ALLIANCE)
    them = program(wuhan, officer)
    assert them.patch(f"{ALLIANCES}cn-league/", {"state": "confirmed"})[0] == 409
    assert standing() == [("cn-wuhan", S.INVITED, ALLIANCE)]


def test_a_viewer_of_the_side_changes_nothing(league: Organization, wuhan: Organization) -> None:
    """Not even what stays as it is, nor what they may as an editor of the other side."""
    make_membership(league, wuhan, state=S.CONFIRMED)
    viewer = make_team_member(league, role=TeamRole.VIEWER).user
    make_team_member(wuhan, viewer)
    session = Caller(user=viewer)
    assert session.get(MEMBERS)[0] == 200
    for state in ("confirmed", "lapsed"):
        assert session.patch(f"{MEMBERS}cn-wuhan/", {"state": state})[0] == 403
    assert session.post(MEMBERS, {"member": "cn-wuhan"})[0] == 403
    assert standing() == [("cn-wuhan", S.CONFIRMED, "")]
    assert session.patch(f"{ALLIANCES}cn-league/", {"state": "lapsed"})[0] == 200


@pytest.mark.parametrize(
    "body", [{}, {"state": "invited"}, {"state": 1}, {"state": "lapsed", "since": "now"}]
)
def test_a_wrong_change_is_refused(
    us: Caller, league: Organization, wuhan: Organization, body: object
) -> None:
    make_membership(league, wuhan, state=S.CONFIRMED)
    status, _body = us.patch(f"{MEMBERS}cn-wuhan/", body)
    assert (status, standing()) == (400, [("cn-wuhan", S.CONFIRMED, "")])


def test_a_change_names_what_was_read(
    us: Caller, them: Caller, league: Organization, wuhan: Organization
) -> None:
    make_membership(league, wuhan, waits_for=MEMBER)
    read = us.call("GET", f"{MEMBERS}cn-wuhan/").headers["ETag"]
    assert us.call("PATCH", f"{MEMBERS}cn-wuhan/", {"state": "lapsed"}, if_match="").status_code == 428
    assert them.patch(f"{ALLIANCES}cn-league/", {"state": "confirmed"})[0] == 200
    stale = us.call("PATCH", f"{MEMBERS}cn-wuhan/", {"state": "lapsed"}, if_match=read)
    assert (stale.status_code, standing()) == (412, [("cn-wuhan", S.CONFIRMED, "")])


# --- The member's side ---------------------------------------------------------------------------


def test_the_member_accepts_and_leaves(
    them: Caller, league: Organization, wuhan: Organization, officer: User
) -> None:
    make_membership(league, wuhan, waits_for=MEMBER)
    status, body = them.patch(f"{ALLIANCES}cn-league/", {"state": "confirmed"})
    assert (status, body["state"]) == (200, "confirmed")
    assert [mail.user for mail in OutboxEmail.objects.all()] == [officer]
    assert them.patch(f"{ALLIANCES}cn-league/", {"state": "lapsed"})[1]["state"] == "lapsed"
    assert (codes(them, ALLIANCES), them.get(f"{ALLIANCES}cn-league/")[0]) == ([], 404)
    assert standing() == [("cn-wuhan", S.LAPSED, "")]


def test_the_member_asks_by_the_link(us: Caller, them: Caller, league: Organization, officer: User) -> None:
    token = link_make(league, actor=officer).token
    made = them.call("POST", ALLIANCES, {"link": token})
    assert (made.status_code, made.headers["Location"]) == (201, f"{ROOT}{ALLIANCES}cn-league/")
    assert (made.json()["state"], made.json()["waits_for"]) == ("invited", "alliance")
    assert us.patch(f"{MEMBERS}cn-wuhan/", {"state": "confirmed"})[0] == 200
    link_withdraw(league, actor=officer)
    for link in (token, "no-such"):
        status, body = them.post(ALLIANCES, {"link": link})
        assert (status, body["code"]) == (409, "not_open")
    assert them.post(ALLIANCES, {"link": "\x00"})[0] == 400


# --- Who sees what -------------------------------------------------------------------------------


def test_each_sees_its_own_alone(us: Caller, them: Caller, league: Organization, wuhan: Organization) -> None:
    other = listed("cn-other", "Other", kind=Kind.ALLIANCE)
    make_membership(league, wuhan, state=S.CONFIRMED)
    make_membership(other, listed("us-else", "Else"), state=S.CONFIRMED)
    make_membership(league, make_organization(state=OrganizationState.DRAFT), waits_for=MEMBER)
    assert codes(us, MEMBERS) == ["cn-wuhan"]
    assert codes(them, ALLIANCES) == ["cn-league"]
    assert us.get(f"{MEMBERS}cn-wuhan/") == them.get(f"{ALLIANCES}cn-league/")
    for caller in (us, them, Caller(user=make_user(is_staff=True, is_superuser=True))):
        for path in ("/alliances/cn-other/members/", "/organizations/us-else/alliances/"):
            foreign, missing = (caller.call("GET", one) for one in (path, "/alliances/no-such/members/"))
            assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert them.get(MEMBERS)[0] == us.get(ALLIANCES)[0] == 404
    assert us.get(f"{MEMBERS}us-else/")[0] == 404
    # An organization of another kind has no members.
    assert them.get("/alliances/cn-wuhan/members/")[0] == 404


def test_members_are_narrowed_searched_and_ordered(us: Caller, league: Organization) -> None:
    for number, (name, name_zh, state, waits_for) in enumerate(
        [
            ("Wuhan", "武汉市", S.CONFIRMED, ""),
            ("Jinan", "济南市", S.INVITED, MEMBER),
            ("Qingdao", "青岛市", S.INVITED, ALLIANCE),
            ("Harbin", "哈尔滨市", S.LAPSED, ""),
        ]
    ):
        made = make_membership(
            league, listed(f"cn-{number}", name, name_zh), state=state, waits_for=waits_for
        )
        AllianceMembership.objects.filter(pk=made.pk).update(since=f"2026-11-{20 - number}T00:00Z")
    assert codes(us, MEMBERS) == ["cn-0", "cn-1", "cn-2", "cn-3"]
    assert codes(us, MEMBERS, "ordering=since") == codes(us, MEMBERS, "ordering=-code")
    assert codes(us, MEMBERS, "ordering=since") == ["cn-3", "cn-2", "cn-1", "cn-0"]
    assert codes(us, MEMBERS, "state=invited") == ["cn-1", "cn-2"]
    assert codes(us, MEMBERS, "waits_for=alliance") == ["cn-2"]
    for text in ("武汉", "wuhan", "wh"):
        assert codes(us, MEMBERS, f"search={text}") == ["cn-0"]
    assert codes(us, MEMBERS, "search=league") == []


def test_no_contact_is_told(us: Caller, them: Caller, league: Organization, wuhan: Organization) -> None:
    for one in (league, wuhan):
        one.contact_email = "canary@test.example"
        one.save()
        make_team_member(one, make_user(f"canary-{one.pk}@test.example", name="Canary"))
    make_membership(league, wuhan, state=S.CONFIRMED)
    told = us.call("GET", MEMBERS).content + them.call("GET", ALLIANCES).content
    assert (b"Wuhan" in told, b"anary" in told) == (True, False)


def test_lists_cost_the_same_for_one_and_for_thirty(
    league: Organization, wuhan: Organization, officer: User, mayor: User
) -> None:
    callers = {MEMBERS: Caller(user=officer), ALLIANCES: Caller(user=mayor)}

    def queries() -> list[int]:
        counted = []
        for path, caller in callers.items():
            for query in ("", "?search=town&ordering=-since&state=confirmed"):
                with CaptureQueriesContext(connection) as captured:
                    assert caller.get(path + query)[0] == 200
                counted.append(len(captured))
        return counted

    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            make_membership(league, listed(f"us-{number}", f"Town {number}"), state=S.CONFIRMED)
            other = listed(f"us-a-{number}", f"Town League {number}", kind=Kind.ALLIANCE)
            make_membership(other, wuhan, state=S.CONFIRMED)

    grow(0, 1)
    queries()
    few = queries()
    grow(1, 30)
    assert queries() == few
