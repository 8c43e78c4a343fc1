"""A stranger's story, once a language and kind: registers, is approved, has recommendations within a minute,
takes a copy of their data and goes."""

from __future__ import annotations

import json
import re
import time
import zipfile
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewVisitor, read_in
from tests.e2e.test_story import mail_to, newest_code

WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Newcomer:
    """Who registers: by kind and country, and what they say."""

    kind: str
    country: str
    language: str
    name: str
    summary: str
    search: str
    subject: str
    number: tuple[str, str] = ("", "")


NEWCOMERS = {
    "city": Newcomer(
        "city",
        "US",
        "en",
        "Omaha",
        "A river city that separates its sewers and buys electric buses.",
        "stormwater",
        "is approved",
    ),
    "firm": Newcomer(
        "firm",
        "CN",
        "zh",
        "江南海绵水务有限公司",
        "我们设计并运营海绵城市与雨洪管理系统。",
        "haimian",
        "已获批准",
        ("credit_code", "91110000600037341L"),
    ),
    "alliance": Newcomer(
        "alliance",
        "US",
        "en",
        "Prairie Water Alliance",
        "Twenty prairie cities that buy and test stormwater technology together.",
        "sponge",
        "is approved",
    ),
}


@pytest.mark.parametrize("kind", NEWCOMERS)
def test_a_stranger_registers_is_approved_and_finds_partners(visitor: NewVisitor, kind: str) -> None:
    who = NEWCOMERS[kind]
    page = visitor(who.language, width=390 if who.language == "zh" else 1280)
    address = f"officer-{kind}-{int(time.time())}@newcomer.example"
    sign_up(page, address)
    code = register(page, who)
    approve(visitor("en"), who, code)
    mail_to(page, address, who.subject)

    deadline = time.monotonic() + WITHIN_SECONDS
    page.goto("/recommendations/")
    while not page.locator("article.match").count():
        assert time.monotonic() < deadline, "no recommendation within a minute"
        time.sleep(2)
        page.reload()
    page.goto("/home/")
    expect(page.locator("h1")).to_contain_text(re.compile("[1-9]"))

    leave(page, address, who)


def sign_up(page: Page, address: str) -> None:
    page.goto("/")
    page.locator("main a[href$='/accounts/signup/']").first.click()
    page.locator("main input[type=email]").fill(address)
    page.locator("main form button.btn--primary").click()
    page.locator("main input[name=code]").fill(newest_code(page, address))
    page.locator("main form button.btn--primary").first.click()
    expect(page).to_have_url(re.compile("/register/$"))


def register(page: Page, who: Newcomer) -> str:
    """Through every step; the code of what was handed in."""
    page.check(f"input[name=kind][value={who.kind}]")
    page.check(f"input[name=country][value={who.country}]")
    go_on(page)
    if who.kind == "city":
        page.locator("#q").press_sequentially(who.name[:4], delay=30)
        page.locator("#cities button", has_text=who.name).first.click()
    else:
        page.fill("#id_name_zh" if who.language == "zh" else "#id_name_en", who.name)
        go_on(page)
    expect(page).to_have_url(re.compile("/profile/organization/$"))
    code = page.url.split("/organization/")[1].split("/")[0]

    page.fill("#id_you-name", "王小明" if who.language == "zh" else "Ada Example")
    page.fill("#id_summary_zh" if who.language == "zh" else "#id_summary_en", who.summary)
    field, number = who.number
    if field:
        page.fill(f"#id_details-{field}", number)
    go_on(page)
    if who.kind != "city":
        page.fill("#id_region", "Jiangsu" if who.country == "CN" else "Nebraska")
        page.select_option("#id_size_band", "medium")
    go_on(page)

    page.locator("#q").press_sequentially(who.search, delay=30)
    side = "offer" if who.kind == "firm" else "need"
    chosen = page.locator(f"li.topic:visible input[name^={side}-][value='3']").first
    expect(page.locator("li.topic:visible")).not_to_have_count(84)
    chosen.check()
    expect(page.locator("#picked li")).to_have_count(1)
    page.locator("#picked a").click()
    text = "城东4万居民每年积水60天，2028年底前降到20天以内，预算500万元。"
    if who.language == "en":
        text = "40,000 residents of the east bank flood on 60 days a year; under 20 by the end of 2029."
    page.locator("#statement").press_sequentially(text, delay=1)
    expect(page.locator("#coach")).to_contain_text(re.compile("[6-9]|1[0-2]"))
    go_on(page)
    go_on(page)
    page.check(f"input[name=languages][value={'zh' if who.language == 'zh' else 'en'}]")
    go_on(page)
    for purpose in ("account", "digest", "introduction", *(["cross_border"] if who.country == "CN" else [])):
        page.check(f"input[name={purpose}]")
    go_on(page)
    go_on(page)
    expect(page).to_have_url(re.compile(f"/organization/{code}/$"))
    return code


def go_on(page: Page) -> None:
    """Press the one primary button."""
    page.locator("main button.btn--primary").last.click()
    page.wait_for_load_state()


def approve(desk: Page, who: Newcomer, code: str) -> None:
    """As the curator, from the list of the desk."""
    desk.goto("/demo/sign-in/")
    desk.locator("button[value='curator@demo.example']").click()
    desk.wait_for_url(lambda url: "sign-in" not in url)
    read_in(desk, "en")
    desk.goto(f"/admin/alliances/{who.kind}/?q={code}")
    desk.locator("input.action-select").first.check()
    desk.locator("select[name=action]").select_option("approve")
    desk.locator("button[name=index]").first.click()
    expect(desk.locator("body")).to_contain_text("1 row changed.")


def leave(page: Page, address: str, who: Newcomer) -> None:
    """Take a copy, withdraw the organization, be erased."""
    page.goto("/accounts/data/")
    with page.expect_download() as started:
        page.locator("button[name=download]").click()
        if page.locator("main input[name=code]").count():
            page.locator("main input[name=code]").fill(newest_code(page, address))
            go_on(page)
            page.locator("button[name=download]").click()
    with zipfile.ZipFile(started.value.path()) as copy:
        held = json.loads(copy.read("data.json"))
    assert address in json.dumps(held)
    page.goto("/organization/")
    page.locator("details summary", has_text=re.compile("Withdraw|退出")).click()
    page.locator("form[action$='/withdraw/'] button").click()
    page.goto("/accounts/data/")
    page.fill("#address", address)
    page.locator("button[name=erase]").click()
    page.wait_for_load_state()
    page.goto("/organization/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
