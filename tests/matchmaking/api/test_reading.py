"""What the API tells: one's own rows, complete, in the reader's language, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, Kind, TeamRole
from alliances.models import ChallengeArea, Need, Organization, Topic
from alliances.names import search_key
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Disclosure, Recommendation, Response
from matchmaking.services.answers import later_until
from tests.factories import make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.introductions.scenes import Couple, make_couple, make_couples
from tests.matchmaking.scenes import make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    return only


@pytest.fixture
def us(couple: Couple) -> Caller:
    return program(couple.us.organization, couple.us.person)


def test_areas_come_with_their_topics_in_both_languages(us: Caller) -> None:
    ChallengeArea.objects.filter(topics=None).delete()
    make_topic("tram", area="transport")
    status, areas = us.get("/topics/")
    area = next(one for one in areas if one["slug"] == "transport")
    assert status == 200
    assert area == {
        "slug": "transport",
        "name_en": "transport",
        "name_zh": "transport",
        "definition_en": "",
        "definition_zh": "",
        "topics": [
            {
                "slug": "tram",
                "name_en": "tram",
                "name_zh": "tram",
                "definition_en": "",
                "definition_zh": "",
            }
        ],
    }


def test_own_organizations_are_listed_and_no_other(couple: Couple, us: Caller) -> None:
    status, page = us.get("/organizations/")
    assert (status, page["count"], page["next"], page["previous"]) == (200, 1, None, None)
    assert [one["code"] for one in page["results"]] == [couple.us.organization.code]


def test_organization_is_read_as_it_is_stated() -> None:
    organization = make_organization(
        "us-city-one",
        name_en="Springfield",
        name_zh="春田",
        languages=["en"],
        contact_email="office@test.example",
        needs={"sponge-city": 3},
        offers={"e-bus": 1},
    )
    caller = program(organization, make_team_member(organization).user)
    _status, found = caller.get("/organizations/us-city-one/")
    assert found.pop("updated_at").endswith("Z")
    assert found == {
        "code": "us-city-one",
        "kind": "city",
        "country": "US",
        "state": "approved",
        "is_sample": False,
        "subtype": "",
        "name_en": "Springfield",
        "name_zh": "春田",
        "aliases": [],
        "region": "",
        "population": None,
        "population_basis": "",
        "size_band": "",
        "latitude": None,
        "longitude": None,
        "website": "",
        "summary_en": "",
        "summary_zh": "",
        "languages": ["en"],
        "seeks": [],
        "refuses": [],
        "partnership_types": [],
        "stage": "",
        "horizon": "",
        "budget_band": "",
        "capacity": 3,
        "contact_email": "office@test.example",
        "needs": [{"topic": "sponge-city", "priority": 3}],
        "offers": [{"topic": "e-bus", "maturity": 1}],
        "profile_confirmed_at": None,
    }


def test_recommendations_come_best_first_with_numbers_and_reasons() -> None:
    scene = make_scene()
    seeker = scene.seekers[0]
    Recommendation.objects.filter(seeker=seeker).update(state=S.RELEASED, released_at="2026-11-24T00:00Z")
    reader = make_team_member(seeker).user
    _status, page = program(seeker, reader).get("/recommendations/")
    rows = list(Recommendation.objects.filter(seeker=seeker).order_by("-score", "pk"))
    assert [one["id"] for one in page["results"]] == [str(row.public_id) for row in rows]
    first, row = page["results"][0], rows[0]
    assert (first["organization"], first["candidate"]["code"]) == (seeker.code, row.candidate.code)
    assert (first["score"], first["affinity"], first["candidate_affinity"]) == (
        row.score,
        row.affinity,
        row.candidate_affinity,
    )
    assert first["breakdown"] == row.breakdown
    assert (first["answer_by"], first["answer"], first["introduction"]) == (
        "2027-01-23T00:00:00Z",
        None,
        None,
    )
    told = {one["criterion"]: one["sentence"] for one in first["for_you"]}
    assert "sponge-city" in told["needs_met"]
    _status, page = program(seeker, reader, language="zh-hans").get("/recommendations/")
    told_zh = {one["criterion"]: one["sentence"] for one in page["results"][0]["for_you"]}
    assert told_zh.keys() == told.keys()
    assert told_zh["needs_met"] != told["needs_met"]


def test_recommendations_are_filtered(couple: Couple, us: Caller) -> None:
    own = couple.us.organization

    def count(query: str) -> int:
        _status, page = us.get(f"/recommendations/?{query}")
        return int(page["count"])

    assert [count(f"kind={kind}") for kind in ("city", "firm", "alliance")] == [1, 0, 0]
    assert [count(f"state={state}") for state in ("released", "seen")] == [1, 0]
    assert [count(f"organization={code}") for code in (own.code, couple.cn.organization.code, "no-such")] == [
        1,
        0,
        0,
    ]


def test_what_was_not_released_is_not_there(couple: Couple, us: Caller) -> None:
    path = f"/recommendations/{couple.us.recommendation.public_id}/"
    for state in (S.PROPOSED, S.HELD, S.SUPERSEDED, S.EXPIRED):
        Recommendation.objects.filter(pk=couple.us.recommendation.pk).update(state=state, released_at=None)
        assert us.get("/recommendations/")[1]["count"] == 0, state
        assert us.get(path)[0] == 404, state


def test_staff_in_a_team_get_no_more_than_the_team(couple: Couple, us: Caller) -> None:
    couple.us.person.is_staff = True
    couple.us.person.save()
    Recommendation.objects.filter(pk=couple.us.recommendation.pk).update(state=S.HELD)
    assert us.get("/recommendations/")[1]["count"] == 0
    assert us.get("/organizations/")[1]["count"] == 1


def test_list_leaves_seeing_alone_and_opening_marks_it(couple: Couple, us: Caller) -> None:
    assert us.get("/recommendations/")[1]["results"][0]["state"] == "released"
    path = f"/recommendations/{couple.us.recommendation.public_id}/"
    assert [us.get(path)[1]["state"], us.get("/recommendations/")[1]["results"][0]["state"]] == [
        "seen",
        "seen",
    ]


def test_token_acts_for_its_organization_and_a_session_for_all(couple: Couple) -> None:
    other = make_organization()
    make_team_member(other, couple.us.person)
    by_token = program(other, couple.us.person)
    by_session = Caller(user=couple.us.person)
    assert [one["code"] for one in by_token.get("/organizations/")[1]["results"]] == [other.code]
    assert by_token.get("/recommendations/")[1]["count"] == 0
    assert by_session.get("/organizations/")[1]["count"] == 2
    assert by_session.get("/recommendations/")[1]["count"] == 1


def test_introduction_shows_contacts_of_those_who_agreed(couple: Couple, us: Caller) -> None:
    couple.us.say(Answer.INTERESTED)
    made = couple.cn.say(Answer.INTERESTED).introduction
    assert made is not None
    status, page = us.get("/introductions/")
    assert (status, page["count"]) == (200, 1)
    assert page["results"][0].keys() == {"id", "organization", "other", "made_at", "closed_at"}
    status, found = us.get(f"/introductions/{made.public_id}/")
    assert (status, found["organization"], found["other"]["code"], found["open"]) == (
        200,
        couple.us.organization.code,
        couple.cn.organization.code,
        True,
    )
    assert [[one["email"] for one in found["contacts"][side]] for side in ("own", "other")] == [
        [couple.us.person.email],
        [couple.cn.person.email],
    ]
    roles = [one["role"] for side in found["contacts"].values() for one in side]
    assert roles == ["Team member on this site"] * 2


def test_no_contact_shows_before_the_introduction(couple: Couple, us: Caller) -> None:
    other = couple.cn.organization
    other.contact_email = "canary-office@test.example"
    other.save()
    couple.us.say(Answer.INTERESTED)
    paths = ["/organizations/", "/recommendations/", "/introductions/"]
    paths += [f"/recommendations/{couple.us.recommendation.public_id}/", f"/organizations/{other.code}/"]
    told = " ".join(us.call("GET", path).content.decode() for path in paths)
    assert other.name_en in told
    assert [word for word in ("canary", couple.cn.person.email, couple.cn.person.name) if word in told] == []


def queries(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert caller.get(path)[0] == 200
    return len(found)


def test_lists_cost_the_same_for_one_row_and_for_thirty(couple: Couple) -> None:
    run, breakdown = couple.us.recommendation.run, couple.us.recommendation.breakdown
    person = couple.us.person
    caller = Caller(user=person)
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    paths = ("/organizations/", "/recommendations/", "/introductions/")
    for path in paths:
        queries(caller, path)
    with_one = [queries(caller, path) for path in paths]
    for _number in range(29):
        more = make_couple(run, breakdown)
        make_team_member(more.us.organization, person)
        more.us.say(Answer.INTERESTED)
        more.cn.say(Answer.INTERESTED)
    assert [caller.get(path)[1]["count"] for path in paths] == [30, 30, 30]
    assert [queries(caller, path) for path in paths] == with_one


def test_no_page_holds_more_than_two_hundred_rows(couple: Couple, us: Caller) -> None:
    area = make_topic().area
    topics = Topic.objects.bulk_create(
        Topic(slug=f"many-{one}", area=area, name_en=f"{one}", name_zh=f"{one}", position=1000 + one)
        for one in range(205)
    )
    Need.objects.bulk_create(Need(organization=couple.us.organization, topic=topic) for topic in topics)
    _status, page = us.get(f"/organizations/{couple.us.organization.code}/needs/?page_size=1000000")
    assert (page["count"], len(page["results"])) == (205, 200)


def test_pages_hold_fifty_rows_or_as_many_as_are_asked_for(couple: Couple, us: Caller) -> None:
    person = couple.us.person
    for _number in range(51):
        make_team_member(make_organization(country=Country.US), person, TeamRole.VIEWER)
    session = Caller(user=person)
    sizes = [
        len(session.get(f"/organizations/{query}")[1]["results"]) for query in ("", "?page=2", "?page_size=9")
    ]
    assert sizes == [50, 2, 9]
    assert session.get("/organizations/?page_size=1000000")[0] == 200
    assert us.get("/organizations/?page=2")[1] | {"request_id": ""} == {
        "type": "about:blank",
        "title": "Bad request",
        "status": 400,
        "detail": "There is no page 2.",
        "code": "no_such_page",
        "message": "There is no page 2.",
        "field": "page",
        "request_id": "",
    }


def test_nothing_is_kept_by_a_cache(us: Caller) -> None:
    assert us.call("GET", "/organizations/").headers["Cache-Control"] == "no-store"


def test_open_interest_sets_the_time_to_answer(couple: Couple, us: Caller) -> None:
    path = f"/recommendations/{couple.us.recommendation.public_id}/"
    couple.cn.say(Answer.INTERESTED)
    Response.objects.update(answered_at="2026-11-24T00:00Z")
    Recommendation.objects.filter(pair=couple.pair).update(released_at="2026-11-20T00:00Z")
    assert us.get(path)[1]["answer_by"] == "2026-12-15T00:00:00Z"
    couple.us.say(Answer.LATER, until=later_until(3))
    assert us.get(path)[1]["answer_by"] == "2027-01-19T00:00:00Z"


# --- Narrowed, searched, ordered -----------------------------------------------------------------


def codes(caller: Caller, query: str) -> list[str]:
    status, page = caller.get(f"/organizations/?{query}")
    assert (status, page["count"]) == (200, len(page["results"])), page
    return [one["code"] for one in page["results"]]


def test_own_organizations_are_narrowed_searched_in_both_scripts_and_ordered() -> None:
    person = make_user()
    stated: list[tuple[str, dict[str, Any]]] = [
        ("us-city-a", {"name_en": "Springfield"}),
        ("cn-city-b", {"name_en": "Hangzhou", "name_zh": "杭州", "country": Country.CN}),
        ("cn-firm-c", {"name_en": "", "name_zh": "成都水务", "country": Country.CN, "kind": Kind.FIRM}),
    ]
    for code, fields in stated:
        made = make_organization(code, **fields)
        Organization.objects.filter(pk=made.pk).update(
            search_key=search_key(made.name_en, made.name_zh, made.aliases)
        )
        make_team_member(made, person)
    make_organization("us-city-other", name_en="Springfield")
    caller = Caller(user=person)
    assert codes(caller, "") == ["cn-city-b", "cn-firm-c", "us-city-a"]
    assert codes(caller, "ordering=-code") == ["us-city-a", "cn-firm-c", "cn-city-b"]
    assert codes(caller, "ordering=name") == ["cn-city-b", "us-city-a", "cn-firm-c"]
    assert codes(caller, "kind=firm") == ["cn-firm-c"]
    assert codes(caller, "country=CN&ordering=updated_at") == ["cn-city-b", "cn-firm-c"]
    assert codes(caller, "state=draft") == []
    for text in ("杭州", "杭", "hangzhou", "HANG zhou", "hz"):
        assert codes(caller, f"search={text}") == ["cn-city-b"], text
    assert [codes(caller, f"search={text}") for text in ("成都", "chengdu", "spring")] == [
        ["cn-firm-c"],
        ["cn-firm-c"],
        ["us-city-a"],
    ]


def test_recommendations_are_searched_by_the_names_that_are_shown(couple: Couple, us: Caller) -> None:
    other = couple.cn.organization
    Organization.objects.filter(pk=other.pk).update(
        name_zh="杭州", search_key=search_key(other.name_en, "杭州", ())
    )

    def count(query: str) -> int:
        _status, page = us.get(f"/recommendations/?{query}")
        return int(page["count"])

    assert [count(f"search={text}") for text in ("杭州", "hangzhou", "ningbo")] == [1, 1, 0]
    # Anonymous at first: its name finds it for nobody, until it is named to them.
    Organization.objects.filter(pk=other.pk).update(shows_name=False)
    assert [count(f"search={text}") for text in ("杭州", "hangzhou", other.code)] == [0, 0, 0]
    assert count("") == 1
    Disclosure.objects.create(pair=couple.pair, organization=other)
    assert count("search=hangzhou") == 1


def test_recommendations_are_ordered() -> None:
    scene = make_scene()
    seeker = scene.seekers[0]
    rows = Recommendation.objects.filter(seeker=seeker).order_by("score", "pk")
    for day, row in enumerate(rows, 1):
        Recommendation.objects.filter(pk=row.pk).update(
            state=S.RELEASED, released_at=f"2026-11-{30 - day}T00:00Z"
        )
    caller = program(seeker, make_team_member(seeker).user)

    def ids(query: str) -> list[str]:
        return [one["id"] for one in caller.get(f"/recommendations/?{query}")[1]["results"]]

    by_score = [str(row.public_id) for row in rows]
    assert len(by_score) > 1
    assert ids("ordering=score") == by_score
    assert ids("ordering=-released_at") == by_score
    assert ids("ordering=released_at") == by_score[::-1]


def test_introductions_are_narrowed_searched_and_ordered(couple: Couple, us: Caller) -> None:
    other = couple.cn.organization
    Organization.objects.filter(pk=other.pk).update(search_key=search_key("Hangzhou", "杭州", ()))
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)

    def count(query: str) -> int:
        _status, page = us.get(f"/introductions/?{query}")
        return int(page["count"])

    assert [count(f"search={text}") for text in ("杭州", "hangzhou", "ningbo")] == [1, 1, 0]
    assert [count(f"open={word}") for word in ("true", "false")] == [1, 0]
    own, theirs = couple.us.organization.code, other.code
    assert [count(f"organization={code}") for code in (own, theirs)] == [1, 0]
    more = make_couple(couple.us.recommendation.run, couple.us.recommendation.breakdown)
    make_team_member(more.us.organization, couple.us.person)
    more.us.say(Answer.INTERESTED)
    more.cn.say(Answer.INTERESTED)
    session = Caller(user=couple.us.person)
    orders = [
        [one["organization"] for one in session.get(f"/introductions/?ordering={word}")[1]["results"]]
        for word in ("made_at", "-made_at")
    ]
    assert orders == [[own, more.us.organization.code], [more.us.organization.code, own]]
    # One's own name is not what is searched in.
    Organization.objects.filter(pk=couple.us.organization.pk).update(search_key="springfield")
    assert count("search=springfield") == 0


@pytest.mark.parametrize("path", ["/organizations/", "/introductions/", "/recommendations/"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("ordering=password", "ordering"),
        ("ordering=--code", "ordering"),
        ("search=%00", "search"),
        ("search=%21%21", "search"),
        ("search=" + "x" * 101, "search"),
        ("search__icontains=a", "search__icontains"),
    ],
)
def test_a_wrong_parameter_is_named(us: Caller, path: str, query: str, field: str) -> None:
    status, body = us.get(f"{path}?{query}")
    assert (status, body["field"]) == (400, field)


def test_every_list_costs_the_same_however_it_is_asked(couple: Couple, us: Caller) -> None:
    asked = ("search=a&kind=city&ordering=-updated_at", "search=杭州", "ordering=name")
    for query in asked:
        queries(us, f"/organizations/?{query}")
        before = queries(us, f"/organizations/?{query}")
        make_team_member(make_organization(), couple.us.person)
        assert queries(us, f"/organizations/?{query}") == before
