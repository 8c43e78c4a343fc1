"""A scriptable SMTP server over real sockets: it does what real servers do on bad days.

Accepted messages are its spool: the only place where the tests count mails. It takes no library, so that it
can also do what no library would: answer half a line, or die between the message and its answer.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True)
class Mail:
    """A message the server said 250 to, or had in full when it failed to answer."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Script:
    """What to answer at each moment; an empty text means the usual answer.

    `drop_at` closes the line instead of answering, `drop_after` right after it, `silent_at` says nothing,
    `trickle` says a byte a second.
    Moments: connect, ehlo, mail, rcpt, data, body.
    """

    connect: str = ""
    mail: str = ""
    rcpt: str = ""
    data: str = ""
    body: str = ""
    drop_at: str = ""
    drop_after: str = ""
    silent_at: str = ""
    trickle: bool = False
    # What the server offers after EHLO, besides nothing.
    extensions: tuple[str, ...] = ()


USUAL = {
    "connect": "220 ready",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "body": "250 queued",
}


@dataclass
class SmtpServer:
    """Listens on a free local port until closed. `script_for(recipient)` may choose by recipient."""

    script: Script = field(default_factory=Script)
    script_for: Callable[[str], Script] | None = None
    # Called with each whole message before it is answered: the moment to kill a sender.
    before_answer: Callable[[Mail], None] | None = None
    # With it the server speaks TLS from the first byte.
    tls: ssl.SSLContext | None = None
    spool: list[Mail] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        self._listener.close()
        with self._lock:
            lines, self._open = list(self._open), set()
        for line in lines:
            line.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                line, _ = self._listener.accept()
            except TimeoutError:
                continue
            with self._lock:
                self.connections += 1
                self._open.add(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        line = accepted
        try:
            if self.tls is not None:
                line = self.tls.wrap_socket(line, server_side=True)
            with line, line.makefile("rb") as reader:
                _Conversation(self, line, reader.readline).run()
        except (OSError, ValueError, _DroppedError):
            pass
        finally:
            with self._lock:
                self._open.discard(accepted)


class _DroppedError(Exception):
    """The script closes the line."""


class _Conversation:
    def __init__(self, server: SmtpServer, line: socket.socket, readline: Callable[[], bytes]) -> None:
        self.server, self.line, self.readline = server, line, readline
        self.script = server.script
        self.sender = ""
        self.recipient = ""

    def run(self) -> None:
        self.answer("connect", self.script.connect)
        while command := self.readline():
            verb, _, rest = command.decode("ascii", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self.greet()
                case "MAIL":
                    self.sender = rest[rest.find("<") + 1 : rest.find(">")]
                    self.answer("mail", self.script.mail)
                case "RCPT":
                    self.recipient = rest[rest.find("<") + 1 : rest.find(">")]
                    if self.server.script_for is not None:
                        self.script = self.server.script_for(self.recipient)
                    self.answer("rcpt", self.script.rcpt)
                case "DATA":
                    if self.answer("data", self.script.data).startswith("354"):
                        self.take_body()
                case "QUIT":
                    self.say("221 bye")
                    return
                case "RSET" | "NOOP":
                    self.say("250 ok")
                case _:
                    self.say("502 not known here")

    def greet(self) -> None:
        lines = ["mail.test.example", *self.script.extensions]
        for number, text in enumerate(lines, 1):
            self.say(f"250{' ' if number == len(lines) else '-'}{text}")

    def take_body(self) -> None:
        lines: list[bytes] = []
        while (text := self.readline()) != b".\r\n":
            if not text:
                return
            lines.append(text[1:] if text.startswith(b".") else text)
        mail = Mail(self.sender, self.recipient, b"".join(lines))
        if self.server.before_answer is not None:
            self.server.before_answer(mail)
        # What is not refused counts as received, whether or not the answer arrives.
        if not self.script.body or self.script.body.startswith("250"):
            with self.server._lock:
                self.server.spool.append(mail)
        self.answer("body", self.script.body)

    def answer(self, moment: str, text: str) -> str:
        text = text or USUAL[moment]
        if self.script.drop_at == moment:
            raise _DroppedError
        if self.script.silent_at == moment:
            self.server._closing.wait(60)
            raise _DroppedError
        self.say(text)
        if text.startswith("421") or self.script.drop_after == moment:
            raise _DroppedError
        return text

    def say(self, text: str) -> None:
        content = f"{text}\r\n".encode()
        if not self.script.trickle:
            self.line.sendall(content)
            return
        for byte in content:
            self.line.sendall(bytes([byte]))
            time.sleep(1)


@contextmanager
def smtp_server(script: Script | None = None) -> Iterator[SmtpServer]:
    server = SmtpServer(script or Script())
    try:
        yield server
    finally:
        server.close()
