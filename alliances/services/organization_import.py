"""Taking an organizations file into the register: all of it or nothing, with every fault named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from alliances.enums import OrganizationState
from alliances.importing.cells import CellContext
from alliances.importing.entries import (
    OrganizationEntry,
    RegisterFacts,
    entry_problems,
    known_words,
    organizations_named,
)
from alliances.importing.formats import read_table
from alliances.importing.organizations import (
    Difference,
    ReadEntries,
    differences,
    entries_from_objects,
    entries_from_table,
    with_statements,
)
from alliances.importing.problems import ImportProblem, ImportRefused, shown
from alliances.importing.table import Table, Understood
from alliances.models import ImportFile, Organization, User
from alliances.services.register import Laid, SaveResult, save_entries
from alliances.services.uploads import digest_of

# The key of the advisory lock that any import holds.
IMPORT_LOCK = 0x5EED_1DEA


class ImportBusy(ImportRefused):
    """Another import is under way; the file itself may be good."""


def import_organizations(
    content: bytes,
    *,
    file_name: str,
    actor: User | None = None,
    approve: bool = False,
    dry_run: bool = False,
    is_sample: bool = False,
    only_new: bool = False,
) -> SaveResult:
    """Create and update organizations from a CSV or XLSX file in the format of the organizations file.

    New codes become submitted, or approved with `approve` (staff, or the command line without an actor);
    known codes keep their state. With `only_new` known codes stay as they are. `dry_run` checks and counts
    everything and saves nothing.

    Raises:
        ImportBusy: this file or another is being imported at this moment.
        ImportRefused: what is wrong, all of it; nothing is saved then.
        PermissionDenied: an actor who is not staff.
    """
    words = _Words(*known_words())
    read, _table = _read(content, file_name, words)
    saved = _save(
        read,
        words,
        digest_of(content),
        actor=actor,
        reason=f"Import of {''.join(filter(str.isprintable, file_name))}",
        approve=approve,
        dry_run=dry_run,
        is_sample=is_sample,
        only_new=only_new,
    )
    return saved.counted(len(read.entries))


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    # Nothing is wrong with it, but with others.
    NOT_IMPORTED = "not_imported"


@dataclass(frozen=True)
class RowResult:
    """A row of an import, by its line from 1, and what became of it."""

    line: int
    code: str
    outcome: RowOutcome
    problems: Sequence[ImportProblem] = ()


class RowsRefused(ImportRefused):
    """Some rows are wrong, so that nothing was saved; `results` tells of every row."""

    def __init__(self, results: Sequence[RowResult]) -> None:
        self.results = results
        super().__init__([problem for result in results for problem in result.problems])


def import_rows(
    rows: Sequence[Mapping[str, object]],
    *,
    actor: User,
    approve: bool = False,
    dry_run: bool = False,
    reason: str = "",
) -> list[RowResult]:
    """Create and update organizations as `import_organizations` does, from objects instead of a file.

    Each names the columns that it states; what is left out of a known organization stays as it is.

    Raises:
        ImportBusy: these rows or others are being imported at this moment.
        RowsRefused: what is wrong, row by row; nothing is saved then.
        PermissionDenied: an actor who is not staff.
    """
    words = _Words(*known_words())
    read = entries_from_objects(rows, tuple(words.topics), tuple(words.agencies))
    digest = digest_of(json.dumps(rows, sort_keys=True).encode())
    try:
        saved = _save(read, words, digest, actor=actor, reason=reason, approve=approve, dry_run=dry_run)
    except ImportBusy:
        raise
    except ImportRefused as refusal:
        raise RowsRefused(_refused(rows, refusal)) from refusal
    return [
        RowResult(line, entry.code, _outcome(entry.code, saved)) for line, entry in enumerate(read.entries, 1)
    ]


def _outcome(code: str, saved: Laid) -> RowOutcome:
    if code in saved.created:
        return RowOutcome.CREATED
    return RowOutcome.UPDATED if code in saved.updated else RowOutcome.UNCHANGED


def _refused(rows: Sequence[Mapping[str, object]], refusal: ImportRefused) -> list[RowResult]:
    problems: dict[int, list[ImportProblem]] = {}
    for problem in refusal.problems:
        problems.setdefault(problem.line or 0, []).append(problem)
    return [
        RowResult(
            line,
            shown(str(row.get("code") or "")),
            RowOutcome.REFUSED if line in problems else RowOutcome.NOT_IMPORTED,
            problems.get(line, ()),
        )
        for line, row in enumerate(rows, start=1)
    ]


def _save(
    read: ReadEntries,
    words: _Words,
    digest: str,
    *,
    actor: User | None,
    reason: str,
    approve: bool,
    dry_run: bool,
    is_sample: bool = False,
    only_new: bool = False,
) -> Laid:
    """Check the entries against the register, and write them unless anything is wrong."""
    if actor and not (actor.is_staff and actor.is_active):
        raise PermissionDenied
    entries = read.entries
    with transaction.atomic():
        _lock(digest)
        facts = RegisterFacts(organizations_named(entries), words.topics, words.agencies)
        problems = list(read.problems)
        for entry in entries:
            problems += entry_problems(entry, facts, read.codes)
        if problems:
            raise ImportRefused(problems)
        if only_new:
            entries = [entry for entry in entries if entry.code not in facts.organizations]
        saved = save_entries(
            entries,
            facts,
            actor=actor,
            reason=reason,
            state=OrganizationState.APPROVED if approve else OrganizationState.SUBMITTED,
            is_sample=is_sample,
        )
        if dry_run:
            transaction.set_rollback(True)
    return saved


@transaction.atomic
def import_upload(upload: ImportFile, *, actor: User, approve: bool = False) -> SaveResult:
    """Import a kept file as `import_organizations` does; what is imported is no longer kept."""
    result = import_organizations(bytes(upload.content), file_name=upload.name, actor=actor, approve=approve)
    upload.delete()
    return result


@dataclass(frozen=True)
class Change:
    """A known organization and what the file would change of it."""

    code: str
    name: str
    differences: Sequence[Difference]


@dataclass(frozen=True)
class ImportPreview:
    """What importing a file would do. With problems, nothing would be saved."""

    understood: Understood = ()
    columns: Sequence[str] = ()
    rows: int = 0
    created: Sequence[OrganizationEntry] = ()
    changes: Sequence[Change] = ()
    unchanged: int = 0
    problems: Sequence[ImportProblem] = field(default_factory=list)


def preview_organizations(content: bytes, *, file_name: str) -> ImportPreview:
    """Read a file against the register as it stands, changing and locking nothing."""
    words = _Words(*known_words())
    try:
        (entries, codes, problems), table = _read(content, file_name, words)
    except ImportRefused as refusal:
        return ImportPreview(problems=refusal.problems)
    named = {code for entry in entries for code in (entry.code, *(entry.members or ()))}
    stored = {one.code: one for one in with_statements(Organization.objects.filter(code__in=named))}
    facts = RegisterFacts(stored, words.topics, words.agencies)
    for entry in entries:
        problems += entry_problems(entry, facts, codes)
    known = [entry for entry in entries if entry.code in stored]
    found = [
        Change(entry.code, stored[entry.code].name, differences(entry, stored[entry.code])) for entry in known
    ]
    changes = [change for change in found if change.differences]
    return ImportPreview(
        understood=table.understood,
        columns=table.header,
        rows=len(table.rows),
        created=[entry for entry in entries if entry.code not in stored],
        changes=changes,
        unchanged=len(known) - len(changes),
        problems=ImportRefused(problems).problems,
    )


class _Words(NamedTuple):
    """Ids of leaf topics and of agencies, by slug."""

    topics: dict[str, int]
    agencies: dict[str, int]


def _read(content: bytes, file_name: str, words: _Words) -> tuple[ReadEntries, Table]:
    table = read_table(content, file_name)
    context = CellContext(table.list_separators, tuple(words.topics), tuple(words.agencies))
    return entries_from_table(table, context), table


def _lock(digest: str) -> None:
    """Let one import in at a time until the transaction ends; the database frees the locks."""
    with connection.cursor() as cursor:
        number = int.from_bytes(bytes.fromhex(digest)[:8], "big", signed=True)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if cursor.fetchone() != (True,):
            text = _("This file is already being imported (job %(job)s).")
            raise ImportBusy([ImportProblem(text, {"job": job_name(digest)})])
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [IMPORT_LOCK])
        if cursor.fetchone() != (True,):
            text = _("Another file is being imported. Try again when that is done.")
            raise ImportBusy([ImportProblem(text)])


def job_name(digest: str) -> str:
    """How an import is called before people: the same for the same content, whoever imports it."""
    return digest[:8]
