"""Files at the desk: what a curator uploads, sees, confirms, and saves from a list."""

from __future__ import annotations

import io
import re
import threading
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from alliances.enums import Country, Kind
from alliances.importing import FileFormat, read_table, table_file
from alliances.models import ImportFile, Organization, RegisterEvent, User
from alliances.services.organization_import import import_organizations, preview_organizations
from alliances.services.register import SaveResult
from alliances.services.uploads import digest_of, drop_old_uploads
from tests.alliances.files import CITY, organizations_file
from tests.alliances.test_xlsx_format import bomb
from tests.factories import make_organization, make_user, prove
from tests.sizes import size

pytestmark = pytest.mark.usefixtures("reference")
UPLOAD = "/admin/alliances/organization/import/"
LANGUAGES = ("en", "zh-hans")


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def upload(desk: Client, content: bytes, name: str = "in.csv", language: str = "en") -> tuple[int, str]:
    """Status and text of the page that answers an upload; a preview where it leads to one."""
    file = SimpleUploadedFile(name, content)
    answer = desk.post(UPLOAD, {"file": file}, headers={"accept-language": language}, follow=True)
    return answer.status_code, answer.content.decode()


def preview_of(content: bytes) -> str:
    return f"{UPLOAD}{digest_of(content)}/"


def workbook(*rows: dict[str, object]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table_file([[row.get(name) for name in columns] for row in rows], columns, FileFormat.XLSX, "T")


# --- The way of a good file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    [(organizations_file(CITY), "a.csv"), (workbook(CITY), "a.xlsx")],
    ids=["csv", "xlsx"],
)
def test_nothing_is_saved_before_the_curator_confirms(
    desk: Client, curator: User, content: bytes, name: str
) -> None:
    status, page = upload(desk, content, name)
    assert status == 200
    assert "Import 1 organization\n" in re.sub(r" +", " ", page)
    assert Organization.objects.count() == 0
    desk.get(preview_of(content))
    assert Organization.objects.count() == 0
    answer = desk.post(preview_of(content), follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "Imported: 1 created, 0 updated, 0 unchanged."
    ]
    stored = Organization.objects.get()
    assert (stored.code, stored.state) == ("us-a", "submitted")
    record = stored.history.get()
    assert (record.history_user, record.history_change_reason) == (curator, f"Import of {name}")
    assert ImportFile.objects.count() == 0


def test_new_organizations_are_approved_on_request(desk: Client) -> None:
    content = organizations_file(CITY)
    upload(desk, content)
    desk.post(preview_of(content), {"approve": "on"})
    assert Organization.objects.get().state == "approved"


def test_the_preview_tells_what_was_understood_and_every_difference(desk: Client) -> None:
    make_organization("us-a", name_en="Alpha", name_zh="", region="KS", needs={"air-quality": 1})
    make_organization("us-b", name_en="Beta", region="KS")
    content = (
        "\ufeffcode;kind;country;name_en;region;needs\r\n"
        "us-a;city;US;Alpha;TX;air-quality:3\nus-b;city;US;Beta;KS;\nus-c;city;US;Gamma;;\r\n"
    ).encode()
    answer = desk.post(UPLOAD, {"file": SimpleUploadedFile("in.csv", content)}, follow=True)
    shown = {str(label): str(value) for label, value in answer.context["understood"]["rows"]}
    assert shown == {
        "File": "in.csv",
        "Job": digest_of(content)[:8],
        "Kind of file": "CSV",
        "Encoding": "UTF-8 with byte order mark",
        "Separator": "semicolon ;",
        "Line ends": "CRLF + LF",
        "Rows": "3",
        "Columns": "code · kind · country · name_en · region · needs",
        "New": "1",
        "Changed": "1",
        "Unchanged": "1",
    }
    assert answer.context["changes"]["rows"] == [
        ("us-a", "region", "KS", "TX"),
        ("us-a", "needs", "air-quality:1", "air-quality:3"),
    ]
    assert answer.context["created"]["rows"] == [("us-c", "Gamma", "City")]


