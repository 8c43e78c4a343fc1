"""The door to the broker: what a web process sends arrives; a broker that is away costs little."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from redis import Redis

from matchmaking import nudge
from matchmaking.celery import app
from matchmaking.enums import Queue

ROOT = Path(settings.BASE_DIR)

# What a web server's process is: the WSGI application, and nothing of Celery imported by hand.
FROM_THE_WEB = """
import time
import matchmaking.wsgi
from matchmaking import nudge
from matchmaking.enums import Queue
began = time.monotonic()
nudge.now(Queue.SCORE)
print(time.monotonic() - began)
"""


def publish_from_web(broker: str) -> float:
    """Seconds that a nudge took in a web process with this broker."""
    done = subprocess.run(
        [sys.executable, "-c", FROM_THE_WEB],
        env={**os.environ, "REDIS_URL": broker},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(done.stdout.splitlines()[-1])


@pytest.fixture
def broker() -> Iterator[Redis]:
    """The suite's broker, in a database that no other test uses, empty."""
    url = urlsplit(settings.CELERY_BROKER_URL)
    client = (
        Redis(unix_socket_path=url.path, db=9)
        if url.scheme == "redis+socket"
        else Redis(host=url.hostname or "localhost", port=url.port or 6379, password=url.password, db=9)
    )
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def url_of_database_nine() -> str:
    url = urlsplit(settings.CELERY_BROKER_URL)
    if url.scheme == "redis+socket":
        return f"redis+socket://{url.path}?virtual_host=9"
    return url._replace(path="/9").geturl()


def test_a_web_process_reaches_the_queue(broker: Redis) -> None:
    publish_from_web(url_of_database_nine())
    (message,) = broker.lrange("score", 0, -1)
    headers = json.loads(message)["headers"]
    assert (headers["task"], headers["argsrepr"]) == ("matchmaking.work_on_run", "()")


def test_a_broker_that_is_down_costs_under_three_seconds_and_raises_nothing(tmp_path: Path) -> None:
    assert publish_from_web(f"redis+socket://{tmp_path}/nobody.sock") < 3


def test_a_broker_that_is_frozen_costs_one_timeout_and_raises_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        # It takes connections and never says a word.
        # A second try would make it four.
        assert publish_from_web(f"redis://127.0.0.1:{frozen.getsockname()[1]}/0") < 4


@pytest.mark.django_db(transaction=True)
def test_a_nudge_goes_out_after_the_commit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(app, "send_task", lambda task, **options: sent.append(task))
    app.set_current()

    @transaction.atomic
    def rolled_back() -> None:
        nudge.after_commit(Queue.MAIL)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        rolled_back()
    assert sent == []
    with transaction.atomic():
        nudge.after_commit(Queue.MAIL)
        assert sent == []
    assert sent == ["matchmaking.deliver_mail"]
    began = time.monotonic()
    nudge.after_commit(Queue.DEFAULT)
    assert sent == ["matchmaking.deliver_mail", "matchmaking.sweep"]
    assert time.monotonic() - began < 1
