"""Requests to join a team: who asks, who decides, and what comes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F

from alliances.enums import ClaimState, EventKind, InvitationState, OrganizationState, TeamRole
from alliances.models import Organization, RegisterEvent, TeamClaim, TeamInvitation, User
from alliances.selectors import decided_by_owners
from alliances.services.claims import A_DAY, claim_ask, claim_grant, claim_refuse
from tests.factories import make_claim, make_invitation, make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
S = ClaimState


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> User:
    return make_team_member(organization).user


def last_event() -> tuple[str, int | None, object]:
    return RegisterEvent.objects.values_list("kind", "actor_id", "data").latest("pk")


# --- Asking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", OrganizationState)
def test_anybody_asks_for_a_place(state: OrganizationState) -> None:
    organization, person = make_organization(state=state), make_user()
    claim = claim_ask(organization, message=" I plan\nthe buses. ", actor=person)
    claim.refresh_from_db()
    assert (claim.message, claim.state, claim.user, claim.organization) == (
        "I plan\nthe buses.",
        S.WAITING,
        person,
        organization,
    )
    assert last_event() == (EventKind.CLAIM_ASKED, person.pk, {"claim": claim.pk, "user": person.pk})
    assert organization.team_members.count() == 0


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (" \n ", "Say who you are, so that whoever decides can tell."),
        ("a" * 501, "The text is too long (501 characters; limit 500)."),
        ("a\x07", "Text contains a character that is not allowed (U+0007)."),
        ("a\u202eb", "Text contains invisible or direction-changing characters (U+202E)."),
    ],
)
def test_a_wrong_message_is_refused_by_field(organization: Organization, message: str, error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        claim_ask(organization, message=message, actor=make_user())
    assert caught.value.message_dict == {"message": [error]}
    assert TeamClaim.objects.count() == 0


def test_a_message_of_full_length_is_taken(organization: Organization) -> None:
    assert len(claim_ask(organization, message="我" * 500, actor=make_user()).message) == 500


def test_who_is_in_the_team_or_waits_does_not_ask_again(organization: Organization, owner: User) -> None:
    with pytest.raises(ValidationError, match="You are in this team already"):
        claim_ask(organization, message="me", actor=owner)
    person = make_claim(organization).user
    with pytest.raises(ValidationError, match="You have asked already"):
        claim_ask(organization, message="me", actor=person)
    claim_ask(make_organization(), message="me", actor=person)
    claim_ask(organization, message="me", actor=make_user())


def test_after_a_refusal_thirty_days_pass(organization: Organization, owner: User) -> None:
    person = make_user()
    claim_refuse(make_claim(organization, person), actor=owner)
    with pytest.raises(ValidationError, match="You can ask again 30 days after that"):
        claim_ask(organization, message="me", actor=person)
    TeamClaim.objects.update(decided_at=F("decided_at") - timedelta(days=30))
    claim_ask(organization, message="me", actor=person)


def test_a_day_has_its_limit(organization: Organization) -> None:
    person = make_user()
    for _ in range(A_DAY):
        claim_ask(make_organization(), message="me", actor=person)
    with pytest.raises(ValidationError, match=f"You can ask at most {A_DAY} organizations in a day"):
        claim_ask(organization, message="me", actor=person)
    TeamClaim.objects.update(asked_at=F("asked_at") - timedelta(hours=25))
    claim_ask(organization, message="me", actor=person)


def test_a_closed_account_asks_nothing(organization: Organization) -> None:
    person = make_user()
    User.objects.filter(pk=person.pk).update(is_active=False)
    with pytest.raises(PermissionDenied):
        claim_ask(organization, message="me", actor=person)


# --- Deciding -------------------------------------------------------------------------------------


def test_a_granted_request_is_a_place_as_a_viewer(organization: Organization, owner: User) -> None:
    claim = make_claim(organization)
    member = claim_grant(claim, actor=owner)
    claim.refresh_from_db()
    assert (member.user, member.organization, member.role) == (claim.user, organization, TeamRole.VIEWER)
    assert (claim.state, claim.decided_by, claim.decided_at is not None) == (S.GRANTED, owner, True)
    data = {"claim": claim.pk, "user": claim.user_id, "role": "viewer"}
    assert last_event() == (EventKind.CLAIM_GRANTED, owner.pk, data)


@pytest.mark.parametrize("role", TeamRole)
def test_an_owner_grants_any_role(organization: Organization, owner: User, role: TeamRole) -> None:
    assert claim_grant(make_claim(organization), role=role, actor=owner).role == role


def test_a_refused_request_keeps_its_reason(organization: Organization, owner: User) -> None:
    claim = claim_refuse(make_claim(organization), reason=" We do not know you. ", actor=owner)
    claim.refresh_from_db()
    assert (claim.state, claim.reason, claim.decided_by) == (S.REFUSED, "We do not know you.", owner)
    data = {"claim": claim.pk, "user": claim.user_id}
    assert last_event() == (EventKind.CLAIM_REFUSED, owner.pk, data)
    assert list(organization.team_members.values_list("user_id", flat=True)) == [owner.pk]


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("a" * 201, "The text is too long (201 characters; limit 200)."),
        ("a\u200bb", "Text contains invisible or direction-changing characters (U+200B)."),
    ],
)
def test_a_wrong_reason_is_refused_by_field(
    organization: Organization, owner: User, reason: str, error: str
) -> None:
    claim = make_claim(organization)
    with pytest.raises(ValidationError) as caught:
        claim_refuse(claim, reason=reason, actor=owner)
    assert caught.value.message_dict == {"reason": [error]}
    claim.refresh_from_db()
    assert claim.state == S.WAITING


DECISIONS = pytest.mark.parametrize("decide", [claim_grant, claim_refuse])


@DECISIONS
def test_a_decision_stands(organization: Organization, owner: User, decide: object) -> None:
    claim = make_claim(organization)
    claim_refuse(claim, actor=owner)
    with pytest.raises(ValidationError, match="This request was decided already"):
        decide(claim, actor=owner)  # type: ignore[operator]
    assert organization.team_members.count() == 1


@DECISIONS
def test_only_owners_and_staff_decide(organization: Organization, owner: User, decide: object) -> None:
    claim = make_claim(organization)
    inactive = make_team_member(organization).user
    inactive.is_active = False
    others = [
        make_team_member(organization, role=TeamRole.EDITOR).user,
        make_team_member(organization, role=TeamRole.VIEWER).user,
        make_team_member(make_organization()).user,
        claim.user,
        inactive,
        make_user(is_staff=True, is_active=False),
    ]
    for actor in others:
        with pytest.raises(PermissionDenied):
            decide(claim, actor=actor)  # type: ignore[operator]
    claim.refresh_from_db()
    assert claim.state == S.WAITING
    decide(claim, actor=make_user(is_staff=True))  # type: ignore[operator]


@DECISIONS
@pytest.mark.parametrize("state", [one for one in OrganizationState if one != OrganizationState.APPROVED])
def test_owners_of_what_is_not_approved_do_not_decide(decide: object, state: OrganizationState) -> None:
    claim = make_claim(make_organization(state=state))
    owner = make_team_member(claim.organization).user
    with pytest.raises(PermissionDenied):
        decide(claim, actor=owner)  # type: ignore[operator]
    decide(claim, actor=make_user(is_staff=True))  # type: ignore[operator]


def test_a_person_whose_account_is_closed_is_not_let_in(organization: Organization, owner: User) -> None:
    claim = make_claim(organization)
    User.objects.filter(pk=claim.user_id).update(is_active=False)
    with pytest.raises(ValidationError, match="The account of this person is not active"):
        claim_grant(claim, actor=owner)
    claim_refuse(claim, actor=owner)


def test_being_let_in_settles_the_invitation(organization: Organization, owner: User) -> None:
    claim = make_claim(organization)
    make_invitation(organization, claim.user.email)
    claim_grant(claim, actor=owner)
    assert TeamInvitation.objects.get().state == InvitationState.ACCEPTED


def test_who_decides() -> None:
    approved, draft = make_organization(), make_organization(state=OrganizationState.DRAFT)
    make_team_member(draft)
    make_team_member(approved, role=TeamRole.EDITOR)
    make_team_member(approved, make_user(is_active=False))
    make_team_member(make_organization())
    assert [decided_by_owners(one) for one in (approved, draft)] == [False, False]
    make_team_member(approved)
    assert decided_by_owners(approved)


def test_who_sees_which_request(organization: Organization, owner: User) -> None:
    own, other = make_claim(organization), make_claim(make_organization())
    draft = make_claim(make_organization(state=OrganizationState.DRAFT))
    owner_of_draft = make_team_member(draft.organization).user
    editor = make_team_member(organization, role=TeamRole.EDITOR).user

    def sees(user: User) -> set[TeamClaim]:
        return set(TeamClaim.objects.visible_to(user))

    assert sees(owner) == sees(own.user) == {own}
    assert sees(other.user) == {other}
    assert sees(make_user(is_staff=True)) == {own, other, draft}
    assert sees(owner_of_draft) == sees(editor) == sees(make_user(is_staff=True, is_active=False)) == set()
