"""The site as production serves it: gunicorn with its threads, on a port of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 60


@dataclass(frozen=True)
class WebServer:
    """Where it listens and what it has written."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def gunicorn(env: Mapping[str, str], folder: Path) -> Iterator[WebServer]:
    """A running server; stopped after. `folder` takes its log."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        server = WebServer(int(line.getsockname()[1]), folder / "web.log")
    command = [sys.executable, "-m", "gunicorn", "matchmaking.wsgi:application", "--threads", "4"]
    command += ["--workers", "2", "--bind", f"127.0.0.1:{server.port}", "--no-control-socket"]
    with server.log.open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=PROJECT, stdout=log, stderr=log)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(server: WebServer, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server.url}/health/live", timeout=5).close()
        except OSError:
            assert process.poll() is None, server.log.read_text()
            assert time.monotonic() < limit, server.log.read_text()
            time.sleep(0.1)
        else:
            return
