"""Every page that links lead to, in both languages, wide and narrow: nothing that axe finds, nothing
untranslated, no sideways scroll, no small print, no long lines, one primary action."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import NewVisitor, read_in

# Pages without a link to them.
UNLINKED = ["/no-such-page/", "/unsubscribe/altered/", "/accounts/password/reset/"]
# The desk and the docs are the packages' pages; mails are shown as they arrive, in their language.
NOT_OURS = re.compile(r"^/(admin|api|static|i18n)/|/html/$|^/accounts/logout/")
WIDTHS = (1280, 390)
AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
HERE = Path(__file__).parent
FINDINGS = (HERE / "findings.js").read_text()
LATIN_WORDS = (HERE / "latin_words.js").read_text()


def pattern_of(path: str) -> str:
    """The path with ids as stars: one page of a kind is looked at."""
    return re.sub(
        r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/mailbox/)[^/]+|(?<=/organization/)(?!tokens|invitations|claim)[^/]+"
        r"|(?<=/directory/)[^/]+|(?<=/alliance/)[^/]+"
        r"|(?<=/areas/)[^/]+|(?<=/topics/)[^/]+",
        "*",
        path,
    )


def walk(page: Page, starts: list[str]) -> list[str]:
    """Every page that links of these pages lead to, one of a kind."""
    waiting, found = deque(starts), {}
    while waiting:
        path = waiting.popleft()
        if pattern_of(path) in found or NOT_OURS.search(path):
            continue
        page.goto(path)
        found[pattern_of(path)] = path
        for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            parts = urlsplit(href)
            if parts.netloc == urlsplit(page.url).netloc:
                waiting.append(parts.path)
    return list(found.values())


def findings(page: Page, path: str, language: str) -> list[str]:
    page.goto(path)
    found = list(page.evaluate(FINDINGS))
    if language == "zh":
        found += [f"untranslated: {run}" for run in page.evaluate(LATIN_WORDS)]
    for violation in Axe().run(page, options=AXE).response["violations"]:
        targets = [node["target"][0] for node in violation["nodes"]][:3]
        found.append(f"axe {violation['id']}: {targets}")
    return [f"{path} ({page.viewport_size['width']}) {one}" for one in found]  # type: ignore[index]


def sign_in_as(page: Page, address: str, language: str) -> None:
    """As one of the demo's visitors, whose language is kept from the last time."""
    page.goto("/demo/sign-in/")
    page.locator(f"button[value='{address}']").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    read_in(page, language)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("who", ["", "us-city-portland@demo.example"], ids=["anybody", "officer"])
def test_every_page_is_as_it_should_be(visitor: NewVisitor, language: str, who: str, dark: bool) -> None:
    found: list[str] = []
    pages: list[str] = []
    for width in WIDTHS:
        page = visitor(language, width=width, dark=dark)
        if who:
            sign_in_as(page, who, language)
        pages = pages or walk(page, ["/", "/recommendations/", "/introductions/", *UNLINKED])
        for path in pages:
            found += findings(page, path, language)
    assert found == []
    assert len(pages) >= (15 if who else 10)
