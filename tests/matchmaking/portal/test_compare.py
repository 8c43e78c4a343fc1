"""Side by side: up to three of one's own recommendations, nobody else's."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from matchmaking.models import Recommendation
from matchmaking.wording import all_rows
from tests.factories import make_team_member
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db

PAGE = "/recommendations/compare/"


@pytest.fixture
def scene() -> Scene:
    return make_scene(readers=2, cities=3)


def own(scene: Scene, seeker: int = 0) -> list[Recommendation]:
    rows = Recommendation.objects.filter(seeker=scene.seekers[seeker]).select_related("candidate", "seeker")
    return list(rows.order_by("kind", "candidate__code"))


def path_of(*ids: object) -> str:
    return PAGE + "?" + "&".join(f"compare={one}" for one in ids)


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells of each row, in words, by its head."""
    found = {}
    for row in re.findall(r'(?s)<tr><th scope="row">(.*?)</tr>', page):
        label, *cells = re.split(r"</th>|</td>", row)
        found[label] = [words_of(cell).strip() for cell in cells if cell.strip()]
    return found


def test_three_stand_side_by_side_in_the_order_asked(scene: Scene) -> None:
    _alliance, first, second, _third, firm = own(scene)
    first.candidate.budget_band, first.candidate.horizon = "1m_to_5m", "6_to_12"
    first.candidate.save()
    page = text_of(signed_in(scene.readers[0]), path_of(*(one.public_id for one in (firm, first, second))))
    heads = re.findall(r'<a class="match__name" href="/recommendations/([\w-]+)/"', page)
    assert heads == [str(one.public_id) for one in (firm, first, second)]
    rows = rows_of(page)
    assert rows["Kind"] == ["Firm", "City", "City"]
    assert rows["State or province"] == ["Not stated", "Hubei", "Hubei"]
    assert rows["Size"] == [
        "Large (5,000 to 49,999 staff)",
        *["10,400,000 people (City proper) · Super-large city, as far as this figure tells"] * 2,
    ]
    assert rows["Working languages"] == ["Chinese", "English · Chinese", "English · Chinese"]
    assert rows["Budget"] == ["Not stated", "1 to 5 million USD", "Not stated"]
    assert rows["Horizon"] == ["Not stated", "6 to 12 months", "Not stated"]
    assert rows["Against it"] == ["You state no working language in common.", "–", "–"]
    told = "Offers sponge-city: one of your two needs, at 16 times your scale. Has 10.4 million people."
    assert rows["For you"][1:] == [f"{told} Works in English, as you do."] * 2
    for index, one in enumerate((firm, first, second)):
        for line in all_rows(one.breakdown["seeker"]):
            assert rows[line.label][index] == (line.points or "Not stated")
    assert "For" not in rows


def test_several_organizations_of_ones_own_are_told_apart(scene: Scene) -> None:
    make_team_member(scene.seekers[1], scene.readers[0])
    mine, theirs = own(scene)[1], own(scene, 1)[1]
    rows = rows_of(text_of(signed_in(scene.readers[0]), path_of(mine.public_id, theirs.public_id)))
    assert rows["For"] == ["Springfield 1", "Springfield 2"]


def test_the_same_twice_is_one(scene: Scene) -> None:
    one = own(scene)[0]
    page = text_of(signed_in(scene.readers[0]), path_of(one.public_id, str(one.public_id).upper()))
    assert page.count('class="match__name"') == 1


def test_more_than_three_are_refused_with_the_way_out(scene: Scene) -> None:
    chosen = own(scene)[:4]
    ids = [one.public_id for one in chosen]
    page = text_of(signed_in(scene.readers[0]), path_of(*ids), status=400)
    assert "You chose 4. At most 3 stand side by side: take some out." in page
    assert "<table" not in page
    ways = re.findall(r'<a href="(/recommendations/compare/[^"]+)">Take out', page)
    assert [way.replace("&amp;", "&") for way in ways] == [
        path_of(*(key for key in ids if key != out)) for out in ids
    ]
    assert "<table" in text_of(signed_in(scene.readers[0]), path_of(*ids[1:]))


def test_nothing_chosen_says_how(scene: Scene) -> None:
    page = text_of(signed_in(scene.readers[0]), PAGE)
    assert "Nothing is chosen yet. Tick two or three recommendations on the list" in page


def test_what_is_not_ones_own_is_not_there(scene: Scene) -> None:
    client, mine = signed_in(scene.readers[0]), own(scene)[0].public_id
    missing = client.get(path_of(mine, uuid.uuid4()))
    assert missing.status_code == 404
    for other in (own(scene, 1)[0].public_id, "nonsense", ""):
        answer = client.get(path_of(mine, other))
        assert (answer.status_code, answer.content) == (404, missing.content)
    # Nor among too many.
    four = [one.public_id for one in own(scene)[:4]]
    assert client.get(path_of(*four, own(scene, 1)[0].public_id)).status_code == 404
    assert Client().get(path_of(mine)).status_code == 302


@pytest.mark.parametrize("number", [1, 3])
def test_it_costs_the_same_for_one_and_three(scene: Scene, number: int) -> None:
    client = signed_in(scene.readers[0])
    path = path_of(*(one.public_id for one in own(scene)[:number]))
    text_of(client, path)
    with CaptureQueriesContext(connection) as queries:
        text_of(client, path)
    # Session, person, rules, recommendations, topics, sponsors.
    assert len(queries) == 6


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, ("Side by side", "How it adds up for you, in points of 100", "Needs met")),
        (CHINESE, ("并列比较", "另选", "湖北", "移除")),
    ],
)
def test_the_page_in_both_languages(scene: Scene, language: str, words: tuple[str, ...]) -> None:
    chosen = own(scene)[:3]
    page = words_of(
        text_of(signed_in(scene.readers[0], language), path_of(*(one.public_id for one in chosen)))
    )
    assert [word for word in words if word not in page] == []


def test_the_list_offers_to_compare_and_keeps_what_was_ticked(scene: Scene) -> None:
    first, second, *_rest = own(scene)
    page = text_of(signed_in(scene.readers[0]), f"/recommendations/?compare={first.public_id}")
    assert '<form class="compare-bar compare-bar--stays" id="compare" method="get"' in page
    assert page.count('type="checkbox" name="compare"') == 5
    assert f'value="{first.public_id}" form="compare" checked>' in page
    assert f'value="{second.public_id}" form="compare">' in page
