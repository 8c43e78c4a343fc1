"""Excel workbooks in and out: the same table as from CSV, and no file costs more than its bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from alliances.importing import FileFormat, ImportRefused, read_csv_rows, read_table, table_file
from alliances.importing import xlsx_format as xlsx
from alliances.importing.xlsx_format import read_xlsx_rows
from tests.sizes import size

NOT_EXCEL = "This is not an Excel workbook. Save it as 'Excel Workbook (.xlsx)' first."
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
HARD = st.text(
    st.sampled_from("'\"=+-@|%＝＋－＠\t\r\n\0\x0b\x1f\ufffe_x0D5F ,;ab张\ufeff\u3000"), max_size=12
)


def saved(fill: Callable[[Worksheet], object]) -> bytes:
    """A workbook as somebody makes it: one sheet, filled by `fill`."""
    workbook, stream = Workbook(), io.BytesIO()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    workbook.save(stream)
    return stream.getvalue()


def sheet_of(*rows: Sequence[object]) -> bytes:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(list(row))

    return saved(fill)


def written(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> bytes:
    return table_file(rows, columns, FileFormat.XLSX, "Table")


def repacked(content: bytes, part: str, replaced: bytes) -> bytes:
    """The archive with one part of it replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, replaced if name == part else old.read(name))
    return stream.getvalue()


def part_of(content: bytes, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(part)


def sentences(content: bytes) -> list[str]:
    with pytest.raises(ImportRefused) as caught:
        read_xlsx_rows(content)
    return [problem.sentence for problem in caught.value.problems]


# --- There and back -------------------------------------------------------------------------------


@given(st.lists(st.tuples(TEXT | HARD, TEXT | HARD, TEXT | HARD), min_size=1, max_size=10))
def test_what_is_written_is_read_again(rows: list[tuple[str, str, str]]) -> None:
    kept = [list(row) for row in rows if any(cell.strip() for cell in row)]
    content = written(rows, ("one", "two", "three"))
    assert [list(row.cells) for row in read_xlsx_rows(content).rows] == kept
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert not any(
        str(cell.value).lstrip().startswith(tuple("=+-@|%＝＋－＠"))
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53), min_size=1))
def test_numbers_come_back_to_the_last_digit(numbers: list[float]) -> None:
    rows = read_xlsx_rows(written([[number] for number in numbers], ("number",))).rows
    assert [float(row.cells[0]) for row in rows] == numbers


def test_a_workbook_and_a_csv_file_of_the_same_rows_are_the_same_table() -> None:
    count = size(small=200, ci=2_000, full=5_000)
    rows = [[f"={n}", f"'{n}", f"'＝{n}", n / 7, n, "a\r\nb", None] for n in range(count)]
    columns = ("a", "b", "c", "d", "e", "f", "g")
    tables = [read_table(table_file(rows, columns, kind), f"x.{kind}") for kind in FileFormat]
    first, second = ([list(row.cells) for row in table.rows] for table in tables)
    # What is left of 1.0 in a sheet is 1.
    assert [[cell.removesuffix(".0") for cell in row] for row in first] == second
    assert tables[0].header == tables[1].header


def test_the_header_stays_in_sight_and_text_stays_text() -> None:
    sheet = load_workbook(io.BytesIO(written([["007", 7, "x" * 300]], ("code", "n", "long")))).worksheets[0]
    assert (sheet.title, sheet.freeze_panes, sheet["A1"].font.bold) == ("Table", "A2", True)
    assert [(cell.data_type, cell.number_format) for cell in sheet[2]] == [
        ("s", "@"),
        ("n", "General"),
        ("s", "@"),
    ]
    assert [sheet.column_dimensions[letter].width for letter in "AC"] == [10, 50]


# --- What people make in Excel --------------------------------------------------------------------


