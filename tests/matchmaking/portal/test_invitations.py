"""Invitations to the reader's address, from the mail to the team; and the reader's own requests."""

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
from alliances.models import Organization, TeamInvitation, User
from matchmaking.models import OutboxEmail
from matchmaking.services import outbox, team_mail
from tests.factories import (
    make_claim,
    make_invitation,
    make_organization,
    make_proven_user,
    make_team_member,
    make_user,
)
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code
from tests.matchmaking.mail.conftest import server
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE
from tests.smtp_server import SmtpServer

__all__ = ["server"]
pytestmark = pytest.mark.django_db
PAGE = "/organization/invitations/"
ADDRESS = "li.wei@wuhan.example"


@pytest.fixture
def organization() -> Organization:
    return make_organization("us-springfield", name_en="Springfield", name_zh="春田市")


@pytest.fixture
def guest() -> User:
    return make_proven_user(ADDRESS)


@pytest.mark.parametrize("known", [True, False])
def test_from_the_mail_to_the_team_by_a_code(
    client: Client, server: SmtpServer, organization: Organization, known: bool
) -> None:
    """An address with and one without account: sign in with it, accept, be in the team."""
    if known:
        make_user(ADDRESS)
    owner = make_team_member(organization).user
    team_mail.invite(organization, email=ADDRESS, role="editor", language="en", by=owner)
    link = re.search(r"https?://[^/\s]+(/\S+)", OutboxEmail.objects.get().body_text)
    assert link is not None
    assert outbox.deliver_due().total() == 1
    door = client.get(link[1])
    assert (door.status_code, door["location"]) == (302, f"/accounts/login/?next={PAGE}")
    ask_for_code(client, ADDRESS, next=PAGE)
    code = code_in(OutboxEmail.objects.latest("pk"))
    assert enter_code(client, code, next=PAGE)["location"] == PAGE
    page = text_of(client, PAGE)
    assert "Springfield" in page
    number = TeamInvitation.objects.get().pk
    answer = client.post(PAGE, {"act": "accept", "invitation": number}, follow=True)
    assert answer.redirect_chain == [("/organization/us-springfield/", 302)]
    assert "You are in the team of Springfield. Your role: Editor." in words_of(answer.content.decode())
    member = organization.team_members.get(user__email=ADDRESS)
    assert (member.role, TeamInvitation.objects.get().state) == (TeamRole.EDITOR, InvitationState.ACCEPTED)


def test_only_open_invitations_to_the_own_address_are_listed(organization: Organization, guest: User) -> None:
    make_invitation(organization, ADDRESS)
    hidden = [make_organization(name_en=f"Canary {number}") for number in range(4)]
    make_invitation(hidden[0], "else@x.org")
    make_invitation(hidden[1], ADDRESS, state=InvitationState.WITHDRAWN)
    old = make_invitation(hidden[2], ADDRESS)
    long_ago = timezone.now() - timedelta(days=15)
    TeamInvitation.objects.filter(pk=old.pk).update(
        invited_at=long_ago, expires_at=long_ago + timedelta(days=14)
    )
    make_invitation(hidden[3], ADDRESS)
    Organization.objects.filter(pk=hidden[3].pk).update(state=OrganizationState.REJECTED)
    page = text_of(signed_in(guest), PAGE)
    assert (page.count('value="accept"'), "Springfield" in page, "Canary" in page) == (1, True, False)


@pytest.mark.parametrize("who", ["another", "unproven", "staff", "owner"])
def test_what_is_to_somebody_else_is_missing(organization: Organization, who: str) -> None:
    """Also for those who may see it elsewhere."""
    users: dict[str, Callable[[], User]] = {
        "another": make_proven_user,
        "unproven": lambda: make_user(ADDRESS),
        "staff": lambda: make_proven_user(is_staff=True),
        "owner": lambda: make_team_member(organization, make_proven_user()).user,
    }
    invitation = make_invitation(organization, ADDRESS)
    client = signed_in(users[who]())
    assert "Springfield" not in re.sub(r"(?s)<nav.*?</nav>", "", text_of(client, PAGE))
    for act in ("accept", "decline"):
        foreign = client.post(PAGE, {"act": act, "invitation": invitation.pk})
        missing = client.post(PAGE, {"act": act, "invitation": "99999999"})
        assert (foreign.status_code, foreign.content) == (404, missing.content)
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.PENDING


