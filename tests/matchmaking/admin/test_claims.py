"""Requests to join teams at the desk: read, and decided on POST with the person told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.enums import ClaimState, OrganizationState, TeamRole
from alliances.models import User
from matchmaking.models import OutboxEmail
from tests.factories import make_claim, make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/alliances/teamclaim/"
SENT = {"_form_submitted": "True"}


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


@pytest.mark.parametrize(("language", "words"), [("en", "The owners"), ("zh-hans", "负责人")])
def test_the_list_says_who_decides(desk: Client, language: str, words: str) -> None:
    owned, draft = make_organization(), make_organization(state=OrganizationState.DRAFT)
    make_team_member(owned)
    make_team_member(draft)
    claims = [make_claim(one) for one in (owned, draft, make_organization())]
    answer = desk.get(LIST, headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count(f">{words}<") == 1
    for claim in claims:
        assert f"{claim.user.name} (…@test.example)" in page


def test_the_list_costs_the_same_for_one_and_three(desk: Client) -> None:
    costs = []
    for more in (1, 2):
        for _ in range(more):
            make_team_member(make_claim(make_organization()).organization)
        desk.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            desk.get(LIST)
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_request_is_shown_and_cannot_be_edited(desk: Client, language: str) -> None:
    claim = make_claim(make_organization(), message="<b>canary</b>")
    address = f"{LIST}{claim.pk}/change/"
    page = desk.get(address, headers={"accept-language": language}).content.decode()
    assert "&lt;b&gt;canary&lt;/b&gt;" in page
    assert ("/grant/" in page, "/refuse/" in page) == (True, True)
    assert desk.post(address, {"state": "granted"}).status_code == 403
    assert desk.post(f"{LIST}{claim.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get(f"{LIST}add/").status_code == 403
    claim.refresh_from_db()
    assert claim.state == ClaimState.WAITING


def test_it_is_granted_on_post_only_and_the_person_is_told(desk: Client, curator: User) -> None:
    claim = make_claim(make_organization())
    address = f"{LIST}{claim.pk}/grant/"
    assert desk.get(address).status_code == 200
    assert claim.organization.team_members.count() == 0
    answer = desk.post(address, {**SENT, "role": "owner"}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "The request is decided and the person is told."
    ]
    claim.refresh_from_db()
    assert (claim.state, claim.decided_by) == (ClaimState.GRANTED, curator)
    assert claim.organization.team_members.get().role == TeamRole.OWNER
    assert OutboxEmail.objects.get().user == claim.user


def test_it_is_refused_with_a_reason_once(desk: Client) -> None:
    claim = make_claim(make_organization())
    address = f"{LIST}{claim.pk}/refuse/"
    desk.post(address, {**SENT, "reason": "Not known there."})
    claim.refresh_from_db()
    assert (claim.state, claim.reason) == (ClaimState.REFUSED, "Not known there.")
    answer = desk.post(address, {**SENT, "reason": "Again."}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["The request is decided and the person is told.", "This request was decided already."]
    assert OutboxEmail.objects.count() == 1


@pytest.mark.parametrize("act", ["grant", "refuse"])
def test_a_request_that_is_not_there_leads_back(desk: Client, act: str) -> None:
    for number in ("99999999", "abc"):
        answer = desk.post(f"{LIST}{number}/{act}/", {**SENT, "role": "viewer"})
        assert answer.status_code == 302


@pytest.mark.parametrize("act", ["grant", "refuse"])
def test_deciding_needs_the_right_to(client: Client, act: str) -> None:
    reader = make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_teamclaim"))
    client.force_login(reader)
    claim = make_claim(make_organization())
    address = f"{LIST}{claim.pk}/{act}/"
    assert client.get(LIST).status_code == 200
    assert f"/{act}/" not in client.get(f"{LIST}{claim.pk}/change/").content.decode()
    assert client.post(address, {**SENT, "role": "viewer"}).status_code == 403
    reader.user_permissions.add(Permission.objects.get(codename="change_teamclaim"))
    assert client.post(address, {**SENT, "role": "viewer"}).status_code == 302
    claim.refresh_from_db()
    assert claim.state != ClaimState.WAITING
