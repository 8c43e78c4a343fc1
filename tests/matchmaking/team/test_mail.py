"""Changes of a team and the mail that tells of them: one fact, in the recipient's language, with no word
that a person wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from alliances.enums import OrganizationState, TeamRole
from alliances.models import Organization, RegisterEvent, TeamClaim, TeamInvitation, TeamMember, User
from alliances.services.team import team_member_remove
from matchmaking.enums import EmailKind, EmailState, MailClass, TokenScope
from matchmaking.models import ApiToken, CurationEvent, OutboxEmail
from matchmaking.services import events, outbox, team_mail
from matchmaking.services.periodic import sweep
from matchmaking.services.tokens import token_issue
from tests.factories import make_claim, make_organization, make_team_member, make_user
from tests.matchmaking.mail.conftest import server
from tests.smtp_server import SmtpServer

__all__ = ["server"]
pytestmark = pytest.mark.django_db
E = EmailState
ADDRESS = "li.wei@wuhan.example"
EDITOR = TeamRole.EDITOR


def springfield(state: OrganizationState = OrganizationState.APPROVED) -> Organization:
    return make_organization(state=state, name_en="Springfield", name_zh="春田市")


def make_team(state: OrganizationState = OrganizationState.APPROVED) -> TeamMember:
    """The owner's place in the team of Springfield; the owner is called Canary."""
    organization = springfield(state)
    return make_team_member(organization, make_user("canary@test.example", name="Canary"))


def invited(owner: TeamMember, language: str) -> None:
    team_mail.invite(owner.organization, email=ADDRESS, role="editor", language=language, by=owner.user)


def made_editor(owner: TeamMember, language: str) -> None:
    member = make_team_member(owner.organization, make_user(ADDRESS, language=language), TeamRole.VIEWER)
    team_mail.role_set(member, "editor", by=owner.user)


def removed(owner: TeamMember, language: str) -> None:
    member = make_team_member(owner.organization, make_user(ADDRESS, language=language), EDITOR)
    team_mail.remove(member, by=owner.user)


def handed_over(owner: TeamMember, language: str) -> None:
    heir = make_team_member(owner.organization, make_user(ADDRESS, language=language), EDITOR)
    team_mail.hand_over(owner, heir, then=EDITOR, by=owner.user)


def granted(owner: TeamMember, language: str) -> None:
    claim = make_claim(
        owner.organization, make_user(ADDRESS, language=language), message="canary of the asker"
    )
    team_mail.grant(claim, role="editor", by=make_user(is_staff=True))


def refused(owner: TeamMember, language: str) -> None:
    claim = make_claim(
        owner.organization, make_user(ADDRESS, language=language), message="canary of the asker"
    )
    team_mail.refuse(claim, reason="canary of the reason", by=make_user(is_staff=True))


Act = Callable[[TeamMember, str], None]
# What happens; then subject and first sentence in both languages, and the page that the mail leads to.
TOLD: dict[Act, tuple[dict[str, tuple[str, str]], str]] = {
    invited: (
        {
            "en": (
                "An invitation to a team",
                "Springfield invites you to its team. Your role would be: Editor.",
            ),
            "zh-hans": ("加入团队的邀请", "春田市邀请您加入其团队。您的角色将是：编辑。"),
        },
        "/organization/invitations/",
    ),
    made_editor: (
        {
            "en": (
                "Your role in a team was changed",
                "Your role in the team of Springfield is now: Editor.",
            ),
            "zh-hans": ("您的团队角色已更改", "您在春田市团队中的角色现为：编辑。"),
        },
        "/organization/{code}/team/",
    ),
    removed: (
        {
            "en": ("You are no longer in a team", "An owner ended your place in the team of Springfield."),
            "zh-hans": ("您已不在团队中", "负责人已将您移出春田市的团队。"),
        },
        "",
    ),
    handed_over: (
        {
            "en": ("You are now an owner", "Ownership of Springfield was handed over to you."),
            "zh-hans": ("您现为负责人", "春田市的负责人一职已移交给您。"),
        },
        "/organization/{code}/team/",
    ),
    granted: (
        {
            "en": (
                "You are in the team",
                "You were let into the team of Springfield. Your role is: Editor.",
            ),
            "zh-hans": ("您已加入团队", "您已获准加入春田市的团队。您的角色是：编辑。"),
        },
        "/organization/{code}/team/",
    ),
    refused: (
        {
            "en": (
                "Your request to join a team",
                "Your request to join the team of Springfield was refused.",
            ),
            "zh-hans": ("您加入团队的申请", "您加入春田市团队的申请已被拒绝。"),
        },
        "/organization/invitations/",
    ),
}
ACTS = pytest.mark.parametrize("act", TOLD)


