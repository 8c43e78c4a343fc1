"""What holds for every page of the portal: nobody's contacts, nothing inline, one heading, one action."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from matchmaking.models import Recommendation
from matchmaking.services.jurisdiction import load_jurisdiction_rules
from tests.factories import make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of
from tests.matchmaking.scenes import make_scene

pytestmark = pytest.mark.django_db

PUBLIC = ("/", "/areas/test-area/", "/topics/sponge-city/", "/how-it-works/")
INLINE = re.compile(r"<style|<script|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


@pytest.fixture(params=[ENGLISH, CHINESE])
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    """Every page that a team member reads, by address, with contacts of the other side in the register."""
    scene = make_scene(language=request.param)
    load_jurisdiction_rules()
    for number, candidate in enumerate(scene.candidates):
        candidate.contact_email = f"canary-{number}@contact.example"
        candidate.save(update_fields=["contact_email"])
        make_team_member(
            candidate, make_user(f"canary-{number}@person.example", name=f"Canary Name {number}")
        )
    client = signed_in(scene.readers[0], request.param)
    found = [
        f"/recommendations/{one.public_id}/"
        for one in Recommendation.objects.filter(seeker=scene.seekers[0]).order_by("pk")
    ]
    entries = [f"/directory/{one.code}/" for one in scene.candidates[:1]]
    own = ["/recommendations/", "/bridges/", "/directory/", "/organization/"]
    return {path: text_of(client, path) for path in [*PUBLIC, *own, *found, *entries]}


def test_nobody_elses_contacts_are_on_any_page(pages: dict[str, str]) -> None:
    assert len(pages) == 13
    assert [path for path, page in pages.items() if "canary" in page.lower()] == []


def test_nothing_is_inline(pages: dict[str, str]) -> None:
    assert {path: INLINE.findall(page) for path, page in pages.items() if INLINE.search(page)} == {}


def test_each_page_has_one_heading_and_at_most_one_primary_action(pages: dict[str, str]) -> None:
    assert {page.count("<h1") for page in pages.values()} == {1}
    assert {path for path, page in pages.items() if page.count("btn--primary") > 1} == set()


def test_headings_skip_no_level(pages: dict[str, str]) -> None:
    for path, page in pages.items():
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        skipped = [(before, after) for before, after in pairwise(levels) if after > before + 1]
        assert (path, skipped) == (path, [])


def test_the_way_about_is_named_and_marked(pages: dict[str, str]) -> None:
    marked = {path: re.findall(r'href="([^"]+)" aria-current="(\w+)"', page) for path, page in pages.items()}
    details = {path for path in pages if re.fullmatch(r"/recommendations/.+/", path)}
    entries = {path for path in pages if re.fullmatch(r"/directory/.+/", path)}
    assert marked == {
        **{path: [] for path in PUBLIC},
        "/recommendations/": [("/recommendations/", "page")],
        "/bridges/": [("/recommendations/", "true")],
        "/directory/": [("/directory/", "page")],
        "/organization/": [("/organization/", "page")],
        **{path: [("/directory/", "true")] for path in entries},
        **{path: [("/recommendations/", "true")] for path in details},
    }
    for page in pages.values():
        assert '<form action="/accounts/logout/" method="post">' in page
        assert 'class="skip" href="#main"' in page
        # The desk is for staff.
        assert 'href="/admin/"' not in page


def test_the_language_switch_leads_back_to_the_page(pages: dict[str, str]) -> None:
    for path, page in pages.items():
        assert f'<input type="hidden" name="next" value="{path}">' in page


def test_staff_are_led_to_the_desk() -> None:
    page = text_of(signed_in(make_user(is_staff=True)), "/recommendations/")
    assert '<li><a href="/admin/">' in page
