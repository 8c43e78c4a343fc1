"""The demo's mailbox: what is listed, what is shown, what a message may do, and that only a demo has it."""

from __future__ import annotations

import os
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from matchmaking.embedded.letters import SHOWN_BYTES, read_letter
from matchmaking.enums import EmailKind, MailClass
from matchmaking.models import OutboxEmail

pytestmark = pytest.mark.django_db
HTML = (
    "<!doctype html><html><head><title>x</title></head>"
    '<body><header>Hi</header><a href="/x">x</a></body></html>'
)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """The site's mailbox, empty."""
    place = tmp_path / "mailbox"
    place.mkdir()
    settings.MAILBOX_FOLDER = str(place)
    return place


def name_of(number: int) -> str:
    return f"20261124T034757.{number:06}Z-0123abcd"


def keep(folder: Path, number: int, content: bytes, to: str = "reader@city.example") -> str:
    """A file as the mailbox writes it; gives its name."""
    head = f"X-Envelope-From: news@site.example\r\nX-Envelope-To: {to}\r\n"
    (folder / f"{name_of(number)}.eml").write_bytes(head.encode() + content)
    return name_of(number)


def letter(number: int = 1, html: str = HTML) -> bytes:
    message = EmailMessage()
    message["From"] = "Partnerships 合作 <news@site.example>"
    message["To"] = "reader@city.example"
    message["Subject"] = f"为您推荐 {number}"
    message["Message-ID"] = f"<{number}@site.example>"
    message["List-Unsubscribe"] = "<https://site.example/unsubscribe/1>"
    message.set_content(f"您好 {number}\n")
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = "zh-Hans"
    return message.as_bytes()


def subjects(client: Client, address: str = "/mailbox/") -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [letter.subject for letter, _kind in answer.context["rows"]]


def test_an_empty_mailbox_says_so(client: Client, folder: Path) -> None:
    assert "No message yet." in client.get("/mailbox/").content.decode()


def test_the_newest_stands_first_and_a_page_holds_25(client: Client, folder: Path) -> None:
    for number in range(30):
        keep(folder, number, letter(number))
    assert subjects(client) == [f"为您推荐 {number}" for number in range(29, 4, -1)]
    assert subjects(client, "/mailbox/?page=2") == [f"为您推荐 {number}" for number in range(4, -1, -1)]
    assert subjects(client, "/mailbox/?page=nonsense") == subjects(client)