@ACTS
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_whom_it_concerns_is_told_in_their_language(act: Act, language: str) -> None:
    owner = make_team()
    act(owner, language)
    mail = OutboxEmail.objects.get()
    words, page = TOLD[act]
    subject, sentence = words[language]
    assert (mail.kind, mail.mail_class, mail.recipient, mail.language, mail.subject) == (
        EmailKind.ACCOUNT,
        MailClass.AWAITED,
        ADDRESS,
        language,
        subject,
    )
    lines = mail.body_text.splitlines()
    assert sentence in lines
    url = settings.SITE_URL + page.format(code=owner.organization.code)
    assert [line for line in lines if line.startswith("http")] == ([url] if page else [])
    assert (url in mail.body_html) is bool(page)
    # No header names anybody.
    assert "Springfield" not in mail.subject + str(mail.headers)


@ACTS
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_nothing_that_a_person_wrote_is_mailed_before_approval(act: Act, language: str) -> None:
    act(make_team(OrganizationState.SUBMITTED), language)
    mail = OutboxEmail.objects.get()
    text = mail.subject + mail.body_text + mail.body_html + str(mail.headers)
    assert [word for word in ("Springfield", "春田市", "Canary", "canary") if word in text] == []
    assert TOLD[act][0][language][0] == mail.subject


def test_the_invitation_of_a_draft_names_no_one() -> None:
    invited(make_team(OrganizationState.DRAFT), "en")
    assert "An organization invites you to its team. Your role would be: Editor." in (
        OutboxEmail.objects.get().body_text.splitlines()
    )


