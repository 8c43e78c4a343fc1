"""One's own data: a copy of it, and having it erased. Both ask first whether it is still the person."""

from __future__ import annotations

import io

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.httpkit import add_query_params
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
    if not _is_fresh(request):
        proof = get_adapter().get_reauthentication_methods(user)[0]["url"]
        return redirect(add_query_params(proof, {"next": reverse("account_data")}))
    if "download" in request.POST:
        return _file(user)
    return _erase(request, user)


def _is_fresh(request: HttpRequest) -> bool:
    """Whether the person has shown within the last minutes that it is them."""
    try:
        raise_if_reauthentication_required(request, app="account")
    except ReauthenticationRequired:
        return False
    return True


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
        "fresh": _is_fresh(request),
        "owned": Organization.objects.filter(team_members__user=user, team_members__role=TeamRole.OWNER),
        "owned_alone": owned_alone(user),
        "drafts": drafts_alone(user),
        "refusal": refusal,
    }
    return render(request, "account/data.html", context, status=status or (400 if refusal else 200))
