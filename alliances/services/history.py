"""History rows of many objects at once; the library's own signals write one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from django.db import connection
from django.utils import timezone

from alliances.models import Need, Offer, Organization, User

BATCH = 1000
REASON_LENGTH = 100
Tracked = Organization | Need | Offer


def record_history(
    rows: Sequence[Tracked], kind: Literal["+", "~", "-"], actor: User | None, reason: str
) -> None:
    """Write how each row (all of one model) stands now: created, changed or deleted, by whom and why."""
    if not rows:
        return
    history = rows[0].history.model
    now = timezone.now()
    history.objects.bulk_create(
        [
            history(
                history_date=now,
                history_user=actor,
                history_change_reason=reason[:REASON_LENGTH],
                history_type=kind,
                **{field.attname: getattr(row, field.attname) for field in history.tracked_fields},
            )
            for row in rows
        ],
        batch_size=BATCH,
    )


def delete_with_history(rows: Sequence[Need | Offer], actor: User | None, reason: str) -> None:
    """Delete needs or offers (all of one model) and record it. Nothing points to these rows."""
    if not rows:
        return
    record_history(rows, "-", actor, reason)
    # Not QuerySet.delete(): that would call the library's signal, and write history, row by row.
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [[row.pk for row in rows]])  # noqa: S608
