"""The mail of an introduction: held against what may be told when it is sent, and as it arrives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from html import unescape

import pytest

from alliances.enums import ConsentPurpose, HitState, OrganizationState
from alliances.models import Organization, ScreeningHit, User
from alliances.services import review
from alliances.services.consent import consent_withdraw
from matchmaking.enums import Answer
from matchmaking.enums import EmailState as E
from matchmaking.models import CurationEvent, JurisdictionRule, OutboxEmail, Recommendation
from matchmaking.services import introductions, outbox
from matchmaking.services.introductions import introductions_close
from tests.factories import make_hit, make_user
from tests.matchmaking.introductions.scenes import Couple, make_couples
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple(server: SmtpServer) -> Couple:
    """A couple that was just introduced: a mail for each side waits."""
    (only,) = make_couples(1)
    only.us.say(Answer.INTERESTED)
    only.cn.say(Answer.INTERESTED)
    return only


def mails_to(person: User) -> list[tuple[str, str]]:
    """State and error of each mail to this person, oldest first."""
    return list(OutboxEmail.objects.filter(user=person).order_by("pk").values_list("state", "error"))


def arrived(server: SmtpServer, person: User) -> EmailMessage:
    """The only message that came for this person."""
    (mail,) = [mail for mail in server.spool if mail.recipient == person.email]
    return mail.message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_nothing_changed_and_each_side_is_told_once(server: SmtpServer, couple: Couple) -> None:
    assert outbox.deliver_due() == Counter({E.SENT: 2})
    assert Counter(mail.recipient for mail in server.spool) == Counter(
        [couple.us.person.email, couple.cn.person.email]
    )
    assert OutboxEmail.objects.count() == 2
    text = part(arrived(server, couple.us.person), "plain")
    assert "are interested. Here is who to write to." in " ".join(text.split())
    assert "Team member on this site" in text


@pytest.mark.parametrize("purpose", [ConsentPurpose.INTRODUCTION, ConsentPurpose.CROSS_BORDER])
def test_consent_taken_back_before_sending_keeps_the_contact_out(
    server: SmtpServer, couple: Couple, purpose: ConsentPurpose
) -> None:
    person = couple.cn.person
    consent_withdraw(person, purpose, language="en", channel="test", text_version="t")
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1, E.SENT: 2})
    assert mails_to(couple.us.person) == [(E.SUPPRESSED, "introduction_changed"), (E.SENT, "")]
    assert mails_to(person) == [(E.SENT, "")]
    stopped, sent = OutboxEmail.objects.filter(user=couple.us.person).order_by("pk")
    assert stopped.message_id != sent.message_id
    content = next(mail.content for mail in server.spool if mail.recipient == couple.us.person.email)
    message = arrived(server, couple.us.person)
    for text in (content.decode(), part(message, "plain"), part(message, "html")):
        assert person.email not in text
        assert person.name not in text
    assert "Nobody on their side has agreed yet" in part(message, "plain")
    assert "Here is who to write to" not in part(message, "plain")


def test_changed_mail_and_the_one_in_its_place_are_one_fact(couple: Couple) -> None:
    """A kill right after the claim was committed leaves no person without a mail."""
    User.objects.filter(pk=couple.us.person.pk).update(language="zh-hans")
    claimed = outbox._claim_next()
    assert claimed is not None
    assert mails_to(couple.us.person) == [(E.SUPPRESSED, "introduction_changed"), (E.QUEUED, "")]
    again = OutboxEmail.objects.get(user=couple.us.person, state=E.QUEUED)
    queued = CurationEvent.objects.filter(subject="email", subject_id=again.pk, kind="queued")
    assert queued.count() == 1


def test_language_changed_before_sending_is_the_language_of_the_mail(
    server: SmtpServer, couple: Couple
) -> None:
    User.objects.filter(pk=couple.us.person.pk).update(language="zh-hans")
    # The other side is told which language to write in, so its mail changes too.
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 2, E.SENT: 2})
    assert mails_to(couple.us.person) == [(E.SUPPRESSED, "introduction_changed"), (E.SENT, "")]
    message = arrived(server, couple.us.person)
    assert message["Content-Language"] == "zh-Hans"
    assert "如何开始" in part(message, "plain")


def test_address_changed_before_sending_is_where_the_mail_goes(server: SmtpServer, couple: Couple) -> None:
    before = couple.us.person.email
    User.objects.filter(pk=couple.us.person.pk).update(email="new@test.example")
    outbox.deliver_due()
    assert Counter(mail.recipient for mail in server.spool) == Counter(
        ["new@test.example", couple.cn.person.email]
    )
    assert before not in {mail.recipient for mail in server.spool}


def suspend(couple: Couple) -> None:
    review.suspend(couple.cn.organization, actor=make_user(is_staff=True))


def close(couple: Couple) -> None:
    introduction = OutboxEmail.objects.filter(user=couple.us.person).get().introduction
    assert introduction is not None
    introductions_close([introduction], by=make_user(is_staff=True))


def withdraw(couple: Couple) -> None:
    review.withdraw(couple.cn.organization, actor=make_user(is_staff=True))


@pytest.mark.parametrize("end", [withdraw, close])
def test_introduction_that_ended_is_told_to_nobody(
    server: SmtpServer, couple: Couple, end: Callable[[Couple], None]
) -> None:
    end(couple)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 2})
    for side in (couple.us, couple.cn):
        assert mails_to(side.person) == [(E.SUPPRESSED, "introduction_withdrawn")]
    assert server.spool == []


def hit(couple: Couple) -> None:
    make_hit(couple.us.organization)


def block(couple: Couple) -> None:
    make_rule(cn_kind=couple.cn.organization.kind)


@pytest.mark.parametrize("interrupt", [suspend, hit, block])
def test_introduction_that_is_interrupted_is_told_once_it_goes_on(
    server: SmtpServer, couple: Couple, interrupt: Callable[[Couple], None]
) -> None:
    interrupt(couple)
    for _look in range(2):
        OutboxEmail.objects.update(next_attempt_at=None)
        assert outbox.deliver_due() == Counter({E.DEFERRED: 2})
    for side in (couple.us, couple.cn):
        assert mails_to(side.person) == [(E.DEFERRED, "introduction_interrupted")]
    assert (server.spool, set(OutboxEmail.objects.values_list("attempt", flat=True))) == ([], {0})
    Organization.objects.update(state=OrganizationState.APPROVED)
    ScreeningHit.objects.update(state=HitState.CLEARED)
    JurisdictionRule.objects.all().delete()
    OutboxEmail.objects.update(next_attempt_at=None)
    assert outbox.deliver_due() == Counter({E.SENT: 2})


def test_who_left_the_team_is_told_nothing(server: SmtpServer, couple: Couple) -> None:
    couple.us.organization.team_members.all().delete()
    outbox.deliver_due()
    assert mails_to(couple.us.person) == [(E.SUPPRESSED, "introduction_withdrawn")]
    assert [mail.recipient for mail in server.spool] == [couple.cn.person.email]
    assert couple.us.person.email not in server.spool[0].content.decode()


def test_mail_that_cannot_be_held_against_anything_stops_no_other(server: SmtpServer, couple: Couple) -> None:
    Recommendation.objects.filter(pk=couple.us.recommendation.pk).update(breakdown={})
    assert outbox.deliver_due() == Counter({E.FAILED: 1, E.SENT: 1})
    assert mails_to(couple.us.person) == [(E.FAILED, "unwritable: KeyError")]
    assert [mail.recipient for mail in server.spool] == [couple.cn.person.email]


def test_control_without_the_guard_the_contact_leaves(
    server: SmtpServer, couple: Couple, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introductions, "why_not_told", lambda email, user: "")
    suspend(couple)
    assert outbox.deliver_due() == Counter({E.SENT: 2})
    assert couple.cn.person.email in part(arrived(server, couple.us.person), "plain")


def words(html: str) -> str:
    """What a reader of the HTML reads, without its head and the line for previews."""
    body = html[html.index("<body") :]
    body = re.sub(r"(?s)<div[^>]*display:\s*none.*?</div>", " ", body)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh-hans", "zh-Hans")])
def test_mail_as_it_arrives(server: SmtpServer, couple: Couple, language: str, tag: str) -> None:
    reader, contact = couple.us.person, couple.cn.person
    User.objects.update(language=language)
    outbox.deliver_due()
    message = arrived(server, reader)
    print(message.as_string(), part(message, "plain"), part(message, "html"))
    sent = OutboxEmail.objects.get(user=reader, state=E.SENT)
    assert (message["To"], message["Message-ID"], message["Content-Language"], message["Auto-Submitted"]) == (
        reader.email,
        sent.message_id,
        tag,
        "auto-generated",
    )
    assert [message[name] for name in ("Cc", "Bcc", "Sender", "List-Unsubscribe")] == [None] * 4
    # No header names the other side.
    for value in message.values():
        assert contact.email not in value
        assert contact.name not in value
        assert couple.cn.organization.name_en not in value
        assert couple.cn.organization.name_zh not in value
    text, html = part(message, "plain"), words(part(message, "html"))
    told = [line.strip().removeprefix("- ").rstrip("：:") for line in text.splitlines()]
    url = next(line for line in told if line.startswith("http"))
    assert url in part(message, "html")
    for line in told:
        if line not in {url, "--", ""}:
            assert line in html, line
    assert contact.email in text
    assert reader.email not in text + part(message, "html")
