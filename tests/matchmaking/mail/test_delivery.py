"""The wire: what servers do, over real sockets, and what we take it to mean."""

import ssl
import time
from collections.abc import Callable

import pytest
from pytest_django import Settings

from matchmaking.emails.delivery import Answer, Outcome, Phase, SmtpSession, classify
from tests.sizes import size
from tests.smtp_server import Script, SmtpServer

MESSAGE = b"Subject: hello\r\n\r\nfirst line\r\n.starts with a dot\r\n"

# Code, text, moment, meaning, and whether the domain is to be served more slowly.
ANSWERS = [
    (250, "2.0.0 OK queued as 12345", Phase.BODY, Answer.ACCEPTED, False),
    (421, "4.3.2 Service shutting down", Phase.CONNECT, Answer.TEMPORARY, False),
    (421, "Try again later", Phase.MAIL, Answer.TEMPORARY, False),
    (421, "4.7.0 unusual rate of unsolicited mail", Phase.BODY, Answer.TEMPORARY, True),
    (421, "HL:ICC 163 smtp1, too many connections", Phase.CONNECT, Answer.TEMPORARY, True),
    (421, "HL:IFC 163 smtp2", Phase.RCPT, Answer.TEMPORARY, True),
    (421, "HL:REP 163 smtp3", Phase.RCPT, Answer.TEMPORARY, True),
    (432, "4.3.2 Concurrent connections limit exceeded", Phase.MAIL, Answer.TEMPORARY, True),
    (450, "Mailbox busy", Phase.RCPT, Answer.TEMPORARY, False),
    (450, "4.2.0 Greylisted, please come back in 5 minutes", Phase.RCPT, Answer.TEMPORARY, False),
    (450, "4.2.1 The user is receiving mail too quickly", Phase.RCPT, Answer.TEMPORARY, True),
    (450, "MI:DMC 163 smtp4", Phase.RCPT, Answer.TEMPORARY, True),
    (451, "4.3.0 Local error in processing", Phase.BODY, Answer.TEMPORARY, False),
    (451, "MI:DMC 163 smtp5", Phase.RCPT, Answer.TEMPORARY, True),
    (451, "RP:DRC 163 smtp6", Phase.RCPT, Answer.TEMPORARY, True),
    (451, "MI:SFQ 163 smtp7", Phase.RCPT, Answer.TEMPORARY, True),
    (451, "DT:SPM 163 smtp8, please try again", Phase.BODY, Answer.TEMPORARY, False),
    (452, "4.3.1 Insufficient system storage", Phase.DATA, Answer.TEMPORARY, False),
    (454, "4.7.0 TLS not available", Phase.CONNECT, Answer.TEMPORARY, True),
    (552, "5.2.2 Mailbox full", Phase.RCPT, Answer.TEMPORARY, False),
    (550, "5.2.2 The recipient is over quota", Phase.RCPT, Answer.TEMPORARY, False),
    (535, "5.7.8 Authentication credentials invalid", Phase.CONNECT, Answer.TEMPORARY, False),
    (554, "5.7.1 No SMTP service here", Phase.CONNECT, Answer.TEMPORARY, False),
    (550, "Domain frequency limited", Phase.RCPT, Answer.LIMITED, True),
    (550, "Sender frequency limited", Phase.MAIL, Answer.LIMITED, True),
    (550, "Connection frequency limited", Phase.CONNECT, Answer.LIMITED, True),
    (550, "Mailbox unavailable or access denied", Phase.RCPT, Answer.LIMITED, True),
    (550, "Ip frequency limited", Phase.BODY, Answer.LIMITED, True),
    (550, "5.1.1 The email account does not exist", Phase.RCPT, Answer.UNKNOWN_RECIPIENT, False),
    (550, "No such user here", Phase.RCPT, Answer.UNKNOWN_RECIPIENT, False),
    (550, "5.1.1 <address>: User unknown", Phase.RCPT, Answer.UNKNOWN_RECIPIENT, False),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", Phase.RCPT, Answer.UNKNOWN_RECIPIENT, False),
    (550, "Requested action not taken: mailbox not found", Phase.RCPT, Answer.UNKNOWN_RECIPIENT, False),
    (551, "5.1.6 User not local", Phase.RCPT, Answer.UNKNOWN_RECIPIENT, False),
    (550, "5.7.1 Message blocked", Phase.BODY, Answer.REFUSED, False),
    (550, "5.7.1 Relaying denied, unknown sender", Phase.RCPT, Answer.REFUSED, False),
    (550, "5.7.26 Unauthenticated email is not accepted", Phase.BODY, Answer.REFUSED, False),
    (552, "5.3.4 Message too big", Phase.BODY, Answer.REFUSED, False),
    (553, "5.1.8 Sender domain is not allowed", Phase.MAIL, Answer.REFUSED, False),
    (554, "Transaction failed", Phase.BODY, Answer.REFUSED, False),
    (554, "5.7.1 Rejected as spam", Phase.BODY, Answer.REFUSED, False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "phase", "answer", "slow_down"), ANSWERS)
def test_answer_is_classified_as_written(
    code: int, text: str, phase: Phase, answer: Answer, slow_down: bool
) -> None:
    outcome = classify(code, text, phase)
    assert (outcome.answer, outcome.slow_down, outcome.code) == (answer, slow_down, code)


def send_one(seconds: float | None = None) -> Outcome:
    with SmtpSession(seconds) as session:
        return session.send("news@service.example", "maya@portland.example", MESSAGE)


