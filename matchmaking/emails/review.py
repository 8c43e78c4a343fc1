"""How the review of an organization went, for its team: what was decided, why, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import OrganizationState
from alliances.models import Organization, User
from matchmaking.emails.message import RenderedEmail, greeting, render_email
from matchmaking.wording.site import sample_notice

NAME_IN_SUBJECT = 120


@dataclass(frozen=True)
class Decision:
    """What a mail of one state says; `title` is without the name, which only approval puts in a subject."""

    title: Promise
    sentence: Promise
    next: Promise
    button: Promise


DECISIONS: Mapping[OrganizationState, Decision] = {
    OrganizationState.SUBMITTED: Decision(
        gettext_lazy("We have received your registration"),
        gettext_lazy("Thank you. Our staff read every profile, as a rule within two working days."),
        gettext_lazy("You get an email with their answer. Until then you may go on changing the profile."),
        gettext_lazy("Read your profile"),
    ),
    OrganizationState.CHANGES_REQUESTED: Decision(
        gettext_lazy("Your registration needs a change"),
        gettext_lazy("Our staff have read your profile and ask for changes before it can be approved:"),
        gettext_lazy("Make the changes and hand it in again; everything else is kept as it stands."),
        gettext_lazy("Make the changes"),
    ),
    OrganizationState.ON_HOLD: Decision(
        gettext_lazy("Your registration is on hold"),
        gettext_lazy("Our staff are clarifying something before they decide."),
        gettext_lazy(
            "You need not do anything. They write to you again; a reply to this email reaches them."
        ),
        gettext_lazy("Read your profile"),
    ),
    OrganizationState.APPROVED: Decision(
        gettext_lazy("Your organization is approved"),
        gettext_lazy("You take part from now on: you get recommendations, and are recommended to others."),
        gettext_lazy("Your first recommendations stand in the portal within minutes, each with its reasons."),
        gettext_lazy("Read your recommendations"),
    ),
    OrganizationState.REJECTED: Decision(
        gettext_lazy("Your registration was not admitted"),
        gettext_lazy("Our staff have read your profile and decided not to admit it:"),
        gettext_lazy("If you think this is a mistake, reply to this email."),
        gettext_lazy("Read your profile"),
    ),
    OrganizationState.SUSPENDED: Decision(
        gettext_lazy("Your organization is suspended"),
        gettext_lazy("For the time being it gets no recommendations and is recommended to nobody."),
        gettext_lazy("Reply to this email if you have a question."),
        gettext_lazy("Read your profile"),
    ),
    OrganizationState.WITHDRAWN: Decision(
        gettext_lazy("Your organization has withdrawn"),
        gettext_lazy("It gets no recommendations any more and is recommended to nobody."),
        gettext_lazy("Thank you for having taken part. Reply to this email if this was a mistake."),
        gettext_lazy("Read your profile"),
    ),
}


MERGED = Decision(
    gettext_lazy("Your organization was in the register twice"),
    gettext_lazy(
        "Our staff have made the two entries one. The other one states your needs and offers too, and you "
        "are in its team."
    ),
    gettext_lazy("What this entry was recommended and has answered you can go on reading."),
    gettext_lazy("Read your profile"),
)


LEFT_BEHIND = gettext_lazy(
    "Its webhooks were not carried over, and nothing is sent there any more: add them anew to the other one."
)


def review_email(
    user: User, organization: Organization, *, at: datetime, leaves_webhooks: bool = False
) -> RenderedEmail:
    """The mail of the organization's state in the active language, to be the person's. Reads no table
    but that of what it was merged into.

    `leaves_webhooks`: it had some, which the other one has not.

    Before approval the organization's name is somebody's own text and stands in no mail.
    """
    kept = organization.merged_into
    decision = MERGED if kept else DECISIONS[OrganizationState(organization.state)]
    approved = organization.state == OrganizationState.APPROVED
    name = Truncator(organization.name).chars(NAME_IN_SUBJECT, truncate="…")
    title = _("%(name)s is approved") % {"name": name} if approved else str(decision.title)
    if organization.state == OrganizationState.CHANGES_REQUESTED:
        path = reverse("portal:profile", args=[organization.code, "organization"])
    elif approved:
        path = reverse("portal:recommendations")
    else:
        path = reverse("portal:organization_of", args=[(kept or organization).code])
    return render_email(
        "emails/review",
        title=title,
        at=at,
        context={
            "greeting": greeting(user),
            "sentence": decision.sentence,
            "reasons": [
                *organization.ready_reasons,
                *[organization.state_reason] * bool(organization.state_reason),
            ],
            "next": [decision.next, *[LEFT_BEHIND] * bool(kept and leaves_webhooks)],
            "button": decision.button,
            "url": settings.SITE_URL + path,
            "why": _("You get this because you are an owner or editor of an organization in the register."),
            "sample_notice": sample_notice([organization]),
        },
        headers={},
    )
