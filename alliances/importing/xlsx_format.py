"""Excel workbooks in and out, under the rules and bounds of CSV.

Reading: the parts of the archive are bounded before anything is built of them, and only the first visible
sheet is read. Writing: text stands in cells typed as text, made safe as in CSV; no cell holds a formula.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from io import BytesIO
from typing import Any, BinaryIO, cast
from zipfile import ZipFile

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS, XLSX
from openpyxl.xml.functions import iterparse

from alliances.importing.formulas import neutralize
from alliances.importing.problems import ImportProblem, ImportRefused, SheetRow, refuse, shown
from alliances.importing.table import MAX_COLUMNS, Table, TableRow, check_size, table_from

MAX_PARTS = 1_000
MAX_UNPACKED = 50 * 1024 * 1024
# Tags and attributes: what a tree is built of. A full register of 5,000 rows has 1.2 million as written
# here and 1.6 million as Excel saves it.
MAX_MARKS = 2_500_000
MAX_ROW_CELLS = 2_000
MAX_NAMED = 20
COLUMN_WIDTHS = (8, 48)

# How Excel writes characters that XML cannot hold, and text that looks like that. Halves of a pair stay as
# they are: there is no such character.
_ESCAPE = re.compile("_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def read_xlsx_rows(content: bytes) -> Table:
    """Header and rows of a workbook's first visible sheet, as `read_csv_rows` gives those of a CSV file.

    Numbers come as they would be typed (650000, -97.34). Dates, formulas, errors and merged cells are
    refused, since what they would mean here is a guess.

    Raises:
        ImportRefused: too large, packed or unpacked; not an .xlsx workbook; a cell as above, or as in
            `table_from`; `line` of its problems is a SheetRow.
    """
    check_size(content)
    try:
        archive = ZipFile(BytesIO(content))
        _check_unpacked(archive)
        with warnings.catch_warnings():
            # Of parts that are not read: extensions, conditional formats, styles.
            warnings.simplefilter("ignore")
            return _read_first_sheet(archive)
    except ImportRefused:
        raise
    except Exception:  # noqa: BLE001  a damaged part may raise anything in openpyxl; the file is at fault
        raise _not_a_workbook() from None


def _not_a_workbook() -> ImportRefused:
    return refuse(_("This is not an Excel workbook. Save it as 'Excel Workbook (.xlsx)' first."))


def _check_unpacked(archive: ZipFile) -> None:
    """Bound what reading can cost. The archive's directory comes first: no more than it says is unpacked."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        text = _("The workbook unpacks to more than %(limit)s MB. Save the table alone in a new workbook.")
        raise refuse(text, limit=MAX_UNPACKED // (1024 * 1024))
    marks = 0
    for part in parts:
        with archive.open(part) as stream:
            while chunk := stream.read(1024 * 1024):
                marks += chunk.count(b"<") + chunk.count(b"=")
                if marks > MAX_MARKS:
                    text = _(
                        "The workbook holds too much beside the table. Save the table alone in a new one."
                    )
                    raise refuse(text)


def _read_first_sheet(archive: ZipFile) -> Table:
    # What `load_workbook` does, without the parts of other sheets: a file could name one sheet many times.
    reader: Any = ExcelReader(cast("BinaryIO", archive.fp), read_only=True, keep_links=False)
    reader.read_manifest()
    if reader.package.find(XLSX) is None:
        raise _not_a_workbook()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    sheets = [(sheet, rel) for sheet, rel in reader.parser.find_sheets() if "worksheet" in rel.Type]
    visible = [(sheet, rel) for sheet, rel in sheets if sheet.state == "visible"]
    if not visible:
        raise refuse(_("The workbook has no visible sheet."))
    sheet, rel = visible[0]
    strings_part = reader.package.find(SHARED_STRINGS)
    strings = _shared_strings(archive, strings_part.PartName[1:]) if strings_part else []
    understood: list[tuple[Promise, str | Promise]] = [
        (_("Kind of file"), _("Excel workbook")),
        (_("Sheet"), shown(str(sheet.name))),
    ]
    if len(sheets) > 1:
        left_out = ", ".join(
            shown(str(other.name)) for other, _rel in sheets[:MAX_NAMED] if other is not sheet
        )
        understood.append((_("Sheets left out"), left_out))
    with archive.open(rel.target) as source:
        parser = _SheetParser(
            source,
            strings,
            epoch=reader.wb.epoch,
            date_formats=reader.wb._date_formats,
            timedelta_formats=reader.wb._timedelta_formats,
        )
        return table_from(_records(parser), list_separators="|;", understood=tuple(understood))


def _shared_strings(archive: ZipFile, name: str) -> list[str]:
    """The texts that cells refer to by number."""
    texts: list[str] = []
    with archive.open(name) as source:
        for _event, node in iterparse(source):
            if node.tag == f"{{{SHEET_MAIN_NS}}}si":
                texts.append(cast("Text", Text.from_tree(node)).content)
                node.clear()
    return texts


class _SheetParser(WorkSheetParser):
    """Bounds the cells of a row before they are looked at. Excel stores empty ones too, for their style."""

    def parse_row(self, row: Any) -> Any:
        if len(row) > MAX_ROW_CELLS:
            raise _too_many_columns()
        return super().parse_row(row)


def _too_many_columns() -> ImportRefused:
    return refuse(_("Too many columns (limit %(limit)s)."), limit=MAX_COLUMNS)


def _records(parser: _SheetParser) -> Iterator[TableRow]:
    """The rows that hold anything, as wide as the first of them or wider."""
    problems: list[ImportProblem] = []
    header: list[str] = []
    for number, found in parser.parse():
        cells: list[str] = []
        faults: list[ImportProblem] = []
        for cell in found:
            if cell["value"] is None:
                continue
            place = cell["column"] - 1
            if place >= MAX_COLUMNS:
                raise _too_many_columns()
            cells += [""] * (place + 1 - len(cells))
            fault = _fault(cell)
            if fault:
                column = (header[place : place + 1] or [""])[0] or get_column_letter(place + 1)
                value = shown(str(cell["value"]))
                faults.append(
                    ImportProblem(fault, {"value": value}, line=SheetRow(number), column=column, value=value)
                )
            else:
                cells[place] = _text(cell["value"])
        problems += faults[:MAX_NAMED]
        if faults or any(cells):
            cells += [""] * (len(header) - len(cells))
            header = header or [cell.strip() for cell in cells]
            yield TableRow(SheetRow(number), cells)
    merged = parser.merged_cells.mergeCell if parser.merged_cells else ()
    problems += [
        ImportProblem(_("Cells %(cells)s are merged. Unmerge them and fill each."), {"cells": shown(one.ref)})
        for one in merged[:MAX_NAMED]
    ]
    if problems:
        raise ImportRefused(problems)


def _fault(cell: dict[str, Any]) -> Promise | None:
    """Why a cell's value cannot be taken."""
    if cell["data_type"] == "f":
        return _("The cell holds a formula. Paste its result as a value.")
    if cell["data_type"] == "e":
        return _("The cell holds the error %(value)s. Mend or empty it.")
    if isinstance(cell["value"], date | time | timedelta):
        return _("The cell holds a date or a time. Format the cell as text and type the value again.")
    return None


def _text(value: object) -> str:
    """A cell's value as it would be typed."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str):
        return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
    return str(value)


def write_xlsx(
    rows: Iterable[Sequence[object]], columns: Sequence[str], stream: BinaryIO, sheet: str
) -> None:
    """Write a workbook of one sheet: a header that stays in sight, then the rows.

    Numbers are numbers, unrounded; None is an empty cell; all else is text, made safe by `neutralize`.
    """
    workbook = Workbook(write_only=True)
    page = workbook.create_sheet(sheet)
    page.freeze_panes = "A2"
    written = [[_cell(page, value) for value in row] for row in rows]
    for place, column in enumerate(columns):
        longest = max((len(str(row[place].value or "")) for row in written), default=0)
        least, most = COLUMN_WIDTHS
        width = min(max(longest, len(column), least), most) + 2
        page.column_dimensions[get_column_letter(place + 1)].width = width
    header = [_cell(page, column) for column in columns]
    for cell in header:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="0B5A6E")
    page.append(header)
    for row in written:
        page.append(row)
    workbook.save(stream)


def _cell(page: Any, value: object) -> Any:
    if value is None or value == "":
        return WriteOnlyCell(page)
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Given as text, since openpyxl would round a number to 16 digits.
        cell = WriteOnlyCell(page, repr(value))
        cell.data_type = "n"
        return cell
    text = _LOOKS_ESCAPED.sub("_x005F_", neutralize(str(value)))
    cell = WriteOnlyCell(page, _NOT_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text))
    # Not what openpyxl would guess, and text for whoever edits the cell: 007 stays 007.
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
