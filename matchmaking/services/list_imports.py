"""Screening lists that are uploaded at the desk: looked through at once, imported by a worker.

The import is the register's own and may be made twice, so that a worker that dies leaves it to another.
"""

from __future__ import annotations

import traceback
from datetime import date

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from alliances.importing import ImportRefused
from alliances.models import User
from alliances.services.screening import screening_check, screening_import
from matchmaking import nudge
from matchmaking.enums import ListImportState
from matchmaking.models import CurationEvent, ListImport
from matchmaking.services import leases
from matchmaking.services.leases import LIST_IMPORTS, LeaseLost

log = structlog.get_logger(__name__)


def list_import_request(
    content: bytes, *, file_name: str, name: str, version: str = "", dated: date | None = None, by: User
) -> ListImport:
    """Have this file imported as the list of this name. Version and date default to the file's own.

    Raises:
        ImportRefused: what is wrong with the file, bad rows by their place.
        PermissionDenied: not staff.
    """
    if not _may_import(by):
        raise PermissionDenied
    _read, day = screening_check(content, file_name=file_name, name=name, dated=dated)
    with transaction.atomic():
        row = ListImport.objects.create(
            name=name,
            version=version,
            dated=day,
            file_name=file_name[-200:],
            content=content,
            requested_by=by,
        )
        _tell(row, "requested")
        transaction.on_commit(nudge.for_list_imports, robust=True)
    return row


def work_on_one() -> bool:
    """Claim the oldest upload that is due and import it. False where none is due.

    An error counts as an attempt and is kept with the row; nothing is raised but what stops the process.
    """
    row = leases.claim(LIST_IMPORTS)
    if row is None:
        return False
    try:
        _import(row)
    except LeaseLost:
        pass  # said already; somebody else has it
    except Exception as error:
        log.exception("list_import_failed", list_import=row.pk)
        _failed(row, error)
    return True


def recover() -> None:
    """The sweeper's part: take back what lost its worker, and nudge for what is due."""
    with transaction.atomic():
        for row in ListImport.objects.defer("content").filter(pk__in=leases.expire(LIST_IMPORTS)):
            _tell(row, str(row.state))
    if LIST_IMPORTS.due().exists():
        nudge.for_list_imports()


def _may_import(user: User) -> bool:
    return user.is_active and user.is_staff


def _import(row: ListImport) -> None:
    by = row.requested_by
    # What stops it is read by whoever asked for it.
    with translation.override(by.language if by else None):
        if by is None or not _may_import(by):
            _end(row, ListImportState.FAILED, error=_("Whoever asked for it may not import lists any more."))
            return
        try:
            imported = screening_import(
                bytes(row.content),
                file_name=row.file_name,
                name=row.name,
                version=row.version,
                dated=row.dated,
                actor=by,
            )
        except ImportRefused as refusal:
            _end(row, ListImportState.FAILED, error=refusal.problems[0].sentence)
        else:
            _end(row, ListImportState.COMPLETE, imported=imported)


@transaction.atomic
def _end(row: ListImport, state: ListImportState, **fields: object) -> None:
    leases.finish(LIST_IMPORTS, row, state, content=b"", finished_at=Now(), **fields)
    _tell(row, str(state))


def _failed(row: ListImport, error: Exception) -> None:
    text = "".join(traceback.format_exception(error))
    try:
        with transaction.atomic():
            if leases.fail(LIST_IMPORTS, row, text):
                ListImport.objects.filter(pk=row.pk).update(finished_at=Now(), content=b"")
                _tell(row, str(ListImportState.FAILED))
    except LeaseLost:
        return


def _tell(row: ListImport, kind: str) -> None:
    CurationEvent.objects.create(
        subject="list_import",
        subject_id=row.pk,
        kind=kind,
        actor_id=row.requested_by_id,
        data={"list": row.name, "dated": row.dated.isoformat()},
    )
