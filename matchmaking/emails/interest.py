"""An open interest: received, still waiting for an answer, and closed without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from alliances.models import Organization, User
from matchmaking.emails.message import RenderedEmail, greeting, render_email
from matchmaking.models import Recommendation, Sponsorship
from matchmaking.wording import name_lang, other_lang, place_line, told_sentences
from matchmaking.wording.clocks import day_words
from matchmaking.wording.site import sample_notice
from matchmaking.wording.sponsoring import sponsor_sentences

NAME_IN_SUBJECT = 120


def interest_received_email(
    user: User,
    one: Recommendation,
    *,
    by: date,
    topics: Mapping[str, str],
    now: datetime,
    unsubscribe_url: str,
    sponsors: Sequence[Sponsorship] = (),
) -> RenderedEmail:
    """To the silent side, that the candidate of `one` is interested; `by` is the last day for its answer.

    In the active language, which is to be the person's; reads no table. No contact of the other side, and
    only the reader's own organization in the subject.
    """
    own, other = one.seeker, one.candidate
    return _render(
        "emails/interest_received",
        user,
        one,
        title=_("Someone is interested in %(name)s") % {"name": _short(own)},
        now=now,
        unsubscribe_url=unsubscribe_url,
        context={
            "intro": _(
                "%(other)s is interested in %(own)s. Read why the two of you fit, and answer: interested, "
                "not now, or no."
            )
            % {"own": own.name, "other": other.name},
            **_asking(one, by, topics, sponsors),
        },
    )


def interest_reminder_email(
    user: User,
    one: Recommendation,
    *,
    by: date,
    topics: Mapping[str, str],
    now: datetime,
    unsubscribe_url: str,
    sponsors: Sequence[Sponsorship] = (),
) -> RenderedEmail:
    """The one reminder of `interest_received_email`, with the same reasons and the same day."""
    own, other = one.seeker, one.candidate
    return _render(
        "emails/interest_reminder",
        user,
        one,
        title=_("Reminder: someone is interested in %(name)s") % {"name": _short(own)},
        now=now,
        unsubscribe_url=unsubscribe_url,
        context={
            "intro": _(
                "%(other)s is interested in %(own)s and has no answer from you yet. A no or a not now helps "
                "them too. We remind you once."
            )
            % {"own": own.name, "other": other.name},
            **_asking(one, by, topics, sponsors),
        },
    )


def interest_closed_email(
    user: User, one: Recommendation, *, now: datetime, unsubscribe_url: str
) -> RenderedEmail:
    """To the side that said yes to the candidate of `one`: nobody answered, and what that means."""
    own, other = one.seeker, one.candidate
    return _render(
        "emails/interest_closed",
        user,
        one,
        title=_("No answer to the interest of %(name)s") % {"name": _short(own)},
        now=now,
        unsubscribe_url=unsubscribe_url,
        context={
            "intro": _("%(other)s has not answered, so we have closed the interest of %(own)s.")
            % {"own": own.name, "other": other.name},
            "cost": _(
                "It cost you nothing: it counts as answered by you, and as none of your introductions this "
                "quarter."
            ),
            "next": _(
                "A later matching may bring the two of you together again; you are then asked anew. All of "
                "your other recommendations stand."
            ),
            "url": settings.SITE_URL + reverse("portal:recommendations"),
        },
    )


def _short(organization: Organization) -> str:
    return Truncator(organization.name).chars(NAME_IN_SUBJECT, truncate="…")


def _asking(
    one: Recommendation, by: date, topics: Mapping[str, str], sponsors: Sequence[Sponsorship]
) -> dict[str, Any]:
    """What both mails to the silent side tell: who, why, until when and where."""
    for_you, for_them = told_sentences(
        one.breakdown["seeker"]["reasons"], one.breakdown["candidate"]["reasons"], topics
    )
    return {
        "name": one.candidate.name,
        "other_name": one.candidate.other_name,
        "name_lang": name_lang(one.candidate),
        "other_lang": other_lang(),
        "place": place_line(one.candidate),
        "for_you": [*for_you, *sponsor_sentences(sponsors, one.seeker_id)],
        "for_them": for_them,
        "deadline": _("Please answer by %(date)s.") % {"date": day_words(by)},
        "promise": _(
            "Your answer commits you to nothing. If you are interested too, we introduce you to each other; "
            "until then nobody sees anybody’s contacts."
        ),
        "url": settings.SITE_URL + reverse("portal:recommendation", args=[one.public_id]),
    }


def _render(
    folder: str,
    user: User,
    one: Recommendation,
    *,
    title: str,
    now: datetime,
    unsubscribe_url: str,
    context: Mapping[str, Any],
) -> RenderedEmail:
    return render_email(
        folder,
        title=title,
        at=now,
        context={
            "greeting": greeting(user),
            "why": _("You get this because you are an owner or editor of %(name)s.")
            % {"name": one.seeker.name},
            "stop_url": unsubscribe_url,
            "sample_notice": sample_notice([one.seeker, one.candidate]),
            **context,
        },
        headers={
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
