"""Screening lists at the desk: a file is looked through at once, imported by a worker, its result shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from alliances.importing import ImportRefused
from alliances.models import ScreeningEntry, ScreeningHit, ScreeningList, User
from alliances.services import screening
from matchmaking.enums import ListImportState
from matchmaking.models import CurationEvent, ListImport
from matchmaking.services import leases, list_imports, periodic
from tests.factories import make_organization, make_user

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/alliances/screeninglist/import/"
TODAY = timezone.now().date()
PLAIN = "name,aliases,country\nHongda Marine,宏达海运,CN\nKangle Oil,,CN\n"


@pytest.fixture
def officer() -> User:
    return make_user("officer@test.example", is_staff=True, is_superuser=True, name="Olga")


@pytest.fixture
def desk(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


def upload(desk: Client, content: str | bytes = PLAIN, file_name: str = "list.csv", **stated: Any) -> Any:
    content = content.encode() if isinstance(content, str) else content
    form = {"name": "generic", "dated": TODAY.isoformat(), **stated}
    return desk.post(UPLOAD, {**form, "file": SimpleUploadedFile(file_name, content)})


def request_import(by: User, content: str = PLAIN, **stated: Any) -> ListImport:
    given = {"file_name": "list.csv", "name": "generic", "dated": TODAY, **stated}
    return list_imports.list_import_request(content.encode(), **given, by=by)


def worked(row: ListImport) -> ListImport:
    while list_imports.work_on_one():
        pass
    row.refresh_from_db()
    return row


def test_an_uploaded_list_is_imported_by_a_worker_and_its_result_shown(desk: Client, officer: User) -> None:
    hongda = make_organization(name_en="Hongda Marine")
    assert "import_list" in desk.get("/admin/alliances/screeninglist/").content.decode()
    answer = upload(desk, version="2026-47")
    row = ListImport.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{UPLOAD}{row.pk}/")
    assert (row.state, row.requested_by, bytes(row.content)) == ("queued", officer, PLAIN.encode())
    page = desk.get(answer["Location"]).content.decode()
    assert "Everybody in the register is being compared" in page
    assert not ScreeningList.objects.exists()
    assert worked(row).state == ListImportState.COMPLETE
    found = ScreeningList.objects.get()
    assert (row.imported, bytes(row.content)) == (found, b"")
    assert (found.name, found.version, found.dated, found.entry_count, found.actor_id) == (
        "generic",
        "2026-47",
        TODAY,
        2,
        officer.pk,
    )
    assert ScreeningHit.objects.get().organization == hongda
    page = desk.get(answer["Location"]).content.decode()
    assert ("2026-47" in page, ">1</a>" in page, "list.csv" in desk.get(UPLOAD).content.decode()) == (
        True,
    ) * 3
    events = CurationEvent.objects.filter(subject="list_import", subject_id=row.pk).order_by("pk")
    assert [(one.kind, one.actor_id) for one in events] == [
        ("requested", officer.pk),
        ("complete", officer.pk),
    ]


BAD: list[tuple[str, dict[str, Any], int, str]] = [
    (PLAIN, {"name": "unknown"}, 400, "Select a valid choice."),
    (PLAIN, {"name": "generic\0"}, 400, "Select a valid choice."),
    (PLAIN, {"dated": "soon"}, 400, "Enter a day as YYYY-MM-DD."),
    (PLAIN, {"dated": ""}, 400, "The file does not say of which day the list is. Give the date."),
    (PLAIN, {"dated": "9999-12-31"}, 400, "Give the day of the list."),
    (PLAIN, {"version": "x" * 10_000}, 400, "Ensure this value has at most 200 characters"),
    (PLAIN, {"version": "a\0"}, 400, "Null characters are not allowed."),
    ("", {}, 400, "empty"),
    ("title\nHongda\n", {}, 400, "Column &#x27;name&#x27; is missing"),
    ("name\nHongda\n🙂🙂\n", {}, 400, "Line 3, column &#x27;name&#x27;"),
    ("[1, {}]", {"file_name": "list.json"}, 400, "Entry 1"),
    ("{", {"file_name": "list.json"}, 400, "this is not JSON"),
    ("name\n" + "x" * (10 * 1024 * 1024), {}, 413, "File is too large (limit 10 MB)."),
]


@pytest.mark.parametrize(("content", "stated", "status", "words"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_is_said_and_nothing_kept(
    desk: Client, content: str, stated: dict[str, Any], status: int, words: str
) -> None:
    answer = upload(desk, content, **stated)
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert not ListImport.objects.exists()


def test_without_a_file_nothing_is_imported(desk: Client) -> None:
    assert desk.post(UPLOAD, {"name": "generic"}).status_code == 400
    assert desk.post(UPLOAD, {}).status_code == 400


def test_an_older_list_is_refused_at_once_and_again_by_the_worker(desk: Client, officer: User) -> None:
    older = request_import(officer, dated=TODAY - timedelta(days=2))
    screening.screening_import(PLAIN.encode(), file_name="new.csv", name="generic", dated=TODAY)
    with pytest.raises(ImportRefused):
        request_import(officer, dated=TODAY - timedelta(days=1))
    worked(older)
    assert (older.state, bytes(older.content)) == (ListImportState.FAILED, b"")
    assert "is here already" in older.error
    assert older.error in desk.get(f"{UPLOAD}{older.pk}/").content.decode().replace("&#x27;", "'")
    assert ScreeningEntry.objects.count() == 2


def test_an_import_that_was_overtaken_leaves_the_entries_of_the_newer_one(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen_organizations = screening.screen_organizations

    def while_another_imports() -> int:
        monkeypatch.setattr(screening, "screen_organizations", screen_organizations)
        screening.screening_import(b"name\nYongfu Steel\n", file_name="b.csv", name="generic", dated=TODAY)
        return screen_organizations()

    monkeypatch.setattr(screening, "screen_organizations", while_another_imports)
    yesterday = TODAY - timedelta(days=1)
    screening.screening_import(PLAIN.encode(), file_name="a.csv", name="generic", dated=yesterday)
    assert list(ScreeningEntry.objects.values_list("name", flat=True)) == ["Yongfu Steel"]


def test_a_worker_that_died_leaves_it_to_another(officer: User) -> None:
    row = request_import(officer)
    assert leases.claim(leases.LIST_IMPORTS) is not None
    # Its lease is as long as its task may take.
    row.refresh_from_db()
    assert row.lease_until is not None
    assert row.lease_until - timezone.now() > timedelta(minutes=25)
    periodic.sweep()
    assert not list_imports.work_on_one()
    ListImport.objects.update(lease_until=Now() - timedelta(seconds=1))
    periodic.sweep()
    assert worked(row).state == ListImportState.COMPLETE


def test_in_the_last_attempt_it_fails_and_the_file_goes(officer: User, desk: Client) -> None:
    row = request_import(officer)
    leases.claim(leases.LIST_IMPORTS)
    ListImport.objects.update(lease_until=Now() - timedelta(seconds=1), attempt=5)
    list_imports.recover()
    row.refresh_from_db()
    assert (row.state, bytes(row.content)) == (ListImportState.FAILED, b"")
    page = desk.get(f"{UPLOAD}{row.pk}/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "The worker was lost" not in page
    assert CurationEvent.objects.filter(subject="list_import", kind="failed").count() == 1


def test_whoever_is_no_staff_imports_nothing(officer: User) -> None:
    with pytest.raises(PermissionDenied):
        request_import(make_user())
    row = request_import(officer)
    User.objects.filter(pk=officer.pk).update(is_staff=False)
    assert (worked(row).state, row.error) == (
        ListImportState.FAILED,
        "Whoever asked for it may not import lists any more.",
    )
    assert not ScreeningList.objects.exists()


def test_pages_are_in_chinese(desk: Client, officer: User) -> None:
    row = request_import(officer)
    for address, words in ((UPLOAD, "检查并导入"), (f"{UPLOAD}{row.pk}/", "正与名录中所有机构比对")):
        assert words in desk.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    bad = {"name": "generic", "file": SimpleUploadedFile("x-2026-11-01.csv", b"name\n\xf0\x9f\x99\x82\n")}
    page = desk.post(UPLOAD, bad, headers={"accept-language": "zh-hans"}).content.decode()
    assert "第2行" in page
    assert desk.get(f"{UPLOAD}999/").status_code == 404


BROKEN: dict[str, dict[str, Any]] = {
    "name_known": {"name": "other"},
    "state_known": {"state": "lost"},
    "leased_iff_running": {"state": "running"},
    "list_iff_complete": {"state": "complete"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_keeps_it(officer: User, name: str) -> None:
    request_import(officer)
    with pytest.raises(IntegrityError, match=f"matchmaking_listimport_{name}"), transaction.atomic():
        ListImport.objects.update(**BROKEN[name])
