"""A day's work at the curation desk, once a language: a policy is previewed and published, what waits is
reviewed, hits are decided, one recommendation is pinned, one held, the others are released, and somebody
asks: why them?"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo, NewVisitor, read_in

CURATOR = "curator@demo.example"
QUEUE = "/admin/matchmaking/workitem/"
CRITERIA = 4
# Longer than the sweeper takes to see what the approvals ask for.
SWEEP_MILLISECONDS = 20_000
COLUMNS = "code,kind,country,name_en,name_zh,region,population,population_basis,needs,offers,summary_en"
# Two of them are named like an entry of the list: a bakery, and the listed firm itself.
LISTED = "name\nDragon Gate Aerospace\nGreen Harbour Semiconductor\n"


def organizations(language: str) -> str:
    """Five to review, of this language's day: three good ones, one named like a listed party, one listed."""
    rows = [
        ("a", "Alder Falls", "A city that restores its rivers."),
        ("b", "Birch Haven", "A city that plans for elderly care."),
        ("c", "Cedar Point", ""),
        ("d", "Dragon Gate Aerospace", "A bakery of that name."),
        ("e", "Green Harbour Semiconductor", ""),
    ]
    lines = [
        f"{language}-desk-{code},city,US,{name} {language},,OR,250000,city_proper,"
        f"sponge-city|elderly-care,carbon-planning,{summary}"
        for code, name, summary in rows
    ]
    return "\n".join([COLUMNS, *lines])


def sign_in(page: Page, language: str) -> None:
    page.goto("/demo/sign-in/")
    page.locator(f"button[value='{CURATOR}']").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto("/home/")
    read_in(page, language)


def submit(page: Page, decision: str) -> None:
    with page.expect_navigation():
        page.locator(f"button[name=decision][value={decision}]").click()


def review(page: Page, name: str, scores: int, decision: str, *, ready_reason: int | None = None) -> None:
    """Open it from the queue and decide: so many points of each criterion."""
    page.goto(f"{QUEUE}?kind=submission")
    page.locator("#work h2 a", has_text=name).click()
    for number in range(CRITERIA):
        page.locator(".review__scores").nth(number).locator(f"input[value='{scores}']").check()
    if ready_reason is not None:
        page.locator("input[name=reasons]").nth(ready_reason).check()
    submit(page, decision)


def waits(page: Page, kind: str, name: str) -> bool:
    page.goto(f"{QUEUE}?kind={kind}")
    return page.locator("#work h2 a", has_text=name).count() > 0


