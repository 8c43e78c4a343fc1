"""The page of a review, as a curator's browser sees it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, HitState, Kind, MembershipState, OrganizationState, TeamRole
from alliances.importing.entries import OrganizationEntry
from alliances.models import (
    Agency,
    AllianceDetails,
    AlliancePatron,
    Assessment,
    FirmDetails,
    FirmReference,
    Organization,
    RegisterEvent,
    ScreeningHit,
    User,
)
from alliances.services import review
from alliances.services.register import save_organization
from alliances.services.registration import statement_save
from alliances.services.screening import screening_import
from tests import reviewing
from tests.factories import make_membership, make_organization, make_team_member, make_topic, make_user

pytestmark = pytest.mark.django_db
S = OrganizationState
SCORES = {"advantages": 3, "clarity": 3, "cooperation": 3, "correctness": 1}
INLINE = re.compile(r"\sstyle=|\son\w+=\"|javascript:", re.IGNORECASE)


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def address_of(organization: Organization) -> str:
    return f"/admin/alliances/{organization.kind}/{organization.pk}/review/"


def words_of(desk: Client, organization: Organization, language: str = "en") -> str:
    """The text of the page's own part, spaces as one."""
    answer = desk.get(address_of(organization), headers={"accept-language": language})
    assert answer.status_code == 200
    own = answer.content.decode().partition('<div class="review">')[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", own)))


# --- What it shows ---------------------------------------------------------------------------------


def test_a_firm_stands_beside_its_evidence(desk: Client) -> None:
    firm = make_organization(
        kind=Kind.FIRM,
        country=Country.CN,
        state=S.SUBMITTED,
        name_en="Blue Pump Works",
        name_zh="蓝泵",
        region="Jiangsu",
        summary_en="We make pumps.",
        size_band="medium",
        needs={"sponge-city": 3},
        offers={"leak-detection": 2},
    )
    need = firm.needs.get()
    statement_save(
        need,
        "Cut losses in Wuxi from 18% to 9% by June 2027 with 2 million USD.",
        actor=make_user(is_staff=True),
    )
    FirmDetails.objects.create(organization=firm, credit_code="91110000600037341L", ownership="private")
    FirmReference.objects.create(organization=firm, title="Metering of Suzhou", place="Suzhou", year=2024)
    make_team_member(firm, make_user("li@pump.example", name="Li Wei"), TeamRole.EDITOR)
    text = words_of(desk, firm)
    for words in (
        "Blue Pump Works 蓝泵",
        "Place Jiangsu · China",
        "Size Medium (250 to 4,999 staff)",
        "We make pumps.",
        "sponge-city · Priority 3 / 3",
        "Cut losses in Wuxi from 18% to 9%",
        "of 12",
        "leak-detection · Maturity 2 / 3 No statement.",
        "Unified social credit code 91110000600037341L Its check digit is right.",
        "Ownership Private",
        "Metering of Suzhou · Suzhou · 2024",
        "No website is stated.",
        "No screening list is imported yet.",
        "Li Wei (…@pump.example) · Editor",
        "Nobody in the register is called nearly so.",
    ):
        assert words in text, words
    chinese = words_of(desk, firm, "zh-hans")
    assert "蓝泵 Blue Pump Works" in chinese
    assert "校验位正确。" in chinese


def test_a_number_that_fails_its_check_is_said(desk: Client) -> None:
    firm = make_organization(kind=Kind.FIRM, country=Country.CN)
    FirmDetails.objects.create(organization=firm, credit_code="91310115MA1H8R7C6D")
    text = words_of(desk, firm)
    assert "91310115MA1H8R7C6D ends in D, but its first 17 characters give 7." in text
    assert "Its check digit is right." not in text


def test_an_alliance_is_shown_with_patrons_and_members(desk: Client) -> None:
    alliance = make_organization(kind=Kind.ALLIANCE, state=S.SUBMITTED)
    agency = Agency.objects.create(slug="moc", country="US", name_en="Ministry of Cities", name_zh="城市部")
    AlliancePatron.objects.create(alliance=alliance, agency=agency)
    AllianceDetails.objects.create(organization=alliance, secretariat="Denver office", charter="To meet.")
    member, gone = make_organization(name_en="Port Alpha"), make_organization(name_en="Left Long Ago")
    make_membership(alliance, member, state=MembershipState.CONFIRMED)
    make_membership(alliance, gone, state=MembershipState.LAPSED)
    text = words_of(desk, alliance)
    for words in (
        "Patron agencies Ministry of Cities",
        "Secretariat Denver office Charter To meet.",
        "Port Alpha · Confirmed",
    ):
        assert words in text, words
    assert "Left Long Ago" not in text
    assert f"Alliances {alliance.name} · Confirmed" in words_of(desk, member)


def test_duplicates_are_found_as_at_entry_and_by_number(desk: Client) -> None:
    mine = make_organization(kind=Kind.FIRM, name_en="Blue Pump Works", name_zh="")
    other = make_organization(kind=Kind.FIRM, name_en="Quite Another", name_zh="")
    far = make_organization(kind=Kind.FIRM, name_en="Not Alike", name_zh="")
    alike = make_organization(kind=Kind.FIRM, name_en="Blue Pump Works Inc.", name_zh="", state=S.SUBMITTED)
    for firm in (mine, other):
        FirmDetails.objects.create(organization=firm, ein="12-3456789")
    page = desk.get(address_of(mine)).content.decode()
    found = page.partition('id="duplicates"')[2].partition("</section>")[0]
    assert re.findall(r'href="([^"]+)"', found) == [
        address_of(other),
        f"/admin/alliances/firm/{mine.pk}/merge/{other.pk}/",
        address_of(alike),
        f"/admin/alliances/firm/{mine.pk}/merge/{alike.pk}/",
    ]
    assert "The same registration number" in found
    assert far.name not in page


def test_screening_is_said_with_its_open_hits(desk: Client) -> None:
    city = make_organization(name_en="Blue Pump Works", name_zh="", state=S.SUBMITTED)
    clear = make_organization(name_en="Harbour of Friends", name_zh="", state=S.SUBMITTED)
    screening_import(
        b"name\nBlue Pump Works\n", file_name="list.csv", name="generic", dated=timezone.now().date()
    )
    hit = ScreeningHit.objects.get()
    page = desk.get(address_of(city)).content.decode()
    assert f'href="/admin/alliances/screeninghit/{hit.pk}/change/"' in page
    assert "Screening Hit Blue Pump Works · Another list · Open" in words_of(desk, city)
    assert "Screening Clear" in words_of(desk, clear)
    ScreeningHit.objects.update(state=HitState.CLEARED)
    assert "Screening Clear Blue Pump Works · Another list · Cleared" in words_of(desk, city)


def test_what_changed_on_request_is_shown_field_by_field(desk: Client, curator: User) -> None:
    city = make_organization(state=S.DRAFT, region="KS", summary_en="Old words.", needs={"a": 2, "b": 1})
    owner = make_team_member(city).user
    make_topic("c")
    review.submit(city, actor=owner)
    reviewing.request_changes(city, actor=curator, reason="Say more.")
    entry = OrganizationEntry(city.code, {"summary_en": "New words."}, needs={"a": 3, "c": 1})
    save_organization(entry, actor=owner)
    review.submit(city, actor=owner)
    changes = desk.get(address_of(city)).context["dossier"].changes
    assert [tuple(one) for one in changes] == [
        ("Summary in English", "Old words.", "New words."),
        ("Need · a", "2 / 3", "3 / 3"),
        ("Need · b", "1 / 3", ""),
        ("Need · c", "", "1 / 3"),
    ]
    assert "Changed since it was handed in on" in words_of(desk, city)


def test_what_was_never_handed_in_has_not_changed_since(desk: Client) -> None:
    city = make_organization(state=S.DRAFT)
    assert desk.get(address_of(city)).context["dossier"].changes == []


def test_history_names_who_decided_and_the_scores(desk: Client, curator: User) -> None:
    city = make_organization(state=S.SUBMITTED)
    note = {"note": "Ask the port."}
    review.decide(city, review.APPROVE, actor=curator, rubric=review.Rubric(3, 3, 3, 1), **note)
    text = words_of(desk, city)
    assert "Rubric: 10 of 20" in text
    assert "Advantages and innovation 3 · Clarity 3 · Cooperation expectations 3" in text
    assert "Guidelines and language 1 · Ask the port." in text
    assert f"{curator} Submitted → Approved" in text
    assert curator.email not in text


# --- The decision ----------------------------------------------------------------------------------


def test_approval_by_rubric_leads_on_to_those_that_wait(desk: Client, curator: User) -> None:
    city = make_organization(state=S.SUBMITTED, name_en="Port Alpha")
    answer = desk.post(
        address_of(city), {**SCORES, "decision": "approve", "reason": "", "note": ""}, follow=True
    )
    assert answer.redirect_chain == [("/admin/alliances/city/?state__exact=submitted", 302)]
    assert [str(one) for one in answer.context["messages"]] == ["Port Alpha is now: Approved."]
    city.refresh_from_db()
    assert city.state == S.APPROVED
    assert Assessment.objects.get().actor_id == curator.pk


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"decision": "approve"}, "Score all four criteria before you approve."),
        ({**SCORES, "clarity": 0, "decision": "approve"}, "No criterion may have 0 points: clarity."),
        ({**SCORES, "clarity": 2, "decision": "approve"}, "The rubric gives 9 points"),
        ({"clarity": 2, "decision": "put_on_hold"}, "Score this criterion too, or none of them."),
        ({**SCORES, "clarity": 6, "decision": "approve"}, "Select a valid choice. 6 is not one of the"),
        ({"decision": "request_changes"}, "Say why: the organization reads it."),
        ({"decision": "reject", "reason": "\u202e"}, "invisible or direction-changing"),
        ({"decision": "suspend"}, "Select a valid choice. suspend is not one of the"),
        ({}, "Choose a decision."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(
    desk: Client, given: dict[str, object], sentence: str
) -> None:
    city = make_organization(state=S.SUBMITTED)
    answer = desk.post(address_of(city), {"note": "", **given})
    assert answer.status_code == 400
    assert sentence in unescape(answer.content.decode())
    city.refresh_from_db()
    assert city.state == S.SUBMITTED
    assert (RegisterEvent.objects.count(), Assessment.objects.count()) == (0, 0)


def test_ready_reasons_are_ticked(desk: Client) -> None:
    city = make_organization(state=S.SUBMITTED)
    given = {"reasons": ["duplicate", "out_of_scope"], "decision": "reject"}
    assert desk.post(address_of(city), given).status_code == 302
    city.refresh_from_db()
    assert (city.state, city.state_reasons) == (S.REJECTED, ["duplicate", "out_of_scope"])
    assert "Submitted → Rejected · Your organization is in the register already." in words_of(desk, city)
    refused = desk.post(address_of(make_organization(state=S.SUBMITTED)), {**given, "reasons": ["a-whim"]})
    assert refused.status_code == 400


def test_what_was_typed_stays(desk: Client) -> None:
    city = make_organization(state=S.SUBMITTED)
    answer = desk.post(
        address_of(city), {**SCORES, "clarity": 0, "decision": "approve", "reason": "Typed so."}
    )
    page = answer.content.decode()
    assert "Typed so." in page
    assert re.search(r'name="clarity" value="0"[^>]*checked', page)


def test_a_decision_made_by_a_colleague_meanwhile_is_said(desk: Client) -> None:
    city = make_organization(state=S.REJECTED)
    answer = desk.post(address_of(city), {**SCORES, "decision": "approve"})
    assert answer.status_code == 400
    assert "The state is 'Rejected'." in unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (S.DRAFT, []),
        (S.SUBMITTED, ["approve", "request_changes", "put_on_hold", "reject"]),
        (S.CHANGES_REQUESTED, ["approve", "put_on_hold", "reject"]),
        (S.ON_HOLD, ["approve", "request_changes", "reject"]),
        (S.APPROVED, []),
        (S.SUSPENDED, ["approve"]),
        (S.WITHDRAWN, []),
        (S.REJECTED, []),
    ],
)
def test_only_what_the_state_allows_is_offered(desk: Client, state: S, buttons: list[str]) -> None:
    page = desk.get(address_of(make_organization(state=state))).content.decode()
    assert re.findall(r'name="decision" value="(\w+)"', re.sub(r"\s+", " ", page)) == buttons


