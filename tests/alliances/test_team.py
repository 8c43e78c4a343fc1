"""Roles, leaving, removing and handing over: who may, what is kept, and what is written down."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from alliances.enums import EventKind, OrganizationState, TeamRole
from alliances.models import Organization, RegisterEvent, TeamMember, User
from alliances.services.team import team_hand_over, team_member_remove, team_role_set
from tests.factories import make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
KEEPS_AN_OWNER = "An organization keeps at least one owner. Hand over to somebody of the team first."
OWNER, EDITOR, VIEWER = TeamRole.OWNER, TeamRole.EDITOR, TeamRole.VIEWER


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> TeamMember:
    return make_team_member(organization)


@pytest.fixture
def viewer(organization: Organization) -> TeamMember:
    return make_team_member(organization, role=VIEWER)


def team_of(organization: Organization) -> dict[int, str]:
    return dict(organization.team_members.values_list("user_id", "role"))


def events() -> list[tuple[str, int | None, object]]:
    return list(RegisterEvent.objects.order_by("pk").values_list("kind", "actor_id", "data"))


def outsiders(organization: Organization) -> list[User]:
    """Everybody who looks after nobody's place here."""
    inactive = make_team_member(organization).user
    inactive.is_active = False
    return [
        make_team_member(organization, role=EDITOR).user,
        make_team_member(organization, role=VIEWER).user,
        make_team_member(make_organization()).user,
        make_user(),
        make_user(is_staff=True, is_active=False),
        inactive,
    ]


# --- Roles ----------------------------------------------------------------------------------------


def test_an_owner_and_staff_set_roles_which_is_written_down(owner: TeamMember, viewer: TeamMember) -> None:
    staff = make_user(is_staff=True)
    assert team_role_set(viewer, "editor", actor=owner.user).role == EDITOR
    team_role_set(viewer, "owner", actor=staff)
    assert team_of(owner.organization) == {owner.user_id: OWNER, viewer.user_id: OWNER}
    assert events() == [
        (
            EventKind.TEAM_ROLE_CHANGED,
            owner.user_id,
            {"user": viewer.user_id, "from": "viewer", "to": "editor"},
        ),
        (EventKind.TEAM_ROLE_CHANGED, staff.pk, {"user": viewer.user_id, "from": "editor", "to": "owner"}),
    ]


def test_the_same_role_again_changes_nothing(owner: TeamMember, viewer: TeamMember) -> None:
    team_role_set(viewer, "viewer", actor=owner.user)
    team_role_set(owner, "owner", actor=owner.user)
    assert events() == []


def test_nobody_else_sets_a_role(owner: TeamMember, viewer: TeamMember) -> None:
    for actor in outsiders(owner.organization):
        with pytest.raises(PermissionDenied):
            team_role_set(viewer, "editor", actor=actor)
    assert (events(), team_of(owner.organization)[viewer.user_id]) == ([], VIEWER)


def test_an_unknown_role_is_refused_by_name(owner: TeamMember, viewer: TeamMember) -> None:
    with pytest.raises(ValidationError) as caught:
        team_role_set(viewer, "king", actor=owner.user)
    assert caught.value.message_dict == {"role": ["The role is king. Use one of owner, editor, viewer."]}


# --- The last owner -------------------------------------------------------------------------------


def step_down(owner: TeamMember) -> None:
    team_role_set(owner, "editor", actor=owner.user)


def leave(owner: TeamMember) -> None:
    team_member_remove(owner, actor=owner.user)


def removed_by_staff(owner: TeamMember) -> None:
    team_member_remove(owner, actor=make_user(is_staff=True))


WAYS_OUT = pytest.mark.parametrize("way_out", [step_down, leave, removed_by_staff])


@WAYS_OUT
@pytest.mark.parametrize("state", [one for one in OrganizationState if one != OrganizationState.DRAFT])
def test_the_last_owner_stays(state: OrganizationState, way_out: object) -> None:
    owner = make_team_member(make_organization(state=state))
    make_team_member(owner.organization, role=EDITOR)
    with pytest.raises(ValidationError, match=KEEPS_AN_OWNER):
        way_out(owner)  # type: ignore[operator]
    assert (team_of(owner.organization)[owner.user_id], events()) == (OWNER, [])


@WAYS_OUT
def test_an_owner_who_cannot_sign_in_does_not_count(owner: TeamMember, way_out: object) -> None:
    other = make_team_member(owner.organization)
    User.objects.filter(pk=other.user_id).update(is_active=False)
    with pytest.raises(ValidationError, match=KEEPS_AN_OWNER):
        way_out(owner)  # type: ignore[operator]


@WAYS_OUT
def test_an_owner_elsewhere_does_not_count(owner: TeamMember, way_out: object) -> None:
    make_team_member(make_organization())
    with pytest.raises(ValidationError, match=KEEPS_AN_OWNER):
        way_out(owner)  # type: ignore[operator]


