"""CSV in and out.

Reading: bounds and kind of file first, then encoding, delimiter, records; every refusal names its line.
Writing: cells that a spreadsheet could run as a formula get an apostrophe in front, which reading takes off.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.importing.formulas import neutralize
from alliances.importing.problems import ImportProblem, ImportRefused, refuse
from alliances.importing.table import Limits, Table, TableRow, check_size, table_from

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


def read_csv_rows(content: bytes, limits: Limits | None = None, *, skip_blank: bool = True) -> Table:
    """Header and rows of a CSV file; blank lines are skipped, cells come as they were before `neutralize`.

    UTF-8 with or without BOM, UTF-16 with BOM, GB18030; comma or semicolon; CRLF, LF or both.
    `limits` are those of the register's own files unless given; without `skip_blank` empty rows count.

    Raises:
        ImportRefused: too large, not CSV, not text, a quotation mark without end, or as in `table_from`.
    """
    check_size(content, limits.bytes if limits else None)
    if content.startswith(OTHER_FORMATS):
        raise refuse(_("This is not a CSV file. Save it as 'CSV UTF-8' first."))
    text, encoding = _decoded(content)
    first_line = text[: re.search(r"[\r\n]|\Z", text).start()]  # type: ignore[union-attr]  # \Z always matches
    if "\0" in first_line:
        raise refuse(_("This is not a CSV file. Save it as 'CSV UTF-8' first."))
    delimiter = _delimiter(first_line)
    understood = (
        (_("Kind of file"), "CSV"),
        (_("Encoding"), encoding),
        (_("Separator"), _("semicolon ;") if delimiter == ";" else _("comma ,")),
        (_("Line ends"), _line_ends(text)),
    )
    separators = "|" if delimiter == ";" else "|;"
    records = _records(text, delimiter)
    return table_from(
        records,
        list_separators=separators,
        understood=understood,
        limits=limits,
        skip_blank=skip_blank,
    )


def _decoded(content: bytes) -> tuple[str, str | Promise]:
    """The text of a file and the name of its encoding.

    Raises:
        ImportRefused: it is no text that is known here.
    """
    refusal = _("File is not UTF-8. Save it as 'CSV UTF-8' in Excel.")
    try:
        if content.startswith(UTF16_MARKS):
            return content.decode("utf-16"), "UTF-16"
        marked = content.startswith(codecs.BOM_UTF8)
        return content.decode("utf-8-sig"), _("UTF-8 with byte order mark") if marked else "UTF-8"
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise refuse(refusal) from None
    # GB18030 decodes much of what is Latin-1 into rare characters; Chinese text is mostly plain GB 2312.
    beyond_ascii = re.sub(r"[\x00-\x7f]+", "", text)
    if 2 * len(beyond_ascii.encode("gb2312", "ignore").decode("gb2312")) < len(beyond_ascii):
        raise refuse(refusal)
    return text, "GB18030"


def _line_ends(text: str) -> str:
    kinds = (("CRLF", r"\r\n"), ("LF", r"(?<!\r)\n"), ("CR", r"\r(?!\n)"))
    return " + ".join(name for name, pattern in kinds if re.search(pattern, text)) or "–"


def _delimiter(first_line: str) -> str:
    """Comma or semicolon: whichever the header holds more of, quoted text left out."""
    bare = re.sub(r'"[^"]*"', "", first_line)
    return ";" if bare.count(";") > bare.count(",") else ","


def _records(text: str, delimiter: str) -> Iterator[TableRow]:
    """All records with the line where each begins. One pattern a cell, so every fault is known to its place.

    The csv module parses the same (a test holds the two together) but cannot say where a quote was opened.
    """
    cell_pattern = re.compile(
        rf'(?:"([^"]*+(?:""[^"]*+)*+)"|((?!")[^{delimiter}\r\n]*+))({delimiter}|\r\n|\n|\r|\Z)'
    )
    cells: list[str] = []
    line = first = 1
    place = 0
    # A last line without its line break ends where the text ends; after one there is no further record.
    while place < len(text) or cells:
        match = cell_pattern.match(text, place)
        if match is None:
            raise _quote_refusal(text, place, line)
        quoted, plain, end = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        if quoted is not None:
            line += len(re.findall(r"\r\n|\r|\n", quoted))
        place = match.end()
        if end == delimiter:
            continue
        # Of a line with nothing on it there is no cell, of one with two quotation marks one.
        yield TableRow(first, [] if cells == [""] and quoted is None else cells)
        cells = []
        line += 1
        first = line


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
