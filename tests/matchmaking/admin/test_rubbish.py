"""Rubbish in addresses and forms of the desk: refused in words or not asked for, never an error of ours."""

from __future__ import annotations

import pytest
from django.test import Client

from alliances.enums import EventKind
from alliances.models import RegisterEvent
from matchmaking.models import MatchRun, Recommendation
from matchmaking.services.policies import active_policy
from tests.factories import make_organization, make_user
from tests.matchmaking.admin.test_dashboard import make_run

pytestmark = pytest.mark.django_db
LONG = "9" * 4400
NUMBERS = ("abc", "0", "9" * 30, LONG, "²")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def test_numbers_that_name_nothing_lead_back(desk: Client) -> None:
    city = make_organization()
    version = city.history.latest().pk
    for number in NUMBERS:
        for path in (
            f"matchmaking/matchrun/{number}/release-desk",
            f"alliances/city/{number}/history",
            f"alliances/city/{number}/history/{version}",
            f"matchmaking/scoringpolicy/{number}/change",
        ):
            assert (path, desk.get(f"/admin/{path}/").status_code) == (path, 302)
    for number in ("abc", LONG, "²"):
        assert desk.get(f"/admin/alliances/city/{city.pk}/history/{number}/").status_code == 302
    for number in ("abc", "9" * 30, LONG):
        page = desk.get(f"/admin/matchmaking/scoringpolicy/add/?from={number}")
        assert (page.status_code, page.context["begun_from"]) == (200, None)


@pytest.mark.parametrize("page", ["matchmaking/recommendation", "alliances/city", "matchmaking/pin"])
@pytest.mark.parametrize("ticked", ["", "abc", "\0", LONG, "1,2", "²"])
def test_what_is_ticked_is_a_row(desk: Client, page: str, ticked: str) -> None:
    action = {"matchmaking/recommendation": "hold", "alliances/city": "approve", "matchmaking/pin": "unpin"}
    answer = desk.post(
        f"/admin/{page}/", {"action": action[page], "_selected_action": ["1", ticked]}, follow=True
    )
    assert [str(message) for message in answer.context["messages"]] == [
        f"“{ticked[:40]}” is nothing of this page."
    ]


def test_a_form_in_a_charset_that_spells_what_is_no_text_is_refused(desk: Client) -> None:
    run = make_run()
    one = Recommendation.objects.all()[0]
    form = (
        '--b\r\nContent-Disposition: form-data; name="do"\r\n\r\nnote\r\n'
        f'--b\r\nContent-Disposition: form-data; name="item"\r\n\r\n{one.pk}\r\n'
        '--b\r\nContent-Disposition: form-data; name="words"\r\n\r\n\\ud800\r\n--b--\r\n'
    )
    address = f"/admin/matchmaking/matchrun/{run.pk}/release/"
    kind = "multipart/form-data; boundary=b; charset="
    assert desk.generic("POST", address, form, content_type=f"{kind}unicode_escape").status_code == 400
    assert desk.generic("POST", address, form, content_type=f"{kind}UTF-8").status_code == 302
    assert one.curation_notes.get().text == "\\ud800"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_run_is_of_a_day_that_can_be_computed(desk: Client, day: str) -> None:
    form = {"policy": active_policy().pk, "as_of": day}
    page = desk.post("/admin/matchmaking/matchrun/add/", form)
    assert (page.status_code, list(page.context["errors"])) != (302, [])
    assert not MatchRun.objects.exists()


def test_the_page_of_any_organization_shows_no_address(desk: Client) -> None:
    one = make_organization(contact_email="office@wichita.example")
    address = f"/admin/alliances/organization/{one.pk}/change/"
    assert desk.get(address).status_code == 403
    assert one.name_en in desk.get("/admin/alliances/organization/").content.decode()
    assert not RegisterEvent.objects.filter(kind=EventKind.CONTACTS_SHOWN).exists()
