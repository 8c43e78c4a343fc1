"""The server cannot be used to reach inside (P36): sixty targets, no connection, one sentence for all."""

from __future__ import annotations

import ast
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from alliances.models import TeamMember
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.services import outbound
from matchmaking.services.outbound import (
    LookupsTakenError,
    NoAnswerError,
    NotReachableError,
    is_public,
    post,
    vetted,
)
from matchmaking.services.webhook_delivery import deliver_for
from matchmaking.services.webhooks import webhook_add
from tests.matchmaking.test_settings import PRODUCTION, manage
from tests.matchmaking.webhooks.scenes import ALL, make_delivery
from tests.matchmaking.webhooks.sink import Canary, Sink, serving

ENGLISH = (
    "This address is not reachable from our service. Give an https:// address with a public host name, "
    "without @ and with no other port than 443."
)
CHINESE = "从我们的服务无法访问此地址。请填写以https://开头、使用公共主机名、不含@且端口只能为443的地址。"
# Names that lead inside, each to one address of a kind; `both` leads to a public one too.
ZONE = {
    "loopback": ["127.0.0.1"],
    "loopback-other": ["127.8.9.10"],
    "this-host": ["0.0.0.0"],
    "private-10": ["10.0.0.5"],
    "private-172": ["172.16.3.4"],
    "private-192": ["192.168.1.1"],
    "link-local": ["169.254.1.1"],
    "metadata": ["169.254.169.254"],
    "carrier": ["100.64.0.1"],
    "alibaba": ["100.100.100.200"],
    "oracle": ["192.0.0.192"],
    "azure": ["168.63.129.16"],
    "relay": ["192.88.99.1"],
    "example-net": ["192.0.2.1"],
    "benchmark": ["198.18.0.1"],
    "multicast": ["224.0.0.1"],
    "reserved": ["240.0.0.1"],
    "broadcast": ["255.255.255.255"],
    "loopback-six": ["::1"],
    "unspecified-six": ["::"],
    "mapped": ["::ffff:127.0.0.1"],
    "mapped-carrier": ["::ffff:100.64.1.1"],
    "compatible": ["::127.0.0.1"],
    "nat64": ["64:ff9b::7f00:1"],
    "nat64-private": ["64:ff9b::a00:5"],
    "nat64-local": ["64:ff9b:1::7f00:1"],
    "six-to-four": ["2002:7f00:1::"],
    "six-to-four-public": ["2002:5db8:d70e::1"],
    "teredo": ["2001:0:7f00:1::"],
    "unique-local": ["fd00:ec2::254"],
    "link-local-six": ["fe80::1"],
    "site-local": ["fec0::1"],
    "multicast-six": ["ff02::1"],
    "documents": ["2001:db8::1"],
    "both": ["93.184.215.14", "127.0.0.1"],
    "both-six": ["2606:4700:4700::1111", "::1"],
    "nowhere": [],
}
# What is no address of a public https host, whatever a resolver says; P stands for the trap's port.
WRITTEN = [
    "https://127.0.0.1:P/",
    "https://localhost:P/",
    "https://localhost.:P/",
    "https://2130706433:P/",
    "https://0x7f000001:P/",
    "https://0177.0.0.1:P/",
    "https://127.1:P/",
    "https://0x7f.1:P/",
    "https://[::1]:P/",
    "https://[::ffff:127.0.0.1]:P/",
    "https://[fe80::1%25lo]:P/",
    "https://１２７.０.０.１:P/",
    "https://①②⑦.0.0.1:P/",
    "https://127。0。0。1:P/",
    "http://public.test.example:P/",
    "http://169.254.169.254/",
    "https://public.test.example:22/",
    "https://public.test.example:8443/",
    "https://public.test.example:99999/",
    "https://maya@public.test.example/",
    "https://public.test.example@127.0.0.1:P/",
    "https://127.0.0.1:P\\@public.test.example/",
    "https://public.test.example#@127.0.0.1:P/",
    "https://public.test.example/?to=maya%40portland.example",
    "ftp://public.test.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:P/_",
    "javascript:alert(1)",
    "//127.0.0.1:P/",
    "https:///hooks",
    "https://public.test.example/\r\nHost: inside",
    "https://public.test.example/a b",
    "https://" + "a" * 64 + ".example/",
    "https://public.test.example/" + "a" * 500,
    "https://[::1/",
    "",
]


