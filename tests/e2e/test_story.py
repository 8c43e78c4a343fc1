"""The whole story, once a language: a mail comes, its reader signs in, reads and answers; so does the other
side; both are introduced and see each other's contacts; a reader has enough of the mails."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewVisitor, read_in

US, CN = "us-city-portland@demo.example", "cn-city-tianjin@demo.example"


@dataclass(frozen=True)
class Words:
    """What the buttons and headings read in one language."""

    interested: str
    they_are: str
    whom: str
    introductions: str
    stop: str
    stopped: str
    digest: str
    introduction: str


WORDS = {
    "en": Words(
        interested="I am interested",
        they_are="has said that they are interested",
        whom="Who to write to",
        introductions="Introductions",
        stop="Stop the digest",
        stopped="You are unsubscribed.",
        digest="recommendations for",
        introduction="An introduction for",
    ),
    "zh": Words(
        interested="我方有意向",
        they_are="已表示有意向",
        whom="联系人",
        introductions="引荐",
        stop="停止",
        stopped="您已退订。",
        digest="推荐",
        introduction="引荐",
    ),
}


def mail_to(page: Page, address: str, subject: str, holding: str = "") -> str:
    """The text of the newest message to this address with these words, once it has come; opened."""
    for _attempt in range(60):
        page.goto(f"/mailbox/?q={address}")
        link = page.locator("main table a", has_text=subject).first
        if link.count():
            link.click()
            text = page.locator("pre").inner_text()
            if holding in text:
                return text
        time.sleep(0.5)
    raise AssertionError(f"No mail to {address} with {subject!r} and {holding!r}.")


def sign_in(page: Page, address: str, language: str) -> None:
    """With the code from the mail, from wherever the sign-in page has come up."""
    earlier = mails_to(page, address)
    page.locator("main input[type=email]").first.fill(address)
    page.locator("main form button.btn--primary").first.click()
    field = page.locator("main input[name=code]")
    expect(field).to_be_visible()
    field.fill(new_code(page, address, earlier))
    page.locator("main form button.btn--primary").first.click()
    # The page of the code has a way to sign out as well: what is left at once is never signed in.
    expect(page).not_to_have_url(re.compile("/accounts/login/"))
    expect(page.locator("form[action*=logout], a[href*=logout]").first).to_be_attached()
    read_in(page, language)


def mails_to(page: Page, address: str) -> list[str]:
    """The addresses of the messages to somebody, newest first; the page itself stays where it is."""
    mailbox = page.context.new_page()
    mailbox.goto(f"/mailbox/?q={address}")
    found = [link.get_attribute("href") or "" for link in mailbox.locator("main table a").all()]
    mailbox.close()
    return found


def new_code(page: Page, address: str, earlier: list[str]) -> str:
    """The code in a mail that was not among the earlier ones, whose codes are worth nothing any more."""
    mailbox = page.context.new_page()
    for _attempt in range(60):
        for mail in mails_to(page, address):
            if mail in earlier:
                break
            mailbox.goto(mail)
            text = mailbox.locator("pre").inner_text()
            if found := re.search(r"^\s*([0-9A-Z]{3,4}-?[0-9A-Z]{3,4})\s*$", text, re.MULTILINE):
                mailbox.close()
                return found[1]
        time.sleep(0.5)
    raise AssertionError("No code came.")


@pytest.mark.parametrize(
    ("language", "first", "second"), [("en", US, CN), ("zh", CN, "us-rmi@demo.example")], ids=["en", "zh"]
)
def test_from_a_mail_to_an_introduction(visitor: NewVisitor, language: str, first: str, second: str) -> None:
    words = WORDS[language]
    page = visitor(language, width=1280 if language == "en" else 390)
    other_name = name_of(visitor, second, language)

    # The first reads the digest, signs in and says yes.
    digest = mail_to(page, first, words.digest)
    page.goto("/recommendations/")
    sign_in(page, first, language)
    expect(page).to_have_url(re.compile("/recommendations/$"))
    page.locator("a", has_text=other_name).first.click()
    expect(page.locator("h1")).to_contain_text(other_name)
    page.get_by_role("button", name=words.interested).click()
    expect(page.locator("main")).not_to_contain_text("@demo.example")
    recommendation = page.url

    # The other side finds that out and says yes too.
    other_language = "en" if second.startswith("us-") else "zh"
    other = visitor(other_language)
    other.goto("/recommendations/")
    sign_in(other, second, other_language)
    other.goto("/recommendations/")
    their_words = WORDS[other_language]
    other.locator("a", has_text=own_name(page)).first.click()
    expect(other.locator("#answer")).to_contain_text(their_words.they_are)
    other.get_by_role("button", name=their_words.interested).click()
    expect(other).to_have_url(re.compile("/introductions/[0-9a-f-]{36}/$"))
    expect(other.locator("main")).to_contain_text(their_words.whom)
    expect(other.locator("main")).to_contain_text(first)

    # The first is told by mail and finds the contact on the page.
    mail_to(page, first, words.introduction, holding=second)
    page.goto(recommendation)
    page.locator("#answer a.btn--primary").click()
    expect(page.locator("main")).to_contain_text(second)
    page.goto("/introductions/")
    expect(page.locator("main")).to_contain_text(other_name)

    # And has enough of the digests: the link in the mail asks first.
    stop = re.search(r"http\S+/unsubscribe/\S+", digest)
    assert stop
    page.goto(stop[0])
    page.locator("main form button").click()
    expect(page.locator("h1")).to_have_text(words.stopped)


def own_name(page: Page) -> str:
    page.goto("/organization/")
    return page.locator("h1 .names__own").inner_text()


def name_of(visitor: NewVisitor, address: str, language: str) -> str:
    """The name of this person's organization, in the language of the one who looks for it."""
    page = visitor(language)
    page.goto("/organization/")
    sign_in(page, address, language)
    return own_name(page)


def test_a_scanner_that_runs_scripts_ends_no_subscription(visitor: NewVisitor) -> None:
    """It opens every link of a digest, waits for whatever scripts would do, and signs in nowhere."""
    address = "us-city-seattle@demo.example"
    digest = mail_to(visitor("en"), address, WORDS["en"].digest)
    scanner = visitor("en")
    for link in sorted(set(re.findall(r"http\S+", digest))):
        scanner.goto(link)
    scanner.wait_for_timeout(10_000)
    reader = visitor("en")
    reader.goto("/consents/")
    sign_in(reader, address, "en")
    reader.goto("/consents/")
    expect(reader.get_by_role("button", name="Take back: Recommendations by email")).to_be_visible()
    reader.goto("/recommendations/")
    expect(reader.locator("article.match .tag", has_text="New")).to_have_count(
        reader.locator("article.match").count()
    )
