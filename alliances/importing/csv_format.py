"""The one reader and the one writer of CSV.

Reading: bounds and kind of file first, then encoding, delimiter, records; every refusal names its line.
Writing: cells that a spreadsheet could run as a formula get an apostrophe in front, which reading takes off.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from alliances.importing.problems import ImportProblem, ImportRefused, refuse
from alliances.importing.table import Table, TableRow

MAX_CELL = 10_000
# Zip (so also XLSX), OLE (XLS), PDF, gzip, 7z, RAR, PNG, JPEG.
OTHER_FORMATS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0",
    b"%PDF",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# A cell is dangerous when a spreadsheet may take it for a formula or a command: such a sign first, also
# behind spaces and marks that spreadsheets skip, or a control character first. Apostrophes in front do not
# count, which is what makes taking off exactly one of them the exact inverse of putting one on.
_DANGEROUS = re.compile("'*(?:[\\s\ufeff\u200b]*[=+\\-@|%＝＋－＠]|[\t\r\n\0])")


def neutralize(cell: str) -> str:
    """The cell as it may stand in a file that a spreadsheet opens. `restore` is its exact inverse."""
    return "'" + cell if _DANGEROUS.match(cell) else cell


def restore(cell: str) -> str:
    """The cell as it was before `neutralize`; an apostrophe that belongs to the text stays."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell, 1) else cell


def write_csv(rows: Iterable[Sequence[object]], columns: Sequence[str], stream: TextIO) -> None:
    """Write header and rows: comma, CRLF, quotes where needed; open files with `newline=""`.

    Numbers are written plain and unrounded (a number cannot be a formula); None is an empty cell; text is
    made safe by `neutralize`.
    """
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([neutralize(column) for column in columns])
    for row in rows:
        writer.writerow([_written(cell) for cell in row])


def _written(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return repr(cell)
    return neutralize(str(cell))


def read_csv_rows(content: bytes) -> Table:
    """Header and rows of a CSV file; blank lines are skipped, cells come as they were before `neutralize`.

    UTF-8 with or without BOM, UTF-16 with BOM, GB18030; comma or semicolon; CRLF, LF or both.

    Raises:
        ImportRefused: too large, not CSV, not text, no header, a quotation mark or a cell without end, or
            rows whose number of cells is not the header's (all of these are named).
    """
    limit = settings.IMPORT_MAX_BYTES
    if len(content) > limit:
        raise refuse(_("File is too large (limit %(limit)s MB)."), limit=limit // (1024 * 1024))
    if content.startswith(OTHER_FORMATS):
        raise refuse(_("This is not a CSV file. Save it as 'CSV UTF-8' first."))
    text = _decoded(content)
    first_line = text[: re.search(r"[\r\n]|\Z", text).start()]  # type: ignore[union-attr]  # \Z always matches
    if "\0" in first_line:
        raise refuse(_("This is not a CSV file. Save it as 'CSV UTF-8' first."))
    delimiter = _delimiter(first_line)
    table = _records(text, delimiter)
    if not table:
        raise refuse(_("The file is empty. Its first line must name the columns."))
    header = [cell.strip() for cell in table[0].cells]
    problems = [
        ImportProblem(
            _("The row has %(cells)s cells, the header has %(columns)s. Check commas and quotation marks."),
            {"cells": len(row.cells), "columns": len(header)},
            line=row.line,
        )
        for row in table[1:]
        if len(row.cells) != len(header)
    ]
    if problems:
        raise ImportRefused(problems)
    return Table(header, table[1:], "|" if delimiter == ";" else "|;")


def _decoded(content: bytes) -> str:
    refusal = _("File is not UTF-8. Save it as 'CSV UTF-8' in Excel.")
    try:
        if content.startswith(UTF16_MARKS):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise refuse(refusal) from None
    # GB18030 decodes much of what is Latin-1 into rare characters; Chinese text is mostly plain GB 2312.
    beyond_ascii = re.sub(r"[\x00-\x7f]+", "", text)
    if 2 * len(beyond_ascii.encode("gb2312", "ignore").decode("gb2312")) < len(beyond_ascii):
        raise refuse(refusal)
    return text


def _delimiter(first_line: str) -> str:
    """Comma or semicolon: whichever the header holds more of, quoted text left out."""
    bare = re.sub(r'"[^"]*"', "", first_line)
    return ";" if bare.count(";") > bare.count(",") else ","


def _records(text: str, delimiter: str) -> list[TableRow]:
    """All records with the line where each begins. One pattern a cell, so every fault is known to its place.

    The csv module parses the same (a test holds the two together) but cannot say where a quote was opened.
    """
    cell_pattern = re.compile(
        rf'(?:"([^"]*+(?:""[^"]*+)*+)"|((?!")[^{delimiter}\r\n]*+))({delimiter}|\r\n|\n|\r|\Z)'
    )
    max_rows: int = settings.IMPORT_MAX_ROWS
    rows: list[TableRow] = []
    cells: list[str] = []
    line = first = 1
    place = 0
    # A last line without its line break ends where the text ends; after one there is no further record.
    while place < len(text) or cells:
        match = cell_pattern.match(text, place)
        if match is None:
            raise _quote_refusal(text, place, line)
        quoted, plain, end = match.groups()
        cell = plain if quoted is None else quoted.replace('""', '"')
        if len(cell) > MAX_CELL:
            column = (
                rows[0].cells[len(cells)] if rows and len(cells) < len(rows[0].cells) else str(len(cells) + 1)
            )
            raise _long_cell_refusal(line, column, len(cell))
        cells.append(restore(cell))
        if quoted is not None:
            line += len(re.findall(r"\r\n|\r|\n", quoted))
        place = match.end()
        if end == delimiter:
            continue
        if any(cell.strip() for cell in cells):
            rows.append(TableRow(first, cells))
        if len(rows) > max_rows + 1:
            raise refuse(_("Too many rows (limit %(limit)s)."), limit=f"{max_rows:,}")
        cells = []
        line += 1
        first = line
    return rows


def _quote_refusal(text: str, place: int, line: int) -> ImportRefused:
    """Why no cell can be read from the quotation mark at `place`."""
    closing = re.compile(r'"[^"]*+(?:""[^"]*+)*+"').match(text, place)
    if closing is None or re.search(r"[\r\n]", closing.group()):
        text_of = _("Line %(line)s: quotation mark is not closed.")
    else:
        text_of = _(
            "Line %(line)s: text follows a closing quotation mark. Double the marks inside a quoted cell."
        )
    return ImportRefused([ImportProblem(text_of, {"line": f"{line:,}"}, line=line, in_sentence=True)])


def _long_cell_refusal(line: int, column: str, length: int) -> ImportRefused:
    text_of = _("Line %(line)s, column '%(column)s' is too long (%(length)s characters; limit %(limit)s).")
    params = {"line": f"{line:,}", "column": column, "length": f"{length:,}", "limit": f"{MAX_CELL:,}"}
    return ImportRefused([ImportProblem(text_of, params, line=line, column=column, in_sentence=True)])
