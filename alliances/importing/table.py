"""A table as it came out of a file, whatever the file's format, its bounds, and the check of its header."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.importing.formulas import restore
from alliances.importing.problems import ImportProblem, ImportRefused, SheetRow, nearest, refuse

MAX_CELL = 10_000
MAX_COLUMNS = 100

# What a reader found out about a file beside its cells, as pairs of a label and a value to show.
Understood = tuple[tuple[Promise, "str | Promise"], ...]


@dataclass(frozen=True)
class TableRow:
    """One row: the line of the file where it begins, and its cells in the header's order."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Header and rows. `list_separators` are the marks that part several items in a cell."""

    header: Sequence[str]
    rows: Sequence[TableRow]
    list_separators: str = "|"
    understood: Understood = ()


class Limits(NamedTuple):
    """How large a file may be."""

    bytes: int
    rows: int
    cell: int = MAX_CELL

    @classmethod
    def of_register(cls) -> Limits:
        return cls(settings.IMPORT_MAX_BYTES, settings.IMPORT_MAX_ROWS)


def check_size(content: bytes, limit: int | None = None) -> None:
    """Refuse a file over the limit, whatever it holds."""
    limit = limit or settings.IMPORT_MAX_BYTES
    if len(content) > limit:
        raise refuse(_("File is too large (limit %(limit)s MB)."), limit=limit // (1024 * 1024))


def table_from(
    records: Iterable[TableRow],
    *,
    list_separators: str,
    understood: Understood,
    limits: Limits | None = None,
    skip_blank: bool = True,
) -> Table:
    """The table that a file's records make: the first is the header, blank ones are skipped.

    Cells come as they were before `neutralize`. Records are taken one by one and none after a refusal.

    Raises:
        ImportRefused: no header, too many rows or columns, a cell too long, or rows whose number of cells
            is not the header's (all of these are named).
    """
    limits = limits or Limits.of_register()
    max_rows = limits.rows
    rows: list[TableRow] = []
    for record in records:
        if not rows and len(record.cells) > MAX_COLUMNS:
            raise refuse(_("Too many columns (limit %(limit)s)."), limit=MAX_COLUMNS)
        _check_lengths(record, rows[0].cells if rows else (), limits.cell)
        cells = [restore(cell) for cell in record.cells]
        if any(cell.strip() for cell in cells) or (cells and rows and not skip_blank):
            rows.append(TableRow(record.line, cells))
        if len(rows) > max_rows + 1:
            raise refuse(_("Too many rows (limit %(limit)s)."), limit=f"{max_rows:,}")
    if not rows:
        raise refuse(_("The file is empty. Its first line must name the columns."))
    header = [cell.strip() for cell in rows[0].cells]
    problems = [_width_problem(row, header) for row in rows[1:] if len(row.cells) != len(header)]
    if problems:
        raise ImportRefused(problems)
    return Table(header, rows[1:], list_separators, understood)


def _check_lengths(record: TableRow, header: Sequence[str], limit: int) -> None:
    for place, cell in enumerate(record.cells):
        if len(cell) > limit:
            column = header[place] if place < len(header) else str(place + 1)
            text = (
                _("Row %(line)s, column '%(column)s' is too long (%(length)s characters; limit %(limit)s).")
                if isinstance(record.line, SheetRow)
                else _(
                    "Line %(line)s, column '%(column)s' is too long (%(length)s characters; limit %(limit)s)."
                )
            )
            params = {
                "line": f"{record.line:,}",
                "column": column,
                "length": f"{len(cell):,}",
                "limit": f"{limit:,}",
            }
            problem = ImportProblem(text, params, line=record.line, column=column, in_sentence=True)
            raise ImportRefused([problem])


def _width_problem(row: TableRow, header: Sequence[str]) -> ImportProblem:
    text = (
        _("The row has %(cells)s cells, the header has %(columns)s. Name the column or empty the cells.")
        if isinstance(row.line, SheetRow)
        else _("The row has %(cells)s cells, the header has %(columns)s. Check commas and quotation marks.")
    )
    return ImportProblem(text, {"cells": len(row.cells), "columns": len(header)}, line=row.line)


def header_problems(
    header: Sequence[str], known: Sequence[str], required: Collection[str]
) -> list[ImportProblem]:
    """Every column that is missing, unnamed, doubled or not known, each by name."""
    problems = [
        replace(_problem(_("Column '%(column)s' is missing."), column), code="required")
        for column in known
        if column in required and column not in header
    ]
    for place, column in enumerate(header, start=1):
        if not column:
            problems.append(_problem(_("Column %(place)s has no name."), place=place))
        elif column not in known:
            guess = nearest(column, tuple(known))
            text = (
                _("Column '%(column)s' is not known. Did you mean '%(guess)s'?")
                if guess
                else _("Column '%(column)s' is not known. Remove it.")
            )
            problems.append(replace(_problem(text, column, guess=guess), code="unknown_field"))
        if column and column in header[: place - 1]:
            problems.append(_problem(_("Column '%(column)s' stands there more than once."), column))
    return problems


def _problem(template: str | Promise, column: str = "", **params: object) -> ImportProblem:
    return ImportProblem(template, {"column": column, **params}, line=1, column=column, in_sentence=True)
