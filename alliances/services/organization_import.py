"""Taking an organizations file into the register: all of it or nothing, with every fault named."""

from __future__ import annotations

import hashlib

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from alliances.enums import OrganizationState
from alliances.importing.cells import CellContext
from alliances.importing.csv_format import read_csv_rows
from alliances.importing.entries import RegisterFacts, entry_problems, known_words, organizations_named
from alliances.importing.organizations import entries_from_table
from alliances.importing.problems import ImportRefused, refuse
from alliances.models import User
from alliances.services.register import SaveResult, save_entries

# The key of the advisory lock that any import holds.
IMPORT_LOCK = 0x5EED_1DEA


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
    """Create and update organizations from a CSV file in the format of the organizations file.

    New codes become submitted, or approved with `approve` (staff, or the command line without an actor);
    known codes keep their state. With `only_new` known codes stay as they are. `dry_run` checks and counts
    everything and saves nothing.

    Raises:
        ImportRefused: what is wrong, all of it; nothing is saved then.
        PermissionDenied: an actor who is not staff.
    """
    if actor and not (actor.is_staff and actor.is_active):
        raise PermissionDenied
    table = read_csv_rows(content)
    topics, agencies = known_words()
    context = CellContext(table.list_separators, tuple(topics), tuple(agencies))
    entries, codes, problems = entries_from_table(table, context)
    with transaction.atomic():
        _lock(content)
        facts = RegisterFacts(organizations_named(entries), topics, agencies)
        for entry in entries:
            problems += entry_problems(entry, facts, codes)
        if problems:
            raise ImportRefused(problems)
        unchanged = 0
        if only_new:
            known = [entry for entry in entries if entry.code in facts.organizations]
            unchanged = len(known)
            entries = [entry for entry in entries if entry.code not in facts.organizations]
        result = save_entries(
            entries,
            facts,
            actor=actor,
            reason=f"Import of {''.join(filter(str.isprintable, file_name))}",
            state=OrganizationState.APPROVED if approve else OrganizationState.SUBMITTED,
            is_sample=is_sample,
        )
        if dry_run:
            transaction.set_rollback(True)
    return result._replace(unchanged=result.unchanged + unchanged)


def _lock(content: bytes) -> None:
    """Let one import in at a time until the transaction ends; the database frees the locks."""
    digest = int.from_bytes(hashlib.sha256(content).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [digest])
        if cursor.fetchone() != (True,):
            raise refuse(_("This file is already being imported."))
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [IMPORT_LOCK])
        if cursor.fetchone() != (True,):
            raise refuse(_("Another file is being imported. Try again when that is done."))
