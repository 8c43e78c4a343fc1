"""Filters of the list: what a choice leaves, what the counts say, what is said of a value that is none."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from alliances.enums import Kind, OrganizationState
from alliances.models import Need, Offer
from matchmaking.enums import RecommendationState
from matchmaking.models import Recommendation
from matchmaking.portal.filters import SHOWN_AGAIN
from matchmaking.selectors.filters import Facet, narrowed
from matchmaking.services.shortlist import note_write, pair_save
from tests.factories import make_topic
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db

PAGE = "/recommendations/"
CHOICE = re.compile(
    r'name="(\w+)" value="([^"]+)"( checked)?> <span>([^<]+)</span> <span class="num">(\d+)</span>'
)


@pytest.fixture
def scene() -> Scene:
    """Portland's like: Hanzhou 1 and 2 in Hubei, 3 in Sichuan and smaller; a firm and an alliance."""
    scene = make_scene(readers=2, cities=3)
    third = scene.candidates[2]
    third.region, third.population = "Sichuan", 4_000_000
    third.save()
    scores = {"Hanzhou 1": 0.5, "Hanzhou 2": 0.36, "Hanzhou 3": 0.30}
    for one in Recommendation.objects.select_related("candidate"):
        one.score = scores.get(one.candidate.name_en, 0.1)
        one.save()
    return scene


def of(scene: Scene, name: str) -> Recommendation:
    return Recommendation.objects.get(seeker=scene.seekers[0], candidate__name_en=name)


def shown(scene: Scene, page: str) -> list[str]:
    """The names of the cards: cities by name, the others by kind."""
    names = {str(one.pk): one.candidate for one in Recommendation.objects.select_related("candidate")}
    keys = re.findall(r'<h4 class="match__name" id="m(\d+)"', page)
    return [names[key].name_en if names[key].kind == Kind.CITY else str(names[key].kind) for key in keys]


def listed(scene: Scene, **query: str | list[str]) -> list[str]:
    return shown(scene, text_of(signed_in(scene.readers[0]), f"{PAGE}?{urlencode(query, doseq=True)}"))


def counts(page: str) -> dict[str, list[tuple[str, str, int, bool]]]:
    """By parameter: value, words, count and whether it is chosen."""
    found: dict[str, list[tuple[str, str, int, bool]]] = {}
    for name, value, checked, label, count in CHOICE.findall(page):
        found.setdefault(name, []).append((value, label, int(count), bool(checked)))
    return found


ALL = ["Hanzhou 1", "Hanzhou 2", "Hanzhou 3", "firm", "alliance"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ALL),
        ({"kind": "firm"}, ["firm"]),
        ({"kind": ["firm", "alliance"]}, ["firm", "alliance"]),
        ({"place": "Hubei"}, ["Hanzhou 1", "Hanzhou 2"]),
        ({"place": "unstated"}, ["firm", "alliance"]),
        ({"size": "cn_super"}, ["Hanzhou 1", "Hanzhou 2"]),
        ({"size": ["cn_large_1", "large"]}, ["Hanzhou 3", "firm", "alliance"]),
        ({"band": "very_strong"}, ["Hanzhou 1"]),
        ({"band": ["strong", "fair"]}, ["Hanzhou 2", "Hanzhou 3"]),
        ({"place": "Hubei", "band": ["strong", "fair"]}, ["Hanzhou 2"]),
        ({"kind": "city", "size": "large"}, []),
        # An empty value asks for nothing.
        ({"kind": "", "place": ""}, ALL),
    ],
)
def test_a_choice_leaves_what_falls_under_it(
    scene: Scene, query: dict[str, str | list[str]], names: list[str]
) -> None:
    assert listed(scene, **query) == names


