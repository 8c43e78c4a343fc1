"""Alliance memberships: an organization is in an alliance by the word of both, until either ends it.

invited > confirmed > lapsed, and invited anew; an invited one waits for one side and may lapse too. Whoever
changes one holds both organizations.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.enums import EventKind, Kind, MembershipSide, MembershipState, OrganizationState
from alliances.models import (
    AllianceAddress,
    AllianceLink,
    AllianceMembership,
    Organization,
    RegisterEvent,
    User,
)
from alliances.models.alliance import LINK_LIFE
from alliances.services.events import EventDraft, record
from alliances.services.register import hold_for_edit, may_edit

# So that nobody is made a sender of mail to strangers: what an alliance may begin in a day, to organizations
# and to addresses together, and how often one side may begin anew with the same other side in a month.
A_DAY = 200
TO_ONE, WITHIN = 3, timedelta(days=30)


@transaction.atomic
def membership_invite(alliance: Organization, member: Organization, *, actor: User) -> AllianceMembership:
    """The alliance's word: the membership waits for the member, or stands where the member has asked.

    Raises:
        ValidationError: an organization that is a member, is invited, takes no part or is the alliance
            itself; or too many invitations.
        PermissionDenied: the actor may not act for the alliance.
    """
    alliance, member = _hold(alliance.pk, member.pk)
    _require_editor(actor, alliance)
    if left_today(alliance) < 1:
        raise too_many_today(alliance)
    return _give_word(MembershipSide.ALLIANCE, alliance, member, actor)


@transaction.atomic
def membership_ask(token: str, member: Organization, *, actor: User) -> AllianceMembership:
    """The member's word, by the alliance's link: it waits for the alliance, or stands where that has invited.

    Raises:
        ValidationError: a link that is not open any more; an organization that is a member, has asked,
            takes no part or is the alliance itself; or one that asks too often.
        PermissionDenied: the actor may not act for the member.
    """
    link = AllianceLink.objects.filter(token=token).first()
    if link is None:
        raise _no_longer_open()
    alliance, member = _hold(link.alliance_id, member.pk)
    if not AllianceLink.objects.open().filter(token=token).exists():
        raise _no_longer_open()
    _require_editor(actor, member)
    return _give_word(MembershipSide.MEMBER, alliance, member, actor)


@transaction.atomic
def membership_confirm(membership: AllianceMembership, *, actor: User) -> AllianceMembership:
    """The word that is missing.

    Raises:
        ValidationError: it waits for nobody's word any more, or one of the two takes no part.
        PermissionDenied: the actor may not act for the side whose word is missing.
    """
    alliance, member, current = _current(membership)
    if current.state != MembershipState.INVITED or current.waits_for != membership.waits_for:
        raise _settled()
    _require_editor(actor, alliance if current.waits_for == MembershipSide.ALLIANCE else member)
    require_approved(alliance, member)
    return _move(current, MembershipState.CONFIRMED, EventKind.MEMBERSHIP_CONFIRMED, actor)


@transaction.atomic
def membership_decline(membership: AllianceMembership, *, actor: User) -> AllianceMembership:
    """Refuse what the other side has begun, or withdraw what one's own has.

    Raises:
        ValidationError: it waits for nobody's word any more.
        PermissionDenied: the actor may act for neither side.
    """
    alliance, member, current = _current(membership)
    _require_editor(actor, alliance, member)
    if current.state != MembershipState.INVITED:
        raise _settled()
    return _move(current, MembershipState.LAPSED, EventKind.MEMBERSHIP_DECLINED, actor)


@transaction.atomic
def membership_end(membership: AllianceMembership, *, actor: User) -> AllianceMembership:
    """End a membership, as either side may at any time.

    Raises:
        ValidationError: it does not stand (any more).
        PermissionDenied: the actor may act for neither side.
    """
    alliance, member, current = _current(membership)
    _require_editor(actor, alliance, member)
    if current.state != MembershipState.CONFIRMED:
        raise _settled()
    return _move(current, MembershipState.LAPSED, EventKind.MEMBERSHIP_ENDED, actor)


def membership_hold(membership: AllianceMembership) -> AllianceMembership:
    """The membership as it stands now, both organizations held until the transaction ends.

    Raises ValidationError where there is none any more.
    """
    _alliance, _member, current = _current(membership)
    return current


# --- The link -------------------------------------------------------------------------------------


@transaction.atomic
def link_make(alliance: Organization, *, actor: User) -> AllianceLink:
    """A new link in the place of the one before, which leads nowhere from now on.

    Raises:
        ValidationError: not an alliance, or one that takes no part.
        PermissionDenied: the actor may not act for the alliance.
    """
    held = hold_for_edit(alliance, actor)
    require_approved(held)
    link, _made = AllianceLink.objects.update_or_create(
        alliance=held,
        defaults={
            "token": secrets.token_urlsafe(24),
            "made_at": timezone.now(),
            "expires_at": timezone.now() + LINK_LIFE,
        },
    )
    record([EventDraft(held.pk, EventKind.ALLIANCE_LINK_MADE, {"link": link.pk})], actor)
    return link


@transaction.atomic
def link_for_mail(alliance: Organization, *, actor: User) -> AllianceLink:
    """The link that stands, good for its whole time from now on; a new one where none is.

    Raises as `link_make` does.
    """
    held = hold_for_edit(alliance, actor)
    require_approved(held)
    link = AllianceLink.objects.open().filter(alliance=held).first()
    if link is None:
        return link_make(alliance, actor=actor)
    link.expires_at = timezone.now() + LINK_LIFE
    link.save(update_fields=["expires_at"])
    return link


@transaction.atomic
def link_withdraw(alliance: Organization, *, actor: User) -> None:
    """Let the link lead nowhere.

    Raises:
        ValidationError: there is none any more.
        PermissionDenied: the actor may not act for the alliance.
    """
    held = hold_for_edit(alliance, actor)
    link = AllianceLink.objects.filter(alliance=held).first()
    if link is None:
        raise ValidationError(_("There is no link any more."), code="gone")
    data: dict[str, object] = {"link": link.pk}
    link.delete()
    record([EventDraft(held.pk, EventKind.ALLIANCE_LINK_WITHDRAWN, data)], actor)


# --- Limits ---------------------------------------------------------------------------------------


def left_today(alliance: Organization) -> int:
    """How many invitations the alliance may make yet, of those of a day: two queries."""
    day = Now() - timedelta(days=1)
    invited = RegisterEvent.objects.filter(
        organization=alliance, kind=EventKind.MEMBERSHIP_INVITED, at__gt=day
    )
    written = AllianceAddress.objects.filter(alliance=alliance, written_at__gt=day)
    return max(A_DAY - invited.count() - written.count(), 0)


def too_many_today(alliance: Organization) -> ValidationError:
    """What says that the day's invitations are used up, or too few for what is asked."""
    return ValidationError(
        _("An alliance can make %(limit)s invitations in a day; %(left)s are left. Continue tomorrow."),
        params={"limit": A_DAY, "left": left_today(alliance)},
        code="too_many",
    )


