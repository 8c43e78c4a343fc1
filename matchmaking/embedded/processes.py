"""Child processes: who they are (a pid alone may be somebody else's by now), how they start and stop."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
PROC = Path("/proc/self/stat")  # Linux has it, macOS asks `ps`
LOG_LIMIT = 5_000_000


class EmbeddedError(Exception):
    """What is wrong and what to do about it, in plain sentences."""


@dataclass(frozen=True)
class Account:
    """The operating system's user that a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Identity:
    """A process for good: its pid and the moment it began, as the operating system tells it."""

    pid: int
    began: str


def identity(pid: int) -> Identity | None:
    """Who holds this pid now; None where nobody does, or only a dead child that was not waited for."""
    if PROC.exists():
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        # The name in parentheses may hold anything; the fields after it are state (3rd) to start time (22nd).
        fields = text.rpartition(")")[2].split()
        return None if fields[0] in "ZXx" else Identity(pid, f"{boot}:{fields[19]}")
    found = subprocess.run(
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    state, _, began = found.stdout.strip().partition(" ")
    return Identity(pid, began.strip()) if began and not state.startswith("Z") else None


def is_alive(process: Identity | None) -> bool:
    return process is not None and identity(process.pid) == process


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Whole or not at all: a reader never sees half a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)


def read_json(path: Path) -> dict[str, object]:
    """The file's object; empty where there is none or it cannot be read as one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def as_identity(content: object) -> Identity | None:
    """Reads back what `asdict(identity)` wrote."""
    match content:
        case {"pid": int(pid), "began": str(began)}:
            return Identity(pid, began)
    return None


def remember(path: Path, process: Identity) -> None:
    write_json(path, asdict(process))


def launch(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    account: Account | None = None,
    death_signal: int = 0,
) -> subprocess.Popen[bytes]:
    """Starts a child in a session of its own, so that a Ctrl-C at our terminal does not reach it.

    `death_signal` reaches it when the *thread* that called this ends (Linux only).
    Raises EmbeddedError where the log cannot be opened.
    """
    try:
        log.parent.mkdir(mode=0o700, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        output = log.open("ab")
    except OSError as error:
        raise EmbeddedError(f"The log {log} cannot be written: {error.strerror}.") from error
    with output:
        return subprocess.Popen(
            launch_line(command, account=account, death_signal=death_signal),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )


def launch_line(
    command: Sequence[str | Path], *, account: Account | None = None, death_signal: int = 0
) -> list[str]:
    uid, gid = (str(account.uid), str(account.gid)) if account else ("-", "-")
    return [
        *(sys.executable, "-I", "-S", str(LAUNCH)),
        *(str(os.getpid()), str(int(death_signal)), uid, gid),
        *map(str, command),
    ]


def wait_until_gone(process: Identity, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def send(process: Identity, number: signal.Signals) -> None:
    """Signals the process if it is still the same one."""
    if is_alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def kill_group(process: Identity) -> None:
    """Kills what is left in the process group that this one leads, as the end of a container would.

    To be called before the leader is waited for: until then nobody else can have its number.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
