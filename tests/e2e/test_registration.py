"""A stranger's whole story, once a kind and language: registers, is approved, has recommendations within a
minute and a digest of them, says yes, is met with a yes, sees the contacts, takes a copy and goes."""

from __future__ import annotations

import json
import re
import time
import zipfile
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewVisitor, read_in
from tests.e2e.test_story import WORDS, mail_to, mails_to, new_code, sign_in

WITHIN_SECONDS = 60
# What a digest says that comes at once, and the subject in which the other side is told of an interest.
WHO_SENT_FOR_IT = {"en": "because you want to hear at once", "zh": "立即获知"}
THEY_ARE = {"en": "is interested in", "zh": "有意向"}


@dataclass(frozen=True)
class Newcomer:
    """Who registers: by kind and country, and what they say."""

    kind: str
    country: str
    language: str
    name: str
    summary: str
    search: str
    number: tuple[str, str] = ("", "")


NEWCOMERS = {
    "city-en": Newcomer(
        "city",
        "US",
        "en",
        "Omaha",
        "A river city that separates its sewers and buys electric buses.",
        "stormwater",
    ),
    "city-zh": Newcomer("city", "CN", "zh", "绍兴", "一座江南水城，治理河道与内涝。", "haimian"),
    "firm-en": Newcomer(
        "firm",
        "US",
        "en",
        "Prairie Stormwater Works",
        "We design and run rain gardens and storage tanks for cities on the plains.",
        "stormwater",
        ("ein", "47-1234567"),
    ),
    "firm-zh": Newcomer(
        "firm",
        "CN",
        "zh",
        "江南海绵水务有限公司",
        "我们设计并运营海绵城市与雨洪管理系统。",
        "haimian",
        ("credit_code", "91110000600037341L"),
    ),
    "alliance-en": Newcomer(
        "alliance",
        "US",
        "en",
        "Prairie Water Alliance",
        "Twenty prairie cities that buy and test stormwater technology together.",
        "sponge",
    ),
    "alliance-zh": Newcomer(
        "alliance", "CN", "zh", "江南水务产业联盟", "二十家水务企业和城市共同采购和试用雨洪技术。", "haimian"
    ),
}
APPROVED = {"en": "is approved", "zh": "已获批准"}


@pytest.mark.parametrize("newcomer", NEWCOMERS)
def test_a_stranger_registers_and_finds_a_partner(visitor: NewVisitor, newcomer: str) -> None:
    who = NEWCOMERS[newcomer]
    page = visitor(who.language, width=390 if who.language == "zh" else 1280)
    address = f"officer-{newcomer}-{int(time.time())}@newcomer.example"
    sign_up(page, address)
    code = register(page, who)
    page.goto("/consents/")
    page.check("input[name=frequency][value=instant]")
    go_on(page)
    approve(visitor("en"), who, code)
    mail_to(page, address, APPROVED[who.language])

    # Within a minute there are recommendations, and the digest that tells of them.
    deadline = time.monotonic() + WITHIN_SECONDS
    page.goto("/recommendations/")
    while not page.locator("article.match").count():
        assert time.monotonic() < deadline, "no recommendation within a minute"
        time.sleep(2)
        page.reload()
    digest = mail_to(page, address, WORDS[who.language].digest)
    assert WHO_SENT_FOR_IT[who.language] in digest
    page.goto("/home/")
    expect(page.locator("h1")).to_contain_text(re.compile("[1-9]"))

    contact = meet(page, visitor, who, digest, address)
    leave(page, address, contact)


def meet(page: Page, visitor: NewVisitor, who: Newcomer, digest: str, address: str) -> str:
    """Say yes to the first of the digest, have the other side say yes; the contact that opens."""
    words = WORDS[who.language]
    first = re.search(r"http\S+/recommendations/[0-9a-f-]{36}/", digest)
    assert first
    page.goto(first[0])
    name = page.locator("h1 .names__own").inner_text()
    page.get_by_role("button", name=words.interested).click()
    expect(page.locator("main")).not_to_contain_text("@demo.example")

    page.goto(f"/directory/?q={name}")
    entry = page.locator("main a[href^='/directory/']", has_text=name).first.get_attribute("href")
    assert entry
    contact = f"{entry.split('/')[2]}@demo.example"
    language = "en" if who.country == "CN" else "zh"
    other = visitor(language)
    told = mail_to(other, contact, THEY_ARE[language], holding=who.name)
    asked = re.search(r"http\S+/recommendations/[0-9a-f-]{36}/", told)
    assert asked
    other.goto(asked[0])
    sign_in(other, contact, language)
    other.goto(asked[0])
    other.get_by_role("button", name=WORDS[language].interested).click()
    expect(other).to_have_url(re.compile("/introductions/[0-9a-f-]{36}/$"))
    expect(other.locator("main")).to_contain_text(address)

    assert contact in mail_to(page, address, words.introduction, holding=contact)
    page.goto("/introductions/")
    page.locator("main h2 a").first.click()
    expect(page.locator("main")).to_contain_text(contact)
    return contact


def sign_up(page: Page, address: str) -> None:
    page.goto("/")
    page.locator("main a[href$='/accounts/signup/']").first.click()
    page.locator("main input[type=email]").fill(address)
    page.locator("main form button.btn--primary").click()
    page.locator("main input[name=code]").fill(new_code(page, address, []))
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
    desk.goto("/home/")  # the desk itself keeps its languages elsewhere
    read_in(desk, "en")
    desk.goto(f"/admin/alliances/{who.kind}/?q={code}")
    desk.locator("input.action-select").first.check()
    desk.locator("select[name=action]").select_option("approve")
    desk.locator("button[name=index]").first.click()
    expect(desk.locator("body")).to_contain_text("1 row changed.")


def leave(page: Page, address: str, contact: str) -> None:
    """Take a copy, which names nobody else, withdraw the organization, be erased."""
    page.goto("/accounts/data/")
    earlier = mails_to(page, address)
    with page.expect_download() as started:
        page.locator("button[name=download]").click()
        if page.locator("main input[name=code]").count():
            page.locator("main input[name=code]").fill(new_code(page, address, earlier))
            go_on(page)
            page.locator("button[name=download]").click()
    with zipfile.ZipFile(started.value.path()) as copy:
        held = json.loads(copy.read("data.json"))
    assert address in json.dumps(held)
    assert contact not in json.dumps(held)
    page.goto("/organization/")
    page.locator("details summary", has_text=re.compile("Withdraw|退出")).click()
    page.locator("form[action$='/withdraw/'] button").click()
    page.goto("/accounts/data/")
    page.fill("#address", address)
    page.locator("button[name=erase]").click()
    page.wait_for_load_state()
    page.goto("/organization/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
