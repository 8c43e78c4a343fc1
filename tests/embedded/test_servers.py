"""The embedded servers: real PostgreSQL and Valkey processes, started, killed, shared and stopped."""

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
import redis
from kombu import Connection
from psycopg.conninfo import conninfo_to_dict

from matchmaking.embedded import (
    EmbeddedServers,
    embedded_environment,
    embedded_servers,
    secret_key,
    servers,
    wire,
)
from matchmaking.embedded.kinds import KINDS
from matchmaking.embedded.processes import identity, write_json
from tests.embedded.users import run_script

START_AND_WAIT = """
servers = EmbeddedServers(Path(sys.argv[1]), lasting=sys.argv[2:] != ["throwaway"])
servers.start()
print(servers.pid("postgres"), servers.pid("broker"), servers.database_url, flush=True)
sys.stdin.readline()
servers.stop()
"""


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.2f} s")


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.02)


def scalar(url: str, sql: LiteralString) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()
    return row and row[0]


def test_servers_are_as_promised_and_keep_their_data(folder: Path) -> None:
    home = folder / "home"
    with timed("first start"):
        first = EmbeddedServers(home)
        first.start()
    try:
        assert first.started_here
        url = first.database_url
        assert conninfo_to_dict(url)["dbname"] == "matchmaking"
        assert scalar(url, "SHOW listen_addresses") == ""
        assert scalar(url, "SHOW data_checksums") == "on"
        assert scalar(url, "SHOW fsync") == "on"
        sorting = "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = 'matchmaking'"
        assert scalar(url, sorting) == "bC.UTF-8"
        with psycopg.connect(url) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('智慧城市')")
        assert scalar(url, "SELECT similarity('上海市', '上海')") == pytest.approx(0.4)
        broker = redis.from_url(first.redis_url)
        wanted = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
        }
        assert {name: broker.config_get(name)[name] for name in wanted} == wanted
        broker.set("kept", "yes")
        broker.close()
        with Connection(first.broker_url) as connection_of_celery:
            connection_of_celery.ensure_connection(max_retries=1)
        sockets = Path(str(conninfo_to_dict(url)["host"]))
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        first.create_database("another")
        first.create_database("another")
        assert scalar(first.url_of("another"), "SELECT current_database()") == "another"
        pids = [first.pid("postgres"), first.pid("broker")]
    finally:
        with timed("stop"):
            first.stop()
    assert [identity(pid) for pid in pids] == [None, None]
    assert not sockets.exists()

    with timed("second start"), embedded_servers(home) as second:
        assert scalar(second.database_url, "SELECT word FROM kept") == "智慧城市"
        broker = redis.from_url(second.redis_url)
        assert broker.get("kept") == b"yes"
        broker.close()


def test_what_a_killed_process_left_behind_is_used_again_and_stopped(folder: Path) -> None:
    home = folder / "home"
    owner = run_script(START_AND_WAIT, home)
    assert owner.stdout is not None
    postgres, broker, url = owner.stdout.readline().split()
    owner.kill()
    owner.communicate()
    assert identity(int(postgres)) is not None

    with embedded_servers(home) as found:
        assert not found.started_here
        assert (found.pid("postgres"), found.pid("broker")) == (int(postgres), int(broker))
        assert found.database_url == url
        assert scalar(url, "SELECT 1") == 1
    assert (identity(int(postgres)), identity(int(broker))) == (None, None)


def test_a_server_left_behind_that_does_not_answer_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "READY_SECONDS", 0.5)
    monkeypatch.setattr(wire, "TIMEOUT_SECONDS", 0.2)
    hasty = tuple(
        replace(kind, stop_signals=((signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0))) for kind in KINDS
    )
    monkeypatch.setattr(servers, "KINDS", hasty)
    home = folder / "home"
    owner = run_script(START_AND_WAIT, home)
    assert owner.stdout is not None
    _, broker, _ = owner.stdout.readline().split()
    owner.kill()
    owner.communicate()
    os.kill(int(broker), signal.SIGSTOP)
    with embedded_servers(home) as found:
        assert found.started_here
        assert found.pid("broker") != int(broker)
        assert identity(int(broker)) is None
        assert found.answers("broker")


