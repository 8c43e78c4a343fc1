"""A composed mail as a row of the outbox, and rows into the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from alliances.models import User
from matchmaking import nudge
from matchmaking.emails.message import RenderedEmail, new_message_id, one_address
from matchmaking.enums import EmailKind, EmailState, MailClass, Queue
from matchmaking.models import CurationEvent, OutboxEmail

log = structlog.get_logger(__name__)


BODIES_KEPT = timedelta(days=30)
OVER = (EmailState.SENT, EmailState.FAILED, EmailState.SUPPRESSED)


def old_bodies_drop() -> int:
    """Empty the finished mails that were written over 30 days ago; that they were sent, and whom to, stays.

    Returns how many.
    """
    rows = OutboxEmail.objects.filter(state__in=OVER, created_at__lt=Now() - BODIES_KEPT)
    return rows.exclude(body_text="", body_html="").update(body_text="", body_html="")


def address_of(user: User) -> str:
    """The person's one address; empty, and logged, where it is not one, which no row may carry."""
    try:
        return one_address(user.email)
    except ValidationError as error:
        log.warning("address_refused", user=user.pk, reason=error.code)
        return ""


def mail_row(
    email: RenderedEmail,
    kind: EmailKind,
    mail_class: MailClass,
    *,
    recipient: str,
    language: str,
    user: User | None,
    **about: Any,
) -> OutboxEmail:
    """The row, not saved. `about` are its slot and what it tells of: an introduction, a recommendation."""
    return OutboxEmail(
        kind=kind,
        mail_class=mail_class,
        user=user,
        message_id=new_message_id(),
        recipient=recipient,
        language=language,
        subject=email.subject,
        body_text=email.body_text,
        body_html=email.body_html,
        headers=dict(email.headers),
        **about,
    )


def mails_queue(rows: Sequence[OutboxEmail], why: dict[str, object]) -> None:
    """Write rows with their audit rows in the caller's transaction, and have them sent after it."""
    OutboxEmail.objects.bulk_create(rows)
    CurationEvent.objects.bulk_create(
        CurationEvent(subject="email", subject_id=row.pk, kind="queued", data=why) for row in rows
    )
    if rows:
        nudge.after_commit(Queue.MAIL)
