"""The clock of an open interest on the pages of both sides, in both languages, at a fixed cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from matchmaking.enums import Answer
from matchmaking.services import interests
from tests.factories import make_team_member, make_user
from tests.matchmaking.introductions.scenes import (
    Couple,
    Side,
    made_days_ago,
    make_couple,
    make_couples,
    make_run,
)
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db
LIST = "/recommendations/"


@pytest.fixture
def couple() -> Couple:
    """The Chinese side is interested since ten days; the American side is silent."""
    (only,) = make_couples(1)
    only.cn.say(Answer.INTERESTED)
    made_days_ago(only, 10)
    return only


def page_of(side: Side) -> str:
    return f"/recommendations/{side.recommendation.public_id}/"


def day(left: int, form: str = "%-d %B %Y") -> str:
    return f"{timezone.now().date() + timedelta(days=left):{form}}"


def clocks(client: Client, path: str) -> list[str]:
    """The words of the clocks on a page, each with whether it presses."""
    found = []
    for part in text_of(client, path).split('<div class="clock')[1:]:
        words = part[part.index("<b") : part.index("</b>")].partition(">")[2]
        found.append(words + (" !" if part.startswith(" clock--soon") else ""))
    return found


@pytest.mark.parametrize("path", [LIST, "page"])
def test_silent_side_reads_how_long_it_has(couple: Couple, path: str) -> None:
    client = signed_in(couple.us.person)
    path = page_of(couple.us) if path == "page" else path
    assert clocks(client, path) == ["11 days left to answer"]
    made_days_ago(couple, 7)
    assert clocks(client, path) == ["4 days left to answer !"]
    made_days_ago(couple, 5)
    assert clocks(client, path) == [f"Your answer was due by {day(-1)}: please give it now !"]


@pytest.mark.parametrize("path", [LIST, "page"])
def test_interested_side_reads_how_long_they_have(couple: Couple, path: str) -> None:
    client = signed_in(couple.cn.person)
    path = page_of(couple.cn) if path == "page" else path
    assert clocks(client, path) == [f"They have until {day(11)} to answer"]
    made_days_ago(couple, 12)
    assert clocks(client, path) == [f"They have not answered by {day(-1)}. We ask them on your behalf !"]


def test_clock_is_in_chinese_too(couple: Couple) -> None:
    assert clocks(signed_in(couple.us.person, CHINESE), page_of(couple.us)) == ["距答复期限还有11天"]
    until = timezone.now().date() + timedelta(days=11)
    assert clocks(signed_in(couple.cn.person, CHINESE), LIST) == [
        f"对方可在{until.year}年{until.month}月{until.day}日之前（含当日）答复"
    ]


def test_day_under_the_answers_is_that_of_the_interest(couple: Couple) -> None:
    client = signed_in(couple.us.person, ENGLISH)
    assert f"Please answer by {day(11)}." in text_of(client, page_of(couple.us))
    made_days_ago(couple, 12)
    assert "Please answer by" not in text_of(client, page_of(couple.us))
    couple.cn.say(Answer.DECLINED, reason="budget")
    assert "clock__bar" not in text_of(client, page_of(couple.us))


def test_no_clock_where_nobody_is_interested_or_both_are() -> None:
    (couple,) = make_couples(1)
    client = signed_in(couple.us.person)
    assert [clocks(client, path) for path in (LIST, page_of(couple.us))] == [[], []]
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    assert [clocks(client, path) for path in (LIST, page_of(couple.us))] == [[], []]


def test_closed_interest_says_why_on_its_page(couple: Couple) -> None:
    made_days_ago(couple, 25)
    interests.close_silent()
    words = f"This recommendation is no longer open (closed on {day(0)}, since it was not answered in time)."
    for side in (couple.us, couple.cn):
        assert words in words_of(text_of(signed_in(side.person), page_of(side)))


@pytest.mark.parametrize("count", [1, 4])
def test_list_costs_the_same_however_many_interests_are_open(count: int) -> None:
    run, breakdown = make_run()
    reader = make_user()
    for _number in range(count):
        couple = make_couple(run, breakdown)
        make_team_member(couple.cn.organization, reader)
        couple.cn.say(Answer.INTERESTED)
    client = signed_in(reader)
    client.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        assert len(clocks(client, LIST)) == count
    # Those of the page, the interests, and what the interested side was recommended itself; the
    # rules for each of the three lists of recommendations.
    assert len(queries) == 16
