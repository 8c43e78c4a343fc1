"""One row of a file, read cell by cell."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from alliances.importing.cells import CellContext, Reader
from alliances.importing.problems import ImportProblem, shown
from alliances.importing.table import Table, TableRow


def read_row(
    readers: Mapping[str, Reader], table: Table, row: TableRow, context: CellContext
) -> tuple[dict[str, object], list[ImportProblem]]:
    """The values of the cells that can be read, by column, and the faults of the others."""
    values: dict[str, object] = {}
    faults: list[ImportProblem] = []
    for column, cell in zip(table.header, row.cells, strict=True):
        bare = cell.strip()
        try:
            values[column] = readers[column](bare, context)
        except ValidationError as error:
            faults += [
                ImportProblem(
                    fault.message,
                    fault.params or {},
                    line=row.line,
                    column=column,
                    value=shown(bare),
                    code=fault.code or "invalid",
                )
                for fault in error.error_list
            ]
    return values, faults
