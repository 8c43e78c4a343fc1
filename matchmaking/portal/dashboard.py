"""The first page of a participant: what waits for them, what is new, and how their organizations stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from alliances.enums import MembershipSide, OrganizationState
from alliances.memberships import waiting_for
from alliances.models import AllianceMembership, Organization
from alliances.services.register import role_may_edit
from alliances.strength import Part, profile_parts
from matchmaking.models import Recommendation
from matchmaking.portal.cards import Card
from matchmaking.portal.facts import STANDING
from matchmaking.portal.interests import clock_of
from matchmaking.portal.reader import reader
from matchmaking.portal.registration.steps import UNDER_WAY
from matchmaking.selectors.interests import ANSWER_DAYS, open_interests
from matchmaking.selectors.quarter import Quarter, quarters_of
from matchmaking.selectors.recommendations import Listing, listings
from matchmaking.wording import topic_names
from matchmaking.wording.site import sample_notice

NEWEST = 3


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for the reader: what, why, and the button that leads there."""

    title: str
    text: str
    url_name: str
    argument: str
    button: str


@dataclass(frozen=True)
class Standing:
    """How one organization stands: its profile part by part, and its quarter."""

    organization: Organization
    parts: Sequence[Part]
    quarter: Quarter
    may_edit: bool

    @property
    def done(self) -> int:
        return sum(part.done for part in self.parts)

    @property
    def to_raise(self) -> list[Part]:
        """What is worth stating next: at most three parts."""
        return [part for part in self.parts if not part.done][:3]


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits, what is new, how things stand; without an organization, registration."""
    user = reader(request)
    found = listings(user)
    if not found:
        return redirect("portal:register")
    own = [listing.organization for listing in found]
    prefetch_related_objects(own, "needs", "offers")
    quarters = quarters_of(own)
    topics = topic_names()
    editable = {
        listing.organization.pk for listing in found if role_may_edit(listing.role, listing.organization)
    }
    waiting = [row for listing in found for row in _waiting(listing)]
    waiting += _memberships(list(waiting_for(editable)))
    new = sorted(
        (one for listing in found if _takes_part(listing) for one in listing.waiting),
        key=lambda one: (not one.is_pinned, -one.score),  # type: ignore[attr-defined]
    )
    context = {
        "waiting": waiting,
        "idle": [(listing.organization, _standing(listing)) for listing in found if not _takes_part(listing)],
        "new": [_card(one, found, topics) for one in new[:NEWEST]],
        "new_count": len(new),
        "interests": [(one, clock_of(one)) for one in open_interests(user, [one.pk for one in own])],
        "answer_days": ANSWER_DAYS,
        "standings": [Standing(one, profile_parts(one), quarters[one.pk], one.pk in editable) for one in own],
        "today": timezone.localdate(),
        "several": len(own) > 1,
        "sample_notice": sample_notice(own),
    }
    return render(request, "portal/dashboard.html", context)


def _memberships(waiting: Sequence[AllianceMembership]) -> list[Waiting]:
    """The invitations of alliances, one by one, then for each alliance how many ask to join it."""
    rows = [
        Waiting(
            _("%(alliance)s invites %(name)s to become a member")
            % {"alliance": one.alliance.name, "name": one.member.name},
            _("Read what that means, then accept or decline."),
            "portal:memberships",
            one.member.code,
            _("Read and answer"),
        )
        for one in waiting
        if one.waits_for == MembershipSide.MEMBER
    ]
    asked = Counter(one.alliance for one in waiting if one.waits_for == MembershipSide.ALLIANCE)
    rows += [
        Waiting(
            ngettext(
                "%(count)s organization says that it is a member of %(name)s",
                "%(count)s organizations say that they are members of %(name)s",
                count,
            )
            % {"count": count, "name": alliance.name},
            _("Confirm only those that your own list names."),
            "portal:alliance",
            alliance.code,
            _("Read and confirm"),
        )
        for alliance, count in asked.items()
    ]
    return rows


def _takes_part(listing: Listing) -> bool:
    return listing.organization.state == OrganizationState.APPROVED


def _standing(listing: Listing) -> str:
    return str(STANDING[OrganizationState(listing.organization.state)])


def _card(one: Recommendation, found: Sequence[Listing], topics: Mapping[str, str]) -> Card:
    listing = next(listing for listing in found if listing.organization.pk == one.seeker_id)
    one.seeker = listing.organization
    return Card(one, topics, they_are_interested=listing.they_are_interested(one))


def _waiting(listing: Listing) -> list[Waiting]:
    """What waits for this organization's team, the most pressing first."""
    organization = listing.organization
    if organization.state in UNDER_WAY:
        return [
            Waiting(
                _("Finish the registration of %(name)s") % {"name": organization.name},
                _standing(listing),
                "portal:organization_of",
                organization.code,
                _("Continue"),
            )
        ]
    if not _takes_part(listing):
        return []
    interested = [one for one in listing.waiting if listing.they_are_interested(one)]
    rows = [
        Waiting(
            _("%(name)s is interested in you") % {"name": one.candidate.name},
            _("If you are too, you are introduced at once. Your answer commits you to nothing."),
            "portal:recommendation",
            str(one.public_id),
            _("Read and answer"),
        )
        for one in interested
    ]
    others = len(listing.waiting) - len(interested)
    if others:
        rows.append(
            Waiting(
                ngettext(
                    "%(count)s recommendation for %(name)s waits for an answer",
                    "%(count)s recommendations for %(name)s wait for an answer",
                    others,
                )
                % {"count": others, "name": organization.name},
                _("The best come first. A clear no helps the other side as much as a yes."),
                "portal:recommendations",
                "",
                _("Read them"),
            )
        )
    return rows
