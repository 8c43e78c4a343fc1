"""Real receivers of webhooks: over http or https, with the answers that a test gives them; and a trap."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """A call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


class Sink(ThreadingHTTPServer):
    """Keeps every call; `answer` says the status, and may take its time."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[Call] = []
        self.answer: Callable[[Call], int] = lambda _call: 204
        self.location = ""
        self.extra = b""
        self.scheme = "https" if tls else "http"
        self.names: list[str | None] = []
        if tls:
            tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}"

    def handle_error(self, *_args: Any) -> None:
        """A caller that hangs up, or trusts nobody, is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = Call(self.path, dict(self.headers), body)
        self.server.calls.append(call)
        self.send_response(self.server.answer(call))
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(self.server.extra)

    def log_message(self, *_args: Any) -> None:
        """Nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Canary:
    """Listens on every address of this machine, and counts who comes."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while not self._closing.is_set():
            try:
                line, _address = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            line.close()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        self._listener.close()
