"""One's own data as a file: complete, of nobody else, for the person alone, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from alliances.enums import Country, Kind, TeamRole
from alliances.models import AllianceDetails, FirmDetails, FirmReference, User
from matchmaking.models import CurationEvent
from matchmaking.selectors import personal_data
from matchmaking.selectors.personal_data import NOT_EXPORTED, OF_ORGANIZATIONS, PERSONAL, Table
from matchmaking.services.personal_export import personal_export
from tests.factories import make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code, newest_mail
from tests.matchmaking.accounts.lives import MARKS, OTHERS, Life, live
from tests.matchmaking.mail.conftest import server
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db
__all__ = ["server"]
PAGE = "/accounts/data/"


@pytest.fixture
def life(server: SmtpServer) -> Life:
    return live()


def files_of(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def exported(user: User) -> dict[str, list[dict[str, Any]]]:
    """The tables of data.json."""
    tables: dict[str, list[dict[str, Any]]] = json.loads(files_of(personal_export(user))["data.json"])[
        "tables"
    ]
    return tables


def download(browser: Client) -> bytes:
    answer = browser.post(PAGE, {"download": ""})
    assert answer.status_code == 200
    return b"".join(answer)


# --- Complete, and of nobody else ----------------------------------------------------------------


def test_all_twelve_marks_are_in_the_file_and_nobody_elses(life: Life) -> None:
    files = files_of(download(life.browser))
    document = files.pop("data.json")
    tables = "\n".join(files.values())
    assert {what for what, mark in MARKS.items() if mark not in document} == set()
    assert {what for what, mark in MARKS.items() if mark not in tables} == set()
    assert [other for other in OTHERS if other in (document + tables)] == []


def test_the_others_were_near(life: Life) -> None:
    """Control: what the file leaves out did name them."""
    words = " ".join(life.person.emails.values_list("body_text", flat=True))
    assert "other-partner@test.example" in words
    team = life.browser.get(f"/organization/{life.organization.code}/").content.decode()
    assert "other-colleague-name" in team


def test_no_secret_is_in_the_file(life: Life) -> None:
    life.person.set_password("sturdy-pass-word")
    life.person.save()
    ask_for_code(Client(), life.person.email)
    code = code_in(newest_mail())
    assert newest_mail().user == life.person
    text = "\n".join(files_of(personal_export(life.person)).values())
    session_key = life.browser.session.session_key or ""
    token = life.person.api_tokens.get()
    assert session_key not in text
    assert token.key_hash not in text
    assert life.person.password not in text
    assert code not in text


def relations_to_people() -> set[str]:
    """Every column of every table that names a person, by key or by plain number."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        for field in model._meta.concrete_fields
        if field.related_model is User or field.name == "actor_id"
    }


def test_every_table_that_names_people_is_exported_or_has_a_reason() -> None:
    told = {f"{table.model._meta.label}.{table.by}" for table in PERSONAL} - {"alliances.User.pk"}
    found = relations_to_people()
    assert len(found) > 20
    assert found - told == set(NOT_EXPORTED), "export them, or say in NOT_EXPORTED why not"
    assert told - found == set()
    assert all(NOT_EXPORTED.values())


@pytest.mark.parametrize("table", [*PERSONAL, *OF_ORGANIZATIONS], ids=lambda table: table.name)
def test_every_column_of_a_table_is_in_it_or_left_out_for_a_reason(table: Table) -> None:
    shown = {column.partition("__")[0] for column in table.columns.values() if isinstance(column, str)}
    shown |= set(table.columns)
    columns = {field.name for field in table.model._meta.concrete_fields}
    unsaid = columns - shown - {table.by} - set(table.without)
    assert unsaid == set() or "*" in table.without
    assert all(table.without.values())


def test_names_of_tables_are_their_own() -> None:
    names = [table.name for table in (*PERSONAL, *OF_ORGANIZATIONS)]
    assert len(set(names)) == len(names)


