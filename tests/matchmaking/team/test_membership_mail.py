"""Changes of alliance memberships and the mail that tells of them: to the other side's owners and editors, in
their language, with no word that a person wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings

from alliances.enums import Kind, MembershipSide, TeamRole
from alliances.models import Organization, User
from alliances.services.memberships import link_make
from matchmaking.enums import EmailKind, MailClass
from matchmaking.models import OutboxEmail
from matchmaking.services import membership_mail
from tests.factories import make_membership, make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
ENGLISH, CHINESE = "en", "zh-hans"


class Sides:
    """An alliance and a city, each with an owner (a canary), an editor of the language, and a viewer."""

    def __init__(self, language: str) -> None:
        self.league = make_organization("cn-league", kind=Kind.ALLIANCE, name_en="League", name_zh="先锋联盟")
        self.wuhan = make_organization("cn-wuhan", name_en="Wuhan", name_zh="武汉市")
        self.officer, self.mayor = self.team(self.league, language), self.team(self.wuhan, language)

    def team(self, organization: Organization, language: str) -> User:
        make_team_member(organization, make_user(is_active=False))
        make_team_member(organization, role=TeamRole.VIEWER)
        user = make_user(f"canary-{organization.code}@x.org", name="Canary", language=language)
        return make_team_member(organization, user, TeamRole.EDITOR).user


def invited(sides: Sides) -> User:
    membership_mail.invite(sides.league, sides.wuhan, by=sides.officer)
    return sides.mayor


def asked(sides: Sides) -> User:
    link = link_make(sides.league, actor=sides.officer)
    membership_mail.ask(link.token, sides.wuhan, by=sides.mayor)
    return sides.officer


def confirmed_by_member(sides: Sides) -> User:
    waiting = make_membership(sides.league, sides.wuhan, waits_for=MembershipSide.MEMBER)
    membership_mail.confirm(waiting, by=sides.mayor)
    return sides.officer


def confirmed_by_alliance(sides: Sides) -> User:
    waiting = make_membership(sides.league, sides.wuhan, waits_for=MembershipSide.ALLIANCE)
    membership_mail.confirm(waiting, by=sides.officer)
    return sides.mayor


def confirmed_by_inviting(sides: Sides) -> User:
    make_membership(sides.league, sides.wuhan, waits_for=MembershipSide.ALLIANCE)
    return invited(sides)


INVITED = {
    ENGLISH: ("An alliance invites your organization", "League invites Wuhan to become a member."),
    CHINESE: ("联盟邀请贵机构", "先锋联盟邀请武汉市成为其成员。"),
}
ASKED = {
    ENGLISH: ("An organization asks to join your alliance", "Wuhan asks to become a member of League."),
    CHINESE: ("有机构申请加入贵联盟", "武汉市申请成为先锋联盟的成员。"),
}
CONFIRMED = {
    ENGLISH: ("A membership is confirmed", "Wuhan is now a member of League."),
    CHINESE: ("成员资格已确认", "武汉市现已成为先锋联盟的成员。"),
}
MEMBERS, ALLIANCES = "/alliance/cn-league/", "/organization/cn-wuhan/alliances/"


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
@pytest.mark.parametrize(
    ("act", "told", "page"),
    [
        (invited, INVITED, ALLIANCES),
        (asked, ASKED, MEMBERS),
        (confirmed_by_member, CONFIRMED, MEMBERS),
        (confirmed_by_alliance, CONFIRMED, ALLIANCES),
        (confirmed_by_inviting, CONFIRMED, ALLIANCES),
    ],
)
def test_the_other_side_is_told(
    act: Callable[[Sides], User], told: dict[str, tuple[str, str]], page: str, language: str
) -> None:
    reader = act(Sides(language))
    mail = OutboxEmail.objects.get()
    subject, sentence = told[language]
    assert (mail.user, mail.recipient, mail.kind, mail.mail_class) == (
        reader,
        reader.email,
        EmailKind.ACCOUNT,
        MailClass.AWAITED,
    )
    assert (mail.language, mail.subject) == (language, subject)
    assert sentence in mail.body_text
    assert settings.SITE_URL + page in mail.body_text
    others = mail.body_text.replace("Canary", "", 1)  # the reader's own name, in the greeting
    assert "canary" not in others.lower()
    assert "Expires" not in mail.headers
