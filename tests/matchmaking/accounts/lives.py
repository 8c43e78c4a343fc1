"""A person who did all that one can do here, marked with twelve words wherever something is kept of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from alliances.enums import ConsentPurpose, Country, OrganizationState, TeamRole
from alliances.models import Consent, Need, Organization, User
from alliances.services.history import record_history
from alliances.services.uploads import keep_upload
from matchmaking.enums import Answer, EmailKind, TokenScope
from matchmaking.models import Introduction, OutboxEmail
from matchmaking.services.digests import queue_due
from matchmaking.services.outbox import deliver_due
from matchmaking.services.tokens import token_issue
from tests.factories import make_consent, make_organization, make_team_member, make_user
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code, newest_mail
from tests.matchmaking.introductions.scenes import make_couples

NAME, ADDRESS, SECOND = "Mark O'Name", "mark-address@test.example", "mark-second@test.example"
AGENT, IP = "mark-agent/1", "203.0.113.77"
MARKS = {
    "name": NAME,
    "address": ADDRESS,
    "second address": SECOND,
    "browser": AGENT,
    "internet address": IP,
    "token": "mark-token",
    "consent": "mark-consent",
    "note": "mark-note",
    "mail": "mark-mail",
    "import file": "mark-file",
    "draft": "mark-draft",
    "statement": "mark-statement",
}
# Of others whom the person met: colleague, partner, curator.
OTHERS = [
    "other-colleague-name",
    "other-colleague@test.example",
    "other-partner-name",
    "other-partner@test.example",
    "other-curator-name",
    "other-curator@test.example",
]


@dataclass
class Life:
    """The person, signed in, and whom they met."""

    person: User
    browser: Client
    organization: Organization
    colleague: User
    partner: User
    curator: User
    introduction: Introduction
    draft: Organization


def other(word: str, **fields: bool) -> User:
    return make_user(f"other-{word}@test.example", name=f"other-{word}-name", **fields)


def live() -> Life:
    """Register, match, mail, answer, be introduced; needs a server that takes the mail."""
    first, second = make_couples(2)
    person, partner = first.us.person, first.cn.person
    person.name, person.email = NAME, ADDRESS
    person.save()
    partner.name, partner.email = "other-partner-name", "other-partner@test.example"
    partner.save()
    organization = first.us.organization
    organization.team_members.update(role=TeamRole.OWNER)
    colleague = other("colleague")
    make_team_member(organization, colleague)
    curator = other("curator", is_staff=True, is_superuser=True)

    browser = Client(headers={"user-agent": AGENT}, REMOTE_ADDR=IP)
    ask_for_code(browser, ADDRESS)
    enter_code(browser, code_in(newest_mail()))
    browser.post("/accounts/email/", {"email": SECOND, "action_add": ""})
    browser.post("/consents/", {"purpose": "digest", "granted": "yes"})
    Consent.objects.create(
        user=person,
        purpose=ConsentPurpose.ACCOUNT,
        granted=True,
        text_version="mark-consent",
        language="en",
        channel="portal",
    )
    token_issue(organization, name="mark-token", scope=TokenScope.READ, days=30, by=person)

    queue_due()
    make_team_member(second.us.organization, person, TeamRole.EDITOR)
    second.us.person = person
    second.us.say(Answer.DECLINED, reason="budget", note="mark-note")
    make_consent(partner, ConsentPurpose.INTRODUCTION)
    first.us.say(Answer.INTERESTED)
    introduction = first.cn.say(Answer.INTERESTED).introduction
    assert introduction is not None
    deliver_due()
    digest = OutboxEmail.objects.get(user=person, kind=EmailKind.DIGEST)
    OutboxEmail.objects.filter(pk=digest.pk).update(body_text=f"{digest.body_text}\nmark-mail")

    # Once they worked at the desk.
    keep_upload(b"code\r\nmark-file", name="mark-file.csv", user=person)
    record_history([organization], "~", person, "by themselves")
    # Where others named them.
    record_history([organization], "~", curator, f"{NAME} called")
    Organization.objects.filter(pk=organization.pk).update(
        contact_email=ADDRESS.upper(), state_reason=f"As {NAME} said"
    )
    LogEntry.objects.create(
        user=curator,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr=ADDRESS,
        action_flag=CHANGE,
    )
    draft = make_organization(state=OrganizationState.DRAFT, country=Country.US, name_en="mark-draft")
    make_team_member(draft, person)
    need = make_organization(needs={"e-bus": 1}).needs.get()
    Need.objects.create(
        organization=draft, topic=need.topic, priority=1, statement="mark-statement, in their words"
    )
    return Life(person, browser, organization, colleague, partner, curator, introduction, draft)
