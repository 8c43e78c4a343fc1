"""Every figure of the desk's analytics, counted by hand on a small register; and what each of them costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, EventKind, Kind, OrganizationState
from alliances.models import Organization, RegisterEvent, Topic
from matchmaking.engine import measures
from matchmaking.enums import Answer, FunnelStep, Period
from matchmaking.enums import RecommendationState as S
from matchmaking.models import Response
from matchmaking.selectors.analytics import (
    RIPE_AFTER,
    Answering,
    Rate,
    Scope,
    answer_rates,
    exposure,
    funnel,
    places,
    stated_topics,
)
from matchmaking.selectors.analytics.stated import StatedTopic
from matchmaking.selectors.apart import SILENCE
from matchmaking.selectors.benefit import report_quarters
from tests.factories import make_organization, make_topic
from tests.matchmaking.analytics.scenes import days_ago, introduce, make_run, note, reasons, show

pytestmark = pytest.mark.django_db
US, CN = Country.US, Country.CN


def registered_on(organization: Organization, days: float) -> None:
    Organization.objects.filter(pk=organization.pk).update(created_at=days_ago(days))


# --- Shares and scopes ----------------------------------------------------------------------------


def test_a_share_of_fewer_than_five_is_none() -> None:
    assert [Rate(1, 4).share, Rate(1, 5).share, Rate(0, 0).share] == [None, 0.2, None]


def test_periods_by_their_days() -> None:
    now = timezone.now()
    running, before = report_quarters()[:2]
    assert Scope().span == (None, None)
    assert Scope(Period.QUARTER).span == running.span
    assert Scope(Period.LAST_QUARTER).span == before.span
    for period, days in ((Period.LAST_30_DAYS, 30), (Period.YEAR, 365)):
        begin, end = Scope(period).span
        assert begin is not None
        assert timedelta(0) <= begin - (now - timedelta(days=days)) < timedelta(minutes=1)
        assert end is None


def test_a_period_has_its_first_moment_and_not_the_first_after_it() -> None:
    begin, end = report_quarters()[1].span
    moment = timedelta(microseconds=1)
    for at in (begin - moment, begin, end - moment, end):
        one = make_organization()
        Organization.objects.filter(pk=one.pk).update(created_at=at)
    assert funnel(Scope(Period.LAST_QUARTER))[FunnelStep.REGISTERED] == Rate(2, 2)


# --- The funnel -----------------------------------------------------------------------------------


def test_how_far_they_come() -> None:
    met, other = make_organization(), make_organization(country=CN)
    show(met, other, S.INTERESTED, answer=Answer.INTERESTED)
    show(other, met, S.INTERESTED, answer=Answer.INTERESTED)
    introduce(met, other)
    interested = make_organization(kind=Kind.FIRM)
    show(interested, other, S.EXPIRED, answer=Answer.INTERESTED, event="withdrawn")
    # An answer is seen, also where nothing says that the page was opened.
    seen = make_organization(is_sample=True)
    show(seen, other, S.DECLINED, answer=Answer.DECLINED)
    opened = make_organization()
    show(opened, other, S.EXPIRED, event="seen")
    listed = make_organization()
    show(listed, other)
    # Suspended since, and in somebody's list only.
    gone = make_organization(country=CN, state=OrganizationState.SUSPENDED)
    RegisterEvent.objects.create(organization=gone, kind=EventKind.APPROVED)
    show(listed, gone)
    # Approved, and recommended nothing that stands.
    waits = make_organization()
    for state in (S.PROPOSED, S.HELD, S.SUPERSEDED):
        show(waits, make_organization(country=CN, state=OrganizationState.DRAFT), state)
    # Never approved: what came of it is not counted.
    never = make_organization(state=OrganizationState.SUBMITTED)
    show(never, other, S.SEEN)
    # Eight were approved at some time, beside one submitted and three drafts.
    assert funnel(Scope()) == {
        FunnelStep.REGISTERED: Rate(12, 12),
        FunnelStep.APPROVED: Rate(8, 12),
        FunnelStep.RECOMMENDED: Rate(7, 8),
        FunnelStep.SEEN: Rate(5, 7),
        FunnelStep.INTERESTED: Rate(3, 5),
        FunnelStep.INTRODUCED: Rate(2, 3),
    }
    assert list(funnel(Scope(kind=Kind.FIRM)).values()) == [Rate(1, 1)] * 5 + [Rate(0, 1)]
    assert [one.number for one in funnel(Scope(country=CN)).values()] == [5, 2, 2, 1, 1, 1]
    assert [one.number for one in funnel(Scope(with_sample=False)).values()] == [11, 7, 6, 4, 3, 2]
    registered_on(met, 31)
    assert [one.number for one in funnel(Scope(Period.LAST_30_DAYS)).values()] == [11, 7, 6, 4, 2, 1]


# --- Answering ------------------------------------------------------------------------------------


def test_who_answers_and_who_says_yes() -> None:
    for slug, area in (("bus", "transport"), ("metro", "transport"), ("sponge-city", "water")):
        make_topic(slug, area)
    city = make_organization(region="OR")
    firm = make_organization(kind=Kind.FIRM, region="TX")
    chinese = make_organization(country=CN, region="Hubei")
    partner = make_organization(country=CN, kind=Kind.FIRM, is_sample=True)

    # Both of one's reasons count, and two topics of an area count once.
    show(city, chinese, S.INTERESTED, answer=Answer.INTERESTED, breakdown=reasons(["bus"], ["metro"]))
    show(city, partner, S.DECLINED, answer=Answer.DECLINED, breakdown=reasons(["bus"], ["sponge-city"]))
    show(firm, chinese, S.SEEN, breakdown=reasons([], ["sponge-city"]))
    # The other side withdrew: it was answered all the same, and its yes stands.
    show(firm, partner, S.EXPIRED, answer=Answer.INTERESTED, event="withdrawn")
    show(chinese, firm, S.LATER, answer=Answer.LATER, breakdown=reasons(["no-longer-a-topic"]))
    # The other side's yes is not one's own.
    show(chinese, city, breakdown=reasons(["metro"]))
    # Ran out unanswered; taken back; too new to count.
    late = make_organization(country=CN)
    show(late, city, S.EXPIRED)
    show(late, firm, S.HELD)
    fresh = make_organization(country=CN)
    show(fresh, city, S.INTERESTED, days=RIPE_AFTER.days - 0.1, answer=Answer.INTERESTED)

    rates = answer_rates(Scope())
    assert rates.total == Answering(7, 4, 2)
    assert {pair: told for pair, told in rates.kinds.items() if told.released} == {
        (Kind.CITY, Kind.CITY): Answering(3, 1, 1),
        (Kind.CITY, Kind.FIRM): Answering(2, 2, 0),
        (Kind.FIRM, Kind.CITY): Answering(1, 0, 0),
        (Kind.FIRM, Kind.FIRM): Answering(1, 1, 1),
    }
    assert len(rates.kinds) == 9
    assert rates.countries == {US: Answering(4, 3, 2), CN: Answering(3, 1, 0)}
    assert rates.regions == {
        (US, "OR"): Answering(2, 2, 1),
        (US, "TX"): Answering(2, 1, 1),
        (CN, "Hubei"): Answering(2, 1, 0),
        (CN, ""): Answering(1, 0, 0),
    }
    assert [(area.slug, told) for area, told in rates.areas.items()] == [
        ("transport", Answering(3, 2, 1)),
        ("water", Answering(2, 1, 0)),
    ]
    assert (rates.total.response, rates.total.acceptance) == (Rate(4, 7), Rate(2, 4))

    assert answer_rates(Scope(kind=Kind.FIRM)).total == Answering(2, 1, 1)
    assert list(answer_rates(Scope(kind=Kind.FIRM)).kinds) == [(Kind.FIRM, kind) for kind in Kind]
    assert answer_rates(Scope(country=CN)).countries == {CN: Answering(3, 1, 0)}
    # Of a pair either side may be of the sample.
    assert answer_rates(Scope(with_sample=False)).total == Answering(5, 2, 1)
    show(late, city, S.DECLINED, days=29, answer=Answer.DECLINED, run=make_run())
    assert answer_rates(Scope()).total == Answering(7, 5, 2)
    assert answer_rates(Scope(Period.LAST_30_DAYS)).total == Answering(1, 1, 0)


def test_a_yes_of_before_is_no_answer_to_what_was_recommended_since() -> None:
    """The standing answer belongs to the pair; only what was answered in the period is counted."""
    one, other = make_organization(), make_organization(country=CN)
    show(one, other, S.EXPIRED, days=90, answer=Answer.INTERESTED, event="withdrawn")
    show(one, other, S.RELEASED, days=20)
    assert answer_rates(Scope(Period.LAST_30_DAYS)).total == Answering(1, 0, 0)


# --- Needs and offers -----------------------------------------------------------------------------


def test_a_yes_that_nobody_answered_was_given() -> None:
    """Closed since the other side was silent: the yes is gone from the pair, not from the figures."""
    us, cn = make_organization(), make_organization(country=Country.CN)
    given_up = show(us, cn, S.EXPIRED, event="seen")
    note(given_up, "answered", {"from": "seen", "to": "interested"})
    note(given_up, SILENCE, {"from": "interested", "to": "expired"})
    silent = show(cn, us, S.EXPIRED, event="seen")
    note(silent, SILENCE, {"from": "seen", "to": "expired"})
    rates = answer_rates(Scope())
    assert rates.total == Answering(released=2, answered=1, interested=1)
    assert rates.countries[Country.US] == Answering(1, 1, 1)
    assert rates.countries[Country.CN] == Answering(1, 0, 0)
    steps = funnel(Scope())
    assert [steps[step].number for step in (FunnelStep.SEEN, FunnelStep.INTERESTED)] == [2, 1]


def test_without_the_sample_what_came_of_it_is_not_counted_either() -> None:
    real, sample = make_organization(), make_organization(country=Country.CN, is_sample=True)
    show(real, sample, S.INTERESTED, answer=Answer.INTERESTED)
    introduce(real, sample)
    assert [rate.number for rate in funnel(Scope()).values()] == [2, 2, 2, 1, 1, 1]
    assert [rate.number for rate in funnel(Scope(with_sample=False)).values()] == [1, 1, 0, 0, 0, 0]


def by_slug(lines: list[StatedTopic]) -> dict[str, StatedTopic]:
    return {one.topic.slug: one for one in lines}


def test_what_nobody_offers_and_what_nobody_needs() -> None:
    for slug in ("bus", "metro", "sponge-city", "unstated", "clinic"):
        make_topic(slug)
    oregon = make_organization(needs={"bus": 3, "metro": 1, "clinic": 2})
    texas = make_organization(needs={"bus": 1, "metro": 3}, offers={"clinic": 1})
    wuhan = make_organization(country=CN, needs={"bus": 2}, offers={"bus": 3, "sponge-city": 2})
    hefei = make_organization(country=CN, kind=Kind.FIRM, offers={"bus": 1}, is_sample=True)
    make_organization(needs={"bus": 3}, offers={"metro": 3}, country=CN, state=OrganizationState.DRAFT)

    # Either way round; a pair without the counterpart says nothing; what is taken back neither.
    show(hefei, oregon)
    show(texas, wuhan, S.HELD)
    introduce(oregon, hefei)
    show(oregon, make_organization(country=CN, offers={"unstated": 1}))

    def figures(one: StatedTopic) -> tuple[object, ...]:
        levels = tuple(one.by_level.values())
        return (*one.by_country.values(), levels, one.met, one.unmet, one.recommended, one.introduced)

    needs, offers = stated_topics(Scope())
    assert [(one.topic.slug, *figures(one)) for one in needs] == [
        # Nobody offers these two: two needs, one need.
        ("metro", 2, 0, (1, 0, 1), 0, 2, 0, 0),
        # Offered by one of the same country, which meets nothing.
        ("clinic", 1, 0, (0, 1, 0), 0, 1, 0, 0),
        # Two American needs are met from China; the Chinese one by nobody.
        ("bus", 2, 1, (1, 1, 1), 2, 1, 1, 1),
    ]
    assert [(one.topic.slug, *figures(one)) for one in offers] == [
        ("sponge-city", 0, 1, (0, 1, 0), 0, 1, 0, 0),
        ("unstated", 0, 1, (1, 0, 0), 0, 1, 0, 0),
        ("clinic", 1, 0, (1, 0, 0), 0, 1, 0, 0),
        ("bus", 0, 2, (1, 0, 1), 2, 0, 1, 1),
    ]
    # Whose statements are narrowed, not who meets them.
    assert figures(by_slug(stated_topics(Scope(country=US)).needs)["bus"]) == (
        *(2, 0, (1, 0, 1)),
        *(2, 0, 1, 1),
    )
    assert list(by_slug(stated_topics(Scope(kind=Kind.FIRM)).offers)) == ["bus"]
    assert stated_topics(Scope(kind=Kind.FIRM)).needs == []
    # Without the sample the offer of Hefei is gone, and what came of it.
    assert figures(by_slug(stated_topics(Scope(with_sample=False)).needs)["bus"])[3:] == (2, 1, 0, 0)
    later = by_slug(stated_topics(Scope(Period.LAST_30_DAYS)).needs)["bus"]
    assert (later.recommended, later.introduced) == (0, 1)


# --- Exposure -------------------------------------------------------------------------------------


def test_how_evenly_they_are_shown() -> None:
    seekers = [make_organization() for _number in range(4)]
    often = make_organization("cn-often", country=CN, kind=Kind.FIRM)
    once = make_organization("cn-once", country=CN, is_sample=True)
    never = make_organization("cn-never", country=CN)
    for seeker in seekers[:3]:
        show(seeker, often)
    show(seekers[0], often, run=make_run())  # again to the same one
    show(seekers[3], once, days=31)
    show(seekers[3], often, S.HELD)
    show(seekers[3], make_organization(country=CN, state=OrganizationState.SUSPENDED))
    found = exposure(Scope(country=CN))
    assert [(row.organization, row.lists) for row in found.rows] == [(often, 3), (once, 1), (never, 0)]
    assert (found.total, found.nowhere, found.top) == (4, 1, Rate(3, 4))
    # (2·1-4)·0 + (2·2-4)·1 + (2·3-4)·3 = 6, of 3·4.
    assert found.gini == 0.5
    lists = [[often.pk], [often.pk], [often.pk], [once.pk]]
    assert found.gini == measures.exposure(lists, [often.pk, once.pk, never.pk]).gini
    everybody = exposure(Scope())
    assert (len(everybody.rows), everybody.nowhere) == (7, 5)
    assert [row.lists for row in exposure(Scope(country=CN, with_sample=False)).rows] == [3, 0]
    assert [row.lists for row in exposure(Scope(Period.LAST_30_DAYS, country=CN)).rows] == [0, 0, 0]


def test_the_most_shown_tenth_is_rounded_up() -> None:
    shown = [make_organization(country=CN) for _number in range(11)]
    for number, candidate in enumerate(shown[:3]):
        for _list in range(3 - number):
            show(make_organization(), candidate)
    # Of eleven two: 3 + 2 of 6.
    assert exposure(Scope(country=CN)).top == Rate(5, 6)


def test_of_nobody_and_of_nothing_there_is_no_figure() -> None:
    assert (exposure(Scope()).gini, exposure(Scope()).top.share) == (None, None)
    make_organization()
    assert (exposure(Scope()).gini, exposure(Scope()).nowhere) == (None, 1)


# --- Places ---------------------------------------------------------------------------------------


def test_where_they_are_and_who_met() -> None:
    here: dict[str, Any] = {"latitude": 45.5, "longitude": -122.6}
    there: dict[str, Any] = {"latitude": 30.6, "longitude": 114.3}
    city: dict[str, Any] = {"population_basis": "city_proper"}
    small = make_organization("us-small", **here, population=90_000, **city)
    firm = make_organization("us-firm", kind=Kind.FIRM, **here)
    large = make_organization("cn-large", country=CN, **there, population=9_000_000, **city)
    # It takes no part any more, and was introduced while it did.
    gone = make_organization("cn-gone", country=CN, state=OrganizationState.WITHDRAWN, **there)
    nowhere = make_organization("cn-nowhere", country=CN)
    make_organization("us-draft", state=OrganizationState.DRAFT, **here)
    introduce(small, large, days=31)
    introduce(firm, gone)
    introduce(firm, nowhere)
    found = places(Scope())
    assert found.organizations == [large, small, gone, firm]
    assert found.introduced == [(firm.pk, gone.pk), (small.pk, large.pk)]
    assert found.made == 3
    # Who met those that are meant is drawn with them.
    assert places(Scope(kind=Kind.FIRM)) == ([gone, firm], [(firm.pk, gone.pk)], 2)
    assert places(Scope(Period.LAST_30_DAYS, kind=Kind.CITY, country=US)) == ([small], [], 0)


# --- Cost -----------------------------------------------------------------------------------------

READS: list[tuple[Callable[[Scope], object], int]] = [
    (funnel, 8),
    (answer_rates, 3),
    (stated_topics, 5),
    (exposure, 2),
    (places, 2),
]


@pytest.mark.parametrize("number", [1, 12])
def test_it_costs_the_same_for_one_pair_and_for_twelve(number: int) -> None:
    run = make_run()
    for place in range(number):
        us = make_organization(needs={f"topic-{place}": 2}, latitude=45.5, longitude=-122.6)
        cn = make_organization(country=CN, offers={f"topic-{place}": 2}, latitude=30.6, longitude=114.3)
        show(us, cn, S.INTERESTED, run=run, answer=Answer.INTERESTED, breakdown=reasons([f"topic-{place}"]))
        introduce(us, cn)
    for read, queries in READS:
        with CaptureQueriesContext(connection) as asked:
            read(Scope(Period.YEAR, with_sample=False))
        assert len(asked) == queries, read
    assert Topic.objects.count() == Response.objects.count() / 2 == number
