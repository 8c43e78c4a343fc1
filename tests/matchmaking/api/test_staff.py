"""What the API has for the staff: the whole register, by a token of the desk alone, without contacts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, OrganizationState
from alliances.models import User
from matchmaking.enums import TokenScope
from matchmaking.services.tokens import staff_token_issue
from tests.factories import make_organization, make_user
from tests.matchmaking.api.callers import Caller

pytestmark = pytest.mark.django_db

LIST = "/staff/organizations/"


def staff_program(person: User) -> Caller:
    issued = staff_token_issue(name="Reports", scope=TokenScope.STAFF_READ, days=30, by=person)
    return Caller(token=issued.words)


@pytest.fixture
def us() -> Caller:
    return staff_program(make_user(is_staff=True, is_superuser=True))


def test_the_register_is_read_in_every_state_and_without_contacts(us: Caller) -> None:
    make_organization("us-city-a", contact_email="office@test.example")
    make_organization("cn-city-b", country=Country.CN, state=OrganizationState.DRAFT)
    status, page = us.get(LIST)
    assert (status, [one["code"] for one in page["results"]]) == (200, ["cn-city-b", "us-city-a"])
    assert [one["code"] for one in us.get(f"{LIST}?state=draft&country=CN")[1]["results"]] == ["cn-city-b"]
    response = us.call("GET", f"{LIST}us-city-a/")
    assert (response.status_code, "contact_email" in response.json()) == (200, False)
    assert "office@" not in response.content.decode()
    assert us.get(f"{LIST}no-such/")[0] == 404


def test_it_opens_for_who_may_view_organizations_at_the_desk() -> None:
    person = make_user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="add_apitoken"))
    caller = staff_program(person)
    assert caller.get(LIST)[0] == 404
    person.user_permissions.add(Permission.objects.get(codename="view_organization"))
    assert caller.get(LIST)[0] == 200


def test_the_list_costs_the_same_for_one_and_for_thirty(us: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.get(LIST)[0] == 200
        return len(found)

    make_organization(needs={"e-bus": 1}, offers={"tram": 1})
    queries()
    with_one = queries()
    for _number in range(29):
        make_organization(needs={"e-bus": 1}, offers={"tram": 1})
    assert queries() == with_one
