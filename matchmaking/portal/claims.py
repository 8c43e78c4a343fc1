"""Asking to be let into the team of an organization that is in the register already."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.models import Organization, User
from alliances.models.team import MESSAGE_LENGTH
from matchmaking.portal.posted import posted_from
from matchmaking.portal.reader import reader
from matchmaking.services import team_mail

VOUCHER_SALT = "matchmaking.claim"
VOUCHER_SECONDS = 24 * 3600


class ClaimForm(forms.Form):
    """Who asks, in their own words. What is wrong with them, the service says."""

    message = forms.CharField(
        label=gettext_lazy("Who you are, and what you do there"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": MESSAGE_LENGTH}),
    )


def claim_voucher(organization: Organization, user: User) -> str:
    """What lets this person ask to join an organization that is not listed, for a day.

    For the page that found it under what the person typed: it names nothing, and no code has to be known.
    """
    return signing.dumps([organization.pk, user.pk], key=settings.LINK_KEY, salt=VOUCHER_SALT)


@posted_from("portal:register")
def claim(request: HttpRequest, code: str = "") -> HttpResponse:
    """Pass the request on, or show the form again with why not.

    By code a listed organization is found, any other one by its voucher. Everything else is a missing
    page, as is an organization that is somebody else's.
    """
    user = reader(request)
    voucher = request.POST.get("voucher", "")
    if code:
        organization = get_object_or_404(Organization.objects.listed(), code=code)
    else:
        organization = get_object_or_404(Organization, pk=_vouched(voucher, user))
    form = ClaimForm(request.POST)
    if form.is_valid():
        try:
            team_mail.ask(organization, message=form.cleaned_data["message"], by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your request is passed on. We write to you once it is decided."))
            return redirect("portal:invitations")
    context = {"form": form, "organization": organization if code else None, "voucher": voucher}
    return render(request, "portal/claim.html", context, status=400)


def _vouched(voucher: str, user: User) -> int:
    """The organization for which this voucher was given to this person; else Http404."""
    try:
        organization_id, user_id = signing.loads(
            voucher, key=settings.LINK_KEY, salt=VOUCHER_SALT, max_age=VOUCHER_SECONDS
        )
    except signing.BadSignature as error:
        raise Http404 from error
    if user_id != user.pk:
        raise Http404
    return int(organization_id)
