"""Saving one organization, people and their consents, and what everybody reads."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import override

from alliances.enums import CityClass, ConsentPurpose, Country, Kind, OrganizationState, TeamRole
from alliances.importing.entries import OrganizationEntry
from alliances.models import ChallengeArea, Consent, Organization, RegisterEvent, TeamMember, User
from alliances.selectors import (
    SizeClass,
    area_supply,
    city_class,
    has_consent,
    size_class,
    topic_supply,
    users_with_consent,
)
from alliances.services.consent import consent_give, consent_withdraw
from alliances.services.details import OWNERS
from alliances.services.register import entry_errors, may_edit, save_organization
from alliances.services.screening import FEW
from alliances.services.team import add_team_member
from alliances.validators import one_email
from tests.factories import make_consent, make_organization, make_team_member, make_topic, make_user

pytestmark = pytest.mark.django_db

NEW = {"kind": "city", "country": "US", "name_en": "Alpha"}


# --- Saving one -----------------------------------------------------------------------------------


def test_a_new_entry_becomes_a_draft_with_needs_and_offers() -> None:
    make_topic("air"), make_topic("water")
    actor = make_user()
    saved = save_organization(
        OrganizationEntry("us-a", NEW, needs={"air": 3}, offers={"water": 1}), actor=actor, reason="sign-up"
    )
    assert (saved.state, saved.name_en) == ("draft", "Alpha")
    assert [(need.topic.slug, need.priority) for need in saved.needs.all()] == [("air", 3)]
    assert [(offer.topic.slug, offer.maturity) for offer in saved.offers.all()] == [("water", 1)]
    events = RegisterEvent.objects.values_list("organization_id", "kind", "actor_id", "data")
    assert list(events) == [(saved.pk, "registered", actor.pk, {"state": "draft"})]
    row = saved.history.get()
    assert (row.history_user_id, row.history_change_reason) == (actor.pk, "sign-up")


def test_a_change_is_recorded_by_field_names_and_saying_the_same_is_none() -> None:
    organization = make_organization("us-a", needs={"air": 2}, offers={"air": 1})
    owner = make_team_member(organization).user
    entry = OrganizationEntry("us-a", {"name_en": "Beta", "region": "KS"}, needs={})
    save_organization(entry, actor=owner)
    assert RegisterEvent.objects.get().data == {"fields": ["name_en", "needs", "region"]}
    assert organization.offers.count() == 1
    save_organization(entry, actor=owner)
    assert RegisterEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        (
            {"name_en": "", "latitude": 1.0},
            {
                "name_en": ["Give a name in English or in Chinese."],
                "longitude": ["Give both latitude and longitude, or neither."],
            },
        ),
        ({"name_en": "www.x.example"}, {"name_en": ["Names cannot contain links or email addresses."]}),
        (
            {"aliases": ["A|B"]},
            {"aliases": ["Item 1 in the array did not validate: An alias cannot contain | or ;."]},
        ),
        # None of them is looked at.
        ({"aliases": ["A|B"] * 21}, {"aliases": ["The list is too long (21 items; limit 20)."]}),
    ],
)
def test_a_wrong_entry_is_refused_by_field(values: dict[str, object], errors: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationError) as caught:
        save_organization(OrganizationEntry("us-a", {**NEW, **values}), actor=None)
    assert caught.value.message_dict == errors
    assert Organization.objects.count() == 0


def test_as_many_aliases_as_may_be_are_screened_without_reading_the_lists_whole() -> None:
    names = [f"Alias {number}" for number in range(20)]
    saved = save_organization(OrganizationEntry("us-a", {**NEW, "aliases": names}), actor=None)
    assert saved.aliases == names
    # With the two names, and the owners of a firm.
    assert len(names) + 2 + OWNERS <= FEW
    # What was stated before there was a limit stays, while nothing is said of it.
    Organization.objects.update(aliases=[*names, "One more"])
    assert entry_errors(OrganizationEntry("us-a", {"region": "KS"})) == {}


def test_errors_can_be_asked_for_before_saving() -> None:
    assert entry_errors(OrganizationEntry("us-a", NEW)) == {}
    assert entry_errors(OrganizationEntry("us-a", {**NEW, "population": 5})) == {
        "population_basis": ["Say what the population counts: the basis is missing."]
    }


@pytest.mark.parametrize(
    ("who", "may"),
    [("owner", True), ("editor", True), ("viewer", False), ("stranger", False), ("staff", True)],
)
def test_who_may_edit(who: str, may: bool) -> None:
    organization = make_organization("us-a")
    actor = make_user(is_staff=who == "staff")
    if who in TeamRole.values:
        make_team_member(organization, actor, TeamRole(who))
    assert may_edit(actor, organization) is may
    if not may:
        with pytest.raises(PermissionDenied):
            save_organization(OrganizationEntry("us-a", {"name_en": "Beta"}), actor=actor)
    actor.is_active = False
    assert may_edit(actor, organization) is False


def test_who_sees_which_organization() -> None:
    own, other = make_organization(), make_organization()
    member = make_team_member(own, role=TeamRole.VIEWER).user

    def sees(user: User | AnonymousUser) -> set[Organization]:
        return set(Organization.objects.visible_to(user))

    assert sees(member) == {own}
    assert sees(make_user(is_staff=True)) == {own, other}
    assert sees(make_user()) == set()
    assert sees(make_user(is_staff=True, is_active=False)) == set()
    assert sees(AnonymousUser()) == set()


# --- People ---------------------------------------------------------------------------------------


def test_an_owner_adds_a_new_person_and_a_known_one() -> None:
    organization = make_organization()
    owner = make_team_member(organization).user
    known = make_user("known@x.org", name="Known")
    first = add_team_member(
        organization,
        email=" New@例子.公司 ",
        name="张三",
        language="zh-hans",
        role=TeamRole.EDITOR,
        actor=owner,
    )
    assert (first.user.email, first.user.name, first.user.language, first.role) == (
        "new@xn--fsqu00a.xn--55qx5d",
        "张三",
        "zh-hans",
        "editor",
    )
    assert not first.user.has_usable_password()
    assert add_team_member(organization, email="KNOWN@x.org", name="Other", actor=owner).user == known
    assert User.objects.get(pk=known.pk).name == "Known"
    events = RegisterEvent.objects.filter(kind="team_member_added").order_by("id")
    assert [event.data for event in events] == [
        {"user": first.user_id, "role": "editor"},
        {"user": known.pk, "role": "viewer"},
    ]
    assert Consent.objects.count() == 0


@pytest.mark.parametrize(
    ("email", "name", "errors"),
    [
        ("a@x.org, b@x.org", "", {"email": ["Enter one email address."]}),
        ("a@x.org", "http://evil.example", {"name": ["Names cannot contain links or email addresses."]}),
        ("owner@x.org", "", {"email": ["This person is in the team already."]}),
    ],
)
def test_a_wrong_person_is_refused_by_field(email: str, name: str, errors: dict[str, list[str]]) -> None:
    organization = make_organization()
    owner = make_team_member(organization, make_user("owner@x.org")).user
    with pytest.raises(ValidationError) as caught:
        add_team_member(organization, email=email, name=name, actor=owner)
    assert caught.value.message_dict == errors
    assert (User.objects.count(), TeamMember.objects.count()) == (1, 1)


def test_editors_and_strangers_add_nobody() -> None:
    organization = make_organization()
    editor = make_team_member(organization, role=TeamRole.EDITOR).user
    for actor in (editor, make_user()):
        with pytest.raises(PermissionDenied):
            add_team_member(organization, email="a@x.org", actor=actor)


@pytest.mark.parametrize(
    "typed",
    [
        "a@x.org\nBcc: b@x.org",
        "a@x.org\0",
        "a@x.org\u2028",
        "a@b@x.org",
        "a b@x.org",
        "<a@x.org>",
        "@x.org",
        "a@",
        "a@x..org",
    ],
)
def test_one_address_is_exactly_one(typed: str) -> None:
    with pytest.raises(ValidationError, match="Enter one email address"):
        one_email(typed)


# --- Consent --------------------------------------------------------------------------------------


def said(purpose: ConsentPurpose = ConsentPurpose.DIGEST) -> list[tuple[bool, str]]:
    rows = Consent.objects.filter(purpose=purpose).order_by("id")
    return list(rows.values_list("granted", "text_version"))


def test_the_newest_word_counts_and_repeating_it_adds_nothing() -> None:
    person, digest = make_user(), ConsentPurpose.DIGEST

    def give(version: str) -> None:
        consent_give(person, digest, language="en", channel="portal", text_version=version)

    def withdraw() -> None:
        consent_withdraw(person, digest, language="en", channel="mail", text_version="1")

    assert has_consent(person, digest) is False
    for version, expected in (("1", True), (None, False), (None, False), ("2", True)):
        give(version) if version else withdraw()
        assert has_consent(person, digest) is expected
        assert list(users_with_consent(digest)) == ([person] if expected else [])
    give("2")
    give("3")
    assert said() == [(True, "1"), (False, "1"), (True, "2"), (True, "3")]
    kinds = RegisterEvent.objects.order_by("id").values_list("kind", "actor_id", "data")
    assert list(kinds) == [
        (kind, person.pk, {"user": person.pk, "purpose": "digest"})
        for kind in ("consent_given", "consent_withdrawn", "consent_given", "consent_given")
    ]


def test_withdrawing_what_was_never_given_is_kept_as_a_no() -> None:
    person = make_user()
    consent_withdraw(person, ConsentPurpose.DIGEST, language="en", channel="mail", text_version="1")
    assert said() == [(False, "1")]
    assert has_consent(person, ConsentPurpose.DIGEST) is False


def test_purposes_and_people_stay_apart() -> None:
    one, other = make_user(), make_user()
    make_consent(one, ConsentPurpose.DIGEST)
    make_consent(other, ConsentPurpose.MATCHING)
    make_consent(other, ConsentPurpose.DIGEST)
    make_consent(other, ConsentPurpose.DIGEST, granted=False)
    assert set(users_with_consent(ConsentPurpose.DIGEST)) == {one}
    assert set(users_with_consent(ConsentPurpose.MATCHING)) == {other}
    assert has_consent(one, ConsentPurpose.MATCHING) is False


# --- Reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "bounds"),
    [
        (
            "CN",
            {
                1: "cn_small_2",
                200_000: "cn_small_1",
                500_000: "cn_medium",
                1_000_000: "cn_large_2",
                3_000_000: "cn_large_1",
                5_000_000: "cn_very_large",
                10_000_000: "cn_super",
            },
        ),
        (
            "US",
            {
                1: "us_under_10k",
                10_000: "us_10k",
                25_000: "us_25k",
                50_000: "us_50k",
                100_000: "us_100k",
                250_000: "us_250k",
                500_000: "us_500k",
                1_000_000: "us_over_1m",
            },
        ),
    ],
)
def test_city_classes_include_their_lower_bound(country: str, bounds: dict[int, str]) -> None:
    assert {people: city_class(country, people) for people in bounds} == bounds
    below = {people: city_class(country, people - 1) for people in bounds}
    assert list(below.values()) == [None, *list(bounds.values())[:-1]]
    assert city_class(country, None) is None
    assert city_class("DE", 5_000_000) is None


@pytest.mark.parametrize(
    ("country", "basis", "as_defined"),
    [("CN", "urban", True), ("CN", "geonames", False), ("US", "city_proper", True), ("US", "metro", False)],
)
def test_a_class_says_what_was_counted(country: str, basis: str, as_defined: bool) -> None:
    organization = Organization(country=country, population=700_000, population_basis=basis)
    found = CityClass.CN_MEDIUM if country == "CN" else CityClass.US_500K
    assert size_class(organization) == SizeClass(found, basis, as_defined)  # type: ignore[arg-type]
    assert size_class(Organization(country=country)) is None


def test_area_supply_counts_what_approved_organizations_state() -> None:
    make_topic("air", "sky"), make_topic("wind", "sky"), make_topic("tap", "water")
    make_organization(needs={"air": 1, "wind": 2}, offers={"tap": 3})
    make_organization(country=Country.CN, kind=Kind.FIRM, needs={"air": 1})
    make_organization(state=OrganizationState.SUBMITTED, needs={"tap": 1})
    assert [(found.area.slug, *found[1:]) for found in area_supply()] == [
        ("sky", 2, 3, 0),
        ("water", 1, 0, 1),
    ]


def test_topic_supply_counts_by_country_and_kind() -> None:
    air = make_topic("air", "sky")
    make_topic("wind", "sky"), make_topic("tap", "water")
    make_organization(needs={"air": 1, "tap": 2}, offers={"wind": 1})
    make_organization(needs={"air": 3})
    make_organization(country=Country.CN, kind=Kind.FIRM, offers={"air": 1})
    make_organization(country=Country.CN, kind=Kind.FIRM, needs={"air": 1}, state=OrganizationState.DRAFT)
    of_air, of_wind = topic_supply(air.area)
    assert (of_air.topic.slug, of_air.needs, of_air.offers) == (
        "air",
        {("US", "city"): 2},
        {("CN", "firm"): 1},
    )
    assert (of_wind.topic.slug, of_wind.needs, of_wind.offers) == ("wind", {}, {("US", "city"): 1})
    assert [of_air.stated(), of_air.stated("US"), of_air.stated("CN"), of_air.stated("CN", "city")] == [
        (2, 1),
        (2, 0),
        (0, 1),
        (0, 0),
    ]
    assert [of_air.stated(kind="city"), of_air.stated(kind="firm")] == [(2, 0), (0, 1)]


def test_names_and_definitions_follow_the_reader() -> None:
    area = ChallengeArea(name_en="Sky", name_zh="天空", definition_en="What is above", definition_zh="")
    with override("en"):
        assert (area.name, area.other_name, area.definition) == ("Sky", "天空", "What is above")
    with override("zh-hans"):
        assert (area.name, area.other_name, area.definition) == ("天空", "Sky", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("country", "stated", "stored"),
    [
        ("US", "Texas", "TX"),
        ("US", "tx", "TX"),
        ("US", "State of Texas", "TX"),
        ("CN", "湖北省", "Hubei"),
        ("CN", "hubei", "Hubei"),
        ("CN", "Hong Kong", "Hong Kong"),
        ("US", "Cascadia", "Cascadia"),
    ],
)
def test_a_region_is_written_in_one_way_however_it_is_stated(country: str, stated: str, stored: str) -> None:
    values = {"kind": "city", "country": country, "name_en": "Town", "region": stated}
    made = save_organization(OrganizationEntry("town", values=values), actor=None)
    assert made.region == stored
    again = save_organization(OrganizationEntry("town", values={"region": stated}), actor=None)
    assert again.region == stored
    assert RegisterEvent.objects.filter(kind="updated").count() == 0
