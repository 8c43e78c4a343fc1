"""The broker stopped, then frozen, under light traffic: pages, sign-in and answers go on without it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import pytest

from matchmaking.embedded import EmbeddedServers, Supervisor
from matchmaking.embedded.binaries import find_valkey
from tests.drills.conftest import ROOT, Service
from tests.sizes import size
from tests.smtp_server import SmtpServer
from tests.web_server import gunicorn

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]

SECONDS = size(small=15, ci=15, full=60)
PAUSE = 0.2
SWEEP_SECONDS = 2
ADDED_SECONDS = 2.5  # at the 95th of a hundred requests
RECOVERED_IN = 60
COUPLES = size(small=150, ci=150, full=500)
TOKEN = "t" * 32
# Mail about an interest that was answered before it left is not sent any more, which is as it should be.
WAITING = "state IN ('queued', 'deferred', 'sending')"

# Couples of whom the Chinese side has said yes; with the American yes two mails are queued and nudged.
PREPARE = f"""
import json
from django.test import Client
from matchmaking.enums import Answer
from tests.factories import make_user
from tests.matchmaking.introductions.scenes import make_couples

def session(user):
    client = Client()
    client.force_login(user)
    return client.cookies["session"].value

def prepared(couple):
    couple.cn.say(Answer.INTERESTED)
    us = couple.us
    return [session(us.person), str(us.recommendation.public_id), us.person.email]

couples = [prepared(couple) for couple in make_couples({COUPLES})]
print(json.dumps([session(make_user(is_staff=True, is_superuser=True)), couples]))
"""


class Broker:
    """A Valkey of the drill's own, so that nobody starts it again meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as line:
            self.port = int(line.getsockname()[1])
        self.start()

    def start(self) -> None:
        command: list[str | Path] = [
            find_valkey(),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=log, stderr=log)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[Service]:
    """A worker for mail and the sweep, and beat, on the drill's broker."""
    home = tmp_path_factory.mktemp("away")
    servers = EmbeddedServers(home / "servers", lasting=False)
    servers.start()
    smtp = SmtpServer()
    env = {
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": f"redis://127.0.0.1:{broker.port}/0",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
        "SECRET_KEY": "drill-" * 10,
        "DEMO": "1",
        "SWEEP_SECONDS": str(SWEEP_SECONDS),
        # Every visitor has an address, so that the limit by address stops none.
        "TRUSTED_PROXY_COUNT": "1",
        "PYTHONPATH": str(ROOT),
    }
    (home / "supervisor").mkdir()
    with Supervisor(home / "supervisor", grace_seconds=10) as supervisor:
        made = Service(servers, supervisor, env)
        try:
            made.migrate()
            made.start_worker(queues="mail,default,score")
            made.start_beat()
            yield made
        finally:
            supervisor.stop()
            smtp.close()
            servers.stop()


@dataclass
class Traffic:
    """One visitor after the other, as light traffic is; what each was answered, and after how long."""

    url: str
    staff: str
    couples: list[list[str]]
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def ask(self, name: str, path: str, session: str = "", **form: str) -> None:
        form = {**form, "csrfmiddlewaretoken": TOKEN} if form else {}
        data = urllib.parse.urlencode(form).encode() if form else None
        cookies = f"csrf={TOKEN}" + (f"; session={session}" if session else "")
        headers = {"Cookie": cookies, "X-Forwarded-For": f"203.0.113.{len(self.couples) % 250}"}
        request = urllib.request.Request(self.url + path, data, headers)
        began = time.monotonic()
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=30) as answer:
                status = answer.status
        except urllib.error.HTTPError as refusal:
            status = refusal.code
        self.seconds.append(time.monotonic() - began)
        self.statuses[name, status] += 1

    def round(self) -> None:
        """Everything once. A page more is a line more."""
        person, recommendation, email = self.couples.pop()
        self.ask("home", "/")
        self.ask("sign-in page", "/accounts/login/")
        self.ask("sign-in", "/accounts/login/", email=email)
        self.ask("recommendations", "/recommendations/", person)
        self.ask("recommendation", f"/recommendations/{recommendation}/", person)
        self.ask("answer", f"/recommendations/{recommendation}/answer/", person, answer="interested")
        self.ask("introductions", "/introductions/", person)
        self.ask("desk", "/admin/", self.staff)
        self.ask("ready", "/health/ready")

    def run(self, seconds: float) -> None:
        self.statuses.clear()
        self.seconds.clear()
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.round()
            time.sleep(PAUSE)

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20)[-1]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer."""

    def redirect_request(self, *args: object) -> None:
        return None


@pytest.fixture(scope="module")
def traffic(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    staff, couples = json.loads(service.python(PREPARE).splitlines()[-1])
    with gunicorn(service.env, tmp_path_factory.mktemp("web")) as web:
        yield Traffic(web.url, staff, couples)


def expected(rounds: int, ready: int) -> Counter[tuple[str, int]]:
    """So many rounds in which nothing failed; only the health of the service is told as it is."""
    pages = ("home", "sign-in page", "recommendations", "recommendation", "introductions", "desk")
    found = Counter({(name, 200): rounds for name in pages})
    found["sign-in", 302] = found["answer", 302] = rounds
    found["ready", ready] = rounds
    return found


def mails(service: Service, state: str) -> int:
    (row,) = service.query(f"SELECT count(*) FROM matchmaking_outboxemail WHERE {state}")
    return int(row[0])


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
def test_pages_sign_in_and_answers_go_on_without_the_broker(
    service: Service, broker: Broker, traffic: Traffic, fault: str
) -> None:
    traffic.run(5)
    usual = traffic.p95
    assert service.wait_until(lambda: mails(service, WAITING) == 0, RECOVERED_IN)
    if fault == "stopped":
        broker.stop()
    else:
        broker.freeze()
    try:
        traffic.run(SECONDS)
    finally:
        if fault == "stopped":
            broker.start()
        else:
            broker.thaw()
    back = time.monotonic()
    rounds = traffic.statuses["home", 200]
    waiting = mails(service, WAITING)
    assert traffic.statuses == expected(rounds, 503)
    assert traffic.p95 - usual <= ADDED_SECONDS
    assert waiting > 0
    assert service.wait_until(lambda: mails(service, WAITING) == 0, RECOVERED_IN)
    print(
        f"{fault}: {len(traffic.seconds)} requests, p95 {traffic.p95:.2f} s (usually {usual:.2f} s), longest"
        f" {max(traffic.seconds):.2f} s; {waiting} mails waited and were sent {time.monotonic() - back:.1f} s"
        " after the broker was back"
    )
