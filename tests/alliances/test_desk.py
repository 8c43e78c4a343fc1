"""The curation desk of the register, as a curator's browser sees it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from alliances.enums import EventKind, Kind, OrganizationState, TeamRole
from alliances.models import Agency, Organization, ReferenceAlliance, RegisterEvent, Topic, User
from tests.factories import make_organization, make_team_member, make_topic, make_user

pytestmark = pytest.mark.django_db
S = OrganizationState
LISTS = ["city", "firm", "alliance", "topic", "challengearea", "agency", "referencealliance", "user"]


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def profile_of(organization: Organization, **changed: object) -> dict[str, object]:
    """The change page's form as it was sent to the browser, with some fields typed anew."""
    form: dict[str, object] = {
        "name_en": organization.name_en,
        "name_zh": organization.name_zh,
        "country": organization.country,
        "capacity": organization.capacity,
    }
    for prefix in ("needs", "offers", "team_members"):
        form |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return {**form, **changed}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("page", LISTS)
def test_list_is_served(desk: Client, page: str, language: str) -> None:
    make_organization(needs={"a-topic": 2})
    answer = desk.get(f"/admin/alliances/{page}/", headers={"accept-language": language})
    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["city", "firm", "alliance", "user", "agency"])
def test_add_page_shows_no_inner_value(desk: Client, page: str) -> None:
    text = desk.get(f"/admin/alliances/{page}/add/").content.decode()
    assert "object at 0x" not in text
    assert "DatabaseDefault" not in text


