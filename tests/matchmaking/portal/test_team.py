"""The team's page: what each role sees and does, and that it is a missing page to everybody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import ClaimState, InvitationState, OrganizationState, TeamRole
from alliances.models import Organization, TeamClaim, TeamInvitation, TeamMember, User
from matchmaking.models import OutboxEmail
from tests.factories import make_claim, make_invitation, make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, dangling, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE

pytestmark = pytest.mark.django_db
OWNER, EDITOR, VIEWER = TeamRole.OWNER, TeamRole.EDITOR, TeamRole.VIEWER
BUTTONS = re.compile(r'name="act" value="(\w+)"')


@pytest.fixture
def organization() -> Organization:
    return make_organization("us-springfield", name_en="Springfield", name_zh="春田市")


@pytest.fixture
def owner(organization: Organization) -> TeamMember:
    return make_team_member(organization, make_user("ada@x.org", name="Ada"))


@pytest.fixture
def editor(organization: Organization, owner: TeamMember) -> TeamMember:
    return make_team_member(organization, make_user("ben@x.org", name="Ben"), EDITOR)


PAGE = "/organization/us-springfield/team/"


def post(user: User, act: str, spoken: str = ENGLISH, **stated: object) -> tuple[int, str]:
    """Status of the answer, and what the page says after it, in one line."""
    answer = signed_in(user, spoken).post(PAGE, {"act": act, **stated}, follow=True)
    status = answer.redirect_chain[0][1] if answer.redirect_chain else answer.status_code
    return status, words_of(answer.content.decode())


# --- Reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_staff", [False, True])
@pytest.mark.parametrize("role", [EDITOR, VIEWER])
def test_who_is_no_owner_reads_the_list_and_may_leave(
    organization: Organization, owner: TeamMember, role: TeamRole, is_staff: bool
) -> None:
    """Staff decide at the desk; on their own team's page they are what their role is."""
    reader = make_team_member(organization, make_user(is_staff=is_staff), role).user
    make_invitation(organization, "canary@invited.example")
    make_claim(organization, make_user("canary@asks.example"))
    page = text_of(signed_in(reader), PAGE)
    assert set(BUTTONS.findall(page)) == {"leave"}
    assert "Ada Owner ada@x.org" in words_of(page).replace(" · ", " ")
    assert "canary" not in page


def test_an_owner_sees_who_is_in_who_is_invited_and_who_asks(
    organization: Organization, owner: TeamMember, editor: TeamMember
) -> None:
    make_invitation(organization, "invited@x.org", role=EDITOR)
    make_invitation(organization, "declined@x.org", state=InvitationState.DECLINED)
    make_claim(organization, make_user("asks@x.org", name="Kim"), message="I plan\nthe buses.")
    decided = make_user("decided@x.org")
    make_claim(organization, decided, state=ClaimState.REFUSED, decided_at=timezone.now())
    make_invitation(make_organization(), "elsewhere@x.org")
    make_claim(make_organization(), make_user("elsewhere@asks.org"))
    page = text_of(signed_in(owner.user), PAGE)
    words = words_of(page)
    for told in (
        "Ada Owner You",
        "Ben Editor",
        "invited@x.org Editor",
        "Kim asks@x.org",
        "I plan the buses.",
    ):
        assert told in words
    assert [one for one in ("declined@", "decided@", "elsewhere@") if one in page] == []
    assert set(BUTTONS.findall(page)) == {
        "grant",
        "refuse",
        "role",
        "remove",
        "withdraw",
        "invite",
        "hand_over",
    }
    assert "You are the only owner. Hand over first." in words


