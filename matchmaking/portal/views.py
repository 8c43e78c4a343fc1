"""Pages that anybody may read."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alliances.selectors import area_supply


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the service is for, and what the register holds today."""
    areas = area_supply()
    most = max((max(area.needs, area.offers) for area in areas), default=0) or 1
    return render(request, "portal/home.html", {"areas": areas, "most": most})


@login_not_required
@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The web process answers. Says nothing of what stands behind it."""
    return HttpResponse("ok\n", content_type="text/plain")