def test_page_of_a_person_shows_no_inner_value(desk: Client, curator: User) -> None:
    text = desk.get(f"/admin/alliances/user/{curator.pk}/change/").content.decode()
    assert "DatabaseDefault" not in text


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_cities_costs_the_same_for_one_and_three(
    desk: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        make_organization(needs={"a": 2, "b": 1}, offers={"a": 3})
    desk.get("/admin/alliances/city/")
    with django_assert_num_queries(4):
        answer = desk.get("/admin/alliances/city/")
    assert answer.context["cl"].result_count == number


def test_counts_of_needs_and_offers_are_not_multiplied(desk: Client) -> None:
    make_organization("us-city-a", needs={"a": 2, "b": 1, "c": 1}, offers={"a": 3, "d": 1})
    row = desk.get("/admin/alliances/city/").context["cl"].result_list[0]
    assert (row.need_count, row.offer_count) == (3, 2)


def test_a_firm_is_not_on_the_list_of_cities(desk: Client) -> None:
    make_organization("us-firm-a", kind=Kind.FIRM)
    assert desk.get("/admin/alliances/city/").context["cl"].result_count == 0
    assert desk.get("/admin/alliances/firm/").context["cl"].result_count == 1


def test_bulk_approval_says_who_was_skipped_and_why(desk: Client) -> None:
    waiting = [make_organization(state=S.SUBMITTED) for _ in range(2)]
    refused = make_organization(state=S.REJECTED)
    answer = desk.post(
        "/admin/alliances/city/",
        {"action": "approve", "_selected_action": [one.pk for one in (*waiting, refused)]},
        follow=True,
    )
    states = list(Organization.objects.order_by("pk").values_list("state", flat=True))
    assert states == [S.APPROVED, S.APPROVED, S.REJECTED]
    said = [str(message) for message in answer.context["messages"]]
    assert said[0] == "2 rows changed."
    assert said[1].startswith("1 skipped: The state is 'Rejected'.")


def test_suspension_on_the_page_acts_on_post_only(desk: Client, curator: User) -> None:
    city = make_organization()
    address = f"/admin/alliances/city/{city.pk}/suspend_this/"
    assert desk.get(address, follow=True).status_code == 200
    city.refresh_from_db()
    assert city.state == S.APPROVED
    desk.post(address, {"_form_submitted": "True", "reason": "papers lack"})
    city.refresh_from_db()
    assert city.state == S.SUSPENDED
    event = RegisterEvent.objects.get(organization=city)
    assert (event.kind, event.actor_id) == (EventKind.SUSPENDED, curator.pk)
    assert city.history.latest().history_change_reason == "papers lack"


def test_saving_a_profile_records_the_changed_fields_and_history(desk: Client, curator: User) -> None:
    city = make_organization(region="Kansas")
    answer = desk.post(
        f"/admin/alliances/city/{city.pk}/change/", profile_of(city, region="Texas", aliases="Air Capital")
    )
    assert answer.status_code == 302
    city.refresh_from_db()
    assert (city.region, city.aliases) == ("TX", ["Air Capital"])
    event = RegisterEvent.objects.get(organization=city)
    assert (event.kind, event.data, event.actor_id) == (
        EventKind.UPDATED,
        {"fields": ["aliases", "region"]},
        curator.pk,
    )
    assert city.history.latest().region == "TX"


def test_a_need_added_on_the_page_is_recorded(desk: Client) -> None:
    city = make_organization()
    form = profile_of(city) | {
        "needs-TOTAL_FORMS": 1,
        "needs-0-topic": make_topic("sponge-city").pk,
        "needs-0-priority": 3,
    }
    assert desk.post(f"/admin/alliances/city/{city.pk}/change/", form).status_code == 302
    assert list(city.needs.values_list("topic__slug", "priority")) == [("sponge-city", 3)]
    assert RegisterEvent.objects.get(organization=city).data == {"fields": ["needs"]}


def test_a_membership_says_whose_word_it_waits_for_or_the_page_says_what_is_missing(desk: Client) -> None:
    alliance, member = make_organization(kind=Kind.ALLIANCE), make_organization()
    form = profile_of(alliance) | {
        "patrons-TOTAL_FORMS": 0,
        "patrons-INITIAL_FORMS": 0,
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-member": member.pk,
        "memberships-0-state": "invited",
    }
    answer = desk.post(f"/admin/alliances/alliance/{alliance.pk}/change/", form)
    assert (
        "An invited membership says whose word it waits for; any other waits for nobody&#x27;s."
        in answer.content.decode()
    )
    form |= {"memberships-0-waits_for": "member"}
    assert desk.post(f"/admin/alliances/alliance/{alliance.pk}/change/", form).status_code == 302
    assert list(alliance.memberships.values_list("member", "waits_for")) == [(member.pk, "member")]


def test_a_population_without_its_basis_is_refused_at_the_field(desk: Client) -> None:
    city = make_organization()
    answer = desk.post(f"/admin/alliances/city/{city.pk}/change/", profile_of(city, population=500_000))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["population_basis"]
    city.refresh_from_db()
    assert city.population is None


def test_numbers_out_of_bounds_are_refused_at_their_fields(desk: Client) -> None:
    city = make_organization()
    wrong = profile_of(city, capacity=101, latitude=-91, longitude=181)
    answer = desk.post(f"/admin/alliances/city/{city.pk}/change/", wrong)
    assert dict(answer.context["adminform"].form.errors) == {
        "capacity": ["Ensure this value is less than or equal to 100."],
        "latitude": ["Ensure this value is greater than or equal to -90."],
        "longitude": ["Ensure this value is less than or equal to 180."],
    }


def test_a_new_firm_is_a_draft_of_its_kind(desk: Client) -> None:
    form = profile_of(Organization(name_en="Pump Works", country="US", capacity=3), code="us-pump-works")
    assert desk.post("/admin/alliances/firm/add/", form).status_code == 302
    firm = Organization.objects.get(code="us-pump-works")
    assert (firm.kind, firm.state) == (Kind.FIRM, S.DRAFT)


def test_nobody_without_staff_rights_gets_in(client: Client) -> None:
    client.force_login(make_user())
    answer = client.get("/admin/alliances/city/")
    assert (answer.status_code, answer["location"]) == (302, "/admin/login/?next=/admin/alliances/city/")


def test_an_organization_has_no_delete_page(desk: Client) -> None:
    city = make_organization()
    assert desk.post(f"/admin/alliances/city/{city.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Organization.objects.filter(pk=city.pk).exists()


def test_history_page_of_a_city_is_served(desk: Client) -> None:
    city = make_organization()
    assert desk.get(f"/admin/alliances/city/{city.pk}/history/").status_code == 200


def test_signing_in_leads_to_the_desk(client: Client) -> None:
    make_user("curator@test.example", password="sturdy-pass-word", is_staff=True)
    form = {"login": "curator@test.example", "password": "sturdy-pass-word"}
    answer = client.post("/accounts/login/password/", form)
    assert (answer.status_code, answer["location"]) == (302, "/admin/")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_person_added_on_the_page_is_in_the_team_and_on_record(
    desk: Client, curator: User, language: str
) -> None:
    city = make_organization()
    address = f"/admin/alliances/city/{city.pk}/add_person/"
    form = {"_form_submitted": "True", "email": "Li.Wei@Test.example", "language": language, "role": "owner"}
    desk.get(address)
    assert city.team_members.count() == 0
    assert desk.post(address, form).status_code == 302
    member = city.team_members.get()
    assert (member.user.email, member.user.language, member.role) == (
        "li.wei@test.example",
        language,
        "owner",
    )
    event = RegisterEvent.objects.get(organization=city)
    assert (event.kind, event.actor_id) == (EventKind.TEAM_MEMBER_ADDED, curator.pk)
    answer = desk.post(address, {**form, "email": "two@x.example, three@x.example"}, follow=True)
    assert len([message for message in answer.context["messages"] if message.level_tag == "error"]) == 1
    assert city.team_members.count() == 1


@pytest.mark.parametrize("page", ["suspend_this", "add_person", "history"])
@pytest.mark.parametrize("number", ["99999999", "abc"])
def test_a_page_of_nothing_leads_back(desk: Client, page: str, number: str) -> None:
    form = {"_form_submitted": "True", "email": "a@x.example", "language": "en", "role": "owner"}
    address = f"/admin/alliances/city/{number}/{page}/"
    answer = desk.get(address) if page == "history" else desk.post(address, form)
    assert answer.status_code in (302, 404)


def test_a_firm_is_not_suspended_from_the_pages_of_cities(desk: Client) -> None:
    firm = make_organization(kind=Kind.FIRM)
    desk.post(f"/admin/alliances/city/{firm.pk}/suspend_this/", {"_form_submitted": "True"})
    firm.refresh_from_db()
    assert firm.state == S.APPROVED


def test_an_address_is_stored_in_lower_case(desk: Client) -> None:
    form = {
        "email": "New.Person@Test.Example",
        "name": "New Person",
        "language": "en",
        "password1": "sturdy-pass-word",
        "password2": "sturdy-pass-word",
    }
    assert desk.post("/admin/alliances/user/add/", form).status_code == 302
    assert User.objects.filter(email="new.person@test.example").exists()


def test_a_person_has_no_delete_page(desk: Client) -> None:
    person = make_user()
    assert desk.post(f"/admin/alliances/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=person.pk).exists()


def make_one(page: str) -> None:
    """One more row of the list on this page."""
    number = Topic.objects.count() + Agency.objects.count() + User.objects.count()
    if page == "topic":
        make_topic(f"topic-{number}", area=f"area-{number}")
    elif page == "agency":
        Agency.objects.create(slug=f"agency-{number}", country="US", name_en="Agency", name_zh="机构")
        make_topic()
    elif page == "user":
        make_user()
    else:
        organization = make_organization(kind=Kind.ALLIANCE)
        ReferenceAlliance.objects.create(name_en=organization.code, country="US", organization=organization)
        RegisterEvent.objects.create(organization=organization, kind=EventKind.UPDATED)


@pytest.mark.parametrize(
    "page", ["topic", "agency", "user", "referencealliance", "registerevent", "alliance"]
)
def test_a_list_costs_the_same_for_one_and_three(desk: Client, page: str) -> None:
    address, costs = f"/admin/alliances/{page}/", []
    make_one(page)
    desk.get(address)
    for more in (0, 2):
        for _ in range(more):
            make_one(page)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        costs.append(len(queries))
    assert costs[0] == costs[1]


# --- The team on an organization's page ------------------------------------------------------------


def team_form(city: Organization, **typed: str) -> dict[str, object]:
    """The page's form with its team; `typed` is what is typed anew, by field of the formset."""
    members = list(city.team_members.order_by("pk"))
    form = profile_of(city) | {
        "team_members-TOTAL_FORMS": len(members),
        "team_members-INITIAL_FORMS": len(members),
    }
    for place, member in enumerate(members):
        form |= {
            f"team_members-{place}-id": member.pk,
            f"team_members-{place}-organization": city.pk,
            f"team_members-{place}-role": member.role,
        }
    return form | {f"team_members-{name}": value for name, value in typed.items()}


def test_roles_and_places_changed_on_the_page_are_on_record(desk: Client, curator: User) -> None:
    city = make_organization()
    owner, editor, viewer = (make_team_member(city, role=role).user for role in TeamRole)
    address = f"/admin/alliances/city/{city.pk}/change/"
    typed = {"0-role": "viewer", "1-role": "owner", "2-DELETE": "on"}
    assert desk.post(address, team_form(city, **typed)).status_code == 302
    assert dict(city.team_members.values_list("user_id", "role")) == {owner.pk: "viewer", editor.pk: "owner"}
    events = RegisterEvent.objects.order_by("pk").values_list("kind", "actor_id", "data__user")
    assert list(events) == [
        (EventKind.TEAM_ROLE_CHANGED, curator.pk, editor.pk),
        (EventKind.TEAM_ROLE_CHANGED, curator.pk, owner.pk),
        (EventKind.TEAM_MEMBER_REMOVED, curator.pk, viewer.pk),
    ]


@pytest.mark.parametrize("typed", [{"0-role": "viewer"}, {"0-DELETE": "on"}])
def test_the_last_owner_stays_on_the_page_too(desk: Client, typed: dict[str, str]) -> None:
    city = make_organization()
    make_team_member(city)
    make_team_member(city, role=TeamRole.EDITOR)
    address = f"/admin/alliances/city/{city.pk}/change/"
    answer = desk.post(address, team_form(city, **{"1-role": "viewer"}, **typed), follow=True)
    said = [str(message) for message in answer.context["messages"] if message.level_tag == "error"]
    assert said == ["An organization keeps at least one owner. Hand over to somebody of the team first."]
    # All of it or nothing.
    assert list(city.team_members.order_by("pk").values_list("role", flat=True)) == ["owner", "editor"]
    assert RegisterEvent.objects.count() == 0