def test_cells_come_as_they_would_be_typed() -> None:
    table = read_xlsx_rows(
        sheet_of([], ["code", " people ", "long", "yes"], [None], ["007", 650000.0, -97.34, True], ["a", 12])
    )
    assert list(table.header) == ["code", "people", "long", "yes"]
    assert [(row.line, list(row.cells)) for row in table.rows] == [
        (4, ["007", "650000", "-97.34", "True"]),
        (5, ["a", "12", "", ""]),
    ]
    assert [(str(label), str(value)) for label, value in table.understood] == [
        ("Kind of file", "Excel workbook"),
        ("Sheet", "Sheet"),
    ]


def test_text_that_excel_shares_between_cells_is_read_to_the_letter() -> None:
    sheet = sheet_of(["name", "PLACE"])
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>name</t></si>'
        b"<si><r><t>Alpha</t></r><r><t> _x005F_x000D_</t></r>"
        b'<rPh sb="0" eb="1"><t>skip</t></rPh></si></sst>'
    )
    override = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml" />'
    )
    body = part_of(sheet, "xl/worksheets/sheet1.xml")
    for number, name in enumerate((b"name", b"PLACE")):
        inline = b't="inlineStr"><is><t>%b</t></is>' % name
        assert inline in body
        body = body.replace(inline, b't="s"><v>%d</v>' % number)
    types = part_of(sheet, "[Content_Types].xml").replace(b"</Types>", override + b"</Types>")
    stream = io.BytesIO(
        repacked(repacked(sheet, "[Content_Types].xml", types), "xl/worksheets/sheet1.xml", body)
    )
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
    assert list(read_xlsx_rows(stream.getvalue()).header) == ["name", "Alpha _x000D_"]


def test_the_first_visible_sheet_is_read_and_the_others_are_named() -> None:
    workbook, stream = Workbook(), io.BytesIO()
    hidden, notes = workbook.worksheets[0], workbook.create_sheet("Notes")
    workbook.create_chartsheet("Chart", 0)
    hidden.title, hidden.sheet_state = "Lists", "hidden"
    hidden.append(["no"])
    notes.append(["yes"])
    workbook.create_sheet("Empty")
    workbook.active = 2
    workbook.save(stream)
    table = read_xlsx_rows(stream.getvalue())
    assert list(table.header) == ["yes"]
    assert [str(value) for _label, value in table.understood] == ["Excel workbook", "Notes", "Lists, Empty"]


def test_every_cell_that_would_be_a_guess_is_named() -> None:
    content = sheet_of(
        ["code", "horizon", "population", "region"],
        ["a", date(2026, 6, 12), "=1+1", "#N/A"],
        ["b", datetime(2026, 6, 12, 9, tzinfo=UTC).replace(tzinfo=None), 5, "fine"],
    )
    day = "The cell holds a date or a time. Format the cell as text and type the value again."
    assert sentences(content) == [
        f"Row 2, column 'horizon': {day}",
        "Row 2, column 'population': The cell holds a formula. Paste its result as a value.",
        "Row 2, column 'region': The cell holds the error #N/A. Mend or empty it.",
        f"Row 3, column 'horizon': {day}",
    ]


def test_merged_cells_are_named() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["a", "b"])
        sheet.append([1, 2])
        sheet.merge_cells("A2:B3")

    assert sentences(saved(fill)) == ["Cells A2:B3 are merged. Unmerge them and fill each."]


def test_a_cell_beside_the_table_is_named() -> None:
    assert sentences(sheet_of(["a"], [1], [1, None, "note"])) == [
        "Row 3: The row has 3 cells, the header has 1. Name the column or empty the cells."
    ]


# --- Files that are refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"code,kind\n", NOT_EXCEL),
        (b"", NOT_EXCEL),
        (b"PK\x03\x04" + b"\0" * 50, NOT_EXCEL),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NOT_EXCEL),
        (b"PK" + b"a" * (10 * 1024 * 1024), "File is too large (limit 10 MB)."),
        (sheet_of(), "The file is empty. Its first line must name the columns."),
        (sheet_of(["a"], *([n] for n in range(5_001))), "Too many rows (limit 5,000)."),
        (sheet_of(["a"] * 101), "Too many columns (limit 100)."),
        (
            sheet_of(["code", "about"], ["x", "z" * 10_001]),
            "Row 2, column 'about' is too long (10,001 characters; limit 10,000).",
        ),
    ],
    ids=("csv", "empty", "zip_head", "ole", "large", "no_cells", "rows", "columns", "cell"),
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(content: bytes, message: str) -> None:
    assert sentences(content) == [message]


