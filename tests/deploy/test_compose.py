"""docker-compose.yml without a Docker engine: held to the specification, to our rules, and run for real."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from matchmaking.embedded import EmbeddedServers, embedded_servers
from matchmaking.embedded.binaries import find_valkey
from matchmaking.embedded.kinds import CLUSTER_OPTIONS, SORTING
from tests.deploy.compose import COMPOSE_FILE, PROJECT, MissingError, Service, raw, services

GIVEN = {
    "POSTGRES_PASSWORD": "databasesecret",
    "BROKER_PASSWORD": "brokersecret",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "LINK_KEY": secrets.token_urlsafe(50),
    "TOKEN_KEY": secrets.token_urlsafe(50),
    "SITE_URL": "https://partners.example.org",
    "EMAIL_URL": "smtp://127.0.0.1:25",
    "FROM_EMAIL": "news@partners.example.org",
    "POSTAL_ADDRESS": "1 Main Street, Springfield",
    "SWEEP_SECONDS": "2",
}
APP = ("migrate", "web", "worker-score", "worker-mail", "worker-webhooks", "worker-default", "beat")
LASTING_APP = APP[1:]


def test_the_file_is_valid_by_the_compose_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_an_unknown_key_is_not_valid(tmp_path: Path) -> None:
    """The check above can fail."""
    bad = tmp_path / "docker-compose.yml"
    bad.write_text(COMPOSE_FILE.read_text().replace("    restart:", "    restarts:", 1))
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", str(bad)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_every_service_is_watched_restarted_and_given_time_to_stop() -> None:
    content = raw()["services"]
    assert set(content) == {"db", "broker", *APP}
    restarts = {name: service["restart"] for name, service in content.items()}
    assert restarts == {**dict.fromkeys(content, "unless-stopped"), "migrate": "on-failure"}
    unwatched = {name for name, service in content.items() if "test" not in service["healthcheck"]}
    assert unwatched == {"migrate"}
    assert {content[name]["stop_grace_period"] for name in APP} == {"45s"}
    waits = {
        name: service["depends_on"]["db"]["condition"] for name, service in content.items() if name in APP
    }
    assert waits == dict.fromkeys(APP, "service_healthy")


def test_no_secret_stands_in_the_file_and_each_is_asked_for() -> None:
    for name in GIVEN.keys() - {"SWEEP_SECONDS"}:
        with pytest.raises(MissingError, match=f"^{name}: Set it to "):
            services({key: value for key, value in GIVEN.items() if key != name})
    literal = re.findall(r"(?m)^ +\w*(?:PASSWORD|_KEY|AUTH): *[^$\s].*", COMPOSE_FILE.read_text())
    assert literal == []


def test_the_workers_are_as_the_queues_need_them() -> None:
    known = services(GIVEN)
    tails = {name: " ".join(known[name].command) for name in APP if name.startswith("worker")}
    celery = "celery -A matchmaking.celery:app worker"
    assert tails == {
        "worker-score": f"nice -n 10 {celery} -Q score -c 2",
        "worker-mail": f"{celery} -Q mail -c 1",
        "worker-webhooks": f"{celery} -Q webhooks -c 1",
        "worker-default": f"{celery} -Q default -c 2",
    }
    assert {known[name].environment(GIVEN)["REMAP_SIGTERM"] for name in tails} == {"SIGQUIT"}


def test_the_database_is_made_as_the_tests_have_it() -> None:
    options = services(GIVEN)["db"].content["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert sorted(options) == sorted([*CLUSTER_OPTIONS, *SORTING])


# --- The command lines, run against servers on this machine -----------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


class Deployment:
    """Every service's own command line and environment, with addresses of this machine put in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("broker", "web")}
        self.given = dict(GIVEN)
        self.services = services(self.given)
        self.database_url = ""

    def here(self, service: Service, word: str) -> str:
        """A word of a command line, with this machine's places for the container's."""
        word = word.replace("0.0.0.0:8000", f"127.0.0.1:{self.ports['web']}")
        word = word.replace("127.0.0.1:8000", f"127.0.0.1:{self.ports['web']}")
        return word.replace("/tmp/", f"{self.folder}/{service.name}-")

    def line(self, service: Service, command: list[str]) -> list[str]:
        """In the image the environment's programs come first on PATH."""
        programs = {
            name: str(Path(sys.executable).with_name(name)) for name in ("python", "celery", "gunicorn")
        }
        return [programs.get(word) or self.here(service, word) for word in command]

    def environment(self, service: Service) -> dict[str, str]:
        values = service.environment(self.given)
        values["DATABASE_URL"] = self.database_url
        broker = f"@127.0.0.1:{self.ports['broker']}"
        values = {key: value.replace("@broker:6379", broker) for key, value in values.items()}
        return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **values}

    def start(self, name: str) -> subprocess.Popen[bytes]:
        service = self.services[name]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                self.line(service, service.command),
                env=self.environment(service),
                cwd=PROJECT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_broker(self) -> subprocess.Popen[bytes]:
        service = self.services["broker"]
        assert service.command[0] == "valkey-server"
        data = self.folder / "broker"
        data.mkdir()
        where = ["--dir", str(data), "--bind", "127.0.0.1", "--port", str(self.ports["broker"])]
        with (self.folder / "broker.log").open("wb") as log:
            return subprocess.Popen(
                [find_valkey(), *service.command[1:], *where], stdout=log, stderr=subprocess.STDOUT
            )

    def is_healthy(self, name: str) -> bool:
        service = self.services[name]
        found = subprocess.run(
            self.line(service, service.health_command),
            env=self.environment(service),
            cwd=PROJECT,
            capture_output=True,
            check=False,
        )
        return found.returncode == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with ExitStack() as stack:
        servers: EmbeddedServers = stack.enter_context(embedded_servers(tmp_path / "servers", lasting=False))
        made = Deployment(tmp_path)
        made.database_url = servers.database_url
        broker = made.start_broker()
        stack.callback(broker.wait, 20)
        stack.callback(broker.terminate)
        yield made


