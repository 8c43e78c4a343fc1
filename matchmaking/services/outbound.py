"""The one door for calls to addresses that people gave: none of them reaches anything that is not public.

A name is resolved once, every address that it has is vetted, and the call goes to a vetted address itself,
with the name in TLS and in Host: a name that resolves otherwise a moment later changes nothing. No redirect
is followed, no proxy of the environment is used, and of the answer its status alone is read.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import BoundedSemaphore, Thread
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri, punycode

from matchmaking.models.webhook import URL_LENGTH

# A whole call, from the question for the name to the answer's first line; of it the name and each of its
# addresses at most so much.
CALL_SECONDS = 8.0
RESOLVE_SECONDS = CONNECT_SECONDS = 3.0
# Names that are looked up at once while somebody waits for a page: each keeps a thread of the server busy.
LOOKUPS = BoundedSemaphore(2)
# All that is ever read of an answer.
ANSWER_BYTES = 1024
# A name of at least two parts, the last of which begins with a letter: no spelling of an IP address is one.
NAME = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z][a-z0-9-]{0,62}(?<!-)")
# Spaces and what cannot be seen, other slashes, parts of pages, and users, whose names a call would carry.
UNWANTED = re.compile(r"[\x00-\x20\x7f\\#@]|%40")
PRINTED = re.compile(r"[!-~]+")
# The first line of the answer, after whatever is said before it (1xx).
STATUS = re.compile(rb"(?:\A|\r\n\r\n)HTTP/1\.[01] ([2-5]\d\d)[ \r\n]")
NAT64 = ip_network("64:ff9b::/96")
GLOBAL_UNICAST = ip_network("2000::/3")
# What counts as public by some reading and may lead inside: shared addresses of carriers, protocol
# assignments, the host of a cloud, examples, and two ways of wrapping IPv4 by which nobody serves any more,
# 6to4 (with its relays) and Teredo.
NEVER = [
    ip_network(one)
    for one in (
        *("100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32", "3fff::/20"),
        *("192.88.99.0/24", "2002::/16", "2001::/32"),
    )
]


class NotReachableError(Exception):
    """Nothing is sent there: the address is not one of the open internet, or has no meaning."""


class NoAnswerError(Exception):
    """No connection, no valid certificate, or no answer in time."""


class LookupsTakenError(Exception):
    """As many names are being looked up for people as a process may; a moment later there is room."""


class Target(NamedTuple):
    """Where a call goes. `trusted` is a test receiver, which the settings name."""

    scheme: str
    host: str
    port: int
    path: str
    trusted: bool

    @property
    def authority(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        return self.host if self.port == usual else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def vetted(url: str) -> str:
    """The address in its plain form, once its name leads to public addresses alone.

    Raises:
        NotReachableError: for every other.
        LookupsTakenError: nothing was looked up.
    """
    target = _target(url)
    if not LOOKUPS.acquire(blocking=False):
        raise LookupsTakenError
    _addresses(target, afterwards=LOOKUPS.release)
    return target.url


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send it once, and return the answer's status.

    Raises:
        NotReachableError: nothing was sent.
        NoAnswerError: whether it arrived is not known.
    """
    deadline = time.monotonic() + CALL_SECONDS
    target = _target(url)
    addresses = _addresses(target)
    sent = {"Host": target.authority, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    try:
        with _connected(target, addresses, deadline) as line:
            line.settimeout(_left(deadline))
            line.sendall("\r\n".join(lines).encode("ascii") + body)
            return _status(line, deadline)
    except (OSError, ValueError) as error:
        raise NoAnswerError(type(error).__name__) from error


# --- Which address -------------------------------------------------------------------------------


def _target(url: str) -> Target:
    try:
        if len(url) > URL_LENGTH or UNWANTED.search(url):
            raise NotReachableError
        parts = urlsplit(url)
        host = punycode(parts.hostname or "")
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, LookupError, UnicodeError) as error:
        raise NotReachableError from error
    path = iri_to_uri(parts._replace(scheme="", netloc="", path=parts.path or "/").geturl())
    trusted = f"{parts.scheme}://{parts.netloc}" in settings.WEBHOOK_TEST_RECEIVERS
    target = Target(parts.scheme, host, port, path, trusted)
    if not (trusted or _may_be_called(target)) or not PRINTED.fullmatch(target.url):
        raise NotReachableError
    return target


def _may_be_called(target: Target) -> bool:
    return (
        target.scheme == "https"
        and target.port in settings.WEBHOOK_PORTS
        and len(target.host) <= 253
        and NAME.fullmatch(target.host) is not None
    )


def _addresses(target: Target, afterwards: Callable[[], None] = lambda: None) -> list[str]:
    """What the name leads to, which must all be public."""
    found = _resolved(target, afterwards)
    if not found or not (target.trusted or all(is_public(one) for one in found)):
        raise NotReachableError
    return found


def _resolved(target: Target, afterwards: Callable[[], None]) -> list[str]:
    """Asked for once and in a thread of its own: the system's resolver knows no limit of time.

    `afterwards` is done when the thread ends, however long after that is.
    """
    found: list[str] = []

    def ask() -> None:
        try:
            with suppress(OSError, UnicodeError):
                for *_rest, address in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM):
                    found.append(str(address[0]))
        finally:
            afterwards()

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(RESOLVE_SECONDS)
    return list(dict.fromkeys(found))


def is_public(address: str) -> bool:
    """Whether it is one machine's address on the open internet, also once what it wraps is unwrapped."""
    try:
        found = _unwrapped(ip_address(address))
    except ValueError:
        return False
    return (
        found.is_global
        and not found.is_multicast
        and (found.version == 4 or found in GLOBAL_UNICAST)
        and not any(found in network for network in NEVER)
    )


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address to which a gateway hands on what is sent to it, where it stands for one."""
    if isinstance(address, IPv6Address) and address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return getattr(address, "ipv4_mapped", None) or address


# --- The call ------------------------------------------------------------------------------------


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(target: Target, addresses: list[str], deadline: float) -> socket.socket:
    """A line to the first of the addresses that takes it; the name is in the certificate."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return _connect(target, address, deadline)
    return _connect(target, addresses[-1], deadline)


def _connect(target: Target, address: str, deadline: float) -> socket.socket:
    seconds = min(CONNECT_SECONDS, _left(deadline))
    line = socket.create_connection((address, target.port), timeout=seconds)
    if target.scheme == "http":
        return line
    try:
        return ssl.create_default_context().wrap_socket(line, server_hostname=target.host)
    except BaseException:
        line.close()
        raise


def _status(line: socket.socket, deadline: float) -> int:
    read = b""
    while len(read) < ANSWER_BYTES:
        line.settimeout(_left(deadline))
        part = line.recv(ANSWER_BYTES - len(read))
        if not part:
            break
        read += part
        if found := STATUS.search(read):
            return int(found[1])
    raise ConnectionError
