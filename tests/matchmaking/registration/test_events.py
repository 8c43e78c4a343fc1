"""What follows of the register's events: the team is told of each move, once; newcomers are matched."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from alliances.enums import Country, OrganizationState, TeamRole
from alliances.models import Organization, RegisterEvent
from alliances.services import review
from alliances.services.merging import merge
from matchmaking.enums import EmailKind, RunState, ShardState
from matchmaking.models import EventEffect, MatchRun, OutboxEmail
from matchmaking.services import events
from matchmaking.services.policies import active_policy
from matchmaking.services.runs import run_request
from tests import reviewing
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.webhooks.scenes import listen

S = OrganizationState
REASON = "The summary is of another city.\nPlease rewrite it."


def mails() -> list[tuple[str, str, str]]:
    found = OutboxEmail.objects.filter(kind=EmailKind.REVIEW).order_by("pk")
    return [(mail.recipient, mail.subject, mail.mail_class) for mail in found]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("source", "move", "subject", "told"),
    [
        (
            S.DRAFT,
            lambda one, by: review.submit(one, actor=by),
            "We have received your registration",
            "two working days",
        ),
        (
            S.SUBMITTED,
            lambda one, by: reviewing.request_changes(one, actor=by, reason=REASON),
            "Your registration needs a change",
            REASON,
        ),
        (
            S.SUBMITTED,
            lambda one, by: reviewing.put_on_hold(one, actor=by),
            "Your registration is on hold",
            "clarifying",
        ),
        (
            S.SUBMITTED,
            lambda one, by: reviewing.approve(one, actor=by),
            "Wichita is approved",
            "/recommendations/",
        ),
        (
            S.SUBMITTED,
            lambda one, by: reviewing.reject(one, actor=by, reason=REASON),
            "Your registration was not admitted",
            REASON,
        ),
        (
            S.APPROVED,
            lambda one, by: review.suspend(one, actor=by),
            "Your organization is suspended",
            "recommended to nobody",
        ),
        (
            S.APPROVED,
            lambda one, by: review.withdraw(one, actor=by),
            "Your organization has withdrawn",
            "Thank you",
        ),
    ],
)
def test_the_team_is_told_once(
    source: OrganizationState, move: Callable[..., None], subject: str, told: str
) -> None:
    organization = make_organization(state=source, name_en="Wichita", name_zh="")
    owner = make_team_member(organization, make_user("owner@city.example")).user
    make_team_member(organization, make_user("viewer@city.example"), TeamRole.VIEWER)
    make_team_member(organization, make_user("gone@city.example", is_active=False), TeamRole.EDITOR)
    move(organization, make_user(is_staff=True))
    assert events.tell_of_reviews() == 1
    assert mails() == [("owner@city.example", subject, "awaited")]
    mail = OutboxEmail.objects.get()
    assert mail.user == owner
    assert told in mail.body_text
    assert told.replace("\n", "<br>") in mail.body_html or told in mail.body_html
    assert events.tell_of_reviews() == 0
    assert len(mails()) == 1


@pytest.mark.django_db
def test_everybody_reads_their_own_language() -> None:
    organization = make_organization(state=S.SUBMITTED, name_en="Wuxi", name_zh="无锡市", country=Country.CN)
    make_team_member(organization, make_user("a@city.example", language="zh-hans"))
    make_team_member(organization, make_user("b@city.example"), TeamRole.EDITOR)
    reviewing.approve(organization, actor=make_user(is_staff=True))
    events.tell_of_reviews()
    assert [subject for _to, subject, _class in mails()] == ["无锡市已获批准", "Wuxi is approved"]


MEASURE = {
    "en": "State what you need or offer so that it can be measured: who, where, from what to what, by when.",
    "zh-hans": "请把需求或供给写得可以衡量：惠及谁、在哪里、从多少到多少、何时完成。",
}
SIZE = {
    "en": "State your size: how many people live there, or how many staff you have.",
    "zh-hans": "请说明规模：有多少居民，或有多少员工。",
}


@pytest.mark.django_db
def test_ready_reasons_are_read_in_each_language_and_own_words_as_written() -> None:
    organization = make_organization(state=S.SUBMITTED)
    make_team_member(organization, make_user(language="zh-hans"))
    make_team_member(organization, make_user(), TeamRole.EDITOR)
    codes = ["size_missing", "not_measurable"]
    words = {"reasons": codes, "reason": "Write to us."}
    review.decide(organization, review.REQUEST_CHANGES, actor=make_user(is_staff=True), **words)  # type: ignore[arg-type]
    events.tell_of_reviews()
    found = {mail.language: mail for mail in OutboxEmail.objects.all()}
    assert set(found) == {"en", "zh-hans"}
    for language, mail in found.items():
        told = [MEASURE[language], SIZE[language], "Write to us."]
        assert "\n\n".join(told) in mail.body_text
        for sentence in told:
            assert sentence in mail.body_html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        (
            "en",
            "Your organization was in the register twice",
            "What this entry was recommended and has answered you can go on reading.",
        ),
        ("zh-hans", "贵机构在名录中重复登记", "这条记录收到的推荐和作出的答复，您仍可查看。"),
    ],
)
def test_a_merge_is_told_to_the_team_that_was_moved(language: str, subject: str, sentence: str) -> None:
    kept, dropped = make_organization("us-kept"), make_organization("us-dropped", state=S.SUBMITTED)
    make_team_member(kept)
    make_team_member(dropped, make_user("li@city.example", language=language))
    merge(kept, dropped, actor=make_user(is_staff=True))
    events.tell_of_reviews()
    assert mails() == [("li@city.example", subject, "awaited")]
    body = OutboxEmail.objects.get().body_text
    assert sentence in body
    assert "/organization/us-kept/" in body


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Its webhooks were not carried over"), ("zh-hans", "这条记录的Webhook未转入另一条记录")],
)
@pytest.mark.parametrize("side", ["dropped", "kept", ""])
def test_that_webhooks_are_not_carried_over_is_told_where_there_were_any(
    language: str, sentence: str, side: str
) -> None:
    both = {one: make_organization(f"us-{one}") for one in ("kept", "dropped")}
    make_team_member(both["dropped"], make_user(language=language))
    if side:
        listen(both[side])
    merge(both["kept"], both["dropped"], actor=make_user(is_staff=True))
    events.tell_of_reviews()
    mail = OutboxEmail.objects.get()
    assert [sentence in text for text in (mail.body_text, mail.body_html)] == [side == "dropped"] * 2


@pytest.mark.django_db
def test_before_approval_no_mail_holds_what_the_organization_calls_itself() -> None:
    organization = make_organization(state=S.DRAFT, name_en="Buy pills now")
    make_team_member(organization)
    review.submit(organization, actor=make_user(is_staff=True))
    events.tell_of_reviews()
    mail = OutboxEmail.objects.get()
    assert "pills" not in mail.subject + mail.body_text + mail.body_html


@pytest.mark.django_db
def test_of_two_moves_in_a_row_the_newer_is_told() -> None:
    organization = make_organization(state=S.DRAFT, name_en="Wichita", name_zh="")
    make_team_member(organization)
    curator = make_user(is_staff=True)
    review.submit(organization, actor=curator)
    reviewing.approve(organization, actor=curator)
    assert events.tell_of_reviews() == 2
    assert [subject for _to, subject, _class in mails()] == ["Wichita is approved"]


@pytest.mark.django_db
def test_what_a_file_approved_is_told_to_nobody() -> None:
    organization = make_organization()
    make_team_member(organization)
    RegisterEvent.objects.create(organization=organization, kind="approved", data={"state": "approved"})
    assert (events.tell_of_reviews(), mails()) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_of_several_sweepers_one_tells() -> None:
    organization = make_organization(state=S.SUBMITTED)
    make_team_member(organization)
    reviewing.approve(organization, actor=make_user(is_staff=True))

    def sweep(_number: int) -> int:
        try:
            return events.tell_of_reviews()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as sweepers:
        told = list(sweepers.map(sweep, range(4)))
    assert (sum(told), len(mails()), EventEffect.objects.count()) == (1, 1, 1)


# --- Matching anew -----------------------------------------------------------------------------


def pair() -> Organization:
    make_organization(country=Country.CN, offers={"a": 2})
    return make_organization(state=S.SUBMITTED, needs={"a": 2})


def close(run: MatchRun) -> None:
    now = timezone.now()
    MatchRun.objects.filter(pk=run.pk).update(state=RunState.COMPLETE, started_at=now, finished_at=now)
    run.shards.update(state=ShardState.DONE)


@pytest.mark.django_db
def test_an_approval_asks_for_a_run_once() -> None:
    newcomer = pair()
    assert events.match_anew() is None  # no run yet: the register is being filled
    first = run_request(active_policy())
    close(first)
    assert events.match_anew() is None
    reviewing.approve(newcomer, actor=make_user(is_staff=True))
    asked = events.match_anew()
    assert asked is not None
    assert (asked.pk > first.pk, asked.organizations) == (True, 2)
    assert events.match_anew() is None  # under way
    close(asked)
    assert events.match_anew() is None  # seen


@pytest.mark.django_db
def test_what_happens_during_a_run_asks_for_the_next() -> None:
    newcomer = pair()
    running = run_request(active_policy())
    reviewing.approve(newcomer, actor=make_user(is_staff=True))
    assert events.match_anew() is None
    close(running)
    asked = events.match_anew()
    assert asked is not None
    assert asked.pk > running.pk


@pytest.mark.django_db
@pytest.mark.parametrize("move", [review.suspend, review.withdraw])
def test_whoever_goes_is_taken_out(move: Callable[..., None]) -> None:
    newcomer = pair()
    curator = make_user(is_staff=True)
    reviewing.approve(newcomer, actor=curator)
    close(run_request(active_policy()))
    move(newcomer, actor=curator)
    assert events.match_anew() is not None


@pytest.mark.django_db
def test_a_file_asks_for_no_run() -> None:
    close(run_request(active_policy()))
    RegisterEvent.objects.create(organization=pair(), kind="approved", data={"state": "approved"})
    assert events.match_anew() is None
