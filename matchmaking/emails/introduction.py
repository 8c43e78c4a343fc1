"""The introduction: both sides said they are interested, and each is told whom to write to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from alliances.models import Organization, User
from matchmaking.emails.message import RenderedEmail, greeting, render_email
from matchmaking.models import Introduction, Recommendation
from matchmaking.selectors.introductions import Contact
from matchmaking.wording import name_lang, other_lang, place_line, told_sentences
from matchmaking.wording.site import sample_notice

NAME_IN_SUBJECT = 120


def introduction_email(
    user: User,
    introduction: Introduction,
    *,
    own: Organization,
    other: Organization,
    contacts: Sequence[Contact],
    recommendation: Recommendation,
    topics: Mapping[str, str],
) -> RenderedEmail:
    """The message in the active language, which is to be the person's. Reads no table.

    `contacts` are the other side's; `recommendation` is what `own` answered on. The same input gives the same
    text, so that what was written can be held against what may be said now.
    """
    if contacts:
        intro = _("%(own)s and %(other)s have both said that they are interested. Here is who to write to.")
    else:
        intro = _("%(own)s and %(other)s have both said that they are interested.")
    for_you, for_them = told_sentences(
        recommendation.breakdown["seeker"]["reasons"],
        recommendation.breakdown["candidate"]["reasons"],
        topics,
    )
    own_name = Truncator(own.name).chars(NAME_IN_SUBJECT, truncate="…")
    return render_email(
        "emails/introduction",
        title=_("An introduction for %(name)s") % {"name": own_name},
        at=introduction.made_at,
        context={
            "greeting": greeting(user),
            "intro": intro % {"own": own.name, "other": other.name},
            "name": other.name,
            "other_name": other.other_name,
            "name_lang": name_lang(other),
            "other_lang": other_lang(),
            "place": place_line(other),
            "contacts": contacts,
            "no_contacts": no_contacts_words(),
            "for_you": for_you,
            "for_them": for_them,
            "first_message": first_message_words(),
            "url": settings.SITE_URL + reverse("portal:introduction", args=[introduction.public_id]),
            "why": _("You get this because you are in the team of %(name)s.") % {"name": own.name},
            "sample_notice": sample_notice([own, other]),
        },
        headers={},
    )


def no_contacts_words() -> str:
    """What to say where nobody of the other side can be named."""
    return _(
        "Nobody on their side has agreed yet to show contact details. As soon as somebody does, they stand "
        "on the page of this introduction."
    )


def first_message_words() -> str:
    """Advice on beginning."""
    return _(
        "A good first message says who you are, which need or offer you write about, and two times that suit "
        "both office hours. Either side may write first."
    )