@pytest.mark.parametrize(("language", "words"), [("en", "not shown here"), ("zh-hans", "此处不显示")])
def test_the_preview_shows_no_contact(desk: Client, language: str, words: str) -> None:
    make_organization("us-a", name_en="Alpha", contact_email="canary-old@test.example")
    content = b"code,kind,country,name_en,contact_email\nus-a,city,US,Alpha,canary-new@test.example\n"
    file = SimpleUploadedFile("in.csv", content)
    answer = desk.post(UPLOAD, {"file": file}, headers={"accept-language": language}, follow=True)
    assert answer.context["changes"]["rows"] == [("us-a", "contact_email", words, words)]
    assert "canary" not in answer.content.decode()


def test_the_preview_counts_what_the_import_does() -> None:
    alliance: dict[str, object] = {"code": "us-z", "kind": "alliance", "country": "US", "name_en": "Zeta"}
    first = organizations_file(
        {**CITY, "aliases": "B|A", "needs": "air-quality|drinking-water:3"},
        {
            **CITY,
            "code": "us-b",
            "population": 5,
            "population_basis": "urban",
            "latitude": 1.5,
            "longitude": 2,
        },
        {**alliance, "patron": "cn-miit|cn-most", "members": "us-a|us-b"},
    )
    second = organizations_file(
        {**CITY, "aliases": "A|B", "needs": "drinking-water:3|air-quality:2"},
        {
            **CITY,
            "code": "us-b",
            "population": 5,
            "population_basis": "urban",
            "latitude": 1.5,
            "longitude": 2,
        },
        {**alliance, "patron": "cn-most|cn-miit", "members": "us-b"},
        {**CITY, "code": "us-n"},
    )
    for content in (first, first, second, second, first):
        preview = preview_organizations(content, file_name="x.csv")
        counts = SaveResult(len(preview.created), len(preview.changes), preview.unchanged)
        assert counts == import_organizations(content, file_name="x.csv")


def test_a_file_that_changes_nothing_has_nothing_to_confirm(desk: Client) -> None:
    content = organizations_file(CITY)
    import_organizations(content, file_name="x.csv")
    status, page = upload(desk, content)
    assert status == 200
    assert "there is nothing to import" in page
    assert "Import 1 organization" not in page


# --- Files that are refused -----------------------------------------------------------------------

