"""Whether the service works, for those who watch it."""

from __future__ import annotations

from ipaddress import ip_address

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from matchmaking.services.health import health

# A proxy on this machine calls from its own address too; it says for whom.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto")


@login_not_required
@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The web process answers. Says nothing of what stands behind it."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 where everything behind the pages works, else 503. Staff and this machine are told what."""
    checks = health()
    ok = all(check.ok for check in checks)
    answer: dict[str, object] = {"ok": ok}
    if _is_local(request) or _is_staff(request):
        answer["checks"] = [{"check": c.key, "ok": c.ok, "detail": c.detail} for c in checks]
    return JsonResponse(answer, status=200 if ok else 503)


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META["REMOTE_ADDR"]).is_loopback
    except ValueError:  # over a Unix socket there is no address
        return False


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_staff
