"""People who sign in, and the code that their newest mail holds."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from alliances.models import User
from matchmaking.models import OutboxEmail
from tests.factories import make_user

PASSWORD = "sturdy-pass-word"
# What is different in every answer.
NONCES = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
# What the test client returns: a response with a context.
Answer = Any
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _counted_from_nought(db: None) -> None:
    cache.clear()


@pytest.fixture
def person() -> User:
    return make_user("maya@portland.example", name="Maya")


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", password=PASSWORD, is_staff=True, is_superuser=True)


def newest_mail() -> OutboxEmail:
    return OutboxEmail.objects.latest("pk")


def code_in(mail: OutboxEmail) -> str:
    found = re.search(r"\b[B-Z]{4}-[B-Z]{4}\b", mail.body_text)
    assert found is not None
    return found[0]


def ask_for_code(client: Client, address: str, **extra: str) -> Answer:
    return client.post("/accounts/login/", {"email": address, **extra})


def enter_code(client: Client, code: str, **extra: str) -> Answer:
    return client.post("/accounts/login/code/", {"code": code, **extra})


def sign_in_with_password(client: Client, user: User, **extra: str) -> Answer:
    return client.post("/accounts/login/password/", {"login": user.email, "password": PASSWORD, **extra})


def totp_now(secret: str, steps: int = 0) -> str:
    """What an app shows now, or so many steps of 30 seconds later."""
    shown: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))
    return shown


def give_second_factor(user: User) -> Authenticator:
    """An authenticator app and recovery codes, as if set up on another day."""
    RecoveryCodes.activate(user)
    return TOTP.activate(user, SECRET).instance
