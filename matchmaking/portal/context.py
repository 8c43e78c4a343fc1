"""What every page knows of the site."""

from django.conf import settings
from django.http import HttpRequest

from alliances.services.demo import visitors
from matchmaking.wording.site import site_name


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": site_name(),
        "contact_email": settings.CONTACT_EMAIL,
        "is_demo": settings.DEMO,
        "has_mailbox": settings.DEMO and bool(settings.MAILBOX_FOLDER),
        # Called by the template that shows them.
        "demo_visitors": visitors,
    }
