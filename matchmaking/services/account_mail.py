"""Codes and notices about accounts and teams, through the outbox as mail that somebody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from alliances.models import AllianceAddress, User
from matchmaking import nudge
from matchmaking.emails.account import account_email
from matchmaking.emails.message import one_address
from matchmaking.enums import EmailKind, MailClass, Queue
from matchmaking.models import CurationEvent, OutboxEmail
from matchmaking.services.mails import mail_row

# The slots of mail to an address behind which stands no account, so that it is not taken for mail of a person
# who is gone: the programme team's own, and one to which an alliance writes once.
OF_STAFF, OF_ALLIANCE = "staff", "alliance-"


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


def alliance_mail_queue(written: AllianceAddress, *, language: str, url: str) -> None:
    """Queue the alliance's invitation with its link to an address; a person there is spoken to in theirs.

    Raises:
        ValidationError: it is not one address.
    """
    user = User.objects.filter(email=written.email).first()
    spoken, slot = user.language if user else language, f"{OF_ALLIANCE}{written.pk}"
    with translation.override(spoken):
        facts = {"alliance": written.alliance.name}
    with transaction.atomic():
        _queue("alliance_link", user, written.email, spoken, url=url, facts=facts, slot=slot)
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


def is_by_alliance(email: OutboxEmail) -> bool:
    """Whether an alliance writes to the address, behind which an account may stand or not."""
    return email.kind == EmailKind.ACCOUNT and (email.slot or "").startswith(OF_ALLIANCE)


def has_expired(email: OutboxEmail) -> bool:
    """Whether what the mail holds is of no use any more."""
    expires = email.headers.get("Expires")
    return bool(expires) and parsedate_to_datetime(expires) <= timezone.now()
