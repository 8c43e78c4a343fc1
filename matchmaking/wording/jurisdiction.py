"""What limits the form of a tie, in a line."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from matchmaking.models import JurisdictionRule
from matchmaking.wording.numbers import listed


def limits_line(limits: Sequence[JurisdictionRule]) -> str:
    """Which kinds of tie the law limits; what it says stands on the page. Empty where it limits none."""
    ties = dict.fromkeys(
        rule.get_tie_display().lower() if rule.tie else _("every kind of tie") for rule in limits
    )
    if not ties:
        return ""
    text = _("The law limits: %(ties)s. Read before you answer what it allows instead; not legal advice.")
    return text % {"ties": listed(list(ties))}
