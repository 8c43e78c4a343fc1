"""The one reader and the one writer of CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alliances.importing import ImportRefused, read_csv_rows, write_csv
from alliances.importing.formulas import neutralize, restore
from tests.sizes import size

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
# Much more of what is hard: quotes, breaks, separators, apostrophes, signs that start formulas.
HARD = st.text(st.sampled_from("'\"=+-@|%＝＋－＠\t\r\n ,;ab张\ufeff\u3000"), max_size=8)


def written(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> bytes:
    stream = io.StringIO(newline="")
    write_csv(rows, columns, stream)
    return stream.getvalue().encode()


def refusal(content: bytes) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        read_csv_rows(content)
    return caught.value


def rows_of(content: bytes) -> list[tuple[int, list[str]]]:
    return [(row.line, list(row.cells)) for row in read_csv_rows(content).rows]


# --- Cells that spreadsheets could run -------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠a", "'＠a"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("|cmd", "'|cmd"),
        ("%0A", "'%0A"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("\0x", "'\0x"),
        ("  =1", "'  =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u3000＝1", "'\u3000＝1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("'Ōhelo", "'Ōhelo"),
        ("Wichita", "Wichita"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_cell_that_could_run_gets_an_apostrophe_and_loses_it_again(cell: str, safe: str) -> None:
    assert neutralize(cell) == safe
    assert restore(safe) == cell


@given(TEXT | HARD)
def test_taking_the_apostrophe_off_is_the_exact_inverse(cell: str) -> None:
    assert restore(neutralize(cell)) == cell


@given(st.lists(st.tuples(TEXT | HARD, TEXT | HARD, TEXT | HARD), min_size=1, max_size=20))
def test_what_is_written_is_read_again(rows: list[tuple[str, str, str]]) -> None:
    kept = [list(row) for row in rows if any(cell.strip() for cell in row)]
    content = written(rows, ("one", "two", "three"))
    assert [cells for _line, cells in rows_of(content)] == kept
    # The csv module sees only safe cells in the file.
    for cell in (cell for row in csv.reader(io.StringIO(content.decode(), newline="")) for cell in row):
        assert not cell.lstrip().startswith(tuple("=+-@|%＝＋－＠")), cell


@given(st.lists(st.lists(HARD, min_size=2, max_size=2), min_size=1, max_size=10))
def test_the_reader_splits_as_the_csv_module_does(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([["a", "b"], *rows])
    text = stream.getvalue()
    assume("\r" not in text)  # the module's own writer leaves a lone CR bare for this line end
    split = [[restore(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    # A row is blank by what its cells hold, without the apostrophe that keeps them from running.
    expected = [row for row in split if any(cell.strip() for cell in row)]
    assert [cells for _, cells in rows_of(text.encode())] == expected


def test_ten_thousand_rows_of_formulas_come_back(settings: object) -> None:
    count = size(small=2_000, ci=4_000, full=5_000)
    rows = [[f"={n}", f"'{n}", f"'＝{n}", -n, n / 7] for n in range(count)]
    content = written(rows, ("a", "b", "c", "d", "e"))
    assert rows_of(content)[-1] == (
        count + 1,
        [f"={count - 1}", f"'{count - 1}", f"'＝{count - 1}", str(1 - count), repr((count - 1) / 7)],
    )


def test_numbers_are_written_plain_and_unrounded() -> None:
    assert written([[-122.4, 0.1 + 0.2, -3, None, True]], ("a", "b", "c", "d", "e")) == (
        b"a,b,c,d,e\r\n-122.4,0.30000000000000004,-3,,True\r\n"
    )


# --- Encodings, delimiters, line ends --------------------------------------------------------------

PLAIN = "code,name_zh\nx,上海市城市规划\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("gb18030"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("\n", "\r\n", 1).encode("utf-8-sig"),
        PLAIN.rstrip("\n").encode(),
        b"\n" + PLAIN.encode() + b",\n\n , \n",
    ],
    ids=(
        "utf8",
        "bom",
        "utf16",
        "utf16be",
        "gb18030",
        "semicolon",
        "crlf",
        "cr",
        "mixed",
        "no_last_break",
        "blank_lines",
    ),
)
def test_a_table_is_understood_however_it_was_saved(content: bytes) -> None:
    table = read_csv_rows(content)
    assert list(table.header) == ["code", "name_zh"]
    assert [list(row.cells) for row in table.rows] == [["x", "上海市城市规划"]]


def test_lines_are_counted_through_quoted_breaks_and_blank_lines() -> None:
    content = b'a,b\r\n"1\r\n1",2\n\n"3\n\n""3""",4\r\n5,6'
    assert rows_of(content) == [(2, ["1\r\n1", "2"]), (5, ['3\n\n"3"', "4"]), (8, ["5", "6"])]


