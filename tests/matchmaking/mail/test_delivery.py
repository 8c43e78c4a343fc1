"""The wire: what servers do, over real sockets, and what we take it to mean."""

import socket
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.utils import timezone
from pytest_django import Settings

from matchmaking import settings as defaults
from matchmaking.emails.delivery import FAREWELL_SECONDS, Answer, Outcome, Phase, SmtpSession, classify
from matchmaking.services.outbox import TURN_SECONDS
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
    (421, "Rate limited", Phase.MAIL, Answer.TEMPORARY, True),
    (421, "You are sending at high rates", Phase.MAIL, Answer.TEMPORARY, True),
    (451, "ratelimit reached", Phase.RCPT, Answer.TEMPORARY, True),
    (421, "please operate later", Phase.MAIL, Answer.TEMPORARY, False),
    (451, "corporate gateway not ready", Phase.RCPT, Answer.TEMPORARY, False),
    (452, "unlimited plans only", Phase.RCPT, Answer.TEMPORARY, False),
    (554, "no corporate limit stated", Phase.BODY, Answer.REFUSED, False),
    (450, "Mailbox busy", Phase.RCPT, Answer.TEMPORARY, False),
    (450, "4.2.0 Greylisted, please come back in 5 minutes", Phase.RCPT, Answer.TEMPORARY, False),
    (450, "4.2.1 The user is receiving mail too quickly", Phase.RCPT, Answer.TEMPORARY, True),
    (450, "MI:DMC 163 smtp4", Phase.RCPT, Answer.TEMPORARY, True),
    (451, "4.3.0 Local error in processing", Phase.BODY, Answer.TEMPORARY, False),
    (451, "MI:DMC 163 smtp5", Phase.RCPT, Answer.TEMPORARY, True),
    (450, "RP:DRC 163 smtp4", Phase.RCPT, Answer.TEMPORARY, True),
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


def test_server_that_hangs_up_after_each_answer_has_each_message_once(server: SmtpServer) -> None:
    server.script = Script(drop_after="body")
    with SmtpSession() as session:
        outcomes = [session.send("news@service.example", f"p{n}@portland.example", MESSAGE) for n in range(3)]
    assert [(outcome.answer, outcome.phase) for outcome in outcomes] == [
        (Answer.ACCEPTED, Phase.BODY),
        (Answer.TEMPORARY, Phase.MAIL),
        (Answer.ACCEPTED, Phase.BODY),
    ]
    assert [mail.recipient for mail in server.spool] == ["p0@portland.example", "p2@portland.example"]


SCRIPTS = [
    (Script(connect="421 4.3.2 not now"), Answer.TEMPORARY, Phase.CONNECT, 0),
    (Script(mail="421 4.3.2 not now"), Answer.TEMPORARY, Phase.MAIL, 0),
    (Script(rcpt="450 busy"), Answer.TEMPORARY, Phase.RCPT, 0),
    (Script(rcpt="550 5.1.1 unknown"), Answer.UNKNOWN_RECIPIENT, Phase.RCPT, 0),
    (Script(rcpt="550 Domain frequency limited"), Answer.LIMITED, Phase.RCPT, 0),
    (Script(data="451 not now"), Answer.TEMPORARY, Phase.DATA, 0),
    (Script(body="451 not now"), Answer.TEMPORARY, Phase.BODY, 0),
    (Script(body="554 no"), Answer.REFUSED, Phase.BODY, 0),
    (Script(drop_after="body"), Answer.ACCEPTED, Phase.BODY, 1),
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


class SlowServer(SmtpServer):
    """Half a deadline and more until it greets, and as long again until it takes a recipient."""

    PAUSE = 0.8

    def _serve(self, line: socket.socket) -> None:
        time.sleep(self.PAUSE)
        super()._serve(line)


def test_connecting_and_sending_share_one_deadline(server: SmtpServer, settings: Settings) -> None:
    def slow_script(_recipient: str) -> Script:
        time.sleep(SlowServer.PAUSE)
        return Script()

    settings.EMAIL_TIMEOUT = 5
    slow = SlowServer(script_for=slow_script)
    settings.EMAIL_PORT = slow.port
    try:
        outcome = send_one(seconds=1.2)
        assert (outcome.answer, outcome.phase, slow.spool) == (Answer.TEMPORARY, Phase.RCPT, [])
        assert send_one(seconds=10).answer is Answer.ACCEPTED
    finally:
        slow.close()


def test_turn_and_one_more_conversation_end_before_the_task_and_the_lease(settings: Settings) -> None:
    conversation = SmtpSession().conversation_seconds
    assert conversation < settings.LEASE_SECONDS
    assert TURN_SECONDS + conversation + FAREWELL_SECONDS < settings.CELERY_TASK_SOFT_TIME_LIMIT
    settings.LEASE_SECONDS = 4
    assert SmtpSession().conversation_seconds == 3


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


def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server needs to speak TLS under a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_server_that_nobody_vouches_for_is_told_nothing(
    settings: Settings, server: SmtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.tls = self_signed(tmp_path)
    settings.EMAIL_USE_SSL = True
    outcome = send_one()
    assert (outcome.answer, outcome.phase, outcome.reply) == (
        Answer.TEMPORARY,
        Phase.CONNECT,
        "SSLCertVerificationError",
    )
    assert server.spool == []
    # The same server, vouched for, is served: it was the certificate that stopped the mail.
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    assert send_one().answer is Answer.ACCEPTED


def test_silence_is_left_after_the_timeout_of_the_settings(settings: Settings, server: SmtpServer) -> None:
    assert defaults.EMAIL_TIMEOUT == 15
    server.script = Script(silent_at="rcpt")
    started = time.monotonic()
    outcome = send_one()
    assert (outcome.answer, outcome.reply) == (Answer.TEMPORARY, "SMTPServerDisconnected")
    assert settings.EMAIL_TIMEOUT <= time.monotonic() - started < defaults.EMAIL_TIMEOUT


def test_many_messages_over_one_connection_each_once(server: SmtpServer) -> None:
    count = size(small=50, ci=200, full=1000)
    name: Callable[[int], str] = "p{}@portland.example".format
    with SmtpSession() as session:
        for number in range(count):
            assert session.send("news@service.example", name(number), MESSAGE).answer is Answer.ACCEPTED
    assert sorted(mail.recipient for mail in server.spool) == sorted(name(number) for number in range(count))
