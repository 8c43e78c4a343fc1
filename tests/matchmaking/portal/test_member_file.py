"""Inviting members by a file in the portal: the check sends nothing, the button sends each mail once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from alliances.enums import Country, Kind, MembershipSide, TeamRole
from alliances.models import AllianceAddress, AllianceLink, AllianceMembership, ImportFile, Organization, User
from alliances.services import memberships
from matchmaking.enums import EmailState
from matchmaking.models import OutboxEmail
from matchmaking.services import outbox
from matchmaking.services.suppressions import suppress
from tests.factories import make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.mail.conftest import server
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE
from tests.smtp_server import SmtpServer

__all__ = ["server"]
pytestmark = pytest.mark.django_db
UPLOAD = "/alliance/cn-league/file/"
TEXT = "name,email,country\nWuhan,,\n武汉,,\nCanary Works,New@x.org,US\nJinan,neu@x.org,\nHarbin,,\n"


@pytest.fixture
def league() -> Organization:
    return make_organization(
        "cn-league", kind=Kind.ALLIANCE, country=Country.CN, name_en="League", name_zh="先锋联盟"
    )


@pytest.fixture
def officer(league: Organization) -> User:
    return make_team_member(league, role=TeamRole.EDITOR).user


@pytest.fixture
def wuhan() -> Organization:
    found = make_organization(country=Country.CN, name_en="Wuhan", name_zh="武汉市")
    make_team_member(found, make_user("mayor@wuhan.example"))
    return found


def upload(client: Client, text: str = TEXT) -> str:
    """Where the upload leads."""
    file = SimpleUploadedFile("members.csv", text.encode())
    answer = client.post(UPLOAD, {"file": file})
    assert answer.status_code == 302
    return answer["location"]


def mails() -> dict[str, OutboxEmail]:
    return {mail.recipient: mail for mail in OutboxEmail.objects.all()}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            ENGLISH,
            (
                "In the directory: is invited: 1",
                "Not in the directory: gets one email with your link: 2",
                "Not in the directory, and no email: is not invited: 1",
                "1 organization stands on several lines and is taken once.",
                "Wuhan 2, 3 In the directory: is invited",
            ),
        ),
        (CHINESE, ("在目录中：将受邀请: 1", "1家机构出现在多行中，只计一次。", "邀请3家机构")),
    ],
)
def test_the_check_tells_all_and_sends_nothing(
    league: Organization, officer: User, wuhan: Organization, language: str, said: tuple[str, ...]
) -> None:
    client = signed_in(officer, language)
    page = text_of(client, upload(client))
    words = words_of(page)
    assert [one for one in said if one not in words] == []
    assert (INLINE.findall(page), page.count("btn--primary"), page.count("<h1")) == ([], 1, 1)
    assert (AllianceMembership.objects.count(), OutboxEmail.objects.count()) == (0, 0)
    assert (AllianceAddress.objects.count(), AllianceLink.objects.count()) == (0, 0)


def test_the_button_invites_and_writes_once(league: Organization, officer: User, wuhan: Organization) -> None:
    client = signed_in(officer)
    words = words_of(client.post(upload(client), follow=True).content.decode())
    assert "1 organization of the directory is invited." in words
    assert "Emails are on their way to 2 addresses." in words
    assert AllianceMembership.objects.get().member == wuhan
    sent = mails()
    assert sorted(sent) == ["mayor@wuhan.example", "neu@x.org", "new@x.org"]
    link = f"{settings.SITE_URL}/join/{AllianceLink.objects.get().token}/"
    told = {
        "new@x.org": "League invites your organization to register",
        "neu@x.org": "先锋联盟邀请贵机构在此登记",
    }
    for address, sentence in told.items():
        mail = sent[address]
        assert (mail.user, sentence in mail.body_text, link in mail.body_text) == (None, True, True)
        assert "canary" not in (mail.subject + mail.body_text + mail.body_html).lower()
    again = words_of(client.post(upload(client), follow=True).content.decode())
    assert "Emails are on their way to 0 addresses." in again
    assert OutboxEmail.objects.count() == 3


def test_a_known_address_is_written_to_in_its_own_language_and_looks_the_same(
    league: Organization, officer: User
) -> None:
    make_user("new@x.org", language="zh-hans", name="Somebody")
    client = signed_in(officer)
    words = words_of(text_of(client, upload(client)))
    assert "Somebody" not in words
    assert "Not in the directory: gets one email with your link: 2" in words
    client.post(upload(client))
    assert mails()["new@x.org"].language == "zh-hans"


def test_it_is_sent_but_to_nobody_who_is_suppressed_and_not_after_its_link(
    league: Organization, officer: User, server: SmtpServer, settings: Settings
) -> None:
    client = signed_in(officer)
    client.post(upload(client, TEXT + "Tianjin,late@x.org,\n"))
    suppress("neu@x.org", "erased")
    late = mails()["late@x.org"]
    late.headers["Expires"] = "Mon, 01 Jan 2024 00:00:00 +0000"
    late.save()
    outbox.deliver_due()
    states = dict(OutboxEmail.objects.values_list("recipient", "state"))
    assert states == {
        "new@x.org": EmailState.SENT,
        "neu@x.org": EmailState.SUPPRESSED,
        "late@x.org": EmailState.SUPPRESSED,
    }


def test_a_bad_file_is_named_row_by_row_and_has_no_button(league: Organization, officer: User) -> None:
    client = signed_in(officer)
    path = upload(client, "name,email\nWuhan,nobody\n,a@x.org\n")
    for call in (client.get, client.post):
        answer = call(path)
        words = words_of(answer.content.decode())
        assert (answer.status_code, "There are 2 problems." in words) == (400, True)
        assert "Line 2, column &#x27;email&#x27;: Enter one email address. “nobody”" in words
        assert "Line 3, column &#x27;name&#x27;: This cell must be filled." in words
    assert "btn--primary" not in answer.content.decode()
    assert (AllianceAddress.objects.count(), OutboxEmail.objects.count()) == (0, 0)


def test_no_file_and_one_too_large_are_refused(
    league: Organization, officer: User, settings: Settings
) -> None:
    client = signed_in(officer)
    answer = client.post(UPLOAD)
    assert (answer.status_code, "Choose a file first." in answer.content.decode()) == (400, True)
    settings.IMPORT_MAX_BYTES = 3
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", b"name\nWuhan\n")})
    assert (answer.status_code, "File is too large" in answer.content.decode()) == (413, True)
    assert ImportFile.objects.count() == 0
    settings.IMPORT_MAX_BYTES = 1000
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", b"")}, follow=True)
    assert "The file is empty." in answer.content.decode()


def test_more_than_a_day_has_is_said_before_the_button(
    league: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memberships, "A_DAY", 1)
    client = signed_in(officer)
    path = upload(client)
    page = text_of(client, path)
    assert "The file comes to 2 invitations, and 1 of those of a day are left." in page
    assert "btn--primary" not in page
    assert client.post(path).status_code == 400
    assert OutboxEmail.objects.count() == 0


def test_the_file_is_its_person_s_own_for_an_hour(league: Organization, officer: User) -> None:
    client = signed_in(officer)
    path = upload(client)
    colleague = make_team_member(league, role=TeamRole.OWNER).user
    assert signed_in(colleague).get(path).status_code == 302
    ImportFile.objects.update(uploaded_at=timezone.now() - timedelta(minutes=61))
    answer = client.post(path, follow=True)
    assert "This file is no longer kept" in answer.content.decode()
    assert OutboxEmail.objects.count() == 0


def test_only_owners_and_editors_of_the_alliance(league: Organization, officer: User) -> None:
    path = upload(signed_in(officer))
    viewer = make_team_member(league, role=TeamRole.VIEWER).user
    stranger = make_team_member(make_organization()).user
    for user, status in ((viewer, 403), (stranger, 404), (make_user(is_staff=True), 404)):
        client = signed_in(user)
        file = SimpleUploadedFile("a.csv", b"name\nWuhan\n")
        assert (client.post(UPLOAD, {"file": file}).status_code, client.get(path).status_code) == (
            status,
            status,
        )
        assert client.post(path).status_code == status
    assert signed_in(officer).get(UPLOAD)["location"] == f"/alliance/{league.code}/"
    assert (ImportFile.objects.count(), AllianceMembership.objects.count()) == (1, 0)


def test_the_check_costs_the_same_for_one_row_and_twenty(league: Organization, officer: User) -> None:
    client = signed_in(officer)
    costs = []
    for number in (1, 20):
        for one in range(number):
            member = make_organization(country=Country.CN, name_en=f"Town {number * 100 + one}")
            make_membership(league, member, waits_for=MembershipSide.MEMBER)
        text = "name,code\n" + "".join(
            f"A name,{code}\n" for code in Organization.objects.values_list("code", flat=True)
        )
        path = upload(client, text)
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client, path)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert len(re.findall("<tr>", page)) == Organization.objects.count() + 1
