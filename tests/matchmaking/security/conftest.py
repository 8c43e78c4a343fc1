"""Clients of the site as production has it: https only, cookies by their production names."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings


class SecureClient(Client):
    """A browser that keeps to https, and is answered where the site fails."""

    def __init__(self, **options: Any) -> None:
        super().__init__(raise_request_exception=False, **options)

    def generic(self, *args: Any, **options: Any) -> Any:
        return super().generic(*args, **{**options, "secure": True})


@pytest.fixture
def production(settings: Settings) -> Settings:
    """What DEMO=1 relaxes of headers and cookies, as it is without."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-session"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_HOST = "testserver"
    return settings


@pytest.fixture
def visitor(production: Settings) -> Client:
    return SecureClient()