def test_a_pid_that_is_somebody_elses_by_now_is_left_alone(folder: Path) -> None:
    home = folder / "home"
    with embedded_servers(home) as first:
        data = first.broker_data.with_name("postgres")
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        for name in ("postgres", "broker"):
            write_json(home / f"{name}.json", {"pid": bystander.pid, "began": "long ago"})
        (data / "postmaster.pid").write_text(
            f"{bystander.pid}\n{data}\n1700000000\n5432\n/tmp\n\n0 0\nready\n"
        )
        with embedded_servers(home) as second:
            assert second.started_here
            assert scalar(second.database_url, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_the_last_user_stops_the_servers(folder: Path) -> None:
    first, second = EmbeddedServers(folder / "home"), EmbeddedServers(folder / "home")
    first.start()
    second.start()
    assert (first.started_here, second.started_here) == (True, False)
    pid = first.pid("postgres")
    first.stop()
    assert scalar(second.database_url, "SELECT 1") == 1
    second.stop()
    assert identity(pid) is None


def test_two_who_start_at_once_get_the_same_servers(folder: Path) -> None:
    both = [run_script(START_AND_WAIT, folder / "home") for _ in range(2)]
    said = [process.stdout.readline() for process in both if process.stdout]
    for process in both:
        process.communicate("\n", timeout=30)
    assert said[0] == said[1]
    assert [process.returncode for process in both] == [0, 0]


@pytest.mark.parametrize("name", ["postgres", "broker"])
def test_a_killed_server_comes_up_again_on_the_same_socket(folder: Path, name: str) -> None:
    with embedded_servers(folder / "home", lasting=False) as running:
        urls = (running.database_url, running.broker_url)
        with psycopg.connect(running.database_url) as session:
            session.execute("CREATE TABLE kept AS SELECT 1 AS n")
        pid = running.pid(name)
        os.kill(pid, signal.SIGKILL)
        with timed(f"{name} back"):
            wait_for(lambda: running.pid(name) != pid and running.answers(name))
        assert (running.database_url, running.broker_url) == urls
        assert scalar(urls[0], "SELECT n FROM kept") == 1


def test_a_broker_killed_and_wiped_comes_up_empty(folder: Path) -> None:
    with embedded_servers(folder / "home", lasting=False) as running:
        broker = redis.from_url(running.redis_url)
        broker.rpush("score", "nudge")
        pid = running.pid("broker")
        subprocess.run(["rm", "-rf", *running.broker_data.iterdir()], check=True)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: running.pid("broker") != pid and running.answers("broker"))
        broker.close()
        broker = redis.from_url(running.redis_url)
        assert broker.dbsize() == 0
        broker.close()


def test_throwaway_servers_leave_nothing(folder: Path) -> None:
    with embedded_servers(folder / "home", lasting=False) as running:
        data = running.broker_data.parent
        pid = running.pid("postgres")
    assert identity(pid) is None
    assert not data.exists()
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="death signals are Linux's")
def test_throwaway_servers_die_with_a_killed_process(folder: Path) -> None:
    owner = run_script(START_AND_WAIT, folder / "home", "throwaway")
    assert owner.stdout is not None
    pids = [int(word) for word in owner.stdout.readline().split()[:2]]
    owner.kill()
    owner.communicate()
    wait_for(lambda: [identity(pid) for pid in pids] == [None, None])


def test_the_environment_says_where_the_servers_are_and_is_put_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
    with embedded_environment(folder / "home") as running:
        assert os.environ["DATABASE_URL"] == running.database_url
        assert os.environ["REDIS_URL"] == running.broker_url
        assert os.environ["EMBEDDED"] == "1"
        key = os.environ["SECRET_KEY"]
        assert len(key) >= 50
        assert key == secret_key(folder / "home")
        assert stat.S_IMODE((folder / "home" / "secret.key").stat().st_mode) == 0o600
    assert os.environ["DATABASE_URL"] == "postgresql://elsewhere/x"
    assert "SECRET_KEY" not in os.environ
