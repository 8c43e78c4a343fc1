"""Ranking rows into PostgreSQL: COPY BINARY into a table of the run's own, attached whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from matchmaking.engine.names import CRITERIA, KINDS
from matchmaking.enums import RunState, ShardState
from matchmaking.models import MatchRun, Ranking, ShardOutput

log = structlog.get_logger(__name__)

KEPT_RUNS = 3
FLOAT8_OID = 701
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
PARENT = sql.Identifier(Ranking._meta.db_table)


def partition_name(run_id: int) -> str:
    return f"{Ranking._meta.db_table}_{run_id}"


def _binary_rows(run_id: int, kind: str, rows: npt.NDArray[np.void]) -> bytes:
    """The rows of one kind as binary COPY tuples: each field is its length, then big-endian bytes.

    Within a kind every tuple has the same length, so that one structured array is the whole message.
    """
    fields: list[tuple[str, str, object]] = [
        ("run", ">i8", run_id),
        ("seeker", ">i8", rows["seeker"]),
        ("kind", f"S{len(kind)}", kind.encode()),
        ("rank", ">i2", rows["rank"]),
        ("candidate", ">i8", rows["candidate"]),
        ("score", ">f8", rows["score"]),
        ("affinity", ">f8", rows["affinity"]),
        ("candidate_affinity", ">f8", rows["candidate_affinity"]),
    ]
    layout: list[Any] = [("field_count", ">i2")]
    for name, code, _values in fields:
        layout += [(f"{name}_length", ">i4"), (name, code)]
    # The array: one dimension, no nulls, its element type, then size and lower bound.
    element = np.dtype([("length", ">i4"), ("value", ">f8")])
    layout += [("criteria_length", ">i4"), ("head", ">i4", (5,)), ("criteria", element, (len(CRITERIA),))]
    out = np.zeros(len(rows), dtype=np.dtype(layout))
    out["field_count"] = len(fields) + 1
    for name, _code, values in fields:
        out[f"{name}_length"] = out.dtype[name].itemsize
        out[name] = values
    out["criteria_length"] = 5 * 4 + len(CRITERIA) * element.itemsize
    out["head"] = (1, 0, FLOAT8_OID, len(CRITERIA), 1)
    out["criteria"]["length"] = 8
    out["criteria"]["value"] = rows["criteria"]
    return out.tobytes()


def _messages(run_id: int, lists: Sequence[npt.NDArray[np.void]]) -> Iterator[bytes]:
    yield HEADER
    for rows in lists:
        for index, kind in enumerate(KINDS):
            yield _binary_rows(run_id, kind, rows[rows["kind"] == index])
    yield TRAILER


def fill_table(run_id: int, attempt: int, lists: Sequence[npt.NDArray[np.void]]) -> str:
    """A new table with the run's rows, ready to attach. Its name; call it in a transaction.

    The name carries the attempt, so that a worker that lost its lease stands in nobody's way.
    """
    name = f"{partition_name(run_id)}_{attempt}"
    table, run = sql.Identifier(name), sql.Literal(run_id)
    columns = sql.SQL(
        "run_id, seeker_id, kind, rank, candidate_id, score, affinity, candidate_affinity, criteria"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)").format(table, PARENT))
        copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, columns)
        with cursor.copy(copy) as stream:
            for message in _messages(run_id, lists):
                stream.write(message)
        for statement in (
            "ALTER TABLE {table} ADD PRIMARY KEY (run_id, seeker_id, kind, rank)",
            # Spares the attaching its scan of the table.
            "ALTER TABLE {table} ADD CONSTRAINT of_run CHECK (run_id = {run})",
            "ANALYZE {table}",
        ):
            cursor.execute(sql.SQL(statement).format(table=table, run=run))
    return name


def attach_table(run_id: int, name: str) -> None:
    """Make a filled table the run's partition, under its lasting name; in the same transaction."""
    lasting = sql.Identifier(partition_name(run_id))
    with connection.cursor() as cursor:
        for statement in (
            "ALTER TABLE {name} RENAME TO {lasting}",
            "ALTER TABLE {parent} ATTACH PARTITION {lasting} FOR VALUES IN ({run})",
            "ALTER TABLE {lasting} DROP CONSTRAINT of_run",
        ):
            cursor.execute(
                sql.SQL(statement).format(
                    name=sql.Identifier(name), lasting=lasting, parent=PARENT, run=sql.Literal(run_id)
                )
            )


def partitions() -> set[str]:
    """The names of the attached partitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass",
            [Ranking._meta.db_table],
        )
        return {name for (name,) in cursor.fetchall()}


def drop_old_partitions() -> None:
    """Keep the lists of the last three complete runs, of a run that is still making proposals, and of the
    last preview.

    Readers hold the table up: where they do not let go within the lock's timeout, the next run tries again.
    """
    everything = MatchRun.objects.filter(state=RunState.COMPLETE, pairs__gt=0)
    complete = everything.real()
    proposing = complete.filter(shards__state__in=(ShardState.QUEUED, ShardState.RUNNING))
    kept = {*complete.order_by("-pk").values_list("pk", flat=True)[:KEPT_RUNS]} | set(
        proposing.values_list("pk", flat=True)
    )
    previewed = everything.previews().order_by("-pk").values_list("pk", flat=True)[:1]
    for name in sorted(partitions() - {partition_name(pk) for pk in kept.union(previewed)}):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
        except DatabaseError:
            log.exception("partition_not_dropped", partition=name)
    # What a run with a quarantined shard left for a retry is no use once newer lists stand.
    if kept:
        ShardOutput.objects.filter(shard__run_id__lt=min(kept)).delete()
