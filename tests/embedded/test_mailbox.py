"""The mailbox: real messages over real SMTP become files."""

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from matchmaking.embedded import EmbeddedError
from matchmaking.embedded.mailbox import Mailbox, mailbox_url
from tests.embedded.test_supervisor import wait_for


def letter(number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Partnerships 合作 <news@site.example>"
    message["To"] = "reader@city.example"
    message["Subject"] = f"为您推荐 {number}"
    message.set_content("Hello.\n.\n.. two dots\n你好\n")
    return message


def post(port: int, message: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
        line.send_message(message, to_addrs=to)


@contextmanager
def served(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "matchmaking.embedded.mailbox", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def port_of(folder: Path) -> int:
    wait_for(lambda: mailbox_url(folder) is not None)
    return int(str(mailbox_url(folder)).rpartition(":")[2])


def test_messages_are_kept_whole_in_order_and_nameless(folder: Path) -> None:
    inbox = folder / "mailbox"
    with served("--folder", inbox):
        for number in range(3):
            post(port_of(inbox), letter(number), to=["reader@city.example", "second@city.example"])
    files = sorted(inbox.iterdir())
    kept = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
    assert [message["Subject"] for message in kept] == ["为您推荐 0", "为您推荐 1", "为您推荐 2"]
    assert kept[0].get_content() == "Hello.\r\n.\r\n.. two dots\r\n你好\r\n"
    assert kept[0]["X-Envelope-From"] == "news@site.example"
    assert kept[0].get_all("X-Envelope-To") == ["reader@city.example", "second@city.example"]
    assert all("reader" not in path.name and path.suffix == ".eml" for path in files)
    assert mailbox_url(inbox) is None


def test_the_port_is_the_same_after_a_restart(folder: Path) -> None:
    inbox = folder / "mailbox"
    with served("--folder", inbox):
        first = port_of(inbox)
    with served("--folder", inbox):
        assert port_of(inbox) == first


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with served("--folder", folder / "mailbox", "--port", str(port)) as process:
            assert process.wait(timeout=20) == 1
            assert process.stderr is not None
            assert process.stderr.read() == (
                f"The mailbox cannot take mail on 127.0.0.1:{port} into {folder / 'mailbox'}: "
                "Address already in use.\n"
            )


def test_within_a_process_and_what_cannot_be_written_is_deferred(folder: Path) -> None:
    with Mailbox(folder / "mailbox") as mailbox:
        assert mailbox_url(folder / "mailbox") == mailbox.url
        post(mailbox.port, letter(1))
        assert len(list((folder / "mailbox").glob("*.eml"))) == 1
        (folder / "mailbox").rename(folder / "moved")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            post(mailbox.port, letter(2))
        assert refused.value.smtp_code == 452
    with pytest.raises(EmbeddedError, match="No such file or directory"):
        Mailbox(folder / "missing" / "mailbox").__enter__()