def test_declining(organization: Organization, guest: User) -> None:
    invitation = make_invitation(organization, ADDRESS)
    answer = signed_in(guest).post(PAGE, {"act": "decline", "invitation": invitation.pk}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "The invitation is declined." in words_of(answer.content.decode())
    invitation.refresh_from_db()
    assert (invitation.state, organization.team_members.count()) == (InvitationState.DECLINED, 0)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (ENGLISH, "This invitation is no longer open. Ask the organization for a new one."),
        (CHINESE, "此邀请已失效。请向该机构索取新的邀请。"),
    ],
)
def test_one_that_was_withdrawn_meanwhile_says_so(
    organization: Organization, guest: User, language: str, sentence: str
) -> None:
    invitation = make_invitation(organization, ADDRESS, state=InvitationState.WITHDRAWN)
    answer = signed_in(guest, language).post(PAGE, {"act": "accept", "invitation": invitation.pk})
    assert (answer.status_code, sentence in words_of(answer.content.decode())) == (400, True)


@pytest.mark.parametrize("posted", [{}, {"act": "leave"}, {"act": ""}])
def test_another_button_is_refused(guest: User, posted: dict[str, str]) -> None:
    answer = signed_in(guest).post(PAGE, posted)
    assert answer.status_code == 400
    assert "Choose one of the buttons on this page." in answer.content.decode()


def test_reading_changes_nothing(organization: Organization, guest: User) -> None:
    invitation = make_invitation(organization, ADDRESS)
    client = signed_in(guest)
    for call in (client.get, client.head):
        assert call(f"{PAGE}?act=accept&invitation={invitation.pk}").status_code == 200
    assert organization.team_members.count() == 0
    assert Client().get(PAGE).status_code == 302


def test_who_is_not_approved_is_marked(guest: User) -> None:
    make_invitation(make_organization(state=OrganizationState.SUBMITTED), ADDRESS)
    words = words_of(text_of(signed_in(guest), PAGE))
    assert "Our staff have not approved this organization. Join only if you know who invites you." in words


def test_own_requests_stand_with_their_reason_and_without_names_that_nobody_approved(
    organization: Organization, guest: User
) -> None:
    now = timezone.now()
    draft = make_organization(state=OrganizationState.DRAFT, name_en="Canary", name_zh="金丝雀")
    make_claim(draft, guest, message="It is ours too.")
    refused = {"state": ClaimState.REFUSED, "decided_at": now, "reason": "We do not know you."}
    make_claim(organization, guest, **refused)
    make_claim(organization, make_user(), message="Canary of somebody else")
    page = text_of(signed_in(guest), PAGE)
    words = words_of(page)
    assert "An organization that is not listed Waiting" in words
    assert "Springfield 春田市 Refused" in words
    assert "The reason given: We do not know you." in words
    assert [word for word in ("Canary", "金丝雀", draft.code) if word in page] == []


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_page_is_sound(guest: User, language: str, number: int) -> None:
    for _ in range(number):
        make_invitation(make_organization(), ADDRESS)
        make_claim(make_organization(), guest)
    page = text_of(signed_in(guest, language), PAGE)
    assert INLINE.findall(page) == []
    assert (page.count("<h1"), page.count("btn--primary")) == (1, min(number, 1))
    assert ("收到的邀请" in page) == (language == CHINESE)


def test_queries_are_the_same_for_one_and_three(guest: User) -> None:
    client, costs = signed_in(guest), []
    for more in (1, 2):
        for _ in range(more):
            make_invitation(make_organization(), ADDRESS)
            make_claim(make_organization(), guest)
        text_of(client, PAGE)
        with CaptureQueriesContext(connection) as queries:
            text_of(client, PAGE)
        costs.append(len(queries))
    assert costs == [5, 5]


def test_who_is_in_no_team_is_led_there(guest: User) -> None:
    client = signed_in(guest)
    for path in ("/organization/", "/recommendations/"):
        assert f'<a href="{PAGE}">' in text_of(client, path)
