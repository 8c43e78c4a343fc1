"""What a message looks like on the wire, and which addresses may become a row."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from matchmaking.emails.message import from_header, message_bytes, new_message_id, one_address

WHEN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINK = "<https://partnerships.smart-cities.example.org/unsubscribe/123456:" + "A" * 43 + ">"


def compose(subject: str = "Hello", **headers: str) -> bytes:
    return message_bytes(
        message_id="<1@service.example>",
        recipient="maya@portland.example",
        date=WHEN,
        subject=subject,
        body_text="Guten Tag ’ 您好\n",
        body_html="<p>您好</p>" + "x" * 2000,
        headers=headers,
    )


def parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def test_message_is_the_same_bytes_each_time() -> None:
    assert compose() == compose()


def test_message_has_both_bodies_in_lines_that_every_server_takes() -> None:
    content = compose("武汉市的三项新推荐")
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    message = parse(content)
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (text.get_content_charset(), html.get_content_charset()) == ("utf-8", "utf-8")
    assert text.get_content().splitlines() == ["Guten Tag ’ 您好"]
    assert html.get_content().strip() == "<p>您好</p>" + "x" * 2000


def test_long_unsubscribe_header_stays_one_plain_line() -> None:
    content = compose(**{"List-Unsubscribe": LINK})
    assert f"\r\nList-Unsubscribe: {LINK}\r\n".encode() in b"\r\n" + content


@given(
    st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=200)
)
def test_any_subject_decodes_to_itself(subject: str) -> None:
    content = compose(subject)
    head = content.split(b"\r\n\r\n", 1)[0].decode("ascii")
    words = re.findall(r"=\?utf-8\?b\?[^?]*\?=", head)
    if not subject.isascii():
        assert words
        assert max(len(word) for word in words) <= 75
        raw = re.search(r"^Subject: ([^\r]*(?:\r\n [^\r]*)*)", head, re.MULTILINE)
        assert raw
        assert str(make_header(decode_header(raw.group(1).replace("\r\n", "")))) == subject


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@evil.example", "a\nb", "a\0b", "a\u2028b", "a\x7fb"])
def test_header_with_a_control_character_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        compose(bad)
    with pytest.raises(ValueError, match="control character"):
        compose(**{"Reply-To": bad})


@pytest.mark.parametrize(
    ("language", "name"), [("en", 'Smart "City" Partnerships'), ("zh-hans", "智慧城市伙伴")]
)
def test_sender_is_the_site_in_the_readers_language(settings: Settings, language: str, name: str) -> None:
    settings.SITE_NAME, settings.SITE_NAME_ZH = 'Smart "City" Partnerships', "智慧城市伙伴"
    settings.DEFAULT_FROM_EMAIL = "news@service.example"
    with translation.override(language):
        message = parse(compose(From=from_header()))
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "news@service.example")


def test_message_ids_are_all_different_and_say_nothing(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "news@service.example"
    ids = {new_message_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"<[0-9a-f]{32}@service\.example>", one) for one in ids)


ONE = "Enter one email address."
LATIN = "The part before @ must use Latin letters for now."


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("a@x.org, b@x.org", ONE),
        ("a@x.org; b@x.org", ONE),
        ("a@x.org b@x.org", ONE),
        ("a\r\n@x.org", ONE),
        ("a@x.org\r\nBcc: b@x.org", ONE),
        ("a@x.org\n", ONE),
        ("a@x.org\0", ONE),
        ("a@x.org\u2028", ONE),
        ("a\u2028@x.org", LATIN),
        ("张三@例子.公司", LATIN),
        ("", ONE),
        ("nobody", ONE),
        ("@x.org", ONE),
        ("Maya <a@x.org>", ONE),
        ('"a,b"@x.org', ONE),
        ("a@x.org>", ONE),
        ("a" * 250 + "@x.org", "Email address is too long (limit 254)."),
    ],
)
def test_what_is_not_one_address_is_refused(value: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        one_address(value)
    assert refusal.value.messages == [sentence]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("maya@portland.example", "maya@portland.example"),
        (" maya@portland.example ", "maya@portland.example"),
        ("o'neil+digest@portland.example", "o'neil+digest@portland.example"),
        ("zhang@例子.公司", "zhang@xn--fsqu00a.xn--55qx5d"),
    ],
)
def test_one_address_is_taken(value: str, address: str) -> None:
    assert one_address(value) == address
