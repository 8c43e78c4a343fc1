"""Registration: a draft with an owner, what it must state, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation

from alliances.enums import ConsentPurpose, Country, Kind, OrganizationState, TeamRole
from alliances.importing.entries import OrganizationEntry
from alliances.models import (
    Agency,
    AllianceDetails,
    FirmDetails,
    Need,
    Organization,
    RegisterEvent,
    TeamInvitation,
    TeamMember,
    User,
)
from alliances.selectors import cities_like, organizations_across
from alliances.services import people, registration
from alliances.services.details import Reference, alliance_details_save, firm_details_save
from alliances.services.invitations import team_invite
from alliances.services.reference import load_reference
from alliances.services.register import save_organization
from alliances.services.registration import (
    draft_discard,
    hand_in,
    missing,
    organization_register,
    profile_confirm,
    profile_save,
    statement_save,
)
from tests.alliances.test_team_races import at_once, meet_after
from tests.factories import make_consent, make_organization, make_team_member, make_topic, make_user

pytestmark = pytest.mark.django_db

CITY = {"kind": Kind.CITY, "country": Country.US, "name_en": "Wichita", "name_zh": "威奇托"}
GOOD_CODE = "91110000600037341L"


def test_a_draft_with_its_owner_and_events() -> None:
    person = make_user()
    organization = organization_register(CITY, actor=person)
    assert (organization.code, organization.state) == ("us-city-wichita", "draft")
    member = TeamMember.objects.get()
    assert (member.user, member.organization, member.role) == (person, organization, "owner")
    assert list(RegisterEvent.objects.order_by("pk").values_list("kind", "actor_id", "data")) == [
        ("registered", person.pk, {"state": "draft"}),
        ("team_member_added", person.pk, {"user": person.pk, "role": "owner"}),
    ]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"kind": "firm", "country": "US", "name_en": "Black & Veatch, Inc."}, "us-black-veatch-inc"),
        ({"kind": "city", "country": "CN", "name_zh": "无锡市"}, "cn-city-wuxi-shi"),
        ({"kind": "city", "country": "CN", "name_en": "Xi'an", "name_zh": "西安市"}, "cn-city-xian"),
        ({"kind": "alliance", "country": "US", "name_en": "Å" * 80}, "us-" + "a" * 33),
        ({"kind": "alliance", "country": "US", "name_en": "???"}, "us-organization"),
        ({"kind": "firm", "country": "US", "name_en": "Smart_City Labs"}, "us-smart-city-labs"),
    ],
)
def test_the_code_follows_from_kind_and_name(values: dict[str, Any], code: str) -> None:
    assert organization_register(values, actor=make_user()).code == code


def test_a_taken_code_gets_a_number() -> None:
    make_organization("us-city-wichita")
    made = [organization_register(CITY, actor=make_user()).code for _ in range(2)]
    assert made == ["us-city-wichita-2", "us-city-wichita-3"]


@pytest.mark.django_db(transaction=True)
def test_two_of_one_name_at_once_get_a_code_each(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_user(), make_user()]
    meet_after(monkeypatch, registration, "_free_code")
    outcomes = at_once(*(partial(organization_register, CITY, actor=one) for one in people))
    assert outcomes == ["done", "done"]
    codes = Organization.objects.order_by("code").values_list("code", flat=True)
    assert list(codes) == ["us-city-wichita", "us-city-wichita-2"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Acme\r\nBcc: x@evil.example", "A name cannot contain line breaks or tabs."),
        ("Acme\x00", "Text contains a character that is not allowed (U+0000)."),
        ("Ac\u202eme", "Text contains invisible or direction-changing characters (U+202E)."),
        ("Ac\u2028me", "Text contains invisible or direction-changing characters (U+2028)."),
        ("Verify now: http://evil.example", "Names cannot contain links or email addresses."),
    ],
)
def test_a_bad_name_is_refused_and_nothing_is_made(name: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        organization_register({**CITY, "name_en": name}, actor=make_user())
    assert caught.value.message_dict == {"name_en": [message]}
    assert (Organization.objects.count(), TeamMember.objects.count(), RegisterEvent.objects.count()) == (
        0,
        0,
        0,
    )


def test_a_person_has_a_handful_of_drafts() -> None:
    person = make_user()
    for number in range(registration.DRAFTS_A_PERSON):
        organization_register({**CITY, "name_en": f"Town {number}"}, actor=person)
    with pytest.raises(ValidationError) as caught:
        organization_register(CITY, actor=person)
    assert caught.value.messages == [
        "You have 5 unfinished registrations. Finish or discard one of them first."
    ]
    assert Organization.objects.count() == 5


# --- What must be stated -----------------------------------------------------------------------


def complete_city(person: User) -> Organization:
    organization = organization_register(
        {**CITY, "region": "Kansas", "population": 397_532, "population_basis": "city_proper"}, actor=person
    )
    topic = make_topic()
    profile_save(
        organization,
        OrganizationEntry(
            code=organization.code,
            values={"languages": ["en"], "summary_en": "A city on the Arkansas River."},
            needs={topic.slug: 3},
        ),
        actor=person,
    )
    make_consent(person, ConsentPurpose.ACCOUNT)
    return Organization.objects.get(pk=organization.pk)


def test_nothing_stated_everything_missing() -> None:
    person = make_user()
    organization = organization_register({**CITY, "kind": Kind.FIRM}, actor=person)
    assert [one.step.value for one in missing(organization, by=person)] == [
        "place",
        "place",
        "organization",
        "topics",
        "preferences",
        "organization",
        "consents",
    ]
    with pytest.raises(ValidationError) as caught:
        hand_in(organization, actor=person)
    assert caught.value.messages == [one.text for one in missing(organization, by=person)]
    assert Organization.objects.get().state == "draft"


def test_a_complete_profile_is_handed_in_and_confirmed() -> None:
    person = make_user()
    organization = complete_city(person)
    assert missing(organization, by=person) == []
    hand_in(organization, actor=person)
    stored = Organization.objects.get()
    assert stored.state == "submitted"
    assert stored.profile_confirmed_at is not None
    assert (
        RegisterEvent.objects.filter(kind="submitted", data={"from": "draft", "to": "submitted"}).count() == 1
    )


def test_what_is_missing_is_said_in_chinese() -> None:
    person = make_user()
    organization = organization_register(CITY, actor=person)
    with translation.override("zh-hans"):
        assert missing(organization, by=person)[-1].text == "请同意参与条款。"


@pytest.mark.parametrize("role", [TeamRole.VIEWER, None])
def test_others_hand_in_nothing(role: TeamRole | None) -> None:
    organization = complete_city(make_user())
    other = make_user()
    if role:
        make_team_member(organization, other, role)
    for act in (hand_in, profile_confirm, draft_discard):
        with pytest.raises(PermissionDenied):
            act(organization, actor=other)
    assert Organization.objects.get().state == "draft"


@pytest.mark.parametrize("state", [OrganizationState.REJECTED, OrganizationState.WITHDRAWN])
def test_what_was_refused_or_has_gone_is_changed_no_more(state: OrganizationState) -> None:
    person = make_user()
    organization = complete_city(person)
    Organization.objects.update(state=state)
    need = Need.objects.get()
    for change in (
        lambda: profile_save(
            organization, OrganizationEntry(organization.code, {"region": "Ohio"}), actor=person
        ),
        lambda: save_organization(OrganizationEntry(organization.code, {"region": "Ohio"}), actor=person),
        lambda: statement_save(need, "By 2029.", actor=person),
        lambda: save_firm(organization, person, {"ownership": "state"}),
        lambda: alliance_details_save(organization, {}, founded_year=None, patrons=[], actor=person),
        lambda: profile_confirm(organization, actor=person),
    ):
        with pytest.raises(PermissionDenied):
            change()
    stored = Organization.objects.get()
    assert (stored.region, stored.profile_confirmed_at, Need.objects.get().statement) == ("KS", None, "")


def test_a_draft_is_discarded_whole_and_only_a_draft() -> None:
    person = make_user()
    organization = complete_city(person)
    draft_discard(organization, actor=person)
    assert (Organization.objects.count(), Organization.history.count(), Need.history.count()) == (0, 0, 0)
    assert RegisterEvent.objects.order_by("-pk").values_list("kind", flat=True)[0] == "discarded"
    later = complete_city(person)
    hand_in(later, actor=person)
    with pytest.raises(ValidationError):
        draft_discard(later, actor=person)
    assert Organization.objects.count() == 1


# --- Firms and alliances -----------------------------------------------------------------------


def save_firm(
    firm: Organization,
    person: User,
    details: dict[str, str],
    *references: Reference,
    year: int | None = None,
) -> None:
    firm_details_save(firm, details, founded_year=year, references=references, actor=person)


def test_owners_are_stated_once_each_and_stay_where_nothing_is_said() -> None:
    firm, person = make_firm(Country.US)

    def state(owners: list[str] | None) -> list[str]:
        firm_details_save(firm, {}, founded_year=None, references=(), owners=owners, actor=person)
        return FirmDetails.objects.get().owners

    assert state(["  Ann  Smith", "", "Fund 1", "Ann Smith"]) == ["Ann Smith", "Fund 1"]
    assert state(None) == ["Ann Smith", "Fund 1"]
    assert RegisterEvent.objects.filter(kind="updated", data={"fields": ["owners"]}).count() == 1
    assert state([]) == []


@pytest.mark.parametrize(
    ("owners", "words"),
    [
        ([str(number) for number in range(11)], "Name at most 10 owners."),
        (["x" * 201], f"“{'x' * 60}…” is too long. A name has at most 200 characters."),
    ],
)
def test_owners_that_are_too_many_or_too_long_are_refused_in_words(owners: list[str], words: str) -> None:
    firm, person = make_firm(Country.US)
    with pytest.raises(ValidationError) as caught:
        firm_details_save(firm, {}, founded_year=None, references=(), owners=owners, actor=person)
    assert caught.value.message_dict == {"owners": [words]}
    assert not FirmDetails.objects.exists()


def make_firm(country: Country) -> tuple[Organization, User]:
    firm = make_organization(kind=Kind.FIRM, country=country, state=OrganizationState.DRAFT)
    return firm, make_team_member(firm).user


def test_a_firm_states_its_numbers_as_they_are_written() -> None:
    firm, person = make_firm(Country.CN)
    project = Reference("Taihu clean-up", "Wuxi", 2021, "https://example.org/taihu")
    save_firm(
        firm, person, {"credit_code": " 91110000-600037341l ", "ownership": "state"}, project, year=1998
    )
    details = FirmDetails.objects.get()
    assert (details.credit_code, details.ownership) == (GOOD_CODE, "state")
    assert list(firm.references.values_list("title", "place", "year", "website")) == [tuple(project)]
    assert Organization.objects.get().founded_year == 1998
    event = RegisterEvent.objects.get()
    assert (event.kind, event.data) == (
        "updated",
        {"fields": ["credit_code", "founded_year", "ownership", "references"]},
    )
    save_firm(firm, person, {"credit_code": GOOD_CODE, "ownership": "state"}, project, year=1998)
    assert RegisterEvent.objects.count() == 1


CHINESE_NUMBER = (
    "The country is United States, and a unified social credit code is Chinese. Empty it, or register the "
    "organization in China."
)


def test_wrong_numbers_and_years_are_refused_by_field() -> None:
    firm, person = make_firm(Country.US)
    with pytest.raises(ValidationError) as caught:
        save_firm(firm, person, {"credit_code": GOOD_CODE, "ein": "12-34"}, year=3024)
    this_year = timezone.now().year
    assert caught.value.message_dict == {
        "ein": ["The EIN 1234 is not nine digits. Write it like 12-3456789."],
        "credit_code": [CHINESE_NUMBER],
        "founded_year": [f"3024 cannot be the founding year. Give a year from 1000 to {this_year}."],
    }
    assert (FirmDetails.objects.count(), RegisterEvent.objects.count()) == (0, 0)


def test_a_wrong_check_digit_names_the_right_one() -> None:
    firm, person = make_firm(Country.CN)
    with pytest.raises(ValidationError) as caught:
        save_firm(firm, person, {"credit_code": "91310115MA1H8R7C6D"})
    assert "7" in caught.value.message_dict["credit_code"][0]


@pytest.mark.parametrize("number", [{"ein": "12-3456789"}, {"uei": "ABCDEFGH1234"}])
def test_either_american_number_identifies_a_firm(number: dict[str, str]) -> None:
    firm, person = make_firm(Country.US)
    identity = registration.MISSING[5][2]
    assert str(identity) in [one.text for one in missing(firm, by=person)]
    save_firm(firm, person, number)
    assert str(identity) not in [one.text for one in missing(firm, by=person)]


def test_an_alliance_states_patrons_and_charter() -> None:
    Agency.objects.create(slug="cn-miit", country="CN", name_en="MIIT", name_zh="工业和信息化部")
    alliance = make_organization(kind=Kind.ALLIANCE, country=Country.CN, state=OrganizationState.DRAFT)
    person = make_team_member(alliance).user
    patron = "cn-miit"
    alliance_details_save(
        alliance,
        {"secretariat": "CAICT", "charter": "Members decide yearly."},
        founded_year=2015,
        patrons=[patron],
        actor=person,
    )
    details = AllianceDetails.objects.get()
    assert (details.secretariat, details.charter) == ("CAICT", "Members decide yearly.")
    assert list(alliance.patrons.values_list("agency__slug", flat=True)) == [patron]


# --- Statements, cities, accounts --------------------------------------------------------------


def test_a_statement_is_kept_with_history_and_limited() -> None:
    organization = make_organization(needs={"sponge-city": 2})
    person = make_team_member(organization).user
    need = Need.objects.get()
    statement_save(need, "  40,000 people on the east bank.\r\nBy 2029. ", actor=person)
    assert Need.objects.get().statement == "40,000 people on the east bank.\nBy 2029."
    assert Need.history.first().statement == Need.objects.get().statement
    with pytest.raises(ValidationError) as caught:
        statement_save(need, "x" * 1_048_576, actor=person)
    assert caught.value.message_dict == {
        "statement": ["The statement is too long (1,048,576 characters; limit 600)."]
    }
    with pytest.raises(PermissionDenied):
        statement_save(need, "Mine", actor=make_user())


@pytest.mark.parametrize(
    "text", ["Write to ada@city.example", "See https://city.example", "www.city.example"]
)
def test_a_statement_holds_no_contact(text: str) -> None:
    organization = make_organization(needs={"sponge-city": 2})
    person = make_team_member(organization).user
    with pytest.raises(ValidationError) as caught:
        statement_save(Need.objects.get(), text, actor=person)
    assert caught.value.message_dict == {
        "statement": ["Leave out links and email addresses: contacts open once both sides are interested."]
    }
    assert Need.objects.get().statement == ""


def test_a_number_that_another_firm_has_is_refused() -> None:
    first, person = make_firm(Country.CN)
    save_firm(first, person, {"credit_code": GOOD_CODE})
    second, other = make_firm(Country.CN)
    save_firm(second, other, {"credit_code": GOOD_CODE})  # drafts are nobody's claim yet
    Organization.objects.filter(pk=first.pk).update(state=OrganizationState.APPROVED)
    with pytest.raises(ValidationError) as caught:
        save_firm(second, other, {"credit_code": GOOD_CODE})
    assert caught.value.message_dict == {
        "credit_code": [
            f"A firm with the number {GOOD_CODE} is in the register already. Ask to join its team instead."
        ]
    }
    save_firm(first, person, {"credit_code": GOOD_CODE})


def test_levels_saved_again_keep_the_statement() -> None:
    organization = make_organization(needs={"sponge-city": 2})
    person = make_team_member(organization).user
    statement_save(Need.objects.get(), "By 2029.", actor=person)
    profile_save(
        organization, OrganizationEntry(organization.code, {}, needs={"sponge-city": 3}), actor=person
    )
    need = Need.objects.get()
    assert (need.priority, need.statement) == (3, "By 2029.")


def test_cities_fill_themselves() -> None:
    first = {row.name: row for row in load_reference()}["reference cities"]
    again = {row.name: row for row in load_reference()}["reference cities"]
    assert (first.created, again.created, again.updated, again.unchanged) == (2593, 0, 0, 2593)
    found = {
        text: [city.name_en for city in cities_like(text, country)[:1]]
        for text, country in (
            ("denver", "US"),
            ("City of Denver, Colorado", "US"),
            ("丹佛", "US"),
            ("无锡", "CN"),
            ("无锡市", "CN"),
            ("wu xi", "CN"),
            ("wuxi", "CN"),
            ("Wuxi", "US"),
            *((text, "US") for text in ("", " ", "d", "%", "市", "zzzzzz")),
        )
    }
    assert found == {
        "denver": ["Denver"],
        "City of Denver, Colorado": ["Denver"],
        "丹佛": ["Denver"],
        "无锡": ["Wuxi"],
        "无锡市": ["Wuxi"],
        "wuxi": ["Wuxi"],
        "Wuxi": [],
        "wu xi": ["Wuxi"],
        **{text: [] for text in ("", " ", "d", "%", "市", "zzzzzz")},
    }


def test_what_stands_across_the_pacific() -> None:
    own = make_organization(needs={"a": 1, "b": 2}, offers={"c": 1})
    make_organization(country=Country.CN, offers={"a": 1, "b": 1})
    make_organization(country=Country.CN, needs={"c": 3}, state=OrganizationState.SUBMITTED)
    make_organization(country=Country.CN, needs={"c": 3})
    make_organization(country=Country.US, needs={"c": 3}, offers={"a": 1})
    assert organizations_across(own) == (1, 1)


def test_an_account_is_opened_once() -> None:
    first = people.account_open("ada@city.example", language="zh-hans")
    assert (first.language, first.has_usable_password(), first.name) == ("zh-hans", False, "")
    assert people.account_open("ada@city.example", language="en") == first


def test_accounts_nobody_used_for_a_week() -> None:
    old = timezone.now() - timedelta(days=8)
    unused, young, invited, in_team = (make_user() for _ in range(4))
    make_user(last_login=old)
    make_user(is_staff=True)
    owner = make_team_member(make_organization(), make_user(last_login=old)).user
    make_team_member(make_organization(), in_team)
    team_invite(
        Organization.objects.get(team_members__user=owner),
        email=invited.email,
        role=TeamRole.VIEWER,
        actor=owner,
    )
    User.objects.exclude(pk=young.pk).update(joined_at=old)
    assert list(people.unused_accounts()) == [unused]
    # An invitation that has run out keeps nobody's account.
    past = {"invited_at": old, "expires_at": old + timedelta(days=1)}
    TeamInvitation.objects.update(**past)
    assert set(people.unused_accounts()) == {unused, invited}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("  ", "Give your name: your colleagues and partners see it."),
        ("x" * 151, "The name is too long (151; limit 150)."),
        ("Ada\nBcc: x", "A name cannot contain line breaks or tabs."),
    ],
)
def test_a_person_has_a_plain_name(name: str, message: str) -> None:
    person = make_user(name="Ada")
    with pytest.raises(ValidationError) as caught:
        people.name_set(person, name)
    assert caught.value.message_dict == {"name": [message]}
    assert User.objects.get().name == "Ada"