def test_only_the_messages_of_the_page_are_opened(client: Client, folder: Path) -> None:
    for number in range(200):
        keep(folder, number, letter(number))
    opened: list[str] = []
    watched = [str(folder)]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and watched and str(arguments[0]).startswith(watched[0]):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)  # it cannot be taken away, so it is told to watch nothing
    client.get("/mailbox/?page=2")
    watched.clear()
    assert sorted(opened) == [str(folder / f"{name_of(number)}.eml") for number in range(150, 175)]


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_costs_one_query(
    client: Client, folder: Path, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        keep(folder, place, letter(place))
    with django_assert_num_queries(1):
        client.get("/mailbox/")


def test_a_search_finds_addresses_by_any_part_in_any_case(client: Client, folder: Path) -> None:
    keep(folder, 1, letter(1), to="us-portland@demo.example")
    keep(folder, 2, letter(2), to="cn-tianjin@demo.example")
    assert subjects(client, "/mailbox/?q=PORTLAND") == ["为您推荐 1"]
    assert subjects(client, "/mailbox/?q=demo.example") == ["为您推荐 2", "为您推荐 1"]
    assert subjects(client, "/mailbox/?q=wuhan") == []
    assert "No message was sent to such an address." in client.get("/mailbox/?q=wuhan").content.decode()


def test_the_kind_is_what_the_outbox_says(client: Client, folder: Path) -> None:
    keep(folder, 1, letter(1))
    keep(folder, 2, letter(2))
    OutboxEmail.objects.create(
        kind=EmailKind.DIGEST,
        mail_class=MailClass.BULK,
        slot="2026-W48",
        message_id="<1@site.example>",
        recipient="reader@city.example",
        language="zh-hans",
    )
    rows = client.get("/mailbox/").context["rows"]
    assert [str(kind) for _letter, kind in rows] == ["None", "Digest"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_message_shows_headers_text_and_a_frame(client: Client, folder: Path, language: str) -> None:
    name = keep(folder, 1, letter())
    answer = client.get(f"/mailbox/{name}/", headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.context["headers"] == [
        ("From", "Partnerships 合作 <news@site.example>"),
        ("To", "reader@city.example"),
        ("Message-ID", "<1@site.example>"),
        ("Content-Language", "zh-Hans"),
        ("List-Unsubscribe", "<https://site.example/unsubscribe/1>"),
    ]
    assert '<h1 lang="zh-Hans">为您推荐 1</h1>' in page
    assert "您好 1\n" in page
    assert (
        f'src="/mailbox/{name}/html/" sandbox="allow-popups allow-top-navigation-by-user-activation"' in page
    )


def test_the_html_of_a_message_can_do_nothing_but_lead_elsewhere(client: Client, folder: Path) -> None:
    hostile = HTML.replace("<body>", "<body><script>alert(1)</script>")
    name = keep(folder, 1, letter(html=hostile))
    answer = client.get(f"/mailbox/{name}/html/")
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation"
    )
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer.content.decode().strip() == hostile.replace("<head>", '<head><base target="_top">')
    assert "<script>alert(1)" not in client.get(f"/mailbox/{name}/").content.decode()


def test_html_without_a_head_gets_its_target_too(client: Client, folder: Path) -> None:
    name = keep(folder, 1, letter(html="<header>Hi</header>"))
    html = client.get(f"/mailbox/{name}/html/").content.decode()
    assert html.strip() == '<base target="_top"><header>Hi</header>'


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth) for depth in range(3000)
)


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        (b"", ""),
        (b"\x00\xff\xfe rubbish \x80\r\n" * 50, ""),
        (b"Subject: =?no-such-charset?b?5Lqs?=\r\n\r\nhi", "=?no-such-charset?b?5Lqs?="),
        (b"Subject: =?utf-8?b?5Lq?=\r\n\r\nhi", "=?utf-8?b?5Lq?="),
        (b"Subject: raw \xe5\xa4\xa9\r\n\r\nhi", "raw \ufffd\ufffd\ufffd"),
        (b"Subject: folded\r\n over lines\r\n\r\nhi", "folded over lines"),
        (b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhi", "x"),
        (b"Subject: x\r\nContent-Type: text/plain; charset=\x00\r\n\r\nhi", "x"),
        (b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!", "x"),
        (b"Subject: nested\r\n" + NESTED, "nested"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_broken_message_is_a_row_and_a_page(
    client: Client, folder: Path, content: bytes, subject: str, language: str
) -> None:
    name = keep(folder, 1, content)
    assert subjects(client) == [subject]
    for address in (f"/mailbox/{name}/", f"/mailbox/{name}/html/"):
        assert client.get(address, headers={"accept-language": language}).status_code == 200


def test_a_huge_message_is_listed_and_named_too_large(client: Client, folder: Path) -> None:
    name = keep(folder, 1, letter() + b"x" * SHOWN_BYTES)
    assert subjects(client) == ["为您推荐 1"]
    assert "This message is too large to be shown here." in client.get(f"/mailbox/{name}/").content.decode()
    assert client.get(f"/mailbox/{name}/html/").content == b'<base target="_top">'


@pytest.mark.parametrize(
    "name", ["secret", "..", "../secret", "../mailbox/secret", "/etc/passwd", f"{name_of(1)}/../../secret"]
)
def test_nothing_but_kept_messages_is_read(client: Client, folder: Path, name: str) -> None:
    keep(folder, 1, letter())
    for place in (folder, folder.parent):
        (place / "secret.eml").write_bytes(letter(99))
    assert subjects(client) == ["为您推荐 1"]
    assert read_letter(folder, name) is None
    for written in (name, name.replace("/", "%2F").replace(".", "%2e")):
        for address in (f"/mailbox/{written}/", f"/mailbox/{written}/html/"):
            assert client.get(address).status_code == 404


PAGES = ["/mailbox/", f"/mailbox/{name_of(1)}/", f"/mailbox/{name_of(1)}/html/"]


@pytest.mark.parametrize("address", PAGES)
def test_without_a_demo_or_a_folder_there_is_no_mailbox(
    client: Client, folder: Path, settings: Settings, address: str
) -> None:
    keep(folder, 1, letter())
    assert client.get(address).status_code == 200
    for changed in ({"DEMO": False}, {"MAILBOX_FOLDER": ""}, {"MAILBOX_FOLDER": str(folder / "missing")}):
        kept = {name: getattr(settings, name) for name in changed}
        for name, value in changed.items():
            setattr(settings, name, value)
        assert client.get(address).status_code == 404
        for name, value in kept.items():
            setattr(settings, name, value)


def test_outside_of_a_demo_its_addresses_do_not_even_exist() -> None:
    asked = [*PAGES, "/demo/sign-in/"]
    code = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        f"for address in {asked!r}:\n"
        "    try:\n"
        "        print(resolve(address).view_name)\n"
        "    except Resolver404:\n"
        "        print('none')\n"
    )
    answers = {
        demo: subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "DEMO": demo},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for demo in ("1", "0")
    }
    assert answers == {
        "1": ["portal:mailbox", "portal:mailbox_message", "portal:mailbox_html", "portal:demo_sign_in"],
        "0": ["none"] * 4,
    }


def test_the_banner_leads_to_the_mailbox_where_there_is_one(
    client: Client, folder: Path, settings: Settings
) -> None:
    link = '<a class="underline" href="/mailbox/">Mailbox</a>'
    assert link in client.get("/demo/sign-in/").content.decode()
    settings.MAILBOX_FOLDER = ""
    assert link not in client.get("/demo/sign-in/").content.decode()
