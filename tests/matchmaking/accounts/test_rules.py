"""What holds for accounts whoever changes them, and what a deployment may not relax."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from alliances.models import User
from alliances.services.people import language_set
from matchmaking.checks import staff_need_a_second_factor
from matchmaking.models import OutboxEmail
from tests.matchmaking.accounts.conftest import ask_for_code, code_in, enter_code, newest_mail
from tests.matchmaking.test_settings import PRODUCTION, manage


def test_with_an_address_that_staff_replaced_nobody_signs_in(
    client: Client, person: User, curator: User
) -> None:
    ask_for_code(client, person.email)
    enter_code(client, code_in(newest_mail()))
    assert EmailAddress.objects.get(user=person).verified
    desk = Client()
    desk.force_login(curator)
    form = {"_form_submitted": "True", "address": "New@Portland.example"}
    answer = desk.post(f"/admin/alliances/user/{person.pk}/change_address/", form)
    assert answer.status_code == 302
    (entry,) = LogEntry.objects.all()
    assert (entry.user, entry.object_repr) == (curator, "Maya (…@portland.example)")
    before = OutboxEmail.objects.count()
    ask_for_code(Client(), "maya@portland.example")
    assert OutboxEmail.objects.count() == before
    ask_for_code(Client(), "new@portland.example")
    assert newest_mail().user == person


def test_a_password_is_changed_on_the_account_page_not_in_the_desk(client: Client, curator: User) -> None:
    client.force_login(curator)
    assert client.get("/admin/password_change/")["location"] == "/accounts/password/change/"


def test_a_language_that_nothing_is_written_in_is_refused(person: User) -> None:
    with pytest.raises(ValidationError) as refusal:
        language_set(person, "tlh")
    assert refusal.value.messages == ["Language is tlh. Use one of en, zh-hans."]
    person.refresh_from_db()
    assert person.language == "en"


def test_no_variable_lifts_the_second_factor() -> None:
    shown = "from django.conf import settings as s; print(s.ADMIN_REQUIRE_MFA)"
    outcome = manage("shell", "-v0", "-c", shown, **{**PRODUCTION, "ADMIN_REQUIRE_MFA": "0"})
    assert (outcome.returncode, outcome.stdout) == (0, "True\n")


def test_a_deployment_without_the_second_factor_is_refused(settings: Settings) -> None:
    settings.DEBUG, settings.ADMIN_REQUIRE_MFA = False, True
    assert staff_need_a_second_factor() == []
    settings.ADMIN_REQUIRE_MFA = False
    assert [problem.id for problem in staff_need_a_second_factor()] == ["matchmaking.E005"]
    settings.ADMIN_REQUIRE_MFA = True
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if not one.endswith("StaffSecondFactor")]
    assert [problem.id for problem in staff_need_a_second_factor()] == ["matchmaking.E005"]
