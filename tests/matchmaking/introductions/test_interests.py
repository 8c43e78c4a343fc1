"""Open interests: told once, reminded once, then staff's, then closed kindly; each step and its guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from alliances.enums import TeamRole
from alliances.models import User
from alliances.services import review
from matchmaking.datasource import _constraints, read_profiles
from matchmaking.enums import Answer, EmailKind, Subscription
from matchmaking.enums import EmailState as E
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, OutboxEmail, PeriodicRun, Recommendation, Response
from matchmaking.selectors.interests import OpenInterest, interest_on, open_interests, silent_interests
from matchmaking.selectors.quarter import quarters_of
from matchmaking.services import interests, outbox, periodic
from matchmaking.services.answers import NotOpenError, later_until
from matchmaking.services.policies import active_policy, rules_of
from matchmaking.services.recommendations import recommendations_exclude, recommendations_hold
from matchmaking.services.subscriptions import unsubscribe_url
from matchmaking.services.suppressions import suppress
from tests.factories import make_team_member, make_user
from tests.matchmaking.introductions.scenes import (
    Couple,
    made_days_ago,
    make_couple,
    make_couples,
    make_run,
)
from tests.smtp_server import SmtpServer

RECEIVED, REMINDER, CLOSED = (
    EmailKind.INTEREST_RECEIVED,
    EmailKind.INTEREST_REMINDER,
    EmailKind.INTEREST_CLOSED,
)


@pytest.fixture
def couple(db: None) -> Couple:
    """The American side is interested; the Chinese side can answer and is silent."""
    (only,) = make_couples(1)
    only.us.say(Answer.INTERESTED)
    return only


def mails(kind: EmailKind) -> list[User | None]:
    """Who got a mail of this kind, sent or not, oldest first."""
    return [mail.user for mail in OutboxEmail.objects.filter(kind=kind).order_by("pk")]


def states(couple: Couple) -> list[str]:
    return [Recommendation.objects.get(pk=side.recommendation.pk).state for side in (couple.us, couple.cn)]


# --- Told -----------------------------------------------------------------------------------------


def test_silent_side_is_told_once(couple: Couple) -> None:
    colleague = make_team_member(couple.cn.organization, role=TeamRole.OWNER).user
    make_team_member(couple.cn.organization, role=TeamRole.VIEWER)
    assert [interests.tell(), interests.tell()] == [1, 0]
    assert mails(RECEIVED) == [couple.cn.person, colleague]
    one = OutboxEmail.objects.filter(kind=RECEIVED).order_by("pk")[0]
    assert (one.mail_class, one.slot, one.recommendation) == (
        "awaited",
        str(couple.cn.recommendation.public_id),
        couple.cn.recommendation,
    )
    assert CurationEvent.objects.filter(subject="email", subject_id=one.pk, kind="queued").count() == 1


def test_tick_tells(couple: Couple) -> None:
    periodic.sweep()
    assert mails(RECEIVED) == [couple.cn.person]


def no_interest(couple: Couple) -> None:
    couple.us.say(Answer.LATER, until=later_until(3))


def not_released(couple: Couple) -> None:
    Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(state=S.HELD)


def answered(couple: Couple) -> None:
    couple.cn.say(Answer.LATER, until=later_until(3))


def suspended(couple: Couple) -> None:
    review.suspend(couple.us.organization, actor=make_user(is_staff=True))


def suspended_itself(couple: Couple) -> None:
    review.suspend(couple.cn.organization, actor=make_user(is_staff=True))


def excluded(couple: Couple) -> None:
    recommendations_exclude([couple.us.recommendation], reason="No.", by=make_user(is_staff=True))


def no_mail_wanted(couple: Couple) -> None:
    User.objects.filter(pk=couple.cn.person.pk).update(interest_mail=False)


def viewer(couple: Couple) -> None:
    couple.cn.organization.team_members.update(role=TeamRole.VIEWER)


def inactive(couple: Couple) -> None:
    User.objects.filter(pk=couple.cn.person.pk).update(is_active=False)


GUARDS = [
    (no_interest, "interest_withdrawn"),
    (not_released, "recommendation_withdrawn"),
    (answered, "answered_meanwhile"),
    (suspended, "candidate_not_approved"),
    (suspended_itself, "organization_not_approved"),
    (excluded, "pair_blocked"),
    (no_mail_wanted, "interest_mail_off"),
    (viewer, "not_in_the_team"),
    (inactive, "account_not_active"),
]


@pytest.mark.parametrize(("change", "reason"), GUARDS)
def test_nobody_is_told_what_does_not_stand(
    couple: Couple, change: Callable[[Couple], None], reason: str
) -> None:
    change(couple)
    made_days_ago(couple, 12)
    assert [interests.tell(), interests.remind()] == [0, 0]
    assert OutboxEmail.objects.count() == 0


@pytest.mark.parametrize("kind", [RECEIVED, REMINDER])
@pytest.mark.parametrize(("change", "reason"), GUARDS)
def test_what_stands_no_more_is_not_sent(
    server: SmtpServer, couple: Couple, change: Callable[[Couple], None], reason: str, kind: EmailKind
) -> None:
    if kind == REMINDER:
        made_days_ago(couple, 12)
    (interests.tell if kind == RECEIVED else interests.remind)()
    change(couple)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1})
    mail = OutboxEmail.objects.get(kind=kind)
    assert (mail.state, mail.error) == (E.SUPPRESSED, reason)
    assert server.spool == []


def test_bounced_address_is_not_written_to(server: SmtpServer, couple: Couple) -> None:
    suppress(couple.cn.person.email, "bounced")
    interests.tell()
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1})


def test_interest_withdrawn_before_sending_and_given_again_is_told_then(
    server: SmtpServer, couple: Couple
) -> None:
    interests.tell()
    no_interest(couple)
    outbox.deliver_due()
    assert interests.tell() == 0
    couple.us.say(Answer.INTERESTED)
    assert interests.tell() == 1
    assert outbox.deliver_due() == Counter({E.SENT: 1})
    assert [mail.recipient for mail in server.spool] == [couple.cn.person.email]


def test_interest_given_again_after_the_mail_is_not_told_twice(server: SmtpServer, couple: Couple) -> None:
    interests.tell()
    outbox.deliver_due()
    no_interest(couple)
    couple.us.say(Answer.INTERESTED)
    assert interests.tell() == 0


def test_what_was_told_can_no_more_be_held(server: SmtpServer, couple: Couple) -> None:
    interests.tell()
    outbox.deliver_due()
    outcome = recommendations_hold([couple.cn.recommendation], by=make_user(is_staff=True))
    assert (outcome.done, len(outcome.skipped)) == (0, 1)


def test_one_that_cannot_be_written_keeps_back_no_other(db: None) -> None:
    first, second = make_couples(2)
    for pair in (first, second):
        pair.us.say(Answer.INTERESTED)
    Recommendation.objects.filter(pk=first.cn.recommendation.pk).update(breakdown={})
    assert interests.tell() == 1
    assert mails(RECEIVED) == [second.cn.person]


# --- Reminded -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "reminded"), [(9, 0), (10, 1), (21, 1), (22, 0)])
def test_reminder_is_due_from_the_tenth_day_to_the_last(couple: Couple, days: int, reminded: int) -> None:
    made_days_ago(couple, days)
    assert [interests.remind(), interests.remind()] == [reminded, 0]
    assert len(mails(REMINDER)) == reminded


def test_clock_begins_once_both_interest_and_release_are_there(couple: Couple) -> None:
    made_days_ago(couple, 30)
    Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(released_at=timezone.now())
    assert interests.remind() == 0
    made_days_ago(couple, 10)
    Response.objects.filter(pair=couple.pair).update(answered_at=timezone.now())
    assert interests.remind() == 0
    Response.objects.filter(pair=couple.pair).update(answered_at=timezone.now() - timedelta(days=10))
    assert interests.remind() == 1


# --- Staff ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "waits"), [(21, False), (22, True)])
def test_after_the_last_day_it_waits_for_staff(couple: Couple, days: int, waits: bool) -> None:
    made_days_ago(couple, days)
    assert list(silent_interests()) == ([couple.cn.recommendation] if waits else [])


def test_staff_close_at_once(couple: Couple) -> None:
    curator = make_user(is_staff=True)
    interests.interest_close(couple.pair, by=curator)
    assert states(couple) == [S.EXPIRED, S.EXPIRED]
    rows = CurationEvent.objects.filter(subject="recommendation", kind="silence").order_by("pk")
    assert [(row.subject_id, row.actor_id, row.data) for row in rows] == [
        (couple.cn.recommendation.pk, curator.pk, {"from": "released", "to": "expired"}),
        (couple.us.recommendation.pk, curator.pk, {"from": "interested", "to": "expired"}),
    ]
    with pytest.raises(NotOpenError, match="No interest waits for an answer here"):
        interests.interest_close(couple.pair, by=curator)
    assert mails(CLOSED) == [couple.us.person]


def test_only_staff_close(couple: Couple) -> None:
    for person in (couple.us.person, make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            interests.interest_close(couple.pair, by=person)
    assert states(couple) == [S.INTERESTED, S.RELEASED]


# --- Closed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "closed"), [(34, 0), (35, 1)])
def test_silence_closes_kindly(couple: Couple, days: int, closed: int) -> None:
    made_days_ago(couple, days)
    assert [interests.close_silent(), interests.close_silent()] == [closed, 0]
    assert states(couple) == ([S.EXPIRED, S.EXPIRED] if closed else [S.INTERESTED, S.RELEASED])
    assert mails(CLOSED) == [couple.us.person] * closed
    assert Response.objects.count() == 1 - closed


def test_who_has_been_told_of_the_end_is_not_told_again(couple: Couple) -> None:
    """Staff opened the pair again by hand: closing it anew must not fail over the mail that is there."""
    for _time in range(2):
        couple.us.say(Answer.INTERESTED)
        interests.interest_close(couple.pair, by=make_user(is_staff=True))
        Recommendation.objects.filter(pair=couple.pair).update(state=S.RELEASED)
    assert mails(CLOSED) == [couple.us.person]


@pytest.mark.parametrize("change", [no_interest, answered, excluded])
def test_what_is_not_open_is_not_closed(couple: Couple, change: Callable[[Couple], None]) -> None:
    change(couple)
    made_days_ago(couple, 40)
    before = states(couple)
    assert (interests.close_silent(), states(couple)) == (0, before)


def test_neither_side_answers_a_closed_interest(couple: Couple) -> None:
    made_days_ago(couple, 35)
    interests.close_silent()
    today = f"{timezone.now().date():%-d %B %Y}"
    for side in (couple.us, couple.cn):
        with pytest.raises(NotOpenError) as refusal:
            side.say(Answer.INTERESTED)
        assert str(refusal.value) == (
            f"This recommendation is no longer open (closed on {today}, since it was not answered in time)."
        )


def test_who_takes_no_part_is_not_written_to_and_the_interest_ends_anyway(couple: Couple) -> None:
    suspended(couple)
    made_days_ago(couple, 35)
    assert interests.close_silent() == 1
    assert mails(CLOSED) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [(suspended, "organization_not_approved"), (suspended_itself, "candidate_not_approved")],
)
def test_closing_is_not_told_once_one_of_the_two_takes_no_part(
    server: SmtpServer, couple: Couple, change: Callable[[Couple], None], reason: str
) -> None:
    made_days_ago(couple, 35)
    interests.close_silent()
    change(couple)
    assert outbox.deliver_due() == Counter({E.SUPPRESSED: 1})
    assert OutboxEmail.objects.get().error == reason


def test_pair_rests_ninety_days_and_may_then_be_matched(couple: Couple) -> None:
    made_days_ago(couple, 35)
    today = timezone.now().date()
    policy = rules_of(active_policy())
    resting = {(couple.pair.low_id, couple.pair.high_id)}
    assert _constraints(today, policy).laters == set()
    interests.close_silent()
    rests = [_constraints(today + timedelta(days=days), policy).laters for days in (-1, 0, 89, 90)]
    assert rests == [set(), resting, resting, set()]


def test_both_are_asked_anew_when_matched_again(couple: Couple) -> None:
    made_days_ago(couple, 35)
    interests.close_silent()
    Recommendation.objects.filter(pair=couple.pair).update(state=S.RELEASED, released_at=timezone.now())
    assert couple.cn.say(Answer.INTERESTED).introduction is None
    assert couple.us.say(Answer.INTERESTED).introduction is not None


def test_interest_that_nobody_answered_counts_as_answered_by_its_giver(couple: Couple) -> None:
    made_days_ago(couple, 70)
    interests.close_silent()
    facts = {
        profile.id: (profile.trust.released, profile.trust.answered)
        for profile in read_profiles(timezone.now().date(), model_hash=None)
    }
    assert [facts[side.organization.pk] for side in (couple.us, couple.cn)] == [(1, 1), (1, 0)]


def test_in_the_quarter_too(couple: Couple) -> None:
    interests.interest_close(couple.pair, by=make_user(is_staff=True))
    sides = [side.organization for side in (couple.us, couple.cn)]
    found = quarters_of(sides)
    assert [(found[one.pk].shown, found[one.pk].answered) for one in sides] == [(1, 1), (1, 0)]


# --- The daily job --------------------------------------------------------------------------------


def test_job_does_its_day_once(couple: Couple) -> None:
    made_days_ago(couple, 10)
    for _time in range(2):
        periodic._interests("interests", "2026-11-25")
    assert mails(REMINDER) == [couple.cn.person]
    made_days_ago(couple, 25)
    for _time in range(2):
        periodic._interests("interests", "2026-12-20")
    assert mails(CLOSED) == [couple.us.person]
    assert PeriodicRun.objects.filter(name="interests").count() == 2


@pytest.mark.parametrize(
    ("step", "days", "kind"), [("tell", 0, RECEIVED), ("remind", 10, REMINDER), ("close_silent", 35, CLOSED)]
)
@pytest.mark.django_db(transaction=True)
def test_many_at_once_mail_once(step: str, days: int, kind: EmailKind) -> None:
    couples = make_couples(3)
    for pair in couples:
        pair.us.say(Answer.INTERESTED)
        made_days_ago(pair, days)
    start = Barrier(4)

    def act() -> int:
        start.wait(30)
        try:
            done: int = getattr(interests, step)()
            return done
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as hands:
        done = sum(one.result() for one in [hands.submit(act) for _hand in range(4)])
    assert (done, len(mails(kind))) == (3, 3)


@pytest.mark.django_db
def test_database_refuses_a_second_mail_and_one_about_nothing(couple: Couple) -> None:
    interests.tell()
    mail = OutboxEmail.objects.get()
    mail.pk, mail.message_id = None, "<other@test.example>"
    with pytest.raises(IntegrityError, match="slot_once"), transaction.atomic():
        mail.save(force_insert=True)
    mail.slot, mail.recommendation = "x", None
    with pytest.raises(IntegrityError, match="interest_awaited"), transaction.atomic():
        mail.save(force_insert=True)


# --- The mails ------------------------------------------------------------------------------------


def told(couple: Couple, kind: EmailKind, language: str) -> OutboxEmail:
    """The mail of this kind about this couple, in this language."""
    User.objects.update(language=language)
    if kind == RECEIVED:
        interests.tell()
    elif kind == REMINDER:
        made_days_ago(couple, 10)
        interests.remind()
    else:
        made_days_ago(couple, 35)
        interests.close_silent()
    return OutboxEmail.objects.get(kind=kind)


ENGLISH = {
    RECEIVED: ("Someone is interested in {own}", "{other} is interested in {own}."),
    REMINDER: (
        "Reminder: someone is interested in {own}",
        "{other} is interested in {own} and has no answer from you yet.",
    ),
    CLOSED: (
        "No answer to the interest of {own}",
        "{other} has not answered, so we have closed the interest of {own}.",
    ),
}
CHINESE = {
    RECEIVED: ("有机构对{own}有意向", "{other}对{own}有意向。"),
    REMINDER: ("提醒：有机构对{own}有意向", "{other}对{own}有意向，尚未收到贵方的答复。"),
    CLOSED: ("{own}的意向未获答复", "{other}没有答复，我们已结束{own}的这项意向。"),
}


@pytest.mark.parametrize("kind", [RECEIVED, REMINDER, CLOSED])
@pytest.mark.parametrize(("language", "words"), [("en", ENGLISH), ("zh-hans", CHINESE)])
def test_mail_as_it_reads(
    couple: Couple, kind: EmailKind, language: str, words: dict[EmailKind, tuple[str, str]]
) -> None:
    mail = told(couple, kind, language)
    own, other = (couple.us, couple.cn) if kind == CLOSED else (couple.cn, couple.us)
    with translation.override(language):
        names = {"own": own.organization.name, "other": other.organization.name}
    subject, intro = (text.format(**names) for text in words[kind])
    assert (mail.user, mail.subject, mail.language) == (own.person, subject, language)
    assert names["other"] not in mail.subject
    for body in (mail.body_text, mail.body_html):
        assert intro in body
        assert other.person.email not in body
        assert unsubscribe_url(own.person, Subscription.INTEREST) in body
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    shown = OutboxEmail.objects.get(kind=kind).body_text
    if kind == CLOSED:
        assert "/recommendations/\n" in shown
    else:
        assert f"/recommendations/{own.recommendation.public_id}/" in shown
        day = timezone.now().date() + timedelta(days=21 if kind == RECEIVED else 11)
        assert f"{day:%-d %B %Y}" in shown or f"{day.year}年{day.month}月{day.day}日" in shown


# --- What the two sides are shown -----------------------------------------------------------------


def facts(one: OpenInterest) -> tuple[str, str, bool, int, int]:
    return (one.organization.code, one.other.code, one.you_answered, one.days_left, one.total_days)


def test_each_side_sees_its_open_interests(server: SmtpServer, couple: Couple) -> None:
    made_days_ago(couple, 12)
    us, cn = couple.us.organization.code, couple.cn.organization.code
    (mine,), (theirs,) = open_interests(couple.us.person), open_interests(couple.cn.person)
    assert [facts(mine), facts(theirs)] == [(us, cn, True, 9, 21), (cn, us, False, 9, 21)]
    assert [mine.recommendation, theirs.recommendation] == [
        couple.us.recommendation,
        couple.cn.recommendation,
    ]
    assert mine.sent_on == timezone.now().date() - timedelta(days=12)
    assert mine.answer_by == timezone.now().date() + timedelta(days=9)
    assert (mine.reminded_at, open_interests(make_user())) == (None, [])
    interests.remind()
    outbox.deliver_due()
    (mine,) = open_interests(couple.us.person)
    assert mine.reminded_at == OutboxEmail.objects.get(kind=REMINDER).sent_at
    for side, one in ((couple.us, mine), (couple.cn, theirs)):
        alone = interest_on(side.recommendation)
        assert alone is not None
        assert facts(alone) == facts(one)


@pytest.mark.parametrize("change", [no_interest, not_released, answered, suspended, excluded])
def test_what_is_not_open_is_not_shown(couple: Couple, change: Callable[[Couple], None]) -> None:
    change(couple)
    assert [open_interests(side.person) for side in (couple.us, couple.cn)] == [[], []]
    assert interest_on(couple.us.recommendation) is None


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 4])
def test_open_interests_cost_six_queries(count: int) -> None:
    run, breakdown = make_run()
    couples = [make_couple(run, breakdown) for _number in range(count)]
    reader = make_user()
    for number, pair in enumerate(couples):
        make_team_member((pair.us if number % 2 else pair.cn).organization, reader)
        pair.us.say(Answer.INTERESTED)
    with CaptureQueriesContext(connection) as queries:
        found = open_interests(reader)
        assert {one.other.name != one.organization.name for one in found} == {True}
    assert len(found) == count
    assert len(queries) == (6 if count > 1 else 5)
