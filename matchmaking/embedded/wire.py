"""Just enough of PostgreSQL's and Redis's protocols to ask over a Unix socket whether a server is ready."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

SUPERUSER = "postgres"
TIMEOUT_SECONDS = 5.0


class RefusedError(Exception):
    """The server answered with an error; `code` is its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _connect(path: Path) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(TIMEOUT_SECONDS)
    try:
        line.connect(str(path))
    except OSError:
        line.close()
        raise
    return line


def redis_answers(path: Path) -> bool:
    """Whether a Redis or Valkey server at this socket takes commands (false while it loads its data)."""
    try:
        with _connect(path) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def postgres_answers(path: Path) -> bool:
    """Whether a PostgreSQL server at this socket lets us in (false while it starts or recovers)."""
    try:
        postgres_query(path, "SELECT 1")
    except (OSError, RefusedError):
        return False
    return True


def postgres_query(path: Path, sql: str, database: str = "postgres") -> int:
    """Runs one statement and returns how many rows came back. Raises RefusedError, OSError."""
    rows = 0
    with _connect(path) as line:
        parameters = f"user\0{SUPERUSER}\0database\0{database}\0\0".encode()
        line.sendall(struct.pack("!ii", 8 + len(parameters), 196608) + parameters)
        asked = False
        for kind, body in _messages(line):
            if kind == b"E":
                fields = {part[:1]: part[1:].decode() for part in body.split(b"\0") if part}
                raise RefusedError(fields.get(b"C", ""), fields.get(b"M", ""))
            if kind == b"R" and body != struct.pack("!i", 0):
                raise RefusedError("28000", "The server asks for a password.")
            if kind == b"D":
                rows += 1
            if kind == b"Z" and asked:
                line.sendall(struct.pack("!ci", b"X", 4))
                return rows
            if kind == b"Z":
                asked = True
                query = sql.encode() + b"\0"
                line.sendall(struct.pack("!ci", b"Q", 4 + len(query)) + query)
    raise ConnectionResetError


def _messages(line: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    with line.makefile("rb") as reader:
        while head := reader.read(5):
            if len(head) < 5:
                return
            kind, length = struct.unpack("!ci", head)
            yield kind, reader.read(length - 4)
