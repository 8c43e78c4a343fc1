"""The suite runs on real servers: given ones, or embedded ones in a folder that goes with the session."""

import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from matchmaking.embedded import embedded_environment
from tests.sizes import TEST_SIZE

# How fast examples are made says something of the machine only.
for _name, _examples in (("small", 25), ("ci", 100), ("full", 1000)):
    hypothesis_settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
hypothesis_settings.load_profile(TEST_SIZE)

_servers = ExitStack()


def _prepare() -> None:
    # On import, and this file first: every other conftest imports models, which need settings, which need
    # to know the servers. Parallel workers inherit what the first process started.
    if not os.environ.get("DATABASE_URL"):
        home = Path(tempfile.mkdtemp(prefix="mm-test-"))
        _servers.callback(shutil.rmtree, home, ignore_errors=True)
        _servers.enter_context(embedded_environment(home / "servers", lasting=False))
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    # Plain http for the test client; what production adds is tested on its own.
    os.environ["DEMO"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "matchmaking.settings"
    django.setup()


_prepare()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays: looking for garbage in it took a fifth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def _nobodys_language_and_clock() -> None:
    """A page that a test reads in Chinese, or at another hour, leaves its thread so; the next begins anew."""
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _no_partition_stays(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """After a test that commits, tables are emptied; the lists' partitions that it attached are dropped."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if commits or (marker and marker.kwargs.get("transaction")):
        from matchmaking.services import rankings

        with django_db_blocker.unblock():
            for name in rankings.partitions() | rankings.unattached():
                rankings.drop_table(name)


@pytest.fixture(autouse=True)
def _static_files_when_asked_for(settings: Any) -> None:
    """Each test client would look for all of them, and a test makes many clients."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _as_many_calls_as_wanted(settings: Any) -> None:
    """Tests call the API more often in a minute than a program may. What the limits do, test_limits says."""
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, 1_000_000)


def pytest_unconfigure(config: pytest.Config) -> None:
    _servers.close()