def test_requests_to_an_organization_that_is_not_approved_are_for_staff() -> None:
    organization = make_organization("us-springfield", state=OrganizationState.SUBMITTED)
    owner = make_team_member(organization)
    claim = make_claim(organization, make_user("canary@asks.example"))
    assert "canary" not in text_of(signed_in(owner.user), PAGE)
    assert post(owner.user, "grant", claim=claim.pk, role="viewer")[0] == 404
    assert organization.team_members.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_to_others_the_page_is_a_missing_one(owner: TeamMember, method: str) -> None:
    people = [
        make_team_member(make_organization()).user,
        make_user(),
        make_user(is_staff=True, is_superuser=True),
    ]
    for user in people:
        for language in (ENGLISH, CHINESE):
            client = signed_in(user, language)
            call = getattr(client, method)
            foreign, missing = call(PAGE), call("/organization/no-such-code/team/")
            assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert getattr(Client(), method)(PAGE).status_code == 302


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_the_page_is_sound(
    organization: Organization, owner: TeamMember, editor: TeamMember, language: str
) -> None:
    make_invitation(organization, "invited@x.org")
    make_claim(organization)
    page = text_of(signed_in(owner.user, language), PAGE)
    assert ('<html lang="zh-Hans">' in page) == (language == CHINESE)
    assert INLINE.findall(page) == []
    assert (page.count("<h1"), page.count("btn--primary")) == (1, 1)
    assert 'href="/organization/" aria-current="true"' in page
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    if language == CHINESE:
        assert "邀请同事" in page
        assert "春田市" in page


def test_names_are_text(organization: Organization, owner: TeamMember) -> None:
    mallory = make_user("mallory@x.org", name="<script>alert(1)</script>")
    make_claim(organization, mallory, message="<img src=x onerror=alert(1)>")
    page = text_of(signed_in(owner.user), PAGE)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_queries_are_the_same_for_one_and_three(organization: Organization, owner: TeamMember) -> None:
    client = signed_in(owner.user)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(client, PAGE)
        return len(queries)

    make_claim(organization)
    make_invitation(organization, "a@x.org")
    text_of(client, PAGE)
    costs = [cost()]
    for number in range(2):
        make_team_member(organization, role=EDITOR)
        make_claim(organization)
        make_invitation(organization, f"b-{number}@x.org")
    costs.append(cost())
    assert costs == [7, 7]


def test_the_organization_page_leads_to_the_team_page(owner: TeamMember) -> None:
    assert f'<a href="{PAGE}">' in text_of(signed_in(owner.user), "/organization/")


# --- Acting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (ENGLISH, "An invitation is on its way to li.wei@wuhan.example. It is open for 14 days."),
        (CHINESE, "邀请正在发往 li.wei@wuhan.example，有效期为14天。"),
    ],
)
def test_inviting(owner: TeamMember, language: str, sentence: str) -> None:
    stated = {"email": "Li.Wei@wuhan.example", "role": "editor", "language": "zh-hans"}
    status, words = post(owner.user, "invite", language, **stated)
    assert (status, sentence in words) == (302, True)
    made = TeamInvitation.objects.get()
    assert (made.email, made.role, made.invited_by) == ("li.wei@wuhan.example", EDITOR, owner.user)
    assert OutboxEmail.objects.get().language == "zh-hans"


def test_a_known_and_an_unknown_address_look_the_same(owner: TeamMember) -> None:
    """P24: status, headers and every page after it, but for the address itself."""
    make_team_member(make_organization(), make_user("known@x.org", name="Canary", language="zh-hans"))
    seen = []
    for address in ("known@x.org", "other@x.org"):
        client = signed_in(owner.user)
        stated = {"act": "invite", "email": address, "role": "viewer", "language": "en"}
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(PAGE, stated)
        after = text_of(client, PAGE)
        assert "Canary" not in after
        invitation = TeamInvitation.objects.get()
        page = after.replace(address, "ADDRESS").replace(f'value="{invitation.pk}"', "NUMBER")
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
        seen.append((answer.status_code, answer["location"], sorted(answer.headers), len(queries), page))
        TeamInvitation.objects.all().delete()
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": ""}, "This field is required."),
        ({"email": "a@x.org, b@x.org"}, "Enter one email address."),
        ({"email": "a\x00@x.org"}, "Null characters are not allowed."),
        ({"email": "ben@x.org"}, "This person is in the team already."),
        ({"role": "king"}, "Select a valid choice. king is not one of the available choices."),
        ({"language": "tlh"}, "Select a valid choice. tlh is not one of the available choices."),
    ],
)
def test_a_wrong_invitation_says_what_is_wrong(
    owner: TeamMember, editor: TeamMember, wrong: dict[str, str], sentence: str
) -> None:
    stated = {"act": "invite", "email": "a@x.org", "role": "viewer", "language": "en", **wrong}
    answer = signed_in(owner.user).post(PAGE, stated)
    page = answer.content.decode()
    assert (answer.status_code, sentence in words_of(page), dangling(page)) == (400, True, [])
    assert (TeamInvitation.objects.count(), OutboxEmail.objects.count()) == (0, 0)


