"""Invitations: who makes them, to whom, and that nothing but the address itself accepts them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.utils import timezone

from alliances.enums import ClaimState, EventKind, InvitationState, OrganizationState, TeamRole
from alliances.models import Consent, Organization, RegisterEvent, TeamInvitation, TeamMember, User
from alliances.services.invitations import (
    A_DAY,
    TO_ONE_ADDRESS,
    team_invitation_accept,
    team_invitation_decline,
    team_invitation_withdraw,
    team_invite,
)
from alliances.services.team import add_team_member
from tests.factories import (
    make_claim,
    make_invitation,
    make_organization,
    make_proven_user,
    make_team_member,
    make_user,
)

pytestmark = pytest.mark.django_db
S = InvitationState
ADDRESS = "li.wei@wuhan.example"
NOT_OPEN = "This invitation is no longer open. Ask the organization for a new one."


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> User:
    return make_team_member(organization).user


@pytest.fixture
def guest(owner: User) -> User:
    return make_proven_user(ADDRESS)


def states() -> list[str]:
    return list(TeamInvitation.objects.order_by("pk").values_list("state", flat=True))


def kinds() -> list[str]:
    return list(RegisterEvent.objects.order_by("pk").values_list("kind", flat=True))


# --- Making ---------------------------------------------------------------------------------------


def test_an_owner_invites_and_nobody_is_in_the_team_for_it(organization: Organization, owner: User) -> None:
    made = team_invite(
        organization, email=" Li.Wei@例子.公司 ", role="editor", language="zh-hans", actor=owner
    )
    made.refresh_from_db()
    assert (made.email, made.role, made.invited_by, made.state) == (
        "li.wei@xn--fsqu00a.xn--55qx5d",
        TeamRole.EDITOR,
        owner,
        S.PENDING,
    )
    assert abs(made.expires_at - made.invited_at - timedelta(days=14)) < timedelta(minutes=1)
    person = User.objects.get(email=made.email)
    assert (person.name, person.language, person.has_usable_password()) == ("", "zh-hans", False)
    assert list(organization.team_members.values_list("user_id", flat=True)) == [owner.pk]
    event = RegisterEvent.objects.get()
    assert (event.kind, event.actor_id, event.data) == (
        EventKind.INVITATION_MADE,
        owner.pk,
        {"invitation": made.pk, "role": "editor"},
    )
    assert Consent.objects.count() == 0


def test_a_known_person_stays_as_they_are(organization: Organization, owner: User, guest: User) -> None:
    before = User.objects.values().get(pk=guest.pk)
    team_invite(organization, email=guest.email, role="viewer", language="zh-hans", actor=owner)
    assert User.objects.values().get(pk=guest.pk) == before
    assert User.objects.count() == 2


def test_staff_invite_and_nobody_else_does(organization: Organization, owner: User) -> None:
    team_invite(organization, email="a@x.org", role="viewer", actor=make_user(is_staff=True))
    others = [
        make_team_member(organization, role=TeamRole.EDITOR).user,
        make_team_member(organization, role=TeamRole.VIEWER).user,
        make_team_member(make_organization()).user,
        make_user(),
        make_user(is_staff=True, is_active=False),
    ]
    people = User.objects.count()
    for actor in others:
        with pytest.raises(PermissionDenied):
            team_invite(organization, email="b@x.org", role="viewer", actor=actor)
    assert (TeamInvitation.objects.count(), User.objects.count()) == (1, people)


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"email": "a@x.org, b@x.org"}, {"email": ["Enter one email address."]}),
        ({"role": "king"}, {"role": ["The role is king. Use one of owner, editor, viewer."]}),
        ({"language": "tlh"}, {"language": ["Value 'tlh' is not a valid choice."]}),
        ({"email": "OWNER@x.org"}, {"email": ["This person is in the team already."]}),
        (
            {"email": "Invited@x.org"},
            {"email": ["This address is invited already. Withdraw that invitation to change it."]},
        ),
    ],
)
def test_a_wrong_invitation_is_refused_by_field(wrong: dict[str, str], errors: dict[str, list[str]]) -> None:
    organization = make_organization()
    owner = make_team_member(organization, make_user("owner@x.org")).user
    make_invitation(organization, "invited@x.org")
    stated = {"email": "a@x.org", "role": "viewer", "language": "en", **wrong}
    with pytest.raises(ValidationError) as caught:
        team_invite(organization, **stated, actor=owner)
    assert caught.value.message_dict == errors
    assert (User.objects.count(), TeamInvitation.objects.count(), kinds()) == (1, 1, [])


@pytest.mark.parametrize("state", OrganizationState)
def test_who_takes_no_part_any_more_invites_nobody(state: OrganizationState) -> None:
    organization = make_organization(state=state)
    owner = make_team_member(organization).user
    if state in ("suspended", "withdrawn", "rejected"):
        with pytest.raises(ValidationError, match=f"The organization's state is '{state.label}'"):
            team_invite(organization, email="a@x.org", role="viewer", actor=owner)
    else:
        team_invite(organization, email="a@x.org", role="viewer", actor=owner)


def test_one_that_ran_out_makes_room_for_another(organization: Organization, owner: User) -> None:
    old = make_invitation(organization, "a@x.org")
    old_times = {"invited_at": timezone.now() - timedelta(days=15), "expires_at": timezone.now()}
    TeamInvitation.objects.filter(pk=old.pk).update(**old_times)
    team_invite(organization, email="a@x.org", role="viewer", actor=owner)
    assert states() == [S.WITHDRAWN, S.PENDING]


def test_a_day_has_its_limit_for_an_organization_and_for_a_person(
    organization: Organization, owner: User
) -> None:
    for number in range(A_DAY):
        make_invitation(organization, f"a-{number}@x.org", state=S.DECLINED, invited_by=owner)
    own = make_organization()
    make_team_member(own, owner)
    second = make_team_member(organization).user
    for where, who in ((organization, second), (own, owner)):
        with pytest.raises(ValidationError, match=f"At most {A_DAY} invitations can be made in a day"):
            team_invite(where, email="one-more@x.org", role="viewer", actor=who)
    TeamInvitation.objects.update(invited_at=F("invited_at") - timedelta(hours=25))
    team_invite(organization, email="one-more@x.org", role="viewer", actor=second)


def test_one_address_is_not_invited_over_and_over(organization: Organization, owner: User) -> None:
    for _ in range(TO_ONE_ADDRESS):
        made = team_invite(organization, email=ADDRESS, role="viewer", actor=owner)
        team_invitation_withdraw(made, actor=owner)
    with pytest.raises(ValidationError) as caught:
        team_invite(organization, email=ADDRESS, role="viewer", actor=owner)
    assert caught.value.message_dict == {
        "email": [
            "This address was invited 3 times in the last two weeks. Write to the person yourself.",
        ]
    }
    TeamInvitation.objects.update(invited_at=F("invited_at") - timedelta(days=14))
    team_invite(organization, email=ADDRESS, role="viewer", actor=owner)


# --- Accepting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", TeamRole)
def test_the_address_itself_accepts(
    organization: Organization, owner: User, guest: User, role: TeamRole
) -> None:
    invitation = team_invite(organization, email=guest.email, role=role, actor=owner)
    member = team_invitation_accept(invitation, actor=guest)
    assert (member.user, member.organization, member.role) == (guest, organization, role)
    assert states() == [S.ACCEPTED]
    event = RegisterEvent.objects.latest("pk")
    assert (event.kind, event.actor_id, event.data) == (
        EventKind.INVITATION_ACCEPTED,
        guest.pk,
        {"invitation": invitation.pk, "role": role, "user": guest.pk},
    )
    with pytest.raises(ValidationError, match=NOT_OPEN):
        team_invitation_accept(invitation, actor=guest)


ANSWERS = pytest.mark.parametrize("answer", [team_invitation_accept, team_invitation_decline])


@ANSWERS
def test_no_other_address_answers(organization: Organization, owner: User, answer: object) -> None:
    invitation = make_invitation(organization, ADDRESS)
    unproven = make_user(ADDRESS)
    # Signed up, and has not opened the mail.
    row = EmailAddress.objects.create(user=unproven, email=ADDRESS, verified=False)
    inactive = make_proven_user(is_active=False)
    others = [make_proven_user(), owner, make_proven_user(is_staff=True), unproven, inactive]
    for actor in others:
        with pytest.raises(PermissionDenied):
            answer(invitation, actor=actor)  # type: ignore[operator]
    # An address that was the person's once, and one that is only written beside the account.
    former = make_user("new@x.org")
    EmailAddress.objects.filter(pk=row.pk).update(user=former, verified=True)
    with pytest.raises(PermissionDenied):
        answer(invitation, actor=former)  # type: ignore[operator]
    assert (states(), organization.team_members.count()) == ([S.PENDING], 1)


@ANSWERS
def test_an_account_that_was_closed_answers_nothing(organization: Organization, answer: object) -> None:
    guest = make_proven_user(ADDRESS, is_active=False)
    invitation = make_invitation(organization, ADDRESS)
    with pytest.raises(PermissionDenied):
        answer(invitation, actor=guest)  # type: ignore[operator]


@ANSWERS
@pytest.mark.parametrize("state", [S.ACCEPTED, S.DECLINED, S.WITHDRAWN])
def test_what_is_over_is_not_answered(
    organization: Organization, guest: User, answer: object, state: InvitationState
) -> None:
    invitation = make_invitation(organization, ADDRESS, state=state)
    with pytest.raises(ValidationError, match=NOT_OPEN):
        answer(invitation, actor=guest)  # type: ignore[operator]
    assert (states(), kinds()) == ([state], [])


@ANSWERS
def test_what_ran_out_is_not_answered(organization: Organization, guest: User, answer: object) -> None:
    invitation = make_invitation(organization, ADDRESS)
    ago = timezone.now() - timedelta(days=15)
    TeamInvitation.objects.update(invited_at=ago, expires_at=ago + timedelta(days=14))
    with pytest.raises(ValidationError, match=NOT_OPEN):
        answer(invitation, actor=guest)  # type: ignore[operator]
    TeamInvitation.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    answer(invitation, actor=guest)  # type: ignore[operator]


@pytest.mark.parametrize("state", ["suspended", "withdrawn", "rejected"])
def test_nobody_joins_who_takes_no_part_any_more(guest: User, state: str) -> None:
    invitation = make_invitation(make_organization(state=OrganizationState(state)), ADDRESS)
    with pytest.raises(ValidationError, match=NOT_OPEN):
        team_invitation_accept(invitation, actor=guest)


def test_who_is_in_the_team_does_not_join_again(organization: Organization, owner: User) -> None:
    """By an address that they took after it was invited."""
    invitation = make_invitation(organization, ADDRESS)
    User.objects.filter(pk=owner.pk).update(email=ADDRESS)
    owner.refresh_from_db()
    EmailAddress.objects.create(user=owner, email=ADDRESS, verified=True)
    with pytest.raises(ValidationError, match="You are in this team already"):
        team_invitation_accept(invitation, actor=owner)
    assert TeamMember.objects.get(user=owner).role == TeamRole.OWNER


def test_joining_settles_the_request_to_join(organization: Organization, owner: User, guest: User) -> None:
    other = make_claim(make_organization(), guest)
    claim = make_claim(organization, guest)
    team_invitation_accept(make_invitation(organization, ADDRESS, invited_by=owner), actor=guest)
    claim.refresh_from_db()
    other.refresh_from_db()
    assert (claim.state, claim.decided_by, other.state) == (ClaimState.GRANTED, owner, ClaimState.WAITING)


def test_added_by_staff_settles_the_invitation(organization: Organization, guest: User) -> None:
    elsewhere = make_invitation(make_organization(), ADDRESS)
    make_invitation(organization, "else@x.org")
    make_invitation(organization, ADDRESS)
    add_team_member(organization, email=ADDRESS, actor=make_user(is_staff=True))
    assert states() == [S.PENDING, S.PENDING, S.ACCEPTED]
    assert elsewhere.state == S.PENDING


# --- Declining and withdrawing --------------------------------------------------------------------


def test_declined_and_withdrawn_are_written_down(
    organization: Organization, owner: User, guest: User
) -> None:
    first = team_invite(organization, email=ADDRESS, role="viewer", actor=owner)
    team_invitation_decline(first, actor=guest)
    second = team_invite(organization, email=ADDRESS, role="viewer", actor=owner)
    team_invitation_withdraw(second, actor=owner)
    assert (states(), organization.team_members.count()) == ([S.DECLINED, S.WITHDRAWN], 1)
    events = RegisterEvent.objects.order_by("pk").values_list("kind", "actor_id", "data__invitation")
    assert list(events) == [
        (EventKind.INVITATION_MADE, owner.pk, first.pk),
        (EventKind.INVITATION_DECLINED, guest.pk, first.pk),
        (EventKind.INVITATION_MADE, owner.pk, second.pk),
        (EventKind.INVITATION_WITHDRAWN, owner.pk, second.pk),
    ]
    for over in (first, second):
        with pytest.raises(ValidationError, match=NOT_OPEN):
            team_invitation_withdraw(over, actor=owner)


def test_only_owners_and_staff_withdraw(organization: Organization, owner: User, guest: User) -> None:
    invitation = make_invitation(organization, ADDRESS)
    editor = make_team_member(organization, role=TeamRole.EDITOR).user
    for actor in (editor, guest, make_team_member(make_organization()).user):
        with pytest.raises(PermissionDenied):
            team_invitation_withdraw(invitation, actor=actor)
    team_invitation_withdraw(invitation, actor=make_user(is_staff=True))
    assert states() == [S.WITHDRAWN]


def test_who_sees_which_invitation(organization: Organization, owner: User, guest: User) -> None:
    to_guest = make_invitation(organization, ADDRESS)
    elsewhere = make_organization()
    other = make_invitation(elsewhere, "else@x.org")
    editor = make_team_member(organization, role=TeamRole.EDITOR).user

    def sees(user: User) -> set[TeamInvitation]:
        return set(TeamInvitation.objects.visible_to(user))

    assert sees(owner) == sees(guest) == {to_guest}
    assert sees(make_user(is_staff=True)) == {to_guest, other}
    assert sees(editor) == sees(make_user("else@x.org")) == set()
    assert sees(make_user(is_staff=True, is_active=False)) == set()
