"""The member-benefit report: figures counted by hand, quarter by quarter, as a page and as a file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, MembershipState
from alliances.models import AllianceMembership, Organization
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import (
    CurationEvent,
    Introduction,
    MatchRun,
    Pair,
    Recommendation,
    Response,
    Sponsorship,
)
from matchmaking.selectors.benefit import Benefit, Counts, ReportQuarter, benefits, in_all, report_quarters
from matchmaking.services.recommendations import recommendation_see
from matchmaking.services.sponsoring import sponsor
from tests.factories import make_organization, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.introductions.scenes import make_couples, make_run
from tests.matchmaking.portal.pages import CHINESE, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db

MICROSECOND = timedelta(microseconds=1)


def recommend(
    run: MatchRun,
    member: Organization,
    at: datetime,
    state: S = S.RELEASED,
    answer: Answer | None = None,
    event: str = "",
) -> Pair:
    """A pair of this member and a new American city, recommended to the member at this moment."""
    other = make_organization()
    low, high = sorted((member, other), key=lambda one: one.pk)
    pair = Pair.objects.create(low=low, high=high)
    one = Recommendation.objects.create(
        run=run,
        pair=pair,
        seeker=member,
        candidate=other,
        kind=other.kind,
        rank=1,
        score=0.4,
        affinity=0.5,
        candidate_affinity=0.35,
        breakdown={},
        state=state,
        released_at=at,
    )
    if answer:
        Response.objects.create(pair=pair, organization=member, answer=answer)
    if event:
        CurationEvent.objects.create(subject="recommendation", subject_id=one.pk, kind=event)
    return pair


def introduce(pair: Pair, at: datetime) -> None:
    for side in (pair.low, pair.high):
        Response.objects.get_or_create(pair=pair, organization=side, defaults={"answer": Answer.INTERESTED})
    Introduction.objects.create(pair=pair, made_at=at)


def test_quarters_by_their_days() -> None:
    quarter = ReportQuarter(date(2026, 10, 1))
    assert (quarter.key, quarter.last_day) == ("2026-Q4", date(2026, 12, 31))
    assert quarter.span == (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [ReportQuarter(date(2027, month, 1)).key for month in (1, 4, 7)] == [
        "2027-Q1",
        "2027-Q2",
        "2027-Q3",
    ]
    assert ReportQuarter(date(2027, 1, 1)).last_day == date(2027, 3, 31)
    known = report_quarters()
    assert len({one.key for one in known}) == 8
    begin, end = known[0].span
    assert begin <= timezone.now() < end
    assert [later.span[0] for later in known[:-1]] == [earlier.span[1] for earlier in known[1:]]


def test_the_figures_counted_by_hand() -> None:
    run, _breakdown = make_run()
    quarter = report_quarters()[1]
    begin, end = quarter.span
    inside = begin + timedelta(days=40)
    one, two, three, lapsed = (make_organization(f"cn-m-{n}", country=Country.CN) for n in "1234")
    alliance = make_alliance(one, two, three, lapsed)
    AllianceMembership.objects.filter(member=lapsed).update(state=MembershipState.LAPSED)
    other = make_alliance(one)

    # Member 1: recommended 6 in the quarter, at both of its edges too; not the moments beside them.
    recommend(run, one, begin)
    recommend(run, one, end - MICROSECOND, S.SEEN)
    recommend(run, one, begin - MICROSECOND, S.SEEN)
    recommend(run, one, end, S.SEEN)
    recommend(run, one, inside, S.HELD)  # taken back: not counted
    recommend(run, one, inside, S.EXPIRED)  # never opened
    recommend(run, one, inside, S.EXPIRED, event="seen")  # opened before
    met = recommend(run, one, inside, S.INTERESTED, Answer.INTERESTED)
    yes = recommend(run, one, inside, S.EXPIRED, Answer.INTERESTED, event="answered")
    introduce(met, inside)
    # Introduced in the quarter, though recommended before it; and one introduced after it.
    introduce(recommend(run, one, begin - timedelta(days=9), S.INTERESTED), begin)
    introduce(recommend(run, one, begin - timedelta(days=9), S.INTERESTED), end)
    # Sponsored twice in the quarter by this alliance, once after it, once by another.
    for pair, by, at in (
        (met, alliance, begin),
        (yes, alliance, end - MICROSECOND),
        (met, other, inside),
        (recommend(run, one, end), alliance, end),
    ):
        Sponsorship.objects.create(alliance=by, member=one, pair=pair, sponsored_at=at)
    # Member 2: two, one of them declined; the other said yes, which is not this member's yes.
    recommend(run, two, inside, S.DECLINED)
    silent = recommend(run, two, inside)
    theirs = silent.high if silent.low == two else silent.low
    Response.objects.create(pair=silent, organization=theirs, answer=Answer.INTERESTED)
    # Who is no member any more is not in the report.
    recommend(run, lapsed, inside, S.SEEN)

    found = benefits(alliance, quarter)
    assert found == [
        Benefit(one, Counts(recommended=6, seen=4, interested=2, introduced=2, sponsored=2)),
        Benefit(two, Counts(recommended=2, seen=1, interested=0, introduced=0, sponsored=0)),
        Benefit(three, Counts()),
    ]
    assert in_all(found) == Counts(recommended=8, seen=5, interested=2, introduced=2, sponsored=2)
    assert in_all([]) == Counts()


def test_a_pair_recommended_twice_counts_once() -> None:
    run, _breakdown = make_run()
    member = make_organization(country=Country.CN)
    quarter = report_quarters()[0]
    pair = recommend(run, member, timezone.now(), S.SEEN)
    again = Recommendation.objects.get(pair=pair)
    again.pk, again.public_id, again.run = None, "0" * 32, run_after(run)
    again.save()
    assert benefits(make_alliance(member), quarter)[0].counts == Counts(recommended=1, seen=1)


def run_after(run: MatchRun) -> MatchRun:
    run.pk = None
    run.save()
    return run


def test_what_the_services_do_is_what_the_report_counts() -> None:
    seen, met = make_couples(2)
    alliance = make_alliance(seen.cn.organization, met.cn.organization)
    recommendation_see(seen.cn.recommendation, by=seen.cn.person)
    for side in (met.cn, met.us):
        side.say(Answer.INTERESTED)
    sponsor(alliance, met.cn.recommendation, by=make_officer(alliance))
    found = {one.member: one.counts for one in benefits(alliance, report_quarters()[0])}
    assert found == {
        seen.cn.organization: Counts(recommended=1, seen=1),
        met.cn.organization: Counts(1, 1, 1, 1, 1),
    }


# --- Page and file -------------------------------------------------------------------------------


def test_the_page_shows_the_running_quarter_and_the_one_that_is_asked_for() -> None:
    (couple,) = make_couples(1)
    alliance = make_alliance(couple.cn.organization)
    client, path = signed_in(make_officer(alliance)), f"/alliance/{alliance.code}/report/"
    now, before = report_quarters()[:2]
    html = text_of(client, path)
    assert f'<option value="{now.key}" selected>' in html
    assert f'report.csv?quarter={now.key}">CSV</a>' in html
    assert "<b>1</b><p>recommended to 1 member</p>" in html
    assert '<rect class="room" width="100" height="8"' in html
    html = text_of(client, f"{path}?quarter={before.key}")
    assert f'<option value="{before.key}" selected>' in html
    assert "<b>0</b><p>recommended to 1 member</p>" in html
    assert '<rect class="room" width="0" height="8"' in html


@pytest.mark.parametrize("stated", ["2026-Q9", "1999-Q1", "nonsense"])
def test_a_quarter_that_is_not_known_is_named_and_the_running_one_shown(stated: str) -> None:
    alliance = make_alliance(make_organization())
    client = signed_in(make_officer(alliance))
    html = text_of(client, f"/alliance/{alliance.code}/report/?quarter={stated}")
    assert "in the address is not known here and was left out." in html
    assert f'<option value="{report_quarters()[0].key}" selected>' in html
    assert client.get(f"/alliance/{alliance.code}/report.csv?quarter={stated}").status_code == 200


def test_without_members_it_says_so() -> None:
    alliance = make_alliance()
    html = text_of(signed_in(make_officer(alliance)), f"/alliance/{alliance.code}/report/")
    assert "No organization is a confirmed member yet, so there is nothing to report." in html
    assert "<table" not in html


def test_the_file_is_safe_in_a_spreadsheet_and_sums_up() -> None:
    (couple,) = make_couples(1)
    member = couple.cn.organization
    Organization.objects.filter(pk=member.pk).update(name_en="=HYPERLINK(0)", name_zh="武汉市")
    alliance = make_alliance(member)
    answer = signed_in(make_officer(alliance)).get(f"/alliance/{alliance.code}/report.csv")
    key = report_quarters()[0].key
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{alliance.code}-{key}.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["code", "name_en", "name_zh", "recommended", "seen", "interested", "introduced", "sponsored"],
        [member.code, "'=HYPERLINK(0)", "武汉市", "1", "0", "0", "0", "0"],
        ["", "All members", "全部成员", "1", "0", "0", "0", "0"],
    ]


def test_others_find_nothing() -> None:
    (couple,) = make_couples(1)
    alliance = make_alliance(couple.cn.organization)
    elsewhere = make_officer(make_alliance(couple.cn.organization))
    for person in (couple.cn.person, elsewhere, make_user(is_staff=True), make_user()):
        for door in ("report/", "report.csv"):
            assert signed_in(person).get(f"/alliance/{alliance.code}/{door}").status_code == 404


@pytest.mark.parametrize("number", [6, 60])
def test_it_costs_the_same_for_six_and_sixty_members(number: int) -> None:
    run, _breakdown = make_run()
    members = [make_organization(country=Country.CN) for _number in range(number)]
    for member in members:
        recommend(run, member, timezone.now())
    alliance = make_alliance(*members)
    client, path = signed_in(make_officer(alliance)), f"/alliance/{alliance.code}/report/"
    text_of(client, path)
    for door in (path, f"/alliance/{alliance.code}/report.csv"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(door).status_code == 200
        # Session, person, alliance; members, recommendations, introductions, sponsorships.
        assert len(queries) == 7


def test_the_page_in_chinese() -> None:
    alliance = make_alliance(make_organization())
    html = text_of(signed_in(make_officer(alliance), CHINESE), f"/alliance/{alliance.code}/report/")
    words = words_of(html)
    for expected in ("成员收益报告", "季度", "已查看", "有意向", "全部成员"):
        assert expected in words
