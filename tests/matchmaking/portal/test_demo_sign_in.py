"""Being somebody of the sample register: exactly five people, in a demo, by a button."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from alliances.enums import Country, Kind
from alliances.models import Organization
from alliances.services.demo import CURATOR_EMAIL, VISITORS, load_demo, visitors
from matchmaking.models import Recommendation
from matchmaking.models.recommendation import SHOWN_STATES
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.runs.conftest import complete_run

pytestmark = pytest.mark.django_db
PAGE = "/demo/sign-in/"
CODES = [code for code in VISITORS if code]
CHINESE_CITY = "cn-city-tianjin"


@pytest.fixture
def people() -> None:
    """The six, without the rest of the sample register."""
    for code in CODES:
        country = Country.CN if code.startswith("cn") else Country.US
        organization = make_organization(code, country=country, name_en=f"Name of {code}")
        language = "zh-hans" if country == Country.CN else "en"
        make_team_member(organization, make_user(f"{code}@demo.example", language=language))
    make_user(CURATOR_EMAIL, is_staff=True, is_superuser=True)


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_the_page_offers_the_six_each_with_its_part(client: Client, people: None) -> None:
    page = client.get(PAGE).content.decode()
    shown = [(one.user.email, str(one.part), one.organization) for one in visitors()]
    assert shown == [
        ("us-city-portland@demo.example", "Officer of a US city", "Name of us-city-portland"),
        ("cn-city-tianjin@demo.example", "Officer of a Chinese city", "Name of cn-city-tianjin"),
        ("us-calthorpe@demo.example", "Business developer of a firm", "Name of us-calthorpe"),
        ("us-rmi@demo.example", "Officer of an alliance", "Name of us-rmi"),
        ("cn-appc@demo.example", "Officer of an alliance with members", "Name of cn-appc"),
        (CURATOR_EMAIL, "Curator", ""),
    ]
    assert page.count('name="email" value="') == 6
    assert signed_in_as(client) is None


def test_without_the_sample_register_the_page_says_what_to_do(client: Client) -> None:
    assert "The sample register is not loaded. Run: make demo" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("email", "goal"),
    [
        *((f"{code}@demo.example", "/home/") for code in CODES),
        (CURATOR_EMAIL, "/admin/"),
    ],
)
def test_a_button_signs_in_and_leads_to_the_persons_own_pages(
    client: Client, people: None, email: str, goal: str
) -> None:
    answer = client.post(PAGE, {"email": email})
    assert (answer.status_code, answer["location"]) == (302, goal)
    chosen = next(one.user for one in visitors() if one.user.email == email)
    assert signed_in_as(client) == str(chosen.pk)
    assert client.get(goal).status_code == 200


def test_one_may_be_the_one_side_and_then_the_other(client: Client, people: None) -> None:
    for code in ("us-city-portland", CHINESE_CITY):
        client.post(PAGE, {"email": f"{code}@demo.example"})
        page = client.get("/").content.decode()
        assert ('<html lang="zh-Hans">' in page) is (code == CHINESE_CITY)


@pytest.mark.parametrize(
    ("goal", "followed"), [("/introductions/", True), ("https://elsewhere.example/", False)]
)
def test_where_one_wanted_to_go_is_kept_within_this_site(
    client: Client, people: None, goal: str, followed: bool
) -> None:
    assert f'name="next" value="{goal}"' in client.get(PAGE, {"next": goal}).content.decode()
    answer = client.post(PAGE, {"email": "us-rmi@demo.example", "next": goal})
    assert answer["location"] == (goal if followed else "/home/")


@pytest.mark.parametrize("email", ["", "someone@test.example", "us-ford@demo.example", "US-RMI@demo.example"])
def test_nobody_else_may_be_chosen(client: Client, people: None, email: str) -> None:
    make_user("someone@test.example", is_staff=True, is_superuser=True)
    make_user("us-ford@demo.example")
    assert client.post(PAGE, {"email": email}).status_code == 403
    assert signed_in_as(client) is None


def test_who_was_made_inactive_is_not_offered(client: Client, people: None) -> None:
    user = visitors()[0].user
    user.is_active = False
    user.save()
    assert client.post(PAGE, {"email": user.email}).status_code == 403
    assert len(visitors()) == 5


def test_a_foreign_page_cannot_press_the_button(people: None) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(PAGE, {"email": CURATOR_EMAIL}).status_code == 403
    assert signed_in_as(client) is None


def test_outside_of_a_demo_the_button_does_nothing(client: Client, people: None, settings: Settings) -> None:
    settings.DEMO = False
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, {"email": CURATOR_EMAIL}).status_code == 404
    assert signed_in_as(client) is None


def test_each_american_is_recommended_to_the_chinese_city_and_it_to_them() -> None:
    load_demo("a-long-demo-password")
    complete_run()
    kinds = dict(Organization.objects.filter(code__in=CODES).values_list("code", "kind"))
    assert kinds == {
        "us-city-portland": Kind.CITY,
        CHINESE_CITY: Kind.CITY,
        "us-calthorpe": Kind.FIRM,
        "us-rmi": Kind.ALLIANCE,
        "cn-appc": Kind.ALLIANCE,
    }
    shown = set(
        Recommendation.objects.filter(state__in=SHOWN_STATES).values_list("seeker__code", "candidate__code")
    )
    others = [code for code in CODES if code.startswith("us-")]
    wanted = {pair for code in others for pair in ((code, CHINESE_CITY), (CHINESE_CITY, code))}
    assert wanted - shown == set()
    assert [one.user.email for one in visitors()] == [
        *(f"{code}@demo.example" for code in CODES),
        CURATOR_EMAIL,
    ]
