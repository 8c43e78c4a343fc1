""" "Why them?": what the record of a recommendation holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone, translation

from alliances.enums import Country, EventKind, ScreeningListName
from alliances.models import RegisterEvent, User
from matchmaking.enums import Answer, EmailState, RuleVerdict
from matchmaking.enums import RecommendationState as S
from matchmaking.models import (
    CurationEvent,
    DigestItem,
    Introduction,
    JurisdictionRule,
    MatchRun,
    Pin,
    Ranking,
    Recommendation,
)
from matchmaking.services.answers import Said, answer
from matchmaking.services.curation import (
    recommendations_note,
    recommendations_pin,
    recommendations_unpin,
)
from matchmaking.services.introductions import introductions_close
from matchmaking.services.policies import active_policy, policy_activate, policy_new_version
from matchmaking.services.recommendations import recommendations_exclude, recommendations_hold
from matchmaking.services.why import why_them
from matchmaking.wording.why import event_words, sections, who
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.mail.mails import make_mail
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import make_scene
from tests.matchmaking.why.reading import address, content_of, make_list

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 6, 1, 12, tzinfo=UTC)


def told_events(one: Recommendation) -> list[tuple[str, str]]:
    """What happened, in words, and by whom; the register's own and the run's steps left out."""
    return [
        (event_words(event), who(event["by"]))
        for event in content_of(one)["events"]
        if event["subject"] not in ("organization", "run")
    ]


def test_the_numbers_are_those_stored_and_the_list_that_of_the_run(one: Recommendation) -> None:
    content = content_of(one)
    stored = content["recommendation"]
    assert (stored["score"], stored["affinity"]) == (one.score, one.affinity)
    assert (stored["seeker"]["code"], stored["candidate"]["code"]) == (one.seeker.code, one.candidate.code)
    assert content["breakdown"] == one.breakdown
    lines = Ranking.objects.filter(run=one.run, seeker=one.seeker, kind="city").order_by("rank")
    assert [(line["rank"], line["code"], line["score"]) for line in content["list"]] == list(
        lines.values_list("rank", "candidate__code", "score")
    )
    assert content["replay"] == {
        "identical": True,
        "cause": None,
        "differences": [],
        "place": one.rank,
        "candidates": 2,
    }
    assert (content["policy"]["name"], content["policy"]["version"]) == ("standard", 1)
    assert content["run"]["snapshot_digest"] == one.run.snapshot_digest


def test_what_was_told_stands_in_both_languages(one: Recommendation) -> None:
    told = content_of(one)["told"]
    assert [each["sentence"] for each in told["en"]["for_seeker"]] == [
        "Offers sponge-city: one of your two needs, at 16 times your scale.",
        "Has 10.4 million people.",
        "Works in English, as you do.",
    ]
    assert [each["criterion"] for each in told["zh-hans"]["for_seeker"]] == ["needs_met", "reach", "language"]
    assert told["zh-hans"]["for_seeker"][1]["sentence"] == "人口1040万。"
    assert told["en"]["for_candidate"][0]["sentence"] == "You offer urban-planning, its one stated need."


def test_who_decided_what_is_told_in_order_by_name(one: Recommendation, curator: User) -> None:
    recommendations_hold([one], by=curator)
    recommendations_exclude([one], reason="They met before.", by=curator)
    assert told_events(one) == [
        ("Proposed", "the service"),
        ("Released, as the policy of the run says", "the service"),
        ("Held", "Ada Curator"),
        ("Excluded for good: They met before.", "Ada Curator"),
        ("Ended by an exclusion", "Ada Curator"),
        # The other direction ends with it.
        ("Ended by an exclusion", "Ada Curator"),
    ]


def test_people_who_are_not_staff_and_people_who_left_are_numbers(one: Recommendation, curator: User) -> None:
    person = make_team_member(one.seeker, make_user(name="Nobody To Be Named")).user
    answer(one, Said(Answer.DECLINED, reason="budget", note="Too dear."), by=person, channel="test")
    recommendations_exclude([one], reason="x", by=curator)
    answered, number = "Answered: Declined: There is no budget for it", person.pk
    assert (answered, f"somebody who is not staff (#{number})") in told_events(one)
    User.objects.filter(pk=number).delete()
    assert (answered, f"somebody who left (#{number})") in told_events(one)
    text = json.dumps(content_of(one), ensure_ascii=False)
    assert "Nobody To Be Named" not in text
    assert "Too dear." not in text


def both_interested(one: Recommendation) -> Recommendation:
    """Both say interested; what was recommended to the other side, without a rank of its own."""
    one.pair.recommendations.exclude(pk=one.pk).update(state=S.SUPERSEDED)
    Ranking.objects.all().delete()
    interested = Said(Answer.INTERESTED, cross_border=True)
    answer(one, interested, by=make_team_member(one.seeker).user, channel="test")
    other = one.pair.recommendations.exclude(pk=one.pk).get()
    answer(other, interested, by=make_team_member(one.candidate).user, channel="test")
    return other


def test_interest_and_introduction_have_words_in_both_languages(one: Recommendation, curator: User) -> None:
    other = both_interested(one)
    introductions_close(Introduction.objects.all(), by=curator)
    assert [words for words, _by in told_events(other)] == [
        "Answered: Interested",
        "Released, as the policy of the run says",
        "Brought by the other side's interest",
        "Answered: Interested",
        "Introduced",
        "Introduction closed",
        "Ended with the introduction",
        "Ended with the introduction",
    ]
    with translation.override("zh-hans"):
        assert told_events(other)[-1] == ("随引荐一并结束", "Ada Curator")
        assert told_events(other)[-3] == ("引荐已结束", "Ada Curator")
        assert told_events(other)[-5][0] == "已答复：有意向"


def test_what_has_no_rank_says_whose_interest_brought_it(desk: Client, one: Recommendation) -> None:
    other = both_interested(one)
    assert other.rank is None
    page = desk.get(address(other)).content.decode()
    assert "It has no rank: the interest of the other side brought it." in page
    assert f"Computed again from the snapshot of run #{one.run_id}: identical." in page


def test_a_pin_is_told_and_that_it_brought_what_no_list_holds(curator: User) -> None:
    scene = make_scene(cities=4)
    last = make_organization(country=Country.CN, languages=["zh"], offers={"e-bus": 1})
    Recommendation.objects.all().delete()
    policy_activate(policy_new_version("standard", {**active_policy().rules, "release": "manual"}))
    us = scene.seekers[0]
    Pin.objects.create(seeker=us, candidate=last, reason="They met.")
    one = Recommendation.objects.get(run=complete_run(), seeker=us, candidate=last)
    recommendations_unpin([one], by=curator)
    recommendations_pin([one], reason="They asked for it.", by=curator)
    Recommendation.objects.all().delete()
    pinned = Recommendation.objects.get(run=complete_run(top_k=1), seeker=us, candidate=last)
    told = [words for words, _by in told_events(pinned)]
    assert told[-1] == "Released, since it is pinned"
    assert ("Pinned", "Ada Curator") in told_events(pinned)
    (of_list,) = [one for one in sections(content_of(pinned)) if one.title.startswith("The seeker's list")]
    assert of_list.lines[0] == "It has no rank: a pin brought it, and the list does not hold it."
    recommendations_note([pinned], text="Ask them first.", by=curator)
    recommendations_unpin([pinned], by=curator)
    with translation.override("zh-hans"):
        assert [words for words, _by in told_events(pinned)][-2:] == ["已写工作人员备注", "已取消置顶"]
    # Of the content of a note only that there is one.
    assert "Ask them first" not in json.dumps(content_of(pinned))


def test_standing_answers_of_both_sides_are_told(one: Recommendation) -> None:
    person = make_team_member(one.seeker).user
    until = timezone.now().date() + timedelta(days=90)
    answer(one, Said(Answer.LATER, until=until), by=person, channel="test")
    [said] = content_of(one)["answers"]
    assert (said["organization"]["code"], said["answer"]) == (one.seeker.code, "later")
    assert said["until"] == until.isoformat()


def test_policy_says_who_made_and_activated_it_before_the_run_only(
    one: Recommendation, curator: User
) -> None:
    policy = policy_new_version("standard", {**active_policy().rules, "tau": 2.0}, by=curator)
    policy_activate(policy, by=curator)
    make_organization(needs={"sponge-city": 3})
    run = complete_run()
    new = Recommendation.objects.filter(run=run)[0]
    MatchRun.objects.filter(pk=run.pk).update(requested_at=timezone.now())
    CurationEvent.objects.create(
        subject="policy",
        subject_id=policy.pk,
        kind="activated",
        actor_id=curator.pk,
        at=timezone.now() + timedelta(days=1),
    )
    events = [each for each in content_of(new)["events"] if each["subject"] == "policy"]
    assert [(event_words(each), who(each["by"])) for each in events] == [
        ("Policy version made", "Ada Curator"),
        ("Policy made active", "Ada Curator"),
    ]
    made = content_of(new)["policy"]
    assert (made["version"], made["created_by"]["name"], made["rules"]["tau"]) == (2, "Ada Curator", 2.0)


def test_approval_of_both_is_in_the_record_and_of_nobody_else(one: Recommendation, curator: User) -> None:
    stranger = make_organization()
    for organization in (one.seeker, one.candidate, stranger):
        RegisterEvent.objects.create(
            organization=organization, kind=EventKind.APPROVED, actor_id=curator.pk, data={"to": "approved"}
        )
    RegisterEvent.objects.create(organization=one.seeker, kind=EventKind.TEAM_MEMBER_ADDED, data={})
    found = [each for each in content_of(one)["events"] if each["subject"] == "organization"]
    assert [(each["organization"], event_words(each), who(each["by"])) for each in found] == [
        (one.seeker.code, "Approved", "Ada Curator"),
        (one.candidate.code, "Approved", "Ada Curator"),
    ]


def test_mails_are_counted_without_a_word_on_whom(one: Recommendation) -> None:
    for number, state in enumerate((EmailState.SENT, EmailState.SENT, EmailState.QUEUED)):
        user = make_team_member(one.seeker, make_user(f"reader{number}@hidden.example")).user
        sent = {"sent_at": THEN + timedelta(hours=number)} if state == EmailState.SENT else {}
        mail = make_mail(user, number=number, state=state, **sent)
        DigestItem.objects.create(email=mail, user=user, recommendation=one, position=1)
    make_mail(make_user(), number=9)
    content = content_of(one)
    sent, queued = content["mails"]
    assert (sent["kind"], sent["state"], sent["people"]) == ("digest", "sent", 2)
    assert (sent["first_at"], sent["last_at"]) == ("2026-06-01T12:00:00+00:00", "2026-06-01T13:00:00+00:00")
    assert (queued["state"], queued["people"]) == ("queued", 1)
    assert "hidden.example" not in json.dumps(content)


def test_lists_are_those_of_then(one: Recommendation, curator: User) -> None:
    Recommendation.objects.filter(pk=one.pk).update(released_at=THEN)
    day = timedelta(days=1)
    make_list("old", THEN - 9 * day)
    make_list("of then", THEN - 2 * day, actor_id=curator.pk)
    make_list("later", THEN + day)
    make_list("other", THEN - day, name=ScreeningListName.FCC_COVERED)
    found = content_of(one)["screening_lists"]
    assert [(each["list"], each["version"]) for each in found] == [
        ("csl", "of then"),
        ("fcc_covered", "other"),
    ]
    assert found[0]["imported_by"]["name"] == "Ada Curator"


def rule_written(at: datetime, rule: JurisdictionRule) -> None:
    rule.history.filter(history_date__gte=timezone.now() - timedelta(hours=1)).update(history_date=at)


def test_rules_are_those_in_force_then_as_they_were_written(one: Recommendation) -> None:
    Recommendation.objects.filter(pk=one.pk).update(released_at=THEN)
    day = timedelta(days=1)
    ties = make_rule("ties", RuleVerdict.ANOTHER_FORM, tie="sister_tie", citation="Law 7")
    rule_written(THEN - 5 * day, ties)
    ties.citation = "Law 8"
    ties.save()
    elsewhere = make_rule("elsewhere", us_region="TX", tie="sister_tie")
    rule_written(THEN - day, elsewhere)
    ended = make_rule("ended", ends_on=THEN.date() - day, tie="sister_tie")
    rule_written(THEN - day, ended)
    gone = make_rule("gone", tie="sister_tie")
    rule_written(THEN - day, gone)
    gone.delete()
    make_rule("later", tie="sister_tie")
    found = content_of(one)["jurisdiction_rules"]
    assert [(rule["slug"], rule["citation"], rule["about_pair"]) for rule in found] == [
        ("elsewhere", "Law 1", False),
        ("gone", "Law 1", True),
        ("ties", "Law 7", True),
    ]


def test_where_the_two_stood_then_decides_whether_a_rule_was_about_them(one: Recommendation) -> None:
    Recommendation.objects.filter(pk=one.pk).update(released_at=THEN)
    rule_written(THEN, make_rule(us_region="OR", tie="sister_tie"))
    seeker = one.seeker
    seeker.history.update(history_date=THEN)
    seeker.region = "TX"
    seeker.save()
    [rule] = content_of(one)["jurisdiction_rules"]
    assert rule["about_pair"] is True


def test_the_content_is_for_staff(one: Recommendation) -> None:
    person = make_team_member(one.seeker).user
    with pytest.raises(PermissionDenied):
        why_them(one, by=person)
    with pytest.raises(PermissionDenied):
        why_them(one, by=make_user(is_staff=True, is_active=False))
