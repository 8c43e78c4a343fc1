"""Changes of alliance memberships with the mail that tells the other side, in one transaction.

Both organizations are approved, so their names may be mailed. What people wrote is not.
"""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from alliances.enums import Country, MembershipSide, MembershipState
from alliances.models import AllianceMembership, ImportFile, Organization, User
from alliances.selectors import active_editors
from alliances.services.member_file import Invited, members_invite
from alliances.services.memberships import (
    link_for_mail,
    membership_ask,
    membership_confirm,
    membership_decline,
    membership_end,
    membership_hold,
    membership_invite,
)
from alliances.services.register import may_edit
from matchmaking.services.account_mail import account_mail_queue, alliance_mail_queue

# In what an organization is written to of which nobody has an account yet.
LANGUAGES = {Country.US: "en", Country.CN: "zh-hans"}

log = structlog.get_logger(__name__)


@transaction.atomic
def invite(alliance: Organization, member: Organization, *, by: User) -> AllianceMembership:
    """Give the alliance's word and tell the member. Raises as `membership_invite` does."""
    membership = membership_invite(alliance, member, actor=by)
    tell(membership, MembershipSide.MEMBER)
    return membership


@transaction.atomic
def ask(token: str, member: Organization, *, by: User) -> AllianceMembership:
    """Give the member's word by the alliance's link and tell the alliance. Raises as `membership_ask`."""
    membership = membership_ask(token, member, actor=by)
    tell(membership, MembershipSide.ALLIANCE)
    return membership


@transaction.atomic
def confirm(membership: AllianceMembership, *, by: User) -> AllianceMembership:
    """Give the word that is missing and tell the side that waited. Raises as `membership_confirm`."""
    awaited = membership.waits_for
    confirmed = membership_confirm(membership, actor=by)
    waited = MembershipSide.MEMBER if awaited == MembershipSide.ALLIANCE else MembershipSide.ALLIANCE
    tell(confirmed, waited)
    return confirmed


@transaction.atomic
def move(
    membership: AllianceMembership, to: MembershipState, *, side: MembershipSide, by: User
) -> AllianceMembership:
    """What one side makes of a membership: `confirmed` is its word, `lapsed` declines, takes back or ends.

    What it is already it stays.

    Raises:
        PermissionDenied: the person may not act for this side.
        ValidationError: it does not wait for this side's word, or one of the two takes no part.
    """
    current = membership_hold(membership)
    if not may_edit(by, current.alliance if side == MembershipSide.ALLIANCE else current.member):
        raise PermissionDenied
    if current.state == to:
        return current
    if to == MembershipState.CONFIRMED:
        if current.waits_for != side:
            raise ValidationError(_("This membership does not wait for your word."), code="settled")
        return confirm(current, by=by)
    if current.state == MembershipState.CONFIRMED:
        return membership_end(current, actor=by)
    return membership_decline(current, actor=by)


@transaction.atomic
def invite_listed(alliance: Organization, upload: ImportFile, *, by: User) -> Invited:
    """Invite the members of a kept file: by their teams, or by one mail with the alliance's link.

    Raises as `members_invite` does.
    """
    invited = members_invite(alliance, upload, actor=by)
    for membership in invited.memberships:
        tell(membership, MembershipSide.MEMBER)
    if invited.addresses:
        link = link_for_mail(alliance, actor=by)
        url = settings.SITE_URL + reverse("portal:join", args=[link.token])
        for address, country in invited.addresses:
            alliance_mail_queue(address, language=LANGUAGES[Country(country)], url=url)
    return invited


def tell(membership: AllianceMembership, side: MembershipSide) -> None:
    """Queue to this side's owners and editors what the membership has become by the other side's word."""
    alliance, member = membership.alliance, membership.member
    if side == MembershipSide.ALLIANCE:
        told, notice, page = alliance, "membership_asked", reverse("portal:alliance", args=[alliance.code])
    else:
        told, notice, page = member, "membership_invited", reverse("portal:memberships", args=[member.code])
    if not membership.waits_for:
        notice = "membership_confirmed"
    for person in active_editors(told):
        with translation.override(person.language):
            facts = {"alliance": alliance.name, "member": member.name}
        try:
            account_mail_queue(notice, person, person.email, url=settings.SITE_URL + page, facts=facts)
        except ValidationError as error:
            # An address that no mail can go to holds nobody else up.
            log.warning("address_refused", user=person.pk, reason=error.code)
