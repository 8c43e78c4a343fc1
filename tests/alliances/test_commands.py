"""The commands: what they print, what they leave behind, how they fail."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from pytest_django.fixtures import Settings

from alliances.models import (
    AllianceMembership,
    ChallengeArea,
    Consent,
    Organization,
    RegisterEvent,
    TeamMember,
    Topic,
    User,
)
from alliances.services.demo import CURATOR_EMAIL
from tests.alliances.files import CITY, organizations_file

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*words: str, **options: bool) -> str:
    out = io.StringIO()
    flags = [f"--{name.replace('_', '-')}" for name, given in options.items() if given]
    call_command(*words, *flags, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("reference")
class TestImport:
    def test_counts_are_printed(self, tmp_path: Path) -> None:
        path = tmp_path / "in.csv"
        path.write_bytes(organizations_file(CITY))
        assert run("import_organizations", str(path), dry_run=True) == (
            "Dry run, nothing saved: 1 created, 0 updated, 0 unchanged.\n"
        )
        assert run("import_organizations", str(path), approve=True) == "1 created, 0 updated, 0 unchanged.\n"
        assert run("import_organizations", str(path)) == "0 created, 0 updated, 1 unchanged.\n"
        assert Organization.objects.get().state == "approved"

    def test_every_bad_row_is_printed_and_nothing_saved(self, tmp_path: Path) -> None:
        path = tmp_path / "in.csv"
        path.write_bytes(organizations_file({**CITY, "kind": "x"}, {**CITY, "country": "DE"}))
        err = io.StringIO()
        with pytest.raises(CommandError, match=r"^Nothing was imported\.$"):
            call_command("import_organizations", str(path), stderr=err)
        assert err.getvalue().splitlines() == [
            "Line 2, column 'kind': 'x' is not known here. Use city, firm, alliance.",
            "Line 3, column 'country': 'DE' is not known here. Use US, CN.",
            "Line 3, column 'code': Code 'us-a' stands on line 2 too. Remove one of the two rows.",
        ]
        assert Organization.objects.count() == 0
        assert list(tmp_path.iterdir()) == [path]

    def test_more_than_a_hundred_problems_go_to_a_report_beside_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "in.csv"
        rows: list[dict[str, object]] = [{**CITY, "code": f"us-{n}", "country": "=DE"} for n in range(150)]
        path.write_bytes(organizations_file(*rows))
        err = io.StringIO()
        with pytest.raises(CommandError):
            call_command("import_organizations", str(path), stderr=err)
        report = tmp_path / "in.problems.csv"
        assert len(err.getvalue().splitlines()) == 101
        assert err.getvalue().splitlines()[-1] == f"150 problems in all; the full list is in {report}."
        lines = report.read_text("utf-8-sig").splitlines()
        assert len(lines) == 151
        assert lines[150] == "151,country,'=DE,\"''=DE' is not known here. Use US, CN.\""

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file or directory"):
            call_command("import_organizations", str(tmp_path / "none.csv"))

    def test_a_huge_file_is_refused_without_being_read_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.csv"
        with path.open("wb") as file:
            file.truncate(4 * 1024**3)
        err = io.StringIO()
        with pytest.raises(CommandError):
            call_command("import_organizations", str(path), stderr=err)
        assert err.getvalue() == "File is too large (limit 10 MB).\n"

    def test_export_writes_a_file_that_imports_unchanged(self, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        source.write_bytes(organizations_file({**CITY, "name_zh": "＝甲", "needs": "air-quality"}))
        run("import_organizations", str(source))
        assert run("export_organizations", str(target)) == ""
        assert target.read_bytes().startswith("\ufeffcode,kind,".encode())
        assert run("import_organizations", str(target)) == "0 created, 0 updated, 1 unchanged.\n"
        assert run("export_organizations") == target.read_bytes().decode("utf-8-sig")

    def test_a_workbook_goes_out_and_comes_in_unchanged(self, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.xlsx"
        source.write_bytes(organizations_file({**CITY, "name_zh": "＝甲", "needs": "air-quality"}))
        run("import_organizations", str(source))
        run("export_organizations", str(target))
        assert target.read_bytes().startswith(b"PK")
        assert run("import_organizations", str(target)) == "0 created, 0 updated, 1 unchanged.\n"

    def test_a_workbook_under_the_name_of_a_csv_file(self, tmp_path: Path) -> None:
        path = tmp_path / "in.csv"
        path.write_bytes(b"PK\x03\x04")
        err = io.StringIO()
        with pytest.raises(CommandError):
            call_command("import_organizations", str(path), stderr=err)
        assert err.getvalue() == "This is not a CSV file. Save it as 'CSV UTF-8' first.\n"


@pytest.mark.django_db
class TestReference:
    def test_a_second_call_changes_nothing(self) -> None:
        names = [
            "challenge areas",
            "topics",
            "agencies",
            "reference cities",
            "reference alliances",
            "jurisdiction rules",
            "roles",
        ]
        counts = [7, 84, 46, 2593, 26, 5, 5]
        assert run("load_reference").splitlines() == [
            f"{name}: {count} created, 0 updated, 0 unchanged."
            for name, count in zip(names, counts, strict=True)
        ]
        assert run("load_reference").splitlines() == [
            f"{name}: 0 created, 0 updated, {count} unchanged."
            for name, count in zip(names, counts, strict=True)
        ]

    def test_every_challenge_is_named_and_defined_in_both_languages(self) -> None:
        run("load_reference")
        rows = [*ChallengeArea.objects.all(), *Topic.objects.all()]
        assert len(rows) == 91
        assert [row.slug for row in rows if not (row.name_en and row.definition_en)] == []
        han = re.compile("[\u4e00-\u9fff]")
        assert [
            row.slug for row in rows if not (han.search(row.name_zh) and han.search(row.definition_zh))
        ] == []
        # Full-width punctuation, and no full stop in either language: a definition is a phrase.
        assert [row.slug for row in rows if re.search("[,;:()!?。]|\\.$", row.definition_zh)] == []
        assert [row.slug for row in rows if row.definition_en.endswith(".")] == []


@pytest.mark.django_db
class TestDemo:
    def test_the_sample_register_is_approved_and_marked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DEMO_PASSWORD", raising=False)
        assert run("load_demo").splitlines() == [
            "Organizations: 229 created, 0 updated, 0 unchanged.",
            "People: 229 created.",
            "Curator curator@demo.example created.",
            "None of these organizations has registered or endorsed anything.",
        ]
        organizations = Organization.objects.filter(
            state="approved", is_sample=True, profile_confirmed_at=None
        )
        assert organizations.count() == 229
        people = TeamMember.objects.values_list(
            "organization__code", "user__email", "user__language", "role", "user__name"
        )
        assert all(
            (email, language, role)
            == (f"{code}@demo.example", "zh-hans" if code.startswith("cn-") else "en", "owner")
            for code, email, language, role, _name in people
        )
        names = dict(people.values_list("organization__code", "user__name"))
        assert (names["us-aecom"], names["cn-alicloud"]) == ("Demo contact for AECOM", "阿里云示例联系人")
        consents = Consent.objects.values_list("purpose", "text_version", "granted").annotate(Count("pk"))
        assert sorted(consents.order_by()) == [
            (purpose, "demo", True, 229) for purpose in ("account", "cross_border", "digest", "matching")
        ]
        curator = User.objects.get(email=CURATOR_EMAIL)
        assert (curator.is_staff, curator.is_superuser) == (True, True)
        assert curator.check_password("partnerships-demo")
        assert not User.objects.exclude(pk=curator.pk).exclude(password__startswith="!").exists()
        linked = Organization.objects.exclude(reference_rows=None).values_list("code", flat=True)
        assert "cn-scia" in linked
        members = AllianceMembership.objects.values_list("alliance__code", "member__code", "state")
        founders = ("beijing", "guangzhou", "guiyang", "shenzhen", "wuhan", "zhenjiang")
        network = ("us-city-pittsburgh", "us-city-portland", "us-city-seattle", "us-cwru")
        assert sorted(members) == [
            *(("cn-appc", f"cn-city-{name}", "confirmed") for name in founders),
            *(("us-metrolab", code, "confirmed") for code in network),
        ]

    def test_a_second_call_changes_nothing_even_what_staff_edited(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEMO_PASSWORD", "a-long-passphrase-of-ours")
        run("load_demo")
        Organization.objects.filter(code="us-aecom").update(name_en="Edited", state="suspended")
        models = (Organization, User, TeamMember, Consent, RegisterEvent)
        before = [list(model.objects.order_by("pk").values()) for model in models]
        assert run("load_demo").splitlines() == [
            "Organizations: 0 created, 0 updated, 229 unchanged.",
            "People: 0 created.",
            "None of these organizations has registered or endorsed anything.",
        ]
        assert [list(model.objects.order_by("pk").values()) for model in models] == before
        assert User.objects.get(email=CURATOR_EMAIL).check_password("a-long-passphrase-of-ours")

    def test_outside_of_a_demo_the_known_password_opens_nothing(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        monkeypatch.delenv("DEMO_PASSWORD", raising=False)
        settings.DEMO = settings.EMBEDDED = False
        assert run("load_demo").splitlines()[2] == "No curator: set DEMO_PASSWORD to have one made."
        assert not User.objects.filter(is_staff=True).exists()

    def test_a_weak_password_is_refused_and_nothing_loaded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEMO_PASSWORD", "short")
        with pytest.raises(CommandError, match=r"^DEMO_PASSWORD: This password is too short"):
            run("load_demo")
        assert Organization.objects.count() == 0


def test_csv_is_read_and_written_in_one_place_only() -> None:
    elsewhere = [
        path.relative_to(ROOT)
        for package in ("alliances", "matchmaking")
        for path in sorted((ROOT / package).rglob("*.py"))
        if (ROOT / "alliances" / "importing") not in path.parents and _imports_csv(path)
    ]
    assert elsewhere == []
    assert _imports_csv(ROOT / "alliances" / "importing" / "csv_format.py")


def _imports_csv(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "csv" for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "csv":
            return True
    return False
