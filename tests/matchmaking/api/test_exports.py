"""Whole tables of the API: the same rows as JSON and as a file, without contacts, for their own teams."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import MembershipState, TeamRole
from alliances.models import AllianceMembership, Organization
from matchmaking.enums import Answer, TokenScope
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Recommendation
from matchmaking.selectors.benefit import report_quarters
from tests.factories import make_team_member, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.introductions.scenes import Couple, make_couple, make_couples
from tests.matchmaking.portal.pages import signed_in

pytestmark = pytest.mark.django_db

RECOMMENDATIONS, INTRODUCTIONS = "/exports/recommendations/", "/exports/introductions/"


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    Recommendation.objects.exclude(pair=only.pair).update(state=S.PROPOSED)
    return only


@pytest.fixture
def us(couple: Couple) -> Caller:
    return program(couple.us.organization, couple.us.person, TokenScope.READ)


def file_of(caller: Caller, path: str, name: str) -> list[list[str]]:
    """Header and rows of an export as CSV."""
    response = caller.call("GET", f"{path}{'&' if '?' in path else '?'}format=csv")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def cells(row: dict[str, Any]) -> list[str]:
    return ["" if value is None else str(value) for value in row.values()]


def test_recommendations_as_json_and_as_a_file(couple: Couple, us: Caller) -> None:
    own, other, one = couple.us.organization, couple.cn.organization, couple.us.recommendation
    (row,) = us.get(RECOMMENDATIONS)[1]
    assert row.pop("released_at").endswith("Z")
    assert row == {
        "id": str(one.public_id),
        "organization": own.code,
        "kind": "city",
        "code": other.code,
        "country": "CN",
        "region": "",
        "name_en": other.name_en,
        "name_zh": other.name_zh,
        "state": "released",
        "rank": 1,
        "score": 0.4,
        "affinity": 0.5,
        "candidate_affinity": 0.35,
        "answer": None,
        "introduction": None,
    }
    couple.us.say(Answer.INTERESTED)
    made = couple.cn.say(Answer.INTERESTED).introduction
    assert made is not None
    (row,) = us.get(RECOMMENDATIONS)[1]
    assert (row["answer"], row["introduction"]) == ("interested", str(made.public_id))
    header, line = file_of(us, RECOMMENDATIONS, "recommendations")
    assert (header, line) == ([*row], cells(row))


def test_introductions_as_json_and_as_a_file(couple: Couple, us: Caller) -> None:
    couple.us.say(Answer.INTERESTED)
    made = couple.cn.say(Answer.INTERESTED).introduction
    assert made is not None
    other = couple.cn.organization
    (row,) = us.get(INTRODUCTIONS)[1]
    assert row.pop("made_at").endswith("Z")
    assert row == {
        "id": str(made.public_id),
        "organization": couple.us.organization.code,
        "code": other.code,
        "kind": "city",
        "country": "CN",
        "name_en": other.name_en,
        "name_zh": other.name_zh,
        "closed_at": None,
    }
    (row,) = us.get(INTRODUCTIONS)[1]
    assert file_of(us, INTRODUCTIONS, "introductions") == [[*row], cells(row)]
    # From the other side the same introduction, the other way round.
    them = program(couple.cn.organization, couple.cn.person)
    assert them.get(INTRODUCTIONS)[1][0]["code"] == couple.us.organization.code


def test_no_contact_leaves_by_an_export(couple: Couple, us: Caller) -> None:
    other, person = couple.cn.organization, couple.cn.person
    other.contact_email = "canary-office@test.example"
    other.save()
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    told = "".join(
        us.call("GET", f"{path}?format={word}").content.decode()
        for path in (RECOMMENDATIONS, INTRODUCTIONS)
        for word in ("json", "csv")
    )
    assert told.count(other.code) == 4
    assert [word for word in ("canary", person.email, person.name) if word in told] == []


def test_an_anonymous_candidate_is_described(couple: Couple, us: Caller) -> None:
    other = couple.cn.organization
    Organization.objects.filter(pk=other.pk).update(shows_name=False)
    (row,) = us.get(RECOMMENDATIONS)[1]
    assert (row["code"], row["name_en"]) == ("", "City in China")
    text = us.call("GET", f"{RECOMMENDATIONS}?format=csv").content.decode()
    assert [word for word in (other.code, other.name_en, other.name_zh) if word in text] == []


@pytest.mark.parametrize("name", ["=HYPERLINK(0)", "@SUM(1)", "＝1+1", " +1"])
def test_a_file_runs_no_formula(couple: Couple, us: Caller, name: str) -> None:
    Organization.objects.filter(pk=couple.cn.organization.pk).update(name_en=name)
    header, line = file_of(us, RECOMMENDATIONS, "recommendations")
    assert line[header.index("name_en")] == f"'{name}"
    assert us.get(RECOMMENDATIONS)[1][0]["name_en"] == name


def test_they_are_whole_and_of_the_own_organizations_alone(couple: Couple) -> None:
    run, breakdown = couple.us.recommendation.run, couple.us.recommendation.breakdown
    person = couple.us.person
    more = make_couple(run, breakdown)
    make_team_member(more.us.organization, person)
    strangers = make_couple(run, breakdown)
    for one in (couple, more, strangers):
        one.us.say(Answer.INTERESTED)
        one.cn.say(Answer.INTERESTED)
    session = Caller(user=person)
    first, second = couple.us.organization.code, more.us.organization.code
    for path in (RECOMMENDATIONS, INTRODUCTIONS):
        assert {one["organization"] for one in session.get(path)[1]} == {first, second}
        assert [one["organization"] for one in session.get(f"{path}?organization={second}")[1]] == [second]
        foreign = strangers.us.organization.code
        assert session.get(f"{path}?organization={foreign}")[1] == []
        by_token = program(couple.us.organization, person)
        assert [one["organization"] for one in by_token.get(path)[1]] == [first]
        assert Caller(user=make_user(is_staff=True, is_superuser=True)).get(path)[1] == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (RECOMMENDATIONS, "format=xml", "format"),
        (RECOMMENDATIONS, "page=2", "page"),
        (INTRODUCTIONS, "organization=%00", "organization"),
        (INTRODUCTIONS, "search=a", "search"),
    ],
)
def test_a_wrong_parameter_is_named(us: Caller, path: str, query: str, field: str) -> None:
    status, body = us.get(f"{path}?{query}")
    assert (status, body["field"]) == (400, field)


def test_a_program_that_accepts_only_files_gets_one(us: Caller) -> None:
    us.headers["accept"] = "text/csv"
    assert file_of(us, RECOMMENDATIONS, "recommendations")[0][0] == "id"


# --- The report of an alliance -------------------------------------------------------------------


@pytest.fixture
def league(couple: Couple) -> Organization:
    return make_alliance(couple.cn.organization, code="cn-league")


REPORT = "/exports/alliances/cn-league/report/"


def test_the_report_is_the_portals(couple: Couple, league: Organization) -> None:
    couple.cn.say(Answer.INTERESTED)
    officer = make_officer(league, TeamRole.VIEWER)
    us, quarter = program_of(league), report_quarters()[0]
    member = couple.cn.organization
    counts = {"recommended": 1, "seen": 1, "interested": 1, "introduced": 0, "sponsored": 0}
    assert us.get(REPORT) == (
        200,
        {
            "alliance": "cn-league",
            "quarter": quarter.key,
            "first_day": str(quarter.start),
            "last_day": str(quarter.last_day),
            "members": [
                {
                    "code": member.code,
                    "name_en": member.name_en,
                    "name_zh": member.name_zh,
                    "counts": counts,
                }
            ],
            "total": counts,
        },
    )
    before = report_quarters()[1].key
    assert us.get(f"{REPORT}?quarter={before}")[1]["total"] == dict.fromkeys(counts, 0)
    for key in (quarter.key, before):
        rows = file_of(us, f"{REPORT}?quarter={key}", f"cn-league-{key}")
        page = signed_in(officer).get(f"/alliance/cn-league/report.csv?quarter={key}")
        assert rows == list(csv.reader(io.StringIO(page.content.decode("utf-8-sig"))))
    assert rows[-1][:3] == ["", "All members", "全部成员"]


def program_of(alliance: Organization) -> Caller:
    return program(alliance, make_officer(alliance), TokenScope.READ)


def test_the_report_is_for_the_alliances_team(couple: Couple, league: Organization) -> None:
    for caller in (
        program(couple.cn.organization, couple.cn.person),
        program_of(make_alliance(couple.cn.organization)),
        Caller(user=make_user(is_staff=True, is_superuser=True)),
    ):
        foreign, missing = (
            caller.call("GET", path) for path in (REPORT, "/exports/alliances/no-such/report/")
        )
        assert (foreign.status_code, foreign.content) == (404, missing.content)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "There is no report of “2026-Q9”. Use one of "), ("zh-hans", "没有“2026-Q9”的报告。")],
)
def test_a_quarter_without_a_report_is_named(league: Organization, language: str, sentence: str) -> None:
    caller = program(league, make_officer(league), language=language)
    status, body = caller.get(f"{REPORT}?quarter=2026-Q9")
    assert (status, body["field"], body["detail"].startswith(sentence)) == (400, "quarter", True)
    for query, field in (("quarter=%00", "quarter"), ("organization=x", "organization")):
        assert caller.get(f"{REPORT}?{query}")[1]["field"] == field


def test_exports_cost_the_same_for_one_and_for_thirty(couple: Couple, league: Organization) -> None:
    person = couple.us.person
    make_team_member(league, person)
    caller = Caller(user=person)
    run, breakdown = couple.us.recommendation.run, couple.us.recommendation.breakdown

    def queries() -> list[int]:
        counted = []
        for path in (RECOMMENDATIONS, f"{RECOMMENDATIONS}?format=csv", INTRODUCTIONS, REPORT):
            with CaptureQueriesContext(connection) as captured:
                assert caller.call("GET", path).status_code == 200
            counted.append(len(captured))
        return counted

    def met(one: Couple) -> None:
        one.us.say(Answer.INTERESTED)
        one.cn.say(Answer.INTERESTED)

    Organization.objects.filter(pk=couple.cn.organization.pk).update(shows_name=False)
    met(couple)
    queries()
    with_one = queries()
    for _number in range(29):
        more = make_couple(run, breakdown)
        make_team_member(more.us.organization, person)
        AllianceMembership.objects.create(
            alliance=league, member=more.cn.organization, state=MembershipState.CONFIRMED
        )
        met(more)
    assert [len(caller.get(path)[1]) for path in (RECOMMENDATIONS, INTRODUCTIONS)] == [30, 30]
    assert len(caller.get(REPORT)[1]["members"]) == 30
    assert queries() == with_one
