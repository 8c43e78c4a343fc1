"""The states of an organization: every move that is allowed, every one that is not, and who may make it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliances.enums import OrganizationState, TeamRole
from alliances.models import Organization, RegisterEvent
from alliances.services import review
from tests import reviewing
from tests.factories import make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db

# Written out by hand from the design, not taken from the code.
ALLOWED: dict[str, tuple[Callable[..., None], str, set[str]]] = {
    "submit": (review.submit, "submitted", {"draft", "changes_requested"}),
    "request_changes": (reviewing.request_changes, "changes_requested", {"submitted", "on_hold"}),
    "put_on_hold": (reviewing.put_on_hold, "on_hold", {"submitted", "changes_requested"}),
    "approve": (reviewing.approve, "approved", {"submitted", "changes_requested", "on_hold", "suspended"}),
    "reject": (reviewing.reject, "rejected", {"submitted", "changes_requested", "on_hold"}),
    "suspend": (review.suspend, "suspended", {"approved"}),
    "withdraw": (
        review.withdraw,
        "withdrawn",
        {"submitted", "changes_requested", "on_hold", "approved", "suspended"},
    ),
}
EVENT = {
    "submit": "submitted",
    "request_changes": "changes_requested",
    "put_on_hold": "put_on_hold",
    "approve": "approved",
    "reject": "rejected",
    "suspend": "suspended",
    "withdraw": "withdrawn",
}
NEED_A_REASON = {"request_changes", "reject"}
REASON = {"reason": "The summary is of another firm."}


@pytest.mark.parametrize("source", OrganizationState.values)
@pytest.mark.parametrize("name", ALLOWED)
def test_every_move_from_every_state(name: str, source: str) -> None:
    function, target, sources = ALLOWED[name]
    organization = make_organization(state=OrganizationState(source))
    curator = make_user(is_staff=True)
    words = REASON if name in NEED_A_REASON else {}
    if source not in sources:
        with pytest.raises(review.TransitionError) as caught:
            function(organization, actor=curator, **words)
        assert str(caught.value).startswith(f"The state is '{OrganizationState(source).label}'. ")
        assert Organization.objects.get().state == source
        assert RegisterEvent.objects.count() == 0
        assert organization.history.count() == 1
        return
    function(organization, actor=curator, **words)
    assert organization.state == Organization.objects.get().state == target
    event = RegisterEvent.objects.get()
    assert (event.organization_id, event.kind, event.actor_id, event.data) == (
        organization.pk,
        EVENT[name],
        curator.pk,
        {"from": source, "to": target},
    )
    newest = organization.history.first()
    assert (newest.state, newest.history_user_id, newest.history_type) == (target, curator.pk, "~")


def test_the_refusal_names_the_state_and_those_that_would_do() -> None:
    organization = make_organization(state=OrganizationState.REJECTED)
    with pytest.raises(review.TransitionError) as caught:
        reviewing.approve(organization, actor=make_user(is_staff=True))
    assert str(caught.value) == (
        "The state is 'Rejected'. "
        "Only these can be approved: Submitted, Changes requested, On hold, Suspended."
    )


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("who", ["owner", "editor", "viewer", "stranger", "inactive curator"])
def test_who_may_move(name: str, who: str) -> None:
    function, target, sources = ALLOWED[name]
    organization = make_organization(state=OrganizationState(min(sources)))
    actor = make_user(is_staff=who == "inactive curator", is_active=who != "inactive curator")
    if who in TeamRole.values:
        make_team_member(organization, actor, TeamRole(who))
    may = (name, who) in {("submit", "owner"), ("submit", "editor"), ("withdraw", "owner")}
    if may:
        function(organization, actor=actor)
        assert organization.state == target
    else:
        with pytest.raises(PermissionDenied):
            function(organization, actor=actor)
        assert Organization.objects.get().state == min(sources)


def test_the_stored_state_counts_not_the_one_in_hand() -> None:
    organization = make_organization(state=OrganizationState.SUBMITTED)
    Organization.objects.update(state=OrganizationState.REJECTED)
    with pytest.raises(review.TransitionError):
        reviewing.approve(organization, actor=make_user(is_staff=True))
    assert Organization.objects.get().state == "rejected"


def test_a_reason_goes_into_the_history() -> None:
    organization = make_organization(state=OrganizationState.SUBMITTED)
    reviewing.reject(organization, actor=make_user(is_staff=True), reason="r" * 150)
    assert organization.history.first().history_change_reason == "r" * 100


@pytest.mark.parametrize("name", sorted(NEED_A_REASON))
def test_some_moves_need_words(name: str) -> None:
    function, _target, sources = ALLOWED[name]
    organization = make_organization(state=OrganizationState(min(sources)))
    with pytest.raises(ValidationError) as caught:
        function(organization, actor=make_user(is_staff=True), reason="  ")
    assert caught.value.message_dict == {"reason": ["Say why: the organization reads it."]}
    assert Organization.objects.get().state == min(sources)


def test_the_organization_reads_the_reason_of_the_last_move() -> None:
    organization = make_organization(state=OrganizationState.SUBMITTED)
    curator = make_user(is_staff=True)
    reviewing.request_changes(organization, actor=curator, **REASON)
    assert Organization.objects.get().state_reason == REASON["reason"]
    reviewing.approve(organization, actor=curator)
    assert Organization.objects.get().state_reason == ""


def test_many_at_once_in_a_fixed_number_of_queries() -> None:
    curator = make_user(is_staff=True)

    def batch(count: int) -> tuple[review.Outcome, int, list[Any]]:
        waiting = [make_organization(state=OrganizationState.SUBMITTED) for _ in range(count)]
        refused = make_organization(state=OrganizationState.REJECTED)
        with CaptureQueriesContext(connection) as captured:
            outcome = review.move_many(review.APPROVE, [*waiting, refused], actor=curator)
        states = Organization.objects.filter(pk__in=[one.pk for one in waiting]).values_list(
            "state", flat=True
        )
        return outcome, len(captured), list(states)

    sentence = (
        "The state is 'Rejected'. "
        "Only these can be approved: Submitted, Changes requested, On hold, Suspended."
    )
    refusals = Counter({"rejected": 1})
    small, large = batch(2), batch(12)
    assert small == (review.Outcome(2, [sentence], refusals), small[1], ["approved"] * 2)
    assert large == (review.Outcome(12, [sentence], refusals), small[1], ["approved"] * 12)
    assert RegisterEvent.objects.filter(kind="approved", actor_id=curator.pk).count() == 14


def test_many_at_once_is_for_staff() -> None:
    organization = make_organization(state=OrganizationState.DRAFT)
    owner = make_team_member(organization).user
    with pytest.raises(PermissionDenied):
        review.move_many(review.SUBMIT, [organization], actor=owner)
