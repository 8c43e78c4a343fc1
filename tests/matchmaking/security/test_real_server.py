"""Bodies that are too long or do not say how long they are, sent to the server that production runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.web_server import WebServer, gunicorn


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with gunicorn(os.environ, tmp_path_factory.mktemp("web")) as running:
        yield running


def send(server: WebServer, headers: list[str], body: list[bytes]) -> bytes:
    """The whole answer to a POST whose client sends all of its body, whatever comes back meanwhile."""
    head = "\r\n".join(["POST /nowhere HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""])
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(head.encode())
        with suppress(OSError):  # the server has answered and closed
            for part in body:
                line.sendall(part)
        answer = b""
        with suppress(ConnectionResetError):
            while part := line.recv(65536):
                answer += part
    return answer


@pytest.mark.parametrize("body", [[], [b"x" * 65536] * 458])
def test_thirty_megabytes_are_refused_sent_or_not(server: WebServer, body: list[bytes]) -> None:
    answer = send(server, ["Content-Length: 30000000"], body)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Upload is too large (limit 10 MB)." in answer


def test_a_body_without_a_length_counts_as_empty(server: WebServer) -> None:
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = send(server, ["Transfer-Encoding: chunked"], [*[part] * 458, b"0\r\n\r\n"])
    assert answer.startswith(b"HTTP/1.1 404 ")
