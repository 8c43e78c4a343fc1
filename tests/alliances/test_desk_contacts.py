"""Contacts at the desk: on a page of their own, after whoever looks has proved who they are, and recorded."""

from __future__ import annotations

import pytest
from django.test import Client

from alliances.enums import TeamRole
from alliances.models import Organization, RegisterEvent
from tests.factories import make_organization, make_team_member, make_user, prove

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


def test_whoever_may_only_look_sees_no_contacts(client: Client, organization: Organization) -> None:
    client.force_login(make_user(is_staff=True))
    prove(client)
    assert client.get(f"/admin/alliances/city/{organization.pk}/show_contacts/").status_code == 403


@pytest.mark.parametrize(("language", "words"), [("en", "Show contacts"), ("zh-hans", "显示联系方式")])
def test_the_page_in_both_languages(
    desk: Client, organization: Organization, language: str, words: str
) -> None:
    prove(desk)
    path = f"/admin/alliances/city/{organization.pk}/show_contacts/"
    assert words in desk.get(path, headers={"accept-language": language}).content.decode()
