"""Two hands on one team: an owner always stays, an invitation is one place; and what happens unguarded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from alliances.enums import InvitationState, TeamRole
from alliances.models import Organization, TeamInvitation, TeamMember, User
from alliances.services import claims, invitations, team
from alliances.services.claims import claim_ask, claim_grant, claim_refuse
from alliances.services.invitations import (
    team_invitation_accept,
    team_invitation_withdraw,
    team_invite,
)
from alliances.services.team import team_hand_over, team_member_remove, team_role_set
from tests.factories import (
    make_claim,
    make_invitation,
    make_organization,
    make_proven_user,
    make_team_member,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "li.wei@wuhan.example"


def outcome_of(act: Callable[[], object]) -> str:
    try:
        act()
    except ValidationError:
        return "refused"
    except IntegrityError:
        return "broken"
    finally:
        connection.close()
    return "done"


def at_once(*acts: Callable[[], object]) -> list[str]:
    """The outcome of each, done side by side."""
    with ThreadPoolExecutor(len(acts)) as hands:
        return [one.result() for one in [hands.submit(outcome_of, act) for act in acts]]


def meet_after(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Make two callers of a step wait for each other after it, a second at most: both have looked then."""
    step, barrier = getattr(module, name), Barrier(2)

    def then_wait(*arguments: object, **more: object) -> object:
        result = step(*arguments, **more)
        with suppress(BrokenBarrierError):
            barrier.wait(1)
        return result

    monkeypatch.setattr(module, name, then_wait)


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds the organization."""
    for module in (team, invitations, claims):
        monkeypatch.setattr(module, "hold", lambda pk: Organization.objects.get(pk=pk))


def step_down(owner: TeamMember) -> None:
    team_role_set(owner, "viewer", actor=owner.user)


def leave(owner: TeamMember) -> None:
    team_member_remove(owner, actor=owner.user)


PAIRS = pytest.mark.parametrize(
    ("first", "second"), [(leave, leave), (leave, step_down), (step_down, step_down)]
)


def two_owners() -> tuple[TeamMember, TeamMember]:
    organization = make_organization()
    return make_team_member(organization), make_team_member(organization)


def owners_left() -> int:
    return TeamMember.objects.filter(role=TeamRole.OWNER).count()


@PAIRS
def test_of_two_owners_who_go_at_once_one_stays(
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[TeamMember], None],
    second: Callable[[TeamMember], None],
) -> None:
    one, other = two_owners()
    meet_after(monkeypatch, team, "_keep_an_owner")
    outcomes = at_once(partial(first, one), partial(second, other))
    assert (sorted(outcomes), owners_left()) == (["done", "refused"], 1)


@PAIRS
def test_control_without_the_lock_both_go(
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[TeamMember], None],
    second: Callable[[TeamMember], None],
) -> None:
    one, other = two_owners()
    unguarded(monkeypatch)
    meet_after(monkeypatch, team, "_keep_an_owner")
    outcomes = at_once(partial(first, one), partial(second, other))
    assert (outcomes, owners_left()) == (["done", "done"], 0)


def test_the_heir_who_leaves_while_ownership_passes_on_leaves_no_orphan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organization = make_organization()
    owner, heir = make_team_member(organization), make_team_member(organization, role=TeamRole.EDITOR)
    meet_after(monkeypatch, team, "_current")
    at_once(
        partial(team_hand_over, owner, heir, then=None, actor=owner.user),
        partial(team_member_remove, heir, actor=heir.user),
    )
    assert owners_left() == 1


def accept_and_withdraw() -> tuple[list[str], int]:
    """What became of both, and how many are in the team."""
    organization = make_organization()
    owner, guest = make_team_member(organization).user, make_proven_user(ADDRESS)
    invitation = make_invitation(organization, ADDRESS)
    outcomes = at_once(
        partial(team_invitation_accept, invitation, actor=guest),
        partial(team_invitation_withdraw, invitation, actor=owner),
    )
    return outcomes, organization.team_members.count()


def test_accepting_against_withdrawing_has_one_winner() -> None:
    for _ in range(5):
        outcomes, members = accept_and_withdraw()
        accepted = outcomes == ["done", "refused"]
        assert accepted or outcomes == ["refused", "done"]
        assert members == (2 if accepted else 1)
        wanted = InvitationState.ACCEPTED if accepted else InvitationState.WITHDRAWN
        assert TeamInvitation.objects.latest("pk").state == wanted
        User.objects.filter(email=ADDRESS).delete()


def test_control_without_the_lock_both_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invitation is withdrawn between the look at it and the place that it gives."""
    unguarded(monkeypatch)
    organization = make_organization()
    owner, guest = make_team_member(organization).user, make_proven_user(ADDRESS)
    invitation = make_invitation(organization, ADDRESS)
    give_place = team.give_place

    def withdraw_first(*arguments: object, **more: object) -> TeamMember:
        assert at_once(partial(team_invitation_withdraw, invitation, actor=owner)) == ["done"]
        return give_place(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(invitations, "give_place", withdraw_first)
    assert at_once(partial(team_invitation_accept, invitation, actor=guest)) == ["done"]
    assert organization.team_members.count() == 2


def test_an_address_invited_by_two_at_once_is_invited_once() -> None:
    organization = make_organization()
    owners = [make_team_member(organization).user for _ in range(2)]
    outcomes = at_once(
        *(partial(team_invite, organization, email=ADDRESS, role="viewer", actor=owner) for owner in owners)
    )
    assert sorted(outcomes) == ["done", "refused"]
    assert (TeamInvitation.objects.count(), User.objects.filter(email=ADDRESS).count()) == (1, 1)


def test_a_new_address_invited_by_two_organizations_is_one_person() -> None:
    owners = [make_team_member(make_organization()) for _ in range(2)]
    acts = [
        partial(team_invite, owner.organization, email=ADDRESS, role="viewer", actor=owner.user)
        for owner in owners
    ]
    assert at_once(*acts) == ["done", "done"]
    assert (TeamInvitation.objects.count(), User.objects.filter(email=ADDRESS).count()) == (2, 1)


def test_a_request_sent_twice_at_once_is_one() -> None:
    organization, person = make_organization(), make_user()
    outcomes = at_once(*[partial(claim_ask, organization, message="me", actor=person)] * 2)
    assert (sorted(outcomes), organization.team_claims.count()) == (["done", "refused"], 1)


def test_requests_to_many_organizations_are_counted_together() -> None:
    person = make_user()
    for _ in range(claims.A_DAY - 1):
        make_claim(make_organization(), person)
    acts = [partial(claim_ask, make_organization(), message="me", actor=person) for _ in range(2)]
    assert sorted(at_once(*acts)) == ["done", "refused"]


def test_granting_against_refusing_has_one_winner() -> None:
    organization = make_organization()
    owners = [make_team_member(organization).user for _ in range(2)]
    claim = make_claim(organization)
    granted, refused = at_once(
        partial(claim_grant, claim, actor=owners[0]), partial(claim_refuse, claim, actor=owners[1])
    )
    assert sorted((granted, refused)) == ["done", "refused"]
    assert organization.team_members.count() == (3 if granted == "done" else 2)