def wait_for_health(deployment: Deployment, names: tuple[str, ...], seconds: float) -> None:
    limit = time.monotonic() + seconds
    for name in names:
        while not deployment.is_healthy(name):
            assert time.monotonic() < limit, f"{name} is not healthy.\n{deployment.log(name)}"
            time.sleep(0.5)


@pytest.mark.drill
@pytest.mark.xdist_group("drill")
def test_the_broker_keeps_its_rules(deployment: Deployment) -> None:
    url = f"redis://127.0.0.1:{deployment.ports['broker']}/0"
    client = redis.from_url(url, username="default", password=GIVEN["BROKER_PASSWORD"])
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    info = client.info()
    assert (info["maxmemory_policy"], info["aof_enabled"]) == ("noeviction", 1)
    for forbidden in (client.config_get, client.flushall, client.keys):
        with pytest.raises(redis.exceptions.NoPermissionError):
            forbidden()
    client.close()
    stranger = redis.from_url(url)
    with pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()
    stranger.close()


@pytest.mark.drill
@pytest.mark.xdist_group("drill")
def test_every_service_runs_by_its_own_command_line(deployment: Deployment) -> None:
    assert shutil.which("nice") is not None
    migrate = deployment.start("migrate")
    assert migrate.wait(120) == 0, deployment.log("migrate")
    assert not deployment.is_healthy("worker-score"), "healthy before any worker ran"
    running = {name: deployment.start(name) for name in LASTING_APP}
    try:
        wait_for_health(deployment, LASTING_APP, 120)
        assert {name: process.poll() for name, process in running.items()} == dict.fromkeys(running)
        assert os.getpriority(os.PRIO_PROCESS, running["worker-score"].pid) == 10
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        ended = {name: process.wait(45) for name, process in running.items()}
        assert ended == dict.fromkeys(running, 0), {name: deployment.log(name) for name in running}
    finally:
        for process in running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
