"""Codes and notices about accounts and teams, through the outbox as mail that somebody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from alliances.models import User
from matchmaking import nudge
from matchmaking.emails.account import account_email
from matchmaking.emails.message import one_address
from matchmaking.enums import EmailKind, MailClass, Queue
from matchmaking.models import CurationEvent, OutboxEmail
from matchmaking.services.mails import mail_row

# The slot of mail to the programme team, so that it is not taken for mail of a person who is gone.
OF_STAFF = "staff"


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
    language = user.language if user else translation.get_language() or "en"
    with transaction.atomic():
        _queue(name, user, address, language, code=code, url=url, facts=facts)
        if user is None:
            transaction.set_rollback(True)
    nudge.after_commit(Queue.MAIL)


def staff_mail_queue(name: str, *, url: str) -> None:
    """Queue the notice called `name` to the programme team's own inbox, in the site's first language.

    Raises:
        ValidationError: CONTACT_EMAIL is not one address.
    """
    with transaction.atomic():
        _queue(name, None, settings.CONTACT_EMAIL, settings.LANGUAGE_CODE, url=url, slot=OF_STAFF)
    nudge.after_commit(Queue.MAIL)


def _queue(
    name: str,
    user: User | None,
    address: str,
    language: str,
    *,
    url: str,
    code: str = "",
    facts: Mapping[str, str] | None = None,
    slot: str | None = None,
) -> None:
    with translation.override(language):
        email = account_email(name, user, at=timezone.now(), code=code, url=url, facts=facts)
    row = mail_row(
        email,
        EmailKind.ACCOUNT,
        MailClass.AWAITED,
        recipient=one_address(address),
        language=language,
        user=user,
        slot=slot,
    )
    row.save()
    CurationEvent.objects.create(subject="email", subject_id=row.pk, kind="queued", data={"notice": name})


def is_for_staff(email: OutboxEmail) -> bool:
    """Whether the mail goes to the programme team's own inbox, behind which stands no person."""
    return email.kind == EmailKind.ACCOUNT and email.slot == OF_STAFF


def has_expired(email: OutboxEmail) -> bool:
    """Whether what the mail holds is of no use any more."""
    expires = email.headers.get("Expires")
    return bool(expires) and parsedate_to_datetime(expires) <= timezone.now()
