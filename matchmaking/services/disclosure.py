"""Showing one's name to the other side of a pair, and taking that back."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from alliances.models import User
from matchmaking.models import CurationEvent, Disclosure, Pair, Recommendation
from matchmaking.selectors.introductions import CONTACT_ROLES


@transaction.atomic
def name_show(recommendation: Recommendation, *, by: User) -> None:
    """Show the seeker's name to the candidate. Twice is once. PermissionDenied: no owner or editor."""
    pair = _hold(recommendation, by)
    _row, is_new = Disclosure.objects.get_or_create(
        pair=pair, organization_id=recommendation.seeker_id, defaults={"shown_by": by}
    )
    if is_new:
        _record("name_shown", recommendation, by)


@transaction.atomic
def name_hide(recommendation: Recommendation, *, by: User) -> None:
    """Take it back: from now on the candidate reads a description again. PermissionDenied as above.

    A standing answer of interested still shows the name; changing the answer takes that back.
    """
    pair = _hold(recommendation, by)
    rows = Disclosure.objects.filter(pair=pair, organization_id=recommendation.seeker_id)
    if rows.delete()[0]:
        _record("name_hidden", recommendation, by)


def _hold(recommendation: Recommendation, by: User) -> Pair:
    pair = Pair.objects.select_for_update(no_key=True).get(pk=recommendation.pair_id)
    team = recommendation.seeker.team_members
    if not by.is_active or not team.filter(user=by, role__in=CONTACT_ROLES).exists():
        raise PermissionDenied
    return pair


def _record(kind: str, recommendation: Recommendation, by: User) -> None:
    CurationEvent.objects.create(
        subject="recommendation", subject_id=recommendation.pk, kind=kind, actor_id=by.pk
    )