# --- The ways to it --------------------------------------------------------------------------------


def test_list_and_page_lead_to_the_review(desk: Client) -> None:
    waiting = make_organization(state=S.SUBMITTED)
    make_organization(state=S.APPROVED)
    listed = desk.get("/admin/alliances/city/").content.decode()
    assert re.findall(r'href="([^"]*/review/)"', listed) == [address_of(waiting)]
    own = desk.get(f"/admin/alliances/city/{waiting.pk}/change/").content.decode()
    way = f"/admin/alliances/city/{waiting.pk}/to-review/"
    assert way in own
    assert "approve" not in own
    assert desk.get(way)["location"] == address_of(waiting)


@pytest.mark.parametrize("number", ["99999999", "0"])
def test_a_page_of_nobody_leads_back(desk: Client, number: str) -> None:
    assert desk.get(f"/admin/alliances/city/{number}/review/").status_code == 302
    assert desk.get(f"/admin/alliances/city/{number}/to-review/").status_code == 302


def test_a_firm_is_not_reviewed_on_the_pages_of_cities(desk: Client) -> None:
    firm = make_organization(kind=Kind.FIRM, state=S.SUBMITTED)
    answer = desk.post(f"/admin/alliances/city/{firm.pk}/review/", {**SCORES, "decision": "approve"})
    assert answer.status_code == 302
    firm.refresh_from_db()
    assert firm.state == S.SUBMITTED


