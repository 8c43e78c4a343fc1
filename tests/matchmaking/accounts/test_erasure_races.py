"""Erasing while somebody else does the like: the second finds what the first has made of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from alliances.models import User
from matchmaking.models import CurationEvent
from matchmaking.services.erasure import person_erase
from tests.factories import make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db(transaction=True)
# How long the first takes over its commit, and so how long the second waits at least.
PAUSE = 0.5


def in_own_connection(act: Callable[[], str]) -> str:
    try:
        return act()
    finally:
        connection.close()


def erase_both(first: User, second: User) -> list[str]:
    """The second begins when the first has deleted its rows and not committed yet."""
    deleted = Event()

    def slowly() -> str:
        with transaction.atomic():
            person_erase(first, by=first)
            deleted.set()
            Event().wait(PAUSE)
        return "erased"

    def meanwhile() -> str:
        assert deleted.wait(30)
        try:
            person_erase(second, by=second)
        except ValidationError as refusal:
            return str(refusal.code)
        return "erased"

    with ThreadPoolExecutor(2) as hands:
        return [
            hand.result() for hand in [hands.submit(in_own_connection, act) for act in (slowly, meanwhile)]
        ]


def test_two_last_owners_do_not_leave_both() -> None:
    organization = make_organization()
    first, second = (make_team_member(organization).user for _ in range(2))
    assert erase_both(first, second) == ["erased", "last_owner"]
    assert [member.user for member in organization.team_members.all()] == [second]


def test_asked_twice_at_once_it_is_done_once() -> None:
    person = make_user()
    assert erase_both(person, person) == ["erased", "erased"]
    assert User.objects.count() == 0
    assert CurationEvent.objects.filter(kind="erased").count() == 1
