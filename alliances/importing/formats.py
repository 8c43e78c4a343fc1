"""Which reader and which writer serves a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import PurePath

from alliances.importing.csv_format import read_csv_rows, write_csv
from alliances.importing.problems import ImportProblem
from alliances.importing.table import Table
from alliances.importing.xlsx_format import read_xlsx_rows, write_xlsx


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @classmethod
    def of(cls, file_name: str, content: bytes = b"") -> FileFormat:
        """The format that a name claims; under any other name the first bytes decide."""
        suffix = PurePath(file_name).suffix.lower().removeprefix(".")
        if suffix in set(cls):
            return cls(suffix)
        return cls.XLSX if content.startswith(b"PK") else cls.CSV


def read_table(content: bytes, file_name: str) -> Table:
    """Header and rows of a CSV file or of an Excel workbook's first visible sheet.

    Raises:
        ImportRefused: why it cannot be read; above all when the bytes are not what the name claims.
    """
    if FileFormat.of(file_name, content) == FileFormat.XLSX:
        return read_xlsx_rows(content)
    return read_csv_rows(content)


def table_file(
    rows: Iterable[Sequence[object]], columns: Sequence[str], file_format: FileFormat, title: str = "Sheet1"
) -> bytes:
    """A file that `read_table` reads; `title` names the sheet of a workbook."""
    if file_format == FileFormat.XLSX:
        workbook = io.BytesIO()
        write_xlsx(rows, columns, workbook, title)
        return workbook.getvalue()
    text = io.StringIO(newline="")
    write_csv(rows, columns, text)
    # The mark in front makes Excel read the Chinese as UTF-8.
    return text.getvalue().encode("utf-8-sig")


def problem_report(problems: Iterable[ImportProblem]) -> bytes:
    """Every problem as a CSV file, in the active language."""
    rows = [(problem.line, problem.column, problem.value, problem.message) for problem in problems]
    return table_file(rows, ("line", "column", "value", "reason"), FileFormat.CSV)