def test_counts_say_what_a_value_would_give_beside_the_other_groups(scene: Scene) -> None:
    pair_save(of(scene, "Hanzhou 1"), saved=True, by=scene.readers[0])
    found = counts(text_of(signed_in(scene.readers[0]), f"{PAGE}?place=Hubei&state=waiting"))
    assert found == {
        "kind": [("city", "City", 2, False), ("firm", "Firm", 0, False), ("alliance", "Alliance", 0, False)],
        "area": [("test-area", "test-area", 2, False)],
        "place": [
            ("Hubei", "Hubei", 2, True),
            ("Sichuan", "Sichuan", 1, False),
            ("unstated", "Not stated", 2, False),
        ],
        "size": [
            ("cn_super", "Super-large city", 2, False),
            ("cn_large_1", "Large city, type I", 0, False),
            ("large", "Large (5,000 to 49,999 staff)", 0, False),
        ],
        "band": [
            ("very_strong", "Very strong, 40 and over", 1, False),
            ("strong", "Strong, 33 to 39", 1, False),
            ("fair", "Fair, 25 to 32", 0, False),
            ("slight", "Slight, 0 to 24", 0, False),
        ],
        "state": [
            ("waiting", "Waits for your answer", 2, True),
            ("saved", "Saved by your team", 1, False),
        ],
    }


def test_waiting_answered_and_saved(scene: Scene) -> None:
    first, second = of(scene, "Hanzhou 1"), of(scene, "Hanzhou 2")
    Recommendation.objects.filter(pk=first.pk).update(state=RecommendationState.LATER)
    for one in (first, second):
        pair_save(one, saved=True, by=scene.readers[0])
    client = signed_in(scene.readers[0])
    for state, cards, answered in (
        ("waiting", ["Hanzhou 2", "Hanzhou 3", "firm", "alliance"], 0),
        ("answered", [], 1),
        ("saved", ["Hanzhou 2"], 1),
    ):
        page = text_of(client, f"{PAGE}?state={state}")
        assert shown(scene, page) == cards
        assert page.count('<p class="answered__name">') == answered


def test_areas_are_those_of_the_reasons_and_of_what_meets(scene: Scene) -> None:
    water, clean = make_topic("leaks", area="clean-water"), make_topic("waste", area="waste-management")
    # Stated since the run, on both sides: it meets, though no reason tells it.
    Need.objects.create(organization=scene.seekers[0], topic=water)
    Offer.objects.create(organization=scene.candidates[1], topic=water)
    # Stated by one side alone, or by both as a need: meets nothing.
    Need.objects.create(organization=scene.seekers[0], topic=clean)
    Need.objects.create(organization=scene.candidates[0], topic=clean)
    assert listed(scene, area="clean-water") == ["Hanzhou 2"]
    assert listed(scene, area="waste-management") == []
    assert listed(scene, area="test-area") == ALL


def test_the_rows_of_others_count_for_nothing(scene: Scene) -> None:
    other = Recommendation.objects.filter(seeker=scene.seekers[1]).first()
    assert other is not None
    pair_save(other, saved=True, by=scene.readers[1])
    note_write(other, text="theirs", by=scene.readers[1])
    found = counts(text_of(signed_in(scene.readers[0]), PAGE))
    assert [(value, count) for value, _label, count, _chosen in found["kind"]] == [
        ("city", 3),
        ("firm", 1),
        ("alliance", 1),
    ]
    assert [value for value, *_rest in found["state"]] == ["waiting"]
    page = text_of(signed_in(scene.readers[0]), f"{PAGE}?state=saved")
    assert shown(scene, page) == []
    assert "1 note" not in page


def test_who_takes_no_part_is_not_counted(scene: Scene) -> None:
    scene.candidates[0].state = OrganizationState.SUSPENDED
    scene.candidates[0].save()
    found = counts(text_of(signed_in(scene.readers[0]), PAGE))
    assert found["kind"][0] == ("city", "City", 2, False)


def test_nothing_left_names_the_filters_to_take_out(scene: Scene) -> None:
    page = text_of(signed_in(scene.readers[0]), f"{PAGE}?kind=firm&kind=alliance&place=Sichuan")
    assert "No recommendation matches all of these filters." in page
    ways = re.findall(r'<li class="head-row"><a href="([^"]+)">([^<]+)</a> <span[^>]*>([^<]+)<', page)
    assert ways == [
        (
            "/recommendations/?kind=firm&amp;kind=alliance",
            "Take out “State or province: Sichuan”",
            "2 recommendations",
        ),
        ("/recommendations/?place=Sichuan", "Take out “Kind: Firm / Alliance”", "1 recommendation"),
    ]
    assert shown(scene, text_of(signed_in(scene.readers[0]), f"{PAGE}?place=Sichuan")) == ["Hanzhou 3"]


