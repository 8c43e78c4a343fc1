"""Alliance memberships: by both sides' word, until either ends them; and the link by which one asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from alliances.enums import EventKind, Kind, MembershipSide, MembershipState, OrganizationState, TeamRole
from alliances.memberships import confirmed_members, memberships_of
from alliances.models import AllianceLink, AllianceMembership, Organization, RegisterEvent, User
from alliances.services import memberships
from alliances.services.memberships import (
    A_DAY,
    TO_ONE,
    left_today,
    link_make,
    link_withdraw,
    membership_ask,
    membership_confirm,
    membership_decline,
    membership_end,
    membership_invite,
)
from tests.alliances.test_team_races import at_once, meet_after
from tests.factories import make_membership, make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
S, E = MembershipState, EventKind
ALLIANCE, MEMBER = MembershipSide.ALLIANCE, MembershipSide.MEMBER
SETTLED = "This was decided in the meantime. Read the page again."


@pytest.fixture
def alliance() -> Organization:
    return make_organization("cn-league", kind=Kind.ALLIANCE, name_en="League")


@pytest.fixture
def member() -> Organization:
    return make_organization("cn-wuhan", name_en="Wuhan")


@pytest.fixture
def officer(alliance: Organization) -> User:
    return make_team_member(alliance, role=TeamRole.EDITOR).user


@pytest.fixture
def mayor(member: Organization) -> User:
    return make_team_member(member, role=TeamRole.EDITOR).user


def standing() -> list[tuple[str, str]]:
    return list(AllianceMembership.objects.order_by("pk").values_list("state", "waits_for"))


def events(organization: Organization) -> list[str]:
    return list(
        RegisterEvent.objects.filter(organization=organization).order_by("pk").values_list("kind", flat=True)
    )


def refusal(act: Callable[[], object]) -> str:
    """Why it is not done, in one line; what it began is taken back."""
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        act()
    return " ".join(refused.value.messages)


# --- Both sides' word -----------------------------------------------------------------------------


def test_an_invitation_stands_once_the_member_says_yes(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    made = membership_invite(alliance, member, actor=officer)
    assert (standing(), list(confirmed_members(alliance))) == ([(S.INVITED, MEMBER)], [])
    with pytest.raises(PermissionDenied):
        membership_confirm(made, actor=officer)
    membership_confirm(made, actor=mayor)
    assert (standing(), list(confirmed_members(alliance))) == ([(S.CONFIRMED, "")], [member])
    for side in (alliance, member):
        assert events(side) == [E.MEMBERSHIP_INVITED, E.MEMBERSHIP_CONFIRMED]
    event = RegisterEvent.objects.first()
    assert event is not None
    assert (event.actor_id, event.data) == (
        mayor.pk,
        {"membership": made.pk, "alliance": alliance.pk, "member": member.pk},
    )


def test_what_was_asked_for_stands_once_the_alliance_says_yes(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    link = link_make(alliance, actor=officer)
    made = membership_ask(link.token, member, actor=mayor)
    assert standing() == [(S.INVITED, ALLIANCE)]
    with pytest.raises(PermissionDenied):
        membership_confirm(made, actor=mayor)
    membership_confirm(made, actor=officer)
    assert standing() == [(S.CONFIRMED, "")]
    assert events(member) == [E.MEMBERSHIP_ASKED, E.MEMBERSHIP_CONFIRMED]


def test_the_second_word_confirms_whichever_way_it_is_given(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    link = link_make(alliance, actor=officer)
    membership_invite(alliance, member, actor=officer)
    membership_ask(link.token, member, actor=mayor)
    other = make_organization()
    membership_ask(link.token, other, actor=make_team_member(other).user)
    membership_invite(alliance, other, actor=officer)
    assert standing() == [(S.CONFIRMED, "")] * 2


@pytest.mark.parametrize("by_alliance", [True, False])
def test_either_side_refuses_withdraws_and_ends_and_can_begin_anew(
    alliance: Organization, member: Organization, officer: User, mayor: User, by_alliance: bool
) -> None:
    actor = officer if by_alliance else mayor
    made = membership_invite(alliance, member, actor=officer)
    membership_decline(made, actor=actor)
    assert standing() == [(S.LAPSED, "")]
    again = membership_invite(alliance, member, actor=officer)
    assert (again.pk, again.since > made.since) == (made.pk, True)
    membership_confirm(again, actor=mayor)
    membership_end(again, actor=actor)
    assert (standing(), list(confirmed_members(alliance))) == ([(S.LAPSED, "")], [])
    assert events(alliance) == [
        E.MEMBERSHIP_INVITED,
        E.MEMBERSHIP_DECLINED,
        E.MEMBERSHIP_INVITED,
        E.MEMBERSHIP_CONFIRMED,
        E.MEMBERSHIP_ENDED,
    ]


def test_each_step_is_from_its_own_state(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    link = link_make(alliance, actor=officer)
    made = membership_invite(alliance, member, actor=officer)
    assert refusal(lambda: membership_end(made, actor=mayor)) == SETTLED
    assert refusal(lambda: membership_invite(alliance, member, actor=officer)) == "Wuhan is invited already."
    membership_confirm(made, actor=mayor)
    assert refusal(lambda: membership_confirm(made, actor=mayor)) == SETTLED
    assert refusal(lambda: membership_decline(made, actor=mayor)) == SETTLED
    assert refusal(lambda: membership_invite(alliance, member, actor=officer)) == "Wuhan is a member already."
    assert refusal(lambda: membership_ask(link.token, member, actor=mayor)) == "Wuhan is a member already."
    membership_end(made, actor=mayor)
    for step in (membership_confirm, membership_decline, membership_end):
        assert refusal(partial(step, made, actor=mayor)) == SETTLED
    gone = make_membership(alliance, make_organization(), waits_for=ALLIANCE)
    AllianceMembership.objects.filter(pk=gone.pk).delete()
    assert refusal(lambda: membership_confirm(gone, actor=officer)) == SETTLED
    membership_ask(link.token, member, actor=mayor)
    assert refusal(lambda: membership_ask(link.token, member, actor=mayor)) == "Wuhan has asked already."


def test_who_acts_for_neither_side_moves_nothing(
    alliance: Organization, member: Organization, officer: User
) -> None:
    link = link_make(alliance, actor=officer)
    waiting = make_membership(alliance, make_organization(), waits_for=MEMBER)
    standing_one = make_membership(alliance, make_organization(), state=S.CONFIRMED)
    before = standing()
    strangers = [
        make_team_member(alliance, role=TeamRole.VIEWER).user,
        make_team_member(member, role=TeamRole.VIEWER).user,
        make_team_member(make_organization(kind=Kind.ALLIANCE)).user,
        make_user(is_staff=True, is_active=False),
    ]
    for actor in strangers:
        for act in (
            lambda actor: membership_invite(alliance, member, actor=actor),
            lambda actor: membership_ask(link.token, member, actor=actor),
            lambda actor: membership_confirm(waiting, actor=actor),
            lambda actor: membership_decline(waiting, actor=actor),
            lambda actor: membership_end(standing_one, actor=actor),
            lambda actor: link_make(alliance, actor=actor),
            lambda actor: link_withdraw(alliance, actor=actor),
        ):
            with pytest.raises(PermissionDenied):
                act(actor)
    assert (standing(), AllianceLink.objects.get().token) == (before, link.token)


def test_only_the_approved_are_members_and_only_of_alliances(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    link = link_make(alliance, actor=officer)
    draft = make_organization(state=OrganizationState.DRAFT)
    nobody = "Only an approved organization can be a member."
    assert refusal(lambda: membership_invite(alliance, draft, actor=officer)) == nobody
    asker = make_team_member(draft).user
    assert refusal(lambda: membership_ask(link.token, draft, actor=asker)) == nobody
    no_alliance = "Only an approved alliance has members."
    assert refusal(lambda: membership_invite(member, alliance, actor=mayor)) == no_alliance
    assert refusal(lambda: link_make(member, actor=mayor)) == no_alliance
    made = membership_invite(alliance, member, actor=officer)
    Organization.objects.filter(pk=alliance.pk).update(state=OrganizationState.SUSPENDED)
    assert refusal(lambda: membership_confirm(made, actor=mayor)) == no_alliance
    assert refusal(lambda: link_make(alliance, actor=officer)) == no_alliance
    membership_decline(made, actor=mayor)


def test_an_alliance_is_in_another_but_not_in_itself(alliance: Organization, officer: User) -> None:
    itself = "An alliance cannot be its own member."
    assert refusal(lambda: membership_invite(alliance, alliance, actor=officer)) == itself
    token = link_make(alliance, actor=officer).token
    assert refusal(lambda: membership_ask(token, alliance, actor=officer)) == itself
    other = make_organization(kind=Kind.ALLIANCE)
    made = membership_invite(alliance, other, actor=officer)
    membership_confirm(made, actor=make_team_member(other).user)
    assert list(confirmed_members(alliance)) == [other]


# --- Who sees them --------------------------------------------------------------------------------


def test_each_team_sees_its_own_and_nobody_the_never_approved(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    shown = make_membership(alliance, member, waits_for=MEMBER)
    hidden = make_membership(alliance, make_organization(state=OrganizationState.SUBMITTED), waits_for=MEMBER)
    unlisted = make_membership(
        make_organization(kind=Kind.ALLIANCE, state=OrganizationState.DRAFT), member, waits_for=MEMBER
    )
    elsewhere = make_membership(make_organization(kind=Kind.ALLIANCE), make_organization(), waits_for=MEMBER)

    def seen_by(user: User) -> set[AllianceMembership]:
        return set(AllianceMembership.objects.visible_to(user))

    assert (seen_by(officer), seen_by(mayor)) == ({shown}, {shown})
    assert seen_by(make_user(is_staff=True)) == {shown, hidden, unlisted, elsewhere}
    assert seen_by(make_user()) == seen_by(make_user(is_staff=True, is_active=False)) == set()
    assert list(memberships_of(alliance)) == [shown]


# --- The link -------------------------------------------------------------------------------------


def test_a_new_link_takes_the_place_of_the_old(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    first = link_make(alliance, actor=officer)
    second = link_make(alliance, actor=officer)
    assert (AllianceLink.objects.get().token, len(second.token)) == (second.token, 32)
    assert abs(second.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    closed = "This link is no longer open. Ask the alliance for a new one."
    assert refusal(lambda: membership_ask(first.token, member, actor=mayor)) == closed
    link_withdraw(alliance, actor=officer)
    assert refusal(lambda: membership_ask(second.token, member, actor=mayor)) == closed
    assert refusal(lambda: link_withdraw(alliance, actor=officer)) == "There is no link any more."
    third = link_make(alliance, actor=officer)
    long_ago = timezone.now() - timedelta(days=91)
    AllianceLink.objects.update(made_at=long_ago, expires_at=long_ago + timedelta(days=90))
    assert refusal(lambda: membership_ask(third.token, member, actor=mayor)) == closed
    assert events(alliance) == [E.ALLIANCE_LINK_MADE] * 2 + [E.ALLIANCE_LINK_WITHDRAWN, E.ALLIANCE_LINK_MADE]
    assert standing() == []


# --- Limits ---------------------------------------------------------------------------------------


def test_nobody_is_invited_or_asks_over_and_over(
    alliance: Organization, member: Organization, officer: User, mayor: User
) -> None:
    link = link_make(alliance, actor=officer)
    for _ in range(TO_ONE):
        membership_decline(membership_invite(alliance, member, actor=officer), actor=mayor)
    assert refusal(lambda: membership_invite(alliance, member, actor=officer)) == (
        "Wuhan was invited 3 times in the last month. Write to them yourself."
    )
    for _ in range(TO_ONE):
        membership_decline(membership_ask(link.token, member, actor=mayor), actor=officer)
    assert refusal(lambda: membership_ask(link.token, member, actor=mayor)) == (
        "Wuhan has asked 3 times in the last month. Write to the alliance yourself."
    )
    membership_invite(alliance, make_organization(), actor=officer)


def test_a_day_has_so_many_invitations(
    alliance: Organization, member: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert A_DAY == 200
    monkeypatch.setattr(memberships, "A_DAY", 2)
    membership_invite(alliance, make_organization(), actor=officer)
    alliance.addresses.create(email="a@x.org")
    alliance.addresses.create(email="old@x.org", written_at=timezone.now() - timedelta(days=2))
    assert left_today(alliance) == 0
    assert refusal(lambda: membership_invite(alliance, member, actor=officer)) == (
        "An alliance can make 2 invitations in a day; 0 are left. Continue tomorrow."
    )
    elsewhere = make_organization(kind=Kind.ALLIANCE)
    membership_invite(elsewhere, member, actor=make_team_member(elsewhere).user)


# --- Two hands at once ----------------------------------------------------------------------------


def confirmed_and_declined_at_once(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """What became of both, and the events on the alliance's side."""
    alliance, member = make_organization(kind=Kind.ALLIANCE), make_organization()
    officer, mayor = make_team_member(alliance).user, make_team_member(member).user
    made = make_membership(alliance, member, waits_for=MEMBER)
    meet_after(monkeypatch, memberships, "_current")
    outcomes = at_once(
        partial(membership_confirm, made, actor=mayor), partial(membership_decline, made, actor=officer)
    )
    return outcomes, events(alliance)


@pytest.mark.django_db(transaction=True)
def test_confirming_against_withdrawing_has_one_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, recorded = confirmed_and_declined_at_once(monkeypatch)
    assert (sorted(outcomes), len(recorded)) == (["done", "refused"], 1)
    state = AllianceMembership.objects.get().state
    assert recorded == [E.MEMBERSHIP_CONFIRMED if state == S.CONFIRMED else E.MEMBERSHIP_DECLINED]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        memberships, "_hold", lambda *pks: tuple(Organization.objects.get(pk=pk) for pk in pks)
    )
    outcomes, recorded = confirmed_and_declined_at_once(monkeypatch)
    assert (outcomes, len(recorded)) == (["done", "done"], 2)
