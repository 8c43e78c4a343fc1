"""The list of introductions: every one is reached, the open ones first."""

from __future__ import annotations

import pytest

from alliances.models import User
from matchmaking.enums import Answer
from matchmaking.models import Introduction
from matchmaking.portal import introductions as page
from matchmaking.services.introductions import introductions_close
from tests.factories import make_team_member, make_user
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of


def names_on(user: User, language: str, number: str) -> tuple[list[str], str]:
    """Whom this page of the list names, in its order, and what it says."""
    html = text_of(signed_in(user, language), f"/introductions/?page={number}")
    found = [str(one.public_id) for one in Introduction.objects.order_by("pk")]
    return sorted((one for one in found if one in html), key=html.index), words_of(html)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "of_three", "onward"),
    [(ENGLISH, "Page 1 of 2", "Next page"), (CHINESE, "第1页，共2页", "下一页")],
)
def test_long_lists_have_pages(
    monkeypatch: pytest.MonkeyPatch, language: str, of_three: str, onward: str
) -> None:
    monkeypatch.setattr(page, "PAGE_SIZE", 2)
    couples = make_couples(3)
    user = couples[0].us.person
    for couple in couples:
        couple.us.say(Answer.INTERESTED)
        couple.cn.say(Answer.INTERESTED)
        if couple.us.person != user:
            make_team_member(couple.us.organization, user)
    made = Introduction.objects.order_by("pk")
    first, second, third = (str(one.public_id) for one in made)
    assert introductions_close(
        made.filter(public_id=second), by=make_user(is_staff=True, is_superuser=True)
    ) == (1, [])
    shown, words = names_on(user, language, "1")
    assert (shown, of_three in words, onward in words) == ([third, first], True, True)
    assert names_on(user, language, "2")[0] == [second]
    assert names_on(user, language, "nonsense")[0] == [third, first]
