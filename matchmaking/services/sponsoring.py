"""Sponsoring: an alliance's word for a match of one of its members. It adds trust, never score.

Given and taken back by the alliance's owners and editors. Whether it counts is judged at reading: only while
the alliance is approved and the member a confirmed one.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.enums import MembershipState, OrganizationState
from alliances.models import AllianceMembership, Organization, User
from matchmaking.models import CurationEvent, Exclusion, Pair, Recommendation, Sponsorship
from matchmaking.selectors.introductions import CONTACT_ROLES
from matchmaking.selectors.sponsoring import SPONSORED_STATES


@transaction.atomic
def sponsor(alliance: Organization, recommendation: Recommendation, *, by: User) -> Sponsorship:
    """Sponsor the pair of what a member was recommended; twice is once.

    Raises:
        PermissionDenied: no owner or editor of the alliance, or the alliance is not approved.
        ValidationError: the seeker is no confirmed member, or its match is the alliance itself, is closed,
            not shown to it or excluded.
    """
    _require_officer(alliance, by)
    # In the order in which everybody locks; an answer, an exclusion or the end of a membership waits.
    pair = Pair.objects.select_for_update(no_key=True).get(pk=recommendation.pair_id)
    shown = Recommendation.objects.filter(
        pair=pair, seeker=recommendation.seeker_id, state__in=SPONSORED_STATES
    )
    is_shown = bool(shown.order_by("pk").select_for_update(no_key=True))
    membership = AllianceMembership.objects.filter(
        alliance=alliance, member=recommendation.seeker_id, state=MembershipState.CONFIRMED
    )
    if not membership.select_for_update(no_key=True):
        raise ValidationError(_("This organization is no confirmed member of the alliance."), code="member")
    if alliance.pk in (pair.low_id, pair.high_id):
        raise ValidationError(_("An alliance cannot sponsor a match of its own."), code="own")
    if not is_shown or Exclusion.objects.filter(pair=pair).exists():
        raise ValidationError(_("This match is no longer open, so it cannot be sponsored."), code="closed")
    made, is_new = Sponsorship.objects.get_or_create(
        alliance=alliance, pair=pair, defaults={"member_id": recommendation.seeker_id, "sponsored_by": by}
    )
    if made.member_id != recommendation.seeker_id and not _counts(made):
        # Given for the other side, which is no member any more.
        made.member_id, made.sponsored_by, made.sponsored_at = recommendation.seeker_id, by, timezone.now()
        made.save(update_fields=["member", "sponsored_by", "sponsored_at"])
        is_new = True
    if is_new:
        _record("sponsored", made, by)
    return made


def _counts(made: Sponsorship) -> bool:
    return Sponsorship.objects.counting().filter(pk=made.pk).exists()


@transaction.atomic
def sponsor_withdraw(alliance: Organization, pair_id: int, *, by: User) -> None:
    """Take the alliance's word for a pair back; twice is once. Raises PermissionDenied as `sponsor` does."""
    _require_officer(alliance, by)
    for made in Sponsorship.objects.filter(alliance=alliance, pair=pair_id).select_for_update():
        _record("sponsor_withdrawn", made, by)
        made.delete()


def _require_officer(alliance: Organization, by: User) -> None:
    officers = alliance.team_members.filter(
        user=by, role__in=CONTACT_ROLES, organization__state=OrganizationState.APPROVED
    )
    if not by.is_active or not officers.exists():
        raise PermissionDenied


def _record(kind: str, made: Sponsorship, by: User) -> None:
    CurationEvent.objects.create(
        subject="pair",
        subject_id=made.pair_id,
        kind=kind,
        actor_id=by.pk,
        data={"alliance": made.alliance_id, "member": made.member_id},
    )