def test_rights_to_read_and_to_decide_are_two(client: Client) -> None:
    city = make_organization(state=S.SUBMITTED)
    person = make_user(is_staff=True)
    client.force_login(person)
    assert client.get(address_of(city)).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="view_city"))
    page = client.get(address_of(city))
    assert page.status_code == 200
    assert 'name="decision"' not in page.content.decode()
    assert client.post(address_of(city), {**SCORES, "decision": "approve"}).status_code == 403
    client.force_login(make_user())
    assert client.get(address_of(city))["location"].startswith("/admin/login/")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_nothing_is_inline_and_one_button_is_primary(desk: Client, language: str) -> None:
    city = make_organization(state=S.SUBMITTED, needs={"a": 1})
    page = desk.get(address_of(city), headers={"accept-language": language}).content.decode()
    own = page.partition('<div class="review">')[2].partition("</form>")[0]
    assert INLINE.findall(own) == []
    assert len(re.findall(r"(?<!:)bg-primary-600", own)) == 1


def test_queries_do_not_grow_with_what_there_is(desk: Client, curator: User) -> None:
    def queries(size: int) -> int:
        alliance = make_organization(
            kind=Kind.ALLIANCE, state=S.DRAFT, needs={f"n{size}-{i}": 1 for i in range(size)}
        )
        owner = make_team_member(alliance).user
        for _ in range(size):
            make_team_member(alliance)
            make_membership(alliance, make_organization(), state=MembershipState.CONFIRMED)
        review.submit(alliance, actor=owner)
        for _ in range(size):
            reviewing.request_changes(alliance, actor=curator, reason="More.")
            entry = OrganizationEntry(alliance.code, {}, needs={make_topic(f"m{size}").slug: 1})
            save_organization(entry, actor=owner)
            review.submit(alliance, actor=owner)
        desk.get(address_of(alliance))
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address_of(alliance)).status_code == 200
        return len(captured)

    assert queries(6) == queries(1)


