"""A pair that a rule blocks in every form: in no list, on no page, in no mail, from the rule's day on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, Kind, OrganizationState
from alliances.models import Organization
from matchmaking import engine
from matchmaking.datasource import take_snapshot
from matchmaking.enums import Answer, EmailKind, EmailState, RuleVerdict
from matchmaking.enums import RecommendationState as S
from matchmaking.models import JurisdictionRule, OutboxEmail, Ranking, Recommendation
from matchmaking.selectors.digests import people_due
from matchmaking.selectors.interests import open_interests
from matchmaking.selectors.jurisdiction import all_rules, verdict_of
from matchmaking.selectors.recommendations import listings, sample_pairs_on_map
from matchmaking.selectors.sponsoring import recommendations_of_members
from matchmaking.services import digests, interests, outbox
from matchmaking.services.answers import NotOpenError
from matchmaking.services.recommendations import recommendations_hold, recommendations_release
from tests.factories import make_organization, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.mail.conftest import server
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import Scene, make_scene
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db
__all__ = ["server"]
POLICY = engine.Policy.default()


def days_from_now(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def move_day(rule: JurisdictionRule, days: int) -> None:
    """Let the rule begin so many days from today."""
    JurisdictionRule.objects.filter(pk=rule.pk).update(begins_on=days_from_now(days))


# --- The run -------------------------------------------------------------------------------------


def counted(on: date) -> tuple[int, int]:
    """(scored, excluded by a jurisdiction rule) of a run on this day."""
    counts = engine.rank_all(take_snapshot(POLICY, on, model_hash=None))[2]
    assert counts["pairs"] == counts["scored"] + sum(counts["excluded"].values())
    return counts["scored"], counts["excluded"]["jurisdiction"]


def test_a_future_rule_flips_the_run_on_its_day() -> None:
    for region in ("TX", "TX", "OR"):
        make_organization(region=region)
    for region in ("Hubei", "Hunan"):
        make_organization(region=region, country=Country.CN)
    make_rule(us_region="TX", cn_region="Hubei", begins_on=date(2027, 1, 1), ends_on=date(2027, 1, 31))
    days = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31), date(2027, 2, 1)]
    assert [counted(day) for day in days] == [(6, 0), (4, 2), (4, 2), (6, 0)]


@pytest.mark.parametrize(
    "fields", [{"tie": "sister_tie"}, {"verdict": RuleVerdict.ANOTHER_FORM}, {"verdict": RuleVerdict.ALLOWED}]
)
def test_a_rule_that_leaves_a_form_excludes_nobody(fields: dict[str, Any]) -> None:
    scene = make_scene()
    shown = len(listings(scene.readers[0])[0].recommendations)
    make_rule(**fields)
    assert counted(days_from_now(0))[1] == 0
    assert len(listings(scene.readers[0])[0].recommendations) == shown > 0


def test_rules_that_overlap_count_a_pair_once_and_an_earlier_cause_first() -> None:
    make_organization(region="TX")
    make_organization(region="TX", state=OrganizationState.SUBMITTED)
    make_organization(country=Country.CN)
    make_rule("a", us_region="TX")
    make_rule("b", us_kind="city")
    counts = engine.rank_all(take_snapshot(POLICY, days_from_now(0), model_hash=None))[2]
    assert {cause: number for cause, number in counts["excluded"].items() if number} == {
        "not_approved": 1,
        "jurisdiction": 1,
    }


ASKED: list[dict[str, Any]] = [
    {},
    {"us_region": "TX"},
    {"us_kind": "firm"},
    {"us_subtype": "port"},
    {"cn_region": "Hubei"},
    {"cn_kind": "alliance", "us_region": "OR"},
    {"cn_subtype": "port", "us_kind": "city"},
]


@pytest.mark.parametrize("asked", ASKED)
def test_run_and_pages_agree_with_the_verdict_on_every_pair(asked: dict[str, Any]) -> None:
    """Three readings of one rule: the engine's, the database's and the one in words."""
    facts = [
        (Kind.CITY, "", "TX"),
        (Kind.CITY, "port", "OR"),
        (Kind.FIRM, "", "TX"),
        (Kind.ALLIANCE, "", "Hubei"),
    ]
    us, cn = (
        [
            make_organization(country=country, kind=kind, subtype=subtype, region=region)
            for kind, subtype, region in facts
        ]
        for country in Country
    )
    pairs = [(one, other) for one in us for other in cn]
    (couple,) = make_couples(1)
    make_rule(**asked)
    rules, day = all_rules(), days_from_now(0)
    snapshot = take_snapshot(POLICY, day, model_hash=None)
    blocked = [verdict_of(rules, *pair, None, day).verdict == RuleVerdict.BLOCKED for pair in pairs]
    assert 0 < sum(blocked) <= len(pairs)
    causes = [engine.explain(snapshot, one.pk, other.pk).excluded for one, other in pairs]
    assert [cause == "jurisdiction" for cause in causes] == blocked
    row = Recommendation.objects.filter(pk=couple.us.recommendation.pk)
    for (one, other), is_blocked in zip(pairs, blocked, strict=True):
        for seeker, candidate in ((one, other), (other, one)):
            row.update(seeker=seeker, candidate=candidate)
            assert row.unblocked().exists() == (not is_blocked)


# --- Lists, pages and mail -----------------------------------------------------------------------


def names_of(scene: Scene) -> list[str]:
    return [one.candidate.name for one in listings(scene.readers[0])[0].recommendations]


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_a_future_rule_flips_list_page_and_api_on_its_day(language: str) -> None:
    scene = make_scene(language=language, cities=1)
    city = scene.candidates[0]
    one = Recommendation.objects.get(seeker=scene.seekers[0], candidate=city)
    rule = make_rule(us_region="OR", cn_region="Hubei", begins_on=days_from_now(1))
    browser = signed_in(scene.readers[0], language)
    name = city.name_zh if language == CHINESE else city.name_en
    paths = [f"/recommendations/{one.public_id}/", f"/recommendations/compare/?compare={one.public_id}"]
    api = f"/api/v1/recommendations/{one.public_id}/"
    assert name in text_of(browser, "/recommendations/")
    assert [browser.get(path).status_code for path in (*paths, api)] == [200, 200, 200]
    move_day(rule, 0)
    for path in ("/recommendations/", "/home/", "/api/v1/recommendations/"):
        assert name not in text_of(browser, path)
    assert [browser.get(path).status_code for path in (*paths, api)] == [404, 404, 404]
    answer = browser.post(f"/recommendations/{one.public_id}/answer/", {"answer": "interested"})
    assert answer.status_code == 404
    # A rule that has ended gives the pair back.
    JurisdictionRule.objects.update(begins_on=None, ends_on=days_from_now(-1))
    assert name in text_of(browser, "/recommendations/")


def test_a_future_rule_flips_the_digest_on_its_day() -> None:
    scene = make_scene(cities=2)
    rule = make_rule(us_region="OR", cn_kind="city", begins_on=days_from_now(1))
    reader = scene.readers[0]

    def told() -> int:
        return len([one for digest in digests.digests_due() for one in digest.recommendations])

    assert told() == 4
    move_day(rule, 0)
    assert told() == 2
    assert digests.queue_due() == 1
    mail = OutboxEmail.objects.get(user=reader)
    assert "Hanzhou" not in mail.body_text + mail.body_html + mail.subject
    assert mail.items.count() == 2


def test_a_digest_of_blocked_pairs_alone_is_not_made() -> None:
    make_scene()
    make_rule()
    assert not people_due(timezone.now()).exists()
    assert digests.digests_due() == []
    assert digests.queue_due() == 0


def test_a_digest_that_waits_is_not_sent_with_a_pair_that_is_blocked_meanwhile(server: SmtpServer) -> None:
    scene = make_scene(cities=1)
    digests.queue_due()
    make_rule(cn_kind="city")
    outbox.deliver_due()
    first = OutboxEmail.objects.order_by("pk")[0]
    assert (first.state, first.error) == (EmailState.SUPPRESSED, "pair_blocked")
    # What else there is to tell is told anew.
    sent = OutboxEmail.objects.get(user=scene.readers[0], state=EmailState.SENT)
    assert "Hanzhou" in first.body_text
    assert "Hanzhou" not in sent.body_text


def test_an_interest_in_a_blocked_pair_rests(server: SmtpServer) -> None:
    (couple,) = make_couples(1)
    couple.us.say(Answer.INTERESTED)
    interests.tell()
    assert len(open_interests(couple.cn.person)) == 1
    make_rule()
    outbox.deliver_due()
    mail = OutboxEmail.objects.get(kind=EmailKind.INTEREST_RECEIVED)
    assert (mail.state, mail.error) == (EmailState.SUPPRESSED, "pair_blocked")
    assert open_interests(couple.cn.person) == open_interests(couple.us.person) == []
    assert (interests.tell(), interests.close_silent()) == (0, 0)


def test_nobody_is_introduced_where_a_rule_began_between_the_two_answers() -> None:
    (couple,) = make_couples(1)
    couple.us.say(Answer.INTERESTED)
    make_rule()
    with pytest.raises(NotOpenError, match="a jurisdiction rule blocks every kind of tie"):
        couple.cn.say(Answer.INTERESTED)
    JurisdictionRule.objects.update(ends_on=days_from_now(-1))
    assert couple.cn.say(Answer.INTERESTED).introduction is not None


def test_what_a_rule_blocks_between_run_and_release_stays_in_the_house() -> None:
    scene = make_scene(cities=1)
    curator = make_user(is_staff=True)
    rows = Recommendation.objects.filter(seeker=scene.seekers[0]).order_by("pk")
    recommendations_hold(rows, by=curator)
    make_rule(cn_kind="city")
    outcome = recommendations_release(rows.all(), by=curator)
    assert outcome == (2, ["A jurisdiction rule blocks every kind of tie of this pair."])
    states = {one.candidate.kind: one.state for one in rows.all()}
    assert states == {"city": S.HELD, "firm": S.RELEASED, "alliance": S.RELEASED}


def test_a_run_as_of_an_earlier_day_releases_nothing_that_is_blocked_today() -> None:
    seeker = make_organization(region="TX", needs={"e-bus": 3})
    make_organization(country=Country.CN, offers={"e-bus": 3})
    make_rule(us_region="TX", begins_on=days_from_now(0))
    run = complete_run(as_of=days_from_now(-1))
    assert Ranking.objects.filter(run=run, seeker=seeker.pk).count() == 1
    assert set(Recommendation.objects.values_list("state", flat=True)) == {S.PROPOSED}
    # The next run, of today, drops what the earlier one proposed.
    complete_run()
    assert set(Recommendation.objects.values_list("state", flat=True)) == {S.SUPERSEDED}


def test_an_alliance_sees_no_pair_of_its_members_that_is_blocked() -> None:
    first, second = make_couples(2)
    alliance = make_alliance(first.cn.organization, second.cn.organization)
    officer = make_officer(alliance)
    Organization.objects.filter(pk=first.us.organization.pk).update(region="TX")
    make_rule(us_region="TX")
    assert list(recommendations_of_members(officer, alliance)) == [second.cn.recommendation]


def test_staff_see_what_was_recommended_whatever_blocks_it() -> None:
    (couple,) = make_couples(1)
    make_rule()
    assert Recommendation.objects.visible_to(make_user(is_staff=True)).count() > 1
    assert not Recommendation.objects.visible_to(couple.us.person).exists()


def test_the_public_map_draws_no_pair_that_is_blocked() -> None:
    scene = make_scene(cities=1)
    Organization.objects.update(is_sample=True)
    assert sample_pairs_on_map(10) == [(scene.seekers[0].pk, scene.candidates[0].pk)]
    make_rule()
    assert sample_pairs_on_map(10) == []


@pytest.mark.parametrize("ask", [listings, open_interests])
def test_rules_add_no_query_to_what_is_shown(
    ask: Callable[[Any], Any], django_assert_num_queries: Any
) -> None:
    scene = make_scene()
    with CaptureQueriesContext(connection) as without:
        ask(scene.readers[0])
    for number in range(20):
        make_rule(f"rule-{number}", us_region="AK")
    with django_assert_num_queries(len(without)):
        ask(scene.readers[0])
