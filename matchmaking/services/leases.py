"""Work that must not be lost: claimed under a lease, renewed while it goes on, finished once.

A row is claimed in a short transaction (`FOR UPDATE SKIP LOCKED`), which counts the attempt before any
work starts. The work happens outside of a transaction. Its results are written in one transaction with
`finish`, which changes the row only where the token is still this worker's: a worker that lost its lease
writes nothing. Every time is the database's.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from matchmaking.enums import (
    BulkMoveState,
    DeliveryState,
    EmailKind,
    EmailState,
    ListImportState,
    MailClass,
    ShardState,
)
from matchmaking.models import BulkMove, ListImport, MatchShard, OutboxEmail, WebhookDelivery
from matchmaking.models.lease import LeasedRow

log = structlog.get_logger(__name__)

LIST_IMPORT_SECONDS = 1800
DELIVERY_SECONDS = 30
# Between two tries of a delivery to a webhook: eight tries within 24 hours.
RETRY_GAPS: tuple[timedelta, ...] = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 240, 480, 564)
)
LOST = gettext_noop("The worker was lost in the last attempt.")
Row = TypeVar("Row", bound=LeasedRow)


class LeaseLost(Exception):  # noqa: N818  not an error: the work is in other hands
    """The row is no longer this worker's; whatever it has computed is thrown away."""


@dataclass(frozen=True)
class LeaseRules(Generic[Row]):
    """How one model leases: its states, and what becomes of a row whose worker was not heard of again."""

    model: type[Row]
    ready: Sequence[str]  # may be claimed once `next_attempt_at` has come
    leased: str
    expired: Combinable | str  # the state after a lost lease, attempts left
    exhausted: str  # the state after the last attempt
    attempts: Callable[[], int] = lambda: settings.MAX_ATTEMPTS
    seconds: Callable[[], int] = lambda: settings.LEASE_SECONDS
    when_over: Mapping[str, Combinable] = field(default_factory=dict)  # what else is written at the end

    def due(self) -> models.QuerySet[Row]:
        """The rows that may be claimed now, oldest first."""
        return (
            self.model._default_manager.filter(state__in=self.ready)
            .filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=Now()))
            .order_by("pk")
        )


SHARDS = LeaseRules(
    model=MatchShard,
    ready=[ShardState.QUEUED],
    leased=ShardState.RUNNING,
    expired=ShardState.QUEUED,
    exhausted=ShardState.QUARANTINED,
)
MAILS = LeaseRules(
    model=OutboxEmail,
    ready=[EmailState.QUEUED, EmailState.DEFERRED],
    leased=EmailState.SENDING,
    # Whether the server took it is not known. Bulk mail is never sent twice, awaited mail never lost.
    expired=Case(
        When(mail_class=MailClass.BULK, then=Value(EmailState.UNCERTAIN)), default=Value(EmailState.QUEUED)
    ),
    exhausted=EmailState.FAILED,
    # Awaited mail is never lost to crashes: an answer that puts it off counts as an attempt too, and
    # what cannot be sent for a day is given up by its age.
    attempts=lambda: 100,
    # A code or a link into an account is kept no longer than it is needed.
    when_over={
        body: Case(
            When(kind=EmailKind.ACCOUNT, then=Value("")), default=F(body), output_field=models.TextField()
        )
        for body in ("body_text", "body_html")
    },
)
BULK_MOVES = LeaseRules(
    model=BulkMove,
    ready=[BulkMoveState.QUEUED],
    leased=BulkMoveState.RUNNING,
    expired=BulkMoveState.QUEUED,
    exhausted=BulkMoveState.FAILED,
    when_over={"finished_at": Now()},
)
LIST_IMPORTS = LeaseRules(
    model=ListImport,
    ready=[ListImportState.QUEUED],
    leased=ListImportState.RUNNING,
    expired=ListImportState.QUEUED,
    exhausted=ListImportState.FAILED,
    # As long as its task may take: an import is one piece, and has no place from which to renew.
    seconds=lambda: LIST_IMPORT_SECONDS,
    when_over={"finished_at": Now(), "content": Value(b"", models.BinaryField())},
)
DELIVERIES = LeaseRules(
    model=WebhookDelivery,
    ready=[DeliveryState.QUEUED],
    leased=DeliveryState.SENDING,
    expired=DeliveryState.QUEUED,
    exhausted=DeliveryState.FAILED,
    attempts=lambda: len(RETRY_GAPS) + 1,
    # Longer than any call: a lease that ends during one would have the event sent twice.
    seconds=lambda: max(DELIVERY_SECONDS, settings.LEASE_SECONDS),
)


