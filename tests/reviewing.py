"""A reviewer's decisions, made as the desk makes them."""

from __future__ import annotations

from functools import partial

from alliances.models import Organization, User
from alliances.services import review


def _decide(decision: str, organization: Organization, *, actor: User, reason: str = "") -> None:
    rubric = review.Rubric(3, 3, 3, 3) if decision == "approve" else None
    review.decide(organization, review.DECISIONS[decision], actor=actor, rubric=rubric, reason=reason)


approve, request_changes, put_on_hold, reject = (
    partial(_decide, name) for name in ("approve", "request_changes", "put_on_hold", "reject")
)
