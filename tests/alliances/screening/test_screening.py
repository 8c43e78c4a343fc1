"""Lists are imported whole or not at all, organizations are screened, hits keep them out until decided."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from alliances.enums import HitState, Kind, OrganizationState, ScreeningVerdict
from alliances.importing import ImportRefused
from alliances.importing.entries import OrganizationEntry
from alliances.models import (
    FirmDetails,
    Organization,
    RegisterEvent,
    ScreeningDecision,
    ScreeningEntry,
    ScreeningHit,
    ScreeningKey,
    ScreeningList,
)
from alliances.services import register, review, screening
from alliances.services.details import firm_details_save
from tests import reviewing
from tests.alliances.screening.judged import HERE, judged
from tests.factories import make_organization, make_user

pytestmark = pytest.mark.django_db

PLAIN = "name,aliases,country,reference,source\nHikvision,海康威视|HIK,CN,1,Test\nGazprombank,,RU,2,Test\n"


def today() -> date:
    return timezone.now().date()


def load(text: str = PLAIN, *, name: str = "generic", days_old: int = 0, **fields: Any) -> ScreeningList:
    return screening.screening_import(
        text.encode(), file_name="list.csv", name=name, dated=today() - timedelta(days=days_old), **fields
    )


def hit_of(organization: Organization) -> ScreeningHit:
    return ScreeningHit.objects.get(organization=organization)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


# --- Files ----------------------------------------------------------------------------------------


def test_the_official_layout_in_csv_and_json_makes_the_same_entries() -> None:
    csv_list = screening.screening_import(
        (HERE / "entries.csv").read_bytes(), file_name="entries.csv", name="csl", modified=today()
    )
    assert (csv_list.version, csv_list.dated, csv_list.entry_count) == ("entries", today(), 42)
    entry = ScreeningEntry.objects.get(reference="sample-01")
    assert (entry.name, entry.aliases, entry.country, entry.source) == (
        "Hangzhou Hikvision Digital Technology Co., Ltd.",
        ["Hikvision", "海康威视"],
        "CN",
        "Entity List (EL) - Bureau of Industry and Security",
    )
    result = {
        "id": "sample-01",
        "name": entry.name,
        "alt_names": entry.aliases,
        "addresses": [{"country": "CN", "city": None}],
        "source": entry.source,
        "programs": [],
    }
    before = entry.pk, entry.fingerprint
    document = {"search_performed_at": f"{today()}T01:00:00.000+00:00", "results": [result]}
    screening.screening_import(json.dumps(document).encode(), file_name="csl.json", name="csl")
    kept = ScreeningEntry.objects.get()
    assert (kept.pk, kept.fingerprint) == before
    assert [one.entry_count for one in ScreeningList.objects.order_by("pk")] == [42, 1]


def test_the_date_is_the_files_own_or_its_names_or_that_of_the_file() -> None:
    plain = b"name\nHikvision\n"
    named = screening.screening_import(plain, file_name="list_20260102.csv", name="generic", modified=today())
    assert (named.dated, named.version) == (date(2026, 1, 2), "list_20260102")
    stated = b'{"date": "2026-03-04", "version": "7b", "results": [{"name": "Hikvision"}]}'
    own = screening.screening_import(stated, file_name="list_20260102.json", name="generic")
    assert (own.dated, own.version) == (date(2026, 3, 4), "7b")
    given = screening.screening_import(
        plain, file_name="a.csv", name="generic", dated=date(2026, 5, 6), version="x"
    )
    assert (given.dated, given.version) == (date(2026, 5, 6), "x")
    with pytest.raises(ImportRefused, match="does not say of which day"):
        screening.screening_import(plain, file_name="a.csv", name="generic")


@pytest.mark.parametrize(
    ("content", "name", "sentences"),
    [
        (
            "name,source\nA Firm,x\n,x\n😀,x\n",
            "generic",
            [
                "Line 3, column 'name': The name is empty.",
                (
                    "Line 4, column 'name': Nothing of '😀' can be compared. "
                    "Add a name in letters or characters."
                ),
            ],
        ),
        ("name,alias\nA,b\n", "generic", ["Column 'alias' is not known. Did you mean 'aliases'?"]),
        ("title,alt_names\nA,b\n", "csl", ["Column 'name' is missing."]),
        ("name\n", "generic", ["Line 1: The file has a header and no rows."]),
        ("{", "csl", ["Line 1: this is not JSON (Expecting property name enclosed in double quotes)."]),
        (
            "{}",
            "csl",
            ["The file has no entries. It must hold a list, or an object with a list 'results'."],
        ),
        (
            '[{"name": "A firm"}, 7, {"name": ""}]',
            "generic",
            [
                "Entry 2, field '–': This is no object with fields.",
                "Entry 3, field 'name': The name is empty.",
            ],
        ),
        (
            f"name,country\nA firm,{'x' * 101}\n",
            "generic",
            [
                f"Line 2, column 'country': '{'x' * 59}…' is too long (101 characters; limit 100).",
            ],
        ),
        (
            "name\nA\n",
            "sdn",
            ["The list 'sdn' is not known here. Use csl, dod_1260h, section_889, fcc_covered, generic."],
        ),
    ],
)
def test_a_bad_file_is_refused_by_place_and_nothing_is_saved(
    content: str, name: str, sentences: list[str]
) -> None:
    load()
    with pytest.raises(ImportRefused) as caught:
        load(content, name=name)
    assert [problem.sentence for problem in caught.value.problems] == sentences
    assert ScreeningEntry.objects.count() == 2
    with translation.override("zh-hans"):
        assert not set(sentences) & {problem.sentence for problem in caught.value.problems}


def test_broken_characters_of_official_files_become_spaces() -> None:
    load("name\nHik\x0bvision\ud800\n".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert screening.screen(["Hikvision"])[0].verdict == "hit"


def test_an_older_list_and_one_of_tomorrow_are_refused() -> None:
    load(days_old=3)
    with pytest.raises(ImportRefused, match="is here already; this file is of"):
        load(days_old=4)
    with pytest.raises(ImportRefused, match="is still to come"):
        load(days_old=-1)
    with pytest.raises(PermissionDenied):
        load(actor=make_user())
    assert ScreeningList.objects.count() == 1


def test_the_newest_list_counts_and_the_same_file_changes_nothing() -> None:
    load(days_old=3)
    load(days_old=3)
    assert ScreeningList.objects.count() == 1
    newest = load("name\nYitu\nHikvision\n", days_old=1)
    assert {entry.name: entry.screening_list for entry in ScreeningEntry.objects.all()} == {
        "Yitu": newest,
        "Hikvision": newest,
    }


# --- Names ----------------------------------------------------------------------------------------


def test_entries_that_stayed_get_the_keys_of_the_matcher_as_it_is_now() -> None:
    load(days_old=1)
    made = set(ScreeningKey.objects.values_list("entry_id", "key"))
    ScreeningKey.objects.update(key=Concat(Value("old "), F("key")))
    load()
    assert set(ScreeningKey.objects.values_list("entry_id", "key")) == made


def test_verdicts() -> None:
    load()
    found = screening.screen(["HIK Vision", "Portland", "😀", "", "Алмаз", "有限公司"])
    assert [tuple(one) for one in found] == [
        ("HIK Vision", "hit", 1.0, "Hikvision", "Hikvision", "generic"),
        ("Portland", "clear", None, None, None, None),
        *((name, "cannot_screen", None, None, None, None) for name in ("😀", "", "Алмаз", "有限公司")),
    ]


def test_without_a_list_or_with_one_out_of_date_nobody_is_clear() -> None:
    assert [one.verdict for one in screening.screen(["Portland"])] == ["cannot_screen"]
    load(days_old=91)
    load("name\nYitu\n", name="csl", days_old=7)
    verdicts = [one.verdict for one in screening.screen(["Hikvision", "Yitu", "Portland"])]
    assert verdicts == ["hit", "hit", "cannot_screen"]
    load(days_old=90)
    assert screening.screen(["Portland"])[0].verdict == ScreeningVerdict.CLEAR
    ScreeningList.objects.filter(name="csl").update(dated=today() - timedelta(days=8))
    assert screening.screen(["Portland"])[0].verdict == ScreeningVerdict.CANNOT_SCREEN


def test_few_names_and_many_get_the_same_verdicts() -> None:
    """Few are compared with the entries that share a key, many with all."""
    load((HERE / "entries.csv").read_text(), name="csl")
    names = [one.name for one in judged()]
    assert len(names) > screening.FEW
    many = screening.screen(names)
    assert [screening.screen([name])[0] for name in names] == many
    assert sum(one.verdict == "hit" for one in many) >= 70


# --- Commands -------------------------------------------------------------------------------------


def test_the_commands(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(PLAIN)
    assert run("import_screening_list", str(path), "--list", "generic", "--version", "v1") == (
        f"generic, version v1 of {today()}: 2 entries.\n0 hits keep organizations out.\n"
    )
    names = tmp_path / "names.csv"
    names.write_text('code,name\n1,海康威視\n2,""\n3,Portland\n')
    assert json.loads(run("screen", "--file", str(names), "--format", "json", "Gazprom Bank")) == [
        {
            "name": "海康威視",
            "verdict": "hit",
            "score": 1.0,
            "entry": "Hikvision",
            "alias": "海康威视",
            "list": "generic",
        },
        *(
            {"name": name, "verdict": verdict, "score": None, "entry": None, "alias": None, "list": None}
            for name, verdict in (("", "cannot_screen"), ("Portland", "clear"))
        ),
        {
            "name": "Gazprom Bank",
            "verdict": "hit",
            "score": 1.0,
            "entry": "Gazprombank",
            "alias": "Gazprombank",
            "list": "generic",
        },
    ]
    names.write_text('name\n""\n\n   \nPortland\n')
    rows = json.loads(run("screen", "--file", str(names), "--format", "json"))
    assert [(row["name"], row["verdict"]) for row in rows] == [
        ("", "cannot_screen"),
        ("   ", "cannot_screen"),
        ("Portland", "clear"),
    ]
    assert run("screen", "Hikvision", "Portland") == (
        "name       verdict  score  entry      alias      list\n"
        "Hikvision  hit      1.0    Hikvision  Hikvision  generic\n"
        "Portland   clear\n"
    )
    assert ScreeningHit.objects.count() == 0


def test_the_commands_refuse_what_they_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("name\n\n😀\n")
    err = io.StringIO()
    with pytest.raises(CommandError, match=r"^Nothing was imported\.$"):
        call_command("import_screening_list", str(path), "--list", "generic", stderr=err)
    assert err.getvalue() == (
        "Line 3, column 'name': Nothing of '😀' can be compared. Add a name in letters or characters.\n"
    )
    with pytest.raises(CommandError, match="Give names, or a file"):
        call_command("screen")
    path.write_text("title\nx\n")
    with pytest.raises(CommandError, match=r"^Column 'name' is missing\.$"):
        call_command("screen", "--file", str(path))
    with pytest.raises(CommandError, match="No such file"):
        call_command("screen", "--file", str(tmp_path / "none.csv"))


# --- Organizations --------------------------------------------------------------------------------


def hikvision(**fields: Any) -> Organization:
    fields = {"name_en": "Hikvision USA Inc.", "name_zh": "", **fields}
    return make_organization("us-hik", kind=Kind.FIRM, **fields)


def test_a_new_list_finds_who_is_there_already() -> None:
    organization = hikvision()
    make_organization("us-other")
    hikvision_draft = make_organization("us-draft", name_en="Hikvision", state=OrganizationState.DRAFT)
    load()
    hit = hit_of(organization)
    assert (hit.name, hit.alias, hit.score, hit.reason, hit.state) == (
        "Hikvision USA Inc.",
        "Hikvision",
        0.976,
        "general_words",
        "open",
    )
    event = RegisterEvent.objects.get()
    assert (event.organization_id, event.kind, event.actor_id, event.data) == (
        organization.pk,
        "screening_hit",
        None,
        {"entry": hit.entry_id, "from": "", "to": "open"},
    )
    screening.screen_organizations()
    assert RegisterEvent.objects.count() == ScreeningHit.objects.count() == 1
    assert not hikvision_draft.screening_hits.exists()


def test_whoever_owns_half_or_more_is_screened_too() -> None:
    load()
    firm = make_organization("us-clean", kind=Kind.FIRM, state=OrganizationState.SUBMITTED)
    curator = make_user(is_staff=True)

    def owned_by(*owners: str) -> None:
        firm_details_save(firm, {}, founded_year=None, references=(), owners=owners, actor=curator)

    owned_by("Somebody Else", "Hikvision  Digital")
    hit = hit_of(firm)
    assert (hit.name, hit.alias, hit.state) == ("Hikvision Digital", "Hikvision", "open")
    with pytest.raises(review.TransitionError, match="'Hikvision Digital' is like 'Hikvision'"):
        reviewing.approve(firm, actor=curator)
    screening.decide(hit, HitState.CLEARED, reason="A shop of that name.", by=curator)
    # A decision is on names: with another owner it is asked anew.
    owned_by("Hikvision Digital", "Third Party")
    assert hit_of(firm).state == "open"
    owned_by("Third Party")
    assert not firm.screening_hits.exists()
    owned_by("☃☃☃")
    reviewing.approve(firm, actor=curator)


def test_owners_cost_no_query_each() -> None:
    load()
    costs = []
    for number in (1, 12):
        firms = [make_organization(kind=Kind.FIRM) for _number in range(number)]
        FirmDetails.objects.bulk_create(FirmDetails(organization=firm, owners=["Yitu"]) for firm in firms)
        with CaptureQueriesContext(connection) as queries:
            screening.obstacles(firms)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_an_open_hit_keeps_from_approval_and_a_cleared_one_does_not() -> None:
    load()
    curator = make_user(is_staff=True)
    organization = hikvision(state=OrganizationState.SUBMITTED)
    with pytest.raises(review.TransitionError) as caught:
        reviewing.approve(organization, actor=curator)
    assert str(caught.value) == (
        "'Hikvision USA Inc.' is like 'Hikvision' on the list Another list (0.98). Decide on the hit first."
    )
    hit = hit_of(organization)
    with pytest.raises(ValidationError, match="Say why it is another party"):
        screening.decide(hit, HitState.CLEARED, by=curator)
    with pytest.raises(PermissionDenied):
        screening.decide(hit, HitState.CLEARED, reason="Another.", by=make_user())
    screening.decide(hit, HitState.CONFIRMED, by=curator)
    with pytest.raises(review.TransitionError):
        reviewing.approve(organization, actor=curator)
    screening.decide(hit, HitState.CLEARED, reason="A bakery in Ohio.", by=curator)
    reviewing.approve(organization, actor=curator)
    assert organization.state == "approved"
    assert [(one.decision, one.reason, one.actor_id) for one in ScreeningDecision.objects.all()] == [
        ("cleared", "A bakery in Ohio.", curator.pk),
        ("confirmed", "", curator.pk),
    ]
    decided = RegisterEvent.objects.filter(kind="screening_decided").order_by("pk")
    assert [(one.data["from"], one.data["to"]) for one in decided] == [
        ("open", "confirmed"),
        ("confirmed", "cleared"),
    ]


def test_a_list_out_of_date_and_a_name_that_says_nothing_keep_from_approval() -> None:
    curator = make_user(is_staff=True)
    load(days_old=91)
    other = make_organization(state=OrganizationState.SUBMITTED)
    with pytest.raises(review.TransitionError, match=r"^The list Another list is of .+ counts for 90 days"):
        reviewing.approve(other, actor=curator)
    load()
    reviewing.approve(other, actor=curator)
    nameless = make_organization(state=OrganizationState.SUBMITTED, name_en="😀", name_zh="")
    with pytest.raises(review.TransitionError, match="cannot be screened"):
        reviewing.approve(nameless, actor=curator)


def test_without_a_list_nobody_is_kept_out(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    organization = hikvision(state=OrganizationState.SUBMITTED)
    with django_assert_num_queries(1):
        assert screening.obstacles([organization]) == {}
    reviewing.approve(organization, actor=make_user(is_staff=True))
    assert organization.state == "approved"


def test_submitting_and_renaming_screen() -> None:
    load()
    owner = make_user(is_staff=True)
    organization = hikvision(state=OrganizationState.DRAFT)
    review.submit(organization, actor=owner)
    assert hit_of(organization).state == "open"
    entry = OrganizationEntry(code="us-hik", values={"name_en": "A bakery in Ohio"})
    register.save_organization(entry, actor=owner)
    assert ScreeningHit.objects.count() == 0
    register.save_organization(OrganizationEntry(code="us-hik", values={"name_zh": "海康威視"}), actor=owner)
    assert hit_of(organization).name == "海康威視"


def test_a_decision_stands_until_a_name_or_the_entry_changes() -> None:
    load()
    curator = make_user(is_staff=True)
    organization = hikvision()
    screening.screen_organizations()
    screening.decide(hit_of(organization), HitState.CLEARED, reason="A bakery.", by=curator)
    load(PLAIN + "Yitu,,,,\n")
    assert hit_of(organization).state == "cleared"
    Organization.objects.update(aliases=["HIK"])
    screening.screen_organizations()
    assert hit_of(organization).state == "open"
    Organization.objects.update(aliases=[])
    screening.screen_organizations()
    assert hit_of(organization).state == "cleared"
    load(PLAIN.replace("海康威视|HIK", "海康威视"))
    assert hit_of(organization).state == "open"


def test_a_decision_on_what_has_changed_meanwhile_is_refused() -> None:
    load()
    organization = hikvision()
    screening.screen_organizations()
    seen = hit_of(organization)
    Organization.objects.update(name_en="Hikvision Europe")
    screening.screen_organizations()
    with pytest.raises(ValidationError, match="has changed meanwhile"):
        screening.decide(seen, HitState.CLEARED, reason="A bakery.", by=make_user(is_staff=True))


def test_screening_takes_as_many_queries_for_many(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    load()
    for number in range(20):
        make_organization(f"us-hik-{number}", name_en="Hikvision Digital")
    with django_assert_num_queries(16):
        screening.screen_organizations()
    assert ScreeningHit.objects.count() == 20


@pytest.mark.parametrize(
    "word", ["UPDATE alliances_screeningdecision SET reason = 'x'", "DELETE FROM alliances_screeningdecision"]
)
def test_decisions_can_only_be_added(word: str) -> None:
    ScreeningDecision.objects.create(
        name_fingerprint="a", entry_fingerprint="b", decision="confirmed", actor_id=1
    )
    with (
        pytest.raises(IntegrityError, match="alliances_screeningdecision is insert-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(word)


def test_the_limits_are_settings(settings: Settings) -> None:
    settings.SCREENING_MAX_AGE_DAYS = {"csl": 7, "other": 3}
    load(days_old=4)
    assert screening.is_stale(screening.current_lists().get())