@WAYS_OUT
def test_with_a_second_owner_the_first_is_free(owner: TeamMember, way_out: object) -> None:
    make_team_member(owner.organization)
    way_out(owner)  # type: ignore[operator]
    assert team_of(owner.organization).get(owner.user_id) in (None, EDITOR)


@WAYS_OUT
def test_a_draft_may_be_left_by_its_last_owner(way_out: object) -> None:
    owner = make_team_member(make_organization(state=OrganizationState.DRAFT))
    way_out(owner)  # type: ignore[operator]
    assert team_of(owner.organization).get(owner.user_id) in (None, EDITOR)


# --- Leaving and removing -------------------------------------------------------------------------


def test_anybody_leaves_and_an_owner_and_staff_remove(organization: Organization, owner: TeamMember) -> None:
    staff = make_user(is_staff=True)
    members = [make_team_member(organization, role=role) for role in (EDITOR, VIEWER, EDITOR)]
    users = [member.user for member in members]
    for member, actor in zip(members, (users[0], owner.user, staff), strict=True):
        team_member_remove(member, actor=actor)
    assert team_of(organization) == {owner.user_id: OWNER}
    assert events() == [
        (EventKind.TEAM_MEMBER_LEFT, users[0].pk, {"user": users[0].pk, "role": "editor"}),
        (EventKind.TEAM_MEMBER_REMOVED, owner.user_id, {"user": users[1].pk, "role": "viewer"}),
        (EventKind.TEAM_MEMBER_REMOVED, staff.pk, {"user": users[2].pk, "role": "editor"}),
    ]


def test_nobody_else_removes(owner: TeamMember, viewer: TeamMember) -> None:
    for actor in outsiders(owner.organization):
        with pytest.raises(PermissionDenied):
            team_member_remove(viewer, actor=actor)
    viewer.user.is_active = False
    with pytest.raises(PermissionDenied):
        team_member_remove(viewer, actor=viewer.user)
    assert viewer.user_id in team_of(owner.organization)


def test_who_has_left_cannot_be_changed(owner: TeamMember, viewer: TeamMember) -> None:
    team_member_remove(TeamMember.objects.get(pk=viewer.pk), actor=viewer.user)
    for act in (
        lambda: team_member_remove(viewer, actor=owner.user),
        lambda: team_role_set(viewer, "editor", actor=owner.user),
        lambda: team_hand_over(owner, viewer, actor=owner.user),
    ):
        with pytest.raises(ValidationError, match="This person is no longer in the team"):
            act()


# --- Handing over ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("then", "role"), [(EDITOR, "editor"), (VIEWER, "viewer"), (None, None)])
def test_ownership_passes_on_in_one_step(
    owner: TeamMember, viewer: TeamMember, then: TeamRole | None, role: str | None
) -> None:
    giver = owner.user
    assert team_hand_over(owner, viewer, then=then, actor=giver).role == OWNER
    team = team_of(viewer.organization)
    assert (team[viewer.user_id], team.get(giver.pk)) == (OWNER, role)
    data = {"from": giver.pk, "to": viewer.user_id, "then": role or "left"}
    assert events() == [(EventKind.OWNERSHIP_HANDED_OVER, giver.pk, data)]


def test_staff_hand_over_for_an_owner_who_cannot(owner: TeamMember, viewer: TeamMember) -> None:
    User.objects.filter(pk=owner.user_id).update(is_active=False)
    team_hand_over(owner, viewer, then=None, actor=make_user(is_staff=True))
    assert team_of(viewer.organization) == {viewer.user_id: OWNER}


def test_nobody_hands_over_what_is_not_theirs(owner: TeamMember, viewer: TeamMember) -> None:
    second = make_team_member(owner.organization).user
    for actor in (*outsiders(owner.organization), second, viewer.user):
        with pytest.raises(PermissionDenied):
            team_hand_over(owner, viewer, actor=actor)
    owner.user.is_active = False
    with pytest.raises(PermissionDenied):
        team_hand_over(owner, viewer, actor=owner.user)
    assert events() == []


def test_only_an_owner_has_something_to_hand_over(owner: TeamMember, viewer: TeamMember) -> None:
    with pytest.raises(ValidationError, match="Only an owner can hand over"):
        team_hand_over(viewer, owner, actor=viewer.user)


def test_ownership_goes_to_an_active_person_of_the_same_team(owner: TeamMember, viewer: TeamMember) -> None:
    elsewhere = make_team_member(make_organization(), role=VIEWER)
    User.objects.filter(pk=viewer.user_id).update(is_active=False)
    for to in (elsewhere, owner, viewer):
        with pytest.raises(ValidationError, match="Choose somebody else of the team"):
            team_hand_over(owner, to, actor=owner.user)
    assert (team_of(owner.organization)[owner.user_id], events()) == (OWNER, [])
