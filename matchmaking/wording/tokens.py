"""How long a token may be made to last, in the reader's words."""

from __future__ import annotations

from django.utils.translation import ngettext

LIVES = (30, 90, 365)


def life_choices() -> list[tuple[int, str]]:
    return [(life, ngettext("%(count)s day", "%(count)s days", life) % {"count": life}) for life in LIVES]
