"""A receiver of webhooks to try out: it checks every call, answers it and prints the event."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matchmaking.services.webhook_check import is_genuine

LARGEST = 64 * 1024


class Receiver(ThreadingHTTPServer):
    """Listens on this machine. `say` gets a line for every call."""

    daemon_threads = True

    def __init__(self, port: int, secret: str, say: Callable[[str], object]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret, self.say = secret, say
        self.seen: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    """204 to what is genuine, 401 to what is not."""

    server: Receiver
    timeout = 10

    def do_POST(self) -> None:
        try:
            body = self.rfile.read(min(int(self.headers["Content-Length"]), LARGEST))
            genuine = is_genuine(self.server.secret, self.headers, body)  # type: ignore[arg-type]
        except (AttributeError, TypeError, ValueError):  # a header is missing, or no number
            genuine = False
        self.server.say(self._line(body) if genuine else "refused: the signature does not fit")
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def _line(self, body: bytes) -> str:
        told = json.loads(body)
        # The same event may come again: what it asks for is to be done once.
        again = " (again)" if told["id"] in self.server.seen else ""
        self.server.seen.add(told["id"])
        return f"{told['event']}{again} {told['organization']} {json.dumps(told['data'])}"

    def log_message(self, *_args: Any) -> None:
        """The lines of `say` are enough."""


class Command(BaseCommand):
    help = (
        "Receive webhooks on this machine, check and print them. The secret comes from WEBHOOK_SECRET. The "
        "service calls it where WEBHOOK_TEST_RECEIVERS names its address, like http://localhost:9099."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9099, help="where to listen (9099)")

    def handle(self, *_args: Any, **options: Any) -> None:
        secret = os.environ.get("WEBHOOK_SECRET", "")
        if not secret:
            raise CommandError("Set WEBHOOK_SECRET to the secret that the webhook's page showed.")
        with Receiver(options["port"], secret, self.stdout.write) as receiver:
            self.stdout.write(f"Listening on http://localhost:{receiver.server_port} until Ctrl-C")
            try:
                receiver.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("")