def test_a_role_is_changed(owner: TeamMember, editor: TeamMember) -> None:
    status, words = post(owner.user, "role", member=editor.pk, role="viewer")
    editor.refresh_from_db()
    assert (status, editor.role, "Ben is now: Viewer." in words) == (302, VIEWER, True)


def test_a_member_is_removed(owner: TeamMember, editor: TeamMember) -> None:
    status, words = post(owner.user, "remove", member=editor.pk)
    assert (status, "Ben is no longer in the team." in words) == (302, True)
    assert not TeamMember.objects.filter(pk=editor.pk).exists()


def test_leaving_leads_away_from_the_team(owner: TeamMember, editor: TeamMember) -> None:
    status, words = post(editor.user, "leave")
    assert (status, "You have left the team of Springfield." in words) == (302, True)
    assert "You are in no organization’s team yet." in words
    assert signed_in(editor.user).get(PAGE).status_code == 404


@pytest.mark.parametrize("act", ["leave", "role", "remove"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (ENGLISH, "An organization keeps at least one owner. Hand over to somebody of the team first."),
        (CHINESE, "机构须至少保留一位负责人。请先移交给团队中的其他成员。"),
    ],
)
def test_the_last_owner_is_told_to_hand_over(
    owner: TeamMember, editor: TeamMember, act: str, language: str, sentence: str
) -> None:
    status, words = post(owner.user, act, language, member=owner.pk, role="viewer")
    assert (status, sentence in words) == (400, True)
    owner.refresh_from_db()
    assert owner.role == OWNER


@pytest.mark.parametrize(("then", "role"), [("editor", EDITOR), ("viewer", VIEWER), ("leave", None)])
def test_handing_over(owner: TeamMember, editor: TeamMember, then: str, role: str | None) -> None:
    status, words = post(owner.user, "hand_over", member=editor.pk, then=then)
    assert (status, "Ownership is handed over to Ben." in words) == (302, True)
    roles = dict(TeamMember.objects.values_list("user__name", "role"))
    assert (roles["Ben"], roles.get("Ada")) == (OWNER, role)


@pytest.mark.parametrize("then", ["", "owner", "king"])
def test_handing_over_says_what_comes_then(owner: TeamMember, editor: TeamMember, then: str) -> None:
    status, words = post(owner.user, "hand_over", member=editor.pk, then=then)
    assert (status, "Choose what you are once somebody else is the owner." in words) == (400, True)
    owner.refresh_from_db()
    assert owner.role == OWNER


def test_an_invitation_is_withdrawn(organization: Organization, owner: TeamMember) -> None:
    invitation = make_invitation(organization, "a@x.org")
    status, words = post(owner.user, "withdraw", invitation=invitation.pk)
    invitation.refresh_from_db()
    assert (status, invitation.state) == (302, InvitationState.WITHDRAWN)
    assert "The invitation to a@x.org is withdrawn." in words
    assert post(owner.user, "withdraw", invitation=invitation.pk)[0] == 400


def test_one_that_ran_out_is_still_listed_and_can_be_withdrawn(
    organization: Organization, owner: TeamMember
) -> None:
    invitation = make_invitation(organization, "a@x.org")
    long_ago = timezone.now() - timedelta(days=20)
    TeamInvitation.objects.update(invited_at=long_ago, expires_at=long_ago + timedelta(days=14))
    assert "a@x.org" in text_of(signed_in(owner.user), PAGE)
    assert post(owner.user, "withdraw", invitation=invitation.pk)[0] == 302


