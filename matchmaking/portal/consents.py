"""What the reader agreed to, to be given and taken back one by one, how often their digest comes, and when
they said what."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_stubs_ext import StrOrPromise

from alliances.enums import ConsentPurpose, MailFrequency
from alliances.models import Consent, User
from alliances.services.people import interest_mail_set, mail_frequency_set
from matchmaking.portal.reader import reader
from matchmaking.services.consents import consent_set, consents_of

# Heading and text of each purpose; a changed text needs a new version in services.consents.
TEXTS: dict[ConsentPurpose, tuple[StrOrPromise, StrOrPromise]] = {
    ConsentPurpose.DIGEST: (
        gettext_lazy("Recommendations by email"),
        gettext_lazy(
            "A digest of new recommendations for your organization, never more often than you choose."
        ),
    ),
    ConsentPurpose.INTRODUCTION: (
        gettext_lazy("Being introduced"),
        gettext_lazy(
            "Your name, role, language and email are shown to an organization with which yours is "
            "introduced, once both have said yes. Taken back, you are hidden at once, from those introduced "
            "before too."
        ),
    ),
    ConsentPurpose.CROSS_BORDER: (
        gettext_lazy("Transfer from China to the United States"),
        gettext_lazy(
            "Your name, role, language and email are sent to the United States and shown to the other side "
            "there, once both have said yes. Without it nobody there sees them."
        ),
    ),
}

# By which way the person's word came.
CHANNELS: dict[str, StrOrPromise] = {
    "portal": gettext_lazy("This site"),
    "api": gettext_lazy("A program of yours"),
    "mail_link": gettext_lazy("A link in an email"),
    "demo": gettext_lazy("The sample register"),
}


@dataclass(frozen=True)
class Row:
    """One purpose as the page shows it."""

    purpose: ConsentPurpose
    title: StrOrPromise
    text: StrOrPromise
    granted: bool


@dataclass(frozen=True)
class Said:
    """One line of the history: a consent row in words."""

    row: Consent
    language: str
    channel: StrOrPromise


@require_http_methods(["GET", "HEAD", "POST"])
def consents(request: HttpRequest) -> HttpResponse:
    """Show what stands on GET, change one thing on POST."""
    user = reader(request)
    standing = consents_of(user)
    if request.method == "POST":
        refusal = _change(request, user, standing)
        if refusal is None:
            messages.success(request, _("Saved."))
            return redirect("portal:consents")
        messages.error(request, refusal)
    context = {
        "rows": [Row(purpose, *TEXTS[purpose], granted) for purpose, granted in standing.items()],
        "frequencies": MailFrequency.choices,
        "frequency": user.mail_frequency,
        "interest_mail": user.interest_mail,
        "history": _history(user),
    }
    return render(request, "portal/consents.html", context, status=400 if request.method == "POST" else 200)


def _history(user: User) -> list[Said]:
    """All that the person ever said, newest first."""
    languages = dict(User._meta.get_field("language").flatchoices)
    return [
        Said(row, languages.get(row.language, row.language), CHANNELS.get(row.channel, row.channel))
        for row in user.consents.order_by("-pk")
    ]


def _change(request: HttpRequest, user: User, standing: dict[ConsentPurpose, bool]) -> str | None:
    """Make the one change that was posted; why not, where it is none that the page offers."""
    if "frequency" in request.POST:
        try:
            mail_frequency_set(user, request.POST["frequency"])
        except ValidationError as error:
            return " ".join(error.messages)
        return None
    if request.POST.get("interest_mail") in ("yes", "no"):
        interest_mail_set(user, request.POST["interest_mail"] == "yes")
        return None
    purpose, word = request.POST.get("purpose", ""), request.POST.get("granted", "")
    if purpose not in standing or word not in ("yes", "no"):
        return _("Choose one of the buttons on this page.")
    consent_set(user, ConsentPurpose(purpose), word == "yes", channel="portal")
    return None
