"""One recommendation: the sums as printed, who may open it, and that opening it is seeing it."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, Kind, OrganizationState, PopulationBasis
from alliances.models import Need, Offer
from matchmaking.enums import RecommendationState
from matchmaking.models import CurationEvent, Recommendation
from matchmaking.portal.detail import sums_of
from matchmaking.services.recommendations import recommendation_see
from tests.factories import make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db
OWN_PAGE = "See what your organization states"

PORTLAND = {"latitude": 45.52345, "longitude": -122.67621}
WUHAN = {"latitude": 30.58333, "longitude": 114.26667}


def best_city(scene: Scene) -> Recommendation:
    rows = Recommendation.objects.filter(seeker=scene.seekers[0], kind=Kind.CITY)
    return rows.order_by("-score", "candidate__code")[0]


def path_of(one: Recommendation) -> str:
    return f"/recommendations/{one.public_id}/"


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_what_is_printed_adds_up(language: str) -> None:
    scene = make_scene(language=language)
    one = best_city(scene)
    page = text_of(signed_in(scene.readers[0], language), path_of(one))
    tables = re.findall(r'(?s)<table class="fall.*?</table>', page)
    sums = []
    for table in tables:
        *points, total = re.findall(r'<td class="r">(?:<b>)?([\d.]+)(?:</b>)?</td>', table)
        assert sum(round(10 * float(value)) for value in points) == round(10 * float(total))
        sums.append(float(total))
    assert sums == [round(100 * one.affinity + 1e-9, 1), round(100 * one.candidate_affinity + 1e-9, 1)]
    you, them = sums
    assert f"2 × {you:.1f} × {them:.1f} ÷ ({you:.1f} + {them:.1f}) ≈ <b>{round(100 * one.score)}</b>" in page


def test_a_hand_made_sum() -> None:
    """Two needs of three points, one answered at full maturity, in figures worked out on paper."""
    scene = make_scene(cities=1)
    one = best_city(scene)
    known = {"needs_met": 0.25, "reach": 0.125, "stage": 0.05, "horizon": 0.0333}
    side = {
        "affinity": 0.5083,
        "base": 0.05,
        "base_possible": 0.3,
        "criteria": [
            {
                "criterion": entry["criterion"],
                "value": 1.0 if entry["criterion"] in known else None,
                "weight": 1.0,
                "share": known.get(entry["criterion"], 0.0),
                "possible": known.get(entry["criterion"], 0.0),
                "known": entry["criterion"] in known,
            }
            for entry in one.breakdown["seeker"]["criteria"]
        ],
        "reasons": [],
    }
    Recommendation.objects.filter(pk=one.pk).update(breakdown={"seeker": side, "candidate": side})
    page = text_of(signed_in(scene.readers[0]), path_of(one))
    table = re.findall(r'(?s)<table class="fall.*?</table>', page)[0]
    rows = re.findall(r'(?s)<th scope="row">([^<]+)</th>.*?<td class="r">(.*?)</td>', table)
    # 50.83: base 5.0, needs 25.0, reach 12.5, readiness 5.0 + 3.33 = 8.3.
    told = {label: re.sub(r"<[^>]+>", "", points) for label, points in rows}
    assert told == {
        "Base": "5.0",
        "Needs met": "25.0",
        "Offers wanted": "not stated",
        "Shared challenges": "not stated",
        "Reach": "12.5",
        "Scale": "not stated",
        "Self-descriptions": "not stated",
        "Preferences": "not stated",
        "Readiness": "8.3",
        "Language": "not stated",
        "Trust": "not stated",
        "Sum for you": "50.8",
    }


@pytest.mark.parametrize(
    ("fusion", "sentence", "formula"),
    [
        ("harmonic", "harmonic mean", "2 × {you} × {them} ÷ ({you} + {them})"),
        ("geometric", "geometric mean", "√({you} × {them})"),
        ("min", "smaller of the two sums", "min({you}, {them})"),
    ],
)
def test_the_formula_is_that_of_the_runs_policy(fusion: str, sentence: str, formula: str) -> None:
    one = best_city(make_scene(cities=1))
    # Not saved: a policy that was used does not change.
    one.run.policy.rules["fusion"] = fusion
    sums = sums_of(one)
    assert sentence in sums.fusion
    assert sums.formula == formula.format(you=sums.you, them=sums.them)


def test_place_and_time_and_scale() -> None:
    scene = make_scene(cities=1)
    one = best_city(scene)
    for organization, place in ((one.seeker, PORTLAND), (one.candidate, WUHAN)):
        type(organization).objects.filter(pk=organization.pk).update(**place)
    page = text_of(signed_in(scene.readers[0]), path_of(one))
    assert "9,790 km (6,080 miles) along the great circle" in page
    assert '<circle class="map__city map__city--us is-here" fill="currentColor"' in page
    assert 'cx="841.5" cy="313.7"' in page
    assert 'cx="169.1" cy="347.6"' in page
    # 10,400,000 / 650,000 is 16; the circles' radii 120 and 120 / 4.
    assert "Hanzhou 1 has 16 times the people of Springfield 1." in page
    assert re.findall(r'<circle class="circle-\w+" [^>]*r="([\d.]+)"', page) == ["30.0", "120.0"]
    assert re.search(r"about \d\d:\d\d, \w+ \d+ \w+; the state has more than one time zone", page)
    assert re.search(r"1[56] hours ahead", page)


def test_what_is_not_stated_says_so() -> None:
    scene = make_scene(cities=1)
    firm = Recommendation.objects.get(seeker=scene.seekers[0], kind=Kind.FIRM)
    words = words_of(text_of(signed_in(scene.readers[0]), path_of(firm)))
    assert "Not known: the two do not both state a place." in words
    assert "so their sizes cannot be drawn side by side" in words
    assert "Website Not stated" in words
    assert "You state no working language in common." in words
    assert "No description of its own yet." in words


def test_shared_topics_come_first() -> None:
    scene = make_scene(cities=1)
    one = best_city(scene)
    Offer.objects.create(organization=one.candidate, topic=make_topic("never-asked-for"), maturity=3)
    Need.objects.create(organization=one.candidate, topic=make_topic("never-offered"), priority=3)
    page = text_of(signed_in(scene.readers[0]), path_of(one))
    lists = re.findall(r'(?s)<ul class="topics">(.*?)</ul>', page)
    told = [re.findall(r"<li[^>]*><span>([^<]+)</span> <span[^>]*>([^<]+)</span>", one) for one in lists]
    assert told == [
        [("sponge-city", "proven"), ("never-asked-for", "proven")],
        [("urban-planning", "clear"), ("never-offered", "urgent")],
    ]
    assert page.count("You need this") == page.count("You offer this") == 1


def test_opening_it_is_seeing_it_once() -> None:
    scene = make_scene(cities=1)
    one, reader = best_city(scene), scene.readers[0]
    client = signed_in(reader)
    client.head(path_of(one))
    one.refresh_from_db()
    assert one.state == RecommendationState.RELEASED
    for _time in range(2):
        text_of(client, path_of(one))
    one.refresh_from_db()
    assert one.state == RecommendationState.SEEN
    [event] = CurationEvent.objects.filter(subject="recommendation", subject_id=one.pk)
    assert (event.kind, event.actor_id, event.data) == (
        "seen",
        reader.pk,
        {"from": "released", "to": "seen"},
    )


def test_opening_it_changes_no_answer() -> None:
    scene = make_scene(cities=1)
    one = best_city(scene)
    Recommendation.objects.filter(pk=one.pk).update(state=RecommendationState.INTERESTED)
    assert recommendation_see(one, by=scene.readers[0]) is False
    one.refresh_from_db()
    assert one.state == RecommendationState.INTERESTED
    assert CurationEvent.objects.filter(kind="seen").count() == 0


def test_staff_look_without_having_seen() -> None:
    scene = make_scene(cities=1)
    one, staff = best_city(scene), make_user(is_staff=True)
    page = text_of(signed_in(staff), path_of(one))
    assert ("Not stated, so left out:" in page, OWN_PAGE in page) == (True, False)
    one.refresh_from_db()
    assert one.state == RecommendationState.RELEASED
    with pytest.raises(PermissionDenied):
        recommendation_see(one, by=staff)
    assert OWN_PAGE in text_of(signed_in(scene.readers[0]), path_of(one))


def test_a_foreign_one_is_like_a_missing_one() -> None:
    scene = make_scene(readers=2, cities=1)
    foreign = Recommendation.objects.filter(seeker=scene.seekers[1])[0]
    held = Recommendation.objects.filter(seeker=scene.seekers[0])[0]
    Recommendation.objects.filter(pk=held.pk).update(state=RecommendationState.HELD)
    client = signed_in(scene.readers[0])
    answers = [
        client.get(f"/recommendations/{key}/") for key in (foreign.public_id, held.public_id, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({_without_request_id(answer.content.decode()) for answer in answers}) == 1
    foreign.refresh_from_db()
    assert foreign.state == RecommendationState.RELEASED


def _without_request_id(page: str) -> str:
    return re.sub(r"<code>.*?</code>", "", page)


def test_who_takes_no_part_any_more_is_named_so() -> None:
    scene = make_scene(cities=1)
    one = best_city(scene)
    one.candidate.state = OrganizationState.WITHDRAWN
    one.candidate.save(update_fields=["state"])
    assert "Hanzhou 1 takes no part at present." in text_of(signed_in(scene.readers[0]), path_of(one))


@pytest.mark.parametrize("others", [0, 12])
def test_it_costs_the_same_however_much_is_stated(others: int) -> None:
    scene = make_scene(cities=1)
    one = best_city(scene)
    for number in range(others):
        Need.objects.create(organization=one.candidate, topic=make_topic(f"more-{number}"))
        make_organization(
            country=Country.CN,
            population=10_000,
            population_basis=PopulationBasis.URBAN,
            latitude=30.5,
            longitude=114.2,
        )
        make_team_member(one.candidate)
    for side, place in ((one.seeker, (44.0, -123.0)), (one.candidate, (30.6, 114.3))):
        side.latitude, side.longitude = place
        side.save()
    client = signed_in(scene.readers[0])
    text_of(client, path_of(one))
    with CaptureQueriesContext(connection) as queries:
        text_of(client, path_of(one))
    # Session and person 2, blocking rules, recommendation, needs, offers, place in the team, answers, topics,
    # rules, saved, notes, cities.
    assert len(queries) == 13
