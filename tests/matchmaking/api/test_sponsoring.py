"""What an alliance reads of its members' recommendations at the API, and how it sponsors them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import MembershipState, TeamRole
from alliances.models import AllianceMembership, Organization, User
from alliances.names import search_key
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Disclosure, Exclusion, Recommendation, Sponsorship
from matchmaking.services.sponsoring import sponsor
from tests.factories import make_team_member, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.introductions.scenes import Couple, make_couple, make_couples

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    Recommendation.objects.exclude(pair=only.pair).update(state=S.PROPOSED)
    return only


@pytest.fixture
def league(couple: Couple) -> Organization:
    """Of the Chinese side."""
    return make_alliance(couple.cn.organization, code="cn-league", name_en="League")


@pytest.fixture
def officer(league: Organization) -> User:
    return make_officer(league)


@pytest.fixture
def us(league: Organization, officer: User) -> Caller:
    return program(league, officer)


LIST = "/alliances/cn-league/recommendations/"


def path_of(couple: Couple) -> str:
    return f"{LIST}{couple.cn.recommendation.public_id}/"


def ids(caller: Caller, query: str = "") -> list[str]:
    status, page = caller.get(f"{LIST}?{query}")
    assert (status, page["count"]) == (200, len(page["results"])), page
    return [one["id"] for one in page["results"]]


def test_it_reads_of_its_members_what_the_portal_shows_it(couple: Couple, us: Caller) -> None:
    member, candidate = couple.cn.organization, couple.us.organization
    (row,) = us.get(LIST)[1]["results"]
    reason = row.pop("reason")
    assert row == {
        "id": str(couple.cn.recommendation.public_id),
        "member": {
            "code": member.code,
            "kind": "city",
            "country": "CN",
            "is_sample": False,
            "name_en": member.name_en,
            "name_zh": member.name_zh,
        },
        "candidate": {
            "code": candidate.code,
            "kind": "city",
            "country": "US",
            "is_sample": False,
            "name_en": candidate.name_en,
            "name_zh": candidate.name_zh,
        },
        "kind": "city",
        "score": 0.4,
        "band": "very_strong",
        "standing": "waiting",
        "may_be_sponsored": True,
        "sponsored": False,
        "sponsored_at": None,
    }
    assert reason == "Shared challenges: sponge-city and urban-planning"
    assert us.get(path_of(couple))[1] == {**row, "reason": reason}
    couple.cn.say(Answer.INTERESTED)
    assert us.get(path_of(couple))[1]["standing"] == "interested"
    couple.us.say(Answer.INTERESTED)
    assert us.get(path_of(couple))[1]["standing"] == "introduced"


def test_a_no_leaves_the_list_and_reading_counts_as_nothing(couple: Couple, us: Caller) -> None:
    us.get(path_of(couple))
    assert Recommendation.objects.get(pk=couple.cn.recommendation.pk).state == S.RELEASED
    couple.cn.say(Answer.DECLINED, reason="budget", note="We run our own.")
    assert (ids(us), us.get(path_of(couple))[0]) == ([], 404)


def test_only_confirmed_members_and_only_for_the_own_team(couple: Couple, us: Caller, officer: User) -> None:
    other = make_alliance(code="cn-other")
    make_team_member(other, officer)
    # The token is of one alliance, though its person is in both.
    assert us.get("/alliances/cn-other/recommendations/")[0] == 404
    for caller in (
        program(couple.cn.organization, couple.cn.person),
        Caller(user=make_user(is_staff=True, is_superuser=True)),
    ):
        for path in (LIST, path_of(couple)):
            assert caller.get(path)[0] == 404
    # The candidate's row of the same pair is not the member's.
    assert us.get(f"{LIST}{couple.us.recommendation.public_id}/")[0] == 404
    for state in (MembershipState.INVITED, MembershipState.LAPSED):
        waits_for = "member" if state == MembershipState.INVITED else ""
        AllianceMembership.objects.update(state=state, waits_for=waits_for)
        assert (ids(us), us.get(path_of(couple))[0]) == ([], 404)


def test_it_sponsors_and_takes_back(couple: Couple, us: Caller, league: Organization) -> None:
    path = path_of(couple)
    for _twice in range(2):
        status, body = us.patch(path, {"sponsored": True})
        assert (status, body["sponsored"]) == (200, True)
    made = Sponsorship.objects.get()
    assert (made.alliance, made.member) == (league, couple.cn.organization)
    assert body["sponsored_at"] == made.sponsored_at.isoformat().replace("+00:00", "Z")
    them = program(couple.us.organization, couple.us.person)
    sponsors = them.get(f"/recommendations/{couple.us.recommendation.public_id}/")[1]["sponsors"]
    assert [one["code"] for one in sponsors] == ["cn-league"]
    for _twice in range(2):
        assert us.patch(path, {"sponsored": False})[1]["sponsored"] is False
    assert Sponsorship.objects.count() == 0


def test_what_is_closed_meanwhile_is_a_conflict(couple: Couple, us: Caller) -> None:
    Exclusion.objects.create(pair=couple.pair, reason="Rules")
    status, body = us.patch(path_of(couple), {"sponsored": True})
    assert (status, body["code"], Sponsorship.objects.count()) == (409, "closed", 0)


@pytest.mark.parametrize(
    "body", [{}, {"sponsored": "true"}, {"sponsored": 1}, {"sponsored": True, "by": "us"}]
)
def test_a_wrong_change_is_refused(couple: Couple, us: Caller, body: object) -> None:
    assert (us.patch(path_of(couple), body)[0], Sponsorship.objects.count()) == (400, 0)


def test_a_change_names_what_was_read(couple: Couple, us: Caller) -> None:
    path = path_of(couple)
    read = us.call("GET", path).headers["ETag"]
    assert us.call("PATCH", path, {"sponsored": True}, if_match="").status_code == 428
    couple.cn.say(Answer.INTERESTED)
    assert us.call("PATCH", path, {"sponsored": True}, if_match=read).status_code == 412
    assert Sponsorship.objects.count() == 0


def test_a_viewer_reads_and_sponsors_nothing(couple: Couple, league: Organization) -> None:
    viewer = Caller(user=make_officer(league, TeamRole.VIEWER))
    assert len(ids(viewer)) == 1
    assert (viewer.patch(path_of(couple), {"sponsored": True})[0], Sponsorship.objects.count()) == (403, 0)


def test_an_anonymous_candidate_is_so_to_the_alliance(couple: Couple, us: Caller) -> None:
    other = couple.us.organization
    Organization.objects.filter(pk=other.pk).update(
        shows_name=False, search_key=search_key(other.name_en, other.name_zh)
    )
    text = us.call("GET", LIST).content.decode() + us.call("GET", path_of(couple)).content.decode()
    assert [word for word in (other.code, other.name_en, other.name_zh) if word in text] == []
    assert us.get(LIST)[1]["results"][0]["candidate"]["name_en"] == "City in the United States"
    name = other.name_en.replace(" ", "%20")
    assert ids(us, f"search={name}") == []
    Disclosure.objects.create(pair=couple.pair, organization=other)
    assert len(ids(us, f"search={name}")) == 1
    assert us.get(path_of(couple))[1]["candidate"]["code"] == other.code


def test_no_kept_answer_names_who_took_its_name_back(couple: Couple, us: Caller) -> None:
    path, other, body = path_of(couple), couple.us.organization, {"sponsored": True}
    first, again = (us.call("PATCH", path, body, idempotency_key="key-1") for _time in range(2))
    assert (first.status_code, again.content, other.code in first.content.decode()) == (
        200,
        first.content,
        True,
    )
    Organization.objects.filter(pk=other.pk).update(shows_name=False)
    again = us.call("PATCH", path, body, idempotency_key="key-1")
    told = again.content.decode()
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert [word for word in (other.code, other.name_en, other.name_zh) if word in told] == []


def test_it_is_narrowed_and_ordered(couple: Couple, us: Caller, league: Organization) -> None:
    more = make_couple(couple.us.recommendation.run, couple.us.recommendation.breakdown)
    AllianceMembership.objects.create(
        alliance=league, member=more.cn.organization, state=MembershipState.CONFIRMED
    )
    Recommendation.objects.filter(pk=more.cn.recommendation.pk).update(score=0.9)
    best, other = (str(one.cn.recommendation.public_id) for one in (more, couple))
    assert ids(us) == [best, other]
    assert ids(us, "ordering=score") == [other, best]
    assert ids(us, f"member={couple.cn.organization.code}") == [other]
    assert ids(us, f"member={couple.us.organization.code}") == []
    assert [len(ids(us, f"kind={kind}")) for kind in ("city", "firm")] == [2, 0]
    for query, field in (("member=%00", "member"), ("kind=x", "kind"), ("state=seen", "state")):
        status, body = us.get(f"{LIST}?{query}")
        assert (status, body["field"]) == (400, field)


def test_the_list_costs_the_same_for_one_and_for_thirty(
    couple: Couple, league: Organization, officer: User
) -> None:
    caller = Caller(user=officer)
    Organization.objects.filter(pk=couple.us.organization.pk).update(shows_name=False)
    sponsor(league, couple.cn.recommendation, by=officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert caller.get(LIST)[0] == 200
        return len(captured)

    queries()
    with_one = queries()
    run, breakdown = couple.us.recommendation.run, couple.us.recommendation.breakdown
    for _number in range(29):
        more = make_couple(run, breakdown)
        member = more.cn.organization
        AllianceMembership.objects.create(alliance=league, member=member, state=MembershipState.CONFIRMED)
        sponsor(league, more.cn.recommendation, by=officer)
    rows = caller.get(LIST)[1]["results"]
    assert (len(rows), {one["sponsored"] for one in rows}) == (30, {True})
    assert queries() == with_one