def test_an_invitation_is_not_sent_once_it_ran_out(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(make_team(), "en")
    in_time = timezone.now() + timedelta(days=13, hours=23)
    too_late = timezone.now() + timedelta(days=14, seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: too_late)
        with transaction.atomic():
            assert outbox.deliver_due() == {E.SUPPRESSED: 1}
            transaction.set_rollback(True)
    monkeypatch.setattr(timezone, "now", lambda: in_time)
    assert outbox.deliver_due() == {E.SENT: 1}
    assert [mail.recipient for mail in server.spool] == [ADDRESS]


def test_who_acts_on_themselves_is_told_nothing() -> None:
    owner = make_team()
    make_team_member(owner.organization)
    team_mail.role_set(owner, "editor", by=owner.user)
    team_mail.remove(owner, by=owner.user)
    assert OutboxEmail.objects.count() == 0


def test_the_same_role_again_is_told_to_nobody() -> None:
    owner = make_team()
    member = make_team_member(owner.organization, role=EDITOR)
    team_mail.role_set(member, "editor", by=owner.user)
    assert OutboxEmail.objects.count() == 0


# --- Whoever decides is asked ---------------------------------------------------------------------


def ask(organization: Organization) -> TeamClaim:
    asker = make_user("asker@test.example", name="Canary")
    return team_mail.ask(organization, message="canary of the asker", by=asker)


def test_every_owner_who_can_sign_in_is_asked() -> None:
    owner = make_team()
    organization = owner.organization
    second = make_team_member(organization, make_user(language="zh-hans")).user
    make_team_member(organization, make_user(is_active=False))
    make_team_member(organization, role=EDITOR)
    make_team_member(make_organization())
    ask(organization)
    mails = {mail.recipient: mail for mail in OutboxEmail.objects.all()}
    assert {address: mail.subject for address, mail in mails.items()} == {
        owner.user.email: "Somebody asks to join your team",
        second.email: "有人申请加入您的团队",
    }
    english = mails[owner.user.email].body_text.splitlines()
    assert "Somebody asks for a place in the team of Springfield." in english
    assert f"{settings.SITE_URL}/organization/{organization.code}/team/" in english
    assert [mail for mail in mails.values() if "canary of" in mail.body_text + mail.body_html] == []


@pytest.mark.parametrize("why", ["no owner", "closed account", "draft", "suspended"])
def test_staff_are_asked_where_no_owner_decides(server: SmtpServer, settings: Settings, why: str) -> None:
    settings.CONTACT_EMAIL = "team@programme.example"
    state = {"draft": OrganizationState.DRAFT, "suspended": OrganizationState.SUSPENDED}.get(why)
    organization = springfield(state or OrganizationState.APPROVED)
    if why != "no owner":
        make_team_member(organization, make_user(is_active=why != "closed account"))
    ask(organization)
    mail = OutboxEmail.objects.get()
    assert (mail.user, mail.recipient, mail.language, mail.subject) == (
        None,
        "team@programme.example",
        "en",
        "Somebody asks to join a team",
    )
    text = mail.body_text + mail.body_html
    assert [word for word in ("Springfield", "春田市", "anary", "asker@") if word in text] == []
    assert f"{settings.SITE_URL}/admin/alliances/teamclaim/" in mail.body_text.splitlines()
    team_mail.ask(organization, message="me too", by=make_user())
    assert outbox.deliver_due() == {E.SENT: 2}
    assert [one.recipient for one in server.spool] == ["team@programme.example"] * 2


def test_mail_of_a_person_who_is_gone_is_still_not_sent(server: SmtpServer) -> None:
    invited(make_team(), "en")
    User.objects.filter(email=ADDRESS).delete()
    assert outbox.deliver_due() == {E.SUPPRESSED: 1}
    assert (OutboxEmail.objects.get().error, server.spool) == ("person_gone", [])


# --- One fact -------------------------------------------------------------------------------------


@contextmanager
def no_mail_can_be_queued() -> Iterator[None]:
    table = "ALTER TABLE matchmaking_outboxemail"
    with connection.cursor() as cursor:
        cursor.execute(f"{table} ADD CONSTRAINT none_today CHECK (false) NOT VALID")
        yield
        cursor.execute(f"{table} DROP CONSTRAINT none_today")


def state_of_everything() -> tuple[object, ...]:
    return (
        list(TeamMember.objects.order_by("pk").values_list("user_id", "role")),
        list(TeamInvitation.objects.order_by("pk").values_list("email", "state")),
        list(TeamClaim.objects.order_by("pk").values_list("user_id", "state")),
        RegisterEvent.objects.count(),
    )


@pytest.mark.parametrize("act", ["invite", "role_set", "remove", "hand_over", "ask", "grant", "refuse"])
def test_without_its_mail_nothing_changes(act: str) -> None:
    owner = make_team()
    organization, by = owner.organization, owner.user
    member = make_team_member(organization, role=EDITOR)
    claim = make_claim(organization)
    acts: dict[str, Callable[[], object]] = {
        "invite": partial(team_mail.invite, organization, email=ADDRESS, role="viewer", language="en", by=by),
        "role_set": partial(team_mail.role_set, member, "viewer", by=by),
        "remove": partial(team_mail.remove, member, by=by),
        "hand_over": partial(team_mail.hand_over, owner, member, then=None, by=by),
        "ask": partial(team_mail.ask, organization, message="me", by=make_user()),
        "grant": partial(team_mail.grant, claim, role="viewer", by=by),
        "refuse": partial(team_mail.refuse, claim, reason="", by=by),
    }
    before = state_of_everything()
    with no_mail_can_be_queued(), pytest.raises(IntegrityError, match="none_today"):
        acts[act]()
    assert state_of_everything() == before
    # And with it, everything does.
    acts[act]()
    assert state_of_everything() != before
    assert OutboxEmail.objects.count() == 1


@pytest.mark.parametrize("act", [invited, made_editor, removed, handed_over])
def test_what_is_refused_is_told_to_nobody(act: Act) -> None:
    owner = make_team()
    TeamMember.objects.filter(pk=owner.pk).update(role=EDITOR)
    with pytest.raises((PermissionDenied, ValidationError)):
        act(owner, "en")
    assert OutboxEmail.objects.count() == 0


def test_an_address_that_takes_no_mail_keeps_nobody_from_acting() -> None:
    owner = make_team()
    member = make_team_member(owner.organization, make_user('"a,b"@test.example'), EDITOR)
    team_mail.role_set(member, "viewer", by=owner.user)
    member.refresh_from_db()
    assert (member.role, OutboxEmail.objects.count()) == (TeamRole.VIEWER, 0)


def test_a_wrong_address_of_the_programme_team_keeps_nobody_from_asking(settings: Settings) -> None:
    settings.CONTACT_EMAIL = "nobody"
    ask(make_organization())
    assert (TeamClaim.objects.count(), OutboxEmail.objects.count()) == (1, 0)


# --- API tokens end with the place ----------------------------------------------------------------


def token_of(member: TeamMember) -> ApiToken:
    issued = token_issue(member.organization, name="CRM", scope=TokenScope.READ, days=30, by=member.user)
    return issued.token


def is_live(token: ApiToken) -> bool:
    return ApiToken.objects.live().filter(pk=token.pk).exists()


@pytest.mark.parametrize(
    "way_out", ["leaves", "is removed", "is removed at the desk", "hands over and leaves"]
)
def test_tokens_end_with_the_place_and_others_stay(way_out: str) -> None:
    owner = make_team()
    gone = make_team_member(owner.organization)
    elsewhere = make_team_member(make_organization(), gone.user)
    tokens = [token_of(member) for member in (gone, owner, elsewhere)]
    match way_out:
        case "hands over and leaves":
            team_mail.hand_over(gone, owner, then=None, by=gone.user)
        case "is removed at the desk":
            team_member_remove(gone, actor=make_user(is_staff=True))
        case _:
            team_mail.remove(gone, by=gone.user if way_out == "leaves" else owner.user)
    by = RegisterEvent.objects.latest("pk").actor_id
    sweep()
    # Back in the team, the old tokens are still ended.
    make_team_member(owner.organization, gone.user)
    assert [is_live(token) for token in tokens] == [False, True, True]
    revoked = CurationEvent.objects.filter(subject="token", kind="revoked")
    assert list(revoked.values_list("subject_id", "actor_id")) == [(tokens[0].pk, by)]


@pytest.mark.django_db(transaction=True)
def test_a_token_that_was_made_after_coming_back_stays() -> None:
    owner = make_team()
    gone = make_team_member(owner.organization)
    old = token_of(gone)
    team_mail.remove(gone, by=owner.user)
    new = token_of(make_team_member(owner.organization, gone.user, EDITOR))
    assert events.revoke_tokens_of_leavers() == 1
    assert [is_live(old), is_live(new)] == [False, True]
    assert events.revoke_tokens_of_leavers() == 0


def test_tokens_stay_with_who_hands_over_and_stays() -> None:
    owner = make_team()
    heir = make_team_member(owner.organization, role=EDITOR)
    token = token_of(owner)
    team_mail.hand_over(owner, heir, then=EDITOR, by=owner.user)
    assert events.revoke_tokens_of_leavers() == 0
    assert is_live(token)


def test_a_last_owner_who_may_not_leave_keeps_the_tokens() -> None:
    owner = make_team()
    token = token_of(owner)
    with pytest.raises(ValidationError):
        team_mail.remove(owner, by=owner.user)
    assert is_live(token)
