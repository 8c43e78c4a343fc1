"""Where a saved step leads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from alliances.models import Organization
from alliances.services.registration import Step


def go_on(organization: Organization, now: Step, request: HttpRequest) -> HttpResponse:
    """Where the pressed button leads: the next step, or away."""
    if "leave" in request.POST:
        messages.success(request, _("Saved. You can go on at any time."))
        return redirect("portal:organization_of", code=organization.code)
    steps = list(Step)
    return redirect("portal:profile", code=organization.code, step=steps[steps.index(now) + 1])
