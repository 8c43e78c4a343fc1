"""The SMTP wire: one message to one server, and what its answer means for the row.

Composing, choosing and recording are done elsewhere. What counts here is the moment at which something
went wrong: before the message's body was sent nobody can have received it; from the first byte of the body
until the server's answer nobody can tell.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Thread
from types import TracebackType

from django.conf import settings
from django.core.mail.utils import DNS_NAME

# The whole conversation about one message, from connecting to the last answer: a server that trickles its
# answers must not outlive a lease.
CONVERSATION_SECONDS = 45.0
FAREWELL_SECONDS = 2.0
REPLY_LENGTH = 500


class Phase(StrEnum):
    """How far the conversation was when it ended."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"


class Answer(StrEnum):
    """What an answer, or its absence, means."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"  # try again on the ladder
    LIMITED = "limited"  # a rate limit in the clothes of a refusal: try again tomorrow, more slowly
    UNKNOWN_RECIPIENT = "unknown_recipient"  # a hard bounce
    REFUSED = "refused"
    UNCLEAR = "unclear"  # the body was sent and no answer came


@dataclass(frozen=True)
class Outcome:
    answer: Answer
    phase: Phase
    code: int | None
    reply: str
    # The server complains of pace: the recipient's domain is to be served more slowly.
    slow_down: bool = False


# Answers that read as permanent and are not (QQ's limits; a full mailbox), wherever they are given.
LIMIT_REFUSED = re.compile(
    r"frequency limited|mailbox unavailable or access denied|connection denied|too many|\brate limit",
    re.IGNORECASE,
)
MAILBOX_FULL = re.compile(r"\b5\.2\.2\b|mailbox (is )?full|over ?quota|quota exceeded", re.IGNORECASE)
# Gmail 4.7.0 and 4.2.1, NetEase's codes for connections, volume and reputation, Microsoft's 432.
LIMIT_TEMPORARY = re.compile(
    r"\b4\.7\.(0|28)\b|\b4\.2\.1\b|HL:(ICC|IFC|REP)|MI:(DMC|SFQ)|RP:DRC|concurren|too many"
    r"|\b(rate|(rate[ _-]?)?limit)(s|ed|ing)?\b",
    re.IGNORECASE,
)
POLICY = re.compile(r"\b5\.7\.\d+\b|spam|blocked|blacklist|policy|denied", re.IGNORECASE)
UNKNOWN = re.compile(
    r"\b5\.1\.(1|2|3|6|10)\b|unknown|no such|not exist|doesn't exist|not found|no mailbox|invalid recipient"
    r"|no user|user not|recipient rejected",
    re.IGNORECASE,
)


def classify(code: int, reply: str, phase: Phase) -> Outcome:
    """The meaning of an SMTP answer, by code, text and moment (RFC 5321, 4.2; RFC 3463)."""
    return Outcome(_meaning(code, reply, phase), phase, code, reply[:REPLY_LENGTH], _is_of_pace(code, reply))


def _is_of_pace(code: int, reply: str) -> bool:
    if code >= 500:
        return bool(LIMIT_REFUSED.search(reply))
    return code == 432 or (code >= 400 and bool(LIMIT_TEMPORARY.search(reply)))


def _meaning(code: int, reply: str, phase: Phase) -> Answer:
    if code == 250 and phase is Phase.BODY:
        return Answer.ACCEPTED
    if code < 500:
        return Answer.TEMPORARY
    if LIMIT_REFUSED.search(reply):
        return Answer.LIMITED
    if MAILBOX_FULL.search(reply):
        return Answer.TEMPORARY
    if phase is Phase.CONNECT:
        # A server that refuses us (a bad password, a closed door) says nothing of this message.
        return Answer.TEMPORARY
    if phase is Phase.RCPT and UNKNOWN.search(reply) and not POLICY.search(reply):
        return Answer.UNKNOWN_RECIPIENT
    return Answer.REFUSED


class SmtpSession:
    """One connection to the mail server of EMAIL_URL, opened when first needed and used again.

    Use as a context manager. `send` never raises for what a server or network does.
    """

    def __init__(self, conversation_seconds: float | None = None) -> None:
        limit = min(CONVERSATION_SECONDS, settings.LEASE_SECONDS * 0.75)
        self.conversation_seconds = conversation_seconds or limit
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> SmtpSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection politely if it still answers."""
        if self._smtp is None:
            return
        try:
            with _deadline(self._smtp, FAREWELL_SECONDS):
                self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()
        self._smtp = None

    def send(self, sender: str, recipient: str, message: bytes) -> Outcome:
        """Offer one message (CRLF lines) to the server.

        Both addresses are bare and ASCII. After any answer but 250 the connection is given up, so that the
        next message meets a fresh one.
        """
        phase = Phase.CONNECT
        try:
            is_open, smtp = self._smtp is not None, self._smtp or _unconnected()
            self._smtp = smtp
            with _deadline(smtp, self.conversation_seconds):
                if not is_open:
                    _connect(smtp)
                for phase, command in (
                    (Phase.MAIL, f"MAIL FROM:<{sender}>"),
                    (Phase.RCPT, f"RCPT TO:<{recipient}>"),
                    (Phase.DATA, "DATA"),
                ):
                    code, reply = smtp.docmd(command)
                    if code not in ((354,) if phase is Phase.DATA else (250, 251)):
                        return self._give_up(classify(code, _text(reply), phase))
                phase = Phase.BODY
                smtp.send(_stuffed(message))
                code, reply = smtp.getreply()
        except smtplib.SMTPResponseException as error:
            return self._give_up(classify(error.smtp_code, _text(error.smtp_error), phase))
        except (smtplib.SMTPException, OSError) as error:
            answer = Answer.UNCLEAR if phase is Phase.BODY else Answer.TEMPORARY
            return self._give_up(Outcome(answer, phase, None, type(error).__name__))
        outcome = classify(code, _text(reply), phase)
        return outcome if outcome.answer is Answer.ACCEPTED else self._give_up(outcome)

    def _give_up(self, outcome: Outcome) -> Outcome:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
        return outcome


