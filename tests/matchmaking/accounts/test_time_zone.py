"""Name and time zone on the account's page; times as the person's clock shows them, with their zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.utils import timezone as django_timezone
from django.utils import translation

from alliances.enums import Country
from alliances.models import Organization, User
from alliances.services.people import name_set, time_zone_set
from matchmaking.middleware.time_zone import OwnTimeZone
from matchmaking.portal.accounts.zones import COMMON, ZONE_IN_SESSION
from matchmaking.templatetags.times import moment
from matchmaking.wording.clocks import utc_offset
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code, newest_mail

pytestmark = pytest.mark.django_db
PAGE, SESSIONS = "/accounts/", "/accounts/sessions/"
# Of 14:05 in Portland it is the day after in Beijing.
AT = datetime(2026, 11, 24, 22, 5, tzinfo=UTC)


def sign_in(user: User) -> Client:
    client = Client()
    ask_for_code(client, user.email)
    assert enter_code(client, code_in(newest_mail())).status_code == 302
    UserSession.objects.update(created_at=AT)
    return client


def person_of(organization: Organization, **fields: Any) -> User:
    return make_team_member(organization, make_user(**fields)).user


@pytest.mark.parametrize(
    ("hours", "words"), [(0, "UTC"), (8, "UTC+8"), (-8, "UTC−8"), (5.5, "UTC+5:30"), (-3.5, "UTC−3:30")]
)
def test_a_zone_is_told_by_its_distance(hours: float, words: str) -> None:
    assert utc_offset(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=hours)))) == words


def test_a_moment_in_both_languages_and_both_seasons() -> None:
    with django_timezone.override(ZoneInfo("America/Los_Angeles")):
        assert moment(AT) == "24 November 2026, 14:05 UTC−8"
        assert moment(AT - timedelta(days=120)) == "27 July 2026, 15:05 UTC−7"
    with django_timezone.override(ZoneInfo("Asia/Shanghai")), translation.override("zh-hans"):
        assert moment(AT) == "2026年11月25日 06:05 UTC+8"
    assert moment(None) == ""


def test_the_chosen_zone_goes_before_that_of_the_place() -> None:
    beijing = make_organization(country=Country.CN)
    client = sign_in(person_of(beijing, time_zone="America/New_York"))
    assert "24 November 2026, 17:05 UTC−5" in client.get(SESSIONS).content.decode()


@pytest.mark.parametrize(
    ("country", "region", "shown"),
    [
        (Country.CN, "Hubei", "25 November 2026, 06:05 UTC+8"),
        (Country.US, "OR", "24 November 2026, 14:05 UTC−8"),
        (Country.US, "", "24 November 2026, 22:05 UTC"),
    ],
)
def test_without_choice_times_are_those_of_the_organization_s_place(
    country: Country, region: str, shown: str
) -> None:
    client = sign_in(person_of(make_organization(country=country, region=region)))
    assert shown in client.get(SESSIONS).content.decode()


def test_whoever_is_in_no_team_reads_utc_and_so_does_a_visitor(person: User) -> None:
    assert "24 November 2026, 22:05 UTC" in sign_in(person).get(SESSIONS).content.decode()
    assert zone_during(Client(), None, "/") == "UTC"


def zone_during(client: Client, user: User | None, path: str) -> str:
    """The zone in which a request of this person would be answered."""
    request = RequestFactory().get(path)
    request.session = client.session
    request.user = user or AnonymousUser()
    seen: list[str] = []

    def answer(_request: object) -> Any:
        seen.append(django_timezone.get_current_timezone_name())

    OwnTimeZone(answer)(request)
    return seen[0]


def test_the_zone_is_put_back_after_each_request(person: User) -> None:
    person.time_zone = "Asia/Shanghai"
    assert zone_during(Client(), person, "/accounts/") == "Asia/Shanghai"
    assert django_timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("path", ["/admin/", "/admin/matchmaking/matchrun/", "/api/v1/recommendations/"])
def test_desk_and_programs_read_utc(person: User, path: str) -> None:
    person.time_zone = "Asia/Shanghai"
    assert zone_during(Client(), person, path) == "UTC"


def test_a_zone_that_was_given_up_is_utc(person: User) -> None:
    person.time_zone = "Asia/Atlantis"
    assert zone_during(Client(), person, "/accounts/") == "UTC"


# --- The page ------------------------------------------------------------------------------------


@pytest.fixture
def account(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def test_name_and_zone_are_saved(account: Client, person: User) -> None:
    assert account.post(PAGE, {"name": "Maya Chen", "time_zone": "America/Denver"}).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.time_zone) == ("Maya Chen", "America/Denver")
    page = account.get(PAGE).content.decode()
    assert "Saved." in page
    assert 'value="Maya Chen"' in page
    assert '<option value="America/Denver" selected>' in page


def test_choosing_nothing_means_the_place_at_once(account: Client, person: User) -> None:
    make_team_member(make_organization(country=Country.CN), person)
    time_zone_set(person, "America/Denver")
    account.post(PAGE, {"name": person.name, "time_zone": ""})
    assert account.session[ZONE_IN_SESSION] == "Asia/Shanghai"
    assert "As my organization: China (Beijing time)" in account.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"name": "", "time_zone": ""}, "Give your name: your colleagues and partners see it."),
        ({"name": "x" * 151, "time_zone": ""}, "The name is too long (151; limit 150)."),
        ({"name": "see www.evil.example", "time_zone": ""}, "Names cannot contain links or email addresses."),
        (
            {"name": "New", "time_zone": "Mars/Olympus"},
            "The time zone is Mars/Olympus, which is not known. Choose one from the list.",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    account: Client, person: User, posted: dict[str, str], sentence: str
) -> None:
    answer = account.post(PAGE, posted)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    person.refresh_from_db()
    assert (person.name, person.time_zone) == ("Maya", "")


def test_who_has_no_name_may_choose_a_zone(client: Client) -> None:
    nameless = make_user(name="")
    client.force_login(nameless)
    assert client.post(PAGE, {"name": "", "time_zone": "UTC"}).status_code == 302
    nameless.refresh_from_db()
    assert nameless.time_zone == "UTC"


def test_services_refuse_by_field(person: User) -> None:
    with pytest.raises(ValidationError) as refused:
        time_zone_set(person, "Mars/Olympus")
    assert list(refused.value.message_dict) == ["time_zone"]
    with pytest.raises(ValidationError) as refused:
        name_set(person, "a\nb")
    assert list(refused.value.message_dict) == ["name"]


def test_the_zones_of_both_countries_come_first(account: Client) -> None:
    page = account.get(PAGE).content.decode()
    groups = page.split("<optgroup")
    assert [group.partition('"')[2].partition('"')[0] for group in groups[1:]] == [
        "China and the United States",
        "Elsewhere",
    ]
    assert groups[1].count("<option") == len(COMMON) == 12
    assert "China (Beijing time) · UTC+8" in groups[1]
    assert '<option value="Europe/Zurich">Europe/Zurich</option>' in groups[2]
    assert "Asia/Shanghai" not in groups[2]


def test_the_page_leads_to_everything_of_the_account(account: Client) -> None:
    page = account.get(PAGE).content.decode()
    for address in (
        "/accounts/email/",
        "/consents/",
        "/accounts/2fa/",
        "/accounts/password/set/",
        "/accounts/sessions/",
        "/accounts/data/",
    ):
        assert f'href="{address}"' in page
