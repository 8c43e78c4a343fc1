"""Inviting many members by a file: first what it would do, then one button."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from alliances.importing import ImportProblem, ImportRefused
from alliances.models import Organization
from alliances.services.member_file import Invited, MembersPreview, Outcome, preview_members
from alliances.services.register import may_edit
from alliances.services.uploads import keep_upload, kept_uploads
from matchmaking.portal.alliance.members import alliance_of
from matchmaking.portal.posted import posted_from
from matchmaking.portal.reader import reader
from matchmaking.services import membership_mail

OUTCOMES = {
    Outcome.INVITE: gettext_lazy("In the directory: is invited"),
    Outcome.CONFIRM: gettext_lazy("Has asked to join: becomes a member"),
    Outcome.WRITE: gettext_lazy("Not in the directory: gets one email with your link"),
    Outcome.MEMBER: gettext_lazy("Is a member already"),
    Outcome.INVITED: gettext_lazy("Is invited already"),
    Outcome.WRITTEN: gettext_lazy("Not in the directory: this address was written to already"),
    Outcome.ITSELF: gettext_lazy("Is your alliance itself"),
    Outcome.NO_ADDRESS: gettext_lazy("Not in the directory, and no email: is not invited"),
}


@posted_from("portal:alliance", "code")
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the file for its person, and lead to what it would do."""
    alliance = _alliance(request, code)
    file = request.FILES.get("file")
    if file is None:
        return _refused(request, alliance, [ImportProblem(_("Choose a file first."))])
    if (file.size or 0) > settings.IMPORT_MAX_BYTES:
        limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
        text = _("File is too large (limit %(limit)s MB).")
        return _refused(request, alliance, [ImportProblem(text, {"limit": limit})], status=413)
    kept = keep_upload(file.read(), name=file.name or "", user=reader(request))
    return redirect("portal:alliance_file", code=code, digest=kept.digest)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, code: str, digest: str) -> HttpResponse:
    """Show what the kept file would do; on POST do it."""
    alliance = _alliance(request, code)
    user = reader(request)
    kept = kept_uploads(user).filter(digest=digest).first()
    if kept is None:
        messages.error(request, _("This file is no longer kept: it was used, or an hour has passed."))
        return redirect("portal:alliance", code=code)
    if request.method != "POST":
        preview = preview_members(alliance, bytes(kept.content), file_name=kept.name)
        if preview.problems:
            return _refused(request, alliance, preview.problems)
        return render(request, "portal/alliance/file.html", _context(alliance, preview))
    try:
        invited = membership_mail.invite_listed(alliance, kept, by=user)
    except ImportRefused as refusal:
        return _refused(request, alliance, refusal.problems)
    except ValidationError as error:
        return _refused(request, alliance, [ImportProblem(message) for message in error.messages])
    messages.success(request, _done(invited))
    for sentence in invited.refused:
        messages.warning(request, sentence)
    return redirect("portal:alliance", code=code)


def _alliance(request: HttpRequest, code: str) -> Organization:
    alliance = alliance_of(request, code)
    if not may_edit(reader(request), alliance):
        raise PermissionDenied
    return alliance


def _refused(
    request: HttpRequest, alliance: Organization, problems: Sequence[ImportProblem], *, status: int = 400
) -> HttpResponse:
    context = {"alliance": alliance, "problems": problems}
    return render(request, "portal/alliance/file.html", context, status=status)


def _context(alliance: Organization, preview: MembersPreview) -> dict[str, object]:
    return {
        "alliance": alliance,
        "preview": preview,
        "totals": [
            (words, preview.counts[outcome]) for outcome, words in OUTCOMES.items() if preview.counts[outcome]
        ],
        "rows": [(one, OUTCOMES[one.outcome]) for one in preview.members],
        "merged": sum(len(one.lines) > 1 for one in preview.members),
        "too_many": preview.acting > preview.left,
    }


def _done(invited: Invited) -> str:
    """How many were invited, and how many are written to."""
    organizations, addresses = len(invited.memberships), len(invited.addresses)
    return " ".join(
        (
            ngettext(
                "%(count)s organization of the directory is invited.",
                "%(count)s organizations of the directory are invited.",
                organizations,
            )
            % {"count": organizations},
            ngettext(
                "An email is on its way to %(count)s address.",
                "Emails are on their way to %(count)s addresses.",
                addresses,
            )
            % {"count": addresses},
        )
    )
