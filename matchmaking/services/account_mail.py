"""Codes and notices about a person's own account, through the outbox as mail that somebody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from django.db import transaction
from django.utils import timezone, translation

from alliances.models import User
from matchmaking import nudge
from matchmaking.emails.account import account_email
from matchmaking.emails.message import new_message_id, one_address
from matchmaking.enums import EmailKind, MailClass, Queue
from matchmaking.models import CurationEvent, OutboxEmail


def account_mail_queue(
    name: str,
    user: User | None,
    address: str,
    *,
    code: str = "",
    url: str = "",
    facts: Mapping[str, str] | None = None,
) -> None:
    """Queue the notice called `name` to a person, in their language.

    For nobody (an address that no account has) the same work is done and taken back: no row, no mail, and an
    answer that takes as long.

    Raises:
        ValidationError: `address` is not one address.
    """
    now = timezone.now()
    language = user.language if user else translation.get_language() or "en"
    with translation.override(language):
        email = account_email(name, user, at=now, code=code, url=url, facts=facts)
    with transaction.atomic():
        row = OutboxEmail.objects.create(
            kind=EmailKind.ACCOUNT,
            mail_class=MailClass.AWAITED,
            user=user,
            message_id=new_message_id(),
            recipient=one_address(address),
            language=language,
            subject=email.subject,
            body_text=email.body_text,
            body_html=email.body_html,
            headers=dict(email.headers),
        )
        CurationEvent.objects.create(subject="email", subject_id=row.pk, kind="queued", data={"notice": name})
        if user is None:
            transaction.set_rollback(True)
    nudge.after_commit(Queue.MAIL)


def has_expired(email: OutboxEmail) -> bool:
    """Whether what the mail holds is of no use any more."""
    expires = email.headers.get("Expires")
    return bool(expires) and parsedate_to_datetime(expires) <= timezone.now()
