"""What every page knows of the site."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


def site(request: HttpRequest) -> dict[str, object]:
    chinese = (get_language() or "").startswith("zh")
    return {
        "site_name": settings.SITE_NAME_ZH if chinese else settings.SITE_NAME,
        "is_demo": settings.DEMO,
    }
