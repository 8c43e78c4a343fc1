"""What the site is called."""

from django.conf import settings

from matchmaking.wording.numbers import is_chinese


def site_name() -> str:
    """The site's name in the active language."""
    return settings.SITE_NAME_ZH if is_chinese() else settings.SITE_NAME