# --- Merging ---------------------------------------------------------------------------------------


def merge_address(dropped: Organization, kept: Organization) -> str:
    return f"/admin/alliances/{dropped.kind}/{dropped.pk}/merge/{kept.pk}/"


def test_merging_is_shown_first_and_done_on_post(desk: Client, curator: User) -> None:
    kept = make_organization(name_en="Blue Pump", name_zh="", needs={"a": 1})
    dropped = make_organization(name_en="Lanbeng", name_zh="", needs={"b": 3}, state=S.SUBMITTED)
    dropped.needs.update(statement="Cut losses.")
    make_team_member(dropped, make_user("li@pump.example", name="Li Wei"))
    answer = desk.get(merge_address(dropped, kept))
    assert answer.context["plan"] == [
        ("People who join the team, or get a higher role", ["Li Wei (…@pump.example) · Owner"]),
        ("Names that become aliases", ["Lanbeng"]),
        ("Needs", ["b"]),
    ]
    page = answer.content.decode()
    assert f'href="{merge_address(kept, dropped)}"' in page
    dropped.refresh_from_db()
    assert (dropped.state, kept.needs.count()) == (S.SUBMITTED, 1)
    done = desk.post(merge_address(dropped, kept), follow=True)
    assert done.redirect_chain == [(address_of(kept), 302)]
    assert [str(one) for one in done.context["messages"]] == ["'Lanbeng' is merged into 'Blue Pump'."]
    dropped.refresh_from_db()
    assert (dropped.state, dropped.merged_into) == (S.WITHDRAWN, kept)
    assert f"Merged into this one Lanbeng · {dropped.code}" in words_of(desk, kept)
    assert "Withdrawn · merged into Blue Pump" in words_of(desk, dropped)
    assert RegisterEvent.objects.filter(kind="merged", actor_id=curator.pk).count() == 2