# --- What is in it -------------------------------------------------------------------------------


def test_a_person_s_tables(life: Life) -> None:
    tables = exported(life.person)
    assert {name: len(rows) for name, rows in tables.items() if rows and name in SMALL} == SMALL
    assert tables["account"][0] | {"joined_at": "", "last_login": ""} == {
        "email": "mark-address@test.example",
        "name": "Mark O'Name",
        "language": "en",
        "time_zone": "",
        "mail_frequency": "weekly",
        "interest_mail": True,
        "joined_at": "",
        "last_login": "",
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
    }
    assert [(row["role"], row["organization"]) for row in tables["teams"]] == [
        ("owner", life.draft.code),
        ("editor", tables["answers"][1]["organization"]),
        ("owner", life.organization.code),
    ]
    answers = [(row["answer"], row["reason"], row["note"]) for row in tables["answers"]]
    assert answers == [("interested", "", ""), ("declined", "budget", "mark-note")]
    assert {row["kind"]: bool(row["text"]) for row in tables["emails"]} == {
        "account": False,
        "digest": True,
        "introduction": False,
    }
    assert tables["sessions"][0]["ip"] == "203.0.113.77"


SMALL = {
    "account": 1,
    "email_addresses": 2,
    "teams": 3,
    "consents": 3,
    "sessions": 1,
    "api_tokens": 1,
    "answers": 2,
    "recommendations_told": 1,
    "import_files": 1,
    "organization_changes": 1,
    "organizations": 2,
}


def test_an_owner_gets_what_the_organization_states_and_an_editor_does_not() -> None:
    firm = make_organization(
        kind=Kind.FIRM, needs={"e-bus": 3}, offers={"sponge-city": 2}, contact_email="office@firm.example"
    )
    alliance = make_organization(kind=Kind.ALLIANCE, country=Country.US)
    FirmDetails.objects.create(organization=firm, ein="12-3456789")
    FirmReference.objects.create(organization=firm, title="Depot", year=2024)
    AllianceDetails.objects.create(organization=alliance, charter="One bridge")
    make_membership(alliance, firm, waits_for="member")
    firm.needs.update(statement="=SUM(A1)")
    owner = make_team_member(firm).user
    make_team_member(alliance, owner)
    tables = exported(owner)
    assert [row["code"] for row in tables["organizations"]] == [alliance.code, firm.code]
    assert tables["organizations"][1]["contact_email"] == "office@firm.example"
    assert tables["needs"] == [
        {"priority": 3, "statement": "=SUM(A1)", "organization": firm.code, "topic": "e-bus"}
    ]
    assert [row["topic"] for row in tables["offers"]] == ["sponge-city"]
    assert tables["firm_details"][0]["ein"] == "12-3456789"
    assert tables["firm_references"][0]["title"] == "Depot"
    assert tables["alliance_details"][0]["charter"] == "One bridge"
    members = [
        (row["alliance"], row["member"], row["state"], row["waits_for"]) for row in tables["alliance_members"]
    ]
    assert members == [(alliance.code, firm.code, "invited", "member")]
    assert len(tables["alliances_joined"]) == 1

    editor = make_team_member(firm, role=TeamRole.EDITOR).user
    tables = exported(editor)
    assert {table.name: tables[table.name] for table in OF_ORGANIZATIONS if tables[table.name]} == {}


def test_a_colleague_s_address_as_contact_stays_out() -> None:
    colleague = make_user("colleague@test.example")
    organization = make_organization(contact_email="Colleague@test.example")
    owner = make_team_member(organization).user
    make_team_member(organization, colleague)
    assert exported(owner)["organizations"][0]["contact_email"] == ""


