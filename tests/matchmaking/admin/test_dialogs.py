"""A dialog of the desk closes once its form is done with: the script that sent it is led to the page."""

from __future__ import annotations

import pytest
from django.test import Client

from alliances.models import User
from tests.factories import make_claim, make_hit, make_organization, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def sent(kind: str) -> tuple[str, str, dict[str, str]]:
    """Where a dialog sends its form, the page it leads to, and what it states."""
    match kind:
        case "hit":
            page = f"/admin/alliances/screeninghit/{make_hit().pk}/"
            return f"{page}clear_this/", f"{page}change/", {"reason": "A bakery."}
        case "claim":
            page = f"/admin/alliances/teamclaim/{make_claim(make_organization()).pk}/"
            return f"{page}refuse/", f"{page}change/", {"reason": "Nobody knows them."}
        case "suspension":
            page = f"/admin/alliances/city/{make_organization().pk}/"
            return f"{page}suspend_this/", f"{page}change/", {"reason": "It closed."}
        case "person":
            page = f"/admin/alliances/city/{make_organization().pk}/"
            stated = {"email": "ann@test.example", "language": "en", "role": "owner"}
            return f"{page}add_person/", f"{page}change/", stated
    person: User = make_user("gone@test.example")
    page = f"/admin/alliances/user/{person.pk}/"
    return f"{page}erase_person/", "/admin/alliances/user/", {"address": "gone@test.example"}


@pytest.mark.parametrize("kind", ["hit", "claim", "suspension", "person", "erasure"])
def test_a_dialog_leads_to_its_page(desk: Client, kind: str) -> None:
    address, page, stated = sent(kind)
    answer = desk.post(address, {"_form_submitted": "True", **stated}, headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (200, page)
    address, page, stated = sent(kind) if kind != "erasure" else (address, page, stated)
    if kind != "erasure":
        # Without a script it is led there as any form is.
        answer = desk.post(address, {"_form_submitted": "True", **stated})
        assert (answer.status_code, answer["Location"]) == (302, page)