@dataclass
class Zone:
    """To what names under test.example lead, and for which of them was asked."""

    known: dict[str, list[str]]
    asked: list[str]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Zone:
    """The resolver of this machine, but for names under test.example."""
    made = Zone({**ZONE, "public": ["93.184.215.14"]}, [])
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        name, _dot, rest = str(host).partition(".")
        if rest != "test.example":
            return real(host, port, *more, **options)
        made.asked.append(name)
        found = made.known.get(name, [])
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return made


def targets(port: int) -> list[str]:
    named = [f"https://{name}.test.example:{port}/hooks" for name in ZONE]
    return named + [one.replace("P", str(port)) for one in WRITTEN]


def sentence(owner: TeamMember, url: str, language: str) -> list[str]:
    with translation.override(language):
        with pytest.raises(ValidationError) as caught:
            webhook_add(owner.organization, url=url, events=ALL, by=owner.user)
        return caught.value.message_dict["url"]


def test_sixty_targets_get_no_connection_and_one_sentence_each(
    owner: TeamMember, canary: Canary, zone: Zone
) -> None:
    found = targets(canary.port)
    assert len(found) >= 60
    assert {url: sentence(owner, url, "en") for url in found} == {url: [ENGLISH] for url in found}
    assert {url: sentence(owner, url, "zh-hans") for url in found} == {url: [CHINESE] for url in found}
    for url in found:
        with pytest.raises(NotReachableError):
            post(url, b"{}", {})
    assert canary.connections == 0
    assert Webhook.objects.count() == 0


def test_without_the_guard_the_trap_is_reached(
    canary: Canary, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: what keeps the calls away is the vetting."""
    monkeypatch.setattr(outbound, "is_public", lambda _address: True)
    for name in ("loopback", "mapped", "loopback-six"):
        with pytest.raises(NoAnswerError):
            post(f"https://{name}.test.example:{canary.port}/", b"{}", {})
    assert canary.connections == 3


def test_a_name_that_leads_inside_only_later_is_a_failed_try(
    owner: TeamMember, canary: Canary, zone: Zone
) -> None:
    url = f"https://public.test.example:{canary.port}/"
    webhook = webhook_add(owner.organization, url=url, events=ALL, by=owner.user).webhook
    zone.known["public"] = ["127.0.0.1"]
    make_delivery(webhook)
    deliver_for(5)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.error, canary.connections) == ("queued", "not_reachable", 0)
    browser = Client()
    browser.force_login(owner.user)
    page = browser.get(f"/organization/webhooks/{webhook.public_id}/").content.decode()
    assert ENGLISH in page


def test_a_name_is_looked_up_once_and_the_call_goes_to_what_was_vetted(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], **_options: Any) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NoAnswerError):
        post("https://public.test.example/hooks", b"{}", {})
    assert (zone.asked, called) == (["public"], [("93.184.215.14", 443)])


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "RESOLVE_SECONDS", 0.1)

    def look_up(*_arguments: Any, **_options: Any) -> list[Any]:
        time.sleep(1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    began = time.monotonic()
    with pytest.raises(NotReachableError):
        vetted("https://slow.test.example/")
    assert time.monotonic() - began < 0.9


def test_a_process_looks_up_two_names_at_once_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is left waiting counts until the resolver is done, though nobody waits for it any more."""
    monkeypatch.setattr(outbound, "RESOLVE_SECONDS", 0.05)
    release, asking = threading.Event(), threading.Semaphore(0)
    with ExitStack() as places:  # once those of other tests are done
        for _place in range(2):
            assert outbound.LOOKUPS.acquire(timeout=5)
            places.callback(outbound.LOOKUPS.release)

    def look_up(*_arguments: Any, **_options: Any) -> Any:
        asking.release()
        release.wait(5)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    for name in ("one", "two"):
        with pytest.raises(NotReachableError):
            vetted(f"https://{name}.test.example/")
    with pytest.raises(LookupsTakenError):
        vetted("https://three.test.example/")
    # What is wrong by itself asks nobody, and deliveries do not wait for people.
    with pytest.raises(NotReachableError):
        vetted("https://127.0.0.1/")
    with pytest.raises(NotReachableError):
        outbound.post("https://four.test.example/", b"", {})
    assert sum(asking.acquire(blocking=False) for _time in range(5)) == 3
    release.set()
    for _time in range(100):
        with suppress(LookupsTakenError):
            assert vetted("https://three.test.example/") == "https://three.test.example/"
            return
        time.sleep(0.02)
    pytest.fail("the lookups were never given back")


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("https://public.test.example", "https://public.test.example/"),
        ("HTTPS://Public.Test.Example:443/a?b=1", "https://public.test.example/a?b=1"),
        ("https://public.test.example/春", "https://public.test.example/%E6%98%A5"),
    ],
)
def test_a_public_address_is_kept_in_its_plain_form(zone: Zone, given: str, plain: str) -> None:
    assert vetted(given) == plain


