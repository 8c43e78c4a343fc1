"""A mailbox for machines without one: takes mail over real SMTP on 127.0.0.1, keeps each as an `.eml` file.

`python -m matchmaking.embedded.mailbox --folder DIR [--port N]` serves until it is stopped.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import socket
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from matchmaking.embedded.processes import (
    EmbeddedError,
    as_identity,
    identity,
    is_alive,
    read_json,
    write_json,
)

HOST = "127.0.0.1"
MAX_BYTES = 33_554_432


class Keeper:
    """Writes each message it is handed to the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        # The method's name is aiosmtpd's.
        content = envelope.original_content or b""
        head = "".join(
            f"{name}: {value}\r\n"
            for name, value in [
                ("X-Envelope-From", envelope.mail_from or ""),
                *(("X-Envelope-To", recipient) for recipient in envelope.rcpt_tos),
            ]
        )
        # By time, then at random: a list of the folder is in order and names nobody.
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        part = self.folder / f".{name}"
        try:
            part.write_bytes(head.encode("utf-8", "replace") + content)
            part.replace(self.folder / name)
        except OSError as error:
            part.unlink(missing_ok=True)
            return f"452 4.3.1 The mailbox cannot be written: {error.strerror}"
        return f"250 2.0.0 kept as {name}"


class Mailbox:
    """The mailbox served by a thread of this process, from entering to leaving the `with` block.

    `port=0` takes the port this folder had last, or a free one where it is taken. Where it listens stands in
    `FOLDER.json` beside the folder meanwhile. Raises EmbeddedError.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder.absolute()
        self.port = port
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            line = self._listen()
        except OSError as error:
            raise EmbeddedError(
                f"The mailbox cannot take mail on {HOST}:{self.port or 'any port'} into {self.folder}: "
                f"{os.strerror(error.errno or 0)}."
            ) from error
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailbox", daemon=True)
        self.port = line.getsockname()[1]
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(line), self._loop).result()
        process = identity(os.getpid())
        write_json(_notice(self.folder), {"port": self.port, **(asdict(process) if process else {})})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        write_json(_notice(self.folder), {"port": self.port})
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _listen(self) -> socket.socket:
        if self.port:
            return socket.create_server((HOST, self.port))
        last = read_json(_notice(self.folder)).get("port")
        if isinstance(last, int):
            with contextlib.suppress(OSError):
                return socket.create_server((HOST, last))
        return socket.create_server((HOST, 0))

    async def _serve(self, line: socket.socket) -> None:
        def conversation() -> SMTP:
            return SMTP(
                Keeper(self.folder),
                hostname="localhost",
                ident="mailbox",
                enable_SMTPUTF8=True,
                data_size_limit=MAX_BYTES,
                loop=self._loop,
            )

        self._server = await self._loop.create_server(conversation, sock=line)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


def _notice(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.json")


def mailbox_url(folder: Path) -> str | None:
    """Where the mailbox of this folder listens now; None where none does."""
    content = read_json(_notice(folder.absolute()))
    port = content.get("port")
    return f"smtp://{HOST}:{port}" if is_alive(as_identity(content)) and isinstance(port, int) else None


def main() -> None:
    parser = argparse.ArgumentParser(description="A local mailbox of .eml files, filled over SMTP.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0: the last one, or a free one")
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        with Mailbox(arguments.folder, arguments.port):
            ended.wait()
    except EmbeddedError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
