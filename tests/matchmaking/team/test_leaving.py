"""When a person leaves: what was promised stays with the organization, their contact goes."""

from __future__ import annotations

import pytest

from alliances.enums import ConsentPurpose, TeamRole
from alliances.models import TeamMember
from matchmaking.enums import Answer
from matchmaking.models import Introduction, Recommendation, Response
from matchmaking.selectors.introductions import contacts_of, has_contact
from matchmaking.services import team_mail
from tests.factories import make_consent, make_team_member, make_user
from tests.matchmaking.introductions.scenes import Couple, make_couples
from tests.matchmaking.portal.pages import signed_in, text_of

pytestmark = pytest.mark.django_db
NOBODY = "Nobody in the team can be named as a contact"


@pytest.fixture
def couple() -> Couple:
    """A couple that is introduced. The person of the Chinese side is an editor beside an owner."""
    (only,) = make_couples(1)
    make_team_member(only.cn.organization, make_user(name="Wang", language="en"))
    only.us.say(Answer.INTERESTED)
    only.cn.say(Answer.INTERESTED)
    return only


def place(couple: Couple) -> TeamMember:
    return TeamMember.objects.get(user=couple.cn.person)


def owner_of(couple: Couple) -> TeamMember:
    return couple.cn.organization.team_members.get(role=TeamRole.OWNER)


def shown_to_the_other_side(couple: Couple) -> list[str]:
    introduction = Introduction.objects.select_related("pair__low", "pair__high").get()
    return [contact.email for contact in contacts_of(introduction).people[couple.cn.organization.pk]]


@pytest.mark.parametrize("by", ["themselves", "the owner"])
def test_the_contact_of_who_leaves_is_shown_to_nobody(couple: Couple, by: str) -> None:
    person = couple.cn.person
    page = f"/introductions/{Introduction.objects.get().public_id}/"
    reader = signed_in(couple.us.person)
    assert shown_to_the_other_side(couple) == [person.email]
    assert person.email in text_of(reader, page)
    team_mail.remove(place(couple), by=person if by == "themselves" else owner_of(couple).user)
    assert shown_to_the_other_side(couple) == []
    page_now = text_of(reader, page)
    assert (person.email in page_now, person.name in page_now) == (False, False)
    assert signed_in(person).get(page).status_code == 404


def test_answers_and_introductions_stay_with_the_organization(couple: Couple) -> None:
    def promised() -> tuple[object, ...]:
        return (
            list(Response.objects.order_by("pk").values_list("organization_id", "answer", "answered_by_id")),
            list(Introduction.objects.values_list("pair_id", "closed_at")),
            list(Recommendation.objects.order_by("pk").values_list("pk", "state")),
        )

    before = promised()
    team_mail.remove(place(couple), by=couple.cn.person)
    assert promised() == before
    introduction = Introduction.objects.get()
    assert (
        signed_in(owner_of(couple).user).get(f"/introductions/{introduction.public_id}/").status_code == 200
    )


def test_the_team_page_asks_the_others_to_agree(couple: Couple) -> None:
    owner = owner_of(couple).user
    page = f"/organization/{couple.cn.organization.code}/team/"
    client = signed_in(owner)
    assert NOBODY not in text_of(client, page)
    team_mail.remove(place(couple), by=couple.cn.person)
    asks = text_of(client, page)
    assert NOBODY in asks
    assert '<a href="/consents/">Agree to be introduced</a>' in asks
    # In China the details go abroad too.
    make_consent(owner, ConsentPurpose.INTRODUCTION)
    assert NOBODY in text_of(client, page)
    make_consent(owner, ConsentPurpose.CROSS_BORDER)
    assert NOBODY not in text_of(client, page)
    assert shown_to_the_other_side(couple) == [owner.email]


def test_a_viewer_who_agrees_is_no_contact(couple: Couple) -> None:
    viewer = make_team_member(couple.us.organization, role=TeamRole.VIEWER).user
    make_consent(viewer, ConsentPurpose.INTRODUCTION)
    assert has_contact(couple.us.organization)
    couple.us.organization.team_members.exclude(user=viewer).delete()
    assert not has_contact(couple.us.organization)
