"""An alliance sponsors a match of a member, and its pages are as every page should be; so are the bridges."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NewVisitor
from tests.e2e.test_every_page import WIDTHS, findings, sign_in_as
from tests.e2e.test_story import sign_in


@pytest.mark.parametrize(
    ("language", "alliance", "city", "done"),
    [
        ("en", "cn-appc", "us-city-portland", "Sponsored by you since"),
        ("zh", "us-metrolab", "cn-city-tianjin", "起背书"),
    ],
)
def test_the_workspace_and_the_bridges(
    visitor: NewVisitor, language: str, alliance: str, city: str, done: str
) -> None:
    found: list[str] = []
    officer, reader = visitor(language), visitor(language)
    officer.goto(f"/alliance/{alliance}/recommendations/")
    sign_in(officer, f"{alliance}@demo.example", language)
    officer.goto(f"/alliance/{alliance}/recommendations/")
    officer.locator("button[name=act][value=sponsor]").first.click()
    expect(officer.locator("main [role=status]")).to_be_visible()
    expect(officer.locator("main .tag--ok").first).to_contain_text(done)
    sign_in_as(reader, f"{city}@demo.example", language)
    for width in WIDTHS:
        for page in (officer, reader):
            page.set_viewport_size({"width": width, "height": 900})
        for part in ("", "recommendations/", "report/"):
            found += findings(officer, f"/alliance/{alliance}/{part}", language)
        found += findings(reader, "/bridges/", language)
        expect(reader.locator(f"main a[href='/directory/{alliance}/']")).to_be_visible()
    assert found == []
    # The report is printed without what only serves to click.
    officer.goto(f"/alliance/{alliance}/report/")
    officer.emulate_media(media="print")
    for hidden in officer.locator(".site-nav, main nav, main form, main .btn").all():
        expect(hidden).to_be_hidden()
    expect(officer.locator("main table")).to_be_visible()
