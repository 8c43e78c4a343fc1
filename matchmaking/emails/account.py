"""Mail about a person's own account: codes and links to prove an address, notices of what was changed."""

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
from matchmaking.emails.message import RenderedEmail, greeting, render_email

CODE_LIFE = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
CODE_RULES = (
    gettext_lazy("The code works for 15 minutes, in the browser in which you asked for it."),
    gettext_lazy("If you did not ask for it, do nothing: without the code nobody gets any further."),
)


@dataclass(frozen=True)
class Notice:
    """What a mail says. One with a `life` is of no use after it and is then not sent any more."""

    title: Promise
    sentences: Sequence[Promise]
    after: Sequence[Promise] = field(default=())
    life: timedelta | None = None


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
            "why": _("You get this because it concerns your account. It cannot be unsubscribed from."),
        },
        headers={"Expires": format_datetime(at + notice.life)} if notice.life else {},
    )
