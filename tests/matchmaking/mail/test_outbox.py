"""The outbox: what each answer makes of a row, what is checked before sending, what never goes twice."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from alliances.enums import ConsentPurpose, MailFrequency, OrganizationState
from alliances.models import Organization, User
from matchmaking.enums import EmailState
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, DigestItem, MailDomain, OutboxEmail, Recommendation, Suppression
from matchmaking.services import digests, outbox
from matchmaking.services.mails import old_bodies_drop
from matchmaking.services.suppressions import address_hash
from tests.factories import make_consent, make_user
from tests.matchmaking.mail.mails import make_awaited, make_mail
from tests.matchmaking.scenes import Scene, make_scene
from tests.smtp_server import Script, SmtpServer

E = EmailState


def pause_of(email: OutboxEmail) -> timedelta:
    pauses = OutboxEmail.objects.annotate(pause=F("next_attempt_at") - Now()).values_list("pause", flat=True)
    pause: timedelta = pauses.get(pk=email.pk)
    return pause


@pytest.mark.django_db
def test_accepted_mail_is_sent_as_it_was_rendered(server: SmtpServer, reader: User) -> None:
    email = make_mail(reader)
    assert outbox.deliver_due() == Counter({E.SENT: 1})
    email.refresh_from_db()
    assert (email.state, email.attempt, email.reply) == (E.SENT, 1, "queued")
    assert email.sent_at is not None
    (mail,) = server.spool
    assert mail.recipient == reader.email
    message = mail.message
    assert (message["Subject"], message["Message-ID"], message["To"]) == (
        email.subject,
        email.message_id,
        reader.email,
    )
    assert message.get_all("Cc") is None
    assert outbox.deliver_due() == Counter()
    assert len(server.spool) == 1


MINUTE = timedelta(minutes=1)
# What the server does, what becomes of the row, about when it is tried again, whether the domain is slowed.
ANSWERS: list[tuple[Script, EmailState, timedelta | None, bool]] = [
    (Script(), E.SENT, None, False),
    (Script(drop_after="body"), E.SENT, None, False),
    (Script(connect="421 4.3.2 not now"), E.DEFERRED, MINUTE, False),
    (Script(rcpt="421 4.3.2 closing"), E.DEFERRED, MINUTE, False),
    (Script(rcpt="450 busy"), E.DEFERRED, MINUTE, False),
    (Script(body="451 local error"), E.DEFERRED, MINUTE, False),
    (Script(rcpt="550 5.1.1 user unknown"), E.SUPPRESSED, None, False),
    (Script(rcpt="550 Domain frequency limited"), E.DEFERRED, timedelta(hours=24), True),
    (Script(mail="550 Sender frequency limited"), E.DEFERRED, timedelta(hours=24), True),
    (Script(connect="550 Connection frequency limited"), E.DEFERRED, timedelta(hours=24), True),
    (
        Script(rcpt="550 Mailbox unavailable or access denied"),
        E.DEFERRED,
        timedelta(hours=24),
        True,
    ),
    (Script(connect="421 HL:ICC 163 smtp1"), E.DEFERRED, MINUTE, True),
    (Script(rcpt="421 HL:IFC 163 smtp1"), E.DEFERRED, MINUTE, True),
    (Script(rcpt="421 HL:REP 163 smtp1"), E.DEFERRED, MINUTE, True),
    (Script(rcpt="450 MI:DMC 163 smtp1"), E.DEFERRED, MINUTE, True),
    (Script(rcpt="451 RP:DRC 163 smtp1"), E.DEFERRED, MINUTE, True),
    (Script(mail="451 MI:SFQ 163 smtp1"), E.DEFERRED, MINUTE, True),
    (Script(body="451 DT:SPM 163 smtp1"), E.DEFERRED, MINUTE, False),
    (Script(trickle=True), E.DEFERRED, MINUTE, False),
    (Script(drop_at="connect"), E.DEFERRED, MINUTE, False),
    (Script(drop_at="rcpt"), E.DEFERRED, MINUTE, False),
    (Script(silent_at="rcpt"), E.DEFERRED, MINUTE, False),
    (Script(silent_at="connect"), E.DEFERRED, MINUTE, False),
    (Script(drop_at="body"), E.UNCERTAIN, None, False),
    (Script(silent_at="body"), E.UNCERTAIN, None, False),
    (Script(body="554 5.7.1 spam"), E.FAILED, None, False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("script", "state", "pause", "slowed"), ANSWERS, ids=repr)
def test_answer_becomes_the_state_that_is_written_for_it(
    server: SmtpServer,
    reader: User,
    settings: Settings,
    script: Script,
    state: EmailState,
    pause: timedelta | None,
    slowed: bool,
) -> None:
    settings.LEASE_SECONDS = 4
    server.script = script
    email = make_mail(reader)
    assert outbox.deliver_due() == Counter({state: 1})
    email.refresh_from_db()
    assert (email.state, email.lease_token) == (state, None)
    if pause is None:
        assert email.next_attempt_at is None
    else:
        assert 0.79 < pause_of(email) / pause < 1.21
    assert MailDomain.objects.filter(domain="portland.example", seconds_between=2).exists() == slowed
    assert Suppression.objects.exists() == (state == E.SUPPRESSED)
    closed = CurationEvent.objects.filter(subject="email", subject_id=email.pk).values_list("kind", flat=True)
    assert list(closed) == ([] if state == E.DEFERRED else [state])


@pytest.mark.django_db
def test_ladder_climbs_and_ends_after_a_day(server: SmtpServer, reader: User) -> None:
    server.script = Script(rcpt="450 busy")
    email = make_mail(reader)
    minutes = []
    for _attempt in range(6):
        OutboxEmail.objects.update(next_attempt_at=None)
        outbox.deliver_due()
        minutes.append(pause_of(email) / MINUTE)
    for waited, step in zip(minutes, (1, 5, 15, 60, 180, 180), strict=True):
        assert 0.79 * step < waited < 1.21 * step
    # What waited before the first try, behind a hold perhaps, does not count.
    OutboxEmail.objects.update(next_attempt_at=None, created_at=timezone.now() - timedelta(days=9))
    assert outbox.deliver_due() == Counter({E.DEFERRED: 1})
    OutboxEmail.objects.update(next_attempt_at=None, delayed_since=timezone.now() - timedelta(hours=25))
    assert outbox.deliver_due() == Counter({E.FAILED: 1})


@pytest.mark.django_db
def test_rate_limit_never_suppresses_and_may_last_three_days(server: SmtpServer, reader: User) -> None:
    server.script = Script(rcpt="550 Mailbox unavailable or access denied")
    make_mail(reader)
    assert outbox.deliver_due() == Counter({E.DEFERRED: 1})
    # Nor does an ordinary hiccup end what a limit has delayed.
    for answer, hours, state in (
        ("450 busy", 25, E.DEFERRED),
        ("550 Mailbox unavailable or access denied", 71, E.DEFERRED),
        ("550 Mailbox unavailable or access denied", 73, E.FAILED),
    ):
        server.script = Script(rcpt=answer)
        OutboxEmail.objects.update(
            next_attempt_at=None, delayed_since=timezone.now() - timedelta(hours=hours)
        )
        MailDomain.objects.update(not_before=Now() - timedelta(seconds=1))
        assert outbox.deliver_due() == Counter({state: 1})
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_bounced_address_gets_no_bulk_mail_again_and_is_not_stored(server: SmtpServer, reader: User) -> None:
    server.script = Script(rcpt="550 5.1.1 user unknown")
    make_mail(reader)
    outbox.deliver_due()
    server.script = Script()
    again = make_mail(reader, number=1)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1})
    again.refresh_from_db()
    assert (again.error, server.spool) == ("address_bounced", [])
    hashed = Suppression.objects.get().address_hash
    assert "maya" not in hashed
    assert hashed == address_hash("MAYA@portland.example")


@pytest.mark.django_db
def test_slowed_domain_waits_and_others_do_not(server: SmtpServer, reader: User) -> None:
    server.script_for = lambda to: Script(rcpt="421 4.7.0 rate") if "portland" in to else Script()
    other = make_user("li@wuhan.example")
    make_consent(other, ConsentPurpose.DIGEST)
    make_mail(reader)
    make_mail(reader, number=1)
    make_mail(other)
    assert outbox.deliver_due() == Counter({E.DEFERRED: 1, E.SENT: 1})
    assert [mail.recipient for mail in server.spool] == ["li@wuhan.example"]
    assert OutboxEmail.objects.filter(state=E.QUEUED).count() == 1


@pytest.mark.django_db
def test_sharp_provider_is_served_at_its_pace(server: SmtpServer) -> None:
    user = make_user("maya@qq.com")
    make_consent(user, ConsentPurpose.DIGEST)
    for number in range(3):
        make_mail(user, number=number)
    assert outbox.deliver_due() == Counter({E.SENT: 1})
    assert outbox.deliver_due() == Counter()
    # Time moves on with the clock of the database: here its row is moved back.
    MailDomain.objects.update(not_before=Now() - timedelta(seconds=1))
    assert outbox.deliver_due() == Counter({E.SENT: 1})


@pytest.mark.django_db
def test_slowed_domain_speeds_up_after_a_quiet_day(server: SmtpServer, reader: User) -> None:
    MailDomain.objects.create(domain="portland.example", seconds_between=8)
    MailDomain.objects.update(paced_at=Now() - timedelta(hours=25), not_before=Now() - timedelta(seconds=1))
    make_mail(reader)
    outbox.deliver_due()
    assert MailDomain.objects.get().seconds_between == 4


@pytest.mark.django_db
@pytest.mark.parametrize("transport", ["EMAIL_USE_TLS", "EMAIL_USE_SSL"])
def test_server_without_the_tls_we_ask_for_puts_mail_off(
    server: SmtpServer, reader: User, settings: Settings, transport: str
) -> None:
    server.script = Script(extensions=("STARTTLS",))
    setattr(settings, transport, True)
    email = make_mail(reader)
    assert outbox.deliver_due() == Counter({E.DEFERRED: 1})
    assert 0.79 < pause_of(email) / MINUTE < 1.21
    assert server.spool == []


@pytest.mark.django_db
def test_awaited_mail_goes_before_digests_that_wait_longer(server: SmtpServer, reader: User) -> None:
    for number in range(50):
        make_mail(reader, number=number)
    awaited = make_awaited(reader)
    assert outbox.deliver_due(limit=2) == Counter({E.SENT: 2})
    oldest = OutboxEmail.objects.order_by("pk")[0]
    assert [mail.message["Message-ID"] for mail in server.spool] == [awaited.message_id, oldest.message_id]


@pytest.mark.django_db
def test_unreachable_server_ends_the_turn_after_one_try(server: SmtpServer, reader: User) -> None:
    server.close()
    for number in range(3):
        make_mail(reader, number=number)
    assert outbox.deliver_due() == Counter({E.DEFERRED: 1})
    assert Counter(OutboxEmail.objects.values_list("state", flat=True)) == Counter(
        {E.QUEUED: 2, E.DEFERRED: 1}
    )


# --- Checked again before sending ----------------------------------------------------------------


def take_consent_back(scene: Scene) -> None:
    make_consent(scene.readers[0], ConsentPurpose.DIGEST, granted=False)


def close_account(scene: Scene) -> None:
    User.objects.filter(pk=scene.readers[0].pk).update(is_active=False)


def erase_person(scene: Scene) -> None:
    DigestItem.objects.all().delete()
    scene.readers[0].delete()


def switch_mail_off(scene: Scene) -> None:
    User.objects.filter(pk=scene.readers[0].pk).update(mail_frequency=MailFrequency.OFF)


def suspend_own(scene: Scene) -> None:
    Organization.objects.filter(pk=scene.seekers[0].pk).update(state=OrganizationState.SUSPENDED)


def suspend_candidate(scene: Scene) -> None:
    Organization.objects.filter(pk=scene.candidates[0].pk).update(state=OrganizationState.SUSPENDED)


def leave_team(scene: Scene) -> None:
    scene.seekers[0].team_members.all().delete()


def hold_one(scene: Scene) -> None:
    Recommendation.objects.filter(seeker=scene.seekers[0], candidate=scene.candidates[0]).update(state=S.HELD)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (take_consent_back, "no_consent"),
        (close_account, "account_not_active"),
        (erase_person, "person_gone"),
        (switch_mail_off, "frequency_off"),
        (suspend_own, "organization_not_approved"),
        (leave_team, "not_in_the_team"),
    ],
)
def test_what_was_right_when_queued_is_checked_again(
    server: SmtpServer, change: Callable[[Scene], None], reason: str
) -> None:
    scene = make_scene()
    digests.queue_due()
    change(scene)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1})
    email = OutboxEmail.objects.get()
    assert (email.state, email.error, server.spool) == (E.SUPPRESSED, reason, [])
    event = CurationEvent.objects.get(subject="email", kind="suppressed")
    assert event.data == {"reason": reason}
    # Nothing was told, so it may be told when things are right again.
    assert not DigestItem.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "reason"),
    [(suspend_candidate, "candidate_not_approved"), (hold_one, "recommendation_withdrawn")],
)
def test_what_is_left_to_tell_goes_out_in_a_digest_of_its_own(
    server: SmtpServer, change: Callable[[Scene], None], reason: str
) -> None:
    scene = make_scene()
    digests.queue_due()
    change(scene)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1, E.SENT: 1})
    stopped, sent = OutboxEmail.objects.order_by("pk")
    assert (stopped.state, stopped.error, stopped.slot) == (E.SUPPRESSED, reason, f"{sent.slot}/{stopped.pk}")
    assert len(server.spool) == 1
    told = set(DigestItem.objects.values_list("email_id", "recommendation__candidate_id"))
    assert told
    assert told <= {(sent.pk, candidate.pk) for candidate in scene.candidates[1:]}
    assert scene.candidates[0].name_en not in sent.body_text


@pytest.mark.django_db
def test_name_that_is_taken_back_is_not_mailed_any_more(server: SmtpServer) -> None:
    scene = make_scene()
    digests.queue_due()
    Organization.objects.filter(pk=scene.candidates[0].pk).update(shows_name=False)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1, E.SENT: 1})
    stopped, sent = OutboxEmail.objects.order_by("pk")
    assert (stopped.error, scene.candidates[0].name_en in stopped.body_text) == ("candidate_anonymous", True)
    assert (scene.candidates[0].name_en in sent.body_text, "City in Hubei, China" in sent.body_text) == (
        False,
        True,
    )
    assert DigestItem.objects.filter(email=sent).count() == DigestItem.objects.count()


@pytest.mark.django_db
def test_hidden_name_that_is_part_of_another_stops_no_digest(server: SmtpServer) -> None:
    scene = make_scene()
    first, second = scene.candidates[:2]
    Organization.objects.filter(pk=first.pk).update(name_en="Denver", name_zh="", shows_name=False)
    Organization.objects.filter(pk=second.pk).update(name_en="Denver Water")
    digests.queue_due()
    assert outbox.deliver_due(limit=50) == Counter({E.SENT: 1})
    assert "Denver Water" in OutboxEmail.objects.get().body_text


@pytest.mark.django_db
def test_a_name_of_full_length_stops_nobodys_digest(server: SmtpServer) -> None:
    scene = make_scene(readers=2)
    Organization.objects.filter(pk=scene.seekers[0].pk).update(name_en="Long " * 39)
    assert digests.queue_due() == 2
    assert OutboxEmail.objects.filter(subject__contains="…").count() == 1
    assert outbox.deliver_due() == Counter({E.SENT: 2})


@pytest.mark.django_db
def test_logs_carry_ids_and_no_addresses(
    server: SmtpServer, reader: User, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    server.script = Script(rcpt="550 5.1.1 <maya@portland.example> unknown")
    make_mail(reader)
    with caplog.at_level(logging.INFO):
        outbox.deliver_due()
    said = " ".join(str(record.msg) for record in caplog.records)
    assert "mail_handled" in said
    assert "portland" not in said
    assert "<address>" in OutboxEmail.objects.get().reply


@pytest.mark.django_db
def test_what_mails_said_is_dropped_after_thirty_days(server: SmtpServer, reader: User) -> None:
    old, waiting, young = (make_mail(reader, number=number) for number in range(3))
    outbox.deliver_due()
    for mail, state, days in ((old, E.SENT, 31), (waiting, E.UNCERTAIN, 31), (young, E.SENT, 29)):
        made = timezone.now() - timedelta(days=days)
        OutboxEmail.objects.filter(pk=mail.pk).update(created_at=made, state=state)
    assert (old_bodies_drop(), old_bodies_drop()) == (1, 0)
    kept = OutboxEmail.objects.order_by("pk").values_list("subject", "body_text", "body_html")
    whole = ("Two new recommendations", "Dear reader", "<p>Dear reader</p>")
    assert list(kept) == [("Two new recommendations", "", ""), whole, whole]