# --- What every change shares ---------------------------------------------------------------------


def _hold(alliance_id: int, member_id: int) -> tuple[Organization, Organization]:
    """Both organizations, locked in the order in which everybody locks."""
    rows = Organization.objects.filter(pk__in=(alliance_id, member_id)).order_by("pk")
    held = {one.pk: one for one in rows.select_for_update(no_key=True)}
    return held[alliance_id], held[member_id]


def _current(membership: AllianceMembership) -> tuple[Organization, Organization, AllianceMembership]:
    """Both organizations held, and the membership as it stands now."""
    alliance, member = _hold(membership.alliance_id, membership.member_id)
    current = AllianceMembership.objects.filter(pk=membership.pk).first()
    if current is None:
        raise _settled()
    return alliance, member, current


def _require_editor(actor: User, *organizations: Organization) -> None:
    """Raises PermissionDenied for whoever may act for none of these."""
    if not any(may_edit(actor, one) for one in organizations):
        raise PermissionDenied


def require_approved(alliance: Organization, member: Organization | None = None) -> None:
    """Raises ValidationError where this is no alliance or one of the two takes no part."""
    if alliance.kind != Kind.ALLIANCE or alliance.state != OrganizationState.APPROVED:
        raise ValidationError(_("Only an approved alliance has members."), code="no_alliance")
    if member and member.state != OrganizationState.APPROVED:
        raise ValidationError(_("Only an approved organization can be a member."), code="no_member")


def _give_word(
    by: MembershipSide, alliance: Organization, member: Organization, actor: User
) -> AllianceMembership:
    """One side's word, both being held: the membership stands where the other side's is there."""
    require_approved(alliance, member)
    if alliance.pk == member.pk:
        raise ValidationError(_("An alliance cannot be its own member."), code="itself")
    current = AllianceMembership.objects.filter(alliance=alliance, member=member).first()
    if current and current.state == MembershipState.CONFIRMED:
        raise ValidationError(_("%(name)s is a member already."), params={"name": member.name}, code="member")
    if current and current.waits_for == by:
        return _move(current, MembershipState.CONFIRMED, EventKind.MEMBERSHIP_CONFIRMED, actor)
    invites = by == MembershipSide.ALLIANCE
    if current and current.waits_for:
        said = _("%(name)s is invited already.") if invites else _("%(name)s has asked already.")
        raise ValidationError(said, params={"name": member.name}, code="waits")
    kind = EventKind.MEMBERSHIP_INVITED if invites else EventKind.MEMBERSHIP_ASKED
    begun = RegisterEvent.objects.filter(organization=alliance, kind=kind, at__gt=Now() - WITHIN)
    if begun.filter(data__member=member.pk).count() >= TO_ONE:
        raise ValidationError(
            _("%(name)s was invited %(count)s times in the last month. Write to them yourself.")
            if invites
            else _("%(name)s has asked %(count)s times in the last month. Write to the alliance yourself."),
            params={"name": member.name, "count": TO_ONE},
            code="too_often",
        )
    waits_for = MembershipSide.MEMBER if invites else MembershipSide.ALLIANCE
    membership = current or AllianceMembership(alliance=alliance, member=member)
    return _move(membership, MembershipState.INVITED, kind, actor, waits_for)


def _move(
    membership: AllianceMembership, to: MembershipState, kind: EventKind, actor: User, waits_for: str = ""
) -> AllianceMembership:
    """Write the state, and on both sides the event of it."""
    membership.state, membership.waits_for, membership.since = to, waits_for, timezone.now()
    membership.save()
    alliance, member = membership.alliance_id, membership.member_id
    data: dict[str, object] = {"membership": membership.pk, "alliance": alliance, "member": member}
    record((EventDraft(one, kind, data) for one in (alliance, member)), actor)
    return membership


def _settled() -> ValidationError:
    return ValidationError(_("This was decided in the meantime. Read the page again."), code="settled")


def _no_longer_open() -> ValidationError:
    return ValidationError(_("This link is no longer open. Ask the alliance for a new one."), code="not_open")
