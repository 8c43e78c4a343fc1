"""The file of an alliance's members: its columns, and its rows as entries."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from alliances.enums import Country, Kind
from alliances.importing import cells
from alliances.importing.problems import ImportProblem, ImportRefused, refuse
from alliances.importing.rows import read_row
from alliances.importing.table import Table, header_problems
from alliances.models.organization import NAME_LENGTH
from alliances.validators import validate_plain_name

# Each row is compared with every name of the register while somebody waits for the page.
MAX_MEMBERS = 300

_text = cells.text(NAME_LENGTH, validate_plain_name)


def _name(cell: str, context: cells.CellContext) -> object:
    if not cell:
        raise ValidationError(_("This cell must be filled."))
    return _text(cell, context)


def _code(cell: str, context: cells.CellContext) -> object:
    return cells.code(cell, context) if cell else ""


READERS: dict[str, cells.Reader] = {
    "name": _name,
    "email": cells.email,
    "country": cells.one_of(Country),
    "kind": cells.one_of(Kind),
    "code": _code,
}


@dataclass(frozen=True)
class MemberEntry:
    """A member as a row states it; what is not stated is empty."""

    line: int
    name: str
    email: str = ""
    country: str = ""
    kind: str = ""
    code: str = ""


def members_from_table(table: Table) -> tuple[list[MemberEntry], list[ImportProblem]]:
    """An entry for each row that can be read, and the faults of the others.

    Raises:
        ImportRefused: a wrong header, no rows or too many.
    """
    problems = header_problems(table.header, tuple(READERS), {"name"})
    if problems:
        raise ImportRefused(problems)
    if not table.rows:
        raise ImportRefused([ImportProblem(_("The file has a header and no rows."), line=1)])
    if len(table.rows) > MAX_MEMBERS:
        raise refuse(_("Too many rows (limit %(limit)s)."), limit=MAX_MEMBERS)
    entries: list[MemberEntry] = []
    context = cells.CellContext(table.list_separators, (), ())
    for row in table.rows:
        values, faults = read_row(READERS, table, row, context)
        problems += faults
        if not faults:
            entries.append(MemberEntry(row.line, **{name: str(value) for name, value in values.items()}))
    return entries, problems