def test_a_chinese_name_is_kept_in_its_ascii_form(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: answer)
    assert vetted("https://例子.公司/钩") == "https://xn--fsqu00a.xn--55qx5d/%E9%92%A9"


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "2606:4700:4700::1111",
        "::ffff:93.184.215.14",
        "64:ff9b::5db8:d70e",
    ],
)
def test_public_addresses_are_public_also_wrapped(address: str) -> None:
    assert is_public(address)


def test_every_inner_address_of_the_zone_is_not() -> None:
    inside = [one for name, found in ZONE.items() if not name.startswith("both") for one in found]
    assert [one for one in inside if is_public(one)] == []
    assert not is_public("no address")


# --- TLS: the name is in the certificate, whichever address is called -----------------------------


def certificate(folder: Path, name: str) -> Path:
    """A certificate of its own authority, with its key, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def secure(tmp_path: Path, settings: Settings) -> Iterator[Callable[[str], Sink]]:
    """Starts a receiver over https whose certificate is of this name."""
    running: list[Any] = []

    def start(name: str) -> Sink:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(tmp_path, name))
        server = Sink(context)
        settings.WEBHOOK_TEST_RECEIVERS = [server.origin]
        serve = serving(server)
        serve.__enter__()
        running.append(serve)
        return server

    yield start
    for serve in running:
        serve.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("name", "trusted", "arrives"),
    [("localhost", True, True), ("localhost", False, False), ("elsewhere", True, False)],
)
def test_only_a_trusted_certificate_of_the_name_is_spoken_to(
    secure: Callable[[str], Sink],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    trusted: bool,
    arrives: bool,
) -> None:
    server = secure(name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / f"{name}.pem"))
    if arrives:
        assert post(f"{server.origin}/hooks", b"{}", {}) == 204
    else:
        with pytest.raises(NoAnswerError):
            post(f"{server.origin}/hooks", b"{}", {})
    assert (len(server.calls), set(server.names)) == (int(arrives), {"localhost"})


# --- Answers that are none -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 200\r\n\r\n", 200),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", 202),
        (b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.0 500 x\r\n\r\n", 500),
        (b"", None),
        (b"SSH-2.0-OpenSSH_9.2\r\n", None),
        (b"HTTP/1.1 2000 x\r\n", None),
        (b"x" * 2000, None),
        (b"HTTP/1.1 103 Early Hints\r\n" + b"a: b\r\n" * 300 + b"\r\nHTTP/1.1 200 x\r\n", None),
    ],
)
def test_the_first_line_of_an_answer_is_what_counts(
    settings: Settings, said: bytes, status: int | None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings.WEBHOOK_TEST_RECEIVERS = [origin]

        def answer() -> None:
            line, _address = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(said)

        serving_one = Thread(target=answer, daemon=True)
        serving_one.start()
        if status is None:
            with pytest.raises(NoAnswerError):
                post(f"{origin}/", b"{}", {})
        else:
            assert post(f"{origin}/", b"{}", {}) == status
        serving_one.join(5)


# --- The settings, and no other way out ----------------------------------------------------------


def test_a_test_receiver_is_its_whole_origin_and_nothing_near_it(sink: Sink) -> None:
    port = sink.server_port
    assert vetted(f"http://localhost:{port}/a") == f"http://localhost:{port}/a"
    for near in (f"http://127.0.0.1:{port}/", f"https://localhost:{port}/", "http://localhost/"):
        with pytest.raises(NotReachableError):
            vetted(near)


def test_test_receivers_go_with_a_demo_only() -> None:
    outcome = manage("check", **PRODUCTION, WEBHOOK_TEST_RECEIVERS="http://localhost:9099")
    assert ImproperlyConfigured.__name__ in outcome.stderr
    assert "WEBHOOK_TEST_RECEIVERS opens this network" in outcome.stderr
    assert (
        manage("check", **PRODUCTION, DEMO="1", WEBHOOK_TEST_RECEIVERS="http://localhost:9099").returncode
        == 0
    )


CLIENTS = ("aiohttp", "http.client", "httpx", "requests", "urllib.request", "urllib3")


def test_nothing_else_calls_out() -> None:
    found = []
    for package in ("alliances", "matchmaking"):
        for path in (django_settings.BASE_DIR / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names = [f"{node.module}.{one.name}" for one in node.names]
                found += [f"{path.name}: {name}" for name in names if name.startswith(CLIENTS)]
    assert found == []
