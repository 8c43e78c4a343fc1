"""Contacts at the desk: on a page of their own, after whoever looks has proved who they are, and recorded."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from alliances.enums import TeamRole
from alliances.models import Organization, RegisterEvent, TeamClaim, User
from tests.factories import make_claim, make_organization, make_team_member, make_user, prove

pytestmark = pytest.mark.django_db
ADDRESSES = ("office@wichita.example", "ann@wichita.example", "ben@wichita.example")


@pytest.fixture
def organization() -> Organization:
    one = make_organization("us-wichita", contact_email=ADDRESSES[0])
    make_team_member(one, make_user(ADDRESSES[1], name="Ann"), role=TeamRole.OWNER)
    make_team_member(one, make_user(ADDRESSES[2]), role=TeamRole.VIEWER)
    return one


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user("curator@test.example", is_staff=True, is_superuser=True))
    return client


def shown(desk: Client, path: str) -> list[str]:
    page = desk.get(path).content.decode()
    return [address for address in ADDRESSES if address in page]


def test_contacts_are_shown_to_who_proved_it_and_each_look_is_recorded(
    desk: Client, organization: Organization
) -> None:
    own_page = f"/admin/alliances/city/{organization.pk}/change/"
    contacts = f"/admin/alliances/city/{organization.pk}/show_contacts/"
    assert "show_contacts" in desk.get(own_page).content.decode()
    review = f"/admin/alliances/city/{organization.pk}/review/"
    for page in (own_page, review):
        assert shown(desk, page) == []
        assert "Ann (…@wichita.example)" in desk.get(page).content.decode()
    answer = desk.get(contacts)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/")
    assert not RegisterEvent.objects.exists()
    prove(desk)
    assert shown(desk, contacts) == list(ADDRESSES)
    # Nor does it stand on the organization's own page now.
    assert shown(desk, own_page) == []
    event = RegisterEvent.objects.get()
    assert (event.kind, event.organization_id, event.data) == ("contacts_shown", organization.pk, {})
    assert desk.get(contacts)["Cache-Control"] == "no-store"


def test_a_new_organization_is_given_its_address_and_keeps_it_when_its_page_is_saved(
    desk: Client, organization: Organization
) -> None:
    assert b'name="contact_email"' in desk.get("/admin/alliances/city/add/").content
    assert b'name="contact_email"' not in desk.get(f"/admin/alliances/city/{organization.pk}/change/").content


def test_an_unknown_organization_has_no_contacts(desk: Client) -> None:
    prove(desk)
    assert desk.get("/admin/alliances/city/999/show_contacts/").status_code == 302


def test_whoever_may_only_look_sees_no_contacts(
    client: Client, desk: Client, organization: Organization
) -> None:
    reader, page = make_user(is_staff=True), f"/admin/alliances/city/{organization.pk}"
    assert "show_contacts" in desk.get(f"{page}/review/").content.decode()
    reader.user_permissions.add(Permission.objects.get(codename="view_city"))
    client.force_login(reader)
    prove(client)
    assert client.get(f"{page}/show_contacts/").status_code == 403
    assert "show_contacts" not in client.get(f"{page}/review/").content.decode()


@pytest.mark.parametrize(("language", "words"), [("en", "Show contacts"), ("zh-hans", "显示联系方式")])
def test_the_page_in_both_languages(
    desk: Client, organization: Organization, language: str, words: str
) -> None:
    prove(desk)
    path = f"/admin/alliances/city/{organization.pk}/show_contacts/"
    assert words in desk.get(path, headers={"accept-language": language}).content.decode()


# --- People -----------------------------------------------------------------------------------------


@pytest.fixture
def person() -> User:
    return make_user("ann@wichita.example", name="Ann")


def test_pages_of_people_name_them_without_their_addresses(desk: Client, person: User) -> None:
    pages = ("", f"{person.pk}/change/", f"{person.pk}/history/", f"{person.pk}/erase_person/")
    for page in pages:
        html = desk.get(f"/admin/alliances/user/{page}").content.decode()
        assert ("ann@wichita" in html, "…@wichita.example" in html) == (False, page[-6:] != "erson/"), page
    ask = "/admin/autocomplete/?app_label=alliances&model_name=teammember&field_name=user&term="
    assert desk.get(f"{ask}Ann").json()["results"] == [
        {"id": str(person.pk), "text": "Ann (…@wichita.example)"}
    ]


def test_a_person_is_found_by_name_or_by_a_whole_address(desk: Client, person: User) -> None:
    for asked, found in (
        ("ann@wichita.example", 1),
        ("ANN@wichita.example", 1),
        ("nn@wichita", 0),
        ("An", 1),
    ):
        cl = desk.get("/admin/alliances/user/", {"q": asked}).context["cl"]
        assert (asked, cl.result_count) == (asked, found)


def test_the_address_of_a_person_is_shown_to_who_proved_it_and_recorded(desk: Client, person: User) -> None:
    contacts = f"/admin/alliances/user/{person.pk}/show_contacts/"
    assert desk.get(contacts)["Location"].startswith("/accounts/")
    assert not RegisterEvent.objects.exists()
    prove(desk)
    assert shown(desk, contacts) == ["ann@wichita.example"]
    event = RegisterEvent.objects.get()
    assert (event.kind, event.organization_id, event.data) == ("contacts_shown", None, {"person": person.pk})


def test_whoever_may_only_look_at_people_sees_no_address(client: Client, person: User) -> None:
    reader = make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(reader)
    prove(client)
    page = f"/admin/alliances/user/{person.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    for action in ("show_contacts", "change_address", "password"):
        assert client.get(f"{page}{action}/").status_code == 403, action
    form = {"_form_submitted": "True", "address": "x@wichita.example"}
    assert client.post(f"{page}change_address/", form).status_code == 403
    person.refresh_from_db()
    assert person.email == "ann@wichita.example"


def test_saving_a_person_leaves_the_address(desk: Client, person: User) -> None:
    form = {"email": "x@y.example", "name": "Anna", "language": "en", "mail_frequency": "weekly"}
    none = {
        f"{prefix}-{field}": 0
        for prefix in ("team_memberships", "consents")
        for field in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    page = desk.post(f"/admin/alliances/user/{person.pk}/change/", {**form, **none}, follow=True)
    person.refresh_from_db()
    assert (person.name, person.email) == ("Anna", "ann@wichita.example")
    assert "ann@wichita" not in page.content.decode()


@pytest.mark.parametrize("bad", ["", "nobody", "curator@test.example", "a\0@b.example", "x" * 10_000])
def test_a_new_address_is_one_and_nobody_elses(desk: Client, person: User, bad: str) -> None:
    form = {"_form_submitted": "True", "address": bad}
    answer = desk.post(f"/admin/alliances/user/{person.pk}/change_address/", form, follow=True)
    assert answer.status_code == 200
    person.refresh_from_db()
    assert person.email == "ann@wichita.example"


def test_giving_a_password_asks_for_proof(desk: Client, person: User) -> None:
    page = f"/admin/alliances/user/{person.pk}/password/"
    new = {"password1": "sturdy-pass-word", "password2": "sturdy-pass-word"}
    for answer in (desk.get(page), desk.post(page, new)):
        assert answer["Location"].startswith("/accounts/")
    prove(desk)
    assert desk.get(page).status_code == 200


# --- Requests to join -------------------------------------------------------------------------------


def test_who_asks_to_join_is_named_and_the_address_shown_like_any(
    desk: Client, organization: Organization, person_asking: TeamClaim
) -> None:
    page = f"/admin/alliances/teamclaim/{person_asking.pk}/"
    for address in ("/admin/alliances/teamclaim/", f"{page}change/"):
        html = desk.get(address).content.decode()
        assert ("cleo@wichita" in html, "Cleo (…@wichita.example)" in html) == (False, True), address
    assert desk.get("/admin/alliances/teamclaim/?q=cleo@wichita.example").context["cl"].result_count == 1
    assert desk.get("/admin/alliances/teamclaim/?q=leo@wichita").context["cl"].result_count == 0
    assert desk.get(f"{page}show_contacts/")["Location"].startswith("/accounts/")
    prove(desk)
    assert "cleo@wichita.example" in desk.get(f"{page}show_contacts/").content.decode()
    event = RegisterEvent.objects.get()
    told = {"person": person_asking.user_id}
    assert (event.kind, event.organization_id, event.data) == ("contacts_shown", organization.pk, told)


@pytest.fixture
def person_asking(organization: Organization) -> TeamClaim:
    return make_claim(organization, make_user("cleo@wichita.example", name="Cleo"))


def test_whoever_may_not_decide_on_requests_sees_no_address(client: Client, person_asking: TeamClaim) -> None:
    reader = make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_teamclaim"))
    client.force_login(reader)
    prove(client)
    assert client.get(f"/admin/alliances/teamclaim/{person_asking.pk}/show_contacts/").status_code == 403
