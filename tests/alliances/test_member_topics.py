"""What an alliance states for its members: derived from what both state, changed one topic at a time."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from pytest_django import DjangoAssertNumQueries

from alliances.anonymity import veiled
from alliances.enums import Kind, MembershipSide, MembershipState, OrganizationState, TeamRole
from alliances.memberships import member_topics, stated_for
from alliances.models import AllianceMembership, Need, Offer, Organization
from alliances.services.registration import statement_save, topic_state
from tests.factories import make_membership, make_organization, make_team_member, make_topic

pytestmark = pytest.mark.django_db


def make_member(
    alliance: Organization, membership: MembershipState = MembershipState.CONFIRMED, **stated: Any
) -> Organization:
    member = make_organization(**stated)
    waits_for = MembershipSide.MEMBER if membership == MembershipState.INVITED else ""
    make_membership(alliance, member, state=membership, waits_for=waits_for)
    return member


@pytest.fixture
def alliance() -> Organization:
    return make_organization(kind=Kind.ALLIANCE, needs={"air": 2, "waste": 1}, offers={"buses": 3})


@pytest.fixture
def members(alliance: Organization) -> list[Organization]:
    """Three confirmed ones; and three that are not members, or take no part."""
    confirmed = [
        make_member(alliance, code=code, needs=needs, offers=offers)
        for code, needs, offers in (
            ("us-a", {"air": 1, "wells": 2}, {"buses": 1}),
            ("us-b", {"air": 3}, {"trams": 1}),
            ("us-c", {"wells": 1, "air": 2}, {}),
        )
    ]
    for state in (MembershipState.INVITED, MembershipState.LAPSED):
        make_member(alliance, state, needs={"air": 3, "waste": 3})
    make_member(alliance, state=OrganizationState.SUSPENDED, needs={"air": 3, "waste": 3})
    make_organization(needs={"air": 3})
    return confirmed


def test_topics_of_confirmed_members_are_counted_and_named(
    alliance: Organization, members: list[Organization]
) -> None:
    first, second, third = members
    needs = [
        (one.topic.slug, list(one.members), one.highest_level, one.own_level)
        for one in member_topics(alliance, Need)
    ]
    assert needs == [("air", [first, second, third], 3, 2), ("wells", [first, third], 2, 0)]
    offers = [(one.topic.slug, list(one.members), one.own_level) for one in member_topics(alliance, Offer)]
    assert offers == [("buses", [first], 3), ("trams", [second], 0)]


def test_it_stands_for_the_members_that_state_the_same(
    alliance: Organization, members: list[Organization]
) -> None:
    assert stated_for(alliance, Need) == {make_topic("air").pk: 3}
    assert stated_for(alliance, Offer) == {make_topic("buses").pk: 1}
    AllianceMembership.objects.filter(member=members[0]).update(state=MembershipState.LAPSED)
    assert stated_for(alliance, Need) == {make_topic("air").pk: 2}
    Organization.objects.filter(pk=alliance.pk).update(state=OrganizationState.SUSPENDED)
    assert stated_for(alliance, Need) == {}
    assert member_topics(alliance, Need) == []


def test_of_one_that_is_anonymous_or_no_alliance_nothing_is_asked(
    alliance: Organization, members: list[Organization], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert stated_for(veiled(alliance), Need) == {}
        assert stated_for(members[0], Need) == {}


def test_the_queries_do_not_grow_with_the_members(
    alliance: Organization, members: list[Organization], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make_member(alliance, needs={"air": 1, f"topic-of-{number}": 2})
    with django_assert_num_queries(2):
        found = member_topics(alliance, Need)
        assert {one.topic.name for one in found} >= {"air", "topic-of-9"}
    with django_assert_num_queries(1):
        assert stated_for(alliance, Need) == {found[0].topic.pk: 13}


def stated(organization: Organization) -> tuple[dict[str, int], dict[str, int]]:
    needs = Need.objects.filter(organization=organization).values_list("topic__slug", "priority")
    offers = Offer.objects.filter(organization=organization).values_list("topic__slug", "maturity")
    return dict(needs), dict(offers)


def test_a_topic_is_stated_and_taken_back_and_the_others_stay(alliance: Organization) -> None:
    actor = make_team_member(alliance, role=TeamRole.EDITOR).user
    air = alliance.needs.get(topic__slug="air")
    statement_save(air, "Cleaner air for our members.", actor=actor)
    topic_state(alliance, Need, make_topic("wells"), 3, actor=actor)
    topic_state(alliance, Offer, make_topic("wells"), 1, actor=actor)
    assert stated(alliance) == ({"air": 2, "waste": 1, "wells": 3}, {"buses": 3, "wells": 1})
    topic_state(alliance, Need, make_topic("wells"), 1, actor=actor)
    topic_state(alliance, Need, make_topic("waste"), 0, actor=actor)
    topic_state(alliance, Need, make_topic("waste"), 0, actor=actor)
    assert stated(alliance) == ({"air": 2, "wells": 1}, {"buses": 3, "wells": 1})
    air.refresh_from_db()
    assert air.statement == "Cleaner air for our members."
    assert [one.history_change_reason for one in Need.history.filter(topic__slug="wells")] == [
        "profile",
        "profile",
    ]


def test_no_unknown_level_is_stated_and_only_by_those_who_may(alliance: Organization) -> None:
    actor = make_team_member(alliance).user
    before = stated(alliance)
    with pytest.raises(ValidationError) as refusal:
        topic_state(alliance, Need, make_topic("air"), 4, actor=actor)
    assert "4" in str(refusal.value)
    viewer = make_team_member(alliance, role=TeamRole.VIEWER).user
    stranger = make_team_member(make_organization()).user
    for person in (viewer, stranger):
        with pytest.raises(PermissionDenied):
            topic_state(alliance, Need, make_topic("air"), 1, actor=person)
    assert stated(alliance) == before