FULL = b"code,kind,country,name_en\n"
LONG_CELL = b"code,about\n" + b"x,y\n" * 5 + b"x," + b"z" * 8_000_000 + b"\n"
BAD_FILES: dict[str, tuple[str, bytes, int, str]] = {
    "latin1": ("a.csv", "name\nMontréal, Québec, Zürich".encode("latin-1"), 400, "File is not UTF-8."),
    "quote": (
        "a.csv",
        FULL + b"x,city,US,A\n" * 2_998 + b'x,city,US,"A\n' + b"x,city,US,A\n" * 9,
        400,
        "Line 3,000: quotation mark is not closed.",
    ),
    "header": (
        "a.csv",
        b"kind,country,name_en,about\nx,x,x,x\n",
        400,
        "Column &#x27;about&#x27; is not known.",
    ),
    "rows": ("a.csv", b"a,b\n" + b"1,2\n" * 1_000_000, 400, "Too many rows (limit 5,000)."),
    "cell": ("a.csv", LONG_CELL, 400, "Line 7, column &#x27;about&#x27; is too long"),
    "zip": ("a.csv", b"PK\x03\x04" + bytes(90), 400, "This is not a CSV file."),
    "workbook": ("a.csv", workbook(CITY), 400, "This is not a CSV file."),
    "text": ("a.xlsx", organizations_file(CITY), 400, "This is not an Excel workbook."),
    "bomb": ("a.xlsx", bomb(), 400, "The workbook unpacks to more than 50 MB."),
    "large": ("a.csv", b"a" * (10 * 1024 * 1024 + 1), 413, "File is too large (limit 10 MB)."),
    "empty": ("a.csv", b"", 400, "The file is empty."),
    "surrogate": ("a.xlsx", workbook({**CITY, "name_en": "_xD83D_"}), 200, "_xD83D_"),
    "nul": ("a.xlsx", workbook({**CITY, "name_en": "a\0b"}), 400, "(U+0000)"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_answered_as_promised_and_saves_nothing(desk: Client, case: str, language: str) -> None:
    name, content, expected, sentence = BAD_FILES[case]
    status, page = upload(desk, content, name, language)
    assert status == expected
    if language == "en":
        assert sentence in page
    assert Organization.objects.count() == 0
    assert desk.post(preview_of(content), {"approve": "on"}).status_code in (302, 400, 404)
    assert Organization.objects.count() == (case == "surrogate")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_other_encodings_are_understood(desk: Client, encoding: str) -> None:
    content = "code,kind,country,name_zh\ncn-a,city,CN,上海市城市规划\n".encode(encoding)
    status, page = upload(desk, content)
    assert status == 200
    assert encoding.upper() in page
    desk.post(preview_of(content))
    assert Organization.objects.get().name_zh == "上海市城市规划"


def test_one_bad_row_at_the_end_saves_nothing_and_all_are_in_the_report(desk: Client) -> None:
    count = size(small=500, ci=5_000, full=5_000)
    rows: list[dict[str, object]] = [{**CITY, "code": f"us-{n}"} for n in range(count)]
    rows[-2]["country"] = "DE"
    status, page = upload(desk, organizations_file(*rows))
    assert status == 400
    assert f"Line {count:,}, column &#x27;country&#x27;" in page
    content = organizations_file(*({**row, "country": "=DE"} for row in rows[:150]))
    answer = desk.post(UPLOAD, {"file": SimpleUploadedFile("in.csv", content)})
    assert (answer.status_code, len(answer.context["problems"]["rows"]), answer.context["problems_left"]) == (
        400,
        100,
        50,
    )
    report = desk.get(preview_of(content) + "report/")
    assert report["Content-Disposition"] == f'attachment; filename="problems-{digest_of(content)[:8]}.csv"'
    assert report["Cache-Control"] == "no-store"
    table = read_table(report.content, "report.csv")
    assert [row.cells[0] for row in table.rows] == [str(line) for line in range(2, 152)]
    assert Organization.objects.count() == 0


def test_a_register_that_changed_after_the_preview_is_respected(desk: Client) -> None:
    content = organizations_file(CITY)
    upload(desk, content)
    make_organization("us-a", country=Country.CN)
    answer = desk.post(preview_of(content))
    assert answer.status_code == 400
    assert "that cannot be changed" in answer.content.decode()
    assert Organization.objects.get().country == "CN"


# --- Whose file, and for how long -----------------------------------------------------------------


def test_only_staff_with_the_right_import(client: Client) -> None:
    make_organization()
    client.force_login(make_user(is_staff=True))
    assert client.get(UPLOAD).status_code == 403
    assert client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403
    assert client.get("/admin/alliances/city/export-csv/").status_code == 403
    client.force_login(make_user())
    assert client.get(UPLOAD).status_code == 302
    assert ImportFile.objects.count() == 0


def test_an_upload_is_its_curators_own_and_lasts_an_hour(desk: Client) -> None:
    content = organizations_file(CITY)
    upload(desk, content)
    upload(desk, content)
    assert ImportFile.objects.count() == 1
    other = Client()
    other.force_login(make_user(is_staff=True, is_superuser=True))
    for answer in (
        other.get(preview_of(content)),
        other.post(preview_of(content)),
        other.get(f"{UPLOAD}none/"),
    ):
        assert answer.status_code == 404
    ImportFile.objects.update(uploaded_at=Now() - timedelta(minutes=61))
    assert desk.post(preview_of(content)).status_code == 404
    assert Organization.objects.count() == 0
    assert drop_old_uploads() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("us-a", "This file is already being imported (job {job})."),
        ("us-b", "Another file is being imported. Try again when that is done."),
    ],
)
def test_a_file_that_is_being_imported_is_refused_with_409(desk: Client, second: str, message: str) -> None:
    running, content = organizations_file(CITY), organizations_file({**CITY, "code": second})
    upload(desk, content)
    imported, leave = threading.Event(), threading.Event()

    def first() -> None:
        try:
            with transaction.atomic():
                import_organizations(running, file_name="x.csv")
                imported.set()
                leave.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert imported.wait(20)
        answer = desk.post(preview_of(content))
    finally:
        leave.set()
        thread.join()
    assert answer.status_code == 409
    assert message.format(job=digest_of(running)[:8]) in answer.content.decode()
    assert Organization.objects.count() == 1
    assert desk.post(preview_of(content)).status_code == 302