def test_a_request_is_granted_or_refused(organization: Organization, owner: TeamMember) -> None:
    first = make_claim(organization, make_user(name="Kim"))
    second = make_claim(organization, make_user(name="Mallory"))
    status, words = post(owner.user, "grant", claim=first.pk, role="editor")
    assert (status, "Kim is in the team." in words) == (302, True)
    status, words = post(owner.user, "refuse", claim=second.pk, reason="We do not know you.")
    assert (status, "The request of Mallory is refused." in words) == (302, True)
    states = list(TeamClaim.objects.order_by("pk").values_list("state", "reason"))
    assert states == [(ClaimState.GRANTED, ""), (ClaimState.REFUSED, "We do not know you.")]
    assert organization.team_members.get(user=first.user).role == EDITOR
    assert post(owner.user, "grant", claim=second.pk, role="editor")[0] == 400


ROWS: dict[str, Callable[[Organization], tuple[str, object]]] = {
    "role": lambda one: ("member", make_team_member(one).pk),
    "remove": lambda one: ("member", make_team_member(one).pk),
    "hand_over": lambda one: ("member", make_team_member(one).pk),
    "withdraw": lambda one: ("invitation", make_invitation(one, "a@x.org").pk),
    "grant": lambda one: ("claim", make_claim(one).pk),
    "refuse": lambda one: ("claim", make_claim(one).pk),
}


@pytest.mark.parametrize("act", ROWS)
def test_what_belongs_to_another_organization_is_missing(owner: TeamMember, act: str) -> None:
    """Also where the owner owns that one too: each page acts on its own team."""
    elsewhere = make_organization()
    make_team_member(elsewhere, owner.user)
    name, number = ROWS[act](elsewhere)
    client = signed_in(owner.user)
    stated = {"act": act, "role": "viewer", "then": "editor"}
    foreign = client.post(PAGE, {**stated, name: number})
    assert foreign.status_code == 404
    for odd in ("", "0", "99999999", "-1", "1e3", "\x00", "9" * 30, "1;--"):
        missing = client.post(PAGE, {**stated, name: odd})
        assert (missing.status_code, missing.content) == (404, foreign.content)


@pytest.mark.parametrize("act", [*ROWS, "invite"])
@pytest.mark.parametrize("role", [EDITOR, VIEWER])
def test_who_is_no_owner_changes_nothing(
    organization: Organization, owner: TeamMember, act: str, role: TeamRole
) -> None:
    reader = make_team_member(organization, role=role).user
    name, number = ROWS[act](organization) if act in ROWS else ("email", "a@x.org")
    before = (
        list(TeamMember.objects.order_by("pk").values()),
        list(TeamInvitation.objects.values()),
        list(TeamClaim.objects.values()),
    )
    stated = {"act": act, name: number, "role": "owner", "then": "editor", "language": "en"}
    assert signed_in(reader).post(PAGE, stated).status_code in (400, 403, 404)
    assert before == (
        list(TeamMember.objects.order_by("pk").values()),
        list(TeamInvitation.objects.values()),
        list(TeamClaim.objects.values()),
    )
    assert OutboxEmail.objects.count() == 0


@pytest.mark.parametrize("act", ["", "approve", "__class__"])
def test_another_button_is_refused(owner: TeamMember, act: str) -> None:
    status, words = post(owner.user, act)
    assert (status, "Choose one of the buttons on this page." in words) == (400, True)


def test_reading_changes_nothing(organization: Organization, owner: TeamMember) -> None:
    claim = make_claim(organization)
    client = signed_in(owner.user)
    for query in ("?act=leave", f"?act=grant&claim={claim.pk}&role=owner"):
        for call in (client.get, client.head):
            assert call(PAGE + query).status_code == 200
    assert client.put(PAGE).status_code == 405
    claim.refresh_from_db()
    assert (claim.state, organization.team_members.count()) == (ClaimState.WAITING, 1)