def test_an_archive_that_is_no_workbook() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", "code,kind\n")
    assert sentences(stream.getvalue()) == [NOT_EXCEL]


def test_a_workbook_with_macros_is_not_taken() -> None:
    content = sheet_of(["a"])
    types = part_of(content, "[Content_Types].xml").replace(
        b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    assert sentences(repacked(content, "[Content_Types].xml", types)) == [NOT_EXCEL]


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"]
)
@pytest.mark.parametrize(
    "damage", [b"", b"<", b"<a/>", b"\xff" * 99, b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>']
)
def test_a_damaged_part_is_never_a_fault_of_ours(part: str, damage: bytes) -> None:
    content = repacked(sheet_of(["a"], ["b"]), part, damage)
    if (part, damage) == ("xl/styles.xml", b"<a/>"):
        assert list(read_xlsx_rows(content).header) == ["a"]
    else:
        assert len(sentences(content)) == 1


@cache
def small_workbook() -> bytes:
    """One and the same for every example: a workbook holds the time at which it was written."""
    return written([["b", 1]], ("a", "n"))


@given(st.data())
def test_a_damaged_archive_is_never_a_fault_of_ours(data: st.DataObject) -> None:
    content = bytearray(small_workbook())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ImportRefused):
        read_xlsx_rows(bytes(content))


def bomb() -> bytes:
    """Some forty kilobytes that tell of four gigabytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(42 * 1024 * 1024))
    content = bytearray(stream.getvalue())
    # The directory, which is read first, tells four gigabytes.
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = (2**32 - 2**16).to_bytes(4, "little")
    return bytes(content)


def test_a_bomb_is_refused_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = bomb()
    assert len(content) < 50_000

    def unpack(*_: object, **__: object) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    expected = "The workbook unpacks to more than 50 MB. Save the table alone in a new workbook."
    assert sentences(content) == [expected]
    # The control: without that bound it would be unpacked.
    monkeypatch.setattr(xlsx, "MAX_UNPACKED", 2**40)
    assert sentences(content) == [NOT_EXCEL]


def test_a_workbook_of_countless_cells_is_refused_before_a_tree_is_built() -> None:
    content = sheet_of(["a"])
    body = part_of(content, "xl/worksheets/sheet1.xml")
    body = body.replace(b"</sheetData>", b"<row>" + b"<c/>" * xlsx.MAX_MARKS + b"</row></sheetData>")
    assert sentences(repacked(content, "xl/worksheets/sheet1.xml", body)) == [
        "The workbook holds too much beside the table. Save the table alone in a new one."
    ]


# --- Which reader ----------------------------------------------------------------------------------


def test_the_name_claims_a_format_and_the_first_bytes_prove_it() -> None:
    workbook, text = sheet_of(["a"], ["b"]), b"a\nb\n"
    assert list(read_table(workbook, "list.XLSX").header) == ["a"]
    assert list(read_table(text, "list.csv").header) == ["a"]
    assert list(read_table(workbook, "list").header) == list(read_table(text, "list").header) == ["a"]
    for content, name, message in (
        (workbook, "list.csv", "This is not a CSV file. Save it as 'CSV UTF-8' first."),
        (text, "list.xlsx", NOT_EXCEL),
    ):
        with pytest.raises(ImportRefused) as caught:
            read_table(content, name)
        assert [problem.sentence for problem in caught.value.problems] == [message]


def test_csv_tells_how_it_was_understood() -> None:
    table = read_csv_rows("a;b\r\n1;2\n".encode("utf-8-sig"))
    assert [str(value) for _label, value in table.understood] == [
        "CSV",
        "UTF-8 with byte order mark",
        "semicolon ;",
        "CRLF + LF",
    ]