def _lease(rules: LeaseRules[Row]) -> timedelta:
    return timedelta(seconds=rules.seconds())


def claim(rules: LeaseRules[Row], due: models.QuerySet[Row] | None = None) -> Row | None:
    """Take the oldest due row that nobody else holds, or None.

    `due` narrows `rules.due()`. Inside a caller's transaction the claim is that transaction's.
    """
    with transaction.atomic():
        rows = rules.due() if due is None else due
        row = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        token = uuid.uuid4()
        rules.model._default_manager.filter(pk=row.pk).update(
            state=rules.leased,
            attempt=F("attempt") + 1,
            lease_token=token,
            lease_until=Now() + _lease(rules),
            next_attempt_at=None,
        )
        row.refresh_from_db()
        return row


def _mine(rules: LeaseRules[Row], row: Row) -> models.QuerySet[Row]:
    """The row, while this worker's token is on it."""
    return rules.model._default_manager.filter(pk=row.pk, lease_token=row.lease_token)


def _lost(rules: LeaseRules[Row], row: Row) -> LeaseLost:
    log.warning("stale_lease", row=rules.model._meta.model_name, id=row.pk, attempt=row.attempt)
    return LeaseLost(f"{rules.model._meta.model_name} {row.pk}")


def renew(rules: LeaseRules[Row], row: Row) -> None:
    """Hold the row for a whole lease from now; LeaseLost where it is somebody else's by now."""
    if not _mine(rules, row).update(lease_until=Now() + _lease(rules)):
        raise _lost(rules, row)


def finish(rules: LeaseRules[Row], row: Row, state: str, **fields: Any) -> None:
    """Close the row in `state` and let go of it. Call it in the transaction that writes the results.

    LeaseLost where the row is somebody else's by now, so that the transaction takes the results back.
    """
    changed = _mine(rules, row).update(
        **{"next_attempt_at": None, "error": "", **fields}, state=state, lease_token=None, lease_until=None
    )
    if not changed:
        raise _lost(rules, row)


def fail(rules: LeaseRules[Row], row: Row, error: str) -> bool:
    """Let go of the row after an error: due again after a pause, or closed when attempts are used up.

    True where that was the last attempt. The pause doubles: 1, 2, 4, 8 sweeps.
    """
    last = row.attempt >= rules.attempts()
    pause = timedelta(seconds=settings.SWEEP_SECONDS * 2 ** (row.attempt - 1))
    finish(
        rules,
        row,
        rules.exhausted if last else rules.ready[0],
        error=error,
        next_attempt_at=None if last else Now() + pause,
    )
    return last


def expire(rules: LeaseRules[Row]) -> list[int]:
    """Take back every row whose lease has run out. The ids of those whose attempts are used up."""
    with transaction.atomic():
        held = rules.model._default_manager.filter(state=rules.leased, lease_until__lt=Now())
        ids = list(held.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
        if not ids:
            return []
        rows = rules.model._default_manager.filter(pk__in=ids)
        rows.update(lease_token=None, lease_until=None, next_attempt_at=None, state=rules.expired)
        exhausted = rows.filter(state=rules.ready[0], attempt__gte=rules.attempts())
        last = list(exhausted.values_list("pk", flat=True))
        rows.filter(pk__in=last).update(state=rules.exhausted, error=LOST, **rules.when_over)
    log.warning("leases_expired", row=rules.model._meta.model_name, ids=ids, exhausted=last)
    return last


class Renewal:
    """The heartbeat of a piece of work: call it as often as you like, it renews four times a lease."""

    def __init__(self, rules: LeaseRules[Row], row: Row) -> None:
        self._renew: Callable[[], None] = partial(renew, rules, row)
        self._pause = rules.seconds() / 4
        self._next = time.monotonic() + self._pause

    def __call__(self) -> None:
        """Renew if it is time; LeaseLost where the row is somebody else's by now."""
        if time.monotonic() >= self._next:
            self._renew()
            self._next = time.monotonic() + self._pause
