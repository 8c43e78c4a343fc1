"""Taking organizations in: what is created, changed, left, recorded."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from alliances.enums import EventKind, MembershipState, OrganizationState
from alliances.importing import ImportRefused, read_csv_rows
from alliances.importing.organizations import COLUMNS
from alliances.models import AllianceMembership, Need, Organization, RegisterEvent
from alliances.services.organization_import import import_organizations
from alliances.services.reference import REFERENCE_FOLDER
from alliances.services.register import SaveResult
from alliances.signals import register_changed
from tests.alliances.files import CITY, organizations_file, take
from tests.factories import make_user
from tests.sizes import size

pytestmark = pytest.mark.usefixtures("reference")

FULL: dict[str, object] = {
    **CITY,
    "subtype": "port",
    "name_zh": "甲",
    "aliases": "Alpha Port; A|Alpha Port",
    "region": "KS",
    "population": 5_000,
    "population_basis": "city_proper",
    "latitude": 37.5,
    "longitude": -122.4,
    "website": "https://alpha.example/x",
    "summary_en": "First line.\nSecond = line.",
    "summary_zh": "＝摘要",
    "languages": "zh|en",
    "needs": "air-quality:3|drinking-water",
    "offers": "flood-control:1",
    "seeks": "alliance|firm",
    "refuses": "city",
    "partnership_types": "memorandum|pilot",
    "stage": "field_tested",
    "horizon": "6_to_12",
    "budget_band": "1m_to_5m",
    "capacity": 0,
    "contact_email": "Desk@例子.公司",
}


def levels(code: str, side: str) -> dict[str, int]:
    organization = Organization.objects.get(code=code)
    if side == "needs":
        return {need.topic.slug: need.priority for need in organization.needs.all()}
    return {offer.topic.slug: offer.maturity for offer in organization.offers.all()}


def test_the_sample_register_comes_in_whole() -> None:
    content = (REFERENCE_FOLDER / "organizations.csv").read_bytes()
    result = import_organizations(content, file_name="organizations.csv")
    assert result == SaveResult(created=229, updated=0, unchanged=0)
    assert set(Organization.objects.values_list("state", flat=True)) == {"submitted"}
    assert (
        Organization.objects.filter(country="US").count() * Organization.objects.filter(country="CN").count()
        == 13_110
    )
    assert import_organizations(content, file_name="organizations.csv") == SaveResult(0, 0, 229)


def test_every_column_is_stored_as_stated() -> None:
    assert take(FULL) == SaveResult(1, 0, 0)
    stored = Organization.objects.get(code="us-a")
    assert {name: getattr(stored, name) for name in COLUMNS if hasattr(stored, name)} | {
        "needs": levels("us-a", "needs"),
        "offers": levels("us-a", "offers"),
    } == {
        "code": "us-a",
        "kind": "city",
        "subtype": "port",
        "country": "US",
        "name_en": "Alpha",
        "name_zh": "甲",
        "aliases": ["Alpha Port", "A"],
        "region": "KS",
        "population": 5_000,
        "population_basis": "city_proper",
        "size_band": "",
        "latitude": 37.5,
        "longitude": -122.4,
        "website": "https://alpha.example/x",
        "summary_en": "First line.\nSecond = line.",
        "summary_zh": "＝摘要",
        "languages": ["en", "zh"],
        "needs": {"air-quality": 3, "drinking-water": 2},
        "offers": {"flood-control": 1},
        "seeks": ["firm", "alliance"],
        "refuses": ["city"],
        "partnership_types": ["pilot", "memorandum"],
        "stage": "field_tested",
        "horizon": "6_to_12",
        "budget_band": "1m_to_5m",
        "capacity": 0,
        "contact_email": "desk@xn--fsqu00a.xn--55qx5d",
    }


def test_absent_columns_stay_and_empty_cells_clear() -> None:
    take(FULL)
    assert take({**CITY, "name_en": "Beta", "region": "", "needs": "air-quality"}) == SaveResult(0, 1, 0)
    stored = Organization.objects.get(code="us-a")
    assert (stored.name_en, stored.region, stored.population, stored.capacity) == ("Beta", "", 5_000, 0)
    assert levels("us-a", "needs") == {"air-quality": 2}
    assert levels("us-a", "offers") == {"flood-control": 1}
    event = RegisterEvent.objects.filter(kind=EventKind.UPDATED).get()
    assert event.data == {"fields": ["name_en", "needs", "region"]}


def test_absent_columns_of_a_new_code_are_unstated() -> None:
    take(CITY)
    stored = Organization.objects.get(code="us-a")
    assert (stored.population, stored.size_band, stored.capacity, stored.languages) == (None, "", 3, [])


@pytest.mark.parametrize(
    ("approve", "state", "kinds"),
    [
        (False, "submitted", ["registered", "submitted"]),
        (True, "approved", ["registered", "submitted", "approved"]),
    ],
)
def test_new_codes_are_submitted_or_approved_and_known_ones_keep_their_state(
    approve: bool, state: str, kinds: list[str]
) -> None:
    take(CITY, approve=approve)
    organization = Organization.objects.get(code="us-a")
    assert organization.state == state
    events = RegisterEvent.objects.filter(organization=organization).order_by("id")
    assert list(events.values_list("kind", flat=True)) == kinds
    Organization.objects.update(state=OrganizationState.SUSPENDED)
    take({**CITY, "name_en": "Beta"}, approve=True)
    assert Organization.objects.get(code="us-a").state == "suspended"


def test_history_names_person_and_file_for_what_changed_only() -> None:
    curator = make_user(is_staff=True)
    take({**CITY, "needs": "air-quality|drinking-water"}, actor=curator)
    take({**CITY, "name_en": "Beta", "needs": "air-quality:1"}, {**CITY, "code": "us-b"})
    organization = Organization.objects.get(code="us-a")
    reasons = organization.history.values_list(
        "history_type", "history_user", "history_change_reason", "name_en"
    )
    assert list(reasons.order_by("history_id")) == [
        ("+", curator.pk, "Import of test.csv", "Alpha"),
        ("~", None, "Import of test.csv", "Beta"),
    ]
    needs = Need.history.filter(organization_id=organization.pk).order_by("history_id")
    assert [(row.history_type, row.topic.slug, row.priority) for row in needs] == [
        ("+", "air-quality", 2),
        ("+", "drinking-water", 2),
        ("~", "air-quality", 1),
        ("-", "drinking-water", 2),
    ]


def test_patrons_and_members_are_those_stated() -> None:
    alliance = {"code": "us-z", "kind": "alliance", "country": "US", "name_en": "Zeta"}
    members = [{**CITY, "code": f"us-{letter}"} for letter in "abc"]
    take({**alliance, "patron": "cn-miit|cn-most", "members": "us-a|us-b"}, *members)
    zeta = Organization.objects.get(code="us-z")
    assert [row.agency.slug for row in zeta.patrons.all()] == ["cn-miit", "cn-most"]

    def standing() -> dict[str, str]:
        rows = AllianceMembership.objects.filter(alliance=zeta)
        # What a file says is the alliance's word: the members' is missing.
        assert {row.waits_for for row in rows if row.state == "invited"} <= {"member"}
        return dict(rows.values_list("member__code", "state"))

    assert standing() == {"us-a": "invited", "us-b": "invited"}
    confirmed = {"state": MembershipState.CONFIRMED, "waits_for": ""}
    AllianceMembership.objects.filter(member__code="us-a").update(**confirmed)
    assert take({**alliance, "patron": "cn-miit", "members": "us-a;us-c"}) == SaveResult(0, 1, 0)
    assert [row.agency.slug for row in zeta.patrons.all()] == ["cn-miit"]
    assert standing() == {"us-a": "confirmed", "us-b": "lapsed", "us-c": "invited"}
    assert take({**alliance, "members": "us-a|us-b"}, approve=True) == SaveResult(0, 1, 0)
    assert standing() == {"us-a": "confirmed", "us-b": "confirmed", "us-c": "lapsed"}


def test_a_semicolon_file_parts_items_by_bars_only() -> None:
    content = b'code;kind;country;name_en;needs\nus-a;city;US;"Alpha; Beta";air-quality|drinking-water:3\n'
    assert import_organizations(content, file_name="x.csv") == SaveResult(1, 0, 0)
    assert Organization.objects.get().name_en == "Alpha; Beta"
    assert levels("us-a", "needs") == {"air-quality": 2, "drinking-water": 3}
    with pytest.raises(ImportRefused):
        import_organizations(content.replace(b"|", b","), file_name="x.csv")


def test_a_dry_run_counts_and_saves_nothing() -> None:
    take(CITY)
    events = RegisterEvent.objects.count()
    result = take({**CITY, "name_en": "Beta"}, {**CITY, "code": "us-b"}, dry_run=True)
    assert result == SaveResult(1, 1, 0)
    assert list(Organization.objects.values_list("name_en", flat=True)) == ["Alpha"]
    assert RegisterEvent.objects.count() == events


def test_only_staff_import() -> None:
    for actor in (make_user(), make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            take(CITY, actor=actor)
    assert Organization.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    def queries(prefix: str, version: str, count: int) -> tuple[SaveResult, int]:
        rows = [
            {**FULL, "code": f"us-{prefix}-{n}", "region": version, "needs": f"air-quality:{version}"}
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            result = take(*rows)
        return result, len(captured)

    # Below the thousand rows of one statement: needs and offers are two an organization.
    many = size(small=60, ci=300, full=480)
    for prefix, count in (("few", 2), ("many", many)):
        assert queries(prefix, "1", count) == (SaveResult(count, 0, 0), 19)
        assert queries(prefix, "1", count) == (SaveResult(0, 0, count), 11)
        assert queries(prefix, "2", count) == (SaveResult(0, count, 0), 16)


@pytest.mark.django_db(transaction=True)
def test_others_are_told_once_after_the_commit_and_only_of_changes() -> None:
    heard: list[bool] = []

    def listen(**_: object) -> None:
        heard.append(connection.in_atomic_block)

    register_changed.connect(listen)
    try:
        take(CITY)
        take(CITY)
        take({**CITY, "name_en": "Beta"}, dry_run=True)
    finally:
        register_changed.disconnect(listen)
    assert heard == [False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("us-a", "This file is already being imported (job 30ea9e5f)."),
        ("us-b", "Another file is being imported. Try again when that is done."),
    ],
)
def test_one_import_at_a_time(second: str, message: str) -> None:
    imported, leave = threading.Event(), threading.Event()

    def first() -> None:
        try:
            # The file is taken in; until this transaction ends the import is under way for everybody else.
            with transaction.atomic():
                take(CITY)
                imported.set()
                leave.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert imported.wait(20)
        with pytest.raises(ImportRefused) as caught:
            take({**CITY, "code": second})
    finally:
        leave.set()
        thread.join()
    assert [problem.sentence for problem in caught.value.problems] == [message]
    assert Organization.objects.count() == 1
    assert take({**CITY, "code": second}).created == (second != "us-a")


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_second_import_would_run_beside_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the test above: the same two files with the guard taken away."""
    monkeypatch.setattr("alliances.services.organization_import._lock", lambda content: None)
    beside: list[SaveResult] = []

    def second() -> None:
        try:
            beside.append(take({**CITY, "code": "us-b"}))
        finally:
            connection.close()

    with transaction.atomic():
        take(CITY)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert beside == [SaveResult(1, 0, 0)]


def test_the_shipped_sample_is_in_the_format_it_names() -> None:
    table = read_csv_rows(Path(REFERENCE_FOLDER / "organizations.csv").read_bytes())
    assert set(table.header) <= set(COLUMNS)
    assert organizations_file(CITY).startswith(b"code,kind,country,name_en\r\n")
