"""What ends or interrupts what two sides said: a closing, an exclusion, a hit, a merge, a day gone by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from alliances.enums import Country, HitState
from alliances.models import ScreeningHit, User
from alliances.services import review
from alliances.services.merging import merge
from matchmaking.datasource import take_snapshot
from matchmaking.engine import rank_all
from matchmaking.enums import Answer, EmailKind, EmailState, RunState
from matchmaking.enums import RecommendationState as S
from matchmaking.models import (
    CurationEvent,
    Exclusion,
    Introduction,
    MatchRun,
    OutboxEmail,
    Pair,
    Ranking,
    Recommendation,
    Response,
)
from matchmaking.selectors.digests import people_previewed, plan_digests
from matchmaking.selectors.interests import open_interests, waiting_for_answer
from matchmaking.selectors.introductions import contacts_of, introduction_of_pair
from matchmaking.selectors.quarter import quarters_of
from matchmaking.selectors.recommendations import listings
from matchmaking.services import digests, events, interests, outbox, periodic, runs
from matchmaking.services.answers import (
    NotOpenError,
    answers_lapse,
    expire_unanswered,
    later_until,
)
from matchmaking.services.introductions import introductions_close
from matchmaking.services.policies import active_policy, rules_of
from matchmaking.services.proposals import propose
from matchmaking.services.recommendations import recommendations_exclude, recommendations_release
from tests.factories import make_hit, make_organization, make_user
from tests.matchmaking.introductions.scenes import Couple, Side, made_days_ago, make_couples
from tests.matchmaking.mail.conftest import server
from tests.matchmaking.recommendations.test_propose import change_policy, work_until_proposing
from tests.matchmaking.runs.conftest import complete_run, work_off
from tests.matchmaking.scenes import make_scene
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db
__all__ = ["server"]


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    return only


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


def states_of(couple: Couple) -> list[str]:
    return [Recommendation.objects.get(pk=side.recommendation.pk).state for side in (couple.us, couple.cn)]


def days_later(couple: Couple, days: int) -> None:
    """Let everything of the pair, and all that is on record, be so many days older."""
    made_days_ago(couple, days)
    Response.objects.filter(answer=Answer.LATER).update(until=timezone.now().date() - timedelta(days=1))


# --- An introduction that staff closed -----------------------------------------------------------


@pytest.fixture
def closed(couple: Couple, curator: User) -> Couple:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    assert introductions_close(Introduction.objects.all(), by=curator) == (1, [])
    return couple


def test_a_closed_introduction_takes_both_answers_with_it(closed: Couple) -> None:
    assert (states_of(closed), Response.objects.count()) == ([S.EXPIRED, S.EXPIRED], 0)
    today = f"{timezone.now().date():%-d %B %Y}"
    for side in (closed.us, closed.cn):
        for word, more in ((Answer.INTERESTED, {}), (Answer.LATER, {"until": later_until(3)})):
            with pytest.raises(NotOpenError) as refusal:
                side.say(word, **more)
            assert str(refusal.value) == (
                f"This recommendation is no longer open (closed on {today}, with its introduction)."
            )
    assert introduction_of_pair(closed.pair.pk) is None


def test_closing_twice_closes_once(closed: Couple, curator: User) -> None:
    with translation.override("en"):
        assert introductions_close(Introduction.objects.all(), by=curator) == (
            0,
            ["This introduction is closed already."],
        )
    assert CurationEvent.objects.filter(kind="closed").count() == 1
    assert CurationEvent.objects.filter(kind="introduction_closed").count() == 2


@pytest.mark.parametrize(
    ("language", "closed_words", "absent"),
    [
        ("en", "Our staff closed this introduction on ", ("How to begin", "What they see of you")),
        ("zh-hans", "结束此引荐，不再显示联系方式。", ("如何开始", "对方看到的贵方信息")),
    ],
)
def test_both_read_that_it_was_closed_and_no_contact(
    client: Client, closed: Couple, language: str, closed_words: str, absent: tuple[str, ...]
) -> None:
    introduction, spoken = Introduction.objects.get(), {"Accept-Language": language}
    for side, other in ((closed.us, closed.cn), (closed.cn, closed.us)):
        client.force_login(side.person)
        page = client.get(f"/introductions/{introduction.public_id}/", headers=spoken).content.decode()
        assert closed_words in page
        assert other.person.email not in page
        assert not any(words in page for words in absent)
        rows = client.get("/introductions/", headers=spoken).content.decode()
        assert other.organization.name_en in rows
        assert ("Closed on " if language == "en" else "日结束") in rows


def test_staff_read_no_contact_in_the_portal(client: Client, couple: Couple, curator: User) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    client.force_login(curator)
    address = f"/introductions/{Introduction.objects.get().public_id}/"
    assert client.get(address).status_code == 404
    client.force_login(couple.us.person)
    assert couple.cn.person.email in client.get(address).content.decode()


def test_a_pair_whose_introduction_was_closed_rests(closed: Couple) -> None:
    today, rules = timezone.now().date(), rules_of(active_policy())

    def put_off(day: date) -> int:
        return int(rank_all(take_snapshot(rules, day, model_hash=None))[2]["excluded"]["deferred"])

    assert [put_off(today + timedelta(days=days)) for days in (0, 89, 90)] == [1, 1, 0]


# --- What staff exclude ---------------------------------------------------------------------------


def test_an_excluded_pair_keeps_no_yes(couple: Couple, curator: User) -> None:
    couple.us.say(Answer.INTERESTED)
    assert recommendations_exclude([couple.cn.recommendation], reason="No.", by=curator).done == 1
    assert (states_of(couple), Response.objects.count()) == ([S.EXPIRED, S.EXPIRED], 0)


def exclude(one: Recommendation) -> None:
    Exclusion.objects.create(pair=one.pair, reason="No.")


def decline(one: Recommendation) -> None:
    Response.objects.create(
        pair=one.pair, organization=one.candidate, answer=Answer.DECLINED, reason="budget"
    )


def put_off(one: Recommendation) -> None:
    Response.objects.create(
        pair=one.pair, organization=one.candidate, answer=Answer.LATER, until=later_until(3)
    )


def close_silent(one: Recommendation) -> None:
    CurationEvent.objects.create(subject="recommendation", subject_id=one.pk, kind="silence")


@pytest.mark.parametrize("part", [exclude, decline, put_off, close_silent])
def test_what_parts_a_pair_while_a_run_proposes_keeps_it_from_being_proposed(
    part: Callable[[Recommendation], None],
) -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    one = Recommendation.objects.filter(run=complete_run()).order_by("pk")[0]
    change_policy(release="automatic")
    run = runs.run_request(active_policy())
    work_until_proposing(run)
    beats: list[None] = []

    def beat() -> None:
        if not beats:
            part(one)
        beats.append(None)

    propose(run, beat)
    states = Recommendation.objects.filter(pair=one.pair).values_list("state", flat=True)
    assert set(states) == {S.SUPERSEDED}
    others = Recommendation.objects.filter(run=run).exclude(pair=one.pair)
    assert set(others.values_list("state", flat=True)) == {S.RELEASED}


def test_an_excluded_pair_is_not_released_by_hand(couple: Couple, curator: User) -> None:
    Recommendation.objects.update(state=S.PROPOSED)
    Exclusion.objects.create(pair=couple.pair, reason="No.")
    mine = Recommendation.objects.filter(pair=couple.pair)
    with translation.override("en"):
        assert recommendations_release(mine, by=curator) == (0, ["The pair is excluded."] * 2)
    with translation.override("zh-hans"):
        assert recommendations_release(mine, by=curator).skipped == ["该配对已被排除。"] * 2


# --- A screening hit ------------------------------------------------------------------------------


def test_a_hit_stops_answers_and_what_is_told_of_interests(server: SmtpServer, couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    interests.tell()
    hit = make_hit(couple.us.organization)
    assert outbox.deliver_due() == {EmailState.SUPPRESSED: 1}
    assert (server.spool, interests.tell(), open_interests(couple.cn.person)) == ([], 0, [])
    with pytest.raises(NotOpenError, match="one of the two takes no part at present"):
        couple.cn.say(Answer.INTERESTED)
    made_days_ago(couple, 40)
    assert interests.close_silent() == 0
    made_days_ago(couple, -40)
    ScreeningHit.objects.filter(pk=hit.pk).update(state=HitState.CLEARED)
    assert interests.tell() == 1
    assert outbox.deliver_due() == {EmailState.SENT: 1}
    assert couple.cn.say(Answer.INTERESTED).introduction is not None


def test_a_hit_takes_out_of_a_digest_that_waits(server: SmtpServer) -> None:
    scene = make_scene()
    digests.queue_due()
    make_hit(scene.candidates[0])
    assert outbox.deliver_due() == {EmailState.SUPPRESSED: 1, EmailState.SENT: 1}
    (mail,) = server.spool
    text = mail.content.decode()
    assert (scene.candidates[0].name_en in text, scene.candidates[1].name_en in text) == (False, True)


def test_contacts_are_shown_to_nobody_while_a_side_has_a_hit(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    hit = make_hit(couple.cn.organization)
    assert contacts_of(Introduction.objects.get()).open is False
    assert list(contacts_of(Introduction.objects.get()).people.values()) == [[], []]
    ScreeningHit.objects.filter(pk=hit.pk).update(state=HitState.CLEARED)
    assert contacts_of(Introduction.objects.get()).open is True


# --- Merging --------------------------------------------------------------------------------------


def test_what_keeps_pairs_apart_outlasts_a_merge(couple: Couple, curator: User) -> None:
    first, second = (make_organization(country=Country.CN) for _number in range(2))
    dropped, kept = couple.us.organization, make_organization()
    Exclusion.objects.create(
        pair=Pair.objects.create(low=dropped, high=first), reason="No.", created_by=curator
    )
    declined = Pair.objects.create(low=dropped, high=second)
    Response.objects.create(
        pair=declined, organization=second, answer=Answer.DECLINED, reason="budget", note="Not now."
    )
    couple.us.say(Answer.LATER, until=later_until(3))
    merge(kept, dropped, actor=curator)
    moved = Exclusion.objects.exclude(pair__low=dropped).get()
    assert ({moved.pair.low, moved.pair.high}, moved.reason) == ({kept, first}, "No.")
    carried = Response.objects.exclude(pair__low=dropped).order_by("answer")
    assert [(one.answer, one.organization, one.reason, one.note) for one in carried] == [
        (Answer.DECLINED, second, "budget", "Not now."),
        (Answer.LATER, kept, "", ""),
    ]


def test_what_the_kept_one_said_stands(couple: Couple, curator: User) -> None:
    kept = make_organization()
    low, high = sorted((kept, couple.cn.organization), key=lambda one: one.pk)
    pair = Pair.objects.create(low=low, high=high)
    own = Response.objects.create(pair=pair, organization=kept, answer=Answer.INTERESTED)
    couple.us.say(Answer.DECLINED, reason="budget")
    merge(kept, couple.us.organization, actor=curator)
    assert list(Response.objects.filter(pair=pair)) == [own]
    assert Response.objects.get(pair=pair).answer == Answer.INTERESTED


def test_an_exclusion_that_came_by_a_merge_takes_out_of_the_list_and_refuses(
    couple: Couple, curator: User
) -> None:
    dropped = make_organization()
    pair = Pair.objects.create(low=couple.cn.organization, high=dropped)
    Exclusion.objects.create(pair=pair, reason="No.")
    merge(couple.us.organization, dropped, actor=curator)
    assert [one.recommendations for one in listings(couple.us.person)] == [[]]
    with pytest.raises(NotOpenError):
        couple.us.say(Answer.INTERESTED)


# --- A yes that waits for staff -------------------------------------------------------------------


def test_what_the_other_side_waits_for_outlasts_the_next_run(curator: User) -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    complete_run()
    one = Recommendation.objects.filter(seeker__country=Country.US).order_by("pk")[0]
    theirs = Recommendation.objects.get(pair=one.pair, seeker=one.candidate)
    recommendations_release([one], by=curator)
    person = one.seeker.team_members.get().user
    Side(one.seeker, person, one).say(Answer.INTERESTED)
    # The next run lists the pair no more.
    type(one.seeker).objects.filter(pk=one.seeker_id).update(capacity=0)
    assert complete_run().state == RunState.COMPLETE
    theirs.refresh_from_db()
    assert theirs.state == S.PROPOSED
    assert recommendations_release([theirs], by=curator).done == 1
    assert [waiting.pk for waiting in waiting_for_answer()] == [theirs.pk]


def test_what_the_other_side_waits_for_gives_way_to_a_newer_row(curator: User) -> None:
    make_scene()
    Recommendation.objects.all().delete()
    change_policy(release="manual")
    complete_run()
    one = Recommendation.objects.filter(seeker__country=Country.US).order_by("pk")[0]
    recommendations_release([one], by=curator)
    Side(one.seeker, one.seeker.team_members.get().user, one).say(Answer.INTERESTED)
    complete_run()
    theirs = Recommendation.objects.filter(pair=one.pair, seeker=one.candidate).order_by("pk")
    assert [row.state for row in theirs] == [S.SUPERSEDED, S.PROPOSED]


# --- An answer whose time is over -----------------------------------------------------------------


def test_a_not_now_ends_on_its_day(couple: Couple) -> None:
    couple.us.say(Answer.LATER, until=later_until(3))
    assert (answers_lapse(), states_of(couple)) == (0, [S.LATER, S.RELEASED])
    Response.objects.update(until=timezone.now().date())
    assert (answers_lapse(), states_of(couple)) == (1, [S.EXPIRED, S.RELEASED])
    assert answers_lapse() == 0
    today = f"{timezone.now().date():%-d %B %Y}"
    with pytest.raises(NotOpenError) as refusal:
        couple.us.say(Answer.INTERESTED)
    assert str(refusal.value) == (
        f"This recommendation is no longer open (ended on {today}, with the time for which your answer "
        "stood)."
    )


def test_a_no_ends_after_the_months_of_the_policy(couple: Couple) -> None:
    change_policy(standing_decline_months=6)
    couple.us.say(Answer.DECLINED, reason="budget")
    days = round(6 * 365.25 / 12)
    made_days_ago(couple, days - 1)
    assert answers_lapse() == 0
    made_days_ago(couple, 1)
    assert (answers_lapse(), states_of(couple)[0]) == (1, S.EXPIRED)


def test_a_yes_that_a_no_ended_does_not_outlast_the_no(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.DECLINED, reason="budget")
    made_days_ago(couple, 366)
    assert (answers_lapse(), states_of(couple)) == (1, [S.EXPIRED, S.EXPIRED])
    # Recommended to each other anew: both are asked.
    Recommendation.objects.filter(pair=couple.pair).update(state=S.RELEASED)
    assert couple.cn.say(Answer.INTERESTED).introduction is None
    assert couple.us.say(Answer.INTERESTED).introduction is not None


def test_who_put_it_off_is_asked_again_and_told_by_the_digest() -> None:
    scene = make_scene()
    reader, seeker = scene.readers[0], scene.seekers[0]
    first = Recommendation.objects.filter(seeker=seeker).order_by("-score", "pk")[0]
    digests.queue_due()
    seeker.team_members.update(role="owner")
    Side(seeker, reader, first).say(Answer.LATER, until=later_until(3))
    Response.objects.update(until=timezone.now().date())
    assert answers_lapse() == 1
    complete_run()
    second = Recommendation.objects.filter(pair=first.pair, seeker=seeker).order_by("pk").last()
    assert second is not None
    assert (second.pk != first.pk, second.state) == (True, S.RELEASED)
    (planned,) = plan_digests(list(people_previewed(seeker)))
    assert planned.recommendations == [second]


def test_whom_the_other_side_awaits_is_asked_at_once_with_the_whole_time(
    server: SmtpServer, couple: Couple
) -> None:
    couple.us.say(Answer.INTERESTED)
    interests.tell()
    outbox.deliver_due()
    made_days_ago(couple, 12)
    interests.remind()
    outbox.deliver_due()
    couple.cn.say(Answer.LATER, until=later_until(3))
    assert open_interests(couple.us.person) == []
    days_later(couple, 90)
    assert interests.close_silent() == 0
    assert (answers_lapse(), states_of(couple)) == (1, [S.INTERESTED, S.RELEASED])
    (one,) = open_interests(couple.us.person)
    assert (one.you_answered, one.days_left, one.reminded_at) == (True, 21, None)
    assert interests.tell() == 1
    outbox.deliver_due()
    told = OutboxEmail.objects.filter(user=couple.cn.person, kind=EmailKind.INTEREST_RECEIVED)
    assert [mail.state for mail in told] == [EmailState.SENT] * 2
    assert couple.cn.say(Answer.INTERESTED).introduction is not None


def test_the_night_ends_them(couple: Couple) -> None:
    couple.us.say(Answer.LATER, until=later_until(3))
    Response.objects.update(until=timezone.now().date())
    periodic._expiry("expiry", "2026-11-26")
    assert states_of(couple)[0] == S.EXPIRED


@contextmanager
def after_first(fragment: str, act: Callable[[], object]) -> Iterator[None]:
    """Do something right after the first statement that holds this."""
    done: list[None] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if fragment in sql and not done:
            done.append(None)
            act()
        return result

    with connection.execute_wrapper(wrapper):
        yield


def test_a_yes_that_comes_while_the_night_reads_keeps_the_other_side_open(couple: Couple) -> None:
    Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(
        released_at=timezone.now() - timedelta(days=61)
    )
    with after_first("SKIP LOCKED", lambda: couple.us.say(Answer.INTERESTED)):
        assert expire_unanswered() == 0
    assert states_of(couple) == [S.INTERESTED, S.RELEASED]


# --- Capacity -------------------------------------------------------------------------------------


def test_an_introduction_to_who_left_uses_no_capacity(couple: Couple, curator: User) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    Introduction.objects.update(made_at=timezone.now() - timedelta(days=100))
    own = couple.us.organization

    def used() -> int:
        return quarters_of([own])[own.pk].introduced

    assert used() == 1
    review.suspend(couple.cn.organization, actor=curator)
    assert used() == 1
    review.withdraw(couple.cn.organization, actor=curator)
    assert used() == 0


# --- Amendments -----------------------------------------------------------------------------------


def test_what_was_refused_since_the_last_full_run_is_not_listed_again_by_an_amendment(
    curator: User,
) -> None:
    """The full run was yesterday's; the no is today's."""
    make_scene()
    yesterday = timezone.now().date() - timedelta(days=1)
    run = complete_run(as_of=yesterday)
    one = Recommendation.objects.filter(seeker__country=Country.US, state=S.RELEASED).order_by("pk")[0]
    one.seeker.team_members.update(role="owner")
    Side(one.seeker, one.seeker.team_members.get().user, one).say(Answer.DECLINED, reason="budget")
    amendment = events.match_anew()
    assert amendment is not None
    assert (amendment.amends, amendment.as_of) == (run, yesterday)
    work_off()
    amendment = MatchRun.objects.get(pk=amendment.pk)
    assert amendment.state == RunState.COMPLETE
    ends = (one.seeker_id, one.candidate_id)
    assert not Ranking.objects.filter(run=run, seeker__in=ends, candidate__in=ends).exists()