def _unconnected() -> smtplib.SMTP:
    """Made without a host, so that the object exists, and can be cut off, before there is a connection."""
    options = {"timeout": float(settings.EMAIL_TIMEOUT), "local_hostname": DNS_NAME.get_fqdn()}
    smtp = (
        smtplib.SMTP_SSL(context=ssl.create_default_context(), **options)
        if settings.EMAIL_USE_SSL
        else smtplib.SMTP(**options)
    )
    smtp._host = settings.EMAIL_HOST  # type: ignore[attr-defined]  # what TLS checks the certificate against
    return smtp


def _connect(smtp: smtplib.SMTP) -> None:
    """Open the line as far as a first message; raises what the server and the network make of it."""
    code, reply = smtp.connect(settings.EMAIL_HOST, settings.EMAIL_PORT)
    if code != 220:
        raise smtplib.SMTPConnectError(code, reply)
    smtp.ehlo_or_helo_if_needed()
    if settings.EMAIL_USE_TLS:
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
    if settings.EMAIL_HOST_USER:
        smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)


@contextmanager
def _deadline(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the line after so many seconds: a socket's timeout starts anew with every byte."""
    over = Event()

    def cut() -> None:
        pause = seconds
        # Again and again: while it is still connecting there is no line to cut yet.
        while not over.wait(pause):
            if smtp.sock is not None:
                with suppress(OSError):
                    smtp.sock.shutdown(socket.SHUT_RDWR)
            pause = 0.1

    Thread(target=cut, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _stuffed(message: bytes) -> bytes:
    """The body as DATA wants it: CRLF line ends, leading dots doubled, the closing dot (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    lines = re.sub(rb"(?m)^\.", b"..", lines)
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    # One line, and no address of a person: servers like to repeat it.
    return re.sub(r"<?[^\s<>]+@[^\s<>]+>?", "<address>", " ".join(text.split()))
