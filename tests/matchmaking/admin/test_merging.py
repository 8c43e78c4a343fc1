"""Merging an organization that has been matched: what it was recommended and answered stays readable."""

from __future__ import annotations

from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from alliances.models import Organization, User
from alliances.services.merging import merge
from matchmaking.enums import Answer
from matchmaking.models import Introduction, Recommendation, Response
from matchmaking.services.introductions import introductions_close
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.introductions.scenes import Couple, make_couples

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def couple() -> Couple:
    return make_couples(1)[0]


@pytest.fixture
def kept() -> Organization:
    return make_organization(name_en="Kept City", name_zh="留市")


def test_answers_and_recommendations_stay_and_their_team_goes_on_reading_them(
    couple: Couple, kept: Organization, curator: User
) -> None:
    couple.us.say(Answer.INTERESTED)
    rows = [list(model.objects.order_by("pk").values()) for model in (Recommendation, Response)]
    merge(kept, couple.us.organization, actor=curator)
    assert [list(model.objects.order_by("pk").values()) for model in (Recommendation, Response)] == rows
    mine = Recommendation.objects.visible_to(couple.us.person)
    assert list(mine) == [couple.us.recommendation]


def test_who_is_in_both_teams_finds_the_kept_one(
    client: Client, couple: Couple, kept: Organization, curator: User
) -> None:
    dropped = couple.us.organization
    merge(kept, dropped, actor=curator)
    client.force_login(couple.us.person)
    page = client.get(f"/organization/{dropped.code}/").content.decode()
    assert "It was in the register twice, and is one with this entry now:" in page
    assert f'href="/organization/{kept.code}/"' in page
    kept.team_members.filter(user=couple.us.person).delete()
    page = client.get(f"/organization/{dropped.code}/").content.decode()
    assert kept.name not in page


def test_an_open_introduction_stands_against_it_until_it_is_closed(
    client: Client, couple: Couple, kept: Organization, curator: User
) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    dropped = couple.us.organization
    for language, sentence in (
        (
            "en",
            f"'{dropped.name_en}' has 1 open introduction. Close it first, or merge the other way round.",
        ),
        ("zh-hans", f"“{dropped.name_zh}”有 1 个进行中的引荐。请先将其关闭，或反过来合并。"),
    ):
        with translation.override(language), pytest.raises(ValidationError) as caught:
            merge(kept, dropped, actor=curator)
        assert caught.value.messages == [sentence]
        client.force_login(curator)
        address = f"/admin/alliances/city/{dropped.pk}/merge/{kept.pk}/"
        page = client.post(address, headers={"accept-language": language})
        assert (page.status_code, sentence in unescape(page.content.decode())) == (400, True)
    introductions_close(Introduction.objects.all(), by=curator)
    merge(kept, dropped, actor=curator)
    assert Introduction.objects.count() == 1


def test_the_kept_one_goes_on_with_its_introductions(couple: Couple, curator: User) -> None:
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    dropped = make_organization()
    make_team_member(dropped)
    merge(couple.us.organization, dropped, actor=curator)
    assert Introduction.objects.get().closed_at is None
