"""A rendered email and its bytes on the wire.

Headers are written here and not by the standard library: it folds a long List-Unsubscribe into encoded words,
which no mail client follows, and makes encoded words a character longer than RFC 2047 allows.
"""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils.encoding import punycode
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking.wording.numbers import is_chinese
from matchmaking.wording.site import site_name

ADDRESS_LENGTH = 254
# RFC 2047, 2: an encoded word has at most 75 characters; 12 of them are its frame, 60 are 45 bytes of text.
ENCODED_WORD_BYTES = 45
LINE_HEIGHT = {True: "1.75", False: "1.5"}


@dataclass(frozen=True)
class RenderedEmail:
    """Everything of a message but its recipient. `headers` lack To, Subject, Date and Message-ID."""

    subject: str
    body_text: str
    body_html: str
    headers: Mapping[str, str]


def render_email(
    folder: str, *, title: str, at: datetime, context: Mapping[str, Any], headers: Mapping[str, str]
) -> RenderedEmail:
    """The message whose `subject.txt`, `body.txt` and `body.html` lie in `folder`, in the active language.

    `at` is the date in the foot; `headers` are beside those that every message has.
    """
    language = "zh-Hans" if is_chinese() else "en"
    frame = {
        "lang": language,
        "line_height": LINE_HEIGHT[is_chinese()],
        "title": title,
        "site_name": site_name(),
        "date": date_format(at, "Y年n月j日" if is_chinese() else "j F Y"),
        "postal_address": settings.POSTAL_ADDRESS,
        **context,
    }
    return RenderedEmail(
        subject=render_to_string(f"{folder}/subject.txt", frame).strip(),
        body_text=render_to_string(f"{folder}/body.txt", frame),
        body_html=_inliner().inline(render_to_string(f"{folder}/body.html", frame)),
        headers={
            "From": from_header(),
            "Reply-To": settings.CONTACT_EMAIL,
            "Auto-Submitted": "auto-generated",
            "Content-Language": language,
            **headers,
        },
    )


def greeting(user: User) -> str:
    """How a message begins, in the active language."""
    return _("Dear %(name)s,") % {"name": user.name} if user.name else _("Hello,")


@cache
def _inliner() -> css_inline.CSSInliner:
    # What cannot be inlined, dark colours and narrow screens, stays in the head.
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def one_address(value: str) -> str:
    """The one address in `value`, its domain in ASCII. Everything else is refused.

    Raises ValidationError with a plain sentence: for two addresses, a line break or an invisible character,
    letters beyond ASCII before the @ (no server here takes them), or more than 254 characters.
    """
    name, at, domain = value.strip(" ").rpartition("@")
    if len(value) > ADDRESS_LENGTH:
        raise ValidationError(
            _("Email address is too long (limit %(limit)s)."),
            params={"limit": ADDRESS_LENGTH},
            code="too_long",
        )
    if at and not name.isascii():
        raise ValidationError(_("The part before @ must use Latin letters for now."), code="local_part")
    try:
        address = f"{name}@{punycode(domain)}"
        validate_email(address)
    except (UnicodeError, ValidationError):
        raise ValidationError(_("Enter one email address."), code="not_one_address") from None
    # A quoted local part may hold commas, spaces and angle brackets; what may not be misread is not accepted.
    if any(character in address for character in '"(),:;<>[\\] \t\r\n\0') or address.count("@") != 1:
        raise ValidationError(_("Enter one email address."), code="not_one_address")
    return address


def from_header() -> str:
    """From: the site's name in the active language and the sending address; never anything a person wrote."""
    return f"{_phrase(site_name())} <{settings.DEFAULT_FROM_EMAIL}>"


def new_message_id() -> str:
    """A Message-ID that says nothing and stays the row's own, however often it is sent."""
    return f"<{uuid.uuid4().hex}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"


def message_bytes(
    *,
    message_id: str,
    recipient: str,
    date: datetime,
    subject: str,
    body_text: str,
    body_html: str,
    headers: Mapping[str, str],
) -> bytes:
    """The message as RFC 5322 text with CRLF lines: the same bytes for the same row.

    `headers` come as they are to be read (text); From is taken as it is, encoded already.
    Raises ValueError for a header with a control character: nothing of the kind may become a row.
    """
    lines = [
        *(_header(name, value) for name, value in headers.items()),
        _header("To", recipient),
        _header("Subject", subject),
        _header("Date", format_datetime(date)),
        _header("Message-ID", message_id),
    ]
    # 7bit: quoted-printable or base64, whichever is shorter, and no server has to be asked what it can.
    body = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    body.set_content(body_text)
    body.add_alternative(body_html, subtype="html")
    body.set_boundary(hashlib.sha256(message_id.encode()).hexdigest()[:32])
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + body.as_bytes()


def _header(name: str, value: str) -> str:
    if any(
        ord(character) < 32 or ord(character) == 127 or character in "\u0085\u2028\u2029"
        for character in value
    ):
        raise ValueError(f"{name} holds a control character.")
    return f"{name}: {value if value.isascii() else _encoded(value)}"


def _phrase(text: str) -> str:
    """A display name: quoted where it is ASCII, in encoded words where not."""
    if not text.isascii():
        return _encoded(text).replace("\r\n", "")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded(text: str) -> str:
    """Text as encoded words of at most 75 characters, none splitting a character (RFC 2047, 2 and 5)."""
    chunks: list[bytes] = [b""]
    for character in text:
        encoded = character.encode()
        if len(chunks[-1]) + len(encoded) > ENCODED_WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)
