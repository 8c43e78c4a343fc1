"""Many hands at once (P16, P17): one introduction a pair, one winner a race; and what happens unguarded."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Event

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from alliances.models import Organization, User
from alliances.services import review
from matchmaking.enums import Answer, EmailKind
from matchmaking.models import Exclusion, Introduction, OutboxEmail, Pair, Recommendation, Response
from matchmaking.selectors.interests import CLOSING_DAYS
from matchmaking.selectors.introductions import contacts_of
from matchmaking.services import answers, interests
from matchmaking.services.answers import NotOpenError
from matchmaking.services.introductions import introduce
from matchmaking.services.pairs import Held
from matchmaking.services.recommendations import recommendations_exclude
from tests.factories import make_user
from tests.matchmaking.introductions.scenes import Couple, Side, made_days_ago, make_couples
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = size(small=8, ci=20, full=200)
HANDS = 10
RACES = size(small=12, ci=30, full=1000)


def in_own_connection(act: Callable[[], object]) -> object:
    try:
        return act()
    finally:
        connection.close()


def post_yes(side: Side, barrier: Barrier) -> int:
    client = Client(raise_request_exception=False)
    client.force_login(side.person)
    barrier.wait(30)
    response = client.post(
        f"/recommendations/{side.recommendation.public_id}/answer/", {"answer": "interested"}
    )
    assert response.headers["Location"].startswith(("/recommendations/", "/introductions/")), (
        response.headers["Location"]
    )
    return response.status_code


def test_many_yes_of_both_sides_make_one_introduction_a_pair() -> None:
    couples = make_couples(PAIRS)
    statuses = []
    with ThreadPoolExecutor(2 * HANDS) as hands:
        for couple in couples:
            barrier = Barrier(2 * HANDS)
            sides = [couple.us, couple.cn] * HANDS
            waiting = [hands.submit(in_own_connection, partial(post_yes, side, barrier)) for side in sides]
            statuses += [one.result() for one in waiting]
    assert set(statuses) == {302}
    assert Introduction.objects.count() == PAIRS
    mails = OutboxEmail.objects.filter(kind=EmailKind.INTRODUCTION)
    assert (mails.count(), mails.values("user", "introduction").distinct().count()) == (2 * PAIRS, 2 * PAIRS)


@contextmanager
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody locks, and the database promises nothing of introductions and answers."""

    def hold_nothing(pair_id: int) -> Held:
        pair = Pair.objects.select_related("low", "high").get(pk=pair_id)
        return Held(pair, list(Recommendation.objects.filter(pair=pair)), [pair.low, pair.high])

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX matchmaking_introduction_one_open_a_pair")
        cursor.execute("ALTER TABLE matchmaking_introduction DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE matchmaking_response DISABLE TRIGGER USER")
    monkeypatch.setattr(answers, "hold", hold_nothing)
    try:
        yield
    finally:
        monkeypatch.undo()
        Introduction.objects.all().update(closed_at=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE matchmaking_response ENABLE TRIGGER USER")
            cursor.execute("ALTER TABLE matchmaking_introduction ENABLE TRIGGER USER")
            cursor.execute(
                "CREATE UNIQUE INDEX matchmaking_introduction_one_open_a_pair"
                " ON matchmaking_introduction (pair_id) WHERE closed_at IS NULL"
            )


def meet_before(monkeypatch: pytest.MonkeyPatch, name: str, barrier: Barrier) -> None:
    """Make callers of a step of the service wait for each other before it, a second at most."""
    step = getattr(answers, name)

    def after_the_others(*arguments: object, **more: object) -> object:
        with suppress(BrokenBarrierError):
            barrier.wait(1)
        return step(*arguments, **more)

    monkeypatch.setattr(answers, name, after_the_others)


def test_control_without_guards_a_pair_is_introduced_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    (couple,) = make_couples(1)
    couple.cn.say(Answer.INTERESTED)
    with unguarded(monkeypatch):
        meet_before(monkeypatch, "introduce", Barrier(2))
        with ThreadPoolExecutor(2) as hands:
            acts = [partial(couple.us.say, Answer.INTERESTED)] * 2
            waiting = [hands.submit(in_own_connection, act) for act in acts]
            for one in waiting:
                one.exception()
        assert Introduction.objects.count() == 2


def test_control_with_guards_the_same_two_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    (couple,) = make_couples(1)
    couple.cn.say(Answer.INTERESTED)
    meet_before(monkeypatch, "introduce", Barrier(2))
    with ThreadPoolExecutor(2) as hands:
        acts = [partial(couple.us.say, Answer.INTERESTED)] * 2
        waiting = [hands.submit(in_own_connection, act) for act in acts]
        for one in waiting:
            one.result()
    assert (Introduction.objects.count(), OutboxEmail.objects.count()) == (1, 2)


# --- One winner -----------------------------------------------------------------------------------


def take_back(couple: Couple, curator: User) -> None:
    couple.cn.say(Answer.DECLINED, reason="budget")


def close_silently(couple: Couple, curator: User) -> None:
    if not interests.close_silent():
        raise NotOpenError


def suspend(couple: Couple, curator: User) -> None:
    review.suspend(couple.cn.organization, actor=curator)


def exclude(couple: Couple, curator: User) -> None:
    outcome = recommendations_exclude([couple.us.recommendation], reason="Staff know better.", by=curator)
    if not outcome.done:
        raise NotOpenError


RIVALS = {"take_back": take_back, "silence": close_silently, "suspend": suspend, "exclude": exclude}


def outcome_of(act: Callable[[], object]) -> str:
    try:
        act()
    except NotOpenError:
        return "refused"
    finally:
        connection.close()
    return "done"


def race(
    hands: ThreadPoolExecutor, couple: Couple, rival: str, curator: User, dice: random.Random
) -> list[str]:
    """The answer against its rival, released together, one of them held back a moment."""
    barrier = Barrier(2)
    pauses = [dice.uniform(0, 0.004), dice.uniform(0, 0.004)]

    def at_once(pause: float, act: Callable[[], object]) -> str:
        def later() -> None:
            barrier.wait(30)
            time.sleep(pause)
            act()

        return outcome_of(later)

    acts: list[Callable[[], object]] = [
        partial(couple.us.say, Answer.INTERESTED),
        partial(RIVALS[rival], couple, curator),
    ]
    return [
        one.result()
        for one in [hands.submit(at_once, pause, act) for pause, act in zip(pauses, acts, strict=True)]
    ]


def shown(couple: Couple) -> bool:
    introduction = (
        Introduction.objects.select_related("pair__low", "pair__high").filter(pair=couple.pair).first()
    )
    return introduction is not None and any(contacts_of(introduction).people.values())


@pytest.mark.parametrize("rival", RIVALS)
def test_answer_against_what_ends_it_has_one_winner(rival: str) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    curator = make_user(is_staff=True)
    winners = set()
    with ThreadPoolExecutor(2) as hands:
        for couple in make_couples(RACES):
            couple.cn.say(Answer.INTERESTED)
            if rival == "silence":
                made_days_ago(couple, CLOSING_DAYS)
            answered, rivalled = race(hands, couple, rival, curator, dice)
            introduced = Introduction.objects.filter(pair=couple.pair).count()
            mails = OutboxEmail.objects.filter(introduction__pair=couple.pair).count()
            closed = OutboxEmail.objects.filter(kind=EmailKind.INTEREST_CLOSED, user=couple.cn.person).count()
            winners.add(answered)
            assert (introduced, mails) == ((1, 2) if answered == "done" else (0, 0))
            if rival == "suspend":
                # The team that was introduced first is hidden again by the suspension.
                assert rivalled == "done"
                assert not shown(couple)
            else:
                assert sorted([answered, rivalled]) == ["done", "refused"]
                assert shown(couple) == (answered == "done")
            assert closed == (rival == "silence" and answered == "refused")
            if rival == "exclude":
                assert Exclusion.objects.filter(pair=couple.pair).exists() == (answered == "refused")
    assert winners <= {"done", "refused"}


def decline_after_the_introduction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the no, which has looked and found nobody introduced, be written once the introduction is made."""
    stand = answers._stand
    looked, made = Event(), Event()

    def stand_in_turn(pair: Pair, own: Organization, said: answers.Said, by: User) -> None:
        if said.answer == Answer.DECLINED:
            looked.set()
            assert made.wait(10)
        else:
            assert looked.wait(10)
        stand(pair, own, said, by)

    def introduce_and_tell(pair: Pair) -> Introduction:
        introduction = introduce(pair)
        made.set()
        return introduction

    monkeypatch.setattr(answers, "_stand", stand_in_turn)
    monkeypatch.setattr(answers, "introduce", introduce_and_tell)


def test_control_without_guards_both_win(monkeypatch: pytest.MonkeyPatch) -> None:
    (couple,) = make_couples(1)
    couple.cn.say(Answer.INTERESTED)
    with unguarded(monkeypatch):
        decline_after_the_introduction(monkeypatch)
        with ThreadPoolExecutor(2) as hands:
            acts: list[Callable[[], object]] = [
                partial(couple.us.say, Answer.INTERESTED),
                partial(couple.cn.say, Answer.DECLINED, reason="budget"),
            ]
            outcomes = [one.result() for one in [hands.submit(outcome_of, act) for act in acts]]
        assert outcomes == ["done", "done"]
        declined = Response.objects.filter(pair=couple.pair, answer=Answer.DECLINED)
        assert (Introduction.objects.count(), declined.count()) == (1, 1)
