"""What is too large is refused by its stated length; nothing of it is read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.matchmaking.security.test_errors import Page

pytestmark = pytest.mark.django_db
LIMIT = settings.BODY_MAX_BYTES


class Untouched(io.BytesIO):
    """A body that nobody may read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def post_untouched(visitor: Client, path: str, length: int, language: str = "en") -> tuple[int, str]:
    options: dict[str, Any] = {"CONTENT_LENGTH": str(length), "wsgi.input": Untouched()}
    content_type = "multipart/form-data; boundary=x"
    answer = visitor.post(
        path, b"", content_type=content_type, headers={"accept-language": language}, **options
    )
    return answer.status_code, Page(answer).headline


@pytest.mark.parametrize("path", ["/", "/nowhere", "/admin/", "/i18n/setlang/", "/unsubscribe/broken"])
def test_thirty_megabytes_are_refused_unread_on_every_path(visitor: Client, path: str) -> None:
    assert post_untouched(visitor, path, 30_000_000) == (413, "Upload is too large (limit 10 MB).")


def test_the_refusal_is_told_in_chinese(visitor: Client) -> None:
    assert post_untouched(visitor, "/", LIMIT + 1, "zh-hans") == (413, "上传内容过大（上限 10 MB）。")


def test_the_limit_itself_is_let_through(visitor: Client) -> None:
    answer = visitor.post("/nowhere", b" " * LIMIT, content_type="text/plain")
    assert answer.status_code == 404


def test_a_form_over_the_limit_of_forms_is_refused(visitor: Client) -> None:
    over = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = visitor.post("/i18n/setlang/", f"language={over}", "application/x-www-form-urlencoded")
    assert (answer.status_code, Page(answer).headline) == (413, "Upload is too large (limit 2.5 MB).")


def test_too_many_fields_are_refused(visitor: Client) -> None:
    many = "&".join(f"f{n}=1" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    answer = visitor.post("/i18n/setlang/", many, "application/x-www-form-urlencoded")
    assert (answer.status_code, Page(answer).headline) == (400, "This request cannot be answered.")


def test_a_broken_multipart_body_is_refused(visitor: Client) -> None:
    answer = visitor.post("/i18n/setlang/", b"--x\r\nnonsense", "multipart/form-data; boundary=")
    assert answer.status_code == 400
