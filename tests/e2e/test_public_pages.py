"""The pages that anybody may read: light enough for a slow line, and still where movement is not wanted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Response

from tests.e2e.conftest import NewVisitor

MOST_BYTES = 200_000
MOST_REQUESTS = 25
PATHS = ("/", "/areas/environment/", "/topics/sponge-city/", "/how-it-works/")


@pytest.mark.parametrize("path", PATHS)
def test_a_first_visit_is_light(visitor: NewVisitor, path: str) -> None:
    page = visitor("zh")
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert 2 <= len(answers) <= MOST_REQUESTS
    assert sum(len(answer.body()) for answer in answers) <= MOST_BYTES


def test_the_map_moves_only_where_it_may(visitor: NewVisitor) -> None:
    page = visitor("en")
    page.goto("/")
    shown = "all => all.filter(one => getComputedStyle(one).display !== 'none').length"
    assert page.eval_on_selector_all(".map__pulse", shown) == 6
    assert page.eval_on_selector(".map__pulse", "one => getComputedStyle(one).animationName") == "pulse"
    page.emulate_media(reduced_motion="reduce")
    assert page.eval_on_selector_all(".map__pulse", shown) == 0
    page.emulate_media(reduced_motion="no-preference", media="print")
    assert page.eval_on_selector_all(".map__pulse", shown) == 0
    assert page.eval_on_selector_all(".map__arc", shown) > 6
