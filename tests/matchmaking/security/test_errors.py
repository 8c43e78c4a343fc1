"""Error pages: both languages, a way back, nothing of the request, and no need of anything behind them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user
from tests.matchmaking.security.conftest import SecureClient

# Without the mark `django_db` every query is an error: these pages ask for none.
pytestmark = pytest.mark.urls("tests.matchmaking.security.urls")

PAGES = {
    "/fails/bad": (400, "This request cannot be answered.", "无法处理此请求。"),
    "/fails/forbidden": (403, "This is not open to you.", "您无权进行此操作。"),
    "/nowhere": (404, "There is no such page.", "没有这个页面。"),
    "/fails/gone": (410, "This link has expired.", "此链接已过期。"),
    "/fails/hurried": (429, "Too many attempts.", "尝试次数过多。"),
    "/fails/broken": (500, "Something went wrong on our side.", "服务出现故障。"),
}
REQUEST_ID = re.compile(r"<code>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}</code>")


class Page(HTMLParser):
    """The headline, the language and the links of a page."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.language = self.headline = ""
        self.links: list[str | None] = []
        self._inside = ""
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "html":
            self.language = dict(attrs)["lang"] or ""
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        if self._inside == "h1" and data.strip():
            self.headline = data


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", PAGES)
def test_a_failure_is_told_in_the_reader_s_language(visitor: Client, path: str, language: str) -> None:
    status, english, chinese = PAGES[path]
    answer = visitor.get(path, headers={"accept-language": language})
    page = Page(answer)
    assert answer.status_code == status
    assert (page.language, page.headline) == (("en", english) if language == "en" else ("zh-Hans", chinese))
    assert "/" in page.links
    assert "secret" not in answer.content.decode()
    assert bool(REQUEST_ID.search(answer.content.decode())) is (status != 404)


def test_an_expired_link_leads_to_the_sign_in(visitor: Client) -> None:
    assert "/accounts/login/" in Page(visitor.get("/fails/gone")).links


def test_a_stale_form_says_that_nothing_was_saved(visitor: Client) -> None:
    answer = SecureClient(enforce_csrf_checks=True).post("/i18n/setlang/", {"language": "zh-hans"})
    assert (answer.status_code, Page(answer).headline) == (403, "This form is no longer valid.")
    assert "Nothing was saved." in answer.content.decode()


def test_a_foreign_host_is_refused_in_the_reader_s_language(visitor: Client) -> None:
    answer = visitor.get("/", headers={"host": "evil.example", "accept-language": "zh-hans"})
    assert (answer.status_code, Page(answer).headline) == (400, "无法处理此请求。")
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/join/%00/", "/register/?q=a%00", "/admin/?q=%00", "/admin/%00/"])
def test_a_nul_in_the_address_of_a_page_is_refused(visitor: Client, path: str) -> None:
    for language, headline in (("en", PAGES["/fails/bad"][1]), ("zh-hans", PAGES["/fails/bad"][2])):
        answer = visitor.get(path, headers={"accept-language": language})
        assert (answer.status_code, Page(answer).headline) == (400, headline)


def test_missing_pages_are_equal_byte_by_byte(visitor: Client) -> None:
    paths = ("/nowhere", "/recommendations/none", "/introductions/%3Cscript%3E/", "/health/")
    answers = {visitor.get(path).content for path in paths}
    assert len(answers) == 1


@pytest.mark.django_db
def test_missing_pages_do_not_depend_on_the_reader(visitor: Client) -> None:
    nobody = visitor.get("/nowhere").content
    visitor.force_login(make_user())
    assert visitor.get("/nowhere").content == nobody


MEMBERS = {"type", "title", "status", "detail", "code", "message", "field", "request_id"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/fails/bad", 400, "bad_request"),
        ("/api/fails/forbidden", 403, "forbidden"),
        ("/api/nowhere", 404, "not_found"),
        ("/api/fails/hurried", 429, "too_many_requests"),
        ("/api/fails/broken", 500, "server_error"),
    ],
)
def test_the_api_fails_in_one_shape(visitor: Client, path: str, status: int, code: str) -> None:
    answer = visitor.get(path)
    said = answer.json()
    assert (answer.status_code, said["code"], said["field"]) == (status, code, None)
    assert set(said) == MEMBERS
    assert (said["type"], said["status"], said["detail"]) == ("about:blank", status, said["message"])
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Request-Id"] != ""
    assert answer["X-Request-Id"] == said["request_id"] or status == 404
    assert bool(said["request_id"]) is (status != 404)
