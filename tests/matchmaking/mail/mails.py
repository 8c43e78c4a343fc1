"""Rows of the outbox, made without what would have queued them."""

from __future__ import annotations

from typing import Any

from alliances.models import User
from matchmaking.emails.message import new_message_id
from matchmaking.enums import EmailKind, MailClass
from matchmaking.models import OutboxEmail


def make_mail(user: User, *, number: int = 0, **fields: Any) -> OutboxEmail:
    """A digest without items, to this person."""
    values: dict[str, Any] = {
        "kind": EmailKind.DIGEST,
        "mail_class": MailClass.BULK,
        "slot": f"2026-W48-{number}",
        "message_id": new_message_id(),
        "recipient": user.email,
        "language": "en",
        "subject": "Two new recommendations",
        "body_text": "Dear reader",
        "body_html": "<p>Dear reader</p>",
        "headers": {"From": "Service <news@service.example>"},
    }
    return OutboxEmail.objects.create(user=user, **{**values, **fields})


def make_awaited(user: User) -> OutboxEmail:
    """A mail that somebody waits for."""
    return make_mail(user, kind=EmailKind.ACCOUNT, mail_class=MailClass.AWAITED, slot=None)
