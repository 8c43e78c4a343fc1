"""Keeps named processes running: whichever ends is started again, as a container's restart policy would."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from matchmaking.embedded.processes import (
    EmbeddedError,
    Identity,
    as_identity,
    identity,
    is_alive,
    kill_group,
    launch,
    read_json,
    send,
    tail,
    wait_until_gone,
    write_json,
)

POLL_SECONDS = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STEADY_SECONDS = 10.0  # a process that ran this long is healthy: the pause before its restart is short again


@dataclass
class Child:
    """A process to keep, and where it stands. `launches` counts its starts."""

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    pause: float = FIRST_PAUSE
    began: float = 0.0
    next_start: float = 0.0
    launches: int = 0
    wanted: bool = True
    started: threading.Event = field(default_factory=threading.Event)


class Supervisor:
    """Runs child processes until stopped; output goes to `home/logs/NAME.log`.

    Each child leads a session of its own, and dies with us: on Linux by a death signal (SIGTERM), and
    everywhere by the next supervisor in the same home, which stops what a killed one left behind.
    """

    def __init__(self, home: Path, *, grace_seconds: float = 30.0) -> None:
        self.home = home.absolute()
        self.grace_seconds = grace_seconds
        self._records = self.home / "processes"
        self._children: dict[str, Child] = {}
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> int:
        """Starts and keeps a process; returns its first pid. `command[0]` is a full path.

        `env` is added to this process's environment. Raises EmbeddedError.
        """
        if self._keeper is None:
            self._sweep()
            # One thread starts them all: a child's death signal comes when the thread that made it ends.
            self._keeper = threading.Thread(target=self._keep, name="supervisor", daemon=True)
            self._keeper.start()
        child = Child(name, command, {**os.environ, **(env or {})})
        with self._lock:
            if name in self._children:
                raise EmbeddedError(f"A process named {name} is kept already.")
            self._children[name] = child
        child.started.wait()
        return self.pid(name)

    def pid(self, name: str) -> int:
        """The pid now; that of the last start while a restart is due. Raises KeyError, EmbeddedError."""
        with self._lock:
            child = self._children[name]
            if child.process is None:
                raise EmbeddedError(f"{name} cannot be started:\n{tail(self.log(name))}")
            return child.process.pid

    def launches(self, name: str) -> int:
        """How many times the process was started."""
        with self._lock:
            return self._children[name].launches

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def stop(self, name: str | None = None) -> None:
        """Ends one process or all, and us: SIGTERM, then SIGKILL for what is left after the grace."""
        with self._lock:
            leaving = [self._children[name]] if name else list(self._children.values())
            for child in leaving:
                child.wanted = False
                if child.identity is not None:
                    send(child.identity, signal.SIGTERM)
        limit = time.monotonic() + self.grace_seconds
        for child in leaving:
            if child.identity is not None:
                wait_until_gone(child.identity, limit - time.monotonic())
            with self._lock:
                self._bury(child)
                self._children.pop(child.name, None)
        if name is None and self._keeper is not None:
            self._stopping.set()
            self._keeper.join()
            self._keeper = None
            self._stopping.clear()

    def _keep(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            with self._lock:
                for child in self._children.values():
                    if child.wanted and not is_alive(child.identity):
                        self._revive(child)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.identity is not None:
            self._bury(child)
            child.pause = FIRST_PAUSE if now - child.began > STEADY_SECONDS else child.pause
            child.next_start = now + child.pause
            child.pause = min(2 * child.pause, LONGEST_PAUSE)
        if now < child.next_start:
            return
        try:
            child.process = launch(
                child.command,
                env=child.env,
                log=self.log(child.name),
                cwd=Path.cwd(),
                death_signal=signal.SIGTERM,
            )
        except (EmbeddedError, OSError):
            child.next_start = now + child.pause
            child.pause = min(2 * child.pause, LONGEST_PAUSE)
        else:
            child.began, child.launches = now, child.launches + 1
            child.identity = identity(child.process.pid)
            self._record(child)
        child.started.set()

    def _bury(self, child: Child) -> None:
        """Kills what is left of the process's group, waits for it and forgets it."""
        if child.identity is None or child.process is None:
            return
        kill_group(child.identity)
        child.process.wait()
        self._record_file(child).unlink(missing_ok=True)
        child.identity = None

    # --- What a killed supervisor left behind -------------------------------------------------------

    def _record_file(self, child: Child) -> Path:
        return self._records / f"{child.name}-{child.process.pid if child.process else 0}.json"

    def _record(self, child: Child) -> None:
        keeper = identity(os.getpid())
        if child.identity is not None and keeper is not None:
            self._records.mkdir(exist_ok=True)
            content = {"child": asdict(child.identity), "keeper": asdict(keeper)}
            write_json(self._record_file(child), content)

    def _sweep(self) -> None:
        """Stops the children of supervisors that are gone; those of living ones are none of our business."""
        for path in sorted(self._records.glob("*.json")):
            content = read_json(path)
            child, keeper = as_identity(content.get("child")), as_identity(content.get("keeper"))
            if is_alive(keeper):
                continue
            if child is not None and is_alive(child):
                send(child, signal.SIGTERM)
                wait_until_gone(child, self.grace_seconds)
                if is_alive(child):
                    kill_group(child)
            with contextlib.suppress(OSError):
                path.unlink()
