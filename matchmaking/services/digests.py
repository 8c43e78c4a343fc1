"""Digests into the outbox: one a person and slot, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation

from alliances.models import User
from matchmaking import nudge
from matchmaking.emails.digest import digest_email
from matchmaking.emails.message import new_message_id, one_address
from matchmaking.enums import EmailKind, MailClass, Queue
from matchmaking.models import CurationEvent, DigestItem, OutboxEmail
from matchmaking.selectors.digests import PlannedDigest, people_due, plan_digests
from matchmaking.services.subscriptions import unsubscribe_url
from matchmaking.wording import topic_names

log = structlog.get_logger(__name__)

# People a transaction: rendering takes some hundredths of a second each.
BATCH = 100


def digests_due(now: datetime | None = None) -> list[PlannedDigest]:
    """The digests that `queue_due` would make, written nowhere."""
    return plan_digests(list(people_due(now or timezone.now())))


def queue_due(now: datetime | None = None) -> int:
    """Put every digest that is due into the outbox; returns how many. Nothing to tell makes no mail.

    Each person's row is locked while their digest is made, so that of several callers one makes it; the
    slot's uniqueness holds even against one that decided earlier.
    """
    moment = now or timezone.now()
    last, queued = 0, 0
    while True:
        with transaction.atomic():
            due = people_due(moment).filter(pk__gt=last)
            people = list(due.select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
            if not people:
                break
            queued += _queue(plan_digests(people))
            last = people[-1].pk
    if queued:
        log.info("digests_queued", count=queued)
        nudge.after_commit(Queue.MAIL)
    return queued


def _queue(planned: Sequence[PlannedDigest]) -> int:
    """Write digests and what they tell in the caller's transaction; returns how many are new."""
    rendered = _rendered(planned)
    OutboxEmail.objects.bulk_create([email for _digest, email in rendered], ignore_conflicts=True)
    made = dict(
        OutboxEmail.objects.filter(
            message_id__in=[email.message_id for _digest, email in rendered]
        ).values_list("message_id", "pk")
    )
    won = [(digest, made[email.message_id]) for digest, email in rendered if email.message_id in made]
    DigestItem.objects.bulk_create(
        DigestItem(email_id=email_id, user=digest.user, recommendation=one, position=position)
        for digest, email_id in won
        for position, one in enumerate(digest.recommendations, 1)
    )
    CurationEvent.objects.bulk_create(
        CurationEvent(subject="email", subject_id=email_id, kind="queued", data={"slot": digest.slot})
        for digest, email_id in won
    )
    return len(won)


def _rendered(planned: Sequence[PlannedDigest]) -> list[tuple[PlannedDigest, OutboxEmail]]:
    """The rows to be, language by language, each in its reader's."""
    rendered: list[tuple[PlannedDigest, OutboxEmail]] = []
    for language in sorted({digest.user.language for digest in planned}):
        with translation.override(language):
            topics = topic_names()
            rendered += [
                (digest, _row(digest, address, topics))
                for digest in planned
                if digest.user.language == language and (address := _address(digest.user))
            ]
    return rendered


def _address(user: User) -> str:
    """The person's one address; empty where it is not one, which no row may carry."""
    try:
        return one_address(user.email)
    except ValidationError as error:
        log.warning("address_refused", user=user.pk, reason=error.code)
        return ""


def _row(digest: PlannedDigest, address: str, topics: dict[str, str]) -> OutboxEmail:
    user = digest.user
    email = digest_email(
        user, digest.sections, topics=topics, unsubscribe_url=unsubscribe_url(user), now=timezone.now()
    )
    return OutboxEmail(
        kind=EmailKind.DIGEST,
        mail_class=MailClass.BULK,
        user=user,
        slot=digest.slot,
        message_id=new_message_id(),
        recipient=address,
        language=user.language,
        subject=email.subject,
        body_text=email.body_text,
        body_html=email.body_html,
        headers=dict(email.headers),
    )
