"""Ranking rows into PostgreSQL: COPY BINARY into a table of the run's own, attached whole or not at all.

The table is filled part by part, each in a transaction of its own, and nobody sees it before it is attached:
no reader waits, and a lost worker leaves at most a table that the next merge drops.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, LiteralString
from uuid import UUID

import numpy as np
import numpy.typing as npt
import structlog
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from matchmaking.engine.names import CRITERIA, KINDS
from matchmaking.enums import RunState, ShardState, Step
from matchmaking.models import MatchRun, MatchShard, Ranking, ShardOutput
from matchmaking.services import snapshots

log = structlog.get_logger(__name__)

KEPT_RUNS = 3
FLOAT8_OID = 701
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
PARENT = sql.Identifier(Ranking._meta.db_table)


def partition_name(run_id: int) -> str:
    return f"{Ranking._meta.db_table}_{run_id}"


def tuples_of(run_id: int, rows: npt.NDArray[np.void]) -> list[memoryview]:
    """Ranking rows as `fill_table` takes them."""
    return [_of_kind(run_id, kind, rows[rows["kind"] == index]) for index, kind in enumerate(KINDS)]


def _of_kind(run_id: int, kind: str, rows: npt.NDArray[np.void]) -> memoryview:
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
    return out.view(np.uint8).data


def new_table(run_id: int, token: UUID | None) -> str:
    """An empty table for the run's rows, of the holder of this lease token. Its name.

    The name carries the lease, so that a worker that lost its own stands in nobody's way.
    """
    name = f"{partition_name(run_id)}_{str(token).replace('-', '')}"
    _execute("CREATE TABLE {table} (LIKE {parent} INCLUDING DEFAULTS)", table=sql.Identifier(name))
    return name


def fill_table(name: str, tuples: Iterable[memoryview]) -> None:
    """Add whole lists."""
    columns = "run_id, seeker_id, kind, rank, candidate_id, score, affinity, candidate_affinity, criteria"
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(name), sql.SQL(columns))
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(copy) as stream:
        stream.write(HEADER)
        for content in tuples:
            stream.write(content)
        stream.write(TRAILER)


def finish_table(name: str, run_id: int) -> None:
    """Make a filled table ready to attach. IntegrityError where a row is in it twice."""
    table, run = sql.Identifier(name), sql.Literal(run_id)
    _execute("ALTER TABLE {table} ADD PRIMARY KEY (run_id, seeker_id, kind, rank)", table=table)
    # Spares the attaching its scan of the table.
    _execute("ALTER TABLE {table} ADD CONSTRAINT of_run CHECK (run_id = {run})", table=table, run=run)
    _execute("ANALYZE {table}", table=table)


def attach_table(run_id: int, name: str) -> None:
    """Make a finished table the run's partition, under its lasting name; in the caller's transaction."""
    table, lasting, run = sql.Identifier(name), sql.Identifier(partition_name(run_id)), sql.Literal(run_id)
    _execute("ALTER TABLE {table} RENAME TO {lasting}", table=table, lasting=lasting)
    _execute(
        "ALTER TABLE {parent} ATTACH PARTITION {lasting} FOR VALUES IN ({run})", lasting=lasting, run=run
    )
    _execute("ALTER TABLE {lasting} DROP CONSTRAINT of_run", lasting=lasting)


def _execute(statement: LiteralString, **names: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**names, parent=PARENT))


# A line of a stored list without its criteria; `kind` is an index of `KINDS`.
LINES = np.dtype(
    [
        ("seeker", "<i8"),
        ("candidate", "<i8"),
        ("kind", "<i2"),
        ("rank", "<i2"),
        ("score", "<f8"),
        ("affinity", "<f8"),
        ("candidate_affinity", "<f8"),
    ]
)


def lines_of(run_id: int, *, seekers: Collection[int] | None = None) -> npt.NDArray[np.void]:
    """The lists under this run, all or those of these seekers, by seeker, kind and rank (`LINES`)."""
    if seekers is None:
        return _read(run_id, sql.SQL("true"))
    return _read(run_id, sql.SQL("seeker_id = ANY({})").format(sql.Literal(list(seekers))))


def ends_and_names(run_id: int, *, top_k: int, candidates: Sequence[int]) -> npt.NDArray[np.void]:
    """The lines at place K of all lists under this run, and all lines that name these candidates."""
    condition = sql.SQL("rank = {} OR candidate_id = ANY({})")
    return _read(run_id, condition.format(sql.Literal(top_k), sql.Literal(list(candidates))))


def _read(run_id: int, condition: sql.Composable) -> npt.NDArray[np.void]:
    """Binary COPY: every tuple has the same length, so that the whole answer is one structured array."""
    statement = sql.SQL(
        "COPY (SELECT seeker_id, candidate_id, (array_position({kinds}, kind::text) - 1)::int2, rank, score,"
        " affinity, candidate_affinity FROM {parent} WHERE run_id = {run} AND ({condition})"
        " ORDER BY seeker_id, 3, rank) TO STDOUT (FORMAT BINARY)"
    ).format(kinds=sql.Literal(list(KINDS)), parent=PARENT, run=sql.Literal(run_id), condition=condition)
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        content = b"".join(bytes(part) for part in stream)
    layout: list[Any] = [("field_count", ">i2")]
    for name in LINES.names or ():
        layout += [(f"{name}_length", ">i4"), (name, LINES[name].newbyteorder(">"))]
    stored = np.frombuffer(content[len(HEADER) : -len(TRAILER)], dtype=np.dtype(layout))
    lines = np.zeros(len(stored), dtype=LINES)
    for name in LINES.names or ():
        lines[name] = stored[name]
    return lines


def replace_lists(run_id: int, replaced: Sequence[tuple[int, int]], rows: npt.NDArray[np.void]) -> None:
    """Put these rows in the place of the lists of these seekers and kinds; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "DELETE FROM {} WHERE run_id = %s AND (seeker_id, kind) IN"
                " (SELECT * FROM unnest(%s::bigint[], %s::text[]))"
            ).format(PARENT),
            [run_id, [seeker for seeker, _kind in replaced], [KINDS[kind] for _seeker, kind in replaced]],
        )
    fill_table(partition_name(run_id), tuples_of(run_id, rows))


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
    everything = MatchRun.objects.filter(amends=None, state=RunState.COMPLETE, pairs__gt=0)
    complete = everything.real()
    proposing = complete.filter(shards__state__in=(ShardState.QUEUED, ShardState.RUNNING))
    kept = {*complete.order_by("-pk").values_list("pk", flat=True)[:KEPT_RUNS]} | set(
        proposing.values_list("pk", flat=True)
    )
    previewed = everything.previews().order_by("-pk").values_list("pk", flat=True)[:1]
    standing = kept.union(previewed)
    for name in sorted(unattached() | partitions() - {partition_name(pk) for pk in standing}):
        drop_table(name)
    digests = everything.order_by("-pk").values_list("snapshot_digest", flat=True)
    past = set(digests.exclude(pk__in=standing)[:KEPT_RUNS])
    snapshots.forget(past.difference(digests.filter(pk__in=standing)))
    # What a run with a quarantined shard left for a retry is no use once newer lists stand.
    if kept:
        ShardOutput.objects.filter(shard__run_id__lt=min(kept)).delete()


def unattached() -> set[str]:
    """The names of tables that nobody is filling any more: those of workers that were lost in a merge."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition AND relname ~ %s",
            [rf"^{Ranking._meta.db_table}_\d+_[0-9a-f]{{32}}$"],
        )
        found = {name for (name,) in cursor.fetchall()}
    # After the names: who has begun since is not among them.
    merging = MatchShard.objects.filter(step=Step.MERGE, lease_token__isnull=False)
    held = {token.hex for token in merging.values_list("lease_token", flat=True) if token}
    return {name for name in found if name.rpartition("_")[2] not in held}


def drop_table(name: str) -> None:
    """Drop a table of ranking rows; where somebody is at it, the next merge tries again."""
    try:
        with transaction.atomic():
            _execute("DROP TABLE IF EXISTS {table}", table=sql.Identifier(name))
    except DatabaseError:
        log.exception("partition_not_dropped", partition=name)