def test_cells_run_as_no_formula_and_lists_are_readable() -> None:
    organization = make_organization(summary_en="=HYPERLINK(0)", languages=["en", "zh"], seeks=[])
    owner = make_team_member(organization, make_user(name="＝1+1")).user
    files = files_of(personal_export(owner))
    (account,) = csv.DictReader(io.StringIO(files["account.csv"]))
    (stated,) = csv.DictReader(io.StringIO(files["organizations.csv"]))
    assert (account["name"], account["is_active"]) == ("'＝1+1", "true")
    assert (stated["summary_en"], stated["languages"], stated["seeks"]) == ("'=HYPERLINK(0)", "en|zh", "")
    assert json.loads(files["data.json"])["tables"]["account"][0]["name"] == "＝1+1"
    assert set(files) == {"data.json", *(f"{one.name}.csv" for one in (*PERSONAL, *OF_ORGANIZATIONS))}


def test_the_file_is_bounded_and_says_what_it_left_out(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "MAX_ROWS", 2)
    for purpose in ("digest", "introduction", "account"):
        person.consents.create(
            purpose=purpose, granted=True, text_version="1", language="en", channel="portal"
        )
    document = json.loads(files_of(personal_export(person))["data.json"])
    assert [row["purpose"] for row in document["tables"]["consents"]] == ["account", "introduction"]
    assert document["older_rows_left_out"] == {"consents": 1}


@pytest.mark.parametrize("number", [1, 3])
def test_it_costs_the_same_for_one_organization_and_three(
    person: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        make_team_member(make_organization(needs={"e-bus": 1}), person)
    # Teams, a query a table, the record in a transaction of its own.
    with django_assert_num_queries(1 + len(PERSONAL) + len(OF_ORGANIZATIONS) + 3):
        personal_export(person)


# --- The page ------------------------------------------------------------------------------------


def test_the_download_is_for_its_person_at_once_and_recorded(life: Life) -> None:
    answer = life.browser.post(PAGE, {"download": ""})
    assert answer["Content-Type"] == "application/zip"
    name = answer["Content-Disposition"]
    assert name.startswith('attachment; filename="data-20')
    assert name.endswith('.zip"')
    assert answer["Cache-Control"] == "no-store"
    event = CurationEvent.objects.get(subject="person")
    assert (event.kind, event.subject_id, event.actor_id) == ("exported", life.person.pk, life.person.pk)


@pytest.mark.parametrize("posted", [{"download": ""}, {"erase": "", "address": "maya@portland.example"}])
def test_both_ask_first_whether_it_is_still_the_person(
    client: Client, person: User, posted: dict[str, str]
) -> None:
    client.force_login(person)
    page = client.get(PAGE).content.decode()
    assert page.count("You are asked first to show that it is you.") == 2
    answer = client.post(PAGE, posted)
    assert answer["location"] == "/accounts/reauthenticate/code/?next=%2Faccounts%2Fdata%2F"
    assert CurationEvent.objects.filter(subject="person").count() == 0
    assert User.objects.filter(pk=person.pk).exists()
    client.post(answer["location"], {"send": ""})
    back = client.post(answer["location"], {"code": code_in(newest_mail()), "next": PAGE})
    assert back["location"] == PAGE
    assert "You are asked first" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, posted).status_code == 200
    assert CurationEvent.objects.filter(subject="person").count() == 1


def test_after_five_minutes_it_asks_again(person: User) -> None:
    client = Client()
    ask_for_code(client, person.email)
    enter_code(client, code_in(newest_mail()))
    assert client.post(PAGE, {"download": ""}).status_code == 200
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()
    assert client.post(PAGE, {"download": ""}).status_code == 302


def test_a_visitor_gets_nothing(client: Client) -> None:
    for answer in (client.get(PAGE), client.post(PAGE, {"download": ""})):
        assert answer["location"].startswith("/accounts/login/")


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_organization_and_three(
    client: Client, person: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        make_team_member(make_organization(), person)
    client.force_login(person)
    client.get(PAGE)
    # Session, person; organizations owned, owned alone, drafts alone.
    with django_assert_num_queries(5):
        page = client.get(PAGE).content.decode()
    assert page.count("hand over") == number