def decide_hit(page: Page, name: str, action: str, reason: str) -> None:
    page.goto(f"{QUEUE}?kind=screening_hit")
    page.locator("#work h2 a", has_text=name).first.click()
    page.locator(f"a[href*='{action}'], button[hx-get*='{action}'], [data-href*='{action}']").first.click()
    box = page.locator("dialog textarea, [role=dialog] textarea, form textarea[name=reason]").last
    box.fill(reason)
    with page.expect_navigation():
        box.locator("xpath=ancestor::form").locator("button[type=submit], input[type=submit]").last.click()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_days_work(visitor: NewVisitor, demo: Demo, tmp_path: Path, language: str) -> None:
    register, listed = tmp_path / "register.csv", tmp_path / "listed.csv"
    register.write_text(organizations(language))
    listed.write_text(LISTED)
    page = visitor(language)
    sign_in(page, language)

    # A policy under which staff release by hand, previewed and published.
    page.goto("/admin/matchmaking/scoringpolicy/add/")
    page.locator("select[name*=release], [name*=release]").first.select_option("manual")
    page.locator("main form button[type=submit], form.policy button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/scoringpolicy/\d+/change/"))
    version = page.url
    page.locator("form[action*=preview] button").click()
    page.wait_for_url(re.compile("/preview/"))
    for _attempt in range(60):
        if not page.locator("progress").count():
            break
        time.sleep(0.5)
        page.reload()
    assert page.locator("table").count() > 1
    page.goto(version)
    with page.expect_navigation():
        page.locator("form[action$='/publish/'] button").click()
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)

    # What came in by file waits for review; two of it are like an entry of a list that came in too.
    page.goto("/admin/alliances/organization/import/")
    page.locator("input[type=file]").set_input_files(register)
    page.locator("form button[type=submit]").last.click()
    page.wait_for_url(re.compile("/import/[0-9a-f]+/"))
    page.locator("form button[type=submit]").last.click()
    page.wait_for_url(re.compile("/import/$"))
    demo.manage("import_screening_list", str(listed), "--list", "generic")

    # The queue by keyboard: the second row is taken.
    page.goto(f"{QUEUE}?kind=submission")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("t")
    page.goto(f"{QUEUE}?whose=mine")
    assert page.locator("#work h2 a").count() >= 1

    # An open hit keeps from being approved; one is another party, the other the listed one.
    review(page, f"Dragon Gate Aerospace {language}", 4, "approve")
    assert waits(page, "submission", f"Dragon Gate Aerospace {language}")
    decide_hit(page, f"Dragon Gate Aerospace {language}", "clear_this", "A bakery.")
    decide_hit(page, f"Green Harbour Semiconductor {language}", "confirm_this", "It is the listed firm.")
    for name in ("Dragon Gate Aerospace", "Green Harbour Semiconductor"):
        assert not waits(page, "screening_hit", f"{name} {language}")

    # Five are reviewed: three approved, one asked for more, one refused.
    review(page, f"Alder Falls {language}", 4, "approve")
    review(page, f"Birch Haven {language}", 3, "approve")
    review(page, f"Dragon Gate Aerospace {language}", 3, "approve")
    review(page, f"Cedar Point {language}", 2, "request_changes", ready_reason=0)
    review(page, f"Green Harbour Semiconductor {language}", 1, "reject", ready_reason=1)
    for name in ("Alder Falls", "Birch Haven", "Dragon Gate Aerospace", "Cedar Point", "Green Harbour"):
        assert not waits(page, "submission", f"{name} {language}")

    # The run that the approvals ask for; then, of one of those approved, one is pinned, one held, and all
    # else released.
    page.wait_for_timeout(SWEEP_MILLISECONDS)
    demo.manage("run_matching")
    page.goto("/admin/")
    desk = page.locator(".dashboard__tasks a[href*='/release/']").first.get_attribute("href") or ""
    desk = f"{desk.partition('?')[0]}?text={language}-desk-a"
    for number, button in ((0, "pin"), (1, "hold")):
        page.goto(desk)
        page.locator(".desk__row input[name=item]").nth(number).check()
        page.locator("#words").fill("A good first match." if button == "pin" else "")
        with page.expect_navigation():
            page.locator(f"button[name=do][value={button}]").click()
    page.goto(desk)
    page.locator("a[href$='/preview/']").first.click()
    expect(page.locator("main, body").first).to_contain_text(f"Alder Falls {language}")
    page.goto(desk)
    page.locator("input[name=seeker]").first.check()
    with page.expect_navigation():
        page.locator("button[name=do][value=release]").click()
    page.goto(desk)
    held = page.locator(".desk__state--held").count()
    released = page.locator(".desk__state--released").count()
    assert (held, released > 0, page.locator(".desk__pin").count()) == (1, True, 1)

    # Why them? Computed again from the snapshot of the run.
    page.locator(".desk__row", has=page.locator(".desk__pin")).locator("h3 a").click()
    page.goto(page.url.replace("/change/", "/why/"))
    identical = {"en": "identical", "zh": "一致"}[language]
    expect(page.locator("main, body").first).to_contain_text(identical)

    # The policy of before is put back with one click.
    page.goto(version)
    with page.expect_navigation():
        page.locator("form[action$='/roll-back/'] button").click()
    page.goto(version)
    expect(page.locator("form[action$='/publish/']")).to_have_count(1)