def test_where_no_single_filter_helps_all_are_cleared(scene: Scene) -> None:
    # Three that contradict each other: no two of them leave anything.
    page = text_of(signed_in(scene.readers[0]), f"{PAGE}?kind=firm&place=Anhui&size=small")
    assert 'class="head-row"' not in page
    assert page.count('<a href="/recommendations/">Clear all filters</a>') == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=spaceship", "kind=spaceship"),
        ("band=best&band=very_strong", "band=best"),
        ("place=%3Cscript%3E", "place=&lt;script&gt;"),
        ("state=" + "x" * 200, f"state={'x' * SHOWN_AGAIN}…"),
        ("area=%FF", "area=�"),
    ],
)
def test_an_unknown_value_is_named_and_left_out(scene: Scene, query: str, said: str) -> None:
    page = text_of(signed_in(scene.readers[0]), f"{PAGE}?{query}")
    notices = re.findall(r'<p class="notice notice--warn" role="status"><span>(.*?)</span>', page)
    assert notices == [f"The filter {said} is not known and was left out."]
    assert shown(scene, page) == (["Hanzhou 1"] if "very_strong" in query else ALL)


def test_a_known_value_that_nobody_has_is_no_error(scene: Scene) -> None:
    page = text_of(signed_in(scene.readers[0]), f"{PAGE}?place=Tibet")
    assert "is not known" not in page
    assert ("Tibet", "Tibet", 0, True) in counts(page)["place"]
    assert "Take out “State or province: Tibet”" in page


def test_bands_of_two_policies_are_named_without_bounds(scene: Scene) -> None:
    run = of(scene, "Hanzhou 1").run
    policy = run.policy
    policy.pk, policy.version, policy.is_active = None, policy.version + 1, False
    policy.rules = {**policy.rules, "bands": {"very_strong": 60, "strong": 40, "fair": 20}}
    policy.save()
    run.pk, run.policy = None, policy
    run.save()
    Recommendation.objects.filter(pk=of(scene, "Hanzhou 1").pk).update(run=run)
    found = counts(text_of(signed_in(scene.readers[0]), PAGE))["band"]
    assert [(label, count) for _value, label, count, _chosen in found] == [
        ("Strong", 2),
        ("Fair", 1),
        ("Slight", 2),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, ("Score band", "Strong, 33 to 39", "State or province", "Hubei", "Apply filters")),
        (CHINESE, ("匹配度等级", "33至39分", "湖北", "应用筛选", "等待答复")),
    ],
)
def test_the_filters_in_both_languages(scene: Scene, language: str, words: tuple[str, ...]) -> None:
    page = words_of(text_of(signed_in(scene.readers[0], language), PAGE))
    assert [word for word in words if word not in page] == []


def test_what_the_team_keeps_is_on_the_card(scene: Scene) -> None:
    one = of(scene, "Hanzhou 1")
    pair_save(one, saved=True, by=scene.readers[0])
    for text in ("first", "second"):
        note_write(one, text=text, by=scene.readers[0])
    page = text_of(signed_in(scene.readers[0]), f"{PAGE}?band=very_strong")
    assert f'<a class="tag" href="/recommendations/{one.public_id}/#team">2 notes</a>' in page
    assert page.count('<span class="tag tag--ok">Saved</span>') == 1
    assert f'<input type="hidden" name="next" value="/recommendations/?band=very_strong#m{one.pk}">' in page


def test_narrowing_is_any_inside_a_facet_and_all_between() -> None:
    def own(kind: str, place: str) -> dict[Facet, frozenset[str]]:
        return {facet: frozenset() for facet in Facet} | {
            Facet.KIND: frozenset({kind}),
            Facet.PLACE: frozenset({place}),
        }

    values = {1: own("city", "Hubei"), 2: own("firm", "Hubei"), 3: own("city", "Gansu")}
    found = narrowed(values, {Facet.KIND: frozenset({"city"}), Facet.PLACE: frozenset({"Hubei", "Gansu"})})
    assert found.matching == {1, 3}
    assert found.counts[Facet.KIND] == {"city": 2, "firm": 1}
    assert found.counts[Facet.PLACE] == {"Hubei": 1, "Gansu": 1}
    assert found.without == {Facet.KIND: 3, Facet.PLACE: 2}
