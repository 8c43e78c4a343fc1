"""The demo's mailbox as pages: what the service mailed on this machine, as a reader would get it."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from matchmaking.embedded.letters import Letter, letter_names, read_body, read_letter
from matchmaking.enums import EmailKind
from matchmaking.models import OutboxEmail

PAGE_SIZE = 25
SHOWN_HEADERS = (
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "Content-Language",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
# A message is shown, it cannot act: no script, no form, nothing loaded from anywhere. Its links lead the
# whole window to where they point.
SANDBOX = "allow-popups allow-top-navigation-by-user-activation"
HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
OPENS_IN_PARENT = '<base target="_top">'
HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)


@login_not_required
@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """The messages, newest first, or those sent to an address that holds what was searched for."""
    folder = _folder()
    sought = request.GET.get("q", "").strip()[:254]
    page = Paginator(letter_names(folder, sought), PAGE_SIZE).get_page(request.GET.get("page"))
    letters = [letter for name in page.object_list if (letter := read_letter(folder, name))]
    kinds = _kinds(letters)
    rows = [(letter, kinds.get(letter.header("Message-ID"))) for letter in letters]
    return render(request, "portal/mailbox.html", {"page": page, "rows": rows, "sought": sought})


@login_not_required
@require_safe
@never_cache
def message(request: HttpRequest, name: str) -> HttpResponse:
    """One message: its headers of note, its HTML in a frame of its own, its text."""
    folder = _folder()
    letter = _letter(folder, name)
    context = {
        "letter": letter,
        "body": read_body(folder, letter),
        "kind": _kinds([letter]).get(letter.header("Message-ID")),
        "headers": [(header, value) for header in SHOWN_HEADERS if (value := letter.header(header))],
        "sandbox": SANDBOX,
    }
    return render(request, "portal/mailbox_message.html", context)


@login_not_required
@require_safe
@never_cache
@xframe_options_sameorigin
def message_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a message alone, under a policy that lets it do nothing."""
    folder = _folder()
    html = read_body(folder, _letter(folder, name)).html
    shown, has_head = HEAD.subn(lambda head: head[0] + OPENS_IN_PARENT, html, count=1)
    response = HttpResponse(shown if has_head else OPENS_IN_PARENT + html)
    response["Content-Security-Policy"] = HTML_POLICY
    return response


def _folder() -> Path:
    """Where the mailbox keeps its messages. Http404 where this site has none."""
    if not (settings.DEMO and settings.MAILBOX_FOLDER and Path(settings.MAILBOX_FOLDER).is_dir()):
        raise Http404
    return Path(settings.MAILBOX_FOLDER)


def _letter(folder: Path, name: str) -> Letter:
    letter = read_letter(folder, name)
    if letter is None:
        raise Http404
    return letter


def _kinds(letters: list[Letter]) -> dict[str, str]:
    """What these messages are, by Message-ID, as the outbox knows; one query."""
    sent = OutboxEmail.objects.filter(message_id__in=[letter.header("Message-ID") for letter in letters])
    return {
        message_id: str(EmailKind(kind).label) for message_id, kind in sent.values_list("message_id", "kind")
    }
