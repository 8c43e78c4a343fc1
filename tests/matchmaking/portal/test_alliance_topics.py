"""Needs and offers on behalf of members: read by the alliance's team, stated by its owners and editors."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import Country, Kind, MembershipState, TeamRole
from alliances.models import Organization, User
from matchmaking.models import Recommendation
from tests.factories import make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE
from tests.matchmaking.scenes import make_scene

pytestmark = pytest.mark.django_db
PAGE = "/alliance/us-rmi/topics/"


def make_member(alliance: Organization, code: str, **stated: Any) -> Organization:
    member = make_organization(code, name_en=f"Member {code}", name_zh="", **stated)
    make_membership(alliance, member, state=MembershipState.CONFIRMED)
    return member


@pytest.fixture
def alliance() -> Organization:
    made = make_organization("us-rmi", kind=Kind.ALLIANCE, name_en="Mountain Alliance", needs={"air": 2})
    make_member(made, "us-a", needs={"air": 1, "wells": 3}, offers={"buses": 2})
    make_member(made, "us-b", needs={"air": 3})
    return made


@pytest.fixture
def editor(alliance: Organization) -> User:
    return make_team_member(alliance, role=TeamRole.EDITOR).user


def post(user: User, spoken: str = ENGLISH, **stated: str) -> tuple[int, str]:
    """Status of the answer, and what the page says after it, in one line."""
    answer = signed_in(user, spoken).post(PAGE, stated, follow=True)
    status = answer.redirect_chain[0][1] if answer.redirect_chain else answer.status_code
    return status, words_of(answer.content.decode())


def stated(alliance: Organization) -> dict[str, int]:
    return dict(alliance.needs.values_list("topic__slug", "priority"))


def test_the_team_reads_what_members_need_and_offer(alliance: Organization, editor: User) -> None:
    page = text_of(signed_in(editor), PAGE)
    words = words_of(page)
    assert (
        "air You state it: clear 2 of your members: Member us-a · Member us-b Remove it from our profile"
        in words
    )
    assert "wells 1 of your members: Member us-a Priority some clear urgent State this need" in words
    assert (
        "buses 1 of your members: Member us-a Maturity first steps running proven State this offer" in words
    )
    # The strongest that a member states is proposed.
    assert re.findall(r'<option value="(\d)" selected>', page) == ["3", "2"]
    assert f'<a href="{PAGE}" aria-current="page">' in page
    assert INLINE.findall(page) == []
    assert "btn--primary" not in page


def test_a_viewer_reads_and_states_nothing(alliance: Organization) -> None:
    viewer = make_team_member(alliance, role=TeamRole.VIEWER).user
    page = text_of(signed_in(viewer), PAGE)
    assert "2 of your members: Member us-a · Member us-b" in words_of(page)
    assert "State" not in words_of(page).replace("You state", "").replace("United States", "")
    assert post(viewer, side="need", topic="wells", level="3")[0] == 403
    assert stated(alliance) == {"air": 2}


def test_to_everybody_else_there_is_no_such_page(alliance: Organization, editor: User) -> None:
    member = Organization.objects.get(code="us-a")
    for user in (make_team_member(member).user, make_user(), make_user(is_staff=True)):
        assert signed_in(user).get(PAGE).status_code == 404
        assert post(user, side="need", topic="wells", level="3")[0] == 404
    make_team_member(member, editor)
    assert signed_in(editor).get("/alliance/us-a/topics/").status_code == 404
    assert stated(alliance) == {"air": 2}


def test_one_button_states_it_and_one_takes_it_back(alliance: Organization, editor: User) -> None:
    status, words = post(editor, side="need", topic="wells", level="3")
    assert status == 302
    assert "“wells” is stated for your members." in words
    assert "wells You state it: urgent" in words
    assert stated(alliance) == {"air": 2, "wells": 3}
    status, words = post(editor, side="offer", topic="buses", level="1")
    assert (status, alliance.offers.get().maturity) == (302, 1)
    status, words = post(editor, CHINESE, side="need", topic="air", level="0")
    assert status == 302
    assert "已不再提出“air”。" in words
    assert stated(alliance) == {"wells": 3}


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "need", "topic": "no-such", "level": "1"},
        {"side": "offer", "topic": "air", "level": "1"},
        {"side": "need", "topic": "wells", "level": "4"},
        {"side": "need", "topic": "wells", "level": "²"},
        {"side": "need", "topic": "wells"},
        {"side": "wish", "topic": "wells", "level": "1"},
        {},
    ],
)
def test_what_the_page_does_not_offer_is_refused(
    alliance: Organization, editor: User, wrong: dict[str, str]
) -> None:
    status, words = post(editor, **wrong)
    assert status == 400
    assert "Choose one of the buttons on this page." in words
    assert stated(alliance) == {"air": 2}


def test_the_page_costs_the_same_for_few_and_many(alliance: Organization, editor: User) -> None:
    client = signed_in(editor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text_of(client, PAGE)
        return len(captured)

    text_of(client, PAGE)
    few = queries()
    for number in range(20):
        make_member(alliance, f"us-more-{number}", needs={"air": 1, f"need-{number}": 2}, offers={"buses": 1})
    # Session, person, alliance; needs and offers of members and own 4; may edit.
    assert (few, queries()) == (8, 8)


# --- For how many it stands -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "own", "others"),
    [
        (ENGLISH, "for 2 of your members", "stated for 2 members"),
        (CHINESE, "代表贵联盟的2个成员", "代表2个成员提出"),
    ],
)
def test_its_team_and_others_read_for_how_many_it_is_stated(
    alliance: Organization, editor: User, language: str, own: str, others: str
) -> None:
    words = words_of(text_of(signed_in(editor, language), "/organization/us-rmi/"))
    assert words.count(own) == 1
    reader = make_team_member(make_organization(country=Country.CN)).user
    page = text_of(signed_in(reader, language), "/directory/us-rmi/")
    assert words_of(page).count(others) == 1
    assert "Member us-" not in page


def test_a_recommendation_says_for_how_many_an_alliance_states_it() -> None:
    scene = make_scene()
    alliance = next(one for one in scene.candidates if one.kind == Kind.ALLIANCE)
    make_member(alliance, "cn-a", offers={"e-bus": 1})
    one = Recommendation.objects.get(seeker=scene.seekers[0], candidate=alliance)
    client = signed_in(scene.readers[0])
    path = f"/recommendations/{one.public_id}/"
    assert "e-bus running You need this stated for 1 member " in words_of(text_of(client, path))
    # Of one that is anonymous it might say who it is.
    Organization.objects.filter(pk=alliance.pk).update(shows_name=False)
    words = words_of(text_of(client, path))
    assert "e-bus running You need this" in words
    assert "stated for" not in words
