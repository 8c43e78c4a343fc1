"""The register's audit rows, and the word to others that it changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction

from alliances.enums import EventKind
from alliances.models import RegisterEvent, User
from alliances.signals import register_changed

BATCH = 1000


class EventDraft(NamedTuple):
    """What happened: ids, field names and states only, never a personal value."""

    organization_id: int | None
    kind: EventKind
    data: dict[str, object]


def record(events: Iterable[EventDraft], actor: User | None) -> None:
    """Write audit rows in the caller's transaction; `register_changed` follows its commit.

    Raises:
        TransactionManagementError: outside of a transaction, where change and audit row could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "A register event belongs to the transaction of its change."
        )
    rows = [
        RegisterEvent(
            organization_id=event.organization_id,
            kind=event.kind,
            actor_id=actor.pk if actor else None,
            data=event.data,
        )
        for event in events
    ]
    if rows:
        RegisterEvent.objects.bulk_create(rows, batch_size=BATCH)
        transaction.on_commit(_announce, robust=True)


def _announce() -> None:
    register_changed.send(sender=RegisterEvent)