def test_a_merge_of_firms_shows_words_not_stored_values(desk: Client) -> None:
    kept, dropped = (make_organization(kind=Kind.FIRM, name_en="A", name_zh="甲") for _ in range(2))
    FirmDetails.objects.create(organization=dropped, ein="12-3456789", ownership="private")
    FirmReference.objects.create(organization=dropped, title="Metering")
    assert desk.get(merge_address(dropped, kept)).context["plan"] == [
        ("References", ["Metering"]),
        ("Registration and set-up", ["EIN · 12-3456789", "Ownership · Private"]),
    ]


def test_what_stands_against_merging_is_said(desk: Client) -> None:
    city, firm = make_organization(), make_organization(kind=Kind.FIRM)
    for answer, status in (
        (desk.get(merge_address(city, firm)), 200),
        (desk.post(merge_address(city, firm)), 400),
    ):
        assert answer.status_code == status
        page = unescape(answer.content.decode())
        assert "Only organizations of one kind and one country can be merged" in page
        assert (answer.context["plan"], "What the kept entry gains" in page) == (None, False)
    city.refresh_from_db()
    assert city.state == S.APPROVED


def test_merging_needs_the_right_to_change(client: Client) -> None:
    one, other = make_organization(), make_organization()
    person = make_user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_city"))
    client.force_login(person)
    assert client.get(merge_address(one, other)).status_code == 403
    assert client.post(merge_address(one, other)).status_code == 403
    assert "/merge/" not in client.get(address_of(one)).content.decode()


def test_nobody_is_merged_with_what_does_not_exist(desk: Client) -> None:
    city = make_organization()
    for pair in (f"{city.pk}/merge/99999999", f"99999999/merge/{city.pk}"):
        assert desk.get(f"/admin/alliances/city/{pair}/").status_code == 302