def test_the_separators_of_lists_follow_the_delimiter() -> None:
    assert read_csv_rows(b"a,b\n1,2\n").list_separators == "|;"
    assert read_csv_rows(b"a;b\n1;2\n").list_separators == "|"
    assert list(read_csv_rows(b'"a;a;a",b\n1,2\n').header) == ["a;a;a", "b"]


# --- Files that are refused ------------------------------------------------------------------------

NOT_CSV = "This is not a CSV file. Save it as 'CSV UTF-8' first."
NOT_UTF8 = "File is not UTF-8. Save it as 'CSV UTF-8' in Excel."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04" + b"\0" * 50, NOT_CSV),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NOT_CSV),
        (b"%PDF-1.7\n", NOT_CSV),
        (b"\x1f\x8b\x08", NOT_CSV),
        (b"\x7fELF\x02\x01\x01\0\0\0", NOT_CSV),
        ("name\nMontréal, Québec, Zürich".encode("latin-1"), NOT_UTF8),
        (b"a,b\n\xff\xff\xff", NOT_UTF8),
        (b"\xff\xfea", NOT_UTF8),
        (b"", "The file is empty. Its first line must name the columns."),
        (b"\n\n , \n", "The file is empty. Its first line must name the columns."),
        (b"a" * (10 * 1024 * 1024 + 1), "File is too large (limit 10 MB)."),
        (b"a,b\n" + b"1,2\n" * 5_001, "Too many rows (limit 5,000)."),
    ],
    ids=(
        "zip",
        "ole",
        "pdf",
        "gzip",
        "elf",
        "latin1",
        "bytes",
        "half_utf16",
        "empty",
        "blank",
        "large",
        "rows",
    ),
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(content: bytes, message: str) -> None:
    refused = refusal(content)
    assert [problem.sentence for problem in refused.problems] == [message]
    assert str(refused) == f"{message}\nNothing was imported."


def test_five_thousand_rows_are_read() -> None:
    assert len(read_csv_rows(b"a,b\n" + b"1,2\n" * 5_000).rows) == 5_000


def test_an_unclosed_quotation_mark_is_named_by_the_line_where_it_opened() -> None:
    rows = [f"{n},fine" for n in range(2, 5001)]
    rows[3000 - 2] = '3000,"never closed'
    refused = refusal(("a,b\n" + "\n".join(rows)).encode())
    assert str(refused) == "Line 3,000: quotation mark is not closed.\nNothing was imported."
    assert refused.problems[0].line == 3000


def test_an_unclosed_quotation_mark_that_a_later_mark_seems_to_close() -> None:
    refused = refusal(b'a,b\n1,"open\n2,"closed"\n3,4\n')
    assert str(refused.problems[0]) == "Line 2: quotation mark is not closed."


def test_text_after_a_closing_quotation_mark() -> None:
    refused = refusal(b'a,b\n1,2\n3,"big" city\n')
    assert str(refused.problems[0]) == (
        "Line 3: text follows a closing quotation mark. Double the marks inside a quoted cell."
    )


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_eight_megabytes_is_named(quote: str) -> None:
    content = "code,about\n" + "x,y\n" * 5 + f"x,{quote}{'z' * 8_000_000}{quote}\n"
    refused = refusal(content.encode())
    assert str(refused.problems[0]) == (
        "Line 7, column 'about' is too long (8,000,000 characters; limit 10,000)."
    )
    assert (refused.problems[0].line, refused.problems[0].column) == (7, "about")


def test_every_row_with_too_few_or_too_many_cells_is_named() -> None:
    refused = refusal(b"a,b\n1,2\n1\n1,2,3\n")
    assert [problem.sentence for problem in refused.problems] == [
        "Line 3: The row has 1 cells, the header has 2. Check commas and quotation marks.",
        "Line 4: The row has 3 cells, the header has 2. Check commas and quotation marks.",
    ]
