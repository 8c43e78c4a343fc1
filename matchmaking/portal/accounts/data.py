"""One's own data: a copy of it, and having it erased. Both ask first whether it is still the person."""

from __future__ import annotations

import io

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.enums import TeamRole
from alliances.models import Organization, User
from alliances.proof import is_proven, proof_page
from alliances.selectors import drafts_alone, owned_alone
from matchmaking.portal.reader import reader
from matchmaking.services.erasure import person_erase
from matchmaking.services.personal_export import personal_export


@require_http_methods(["GET", "HEAD", "POST"])
def data(request: HttpRequest) -> HttpResponseBase:
    """What is kept and what erasing does; a POST does either, once the person has shown that it is them."""
    user = reader(request)
    if request.method != "POST":
        return _page(request, user)
    if not is_proven(request):
        return redirect(proof_page(user, reverse("account_data")))
    if "download" in request.POST:
        return _file(user)
    return _erase(request, user)


def _file(user: User) -> FileResponse:
    return FileResponse(
        io.BytesIO(personal_export(user)),
        as_attachment=True,
        filename=f"data-{timezone.localdate():%Y-%m-%d}.zip",
        content_type="application/zip",
        headers={"Cache-Control": "no-store"},
    )


def _erase(request: HttpRequest, user: User) -> HttpResponse:
    if request.POST.get("address", "").strip().lower() != user.email:
        refusal = _("Type your own address, %(email)s, to erase your account.") % {"email": user.email}
        return _page(request, user, refusal=refusal)
    try:
        person_erase(user, by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, user, status=400)
    # Its row is gone already; this forgets it here and takes the cookie back.
    logout(request)
    return render(request, "account/erased.html")


def _page(request: HttpRequest, user: User, *, refusal: str = "", status: int | None = None) -> HttpResponse:
    context = {
        "fresh": is_proven(request),
        "owned": Organization.objects.filter(team_members__user=user, team_members__role=TeamRole.OWNER),
        "owned_alone": owned_alone(user),
        "drafts": drafts_alone(user),
        "refusal": refusal,
    }
    return render(request, "account/data.html", context, status=status or (400 if refusal else 200))
