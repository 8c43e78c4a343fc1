"""Digests into the outbox: one a person and slot, whoever asks and however often."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone, translation

from alliances.enums import MailFrequency
from matchmaking import nudge
from matchmaking.emails.digest import digest_email
from matchmaking.enums import OPEN_RUN_STATES, EmailKind, MailClass, Queue
from matchmaking.models import CurationEvent, DigestItem, MatchRun, OutboxEmail
from matchmaking.selectors.digests import PlannedDigest, people_due, plan_digests
from matchmaking.services.mails import address_of, mail_row
from matchmaking.services.subscriptions import unsubscribe_url
from matchmaking.wording import topic_names

log = structlog.get_logger(__name__)

# People a transaction: rendering takes some hundredths of a second each.
BATCH = 100


class Turn(NamedTuple):
    """How many digests were queued, and whether everybody who was due had their turn."""

    queued: int
    complete: bool


def digests_due(now: datetime | None = None) -> list[PlannedDigest]:
    """The digests that `queue_due` would make, written nowhere."""
    return plan_digests(list(people_due(now or timezone.now())))


def queue_due(now: datetime | None = None) -> int:
    """Put every digest that is due into the outbox; returns how many. Nothing to tell makes no mail."""
    return queue_turn(math.inf, now).queued


def queue_turn(seconds: float, now: datetime | None = None, frequency: MailFrequency | None = None) -> Turn:
    """Put digests that are due (of this frequency, where one is named) into the outbox until none is left or
    the time is up; committed in batches.

    Each person's row is locked while their digest is made, so that of several callers one makes it; the
    slot's uniqueness holds even against one that decided earlier. Whom another caller holds is left to it,
    and the turn is not complete. A digest that cannot be made is logged and keeps back no other.
    """
    moment = now or timezone.now()
    deadline = time.monotonic() + seconds
    last, queued, complete = 0, 0, True
    while batch := list(
        people_due(moment, frequency).filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]
    ):
        if time.monotonic() >= deadline:
            complete = False
            break
        with transaction.atomic():
            due = people_due(moment, frequency).filter(pk__in=batch)
            people = list(due.select_for_update(skip_locked=True, no_key=True, of=("self",)))
            queued += _queue(plan_digests(people))
        complete = complete and len(people) == len(batch)
        last = batch[-1]
    _ask_for_sending(queued)
    return Turn(queued, complete)


def queue_at_once(seconds: float) -> Turn:
    """The digests of those who want them at once. While a run is under way nothing: it may bring more."""
    if MatchRun.objects.real().filter(state__in=OPEN_RUN_STATES).exists():
        return Turn(0, complete=False)
    return queue_turn(seconds, frequency=MailFrequency.INSTANT)


def queue_again(user_id: int, now: datetime | None = None) -> int:
    """Make one person's digest anew, of what is left to tell, once their slot is free; returns how many."""
    with transaction.atomic():
        queued = _queue(plan_digests(list(people_due(now or timezone.now()).filter(pk=user_id))))
    _ask_for_sending(queued)
    return queued


def _ask_for_sending(queued: int) -> None:
    if queued:
        log.info("digests_queued", count=queued)
        nudge.after_commit(Queue.MAIL)


Rendered = tuple[PlannedDigest, OutboxEmail]


def _queue(planned: Sequence[PlannedDigest]) -> int:
    """Write digests in the caller's transaction; returns how many are new. One that fails, fails alone."""
    rendered = _rendered(planned)
    try:
        return _store(rendered)
    except (DataError, IntegrityError, ValueError):
        return sum(_stored_alone(one) for one in rendered)


def _stored_alone(rendered: Rendered) -> int:
    try:
        return _store([rendered])
    except (DataError, IntegrityError, ValueError) as error:
        _log_failure(rendered[0], error)
        return 0


def _log_failure(digest: PlannedDigest, error: Exception) -> None:
    # The kind of error only: its text may hold what people wrote.
    log.error("digest_failed", user=digest.user.pk, slot=digest.slot, error=type(error).__name__)


@transaction.atomic
def _store(rendered: Sequence[Rendered]) -> int:
    """Write digests and what they tell, all or none of them; returns how many are new."""
    OutboxEmail.objects.bulk_create([email for _digest, email in rendered], ignore_conflicts=True)
    made = dict(
        OutboxEmail.objects.filter(
            message_id__in=[email.message_id for _digest, email in rendered]
        ).values_list("message_id", "pk")
    )
    won = [(digest, made[email.message_id]) for digest, email in rendered if email.message_id in made]
    DigestItem.objects.bulk_create(
        DigestItem(
            email_id=email_id,
            user=digest.user,
            recommendation=one,
            position=position,
            names_candidate=not one.candidate.is_veiled,
        )
        for digest, email_id in won
        for position, one in enumerate(digest.recommendations, 1)
    )
    CurationEvent.objects.bulk_create(
        CurationEvent(subject="email", subject_id=email_id, kind="queued", data={"slot": digest.slot})
        for digest, email_id in won
    )
    return len(won)


def _rendered(planned: Sequence[PlannedDigest]) -> list[Rendered]:
    """The rows to be, language by language, each in its reader's; without those that cannot be rendered."""
    rendered: list[Rendered] = []
    for language in sorted({digest.user.language for digest in planned}):
        with translation.override(language):
            topics = topic_names()
            for digest in planned:
                if digest.user.language == language and (address := address_of(digest.user)):
                    try:
                        rendered.append((digest, _row(digest, address, topics)))
                    except Exception as error:  # noqa: BLE001
                        # Whatever is wrong with one person's digest, the others get theirs.
                        _log_failure(digest, error)
    return rendered


def _row(digest: PlannedDigest, address: str, topics: dict[str, str]) -> OutboxEmail:
    user = digest.user
    email = digest_email(
        user, digest.sections, topics=topics, unsubscribe_url=unsubscribe_url(user), now=timezone.now()
    )
    return mail_row(
        email,
        EmailKind.DIGEST,
        MailClass.BULK,
        recipient=address,
        language=user.language,
        user=user,
        slot=digest.slot,
    )
