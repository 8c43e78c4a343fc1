"""What the site is called, and what it says of its sample register."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from alliances.models import Organization
from matchmaking.wording.numbers import is_chinese


def site_name() -> str:
    """The site's name in the active language."""
    return settings.SITE_NAME_ZH if is_chinese() else settings.SITE_NAME


def sample_notice(organizations: Iterable[Organization]) -> str:
    """What to say beside names that a sample gave; empty where none is of the sample."""
    if not any(organization.is_sample for organization in organizations):
        return ""
    return _(
        "Illustrative: this is a sample register. None of the organizations named has registered or endorsed "
        "anything."
    )
