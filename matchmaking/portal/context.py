"""What every page knows of the site."""

from django.conf import settings
from django.http import HttpRequest

from matchmaking.wording.site import site_name


def site(request: HttpRequest) -> dict[str, object]:
    return {"site_name": site_name(), "is_demo": settings.DEMO}
