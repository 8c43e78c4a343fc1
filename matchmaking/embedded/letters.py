"""The messages that the mailbox kept, read back: as many headers or as much text as a page shows.

Nothing a sender can write makes reading fail: what cannot be understood is shown as it is, or left empty.
"""

from __future__ import annotations

import email
import os
import re
from binascii import Error as BadBase64
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

# As `mailbox.Keeper` names them, without the `.eml`: by time, then at random.
NAME = r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}"
FILE_NAME = re.compile(rf"({NAME})\.eml")
# The mailbox writes the recipients first, so a search needs no more of each file.
RECIPIENT_BYTES = 2_048
HEADER_BYTES = 65_536
# A message above it is listed, and its headers are shown; its text is not.
SHOWN_BYTES = 2_097_152


@dataclass(frozen=True)
class Letter:
    """A kept message by its headers."""

    name: str
    kept_at: datetime
    size: int
    headers: Message

    @property
    def is_shown(self) -> bool:
        """Whether it is small enough for its text to be shown."""
        return self.size <= SHOWN_BYTES

    @property
    def recipients(self) -> list[str]:
        """To whom it was sent, by the envelope."""
        return self.all("X-Envelope-To")

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def language(self) -> str:
        return self.header("Content-Language")

    def header(self, name: str) -> str:
        """The first header of this name in plain words; empty where there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [_words(str(value)) for value in self.headers.get_all(name, [])]


@dataclass(frozen=True)
class Body:
    """The two forms of a message; empty where it has none or is too large to be shown."""

    text: str = ""
    html: str = ""


def letter_names(folder: Path, address: str = "") -> list[str]:
    """The names of the messages kept, newest first; with `address`, only of those sent to one that holds it.

    A folder that is not there holds none.
    """
    try:
        with os.scandir(folder) as entries:
            found = [match[1] for entry in entries if (match := FILE_NAME.fullmatch(entry.name))]
    except OSError:
        return []
    if address:
        sought = address.strip().lower()
        found = [name for name in found if any(sought in to.lower() for to in _recipients(folder, name))]
    return sorted(found, reverse=True)


def read_letter(folder: Path, name: str) -> Letter | None:
    """The headers of one message; None where it is not there, or the name is not one of ours."""
    try:
        path = _path(folder, name)
        status = path.stat()
        head = _head(path, HEADER_BYTES)
    except (OSError, ValueError):
        return None
    kept_at = datetime.fromtimestamp(status.st_mtime, UTC)
    return Letter(name, kept_at, status.st_size, email.message_from_bytes(_headers_of(head)))


def read_body(folder: Path, letter: Letter) -> Body:
    """The first text and the first HTML of a message."""
    if not letter.is_shown:
        return Body()
    try:
        message = email.message_from_bytes(_path(folder, letter.name).read_bytes())
        parts = [part for part in message.walk() if not part.is_multipart()]
    except (OSError, RecursionError):
        return Body()
    return Body(_first(parts, "text/plain"), _first(parts, "text/html"))


def _path(folder: Path, name: str) -> Path:
    if not re.fullmatch(NAME, name):
        raise ValueError(f"{name!r} is not the name of a kept message.")
    return folder / f"{name}.eml"


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _headers_of(head: bytes) -> bytes:
    """The header block alone, so that a cut body is not taken for a broken one."""
    return re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0] + b"\r\n\r\n"


def _recipients(folder: Path, name: str) -> list[str]:
    try:
        head = _head(_path(folder, name), RECIPIENT_BYTES)
    except OSError:
        return []
    lines = head.decode("utf-8", "replace").splitlines()
    return [line.partition(":")[2] for line in lines if line.startswith("X-Envelope-To:")]


def _first(parts: list[Message], kind: str) -> str:
    for part in parts:
        if part.get_content_type() == kind:
            content = part.get_payload(decode=True)
            return _decoded(content, part.get_content_charset()) if isinstance(content, bytes) else ""
    return ""


def _decoded(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is none
        return content.decode("utf-8", "replace")


def _words(value: str) -> str:
    """A header with its encoded words decoded, on one line."""
    line = " ".join(value.split())
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, BadBase64, LookupError, UnicodeError, ValueError):
        return line
