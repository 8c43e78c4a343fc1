"""PostgreSQL and Valkey as child processes, for whoever has none: sockets only, data in our own folder."""

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from urllib.parse import quote

from matchmaking.embedded import wire
from matchmaking.embedded.home import SOCKETS_IN, Home, secret_key, server_account
from matchmaking.embedded.kinds import BROKER, ENVIRONMENT, KINDS, POSTGRES, Kind
from matchmaking.embedded.processes import (
    EmbeddedError,
    Identity,
    as_identity,
    identity,
    is_alive,
    launch,
    read_json,
    remember,
    send,
    tail,
    wait_until_gone,
)

logger = logging.getLogger(__name__)

DATABASE = "matchmaking"
READY_SECONDS = 60.0
WATCH_SECONDS = 0.3
LEAST_FREE_BYTES = 150_000_000
# Children that go on running for other users. Python warns of a forgotten child, and waits for a kept one.
_left_to_others: list[subprocess.Popen[bytes]] = []


class EmbeddedServers:
    """Servers that live in `home`, shared by all processes that use it at the same time.

    The first user starts them, the last one stops them. While anyone uses them, one that dies is started
    again on the same socket, as a container's restart policy would. What a killed user left behind is used
    again, or stopped where it does not answer.

    With `lasting=False` the folder is deleted after the last use, nothing waits for the disk, and (on Linux)
    the servers die with the thread that started them. `started_here` tells whether this object's `start`
    had to start a server.
    """

    def __init__(self, home: Path, *, lasting: bool = True, sockets_in: Path = SOCKETS_IN) -> None:
        self.home = home.absolute()
        self.lasting = lasting
        self.started_here = False
        self._home = Home(home, server_account(), sockets_in)
        self._sockets: Path | None = None
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._users: TextIOWrapper | None = None
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    # --- What others need to know -------------------------------------------------------------------

    @property
    def database_url(self) -> str:
        """A libpq URI of the database that `start` made."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        folder = quote(str(self._socket(POSTGRES).parent), safe="")
        return f"postgresql://{wire.SUPERUSER}@/{quote(database)}?host={folder}"

    @property
    def broker_url(self) -> str:
        """For Celery."""
        return f"redis+socket://{self._socket(BROKER)}?virtual_host=0"

    @property
    def redis_url(self) -> str:
        """For redis-py and Django's cache."""
        return f"unix://{self._socket(BROKER)}?db=0"

    @property
    def broker_data(self) -> Path:
        """The broker's folder. To lose its queue for good, delete what is in it, then kill the broker."""
        return self._home.place() / BROKER.name

    def pid(self, name: str) -> int:
        """The process of `postgres` or `broker` as last started. Raises EmbeddedError where there is none."""
        process = self._recorded(name)
        if process is None:
            raise EmbeddedError(f"No {name} was started in {self.home}.")
        return process.pid

    def answers(self, name: str) -> bool:
        """Whether `postgres` or `broker` takes requests now."""
        kind = next(kind for kind in KINDS if kind.name == name)
        return kind.answers(self._socket(kind))

    def create_database(self, name: str) -> None:
        """Makes the database where it is missing. Raises EmbeddedError."""
        if not name.isidentifier() or not name.isascii():
            raise EmbeddedError(f"{name!r} is not a name for a database: use letters, digits and _.")
        socket = self._socket(POSTGRES)
        found = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"  # noqa: S608  an identifier, see above
        try:
            if not wire.postgres_query(socket, found):
                wire.postgres_query(socket, f'CREATE DATABASE "{name}"')
        except (OSError, wire.RefusedError) as error:
            raise EmbeddedError(f"The database {name} cannot be made: {error}.") from error

    # --- Start and stop -----------------------------------------------------------------------------

    def start(self) -> None:
        """Brings both servers up and registers this process as a user. Raises EmbeddedError."""
        try:
            self._home.open()
            with self._home.lock():
                self._users = (self.home / "users").open("a")
                fcntl.flock(self._users, fcntl.LOCK_SH)
                free = shutil.disk_usage(self._home.place()).free
                if free < LEAST_FREE_BYTES:
                    raise EmbeddedError(
                        f"The disk that holds {self._home.place()} is full: {free // 1_000_000} MB are left, "
                        f"{LEAST_FREE_BYTES // 1_000_000} MB are needed. Free some space."
                    )
                self._sockets = self._home.sockets()
                for kind in KINDS:
                    self.started_here |= self._ensure(kind)
                self.create_database(DATABASE)
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise EmbeddedError(
                    f"The embedded servers cannot use {self.home}: {error.strerror or error}."
                ) from error
            raise
        self._stopping.clear()
        self._watcher = threading.Thread(target=self._watch, name="embedded-servers", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Ends this process's use; stops the servers where no other process uses them."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        users, self._users = self._users, None
        if users is not None:
            with users, self._home.lock():
                self._stop_if_last(users)

    def stop_unused(self) -> None:
        """Stops what killed processes left running. Raises EmbeddedError where someone uses the servers."""
        self._home.open()
        with (self.home / "users").open("a") as users, self._home.lock():
            if not self._stop_if_last(users):
                raise EmbeddedError(f"The servers in {self.home} are in use. Stop what uses them first.")

    def _stop_if_last(self, users: TextIOWrapper) -> bool:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Someone else still needs them, and will stop them.
            _left_to_others.extend(self._children.values())
            return False
        for kind in reversed(KINDS):
            self._stop_server(kind)
        self._home.forget_sockets()
        if not self.lasting:
            self._home.remove()
        return True

    def _ensure(self, kind: Kind) -> bool:
        """Whether the server had to be started; with the lock held."""
        process = self._recorded(kind.name)
        if is_alive(process):
            if self._becomes_ready(kind, lambda: is_alive(process)):
                return False
            self._stop_server(kind)
        self._start_server(kind)
        return True

    def _start_server(self, kind: Kind) -> None:
        log = self._home.logs / f"{kind.name}.log"
        for attempt in range(5):
            child = launch(
                kind.command(self._home, self._socket(kind).parent, self.lasting),
                env=ENVIRONMENT,
                log=log,
                cwd=Path("/"),
                account=self._home.account,
                death_signal=0 if self.lasting else kind.stop_signals[0][0],
            )
            self._children[kind.name] = child
            process = identity(child.pid)
            if process is not None:
                remember(self._state_file(kind.name), process)
            if self._becomes_ready(kind, lambda process=process: is_alive(process)):  # type: ignore[misc]
                return
            last_words = tail(log)
            if is_alive(process):
                self._stop_server(kind)
                raise EmbeddedError(
                    f"{kind.name} started but did not answer for {READY_SECONDS:.0f} s. "
                    f"The end of {log}:\n{last_words}"
                )
            child.wait()
            # The sessions of a killed server need a moment to notice that it is gone.
            if "still in use" not in last_words or attempt == 4:
                raise EmbeddedError(f"{kind.name} does not start. The end of {log}:\n{last_words}")
            time.sleep(0.5)

    def _becomes_ready(self, kind: Kind, lives: Callable[[], bool]) -> bool:
        limit = time.monotonic() + READY_SECONDS
        while time.monotonic() < limit:
            if kind.answers(self._socket(kind)):
                return True
            if not lives():
                return False
            time.sleep(0.02)
        return False

    def _stop_server(self, kind: Kind) -> None:
        process = self._recorded(kind.name)
        child = self._children.pop(kind.name, None)
        if process is not None:
            for number, seconds in kind.stop_signals:
                send(process, number)
                if wait_until_gone(process, seconds):
                    break
        if child is not None:
            child.wait()
        self._state_file(kind.name).unlink(missing_ok=True)

    def _watch(self) -> None:
        """Starts again what died, whichever process had started it."""
        pause = WATCH_SECONDS
        while not self._stopping.wait(pause):
            pause = WATCH_SECONDS
            for kind in KINDS:
                if is_alive(self._recorded(kind.name)):
                    continue
                try:
                    with self._home.lock():
                        if child := self._children.get(kind.name):
                            child.poll()
                        if self._ensure(kind):
                            logger.warning("embedded_server_restarted", extra={"server": kind.name})
                except (EmbeddedError, OSError) as error:
                    logger.error("embedded_server_lost: %s", error)
                    pause = 5.0

    def _recorded(self, name: str) -> Identity | None:
        return as_identity(read_json(self._state_file(name)))

    def _state_file(self, name: str) -> Path:
        return self.home / f"{name}.json"

    def _socket(self, kind: Kind) -> Path:
        if self._sockets is None:
            raise EmbeddedError("The embedded servers are not started.")
        return self._sockets / kind.socket_name


@contextlib.contextmanager
def embedded_servers(home: Path, *, lasting: bool = True) -> Iterator[EmbeddedServers]:
    """Started servers for the time of the block. Raises EmbeddedError."""
    servers = EmbeddedServers(home, lasting=lasting)
    servers.start()
    try:
        yield servers
    finally:
        servers.stop()


@contextlib.contextmanager
def embedded_environment(home: Path, *, lasting: bool = True) -> Iterator[EmbeddedServers]:
    """`embedded_servers`, and this process's environment says where they are.

    Sets EMBEDDED, DATABASE_URL and REDIS_URL, and SECRET_KEY where none is given; puts all back afterwards.
    """
    with embedded_servers(home, lasting=lasting) as servers:
        added = {"EMBEDDED": "1", "DATABASE_URL": servers.database_url, "REDIS_URL": servers.broker_url}
        if not os.environ.get("SECRET_KEY") and "SECRET_KEY_FILE" not in os.environ:
            added["SECRET_KEY"] = secret_key(servers.home)
        before = {name: os.environ.get(name) for name in added}
        os.environ.update(added)
        try:
            yield servers
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