def test_accepted_message_arrives_as_it_was(server: SmtpServer) -> None:
    outcome = send_one()
    assert (outcome.answer, outcome.code) == (Answer.ACCEPTED, 250)
    assert [(mail.sender, mail.recipient, mail.content) for mail in server.spool] == [
        ("news@service.example", "maya@portland.example", MESSAGE)
    ]


def test_connection_is_used_again(server: SmtpServer) -> None:
    with SmtpSession() as session:
        answers = [
            session.send("news@service.example", f"p{n}@portland.example", MESSAGE).answer for n in range(5)
        ]
    assert answers == [Answer.ACCEPTED] * 5
    assert [mail.recipient for mail in server.spool] == [f"p{n}@portland.example" for n in range(5)]
    assert server.connections == 1


def test_connection_is_opened_anew_after_a_refusal(server: SmtpServer) -> None:
    def script_for(recipient: str) -> Script:
        return Script(rcpt="550 5.1.1 unknown user") if recipient.startswith("nobody") else Script()

    server.script_for = script_for
    with SmtpSession() as session:
        answers = [
            session.send("news@service.example", f"{name}@portland.example", MESSAGE).answer
            for name in ("nobody", "maya")
        ]
    assert answers == [Answer.UNKNOWN_RECIPIENT, Answer.ACCEPTED]
    assert [mail.recipient for mail in server.spool] == ["maya@portland.example"]


SCRIPTS = [
    (Script(connect="421 4.3.2 not now"), Answer.TEMPORARY, Phase.CONNECT, 0),
    (Script(mail="421 4.3.2 not now"), Answer.TEMPORARY, Phase.MAIL, 0),
    (Script(rcpt="450 busy"), Answer.TEMPORARY, Phase.RCPT, 0),
    (Script(rcpt="550 5.1.1 unknown"), Answer.UNKNOWN_RECIPIENT, Phase.RCPT, 0),
    (Script(rcpt="550 Domain frequency limited"), Answer.LIMITED, Phase.RCPT, 0),
    (Script(data="451 not now"), Answer.TEMPORARY, Phase.DATA, 0),
    (Script(body="451 not now"), Answer.TEMPORARY, Phase.BODY, 0),
    (Script(body="554 no"), Answer.REFUSED, Phase.BODY, 0),
    (Script(drop_at="connect"), Answer.TEMPORARY, Phase.CONNECT, 0),
    (Script(drop_at="rcpt"), Answer.TEMPORARY, Phase.RCPT, 0),
    (Script(drop_at="data"), Answer.TEMPORARY, Phase.DATA, 0),
    (Script(drop_at="body"), Answer.UNCLEAR, Phase.BODY, 1),
    (Script(silent_at="connect"), Answer.TEMPORARY, Phase.CONNECT, 0),
    (Script(silent_at="rcpt"), Answer.TEMPORARY, Phase.RCPT, 0),
    (Script(silent_at="body"), Answer.UNCLEAR, Phase.BODY, 1),
    (Script(connect="554 no service"), Answer.TEMPORARY, Phase.CONNECT, 0),
]


@pytest.mark.parametrize(("script", "answer", "phase", "received"), SCRIPTS, ids=repr)
def test_what_the_server_does_is_understood(
    server: SmtpServer, script: Script, answer: Answer, phase: Phase, received: int
) -> None:
    server.script = script
    outcome = send_one()
    assert (outcome.answer, outcome.phase, len(server.spool)) == (answer, phase, received)


def test_answer_of_several_lines_is_read_whole(server: SmtpServer) -> None:
    server.script = Script(rcpt="550-5.1.1 The account\r\n550 5.1.1 does not exist")
    outcome = send_one()
    assert (outcome.answer, outcome.reply) == (
        Answer.UNKNOWN_RECIPIENT,
        "5.1.1 The account 5.1.1 does not exist",
    )


def test_reply_keeps_no_address(server: SmtpServer) -> None:
    server.script = Script(rcpt="550 5.1.1 <maya@portland.example>: user unknown")
    assert send_one().reply == "5.1.1 <address>: user unknown"


def test_trickling_server_is_cut_off_in_time(server: SmtpServer) -> None:
    server.script = Script(trickle=True)
    started = time.monotonic()
    outcome = send_one(seconds=2.5)
    assert (outcome.answer, outcome.phase) == (Answer.TEMPORARY, Phase.CONNECT)
    assert time.monotonic() - started < 6


def test_no_server_is_deferred(settings: Settings, server: SmtpServer) -> None:
    server.close()
    outcome = send_one()
    assert (outcome.answer, outcome.phase) == (Answer.TEMPORARY, Phase.CONNECT)


def test_server_without_the_tls_we_ask_for_is_deferred(settings: Settings, server: SmtpServer) -> None:
    settings.EMAIL_USE_TLS = True
    assert send_one().answer is Answer.TEMPORARY
    server.script = Script(extensions=("STARTTLS",))
    assert send_one().answer is Answer.TEMPORARY
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = False, True
    outcome = send_one()
    assert (outcome.answer, outcome.phase, server.spool) == (Answer.TEMPORARY, Phase.CONNECT, [])
    assert issubclass(getattr(ssl, outcome.reply, OSError), OSError)


def test_many_messages_over_one_connection_each_once(server: SmtpServer) -> None:
    count = size(small=50, ci=200, full=1000)
    name: Callable[[int], str] = "p{}@portland.example".format
    with SmtpSession() as session:
        for number in range(count):
            assert session.send("news@service.example", name(number), MESSAGE).answer is Answer.ACCEPTED
    assert sorted(mail.recipient for mail in server.spool) == sorted(name(number) for number in range(count))
