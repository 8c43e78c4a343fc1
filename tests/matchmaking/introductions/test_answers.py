"""Answers, one at a time: what each does, who may give it, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from alliances.enums import ConsentPurpose, OrganizationState, TeamRole
from alliances.models import Consent, Organization
from alliances.selectors import has_consent
from alliances.services.consent import consent_withdraw
from matchmaking.datasource import read_profiles, take_snapshot
from matchmaking.enums import Answer, EmailKind, MailClass
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, Introduction, OutboxEmail, Recommendation, Response
from matchmaking.selectors.introductions import contacts_of
from matchmaking.services.answers import NotOpenError, expire_unanswered, later_until
from matchmaking.services.policies import active_policy, rules_of
from matchmaking.services.recommendations import recommendations_exclude
from tests.factories import make_team_member, make_user
from tests.matchmaking.introductions.scenes import Couple, make_couple, make_couples, make_run
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    return only


def state_of(recommendation: Recommendation) -> str:
    return Recommendation.objects.get(pk=recommendation.pk).state


def test_one_yes_introduces_nobody(couple: Couple) -> None:
    answered = couple.us.say(Answer.INTERESTED)
    assert (answered.introduction, state_of(couple.us.recommendation)) == (None, S.INTERESTED)
    assert state_of(couple.cn.recommendation) == S.RELEASED
    assert (Introduction.objects.count(), OutboxEmail.objects.count()) == (0, 0)


def test_two_yes_make_one_introduction_and_a_mail_for_each_team_member(couple: Couple) -> None:
    colleague = make_team_member(couple.us.organization, role=TeamRole.VIEWER).user
    couple.us.say(Answer.INTERESTED)
    introduction = couple.cn.say(Answer.INTERESTED).introduction
    assert introduction == Introduction.objects.get()
    mails = OutboxEmail.objects.order_by("user")
    assert [mail.user for mail in mails] == sorted(
        [couple.us.person, couple.cn.person, colleague], key=lambda person: person.pk
    )
    assert {(mail.kind, mail.mail_class) for mail in mails} == {(EmailKind.INTRODUCTION, MailClass.AWAITED)}
    assert [CurationEvent.objects.filter(subject="introduction", kind="introduced").count()] == [1]


def test_each_mail_names_the_other_side_and_not_ones_own(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    for side, other in ((couple.us, couple.cn), (couple.cn, couple.us)):
        mail = OutboxEmail.objects.get(user=side.person)
        for body in (mail.body_text, mail.body_html):
            assert other.person.email in body
            assert other.organization.name_en in body
            assert side.person.email not in body
        assert other.organization.name_en not in mail.subject
        assert other.person.name not in mail.subject


def test_the_same_answer_again_is_the_same_answer(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    first = couple.cn.say(Answer.INTERESTED).introduction
    again = [side.say(Answer.INTERESTED).introduction for side in (couple.us, couple.cn, couple.cn)]
    assert again == [first, first, first]
    assert (Introduction.objects.count(), OutboxEmail.objects.count()) == (1, 2)
    assert CurationEvent.objects.filter(kind="answered").count() == 2


def test_answer_may_change_until_the_introduction(couple: Couple) -> None:
    until = later_until(3)
    couple.us.say(Answer.LATER, until=until)
    couple.us.say(Answer.INTERESTED)
    couple.us.say(Answer.LATER, until=until)
    standing = Response.objects.get(organization=couple.us.organization)
    assert (standing.answer, standing.until, standing.answered_by) == ("later", until, couple.us.person)
    assert couple.cn.say(Answer.INTERESTED).introduction is None
    assert couple.us.say(Answer.INTERESTED).introduction is not None
    with pytest.raises(NotOpenError, match="You were introduced to each other on"):
        couple.us.say(Answer.LATER, until=until)


def test_no_is_final_and_closes_the_pair_for_both(couple: Couple) -> None:
    couple.cn.say(Answer.INTERESTED)
    couple.us.say(Answer.DECLINED, reason="budget", note="Next year at the earliest.")
    assert state_of(couple.us.recommendation) == S.DECLINED
    assert state_of(couple.cn.recommendation) == S.EXPIRED
    today = f"{timezone.now().date():%-d %B %Y}"
    with pytest.raises(NotOpenError) as refusal:
        couple.cn.say(Answer.LATER, until=later_until(3))
    assert str(refusal.value) == f"This recommendation is no longer open (withdrawn on {today})."
    with pytest.raises(NotOpenError) as refusal:
        couple.us.say(Answer.INTERESTED)
    assert str(refusal.value) == f"This recommendation is no longer open (declined on {today})."
    with translation.override("zh-hans"), pytest.raises(NotOpenError) as refusal:
        couple.us.say(Answer.INTERESTED)
    now = timezone.now().date()
    assert f"{now.year}年{now.month}月{now.day}日" in str(refusal.value)


def test_audit_holds_no_word_that_a_person_wrote(couple: Couple) -> None:
    couple.us.say(Answer.DECLINED, reason="other", note="Mayor Smith resigned.")
    data = CurationEvent.objects.get(kind="answered").data
    assert data == {"from": "released", "to": "declined", "reason": "other"}


@pytest.mark.parametrize("role", [None, TeamRole.VIEWER])
def test_only_owners_and_editors_of_the_seeker_answer(couple: Couple, role: TeamRole | None) -> None:
    stranger = make_user()
    if role:
        make_team_member(couple.us.organization, stranger, role)
    make_team_member(couple.cn.organization, stranger, TeamRole.OWNER)
    couple.us.person = stranger
    with pytest.raises(PermissionDenied):
        couple.us.say(Answer.INTERESTED)
    assert Response.objects.count() == 0


def test_inactive_person_answers_nothing(couple: Couple) -> None:
    couple.us.person.is_active = False
    couple.us.person.save()
    with pytest.raises(PermissionDenied):
        couple.us.say(Answer.INTERESTED)


LATER_DATES = "Choose a date after today, and at most 12 months from today."


def test_an_answer_waits_for_a_year_at_most(couple: Couple) -> None:
    last = timezone.now().date() + timedelta(days=366)
    couple.us.say(Answer.LATER, until=last)
    with pytest.raises(ValidationError):
        couple.us.say(Answer.LATER, until=last + timedelta(days=2))
    with translation.override("zh-hans"), pytest.raises(ValidationError) as refusal:
        couple.us.say(Answer.LATER, until=date(9999, 12, 31))
    assert refusal.value.message_dict == {"until": ["请选择今天之后、且距今不超过 12 个月的日期。"]}
    assert Response.objects.get().until == last


@pytest.mark.parametrize(
    ("word", "more", "field", "text"),
    [
        (
            Answer.DECLINED,
            {},
            "reason",
            "Choose a reason. It goes to our staff, not to the other side.",
        ),
        (
            Answer.DECLINED,
            {"reason": "they are ugly"},
            "reason",
            "Choose a reason. It goes to our staff, not to the other side.",
        ),
        (Answer.LATER, {}, "until", LATER_DATES),
        (Answer.LATER, {"until": date(2020, 1, 1)}, "until", LATER_DATES),
        (Answer.LATER, {"until": date(9999, 12, 31)}, "until", LATER_DATES),
        (
            Answer.DECLINED,
            {"reason": "other", "note": "x" * 1_048_576},
            "note",
            "The note is too long (1,048,576 characters; limit 500).",
        ),
        (
            Answer.DECLINED,
            {"reason": "other", "note": "a\x00b"},
            "note",
            "Text contains a character that is not allowed (U+0000).",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    couple: Couple, word: Answer, more: dict[str, object], field: str, text: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        couple.us.say(word, **more)
    assert refusal.value.message_dict == {field: [text]}
    assert Response.objects.count() == 0
    assert state_of(couple.us.recommendation) == S.RELEASED


def test_chinese_side_agrees_to_the_transfer_before_it_is_interested() -> None:
    couple = make_couple(*make_run(), consent=False)
    with pytest.raises(ValidationError) as refusal:
        couple.cn.say(Answer.INTERESTED)
    assert list(refusal.value.message_dict) == ["cross_border"]
    assert (Response.objects.count(), Consent.objects.filter(user=couple.cn.person).count()) == (0, 0)
    couple.cn.say(Answer.INTERESTED, cross_border=True)
    assert has_consent(couple.cn.person, ConsentPurpose.CROSS_BORDER)
    assert has_consent(couple.cn.person, ConsentPurpose.INTRODUCTION)
    couple.us.say(Answer.INTERESTED)
    assert not has_consent(couple.us.person, ConsentPurpose.CROSS_BORDER)


def introduced(couple: Couple) -> Introduction:
    couple.us.say(Answer.INTERESTED)
    introduction = couple.cn.say(Answer.INTERESTED).introduction
    assert introduction is not None
    return introduction


def emails_shown(introduction: Introduction, organization: Organization) -> list[str]:
    introduction = Introduction.objects.select_related("pair__low", "pair__high").get(pk=introduction.pk)
    return [contact.email for contact in contacts_of(introduction).people[organization.pk]]


def test_consent_taken_back_hides_the_contact_at_once(couple: Couple) -> None:
    introduction = introduced(couple)
    person = couple.cn.person
    assert emails_shown(introduction, couple.cn.organization) == [person.email]
    consent_withdraw(person, ConsentPurpose.CROSS_BORDER, language="en", channel="test", text_version="t")
    assert emails_shown(introduction, couple.cn.organization) == []
    assert emails_shown(introduction, couple.us.organization) == [couple.us.person.email]


def test_contact_is_who_may_still_answer_and_agreed(couple: Couple) -> None:
    introduction = introduced(couple)
    silent = make_team_member(couple.us.organization, role=TeamRole.OWNER).user
    assert silent.email not in emails_shown(introduction, couple.us.organization)
    couple.us.organization.team_members.filter(user=couple.us.person).update(role=TeamRole.VIEWER)
    assert emails_shown(introduction, couple.us.organization) == []


def test_no_contacts_while_one_side_is_suspended(couple: Couple) -> None:
    introduction = introduced(couple)
    Organization.objects.filter(pk=couple.us.organization.pk).update(state=OrganizationState.SUSPENDED)
    assert emails_shown(introduction, couple.cn.organization) == []
    assert emails_shown(introduction, couple.us.organization) == []


def test_suspended_side_can_neither_answer_nor_be_answered(couple: Couple) -> None:
    Organization.objects.filter(pk=couple.us.organization.pk).update(state=OrganizationState.SUSPENDED)
    for side in (couple.us, couple.cn):
        with pytest.raises(NotOpenError, match="one of the two takes no part at present"):
            side.say(Answer.INTERESTED)
    assert Response.objects.count() == 0


def test_unanswered_expires_after_its_time_and_answered_does_not(couple: Couple) -> None:
    couple.us.say(Answer.LATER, until=later_until(3))
    old = timezone.now() - timedelta(days=60, seconds=1)
    Recommendation.objects.filter(pair=couple.pair).update(released_at=old)
    assert expire_unanswered() == 1
    assert [state_of(side.recommendation) for side in (couple.us, couple.cn)] == [S.LATER, S.EXPIRED]
    with pytest.raises(NotOpenError, match=r"no longer open \(expired on "):
        couple.cn.say(Answer.INTERESTED)
    assert expire_unanswered() == 0


def test_not_yet_due_does_not_expire(couple: Couple) -> None:
    Recommendation.objects.filter(pair=couple.pair).update(released_at=timezone.now() - timedelta(days=59))
    assert expire_unanswered() == 0


def test_whom_the_other_is_interested_in_keeps_its_clock(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    Recommendation.objects.filter(pair=couple.pair).update(released_at=timezone.now() - timedelta(days=61))
    assert expire_unanswered() == 0
    couple.us.say(Answer.LATER, until=later_until(3))
    assert expire_unanswered() == 1


def test_introduced_pair_cannot_be_excluded(couple: Couple) -> None:
    introduced(couple)
    outcome = recommendations_exclude([couple.us.recommendation], reason="No.", by=make_user(is_staff=True))
    assert (outcome.done, len(outcome.skipped)) == (0, 1)
    assert state_of(couple.us.recommendation) == S.INTERESTED


# --- The other side is shown what it is asked for -------------------------------------------------


def test_interest_shows_the_pair_to_a_side_whose_list_lacks_it(couple: Couple) -> None:
    Recommendation.objects.filter(pk=couple.cn.recommendation.pk).delete()
    couple.us.say(Answer.INTERESTED)
    shown = Recommendation.objects.get(seeker=couple.cn.organization)
    own = couple.us.recommendation
    assert (shown.candidate, shown.state, shown.kind) == (couple.us.organization, S.RELEASED, "city")
    assert (shown.score, shown.affinity, shown.candidate_affinity) == (
        own.score,
        own.candidate_affinity,
        own.affinity,
    )
    assert shown.breakdown == {"seeker": own.breakdown["candidate"], "candidate": own.breakdown["seeker"]}
    assert shown.rank is None
    couple.cn.recommendation = shown
    assert couple.cn.say(Answer.INTERESTED).introduction is not None


@pytest.mark.parametrize("state", [S.PROPOSED, S.HELD])
def test_what_staff_have_not_decided_stays_theirs_to_decide(couple: Couple, state: S) -> None:
    Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(state=state)
    couple.us.say(Answer.INTERESTED)
    assert state_of(couple.cn.recommendation) == state


# --- Promises of the database ---------------------------------------------------------------------


def test_database_refuses_an_introduction_that_one_side_did_not_want(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    with pytest.raises(IntegrityError, match="not both sides are interested"), transaction.atomic():
        Introduction.objects.create(pair=couple.pair)


def test_database_refuses_a_second_open_introduction(couple: Couple) -> None:
    introduced(couple)
    with pytest.raises(IntegrityError, match="one_open_a_pair"), transaction.atomic():
        Introduction.objects.create(pair=couple.pair)


def test_database_keeps_the_yes_of_an_introduction(couple: Couple) -> None:
    introduced(couple)
    mine = Response.objects.filter(organization=couple.us.organization)
    with pytest.raises(IntegrityError, match="its answers stand"), transaction.atomic():
        mine.update(answer="later", until=later_until(3))
    with pytest.raises(IntegrityError, match="its answers stand"), transaction.atomic():
        mine.delete()


@pytest.mark.parametrize(
    ("columns", "promise"),
    [
        ({"answer": "perhaps"}, "answer_known"),
        ({"answer": "declined"}, "reason_iff_declined"),
        ({"answer": "declined", "reason": "boredom"}, "reason_iff_declined"),
        ({"answer": "interested", "reason": "budget"}, "reason_iff_declined"),
        ({"answer": "later"}, "date_iff_later"),
        ({"answer": "interested", "until": date(2030, 1, 1)}, "date_iff_later"),
    ],
)
def test_database_refuses_a_response_that_says_two_things(
    couple: Couple, columns: dict[str, object], promise: str
) -> None:
    row = Response(pair=couple.pair, organization=couple.us.organization, **columns)
    with pytest.raises(IntegrityError, match=f"matchmaking_response_{promise}"), transaction.atomic():
        row.save(force_insert=True)


def test_database_keeps_one_response_a_side(couple: Couple) -> None:
    couple.us.say(Answer.INTERESTED)
    again = Response(pair=couple.pair, organization=couple.us.organization, answer="interested")
    with pytest.raises(IntegrityError, match="once_a_side"), transaction.atomic():
        again.save(force_insert=True)


def test_database_refuses_an_introduction_mail_that_may_be_lost(couple: Couple) -> None:
    introduced(couple)
    with pytest.raises(IntegrityError, match="introduction_awaited"), transaction.atomic():
        OutboxEmail.objects.update(mail_class=MailClass.BULK)


# --- What answers mean for the next run -----------------------------------------------------------


def test_answers_forbid_pairs_in_the_next_run() -> None:
    make_scene(1)
    released = Recommendation.objects.filter(state=S.RELEASED, seeker__country="US").order_by("pk")
    first, second, third = released[:3]
    person = first.seeker.team_members.get().user
    today = timezone.now().date()
    Response.objects.create(pair=first.pair, organization=first.seeker, answer="declined", reason="budget")
    Response.objects.create(
        pair=second.pair, organization=second.candidate, answer="later", until=today + timedelta(days=1)
    )
    for side in (third.seeker, third.candidate):
        Response.objects.create(pair=third.pair, organization=side, answer="interested", answered_by=person)
    Introduction.objects.create(pair=third.pair)
    excluded = complete_run().counts["excluded"]
    assert (excluded["declined"], excluded["deferred"], excluded["open_introduction"]) == (1, 1, 1)
    in_two_years = complete_run(as_of=today + timedelta(days=731)).counts["excluded"]
    assert (in_two_years["declined"], in_two_years["deferred"], in_two_years["open_introduction"]) == (
        0,
        0,
        1,
    )


def test_introductions_of_the_quarter_use_capacity_up(couple: Couple) -> None:
    today = timezone.now().date()

    def left() -> dict[str, int]:
        profiles = read_profiles(today, model_hash=None)
        return {one.code: one.capacity_left for one in profiles}

    before = left()[couple.us.organization.code]
    introduction = introduced(couple)
    assert left()[couple.us.organization.code] == before - 1 == 2
    Introduction.objects.filter(pk=introduction.pk).update(
        made_at=timezone.now() - timedelta(days=120), closed_at=timezone.now()
    )
    assert left()[couple.us.organization.code] == before


def test_response_rate_counts_only_what_had_its_time(couple: Couple) -> None:
    today = timezone.now().date()

    def rate() -> tuple[int, int]:
        (facts,) = [
            one.trust
            for one in read_profiles(today, model_hash=None)
            if one.code == couple.us.organization.code
        ]
        return facts.released, facts.answered

    assert rate() == (0, 0)
    couple.us.say(Answer.INTERESTED)
    assert rate() == (0, 0)
    Recommendation.objects.filter(pair=couple.pair).update(released_at=timezone.now() - timedelta(days=60))
    assert rate() == (1, 1)
    Recommendation.objects.filter(pair=couple.pair).update(released_at=timezone.now() - timedelta(days=426))
    assert rate() == (0, 0)


def test_reading_the_register_takes_as_many_queries_for_many_as_for_one() -> None:
    figures = []
    for number in (1, 3):
        introduced(make_couples(number)[0])
        rules = rules_of(active_policy())
        with CaptureQueriesContext(connection) as queries:
            take_snapshot(rules, timezone.now().date(), model_hash=None)
        figures.append(len(queries))
    assert figures[0] == figures[1]
