"""Calls of the API under an Idempotency-Key: carried out once, answered alike for a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from django.db.models.functions import Now

from alliances.models import User
from matchmaking.models import ApiCall
from matchmaking.models.api_call import KEPT_FOR
from matchmaking.services.crossings import uncrossed


class Answered(NamedTuple):
    """An answer as it is sent: status, headers of ours and body."""

    status: int
    headers: Mapping[str, str]
    body: str


class KeyReusedError(Exception):
    """The key was used with another call."""


def answered_once(
    user: User, key: str, fingerprint: str, act: Callable[[], Answered]
) -> tuple[Answered, bool]:
    """What `act` answers, and whether it was carried out before and its kept answer is given again.

    All is one transaction: of the same calls at once the others wait for the first at the key's row. What
    `act` raises undoes everything, the key included, so that it can be used for the call put right.

    Raises:
        KeyReusedError: this person used the key for another call within the day.
        CrossedError: others held what it changes, or this very call is still being carried out.
    """

    def carried_out() -> tuple[Answered, bool]:
        ApiCall.objects.filter(user=user, key=key, at__lt=Now() - KEPT_FOR).delete()
        row, is_new = ApiCall.objects.get_or_create(user=user, key=key, defaults={"fingerprint": fingerprint})
        if not is_new:
            return _answer_of(row, fingerprint), True
        answer = act()
        ApiCall.objects.filter(pk=row.pk).update(**answer._asdict())
        return answer, False

    return uncrossed(carried_out)


def kept_answer(user: User, key: str, fingerprint: str) -> Answered | None:
    """The answer that a call under this key got within the day; None where it is to be carried out.

    Raises KeyReusedError as `answered_once`.
    """
    row = ApiCall.objects.filter(user=user, key=key, at__gte=Now() - KEPT_FOR).first()
    if row is None:
        return None
    return _answer_of(row, fingerprint)


def _answer_of(row: ApiCall, fingerprint: str) -> Answered:
    if row.fingerprint != fingerprint:
        raise KeyReusedError
    return Answered(row.status or 0, row.headers, row.body)


def old_calls_drop() -> int:
    """Delete every kept answer that is past its day; how many these were."""
    deleted, _per_model = ApiCall.objects.filter(at__lt=Now() - KEPT_FOR).delete()
    return deleted
