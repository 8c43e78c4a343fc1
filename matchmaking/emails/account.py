"""Mail about a person's own account and place in a team: codes, links and notices of what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.models import User
from alliances.models.alliance import LINK_LIFE
from alliances.models.team import INVITATION_LIFE
from matchmaking.emails.message import RenderedEmail, greeting, render_email

CODE_LIFE = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
CODE_RULES = (
    gettext_lazy("The code works for 15 minutes, in the browser in which you asked for it."),
    gettext_lazy("If you did not ask for it, do nothing: without the code nobody gets any further."),
)
WHY = gettext_lazy("You get this because it concerns your account. It cannot be unsubscribed from.")
WHY_TEAM = gettext_lazy("You get this because it concerns a team of yours. It cannot be unsubscribed from.")


@dataclass(frozen=True)
class Notice:
    """What a mail says. One with a `life` is of no use after it and is then not sent any more."""

    title: Promise
    sentences: Sequence[Promise]
    after: Sequence[Promise] = field(default=())
    life: timedelta | None = None
    why: Promise = WHY


def _changed(title: Promise, sentence: Promise) -> Notice:
    return Notice(title, [sentence], [gettext_lazy("If that was not you, reply to this email at once.")])


# By the name of the occasion; placeholders are filled from what the occasion is about.
NOTICES: Mapping[str, Notice] = {
    "login_code": Notice(
        gettext_lazy("Your sign-in code"),
        [gettext_lazy("Enter this code on the page where you asked for it to sign in.")],
        CODE_RULES,
        CODE_LIFE,
    ),
    "reauthentication_code": Notice(
        gettext_lazy("Your confirmation code"),
        [gettext_lazy("Enter this code to confirm that it is you who changes your account.")],
        CODE_RULES,
        CODE_LIFE,
    ),
    "password_reset_code": Notice(
        gettext_lazy("Your code for a new password"),
        [gettext_lazy("Enter this code on the page where you asked for it, then choose a new password.")],
        CODE_RULES,
        CODE_LIFE,
    ),
    "email_confirmation": Notice(
        gettext_lazy("Confirm your email address"),
        [gettext_lazy("This address was given for your account. Open the link to confirm that it is yours.")],
        [gettext_lazy("The link works for one day. If you did not ask for it, do nothing.")],
        timedelta(days=settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS),
    ),
    "email_changed": _changed(
        gettext_lazy("Your email address was changed"),
        gettext_lazy("You now sign in with %(to_email)s, no longer with %(from_email)s."),
    ),
    "email_deleted": _changed(
        gettext_lazy("An email address was removed from your account"),
        gettext_lazy("The address %(deleted_email)s is no longer part of your account."),
    ),
    "password_set": _changed(
        gettext_lazy("A password was set for your account"),
        gettext_lazy("You can now sign in with a password too."),
    ),
    "password_changed": _changed(
        gettext_lazy("Your password was changed"),
        gettext_lazy("The old password no longer works."),
    ),
    "password_reset": _changed(
        gettext_lazy("Your password was changed"),
        gettext_lazy("It was changed with a code sent to this address. The old password no longer works."),
    ),
    "totp_activated": _changed(
        gettext_lazy("A second factor now protects your account"),
        gettext_lazy("An authenticator app was set up. Signing in asks for its code from now on."),
    ),
    "totp_deactivated": _changed(
        gettext_lazy("Your account has no second factor any more"),
        gettext_lazy("The authenticator app was removed. Signing in no longer asks for its code."),
    ),
    "recovery_codes_generated": _changed(
        gettext_lazy("You have new recovery codes"),
        gettext_lazy("The old recovery codes no longer work."),
    ),
    "team_invitation": Notice(
        gettext_lazy("An invitation to a team"),
        [
            gettext_lazy("%(organization)s invites you to its team. Your role would be: %(role)s."),
            gettext_lazy(
                "Sign in with this email address to accept or to decline; a code by email is enough."
            ),
        ],
        [
            gettext_lazy(
                "The invitation is open for 14 days. If you do not know what this is about, do nothing: "
                "without you nothing happens."
            )
        ],
        INVITATION_LIFE,
        gettext_lazy("You get this because somebody gave this address to invite you."),
    ),
    "claim_asked": Notice(
        gettext_lazy("Somebody asks to join your team"),
        [
            gettext_lazy("Somebody asks for a place in the team of %(organization)s."),
            gettext_lazy("Read who it is and decide, as an owner, on the page of your team."),
        ],
        why=WHY_TEAM,
    ),
    "claim_asked_of_staff": Notice(
        gettext_lazy("Somebody asks to join a team"),
        [gettext_lazy("No owner of the organization can decide on it, so staff do, at the curation desk.")],
        why=gettext_lazy("You get this because this is our staff’s address."),
    ),
    "claim_granted": Notice(
        gettext_lazy("You are in the team"),
        [gettext_lazy("You were let into the team of %(organization)s. Your role is: %(role)s.")],
        why=WHY_TEAM,
    ),
    "claim_refused": Notice(
        gettext_lazy("Your request to join a team"),
        [
            gettext_lazy("Your request to join the team of %(organization)s was refused."),
            gettext_lazy("The page of your requests says more, where a reason was given."),
        ],
    ),
    "role_changed": Notice(
        gettext_lazy("Your role in a team was changed"),
        [gettext_lazy("Your role in the team of %(organization)s is now: %(role)s.")],
        why=WHY_TEAM,
    ),
    "ownership_handed_over": Notice(
        gettext_lazy("You are now an owner"),
        [
            gettext_lazy("Ownership of %(organization)s was handed over to you."),
            gettext_lazy("What the organization has answered and whom it was introduced to stays as it is."),
        ],
        why=WHY_TEAM,
    ),
    "membership_invited": Notice(
        gettext_lazy("An alliance invites your organization"),
        [
            gettext_lazy("%(alliance)s invites %(member)s to become a member."),
            gettext_lazy("Read what that means, then accept or decline on the page of your alliances."),
        ],
        why=WHY_TEAM,
    ),
    "membership_asked": Notice(
        gettext_lazy("An organization asks to join your alliance"),
        [
            gettext_lazy("%(member)s asks to become a member of %(alliance)s."),
            gettext_lazy("Confirm it on the page of your members if your own list says so."),
        ],
        why=WHY_TEAM,
    ),
    "membership_confirmed": Notice(
        gettext_lazy("A membership is confirmed"),
        [
            gettext_lazy("%(member)s is now a member of %(alliance)s."),
            gettext_lazy("Either side can end the membership at any time."),
        ],
        why=WHY_TEAM,
    ),
    "alliance_link": Notice(
        gettext_lazy("An alliance invites your organization"),
        [
            gettext_lazy("%(alliance)s invites your organization to register here and to become a member."),
            gettext_lazy(
                "Open the link to see what that means, and register with this email address; a code is "
                "enough."
            ),
        ],
        [
            gettext_lazy(
                "The link works for 90 days. If you do not know what this is about, do nothing: "
                "without you nothing happens."
            )
        ],
        LINK_LIFE,
        gettext_lazy(
            "You get this because the alliance gave this address to invite you. It can write here only once."
        ),
    ),
    "webhook_failing": Notice(
        gettext_lazy("A webhook is disabled"),
        [
            gettext_lazy(
                "A webhook of %(organization)s did not take what we sent in eight tries within 24 hours. "
                "Nothing is sent there any more."
            ),
            gettext_lazy("Its page shows what was answered. Enable it again there once the receiver works."),
        ],
        [gettext_lazy("What waits is then sent; what was not delivered you can send again.")],
        why=WHY_TEAM,
    ),
    "webhook_gone": Notice(
        gettext_lazy("A webhook is disabled"),
        [
            gettext_lazy(
                "The receiver of a webhook of %(organization)s answered that it is gone for good (410). "
                "Nothing is sent there any more."
            ),
            gettext_lazy("Delete it on its page, or enable it again if that was a mistake."),
        ],
        why=WHY_TEAM,
    ),
    "removed_from_team": Notice(
        gettext_lazy("You are no longer in a team"),
        [gettext_lazy("An owner ended your place in the team of %(organization)s.")],
        [gettext_lazy("Your account stays as it is. If this is a mistake, ask an owner to invite you.")],
    ),
}


def account_email(
    name: str,
    user: User | None,
    *,
    at: datetime,
    code: str = "",
    url: str = "",
    facts: Mapping[str, str] | None = None,
) -> RenderedEmail:
    """The mail of the notice called `name` in the active language, to be the person's. Reads no table.

    Neither subject nor headers hold the code. `Expires` tells when a code or link becomes useless.
    """
    notice = NOTICES[name]
    return render_email(
        "emails/account",
        title=str(notice.title),
        at=at,
        context={
            "greeting": greeting(user) if user else _("Hello,"),
            "sentences": [str(sentence) % (facts or {}) for sentence in notice.sentences],
            "code": code,
            "url": url,
            "after": notice.after,
            "why": notice.why,
        },
        headers={"Expires": format_datetime(at + notice.life)} if notice.life else {},
    )