# --- Lists as files -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(FileFormat))
def test_the_list_as_filtered_is_saved_and_imports_unchanged(desk: Client, kind: FileFormat) -> None:
    make_organization(
        "us-a", name_en="=Alpha", aliases=["-x"], needs={"air-quality": 2}, longitude=-0.1, latitude=1
    )
    make_organization("cn-a", country=Country.CN)
    make_organization("us-firm", kind=Kind.FIRM)
    prove(desk)
    answer = desk.get(f"/admin/alliances/city/export-{kind}/?country__exact=US")
    event = RegisterEvent.objects.get(kind="exported")
    assert event.data == {"list": "city", "format": str(kind), "rows": 1}
    assert re.fullmatch(
        rf'attachment; filename="city-\d{{4}}-\d\d-\d\d\.{kind}"', answer["Content-Disposition"]
    )
    assert answer["Cache-Control"] == "no-store"
    table = read_table(answer.content, f"x.{kind}")
    assert [row.cells[0] for row in table.rows] == ["us-a"]
    assert import_organizations(answer.content, file_name=f"x.{kind}") == SaveResult(0, 0, 1)
    if kind == FileFormat.XLSX:
        sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
        assert sheet.title == "Organizations"
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_buttons_carry_the_lists_filter(desk: Client) -> None:
    page = desk.get("/admin/alliances/city/?country__exact=US").content.decode()
    assert 'href="/admin/alliances/city/export-xlsx/?country__exact=US"' in page
    assert desk.get("/admin/alliances/city/import_file/").headers["location"] == UPLOAD
    assert desk.get("/admin/alliances/city/export-csv/?country__exact=US&p=x").status_code in (200, 302)


@pytest.mark.parametrize("number", [1, 3])
def test_an_export_costs_the_same_for_one_and_three(desk: Client, number: int) -> None:
    for _ in range(number):
        make_organization(needs={"air-quality": 2}, offers={"air-quality": 1})
    prove(desk)
    desk.get("/admin/alliances/city/export-csv/")
    with CaptureQueriesContext(connection) as queries:
        desk.get("/admin/alliances/city/export-csv/")
    # The list, its event, and that it is recorded.
    assert len(queries) == 14


@pytest.mark.parametrize("address", ["export-csv/", "export-xlsx/"])
def test_who_signed_in_long_ago_proves_who_they_are_before_a_file_is_saved(
    desk: Client, address: str
) -> None:
    path = f"/admin/alliances/city/{address}?country__exact=US"
    answer = desk.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/")
    assert quote(path, safe="") in answer["Location"]
    assert not RegisterEvent.objects.exists()
    prove(desk)
    session = desk.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 301}]
    session.save()
    assert desk.get(path).status_code == 302
    prove(desk)
    assert desk.get(path).status_code == 200


@pytest.mark.parametrize("count", [1, 30])
def test_a_preview_costs_the_same_for_one_and_thirty(count: int) -> None:
    content = organizations_file(*({**CITY, "code": f"us-{n}", "needs": "air-quality"} for n in range(count)))
    import_organizations(content, file_name="x.csv")
    with CaptureQueriesContext(connection) as queries:
        preview_organizations(content, file_name="x.csv")
    assert len(queries) == 8
