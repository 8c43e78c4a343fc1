"""The two servers: how each is set up, called, asked and stopped."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matchmaking.embedded import wire
from matchmaking.embedded.binaries import (
    Postgres,
    find_postgres,
    find_valkey,
    reachable_postgres,
    reachable_valkey,
)
from matchmaking.embedded.home import Home
from matchmaking.embedded.processes import EmbeddedError, launch_line

# A clean one, so that PGDATA and the like of the caller mean nothing here.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# Sorts by code point, everywhere alike; LC_CTYPE decides what a letter is, for trigrams. The production
# database is made with the same options.
LETTERS = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
CLUSTER_OPTIONS = ("--encoding=UTF8", "--data-checksums", "--locale=C", f"--lc-ctype={LETTERS}")
SORTING = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")


@dataclass(frozen=True)
class Kind:
    """A server that may run in a home. The stop signals are tried in turn, each for its seconds."""

    name: str
    socket_name: str
    answers: Callable[[Path], bool]
    # Prepares the data and gives the command line. Arguments: home, its folder of sockets, lasting.
    command: Callable[[Home, Path, bool], list[str | Path]]
    stop_signals: tuple[tuple[signal.Signals, float], ...]


def postgres_command(home: Home, sockets: Path, lasting: bool) -> list[str | Path]:
    """Raises EmbeddedError where there is no PostgreSQL or its data cannot be made."""
    program = reachable_postgres(find_postgres(), home.account, home.place())
    data = _cluster(home, program, lasting)
    _clear_stale_lock(data / "postmaster.pid")
    _clear_stale_lock(sockets / ".s.PGSQL.5432.lock")
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not lasting:
        # The data outlive a killed server all the same, only not a machine that loses power.
        options |= {"fsync": "off", "full_page_writes": "off"}
    return [program.bin / "postgres", "-D", data, *(f"-c{name}={value}" for name, value in options.items())]


def _cluster(home: Home, program: Postgres, lasting: bool) -> Path:
    """The data folder, made by `initdb` at first. A killed `initdb` leaves nothing that counts."""
    data = home.place() / "postgres"
    version = program.version()
    if (data / "PG_VERSION").exists():
        major = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if int(major) != version:
            raise EmbeddedError(
                f"The data in {data} are of PostgreSQL {major}, and {program.bin} is of version {version}. "
                f"Set PG_BIN to a folder of version {major}, or remove {home.path} to start empty."
            )
        return data
    shutil.rmtree(home.place() / "postgres.part", ignore_errors=True)
    part = home.data("postgres.part")
    sorting = SORTING if version >= 17 else ()
    made = subprocess.run(
        launch_line(
            [
                *(program.bin / "initdb", "-D", part, f"--username={wire.SUPERUSER}", "--auth=trust"),
                *(*CLUSTER_OPTIONS, *sorting, "--no-instructions", *([] if lasting else ["--no-sync"])),
            ],
            account=home.account,
        ),
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        cwd="/",
    )
    if made.returncode:
        words = (made.stdout + made.stderr).strip().splitlines()
        shown = "\n".join(f"    {line}" for line in words[-12:])
        raise EmbeddedError(f"The database's folder {data} cannot be made.\n{shown}")
    part.rename(data)
    return data


def _clear_stale_lock(path: Path) -> None:
    """Removes PostgreSQL's lock file where its pid belongs to somebody else by now (as Linux shows).

    PostgreSQL takes over the lock of a dead process itself, and then checks that no session of the old
    server is left; but a foreign process with the old number makes it refuse for ever.
    """
    try:
        pid = abs(int(path.read_text(encoding="ascii").split("\n", 1)[0]))
        holder = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return
    if holder != "postgres":
        path.unlink(missing_ok=True)


def broker_command(home: Home, sockets: Path, lasting: bool) -> list[str | Path]:
    """Raises EmbeddedError where there is no Valkey."""
    program = reachable_valkey(find_valkey(), home.account, home.place())
    socket = sockets / "broker.sock"
    socket.unlink(missing_ok=True)
    return [
        *(program, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"),
        *("--dir", home.data("broker"), "--save", "", "--maxmemory-policy", "noeviction"),
        *("--appendonly", "yes", "--appendfsync", "everysec"),
    ]


POSTGRES = Kind(
    "postgres",
    ".s.PGSQL.5432",
    wire.postgres_answers,
    postgres_command,
    ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)),
)
BROKER = Kind(
    "broker",
    "broker.sock",
    wire.redis_answers,
    broker_command,
    ((signal.SIGTERM, 10), (signal.SIGKILL, 5)),
)
KINDS = (POSTGRES, BROKER)
